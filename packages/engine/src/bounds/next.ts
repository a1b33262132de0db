import type { Regime } from '../data/regime.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { NextStudy } from '../interpret/answer.ts';
import { Random } from '../math/random.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { cellsOf } from './cells.ts';
import { expectation } from './contract.ts';
import type { Prepared } from './prepare.ts';
import type { BlockPoint, Cell, Literal, ModelPoint, Programme, Stratum } from './programme.ts';
import type { StudyTable } from './studies.ts';

export interface NextOptions extends RunOptions {
  readonly seed?: number;
  /** Models that fit the present studies, over which the width is averaged (8). */
  readonly models?: number;
  /** What the comparison may take, in the units of {@link Bounding} (1000). */
  readonly work?: number;
}

/** The interval of a programme, and what it took; undefined where it was not found. */
export type Bounding = (programme: Programme) => Promise<{ readonly outer: readonly [number, number]; readonly work: number } | undefined>;

export interface Compared {
  readonly studies: readonly NextStudy[];
  /** How many candidates were compared, out of how many. */
  readonly tried: number;
  readonly candidates: number;
}

/** Beyond this many candidates only the first, nearest to the question in the graph's order, are tried. */
const mostCandidates = 16;

/**
 * What one more study, large and measuring every variable of the graph, would leave of the interval: for each candidate (watching,
 * or randomising one variable) and each of several models that fit the present studies, what the study would show in that model is
 * added and the interval is solved again. `points` are fitting models; their random mixtures fit too, because the fitting models of a
 * block are convex. All candidates are compared in one model after another, as long as the work lasts. Candidates that narrow
 * nothing are left out; the most useful comes first.
 */
export async function nextStudies(
  { structure, tables, blocks }: Prepared,
  programme: Programme,
  points: readonly ModelPoint[],
  width: number,
  bounding: Bounding,
  options: NextOptions = {},
): Promise<Compared> {
  const mixed = programme.blocks.some(({ groups, independences }) => groups !== undefined || independences.length > 0);
  const random = new Random(options.seed ?? 0, 'next study');
  const models = mixed
    ? points
    : mixtures(points, options.models ?? 8, random).map((point, i) => completed(point, programme, random.split(i)));
  const relevant = new Set(blocks);
  const renumber = new Map(blocks.map((block, i) => [block, i]));
  const all = (regime: Regime, measured: readonly Name[]): boolean =>
    tables.some((table) => sameSet(table.regime, regime) && measured.every((name) => table.measured.includes(name)));
  const measured = structure.order;
  const candidates = [[], ...measured.map((name) => [name])].filter((set) => !all({ set }, measured)).slice(0, mostCandidates);
  const imaginable = candidates.flatMap((set) => {
    const { strata, cells } = cellsOf(structure, [imagined(structure.levels, measured, set)], relevant);
    return cells.length === 0 || cells.length > 4096 ? [] : [{ set, strata, cells, widths: [] as number[] }];
  });
  const { signal, onProgress, pause, work = 1000 } = options;
  const total = imaginable.length * models.length;
  const interrupt = (): void => {
    if (signal?.aborted === true) throw new Interrupted();
  };
  let spent = 0;
  let tried = 0;
  let rounds = 0;
  for (const [k, point] of models.entries()) {
    // Another round takes about as much as those before.
    if (k > 0 && spent + spent / k > work) break;
    rounds += 1;
    for (const [i, { strata, cells, widths }] of imaginable.entries()) {
      if (k === 0 && spent > work) break;
      onProgress?.({ task: 'which study would help', done: k * imaginable.length + i, total });
      await pause?.();
      interrupt();
      const found = await bounding(extended(programme, strata, cells, point, renumber));
      interrupt();
      if (found !== undefined) widths.push(Math.max(0, found.outer[1] - found.outer[0]));
      spent += found?.work ?? 0;
      if (k === 0) tried += 1;
    }
  }
  const studies = imaginable
    .filter(({ widths }) => rounds > 0 && widths.length === rounds)
    .map(({ set, widths }): NextStudy => {
      const expectedWidth = widths.reduce((sum, one) => sum + one, 0) / widths.length;
      return { set, expectedWidth, least: Math.min(...widths), most: Math.max(...widths) };
    })
    .filter(({ expectedWidth }) => expectedWidth < width * (1 - 1e-6) - 1e-9)
    .sort((a, b) => rounded(a) - rounded(b) || a.set.length - b.set.length || a.expectedWidth - b.expectedWidth);
  return { studies, tried, candidates: imaginable.length };
}

/** Of studies that promise the same, the one that sets less comes first. */
const rounded = ({ expectedWidth }: NextStudy): number => Math.round(expectedWidth * 1e6);

const sameSet = (a: Regime, b: Regime): boolean =>
  a.fixed === undefined && a.set.length === b.set.length && a.set.every((name) => b.set.includes(name));

/** A study without records: its cells are what it would tell apart. */
function imagined(levels: ReadonlyMap<Name, readonly Value[]>, measured: readonly Name[], set: readonly Name[]): StudyTable {
  return {
    name: 'one more study',
    regime: { set },
    measured,
    axes: measured,
    levels: measured.map((name) => levels.get(name) as readonly Value[]),
    codes: new Int32Array(0),
    weight: new Float64Array(0),
    exact: true,
    whole: false,
    size: Number.POSITIVE_INFINITY,
  };
}

function extended(
  programme: Programme,
  strata: readonly Stratum[],
  cells: readonly Cell[],
  point: ModelPoint,
  renumber: ReadonlyMap<number, number>,
): Programme {
  const first = programme.strata.length;
  const block = (stratum: number): number => renumber.get((strata[stratum] as Stratum).block) as number;
  return {
    ...programme,
    strata: [...programme.strata, ...strata.map((stratum, i) => ({ ...stratum, block: block(i) }))],
    cells: [
      ...programme.cells,
      ...cells.map(
        (cell): Cell => ({
          ...cell,
          stratum: first + cell.stratum,
          count: 0,
          target: expectation(cell.form, point[block(cell.stratum)] as BlockPoint),
        }),
      ),
    ],
  };
}

/** Into so many states each state of a model is split. */
const splits = 4;

/**
 * Digits that no study, assumption or question speaks of may go with the others anyhow. They get random values, state by state, in
 * place of one value for everybody: a study that reads them would look useless, and so it would if they were independent.
 */
function completed(point: ModelPoint, programme: Programme, random: Random): ModelPoint {
  const bound = digitsBound(programme);
  return point.map(({ groups }, number): BlockPoint => {
    const all = programme.blocks[number]?.digits ?? [];
    const isBound = (digit: number): boolean => bound[number]?.has(digit) === true;
    const free = all.flatMap(({ levels }, digit) => (isBound(digit) ? [] : [{ digit, size: levels.length }]));
    if (free.length === 0) return { groups };
    const given = groups.length > 0 ? groups : [{ digits: [], support: [{ weight: 1, values: [] }] }];
    return {
      groups: given.map(({ digits, support }, g) => {
        // The first group of digits takes all that are free; a digit stands in one group.
        const added = g === 0 ? free : [];
        const places = digits.flatMap((digit, at) => (isBound(digit) ? [at] : []));
        return {
          digits: [...places.map((at) => digits[at] as number), ...added.map(({ digit }) => digit)],
          support: support.flatMap(({ weight, values }, state) => {
            const own = random.split(number).split(g).split(state);
            const kept = places.map((at) => values[at] as number);
            if (added.length === 0) return [{ weight, values: kept }];
            return Array.from(own.dirichlet(new Float64Array(splits).fill(1)), (share) => ({
              weight: weight * share,
              values: [...kept, ...added.map(({ size }) => own.integer(size))],
            }));
          }),
        };
      }),
    };
  });
}

/** Of every block, the digits of which the programme says anything. */
function digitsBound({ blocks, strata, cells, restrictions, target }: Programme): readonly ReadonlySet<number>[] {
  const bound = blocks.map(({ forbidden }) => new Set(forbidden.flat().map(({ digit }) => digit)));
  const add = (block: number | undefined, literals: readonly Literal[]): void => {
    for (const { digit } of literals) bound[block ?? -1]?.add(digit);
  };
  for (const { stratum, form } of cells) for (const { literals } of form) add(strata[stratum]?.block, literals);
  for (const { block, form } of restrictions) for (const { literals } of form) add(block, literals);
  for (const { tables } of [...target.numerator, ...(target.denominator ?? [])])
    for (const table of tables) for (const literals of table.cells) add(table.block, literals ?? []);
  return bound;
}

/** Convex combinations with weights uniform over the simplex, the same for all digits of a block, each block by itself. */
function mixtures(points: readonly ModelPoint[], count: number, random: Random): ModelPoint[] {
  const [first] = points;
  if (first === undefined) return [];
  return Array.from({ length: count }, (_, model) =>
    first.map((_, block): BlockPoint => {
      const shares = random.split(model).split(block).dirichlet(new Float64Array(points.length).fill(1));
      const groups = points.map((point) => point[block]?.groups ?? []);
      const [own = []] = groups;
      return {
        groups: own.map(({ digits }, g) => ({
          digits,
          support: groups.flatMap((all, p) => {
            const group = all[g];
            if (group === undefined) return [];
            const place = digits.map((digit) => group.digits.indexOf(digit));
            return group.support.map(({ weight, values }) => ({
              weight: weight * (shares[p] as number),
              values: place.map((at) => (at < 0 ? 0 : (values[at] as number))),
            }));
          }),
        })),
      };
    }),
  );
}
