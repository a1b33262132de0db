import { describe, expect, it } from 'vitest';
import { discoverySteps } from '../../src/exchangeable/discover.ts';
import { type MixedEnvironments, mixedOf } from '../../src/exchangeable/mixed-environments.ts';
import { drawEnvironments, xorModel } from '../../src/exchangeable/processes.ts';
import { residualTester } from '../../src/exchangeable/residual-tester.ts';
import { Random } from '../../src/math/random.ts';
import { atOnce } from '../../src/run/steps.ts';
import { binomialBelow } from './processes-support.ts';

const heavy = process.env.DOABLE_HEAVY !== undefined;

/** X -> Z, (X, Z) -> Y, linear with normal noise; every intercept, Y's slopes and X's spread differ between environments. `binary`: Z is a coin whose odds X moves. */
function threeReals(count: number, size: number, random: Random, binary = false): MixedEnvironments {
  const total = count * size;
  const [x, z, y] = [new Float64Array(total), new Float64Array(total), new Float64Array(total)];
  const coin = new Int32Array(total);
  for (let e = 0; e < count; e++) {
    const [mean, spread] = [random.normal(), 0.5 + random.next()];
    const [ofZ, ofY] = [0.7 * random.normal(), 0.7 * random.normal()];
    const [byX, byZ] = [1 + 0.5 * random.normal(), -1 + 0.5 * random.normal()];
    for (let r = e * size; r < (e + 1) * size; r++) {
      const cause = mean + spread * random.normal();
      x[r] = cause;
      const between = binary ? (random.next() < 1 / (1 + Math.exp(-(ofZ + cause))) ? 1 : 0) : ofZ + 0.8 * cause + random.normal();
      if (binary) coin[r] = between;
      z[r] = between;
      y[r] = ofY + byX * cause + byZ * (binary ? 2 * between - 1 : between) + random.normal();
    }
  }
  return {
    names: ['Y', 'X', 'Z'],
    labels: Array.from({ length: count }, (_, e) => String(e)),
    starts: Int32Array.from({ length: count + 1 }, (_, e) => e * size),
    columns: [
      { kind: 'real', values: y },
      { kind: 'real', values: x },
      binary ? { kind: 'finite', values: coin, levels: ['0', '1'] } : { kind: 'real', values: z },
    ],
  };
}

/** Rejections at .05 that a test of this level (`allowed` at most) gives but once in a thousand. */
const notAbove = (rejected: number, runs: number, allowed: number): boolean => 1 - binomialBelow(rejected - 1, runs, allowed) > 0.001;
const notBelow = (rejected: number, runs: number, least: number): boolean => binomialBelow(rejected, runs, least) > 0.001;

describe('residual tests', () => {
  it.each([2, 10])('real and mixed variables, %i records: level under the null, power against the wrong sink', (size) => {
    const runs = heavy ? 500 : 20;
    for (const binary of [false, true]) {
      const rejected = [0, 0, 0];
      for (let run = 0; run < runs; run++) {
        const tester = residualTester(threeReals(300, size, new Random(51, run, size), binary));
        const ps = [tester.across(0, 1, [1, 2]).p, tester.across(2, 1, [1]).p, tester.within(0, 1, [2]).p];
        for (const [i, p] of ps.entries()) if (p < 0.05) rejected[i] = (rejected[i] as number) + 1;
      }
      expect(notAbove(rejected[0] as number, runs, 0.07)).toBe(true);
      expect(notAbove(rejected[1] as number, runs, 0.07)).toBe(true);
      expect(rejected[2]).toBe(runs);
    }
  });

  it('a real condition that differs widely between environments: what is curved in both residuals does not reject', () => {
    const runs = heavy ? 500 : 60;
    let rejected = 0;
    for (let run = 0; run < runs; run++) {
      const random = new Random(53, run);
      const [x, y] = [new Float64Array(2400), new Float64Array(2400)];
      for (let e = 0; e < 300; e++) {
        const [mean, base] = [2 * random.normal(), random.normal()];
        for (let r = 8 * e; r < 8 * e + 8; r++) {
          x[r] = mean + random.normal();
          y[r] = base + (x[r] as number) + random.normal();
        }
      }
      const tester = residualTester({
        names: ['X', 'Y'],
        labels: Array.from({ length: 300 }, (_, e) => String(e)),
        starts: Int32Array.from({ length: 301 }, (_, e) => 8 * e),
        columns: [
          { kind: 'real', values: x },
          { kind: 'real', values: y },
        ],
      });
      if (tester.across(1, 0, [0]).p < 0.05) rejected += 1;
      if (run < 5) expect(tester.across(0, 1, [1]).p).toBeLessThan(0.01);
    }
    expect(notAbove(rejected, runs, 0.07)).toBe(true);
  });

  it('seven conditions of two levels: level under the null, power where 128 strata have none', () => {
    const parents = [[], [0], [0], [1, 2], [3], [3], [1], [5, 6]];
    const graph = parents.map((own, v) => [`V${v}`, own.map((k) => `V${k}`)] as const);
    const runs = heavy ? 300 : 12;
    const rejected = [0, 0];
    for (let run = 0; run < runs; run++) {
      const environments = drawEnvironments(xorModel(graph), 300, 10, new Random(52, run), parents.map((_, v) => `V${v}`)); // biome-ignore format: one line
      const tester = residualTester(mixedOf(environments));
      if (tester.across(7, 5, [0, 1, 2, 3, 4, 5, 6]).p < 0.05) rejected[0] = (rejected[0] as number) + 1;
      if (tester.across(5, 7, [0, 1, 2, 3, 4, 6, 7]).p < 0.05) rejected[1] = (rejected[1] as number) + 1;
    }
    expect(notAbove(rejected[0] as number, runs, 0.065)).toBe(true);
    expect(notBelow(rejected[1] as number, runs, 0.9)).toBe(true);
  });

  it('counts stand for equal records; scale and origin of real variables say nothing', () => {
    const environments = threeReals(60, 4, new Random(53), true);
    const records = environments.starts.at(-1) as number;
    const [plain, doubled] = [{ ...environments, counts: new Float64Array(records).fill(2) }, pickDoubled(environments)];
    const [one, other] = [residualTester(plain), residualTester(doubled)];
    for (const across of ['across', 'within'] as const)
      expect(one[across](0, 1, [1, 2].slice(across === 'within' ? 1 : 0)).p).toBeCloseTo(
        other[across](0, 1, [1, 2].slice(across === 'within' ? 1 : 0)).p,
        8,
      );
    const scaled = {
      ...environments,
      columns: environments.columns.map((column) =>
        column.kind === 'real' ? { ...column, values: column.values.map((value) => 7 - 300 * value) } : column,
      ),
    };
    expect(residualTester(scaled).across(0, 2, [1, 2]).p).toBeCloseTo(residualTester(environments).across(0, 2, [1, 2]).p, 6);
  });
});

/** Every record twice. */
function pickDoubled(environments: MixedEnvironments): MixedEnvironments {
  const double = (values: ArrayLike<number>): number[] => Array.from({ length: 2 * values.length }, (_, r) => values[r >> 1] as number);
  return {
    ...environments,
    starts: environments.starts.map((start) => 2 * start),
    columns: environments.columns.map((column) =>
      column.kind === 'finite'
        ? { ...column, values: Int32Array.from(double(column.values)) }
        : { ...column, values: Float64Array.from(double(column.values)) },
    ),
  };
}

it('the graph of three real or mixed variables, from ten records in each of 1,000 environments', () => {
  for (const binary of [false, true]) {
    let right = 0;
    for (let run = 0; run < 3; run++) {
      const found = atOnce(discoverySteps(threeReals(1000, 10, new Random(54, run), binary)));
      const edges = found.edges.map(({ from, to }) => `${from}${to}`).sort();
      if (edges.join() === '10,12,20') right += 1;
    }
    expect(right).toBeGreaterThanOrEqual(2);
  }
});
