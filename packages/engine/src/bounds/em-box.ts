import type { Block, Form, Literal } from './programme.ts';

/** All allowed states of some digits: `values` state after state. */
export interface Box {
  readonly digits: readonly number[];
  readonly values: Uint32Array;
  readonly count: number;
}

export function boxOf(block: Block, digits: readonly number[]): Box {
  const sizes = digits.map((digit) => block.digits[digit]?.levels.length ?? 1);
  const total = sizes.reduce((product, size) => product * size, 1);
  const place = new Map(digits.map((digit, i) => [digit, i]));
  const forbidden = block.forbidden.filter((literals) => literals.every(({ digit }) => place.has(digit)));
  const state = new Uint32Array(digits.length);
  const values: number[] = [];
  for (let s = 0; s < total; s++) {
    const dropped = forbidden.some((literals) => literals.every(({ digit, value }) => state[place.get(digit) as number] === value));
    if (!dropped) for (const value of state) values.push(value);
    for (let i = digits.length - 1; i >= 0; i--) {
      state[i] = (state[i] as number) + 1;
      if ((state[i] as number) < (sizes[i] as number)) break;
      state[i] = 0;
    }
  }
  return { digits, values: Uint32Array.from(values), count: values.length / digits.length };
}

/** 1 where the literals on digits of the box hold; undefined: there are none. */
export function matches(box: Box, literals: readonly Literal[]): Float64Array | undefined {
  const own = literals.flatMap(({ digit, value }) => {
    const at = box.digits.indexOf(digit);
    return at < 0 ? [] : [{ at, value }];
  });
  if (own.length === 0) return undefined;
  const width = box.digits.length;
  const result = new Float64Array(box.count).fill(1);
  for (const { at, value } of own) for (let s = 0; s < box.count; s++) if (box.values[s * width + at] !== value) result[s] = 0;
  return result;
}

/**
 * A form as a sum of products of functions, one on each box (the coefficient in the first). Terms that differ in one box only are
 * added up, box after box: with one box a single function remains, with several as few as conjunctions of sets of states allow.
 */
export function termsOf(form: Form, boxes: readonly Box[]): readonly (readonly Float64Array[])[] | undefined {
  let terms: (readonly Float64Array[])[] = [];
  for (const { coefficient, literals } of form) {
    if (coefficient === 0) continue;
    if (!(coefficient > 0)) return undefined;
    const factors = boxes.map((box) => matches(box, literals) ?? new Float64Array(box.count).fill(1));
    terms.push([(factors[0] as Float64Array).map((one) => one * coefficient), ...factors.slice(1)]);
  }
  for (let g = boxes.length - 1; g >= 0; g--) {
    const joined = new Map<string, Float64Array[]>();
    for (const factors of terms) {
      const key = factors.flatMap((factor, h) => (h === g ? [] : [factor.join()])).join(';');
      const before = joined.get(key);
      if (before === undefined) joined.set(key, [...factors]);
      else before[g] = (before[g] as Float64Array).map((value, state) => value + ((factors[g] as Float64Array)[state] as number));
    }
    terms = [...joined.values()];
  }
  return terms;
}

/** A partition of states, refined by functions on them; numbered in order of first appearance. */
export class Partition {
  of: Int32Array;
  count: number;

  constructor(states: number) {
    this.of = new Int32Array(states);
    this.count = Math.min(1, states);
  }

  copy(): Partition {
    const same = new Partition(0);
    same.of = this.of;
    same.count = this.count;
    return same;
  }

  /** A function that is constant on every part, by part. */
  compress(values: Float64Array): Float64Array {
    const result = new Float64Array(this.count);
    for (let s = 0; s < values.length; s++) result[this.of[s] as number] = values[s] as number;
    return result;
  }

  refine(by: Float64Array): void {
    const labels = new Map<number, Map<number, number>>();
    let next = 0;
    const refined = new Int32Array(by.length);
    for (let s = 0; s < by.length; s++) {
      const before = this.of[s] as number;
      const value = by[s] as number;
      let row = labels.get(before);
      if (row === undefined) {
        row = new Map();
        labels.set(before, row);
      }
      let label = row.get(value);
      if (label === undefined) {
        label = next;
        next += 1;
        row.set(value, label);
      }
      refined[s] = label;
    }
    this.of = refined;
    this.count = next;
  }
}
