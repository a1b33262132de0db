import { expect, test } from 'vitest';
import { doable, file } from './support.ts';

/**
 * By hand: a trial in which 7 of 10 treated and 4 of 10 untreated respond. The share that responds only if treated lies between
 * P(Y1) - P(Y0) = 0.3 and P(not Y0) = 0.6, and both are attained.
 */
const cell = (stratum: number, digit: number, value: number, count: number) => ({
  stratum,
  form: [{ coefficient: 1, literals: [{ digit, value }] }],
  says: `P(Y=${value} | do(X=${1 - stratum}))`,
  target: count / 10,
  ratios: [[count, 10]],
});
const witness = (...support: readonly (readonly [number, number, number])[]) => [
  { groups: [{ digits: [0, 1], support: support.map(([weight, y1, y0]) => ({ weight, values: [y1, y0] })) }] },
];
const proof = (...cells: readonly (readonly [number, number])[]) => ({
  kind: 'linear',
  pins: [],
  block: 0,
  multipliers: { cells, restrictions: [] },
});
const certificate = {
  schema: 'doable/certificate@1',
  question: 'PNS(X -> Y)',
  blocks: [
    {
      name: '{Y}',
      digits: ['Y[X=1]', 'Y[X=0]'].map((name) => ({ name, levels: ['0', '1'] })),
      forbidden: [],
      independences: [],
    },
  ],
  strata: [1, 0].map((x) => ({ block: 0, study: 'trial', says: `do(X=${x})` })),
  cells: [cell(0, 0, 0, 3), cell(0, 0, 1, 7), cell(1, 1, 0, 6), cell(1, 1, 1, 4)],
  restrictions: [],
  target: {
    numerator: [
      {
        weight: 1,
        tables: [
          {
            block: 0,
            axes: [],
            sizes: [],
            cells: [
              [
                { digit: 0, value: 1 },
                { digit: 1, value: 0 },
              ],
            ],
          },
        ],
      },
    ],
  },
  lower: { outer: 0.3, inner: 0.3, witness: witness([0.4, 1, 1], [0.3, 1, 0], [0.3, 0, 0]), proof: proof([1, 1], [3, -1]) },
  upper: { outer: 0.6, inner: 0.6, witness: witness([0.6, 1, 0], [0.1, 1, 1], [0.3, 0, 1]), proof: proof([2, 1]) },
  gap: 0,
};
const answer = {
  question: 'PNS(X -> Y)',
  status: 'bounded',
  lower: 0.3,
  upper: 0.6,
  tightness: 'exact',
  inner: [0.3, 0.6],
  outer: [0.3, 0.6],
  certificate,
};
const verify = (value: unknown, ...flags: readonly string[]) => doable(['verify', '-', ...flags], { input: JSON.stringify(value) });

test('a certificate made by hand is accepted: in a document, as an answer, alone, one per line, from a file', async () => {
  const document = { schema: 'doable/answers@1', answers: [answer] };
  for (const value of [document, certificate, [answer, answer]]) {
    const { out, err, code } = await verify(value);
    expect(code, out + err).toBe(0);
    expect(out).not.toContain('FAIL');
  }
  const lines = await doable(['verify', file('lines.ndjson', `${JSON.stringify(document)}\n\n${JSON.stringify(document)}\n`)]);
  expect(lines.code, lines.err).toBe(0);
  expect(lines.out).toContain('All 2 certificates are accepted.');
});

test('every check is told with its figure; the exact mode proves the bounds as fractions', async () => {
  const { out } = await verify(answer, '--exact');
  expect(out).toContain('PNS(X -> Y)\n  accepted');
  expect(out).toMatch(/ok +lower: proven +the multipliers prove the outer value \(error [\d.e-]+\)/u);
  expect(out).toMatch(/lower +proven exactly: 3\/10 = 0\.3, and attained/u);
  expect(out).toMatch(/upper +proven exactly: 3\/5 = 0\.6, and attained/u);
  const json = JSON.parse((await verify(answer, '--exact', '--json')).out);
  expect(json).toMatchObject({
    schema: 'doable/verified@1',
    accepted: true,
    answers: [{ accepted: true, exact: { lower: { outer: '3/10' } } }],
  });
});

const { lower, upper } = certificate;
const broken = [
  ['a tighter claim than is proven', { lower: 0.31 }],
  ['an upper bound below what a model attains', { upper: 0.59, outer: [0.3, 0.59] }],
  ['attained values that no witness attains', { inner: [0.29, 0.6] }],
  [
    'a contradiction that the certificate does not show',
    {
      status: 'bounded',
      certificate: {
        ...certificate,
        conflict: { block: 0, multipliers: { cells: [[1, 1]], restrictions: [] }, says: 'A exceeds B', left: 1, right: 0 },
      },
    },
  ],
  ['a certificate of another question', { question: 'PN(X -> Y)' }],
  ['a proof that does not reach its bound', { certificate: { ...certificate, upper: { ...upper, proof: proof() } } }],
  ['a multiplier of the wrong sign', { certificate: { ...certificate, lower: { ...lower, proof: proof([1, 1], [3, 1]) } } }],
  [
    'a witness that does not fit',
    { certificate: { ...certificate, lower: { ...lower, witness: witness([0.5, 1, 1], [0.3, 1, 0], [0.2, 0, 0]) } } },
  ],
  [
    'a witness with negative weight',
    { certificate: { ...certificate, lower: { ...lower, witness: witness([0.4, 1, 1], [0.3, 1, 0], [0.4, 0, 0], [-0.1, 0, 0]) } } },
  ],
  [
    'counts that give other targets',
    { certificate: { ...certificate, cells: certificate.cells.map((one, i) => (i === 0 ? { ...one, ratios: [[4, 10]] } : one)) } },
  ],
  ['cells that are not exhaustive', { certificate: { ...certificate, cells: certificate.cells.slice(1) } }],
  ['no certificate at all', { certificate: { schema: 'doable/certificate@1' } }],
] as const;
test('whatever is broken is rejected, and nothing else is', async () => {
  const answers = [answer, ...broken.map(([, change]) => ({ ...answer, ...change })), answer];
  const { out, code } = await verify({ answers }, '--json');
  expect(code).toBe(1);
  const { accepted, answers: verified } = JSON.parse(out);
  expect(accepted).toBe(false);
  expect(verified.map((one: { accepted: boolean }) => one.accepted)).toEqual([true, ...broken.map(() => false), true]);
  for (const [i, [what]] of broken.entries())
    expect(
      verified[i + 1].checks.some(({ passed }: { passed: boolean }) => !passed),
      what,
    ).toBe(true);
});

test('no certificate and bad input: exit code 2, and why', async () => {
  const { certificate: _, ...without } = answer;
  const cases: readonly [string, string][] = [
    [JSON.stringify(without), 'no certificate'],
    ['{"answers": [', 'not JSON'],
    ['[1, 2]', 'holds no answers'],
    ['{"schema": "doable/problem@1", "graph": "X -> Y"}', 'is a problem document, not answers'],
  ];
  for (const [input, says] of cases) {
    const { out, err, code } = await doable(['verify', '-'], { input });
    expect(code, input).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(says);
  }
  expect((await doable(['verify', 'no-such-file.json'])).err).toContain('There is no file');
});

test('one rejected among accepted ones: exit code 1; answers without a certificate are counted', async () => {
  const { certificate: _, ...without } = answer;
  const { out, err, code } = await verify({ answers: [answer, { ...answer, lower: 0.5 }, without] });
  expect(code).toBe(1);
  expect(out).toContain('1 of 2 certificates rejected.');
  expect(out).toMatch(/REJECTED\n[\s\S]*\n {2}FAIL {2}answer /u);
  expect(err).toContain('1 of 3 answers have no certificate');
});
