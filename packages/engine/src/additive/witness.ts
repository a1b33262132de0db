import type { Name, Value } from '../graph/variable.ts';
import { isTooLarge } from '../math/factor.ts';
import { exactDistribution } from '../model/exact.ts';
import { type DiscreteModel, type Mechanism, mechanismFrom, numberedLevels } from '../model/mechanism.ts';

/** P(Y, watched | do(set)) of one model, cell by cell. */
export interface WitnessLaw {
  readonly set: Readonly<Record<Name, Value>>;
  readonly cells: readonly { readonly at: Readonly<Record<Name, Value>>; readonly probability: number }[];
}

export interface WitnessModel {
  readonly name: string;
  readonly equations: readonly string[];
  readonly model: DiscreteModel;
  /** Observation, and each action set to 0 and to 1. */
  readonly laws: readonly WitnessLaw[];
  /** P(Y=1 | do(A1=0, A2=1)) = E[Y | do(A1=0, A2=1)]. */
  readonly joint: number;
}

/** Two models that no observation and no single intervention tells apart, with different joint effects. */
export interface Witness {
  readonly outcome: Name;
  readonly actions: readonly [Name, Name];
  /** P(U=1) = P(V=1) = P(C=1). */
  readonly probability: number;
  readonly models: readonly [WitnessModel, WitnessModel];
  /** Largest difference between a cell of their laws: 0 but for rounding. */
  readonly gap: number;
  readonly says: readonly string[];
}

/**
 * Why a joint effect needs an assumption: example 1 of Kekić, Garrido Mejia and Schölkopf 2025, with the names of the question. Both models
 * have C := W, A1 := C, A2 := A1 and C and V; in the first Y := A1 and A2 and C and U, in the second Y := A2 and C and U. They differ under
 * do(A1=0, A2=1), where P(Y=1) is 0 and p^2 (the printed p leaves out that both C and U must be 1). 0 < p < 1.
 */
export function jointEffectWitness(outcome: Name = 'Y', actions: readonly [Name, Name] = ['A1', 'A2'], p = 0.5): Witness {
  const [first, second] = actions;
  const taken = new Set<Name>([outcome, first, second]);
  const fresh = (name: Name): Name => (taken.has(name) ? fresh(`${name}'`) : name);
  const [hidden, noise, own] = [fresh('C'), fresh('U'), fresh('V')];
  const modelOf = (name: string, causes: readonly Name[]): WitnessModel => {
    const mechanisms = [
      coin(hidden, p),
      coin(noise, p),
      coin(own, p),
      all(first, [hidden]),
      all(second, [first, hidden, own]),
      all(outcome, [...causes, hidden, noise]),
    ];
    const model: DiscreteModel = {
      mechanisms: new Map(mechanisms.map((mechanism) => [mechanism.variable, mechanism])),
      levels: new Map(mechanisms.map(({ variable }) => [variable, numberedLevels(2)])),
      observed: [first, second, outcome],
    };
    const and = (names: readonly Name[]): string => names.join(' and ');
    const equations = [
      `${first} := ${hidden}`,
      `${second} := ${and([first, hidden, own])}`,
      `${outcome} := ${and([...causes, hidden, noise])}`,
    ];
    const laws = [
      lawOf(model, [outcome, first, second], {}),
      ...['0', '1'].map((value) => lawOf(model, [outcome, second], { [first]: value })),
      ...['0', '1'].map((value) => lawOf(model, [outcome, first], { [second]: value })),
    ];
    const joint = lawOf(model, [outcome], { [first]: '0', [second]: '1' }).cells.find(({ at }) => at[outcome] === '1')?.probability ?? 0;
    return { name, equations, model, laws, joint };
  };
  const [one, two] = [modelOf('model 1', [first, second]), modelOf('model 2', [second])];
  const gap = one.laws.reduce(
    (worst, law, i) =>
      law.cells.reduce(
        (most, cell, j) => Math.max(most, Math.abs(cell.probability - (two.laws[i]?.cells[j]?.probability ?? Number.NaN))),
        worst,
      ),
    0,
  );
  const question = `E[${outcome} | do(${first}=0, ${second}=1)]`;
  return {
    outcome,
    actions,
    probability: p,
    models: [one, two],
    gap,
    says: [
      `Without an assumption on how ${outcome} comes about, single interventions and observation do not determine a joint effect.`,
      `Let ${hidden}, ${noise}, ${own} be independent, each 1 with probability ${p}. Model 1: ${one.equations.join('; ')}. Model 2: ${two.equations.join('; ')}.`,
      `Both have the same law when watched, when ${first} is set and when ${second} is set (largest difference ${short(gap)}), but ${question} is ${short(one.joint)} in model 1 and ${short(two.joint)} in model 2.`,
      `If ${outcome} is a sum of a part of ${first} and a part of ${second}, say so: assume additive(${outcome}; ${first}, ${second}).`,
    ],
  };
}

const short = (x: number): number => Number(x.toPrecision(6));
const coin = (variable: Name, p: number): Mechanism =>
  mechanismFrom(variable, 2, [], [], { weights: Float64Array.of(1 - p, p), outputs: Uint16Array.of(0, 1) });

/** 1 where all inputs are 1. */
function all(variable: Name, inputs: readonly Name[]): Mechanism {
  const cells = 2 ** inputs.length;
  const outputs = new Uint16Array(cells);
  outputs[cells - 1] = 1;
  return mechanismFrom(
    variable,
    2,
    inputs,
    inputs.map(() => 2),
    { weights: Float64Array.of(1), outputs },
  );
}

function lawOf(model: DiscreteModel, of: readonly Name[], set: Readonly<Record<Name, Value>>): WitnessLaw {
  const names = Object.keys(set);
  const table = exactDistribution(model, { of, set: names });
  if (isTooLarge(table)) throw new Error('the example is small');
  const cells: { at: Record<Name, Value>; probability: number }[] = [];
  for (const [cell, probability] of table.values.entries()) {
    let rest = cell;
    const at: Record<Name, Value> = {};
    for (let axis = table.axes.length - 1; axis >= 0; axis--) {
      const size = table.sizes[axis] as number;
      at[table.axes[axis] as Name] = String(rest % size);
      rest = Math.floor(rest / size);
    }
    if (names.every((name) => at[name] === set[name])) cells.push({ at, probability });
  }
  return { set, cells };
}
