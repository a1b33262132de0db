import type { Estimand } from '../estimand/estimand.ts';
import { leavesOf } from '../estimand/fold.ts';
import type { Name } from '../graph/variable.ts';
import { formulaText } from './formula.ts';
import type { LeafTables } from './tables.ts';

/** One distribution that an estimand reads, and the records behind it. */
export interface LeafReport {
  readonly text: string;
  readonly studies: readonly Name[];
  /** Columns read: what it is of, its conditions, and the variables that were set. */
  readonly columns: readonly Name[];
  /** Records counted (effective ones where weighted; null for exact studies) and their distinct cells; absent without data. */
  readonly rows?: number | null;
  readonly cells?: number;
}

/** The leaves in order of first use, as a database prints a plan; `tables` adds what was read for them. */
export function leafReports(estimand: Estimand, tables?: LeafTables): LeafReport[] {
  return leavesOf(estimand).map((leaf): LeafReport => {
    const columns = [...new Set([...leaf.of, ...leaf.given, ...leaf.regime.set])];
    const report = { text: formulaText(leaf), studies: leaf.studies, columns };
    const recipes = tables?.recipes.filter((recipe) => recipe.request.leaf === leaf) ?? [];
    if (tables === undefined || recipes.length === 0) return report;
    const read = new Set(recipes.flatMap((recipe) => recipe.routes.map((route) => route.source)));
    let [rows, cells] = [0, 0];
    for (const number of read) {
      const source = tables.sources[number] as LeafTables['sources'][number];
      rows += source.exact ? Number.POSITIVE_INFINITY : source.size.reduce((sum, size) => sum + size, 0);
      cells += source.size.length;
    }
    return { ...report, rows: Number.isFinite(rows) ? rows : null, cells };
  });
}
