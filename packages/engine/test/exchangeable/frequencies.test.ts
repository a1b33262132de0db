import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Environments } from '../../src/exchangeable/environments.ts';
import { exactProbability } from '../../src/exchangeable/exact.ts';
import { familyCounts, timesOf } from '../../src/exchangeable/family-counts.ts';
import { type FrequencyData, frequencyAnswer, positionsJoined } from '../../src/exchangeable/frequencies.ts';
import { drawEnvironments, tableModel, xorModel } from '../../src/exchangeable/processes.ts';
import type { CellQuery, ExchangeableModel, Mechanism, ValuedCell } from '../../src/exchangeable/terms.ts';
import { Random } from '../../src/math/random.ts';

/** A model whose numbers do not matter. */
const shapeOf = (
  levels: readonly (readonly [string, number])[],
  parents: Readonly<Record<string, readonly string[]>>,
): ExchangeableModel => ({
  levels: new Map(levels.map(([name, size]) => [name, Array.from({ length: size }, (_, k) => String(k))])),
  mechanisms: levels.map(
    ([variable]): Mechanism => ({ kind: 'mixture', variable, parents: parents[variable] ?? [], weights: [1], rows: [] }),
  ),
});

function dataOf(shape: ExchangeableModel, environments: Environments): FrequencyData {
  const number = (name: string): number => environments.names.indexOf(name);
  const families = shape.mechanisms.map(({ variable, parents }) => familyCounts(environments, number(variable), parents.map(number)));
  return { shape, families, times: families.map((counts) => timesOf(counts)) };
}

/** Ordered tuples of different records of an environment. */
function* tuples(from: number, to: number, length: number, sofar: readonly number[] = []): Generator<readonly number[]> {
  if (sofar.length === length) yield sofar;
  else for (let r = from; r < to; r++) if (!sofar.includes(r)) yield* tuples(from, to, length, [...sofar, r]);
}

/** The same by enumeration: all tuples of as many records as the question has positions, all values of all cells, every mechanism joint over its positions. */
function byEnumeration(shape: ExchangeableModel, environments: Environments, query: CellQuery, positions: number): number {
  const names = shape.mechanisms.map(({ variable }) => variable);
  const at = (cell: { readonly variable: string; readonly position: number }): number =>
    (cell.position - 1) * names.length + names.indexOf(cell.variable);
  const sizes = names.map((name) => shape.levels.get(name)?.length as number);
  const code = (
    e: number,
    variables: readonly string[],
    where: readonly number[],
    read: (variable: string, position: number) => number,
  ): number => {
    const large = Array.from({ length: environments.labels.length }, (_, i) => i).filter(
      (i) => (environments.starts[i + 1] as number) - (environments.starts[i] as number) >= positions,
    );
    let sum = 0;
    for (const i of e < 0 ? large : [e]) {
      let [hits, all] = [0, 0];
      for (const tuple of tuples(environments.starts[i] as number, environments.starts[i + 1] as number, where.length)) {
        all += 1;
        const same = where.every((position, k) =>
          variables.every((name) => environments.columns[environments.names.indexOf(name)]?.[tuple[k] as number] === read(name, position)),
        );
        if (same) hits += 1;
      }
      sum += hits / all / large.length;
    }
    return sum;
  };
  const cells = names.length * positions;
  let [share, over] = [0, 0];
  const total = Array.from({ length: positions }, () => sizes)
    .flat()
    .reduce((product, size) => product * size, 1);
  for (let number = 0; number < total; number++) {
    let rest = number;
    const values = Array.from({ length: cells }, (_, k) => {
      const size = sizes[k % names.length] as number;
      const digit = rest % size;
      rest = Math.floor(rest / size);
      return digit;
    });
    const read = (variable: string, position: number): number => values[at({ variable, position })] as number;
    const holds = (list: readonly ValuedCell[]): boolean => list.every((cell) => values[at(cell)] === cell.value);
    if (!holds(query.set) || !holds(query.given)) continue;
    let product = 1;
    for (const { variable, parents } of shape.mechanisms) {
      const where = Array.from({ length: positions }, (_, k) => k + 1).filter(
        (position) => !query.set.some((cell) => cell.variable === variable && cell.position === position),
      );
      if (where.length === 0 || product === 0) continue;
      const below = code(-1, parents, where, read);
      product *= below === 0 ? Number.NaN : code(-1, [variable, ...parents], where, read) / below;
    }
    over += product;
    if (holds(query.target)) share += product;
  }
  return share / over;
}

const cell = (variable: string, position: number, value: number): ValuedCell => ({ variable, position, value });

describe('frequencies of tuples', () => {
  const chain = shapeOf([['X', 2], ['Z', 2], ['Y', 2]], { Z: ['X'], Y: ['X', 'Z'] }); // biome-ignore format: small
  const drawn = drawEnvironments(
    xorModel([
      ['X', []],
      ['Z', ['X']],
      ['Y', ['X', 'Z']],
    ]),
    12,
    Int32Array.of(6, 5, 7, 4, 6, 5, 6, 7, 5, 2, 3, 1),
    new Random(3),
  );

  test('are those of every ordered tuple, found without going through them', () => {
    const data = dataOf(chain, drawn);
    for (const [query, positions] of [
      [{ target: [cell('Y', 1, 1)], given: [], set: [cell('X', 1, 0)] }, 1],
      [{ target: [cell('Y', 1, 1)], given: [cell('X', 2, 0), cell('Z', 2, 0), cell('Y', 2, 0)], set: [cell('X', 1, 0)] }, 2],
      [{ target: [cell('Y', 1, 1)], given: [cell('Y', 2, 0)], set: [cell('Z', 1, 0), cell('X', 1, 0)] }, 2],
      [{ target: [cell('Y', 1, 1), cell('Y', 2, 0)], given: [], set: [cell('X', 1, 0), cell('X', 2, 0)] }, 2],
    ] as const) {
      const found = frequencyAnswer(data, query);
      const expected = byEnumeration(chain, drawn, query, positions);
      if (Number.isNaN(expected)) expect(found.ok ? '' : found.issues[0]?.code).toBe('unseen');
      else expect(found.ok && found.value.value).toBeCloseTo(expected, 12);
      const joined = positionsJoined(chain, query);
      expect(joined.ok && joined.value).toBe(positions);
    }
  });

  test('three positions of a pair with three levels, at random', () => {
    const shape = shapeOf([['X', 2], ['Y', 3]], { Y: ['X'] }); // biome-ignore format: small
    let numbers = 0;
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.tuple(fc.nat(1), fc.nat(2)), { minLength: 3, maxLength: 5 }), { minLength: 2, maxLength: 4 }),
        fc.nat(1),
        (rows, x) => {
          const all = rows.flat();
          const starts = Int32Array.from([0, ...rows.map((_, e) => rows.slice(0, e + 1).flat().length)]);
          const environments: Environments = {
          names: ['X', 'Y'],
          levels: [['0', '1'], ['0', '1', '2']],
          labels: rows.map((_, e) => String(e)),
          starts,
          columns: [Int32Array.from(all, ([one]) => one), Int32Array.from(all, ([, two]) => two)],
        }; // biome-ignore format: small
          const query = {
            target: [cell('Y', 1, 2)],
            given: [cell('X', 2, 1), cell('Y', 2, 0), cell('Y', 3, 1)],
            set: [cell('X', 1, x), cell('X', 3, 1)],
          };
          const found = frequencyAnswer(dataOf(shape, environments), query);
          const expected = byEnumeration(shape, environments, query, 3);
          if (found.ok) {
            numbers += 1;
            expect(found.value.value).toBeCloseTo(expected, 12);
          } else expect(['unseen', 'never', 'too-small']).toContain(found.issues[0]?.code);
        },
      ),
      { numRuns: 150, seed: 6 },
    );
    expect(numbers).toBeGreaterThan(15);
  });

  test('of many environments come to the truth, rows dependent or not', () => {
    const shape = shapeOf([['X', 2], ['Y', 2]], { Y: ['X'] }); // biome-ignore format: small
    for (const [k, model] of [
      xorModel([
        ['X', []],
        ['Y', ['X']],
      ]),
      tableModel(
        [2, 2],
        [
          [1, 4],
          [5, 2],
        ],
      ),
    ].entries()) {
      // biome-ignore format: small
      const environments = drawEnvironments(model, 6000, 8, new Random(40 + k));
      const query = {
        target: [cell('Y', 1, 1)],
        given: [cell('X', 2, 1), cell('Y', 2, 0), cell('Y', 3, 1)],
        set: [cell('X', 1, 0), cell('X', 3, 0)],
      };
      const exact = exactProbability(model, query);
      const found = frequencyAnswer(dataOf(shape, environments), query);
      expect(found.ok && exact.ok && Math.abs(found.value.value - (exact.value.value as number))).toBeLessThan(0.02);
      expect(found.ok && found.value.environments).toBe(6000);
    }
  });

  test('say what is missing', () => {
    const data = dataOf(chain, drawn);
    const many = Array.from({ length: 8 }, (_, k) => cell('Y', k + 2, 0));
    const small = frequencyAnswer(data, {
      target: [cell('Y', 1, 1)],
      given: many,
      set: many.map(({ position }) => cell('X', position, 0)),
    });
    expect(small.ok ? '' : small.issues[0]?.code).toBe('too-small');
    const contrary = frequencyAnswer(data, { target: [cell('Y', 1, 1)], given: [cell('Y', 1, 0)], set: [] });
    expect(contrary.ok && contrary.value.value).toBe(0);
  });
});
