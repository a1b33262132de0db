import type { Catalogue } from '../data/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import { gidRule, idRule } from '../identify/interventional.ts';
import { measuredRule } from '../identify/measured.ts';
import type { Refusal } from '../identify/rule.ts';
import type { Query } from '../query/terms.ts';
import type { Issue } from '../run/issue.ts';
import { networkOf } from './compile.ts';
import type { NetworkInput, NetworkPlan } from './network.ts';

export interface IdGenOptions {
  /** What every conditional of a topological order conditions on: the Markov pillow (default) or all predecessors. */
  readonly conditioning?: NetworkPlan['conditioning'];
  readonly levels?: ReadonlyMap<Name, readonly Value[]>;
}

export type IdGenResult =
  | { readonly ok: true; readonly plan: NetworkPlan }
  /** Not identified (`refusal`, with the hedges), or identified by a formula that is no law to draw from. */
  | { readonly ok: false; readonly issues: readonly Issue[]; readonly refusal?: Refusal };

/**
 * The network that samples P(outcomes | do(treatments), conditions), before any row is read: ID-GEN, IDC-GEN where there are
 * conditions, and each factor from the regime that gives it where there are experiments (gID). `query` is of one world; values
 * stated for outcomes become `events` of the plan. A refusal carries the hedge, and nothing is trained.
 */
export function idGen(query: Query, graph: Graph, catalogue: Catalogue, options: IdGenOptions = {}): IdGenResult {
  const { conditioning = 'pillow', levels } = options;
  const ruleOptions = { pillows: conditioning === 'pillow', ...(levels === undefined ? {} : { levels }) };
  const events: Record<Name, Value> = {};
  const of = query.of.map(({ value, ...term }) => {
    if (value !== undefined) events[term.variable] = value;
    return term;
  });
  const open: Query = { take: 'probability', of, given: query.given };
  let refusal: Refusal | undefined;
  for (const rule of [measuredRule, idRule, gidRule]) {
    const found = rule.identify(open, graph, catalogue, ruleOptions);
    if (found.verdict !== 'identified') {
      if (refusal === undefined || refusal.verdict === 'refused' || found.verdict !== 'refused') refusal = found;
      continue;
    }
    const network = networkOf(found, conditioning);
    if (!network.ok) return network;
    const seen = new Set(query.given.map((term) => term.variable));
    // A condition that rule 2 moved into do() is still one to whoever asked.
    const inputs = network.value.inputs.map(
      (input): NetworkInput => (input.role === 'set' && seen.has(input.variable) ? { ...input, role: 'given' } : input),
    );
    return { ok: true, plan: { ...network.value, inputs, events: { ...network.value.events, ...events } } };
  }
  const { verdict, why } = refusal as Refusal;
  return { ok: false, issues: [{ code: verdict, message: why }], refusal: refusal as Refusal };
}
