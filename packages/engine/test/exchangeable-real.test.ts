import { describe, expect, test } from 'vitest';
import { fitLinear } from '../src/exchangeable/linear-fit.ts';
import { answerRealEnvironments } from '../src/exchangeable-real.ts';
import { type Answer, loadProblem, type Problem } from '../src/index.ts';
import { Random } from '../src/math/random.ts';
import type { MeasureOptions } from '../src/measure.ts';
import { compileQuestion } from '../src/query/bind.ts';

type Row = Record<string, number | string>;

async function problemOf(graph: string, data: readonly Row[], finite: readonly string[] = []): Promise<Problem> {
  const real = Object.keys(data[0] ?? {}).filter((name) => name !== 'site' && !finite.includes(name));
  const problem = await loadProblem({
    graph,
    variables: Object.fromEntries(real.map((name) => [name, { real: true }])),
    studies: [{ name: 'sites', data, environment: 'site' }],
    assume: ['exchangeable'],
  });
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  return problem.value;
}

async function answered(problem: Problem, text: string, options: MeasureOptions = {}): Promise<Answer> {
  const question = compileQuestion(text, {
    domains: problem.domains,
    environments: new Set(['site']),
    ...(problem.graph && { graph: problem.graph }),
  });
  if (!question.ok) throw new Error(JSON.stringify(question.issues));
  return answerRealEnvironments(question.value, problem, { draws: 30, ...options });
}

/** Z -> X, Z -> Y, X -> Y with slopes of each site. */
function sites(
  count: number,
  records: number,
  seed: number,
): { readonly rows: Row[]; readonly slopes: number[]; readonly levels: number[] } {
  const random = new Random(seed, 'sites');
  const [rows, slopes, levels] = [[] as Row[], [] as number[], [] as number[]];
  for (let e = 0; e < count; e++) {
    const center = 1 + random.normal();
    const [pull, level, slope, push] = [random.normal(), 10 + random.normal(), 2 + 0.8 * random.normal(), -1.5 + 0.3 * random.normal()];
    slopes.push(slope);
    levels.push(level + push * center);
    for (let r = 0; r < records; r++) {
      const z = center + random.normal();
      const x = 3 + pull * z + random.normal();
      rows.push({ site: `s${e}`, Z: z, X: x, Y: level + slope * x + push * z + random.normal() });
    }
  }
  return { rows, slopes, levels };
}

const graph = 'Z -> X; Z -> Y; X -> Y';

describe('means of real variables from environments', () => {
  const made = sites(60, 12, 81);
  test('a new environment: the mean effect with its error, and how much effects differ', async () => {
    const problem = await problemOf(graph, made.rows);
    const effect = await answered(problem, 'E[Y | do(X=1)] - E[Y | do(X=0)]');
    expect(effect.status).toBe('identified');
    expect(effect.rule).toBe('exchangeable');
    expect(effect.assumes).toEqual(['exchangeable', 'linear(Z)', 'linear(Y)']);
    const error = effect.uncertainty?.standardError as number;
    expect(Math.abs((effect.value as number) - 2)).toBeLessThan(3 * error);
    const center = made.slopes.reduce((a, b) => a + b) / 60;
    const deviation = Math.sqrt(made.slopes.reduce((sum, one) => sum + (one - center) ** 2, 0) / 59);
    expect(error).toBeGreaterThan((0.75 * deviation) / Math.sqrt(60));
    expect(error).toBeLessThan((1.4 * deviation) / Math.sqrt(60));
    expect(Math.abs((effect.environments?.spread?.deviation as number) - deviation)).toBeLessThan(0.1);
    expect(effect.diagnostics.find(({ name }) => name === 'variation')?.level).toBe('ok');
    expect(effect.diagnostics.find(({ name }) => name === 'independent-mechanisms')?.level).toBe('ok');
    const mean = await answered(problem, 'E[Y | do(X=1)]');
    // 10 + 2 - 1.5 E[Z], E[Z] = 1 over environments.
    expect(Math.abs((mean.value as number) - 10.5)).toBeLessThan(3.5 * (mean.uncertainty?.standardError as number));
    const seen = await answered(problem, 'E[Y | do(X=1), Z=2] - E[Y | do(X=1), Z=1]', { uncertainty: 'none' });
    expect(Math.abs((seen.value as number) + 1.5)).toBeLessThan(0.2);
    expect(seen.uncertainty).toBeUndefined();
    const again = await answered(problem, 'E[Y | do(X=1)] - E[Y | do(X=0)]');
    expect(again).toEqual(effect);
  });

  test('a named environment: nearer to its own truth than the mean of all, and each of them', async () => {
    const problem = await problemOf(graph, made.rows);
    const all = await answered(problem, 'E[Y | do(X=1), site] - E[Y | do(X=0), site]', { uncertainty: 'none' });
    expect(all.kind).toBe('distribution');
    expect(all.distribution).toHaveLength(60);
    const errors =
      all.distribution?.map(({ at, value }) => (value as number) - (made.slopes[Number(String(at.site).slice(1))] as number)) ?? [];
    const size = Math.sqrt(errors.reduce((sum, one) => sum + one * one, 0) / 60);
    expect(size).toBeLessThan(0.4);
    const one = await answered(problem, 'E[Y | do(X=1), site=s7] - E[Y | do(X=0), site=s7]');
    expect(one.value).toBeCloseTo(all.distribution?.find(({ at }) => at.site === 's7')?.value as number, 9);
    expect(one.environments?.asked).toEqual([{ label: 's7', records: 12 }]);
    expect(one.environments?.spread?.deviation).toBeLessThan(0.5);
    const odd = await answered(problem, 'E[Y | do(X=1), site=s7] - E[Y | do(X=0), site=s8]', { uncertainty: 'none' });
    expect(Number.isFinite(odd.value)).toBe(true);
  });

  test('further rows teach as a joint normal says', async () => {
    const random = new Random(82, 'pairs');
    const rows: Row[] = [];
    for (let e = 0; e < 40; e++) {
      const level = random.normal();
      const slope = 2 + level + 0.3 * random.normal();
      for (let r = 0; r < 6; r++) {
        const x = random.normal();
        rows.push({ site: `s${e}`, X: x, Y: level + slope * x + 0.5 * random.normal() });
      }
    }
    const problem = await problemOf('X -> Y', rows);
    const found = await answered(problem, 'E[Y@1 | do(X@1=0), X@2=1.3, Y@2=2]', { uncertainty: 'none' });
    // The same from coefficients of 1 and x, not centred.
    const groups = Array.from({ length: 40 }, (_, e) =>
      rows.filter(({ site }) => site === `s${e}`).map(({ X, Y }) => [1, Number(X), Number(Y)] as const),
    );
    const add = (own: (row: readonly [number, number, number]) => number[]) =>
      groups.map((group) => group.map(own).reduce((a, b) => a.map((one, i) => one + (b[i] as number))));
    const kind = found.environments?.mechanisms.find(({ variable }) => variable === 'Y')?.kind;
    expect(kind).toBe('linear full');
    const fit = fitLinear(
      {
        size: 2,
        records: new Float64Array(40).fill(6),
        products: add(([, x]) => [1, x, x, x * x]).map((one) => Float64Array.from(one)),
        cross: add(([, x, y]) => [y, x * y]).map((one) => Float64Array.from(one)),
        squares: Float64Array.from(add(([, , y]) => [y * y]).map(([one]) => one as number)),
      },
      { kind: 'full' },
    );
    if (!fit.ok) throw new Error('no fit');
    const { mean, spread, noise } = fit.value;
    const [m0, m1] = mean as unknown as [number, number];
    const [a, b, , c] = spread as unknown as [number, number, number, number];
    const variance = a + 2 * 1.3 * b + 1.3 * 1.3 * c + noise;
    expect(found.value).toBeCloseTo(m0 + ((a + 1.3 * b) * (2 - m0 - 1.3 * m1)) / variance, 3);
    // Rows seen under do() teach the same of Y; the order of positions does not matter.
    const set = await answered(problem, 'E[Y@3 | do(X@3=0, X@1=1.3), Y@1=2]', { uncertainty: 'none' });
    expect(set.value).toBeCloseTo(found.value as number, 12);
  });

  test('what is not answered says why', async () => {
    const problem = await problemOf(graph, sites(8, 6, 83).rows);
    const partly = await answered(problem, 'E[Y@1 | do(X@1=0), X@2=1, Y@2=12]');
    expect(partly.status).toBe('refused');
    expect(partly.why).toContain('Row 2 teaches the mechanism of Y only through Z');
    const whole = await answered(problem, 'E[Y@1 | do(X@1=0), X@2=1, Y@2=12, Z@2=1]', { uncertainty: 'none' });
    expect(whole.status).toBe('identified');
    const back = await answered(problem, 'E[Y | X=1]');
    expect(back.status).toBe('refused');
    expect(back.why).toContain('also tells of');
    const open = await answered(problem, 'E[Y | do(X)]');
    expect(open.why).toContain('State the value of X');
    const random = new Random(86, 'finite');
    const rows = Array.from({ length: 60 }, (_, i): Row => ({ site: `s${i % 6}`, X: random.normal(), D: random.integer(2) }));
    const finite = await problemOf('X -> D', rows, ['D']);
    for (const text of ['E[D | do(X=1)]', 'P(D=1 | do(X=1))']) {
      const refused = await answered(finite, text);
      expect(refused.status).toBe('refused');
      expect(refused.why).toContain('"cut" under "variables"');
    }
    const hidden = await answered(await problemOf('Z -> X; Z -> Y; X -> Y; X <-> Y', sites(8, 6, 83).rows), 'E[Y | do(X=1)]');
    expect(hidden.status).toBe('refused');
  });

  test('finite causes: a treatment in sites, and few environments said so', async () => {
    const random = new Random(84, 'arms');
    const rows: Row[] = [];
    for (let e = 0; e < 6; e++) {
      const rate = random.beta(3, 3);
      const [level, effect] = [5 + random.normal(), 1 + 0.2 * random.normal()];
      for (let r = 0; r < 30; r++) {
        const arm = random.next() < rate ? 'b' : 'a';
        rows.push({ site: `s${e}`, arm, Y: level + (arm === 'b' ? effect : 0) + 0.5 * random.normal() });
      }
    }
    const problem = await problemOf('arm -> Y', rows, ['arm']);
    const effect = await answered(problem, 'E[Y | do(arm=b)] - E[Y | do(arm=a)]');
    expect(Math.abs((effect.value as number) - 1)).toBeLessThan(0.4);
    expect(effect.diagnostics.some(({ name }) => name === 'few environments')).toBe(true);
    const mean = await answered(problem, 'E[Y]', { uncertainty: 'none' });
    const arms = await Promise.all(['a', 'b'].map((arm) => answered(problem, `E[Y | do(arm=${arm})]`, { uncertainty: 'none' })));
    const [low, high] = arms.map(({ value }) => value as number) as [number, number];
    expect(mean.value).toBeGreaterThan(low);
    expect(mean.value).toBeLessThan(high);
  });

  test('mechanisms that vary together are flagged', async () => {
    const random = new Random(85, 'together');
    const rows: Row[] = [];
    for (let e = 0; e < 30; e++) {
      const common = random.normal();
      for (let r = 0; r < 10; r++) {
        const x = common + random.normal();
        rows.push({ site: `s${e}`, X: x, Y: 2 * common + x + random.normal() });
      }
    }
    const found = await answered(await problemOf('X -> Y', rows), 'E[Y | do(X=1)]', { uncertainty: 'none' });
    const said = found.diagnostics.find(({ name }) => name === 'independent-mechanisms');
    expect(said?.level).toBe('fail');
    expect(said?.figure).toBeGreaterThan(0.7);
  });
});
