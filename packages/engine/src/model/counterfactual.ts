import type { Name } from '../graph/variable.ts';
import { sumProduct } from '../math/eliminate.ts';
import { align, divide, type Factor, rename, restrict, scalar, type TooLarge } from '../math/factor.ts';
import type { ExactOptions } from './exact.ts';
import { cardinality, type DiscreteModel, levelIndex, type Mechanism, mechanismOf } from './mechanism.ts';
import { type OpenSymbol, openSymbols, resolveWorlds, type Token, type WorldEvent } from './worlds.ts';

/** The model knows only the conditional table of a variable that the question needs in several worlds at once. */
export interface NeedsResponses {
  readonly needsResponses: Name;
}

export const isTable = (result: Factor | TooLarge | NeedsResponses): result is Factor => 'values' in result;

/**
 * The exact probability of events in any number of worlds, nested ones included, given others: P(of | given) as a table over
 * {@link openSymbols} (no axes: a number); NaN where the condition has probability 0.
 *
 * Method: the network of parallel worlds ({@link resolveWorlds}), in which all copies of a variable read the same
 * response-function variable and the same hidden causes; then variable elimination.
 */
export function exactCounterfactual(
  model: DiscreteModel,
  of: readonly WorldEvent[],
  given: readonly WorldEvent[] = [],
  options: ExactOptions = {},
): Factor | TooLarge | NeedsResponses {
  const open = openSymbols(of, given);
  const top = jointOver(model, [...of, ...given], open, options);
  if (!isTable(top) || given.length === 0) return top;
  const below = open.filter(({ part }) => part !== 'of');
  const bottom = jointOver(model, given, below, options);
  if (!isTable(bottom)) return bottom;
  return align(
    divide(top, bottom),
    open.map(({ symbol }) => symbol),
  );
}

function jointOver(
  model: DiscreteModel,
  events: readonly WorldEvent[],
  open: readonly OpenSymbol[],
  options: ExactOptions,
): Factor | TooLarge | NeedsResponses {
  const worlds = resolveWorlds(
    {
      inputs: (variable) => mechanismOf(model, variable).inputs,
      levelIndex: (variable, value) => levelIndex(model, variable, value),
    },
    events,
    open,
  );
  const factors: Factor[] = [];
  for (const [variable, copies] of worlds.copies) {
    const mechanism = mechanismOf(model, variable);
    const [only] = copies;
    if (only !== undefined && copies.length === 1) {
      factors.push(place(mechanism.table, [...only.inputs, only.axis]));
      continue;
    }
    const table = indicatorOf(mechanism);
    if (table === undefined || mechanism.response === undefined) return { needsResponses: variable };
    const axis = responseAxis(variable);
    factors.push({ axes: [axis], sizes: [mechanism.response.weights.length], values: mechanism.response.weights });
    for (const copy of copies) factors.push(place(table, [axis, ...copy.inputs, copy.axis]));
  }

  const symbols = new Set(open.map(({ symbol }) => symbol));
  const openEvents = open.filter(({ part }) => part !== 'set').map(({ symbol }) => symbol);
  const evidence = new Map<string, number>();
  for (const [i, event] of events.entries()) {
    const token = worlds.tokens[i] as Token;
    const size = cardinality(model, event.variable);
    if (event.value === undefined) {
      const axis = openEvents.shift() as string;
      factors.push(typeof token === 'number' ? oneHot(axis, size, token) : identity(axis, token, size));
      continue;
    }
    const index = levelIndex(model, event.variable, event.value);
    if (typeof token === 'number') factors.push(scalar(token === index ? 1 : 0));
    else if (symbols.has(token)) factors.push(oneHot(token, size, index));
    else if ((evidence.get(token) ?? index) !== index) factors.push(scalar(0));
    else evidence.set(token, index);
  }
  return sumProduct(
    factors.map((factor) => at(factor, evidence)),
    [...symbols],
    new Map(open.map(({ symbol, variable }) => [symbol, cardinality(model, variable)])),
    options,
  );
}

/** The name of the axis that holds which response function a variable follows. */
export const responseAxis = (variable: Name): string => `\u0001response ${variable}`;

/** 1 where the response function gives that level at those inputs; axes response, inputs, variable. */
export function indicatorOf(mechanism: Mechanism): Factor | undefined {
  const { response, table, variable } = mechanism;
  if (response === undefined) return undefined;
  const size = table.sizes.at(-1) as number;
  const values = new Float64Array(response.outputs.length * size);
  response.outputs.forEach((level, cell) => {
    values[cell * size + level] = 1;
  });
  return { axes: [responseAxis(variable), ...table.axes], sizes: [response.weights.length, ...table.sizes], values };
}

export function oneHot(axis: string, size: number, index: number): Factor {
  const values = new Float64Array(size);
  values[index] = 1;
  return { axes: [axis], sizes: [size], values };
}

export function identity(a: string, b: string, size: number): Factor {
  const values = new Float64Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return { axes: [a, b], sizes: [size, size], values };
}

/** The factor with its axes renamed to tokens in order; a level index fixes its axis. */
function place(factor: Factor, tokens: readonly Token[]): Factor {
  let placed = factor;
  const names: Record<string, string> = {};
  factor.axes.forEach((axis, i) => {
    const token = tokens[i] as Token;
    if (typeof token === 'number') placed = restrict(placed, axis, token);
    else names[axis] = token;
  });
  return rename(placed, names);
}

const at = (factor: Factor, evidence: ReadonlyMap<string, number>): Factor =>
  factor.axes.reduce((rest, axis) => {
    const index = evidence.get(axis);
    return index === undefined ? rest : restrict(rest, axis, index);
  }, factor);
