import type { Name, Value } from '../graph/variable.ts';
import { Bulk } from '../math/bulk.ts';
import type { Random } from '../math/random.ts';
import type { Environments } from './environments.ts';
import type { ExchangeableModel, Mechanism, ValuedCell } from './terms.ts';

/** Beta(a, b) of P(noise = 1), or the number itself where it does not vary from environment to environment. */
export type Chance = readonly [number, number] | number;

const binary: readonly Value[] = ['0', '1'];

/** V = noise XOR the product of its parents (Guo and others 2023): the noise varies with the environment as `chance` says. */
export function xorMechanism(variable: Name, parents: readonly Name[], chance: Chance): Mechanism {
  if (typeof chance !== 'number') return { kind: 'xor', variable, parents, beta: chance };
  const flips = (configuration: number): boolean => parents.length > 0 && configuration === 2 ** parents.length - 1;
  const row = (one: number): readonly number[] => [1 - one, one];
  const rows = Array.from({ length: 2 ** parents.length }, (_, r) => row(flips(r) ? 1 - chance : chance));
  return { kind: 'mixture', variable, parents, weights: [1], rows: [rows] };
}

/** The XOR-product process over a graph: `parents` in topological order; every noise has the same distribution, or one of its own. */
export function xorModel(
  parents: readonly (readonly [Name, readonly Name[]])[],
  chance: Chance | ReadonlyMap<Name, Chance> = [1, 3],
): ExchangeableModel {
  const chanceOf = (name: Name): Chance =>
    chance instanceof Map ? ((chance.get(name) as Chance | undefined) ?? [1, 3]) : (chance as Chance);
  return {
    levels: new Map(parents.map(([name]) => [name, binary])),
    mechanisms: parents.map(([name, own]) => xorMechanism(name, own, chanceOf(name))),
  };
}

/** X -> Y with one row of its own for each level of X: X ~ Ber(theta), Y ~ Ber(psi_X), each Beta as given ([weight of 1, weight of 0]). */
export function tableModel(
  x: readonly [number, number],
  rows: readonly [readonly [number, number], readonly [number, number]],
): ExchangeableModel {
  const turned = ([one, zero]: readonly [number, number]): readonly number[] => [zero, one];
  return {
    levels: new Map([
      ['X', binary],
      ['Y', binary],
    ]),
    mechanisms: [
      { kind: 'dirichlet', variable: 'X', parents: [], rows: [turned(x)] },
      { kind: 'dirichlet', variable: 'Y', parents: ['X'], rows: rows.map(turned) },
    ],
  };
}

/**
 * Records of a known model: `sizes` records in each environment, one number for all or one per environment. The columns stand in the
 * order of `names` (default: that of `model.levels`). `set` (all cells valid): their mechanisms are not asked, in any environment; all
 * other draws are the same as without it.
 */
export function drawEnvironments(
  model: ExchangeableModel,
  count: number,
  sizes: number | ArrayLike<number>,
  random: Random,
  names: readonly Name[] = [...model.levels.keys()],
  set: readonly ValuedCell[] = [],
): Environments {
  const starts = new Int32Array(count + 1);
  for (let e = 0; e < count; e++) starts[e + 1] = (starts[e] as number) + (typeof sizes === 'number' ? sizes : (sizes[e] as number));
  const total = starts[count] as number;
  const levels = names.map((name) => model.levels.get(name) ?? []);
  const columns = names.map(() => new Int32Array(total));
  const numberOf = (name: Name): number => names.indexOf(name);
  const bulk = new Bulk(random.split('records'));
  for (const [place, mechanism] of model.mechanisms.entries()) {
    const own = columns[numberOf(mechanism.variable)] as Int32Array;
    const width = model.levels.get(mechanism.variable)?.length as number;
    const parents = mechanism.parents.map((parent) => columns[numberOf(parent)] as Int32Array);
    const widths = mechanism.parents.map((parent) => model.levels.get(parent)?.length as number);
    const draw = tableDrawer(mechanism, width, random.split('mechanism').split(place));
    const flips = mechanism.kind === 'xor';
    const last = 2 ** parents.length - 1;
    const held = set.filter(({ variable }) => variable === mechanism.variable);
    for (let e = 0; e < count; e++) {
      const table = draw();
      const from = starts[e] as number;
      const to = starts[e + 1] as number;
      for (let r = from; r < to; r++) {
        let configuration = 0;
        for (let k = 0; k < parents.length; k++)
          configuration = configuration * (widths[k] as number) + ((parents[k] as Int32Array)[r] as number);
        // An xor mechanism draws its noise, which an intervention on a parent leaves as it is.
        const row = flips ? 0 : configuration * width;
        let left = bulk.open();
        let level = 0;
        for (; level < width - 1; level++) {
          const share = table[row + level] as number;
          if (left < share) break;
          left -= share;
        }
        while (level > 0 && table[row + level] === 0) level -= 1;
        own[r] = flips && parents.length > 0 && configuration === last ? 1 - level : level;
      }
      for (const { position, value } of held) if (from + position <= to) own[from + position - 1] = value;
    }
  }
  return { names, levels, labels: Array.from({ length: count }, (_, e) => String(e + 1)), starts, columns };
}

/** Draws what one environment shares: P(level | configuration), configurations x levels; of an xor mechanism P(noise). */
function tableDrawer(mechanism: Mechanism, width: number, random: Random): () => Float64Array {
  if (mechanism.kind === 'mixture') {
    const tables = mechanism.rows.map((rows) => Float64Array.from(rows.flat()));
    return () => (tables.length === 1 ? tables[0] : tables[random.categorical(mechanism.weights)]) as Float64Array;
  }
  if (mechanism.kind === 'dirichlet') {
    const table = new Float64Array(mechanism.rows.length * width);
    return () => {
      for (const [r, weights] of mechanism.rows.entries())
        if (width === 2) {
          const one = random.beta(weights[1] as number, weights[0] as number);
          table[2 * r] = 1 - one;
          table[2 * r + 1] = one;
        } else table.set(random.dirichlet(weights), r * width);
      return table;
    };
  }
  if (mechanism.kind === 'dirichlets') {
    const components = mechanism.rows.map((rows) => tableDrawer({ ...mechanism, kind: 'dirichlet', rows }, width, random));
    return () => (components[random.categorical(mechanism.weights)] as () => Float64Array)();
  }
  // Of the noise alone: the rows follow from it.
  const table = new Float64Array(2);
  const [a, b] = mechanism.beta;
  return () => {
    const noise = random.beta(a, b);
    table[0] = 1 - noise;
    table[1] = noise;
    return table;
  };
}
