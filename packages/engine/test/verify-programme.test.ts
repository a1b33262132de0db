import { describe, expect, test } from 'vitest';
import { type Answer, ask, type Certificate, loadProblem, type Problem, verifyCertificate, verifyProgramme } from '../src/index.ts';

const rows = (counts: readonly (readonly [number, number, number])[]): object[] => counts.map(([X, Y, n]) => ({ X, Y, n }));
const records = rows([
  [0, 0, 400],
  [0, 1, 100],
  [1, 0, 200],
  [1, 1, 300],
]);
const trial = rows([
  [0, 0, 330],
  [0, 1, 170],
  [1, 0, 240],
  [1, 1, 260],
]);
/** P(X=0, Y=1) = 0.1 in the records, 0.095 under do(X=0): noise, so the bounds stand at the most likely model. */
const noisy = rows([
  [0, 0, 181],
  [0, 1, 19],
  [1, 0, 96],
  [1, 1, 104],
]);
const document = {
  graph: 'X -> Y; X <-> Y',
  studies: [
    { name: 'records', data: records, count: 'n' },
    { name: 'trial', data: trial, count: 'n', set: ['X'] },
  ],
};
const projected = { ...document, studies: [document.studies[0], { ...document.studies[1], data: noisy }] };

async function load(written: object): Promise<Problem> {
  const problem = await loadProblem(written);
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  return problem.value;
}

async function bounded(written: object, question: string): Promise<Answer & { readonly certificate: Certificate }> {
  const answered = await ask(await load(written), [question], { uncertainty: 'none' });
  if (!answered.ok) throw new Error(JSON.stringify(answered.issues));
  const [answer] = answered.value.answers;
  const certificate = answer?.certificate as Certificate | undefined;
  if (answer === undefined || certificate === undefined) throw new Error(`no certificate for ${question}`);
  expect(verifyCertificate(certificate).accepted).toBe(true);
  // As it comes back from a file.
  return { ...answer, certificate: JSON.parse(JSON.stringify(certificate)) as Certificate };
}

const failed = async (certificate: Certificate, written: object): Promise<readonly string[]> =>
  (await verifyProgramme(certificate, await load(written))).flatMap(({ passed, name }) => (passed ? [] : [name]));

describe('a certificate is about its problem', () => {
  test.each([
    ['exactly compatible tables', document, 'PNS(X -> Y)'],
    ['tables at the most likely model', projected, 'PNS(X -> Y)'],
    ['an assumption', { ...document, assume: ['monotone(X -> Y)'] }, 'PN(X -> Y)'],
    ['an inequality', { ...document, assume: ['P(Y[X=1]=0, Y[X=0]=1) <= 0.1'] }, 'PNS(X -> Y)'],
  ])('%s', async (_, written, question) => {
    const { certificate } = await bounded(written, question);
    expect(await failed(certificate, written)).toEqual([]);
  });

  test('the bounds at the most likely model are not those of the tables', async () => {
    const { projected: moved } = await bounded(projected, 'PNS(X -> Y)');
    expect(moved).toBe(true);
  });

  test('of another table, graph, assumption or question it is told so', async () => {
    const { certificate } = await bounded(document, 'PNS(X -> Y)');
    expect(await failed(certificate, projected)).toEqual(['tables']);
    const [first, second] = document.studies;
    expect(await failed(certificate, { ...document, studies: [first] })).toContain('studies');
    expect(await failed(certificate, { ...document, studies: [first, { ...second, name: 'other' }] })).toContain('studies');
    expect(await failed(certificate, { ...document, assume: ['monotone(X -> Y)'] })).toContain('graph');
    expect(await failed(certificate, { ...document, assume: ['P(Y[X=1]=0, Y[X=0]=1) <= 0.2'] })).toContain('assumptions');
    expect(await failed({ ...certificate, question: 'PS(X -> Y)' }, document)).toEqual(['question']);
    expect(await failed({ ...certificate, question: 'PNS(X -> Z)' }, document)).toEqual(['question']);
    expect(await failed(certificate, { ...document, graph: 'X -> Y' })).toContain('graph');
  });

  test('a certificate that says less than the studies show, or shows other counts, is no proof of exactness', async () => {
    const { certificate } = await bounded(document, 'PNS(X -> Y)');
    const without = { ...certificate, cells: certificate.cells.map((cell, i) => (i === 0 ? { ...cell, target: null } : cell)) };
    expect(await failed(without, document)).toEqual(['tables']);
    const { ratios: _, ...bare } = certificate.cells[0] as Certificate['cells'][number];
    const other = { ...bare, ratios: [[1, 3]] as const };
    expect(await failed({ ...certificate, cells: [other, ...certificate.cells.slice(1)] }, document)).toEqual(['tables']);
  });

  test('targets between the tables and the most likely model are refused', async () => {
    const { certificate } = await bounded(projected, 'PNS(X -> Y)');
    const size = (stratum: number): number => certificate.cells.filter((cell) => cell.stratum === stratum).length;
    const moved = certificate.cells.map((cell) => ({ ...cell, target: 0.9 * (cell.target as number) + 0.1 / size(cell.stratum) }));
    expect(await failed({ ...certificate, cells: moved }, projected)).toEqual(['tables']);
  });
});
