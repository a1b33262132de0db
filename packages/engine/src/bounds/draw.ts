import type { Name } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import type { Origin, StudyCells } from './cells.ts';
import type { Piece } from './layout.ts';
import { Margins } from './margins.ts';
import type { Structure } from './specification.ts';
import type { StudyTable } from './studies.ts';

/**
 * Tables of the same sizes as the studies', drawn from a fitted model: `fitted` holds one probability for every one of `cells`.
 * Variables are drawn in topological order given their Markov pillow; those of other c-components from their empirical
 * conditionals. What a study set keeps its counts (designs are not random), and so do exact probabilities. Fractions of records
 * (of weighted studies) are rounded. The same stream gives the same tables.
 */
export function drawTables(
  structure: Structure,
  tables: readonly StudyTable[],
  { origins, pieces }: StudyCells,
  fitted: Float64Array,
  random: Random,
): readonly StudyTable[] {
  return tables.map((table, number) => {
    if (table.exact) return table;
    const own = origins.filter((origin) => origin.table === number);
    return drawTable(structure, table, pieces[number] as readonly Piece[], own, fitted, random.split(number));
  });
}

/** The probabilities of a variable's levels, given the values of those before it. */
type Conditional = (values: ReadonlyMap<Name, number>) => Float64Array;

function drawTable(
  structure: Structure,
  table: StudyTable,
  pieces: readonly Piece[],
  origins: readonly Origin[],
  fitted: Float64Array,
  random: Random,
): StudyTable {
  const set = table.axes.filter((name) => table.regime.set.includes(name));
  const drawn = table.axes.filter((name) => !set.includes(name));
  const sizeOf = (name: Name): number => structure.levels.get(name)?.length ?? 1;
  const margins = new Margins(table);
  const conditionals = new Map<Name, Conditional>();
  for (const { own, pillows, external } of pieces) {
    const mine = origins.filter(({ piece }) => piece.own.length === own.length && piece.own.every((name, i) => name === own[i]));
    for (const [i, name] of own.entries()) {
      if (!table.axes.includes(name)) continue;
      const before = table.axes.slice(0, table.axes.indexOf(name));
      const pillow = pillows[i] as readonly Name[];
      const condition = pillow.every((one) => table.axes.includes(one)) ? pillow : before;
      const empirical = empiricalOf(margins, condition, name, sizeOf(name));
      const externals = external.map((one) => one.name);
      conditionals.set(name, (values) => fromFit(structure, mine, externals, i, values, fitted) ?? empirical(values));
    }
  }
  let groups = [...groupsOf(margins.over(set), set, sizeOf)].map(({ values, weight }) => ({ values, count: Math.round(weight) }));
  for (const name of drawn) {
    const conditional = conditionals.get(name);
    const next: typeof groups = [];
    for (const { values, count } of groups) {
      if (count === 0) continue;
      const probabilities = conditional?.(values) ?? new Float64Array(sizeOf(name)).fill(1);
      for (const [value, share] of random.multinomial(count, probabilities).entries())
        if (share > 0) next.push({ values: new Map([...values, [name, value]]), count: share });
    }
    groups = next;
  }
  const kept = groups.filter(({ count }) => count > 0);
  return {
    ...table,
    codes: Int32Array.from(kept.flatMap(({ values }) => table.axes.map((name) => values.get(name) as number))),
    weight: Float64Array.from(kept, ({ count }) => count),
    whole: true,
  };
}

function* groupsOf(
  weights: Float64Array,
  names: readonly Name[],
  sizeOf: (name: Name) => number,
): Generator<{ values: ReadonlyMap<Name, number>; weight: number }> {
  for (const [cell, weight] of weights.entries()) {
    if (weight === 0) continue;
    const values = new Map<Name, number>();
    let rest = cell;
    for (const name of names.toReversed()) {
      values.set(name, rest % sizeOf(name));
      rest = Math.floor(rest / sizeOf(name));
    }
    yield { values, weight };
  }
}

/** P(name | condition) of the table; where the condition never occurred, its margin. */
function empiricalOf(margins: Margins, condition: readonly Name[], name: Name, size: number): Conditional {
  const all = [...condition, name];
  const joint = margins.reader(all, all);
  const margin = margins.reader([name], [name]);
  const levels = Array.from({ length: size }, (_, value) => value);
  return (values) => {
    const given = condition.map((one) => values.get(one) as number);
    const own = Float64Array.from(levels, (value) => joint([...given, value]));
    return own.some((weight) => weight > 0) ? own : Float64Array.from(levels, (value) => margin([value]));
  };
}

/** The same from the fitted cells of a piece: sums over the variables after it, at external values that agree with those known. */
function fromFit(
  structure: Structure,
  origins: readonly Origin[],
  externals: readonly Name[],
  place: number,
  values: ReadonlyMap<Name, number>,
  fitted: Float64Array,
): Float64Array | undefined {
  for (const { piece, external, first } of origins) {
    if (externals.some((name, i) => values.has(name) && values.get(name) !== external[i])) continue;
    const sizes = piece.own.map((name) => structure.levels.get(name)?.length ?? 1);
    const tail = sizes.slice(place + 1).reduce((product, size) => product * size, 1);
    const head = piece.own.slice(0, place).reduce((sum, name, i) => sum * (sizes[i] as number) + (values.get(name) as number), 0);
    const size = sizes[place] as number;
    const shares = Float64Array.from({ length: size }, (_, value) => {
      const from = first + (head * size + value) * tail;
      return Math.max(
        0,
        fitted.subarray(from, from + tail).reduce((sum, share) => sum + share, 0),
      );
    });
    const sum = shares.reduce((total, share) => total + share, 0);
    if (sum > 0 && Number.isFinite(sum)) return shares;
  }
  return undefined;
}
