import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../src/math/random.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import { type RandomScm, randomScm } from '../../src/reproduce/random-scm.ts';
import { discreteModelOf, endsOf, graphOfScm, sampleScm, solveScm, truePns } from '../../src/reproduce/scm-data.ts';

/** Every joint state of the causes with its probability; undefined where there are too many. */
function* jointStates(scm: RandomScm): Generator<{ states: number[]; chance: number }> {
  const sizes = scm.causes.map(({ chances }) => chances.length);
  const total = sizes.reduce((product, size) => product * size, 1);
  for (let code = 0; code < total; code++) {
    const states: number[] = [];
    let rest = code;
    let chance = 1;
    scm.causes.forEach(({ chances }, i) => {
      states.push(rest % (sizes[i] as number));
      rest = Math.floor(rest / (sizes[i] as number));
      chance *= chances[states[i] as number] as number;
    });
    yield { states, chance };
  }
}
const jointSize = ({ causes }: RandomScm): number => causes.reduce((product, { chances }) => product * chances.length, 1);

/** Written out by hand: equations in order, each a look-up by the values of what it reads. */
function simulate(scm: RandomScm, states: readonly number[], setting?: number): Map<string, number> {
  const known = new Map<string, number>(scm.causes.map(({ name }, i) => [name, states[i] as number]));
  const sizes = new Map<string, number>(scm.causes.map(({ name, chances }) => [name, chances.length]));
  for (const { variable, causes, parents, outputs } of scm.equations) {
    let cell = 0;
    for (const input of [...causes, ...parents]) cell = cell * (sizes.get(input) ?? 2) + (known.get(input) as number);
    known.set(variable, variable === 'V1' && setting !== undefined ? setting : (outputs[cell] as number));
  }
  return known;
}

const model = fc
  .tuple(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 5, max: 15 }))
  .map(([seed, nodes]) => randomScm(new Random(seed), nodes));

test('models have the shape that the paper describes', () => {
  fc.assert(
    fc.property(model, (scm) => {
      const names = scm.equations.map(({ variable }) => variable);
      expect(names).toEqual(names.map((_, i) => `V${i + 1}`));
      for (const [i, { causes, parents, outputs }] of scm.equations.entries()) {
        expect(causes.length).toBeGreaterThan(0);
        expect(parents.every((parent) => names.indexOf(parent) < i)).toBe(true);
        expect(new Set(outputs)).toEqual(new Set([0, 1]));
        const cells = causes.reduce(
          (p, cause) => p * (scm.causes.find(({ name }) => name === cause)?.chances.length ?? 0),
          2 ** parents.length,
        );
        expect(outputs.length).toBe(cells);
      }
      for (const { chances, children } of scm.causes) {
        expect(chances.length).toBeGreaterThanOrEqual(2);
        expect(chances.length).toBeLessThanOrEqual(64);
        expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 12);
        expect(children.length).toBeGreaterThan(0);
      }
      const graph = graphOfScm(scm).graph;
      expect([...graph.variables.values()].filter(({ latent }) => latent === true).length).toBe(scm.causes.length);
    }),
    { numRuns: 60, seed: 1 },
  );
});

test('an exogenous variable never has two states that do the same', () => {
  fc.assert(
    fc.property(model, (scm) => {
      for (const [c, { name, chances }] of scm.causes.entries()) {
        const says = new Set<string>();
        // What a state does: the equations of the children, over all states of their other causes.
        for (let state = 0; state < chances.length; state++) {
          const parts: string[] = [];
          for (const { causes, parents, outputs, variable } of scm.equations) {
            if (!causes.includes(name)) continue;
            const sizes = causes.map((cause) => scm.causes.find((other) => other.name === cause)?.chances.length as number);
            outputs.forEach((value, cell) => {
              let rest = Math.floor(cell / 2 ** parents.length);
              for (let i = causes.length - 1; i >= 0; i--) {
                if (causes[i] === name && rest % (sizes[i] as number) === state) parts.push(`${variable}${value}`);
                rest = Math.floor(rest / (sizes[i] as number));
              }
            });
          }
          says.add(parts.join());
        }
        expect(says.size, `${name} of ${c}`).toBe(chances.length);
      }
    }),
    { numRuns: 30, seed: 2 },
  );
});

test('the ground truth is what brute simulation of the equations gives', () => {
  let compared = 0;
  for (let seed = 0; seed < 40 && compared < 12; seed++) {
    const scm = randomScm(new Random(seed), 5 + (seed % 4), { states: 8, jointStates: 64 });
    if (jointSize(scm) > 40_000) continue;
    compared++;
    const [first, last] = endsOf(scm);
    const joint = new Map<string, number>();
    let pns = 0;
    for (const { states, chance } of jointStates(scm)) {
      const seen = simulate(scm, states);
      const key = scm.equations.map(({ variable }) => seen.get(variable)).join('');
      joint.set(key, (joint.get(key) ?? 0) + chance);
      if (simulate(scm, states, 1).get(last) === 1 && simulate(scm, states, 0).get(last) === 0) pns += chance;
      const values = new Uint8Array(scm.equations.length);
      solveScm(scm, states, values);
      expect([...values].join('')).toBe(key);
    }
    expect(truePns(scm)).toBeCloseTo(pns, 12);
    const exact = exactDistribution(discreteModelOf(scm), { of: scm.equations.map(({ variable }) => variable) });
    if (!('values' in exact)) throw new Error('too large');
    exact.values.forEach((probability, cell) => {
      const key = cell.toString(2).padStart(scm.equations.length, '0');
      expect(probability).toBeCloseTo(joint.get(key) ?? 0, 12);
    });
    expect(first).toBe('V1');
  }
  expect(compared).toBeGreaterThanOrEqual(8);
});

test('samples follow the model, with both arms in the trial, and grow without changing what was drawn', async () => {
  const scm = randomScm(new Random(3), 7);
  const names = scm.equations.map(({ variable }) => variable);
  const { observational, trial } = sampleScm(scm, new Random(1), 20_000, 40_000);
  expect([observational.size, trial.size, trial.regime]).toEqual([20_000, 40_000, { set: ['V1'] }]);
  const arms = await trial.counts(['V1']);
  expect([...arms.weight]).toEqual([20_000, 20_000]);
  const model = discreteModelOf(scm);
  for (const name of names) {
    const counted = await observational.counts([name]);
    const exact = exactDistribution(model, { of: [name] });
    if (!('values' in exact)) throw new Error('too large');
    const share = counted.weight.reduce((sum, weight, i) => sum + (counted.codes[i] === 1 ? weight : 0), 0) / 20_000;
    expect(Math.abs(share - (exact.values[1] as number))).toBeLessThan(4.5 * Math.sqrt(0.25 / 20_000));
  }
  const treated = await trial.counts(['V1', names.at(-1) as string]);
  const exact = exactDistribution(model, { of: [names.at(-1) as string], set: ['V1'] });
  if (!('values' in exact)) throw new Error('too large');
  const axes = exact.axes.indexOf('V1');
  for (const arm of [0, 1]) {
    let hits = 0;
    treated.weight.forEach((weight, i) => {
      if (treated.codes[2 * i] === arm && treated.codes[2 * i + 1] === 1) hits += weight;
    });
    const cell = axes === 0 ? arm * 2 + 1 : 2 + arm;
    expect(Math.abs(hits / 20_000 - (exact.values[cell] as number))).toBeLessThan(4.5 * Math.sqrt(0.25 / 20_000));
  }
  const small = await sampleScm(scm, new Random(1), 1000, 2000).observational.counts(names);
  const large = await sampleScm(scm, new Random(1), 1001, 2000).observational.counts(names);
  const total = (weights: Float64Array): number => weights.reduce((sum, weight) => sum + weight, 0);
  expect(total(large.weight) - total(small.weight)).toBe(1);
  const keys = (counts: typeof small): Map<string, number> =>
    new Map([...counts.weight].map((weight, i) => [counts.codes.slice(i * names.length, (i + 1) * names.length).join(), weight]));
  const before = keys(small);
  expect([...keys(large)].filter(([key, weight]) => before.get(key) !== weight).length).toBe(1);
});

test('the same seed gives the same model', () => {
  expect(randomScm(new Random(7, 'm'), 12)).toEqual(randomScm(new Random(7, 'm'), 12));
  expect(randomScm(new Random(8, 'm'), 12)).not.toEqual(randomScm(new Random(7, 'm'), 12));
});
