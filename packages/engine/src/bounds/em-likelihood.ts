import { log } from '../math/elementary.ts';
import type { Likelihood } from './em.ts';
import type { Unit } from './em-space.ts';
import type { Programme } from './programme.ts';

/** Joint classes of several exogenous variables up to which a reference is checked one by one. */
const jointLimit = 262_144;

/**
 * The likelihood of a unit. Its reference is the empirical network of the cells (their targets) or the shares of the records within
 * each stratum, whichever bounds the log-likelihood more tightly. For any positive t the log-likelihood of every distribution,
 * measured from t, is at most N (max over states of sum_j n_j a_j / (N t_j) - 1): concavity at t, whether or not t can be attained.
 */
export function likelihoodOf(programme: Programme, unit: Unit): Likelihood {
  const width = unit.slots.length;
  const groups = new Int32Array(width + 1);
  for (let g = 0; g < width; g++) groups[g + 1] = (groups[g] as number) + (unit.slots[g]?.classes ?? 0);
  const numbers = new Map<string, number>();
  const parts = [0];
  const classes: number[] = [];
  const values: number[] = [];
  const rows = [0];
  const terms: number[] = [];
  for (const row of unit.terms) {
    for (const factors of row) {
      for (const [g, factor] of factors.entries()) {
        const key = `${g}:${factor.join()}`;
        let number = numbers.get(key);
        if (number === undefined) {
          number = parts.length - 1;
          numbers.set(key, number);
          for (const [i, value] of factor.entries()) {
            if (value === 0) continue;
            classes.push((groups[g] as number) + i);
            values.push(value);
          }
          parts.push(classes.length);
        }
        terms.push(number);
      }
    }
    rows.push(terms.length / width);
  }
  const counts = Float64Array.from(unit.rows, (row) => programme.cells[row]?.count ?? 0);
  const bare: Likelihood = {
    groups,
    parts: Int32Array.from(parts),
    classes: Int32Array.from(classes),
    values: Float64Array.from(values),
    rows: Int32Array.from(rows),
    terms: Int32Array.from(terms),
    counts,
    reference: new Float64Array(0),
    atMost: Number.POSITIVE_INFINITY,
  };
  const shares = withinStrata(programme, unit.rows);
  const targets = Float64Array.from(unit.rows, (row) => programme.cells[row]?.target ?? Number.NaN);
  const withShares = { ...bare, reference: shares, atMost: room(bare, shares) ?? 0 };
  if (!targets.every((target) => target > 0)) return withShares;
  const above = room(bare, targets);
  if (above === undefined) return withShares;
  let apart = 0;
  for (let j = 0; j < counts.length; j++) apart += (counts[j] as number) * log((targets[j] as number) / (shares[j] as number));
  return above + apart <= withShares.atMost ? { ...bare, reference: targets, atMost: above } : withShares;
}

/** The log-likelihood that the others are measured from, in nats. */
export function referenceLogLikelihood({ counts, reference }: Likelihood): number {
  let total = 0;
  for (let j = 0; j < counts.length; j++) total += (counts[j] as number) * log(reference[j] as number);
  return total;
}

function withinStrata(programme: Programme, rows: readonly number[]): Float64Array {
  const totals = new Float64Array(programme.strata.length);
  for (const cell of programme.cells) totals[cell.stratum] = (totals[cell.stratum] as number) + Math.max(0, cell.count);
  return Float64Array.from(rows, (row) => {
    const cell = programme.cells[row];
    return cell === undefined ? Number.NaN : cell.count / (totals[cell.stratum] as number);
  });
}

/** max over joint classes of sum_j n_j a_j / t_j, less N; at least 0. undefined: too many joint classes. */
function room(likelihood: Likelihood, reference: Float64Array): number | undefined {
  const { groups, parts, classes, values, rows, terms, counts } = likelihood;
  const width = groups.length - 1;
  const sizes = Array.from({ length: width }, (_, g) => (groups[g + 1] as number) - (groups[g] as number));
  const joint = sizes.reduce((product, size) => product * size, 1);
  const last = terms.length / width;
  if (!(joint * last <= jointLimit * 64 && joint <= jointLimit)) return undefined;
  const dense = Array.from({ length: parts.length - 1 }, (_, part) => {
    const vector = new Map<number, number>();
    for (let i = parts[part] as number; i < (parts[part + 1] as number); i++) vector.set(classes[i] as number, values[i] as number);
    return vector;
  });
  const sums = new Float64Array(joint);
  let records = 0;
  for (let row = 0; row < counts.length; row++) {
    records += counts[row] as number;
    const weight = (counts[row] as number) / (reference[row] as number);
    for (let term = rows[row] as number; term < (rows[row + 1] as number); term++) {
      let places: (readonly [number, number])[] = [[0, weight]];
      for (let g = 0; g < width; g++) {
        const vector = dense[terms[term * width + g] as number] as Map<number, number>;
        places = places.flatMap(([at, product]) =>
          [...vector].map(([c, value]) => [at * (sizes[g] as number) + c - (groups[g] as number), product * value] as const),
        );
      }
      for (const [at, product] of places) sums[at] = (sums[at] as number) + product;
    }
  }
  let most = 0;
  for (const sum of sums) most = Math.max(most, sum);
  return Math.max(0, most - records);
}
