import type { Name } from '../graph/variable.ts';
import { planElimination, runPlan, sumProduct } from '../math/eliminate.ts';
import { type Factor, isTooLarge, rename } from '../math/factor.ts';
import { identity, indicatorOf, oneHot, responseAxis } from './counterfactual.ts';
import type { Parameters } from './jacobian.ts';
import { cardinality, type DiscreteModel, levelIndex, type Mechanism, mechanismOf } from './mechanism.ts';
import { type OpenSymbol, resolveWorlds, type Token, type WorldEvent } from './worlds.ts';

/** A factor of the target's network, and the variable whose parameters it holds, if any. */
interface Part {
  readonly factor: Factor;
  readonly variable?: Name;
}

/** The gradient of each cell of P(of | given) with respect to the free parameters. */
export function targetGradients(
  model: DiscreteModel,
  of: readonly WorldEvent[],
  given: readonly WorldEvent[],
  open: readonly OpenSymbol[],
  byResponse: ReadonlySet<Name>,
  parameters: Parameters,
): Float64Array[] | undefined {
  const top = jointGradient(model, [...of, ...given], open, byResponse, parameters);
  if (top === undefined || given.length === 0) return top?.gradients;
  const bottom = jointGradient(
    model,
    given,
    open.filter(({ part }) => part !== 'of'),
    byResponse,
    parameters,
  );
  if (bottom === undefined) return undefined;
  return top.gradients.map((gradient, cell) => {
    // Open events of `of` come first among the axes, so the condition's cell is the remainder.
    const below = cell % bottom.value.values.length;
    const condition = bottom.value.values[below] as number;
    const slope = bottom.gradients[below] as Float64Array;
    const joint = top.value.values[cell] as number;
    return gradient.map((entry, i) => entry / condition - (joint * (slope[i] as number)) / (condition * condition));
  });
}

/** P(events) over the open axes, and its gradient per cell. The probability is affine in each variable's parameters. */
function jointGradient(
  model: DiscreteModel,
  events: readonly WorldEvent[],
  open: readonly OpenSymbol[],
  byResponse: ReadonlySet<Name>,
  parameters: Parameters,
): { readonly value: Factor; readonly gradients: Float64Array[] } | undefined {
  const parts = networkParts(model, events, open, byResponse);
  const axes = open.map(({ symbol }) => symbol);
  const sizes = new Map(open.map(({ symbol, variable }) => [symbol, cardinality(model, variable)]));
  for (const { factor } of parts) for (const [i, axis] of factor.axes.entries()) sizes.set(axis, factor.sizes[i] as number);
  const value = sumProduct(
    parts.map(({ factor }) => factor),
    axes,
    sizes,
  );
  if (isTooLarge(value)) return undefined;
  const full = value.values.length * parameters.tableCells;
  const derivatives = new Float64Array(full);
  const weights = new Map<Name, Factor>();
  for (const [i, part] of parts.entries()) {
    if (part.variable === undefined) continue;
    const others = parts.filter((_, j) => j !== i).map(({ factor }) => factor);
    const keep = [...axes, ...part.factor.axes.filter((axis) => !axes.includes(axis))];
    const plan = planElimination(
      others.map((factor) => factor.axes),
      keep,
      sizes,
    );
    if ('tooLarge' in plan) return undefined;
    const derivative = runPlan(plan, others);
    if (byResponse.has(part.variable)) {
      weights.set(part.variable, derivative);
      continue;
    }
    scatter(derivative, axes, part.factor, derivatives, parameters.tableCells, parameters.offsets.get(part.variable) as number);
  }
  const gradients = Array.from({ length: value.values.length }, (_, cell) => {
    const gradient = new Float64Array(parameters.count);
    parameters.reduce(derivatives, cell * parameters.tableCells, gradient, 0);
    return gradient;
  });
  writeWeights(model, weights, byResponse, gradients);
  return { value, gradients };
}

/** Puts a derivative over (open axes, then the rest of the block's axes) at the cells of the block's table. */
function scatter(derivative: Factor, open: readonly string[], block: Factor, out: Float64Array, width: number, offset: number): void {
  const count = derivative.axes.length;
  const openStep = new Float64Array(count);
  const blockStep = new Float64Array(count);
  let stride = 1;
  for (let i = open.length - 1; i >= 0; i--) {
    openStep[i] = stride;
    stride *= derivative.sizes[i] as number;
  }
  stride = 1;
  for (let a = block.axes.length - 1; a >= 0; a--) {
    blockStep[derivative.axes.indexOf(block.axes[a] as string)] = stride;
    stride *= block.sizes[a] as number;
  }
  for (let cell = 0; cell < derivative.values.length; cell++) {
    let left = cell;
    let row = 0;
    let column = 0;
    for (let i = count - 1; i >= 0; i--) {
      const digit = left % (derivative.sizes[i] as number);
      left = Math.floor(left / (derivative.sizes[i] as number));
      row += digit * (openStep[i] as number);
      column += digit * (blockStep[i] as number);
    }
    out[row * width + offset + column] = derivative.values[cell] as number;
  }
}

/** Overwrites the entries of variables whose parameters are response weights. */
function writeWeights(
  model: DiscreteModel,
  weights: ReadonlyMap<Name, Factor>,
  byResponse: ReadonlySet<Name>,
  gradients: Float64Array[],
): void {
  let at = 0;
  for (const mechanism of model.mechanisms.values()) {
    const size = mechanism.table.sizes.at(-1) as number;
    if (!byResponse.has(mechanism.variable)) {
      at += mechanism.table.values.length - mechanism.table.values.length / size;
      continue;
    }
    const functions = (mechanism.response as NonNullable<Mechanism['response']>).weights.length;
    const derivative = weights.get(mechanism.variable)?.values;
    gradients.forEach((gradient, cell) => {
      const last = derivative?.[(cell + 1) * functions - 1] ?? 0;
      for (let k = 0; k < functions - 1; k++) gradient[at + k] = (derivative?.[cell * functions + k] ?? 0) - last;
    });
    at += functions - 1;
  }
}

/** The parallel-worlds network with every stated value as an indicator factor, so that blocks of parameters keep all their axes. */
function networkParts(
  model: DiscreteModel,
  events: readonly WorldEvent[],
  open: readonly OpenSymbol[],
  byResponse: ReadonlySet<Name>,
): Part[] {
  const worlds = resolveWorlds(
    {
      inputs: (variable) => mechanismOf(model, variable).inputs,
      levelIndex: (variable, value) => levelIndex(model, variable, value),
    },
    events,
    open,
  );
  const parts: Part[] = [];
  const constants = new Set<string>();
  const axisOf = (token: Token, variable: Name): string => {
    if (typeof token === 'string') return token;
    const axis = `\u0001${variable}=${token}`;
    if (!constants.has(axis)) parts.push({ factor: oneHot(axis, cardinality(model, variable), token) });
    constants.add(axis);
    return axis;
  };
  for (const [variable, copies] of worlds.copies) {
    const mechanism = mechanismOf(model, variable);
    const responses = byResponse.has(variable);
    const table = (responses ? indicatorOf(mechanism) : mechanism.table) as Factor;
    if (responses) {
      const { weights } = mechanism.response as NonNullable<Mechanism['response']>;
      parts.push({ variable, factor: { axes: [responseAxis(variable)], sizes: [weights.length], values: weights } });
    }
    for (const copy of copies) {
      const names: Record<string, string> = { [variable]: copy.axis };
      mechanism.inputs.forEach((input, i) => {
        names[input] = axisOf(copy.inputs[i] as Token, input);
      });
      const factor = rename(table, names);
      parts.push(responses ? { factor } : { factor, variable });
    }
  }
  const openEvents = open.filter(({ part }) => part !== 'set').map(({ symbol }) => symbol);
  events.forEach((event, i) => {
    const token = axisOf(worlds.tokens[i] as Token, event.variable);
    const size = cardinality(model, event.variable);
    if (event.value === undefined) parts.push({ factor: identity(openEvents.shift() as string, token, size) });
    else parts.push({ factor: oneHot(token, size, levelIndex(model, event.variable, event.value)) });
  });
  return parts;
}
