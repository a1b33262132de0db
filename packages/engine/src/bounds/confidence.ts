import { Random } from '../math/random.ts';
import { normalQuantile } from '../math/special.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { expectation } from './contract.ts';
import { BlockLikelihood } from './fit.ts';
import { type Joined, joinBlocks } from './join.ts';
import { recordsOf } from './likelihood.ts';
import { profileEnd, slopeAt } from './profile.ts';
import type { Cell, ModelPoint, Programme } from './programme.ts';

export interface ConfidenceOptions extends RunOptions {
  /** Default 0.95. */
  readonly level?: number;
  readonly seed?: number;
  /** Most tables drawn for each end (default 399). */
  readonly draws?: number;
  /** As for `agreementOf`; absent: the cut is that of one parameter. */
  readonly draw?: (fitted: Float64Array, random: Random) => readonly Cell[];
}

export interface ConfidenceRegion {
  readonly level: number;
  readonly interval: readonly [number, number];
  readonly method: string;
}

/** Additions and multiplications: fits of a whole call, and how many of them the profile itself takes about. */
const mostWork = 6e9;
const profileFits = 40;
/** After so many tables without more large costs than regular ones, an end is taken for regular. */
const firstLook = 120;

/**
 * A confidence region for the bounds: all values that the target takes in models whose log-likelihood is at most a cut below
 * the largest. Regularly half a chi-square quantile of one degree of freedom is the cut (each end is missed with probability
 * (1 - level) / 2). Where several bounds meet (Tian and Pearl's maxima and minima, nearly tied) that is too little: the cut is then
 * the quantile of the same likelihood ratio in tables drawn from the model at that end of the region, against models drawn
 * towards it by 2 sqrt(log n), so that bounds nearly tied count as tied. `lower` and `upper` are models that attain the bounds.
 * Undefined: all probabilities are exact, or the programme is too large. Throws {@link Interrupted}.
 */
export async function confidenceOf(
  programme: Programme,
  { lower, upper }: { readonly lower: ModelPoint; readonly upper: ModelPoint },
  options: ConfidenceOptions = {},
): Promise<ConfidenceRegion | undefined> {
  const { level = 0.95, draws = 399, draw } = options;
  if (programme.strata.every(({ exact }) => exact)) return undefined;
  const joined = joinBlocks(programme);
  const { work } = new BlockLikelihood(joined.programme, 0);
  if (work * profileFits > mostWork) return undefined;
  const regular = normalQuantile((1 + level) / 2) ** 2 / 2;
  const most = Math.min(draws, Math.floor(mostWork / (4 * work)));
  const checked = draw !== undefined && most * (1 - level) >= 4;
  const interval: number[] = [];
  for (const [side, start] of [
    [1, lower],
    [-1, upper],
  ] as const) {
    const first = profileEnd(programme, joined, side, regular, start);
    // With less drop than the cut the target has no room left: a larger cut changes nothing.
    const cut =
      checked && first.drop > 0.99 * regular
        ? await cutOf(programme, joined, side, first.model, { ...options, level, draw, most })
        : regular;
    interval.push(cut > regular ? profileEnd(programme, joined, side, cut, first.model).value : first.value);
  }
  const how = ` with the chi-squared cut${checked ? ', or a larger one where tables drawn from the model at that end ask for it' : ''}`;
  return { level, interval: [interval[0] as number, interval[1] as number], method: `profile likelihood${how}` };
}

interface CutOptions extends RunOptions {
  readonly level: number;
  readonly seed?: number;
  readonly draw: (fitted: Float64Array, random: Random) => readonly Cell[];
  readonly most: number;
}

/** The quantile of what it costs, over tables drawn from a model, to keep the target where the model has it or beyond; at least the regular one. */
async function cutOf(programme: Programme, joined: Joined, side: 1 | -1, model: ModelPoint, options: CutOptions): Promise<number> {
  const { level, seed = 0, draw, most, signal, onProgress, pause } = options;
  const regular = normalQuantile((1 + level) / 2) ** 2 / 2;
  const slope = slopeAt(programme, joined, model).map((term) => ({ ...term, coefficient: side * term.coefficient }));
  const likelihood = new BlockLikelihood(joined.programme, 0, { extras: [slope] });
  const point = joined.merge(model);
  const limit = expectation(slope, point);
  const fitted = Float64Array.from(joined.programme.cells, ({ form }) => (form.length === 0 ? Number.NaN : expectation(form, point)));
  const records = programme.blocks.reduce((sum, _, block) => Math.max(sum, recordsOf(programme, block)), 0);
  const contracted = { centre: fitted, factor: 2 * Math.sqrt(Math.log(Math.max(records, 3))) };
  const random = new Random(seed, 'confidence', side);
  const costs: number[] = [];
  for (let i = 0; i < most; i++) {
    if (signal?.aborted === true) throw new Interrupted();
    if (i % 16 === 0) {
      onProgress?.({ task: 'confidence region', done: i, total: most });
      await pause?.();
    }
    const counts = Float64Array.from(draw(fitted, random.split(i)), (cell) => cell.count);
    const free = likelihood.fit({ counts, contracted, until: (_, gap) => gap < 1e-3 });
    if ((free.extras[0] as number) <= limit) costs.push(0);
    else {
      // Costs clearly below the regular cut need no digits.
      const until = (value: number, gap: number): boolean => gap < 1e-3 || free.logLikelihood - value < 0.9 * regular;
      costs.push(free.logLikelihood - likelihood.fit({ counts, contracted, limits: [limit], until }).logLikelihood);
    }
    if (i + 1 === firstLook && costs.filter((cost) => cost > regular).length <= Math.ceil((firstLook * (1 - level)) / 2)) return regular;
  }
  const sorted = Float64Array.from(costs).sort();
  const place = Math.ceil(((1 + level) / 2) * (sorted.length + 1)) - 1;
  return Math.max(regular, sorted[Math.min(place, sorted.length - 1)] as number);
}
