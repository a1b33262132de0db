import type { Random } from '../../math/random.ts';
import type { Features } from './pictures.ts';

/**
 * The energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'| of two empirical laws (Szekely and Rizzo 2013), Euclidean; never negative, 0 only
 * where they coincide. O(n log n) for one column, else O((n + m)^2).
 */
export function energyDistance(a: Features, b: Features): number {
  if (a.width !== b.width) throw new Error(`Rows of width ${a.width} and ${b.width}.`);
  if (a.width === 1) return energyOfNumbers(a.values, b.values);
  return 2 * meanDistance(a, b) - meanDistance(a, a) - meanDistance(b, b);
}

function meanDistance(a: Features, b: Features): number {
  const { width } = a;
  let total = 0;
  for (let i = 0; i < a.rows; i++) {
    let sum = 0;
    for (let j = 0; j < b.rows; j++) {
      let square = 0;
      for (let k = 0; k < width; k++) {
        const difference = (a.values[i * width + k] as number) - (b.values[j * width + k] as number);
        square += difference * difference;
      }
      sum += Math.sqrt(square);
    }
    total += sum / b.rows;
  }
  return total / a.rows;
}

/** In one dimension the energy distance is twice the integral of the squared difference of the distribution functions. */
function energyOfNumbers(a: Float64Array, b: Float64Array): number {
  return 2 * integrate(a, b, (difference) => difference * difference);
}

/** The 1-Wasserstein distance of two samples of numbers: the integral of |F - G|. */
export function wasserstein(a: Float64Array, b: Float64Array): number {
  return integrate(a, b, Math.abs);
}

function integrate(a: Float64Array, b: Float64Array, of: (difference: number) => number): number {
  const [x, y] = [a.slice().sort(), b.slice().sort()];
  let [i, j, sum] = [0, 0, 0];
  let at = Math.min(x[0] as number, y[0] as number);
  while (i < x.length || j < y.length) {
    const next = Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY);
    sum += (next - at) * of(i / x.length - j / y.length);
    at = next;
    while (x[i] === at) i += 1;
    while (y[j] === at) j += 1;
  }
  return sum;
}

/** The mean 1-Wasserstein distance of projections on random directions (Bonneel et al. 2015). */
export function slicedWasserstein(a: Features, b: Features, random: Random, directions: number = 100): number {
  const { width } = a;
  if (b.width !== width) throw new Error(`Rows of width ${width} and ${b.width}.`);
  let sum = 0;
  for (let round = 0; round < directions; round++) {
    const direction = Float64Array.from({ length: width }, () => random.normal());
    const length = Math.sqrt(direction.reduce((square, value) => square + value * value, 0));
    const project = ({ rows, values }: Features): Float64Array =>
      Float64Array.from({ length: rows }, (_, row) => {
        let dot = 0;
        for (let i = 0; i < width; i++) dot += (values[row * width + i] as number) * (direction[i] as number);
        return dot / length;
      });
    sum += wasserstein(project(a), project(b));
  }
  return sum / directions;
}
