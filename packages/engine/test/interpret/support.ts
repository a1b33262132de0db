import { createBuilder } from '../../src/estimand/builder.ts';
import type { Because, Estimand } from '../../src/estimand/estimand.ts';
import { createGraph, type Graph } from '../../src/graph/graph.ts';
import type { Domain, Name, Value } from '../../src/graph/variable.ts';
import { tableFromJoint } from '../../src/interpret/fill.ts';
import { compile, type Plan } from '../../src/interpret/plan.ts';
import { type Factor, isTooLarge } from '../../src/math/factor.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import { type DiscreteModel, randomModel } from '../../src/model/scm.ts';
import type { Result } from '../../src/run/issue.ts';

export const because: Because = { theorem: 'by hand', source: 'test' };

/** `X -> Y; X <-> Z`. */
export function graphOf(text: string): Graph {
  const edges = text.split(';').map((edge) => edge.trim().split(/\s+/));
  const pick = (kind: string): [string, string][] => edges.flatMap(([a, mark, b]) => (mark === kind ? [[a as string, b as string]] : []));
  return unwrap(createGraph({ variables: [], arrows: pick('->'), arcs: pick('<->') }));
}

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}

export function table(result: Factor | { readonly tooLarge: number }): Factor {
  if ('tooLarge' in result) throw new Error('too large');
  return result;
}

export function modelOf(graph: Graph, seed: number, levels?: ReadonlyMap<Name, readonly Value[]>): DiscreteModel {
  const model = randomModel(graph, { seed, ...(levels && { levels }) });
  if ('tooLarge' in model) throw new Error('too large');
  return model;
}

export const domainsOf = (model: DiscreteModel): Map<Name, Domain> =>
  new Map([...model.levels].map(([name, levels]) => [name, { kind: 'finite', levels }]));

/** Exact leaf tables of a model, worked out from the whole joint of each regime. */
export function exactTables(plan: Plan, model: DiscreteModel): Factor[] {
  return plan.requests.map((request) => {
    const { set } = request.leaf.regime;
    const joint = table(exactDistribution(model, { of: model.observed.filter((name) => !set.includes(name)), set }));
    const found = tableFromJoint(request, joint, (name) => model.levels.get(name) ?? []);
    if (isTooLarge(found)) throw new Error('too large');
    return found;
  });
}

export function planOf(estimand: Estimand, model: DiscreteModel, open?: readonly Name[]): Plan {
  return unwrap(compile(estimand, domainsOf(model), open === undefined ? {} : { open }));
}

/** Estimands of the textbooks, written by hand. */
export function textbook() {
  const b = createBuilder();
  const p = (of: string, given = '', set = ''): Estimand =>
    b.measured({
      of: of.split(' '),
      given: given === '' ? [] : given.split(' '),
      regime: { set: set === '' ? [] : set.split(' ') },
      studies: ['study'],
      because,
    });
  const times = (...factors: Estimand[]): Estimand => b.product(factors, because);
  const sum = (over: string, body: Estimand): Estimand => b.sum(over.split(' '), body, because);
  const backdoor = sum('Z', times(p('Y', 'X Z'), p('Z')));
  const frontdoor = sum('M', times(p('M', 'X'), sum('X', times(p('Y', 'M X'), p('X')))));
  const napkin = b.condition(['Y'], ['X'], times(p('W'), p('X', 'W Z'), p('Y', 'W Z X')), because);
  return { b, p, times, sum, backdoor, frontdoor, napkin };
}
