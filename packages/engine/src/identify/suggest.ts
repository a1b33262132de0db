import type { Catalogue, Offer } from '../data/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import { observed } from '../graph/kin.ts';
import type { Name } from '../graph/variable.ts';
import type { Query } from '../query/terms.ts';
import type { Identified, Refusal, RuleOptions } from './rule.ts';

export interface Suggestion {
  /** The do-set of one further study that measures every observed variable; empty: watching alone. */
  readonly set: readonly Name[];
  /** True if it sets just what the question sets, so that it answers by itself. */
  readonly direct: boolean;
}

export interface Suggestions {
  readonly experiments: readonly Suggestion[];
  /** False if a limit (on attempts, or on the size of the sets) was reached before everything was tried. */
  readonly exhaustive: boolean;
  /** Not even every experiment together would do. */
  readonly hopeless: boolean;
}

/**
 * For a question that was refused: the smallest do-sets such that one further experiment on them would make it identified.
 * Watching first (where no study did), then sets of one variable, of two, and so on up to `largest`; the first size with a
 * success is returned whole.
 */
export function suggestExperiments(
  identify: (query: Query, graph: Graph, catalogue: Catalogue, options: RuleOptions) => Identified | Refusal,
  query: Query,
  graph: Graph,
  catalogue: Catalogue,
  options: RuleOptions & { readonly attempts?: number; readonly largest?: number } = {},
): Suggestions {
  const none: Suggestions = { experiments: [], exhaustive: true, hopeless: true };
  const yes = (more: Catalogue): boolean => identify(query, graph, more, options).verdict === 'identified';
  if (!yes({ offers: catalogue.offers, everything: true })) return none;

  const outcomes = new Set(query.of.map((term) => term.variable));
  const treatments = new Set([...query.of, ...query.given].flatMap((term) => term.world.map((setting) => setting.variable)));
  const candidates = observed(graph).filter((name) => !outcomes.has(name) || treatments.has(name));
  const experiments: Suggestion[] = [];
  let left = options.attempts ?? 400;
  const largest = Math.min(options.largest ?? 3, candidates.length);
  const watched = catalogue.offers.some((offer) => offer.regime.set.length === 0);
  for (let size = watched ? 1 : 0; size <= largest && experiments.length === 0; size++) {
    for (const set of subsets(candidates, size)) {
      left -= 1;
      if (left < 0) return { experiments, exhaustive: false, hopeless: false };
      const offer: Offer = { regime: { set }, studies: [], size: 0 };
      if (yes({ ...catalogue, offers: [...catalogue.offers, offer] }))
        experiments.push({ set, direct: set.length === treatments.size && set.every((name) => treatments.has(name)) });
    }
  }
  return { experiments, exhaustive: experiments.length > 0 || largest === candidates.length, hopeless: false };
}

function* subsets(names: readonly Name[], size: number, from = 0): Generator<Name[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i <= names.length - size; i++) for (const rest of subsets(names, size - 1, i + 1)) yield [names[i] as Name, ...rest];
}
