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

/**
 * The do-form of a query all of whose terms fit in one world. `undefined`: it compares worlds, or names one variable twice and
 * leaves a value of it open (`P(X | do(X=1))`, `P(Y, Y=1)`), so that the answer depends on which value is meant.
 */
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
  let tied = false;
  const gather = (terms: readonly Term[], known: ReadonlyMap<Name, Stated>, impossible: 0 | 'undefined'): Map<Name, Stated> => {
    const found = new Map<Name, Stated>();
    for (const { variable, value } of terms) {
      const before = treatments.has(variable) ? treatments : known.has(variable) ? known : found.has(variable) ? found : undefined;
      if (before === undefined) found.set(variable, value);
      else if (value === undefined || before.get(variable) === undefined) tied = true;
      else if (before.get(variable) !== value) settled ??= impossible;
    }
    return found;
  };
  const conditions = gather(query.given, new Map(), 'undefined');
  const outcomes = gather(query.of, conditions, 0);
  if (tied) return undefined;
  if (settled === undefined && outcomes.size === 0) settled = 1;
  return { outcomes, treatments, conditions, ...(settled === undefined ? {} : { settled }) };
}

/**
 * The terms with nested values without settings that change nothing: those that cannot reach their event, and `Y[X=1, M=M[X=1]]`, where M
 * takes the value that it has in the world of Y anyway (composition, Galles and Pearl 1998).
 */
export function withoutIdleNesting(query: Query, graph: Graph): Query {
  const terms = (list: readonly Term[]): Term[] => list.map((term) => plainTerm(term, graph));
  return { ...query, of: terms(query.of), given: terms(query.given) };
}

function plainTerm(term: Term, graph: Graph): Term {
  if (!term.world.some((setting) => typeof setting.value === 'object')) return term;
  const matters = relevantSettings(graph, term.variable, term.world);
  let world = term.world
    .filter((setting) => setting.value === undefined || matters.includes(setting))
    .map((setting) => (typeof setting.value === 'object' ? { ...setting, value: plainTerm(setting.value, graph) } : setting));
  for (const setting of world) {
    const { variable, value } = setting;
    if (typeof value !== 'object' || variable === term.variable || value.value !== undefined) continue;
    const others = world.filter((one) => one !== setting);
    if (sameSettings(relevantSettings(graph, variable, value.world), relevantSettings(graph, variable, others))) world = others;
  }
  return { ...term, world };
}
