import type { ModelDocument } from '../bounds/equations.ts';
import type { Counts } from '../data/counts.ts';
import { countsStudy } from '../data/records.ts';
import type { Study } from '../data/study.ts';
import { createGraph, type Graph } from '../graph/graph.ts';
import type { Domain, Name } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { exactCounterfactual, isTable } from '../model/counterfactual.ts';
import { type DiscreteModel, type Mechanism, mechanismFrom, numberedLevels } from '../model/mechanism.ts';
import type { Equation, RandomScm } from './random-scm.ts';

const boolean: Domain = { kind: 'finite', levels: ['0', '1'] };

/** The graph with the causes as latent variables, and the domains of V1, ..., Vn. */
export function graphOfScm({ causes, equations }: RandomScm): { readonly graph: Graph; readonly domains: ReadonlyMap<Name, Domain> } {
  const made = createGraph({
    variables: [
      ...equations.map(({ variable }) => ({ name: variable, domain: boolean })),
      ...causes.map(({ name, chances }) => ({
        name,
        latent: true,
        domain: { kind: 'finite', levels: numberedLevels(chances.length) } as const,
      })),
    ],
    arrows: equations.flatMap((equation) => [...equation.causes, ...equation.parents].map((input) => [input, equation.variable] as const)),
    arcs: [],
  });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  return { graph: made.value, domains: new Map(equations.map(({ variable }) => [variable, boolean])) };
}

/** The structural equations, without the chances, as a problem document has them. */
export function equationsOf({ causes, equations }: RandomScm): ModelDocument {
  return {
    exogenous: Object.fromEntries(causes.map(({ name, chances, children }) => [name, { states: chances.length, children }])),
    equations: Object.fromEntries(
      equations.map(({ variable, causes: own, parents, outputs }) => [variable, { of: [...own, ...parents], values: [...outputs] }]),
    ),
  };
}

/** The same model for the exact answers of `model/counterfactual.ts`. */
export function discreteModelOf({ causes, equations }: RandomScm): DiscreteModel {
  const mechanisms = new Map<Name, Mechanism>();
  const levels = new Map<Name, string[]>();
  for (const { name, chances } of causes) {
    const values = Float64Array.from(chances);
    const response = { weights: values, outputs: Uint16Array.from(chances, (_, state) => state) };
    mechanisms.set(name, { variable: name, inputs: [], table: { axes: [name], sizes: [chances.length], values }, response });
    levels.set(name, numberedLevels(chances.length));
  }
  for (const { variable, causes: own, parents, outputs } of equations) {
    levels.set(variable, ['0', '1']);
    const inputs = [...own, ...parents];
    const sizes = inputs.map((input) => (levels.get(input) as string[]).length);
    const response = { weights: Float64Array.of(1), outputs: Uint16Array.from(outputs) };
    mechanisms.set(variable, mechanismFrom(variable, 2, inputs, sizes, response));
  }
  return { mechanisms, levels, observed: equations.map(({ variable }) => variable) };
}

/** First and last variable: V1 -> Vn is the paper's query. */
export function endsOf({ equations }: RandomScm): readonly [Name, Name] {
  return [equations[0]?.variable as Name, equations.at(-1)?.variable as Name];
}

/** PNS(V1 -> Vn) of the ground truth; undefined where the exact answer would be too large. */
export function truePns(scm: RandomScm): number | undefined {
  const [cause, effect] = endsOf(scm);
  const at = (value: '0' | '1') => ({ variable: effect, world: [{ variable: cause, value }], value });
  const table = exactCounterfactual(discreteModelOf(scm), [at('1'), at('0')]);
  return isTable(table) ? table.values[0] : undefined;
}

/** The values of all variables for given states of the causes; `setting`: V1 is set to it. */
export function solveScm({ causes, equations }: RandomScm, states: ArrayLike<number>, values: Uint8Array, setting?: 0 | 1): void {
  const place = new Map<Name, number>(causes.map(({ name }, i) => [name, i]));
  const number = new Map<Name, number>(equations.map(({ variable }, i) => [variable, i]));
  equations.forEach((equation, i) => {
    values[i] = i === 0 && setting !== undefined ? setting : output(equation, states, values);
  });
  function output(equation: Equation, from: ArrayLike<number>, known: Uint8Array): number {
    let cell = 0;
    for (const cause of equation.causes) {
      const at = place.get(cause) as number;
      cell = cell * (causes[at]?.chances.length as number) + (from[at] as number);
    }
    for (const parent of equation.parents) cell = cell * 2 + (known[number.get(parent) as number] as number);
    return equation.outputs[cell] as number;
  }
}

export interface ScmStudies {
  readonly observational: Study;
  /** V1 randomised: both arms, equally many records. */
  readonly trial: Study;
}

/** Samples of `observed` records, and of `randomised` records with V1 set to 0 and to 1 in turn. A larger sample extends a smaller one. */
export function sampleScm(scm: RandomScm, random: Random, observed: number, randomised: number): ScmStudies {
  const [cause] = endsOf(scm);
  return {
    observational: countsStudy(
      'observational',
      draw(scm, random.split('observational'), observed, () => undefined),
    ),
    trial: countsStudy(
      'trial',
      draw(scm, random.split('trial'), randomised, (record) => (record % 2) as 0 | 1),
      { set: [cause] },
    ),
  };
}

function draw(scm: RandomScm, random: Random, size: number, setting: (record: number) => 0 | 1 | undefined): Counts {
  const { causes, equations } = scm;
  const streams = causes.map(({ name }) => random.split(name));
  const values = new Uint8Array(equations.length);
  const found = new Map<number, number>();
  for (let record = 0; record < size; record++) {
    const states = causes.map(({ chances }, i) => (streams[i] as Random).categorical(chances));
    solveScm(scm, states, values, setting(record));
    const code = values.reduce((sum, value) => sum * 2 + value, 0);
    found.set(code, (found.get(code) ?? 0) + 1);
  }
  const cells = [...found].sort(([a], [b]) => a - b);
  return {
    axes: equations.map(({ variable }) => variable),
    levels: equations.map(() => ['0', '1']),
    codes: Int32Array.from(cells.flatMap(([code]) => equations.map((_, i) => Math.floor(code / 2 ** (equations.length - 1 - i)) % 2))),
    weight: Float64Array.from(cells, ([, count]) => count),
    total: size,
    exact: false,
  };
}
