import { Interrupted, type RunOptions } from '../run/progress.ts';
import { inSteps, type Steps } from '../run/steps.ts';
import { type Environments, type Pairs, sizesOf } from './environments.ts';
import { type CodedColumn, gTest } from './g-test.ts';
import { Marks, type PartialGraph } from './partial-graph.ts';

/** The p of a test that a and b are independent given others, variables by number. */
export type IndependenceTest = (a: number, b: number, given: readonly number[]) => number;

/** An edge that was given up: what made its ends independent. */
export interface Separation {
  readonly a: number;
  readonly b: number;
  readonly given: readonly number[];
  readonly p: number;
}

export interface PcGraph extends PartialGraph {
  readonly separations: readonly Separation[];
  /** Lines that two colliders would direct both ways: the tests disagree. */
  readonly conflicts: readonly (readonly [number, number])[];
  readonly tests: number;
}

export interface PcOptions {
  /** An edge goes where p reaches this; .01. */
  readonly level?: number;
  /** At most as many variables in a condition; no limit. */
  readonly deepest?: number;
}

/**
 * The PC algorithm (Spirtes and Glymour 1991) in the form that does not depend on the order of the variables (Colombo and Maathuis 2014):
 * edges go from small conditions to large, colliders come from the conditions that separated, then the rules of Meek. An edge is kept where
 * `independent` was never asked with a p of `level` or more; of several conditions of one size the largest p separates.
 */
export function* pcSteps(count: number, independent: IndependenceTest, options: PcOptions = {}): Steps<PcGraph> {
  const { level = 0.01, deepest = Number.POSITIVE_INFINITY } = options;
  const all = Array.from({ length: count }, (_, v) => v);
  const near = all.map((v) => new Set(all.filter((k) => k !== v)));
  const separations: Separation[] = [];
  let tests = 0;
  for (let depth = 0; depth <= deepest && near.some((own) => own.size > depth); depth++) {
    const before = near.map((own) => [...own].sort((a, b) => a - b));
    for (const a of all) {
      for (const b of before[a] as number[]) {
        if (b < a) continue;
        let best: Separation | undefined;
        const asked = new Set<string>();
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const)
          for (const given of subsets(
            (before[from] as number[]).filter((k) => k !== to),
            depth,
          )) {
            const key = given.join();
            if (asked.has(key)) continue;
            asked.add(key);
            const p = independent(a, b, given);
            tests += 1;
            if (p >= level && (best === undefined || p > best.p)) best = { a, b, given, p };
          }
        if (best === undefined) continue;
        separations.push(best);
        near[a]?.delete(b);
        near[b]?.delete(a);
      }
      if (yield { task: 'skeleton', done: tests }) throw new Interrupted();
    }
  }
  const edges = all.flatMap((a) => [...(near[a] as Set<number>)].filter((b) => a < b).map((b) => [a, b] as const));
  const marks = new Marks(count, edges);
  const colliding = new Set<number>();
  for (const { a, b, given } of separations)
    for (const middle of all)
      if (marks.joined(a, middle) && marks.joined(b, middle) && !given.includes(middle))
        for (const end of [a, b]) colliding.add(end * count + middle);
  const conflicts: (readonly [number, number])[] = [];
  for (const [a, b] of edges) {
    const [forth, back] = [colliding.has(a * count + b), colliding.has(b * count + a)];
    if (forth && back) conflicts.push([a, b]);
    else if (forth) marks.direct(a, b);
    else if (back) marks.direct(b, a);
  }
  marks.close(conflicts);
  return { ...marks.graph(), separations, conflicts, tests };
}

export interface PooledOptions extends PcOptions {
  /** `all` (default): every record as if it were independent of the others; or two per environment, of which the first is used. */
  readonly records?: 'all' | Pairs;
}

/** Records per cell of a table, on average, below which no test is asked. */
const fewRecords = 5;

/**
 * The graph by G tests of records taken to be independent and alike: what an analysis finds that forgets the environments. It directs edges
 * by colliders alone. Records of one environment are not independent, so with `all` its tests reject too often where mechanisms vary; it is
 * here to be compared with. Throws {@link Interrupted}.
 */
export const independentGraph = (environments: Environments, options: PooledOptions & RunOptions = {}): Promise<PcGraph> =>
  inSteps(independentGraphSteps(environments, options), options);

/** {@link independentGraph}, step by step. */
export function independentGraphSteps(environments: Environments, options: PooledOptions = {}): Steps<PcGraph> {
  const { records = 'all' } = options;
  const { levels, columns, counts } = environments;
  const widths = levels.map(({ length }) => length);
  const coded = widths.map(
    (width, v): CodedColumn => ({ codes: (records === 'all' ? columns : records.first)[v] as Int32Array, levels: width }),
  );
  const weights = records === 'all' ? counts : undefined;
  const total = records === 'all' ? sizesOf(environments).reduce((sum, size) => sum + size, 0) : records.environments;
  const widest = Math.max(2, ...widths);
  const deepest = Math.max(0, Math.floor(Math.log2(total / fewRecords) / Math.log2(widest)) - 2);
  const column = (v: number): CodedColumn => coded[v] as CodedColumn;
  return pcSteps(widths.length, (a, b, given) => gTest(column(a), column(b), given.map(column), weights).p, { deepest, ...options });
}

/** All choices of `size` of the items, in their order. */
function* subsets(items: readonly number[], size: number, from = 0): Generator<readonly number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i + size <= items.length; i++) for (const rest of subsets(items, size - 1, i + 1)) yield [items[i] as number, ...rest];
}
