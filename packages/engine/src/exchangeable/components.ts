import { fillIn, type Layout, type Place, role, rowOf, type Unrolled } from './unrolled.ts';

/**
 * What the cells of a question share. A factor is a row of a Dirichlet table, or a whole mechanism whose rows are dependent; two factors are
 * joined where a cell that is summed over (or asked for) enters both. The sums of Theorem 1 are products over components, and a component
 * without a target is the same above and below the bar.
 */
export interface Component {
  /** Numbers of factors, see {@link factorOf}. */
  readonly factors: ReadonlySet<number>;
  readonly hasTarget: boolean;
  /** Whether a cell that is not known belongs to it. */
  reaches(place: Place, i: number): boolean;
}

/** Factor number of mechanism i, row r. */
export const factorOf = ({ mechanisms, names }: Layout, i: number, row: number): number =>
  (mechanisms[i]?.kind === 'dirichlet' ? row : 0) * names.length + i;

/** The factors that a cell of a position may enter, over all values of the cells that are not known. */
export function factorsOf(layout: Layout, place: Place, i: number): number[] {
  if (place.roles[i] === role.absent || place.roles[i] === role.set) return [];
  const parents = layout.parents[i] as readonly number[];
  if (layout.mechanisms[i]?.kind !== 'dirichlet') return [i];
  const open = parents.filter((parent) => isOpen(place, parent));
  const values = place.values.slice();
  const factors: number[] = [];
  fillIn(layout.sizes, open, values, () => {
    factors.push(factorOf(layout, i, rowOf(layout, i, values)));
  });
  return factors;
}

export const isOpen = ({ roles }: Place, i: number): boolean => roles[i] === role.free || roles[i] === role.target;

export function componentsOf({ layout, places }: Unrolled): Component[] {
  const above = new Map<number, number>();
  const find = (factor: number): number => {
    let top = factor;
    for (let next = above.get(top); next !== undefined && next !== top; next = above.get(top)) top = next;
    above.set(factor, top);
    return top;
  };
  const targets: number[] = [];
  for (const place of places) {
    const own = layout.names.map((_, i) => factorsOf(layout, place, i));
    for (const factors of own) for (const factor of factors) find(factor);
    for (let i = 0; i < own.length; i++) {
      if (!isOpen(place, i)) continue;
      const first = own[i]?.[0] as number;
      const join = (factors: readonly number[]): void => {
        for (const factor of factors) above.set(find(factor), find(first));
      };
      join(own[i] as readonly number[]);
      for (let child = i + 1; child < own.length; child++) if (layout.parents[child]?.includes(i)) join(own[child] as readonly number[]);
      if (place.roles[i] === role.target) targets.push(first);
    }
  }
  const groups = new Map<number, Set<number>>();
  for (const factor of [...above.keys()]) {
    const top = find(factor);
    const group = groups.get(top) ?? new Set();
    groups.set(top, group.add(factor));
  }
  const asked = new Set(targets.map(find));
  return [...groups].map(([top, factors]) => ({
    factors,
    hasTarget: asked.has(top),
    reaches: (place, i) => factorsOf(layout, place, i).some((factor) => factors.has(factor)),
  }));
}
