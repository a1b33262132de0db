import { exp, log } from '../math/elementary.ts';
import type { Result } from '../run/issue.ts';
import { failure, success } from '../run/issue.ts';
import type { Steps } from '../run/steps.ts';
import { bigCode, doubleCode, fitsDouble, type KeyCode } from './counts.ts';
import { type Pattern, type Tally, tallyOf } from './patterns.ts';
import { logRising } from './rising.ts';
import { compositions, convolve, type Move, multinomial, type Spread } from './spread.ts';
import type { Mechanism } from './terms.ts';
import type { Unrolled } from './unrolled.ts';

export interface Limits {
  /** Most count vectors held at once. */
  readonly vectors: number;
  /** Most steps (one count vector, one way to fill in one position). */
  readonly steps: number;
}

/** What was done, added to by every sum. */
export interface Work {
  steps: number;
  /** Most count vectors held at once. */
  vectors: number;
}

/**
 * log of the sum, over the open cells of one component, of the product of its factors' marginal likelihoods. The sum runs position by
 * position over the vectors of counts that can be reached, with the number of ways to reach each; a mixture is a sum over its
 * components, given which its positions are independent, or its rows Dirichlet. -Infinity: probability zero.
 */
export function* logSumOf(
  unrolled: Unrolled,
  factors: ReadonlySet<number>,
  fixed: boolean,
  limits: Limits,
  work: Work,
): Steps<Result<number>> {
  const tally = tallyOf(unrolled, factors, fixed);
  const range = rangesOf(tally);
  const spans = range.most.map((most, j) => most - (range.least[j] as number));
  const mixtures = tally.mixtures.map((i) => unrolled.layout.mechanisms[i] as Mixture);
  const context = { tally, ...range, spans, limits, work };
  const logs: number[] = [];
  for (const choice of choices(mixtures, 'mixture')) {
    const prior = weightOf(mixtures, choice, 'mixture');
    if (prior === 0) continue;
    const given = fitsDouble(spans)
      ? yield* sumGiven(doubleCode(spans), context, mixtures, choice)
      : yield* sumGiven(bigCode(spans), context, mixtures, choice);
    if (!given.ok) return given;
    logs.push(log(prior) + given.value);
  }
  return success(logSum(logs));
}

type Mixture = Extract<Mechanism, { kind: 'mixture' | 'dirichlets' }>;

interface Context {
  readonly tally: Tally;
  readonly least: readonly number[];
  readonly most: readonly number[];
  readonly spans: readonly number[];
  readonly limits: Limits;
  readonly work: Work;
}

/** Every component of the mixtures of one kind; `from` for the others. */
function* choices(
  mixtures: readonly Mixture[],
  kind: Mixture['kind'],
  from: readonly number[] = mixtures.map(() => 0),
): Generator<readonly number[], void, unknown> {
  const own = [...mixtures.keys()].filter((k) => mixtures[k]?.kind === kind);
  const choice = [...from];
  for (;;) {
    yield choice;
    let last = own.length - 1;
    for (; last >= 0; last--) {
      const k = own[last] as number;
      if (choice[k] !== (mixtures[k] as Mixture).weights.length - 1) break;
      choice[k] = 0;
    }
    if (last < 0) return;
    choice[own[last] as number] = (choice[own[last] as number] as number) + 1;
  }
}

const weightOf = (mixtures: readonly Mixture[], choice: readonly number[], kind: Mixture['kind']): number =>
  mixtures.reduce((product, one, k) => (one.kind === kind ? product * (one.weights[choice[k] as number] as number) : product), 1);

/** The least and the most that each count can be. */
function rangesOf({ patterns, dimensions }: Tally): { readonly least: number[]; readonly most: number[] } {
  const least = new Array<number>(dimensions).fill(0);
  const most = new Array<number>(dimensions).fill(0);
  for (const { times, fillings } of patterns) {
    const seen = new Map<number, number>();
    for (const { counts } of fillings) for (const j of counts) seen.set(j, (seen.get(j) ?? 0) + 1);
    for (const [j, often] of seen) {
      if (often === fillings.length) least[j] = (least[j] as number) + times;
      most[j] = (most[j] as number) + times;
    }
  }
  return { least, most };
}

interface FactorTables {
  readonly offset: number;
  /** By level: log of the rising factorial of its weight. */
  readonly levels: readonly Float64Array[];
  readonly total: Float64Array;
}

function tablesOf({ counted, patterns }: Tally, most: readonly number[], choice: readonly number[]): FactorTables[] {
  const positions = patterns.reduce((sum, { times }) => sum + times, 0);
  return counted.map(({ offset, weights: given }) => {
    const weights = given(choice);
    const own = weights.map((_, v) => most[offset + v] as number);
    const all = Math.min(
      positions,
      own.reduce((sum, m) => sum + m, 0),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { offset, levels: weights.map((weight, v) => logRising(weight, own[v] as number)), total: logRising(total, all) };
  });
}

/** The sum given one component of every mixture of tables; ways to reach counts are the same for all components of Dirichlet rows. */
function* sumGiven<K>(code: KeyCode<K>, context: Context, mixtures: readonly Mixture[], choice: readonly number[]): Steps<Result<number>> {
  const { tally, spans, limits, work } = context;
  const box = spans.reduce((product, span) => product * (span + 1), 1);
  let spread: Spread<K> = { weights: new Map([[code.zero, 1]]), scale: 0 };
  for (const pattern of tally.patterns) {
    const own = moves(code, pattern, spans, mixtures, choice);
    const [only] = own;
    if (only === undefined) return success(Number.NEGATIVE_INFINITY);
    let { times } = pattern;
    let jumps: Iterable<Move<K>> = own;
    let reach = own.length;
    if (own.length === 1) {
      spread = { ...spread, scale: spread.scale + times * log(only[1]) };
      jumps = [[code.times(only[0], times), 1]];
      times = 1;
    } else if (times > 1) {
      // At once where that is less work than one position after another.
      const before = spread.weights.size;
      const ways = compositions(times, own.length);
      const slowly = (times * own.length * Math.min(box, before * ways)) / own.length;
      if (ways <= limits.vectors / 4 && before * ways <= slowly) {
        const { weights, scale } = multinomial(code, own, times);
        spread = { ...spread, scale: spread.scale + scale };
        [jumps, times, reach] = [weights, 1, weights.size];
        work.steps += ways;
      }
    }
    for (let turn = 0; turn < times; turn++) {
      const steps = spread.weights.size * reach;
      if (work.steps + steps > limits.steps || spread.weights.size > limits.vectors) return tooLarge(context);
      work.steps += steps;
      spread = convolve(code, spread, jumps);
      if (spread.weights.size > work.vectors) work.vectors = spread.weights.size;
      if (yield { task: 'count vectors', done: work.steps })
        return failure({ code: 'interrupted', message: 'Interrupted before the sum was complete.' });
    }
  }
  const sums: number[] = [];
  for (const whole of choices(mixtures, 'dirichlets', choice)) {
    const prior = weightOf(mixtures, whole, 'dirichlets');
    if (prior > 0) sums.push(log(prior) + closed(code, context, spread, whole));
  }
  return success(spread.scale + logSum(sums));
}

/** log of the sum, over count vectors, of the ways to reach one times its Dirichlet integrals. */
function closed<K>(code: KeyCode<K>, { tally, most, least, spans }: Context, { weights }: Spread<K>, choice: readonly number[]): number {
  const tables = tablesOf(tally, most, choice);
  const counts = new Int32Array(spans.length);
  const logs = new Float64Array(weights.size);
  let at = 0;
  for (const [key, ways] of weights) {
    code.decode(key, counts);
    let value = log(ways);
    for (const { offset, levels, total } of tables) {
      let all = 0;
      for (let v = 0; v < levels.length; v++) {
        const count = (counts[offset + v] as number) + (least[offset + v] as number);
        all += count;
        value += (levels[v] as Float64Array)[count] as number;
      }
      value -= total[all] as number;
    }
    logs[at++] = value;
  }
  return logSum(logs);
}

/** The steps that a position can take, with their weights; steps with the same counts are one. A count that every filling raises is no step. */
function moves<K>(
  code: KeyCode<K>,
  { fillings }: Pattern,
  spans: readonly number[],
  mixtures: readonly Mixture[],
  choice: readonly number[],
): Move<K>[] {
  const merged = new Map<K, number>();
  const always = (j: number): boolean => fillings.every(({ counts }) => counts.includes(j));
  for (const { counts, mixed } of fillings) {
    let weight = 1;
    for (const [k, row, level] of mixed)
      weight *= ((mixtures[k] as Mixture).rows[choice[k] as number] as readonly (readonly number[])[])[row]?.[level] as number;
    if (weight === 0) continue;
    let key = code.zero;
    for (const j of counts) if ((spans[j] as number) > 0 && !always(j)) key = code.add(key, code.units[j] as K);
    merged.set(key, (merged.get(key) ?? 0) + weight);
  }
  return [...merged];
}

function tooLarge({ tally, spans, limits }: Context): Result<never> {
  const box = spans.reduce((product, span) => product * (span + 1), 1);
  const ways = tally.patterns.reduce((product, { times, fillings }) => product * compositions(times, fillings.length), 1);
  const most = Math.min(box, ways).toPrecision(2);
  return failure({
    code: 'too-large',
    message: `The answer sums over up to ${most} vectors of counts; the limits are ${limits.vectors} vectors and ${limits.steps} steps.`,
    hint: 'Cells of which nothing is known are summed over: condition on more of them, or on fewer positions.',
  });
}

/** log of the sum of exponentials. */
export function logSum(logs: ArrayLike<number>): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logs.length; i++) if ((logs[i] as number) > top) top = logs[i] as number;
  if (top === Number.NEGATIVE_INFINITY) return top;
  let sum = 0;
  for (let i = 0; i < logs.length; i++) sum += exp((logs[i] as number) - top);
  return top + log(sum);
}
