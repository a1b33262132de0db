/**
 * Bounds by brute force, independent of the product: structural systems with one exogenous variable per component, each of whose
 * states is a tuple of response functions. Values are numbered levels.
 */
export interface Endogenous {
  readonly name: string;
  readonly levels: number;
  readonly parents: readonly string[];
}

export interface System {
  /** In topological order. */
  readonly variables: readonly Endogenous[];
  /** A partition of the variables: the children of each exogenous variable. */
  readonly components: readonly (readonly string[])[];
}

export type Values = Readonly<Record<string, number>>;

/** For each child the value by configuration of its parents (row-major). */
export type State = ReadonlyMap<string, readonly number[]>;

/** A distribution over the states of each component. */
export type Planted = readonly (readonly number[])[];

/** The distribution of all variables where `set` is set; `at`: only this arm is known. */
export interface Regime {
  readonly set: readonly string[];
  readonly fixed?: Values;
}

/** Events in worlds (`set` to values); all must hold. */
export type Conjunction = readonly { readonly set: Values; readonly at: Values }[];

/** Sum of weight times P(all events), divided by P(given). */
export interface Query {
  readonly terms: readonly { readonly weight: number; readonly events: Conjunction }[];
  readonly given?: Conjunction;
}

export const variableOf = (system: System, name: string): Endogenous => {
  const found = system.variables.find((variable) => variable.name === name);
  if (found === undefined) throw new Error(`no variable ${name}`);
  return found;
};

/** All assignments, the last name fastest. */
export function assignments(system: System, names: readonly string[]): Values[] {
  let all: Values[] = [{}];
  for (const name of names) {
    const { levels } = variableOf(system, name);
    all = all.flatMap((values) => Array.from({ length: levels }, (_, level) => ({ ...values, [name]: level })));
  }
  return all;
}

export function position(system: System, names: readonly string[], values: Values): number {
  let at = 0;
  for (const name of names) at = at * variableOf(system, name).levels + (values[name] as number);
  return at;
}

export const stateCount = (system: System, component: readonly string[]): number =>
  component.reduce((product, name) => {
    const { levels, parents } = variableOf(system, name);
    return product * levels ** parents.reduce((configurations, parent) => configurations * variableOf(system, parent).levels, 1);
  }, 1);

export function statesOf(system: System, component: readonly string[]): State[] {
  let states: Map<string, readonly number[]>[] = [new Map()];
  for (const name of component) {
    const { levels, parents } = variableOf(system, name);
    let functions: number[][] = [[]];
    for (let i = assignments(system, parents).length; i > 0; i--)
      functions = functions.flatMap((values) => Array.from({ length: levels }, (_, level) => [...values, level]));
    states = states.flatMap((state) => functions.map((values) => new Map([...state, [name, values]])));
  }
  return states;
}

/** Solves the structural equations forward in one world. */
export function simulate(system: System, functions: State, set: Values): Values {
  const values: Record<string, number> = {};
  for (const { name, parents } of system.variables) {
    const setting = set[name];
    const response = functions.get(name);
    if (setting !== undefined) values[name] = setting;
    else if (response !== undefined) values[name] = response[position(system, parents, values)] as number;
  }
  return values;
}

export const holds = (system: System, functions: State, events: Conjunction): boolean =>
  events.every(({ set, at }) => {
    const values = simulate(system, functions, set);
    return Object.entries(at).every(([name, value]) => values[name] === value);
  });

/** What decides the query: ancestors of its events in its worlds. */
export function relevantTo(system: System, query: Query): ReadonlySet<string> {
  const relevant = new Set<string>();
  const visit = (name: string, set: Values): void => {
    if (set[name] !== undefined) return;
    relevant.add(name);
    for (const parent of variableOf(system, name).parents) visit(parent, set);
  };
  for (const conjunction of [...query.terms.map(({ events }) => events), query.given ?? []])
    for (const { set, at } of conjunction) for (const name of Object.keys(at)) visit(name, set);
  return relevant;
}

/** The parents of a component's children that are not in it. */
export const contextOf = (system: System, component: readonly string[]): string[] => [
  ...new Set(component.flatMap((name) => variableOf(system, name).parents).filter((parent) => !component.includes(parent))),
];

/** P(v in one regime): the components are independent, each contributes the mass of its states that answer v. */
export function tableOf(system: System, planted: Planted, regime: Regime): { readonly at: Values; readonly probability: number }[] {
  const tables = system.components.map((component, c) => {
    const names = [...contextOf(system, component), ...component];
    const states = statesOf(system, component);
    const mass = assignments(system, names).map((values) =>
      states.reduce((sum, state, s) => sum + (answers(system, state, regime.set, component, values) ? (planted[c]?.[s] as number) : 0), 0),
    );
    return { names, mass };
  });
  return assignments(
    system,
    system.variables.map(({ name }) => name),
  )
    .filter((at) => Object.entries(regime.fixed ?? {}).every(([name, value]) => at[name] === value))
    .map((at) => ({
      at,
      probability: tables.reduce((product, { names, mass }) => product * (mass[position(system, names, at)] as number), 1),
    }));
}

/** Does the state give the children these values, where their parents have theirs (children that are set: anything)? */
export const answers = (system: System, state: State, set: readonly string[], component: readonly string[], values: Values): boolean =>
  component.every(
    (name) => set.includes(name) || state.get(name)?.[position(system, variableOf(system, name).parents, values)] === values[name],
  );

/** Every state with a positive mass, flat Dirichlet. */
export const plant = (draw: () => number, system: System): Planted =>
  system.components.map((component) => {
    const masses = Array.from({ length: stateCount(system, component) }, () => -Math.log(1 - draw()));
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    return masses.map((mass) => mass / total);
  });
