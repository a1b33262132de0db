import { assignments, type Planted, type System, variableOf } from './system.ts';

/** What is read of a certificate: digits named `Y(X=1, W=0)`, and independent groups of digits with finite support. */
export interface Certified {
  readonly blocks: readonly { readonly digits: readonly { readonly name: string; readonly levels: readonly string[] }[] }[];
}

export type Witness = readonly {
  readonly groups: readonly {
    readonly digits: readonly number[];
    readonly support: readonly { readonly weight: number; readonly values: readonly number[] }[];
  }[];
}[];

/**
 * A witness as masses over the states of every component, so that the equations can be simulated forward. Components that it does
 * not speak of are the planted ones; digits that it does not speak of get the first level. undefined: too many states of a block.
 */
export function modelOfWitness({ blocks }: Certified, witness: Witness, system: System, planted: Planted): Planted | undefined {
  const model = planted.map((masses) => [...masses]);
  for (const [b, { groups }] of witness.entries()) {
    const digits = (blocks[b]?.digits ?? []).map(({ name, levels }) => ({ ...readDigit(name), levels }));
    const c = system.components.findIndex((component) => digits.some(({ variable }) => component.includes(variable)));
    const component = system.components[c];
    if (component === undefined) throw new Error('a block without a component');
    if (groups.reduce((product, { support }) => product * support.length, 1) > 20_000) return undefined;
    const masses = (planted[c] ?? []).map(() => 0);
    const visit = (g: number, values: ReadonlyMap<number, number>, weight: number): void => {
      const group = groups[g];
      if (group !== undefined) {
        for (const one of group.support)
          visit(
            g + 1,
            new Map([...values, ...group.digits.map((digit, i) => [digit, one.values[i] as number] as const)]),
            weight * one.weight,
          );
        return;
      }
      let state = 0;
      for (const name of component) {
        const { levels, parents } = variableOf(system, name);
        for (const configuration of assignments(system, parents)) {
          const digit = digits.findIndex(
            ({ variable, context }) => variable === name && parents.every((parent) => context[parent] === String(configuration[parent])),
          );
          const level = Number(digits[digit]?.levels[values.get(digit) ?? 0] ?? 0);
          state = state * levels + level;
        }
      }
      masses[state] = (masses[state] as number) + weight;
    };
    visit(0, new Map(), 1);
    model[c] = masses;
  }
  return model;
}

function readDigit(name: string): { readonly variable: string; readonly context: Readonly<Record<string, string>> } {
  const [variable = '', inside = ''] = name.replace(/\)$/u, '').split('(');
  const settings = inside === '' ? [] : inside.split(', ').map((setting) => setting.split('=') as [string, string]);
  return { variable, context: Object.fromEntries(settings) };
}
