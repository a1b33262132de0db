import type { MixedEnvironments } from './mixed-environments.ts';

/** Basis functions of what is conditioned on, at most. */
const mostTerms = 96;
/** Standard scores beyond this count as this. */
const farthest = 4;

/**
 * What is conditioned on, as distinct cells: records that agree in all finite variables are one cell, unless a real variable tells them
 * apart.
 */
export interface Cells {
  readonly count: number;
  /** Per record. */
  readonly of: Int32Array;
  /** Whether a cell can hold many records. */
  readonly finite: boolean;
  /** Basis functions, a constant first. */
  readonly terms: number;
  /** count x terms, row-major. */
  readonly design: Float64Array;
}

/**
 * The basis in the variables `given`: levels as indicators, real variables by five functions of their standard scores (fewer leave enough
 * of a curve in both residuals to reject a true independence), products of two variables as long as there are at most {@link mostTerms}.
 */
export function cellsOf(
  { columns, starts }: MixedEnvironments,
  features: readonly (readonly Float64Array[])[],
  given: readonly number[],
): Cells {
  const records = starts.at(-1) as number;
  const finite = given.every((v) => columns[v]?.kind === 'finite');
  const of = new Int32Array(records);
  const first: number[] = [];
  if (finite) {
    let count = 1;
    for (const v of given) {
      const column = columns[v];
      if (column?.kind !== 'finite') continue;
      const width = column.levels.length;
      const numbers = new Int32Array(count * width).fill(-1);
      first.length = 0;
      for (let r = 0; r < records; r++) {
        const cell = (of[r] as number) * width + (column.values[r] as number);
        let number = numbers[cell] as number;
        if (number < 0) {
          number = first.push(r) - 1;
          numbers[cell] = number;
        }
        of[r] = number;
      }
      count = first.length;
    }
    if (given.length === 0) first.push(0);
  } else
    for (let r = 0; r < records; r++) {
      of[r] = r;
      first.push(r);
    }
  const at = (values: Float64Array): Float64Array => Float64Array.from(first, (r) => values[r] as number);
  // Linear terms by variable, so that products are of two variables.
  const linear = given.map((v) => {
    const own = features[v] ?? [];
    return (columns[v]?.kind === 'real' ? own.slice(0, 1) : own).map(at);
  });
  const terms: Float64Array[] = [new Float64Array(first.length).fill(1), ...linear.flat()];
  for (const v of given)
    if (columns[v]?.kind === 'real') {
      const bounded = at(features[v]?.[0] as Float64Array);
      const score = bounded.map((s) => Math.max(-farthest, Math.min(farthest, s / Math.sqrt(1 - s * s))));
      const even = at(features[v]?.[1] as Float64Array);
      terms.push(
        score,
        even,
        score.map((z) => z * z),
        even.map((q) => q * q),
        score.map((z, c) => z * (even[c] as number)),
      );
    }
  const pairs = linear.flatMap((one, i) => linear.slice(i + 1).flatMap((other) => one.flatMap((x) => other.map((y) => [x, y] as const))));
  if (terms.length + pairs.length <= mostTerms) for (const [x, y] of pairs) terms.push(x.map((value, c) => value * (y[c] as number)));
  const design = new Float64Array(first.length * terms.length);
  for (const [t, term] of terms.entries()) for (let c = 0; c < first.length; c++) design[c * terms.length + t] = term[c] as number;
  return { count: first.length, of, finite, terms: terms.length, design };
}
