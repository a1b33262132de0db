import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactDistribution, exactProbability } from '../../src/exchangeable/exact.ts';
import { accountForPositions, lemmaThreeHolds } from '../../src/exchangeable/lemmas.ts';
import type { CellQuery, ExchangeableModel, Mechanism, ValuedCell } from '../../src/exchangeable/terms.ts';
import { layoutOf } from '../../src/exchangeable/unrolled.ts';
import { nearestDouble, over } from '../../src/math/fraction.ts';
import { Random } from '../../src/math/random.ts';
import { binary, families, table, xorPair } from './families.ts';
import { cell, randomModel, randomQuery, sizeOf } from './random-model.ts';
import { bruteForce, rational } from './truth.ts';

function probability(model: ExchangeableModel, query: Partial<CellQuery>): number {
  const answer = exactProbability(model, { target: [], given: [], set: [], ...query });
  if (!answer.ok) throw new Error(answer.issues[0]?.message);
  return answer.value.value ?? Number.NaN;
}
const brute = (model: ExchangeableModel, query: CellQuery): number => {
  const { above, below } = bruteForce(model, query, rational);
  return nearestDouble(over(above, below));
};
const onSeeds = (property: (random: Random) => void, numRuns = 60): void =>
  fc.assert(
    fc.property(fc.nat(), (seed) => property(new Random(seed, 'lemmas'))),
    { numRuns, seed: 5 },
  );
const somewhere = (model: ExchangeableModel, random: Random, position: number, chance: number): ValuedCell[] =>
  model.mechanisms.flatMap(({ variable }) =>
    random.next() < chance ? [cell(variable, position, random.integer(sizeOf(model, variable)))] : [],
  );

/** The chance that the next draw of a mechanism is `value` in configuration `row`, after the draws `seen` of it. */
function next(mechanism: Mechanism, seen: readonly (readonly [row: number, value: number])[], row: number, value: number): number {
  if (mechanism.kind === 'dirichlet') {
    const weights = mechanism.rows[row] as readonly number[];
    const own = seen.filter(([r]) => r === row);
    const total = weights.reduce((a, b) => a + b, 0) + own.length;
    return ((weights[value] as number) + own.filter(([, v]) => v === value).length) / total;
  }
  if (mechanism.kind === 'xor') {
    const all = 2 ** mechanism.parents.length - 1;
    const noise = (r: number, v: number): number => (mechanism.parents.length > 0 && r === all ? 1 - v : v);
    const ones = seen.filter(([r, v]) => noise(r, v) === 1).length;
    const one = (mechanism.beta[0] + ones) / (mechanism.beta[0] + mechanism.beta[1] + seen.length);
    return noise(row, value) === 1 ? one : 1 - one;
  }
  if (mechanism.kind === 'dirichlets') {
    // One draw after another in each component: its weight, and then the next draw.
    const components = mechanism.rows.map((rows) => ({ ...mechanism, kind: 'dirichlet' as const, rows }));
    const chances = components.map((one, k) =>
      seen.reduce((p, [r, v], n) => p * next(one, seen.slice(0, n), r, v), mechanism.weights[k] as number),
    );
    const all = chances.reduce((a, b) => a + b, 0);
    return components.reduce((p, one, k) => p + ((chances[k] as number) / all) * next(one, seen, row, value), 0);
  }
  const posterior = mechanism.weights.map((weight, k) => seen.reduce((p, [r, v]) => p * (mechanism.rows[k]?.[r]?.[v] as number), weight));
  const sum = posterior.reduce((a, b) => a + b, 0);
  return posterior.reduce((p, weight, k) => p + (weight / sum) * (mechanism.rows[k]?.[row]?.[value] as number), 0);
}

describe('lemmas as properties of random models', () => {
  test('Lemma 1: one position set, others fully seen: a product of one posterior mean for each mechanism', () => {
    onSeeds((random) => {
      const model = randomModel(random);
      const worlds = Array.from({ length: 1 + random.integer(20) }, (_, n) => somewhere(model, random, n + 1, 1));
      const here = worlds[0] as ValuedCell[];
      const set = here.filter(() => random.next() < 0.4);
      const target = here.filter((one) => !set.includes(one));
      const row = ({ parents }: Mechanism, world: readonly ValuedCell[]): number =>
        parents.reduce((at, name) => at * sizeOf(model, name) + (world.find(({ variable }) => variable === name) as ValuedCell).value, 0);
      const value = ({ variable }: Mechanism, world: readonly ValuedCell[]): number =>
        (world.find((one) => one.variable === variable) as ValuedCell).value;
      const wanted = model.mechanisms
        .filter(({ variable }) => target.some((one) => one.variable === variable))
        .reduce((product, mechanism) => {
          const seen = worlds.slice(1).map((world) => [row(mechanism, world), value(mechanism, world)] as const);
          return product * next(mechanism, seen, row(mechanism, here), value(mechanism, here));
        }, 1);
      expect(probability(model, { target, given: worlds.slice(1).flat(), set })).toBeCloseTo(wanted, 12);
    });
  });

  test('Lemma 2: what is done at positions of which nothing is asked changes nothing', () => {
    onSeeds((random) => {
      const model = randomModel(random, 2 + random.integer(2));
      const set = somewhere(model, random, 2, 0.6);
      const target = [...somewhere(model, random, 1, 0.5), ...somewhere(model, random, 3, 0.5)];
      if (target.length === 0) return;
      // Brute force sums over the touched position; the evaluator is asked without it.
      expect(probability(model, { target })).toBeCloseTo(brute(model, { target, given: [], set }), 12);
    });
  });
  test('Lemma 2 fails once a cell of the touched position is known', () => {
    const query = { target: [cell('Y', 2, 1)], given: [cell('Y', 1, 1)] };
    expect(probability(xorPair(1, 3), { ...query, set: [cell('X', 1, 1)] })).toBeCloseTo(7 / 20, 13);
    expect(probability(xorPair(1, 3), query)).not.toBeCloseTo(7 / 20, 2);
  });

  test('Lemma 3: the same variables set everywhere: adjusting for their parents, jointly over positions', () => {
    let [held, adjusted] = [0, 0];
    onSeeds((random) => {
      const model = randomModel(random);
      const layout = layoutOf(model);
      const chosen = layout.names.flatMap((_, i) => (random.next() < 0.4 ? [i] : []));
      if (chosen.length === 0 || chosen.length === layout.names.length || !lemmaThreeHolds(layout, chosen)) return;
      held += 1;
      const positions = [1, 2];
      const pick = (indices: readonly number[]): ValuedCell[] =>
        positions.flatMap((n) => indices.map((i) => cell(layout.names[i] as string, n, random.integer(layout.sizes[i] as number))));
      const set = pick(chosen);
      const target = pick(layout.names.flatMap((_, i) => (chosen.includes(i) || random.next() < 0.4 ? [] : [i])));
      const parents = [...new Set(chosen.flatMap((i) => layout.parents[i] as readonly number[]))].filter((i) => !chosen.includes(i));
      if (parents.length > 0) adjusted += 1;
      const of = positions.flatMap((position) => parents.map((i) => ({ variable: layout.names[i] as string, position })));
      const spread = exactDistribution(model, of, [], []);
      if (!spread.ok || spread.value.values === null) throw new Error('no distribution');
      let sum = 0;
      for (const [at, weight] of spread.value.values.entries()) {
        let rest = at;
        const known = [...of].reverse().map((one) => {
          const size = sizeOf(model, one.variable);
          const value = rest % size;
          rest = Math.floor(rest / size);
          return { ...one, value };
        });
        sum += weight * probability(model, { target, given: [...set, ...known] });
      }
      expect(probability(model, { target, set })).toBeCloseTo(sum, 11);
    }, 150);
    expect(held).toBeGreaterThan(50);
    expect(adjusted).toBeGreaterThan(20);
  });
  test('Lemma 3 needs parents that are no effects of what is set', () => {
    const model = binary([
      table('A', [], [1, 1]),
      table('Z', ['A'], [1, 3], [4, 1]),
      table('B', ['Z'], [1, 2], [2, 1]),
      table('Y', ['Z', 'B'], [1, 4], [2, 1], [3, 1], [1, 1]),
    ]);
    const set = [cell('A', 1, 1), cell('B', 1, 1)];
    const target = [cell('Y', 1, 1)];
    const naive = [0, 1].reduce(
      (sum, z) =>
        sum + probability(model, { target, given: [...set, cell('Z', 1, z)] }) * probability(model, { target: [cell('Z', 1, z)] }),
      0,
    );
    expect(probability(model, { target, set })).toBeCloseTo(brute(model, { target, given: [], set }), 13);
    expect(naive).not.toBeCloseTo(brute(model, { target, given: [], set }), 2);
    expect(lemmaThreeHolds(layoutOf(model), [0, 2])).toBe(false);
    const account = accountForPositions(model, { target, given: [], set });
    expect(account.ok && account.value.simplifications.map(({ theorem }) => theorem)).toEqual(['Corollary 1']);
  });
  test('Corollary 1: the same at every position', () => {
    onSeeds((random) => {
      const model = randomModel(random, 3);
      const { target, given, set } = randomQuery(model, random, 1);
      const moved = (cells: readonly ValuedCell[]): ValuedCell[] => cells.map((one) => ({ ...one, position: 2 }));
      expect(probability(model, { target, given, set })).toBeCloseTo(
        brute(model, { target: moved(target), given: moved(given), set: moved(set) }),
        12,
      );
    }, 25);
  });
});

describe('which positions matter', () => {
  test('the others can be forgotten (brute force), and those that matter mostly cannot', () => {
    let [dropped, changed, matter] = [0, 0, 0];
    onSeeds((random) => {
      const model = randomModel(random, 2 + random.integer(2));
      const whole = randomQuery(model, random, 3);
      const [first] = whole.target;
      // One target, so that positions can turn out not to matter.
      const query = { ...whole, target: [first as ValuedCell] };
      const account = accountForPositions(model, query);
      if (!account.ok) throw new Error(account.issues[0]?.message);
      const without = (positions: readonly number[]): CellQuery => {
        const kept = (cells: readonly ValuedCell[]): ValuedCell[] => cells.filter(({ position }) => !positions.includes(position));
        return { target: query.target, given: kept(query.given), set: kept(query.set) };
      };
      const value = brute(model, query);
      if (account.value.doNotMatter.length > 0) {
        dropped += 1;
        expect(brute(model, without(account.value.doNotMatter))).toBeCloseTo(value, 12);
      }
      for (const position of account.value.matter.filter((one) => one !== first?.position)) {
        matter += 1;
        if (Math.abs(brute(model, without([position])) - value) > 1e-9) changed += 1;
      }
    }, 120);
    expect(dropped).toBeGreaterThan(30);
    expect(matter).toBeGreaterThan(30);
    expect(changed / matter).toBeGreaterThan(0.9);
  });

  const account = (model: ExchangeableModel, query: Partial<CellQuery>) => {
    const found = accountForPositions(model, { target: [], given: [], set: [], ...query });
    if (!found.ok) throw new Error(found.issues[0]?.message);
    return found.value;
  };
  const tables = families.get('table pair') as ExchangeableModel;

  test('what was only set: Lemma 2; what teaches other mechanisms', () => {
    const { matter, doNotMatter, simplifications } = account(xorPair(1, 3), {
      target: [cell('Y', 1, 1)],
      given: [cell('X', 2, 1), cell('Y', 2, 0), cell('X', 5, 1)],
      set: [cell('X', 1, 0), cell('X', 3, 1), cell('X', 4, 1)],
    });
    expect({ matter, doNotMatter }).toEqual({ matter: [1, 2], doNotMatter: [3, 4, 5] });
    expect(simplifications.map(({ theorem }) => theorem)).toEqual(['Lemma 2', 'Independent causal mechanisms', 'Lemma 1']);
    expect(simplifications[0]?.says).toMatch(/^Positions 3, 4 do not matter: Lemma 2\./u);
  });
  test('which positions taught which mechanism, and which were left out because they were set', () => {
    const query = {
      target: [cell('Y', 1, 1)],
      given: [cell('X', 2, 1), cell('Y', 2, 0), cell('X', 3, 0), cell('X', 4, 0), cell('Y', 4, 0), cell('Y', 5, 1)],
      set: [cell('X', 1, 0), cell('Y', 3, 1)],
    };
    const { lessons } = account(tables, query);
    expect(lessons.map(({ mechanism, seen, inPart, wasSet }) => ({ mechanism, seen, inPart, wasSet }))).toEqual([
      { mechanism: 'P(X)', seen: [2, 3, 4], inPart: [5], wasSet: [] },
      { mechanism: 'P(Y | X=0)', seen: [4], inPart: [5], wasSet: [3] },
      { mechanism: 'P(Y | X=1)', seen: [2], inPart: [5], wasSet: [3] },
    ]);
    expect(lessons[1]?.says).toBe(
      'P(Y | X=0) is learned from position 4, and in part from position 5, where not all of it is known; position 3 left out because Y@3 was set.',
    );
  });
  test('rows of their own do not teach each other; dependent rows do', () => {
    const query = { target: [cell('Y', 1, 1)], given: [cell('X', 2, 1), cell('Y', 2, 0)], set: [cell('X', 1, 0)] };
    expect(account(tables, query).doNotMatter).toEqual([2]);
    expect(account(families.get('dependent rows') as ExchangeableModel, query).matter).toEqual([1, 2]);
    expect(account(xorPair(1, 3), query).matter).toEqual([1, 2]);
  });
  test('Lemma 3 and Theorem 1 in words', () => {
    const { proof } = account(families.get('observed confounder') as ExchangeableModel, {
      target: [cell('Y', 1, 1), cell('Y', 2, 0)],
      set: [cell('X', 1, 1), cell('X', 2, 0)],
    });
    expect(proof.map(({ theorem }) => theorem)).toEqual(['Lemma 3', 'Theorem 1', 'Marginalisation', 'Independent causal mechanisms']);
    expect(proof[1]?.says).toContain('P(Z@1, Z@2) P(Y@1, Y@2 | Z@1, Z@2, X@1, X@2)');
  });
});
