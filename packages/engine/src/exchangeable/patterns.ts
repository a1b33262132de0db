import { factorsOf, isOpen } from './components.ts';
import { fillIn, type Layout, type Place, role, rowOf, type Unrolled } from './unrolled.ts';

/** One way to fill in a position: what it adds to each count, and the cells of mixture tables that it uses. */
export interface Filling {
  /** Dimensions that grow by one. */
  readonly counts: readonly number[];
  /** (number of the mixture, row, level) of each mixture cell. */
  readonly mixed: readonly (readonly [number, number, number])[];
}

/** Positions that look alike to a component. */
export interface Pattern {
  readonly times: number;
  readonly fillings: readonly Filling[];
}

/** What is counted: the levels of a Dirichlet row, or the noise (0, 1) of an xor mechanism. */
export interface CountedFactor {
  readonly offset: number;
  readonly levels: number;
  /** Those of the prior, given a component of every mixture. */
  readonly weights: (choice: readonly number[]) => readonly number[];
}

export interface Tally {
  readonly patterns: readonly Pattern[];
  readonly counted: readonly CountedFactor[];
  readonly dimensions: number;
  /** Mechanism numbers of what has components: mixtures of tables, or of Dirichlet rows. */
  readonly mixtures: readonly number[];
}

/** The counts that the factors of one component need; `fixed`: targets have their values, otherwise they are summed over. */
export function tallyOf({ layout, places }: Unrolled, factors: ReadonlySet<number>, fixed: boolean): Tally {
  const { mechanisms, names } = layout;
  const offsets = new Map<number, number>();
  const counted: CountedFactor[] = [];
  const mixtures: number[] = [];
  let dimensions = 0;
  for (const factor of factors) {
    const mechanism = mechanisms[factor % names.length];
    if (mechanism === undefined) throw new Error('a factor of no mechanism');
    const count = (place: number, levels: number, weights: CountedFactor['weights']): void => {
      offsets.set(place, dimensions);
      counted.push({ offset: dimensions, levels, weights });
      dimensions += levels;
    };
    if (mechanism.kind === 'dirichlet') {
      const own = mechanism.rows[Math.floor(factor / names.length)] as readonly number[];
      count(factor, own.length, () => own);
    } else if (mechanism.kind === 'xor') {
      const own = [mechanism.beta[1], mechanism.beta[0]];
      count(factor, 2, () => own);
    } else {
      const k = mixtures.push(factor) - 1;
      if (mechanism.kind === 'dirichlets')
        for (const [row, { length }] of (mechanism.rows[0] ?? []).entries())
          count(row * names.length + factor, length, (choice) => mechanism.rows[choice[k] as number]?.[row] as readonly number[]);
    }
  }
  const patterns = new Map<string, { times: number; readonly fillings: readonly Filling[] }>();
  for (const place of places) {
    const involved = names.flatMap((_, i) => (factorsOf(layout, place, i).some((factor) => factors.has(factor)) ? [i] : []));
    if (involved.length === 0) continue;
    const cells = [...new Set(involved.flatMap((i) => [i, ...(layout.parents[i] as readonly number[])]))];
    const summed = (i: number): boolean => isOpen(place, i) && !(fixed && place.roles[i] === role.target);
    const look = `${involved.join()};${cells.map((i) => `${i}${summed(i) ? '?' : `=${place.values[i]}`}`).join()}`;
    const known = patterns.get(look);
    if (known !== undefined) known.times += 1;
    else patterns.set(look, { times: 1, fillings: fillingsOf(layout, place, involved, cells.filter(summed), offsets, mixtures) });
  }
  return { patterns: [...patterns.values()], counted, dimensions, mixtures };
}

function fillingsOf(
  layout: Layout,
  place: Place,
  involved: readonly number[],
  open: readonly number[],
  offsets: ReadonlyMap<number, number>,
  mixtures: readonly number[],
): Filling[] {
  const values = place.values.slice();
  const fillings: Filling[] = [];
  fillIn(layout.sizes, open, values, () => {
    const counts: number[] = [];
    const mixed: [number, number, number][] = [];
    for (const i of involved) {
      const row = rowOf(layout, i, values);
      const level = values[i] as number;
      const mechanism = layout.mechanisms[i];
      if (mechanism?.kind === 'mixture') mixed.push([mixtures.indexOf(i), row, level]);
      else {
        const offset = offsets.get(mechanism?.kind === 'xor' ? i : row * layout.names.length + i) as number;
        counts.push(offset + (mechanism?.kind === 'xor' ? noiseOf(layout, i, values) : level));
      }
    }
    fillings.push({ counts, mixed });
  });
  return fillings;
}

/** The noise of an xor mechanism: its value XOR the product of its parents (0 where it has none). */
export function noiseOf({ parents }: Layout, i: number, values: Int32Array): number {
  const own = parents[i] as readonly number[];
  const product = own.length > 0 && own.every((parent) => values[parent] === 1) ? 1 : 0;
  return (values[i] as number) ^ product;
}
