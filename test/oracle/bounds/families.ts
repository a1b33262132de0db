import { pick, shuffled } from '../draws.ts';
import {
  type Endogenous,
  type Planted,
  plant,
  type Query,
  type Regime,
  relevantTo,
  type System,
  stateCount,
  type Values,
} from './system.ts';

export interface BoundsCase {
  readonly family: string;
  readonly system: System;
  readonly planted: Planted;
  readonly regimes: readonly Regime[];
  readonly query: Query;
}

type Draw = () => number;

/** `X -> M -> Y`: variables with their levels, in topological order, then the sets that share an exogenous variable (the rest stands alone). */
export function systemOf(levels: Readonly<Record<string, number>>, arrows: readonly string[], shared: readonly string[]): System {
  const variables: Endogenous[] = Object.entries(levels).map(([name, count]) => ({
    name,
    levels: count,
    parents: arrows.flatMap((arrow) => {
      const [from, to] = arrow.split('>') as [string, string];
      return to === name ? [from] : [];
    }),
  }));
  const together = shared.map((names) => names.split(' '));
  const alone = variables.filter(({ name }) => !together.flat().includes(name)).map(({ name }) => [name]);
  return { variables, components: [...together, ...alone] };
}

export const world = (set: Values, at: Values): { readonly set: Values; readonly at: Values } => ({ set, at });

/** P(Y_x = y, Y_x' = y'). */
export const necessityAndSufficiency = (x = 'X', y = 'Y', given?: Values): Query => ({
  terms: [{ weight: 1, events: [world({ [x]: 1 }, { [y]: 1 }), world({ [x]: 0 }, { [y]: 0 }), ...(given ? [world({}, given)] : [])] }],
  ...(given && { given: [world({}, given)] }),
});

export const necessity = (x = 'X', y = 'Y'): Query => ({
  terms: [{ weight: 1, events: [world({ [x]: 0 }, { [y]: 0 })] }],
  given: [world({}, { [x]: 1, [y]: 1 })],
});

export const sufficiency = (x = 'X', y = 'Y'): Query => ({
  terms: [{ weight: 1, events: [world({ [x]: 1 }, { [y]: 1 })] }],
  given: [world({}, { [x]: 0, [y]: 0 })],
});

/** P(Y_x = y) - P(Y_x' = y), among those with `given`. */
export const effect = (x = 'X', y = 'Y', given?: Values, levels: readonly [number, number] = [1, 0], outcome = 1): Query => ({
  terms: [
    { weight: 1, events: [world({ [x]: levels[0] }, { [y]: outcome })] },
    { weight: -1, events: [world({ [x]: levels[1] }, { [y]: outcome })] },
  ],
  ...(given && { given: [world({}, given)] }),
});

export const onTreated = (x = 'X', y = 'Y'): Query => effect(x, y, { [x]: 1 });

const observe: Regime = { set: [] };
const randomise = (...set: readonly string[]): Regime => ({ set });
const arm = (name: string, value: number): Regime => ({ set: [name], fixed: { [name]: value } });

const bow = systemOf({ X: 2, Y: 2 }, ['X>Y'], ['X Y']);
const instrument = (z = 2, x = 2, y = 2): System => systemOf({ Z: z, X: x, Y: y }, ['Z>X', 'X>Y'], ['X Y']);

/** Tian and Pearl, Manski: X -> Y with X <-> Y, watched, randomised or both. */
export function bowCases(draw: Draw, each: number): BoundsCase[] {
  const data: readonly (readonly Regime[])[] = [[observe], [randomise('X')], [observe, randomise('X')]];
  const cases: BoundsCase[] = [];
  for (let i = 0; i < each; i++) {
    const planted = plant(draw, bow);
    for (const [d, regimes] of data.entries()) {
      const queries: [string, Query][] = [['PNS', necessityAndSufficiency()]];
      if (d !== 1) queries.push(['PN', necessity()], ['PS', sufficiency()]);
      if (d === 0) queries.push(['ATE', effect()], ['ETT', onTreated()]);
      for (const [name, query] of queries)
        cases.push({ family: `bow ${name} ${['O', 'I', 'O+I'][d]}`, system: bow, planted, regimes, query });
    }
    const half = [observe, arm('X', 1)];
    cases.push({ family: 'bow PNS O + one arm', system: bow, planted, regimes: half, query: necessityAndSufficiency() });
    cases.push({ family: 'bow PN O + one arm', system: bow, planted, regimes: half, query: necessity() });
    cases.push({ family: 'bow PNS one arm', system: bow, planted, regimes: [arm('X', 0)], query: necessityAndSufficiency() });
  }
  return cases;
}

export function instrumentCases(draw: Draw, each: number, large: boolean): BoundsCase[] {
  const shapes: [string, System][] = [
    ['binary', instrument()],
    ['ternary instrument', instrument(3)],
    ...(large
      ? ([
          ['ternary treatment', instrument(2, 3, 2)],
          ['ternary outcome', instrument(2, 2, 3)],
          ['five-valued instrument', instrument(5)],
        ] as [string, System][])
      : []),
  ];
  return shapes.flatMap(([name, system]) =>
    Array.from({ length: each }, () => plant(draw, system)).flatMap((planted): BoundsCase[] => {
      const regimes = [pick(draw, [observe, randomise('Z')])];
      const one = { system, planted, regimes };
      return [
        { ...one, family: `instrument, ${name}: ATE`, query: effect() },
        { ...one, family: `instrument, ${name}: PNS`, query: necessityAndSufficiency() },
        ...(regimes[0]?.set.length === 0 ? [{ ...one, family: `instrument, ${name}: ETT`, query: onTreated() }] : []),
      ];
    }),
  );
}

/** Textbook graphs with one exogenous variable per component. */
export const shapes: readonly { readonly name: string; readonly system: System; readonly regimes: readonly (readonly Regime[])[] }[] = [
  { name: 'front-door', system: systemOf({ X: 2, M: 2, Y: 2 }, ['X>M', 'M>Y'], ['X Y']), regimes: [[observe], [observe, randomise('X')]] },
  {
    name: 'front-door with an arrow',
    system: systemOf({ X: 2, M: 2, Y: 2 }, ['X>M', 'M>Y', 'X>Y'], ['X Y']),
    regimes: [[observe], [observe, randomise('M')]],
  },
  { name: 'chain', system: systemOf({ X: 2, M: 2, Y: 2 }, ['X>M', 'M>Y'], []), regimes: [[observe], [observe, randomise('M')]] },
  {
    name: 'covariate',
    system: systemOf({ W: 2, X: 2, Y: 2 }, ['W>X', 'W>Y', 'X>Y'], ['X Y']),
    regimes: [[observe], [randomise('X')], [observe, randomise('X')]],
  },
  { name: 'covariate of the treatment', system: systemOf({ W: 3, X: 2, Y: 2 }, ['W>X', 'X>Y'], ['X Y']), regimes: [[observe]] },
  {
    name: 'confounded mediator',
    system: systemOf({ X: 2, M: 2, Y: 2 }, ['X>M', 'M>Y'], ['M Y']),
    regimes: [[observe], [observe, randomise('M')]],
  },
  {
    name: 'confounded mediator with an arrow',
    system: systemOf({ X: 2, M: 2, Y: 2 }, ['X>M', 'M>Y', 'X>Y'], ['M Y']),
    regimes: [[observe], [randomise('X')]],
  },
  {
    name: 'three in one',
    system: systemOf({ X: 2, M: 2, Y: 2 }, ['X>M', 'M>Y'], ['X M Y']),
    regimes: [[observe], [observe, randomise('X')]],
  },
  {
    name: 'treatment of three levels',
    system: systemOf({ X: 3, Y: 2 }, ['X>Y'], ['X Y']),
    regimes: [[observe], [observe, randomise('X')], [observe, arm('X', 2)]],
  },
  {
    name: 'three by three',
    system: systemOf({ X: 3, Y: 3 }, ['X>Y'], ['X Y']),
    regimes: [[observe], [observe, randomise('X')]],
  },
  {
    name: 'hidden cause of all and a covariate',
    system: systemOf({ G: 2, X: 2, Y: 2 }, ['G>Y', 'X>Y'], ['G X Y']),
    regimes: [[observe], [randomise('X')], [observe, randomise('X')]],
  },
  { name: 'two causes', system: systemOf({ A: 2, X: 2, Y: 2 }, ['A>Y', 'X>Y'], ['X Y']), regimes: [[observe], [observe, randomise('A')]] },
];

export function shapeCases(draw: Draw, each: number): BoundsCase[] {
  return shapes.flatMap(({ name, system, regimes }) =>
    regimes.flatMap((own) =>
      Array.from({ length: each }, () => plant(draw, system)).flatMap((planted) =>
        shuffled(draw, queriesOf(draw, system, own))
          .slice(0, 2)
          .map(([kind, query]): BoundsCase => ({ family: `${name}: ${kind}`, system, planted, regimes: own, query })),
      ),
    ),
  );
}

/** Questions about X and Y; those with a condition only where observation makes its probability known. */
function queriesOf(draw: Draw, system: System, regimes: readonly Regime[]): [string, Query][] {
  const watched = regimes.some(({ set }) => set.length === 0);
  const other = system.variables.filter(({ name }) => name !== 'X' && name !== 'Y').map(({ name }) => name);
  const queries: [string, Query][] = [
    ['PNS', necessityAndSufficiency()],
    ['ATE', effect()],
  ];
  if (!watched) return queries;
  queries.push(['PN', necessity()], ['PS', sufficiency()], ['ETT', onTreated()]);
  if (other.length > 0) queries.push(['PNS in a group', necessityAndSufficiency('X', 'Y', { [pick(draw, other)]: pick(draw, [0, 1]) })]);
  return queries;
}

/**
 * Random graphs of 5 to 8 binary variables, at most two parents each, whose components have one or two members: small enough for
 * the enumeration, whose joint behaviours are at most `behaviours`.
 */
export function randomCase(draw: Draw, behaviours: number): BoundsCase {
  const size = 5 + Math.floor(draw() * 4);
  const names = Array.from({ length: size }, (_, i) => `V${i}`);
  const arrows = names.flatMap((name, i) =>
    shuffled(draw, names.slice(0, i))
      .slice(0, Math.floor(draw() * 2.6))
      .map((from) => `${from}>${name}`),
  );
  const order = shuffled(draw, names);
  const pairs = Array.from({ length: 1 + Math.floor(draw() * 2) }, (_, i) => order.slice(2 * i, 2 * i + 2))
    .map((pair) => names.filter((name) => pair.includes(name)))
    .map((pair) => pair.join(' '));
  const system = systemOf(Object.fromEntries(names.map((name) => [name, 2])), arrows, pairs);
  const reached = (from: string): string[] => {
    const found = new Set([from]);
    for (const { name, parents } of system.variables) if (parents.some((parent) => found.has(parent))) found.add(name);
    return [...found].filter((name) => name !== from);
  };
  const treatments = names.filter((name) => reached(name).length > 0);
  if (treatments.length === 0) return randomCase(draw, behaviours);
  const x = pick(draw, treatments);
  const y = pick(draw, reached(x));
  const regimes = [[observe], [observe, randomise(x)], [observe, randomise(pick(draw, names))]];
  const queries: [string, Query][] = [
    ['PNS', necessityAndSufficiency(x, y)],
    ['ATE', effect(x, y)],
    ['PN', necessity(x, y)],
    ['ETT', onTreated(x, y)],
  ];
  const [kind, query] = pick(draw, queries);
  const relevant = relevantTo(system, query);
  const joint = system.components
    .map((component) => ({ ...system, component: component.filter((name) => relevant.has(name)) }))
    .reduce((product, { component }) => product * stateCount(system, component), 1);
  if (joint > behaviours || system.components.some((component) => stateCount(system, component) > 300)) return randomCase(draw, behaviours);
  return { family: `${size} variables: ${kind}`, system, planted: plant(draw, system), regimes: pick(draw, regimes), query };
}
