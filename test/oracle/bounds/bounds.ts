import { maximise, minimise, type Optimum, walkVertices } from './simplex.ts';
import {
  answers,
  assignments,
  contextOf,
  holds,
  type Planted,
  type Query,
  type Regime,
  relevantTo,
  type State,
  type System,
  statesOf,
} from './system.ts';

export interface OracleBounds {
  readonly lower: number;
  readonly upper: number;
  /** Models that attain the bounds: masses over the states of every component. */
  readonly lowerModel: Planted;
  readonly upperModel: Planted;
  /** Vertex products that were tried. */
  readonly products: number;
}

export interface OracleLimits {
  /** Joint behaviours of the relevant components (default 100,000). */
  readonly behaviours?: number;
  /** Products of vertices (default 3,000). */
  readonly products?: number;
  /** Columns of the component that is left to the linear programme (default 300). */
  readonly columns?: number;
}

interface Component {
  readonly index: number;
  readonly states: readonly State[];
  /** The states' answers on relevant children: `behaviours[behaviour]`. */
  readonly behaviours: readonly State[];
  /** States with equal constraints and behaviour are one column. */
  readonly columns: readonly { readonly state: number; readonly behaviour: number }[];
  readonly matrix: number[][];
  readonly right: number[];
}

/**
 * The sharp bounds of a query over all models that give the planted model's tables in every regime, by enumeration: the value of a
 * query in every joint behaviour comes from simulating the equations forward; the value is multilinear in the components, so that
 * all but the largest run through their vertices and the last is a linear programme. undefined: over a limit, or the condition can
 * have probability 0.
 */
export function enumeratedBounds(
  system: System,
  planted: Planted,
  regimes: readonly Regime[],
  query: Query,
  limits: OracleLimits = {},
): OracleBounds | undefined {
  const relevant = relevantTo(system, query);
  const components = system.components
    .map((component, index) => ({ component, index }))
    .filter(({ component }) => component.some((name) => relevant.has(name)))
    .map(({ index }) => prepare(system, planted, regimes, index, relevant))
    .sort((a, b) => a.columns.length - b.columns.length);
  const sizes = components.map(({ behaviours }) => behaviours.length);
  if (sizes.reduce((product, size) => product * size, 1) > (limits.behaviours ?? 100_000)) return undefined;
  if ((components.at(-1)?.columns.length ?? 0) > (limits.columns ?? 300)) return undefined;
  let partial: Partial[] = [{ ...tensors(system, query, components), points: [] }];
  for (const component of components.slice(0, -1)) {
    const vertices = walkVertices(component.matrix, component.right);
    if (vertices === undefined) return undefined;
    const next = new Map<string, Partial>();
    for (const one of partial)
      for (const vertex of vertices) {
        const contracted = contract(one, component, vertex);
        next.set(digest(contracted), contracted);
        if (next.size > (limits.products ?? 3000)) return undefined;
      }
    partial = [...next.values()];
  }
  const last = components.at(-1) as Component;
  let lower: { value: number; points: readonly (readonly number[])[] } | undefined;
  let upper: typeof lower;
  for (const { numerator, denominator, points } of partial) {
    const [least, most] = range(last, numerator, denominator);
    if (least?.status !== 'optimal' || most?.status !== 'optimal') return undefined;
    if (lower === undefined || least.value < lower.value) lower = { value: least.value, points: [...points, least.point] };
    if (upper === undefined || most.value > upper.value) upper = { value: most.value, points: [...points, most.point] };
  }
  if (lower === undefined || upper === undefined) throw new Error('the planted model does not fit its own tables');
  const model = (points: readonly (readonly number[])[]): Planted =>
    planted.map((own, c) => {
      const at = components.findIndex(({ index }) => index === c);
      const component = components[at];
      if (component === undefined) return own;
      const masses = Array<number>(component.states.length).fill(0);
      for (const [j, { state }] of component.columns.entries()) masses[state] = points[at]?.[j] as number;
      return masses;
    });
  return {
    lower: lower.value,
    upper: upper.value,
    lowerModel: model(lower.points),
    upperModel: model(upper.points),
    products: partial.length,
  };
}

/** All configurations of a component and its context in every regime, as rows over its states; the planted model gives the right-hand side. */
export function constraintsOf(
  system: System,
  index: number,
  regimes: readonly Regime[],
  states: readonly State[],
  masses: readonly number[],
): { readonly matrix: number[][]; readonly right: number[] } {
  const component = system.components[index] as readonly string[];
  const names = [...contextOf(system, component), ...component];
  const rows = new Map<string, number[]>([[states.map(() => 1).join(''), states.map(() => 1)]]);
  for (const { set, fixed = {} } of regimes) {
    if (component.every((name) => set.includes(name))) continue;
    for (const values of assignments(system, names)) {
      if (Object.entries(fixed).some(([name, value]) => values[name] !== undefined && values[name] !== value)) continue;
      const row = states.map((state) => (answers(system, state, set, component, values) ? 1 : 0));
      rows.set(row.join(''), row);
    }
  }
  const matrix = [...rows.values()];
  return { matrix, right: matrix.map((row) => row.reduce<number>((sum, one, s) => sum + one * (masses[s] as number), 0)) };
}

function prepare(system: System, planted: Planted, regimes: readonly Regime[], index: number, relevant: ReadonlySet<string>): Component {
  const component = system.components[index] as readonly string[];
  const states = statesOf(system, component);
  const { matrix, right } = constraintsOf(system, index, regimes, states, planted[index] as readonly number[]);
  const behaviours: State[] = [];
  const behaviourOf = new Map<string, number>();
  const columns = new Map<string, { state: number; behaviour: number }>();
  for (const [s, state] of states.entries()) {
    const kept = new Map([...state].filter(([name]) => relevant.has(name)));
    const key = [...kept.values()].map((values) => values.join('')).join('|');
    const behaviour = behaviourOf.get(key) ?? behaviours.push(kept) - 1;
    behaviourOf.set(key, behaviour);
    columns.set(`${key};${matrix.map((row) => row[s]).join('')}`, { state: s, behaviour });
  }
  const kept = [...columns.values()];
  return { index, states, behaviours, columns: kept, matrix: matrix.map((row) => kept.map(({ state }) => row[state] as number)), right };
}

interface Partial {
  /** Over the behaviours of the components that are left, row-major. */
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
  readonly points: readonly (readonly number[])[];
}

function tensors(system: System, query: Query, components: readonly Component[]): Pick<Partial, 'numerator' | 'denominator'> {
  const total = components.reduce((product, { behaviours }) => product * behaviours.length, 1);
  const numerator = new Float64Array(total);
  const denominator = new Float64Array(total).fill(1);
  for (let at = 0; at < total; at++) {
    const functions = new Map<string, readonly number[]>();
    let rest = at;
    for (const { behaviours } of components.toReversed()) {
      for (const [name, values] of behaviours[rest % behaviours.length] as State) functions.set(name, values);
      rest = Math.floor(rest / behaviours.length);
    }
    const given = query.given === undefined || holds(system, functions, query.given);
    denominator[at] = given ? 1 : 0;
    if (!given) continue;
    for (const { weight, events } of query.terms) if (holds(system, functions, events)) numerator[at] = (numerator[at] as number) + weight;
  }
  return { numerator, denominator };
}

function contract(partial: Partial, { behaviours, columns }: Component, vertex: readonly number[]): Partial {
  const weights = behaviours.map(() => 0);
  for (const [j, { behaviour }] of columns.entries()) weights[behaviour] = (weights[behaviour] as number) + (vertex[j] as number);
  const along = (tensor: Float64Array): Float64Array => {
    const rest = tensor.length / behaviours.length;
    const sum = new Float64Array(rest);
    for (const [b, weight] of weights.entries())
      if (weight !== 0) for (let i = 0; i < rest; i++) sum[i] = (sum[i] as number) + weight * (tensor[b * rest + i] as number);
    return sum;
  };
  return { numerator: along(partial.numerator), denominator: along(partial.denominator), points: [...partial.points, vertex] };
}

const digest = ({ numerator, denominator }: Partial): string =>
  [...numerator, ...denominator].map((value) => Math.round(value * 1e10)).join();

function range({ columns, matrix, right }: Component, numerator: Float64Array, denominator: Float64Array): [Optimum?, Optimum?] {
  const top = columns.map(({ behaviour }) => numerator[behaviour] as number);
  const bottom = columns.map(({ behaviour }) => denominator[behaviour] as number);
  if (bottom.every((value) => value === 1)) return [minimise(top, matrix, right), maximise(top, matrix, right)];
  const least = minimise(bottom, matrix, right);
  if (least.status !== 'optimal' || least.value < 1e-9) return [];
  const rows = [...matrix.map((row, i) => [...row, -(right[i] as number)]), [...bottom, 0]];
  const sides = [...right.map(() => 0), 1];
  const scaled = (found: Optimum): Optimum => {
    if (found.status !== 'optimal') return found;
    const scale = found.point.at(-1) as number;
    return { ...found, point: found.point.slice(0, -1).map((x) => x / scale) };
  };
  return [scaled(minimise([...top, 0], rows, sides)), scaled(maximise([...top, 0], rows, sides))];
}

/** The query's value in one model, by simulating every joint behaviour. */
export function valueIn(system: System, model: Planted, query: Query): number {
  const relevant = relevantTo(system, query);
  const components = system.components.map((component, c) => {
    const masses = new Map<string, { state: State; mass: number }>();
    for (const [s, state] of statesOf(system, component).entries()) {
      const mass = model[c]?.[s] as number;
      if (mass === 0) continue;
      const kept = new Map([...state].filter(([name]) => relevant.has(name)));
      const key = [...kept.values()].map((values) => values.join('')).join('|');
      masses.set(key, { state: kept, mass: mass + (masses.get(key)?.mass ?? 0) });
    }
    return [...masses.values()];
  });
  let numerator = 0;
  let denominator = 0;
  const visit = (c: number, functions: State, mass: number): void => {
    const component = components[c];
    if (component !== undefined) {
      for (const one of component) visit(c + 1, new Map([...functions, ...one.state]), mass * one.mass);
      return;
    }
    if (query.given !== undefined && !holds(system, functions, query.given)) return;
    denominator += mass;
    for (const { weight, events } of query.terms) if (holds(system, functions, events)) numerator += weight * mass;
  };
  visit(0, new Map(), 1);
  return numerator / denominator;
}
