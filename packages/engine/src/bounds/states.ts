import { type Conjunction, components, leastSum, mostUsed, type Weighted } from './least.ts';
import type { Block, Cell, Form, Literal, Programme, Restriction, Stratum } from './programme.ts';

/** One linear condition on a block: the expectation of `form` is (at most, at least) `target`. */
export interface Row {
  /** Position in `programme.cells` or `programme.restrictions`. */
  readonly source: { readonly cell: number } | { readonly restriction: number };
  readonly form: Form;
  readonly relation: '=' | '<=' | '>=';
  readonly target: number;
  readonly says: string;
}

/** The linear conditions on a block: its cells whose target is known, then its restrictions. */
export function rowsOf(programme: Programme, block: number): Row[] {
  const rows: Row[] = [];
  for (const [cell, { stratum, form, target, says }] of programme.cells.entries()) {
    if (programme.strata[stratum]?.block !== block || !Number.isFinite(target)) continue;
    rows.push({ source: { cell }, form, relation: '=', target, says });
  }
  for (const [restriction, { block: of, form, relation, target, says }] of programme.restrictions.entries())
    if (of === block) rows.push({ source: { restriction }, form, relation, target, says });
  return rows;
}

export const stratumOf = (programme: Programme, cell: Cell): Stratum => programme.strata[cell.stratum] as Stratum;
export const cellsOfBlock = (programme: Programme, block: number): readonly Cell[] =>
  programme.cells.filter((cell) => stratumOf(programme, cell).block === block);
export const restrictionsOfBlock = (programme: Programme, block: number): readonly Restriction[] =>
  programme.restrictions.filter((restriction) => restriction.block === block);
export const levelsOf = (block: Block): number[] => block.digits.map(({ levels }) => levels.length);
/** Number of assignments of all digits, as a double. */
export const rawStates = (block: Block): number => levelsOf(block).reduce((product, size) => product * size, 1);

/**
 * Digits that no term of a row, no forbidden conjunction and no term of `joined` links to others: their joint distribution does
 * not matter beyond each group, which may be solved apart (context decomposition).
 */
export interface Group {
  readonly digits: readonly number[];
  /** `row`: an index into the rows of the block; no literals: holds in every state. */
  readonly terms: readonly { readonly row: number; readonly coefficient: number; readonly literals: readonly Literal[] }[];
  readonly forbidden: readonly Conjunction[];
}

/** Groups that rows link: one linear programme. `rows` ascending. */
export interface Island {
  readonly groups: readonly Group[];
  readonly rows: readonly number[];
}

/** All digits of a block in groups, and the groups in islands. */
export function islandsOf(block: Block, rows: readonly Row[], joined: readonly Conjunction[] = []): Island[] {
  const links = [...rows.flatMap(({ form }) => form.map(({ literals }) => literals)), ...block.forbidden, ...joined];
  const singles = block.digits.map((_, digit) => [{ digit, value: 0 }]);
  const parts = components(
    block.digits.length,
    [...links, ...singles].filter((literals) => literals.length > 0).map((literals) => ({ literals })),
  );
  const digits = parts.map((part) =>
    [...new Set(part.flatMap(({ literals }) => literals.map(({ digit }) => digit)))].sort((a, b) => a - b),
  );
  digits.sort((a, b) => (a[0] as number) - (b[0] as number));
  const groupOf = new Int32Array(block.digits.length);
  for (const [group, members] of digits.entries()) for (const digit of members) groupOf[digit] = group;
  const terms: Group['terms'][number][][] = digits.map(() => []);
  const forbidden: Conjunction[][] = digits.map(() => []);
  const touched = rows.map(({ form }) => [
    ...new Set(form.flatMap(({ literals }) => (literals[0] === undefined ? [] : [groupOf[literals[0].digit] as number]))),
  ]);
  for (const [row, { form }] of rows.entries()) {
    // A constant is a term that holds in every state of whichever group the row touches (the first group where it touches none).
    const home = touched[row]?.[0] ?? 0;
    if (touched[row]?.length === 0 && digits.length > 0) touched[row] = [0];
    for (const { coefficient, literals } of form)
      terms[literals[0] === undefined ? home : (groupOf[literals[0].digit] as number)]?.push({ row, coefficient, literals });
  }
  for (const literals of block.forbidden) if (literals[0] !== undefined) forbidden[groupOf[literals[0].digit] as number]?.push(literals);
  const groups = digits.map((members, i): Group => ({ digits: members, terms: terms[i] ?? [], forbidden: forbidden[i] ?? [] }));
  const linked = components(groups.length, [
    ...touched.filter((of) => of.length > 0).map((of) => ({ literals: of.map((digit) => ({ digit, value: 0 })) })),
    ...groups.map((_, digit) => ({ literals: [{ digit, value: 0 }] })),
  ]);
  return linked.map((part) => {
    const members = [...new Set(part.flatMap(({ literals }) => literals.map(({ digit }) => digit)))].sort((a, b) => a - b);
    const inside = members.map((i) => groups[i] as Group);
    return { groups: inside, rows: [...new Set(inside.flatMap((group) => group.terms.map(({ row }) => row)))].sort((a, b) => a - b) };
  });
}

/** One column: what a state adds to each row. */
export interface Column {
  readonly rows: readonly number[];
  readonly values: readonly number[];
}

/** States of a group in classes of equal columns. A leaf fixes only the digits that decide its column (-1: free). */
export interface Classes {
  readonly columns: readonly Column[];
  /** Leaves of each class: values by position in `group.digits`. */
  readonly leaves: readonly (readonly Int16Array[])[];
}

/**
 * All columns of a group, by branching on digits only where a row still depends on them: states that differ in digits that do not
 * matter are never made. Undefined: more than `limit` leaves.
 */
export function classesOf(group: Group, levels: ArrayLike<number>, limit: number): Classes | undefined {
  const position = new Map(group.digits.map((digit, i) => [digit, i]));
  const at = new Int16Array(group.digits.length).fill(-1);
  const found = new Map<string, { readonly column: Column; readonly leaves: Int16Array[] }>();
  const held: Group['terms'][number][] = [];
  let count = 0;
  const allowed = (): boolean => {
    if (group.forbidden.length === 0) return true;
    const fixed = new Int16Array(levels.length).fill(-1);
    for (const [i, digit] of group.digits.entries()) fixed[digit] = at[i] as number;
    return leastSum(levels, [], group.forbidden, fixed) !== 'impossible';
  };
  const visit = (open: Group['terms'], forbidden: readonly Conjunction[]): boolean => {
    const undecided = open.filter(({ literals }) => literals.length > 0);
    const decided = open.filter(({ literals }) => literals.length === 0);
    if (forbidden.some((literals) => literals.length === 0)) return true;
    held.push(...decided);
    let fine = true;
    if (undecided.length === 0) {
      if (allowed()) {
        if (++count > limit) return false;
        const column = summed(held);
        const key = `${column.rows};${column.values}`;
        const leaf = at.slice();
        const known = found.get(key);
        if (known === undefined) found.set(key, { column, leaves: [leaf] });
        else known.leaves.push(leaf);
      }
    } else {
      const digit = mostUsed(undecided);
      const place = position.get(digit) as number;
      for (let value = 0; value < (levels[digit] as number) && fine; value++) {
        at[place] = value;
        fine = visit(
          undecided.flatMap((term) => {
            const rest = after(term.literals, digit, value);
            return rest === undefined ? [] : [rest === term.literals ? term : { ...term, literals: rest }];
          }),
          forbidden.flatMap((literals) => {
            const rest = after(literals, digit, value);
            return rest === undefined ? [] : [rest];
          }),
        );
      }
      at[place] = -1;
    }
    held.length -= decided.length;
    return fine;
  };
  if (!visit(group.terms, group.forbidden)) return undefined;
  const classes = [...found.values()];
  return { columns: classes.map(({ column }) => column), leaves: classes.map(({ leaves }) => leaves) };
}

/** The column of one full assignment (values by digit of the block). */
export const columnOf = (group: Group, assignment: ArrayLike<number>): Column =>
  summed(group.terms.filter(({ literals }) => literals.every(({ digit, value }) => assignment[digit] === value)));

/** The terms of a form inside a group; constants are nowhere. */
export function within(group: Group, form: Form): Weighted<number>[] {
  const own = new Set(group.digits);
  return form.filter(({ literals }) => literals[0] !== undefined && own.has(literals[0].digit));
}

function summed(terms: Group['terms']): Column {
  const sums = new Map<number, number>();
  for (const { row, coefficient } of terms) sums.set(row, (sums.get(row) ?? 0) + coefficient);
  const entries = [...sums].filter(([, value]) => value !== 0).sort((a, b) => a[0] - b[0]);
  return { rows: entries.map(([row]) => row), values: entries.map(([, value]) => value) };
}

/** What is left of a conjunction when a digit has a value; undefined: it fails. */
function after(literals: Conjunction, digit: number, value: number): Conjunction | undefined {
  const literal = literals.find((other) => other.digit === digit);
  if (literal === undefined) return literals;
  return literal.value === value ? literals.filter((other) => other !== literal) : undefined;
}
