import type { Feature, FeatureFactor, MomentQuery } from '../data/moments.ts';
import type { Name } from '../graph/variable.ts';
import { type Basis, type Predictor, polynomial } from './basis.ts';

type Real = Extract<Predictor, { readonly kind: 'real' }>;

const degree = 3;
const intervals = 8;
/** Per variable of a tensor product. */
const coarse = 3;

/**
 * Cubic B-splines per real variable, products of any two variables, levels, and, where `tensor`, a spline surface per pair of real
 * variables: penalised by the integral of squared second derivatives (O'Sullivan 1986). Null space of the penalty: all products of degree 2
 * without squares.
 */
export function splineBasis(predictors: readonly Predictor[], scales: MomentQuery['scales'], tensor: boolean): Basis {
  const features: Feature[] = polynomial(predictors, 2).filter(
    (feature) => !feature.some((factor) => 'power' in factor && factor.power > 1),
  );
  const blocks: { readonly from: number; readonly matrix: Square }[] = [];
  const add = (made: readonly Feature[], matrix: Square): void => {
    blocks.push({ from: features.length, matrix: unit(matrix) });
    features.push(...made);
  };
  const reals = predictors.filter(
    (predictor): predictor is Real => predictor.kind === 'real' && predictor.range.most > predictor.range.least,
  );
  for (const real of reals) {
    const knots = knotsOf(real, scales, intervals);
    // Constant and linear part stand among the features already; of the functions that sum to them two are superfluous.
    const own = functionsOf(real.name, knots).slice(1, -1);
    add(
      own.map((factor) => [factor]),
      tail(moments(knots, 2), 1),
    );
  }
  if (tensor)
    for (const [i, one] of reals.entries())
      for (const other of reals.slice(i + 1)) {
        const [a, b] = [knotsOf(one, scales, coarse), knotsOf(other, scales, coarse)];
        // With constant, main effects and these, all products of functions of the two are there.
        const [first, second] = [functionsOf(one.name, a).slice(1), functionsOf(other.name, b).slice(1)];
        const [bent, flat] = [
          (knots: number[]): Square => tail(moments(knots, 2), 0),
          (knots: number[]): Square => tail(moments(knots, 0), 0),
        ];
        add(
          first.flatMap((left) => second.map((right): Feature => [left, right])),
          sum(kronecker(bent(a), flat(b)), kronecker(flat(a), bent(b))),
        );
      }
  const size = features.length;
  const roughness = new Float64Array(size * size);
  for (const { from, matrix } of blocks)
    for (let i = 0; i < matrix.size; i++)
      for (let j = 0; j < matrix.size; j++) roughness[(from + i) * size + from + j] = matrix.values[i * matrix.size + j] as number;
  const name = reals.length === 0 ? 'levels and products of two' : 'penalised cubic splines';
  const finish = reals.length < 2 ? '' : tensor ? ', with surfaces for pairs' : ', with products of two';
  return { name: `${name}${finish}`, features, roughness, bounded: true };
}

/** Knots at equal distances within 2.5 standard deviations of the mean, the ends four times at what was measured, a little beyond. */
export function knotsOf({ name, range }: Real, scales: MomentQuery['scales'], count: number): number[] {
  const { center, scale } = scales.get(name) ?? { center: 0, scale: 1 };
  const slack = 1e-9 * (range.most - range.least);
  const [least, most] = [(range.least - slack - center) / scale, (range.most + slack - center) / scale];
  const [mean, sd] = [(range.mean - center) / scale, range.sd / scale];
  const from = Math.max(least, mean - 2.5 * sd);
  const to = Math.min(most, mean + 2.5 * sd);
  // Where a tail reaches far beyond, it is an interval of its own.
  const inside = Array.from({ length: count + 1 }, (_, i) => from + ((to - from) * i) / count).filter(
    (knot) => knot > least + 0.02 * (to - from) && knot < most - 0.02 * (to - from),
  );
  return [...new Array<number>(degree + 1).fill(least), ...inside, ...new Array<number>(degree + 1).fill(most)];
}

const functionsOf = (name: Name, knots: readonly number[]): FeatureFactor[] =>
  Array.from({ length: knots.length - degree - 1 }, (_, index) => ({ of: name, knots, degree, index }));

/** The B-spline `index` of degree `p` at x, by its recursion; right-continuous, and 0 at the last knot. */
function spline(knots: readonly number[], p: number, index: number, x: number): number {
  const knot = (i: number): number => knots[i] as number;
  if (p === 0) return x >= knot(index) && x < knot(index + 1) ? 1 : 0;
  const [left, right] = [knot(index + p) - knot(index), knot(index + p + 1) - knot(index + 1)];
  return (
    (left > 0 ? ((x - knot(index)) / left) * spline(knots, p - 1, index, x) : 0) +
    (right > 0 ? ((knot(index + p + 1) - x) / right) * spline(knots, p - 1, index + 1, x) : 0)
  );
}

/** Its derivative of this order. */
export function splineDerivative(knots: readonly number[], p: number, index: number, order: number, x: number): number {
  if (order === 0) return spline(knots, p, index, x);
  const knot = (i: number): number => knots[i] as number;
  const [left, right] = [knot(index + p) - knot(index), knot(index + p + 1) - knot(index + 1)];
  return (
    p *
    ((left > 0 ? splineDerivative(knots, p - 1, index, order - 1, x) / left : 0) -
      (right > 0 ? splineDerivative(knots, p - 1, index + 1, order - 1, x) / right : 0))
  );
}

interface Square {
  readonly size: number;
  readonly values: Float64Array;
}

const gauss = [
  [-0.8611363115940526, 0.3478548451374538],
  [-0.3399810435848563, 0.6521451548625461],
  [0.3399810435848563, 0.6521451548625461],
  [0.8611363115940526, 0.3478548451374538],
] as const;

/** Integrals of products of derivatives of all cubic B-splines on these knots: exact, four points of Gauss per interval. */
export function moments(knots: readonly number[], order: number): Square {
  const size = knots.length - degree - 1;
  const values = new Float64Array(size * size);
  for (let k = degree; k < size; k++) {
    const [from, to] = [knots[k] as number, knots[k + 1] as number];
    const half = (to - from) / 2;
    for (const [node, weight] of gauss) {
      const x = from + half * (1 + node);
      const own = Array.from({ length: size }, (_, i) => (i >= k - degree && i <= k ? splineDerivative(knots, degree, i, order, x) : 0));
      for (let i = k - degree; i <= k; i++)
        for (let j = k - degree; j <= k; j++)
          values[i * size + j] = (values[i * size + j] as number) + half * weight * (own[i] as number) * (own[j] as number);
    }
  }
  return { size, values };
}

/** Without the first function and `last` of the last ones. */
function tail({ size, values }: Square, last: number): Square {
  const own = size - 1 - last;
  return {
    size: own,
    values: Float64Array.from({ length: own * own }, (_, at) => values[(Math.floor(at / own) + 1) * size + (at % own) + 1] as number),
  };
}

function kronecker(a: Square, b: Square): Square {
  const size = a.size * b.size;
  const values = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      values[i * size + j] =
        (a.values[Math.floor(i / b.size) * a.size + Math.floor(j / b.size)] as number) *
        (b.values[(i % b.size) * b.size + (j % b.size)] as number);
  return { size, values };
}

const sum = (a: Square, b: Square): Square => ({ size: a.size, values: a.values.map((value, i) => value + (b.values[i] as number)) });

/** Scaled to an average diagonal of 1. */
function unit({ size, values }: Square): Square {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += values[i * size + i] as number;
  return trace > 0 ? { size, values: values.map((value) => (value * size) / trace) } : { size, values };
}
