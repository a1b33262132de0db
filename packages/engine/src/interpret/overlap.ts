import type { Name, Value } from '../graph/variable.ts';
import { fillTables } from './fill.ts';
import { emptyCells } from './number.ts';
import type { Plan } from './plan.ts';
import type { LeafTables } from './tables.ts';

/** The records behind the conditions that an estimand needs. */
export interface Overlap {
  /** Conditions without a record that make the answer undefined; `complete` false if there are more. */
  readonly empty: readonly { readonly leaf: string; readonly at: Readonly<Record<Name, Value>> }[];
  readonly complete: boolean;
  /** Conditions with fewer than `few` records (but some). */
  readonly thin: number;
  /** Records behind the thinnest condition that has any; `Infinity` for exact studies. */
  readonly least: number;
}

/** Counts the records behind every condition of every table; exact studies have no thin conditions. */
export function overlapOf(plan: Plan, tables: LeafTables, levelsOf: (name: Name) => readonly Value[], few = 5): Overlap {
  let thin = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const recipe of tables.recipes) {
    const routes = recipe.routes.filter((route) => tables.sources[route.source]?.exact === false);
    if (routes.length === 0) continue;
    const totals = new Float64Array(recipe.conditions);
    for (const route of routes) {
      const size = tables.sources[route.source]?.size as Float64Array;
      for (let i = 0; i < size.length; i++) {
        const given = route.given[i] as number;
        if (given >= 0) totals[given] = (totals[given] as number) + (size[i] as number);
      }
    }
    for (const total of totals) {
      if (total === 0) continue;
      least = Math.min(least, total);
      if (total < few) thin += 1;
    }
  }
  const { cells, complete } = emptyCells(plan, fillTables(tables), levelsOf);
  const empty = cells.map(({ request, at }) => {
    const { of, given, regime } = request.leaf;
    const given_ = [...(regime.set.length > 0 ? [`do(${regime.set.join(', ')})`] : []), ...given];
    return { leaf: `P(${of.join(', ')}${given_.length > 0 ? ` | ${given_.join(', ')}` : ''})`, at };
  });
  return { empty, complete, thin, least };
}
