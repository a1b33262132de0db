import type { Graph } from '../graph/graph.ts';
import { ancestors } from '../graph/kin.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Query, Setting, Term } from '../query/terms.ts';

/** A value that the question states, or `undefined` for every value. */
export type Stated = Value | undefined;

/** P(outcomes | do(treatments), conditions): what a query with a single world amounts to. */
export interface DoForm {
  readonly outcomes: ReadonlyMap<Name, Stated>;
  readonly treatments: ReadonlyMap<Name, Stated>;
  readonly conditions: ReadonlyMap<Name, Stated>;
  /** Known without data: the event is certain (1), impossible (0), or its condition is impossible (`undefined`). */
  readonly settled?: 0 | 1 | 'undefined';
}

/**
 * The settings of a world that matter to `variable`: those with a directed path to it that avoids the other set variables
 * (Correa, Lee and Bareinboim 2021, exclusion operator), or its own setting if the world sets it.
 */
export function relevantSettings(graph: Graph, variable: Name, world: readonly Setting[]): readonly Setting[] {
  const own = world.find((setting) => setting.variable === variable);
  if (own !== undefined) return [own];
  if (world.length === 0) return world;
  const above = ancestors(graph, [variable], { cutInto: world.map((setting) => setting.variable) });
  return world.filter((setting) => above.has(setting.variable));
}

export const sameSettings = (a: readonly Setting[], b: readonly Setting[]): boolean =>
  a.length === b.length && a.every((one) => b.some((other) => other.variable === one.variable && sameValue(one.value, other.value)));

const sameValue = (a: Value | Term | undefined, b: Value | Term | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The do-form of a query all of whose terms fit in one world, else `undefined` (it compares worlds). */
export function singleWorld(query: Query, graph: Graph): DoForm | undefined {
  const world = new Map<Name, Setting>();
  for (const term of [...query.of, ...query.given]) {
    for (const setting of term.world) {
      if (typeof setting.value === 'object') return undefined;
      const known = world.get(setting.variable);
      if (known !== undefined && !sameValue(known.value, setting.value)) return undefined;
      world.set(setting.variable, setting);
    }
  }
  const settings = [...world.values()];
  for (const term of [...query.of, ...query.given]) {
    if (!sameSettings(relevantSettings(graph, term.variable, settings), relevantSettings(graph, term.variable, term.world)))
      return undefined;
  }
  const treatments = new Map(settings.map((setting) => [setting.variable, setting.value as Stated]));
  let settled: DoForm['settled'];
  const gather = (terms: readonly Term[], known: ReadonlyMap<Name, Stated>, impossible: 0 | 'undefined'): Map<Name, Stated> => {
    const found = new Map<Name, Stated>();
    for (const { variable, value } of terms) {
      const before = treatments.has(variable) ? treatments : known.has(variable) ? known : found.has(variable) ? found : undefined;
      if (before === undefined) found.set(variable, value);
      else if (value !== undefined && before.get(variable) !== undefined && before.get(variable) !== value) settled ??= impossible;
      else if (before === found && value !== undefined) found.set(variable, value);
    }
    return found;
  };
  const conditions = gather(query.given, new Map(), 'undefined');
  const outcomes = gather(query.of, conditions, 0);
  if (settled === undefined && outcomes.size === 0) settled = 1;
  return { outcomes, treatments, conditions, ...(settled === undefined ? {} : { settled }) };
}
