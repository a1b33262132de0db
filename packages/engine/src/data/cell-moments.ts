import type { Domain, Name } from '../graph/variable.ts';
import type { Counts } from './counts.ts';
import { checkFeatures, type Feature, featureReader, type MomentQuery, namesOf } from './features.ts';
import type { Moments } from './moments.ts';

/** Cells of a table that moments are taken from, at most. */
const cellLimit = 65536;

/** The table that answers a query: over finite variables, with sums and squares of at most one real one. */
export interface CellTable {
  readonly of: readonly Name[];
  readonly outcome?: Name;
}

/** The table from which these moments follow; undefined where only the records tell. */
export function cellTable(query: MomentQuery, domains: ReadonlyMap<Name, Domain>): CellTable | undefined {
  checkFeatures(query, domains);
  const names = namesOf(query);
  const [outcome, ...others] = names.filter((name) => domains.get(name)?.kind === 'real');
  const of = names.filter((name) => domains.get(name)?.kind === 'finite');
  const sizes = of.map((name) => {
    const domain = domains.get(name);
    return domain?.kind === 'finite' ? domain.levels.length : 1;
  });
  if (others.length > 0 || query.groups !== undefined || sizes.reduce((product, size) => product * size, 1) > cellLimit) return undefined;
  if (outcome === undefined) return { of };
  const linear = query.features.every((feature) => {
    const own = feature.filter((factor) => factor.of === outcome);
    return own.length <= 1 && own.every((factor) => 'power' in factor && factor.power <= 1);
  });
  return linear && !query.log?.includes(outcome) ? { of, outcome } : undefined;
}

/** Moments from the table that {@link cellTable} asked for; `records`: rows behind it. */
export function momentsOfCells(counts: Counts, records: number, query: MomentQuery, domains: ReadonlyMap<Name, Domain>): Moments {
  const size = query.features.length;
  const { weight, outcome, axes, codes } = counts;
  const degree = query.features.map((feature) =>
    outcome && feature.some((factor) => factor.of === outcome.name && 'power' in factor && factor.power === 1) ? 1 : 0,
  );
  const finite = query.features.map((feature): Feature => feature.filter((factor) => factor.of !== outcome?.name));
  const values = new Float64Array(weight.length * size);
  featureReader({ ...query, features: finite }, domains)(
    {
      length: weight.length,
      numbers: new Map(),
      codes: new Map(axes.map((axis, i) => [axis, Int32Array.from(weight, (_, cell) => codes[cell * axes.length + i] as number)])),
    },
    values,
  );
  const { center, scale } = query.scales.get(outcome?.name ?? '') ?? { center: 0, scale: 1 };
  const away = outcome ? outcome.shift - center : 0;
  const products = new Float64Array(size * size);
  for (let cell = 0; cell < weight.length; cell++) {
    const own = weight[cell] as number;
    const [sum, squares] = [outcome?.sum[cell] ?? 0, outcome?.squares[cell] ?? 0];
    const powers = [own, (sum + away * own) / scale, (squares + 2 * away * sum + away * away * own) / (scale * scale)];
    for (let i = 0; i < size; i++) {
      const left = values[cell * size + i] as number;
      if (left === 0) continue;
      for (let j = i; j < size; j++)
        products[i * size + j] =
          (products[i * size + j] as number) +
          left * (values[cell * size + j] as number) * (powers[(degree[i] as number) + (degree[j] as number)] as number);
    }
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) products[i * size + j] = products[j * size + i] as number;
  return { records, weight: counts.total, size, products };
}
