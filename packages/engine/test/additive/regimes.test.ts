import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weigh, whatIsMissing } from '../../src/additive/regimes.ts';
import { isPlan } from '../../src/additive/terms.ts';
import { nearestDouble, spellFraction } from '../../src/math/fraction.ts';
import { dice } from '../graph/support.ts';
import { coordinates, distance, planted, subsetsOf } from './planted.ts';
import { planOf } from './support.ts';

/** The paper's models: every earlier action may cause a later one, every action has a hidden cause of its own. */
function paperModels(blocks: readonly (readonly string[])[], count: number): (set: readonly string[]) => Float64Array {
  const actions = blocks.flat();
  const hidden = (action: string): string => `C${action}`;
  const graph = {
    nodes: [...actions.map(hidden), ...actions],
    arrows: actions.flatMap((action, j): (readonly [string, string])[] => [
      [hidden(action), action],
      ...actions.slice(0, j).map((earlier) => [earlier, action] as const),
    ]),
    levels: new Map(actions.map((action, j) => [action, j === 0 ? 3 : 2])),
  };
  const parts = blocks.map((block) => ({ of: [...block, ...block.map(hidden)] }));
  const models = Array.from({ length: count }, (_, seed) => planted(graph, parts, 17 + seed));
  return (set) => Float64Array.from(models.flatMap((model) => [...model.mean(set, actions)]));
}

function everyRegimeSet(blocks: readonly (readonly string[])[], pick: (count: number) => Iterable<number>): { yes: number; no: number } {
  const actions = blocks.flat();
  const sets = subsetsOf(actions);
  const mean = paperModels(blocks, 3);
  const values = sets.map(mean);
  const short = coordinates(values);
  const text = `additive(Y; ${blocks.map((block) => (block.length === 1 ? block[0] : `{${block.join(', ')}}`)).join(', ')})`;
  const tally = { yes: 0, no: 0 };
  for (const marks of pick(2 ** sets.length)) {
    const regimes = sets.flatMap((_, i) => (Math.floor(marks / 2 ** i) % 2 === 1 ? [i] : []));
    if (regimes.length === 0) continue;
    for (const [t, target] of sets.entries()) {
      const far = distance(
        regimes.map((i) => short[i] as Float64Array),
        short[t] as Float64Array,
      );
      if (far > 1e-8 && far < 1e-4) throw new Error(`a distance of ${far} says nothing`);
      const plan = planOf(
        text,
        target,
        regimes.map((i) => sets[i] as string[]),
      );
      if (isPlan(plan) !== far < 1e-8) throw new Error(`${regimes.map((i) => `{${sets[i]}}`)} -> {${target}}: distance ${far}`);
      if (!isPlan(plan)) {
        tally.no += 1;
        continue;
      }
      tally.yes += 1;
      for (const weights of [plan.weights, plan.fewest]) {
        const sum = (values[t] as Float64Array).map((_, cell) =>
          plan.regimes.reduce((total, { set }, r) => {
            const at = sets.findIndex((one) => one.length === set.length && one.every((name) => set.includes(name)));
            return total + (weights[r] as number) * ((values[at] as Float64Array)[cell] as number);
          }, 0),
        );
        const worst = sum.reduce((most, value, cell) => Math.max(most, Math.abs(value - ((values[t] as Float64Array)[cell] as number))), 0);
        if (!(worst < 1e-9)) throw new Error(`${regimes.map((i) => `{${sets[i]}}`)} -> {${target}} is off by ${worst}`);
      }
    }
  }
  return tally;
}

const all = function* (count: number): Iterable<number> {
  for (let marks = 1; marks < count; marks++) yield marks;
};
const heavy = process.env.DOABLE_HEAVY !== undefined;
const some = (step: number) =>
  function* (count: number): Iterable<number> {
    for (let marks = 1; marks < count; marks += step) yield marks;
  };

/** One to six regimes, where yes and no are both common. */
const few = function* (count: number): Iterable<number> {
  const random = dice(4);
  const places = Math.round(Math.log2(count));
  for (let trial = 0; trial < 60; trial++)
    yield [...new Set(Array.from({ length: 1 + random.below(6) }, () => random.below(places)))].reduce((sum, place) => sum + 2 ** place, 0);
};

describe('the verdict against random structural models: is the mean of the target a fixed weighted sum of those of the regimes?', () => {
  it('every set of regimes and every target, two actions', () => {
    expect(everyRegimeSet([['A'], ['B']], all)).toEqual({ yes: 36, no: 24 });
  });
  it('every set of regimes and every target, three actions', () => {
    const { yes, no } = everyRegimeSet([['A'], ['B'], ['D']], heavy ? all : some(2));
    expect(yes).toBeGreaterThan(300);
    expect(no).toBeGreaterThan(100);
  });
  it('blocks, partly set ones among the regimes and targets', () => {
    const { yes, no } = everyRegimeSet([['A', 'B'], ['D']], heavy ? all : some(3));
    expect(yes).toBeGreaterThan(200);
    expect(no).toBeGreaterThan(100);
  });
  it('four actions', { timeout: 600_000 }, () => {
    const { yes, no } = everyRegimeSet([['A'], ['B'], ['D'], ['E']], heavy ? some(17) : few);
    expect(yes).toBeGreaterThan(200);
    expect(no).toBeGreaterThan(200);
  });
});

const bit = fc.integer({ min: 0, max: 1 });
const problem = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([rows, columns]) =>
    fc.tuple(
      fc.array(fc.array(bit, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
      fc.array(bit, { minLength: columns, maxLength: columns }),
    ),
  );
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

describe('weights', () => {
  it('solve the equations, the least ones orthogonally to every other solution; or a direction shows that there are none', () => {
    fc.assert(
      fc.property(problem, ([vectors, target]) => {
        const found = weigh(vectors, target);
        if (!found.found) {
          const unseen = found.unseen.map(nearestDouble);
          for (const vector of vectors) expect(dot(vector, unseen)).toBeCloseTo(0, 12);
          expect(dot(target, unseen)).toBeCloseTo(1, 12);
          return;
        }
        const [least, fewest] = [found.least.map(nearestDouble), found.fewest.map(nearestDouble)];
        for (const weights of [least, fewest])
          for (const [column, entry] of target.entries())
            expect(
              dot(
                weights,
                vectors.map((vector) => vector[column] as number),
              ),
            ).toBeCloseTo(entry, 12);
        const between = least.map((weight, i) => weight - (fewest[i] as number));
        expect(dot(least, between)).toBeCloseTo(0, 10);
        const used = vectors.filter((_, i) => fewest[i] !== 0);
        for (const one of used)
          if (used.length > 1)
            expect(
              weigh(
                used.filter((other) => other !== one),
                target,
              ).found,
            ).toBe(false);
      }),
      { numRuns: 400, seed: 1 },
    );
  });

  it('are exact fractions', () => {
    const found = weigh(
      [
        [1, 0, 0],
        [1, 1, 0],
        [1, 0, 1],
        [1, 1, 1],
      ],
      [1, 1, 1],
    );
    expect(found.found && found.least.map(spellFraction)).toEqual(['-1/4', '1/4', '1/4', '3/4']);
    expect(found.found && found.fewest.map(spellFraction)).toEqual(['0', '0', '0', '1']);
    const doubles = weigh(
      [
        [1, 1, 0, 1],
        [1, 1, 1, 0],
        [1, 1, 0, 0],
      ],
      [1, 1, 1, 1],
    );
    expect(doubles.found && doubles.least.map(spellFraction)).toEqual(['1', '1', '-1']);
  });
});

describe('what is missing', () => {
  it('singles and pairs, each checked by the span, and no pair where one member is enough', () => {
    fc.assert(
      fc.property(problem, fc.array(fc.array(bit, { minLength: 5, maxLength: 5 }), { maxLength: 6 }), ([vectors, target], more) => {
        const candidates = more.map((vector, i) => ({ set: [`${i}`], vector: vector.slice(0, target.length) }));
        const reach = (extra: readonly { readonly vector: readonly number[] }[]): boolean =>
          weigh([...vectors, ...extra.map(({ vector }) => vector)], target).found;
        const expected = new Set<string>();
        if (reach([])) expected.add('');
        else
          for (const [i, one] of candidates.entries()) {
            if (reach([one])) expected.add(`${i}`);
            else
              for (const [j, other] of candidates.entries()) if (j > i && !reach([other]) && reach([one, other])) expected.add(`${i} ${j}`);
          }
        const found = whatIsMissing(vectors, target, candidates).map((all) => all.map(({ set }) => set[0]).join(' '));
        expect(new Set(found)).toEqual(expected);
        expect(found.length).toBe(expected.size);
      }),
      { numRuns: 300, seed: 2 },
    );
  });
});
