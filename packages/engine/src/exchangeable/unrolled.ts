import type { Name } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';
import type { CellQuery, ExchangeableModel, Mechanism, ValuedCell } from './terms.ts';

/** What is known of a cell: nothing that matters (`absent`), its value by intervention or by condition, or it is summed over. */
export const role = { absent: 0, set: 1, given: 2, target: 3, free: 4 } as const;

/** One position: a role and a level for each variable, in the order of the mechanisms; level -1 where it is free. */
export interface Place {
  readonly position: number;
  readonly roles: Uint8Array;
  readonly values: Int32Array;
}

/** A model by number: variable i has the mechanism i. */
export interface Layout {
  readonly names: readonly Name[];
  readonly numbers: ReadonlyMap<Name, number>;
  readonly sizes: readonly number[];
  readonly parents: readonly (readonly number[])[];
  readonly mechanisms: readonly Mechanism[];
}

export interface Unrolled {
  readonly layout: Layout;
  /** Positions with a target or a condition, ascending; in each, only cells that are set or are ancestors of one of these. */
  readonly places: readonly Place[];
  /** Positions of which nothing is asked and nothing is known but what was set there. */
  readonly unused: readonly number[];
  /** The target contradicts a condition or an intervention (`target`), or these contradict each other (`given`). */
  readonly contradicts?: 'target' | 'given';
}

export function layoutOf(model: ExchangeableModel): Layout {
  const names = model.mechanisms.map(({ variable }) => variable);
  const numbers = new Map(names.map((name, i) => [name, i]));
  return {
    names,
    numbers,
    sizes: names.map((name) => model.levels.get(name)?.length ?? 0),
    parents: model.mechanisms.map(({ parents }) => parents.map((name) => numbers.get(name) ?? -1)),
    mechanisms: model.mechanisms,
  };
}

/**
 * The cells that a question needs: positions with neither target nor condition fall out, as do cells that are no ancestors of one in the
 * graph without arrows into set cells (all of these sum to 1 in Theorem 1). Issues: `unknown-variable`, `position`, `unknown-level`,
 * `set-twice`.
 */
export function unrollQuery(model: ExchangeableModel, query: CellQuery): Result<Unrolled> {
  const layout = layoutOf(model);
  const issues = [...query.target, ...query.given, ...query.set].flatMap((cell) => cellIssues(layout, cell));
  if (issues.length > 0) return failure(...issues);
  const all = new Map<number, Place>();
  let contradicts: 'target' | 'given' | undefined;
  const put = (cells: readonly ValuedCell[], as: number): void => {
    for (const { variable, position, value } of cells) {
      const place = all.get(position) ?? blank(position, layout.names.length);
      all.set(position, place);
      const i = layout.numbers.get(variable) as number;
      if (place.roles[i] === role.absent) {
        place.roles[i] = as;
        place.values[i] = value;
      } else if (place.values[i] !== value) {
        if (as === role.set)
          issues.push({
            code: 'set-twice',
            message: `${variable}@${position} is set to two values.`,
            hint: 'Keep one of them, or set another position.',
          });
        else contradicts ??= as === role.given ? 'given' : 'target';
      }
    }
  };
  put(query.set, role.set);
  put(query.given, role.given);
  put(query.target, role.target);
  if (issues.length > 0) return failure(...issues);
  const wanted = new Set([...query.target, ...query.given].map(({ position }) => position));
  const places: Place[] = [];
  const unused: number[] = [];
  for (const place of [...all.values()].sort((a, b) => a.position - b.position)) {
    if (!wanted.has(place.position)) unused.push(place.position);
    else {
      addAncestors(layout, place);
      places.push(place);
    }
  }
  return success({ layout, places, unused, ...(contradicts !== undefined && { contradicts }) });
}

const blank = (position: number, size: number): Place => ({
  position,
  roles: new Uint8Array(size),
  values: new Int32Array(size).fill(-1),
});

/** Parents come before their children, so one pass from the end finds all. */
function addAncestors({ parents }: Layout, { roles }: Place): void {
  for (let i = roles.length - 1; i >= 0; i--) {
    if (roles[i] === role.absent || roles[i] === role.set) continue;
    for (const parent of parents[i] as readonly number[]) if (roles[parent] === role.absent) roles[parent] = role.free;
  }
}

/** What is wrong with a cell by itself: `unknown-variable`, `position`, `unknown-level`. */
export function cellIssues({ names, numbers, sizes }: Layout, { variable, position, value }: ValuedCell): Issue[] {
  const i = numbers.get(variable);
  if (i === undefined) {
    const hint = didYouMean(variable, names) ?? `The variables are ${names.join(', ')}.`;
    return [{ code: 'unknown-variable', message: `The model has no variable '${variable}'.`, hint }];
  }
  if (!Number.isSafeInteger(position) || position < 1)
    return [{ code: 'position', message: `${variable}@${position}: positions are 1, 2, 3, ...` }];
  if (!Number.isSafeInteger(value) || value < 0 || value >= (sizes[i] as number))
    return [{ code: 'unknown-level', message: `${variable}@${position}: there is no level number ${value}.` }];
  return [];
}

/** The number of a parent configuration, the last parent fastest, from the values of all variables. */
export function rowOf({ parents, sizes }: Layout, i: number, values: Int32Array): number {
  let row = 0;
  for (const parent of parents[i] as readonly number[]) row = row * (sizes[parent] as number) + (values[parent] as number);
  return row;
}

/** Calls `visit` for every way to fill in the cells `open` of `values` (in place; the last fastest). */
export function fillIn(sizes: readonly number[], open: readonly number[], values: Int32Array, visit: () => void, from = 0): void {
  const i = open[from];
  if (i === undefined) {
    visit();
    return;
  }
  for (let level = 0; level < (sizes[i] as number); level++) {
    values[i] = level;
    fillIn(sizes, open, values, visit, from + 1);
  }
}
