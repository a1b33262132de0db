import type { Name, Value } from '../graph/variable.ts';
import { sumProduct } from '../math/eliminate.ts';
import { align, divide, type Factor, rename, restrict, scalar, type TooLarge } from '../math/factor.ts';
import type { ExactOptions } from './exact.ts';
import { cardinality, type DiscreteModel, levelsOf, type Mechanism } from './scm.ts';

/** `X = 1` in a world; no value: every value of X, one axis for all worlds; an event: the value it would have in its own world. */
export interface WorldSetting {
  readonly variable: Name;
  readonly value?: Value | WorldEvent;
}

/** `Y[X=1] = 1`; no value: every value of Y, an axis of the answer. The terms of a query have this shape. */
export interface WorldEvent {
  readonly variable: Name;
  readonly world: readonly WorldSetting[];
  readonly value?: Value;
}

export interface OpenSymbol {
  readonly symbol: string;
  readonly variable: Name;
  readonly part: 'of' | 'given' | 'set';
}

/** The model knows only the conditional table of a variable that the question needs in several worlds at once. */
export interface NeedsResponses {
  readonly needsResponses: Name;
}

/**
 * The axes of the answer to P(of | given): open events of `of`, then of `given`, then open settings of any world, each in order
 * of appearance. An axis has its variable's name; later axes of the same variable are primed (`Y'`).
 */
export function openSymbols(of: readonly WorldEvent[], given: readonly WorldEvent[] = []): OpenSymbol[] {
  const open: OpenSymbol[] = [];
  const used = new Set<string>();
  const add = (variable: Name, part: OpenSymbol['part']): void => {
    let symbol = variable;
    while (used.has(symbol)) symbol += "'";
    used.add(symbol);
    open.push({ symbol, variable, part });
  };
  for (const event of of) if (event.value === undefined) add(event.variable, 'of');
  for (const event of given) if (event.value === undefined) add(event.variable, 'given');
  const settings = new Set<Name>();
  const visit = (event: WorldEvent): void => {
    for (const { variable, value } of event.world) {
      if (value === undefined) settings.add(variable);
      else if (typeof value !== 'string') visit(value);
    }
  };
  for (const event of [...of, ...given]) visit(event);
  for (const variable of settings) add(variable, 'set');
  return open;
}

/**
 * The exact probability of events in any number of worlds, nested ones included, given others: P(of | given) as a table over
 * {@link openSymbols} (no axes: a number); NaN where the condition has probability 0.
 *
 * Method: the network of parallel worlds. A variable has one copy for every distinct list of symbols at its inputs (so worlds
 * share what they cannot disagree about); all copies read the same response-function variable and the same hidden causes;
 * then variable elimination.
 */
export function exactCounterfactual(
  model: DiscreteModel,
  of: readonly WorldEvent[],
  given: readonly WorldEvent[] = [],
  options: ExactOptions = {},
): Factor | TooLarge | NeedsResponses {
  const open = openSymbols(of, given);
  const below = open.filter(({ part }) => part !== 'of');
  const top = jointOver(model, [...of, ...given], open, options);
  if (!isTable(top) || given.length === 0) return top;
  const bottom = jointOver(model, given, below, options);
  if (!isTable(bottom)) return bottom;
  return align(
    divide(top, bottom),
    open.map(({ symbol }) => symbol),
  );
}

export const isTable = (result: Factor | TooLarge | NeedsResponses): result is Factor => 'values' in result;

function jointOver(
  model: DiscreteModel,
  events: readonly WorldEvent[],
  open: readonly OpenSymbol[],
  options: ExactOptions,
): Factor | TooLarge | NeedsResponses {
  const network = worldNetwork(model, events, open, false);
  if (!Array.isArray(network)) return network;
  const sizes = new Map(open.map(({ symbol, variable }) => [symbol, cardinality(model, variable)]));
  return sumProduct(
    network,
    open.map(({ symbol }) => symbol),
    sizes,
    options,
  );
}

/** The name of the axis that holds which response function a variable follows. */
export const responseAxis = (variable: Name): string => `\u0001response ${variable}`;

/** A symbol stands for a level index or for an axis of the network. */
type Token = number | string;

/**
 * The factors of the parallel-worlds network whose product, summed over all axes but the open ones, is the probability of the
 * events. With `responses`, every variable keeps its response axis (for derivatives); otherwise a variable with one copy
 * uses its conditional table.
 */
export function worldNetwork(
  model: DiscreteModel,
  events: readonly WorldEvent[],
  open: readonly OpenSymbol[],
  responses: boolean,
): Factor[] | NeedsResponses {
  const copies = new Map<Name, Map<string, { readonly inputs: readonly Token[]; readonly axis: string }>>();
  const openSetting = (variable: Name): string => {
    const found = open.find((axis) => axis.part === 'set' && axis.variable === variable);
    if (found === undefined) throw new Error(`No open axis for the setting of ${variable}.`);
    return found.symbol;
  };

  const levelIndex = (variable: Name, value: Value): number => {
    const index = levelsOf(model, variable).indexOf(value);
    if (index < 0) throw new Error(`${variable} has no level ${value}.`);
    return index;
  };

  const symbolOf = (event: WorldEvent): Token => {
    const world = new Map<Name, Token>();
    for (const { variable, value } of event.world) {
      if (value === undefined) world.set(variable, openSetting(variable));
      else if (typeof value === 'string') world.set(variable, levelIndex(variable, value));
      else world.set(variable, symbolOf(value));
    }
    const known = new Map<Name, Token>(world);
    const resolve = (variable: Name): Token => {
      const done = known.get(variable);
      if (done !== undefined) return done;
      const inputs = mechanismAt(model, variable).inputs.map(resolve);
      const own = copies.get(variable) ?? new Map<string, { readonly inputs: readonly Token[]; readonly axis: string }>();
      copies.set(variable, own);
      const key = JSON.stringify(inputs);
      const copy = own.get(key) ?? { inputs, axis: `\u0001${own.size} ${variable}` };
      own.set(key, copy);
      known.set(variable, copy.axis);
      return copy.axis;
    };
    return resolve(event.variable);
  };

  const symbols = events.map(symbolOf);
  const evidence = new Map<string, number>();
  const factors: Factor[] = [];
  const isSetting = (symbol: string): boolean => open.some((axis) => axis.symbol === symbol);
  const openEvents = open.filter(({ part }) => part !== 'set');
  let next = 0;
  for (const [i, event] of events.entries()) {
    const symbol = symbols[i] as Token;
    const size = cardinality(model, event.variable);
    if (event.value === undefined) {
      const axis = (openEvents[next] as OpenSymbol).symbol;
      next += 1;
      factors.push(typeof symbol === 'number' ? oneHot(axis, size, symbol) : identity(axis, symbol, size));
      continue;
    }
    const index = levelIndex(event.variable, event.value);
    if (typeof symbol === 'number') {
      if (symbol !== index) factors.push(scalar(0));
    } else if (isSetting(symbol)) factors.push(oneHot(symbol, size, index));
    else if ((evidence.get(symbol) ?? index) !== index) factors.push(scalar(0));
    else evidence.set(symbol, index);
  }

  for (const [variable, own] of copies) {
    const mechanism = mechanismAt(model, variable);
    if (!responses && own.size === 1) {
      for (const copy of own.values()) factors.push(place(mechanism.table, [...copy.inputs, copy.axis]));
      continue;
    }
    const table = indicatorOf(model, mechanism);
    if (table === undefined) return { needsResponses: variable };
    const axis = responseAxis(variable);
    const { weights } = mechanism.response as NonNullable<Mechanism['response']>;
    factors.push({ axes: [axis], sizes: [weights.length], values: weights });
    for (const copy of own.values()) factors.push(place(table, [axis, ...copy.inputs, copy.axis]));
  }
  return factors.map((factor) => factor.axes.reduce((rest, axis) => atEvidence(rest, axis, evidence), factor));
}

const atEvidence = (factor: Factor, axis: string, evidence: ReadonlyMap<string, number>): Factor => {
  const index = evidence.get(axis);
  return index === undefined ? factor : restrict(factor, axis, index);
};

function mechanismAt(model: DiscreteModel, variable: Name): Mechanism {
  const mechanism = model.mechanisms.get(variable);
  if (mechanism === undefined) throw new Error(`The model has no variable ${variable}.`);
  return mechanism;
}

/** The factor with its axes renamed to symbols in order; a level index fixes its axis. */
function place(factor: Factor, symbols: readonly Token[]): Factor {
  let placed = factor;
  const names: Record<string, string> = {};
  factor.axes.forEach((axis, i) => {
    const symbol = symbols[i] as Token;
    if (typeof symbol === 'number') placed = restrict(placed, axis, symbol);
    else names[axis] = symbol;
  });
  return rename(placed, names);
}

/** 1 where the response function gives that level at those inputs; axes response, inputs, variable. */
function indicatorOf(model: DiscreteModel, mechanism: Mechanism): Factor | undefined {
  const { response, table, variable } = mechanism;
  if (response === undefined) return undefined;
  const size = cardinality(model, variable);
  const values = new Float64Array(response.outputs.length * size);
  response.outputs.forEach((level, at) => {
    values[at * size + level] = 1;
  });
  return { axes: [responseAxis(variable), ...table.axes], sizes: [response.weights.length, ...table.sizes], values };
}

const oneHot = (axis: string, size: number, index: number): Factor => {
  const values = new Float64Array(size);
  values[index] = 1;
  return { axes: [axis], sizes: [size], values };
};

function identity(a: string, b: string, size: number): Factor {
  const values = new Float64Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return { axes: [a, b], sizes: [size, size], values };
}
