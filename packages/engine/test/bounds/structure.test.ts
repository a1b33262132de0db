import { describe, expect, test } from 'vitest';
import { exogenise } from '../../src/bounds/exogenous.ts';
import type { Block } from '../../src/bounds/programme.ts';
import type { BoundsProblem } from '../../src/bounds/specification.ts';
import { structureOf } from '../../src/bounds/structure.ts';
import { withLatent } from '../../src/graph/surgery.ts';
import type { Domain, Name } from '../../src/graph/variable.ts';
import { graphOf, modelOf } from '../model/graphs.ts';
import { finite, must, plainStructure, pointOf, studyOf } from './planted.ts';

const binary = (...names: Name[]): Map<Name, Domain> => new Map(names.map((name) => [name, finite(['0', '1'])]));
const states = ({ digits }: Block): number => digits.reduce((product, { levels }) => product * levels.length, 1);
const blocksOf = (text: string, names: string, latent: string[] = []): readonly Block[] =>
  must(structureOf({ graph: graphOf(text, latent), domains: binary(...names), studies: [] })).blocks;
const issue = (problem: Omit<BoundsProblem, 'studies' | 'domains'> & Partial<BoundsProblem>): string => {
  const made = structureOf({ domains: new Map(), studies: [], ...problem });
  if (made.ok) throw new Error('no issue');
  return made.issues.map(({ code, message }) => `${code}: ${message}`).join(' ');
};

describe('canonical blocks', () => {
  test('as many states as joint response functions', () => {
    expect(blocksOf('X -> Y; X <-> Y', 'XY').map(states)).toEqual([8]);
    expect(blocksOf('Z -> X; X -> Y; X <-> Y', 'XYZ').map(states)).toEqual([2, 16]);
    const gender = 'T -> S; G -> S; U -> T; U -> G; U -> S';
    expect(blocksOf(gender, 'TGS', ['U']).map(states)).toEqual([64]);
    expect(blocksOf('T -> S; T <-> S', 'TS').map(states)).toEqual([8]);
    expect(blocksOf('X -> M; M -> Y; X -> Y; U -> X; U -> M; U -> Y', 'XMY', ['U']).map(states)).toEqual([128]);
    expect(blocksOf('G -> T; T -> S; G -> S; T <-> S', 'GTS').map(states)).toEqual([2, 4 * 16]);
  });

  test('a digit per context, parents in topological order', () => {
    const [block] = blocksOf('X -> Y; X <-> Y', 'XY');
    expect(block?.digits).toEqual([
      { variable: 'X', parents: [], context: [], levels: ['0', '1'] },
      { variable: 'Y', parents: ['X'], context: ['0'], levels: ['0', '1'] },
      { variable: 'Y', parents: ['X'], context: ['1'], levels: ['0', '1'] },
    ]);
    expect(block).toMatchObject({ name: 'X, Y', children: ['X', 'Y'], complete: true, independences: [], forbidden: [] });
  });

  test('arcs that share a latent cause of all are one exogenous variable; three arcs are three', () => {
    const [one] = blocksOf('U -> A; U -> B; U -> C; A <-> B', 'ABC', ['U']);
    expect(one).toMatchObject({ children: ['A', 'B', 'C'], complete: true, independences: [] });
    const [three] = blocksOf('A <-> B; B <-> C; A <-> C', 'ABC');
    expect(three).toMatchObject({ children: ['A', 'B', 'C'], complete: false, independences: [] });
  });

  test('a path of three is merged, complete, with its ends independent', () => {
    const [block] = blocksOf('X -> Y; Y -> Z; X <-> Y; Y <-> Z', 'XYZ');
    expect(block).toMatchObject({ children: ['X', 'Y', 'Z'], complete: true, independences: [{ a: [0], b: [3, 4] }] });
    expect(block?.groups).toBeUndefined();
  });

  test('a path of four is a Bell scenario: its independences do not describe it', () => {
    const [block] = blocksOf('A <-> B; B <-> C; C <-> D', 'ABCD');
    expect(block?.complete).toBe(false);
    const pairs = block?.independences
      .map(({ a, b }) =>
        [a, b]
          .map((side) => side.join(''))
          .sort()
          .join('|'),
      )
      .sort();
    expect(pairs).toEqual(['01|3', '0|23']);
  });

  test('three causes with private children and one common child are complete, and the privates mutually independent', () => {
    const [block] = blocksOf('A <-> Y; B <-> Y; C <-> Y', 'ABCY');
    expect(block?.complete).toBe(true);
    expect(block?.independences).toHaveLength(3);
  });
});

test('digits called independent are so in random models', () => {
  let pairs = 0;
  for (const text of ['X -> Y; Y -> Z; X <-> Y; Y <-> Z', 'A <-> B; B <-> C; C <-> D', 'A -> Y; A <-> Y; B <-> Y; C <-> Y']) {
    const graph = graphOf(text);
    const model = modelOf(graph, { seed: 6 });
    const structure = plainStructure(graph, model);
    const point = pointOf(structure, model);
    for (const [number, { independences }] of structure.blocks.entries())
      for (const { a, b } of independences) {
        pairs += 1;
        const support = point[number]?.groups[0]?.support ?? [];
        const masses = (digits: readonly number[]): Map<string, number> => {
          const sums = new Map<string, number>();
          for (const { weight, values } of support) {
            const key = digits.map((digit) => values[digit]).join('');
            sums.set(key, (sums.get(key) ?? 0) + weight);
          }
          return sums;
        };
        const [left, right, both] = [masses(a), masses(b), masses([...a, ...b])];
        for (const [i, p] of left) for (const [j, q] of right) expect(both.get(i + j) ?? 0).toBeCloseTo(p * q, 12);
      }
  }
  expect(pairs).toBe(6);
});

describe('hidden variables', () => {
  test('a hidden variable with parents gives them to its children', () => {
    const { graph, sources } = exogenise(graphOf('A -> H; H -> B; H -> C; D <-> H', ['H']), new Set('ABCD'));
    expect(graph.arrows).toEqual([
      ['A', 'B'],
      ['A', 'C'],
    ]);
    expect(sources.map(({ children }) => children.join(''))).toEqual(['BC', 'BCD']);
  });

  test('chains of hidden variables end in their first endogenous descendants', () => {
    const { graph, sources } = exogenise(graphOf('A -> H; H -> K; K -> B; H -> C', ['H', 'K']), new Set('ABC'));
    expect(graph.arrows.map((edge) => edge.join('')).sort()).toEqual(['AB', 'AC']);
    expect(sources.map(({ children }) => [...children].sort().join(''))).toEqual(['BC', 'B']);
  });

  test('unmeasured and real variables are hidden with a note, but asked ones stay', () => {
    const graph = graphOf('A -> M; M -> B; R -> B');
    const domains = new Map<Name, Domain>([...binary('A', 'B', 'M'), ['R', { kind: 'real' }]]);
    const study = studyOf(
      's',
      ['A', 'B'],
      [
        ['0', '1'],
        ['0', '1'],
      ],
      [1, 1, 1, 1],
    );
    const plain = must(structureOf({ graph, domains, studies: [study] }));
    expect(plain.order).toEqual(['A', 'B']);
    expect(plain.notes).toEqual([
      'M is measured by no study and is treated as hidden.',
      'R has no finite levels and is treated as hidden.',
    ]);
    expect(must(structureOf({ graph, domains, studies: [study] }, ['M'])).order).toEqual(['A', 'M', 'B']);
    expect(must(structureOf({ graph, domains, studies: [study], assume: ['monotone(A -> M)'] })).order).toEqual(['A', 'M', 'B']);
  });
});

describe('explicit equations', () => {
  const model = {
    exogenous: { U: { states: 3 }, W: { states: ['calm', 'wild'] } },
    equations: {
      X: { of: ['U'], values: [0, 1, 1] },
      Y: { of: ['X', 'U', 'W'], values: [0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0] },
    },
  };

  test('one digit per exogenous variable, one group each; the graph comes from the equations', () => {
    const made = must(structureOf({ domains: new Map(), studies: [], model }));
    expect(made.order).toEqual(['X', 'Y']);
    expect(made.blocks).toHaveLength(1);
    expect(made.blocks[0]).toMatchObject({ children: ['X', 'Y'], groups: [[0], [1]], complete: true, independences: [] });
    expect(made.blocks[0]?.digits.map(({ variable, levels }) => [variable, levels.length])).toEqual([
      ['U', 3],
      ['W', 2],
    ]);
    expect(made.levels.get('Y')).toEqual(['0', '1']);
  });

  test('variables without an equation are canonical; two of them below one explicit cause are a relaxation', () => {
    const half = { exogenous: { U: { states: 3, children: ['X', 'Y'] } }, equations: { X: { of: ['U'], values: [0, 1, 1] } } };
    const graph = graphOf('X -> Y; X <-> Y');
    const [block] = must(structureOf({ graph, domains: binary('X', 'Y'), studies: [], model: half })).blocks;
    expect(block?.digits.map(({ variable }) => variable)).toEqual(['U', 'Y', 'Y']);
    expect(block).toMatchObject({ complete: true });
    const [loose] = must(
      structureOf({ graph, domains: binary('X', 'Y'), studies: [], model: { exogenous: { U: { states: 3, children: ['X', 'Y'] } } } }),
    ).blocks;
    expect(loose).toMatchObject({ complete: false });
  });

  test('clear issues', () => {
    expect(issue({})).toContain('no-graph');
    expect(issue({ model: { exogenous: { U: { states: 0 } } } })).toContain('model.exogenous.U.states must be a whole number');
    expect(issue({ model: { exogenous: { U: { states: 2, kids: [] } } } })).toContain('model.exogenous.U.kids is not known');
    expect(issue({ model: { equations: { Y: { of: ['Y'], values: [0] } } } })).toContain('must not hold Y itself');
    expect(issue({ model: { exogenous: { U: { states: 2 } }, equations: { Y: { of: ['U'], values: [0] } } } })).toContain(
      'has 1 levels; all combinations of U are 2',
    );
    expect(issue({ model: { ...model, exogenous: { U: { states: 3 } } } })).toContain('model.equations.Y: W has no known levels');
    const domains = binary('X', 'Y');
    expect(issue({ model: { ...model, equations: { ...model.equations, X: { of: ['U'], values: [0, 1, 7] } } }, domains })).toContain(
      "X has no level '7'",
    );
    expect(issue({ graph: graphOf('X; Y'), model, domains })).toContain('the graph has no arrow X -> Y');
    expect(issue({ graph: graphOf('X -> Y; Y -> U'), model, domains })).toContain('U has causes in the graph');
    expect(issue({ graph: graphOf('X -> Y; U -> Y'), model, domains })).toContain('could be measured');
    expect(issue({ graph: graphOf('X -> Y'), model: { exogenous: { U: { states: 2 } } }, domains })).toContain('has no children');
    expect(issue({ graph: graphOf('X -> Y'), model: { exogenous: { U: { states: 2, children: ['Q'] } } }, domains })).toContain(
      'there is no variable Q',
    );
  });

  test('a latent of the graph may be made explicit', () => {
    const graph = withLatent(graphOf('U -> X; U -> Y; X -> Y; W -> Y'), ['U', 'W']);
    const made = must(structureOf({ graph, domains: binary('X', 'Y'), studies: [], model }));
    expect(made.blocks[0]?.groups).toEqual([[0], [1]]);
  });
});

test('the size guard shows the number', () => {
  const graph = graphOf('A -> Y; B -> Y; C -> Y; D -> Y');
  expect(issue({ graph, domains: binary('A', 'B', 'C', 'D', 'Y'), limit: 10 })).toBe(
    'too-large: The responses of Y have 16 digits (limit 10).',
  );
});
