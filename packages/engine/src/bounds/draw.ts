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

/** Level indices by axis of the table; those not drawn yet are -1. */
type Values = readonly number[];

/** Weights of a variable's levels, given the values of those before it. */
type Conditional = (values: Values) => Float64Array;

function drawTable(
  structure: Structure,
  table: StudyTable,
  pieces: readonly Piece[],
  origins: readonly Origin[],
  fitted: Float64Array,
  random: Random,
): StudyTable {
  const { axes } = table;
  const set = axes.filter((name) => table.regime.set.includes(name));
  const margins = new Margins(table);
  let groups = armsOf(table, set).map(({ values, count }) => ({ values, count: Math.round(count) }));
  for (const [place, name] of axes.entries()) {
    if (set.includes(name)) continue;
    const conditional = conditionalOf(structure, table, margins, pieces, origins, fitted, name);
    const next: typeof groups = [];
    for (const { values, count } of groups) {
      if (count === 0) continue;
      for (const [value, share] of random.multinomial(count, conditional(values)).entries())
        if (share > 0) next.push({ values: values.with(place, value), count: share });
    }
    groups = next;
  }
  const kept = groups.filter(({ count }) => count > 0);
  return {
    ...table,
    codes: Int32Array.from(kept.flatMap(({ values }) => values)),
    weight: Float64Array.from(kept, ({ count }) => count),
    whole: true,
  };
}

/** The records of every arm. */
function armsOf({ axes, codes, weight }: StudyTable, set: readonly Name[]): { values: number[]; count: number }[] {
  const arms = new Map<string, { values: number[]; count: number }>();
  for (const [cell, count] of weight.entries()) {
    const values = axes.map((name, axis) => (set.includes(name) ? (codes[cell * axes.length + axis] as number) : -1));
    const key = values.join();
    const arm = arms.get(key);
    if (arm === undefined) arms.set(key, { values, count });
    else arm.count += count;
  }
  return [...arms.values()];
}

/** From the fitted cells of its piece where there are any, else from the table. */
function conditionalOf(
  structure: Structure,
  table: StudyTable,
  margins: Margins,
  pieces: readonly Piece[],
  origins: readonly Origin[],
  fitted: Float64Array,
  name: Name,
): Conditional {
  const { axes } = table;
  const size = structure.levels.get(name)?.length ?? 1;
  const piece = pieces.find(({ own }) => own.includes(name));
  const own = piece?.own ?? [name];
  const number = own.indexOf(name);
  const pillow = piece?.pillows[number] ?? [];
  const before = axes.slice(0, axes.indexOf(name));
  const condition = pillow.every((one) => before.includes(one) || table.regime.set.includes(one)) ? pillow : before;
  const empirical = empiricalOf(margins, axes, condition, name, size);
  const strata = origins.filter((origin) => origin.piece.own.length === own.length && origin.piece.own.every((one, i) => one === own[i]));
  if (piece === undefined || strata.length === 0) return empirical;
  const sizes = own.map((one) => structure.levels.get(one)?.length ?? 1);
  const tail = sizes.slice(number + 1).reduce((product, next) => product * next, 1);
  const earlier = own.slice(0, number).map((one) => axes.indexOf(one));
  const outside = piece.external.map((one) => axes.indexOf(one.name));
  return (values) => {
    const head = earlier.reduce((sum, place, i) => sum * (sizes[i] as number) + (values[place] as number), 0);
    for (const { external, first } of strata) {
      // Values that come later do not matter to what a model says of this variable.
      if (outside.some((place, i) => (values[place] as number) >= 0 && values[place] !== external[i])) continue;
      const shares = new Float64Array(size);
      for (let value = 0; value < size; value++) {
        let share = 0;
        const from = first + (head * size + value) * tail;
        for (let cell = from; cell < from + tail; cell++) share += fitted[cell] as number;
        shares[value] = Math.max(0, share);
      }
      const sum = shares.reduce((total, share) => total + share, 0);
      if (sum > 0 && Number.isFinite(sum)) return shares;
    }
    return empirical(values);
  };
}

/** P(name | condition) of the table; where the condition never occurred, its margin. */
function empiricalOf(margins: Margins, axes: readonly Name[], condition: readonly Name[], name: Name, size: number): Conditional {
  const own = [...condition, name];
  const places = condition.map((one) => axes.indexOf(one));
  const joint = margins.reader(own, own);
  const margin = margins.reader([name], [name]);
  return (values) => {
    const given = places.map((place) => values[place] as number);
    const weights = Float64Array.from({ length: size }, (_, value) => joint([...given, value]));
    return weights.some((weight) => weight > 0) ? weights : weights.map((_, value) => margin([value]));
  };
}
