import { observation } from '../../data/regime.ts';
import type { TrainingData } from '../../generative/batch.ts';
import { exactLaw as lawOfPlan } from '../../generative/exact-law.ts';
import { fitNetwork } from '../../generative/fit-network.ts';
import { totalVariation } from '../../generative/metrics/laws.ts';
import { networkFitter } from '../../generative/models/neural.ts';
import { tableFitter } from '../../generative/models/table.ts';
import type { NetworkPlan, PlannedFactor } from '../../generative/network.ts';
import type { ColumnType, ColumnValues, ConditionalModel } from '../../generative/terms.ts';
import type { Name } from '../../graph/variable.ts';
import { exp } from '../../math/elementary.ts';
import { type Factor, isTooLarge, valueAt } from '../../math/factor.ts';
import { Random } from '../../math/random.ts';
import type { DiscreteModel } from '../../model/mechanism.ts';
import { type Result, success } from '../../run/issue.ts';
import { type DemoTools, planOf, runOptionsOf } from './demo.ts';
import { drawCells, exactLaw, labelModel } from './label-model.ts';

export interface TablesDemoSettings {
  readonly seed: number;
  /** Rows of the samples (the notebooks: 10,000). */
  readonly rows: number;
  readonly samples: number;
}

export interface TableLine {
  readonly example: 'front-door' | 'back-door';
  readonly factors: 'table' | 'softmax';
  /** As printed, or drawn from it; the middle and the largest of several samples. */
  readonly rows: 'printed' | number;
  /** P(Y=1 | do(X=0)), P(Y=1 | do(X=1)); of the first sample. */
  readonly law: readonly [number, number];
  readonly truth: readonly [number, number];
  /** Total variation at X=1, the quantity of the notebooks, where it is known what they got. */
  readonly distance: { readonly middle: number; readonly most: number };
  readonly published?: number;
}

/** X, Z, Y (last fastest), as the public notebooks of ID-GEN print it. */
const printed = [0.0253, 0.0737, 0.102, 0.0945, 0.0862, 0.4097, 0.108, 0.1006];
const [frontDoor, backDoor] = ['X -> Z; Z -> Y; X <-> Y', 'Z -> X; Z -> Y; X -> Y'];
const names: readonly Name[] = ['X', 'Z', 'Y'];
const types: ReadonlyMap<Name, ColumnType> = new Map(names.map((name) => [name, { kind: 'finite', levels: ['0', '1'] }]));

/**
 * A process of ours whose answers are those of the notebook's back-door example (.7243 and .9866; the notebook's own table is not printed).
 */
export function backDoorModel(): DiscreteModel {
  const levels = ['0', '1'];
  const binary = (p: number): number[] => [1 - p, p];
  return labelModel([
    { name: 'Z', levels, inputs: [], law: () => binary(0.6) },
    { name: 'X', levels, inputs: ['Z'], law: (z) => binary(z === 1 ? 0.7 : 0.3) },
    {
      name: 'Y',
      levels,
      inputs: ['X', 'Z'],
      law: (x, z) => binary(x === 1 ? (z === 1 ? 0.9943333333333333 : 0.975) : z === 1 ? 0.8738333333333334 : 0.5),
    },
  ]);
}

/** The notebooks' two small examples, with counted and with softmax factors. The backend is that of the softmax factors. */
export async function tablesDemo(settings: TablesDemoSettings, tools: DemoTools): Promise<Result<readonly TableLine[]>> {
  const lines: TableLine[] = [];
  const random = new Random(settings.seed, 'tables');
  const back = exactLaw(backDoorModel(), ['X', 'Z', 'Y'], {});
  for (const [example, graph, table, published] of [
    ['front-door', frontDoor, printed, 0.012],
    ['back-door', backDoor, [...back], undefined],
  ] as const) {
    const plan = planOf(graph, 'P(Y | do(X))');
    const sum = table.reduce((total, p) => total + p, 0);
    const law = table.map((p) => p / sum);
    const truth = example === 'front-door' ? frontDoorTruth(law) : backDoorTruth(law);
    for (const factors of ['table', 'softmax'] as const)
      for (const rows of ['printed', settings.rows] as const) {
        tools.onStage?.(`${example}, ${factors} factors, ${rows === 'printed' ? 'the table itself' : `${rows} rows`}`);
        const found: (readonly [number, number])[] = [];
        for (let sample = 0; sample < (rows === 'printed' ? 1 : settings.samples); sample++) {
          const data = rows === 'printed' ? cells(law) : drawnRows(law, rows, random.split(example).split(sample));
          const fitted = await lawOfFits(plan, data, factors, settings.seed + sample, tools);
          if (!fitted.ok) return fitted;
          found.push(fitted.value);
        }
        const distances = found.map((one) => totalVariation([1 - one[1], one[1]], [1 - truth[1], truth[1]])).sort((a, b) => a - b);
        lines.push({
          example,
          factors,
          rows,
          law: found[0] as readonly [number, number],
          truth,
          distance: { middle: distances[(distances.length - 1) >> 1] as number, most: distances[distances.length - 1] as number },
          ...(published !== undefined && { published }),
        });
      }
  }
  return success(lines);
}

/** sum_z P(z | x) sum_x' P(y | x', z) P(x'), by hand. */
function frontDoorTruth(p: readonly number[]): readonly [number, number] {
  const at = (x: number, z: number, y: number): number => p[4 * x + 2 * z + y] as number;
  const both = (x: number, z: number): number => at(x, z, 0) + at(x, z, 1);
  const ofX = (x: number): number => both(x, 0) + both(x, 1);
  const effect = (x: number): number =>
    [0, 1].reduce(
      (sum, z) => sum + (both(x, z) / ofX(x)) * [0, 1].reduce((y, other) => y + (at(other, z, 1) / both(other, z)) * ofX(other), 0),
      0,
    );
  return [effect(0), effect(1)];
}

/** sum_z P(y | x, z) P(z), by hand. */
function backDoorTruth(p: readonly number[]): readonly [number, number] {
  const at = (x: number, z: number, y: number): number => p[4 * x + 2 * z + y] as number;
  const effect = (x: number): number =>
    [0, 1].reduce((sum, z) => {
      const ofZ = [0, 1].reduce((total, other) => total + at(other, z, 0) + at(other, z, 1), 0);
      return sum + (ofZ * at(x, z, 1)) / (at(x, z, 0) + at(x, z, 1));
    }, 0);
  return [effect(0), effect(1)];
}

function cells(law: readonly number[]): TrainingData {
  const columns = names.map((_, i) => Int32Array.from(law, (__, cell) => (cell >> (2 - i)) & 1));
  return { batch: batchOf(columns, law.length), weights: Float64Array.from(law) };
}

const drawnRows = (law: readonly number[], rows: number, random: Random): TrainingData => ({
  batch: batchOf(drawCells(law, [2, 2, 2], rows, random), rows),
});

const batchOf = (columns: readonly Int32Array[], rows: number): TrainingData['batch'] => ({
  rows,
  columns: new Map(names.map((name, i): [Name, ColumnValues] => [name, { kind: 'finite', values: columns[i] as Int32Array }])),
});

/** P(Y=1 | do(X=x)) of the network's law, not of draws from it. */
async function lawOfFits(
  plan: NetworkPlan,
  data: TrainingData,
  kind: 'table' | 'softmax',
  seed: number,
  tools: DemoTools,
): Promise<Result<readonly [number, number]>> {
  const { backend, threads } = tools;
  const fitter = kind === 'table' ? tableFitter() : networkFitter('softmax', { backend, ...(threads === undefined ? {} : { threads }) });
  const fitted = await fitNetwork(plan, new Map([['data', data]]), {
    ...runOptionsOf(tools),
    seed,
    types,
    fitterFor: () => success(fitter),
  });
  if (!fitted.ok) return fitted;
  const tables = new Map<string, Factor>();
  for (const factor of plan.factors)
    tables.set(factor.id, await tableOf(factor, fitted.value.network.models.get(factor.id) as ConditionalModel));
  const open = {
    ...plan,
    factors: plan.factors.map((factor) => ({ ...factor, rows: { kind: 'study' as const, studies: [], regime: observation, columns: [] } })),
  };
  const law = lawOfPlan(open, { tableOf: (_, { id }) => tables.get(id) as Factor });
  if (isTooLarge(law)) throw new Error(`A law of ${law.tooLarge} cells.`);
  const one = (x: number): number => valueAt(law, { X: x, Y: 1 });
  return success([one(0), one(1)]);
}

/** All probabilities of a model of binary columns. */
async function tableOf({ of, given }: PlannedFactor, model: ConditionalModel): Promise<Factor> {
  const axes = [...given, ...of];
  const size = 2 ** axes.length;
  const columns = new Map(
    axes.map((name, i): [Name, ColumnValues] => [
      name,
      { kind: 'finite', values: Int32Array.from({ length: size }, (_, cell) => (cell >> (axes.length - 1 - i)) & 1) },
    ]),
  );
  const logs = await model.logProbability?.({ rows: size, columns });
  if (logs === undefined) throw new Error(`A ${model.kind} model has no probabilities.`);
  return { axes, sizes: axes.map(() => 2), values: logs.map((log) => exp(log)) };
}
