import { describe, expect, test } from 'vitest';
import { confidenceOf } from '../../src/bounds/confidence.ts';
import { expectation, targetValue } from '../../src/bounds/contract.ts';
import { BlockLikelihood, fitBlock } from '../../src/bounds/fit.ts';
import { joinBlocks } from '../../src/bounds/join.ts';
import { profileEnd } from '../../src/bounds/profile.ts';
import type { BlockPoint, Cell, Digit, LocalTable, Programme, Stratum } from '../../src/bounds/programme.ts';
import { Random } from '../../src/math/random.ts';
import { pnsEvents, published, sum, tableOne, xy } from './em-programmes.ts';

const pns: Programme['target'] = { numerator: [sum(0, pnsEvents)] };
const chiSquare = 3.841458820694124;

/** The fitted model moved to the least (side 1) or greatest value among those that fit best. */
function endOf(programme: Programme, side: 1 | -1): BlockPoint {
  const form = (programme.target.numerator[0]?.tables[0]?.cells ?? []).map((literals) => ({ coefficient: 1, literals: literals ?? [] }));
  return new BlockLikelihood(programme, 0, { extras: [form] }).fit({ prices: [side * 1e-6] }).point();
}

const drawFrom =
  (programme: Programme) =>
  (fitted: Float64Array, random: Random): readonly Cell[] => {
    const cells = [...programme.cells];
    for (const stratum of programme.strata.keys()) {
      const own = cells.flatMap((cell, i) => (cell.stratum === stratum ? [i] : []));
      const size = own.reduce((total, i) => total + (cells[i] as Cell).count, 0);
      const counts = random.split(stratum).multinomial(
        size,
        own.map((i) => Math.max(0, fitted[i] as number)),
      );
      for (const [k, i] of own.entries())
        cells[i] = { ...(cells[i] as Cell), count: counts[k] as number, target: (counts[k] as number) / size };
    }
    return cells;
  };

/** Binary variables without causes, each its own block, seen in separate samples: [hits, size]. */
function shares(samples: readonly (readonly [number, number])[], target: Programme['target']): Programme {
  const digit: Digit = { variable: 'V', parents: [], context: [], levels: ['0', '1'] };
  return {
    blocks: samples.map((_, i) => ({
      name: `V${i}`,
      children: [`V${i}`],
      digits: [digit],
      forbidden: [],
      independences: [],
      complete: true,
    })),
    strata: samples.map((_, block): Stratum => ({ block, study: `s${block}`, says: '', exact: false })),
    cells: samples.flatMap(([hits, size], stratum) =>
      [size - hits, hits].map(
        (count, value): Cell => ({
          stratum,
          form: [{ coefficient: 1, literals: [{ digit: 0, value }] }],
          says: '',
          count,
          target: count / size,
        }),
      ),
    ),
    restrictions: [],
    target,
  };
}

const indicator = (block: number): LocalTable => ({ block, axes: [], sizes: [], cells: [[{ digit: 0, value: 1 }]] });

/** The likelihood-ratio limits of a binomial share, by bisection. */
function binomialLimit(hits: number, size: number, side: 1 | -1): number {
  const largest = hits * Math.log(hits / size) + (size - hits) * Math.log(1 - hits / size);
  let [near, far] = [hits / size, side === 1 ? 1e-12 : 1 - 1e-12];
  for (let i = 0; i < 200; i++) {
    const p = (near + far) / 2;
    if (2 * (largest - hits * Math.log(p) - (size - hits) * Math.log(1 - p)) < chiSquare) near = p;
    else far = p;
  }
  return near;
}

describe('the profile', () => {
  test('of an identified share is its likelihood-ratio interval', async () => {
    const programme = shares([[37, 200]], { numerator: [{ weight: 1, tables: [indicator(0)] }] });
    const point = fitBlock(programme, 0).point();
    const region = await confidenceOf(programme, { lower: [point], upper: [point] });
    expect(region?.interval[0]).toBeCloseTo(binomialLimit(37, 200, 1), 5);
    expect(region?.interval[1]).toBeCloseTo(binomialLimit(37, 200, -1), 5);
  });

  test('of a product of two shares: the extreme on a grid of both', () => {
    const samples = [
      [60, 150],
      [20, 80],
    ] as const;
    const programme = shares(samples, { numerator: [{ weight: 1, tables: [indicator(0), indicator(1)] }] });
    const start = samples.map((_, block) => fitBlock(programme, block).point());
    const lost = ([hits, size]: readonly [number, number], p: number): number =>
      hits * Math.log(hits / size / p) + (size - hits) * Math.log((1 - hits / size) / (1 - p));
    let [low, high] = [1, 0];
    for (let i = 1; i < 1500; i++)
      for (let j = 1; j < 1500; j++) {
        const [p, q] = [i / 1500, j / 1500];
        if (lost(samples[0], p) + lost(samples[1], q) > chiSquare / 2) continue;
        low = Math.min(low, p * q);
        high = Math.max(high, p * q);
      }
    const joined = joinBlocks(programme);
    expect(profileEnd(programme, joined, 1, chiSquare / 2, start).value).toBeCloseTo(low, 3);
    expect(profileEnd(programme, joined, -1, chiSquare / 2, start).value).toBeCloseTo(high, 3);
  });

  test('of a quotient: its derivative is followed', () => {
    // P(V0 = 1) / (P(V0 = 1) + P(V1 = 1)).
    const one = { weight: 1, tables: [indicator(0)] };
    const programme = shares(
      [
        [60, 150],
        [20, 80],
      ],
      { numerator: [one], denominator: [one, { weight: 1, tables: [indicator(1)] }] },
    );
    const start = [0, 1].map((block) => fitBlock(programme, block).point());
    const joined = joinBlocks(programme);
    const lost = (hits: number, size: number, p: number): number =>
      hits * Math.log(hits / size / p) + (size - hits) * Math.log((1 - hits / size) / (1 - p));
    let low = 1;
    for (let i = 1; i < 1500; i++)
      for (let j = 1; j < 1500; j++)
        if (lost(60, 150, i / 1500) + lost(20, 80, j / 1500) <= chiSquare / 2) low = Math.min(low, i / (i + j));
    const end = profileEnd(programme, joined, 1, chiSquare / 2, start);
    expect(end.value).toBeCloseTo(low, 3);
    expect(targetValue(programme.target, end.model)).toBe(end.value);
  });

  test('never leaves the likelihood region, and never falls short of the bounds', () => {
    const programme = tableOne(published);
    const best = fitBlock(programme, 0).logLikelihood;
    const joined = joinBlocks(programme);
    for (const side of [1, -1] as const) {
      const start = endOf(programme, side);
      const end = profileEnd(programme, joined, side, chiSquare / 2, [start]);
      const fitted = programme.cells.reduce(
        (total, { form, count }) => total + count * Math.log(expectation(form, end.model[0] as BlockPoint)),
        0,
      );
      expect(best - fitted).toBeLessThan(chiSquare / 2 + 1e-6);
      expect(side * (targetValue(programme.target, [start]) - end.value)).toBeGreaterThan(0.005);
    }
  });
});

test('exact probabilities have none', async () => {
  const programme = xy(
    {
      observed: [
        [1, 2],
        [3, 4],
      ],
      trial: null,
    },
    pns,
  );
  const exact = { ...programme, strata: programme.strata.map((stratum) => ({ ...stratum, exact: true })) };
  const point = fitBlock(programme, 0).point();
  expect(await confidenceOf(exact, { lower: [point], upper: [point] })).toBeUndefined();
});

describe('where four bounds meet', () => {
  // X, Y(0), Y(1) independent and even: all four terms of Tian and Pearl's minimum are 1/2.
  const table = (random: Random): Programme =>
    xy(
      {
        observed: [0, 1].map((x) => [...random.split('o').split(x).multinomial(250, [1, 1])]),
        trial: [0, 1].map((x) => [...random.split('i').split(x).multinomial(500, [1, 1])]),
      },
      pns,
    );
  test('the cut is larger than that of one parameter, and the same on every run', async () => {
    const programme = table(new Random(3));
    const ends = { lower: [endOf(programme, 1)], upper: [endOf(programme, -1)] };
    const plain = await confidenceOf(programme, ends);
    const checked = await confidenceOf(programme, ends, { draw: drawFrom(programme), seed: 7 });
    expect(checked?.interval[1]).toBeGreaterThan((plain?.interval[1] as number) + 0.003);
    expect(await confidenceOf(programme, ends, { draw: drawFrom(programme), seed: 7 })).toEqual(checked);
  });
  test('the upper end covers', async () => {
    let missed = 0;
    for (let i = 0; i < 16; i++) {
      const programme = table(new Random(i, 'cover'));
      const ends = { lower: [endOf(programme, 1)], upper: [endOf(programme, -1)] };
      const region = await confidenceOf(programme, ends, { draw: drawFrom(programme), seed: i, draws: 160 });
      if ((region?.interval[1] as number) < 0.5) missed++;
    }
    expect(missed).toBeLessThanOrEqual(2);
  });
});
