import { contract, stridesOf } from './contract.ts';
import type { AxisSizes, Factor, TooLarge } from './table.ts';

export { type AxisSizes, defaultCellLimit, type Factor, type TooLarge } from './table.ts';

export const isTooLarge = (result: Factor | TooLarge): result is TooLarge => 'tooLarge' in result;

export const scalar = (value: number): Factor => ({ axes: [], sizes: [], values: Float64Array.of(value) });

/** A factor from its cells in row-major order; throws when the number of cells is not the product of the sizes (a fault of ours). */
export function factorOf(axes: readonly string[], sizes: readonly number[], values: ArrayLike<number>): Factor {
  const cells = sizes.reduce((total, size) => total * size, 1);
  if (axes.length !== sizes.length || cells !== values.length || new Set(axes).size !== axes.length)
    throw new Error(`Factor over [${axes}] with sizes [${sizes}] given ${values.length} cells.`);
  return { axes, sizes, values: values instanceof Float64Array ? values : Float64Array.from(values) };
}

/** The value at one cell; every axis of the factor must be named (others are ignored). */
export function valueAt(factor: Factor, at: Readonly<Record<string, number>>): number {
  let cell = 0;
  factor.axes.forEach((axis, i) => {
    cell = cell * (factor.sizes[i] as number) + (at[axis] as number);
  });
  return factor.values[cell] as number;
}

export const sizeOf = (factor: Factor, axis: string): number | undefined => factor.sizes[factor.axes.indexOf(axis)];

/** Sizes by axis over all factors; throws when two factors disagree. */
export function sizesOf(factors: readonly Factor[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const factor of factors)
    factor.axes.forEach((axis, i) => {
      const size = factor.sizes[i] as number;
      if ((sizes.get(axis) ?? size) !== size) throw new Error(`Axis ${axis} has two sizes: ${sizes.get(axis)} and ${size}.`);
      sizes.set(axis, size);
    });
  return sizes;
}

/** The product over the union of the axes (axes of `a` first). */
export function product(a: Factor, b: Factor): Factor {
  if (a.axes.length === 0 && a.values[0] === 1) return b;
  if (b.axes.length === 0 && b.values[0] === 1) return a;
  return contract([a, b], union(a.axes, b.axes), [], sizesOf([a, b]));
}

/** The sum over the named axes; axes that the factor does not have are ignored. */
export function sumOut(factor: Factor, over: readonly string[]): Factor {
  const gone = factor.axes.filter((axis) => over.includes(axis));
  if (gone.length === 0) return factor;
  return contract(
    [factor],
    factor.axes.filter((axis) => !gone.includes(axis)),
    gone,
    sizesOf([factor]),
  );
}

export const total = (factor: Factor): number => sumOut(factor, factor.axes).values[0] as number;

/** `a / b` over the union of the axes. Division by zero, 0 / 0 included, is NaN: undefined. */
export function divide(a: Factor, b: Factor): Factor {
  const inverse = b.values.map((value) => (value === 0 ? Number.NaN : value));
  const axes = union(a.axes, b.axes);
  const sizes = sizesOf([a, b]);
  const shape = axes.map((axis) => sizes.get(axis) as number);
  const [top, bottom] = [align(a, axes, sizes), align({ ...b, values: inverse }, axes, sizes)];
  return { axes, sizes: shape, values: top.values.map((value, i) => value / (bottom.values[i] as number)) };
}

/** The slice at one index of an axis; a factor without that axis comes back unchanged. */
export function restrict(factor: Factor, axis: string, index: number): Factor {
  const at = factor.axes.indexOf(axis);
  if (at < 0) return factor;
  const size = factor.sizes[at] as number;
  if (!(index >= 0 && index < size)) throw new Error(`Index ${index} on axis ${axis} of size ${size}.`);
  let inner = 1;
  for (let i = at + 1; i < factor.sizes.length; i++) inner *= factor.sizes[i] as number;
  const values = new Float64Array(factor.values.length / size);
  for (let from = index * inner, to = 0; to < values.length; from += size * inner, to += inner)
    values.set(factor.values.subarray(from, from + inner), to);
  return { axes: factor.axes.toSpliced(at, 1), sizes: factor.sizes.toSpliced(at, 1), values };
}

/** Axes renamed; axes that end up with one name become its diagonal. */
export function rename(factor: Factor, names: Readonly<Record<string, string>>): Factor {
  const renamed = factor.axes.map((axis) => (Object.hasOwn(names, axis) ? (names[axis] as string) : axis));
  const axes = [...new Set(renamed)];
  if (axes.length === renamed.length) return { ...factor, axes: renamed };
  const strides = stridesOf(factor.sizes);
  const sizes = axes.map((axis) => {
    const own = factor.sizes.filter((_, i) => renamed[i] === axis);
    if (new Set(own).size > 1) throw new Error(`Axes of sizes ${own} cannot share the name ${axis}.`);
    return own[0] as number;
  });
  const steps = axes.map((axis) => strides.reduce((sum, stride, i) => (renamed[i] === axis ? sum + stride : sum), 0));
  const values = new Float64Array(sizes.reduce((cells, size) => cells * size, 1));
  const digits = new Int32Array(axes.length);
  for (let cell = 0, from = 0; cell < values.length; cell++) {
    values[cell] = factor.values[from] as number;
    for (let i = axes.length - 1; i >= 0; i--) {
      digits[i] = (digits[i] as number) + 1;
      from += steps[i] as number;
      if ((digits[i] as number) < (sizes[i] as number)) break;
      from -= (steps[i] as number) * (sizes[i] as number);
      digits[i] = 0;
    }
  }
  return { axes, sizes, values };
}

/** The same table with its axes in the given order; axes that it lacks are added as constant directions of the size in `sizes`. */
export function align(factor: Factor, axes: readonly string[], sizes: AxisSizes = new Map()): Factor {
  if (axes.length === factor.axes.length && axes.every((axis, i) => axis === factor.axes[i])) return factor;
  const missing = factor.axes.filter((axis) => !axes.includes(axis));
  if (missing.length > 0) throw new Error(`Aligning to [${axes}] would lose [${missing}].`);
  const all = new Map(sizes);
  factor.axes.forEach((axis, i) => {
    all.set(axis, factor.sizes[i] as number);
  });
  return contract([factor], axes, [], all);
}

/** Divided by its sum over the axes `over` (default: all), so that it sums to one there; NaN where that sum is 0. */
export const normalise = (factor: Factor, over: readonly string[] = factor.axes): Factor =>
  align(divide(factor, sumOut(factor, over)), factor.axes);

/** From a joint table: P(of | given), all other axes of the factor outside `keep` summed out; axes in order of, given, keep. */
export function condition(joint: Factor, of: readonly string[], given: readonly string[], keep: readonly string[] = []): Factor {
  const wanted = [...of, ...given, ...keep];
  const margin = sumOut(
    joint,
    joint.axes.filter((axis) => !wanted.includes(axis)),
  );
  return align(normalise(margin, of), wanted);
}

/** Each cell multiplied by a number. */
export const scale = (factor: Factor, by: number): Factor => ({
  ...factor,
  values: factor.values.map((value) => (by === 0 ? 0 : value * by)),
});

const union = (a: readonly string[], b: readonly string[]): string[] => [...a, ...b.filter((axis) => !a.includes(axis))];
