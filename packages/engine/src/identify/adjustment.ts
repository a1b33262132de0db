import type { Graph } from '../graph/graph.ts';
import { ancestors, descendants, inOrder, observed, parents } from '../graph/kin.ts';
import { separated } from '../graph/separation.ts';
import { minimalSeparator, minimalSeparators } from '../graph/separators.ts';
import { removeArrows } from '../graph/surgery.ts';
import type { Name } from '../graph/variable.ts';

export interface AdjustmentOptions {
  /** What may be adjusted for (measured); absent: every variable that is not latent. */
  readonly within?: Iterable<Name>;
  readonly limit?: number;
}

/** Valid covariate sets for P(outcomes | do(treatments)) = sum over Z of P(outcomes | treatments, Z) P(Z). */
export interface Adjustment {
  /** `none-needed`: the empty set is valid; `none-exists`: no set of measured variables is. */
  readonly verdict: 'none-needed' | 'exists' | 'none-exists';
  /** The minimal sets, smaller ones first; `complete` is false if the limit was reached. */
  readonly minimal: readonly (readonly Name[])[];
  readonly complete: boolean;
  /**
   * The set with the least asymptotic variance (Henckel, Perkovic and Maathuis 2022, definition 3.12), where the graph has
   * no hidden variables that could make another one better.
   */
  readonly optimal?: readonly Name[];
}

interface Parts {
  /** Nodes on directed paths from the treatments to the outcomes that leave the treatments for good; treatments not included. */
  readonly causal: ReadonlySet<Name>;
  readonly forbidden: ReadonlySet<Name>;
  /** The graph without the first arrows of those paths. */
  readonly backDoor: Graph;
}

/** Perkovic, Textor, Kalisch and Maathuis 2018, definition 4 (adjustment criterion). */
function partsOf(graph: Graph, treatments: readonly Name[], outcomes: readonly Name[]): Parts {
  const set = new Set(treatments);
  const below = new Set<Name>();
  for (const name of descendants(graph, treatments, { cutInto: treatments })) if (!set.has(name)) below.add(name);
  const above = ancestors(graph, outcomes, { cutInto: treatments });
  const causal = new Set([...below].filter((name) => above.has(name)));
  const forbidden = new Set(causal.size === 0 ? [] : descendants(graph, causal));
  const backDoor = removeArrows(
    graph,
    graph.arrows.filter(([from, to]) => set.has(from) && causal.has(to)),
  );
  return { causal, forbidden, backDoor };
}

export function isAdjustmentSet(graph: Graph, treatments: readonly Name[], outcomes: readonly Name[], set: readonly Name[]): boolean {
  const { forbidden, backDoor } = partsOf(graph, treatments, outcomes);
  if (set.some((name) => forbidden.has(name) || treatments.includes(name) || outcomes.includes(name))) return false;
  return separated(backDoor, treatments, outcomes, set);
}

export function adjustmentSets(
  graph: Graph,
  treatments: readonly Name[],
  outcomes: readonly Name[],
  options: AdjustmentOptions = {},
): Adjustment {
  const { causal, forbidden, backDoor } = partsOf(graph, treatments, outcomes);
  const taken = new Set([...treatments, ...outcomes]);
  const within = [...(options.within ?? observed(graph))].filter((name) => !forbidden.has(name) && !taken.has(name));
  // A treatment that is forbidden to another one (X1 -> M -> X2) leaves no valid set; so does an outcome above a treatment path.
  const broken = treatments.some((name) => forbidden.has(name));
  const found = broken ? undefined : minimalSeparators(backDoor, treatments, outcomes, { within, limit: options.limit ?? 100 });
  if (found === undefined || found.sets.length === 0) return { verdict: 'none-exists', minimal: [], complete: true };
  const optimal = optimalSet(graph, treatments, outcomes, causal, forbidden, new Set(within));
  const verdict = found.sets[0]?.length === 0 ? 'none-needed' : 'exists';
  return { verdict, minimal: found.sets, complete: found.complete, ...(optimal === undefined ? {} : { optimal }) };
}

function optimalSet(
  graph: Graph,
  treatments: readonly Name[],
  outcomes: readonly Name[],
  causal: ReadonlySet<Name>,
  forbidden: ReadonlySet<Name>,
  allowed: ReadonlySet<Name>,
): Name[] | undefined {
  if (causal.size === 0 || graph.arcs.length > 0 || observed(graph).length < graph.variables.size) return undefined;
  const set = [...parents(graph, causal)].filter((name) => !forbidden.has(name) && !treatments.includes(name));
  if (set.some((name) => !allowed.has(name))) return undefined;
  return isAdjustmentSet(graph, treatments, outcomes, set) ? inOrder(graph, set) : undefined;
}

/**
 * A smallest-effort front-door set for one treatment and one outcome (Pearl 1995, definition 2): it meets every directed path,
 * nothing opens between treatment and set, and the treatment blocks every back-door path from set to outcome. The three
 * conditions are checked on the set that is returned.
 */
export function frontDoorSet(
  graph: Graph,
  treatment: Name,
  outcome: Name,
  within: Iterable<Name> = observed(graph),
): readonly Name[] | undefined {
  const inner = [...descendants(graph, [treatment])].filter(
    (name) => name !== treatment && name !== outcome && ancestors(graph, [outcome]).has(name),
  );
  const allowed = new Set(within);
  const usable = inner.filter(
    (name) =>
      allowed.has(name) &&
      separated(graph, [treatment], [name], [], { cutOutOf: [treatment] }) &&
      separated(graph, [name], [outcome], [treatment], { cutOutOf: [name] }),
  );
  if (usable.length === 0 || !isFrontDoor(graph, treatment, outcome, usable)) return undefined;
  let set = usable;
  for (const name of usable) {
    const smaller = set.filter((other) => other !== name);
    if (smaller.length > 0 && isFrontDoor(graph, treatment, outcome, smaller)) set = smaller;
  }
  return set;
}

export function isFrontDoor(graph: Graph, treatment: Name, outcome: Name, set: readonly Name[]): boolean {
  const intercepted = !descendants(graph, [treatment], { cutInto: set }).has(outcome);
  return (
    intercepted &&
    separated(graph, [treatment], set, [], { cutOutOf: [treatment] }) &&
    separated(graph, set, [outcome], [treatment], { cutOutOf: set })
  );
}

export interface Instrument {
  readonly instrument: Name;
  readonly given: readonly Name[];
}

/**
 * Conditional instruments for one treatment and one outcome (Brito and Pearl 2002): related to the treatment given `given`,
 * separated from the outcome given `given` once the arrows out of the treatment are cut, `given` not below the treatment.
 * None where the treatment does not reach the outcome. An instrument gives bounds, or a point under further assumptions, not identification.
 */
export function instruments(graph: Graph, treatment: Name, outcome: Name, within: Iterable<Name> = observed(graph)): Instrument[] {
  const below = descendants(graph, [treatment]);
  if (!below.has(outcome)) return [];
  const usable = [...within].filter((name) => name !== treatment && name !== outcome && !below.has(name));
  const cut = removeArrows(
    graph,
    graph.arrows.filter(([from]) => from === treatment),
  );
  const found: Instrument[] = [];
  for (const instrument of usable) {
    const given = minimalSeparator(cut, [instrument], [outcome], {
      within: usable.filter((name) => name !== instrument && !descendants(graph, [outcome]).has(name)),
    });
    if (given !== undefined && !separated(graph, [instrument], [treatment], given)) found.push({ instrument, given });
  }
  return found;
}
