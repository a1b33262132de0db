import { describe, expect, it } from 'vitest';
import { structureOf } from '../../src/additive/structure.ts';
import { isPlan } from '../../src/additive/terms.ts';
import type { Edge, Graph } from '../../src/graph/graph.ts';
import { dice, must } from '../graph/support.ts';
import { coordinates, distance, type PlantedGraph, planted, subsetsOf } from './planted.ts';
import { assumption, graphFrom, planOf } from './support.ts';

interface Drawn {
  readonly graph: Graph;
  readonly before: PlantedGraph;
  readonly blocks: readonly (readonly string[])[];
  readonly parts: readonly { readonly of: readonly string[] }[];
  readonly covariates: readonly string[];
  readonly text: string;
}

/** Is there a directed path from `from` to `to` with no member of `avoid` strictly inside? Straight from the definition. */
function leads(arrows: readonly Edge[], from: string, to: string, avoid: readonly string[]): boolean {
  if (from === to) return true;
  return arrows.some(([a, b]) => a === from && (b === to || (!avoid.includes(b) && leads(arrows, b, to, avoid))));
}

/**
 * Actions, some of them in one block, and other variables, latent or measured, anywhere before the outcome; arcs anywhere. The part of a block
 * is any function of its actions, of the covariates, and of the other parents of the outcome that cause one of its actions or are caused by one.
 */
function draw(seed: number): Drawn | undefined {
  const random = dice(seed);
  const actions = ['A', 'B', 'D', 'E'].slice(0, 2 + random.below(2));
  const others = ['W', 'M', 'L'].slice(0, random.below(4));
  const order = [...actions, ...others].map((name) => ({ name, at: random.next() }));
  order.sort((a, b) => a.at - b.at);
  const names = order.map(({ name }) => name);
  const arrows: Edge[] = [];
  const arcs: Edge[] = [];
  for (const [i, a] of names.entries())
    for (const b of names.slice(i + 1)) {
      if (random.next() < 0.35) arrows.push([a, b]);
      if (random.next() < 0.1) arcs.push([a, b]);
    }
  for (const action of actions) {
    arrows.push([action, 'Y']);
    if (random.next() < 0.6) arcs.push([action, 'Y']);
  }
  for (const other of others) if (random.next() < 0.5) arrows.push([other, 'Y']);
  const latent = new Set(others.filter(() => random.next() < 0.4));
  const free = others.filter((name) => !latent.has(name) && !actions.some((action) => leads(arrows, action, name, [])));
  const covariates = free.filter(() => random.next() < 0.3);
  const joined = actions.length === 3 && random.next() < 0.3;
  const blocks = joined ? [actions.slice(0, 2), actions.slice(2)] : actions.map((action) => [action]);

  const hidden: string[] = [];
  const all: Edge[] = arrows.filter(([, to]) => to !== 'Y');
  const causes = arrows.flatMap(([from, to]) => (to === 'Y' && !actions.includes(from) ? [from] : []));
  for (const [i, [a, b]] of arcs.entries()) {
    const name = `H${i}`;
    hidden.push(name);
    for (const end of [a, b]) if (end === 'Y') causes.push(name);
    for (const end of [a, b]) if (end !== 'Y') all.push([name, end]);
  }
  if (hidden.length + names.length > 10) return undefined;
  const given = [...actions, ...covariates];
  const parts = blocks.map((block) => ({
    of: [
      ...block,
      ...causes.filter(
        (cause) =>
          covariates.includes(cause) || block.some((action) => leads(all, cause, action, given) || leads(all, action, cause, given)),
      ),
    ],
  }));
  // A cause of the outcome that no action knows of is a part of its own.
  const loose = causes.filter((cause) => !parts.some(({ of }) => of.includes(cause)));
  const graph = must({
    variables: ['Y', ...names].map((name) => (latent.has(name) ? { name, latent: true } : { name })),
    arrows,
    arcs,
  });
  return {
    graph,
    before: { nodes: [...hidden, ...names], arrows: all, levels: new Map(actions.slice(0, 1).map((name) => [name, 3])) },
    blocks,
    parts: [...parts, ...loose.map((cause) => ({ of: [cause] }))],
    covariates,
    text: `additive(Y; ${blocks.map((block) => (block.length === 1 ? block[0] : `{${block.join(', ')}}`)).join(', ')})`,
  };
}

const drawn = function* (count: number): Iterable<Drawn & { readonly seed: number }> {
  for (let seed = 1, found = 0; found < count; seed++) {
    const one = draw(seed);
    if (one === undefined) continue;
    found += 1;
    yield { ...one, seed };
  }
};
const heavy = process.env.DOABLE_HEAVY !== undefined;

describe('a graph against random structural models of it', () => {
  it('the part of a block has the same mean for all sets of one class, and depends on its arguments only', { timeout: 600_000 }, () => {
    let [merged, split, narrow] = [0, 0, 0];
    for (const { graph, before, blocks, parts, covariates, text, seed } of drawn(heavy ? 1500 : 60)) {
      const structure = structureOf(assumption(text), covariates, graph);
      if ('impossible' in structure) throw new Error(`${seed}: ${structure.impossible}`);
      const actions = blocks.flat();
      const given = [...actions, ...covariates];
      const model = planted(before, parts, seed);
      const sizes = given.map((name) => before.levels.get(name) ?? 2);
      const cells = sizes.reduce((product, size) => product * size, 1);
      const coordinate = (cell: number, i: number): number =>
        Math.floor(cell / sizes.slice(i + 1).reduce((product, size) => product * size, 1)) % (sizes[i] as number);
      const means = new Map(subsetsOf(actions).map((set) => [JSON.stringify(set), model.parts(set, given)]));
      for (const [block, own] of blocks.entries()) {
        for (const set of subsetsOf(actions)) {
          const name = structure.classOf(block, set);
          if (JSON.stringify(name) !== JSON.stringify(set)) merged += 1;
          if (name.some((action) => !own.includes(action))) split += 1;
          const mean = means.get(JSON.stringify(set))?.[block] as Float64Array;
          const same = means.get(JSON.stringify(actions.filter((action) => name.includes(action))))?.[block] as Float64Array;
          const allowed = structure.argumentsOf(block, set);
          if (allowed.length < actions.length) narrow += 1;
          const seen = new Map<string, number>();
          for (let cell = 0; cell < cells; cell++) {
            const value = mean[cell] as number;
            if (Math.abs(value - (same[cell] as number)) > 1e-9)
              throw new Error(`seed ${seed}: the part of ${own} under do(${set}) is not that under do(${name})`);
            const key = JSON.stringify(
              given.map((one, i) => (allowed.includes(one) || covariates.includes(one) ? coordinate(cell, i) : 0)),
            );
            const before = seen.get(key) ?? value;
            if (Math.abs(value - before) > 1e-9)
              throw new Error(`seed ${seed}: the part of ${own} under do(${set}) depends on more than ${allowed}`);
            seen.set(key, before);
          }
        }
      }
    }
    expect(merged).toBeGreaterThan(100);
    expect(split).toBeGreaterThan(10);
    expect(narrow).toBeGreaterThan(100);
  });

  it('the verdict is yes exactly where one weighting serves every model; the weights then do', { timeout: 600_000 }, () => {
    const tally = { yes: 0, no: 0, entangled: 0 };
    for (const { graph, before, blocks, parts, covariates, text, seed } of drawn(heavy ? 1500 : 60)) {
      const random = dice(seed + 99);
      const actions = blocks.flat();
      const sets = subsetsOf(actions);
      const models = Array.from({ length: 4 }, (_, i) => planted(before, parts, 31 * seed + i));
      const values = sets.map((set) => Float64Array.from(models.flatMap((model) => [...model.mean(set, [...actions, ...covariates])])));
      const short = coordinates(values);
      for (let trial = 0; trial < 6; trial++) {
        const regimes = sets.flatMap((_, i) => (random.next() < 0.45 ? [i] : []));
        const t = random.below(sets.length);
        if (regimes.length === 0) continue;
        const plan = planOf(
          text,
          sets[t] as string[],
          regimes.map((i) => sets[i] as string[]),
          graph,
          covariates,
        );
        const far = distance(
          regimes.map((i) => short[i] as Float64Array),
          short[t] as Float64Array,
        );
        if (!isPlan(plan)) {
          tally.no += 1;
          if (plan.proof.length > 1) tally.entangled += 1;
          if (far < 1e-7) throw new Error(`seed ${seed}: ${regimes.map((i) => `{${sets[i]}}`)} -> {${sets[t]}} refused: ${plan.why}`);
          continue;
        }
        tally.yes += 1;
        for (const weights of [plan.weights, plan.fewest])
          for (let cell = 0; cell < (values[t] as Float64Array).length; cell++) {
            const sum = plan.regimes.reduce((total, { set }, r) => {
              const at = sets.findIndex((one) => JSON.stringify(one) === JSON.stringify(set));
              return total + (weights[r] as number) * ((values[at] as Float64Array)[cell] as number);
            }, 0);
            if (Math.abs(sum - ((values[t] as Float64Array)[cell] as number)) > 1e-9)
              throw new Error(`seed ${seed}: ${regimes.map((i) => `{${sets[i]}}`)} -> {${sets[t]}} is off`);
          }
      }
    }
    expect(tally.yes).toBeGreaterThan(80);
    expect(tally.no).toBeGreaterThan(80);
    expect(tally.entangled).toBeGreaterThan(20);
  });
});

const plain = 'A -> Y; B -> Y; A <-> Y; B <-> Y';
const singles = [[], ['A'], ['B']];
const no = (graph: string, covariates: readonly string[] = [], text = 'additive(Y; A, B)'): string => {
  const plan = planOf(text, ['A', 'B'], singles, graphFrom(graph), covariates);
  if (isPlan(plan)) throw new Error('identified');
  return plan.why;
};

describe('what a graph says of the assumption', () => {
  it('actions may cause each other, and the graph gives the arguments', () => {
    const plan = planOf('additive(Y; B, A)', ['A', 'B'], singles, graphFrom(`${plain}; A -> B`));
    expect(isPlan(plan) && plan.arguments).toEqual([['B', 'A'], ['A']]);
    expect(isPlan(plan) && plan.structured).toBe('graph');
    const three = planOf('additive(Y; A, B, D)', ['A', 'B'], singles, graphFrom(`${plain}; D -> Y; D <-> Y; A -> B; B -> D`));
    expect(isPlan(three) && three.arguments).toEqual([['A'], ['A', 'B'], ['B', 'D']]);
  });
  it('two actions with a hidden cause in common: the path is named, setting both together is the way out', () => {
    expect(no(`${plain}; A <-> B`)).toBe(
      'The studies do not tell apart the part of A when set and the part of B when A is set. What is hidden behind B and Y depends on whether A was set, also when all actions are given, along A <-> B <-> Y: the part of B is not the same with A set and with A watched. It would be determined with a study that sets A and B.',
    );
    const both = planOf('additive(Y; A, B, D)', ['A', 'B', 'D'], [[], ['A', 'B'], ['D']], graphFrom(`${plain}; A <-> B; D -> Y; D <-> Y`));
    expect(isPlan(both) && both.weights).toEqual([-1, 1, 1]);
  });
  it('a measured common cause: give it', () => {
    const graph = `${plain}; W -> A; W -> B; W -> Y`;
    expect(no(graph)).toMatch(/along B <- W -> Y: .* Or ask given W, which the studies measure\.$/u);
    const plan = planOf('additive(Y; A, B)', ['A', 'B'], singles, graphFrom(graph), ['W']);
    expect(isPlan(plan) && plan.fewest).toEqual([-1, 1, 1]);
  });
  it('an action without hidden causes need not be set', () => {
    const plan = planOf('additive(Y; A, B)', ['A', 'B'], [['A']], graphFrom('A -> Y; B -> Y; A <-> Y; A -> B'));
    expect(isPlan(plan) && plan.fewest).toEqual([1]);
  });
  it('what cannot be', () => {
    expect(no('A -> Y; Y -> B')).toBe(
      "In the graph Y is a cause of B; an action comes before the outcome. Turn the arrows round, or leave B out of 'additive(Y; A, B)'.",
    );
    expect(no(`${plain}; A -> X`, ['X'])).toBe(
      'In the graph A changes X; a condition must be settled before the actions. Leave out X, or name it among the actions.',
    );
    expect(no(`${plain}; Y -> X`, ['X'])).toMatch(/^In the graph [AB] changes X/u);
    expect(no(`${plain}; B -> A`, [], 'additive(Y; A < B)')).toMatch(
      /^'additive\(Y; A < B\)' puts A before B, but in the graph B is a cause of A\./u,
    );
  });
});
