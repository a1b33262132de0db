import { describe, expect, it } from 'vitest';
import { bindQuestion, compileQuestion } from '../../src/query/bind.ts';
import { parseQuestion } from '../../src/query/parse.ts';
import { printQuestion } from '../../src/query/print.ts';
import type { Query } from '../../src/query/terms.ts';
import { context, E, P, t } from './words.ts';

/** Question, then its core terms: one query, or weights and queries. Written from the definitions, not from the code. */
type Case = readonly [string, Query | readonly (readonly [number, Query])[]];

const minus = (a: Query, b: Query) =>
  [
    [1, a],
    [-1, b],
  ] as const;
const x1 = [['X', '1']] as const;
const x0 = [['X', '0']] as const;
const drug = [['Treatment', 'drug']] as const;
const none = [['Treatment', 'no drug']] as const;

const cases: readonly Case[] = [
  // seeing
  ['P(Y)', P([t('Y')])],
  ['P(Y=1)', P([t('Y', [], '1')])],
  ['P( Y = 1 )', P([t('Y', [], '1')])],
  ['P(Y=1, Z=0)', P([t('Y', [], '1'), t('Z', [], '0')])],
  ['P(Y=1 | Z=0)', P([t('Y', [], '1')], [t('Z', [], '0')])],
  ['P(Y | Z)', P([t('Y')], [t('Z')])],
  ['P(Y=1|X=1,Z=0)', P([t('Y', [], '1')], [t('X', [], '1'), t('Z', [], '0')])],
  ['E[Y]', E(t('Y'))],
  ['E(Y | Z=1)', E(t('Y'), [t('Z', [], '1')])],
  ['E[Income | Arm=b]', E(t('Income'), [t('Arm', [], 'b')])],
  // doing
  ['P(Y=1 | do(X=1))', P([t('Y', x1, '1')])],
  ['P(Y=1|do(X=1))', P([t('Y', x1, '1')])],
  ['P(Y | do(X))', P([t('Y', [['X']])])],
  ['P(Y=1 | do(X=1), Z=0)', P([t('Y', x1, '1')], [t('Z', x1, '0')])],
  ['P(Y=1 | Z=0, do(X=1))', P([t('Y', x1, '1')], [t('Z', x1, '0')])],
  [
    'P(Y=1 | do(X=1), do(Z=0))',
    P([
      t(
        'Y',
        [
          ['X', '1'],
          ['Z', '0'],
        ],
        '1',
      ),
    ]),
  ],
  [
    'P(Y=1 | do(Z=0, X=1))',
    P([
      t(
        'Y',
        [
          ['X', '1'],
          ['Z', '0'],
        ],
        '1',
      ),
    ]),
  ],
  ['P(Y=1, Z=1 | do(X=1))', P([t('Y', x1, '1'), t('Z', x1, '1')])],
  ['E[Y | do(X=1)]', E(t('Y', x1))],
  [
    'E[Y | do(X=1, W=0)]',
    E(
      t('Y', [
        ['W', '0'],
        ['X', '1'],
      ]),
    ),
  ],
  ['E[Y | do(X=1), W=1]', E(t('Y', x1), [t('W', x1, '1')])],
  ['E[Income | do(Dose=2.50)]', E(t('Income', [['Dose', '2.5']]))],
  ['E[Income | do(Dose=-1e3)]', E(t('Income', [['Dose', '-1000']]))],
  ['E[Income | do(Dose)]', E(t('Income', [['Dose']]))],
  ['P(Y=1 | do(X=1), X=0)', P([t('Y', x1, '1')], [t('X', x1, '0')])],
  ['P(Survival=survived | do(Treatment=drug))', P([t('Survival', drug, 'survived')])],
  ['P(Survival=survived | do(Treatment=no drug))', P([t('Survival', none, 'survived')])],
  ['P(Survival=survived | do(Treatment="no drug"))', P([t('Survival', none, 'survived')])],
  ["P(Survival=survived | do(Treatment='no drug'))", P([t('Survival', none, 'survived')])],
  // worlds
  ['P(Y[X=1]=1)', P([t('Y', x1, '1')])],
  ['P(Y[X=1]=1, Y[X=0]=0)', P([t('Y', x1, '1'), t('Y', x0, '0')])],
  ['P(Y[X=0]=0 | X=1, Y=1)', P([t('Y', x0, '0')], [t('X', [], '1'), t('Y', [], '1')])],
  ['P(Y[X]=1)', P([t('Y', [['X']], '1')])],
  ['P(Y[]=1)', P([t('Y', [], '1')])],
  ['P(Y_{X=1}=1)', P([t('Y', x1, '1')])],
  [
    'P(Y_{X=1, W=0}=1)',
    P([
      t(
        'Y',
        [
          ['W', '0'],
          ['X', '1'],
        ],
        '1',
      ),
    ]),
  ],
  ['P(Y_{X=1}=1, Y_{X=0}=0)', P([t('Y', x1, '1'), t('Y', x0, '0')])],
  ['P(Y_x=1)', P([t('Y', [['X']], '1')])],
  ['P(Y_X=1)', P([t('Y', [['X']], '1')])],
  ['P(Y_z=1)', P([t('Y_z', [], '1')])],
  ['E[Y_x | X=0]', E(t('Y', [['X']]), [t('X', [], '0')])],
  [
    'P(Y[X=1]=1 | do(W=0))',
    P([
      t(
        'Y',
        [
          ['W', '0'],
          ['X', '1'],
        ],
        '1',
      ),
    ]),
  ],
  ['P(Y[X=1]=1 | do(X=1), Z=0)', P([t('Y', x1, '1')], [t('Z', x1, '0')])],
  [
    'P(Y[X=1]=1, Y[X=0]=0 | do(W=1), Z=0)',
    P(
      [
        t(
          'Y',
          [
            ['W', '1'],
            ['X', '1'],
          ],
          '1',
        ),
        t(
          'Y',
          [
            ['W', '1'],
            ['X', '0'],
          ],
          '0',
        ),
      ],
      [t('Z', [['W', '1']], '0')],
    ),
  ],
  ['P(X[X=1]=1)', P([t('X', x1, '1')])],
  ['P(X[X=1]=0)', P([t('X', x1, '0')])],
  ['P(Y=1, Y=0)', P([t('Y', [], '1'), t('Y', [], '0')])],
  ['P(Y=1, Y=1)', P([t('Y', [], '1')])],
  ['P(Y=1, Y=1.0 | Z=0, Z=0)', P([t('Y', [], '1')], [t('Z', [], '0')])],
  ['P(Y[X=1, X=1]=1)', P([t('Y', x1, '1')])],
  ['P(Y[X=1, M=M[X=0]]=1)', P([t('Y', [['M', t('M', x0)], ...x1], '1')])],
  ['P(Y[M=M[X=0]]=1 | do(X=1))', P([t('Y', [['M', t('M', x0)], ...x1], '1')])],
  ['P(Y[X=1, M=M_{X=0}]=1)', P([t('Y', [['M', t('M', x0)], ...x1], '1')])],
  ['P(Y[X=1, M=M[]]=1)', P([t('Y', [['M', t('M')], ...x1], '1')])],
  [
    'P(Y[M=M[W=W[X=0], X=1]]=1)',
    P([
      t(
        'Y',
        [
          [
            'M',
            t('M', [
              ['W', t('W', x0)],
              ['X', '1'],
            ]),
          ],
        ],
        '1',
      ),
    ]),
  ],
  // levels and names
  ['P(Y=1.0)', P([t('Y', [], '1')])],
  ['P(Y=01)', P([t('Y', [], '1')])],
  ['P(Y=1e0)', P([t('Y', [], '1')])],
  ['P(Y=+1)', P([t('Y', [], '1')])],
  ['P(Zip=01)', P([t('Zip', [], '01')])],
  ['P(Zip=1a)', P([t('Zip', [], '1a')])],
  ['P(Zip=-1)', P([t('Zip', [], '-1')])],
  ['P(Zip=−1)', P([t('Zip', [], '-1')])],
  ['P("blood pressure"=low)', P([t('blood pressure', [], 'low')])],
  ['P("blood pressure"="high, treated")', P([t('blood pressure', [], 'high, treated')])],
  ['P("blood pressure"="vs")', P([t('blood pressure', [], 'vs')])],
  ['P(Größe=groß)', P([t('Größe', [], 'groß')])],
  ['P(Scan | do(X=1))', P([t('Scan', x1)])],
  ['P(Income | do(X=1))', P([t('Income', x1)])],
  // positions
  ['P(Y@1=1)', P([t('Y', [], '1', 1)])],
  [
    'P(Y@1=1 | do(X@1=0), X@2=1, Y@2=0)',
    P([t('Y', [['X', '0', 1]], '1', 1)], [t('X', [['X', '0', 1]], '1', 2), t('Y', [['X', '0', 1]], '0', 2)]),
  ],
  [
    'P(Y@1 | do(X@1), X@2, Y@2)',
    P(
      [t('Y', [['X', undefined, 1]], undefined, 1)],
      [t('X', [['X', undefined, 1]], undefined, 2), t('Y', [['X', undefined, 1]], undefined, 2)],
    ),
  ],
  ['P(Y[X=1]@2=1)', P([t('Y', [['X', '1', 2]], '1', 2)])],
  ['P(Y@2[X=1]=1)', P([t('Y', [['X', '1', 2]], '1', 2)])],
  ['P(Y[X@1=1]@2=1)', P([t('Y', [['X', '1', 1]], '1', 2)])],
  ['P(Y[M=M[X=0]]@2=1)', P([t('Y', [['M', t('M', [['X', '0', 2]], undefined, 2), 2]], '1', 2)])],
  ['PNS(X@1 -> Y@1 | Y@2=0)', P([t('Y', [['X', '1', 1]], '1', 1), t('Y', [['X', '0', 1]], '0', 1)], [t('Y', [], '0', 2)])],
  // contrasts
  ['P(Y=1 | do(X=1)) - P(Y=1 | do(X=0))', minus(P([t('Y', x1, '1')]), P([t('Y', x0, '1')]))],
  ['P(Y=1|do(X=1))-P(Y=1|do(X=0))', minus(P([t('Y', x1, '1')]), P([t('Y', x0, '1')]))],
  ['P(Y=1) − P(Z=1)', minus(P([t('Y', [], '1')]), P([t('Z', [], '1')]))],
  ['-P(Y=1)', [[-1, P([t('Y', [], '1')])]]],
  ['+2*P(Y=1)', [[2, P([t('Y', [], '1')])]]],
  [
    '0.5*E[Y] - 1.5 * E[Z] + E[W]',
    [
      [0.5, E(t('Y'))],
      [-1.5, E(t('Z'))],
      [1, E(t('W'))],
    ],
  ],
  [
    '2*ATE(X -> Y) - E[Z]',
    [
      [2, E(t('Y', x1))],
      [-2, E(t('Y', x0))],
      [-1, E(t('Z'))],
    ],
  ],
  // effects
  ['ATE(X -> Y)', minus(E(t('Y', x1)), E(t('Y', x0)))],
  ['ATE(X→Y)', minus(E(t('Y', x1)), E(t('Y', x0)))],
  ['ATE(X=1 vs 0 -> Y)', minus(E(t('Y', x1)), E(t('Y', x0)))],
  ['ATE(X=0 -> Y)', minus(E(t('Y', x0)), E(t('Y', x1)))],
  ['ATE(X=0 vs 1 -> Y)', minus(E(t('Y', x0)), E(t('Y', x1)))],
  ['ATE(X -> Y=1)', minus(P([t('Y', x1, '1')]), P([t('Y', x0, '1')]))],
  ['ATE(X -> Grade=3)', minus(P([t('Grade', x1, '3')]), P([t('Grade', x0, '3')]))],
  ['ATE(X -> Grade)', minus(E(t('Grade', x1)), E(t('Grade', x0)))],
  ['ATE(Treatment -> Income)', minus(E(t('Income', drug)), E(t('Income', none)))],
  ['ATE(Treatment -> Survival)', minus(P([t('Survival', drug, 'survived')]), P([t('Survival', none, 'survived')]))],
  ['ATE(Arm=b vs a -> Y)', minus(E(t('Y', [['Arm', 'b']])), E(t('Y', [['Arm', 'a']])))],
  ['ATE(Dose=2 vs 0 -> Income)', minus(E(t('Income', [['Dose', '2']])), E(t('Income', [['Dose', '0']])))],
  ['ATE(Treatment=no drug vs drug -> Y)', minus(E(t('Y', none)), E(t('Y', drug)))],
  ['ATE(X -> Y | do(M=0))', minus(E(t('Y', [['M', '0'], ...x1])), E(t('Y', [['M', '0'], ...x0])))],
  ['CATE(X -> Y | Z=0)', minus(E(t('Y', x1), [t('Z', x1, '0')]), E(t('Y', x0), [t('Z', x0, '0')]))],
  ['CATE(X -> Y | Z)', minus(E(t('Y', x1), [t('Z', x1)]), E(t('Y', x0), [t('Z', x0)]))],
  ['ATE(X -> Y | Z=0)', minus(E(t('Y', x1), [t('Z', x1, '0')]), E(t('Y', x0), [t('Z', x0, '0')]))],
  ['ETT(X -> Y)', minus(E(t('Y', x1), [t('X', [], '1')]), E(t('Y', x0), [t('X', [], '1')]))],
  ['ETU(X -> Y)', minus(E(t('Y', x1), [t('X', [], '0')]), E(t('Y', x0), [t('X', [], '0')]))],
  [
    'ETT(X -> Y=1 | Z=0)',
    minus(P([t('Y', x1, '1')], [t('X', [], '1'), t('Z', [], '0')]), P([t('Y', x0, '1')], [t('X', [], '1'), t('Z', [], '0')])),
  ],
  ['ETT(Arm=b vs c -> Y)', minus(E(t('Y', [['Arm', 'b']]), [t('Arm', [], 'b')]), E(t('Y', [['Arm', 'c']]), [t('Arm', [], 'b')]))],
  // probabilities of causation
  ['PNS(X -> Y)', P([t('Y', x1, '1'), t('Y', x0, '0')])],
  ['PNS(Treatment -> Survival)', P([t('Survival', drug, 'survived'), t('Survival', none, 'dead')])],
  ['PNS(X -> Y | Z=0)', P([t('Y', x1, '1'), t('Y', x0, '0')], [t('Z', [], '0')])],
  ['PNS(X=0 -> Y)', P([t('Y', x0, '1'), t('Y', x1, '0')])],
  ['PNS(X -> Y=0)', P([t('Y', x1, '0'), t('Y', x0, '1')])],
  ['PNS(Arm=b vs a -> Y)', P([t('Y', [['Arm', 'b']], '1'), t('Y', [['Arm', 'a']], '0')])],
  ['PNS(X -> Arm=c vs a)', P([t('Arm', x1, 'c'), t('Arm', x0, 'a')])],
  [
    'PNS(X -> Arm=c)',
    [
      [1, P([t('Arm', x1, 'c'), t('Arm', x0, 'a')])],
      [1, P([t('Arm', x1, 'c'), t('Arm', x0, 'b')])],
    ],
  ],
  ['PN(X -> Y)', P([t('Y', x0, '0')], [t('X', [], '1'), t('Y', [], '1')])],
  [
    'PN(Treatment=no drug -> Survival=dead)',
    P([t('Survival', drug, 'survived')], [t('Treatment', [], 'no drug'), t('Survival', [], 'dead')]),
  ],
  [
    'PN(X -> Arm=c)',
    [
      [1, P([t('Arm', x0, 'a')], [t('X', [], '1'), t('Arm', [], 'c')])],
      [1, P([t('Arm', x0, 'b')], [t('X', [], '1'), t('Arm', [], 'c')])],
    ],
  ],
  ['PS(X -> Y)', P([t('Y', x1, '1')], [t('X', [], '0'), t('Y', [], '0')])],
  ['PS(X -> Y | Z=1)', P([t('Y', x1, '1')], [t('X', [], '0'), t('Y', [], '0'), t('Z', [], '1')])],
  ['PN(X -> Y | do(W=1))', P([t('Y', [['W', '1'], ...x0], '0')], [t('X', [['W', '1']], '1'), t('Y', [['W', '1']], '1')])],
  // mediation
  ['NDE(X -> M -> Y)', minus(E(t('Y', [['M', t('M', x0)], ...x1])), E(t('Y', x0)))],
  ['NIE(X -> M -> Y)', minus(E(t('Y', [['M', t('M', x1)], ...x0])), E(t('Y', x0)))],
  [
    'NDE(Treatment → M → Survival)',
    minus(P([t('Survival', [['M', t('M', none)], ...drug], 'survived')]), P([t('Survival', none, 'survived')])),
  ],
  [
    'NDE(X -> M -> Y=1 | Z=0)',
    minus(P([t('Y', [['M', t('M', x0)], ...x1], '1')], [t('Z', [], '0')]), P([t('Y', x0, '1')], [t('Z', [], '0')])),
  ],
];

describe('questions become core terms', () => {
  it.each(cases)('%s', (text, expected) => {
    const bound = compileQuestion(text, context);
    const parts = Array.isArray(expected) ? expected : [[1, expected]];
    expect(bound).toEqual({ ok: true, value: { text, parts: parts.map(([weight, query]) => ({ weight, query })) } });
  });

  it.each(cases)('%s: the printed terms mean the same', (text) => {
    const bound = compileQuestion(text, context);
    if (!bound.ok) throw new Error(text);
    for (const style of ['terms', 'do'] as const) {
      const again = compileQuestion(printQuestion(bound.value, style), context);
      expect(again.ok && again.value.parts).toEqual(bound.value.parts);
    }
  });

  it('has at least 80 cases', () => expect(cases.length).toBeGreaterThanOrEqual(80));

  it('prints the terms of the contract', () => {
    const bound = compileQuestion('PNS(Treatment -> Survival)', context);
    expect(bound.ok && printQuestion(bound.value)).toBe('P(Survival[Treatment=drug]=survived, Survival[Treatment=no drug]=dead)');
  });
});

describe('without known levels', () => {
  const open = { domains: new Map() };

  it('takes 0 and 1 for the levels of sugar and says so', () => {
    const bound = compileQuestion('PNS(A -> B)', open);
    expect(bound.ok && bound.value.parts).toEqual([{ weight: 1, query: P([t('B', [['A', '1']], '1'), t('B', [['A', '0']], '0')]) }]);
    expect(bound.ok && bound.warnings?.map(({ code, where }) => [code, where])).toEqual([
      ['levels-assumed', { start: 4, end: 5 }],
      ['levels-assumed', { start: 9, end: 10 }],
    ]);
  });

  it('accepts every name and level as written, numbers made canonical', () => {
    const bound = compileQuestion('P(Y_x=1.50 | do(T=on))', open);
    expect(bound.ok && bound.value.parts[0]?.query).toEqual(P([t('Y_x', [['T', 'on']], '1.5')]));
    expect(bound.ok && 'warnings' in bound).toBe(false);
  });

  it('needs both levels where the named one is neither 0 nor 1', () => {
    const bound = compileQuestion('PNS(A=high -> B)', open);
    expect(!bound.ok && bound.issues.map(({ code }) => code)).toEqual(['levels-needed']);
  });
});

it('keeps the text as the person wrote it', () => {
  const tree = parseQuestion(' P( Y=1.0 ) ');
  const bound = tree.ok ? bindQuestion(tree.value, context) : tree;
  expect(bound.ok && bound.value.text).toBe(' P( Y=1.0 ) ');
});
