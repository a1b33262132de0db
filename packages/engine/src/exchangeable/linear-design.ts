import type { Name, Value } from '../graph/variable.ts';
import { failure, type Result, success } from '../run/issue.ts';
import type { LinearStatistics } from './linear-criterion.ts';
import type { MixedColumn, MixedEnvironments } from './mixed-environments.ts';

/**
 * The features of a linear mechanism: 1; an indicator of each joint value of the finite parents but the commonest; each real parent. All
 * but the first are centred at their mean over all records, and scaled to a deviation of 1.
 */
export interface LinearDesign {
  readonly variable: Name;
  readonly finite: readonly { readonly name: Name; readonly levels: readonly Value[] }[];
  readonly real: readonly Name[];
  /** Joint values of the finite parents (the last parent fastest) that have an indicator, by feature from number 1 on. */
  readonly indicators: readonly number[];
  /** Joint values that no record has. */
  readonly unseen: readonly number[];
  /** Per feature; the first has center 0 and scale 1. */
  readonly centers: Float64Array;
  readonly scales: Float64Array;
  /** Mean of the variable over all records: what the sums count it from. */
  readonly level: number;
  /** Records. */
  readonly records: number;
}

/** What each feature says, e.g. `1`, `arm=b`, `dose`. */
export function featureNames({ finite, real, indicators }: LinearDesign): string[] {
  const spell = (configuration: number): string => {
    const parts: string[] = [];
    let rest = configuration;
    for (const { name, levels } of [...finite].reverse()) {
      parts.unshift(`${name}=${levels[rest % levels.length]}`);
      rest = Math.floor(rest / levels.length);
    }
    return parts.join(', ');
  };
  return ['1', ...indicators.map(spell), ...real];
}

/** Features at one joint value of the finite parents and values of the real ones. */
export function featuresAt(design: LinearDesign, configuration: number, real: ArrayLike<number>): Float64Array {
  const { indicators, centers, scales } = design;
  const out = new Float64Array(centers.length);
  out[0] = 1;
  for (const [i, own] of indicators.entries()) out[i + 1] = own === configuration ? 1 : 0;
  for (let k = 0; k < design.real.length; k++) out[indicators.length + 1 + k] = real[k] as number;
  for (let k = 1; k < out.length; k++) out[k] = ((out[k] as number) - (centers[k] as number)) / (scales[k] as number);
  return out;
}

export interface LinearTask {
  readonly design: LinearDesign;
  readonly statistics: LinearStatistics;
}

/**
 * The features of a real variable on its parents, and their sums by environment: one pass over the records. Issues: `not-real` (the
 * variable), `too-few-records`, `dependent-parents` (no one slope for each: a parent is constant or a function of the others), `constant`.
 */
export function designLinear(environments: MixedEnvironments, variable: Name, parents: readonly Name[]): Result<LinearTask> {
  const column = (name: Name): MixedColumn => environments.columns[environments.names.indexOf(name)] as MixedColumn;
  const outcome = column(variable);
  if (outcome.kind !== 'real')
    return failure({ code: 'not-real', message: `${variable} is finite; a linear mechanism gives real values.` });
  const finite = parents.flatMap((name) => {
    const own = column(name);
    return own.kind === 'finite' ? [{ name, levels: own.levels, values: own.values }] : [];
  });
  const real = parents.flatMap((name) => {
    const own = column(name);
    return own.kind === 'real' ? [{ name, values: own.values }] : [];
  });
  const { starts, counts } = environments;
  const rows = outcome.values.length;
  const configuration = new Int32Array(rows);
  for (const { levels, values } of finite)
    for (let r = 0; r < rows; r++) configuration[r] = (configuration[r] as number) * levels.length + (values[r] as number);
  const cells = finite.reduce((product, { levels }) => product * levels.length, 1);
  const count = (r: number): number => (counts ? (counts[r] as number) : 1);
  const seen = new Float64Array(cells);
  let records = 0;
  for (let r = 0; r < rows; r++) {
    seen[configuration[r] as number] = (seen[configuration[r] as number] as number) + count(r);
    records += count(r);
  }
  const all = Array.from(seen.keys());
  const base = all.reduce((best, c) => ((seen[c] as number) > (seen[best] as number) ? c : best), 0);
  const indicators = all.filter((c) => c !== base && (seen[c] as number) > 0);
  const size = 1 + indicators.length + real.length;
  if (records <= size)
    return failure({
      code: 'too-few-records',
      message: `${variable} has ${records} records for ${size} coefficients; its noise cannot be told from them.`,
    });
  const place = new Int32Array(cells).fill(-1);
  for (const [i, c] of indicators.entries()) place[c] = i + 1;
  const centers = new Float64Array(size);
  const scales = new Float64Array(size).fill(1);
  for (const [i, c] of indicators.entries()) {
    const share = (seen[c] as number) / records;
    centers[i + 1] = share;
    scales[i + 1] = Math.sqrt(share * (1 - share));
  }
  for (const [k, { name, values }] of real.entries()) {
    const { center, scale } = momentsOf(values, count, records);
    if (scale === 0) return failure({ code: 'dependent-parents', message: `${name} is ${center} in all records, so it has no slope.` });
    centers[indicators.length + 1 + k] = center;
    scales[indicators.length + 1 + k] = scale;
  }
  const { center: level, scale } = momentsOf(outcome.values, count, records);
  if (scale === 0) return failure({ code: 'constant', message: `${variable} is ${level} in all records.` });
  const design: LinearDesign = {
    variable,
    finite: finite.map(({ name, levels }) => ({ name, levels })),
    real: real.map(({ name }) => name),
    indicators,
    unseen: all.filter((c) => seen[c] === 0),
    centers,
    scales,
    level,
    records,
  };
  const groups = environments.labels.length;
  const statistics: LinearStatistics = {
    size,
    records: new Float64Array(groups),
    products: Array.from({ length: groups }, () => new Float64Array(size * size)),
    cross: Array.from({ length: groups }, () => new Float64Array(size)),
    squares: new Float64Array(groups),
  };
  const values = real.map((own) => own.values);
  const at = new Float64Array(real.length);
  for (let e = 0; e < groups; e++) {
    const [products, cross] = [statistics.products[e] as Float64Array, statistics.cross[e] as Float64Array];
    for (let r = starts[e] as number; r < (starts[e + 1] as number); r++) {
      for (let k = 0; k < values.length; k++) at[k] = (values[k] as Float64Array)[r] as number;
      const x = featuresAt(design, configuration[r] as number, at);
      const y = (outcome.values[r] as number) - level;
      const weight = count(r);
      for (let i = 0; i < size; i++) {
        const xi = weight * (x[i] as number);
        for (let j = 0; j <= i; j++) products[i * size + j] = (products[i * size + j] as number) + xi * (x[j] as number);
        cross[i] = (cross[i] as number) + xi * y;
      }
      statistics.squares[e] = (statistics.squares[e] as number) + weight * y * y;
      statistics.records[e] = (statistics.records[e] as number) + weight;
    }
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) products[j * size + i] = products[i * size + j] as number;
  }
  return success({ design, statistics });
}

function momentsOf(values: Float64Array, count: (r: number) => number, records: number): { center: number; scale: number } {
  let center = 0;
  for (let r = 0; r < values.length; r++) center += (count(r) * (values[r] as number)) / records;
  let square = 0;
  for (let r = 0; r < values.length; r++) square += (count(r) * ((values[r] as number) - center) ** 2) / records;
  const scale = Math.sqrt(square);
  return { center, scale: scale > 1e-12 * Math.abs(center) ? scale : 0 };
}
