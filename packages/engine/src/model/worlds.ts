import type { Name, Value } from '../graph/variable.ts';

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

/** A level index, or an axis that holds one. */
export type Token = number | string;

/** One version of a variable: what stands at its inputs, and the axis of its value. */
export interface Copy {
  readonly inputs: readonly Token[];
  readonly axis: string;
}

export interface Worlds {
  /** Per variable, its distinct versions; only variables that bear on the events, inputs before those that read them. */
  readonly copies: ReadonlyMap<Name, readonly Copy[]>;
  /** Per event, where its value is found. */
  readonly tokens: readonly Token[];
}

export interface Structure {
  inputs(variable: Name): readonly Name[];
  levelIndex(variable: Name, value: Value): number;
}

/**
 * The parallel worlds of the events, merged: a variable has one copy for every distinct list of tokens at its inputs, for equal
 * inputs and equal noise give equal values. What no intervention reaches is thus shared by all worlds.
 */
export function resolveWorlds(structure: Structure, events: readonly WorldEvent[], open: readonly OpenSymbol[]): Worlds {
  const copies = new Map<Name, Map<string, Copy>>();
  const setting = new Map(open.filter(({ part }) => part === 'set').map(({ variable, symbol }) => [variable, symbol]));
  const tokenOf = (event: WorldEvent): Token => {
    const known = new Map<Name, Token>();
    for (const { variable, value } of event.world) {
      if (value === undefined) known.set(variable, setting.get(variable) as string);
      else if (typeof value === 'string') known.set(variable, structure.levelIndex(variable, value));
      else known.set(variable, tokenOf(value));
    }
    const resolve = (variable: Name): Token => {
      const done = known.get(variable);
      if (done !== undefined) return done;
      const inputs = structure.inputs(variable).map(resolve);
      const own = copies.get(variable) ?? new Map<string, Copy>();
      copies.set(variable, own);
      const key = JSON.stringify(inputs);
      const copy = own.get(key) ?? { inputs, axis: `\u0001${own.size} ${variable}` };
      own.set(key, copy);
      known.set(variable, copy.axis);
      return copy.axis;
    };
    return resolve(event.variable);
  };
  const tokens = events.map(tokenOf);
  return { copies: new Map([...copies].map(([name, own]) => [name, [...own.values()]])), tokens };
}
