import { crossTest } from '../exchangeable/clustered.ts';
import { type Discovery, discoverySteps } from '../exchangeable/discover.ts';
import { drawPairs, type Environments } from '../exchangeable/environments.ts';
import { exactDistribution } from '../exchangeable/exact.ts';
import { gTest } from '../exchangeable/g-test.ts';
import { decidePair, peelSinks } from '../exchangeable/paper.ts';
import { extensionOf } from '../exchangeable/partial-graph.ts';
import { independentGraphSteps } from '../exchangeable/pc.ts';
import { independentPair, type PairTable, type Parents, pairTable, type SetCell, truncatedPair } from '../exchangeable/plug-in.ts';
import { drawEnvironments, xorModel } from '../exchangeable/processes.ts';
import { strataOf } from '../exchangeable/strata.ts';
import type { Cell, ExchangeableModel } from '../exchangeable/terms.ts';
import type { Name } from '../graph/variable.ts';
import { Random } from '../math/random.ts';
import type { TaskOptions } from '../run/pool.ts';
import { inSteps } from '../run/steps.ts';

/** One point of an experiment; all draw the XOR process with Beta(1, 3) for every mechanism. */
export interface DoFinettiSettings {
  /** `figure`: Figure 4, two variables. `graphs`: which graph over three variables. `size`: how often true independences are rejected. */
  readonly study: 'figure' | 'graphs' | 'size';
  readonly seed: number;
  readonly environments: number;
  /** Records in each. */
  readonly positions: number;
}

/**
 * Series of Figure 4: the paper's rule, and its estimator given the true graph; records taken to be independent (PC, ordinary truncated
 * factorisation), and that given the true graph; and the all-pairs tests of {@link discoverySteps} with the paper's estimator.
 */
export type FigureSeries = 'doFinetti' | 'doFinettiTrue' | 'independent' | 'independentTrue' | 'allPairs';
export const figureSeries: readonly FigureSeries[] = ['doFinetti', 'doFinettiTrue', 'independent', 'independentTrue', 'allPairs'];

/** Series that find a graph. */
export type GraphSeries = 'doFinetti' | 'independent' | 'allPairs';
export const graphSeries: readonly GraphSeries[] = ['doFinetti', 'independent', 'allPairs'];

/** One repetition. What a study does not ask is absent. */
export interface DoFinettiRun {
  readonly index: number;
  /** Mean over the eight joint cells that the intervention leaves of the squared error of their probability. */
  readonly errors?: Readonly<Record<FigureSeries, number>>;
  /** The true graph, arrow for arrow. */
  readonly exact?: Readonly<Record<GraphSeries, boolean>>;
  /** Arrows in one of the two graphs alone, as a share of the arrows of both; 0 where both are empty. */
  readonly distance?: Readonly<Record<GraphSeries, number>>;
  /** p of a true null: environments as units, and every pair of records as if it were a record of its own. */
  readonly clustered?: number;
  readonly pooled?: number;
}

/** A task for a pool: nothing but settings and index decide the digits. Throws `Interrupted`. */
export async function doFinettiTask(settings: DoFinettiSettings, index: number, options: TaskOptions): Promise<DoFinettiRun> {
  const random = new Random(settings.seed, 'do-finetti', settings.study, settings.environments, settings.positions, index);
  if (settings.study === 'figure') return { index, ...(await figureRun(settings, random, options)) };
  if (settings.study === 'graphs') return { index, ...(await graphsRun(settings, random, options)) };
  return { index, ...sizeRun(settings, random) };
}

const names: readonly Name[] = ['X', 'Y'];
const pairGraphs = { forward: [[], [0]], backward: [[1], []], none: [[], []] } as const;
const verdicts = ['forward', 'backward', 'none'] as const;

/** A random graph, cell and value; the effect of setting the cell on all four cells of two records. */
async function figureRun(
  { environments: count, positions }: DoFinettiSettings,
  random: Random,
  options: TaskOptions,
): Promise<Pick<DoFinettiRun, 'errors' | 'exact' | 'distance'>> {
  const design = random.split('design');
  const truth: Parents = pairGraphs[verdicts[design.integer(3)] as (typeof verdicts)[number]];
  const set: SetCell = { variable: design.integer(2), position: design.integer(2) === 0 ? 1 : 2, value: design.integer(2) };
  const model = modelOf(truth, names);
  const environments = drawEnvironments(model, count, positions, random.split('records'), names);
  const exact = exactOf(model, set);
  const table = pairTable(environments);
  if (!table.ok) throw new Error(table.issues[0]?.message);
  const found = await graphsOf(environments, random, options);
  const errors: Record<FigureSeries, number> = {
    doFinetti: errorOf(truncatedPair, table.value, found.doFinetti, set, exact),
    doFinettiTrue: errorOf(truncatedPair, table.value, truth, set, exact),
    independent: errorOf(independentPair, table.value, found.independent, set, exact),
    independentTrue: errorOf(independentPair, table.value, truth, set, exact),
    allPairs: errorOf(truncatedPair, table.value, found.allPairs, set, exact),
  };
  return { errors, ...comparedWith(truth, found) };
}

/** P(X@1, Y@1, X@2, Y@2 | do(the cell)), the last fastest: the closed form. */
function exactOf(model: ExchangeableModel, { variable, position, value }: SetCell): Float64Array {
  const cells = [1, 2].flatMap((at) => names.map((name): Cell => ({ variable: name, position: at })));
  const exact = exactDistribution(model, cells, [], [{ variable: names[variable] as Name, position, value }]);
  if (!exact.ok || exact.value.values === null) throw new Error('the effect has no closed form');
  return exact.value.values;
}

/** A probability that rests on what was never seen counts as 0. */
function errorOf(estimator: typeof truncatedPair, table: PairTable, parents: Parents, set: SetCell, exact: Float64Array): number {
  const found = estimator(table, parents, [set]);
  let sum = 0;
  for (let at = 0; at < exact.length; at++) {
    const value = found[at] as number;
    sum += ((Number.isNaN(value) ? 0 : value) - (exact[at] as number)) ** 2;
  }
  // The other half of the cells contradicts the intervention: 0 on both sides.
  return sum / (exact.length / 2);
}

/** The four graphs with this order in which every variable has an arrow (the multivariate process of Guo and others 2023). */
const threes: readonly Parents[] = [
  [[], [0], [1]],
  [[], [0], [0]],
  [[], [], [0, 1]],
  [[], [0], [0, 1]],
];

async function graphsRun(
  { environments: count, positions }: DoFinettiSettings,
  random: Random,
  options: TaskOptions,
): Promise<Pick<DoFinettiRun, 'exact' | 'distance'>> {
  const design = random.split('design');
  const ordered = threes[design.integer(threes.length)] as Parents;
  // Numbers are to say nothing of the order.
  const place = design.shuffle([0, 1, 2]);
  const truth = place.map((at) => (ordered[at] as readonly number[]).map((parent) => place.indexOf(parent)).sort((a, b) => a - b));
  const columns = ['A', 'B', 'C'];
  const model = modelOf(
    truth,
    columns,
    [0, 1, 2].map((at) => place.indexOf(at)),
  );
  const environments = drawEnvironments(model, count, positions, random.split('records'), columns);
  return comparedWith(truth, await graphsOf(environments, random, options));
}

const modelOf = (parents: Parents, of: readonly Name[], order: readonly number[] = sorted(parents)): ExchangeableModel =>
  xorModel(order.map((v) => [of[v] as Name, (parents[v] as readonly number[]).map((parent) => of[parent] as Name)]));

const sorted = (parents: Parents): number[] =>
  parents.map((_, v) => v).sort((a, b) => (parents[a]?.length ?? 0) - (parents[b]?.length ?? 0));

async function graphsOf(environments: Environments, random: Random, options: TaskOptions): Promise<Record<GraphSeries, Parents>> {
  const pairs = drawPairs(environments, random.split('pairs'));
  const count = environments.names.length;
  const found = await inSteps(discoverySteps(environments), options);
  const pc = await inSteps(independentGraphSteps(environments), options);
  return {
    doFinetti: count === 2 ? pairGraphs[decidePair(environments, pairs).verdict] : parentsOf(count, peelSinks(environments, pairs).edges),
    independent: extensionOf(pc, random.split('extension')).parents,
    allPairs: parentsOf(
      count,
      found.edges.map(({ from, to }: Discovery['edges'][number]) => [from, to] as const),
    ),
  };
}

const parentsOf = (count: number, edges: readonly (readonly [number, number])[]): Parents =>
  Array.from({ length: count }, (_, v) =>
    edges
      .filter(([, to]) => to === v)
      .map(([from]) => from)
      .sort((a, b) => a - b),
  );

function comparedWith(truth: Parents, found: Readonly<Record<GraphSeries, Parents>>): Required<Pick<DoFinettiRun, 'exact' | 'distance'>> {
  const arrows = (parents: Parents): string[] => parents.flatMap((own, to) => own.map((from) => `${from}>${to}`));
  const real = arrows(truth);
  const share = (parents: Parents): number => {
    const own = arrows(parents);
    const different = real.filter((one) => !own.includes(one)).length + own.filter((one) => !real.includes(one)).length;
    return different === 0 ? 0 : different / (real.length + own.length);
  };
  const distance = Object.fromEntries(graphSeries.map((name) => [name, share(found[name])])) as Record<GraphSeries, number>;
  const exact = Object.fromEntries(graphSeries.map((name) => [name, distance[name] === 0])) as Record<GraphSeries, boolean>;
  return { exact, distance };
}

/** X -> Y implies Y_m _||_ X_n | X_m at different positions. */
function sizeRun({ environments: count, positions }: DoFinettiSettings, random: Random): Pick<DoFinettiRun, 'clustered' | 'pooled'> {
  const environments = drawEnvironments(modelOf(pairGraphs.forward, names), count, positions, random.split('records'), names);
  return {
    clustered: crossTest(environments, 1, 0, strataOf(environments, [0])).p,
    pooled: pooledPairs(environments),
  };
}

/** The G test of all ordered pairs of records of one environment, pooled: what not to do. */
function pooledPairs({ columns, starts, labels }: Environments): number {
  const [xs, ys] = columns as readonly [Int32Array, Int32Array];
  const counts = new Float64Array(8);
  for (let e = 0; e < labels.length; e++)
    for (let m = starts[e] as number; m < (starts[e + 1] as number); m++)
      for (let n = starts[e] as number; n < (starts[e + 1] as number); n++) {
        if (m === n) continue;
        const at = 4 * (xs[m] as number) + 2 * (ys[m] as number) + (xs[n] as number);
        counts[at] = (counts[at] as number) + 1;
      }
  const bit = (shift: number): { readonly codes: readonly number[]; readonly levels: number } => ({
    codes: Array.from(counts, (_, at) => (at >> shift) & 1),
    levels: 2,
  });
  return gTest(bit(1), bit(0), [bit(2)], counts).p;
}
