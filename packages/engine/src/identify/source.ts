import type { Catalogue, Offer } from '../data/catalogue.ts';
import { type Graph, numberOf } from '../graph/graph.ts';
import { observed } from '../graph/kin.ts';
import { project } from '../graph/projection.ts';
import { cutInto } from '../graph/surgery.ts';
import type { Assignment, Name, Value } from '../graph/variable.ts';

/**
 * One distribution to identify from: P(measured | do(set)), for every value of the set variables or, where `arms` is given,
 * only at those assignments. `graph` is that of the regime, projected onto what was measured.
 */
export interface Source {
  readonly set: readonly Name[];
  readonly measured: ReadonlySet<Name>;
  readonly arms?: readonly Assignment[];
  readonly offers: readonly Offer[];
  readonly size: number;
  readonly graph: Graph;
}

/** The variables of the graph that some offer measures or sets; all observed ones if an offer does not say. */
export function measuredSomewhere(graph: Graph, catalogue: Catalogue): Set<Name> {
  const all = observed(graph);
  const found = new Set<Name>();
  if (catalogue.everything === true) return new Set(all);
  for (const offer of catalogue.offers)
    for (const name of [...(offer.measured ?? all), ...offer.regime.set]) if (graph.variables.has(name)) found.add(name);
  return found;
}

/** The graph without latent variables and without what nobody measured; the variables of the question stay. */
export function baseGraph(graph: Graph, catalogue: Catalogue, asked: Iterable<Name>): Graph {
  const keep = measuredSomewhere(graph, catalogue);
  for (const name of asked) keep.add(name);
  return project(
    graph,
    [...graph.variables.keys()].filter((name) => keep.has(name)),
  );
}

/** Where the columns of a factor can be read: every source with the same do-set (and, for an incomplete experiment, the same arm). */
export function studiesIn(sources: readonly Source[]): (source: Source, columns: readonly Name[], arm?: Assignment) => readonly Name[] {
  return (source, columns, arm) => {
    const same = sources.filter(
      (other) =>
        other.set.length === source.set.length &&
        other.set.every((name) => source.set.includes(name)) &&
        columns.every((name) => other.measured.has(name)),
    );
    return same
      .filter((other) => arm !== undefined || other.arms === undefined)
      .flatMap((other) => other.offers)
      .filter((offer) => arm === undefined || Object.entries(arm).every(([name, value]) => offer.regime.fixed?.[name] === value))
      .flatMap((offer) => offer.studies);
  };
}

/**
 * The catalogue as sources over `base` (a graph without latent variables), in the order in which they are tried: observation
 * first, then smaller do-sets, then larger samples. Arms of one experiment stand together; arms that cover every assignment
 * of their set variables count as randomised.
 */
export function sourcesOf(base: Graph, catalogue: Catalogue, levels: ReadonlyMap<Name, readonly Value[]> = new Map()): Source[] {
  const groups = new Map<string, Offer[]>();
  for (const offer of catalogue.offers) {
    const known = offer.regime.set.every((name) => base.variables.has(name));
    if (!known) continue;
    const key = JSON.stringify([[...offer.regime.set].sort(), measuredBy(base, offer).sort(), offer.regime.fixed !== undefined]);
    groups.set(key, [...(groups.get(key) ?? []), offer]);
  }
  const sources = [...groups.values()].map((offers): Source => {
    const first = offers[0] as Offer;
    const set = first.regime.set;
    const measured = new Set(measuredBy(base, first));
    const arms = armsOf(offers, set, levels);
    const cut = set.length === 0 ? base : cutInto(base, set);
    const graph =
      measured.size === base.variables.size
        ? cut
        : project(
            cut,
            [...base.variables.keys()].filter((name) => measured.has(name)),
          );
    const size = offers.reduce((sum, offer) => sum + offer.size, 0);
    return { set, measured, offers, size, graph, ...(arms === undefined ? {} : { arms }) };
  });
  return sources.sort((a, b) => a.set.length - b.set.length || b.size - a.size);
}

/** Every interventional distribution that involves only `set`: what `everything` in a catalogue grants. */
export function hypotheticalSource(base: Graph, set: readonly Name[]): Source {
  const offer: Offer = { regime: { set }, studies: [], size: Number.POSITIVE_INFINITY };
  return sourcesOf(base, { offers: [offer] })[0] as Source;
}

export const numbersOf = (graph: Graph, names: Iterable<Name>): number[] =>
  [...names].map((name) => numberOf(graph, name)).sort((a, b) => a - b);

function measuredBy(base: Graph, offer: Offer): Name[] {
  const names = new Set(offer.measured ?? observed(base));
  for (const name of offer.regime.set) names.add(name);
  return [...names].filter((name) => base.variables.has(name));
}

function armsOf(offers: readonly Offer[], set: readonly Name[], levels: ReadonlyMap<Name, readonly Value[]>): Assignment[] | undefined {
  const arms: Assignment[] = [];
  for (const { regime } of offers) {
    if (regime.fixed === undefined || set.length === 0) return undefined;
    arms.push(regime.fixed);
  }
  const assignments = new Set(arms.map((arm) => JSON.stringify(set.map((name) => arm[name]))));
  const possible = set.reduce((product, name) => product * (levels.get(name)?.length ?? Number.POSITIVE_INFINITY), 1);
  return assignments.size >= possible ? undefined : arms;
}
