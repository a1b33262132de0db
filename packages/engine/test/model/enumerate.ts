import type { Name } from '../../src/graph/variable.ts';
import type { DiscreteModel, Mechanism } from '../../src/model/mechanism.ts';
import type { WorldEvent } from '../../src/model/worlds.ts';

/** How many joint choices there are. */
export const stateCount = (model: DiscreteModel): number =>
  [...model.mechanisms.values()].reduce((count, mechanism) => count * (mechanism.response?.weights.length ?? 0), 1);

/** Every joint choice of response functions with its probability: the whole exogenous state of a small model. */
export function* exogenousStates(model: DiscreteModel): Generator<{ choice: ReadonlyMap<Name, number>; probability: number }> {
  const list = [...model.mechanisms.values()];
  const choice = new Map<Name, number>();
  function* from(i: number, probability: number): Generator<{ choice: ReadonlyMap<Name, number>; probability: number }> {
    const mechanism = list[i];
    if (mechanism === undefined) {
      yield { choice, probability };
      return;
    }
    const weights = mechanism.response?.weights ?? [];
    for (let k = 0; k < weights.length; k++) {
      choice.set(mechanism.variable, k);
      yield* from(i + 1, probability * (weights[k] as number));
    }
  }
  yield* from(0, 1);
}

/** The level a variable takes in a world, by following the equations, nothing shared, nothing merged. */
export function evaluate(
  model: DiscreteModel,
  choice: ReadonlyMap<Name, number>,
  event: WorldEvent,
  open: ReadonlyMap<Name, number>,
): number {
  const world = new Map<Name, number>();
  for (const { variable, value } of event.world) {
    if (value === undefined) world.set(variable, open.get(variable) as number);
    else if (typeof value === 'string') world.set(variable, (model.levels.get(variable) as readonly string[]).indexOf(value));
    else world.set(variable, evaluate(model, choice, value, open));
  }
  const follow = (variable: Name): number => {
    const set = world.get(variable);
    if (set !== undefined) return set;
    const mechanism = model.mechanisms.get(variable) as Mechanism;
    let cell = 0;
    mechanism.inputs.forEach((input, i) => {
      cell = cell * (mechanism.table.sizes[i] as number) + follow(input);
    });
    const cells = mechanism.table.values.length / (mechanism.table.sizes.at(-1) as number);
    return (mechanism.response as NonNullable<Mechanism['response']>).outputs[(choice.get(variable) as number) * cells + cell] as number;
  };
  return follow(event.variable);
}

/** P(of | given) with every value stated, open settings taken from `open`: the definition. */
export function bruteForce(
  model: DiscreteModel,
  of: readonly WorldEvent[],
  given: readonly WorldEvent[],
  open: ReadonlyMap<Name, number> = new Map(),
): number {
  let top = 0;
  let bottom = 0;
  const holds = (choice: ReadonlyMap<Name, number>, event: WorldEvent): boolean =>
    (model.levels.get(event.variable) as readonly string[])[evaluate(model, choice, event, open)] === event.value;
  for (const { choice, probability } of exogenousStates(model)) {
    if (!given.every((event) => holds(choice, event))) continue;
    bottom += probability;
    if (of.every((event) => holds(choice, event))) top += probability;
  }
  return bottom === 0 ? Number.NaN : top / bottom;
}
