import type { Catalogue } from '../data/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { Identified, OpenAxis } from '../identify/rule.ts';
import { nearestDouble } from '../math/fraction.ts';
import type { Query } from '../query/terms.ts';
import { columnsOf, regimesOf } from './columns.ts';
import { additiveEstimand, additiveProof } from './derivation.ts';
import { readTarget } from './question.ts';
import { notIdentified } from './refuse.ts';
import { weigh } from './regimes.ts';
import { structureOf } from './structure.ts';
import { type AdditiveAssumption, type AdditivePlan, type AdditiveRefusal, isPlan } from './terms.ts';

const rule = 'additive';

/** The plan and what the rules of the identify room return. */
export interface AdditiveIdentified extends Identified {
  readonly plan: AdditivePlan;
}

/**
 * A mean under an additive outcome from the studies at hand: the target's vector in the row span of those of the regimes. Theorem 1 (all
 * actions set), proposition 1 (some set, the others watched), corollary 1 (blocks), missing regimes and regimes that set several actions
 * at once, and what a graph adds ({@link structureOf}), are all this one question.
 */
export function identifyAdditive(
  query: Query,
  assumption: AdditiveAssumption,
  graph: Graph | undefined,
  catalogue: Catalogue,
): AdditiveIdentified | AdditiveRefusal {
  const plan = additivePlan(query, assumption, graph, catalogue);
  if (!isPlan(plan)) return plan;
  const target = readTarget(query, assumption, graph);
  if (typeof target === 'string') return refuse(target);
  const open = [...target.values].flatMap(([variable, value]): OpenAxis[] =>
    value === undefined ? [{ symbol: variable, variable, part: target.set.includes(variable) ? 'set' : 'given' }] : [],
  );
  return {
    verdict: 'identified',
    rule,
    estimand: additiveEstimand(plan, query, graph),
    open,
    free: [],
    proof: additiveProof(plan),
    assumes: [assumption.text],
    plan,
  };
}

const refuse = (why: string, more: Partial<AdditiveRefusal> = {}): AdditiveRefusal => ({
  verdict: 'refused',
  rule,
  why,
  proof: [],
  ...more,
});

/** No rows are read. `refused`: the question or the studies do not fit the assumption; `not-identified`: the span does not reach the target. */
export function additivePlan(
  query: Query,
  assumption: AdditiveAssumption,
  graph: Graph | undefined,
  catalogue: Catalogue,
): AdditivePlan | AdditiveRefusal {
  const target = readTarget(query, assumption, graph);
  if (typeof target === 'string') return refuse(target);
  const structure = structureOf(assumption, target.covariates, graph);
  if ('impossible' in structure) return refuse(structure.impossible);
  const { regimes, unusable } = regimesOf(assumption, target, graph, catalogue);
  if (regimes.length === 0)
    return refuse(
      `No study can be used for '${assumption.text}': each must measure ${[assumption.outcome, ...assumption.blocks.flat(), ...target.covariates].join(', ')} and set nothing but actions. ${unusable.join(' ')}`.trim(),
    );
  const { columns, vectorOf } = columnsOf(assumption, structure, [...regimes.map(({ set }) => set), target.set]);
  const vectors = regimes.map(({ set }) => vectorOf(set));
  const vector = vectorOf(target.set);
  const weighed = weigh(vectors, vector);
  if (!weighed.found)
    return notIdentified({
      query,
      assumption,
      graph,
      catalogue,
      target,
      structure,
      regimes,
      unusable,
      columns,
      vectors,
      goal: vector,
      unseen: weighed.unseen,
    });
  return {
    assumption,
    actions: assumption.blocks.flat(),
    covariates: target.covariates,
    columns,
    regimes: regimes.map((regime, i) => ({ ...regime, vector: vectors[i] as readonly number[] })),
    target: target.set,
    vector,
    weights: weighed.least.map(nearestDouble),
    fewest: weighed.fewest.map(nearestDouble),
    spare: regimes.length - weighed.rank,
    arguments: assumption.blocks.map((_, block) => structure.argumentsOf(block, [])),
    structured: structure.structured,
    notes: [...structure.notes, ...structure.entangled.map(({ says }) => says)],
  };
}
