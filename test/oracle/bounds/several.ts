import { valueIn } from './bounds.ts';
import type { Interval } from './closed.ts';
import { systemOf } from './families.ts';
import { maximise, minimise } from './simplex.ts';
import { type Planted, plant, position, type Query, type Regime, type System, stateCount, tableOf, type Values } from './system.ts';

/** A model with one hidden root per arc: components that share none. Names of hidden roots begin with `U`. */
export interface ExplicitModel {
  readonly levels: Readonly<Record<string, number>>;
  readonly arrows: readonly string[];
  readonly arcs: readonly string[];
  readonly system: System;
  readonly planted: Planted;
}

/** Hidden roots with `hiddenLevels` levels; every variable has private noise too, little of it. */
export function explicitModel(
  draw: () => number,
  levels: Readonly<Record<string, number>>,
  arrows: readonly string[],
  arcs: readonly string[],
  hiddenLevels = 2,
): ExplicitModel {
  const hidden = arcs.map((_, i) => `U${i}`);
  const system = systemOf(
    { ...Object.fromEntries(hidden.map((name) => [name, hiddenLevels])), ...levels },
    [...arrows, ...arcs.flatMap((arc, i) => arc.split(' ').map((child) => `U${i}>${child}`))],
    [],
  );
  const planted = plant(draw, system).map((masses, c) => {
    if (hidden.includes(system.components[c]?.[0] as string)) return masses;
    const favourite = Math.floor(draw() * masses.length);
    return masses.map((mass, s) => 0.2 * mass + (s === favourite ? 0.8 : 0));
  });
  return { levels, arrows, arcs, system, planted };
}

/** The margin of one regime over what is not hidden. */
export function seen(system: System, planted: Planted, regime: Regime): { readonly at: Values; readonly probability: number }[] {
  const names = system.variables.map(({ name }) => name).filter((name) => !name.startsWith('U'));
  const sums = new Map<number, { at: Values; probability: number }>();
  for (const { at, probability } of tableOf(system, planted, regime)) {
    const key = position(system, names, at);
    const kept = sums.get(key) ?? { at: Object.fromEntries(names.map((name) => [name, at[name] as number])), probability: 0 };
    kept.probability += probability;
    sums.set(key, kept);
  }
  return [...sums.values()];
}

/**
 * What models attain that differ from the planted one in one hidden root alone: its canonical distribution is free, full-joint
 * tables of every regime stay. A linear programme for each root; the hull of their intervals. Queries without a condition.
 */
export function slices({ levels, arrows, arcs, system, planted }: ExplicitModel, regimes: readonly Regime[], query: Query): Interval {
  let hull: Interval = [valueIn(system, planted, query), valueIn(system, planted, query)];
  for (const [k, arc] of arcs.entries()) {
    const others = arcs.flatMap((other, i) => (i === k ? [] : [{ name: `U${i}`, children: other.split(' ') }]));
    const hiddenLevels = Object.fromEntries(
      others.map(({ name }) => [name, system.variables.find((one) => one.name === name)?.levels ?? 0]),
    );
    const free = systemOf(
      { ...hiddenLevels, ...levels },
      [...arrows, ...others.flatMap(({ name, children }) => children.map((child) => `${name}>${child}`))],
      [arc],
    );
    const fixed = free.components.map((component) => planted[system.components.findIndex((own) => own.join() === component.join())] ?? []);
    hull = programme(free, fixed, 0, regimes, query, (regime) => seen(system, planted, regime), hull);
  }
  return hull;
}

/** All hidden roots of the model merged into one: an outer interval. */
export function merged({ levels, arrows, system, planted }: ExplicitModel, regimes: readonly Regime[], query: Query): Interval {
  const one = systemOf(levels, arrows, [Object.keys(levels).join(' ')]);
  const nothing: Interval = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return programme(one, [[]], 0, regimes, query, (regime) => seen(system, planted, regime), nothing);
}

function programme(
  system: System,
  fixed: Planted,
  free: number,
  regimes: readonly Regime[],
  query: Query,
  truth: (regime: Regime) => readonly { readonly at: Values; readonly probability: number }[],
  hull: Interval,
): Interval {
  const count = stateCount(system, system.components[free] as readonly string[]);
  const vertexOf = (s: number): Planted =>
    fixed.map((masses, c) => (c === free ? Array.from({ length: count }, (_, i) => (i === s ? 1 : 0)) : masses));
  const columns = Array.from({ length: count }, (_, s) => ({
    cells: regimes.flatMap((regime) => seen(system, vertexOf(s), regime).map(({ probability }) => probability)),
    value: valueIn(system, vertexOf(s), query),
  }));
  const right = regimes.flatMap((regime) => truth(regime).map(({ probability }) => probability));
  const matrix = right.map((_, i) => columns.map(({ cells }) => cells[i] as number));
  const cost = columns.map(({ value }) => value);
  const [least, most] = [minimise(cost, matrix, right), maximise(cost, matrix, right)];
  if (least.status !== 'optimal' || most.status !== 'optimal') throw new Error('the planted model does not fit its own tables');
  return [Math.min(hull[0], least.value), Math.max(hull[1], most.value)];
}
