import type { Steps } from '../run/steps.ts';
import type { BlockNumber } from './polynomial.ts';
import type { BlockPoint, Form, Literal, ModelPoint, Programme } from './programme.ts';
import { linearRows, marginalRows, type PartRow, type Side } from './sides.ts';

/**
 * Digits of one block that its rows and the asked numbers tie together. Parts of a block may be taken as independent, whatever the
 * model: no row and no number sees their joint distribution. States that all rows and numbers see alike are one class.
 */
export interface Part {
  readonly block: number;
  readonly digits: readonly number[];
  readonly classes: number;
  /** A state of each class: the values of `digits`, class after class. */
  readonly values: Int32Array;
  readonly rows: readonly PartRow[];
  /** For each number of the part: 1 for the classes in which its conjunction holds. */
  readonly indicators: ReadonlyMap<number, Float64Array>;
  /** Independences that the rows do not make linear: P(a, b) = P(a) P(b). */
  readonly independences: readonly { readonly a: Side; readonly b: Side }[];
  /** Independent groups of its digits, where a point has to say so. */
  readonly groups: readonly (readonly number[])[];
}

export interface Partition {
  readonly parts: readonly Part[];
  /** The numbers asked for, then those of the sides of independences. */
  readonly numbers: readonly BlockNumber[];
  readonly partOf: Int32Array;
}

/** `states`: how many joint states a part would have had. */
export type PartitionFailure = { readonly block: number; readonly states: number };

const tolerance = 1e-9;
const task = 'states of the response functions';

/** `limit`: a part with more states is refused. `slack`: what the studies say may be missed by this much. */
export interface PartitionOptions {
  readonly limit?: number;
  readonly slack?: number;
}

/** Splits the blocks; deterministic. To the end, whatever it is told. */
export function* partsOf(
  programme: Programme,
  asked: readonly BlockNumber[],
  { limit = 40_000, slack = 0 }: PartitionOptions = {},
): Steps<Partition | PartitionFailure> {
  const numbers = [...asked];
  const parts: Part[] = [];
  const partOf: number[] = asked.map(() => -1);
  for (const block of programme.blocks.keys()) {
    const found = split(programme, block, asked, slack);
    for (const group of found) {
      const sizes = group.digits.map((digit) => programme.blocks[block]?.digits[digit]?.levels.length ?? 1);
      const states = sizes.reduce((product, size) => product * size, 1);
      if (states > limit) return { block, states };
      const own = asked.flatMap((number, id) =>
        number.block === block && number.literals.every(({ digit }) => group.digits.includes(digit)) ? [id] : [],
      );
      for (const id of own) partOf[id] = parts.length;
      const grown = (first: number): void => void partOf.push(...numbers.slice(first).map(() => parts.length));
      parts.push(yield* partOfDigits(programme, block, group, sizes, own, numbers, grown));
    }
  }
  return { parts, numbers, partOf: Int32Array.from(partOf) };
}

/** The numbers of a partition at masses of the classes of every part. */
export function numbersAt({ parts, numbers }: Partition, masses: readonly Float64Array[]): Float64Array {
  const values = new Float64Array(numbers.length);
  for (const [p, part] of parts.entries())
    for (const [id, indicator] of part.indicators) values[id] = dot(indicator, masses[p] as Float64Array);
  return values;
}

/** The model with the given masses of classes. */
export function pointOf(programme: Programme, { parts }: Partition, masses: readonly Float64Array[]): ModelPoint {
  return programme.blocks.map((_, block): BlockPoint => {
    const groups = parts.flatMap((part, p) => {
      if (part.block !== block) return [];
      const mass = masses[p] as Float64Array;
      return part.groups.map((digits) => {
        const places = digits.map((digit) => part.digits.indexOf(digit));
        const support = new Map<string, { weight: number; values: number[] }>();
        for (const [r, weight] of mass.entries()) {
          if (weight === 0) continue;
          const values = places.map((place) => part.values[r * part.digits.length + place] as number);
          const key = values.join();
          support.set(key, { weight: weight + (support.get(key)?.weight ?? 0), values });
        }
        return { digits, support: [...support.values()] };
      });
    });
    return { groups };
  });
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

interface Relation {
  readonly form: Form;
  readonly lower: number;
  readonly upper: number;
}

interface Group {
  readonly digits: readonly number[];
  readonly relations: readonly Relation[];
  readonly forbidden: readonly (readonly Literal[])[];
}

function relationsOf(programme: Programme, block: number, slack: number): Relation[] {
  const cells = programme.cells
    .filter(({ stratum, target }) => programme.strata[stratum]?.block === block && Number.isFinite(target))
    .map(({ form, target }) => ({ form, lower: target - slack, upper: target + slack }));
  const restrictions = programme.restrictions
    .filter((restriction) => restriction.block === block)
    .map(({ form, relation, target }) => ({
      form,
      lower: relation === '<=' ? Number.NEGATIVE_INFINITY : target,
      upper: relation === '>=' ? Number.POSITIVE_INFINITY : target,
    }));
  return [...cells, ...restrictions];
}

function split(programme: Programme, block: number, asked: readonly BlockNumber[], slack: number): Group[] {
  const leader = new Map<number, number>();
  const find = (digit: number): number => {
    const up = leader.get(digit) ?? digit;
    if (up === digit) return digit;
    const top = find(up);
    leader.set(digit, top);
    return top;
  };
  const link = (digits: readonly number[]): void => {
    for (const digit of digits) {
      if (!leader.has(digit)) leader.set(digit, digit);
      leader.set(find(digit), find(digits[0] as number));
    }
  };
  const relations = relationsOf(programme, block, slack);
  const digitsOf = (form: Form): number[] => form.flatMap(({ literals }) => literals.map(({ digit }) => digit));
  const forbidden = programme.blocks[block]?.forbidden ?? [];
  for (const { form } of relations) link(digitsOf(form));
  for (const conjunction of forbidden) link(conjunction.map(({ digit }) => digit));
  for (const number of asked) if (number.block === block) link(number.literals.map(({ digit }) => digit));
  const groups = new Map<number, number[]>();
  for (const digit of [...leader.keys()].sort((x, y) => x - y)) groups.set(find(digit), [...(groups.get(find(digit)) ?? []), digit]);
  return [...groups.values()].map((digits) => ({
    digits,
    relations: relations.filter(({ form }) => digitsOf(form).some((digit) => digits.includes(digit))),
    forbidden: forbidden.filter((conjunction) => conjunction.some(({ digit }) => digits.includes(digit))),
  }));
}

function* partOfDigits(
  programme: Programme,
  block: number,
  { digits, relations, forbidden }: Group,
  sizes: readonly number[],
  own: readonly number[],
  numbers: BlockNumber[],
  grown: (first: number) => void,
): Steps<Part> {
  const place = new Map(digits.map((digit, i) => [digit, i]));
  const pairs = independentPairs(programme, block, digits);
  const told = [...new Set(pairs.flatMap(({ a, b }) => [...a, ...b]))].map((digit) => place.get(digit) as number);
  const holds = (literals: readonly Literal[], state: Int32Array): boolean =>
    literals.every(({ digit, value }) => state[place.get(digit) as number] === value);
  const worth = (form: Form, state: Int32Array): number => {
    let sum = 0;
    for (const { coefficient, literals } of form) if (holds(literals, state)) sum += coefficient;
    return sum;
  };
  const classes = new Map<string, number>();
  const values: number[] = [];
  const columns: number[][] = [];
  const state = new Int32Array(digits.length);
  let seen = 0;
  for (let more = true; more; more = advance(state, sizes)) {
    seen += 1;
    if (seen % 1024 === 0) yield { task, done: seen };
    if (forbidden.some((conjunction) => holds(conjunction, state))) continue;
    const column = relations.map(({ form }) => worth(form, state));
    for (const id of own) column.push(holds(numbers[id]?.literals ?? [], state) ? 1 : 0);
    const key = `${column.join()};${told.map((i) => state[i]).join()}`;
    if (classes.has(key)) continue;
    classes.set(key, columns.length);
    values.push(...state);
    columns.push(column);
  }
  const across = (k: number): Float64Array => Float64Array.from(columns, (column) => column[k] as number);
  const rows: PartRow[] = distinct(relations.map(({ lower, upper }, k) => ({ coefficients: across(k), lower, upper })));
  const indicators = new Map(own.map((id, k) => [id, across(relations.length + k)]));
  const sideOf = (side: readonly number[]): Side & { readonly literals: readonly (readonly Literal[])[] } => {
    const states = new Map<string, number>();
    const literals: Literal[][] = [];
    const of = Int32Array.from(columns, (_, r) => {
      const own = side.map((digit) => ({ digit, value: values[r * digits.length + (place.get(digit) as number)] as number }));
      const key = own.map(({ value }) => value).join();
      const known = states.get(key);
      if (known !== undefined) return known;
      states.set(key, literals.length);
      return literals.push(own) - 1;
    });
    return { states: literals.length, of, numbers: [], literals };
  };
  const independences: { a: Side; b: Side }[] = [];
  for (const { a, b } of pairs) {
    yield { task, done: seen };
    const [left, right] = [sideOf(a), sideOf(b)].sort((x, y) => x.states - y.states) as [
      ReturnType<typeof sideOf>,
      ReturnType<typeof sideOf>,
    ];
    const known = [marginalRows(rows, left), marginalRows(rows, right)] as const;
    const linear = linearRows(known[0], left, right) ?? linearRows(known[1], right, left);
    if (linear !== undefined) rows.push(...linear);
    else {
      rows.push(...known.flat());
      const first = numbers.length;
      const register = (side: ReturnType<typeof sideOf>): Side => {
        const ids = side.literals.map((literals, s) => {
          const id = numbers.push({ block, literals }) - 1;
          indicators.set(
            id,
            Float64Array.from(side.of, (at) => (at === s ? 1 : 0)),
          );
          return id;
        });
        return { states: side.states, of: side.of, numbers: ids };
      };
      independences.push({ a: register(left), b: register(right) });
      grown(first);
    }
  }
  const groups = (programme.blocks[block]?.groups ?? [digits]).map((group) => group.filter((digit) => place.has(digit)));
  return {
    block,
    digits,
    classes: columns.length,
    values: Int32Array.from(values),
    rows,
    indicators,
    independences,
    groups: groups.filter((group) => group.length > 0),
  };
}

/** Pairs of sets of digits, within `digits`, that every model keeps independent. */
function independentPairs(
  programme: Programme,
  block: number,
  digits: readonly number[],
): { a: readonly number[]; b: readonly number[] }[] {
  const { independences, groups = [] } = programme.blocks[block] ?? { independences: [] };
  const inside = (side: readonly number[]): number[] => side.filter((digit) => digits.includes(digit)).sort((x, y) => x - y);
  const parts = groups.map(inside).filter((group) => group.length > 0);
  const mutual = parts.slice(0, -1).map((group, i) => ({ a: group, b: parts.slice(i + 1).flat() }));
  return [...mutual, ...independences.map(({ a, b }) => ({ a: inside(a), b: inside(b) }))].filter(
    ({ a, b }) => a.length > 0 && b.length > 0,
  );
}

function advance(state: Int32Array, sizes: readonly number[]): boolean {
  for (let i = state.length - 1; i >= 0; i--) {
    state[i] = (state[i] as number) + 1;
    if ((state[i] as number) < (sizes[i] as number)) return true;
    state[i] = 0;
  }
  return false;
}

/** Equal rows once, with the tighter limits. */
function distinct(rows: readonly PartRow[]): PartRow[] {
  const seen = new Map<string, PartRow>();
  for (const row of rows) {
    const key = row.coefficients.join();
    const same = seen.get(key);
    seen.set(key, same === undefined ? row : { ...row, lower: Math.max(row.lower, same.lower), upper: Math.min(row.upper, same.upper) });
  }
  return [...seen.values()].map((row) => (row.lower > row.upper && row.lower - row.upper < tolerance ? { ...row, upper: row.lower } : row));
}
