import { factorise, substitute } from '../../math/cholesky.ts';
import { exp } from '../../math/elementary.ts';
import type { Random } from '../../math/random.ts';
import { betaLower, betaQuantile } from '../../math/special.ts';
import { type Features, pickFeatures } from './pictures.ts';

export interface TwoSampleReport {
  /** Share of held-out rows whose side was told right; 0.5 where the laws do not differ. */
  readonly accuracy: number;
  /** 95 %, Clopper and Pearson 1934. */
  readonly interval: readonly [number, number];
  readonly heldOut: number;
  /** P(at least as many right | guessing). */
  readonly p: number;
}

/**
 * Can a classifier tell two samples apart (Lopez-Paz and Oquab 2017)? Logistic regression on standardised features, fitted on half of
 * the rows of each side, judged on the rest. The larger side is cut to the size of the smaller. With `squares`, squares of the features
 * join, so that a difference in spread is seen too.
 */
export function classifierTest(a: Features, b: Features, random: Random, options: { readonly squares?: boolean } = {}): TwoSampleReport {
  const n = Math.min(a.rows, b.rows);
  const half = Math.floor(n / 2);
  const cut = (features: Features, name: string): readonly [Features, Features] => {
    const order = random.split(name).shuffle(Array.from({ length: features.rows }, (_, i) => i));
    return [pickFeatures(features, order.slice(0, half)), pickFeatures(features, order.slice(half, n))];
  };
  const [aFit, aTest] = cut(a, 'first');
  const [bFit, bTest] = cut(b, 'second');
  const expand = designOf([aFit, bFit], options.squares ?? false);
  const weights = logistic([expand(aFit), expand(bFit)]);
  const right = (features: Features, side: 0 | 1): number => {
    let count = 0;
    for (let row = 0; row < features.rows; row++) {
      const score = dot(features, row, weights);
      if (score === 0) count += 0.5;
      else if (score > 0 === (side === 1)) count += 1;
    }
    return count;
  };
  const heldOut = aTest.rows + bTest.rows;
  const found = Math.floor(right(expand(aTest), 0) + right(expand(bTest), 1));
  return {
    accuracy: found / heldOut,
    interval: [
      found === 0 ? 0 : betaQuantile(0.025, found, heldOut - found + 1),
      found === heldOut ? 1 : betaQuantile(0.975, found + 1, heldOut - found),
    ],
    heldOut,
    p: found === 0 ? 1 : betaLower(0.5, found, heldOut - found + 1),
  };
}

/** Standardised columns (of the rows given), their squares if wanted, and a constant. */
function designOf(parts: readonly Features[], squares: boolean): (features: Features) => Features {
  const width = (parts[0] as Features).width;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const mean = new Float64Array(width);
  const spread = new Float64Array(width);
  const each = (visit: (column: number, value: number) => void): void => {
    for (const part of parts) part.values.forEach((value, i) => void visit(i % width, value));
  };
  each((column, value) => {
    mean[column] = (mean[column] as number) + value / rows;
  });
  each((column, value) => {
    spread[column] = (spread[column] as number) + (value - (mean[column] as number)) ** 2 / rows;
  });
  const wide = width * (squares ? 2 : 1) + 1;
  return (features) => {
    const values = new Float64Array(features.rows * wide);
    for (let row = 0; row < features.rows; row++) {
      for (let i = 0; i < width; i++) {
        const deviation = Math.sqrt(spread[i] as number);
        const value = deviation > 1e-12 ? ((features.values[row * width + i] as number) - (mean[i] as number)) / deviation : 0;
        values[row * wide + i] = value;
        if (squares) values[row * wide + width + i] = value * value - 1;
      }
      values[row * wide + wide - 1] = 1;
    }
    return { rows: features.rows, width: wide, values };
  };
}

function dot({ width, values }: Features, row: number, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += (values[row * width + i] as number) * (weights[i] as number);
  return sum;
}

/** Logistic regression with a small ridge by Newton steps; `sides[1]` is what is predicted. */
function logistic(sides: readonly [Features, Features]): Float64Array {
  const { width } = sides[0];
  const rows = sides[0].rows + sides[1].rows;
  let weights = new Float64Array(width);
  const step = new Float64Array(width);
  const penalty = 0.01 * rows;
  for (let round = 0; round < 12; round++) {
    const hessian = new Float64Array(width * width);
    const slope = weights.map((weight) => -penalty * weight);
    sides.forEach((side, label) => {
      for (let row = 0; row < side.rows; row++) {
        const p = 1 / (1 + exp(-dot(side, row, weights)));
        const weight = p * (1 - p);
        for (let i = 0; i < width; i++) {
          const value = side.values[row * width + i] as number;
          slope[i] = (slope[i] as number) + value * (label - p);
          const scaled = weight * value;
          for (let j = 0; j <= i; j++)
            hessian[i * width + j] = (hessian[i * width + j] as number) + scaled * (side.values[row * width + j] as number);
        }
      }
    });
    for (let i = 0; i < width; i++) hessian[i * width + i] = (hessian[i * width + i] as number) + penalty;
    factorise(hessian, width);
    substitute(hessian, width, slope, step);
    const most = step.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
    // Far from the optimum a Newton step may overshoot.
    weights = weights.map((weight, i) => weight + (step[i] as number) * Math.min(1, 5 / most));
    if (most < 1e-8) break;
  }
  return weights;
}
