import type { Part, Partition } from './parts.ts';
import type { Joint, Relaxation, Slot } from './relax.ts';
import { measurable, type PartRow } from './sides.ts';

/** A number of the partition is kept in [lower, upper]. */
export interface Cut {
  readonly number: number;
  readonly lower: number;
  readonly upper: number;
}

export interface RelaxedRows {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly indices: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
}

/** Its rows without a box; deterministic, so that a checker can build them again. */
export function rowsOf(partition: Partition, relaxation: Relaxation): RelaxedRows {
  const { rows, add } = collector();
  for (const p of relaxation.parts) {
    const start = relaxation.starts.get(p) as number;
    const { classes } = partition.parts[p] as Part;
    add(
      1,
      1,
      Array.from({ length: classes }, (_, r) => start + r),
      new Array<number>(classes).fill(1),
    );
  }
  for (const joint of relaxation.joints) {
    for (const [s, slot] of joint.slots.entries()) {
      const stride = strideOf(joint, s);
      const start = relaxation.starts.get(slot.part) as number;
      const margins = Array.from({ length: slot.states }, () => ({ columns: [] as number[], values: [] as number[] }));
      const put = (state: number, column: number, value: number): void => {
        margins[state]?.columns.push(column);
        margins[state]?.values.push(value);
      };
      for (const [r, state] of slot.of.entries()) put(state, start + r, -1);
      for (let at = 0; at < joint.count; at++) put(Math.floor(at / stride) % slot.states, joint.start + at, 1);
      for (const { columns, values } of margins) add(0, 0, columns, values);
    }
    if (joint.independence !== undefined) independenceRows(partition, relaxation, joint, add);
  }
  multiplied(partition, relaxation, ({ rows: own }) => own, add);
  return rows;
}

/** Which of {@link rowsOf} the rows of part `p` by itself are; -1: one that says nothing. */
export function ownRows(partition: Partition, { parts, joints }: Relaxation, p: number): number[] {
  let next = parts.length;
  for (const { slots, independence } of joints) {
    for (const { states } of slots) next += states;
    const pair = independence === undefined ? undefined : partition.parts[(slots[0] as Slot).part]?.independences[independence];
    if (pair !== undefined) next += pair.a.states * pair.b.states + (pair.a.states * (pair.a.states - 1)) / 2;
  }
  const placed = (other: number): number[] =>
    (partition.parts[other] as Part).rows.map(({ coefficients, lower, upper }) => {
      if (lower <= 0 && upper >= 0 && coefficients.every((value) => value === 0)) return -1;
      next += 1;
      return next - 1;
    });
  for (const other of parts.slice(0, parts.indexOf(p))) placed(other);
  return placed(p);
}

/** The rows that a box adds, to stand behind {@link rowsOf}. */
export function boxRows(partition: Partition, relaxation: Relaxation, cuts: readonly Cut[]): RelaxedRows {
  const { rows, add } = collector();
  const own = ({ indicators }: Part): PartRow[] =>
    cuts.flatMap(({ number, lower, upper }) => {
      const coefficients = indicators.get(number);
      return coefficients === undefined ? [] : [{ coefficients, lower, upper }];
    });
  multiplied(partition, relaxation, own, add);
  return rows;
}

export function joined(a: RelaxedRows, b: RelaxedRows): RelaxedRows {
  return {
    lower: [...a.lower, ...b.lower],
    upper: [...a.upper, ...b.upper],
    indices: [...a.indices, ...b.indices],
    values: [...a.values, ...b.values],
  };
}

/** Columns in increasing order. */
type Add = (lower: number, upper: number, columns: ArrayLike<number>, values: ArrayLike<number>) => void;

function collector(): { rows: RelaxedRows; add: Add } {
  const rows = { lower: [] as number[], upper: [] as number[], indices: [] as number[][], values: [] as number[][] };
  const add: Add = (lower, upper, columns, values) => {
    const [kept, entries]: [number[], number[]] = [[], []];
    for (let k = 0; k < columns.length; k++) {
      if (values[k] === 0) continue;
      kept.push(columns[k] as number);
      entries.push(values[k] as number);
    }
    if (kept.length === 0 && lower <= 0 && upper >= 0) return;
    rows.lower.push(lower);
    rows.upper.push(upper);
    rows.indices.push(kept);
    rows.values.push(entries);
  };
  return { rows, add };
}

const strideOf = ({ slots }: Joint, s: number): number => slots.slice(s + 1).reduce((product, { states }) => product * states, 1);

/** Rows of the parts, on the parts themselves and given every state of what a joint distribution holds beside them. */
function multiplied(partition: Partition, relaxation: Relaxation, rowsOfPart: (part: Part) => readonly PartRow[], add: Add): void {
  for (const p of relaxation.parts) {
    const start = relaxation.starts.get(p) as number;
    for (const { lower, upper, coefficients } of rowsOfPart(partition.parts[p] as Part))
      add(
        lower,
        upper,
        Array.from(coefficients, (_, r) => start + r),
        coefficients,
      );
  }
  for (const joint of relaxation.joints)
    for (const [s, slot] of joint.slots.entries()) {
      const stride = strideOf(joint, s);
      const own = rowsOfPart(partition.parts[slot.part] as Part).flatMap((row) => {
        const coefficients = measurable(row.coefficients, slot.of, slot.states);
        return coefficients === undefined ? [] : [{ ...row, coefficients }];
      });
      const less = own.map(({ coefficients, lower, upper }) => ({
        low: lower > Number.NEGATIVE_INFINITY ? coefficients.map((value) => value - lower) : undefined,
        high: upper < Number.POSITIVE_INFINITY ? coefficients.map((value) => value - upper) : undefined,
        equal: lower === upper,
      }));
      for (let rest = 0; rest < joint.count; rest++) {
        if (Math.floor(rest / stride) % slot.states !== 0) continue;
        const columns = Array.from({ length: slot.states }, (_, state) => joint.start + rest + state * stride);
        for (const { low, high, equal } of less) {
          if (low !== undefined) add(0, equal ? 0 : Number.POSITIVE_INFINITY, columns, low);
          if (high !== undefined && !equal) add(Number.NEGATIVE_INFINITY, 0, columns, high);
        }
      }
    }
}

/** Given a state of the copy of side a, side b is distributed as before; and copy and original may be swapped. */
function independenceRows(partition: Partition, relaxation: Relaxation, { slots, start, independence }: Joint, add: Add): void {
  const { part: p } = slots[0] as Slot;
  const { classes, independences } = partition.parts[p] as Part;
  const { a, b } = independences[independence as number] as Part['independences'][number];
  const first = relaxation.starts.get(p) as number;
  for (let i = 0; i < a.states; i++) {
    for (let j = 0; j < b.states; j++) {
      const [copy, own]: [number[], number[]] = [[], []];
      for (let r = 0; r < classes; r++) {
        if (b.of[r] !== j) continue;
        copy.push(start + i * classes + r);
        if (a.of[r] === i) own.push(first + r);
      }
      add(0, 0, [...own, ...copy], [...own.map(() => -1), ...copy.map(() => 1)]);
    }
    for (let other = 0; other < i; other++) {
      const [low, high]: [number[], number[]] = [[], []];
      for (let r = 0; r < classes; r++) {
        if (a.of[r] === i) low.push(start + other * classes + r);
        if (a.of[r] === other) high.push(start + i * classes + r);
      }
      add(0, 0, [...low, ...high], [...low.map(() => -1), ...high.map(() => 1)]);
    }
  }
}
