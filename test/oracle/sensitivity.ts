import type { Arithmetic } from './arithmetic.ts';

/** Free parameters: simplexes of option probabilities. Options are numbered through; a simplex is a run of options. */
export interface Parameters {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly probabilities: Float64Array;
}

export function drawParameters(sizes: readonly number[], arithmetic: Arithmetic): Parameters {
  const starts: number[] = [];
  let total = 0;
  for (const size of sizes) {
    starts.push(total);
    total += size;
  }
  const probabilities = new Float64Array(total);
  sizes.forEach((size, s) => {
    probabilities.set(arithmetic.simplex(size), starts[s] as number);
  });
  return { starts, sizes, probabilities };
}

/** A probability as a sum over model states: its value, and per option the part of the sum that uses the option. */
export interface Cell {
  value: number;
  readonly uses: Float64Array;
}

export function emptyCell(parameters: Parameters): Cell {
  return { value: 0, uses: new Float64Array(parameters.probabilities.length) };
}

/**
 * The gradient in the log-weights of every simplex (softmax), one column fewer than options each:
 * d/dw_j sum = uses_j - p_j * (uses of the whole simplex).
 */
export function gradient(cell: Cell, parameters: Parameters, arithmetic: Arithmetic): Float64Array {
  const { starts, sizes, probabilities } = parameters;
  const row = new Float64Array(probabilities.length - sizes.length);
  let column = 0;
  for (let s = 0; s < sizes.length; s++) {
    const [start, size] = [starts[s] as number, sizes[s] as number];
    let total = 0;
    for (let o = start; o < start + size; o++) total = arithmetic.add(total, cell.uses[o] as number);
    for (let o = start; o < start + size - 1; o++) {
      row[column++] = arithmetic.subtract(cell.uses[o] as number, arithmetic.multiply(probabilities[o] as number, total));
    }
  }
  return row;
}

/** The direction of d(numerator / denominator): d(n) * denominator - n * d(denominator). */
export function quotientGradient(n: Float64Array, nValue: number, d: Float64Array, dValue: number, arithmetic: Arithmetic): Float64Array {
  return n.map((x, c) => arithmetic.subtract(arithmetic.multiply(x, dValue), arithmetic.multiply(nValue, d[c] as number)));
}

export interface Enumeration {
  readonly parameters: Parameters;
  /** One per cell of every regime. `at`: values of the observed nodes, set ones included. */
  readonly data: readonly { readonly regime: number; readonly at: readonly number[]; readonly cell: Cell }[];
  /** One per assignment of the open values. */
  readonly answers: readonly { readonly numerator: Cell; readonly denominator: Cell }[];
}
