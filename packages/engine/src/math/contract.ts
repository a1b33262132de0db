import type { AxisSizes, Factor } from './table.ts';

/** Row-major strides. */
export function stridesOf(sizes: readonly number[]): number[] {
  const strides = new Array<number>(sizes.length);
  let stride = 1;
  for (let i = sizes.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= sizes[i] as number;
  }
  return strides;
}

/** Nested loops: `extent[i]` turns of loop i (the last is innermost), moving factor j by `step[i * factors + j]`. */
interface Loops {
  readonly extent: number[];
  readonly step: number[];
  readonly cells: number;
}

/** Neighbouring axes over which every factor is contiguous (or constant) become one loop. */
function loopsOver(factors: readonly Factor[], axes: readonly string[], sizes: AxisSizes, strides: readonly (readonly number[])[]): Loops {
  const extent: number[] = [];
  const step: number[] = [];
  const count = factors.length;
  let cells = 1;
  for (const axis of axes) {
    const size = sizes.get(axis);
    if (size === undefined) throw new Error(`No size is known for axis ${axis}.`);
    cells *= size;
    if (size === 1) continue;
    const own = factors.map((factor, j) => {
      const at = factor.axes.indexOf(axis);
      return at < 0 ? 0 : ((strides[j] as readonly number[])[at] as number);
    });
    const last = extent.length - 1;
    if (last >= 0 && own.every((stride, j) => step[last * count + j] === stride * size)) {
      extent[last] = (extent[last] as number) * size;
      own.forEach((stride, j) => {
        step[last * count + j] = stride;
      });
    } else {
      extent.push(size);
      step.push(...own);
    }
  }
  return { extent, step, cells };
}

/** Offsets of every factor at every turn of the loops: turn-major. */
function offsetsOf(loops: Loops, count: number): Int32Array {
  const offsets = new Int32Array(loops.cells * count);
  let filled = 1;
  for (let i = loops.extent.length - 1; i >= 0; i--) {
    const turns = loops.extent[i] as number;
    for (let turn = 1; turn < turns; turn++)
      for (let cell = 0; cell < filled; cell++)
        for (let j = 0; j < count; j++)
          offsets[(turn * filled + cell) * count + j] =
            (offsets[cell * count + j] as number) + turn * (loops.step[i * count + j] as number);
    filled *= turns;
  }
  return offsets;
}

/**
 * The sum over the axes `over` of the product of the factors, as a table over `out` (axes that no factor has are constant
 * directions). No product table is built: memory is that of the result. 0 x NaN = 0.
 */
export function contract(factors: readonly Factor[], out: readonly string[], over: readonly string[], sizes: AxisSizes): Factor {
  const shape = out.map((axis) => sizes.get(axis) ?? Number.NaN);
  const count = factors.length;
  if (count === 0) {
    const copies = over.reduce((cells, axis) => cells * (sizes.get(axis) as number), 1);
    return { axes: out, sizes: shape, values: new Float64Array(shape.reduce((cells, size) => cells * size, 1)).fill(copies) };
  }
  const strides = factors.map((factor) => stridesOf(factor.sizes));
  const outer = loopsOver(factors, out, sizes, strides);
  const inner = offsetsOf(loopsOver(factors, over, sizes, strides), count);
  const values = new Float64Array(outer.cells);
  const tables = factors.map((factor) => factor.values);
  if (values.length > 0) {
    if (count === 1) sumOne(values, tables[0] as Float64Array, outer, inner);
    else if (count === 2) sumTwo(values, tables[0] as Float64Array, tables[1] as Float64Array, outer, inner);
    else sumMany(values, tables, outer, inner);
  }
  return { axes: out, sizes: shape, values };
}

/** Moves the offsets to the next turn of all loops but the innermost. */
function advance(digits: Int32Array, base: Int32Array, loops: Loops): void {
  const count = base.length;
  for (let i = loops.extent.length - 2; i >= 0; i--) {
    const turns = loops.extent[i] as number;
    digits[i] = (digits[i] as number) + 1;
    const done = (digits[i] as number) === turns;
    const moves = done ? 1 - turns : 1;
    for (let j = 0; j < count; j++) base[j] = (base[j] as number) + moves * (loops.step[i * count + j] as number);
    if (!done) return;
    digits[i] = 0;
  }
}

function sumOne(values: Float64Array, a: Float64Array, loops: Loops, inner: Int32Array): void {
  const depth = loops.extent.length;
  const turns = depth === 0 ? 1 : (loops.extent[depth - 1] as number);
  const step = depth === 0 ? 0 : (loops.step[depth - 1] as number);
  const digits = new Int32Array(depth);
  const base = new Int32Array(1);
  for (let cell = 0; cell < values.length; ) {
    let at = base[0] as number;
    for (let turn = 0; turn < turns; turn++, cell++, at += step) {
      let sum = 0;
      for (let s = 0; s < inner.length; s++) sum += a[at + (inner[s] as number)] as number;
      values[cell] = sum;
    }
    advance(digits, base, loops);
  }
}

function sumTwo(values: Float64Array, a: Float64Array, b: Float64Array, loops: Loops, inner: Int32Array): void {
  const depth = loops.extent.length;
  const turns = depth === 0 ? 1 : (loops.extent[depth - 1] as number);
  const stepA = depth === 0 ? 0 : (loops.step[2 * depth - 2] as number);
  const stepB = depth === 0 ? 0 : (loops.step[2 * depth - 1] as number);
  const digits = new Int32Array(depth);
  const base = new Int32Array(2);
  for (let cell = 0; cell < values.length; ) {
    let atA = base[0] as number;
    let atB = base[1] as number;
    for (let turn = 0; turn < turns; turn++, cell++, atA += stepA, atB += stepB) {
      let sum = 0;
      for (let s = 0; s < inner.length; s += 2) {
        const x = a[atA + (inner[s] as number)] as number;
        const y = b[atB + (inner[s + 1] as number)] as number;
        const term = x * y;
        if (!Number.isNaN(term)) sum += term;
        else if (x !== 0 && y !== 0) sum = Number.NaN;
      }
      values[cell] = sum;
    }
    advance(digits, base, loops);
  }
}

function sumMany(values: Float64Array, tables: readonly Float64Array[], loops: Loops, inner: Int32Array): void {
  const count = tables.length;
  const depth = loops.extent.length;
  const turns = depth === 0 ? 1 : (loops.extent[depth - 1] as number);
  const step = Int32Array.from({ length: count }, (_, j) => (depth === 0 ? 0 : (loops.step[(depth - 1) * count + j] as number)));
  const digits = new Int32Array(depth);
  const base = new Int32Array(count);
  const at = new Int32Array(count);
  for (let cell = 0; cell < values.length; ) {
    at.set(base);
    for (let turn = 0; turn < turns; turn++, cell++) {
      let sum = 0;
      for (let s = 0; s < inner.length; s += count) {
        let term = 1;
        let zero = false;
        for (let j = 0; j < count; j++) {
          const value = (tables[j] as Float64Array)[(at[j] as number) + (inner[s + j] as number)] as number;
          if (value === 0) {
            zero = true;
            break;
          }
          term *= value;
        }
        if (!zero) sum += term;
      }
      values[cell] = sum;
      for (let j = 0; j < count; j++) at[j] = (at[j] as number) + (step[j] as number);
    }
    advance(digits, base, loops);
  }
}
