import { expect, test } from 'vitest';
import type { Catalogue } from '../packages/engine/src/data/catalogue.ts';
import { type Estimand, variableOf } from '../packages/engine/src/estimand/estimand.ts';
import { networkOf } from '../packages/engine/src/generative/compile.ts';
import { exactLaw } from '../packages/engine/src/generative/exact-law.ts';
import { idGen } from '../packages/engine/src/generative/id-gen.ts';
import type { NetworkInput, NetworkPlan } from '../packages/engine/src/generative/network.ts';
import { readGraph } from '../packages/engine/src/graph/formats/read.ts';
import { createGraph, type Graph } from '../packages/engine/src/graph/graph.ts';
import { projectLatent } from '../packages/engine/src/graph/projection.ts';
import type { Domain, Name } from '../packages/engine/src/graph/variable.ts';
import { identifyQuery } from '../packages/engine/src/identification.ts';
import { isHedge } from '../packages/engine/src/identify/id.ts';
import { exchange } from '../packages/engine/src/identify/idc.ts';
import { singleWorld } from '../packages/engine/src/identify/single-world.ts';
import { compile } from '../packages/engine/src/interpret/plan.ts';
import { align, type Factor, isTooLarge, restrict } from '../packages/engine/src/math/factor.ts';
import { Random } from '../packages/engine/src/math/random.ts';
import { exactDistribution } from '../packages/engine/src/model/exact.ts';
import { type DiscreteModel, randomModel } from '../packages/engine/src/model/scm.ts';
import { compileQuestion } from '../packages/engine/src/query/bind.ts';
import type { Query } from '../packages/engine/src/query/terms.ts';
import { type GalleryCase, loadGallery } from './gallery/gallery.ts';

interface Asked {
  readonly id: string;
  readonly graph: Graph;
  readonly query: Query;
  readonly catalogue: Catalogue;
  readonly single: GalleryCase;
}

/** Every probability of one world in the gallery, with its outcomes, treatments and conditions left open. */
const asked: Asked[] = loadGallery().flatMap((single): Asked[] => {
  const graph = readGraph(single.graph);
  if (!graph.ok) throw new Error(single.id);
  const question = compileQuestion(single.query, { graph: graph.value, domains: new Map() });
  if (!question.ok) throw new Error(single.id);
  const catalogue: Catalogue = { offers: single.experiments.map((set, i) => ({ regime: { set }, studies: [`study ${i}`], size: 1 })) };
  return question.value.parts.flatMap(({ query }, i): Asked[] => {
    const form = singleWorld(query, projectLatent(graph.value));
    if (form === undefined || form.settled !== undefined || query.take !== 'probability') return [];
    return [{ id: `${single.id}/${i}`, graph: graph.value, query, catalogue, single }];
  });
});

const close = (a: Float64Array, b: Float64Array): number => {
  let gap = 0;
  for (let cell = 0; cell < b.length; cell++) {
    const difference = Math.abs((a[cell] as number) - (b[cell] as number));
    gap = Math.max(gap, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return gap;
};

/** Exact tables of a model, each made once. */
const tables = new WeakMap<DiscreteModel, Map<string, Factor>>();
function tableOf(model: DiscreteModel, wanted: { of: readonly Name[]; given: readonly Name[]; set: readonly Name[] }): Factor {
  const known = tables.get(model) ?? new Map<string, Factor>();
  tables.set(model, known);
  const key = JSON.stringify(wanted);
  const table = known.get(key) ?? exactDistribution(model, wanted);
  if (isTooLarge(table)) throw new Error('too large');
  known.set(key, table);
  return table;
}

/** The law of the network in a model, every value that the question states put in. */
function lawIn(model: DiscreteModel, plan: NetworkPlan, designOf?: (input: NetworkInput, size: number) => Float64Array): Factor {
  const law = exactLaw(plan, {
    tableOf: ({ regime }, { of, given }) =>
      tableOf(model, {
        of,
        given: given.filter((name) => !regime.set.includes(name)),
        set: given.filter((name) => regime.set.includes(name)),
      }),
    ...(designOf === undefined ? {} : { designOf }),
  });
  if (isTooLarge(law)) throw new Error('too large');
  return law;
}

/** The truth of the model, over the axes of the question and whatever else the law has. */
function truthIn(model: DiscreteModel, { graph, query }: Pick<Asked, 'graph' | 'query'>, like: Factor): Factor {
  const form = singleWorld(query, projectLatent(graph));
  if (form === undefined) throw new Error('one world');
  const truth = exactDistribution(model, {
    of: [...form.outcomes.keys()],
    given: [...form.conditions.keys()],
    set: [...form.treatments.keys()],
  });
  if (isTooLarge(truth)) throw new Error('too large');
  // Treatments without effect are no axes of the law: any value will do.
  let cut = truth;
  for (const axis of truth.axes) if (!like.axes.includes(axis)) cut = restrict(cut, axis, 1);
  return align(cut, like.axes, new Map(like.axes.map((axis, i) => [axis, like.sizes[i] as number])));
}

/** The value of a formula in the model, over all of its axes. */
function formulaIn(model: DiscreteModel, estimand: Estimand): Factor {
  const domains = new Map<Name, Domain>([...model.levels].map(([name, levels]) => [name, { kind: 'finite', levels }]));
  const plan = compile(estimand, domains, { limit: 2 ** 24, freeLimit: 2 ** 24 });
  if (!plan.ok) throw new Error(JSON.stringify(plan.issues));
  return plan.value.run(
    plan.value.requests.map(({ leaf, at, axes, sizes }) => {
      let cut = tableOf(model, { of: leaf.of, given: leaf.given, set: leaf.regime.set });
      for (const [name, value] of Object.entries(at)) cut = restrict(cut, name, (model.levels.get(name) as string[]).indexOf(value));
      return align(cut, axes, new Map(axes.map((axis, i) => [axis, sizes[i] as number])));
    }),
  );
}

/** How far the law is from the formula, where the question's stated values are put in. */
function fromFormula(model: DiscreteModel, plan: NetworkPlan, law: Factor, formula: Factor): number {
  let stated = law;
  for (const [name, value] of [...plan.inputs.map(({ name, value }) => [name, value] as const), ...Object.entries(plan.events)])
    if (value !== undefined && !formula.axes.includes(name))
      stated = restrict(stated, name, model.levels.get(variableOf(name))?.indexOf(value) as number);
  const axes = [...new Set([...formula.axes, ...stated.axes])];
  const sizes = new Map(axes.map((axis) => [axis, model.levels.get(variableOf(axis))?.length as number]));
  return close(align(stated, axes, sizes).values, align(formula, axes, sizes).values);
}

const skewed =
  (seed: number) =>
  (input: NetworkInput, size: number): Float64Array =>
    new Random(seed, input.name).dirichlet(new Float64Array(size).fill(1)).map((share) => 0.1 / size + 0.9 * share);

test('the law of the network is the truth and the value of the formula, whatever design, free input or conditioning', () => {
  let [questions, conditional, lineSeven, generated, free, experiments, wider] = [0, 0, 0, 0, 0, 0, 0];
  const graphs = new Set<string>();
  const wrong: unknown[] = [];
  for (const one of asked) {
    const pillow = idGen(one.query, one.graph, one.catalogue);
    if (!pillow.ok) continue;
    const predecessors = idGen(one.query, one.graph, one.catalogue, { conditioning: 'predecessors' });
    if (!predecessors.ok) throw new Error(one.id);
    const model = randomModel(one.graph, { seed: 1 });
    if (!('mechanisms' in model)) throw new Error(one.id);
    const law = lawIn(model, pillow.plan);
    const truth = truthIn(model, one, law);
    const gaps = {
      truth: close(law.values, truth.values),
      formula: 0,
      design: close(lawIn(model, pillow.plan, skewed(1)).values, law.values),
      pillow: 0,
    };
    const of = one.query.of.map(({ value: _, ...term }) => term);
    const { result } = identifyQuery({ take: 'probability', of, given: one.query.given }, one.graph, one.catalogue);
    if (result.verdict !== 'identified') throw new Error(one.id);
    gaps.formula = fromFormula(model, pillow.plan, law, formulaIn(model, result.estimand));
    const other = lawIn(model, predecessors.plan);
    gaps.pillow = close(other.values, truthIn(model, one, other).values);
    for (const key of ['truth', 'formula', 'design', 'pillow'] as const) {
      if (!(gaps[key] <= 1e-12)) wrong.push([one.id, one.single.graph, one.single.query, key, gaps[key]]);
    }
    questions += 1;
    const asks = ({ factors }: NetworkPlan): number => factors.reduce((sum, factor) => sum + factor.given.length, 0);
    if (asks(predecessors.plan) > asks(pillow.plan)) wider += 1;
    graphs.add(one.single.graph);
    if (one.query.given.length > 0) conditional += 1;
    if (one.single.lineSeven === true) lineSeven += 1;
    if (pillow.plan.factors.some((factor) => factor.rows.kind === 'generated')) generated += 1;
    if (pillow.plan.inputs.some((input) => input.role === 'free')) free += 1;
    if (pillow.plan.factors.some((factor) => factor.rows.kind === 'study' && factor.rows.regime.set.length > 0)) experiments += 1;
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(questions).toBeGreaterThanOrEqual(245);
  expect(graphs.size).toBeGreaterThanOrEqual(180);
  expect(Math.min(conditional, generated, free)).toBeGreaterThanOrEqual(40);
  expect(lineSeven).toBeGreaterThanOrEqual(120);
  expect(Math.min(experiments, wider)).toBeGreaterThanOrEqual(25);
});

test('the same on random graphs with variables of two and three levels', () => {
  const graphs = new Set<string>();
  let [generated, conditional, refused] = [0, 0, 0];
  for (let seed = 0; seed < 420; seed++) {
    const random = new Random(seed, 'graph');
    const names = ['A', 'B', 'C', 'D', 'E', 'F'].slice(0, 4 + random.integer(3));
    const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b] as const));
    const arrows = pairs.filter(() => random.next() < 0.4);
    const arcs = pairs.filter(() => random.next() < 0.22);
    const made = createGraph({ variables: names.map((name) => ({ name })), arrows, arcs });
    if (!made.ok) throw new Error('acyclic');
    const graph = made.value;
    const mixed = random.shuffle(names);
    const outcome = names.at(-1) as Name;
    const [treatment, other] = mixed.filter((name) => name !== outcome) as [Name, Name];
    const world = [{ variable: treatment }];
    const given = random.next() < 0.35 ? [{ variable: other, world }] : [];
    const query: Query = { take: 'probability', of: [{ variable: outcome, world }], given };
    const catalogue: Catalogue = { offers: [{ regime: { set: [] }, studies: ['s'], size: 1 }] };
    const found = idGen(query, graph, catalogue);
    if (!found.ok) {
      expect(found.refusal?.verdict).toBe('not-identified');
      refused += 1;
      continue;
    }
    const levels = new Map(names.map((name) => [name, name === 'B' || name === 'D' ? ['0', '1', '2'] : ['0', '1']]));
    const model = randomModel(graph, { seed, levels });
    if (!('mechanisms' in model)) throw new Error('small');
    const law = lawIn(model, found.plan);
    const gap = Math.max(
      close(law.values, truthIn(model, { graph, query }, law).values),
      close(lawIn(model, found.plan, skewed(seed)).values, law.values),
    );
    expect(gap, `seed ${seed}`).toBeLessThanOrEqual(1e-12);
    graphs.add(JSON.stringify([names, arrows, arcs]));
    if (given.length > 0) conditional += 1;
    if (found.plan.factors.some((factor) => factor.rows.kind === 'generated')) generated += 1;
  }
  expect(graphs.size).toBeGreaterThan(320);
  expect(conditional).toBeGreaterThan(110);
  expect(Math.min(generated, refused)).toBeGreaterThan(20);
});

test('factors that need each other are merged node by node, without waiting in a circle', () => {
  const graph = readGraph('X -> W2; W1 -> W2 -> Y; W1 <-> Y');
  if (!graph.ok) throw new Error('graph');
  const world = [{ variable: 'X' }];
  const query: Query = { take: 'probability', of: ['W1', 'W2', 'Y'].map((variable) => ({ variable, world })), given: [] };
  const found = idGen(query, graph.value, { offers: [{ regime: { set: [] }, studies: ['s'], size: 1 }] });
  if (!found.ok) throw new Error('identified');
  // Q[W1, Y] needs w2, Q[W2] needs w1.
  const before = new Set<string>();
  for (const node of found.plan.nodes) {
    for (const wire of node.wires) if ('node' in wire) expect(before.has(wire.node)).toBe(true);
    before.add(node.id);
  }
  expect([...before]).toEqual(['W1', 'W2', 'Y']);
  expect(found.plan.inputs.map((input) => input.name)).toEqual(['X']);
});

test('formulas across worlds: drawn from as they stand where they are a law, else refused', () => {
  let [drawn, refused] = [0, 0];
  for (const single of loadGallery().filter(({ theme }) => theme === 'counterfactual')) {
    const graph = readGraph(single.graph);
    if (!graph.ok) throw new Error(single.id);
    const question = compileQuestion(single.query, { graph: graph.value, domains: new Map() });
    if (!question.ok) throw new Error(single.id);
    const catalogue: Catalogue = { offers: single.experiments.map((set) => ({ regime: { set }, studies: [], size: 1 })) };
    for (const { query } of question.value.parts) {
      const { result } = identifyQuery(query, graph.value, catalogue);
      if (result.verdict !== 'identified' || result.rule !== 'counterfactual' || query.take === 'mean') continue;
      const plan = networkOf(result);
      if (!plan.ok) {
        expect(plan.issues[0]?.code).toBe('no-sampler');
        refused += 1;
        continue;
      }
      const model = randomModel(graph.value, { seed: 1 });
      if (!('mechanisms' in model)) throw new Error(single.id);
      const gap = fromFormula(model, plan.value, lawIn(model, plan.value), formulaIn(model, result.estimand));
      expect(gap, `${single.id} ${single.query}`).toBeLessThanOrEqual(1e-12);
      drawn += 1;
    }
  }
  expect([drawn > 10, refused > 20]).toEqual([true, true]);
});

test('what is not identified is refused with a hedge that passes the independent check', () => {
  let [refused, hedges] = [0, 0];
  for (const one of asked) {
    const found = idGen(one.query, one.graph, one.catalogue);
    const { result } = identifyQuery(one.query, one.graph, one.catalogue);
    expect(found.ok, one.id).toBe(result.verdict === 'identified');
    if (found.ok) continue;
    refused += 1;
    const base = projectLatent(one.graph);
    const form = singleWorld(one.query, base);
    if (form === undefined) throw new Error('one world');
    const after = exchange(
      { outcomes: [...form.outcomes.keys()], treatments: [...form.treatments.keys()], conditions: [...form.conditions.keys()] },
      base,
    );
    if (one.single.experiments.some((set) => set.length === 0)) expect(found.refusal?.hedges?.length ?? 0, one.id).toBeGreaterThan(0);
    for (const hedge of found.refusal?.hedges ?? []) {
      expect(isHedge(base, hedge, after.treatments, [...after.outcomes, ...after.conditions]), one.id).toBe(true);
      hedges += 1;
    }
  }
  expect(refused).toBeGreaterThan(80);
  expect(hedges).toBeGreaterThan(50);
});
