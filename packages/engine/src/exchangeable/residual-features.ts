import { normalQuantile } from '../math/special.ts';
import type { MixedColumn, MixedEnvironments } from './mixed-environments.ts';

/** Tails this heavy (fourth moment over the squared second) are tamed by ranks. */
const heavy = 12;

/**
 * What a test takes of each variable, per record: of a finite one all levels but the first as indicators, of a real one two bounded
 * functions of its standard score z, z / sqrt(1 + z^2) and z^2 / (1 + z^2), so that no environment outweighs the others. A real variable
 * with heavy tails is read by its normal scores: whether variables are independent does not depend on such a scale.
 */
export const featuresOf = (environments: MixedEnvironments): readonly (readonly Float64Array[])[] =>
  environments.columns.map((column) => {
    if (column.kind === 'real') {
      const score = standardScores(column.values, environments.counts);
      return [score.map((z) => z / Math.sqrt(1 + z * z)), score.map((z) => (z * z) / (1 + z * z))];
    }
    return indicators(column);
  });

const indicators = ({ levels, values }: Extract<MixedColumn, { kind: 'finite' }>): Float64Array[] =>
  levels.slice(1).map((_, level) => Float64Array.from(values, (code) => (code === level ? 1 : 0)));

function standardScores(values: Float64Array, counts: Float64Array | undefined): Float64Array {
  const scaled = scale(values, counts);
  let fourth = 0;
  let records = 0;
  for (const [r, z] of scaled.entries()) {
    const w = counts ? (counts[r] as number) : 1;
    fourth += w * z ** 4;
    records += w;
  }
  return fourth > heavy * records ? scale(normalScores(values), counts) : scaled;
}

/** Mean 0 and variance 1; all 0 where nothing varies. */
function scale(values: Float64Array, counts: Float64Array | undefined): Float64Array {
  const weight = (r: number): number => (counts ? (counts[r] as number) : 1);
  let [records, sum, squares] = [0, 0, 0];
  for (const [r, x] of values.entries()) {
    records += weight(r);
    sum += weight(r) * x;
  }
  const mean = sum / records;
  for (const [r, x] of values.entries()) squares += weight(r) * (x - mean) ** 2;
  const deviation = Math.sqrt(squares / records);
  return values.map((x) => (deviation > 0 ? (x - mean) / deviation : 0));
}

/** Normal quantiles of the ranks; equal values have the middle of theirs. */
function normalScores(values: Float64Array): Float64Array {
  const order = Array.from(values.keys()).sort((i, j) => (values[i] as number) - (values[j] as number));
  const scores = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to += 1;
    const score = normalQuantile((from + to) / 2 / order.length);
    for (let i = from; i < to; i++) scores[order[i] as number] = score;
    from = to;
  }
  return scores;
}
