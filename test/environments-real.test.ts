import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ask, askLearned, type DiscoverOptions, type DiscoveryDocument, discoverGraph, loadProblem, type Problem } from '@doable/engine';
import { describe, expect, it } from 'vitest';
import { nodeSources } from '../packages/doable/src/studies/files.ts';
import { type Environments, readEnvironments } from '../packages/engine/src/exchangeable/environments.ts';
import { fitMechanism } from '../packages/engine/src/exchangeable/fit-mechanism.ts';
import { ratesTogether } from '../packages/engine/src/exchangeable/together.ts';
import { variationOf } from '../packages/engine/src/exchangeable/variation.ts';
import { Random } from '../packages/engine/src/math/random.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const rowsIn = (path: string): Record<string, string>[] => {
  const [head = '', ...lines] = readFileSync(`${folder}${path}`, 'utf8').trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i] as string, cell])));
};
async function problemOf(study: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<Problem> {
  const problem = await loadProblem({ studies: [study], ...more }, nodeSources(folder));
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  return problem.value;
}
async function found(problem: Problem, options: DiscoverOptions = {}): Promise<DiscoveryDocument> {
  const result = await discoverGraph(problem, { bootstrap: 0, opinions: false, ...options });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
async function recordsOf(problem: Problem, names: readonly string[]): Promise<Environments> {
  const read = await readEnvironments(problem.studies, names);
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  return read.value;
}
const level = ({ diagnostics }: DiscoveryDocument, name: string): string | undefined => diagnostics.find((one) => one.name === name)?.level;

describe('Sachs: eleven proteins, nine conditions', () => {
  const consensus = rowsIn('examples/data/sachs-consensus-edges.csv').map(({ from, to }) => [from, to] as const);

  it('of the twenty consensus edges a few are seen, at most one with a direction; no edge is drawn that is not among them', async () => {
    const document = JSON.parse(readFileSync(`${folder}examples/sachs.json`, 'utf8'));
    const problem = await loadProblem(document, nodeSources(`${folder}examples`));
    if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
    expect(consensus).toHaveLength(20);
    expect(problem.value.graph?.arrows).toHaveLength(20);
    const discovery = await found(problem.value);
    expect(discovery.environments).toMatchObject({ count: 9, records: 7466, smallest: 707, largest: 913 });
    const joined = discovery.edges.filter(({ from, to }) =>
      consensus.some(([a, b]) => (a === from && b === to) || (a === to && b === from)),
    );
    expect(joined).toHaveLength(discovery.edges.length);
    expect(joined.length).toBeGreaterThan(0);
    expect(joined.length).toBeLessThan(5);
    expect(discovery.edges.some(({ from, to }) => from === 'raf' && to === 'mek')).toBe(true);
    // Nine environments: at most one direction is claimed, weakly, and it is not against the consensus.
    const decided = discovery.edges.filter((edge) => edge.decided);
    expect(decided.length).toBeLessThan(2);
    for (const { from, to, reversal } of decided) {
      expect(consensus.some(([a, b]) => a === from && b === to)).toBe(true);
      expect(reversal).toBeGreaterThan(0.01);
    }
    expect(level(discovery, 'environments')).toBe('warn');
    expect(level(discovery, 'variation')).toBe('ok');
  });

  it.each([
    ['abundances', Number, ['akt-erk', 'mek-raf', 'p38-pkc']],
    ['log abundances', (cell: string) => Math.log(Number(cell)), []],
  ] as const)('as real variables, %s: edges at this level, all of the consensus, and no direction', async (_, read, joined) => {
    const data = rowsIn('examples/data/sachs.csv').map(({ env, ...cells }) => ({
      env,
      ...Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, read(cell)])),
    }));
    const discovery = await found(await problemOf({ data, environment: 'env' }), { opinions: false });
    expect(discovery.environments).toMatchObject({ count: 9, records: 7466 });
    expect(discovery.variables).toHaveLength(11);
    expect(discovery.variables.every(({ levels }) => levels === undefined)).toBe(true);
    // Nine environments are eight degrees of freedom: an edge needs |t| of 3.8. On the log scale the strongest, erk - akt and raf - mek, miss it by little.
    const pairs = discovery.edges.map(({ from, to }) => [from, to].sort().join('-')).sort();
    expect(pairs).toEqual(joined);
    for (const pair of pairs) expect(consensus.some((edge) => [...edge].sort().join('-') === pair)).toBe(true);
    expect(discovery.edges.filter(({ decided }) => decided)).toEqual([]);
    expect(level(discovery, 'environments')).toBe('warn');
    expect(level(discovery, 'variation')).toBe('ok');
    // Levels of several proteins move together from condition to condition: what was done to the cells is a common cause of them.
    expect(level(discovery, 'independent-mechanisms')).toBe('fail');
  });
});

it('Berkeley: flagged, and no direction claimed; the correlations are -.75 and -.82', async () => {
  const problem = await problemOf({ data: 'examples/data/berkeley.csv', count: 'Freq', environment: 'Dept' });
  const discovery = await found(problem);
  expect(discovery.ok).toBe(false);
  expect(level(discovery, 'independent-mechanisms')).toBe('fail');
  expect(discovery.edges.filter(({ decided }) => decided)).toEqual([]);
  // By hand: the share of women against the admission rates of men and women, department by department.
  const rows = rowsIn('examples/data/berkeley.csv');
  const sum = (keep: (row: Record<string, string>) => boolean) => rows.filter(keep).reduce((total, { Freq }) => total + Number(Freq), 0);
  const byHand = ['Male', 'Female'].map((gender) =>
    correlation(
      ['A', 'B', 'C', 'D', 'E', 'F'].map((dept) => [
        sum((row) => row.Dept === dept && row.Gender === 'Female') / sum((row) => row.Dept === dept),
        sum((row) => row.Dept === dept && row.Gender === gender && row.Admit === 'Admitted') /
          sum((row) => row.Dept === dept && row.Gender === gender),
      ]),
    ),
  );
  expect(byHand.map((one) => one.toFixed(2))).toEqual(['-0.75', '-0.82']);
  const pairs = ratesTogether(await recordsOf(problem, ['Gender', 'Admit']), [[], [0]]);
  expect(pairs.map((pair) => Math.abs(pair.correlation)).sort()).toEqual(byHand.map((one) => expect.closeTo(-one, 9)).sort());
});

function correlation(pairs: readonly (readonly number[])[]): number {
  const mean = (k: 0 | 1) => pairs.reduce((sum, pair) => sum + (pair[k] as number), 0) / pairs.length;
  const [x, y] = [mean(0), mean(1)];
  const sum = (f: (dx: number, dy: number) => number) =>
    pairs.reduce((total, [a, b]) => total + f((a as number) - x, (b as number) - y), 0);
  return sum((dx, dy) => dx * dy) / Math.sqrt(sum((dx) => dx * dx) * sum((_, dy) => dy * dy));
}

describe('BCG: thirteen trials', () => {
  interface Trial {
    readonly effect: number;
    readonly variance: number;
  }
  const rows = rowsIn('test/data/bcg.csv');
  const trials = [...new Set(rows.map(({ trial }) => trial))].map((trial): Trial => {
    const n = (vaccinated: string, tuberculosis: string) =>
      Number(rows.find((row) => row.trial === trial && row.vaccinated === vaccinated && row.tuberculosis === tuberculosis)?.n);
    const [a, b, c, d] = [n('yes', 'yes'), n('yes', 'no'), n('no', 'yes'), n('no', 'no')];
    return { effect: Math.log(a / (a + b) / (c / (c + d))), variance: 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d) };
  });
  /** DerSimonian and Laird 1986, log risk ratios. */
  const pooled = (() => {
    const weigh = (tau2: number) => {
      const weights = trials.map(({ variance }) => 1 / (variance + tau2));
      const total = weights.reduce((sum, w) => sum + w, 0);
      return { weights, total, mean: trials.reduce((sum, { effect }, i) => sum + (weights[i] as number) * effect, 0) / total };
    };
    const fixed = weigh(0);
    const q = trials.reduce((sum, { effect }, i) => sum + (fixed.weights[i] as number) * (effect - fixed.mean) ** 2, 0);
    const tau2 = (q - (trials.length - 1)) / (fixed.total - fixed.weights.reduce((sum, w) => sum + w * w, 0) / fixed.total);
    const { mean, total } = weigh(tau2);
    return { mean, error: 1 / Math.sqrt(total), tau2 };
  })();

  it('DerSimonian and Laird by hand: -0.714 (.179), tau^2 .309, as published', () => {
    expect(trials).toHaveLength(13);
    expect([pooled.mean, pooled.error, pooled.tau2].map((one) => one.toFixed(3))).toEqual(['-0.714', '0.179', '0.309']);
  });

  it('the risk in each arm varies beyond chance; what was fitted spreads as widely as the trials', async () => {
    const problem = await problemOf({ data: 'test/data/bcg.csv', count: 'n', environment: 'trial' });
    const environments = await recordsOf(problem, ['vaccinated', 'tuberculosis']);
    expect(variationOf(environments, 1, [0]).p).toBeLessThan(1e-6);
    const { mechanism } = fitMechanism(environments, 1, [0], new Random(1, 'bcg'), { kinds: ['dirichlet'] });
    if (mechanism.kind !== 'dirichlet') throw new Error();
    // Beta risks of both arms: mean ratio below 1; spread of the log risk ratio no smaller than between trials (arms fitted apart).
    const chance = (row: readonly number[]) => {
      const [no, yes] = environments.levels[1]?.[0] === 'no' ? [row[0], row[1]] : [row[1], row[0]];
      return [yes as number, no as number] as const;
    };
    const [unvaccinated, vaccinated] = mechanism.rows.map(chance) as [readonly [number, number], readonly [number, number]];
    const random = new Random(2, 'spread');
    const logs = Array.from({ length: 20_000 }, () => Math.log(random.beta(...vaccinated) / random.beta(...unvaccinated)));
    const mean = logs.reduce((sum, one) => sum + one, 0) / logs.length;
    const variance = logs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / logs.length;
    expect(mean).toBeLessThan(0);
    expect(Math.abs(mean - pooled.mean)).toBeLessThan(0.5);
    expect(variance).toBeGreaterThan(pooled.tau2);
  });

  it('in trials nothing is to be discovered; read as watched, thirteen environments show no edge and say so', async () => {
    const study = { data: 'test/data/bcg.csv', count: 'n', environment: 'trial' };
    const set = await discoverGraph(await problemOf({ ...study, set: ['vaccinated'] }));
    expect(set.ok ? [] : set.issues.map(({ code }) => code)).toEqual(['not-watched']);
    const discovery = await found(await problemOf(study));
    expect(discovery.edges.filter(({ decided }) => decided)).toEqual([]);
    expect(level(discovery, 'environments')).toBe('warn');
  });
});

describe('Contraception: sixty districts', () => {
  const study = { data: 'test/data/contraception.csv', environment: 'district' };

  it('P(use | urban) = .516, P(use | rural) = .342, as published', async () => {
    const result = await ask(await problemOf(study, { graph: 'urban -> use' }), ['P(use=Y | urban=Y)', 'P(use=Y | urban=N)']);
    if (!result.ok) throw new Error(JSON.stringify(result.issues));
    expect(result.value.answers.map(({ value }) => value?.toFixed(3))).toEqual(['0.516', '0.342']);
  });

  it('town and use are connected, districts of two women and all; the direction is shaky, and the answer says what hangs on it', async () => {
    const problem = await problemOf(study);
    const discovery = await found(problem, { variables: ['urban', 'use'], bootstrap: 40 });
    expect(discovery.environments).toMatchObject({ count: 60, records: 1934, smallest: 2, largest: 118, withTwo: 60 });
    expect(discovery.edges).toHaveLength(1);
    expect(level(discovery, 'variation')).toBe('ok');
    expect(discovery.bootstrap?.same).toBeLessThan(0.8);
    const learned = await askLearned(problem, ['P(use=Y | do(urban=Y))'], {
      discover: { variables: ['urban', 'use'], bootstrap: 40 },
      uncertainty: 'none',
    });
    if (!learned.ok) throw new Error(JSON.stringify(learned.issues));
    const [answer] = learned.value.answers.answers;
    // The other way round, living in town does nothing: P(use). Rows as independent: .392 to .516; districts as draws: near it.
    expect(answer?.learned?.independent.range?.map((one) => one.toFixed(3))).toEqual(['0.392', '0.516']);
    const [low, high] = answer?.learned?.range ?? [0, 0];
    expect(Math.abs(low - 0.392)).toBeLessThan(0.03);
    expect(Math.abs(high - 0.516)).toBeLessThan(0.03);
    expect(answer?.diagnostics.find(({ name }) => name === 'learned graph')?.level).toBe('warn');
  });

  it('with living children besides, no direction is decided', async () => {
    const discovery = await found(await problemOf(study), { variables: ['urban', 'use', 'livch'] });
    expect(discovery.edges.filter(({ decided }) => decided)).toEqual([]);
    expect(discovery.edges.length).toBeGreaterThan(0);
  });
});
