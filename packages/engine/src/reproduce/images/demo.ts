import type { Catalogue } from '../../data/catalogue.ts';
import { observation } from '../../data/regime.ts';
import { concatenated } from '../../generative/batch.ts';
import type { FactorReport } from '../../generative/fit-network.ts';
import { idGen } from '../../generative/id-gen.ts';
import type { Pictures } from '../../generative/metrics/pictures.ts';
import { fitTrainedReader, type TrainedReader } from '../../generative/metrics/trained-reader.ts';
import { codedFitter } from '../../generative/models/coded.ts';
import { componentsFitter } from '../../generative/models/components.ts';
import { foldedFitter } from '../../generative/models/folded.ts';
import { keyedFitter } from '../../generative/models/keyed.ts';
import { type CheckpointStore, type NeuralOptions, networkFitter } from '../../generative/models/neural.ts';
import { tableFitter } from '../../generative/models/table.ts';
import type { TrainingReport } from '../../generative/models/training.ts';
import type { NetworkPlan } from '../../generative/network.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalTask, Fitter } from '../../generative/terms.ts';
import { readGraph } from '../../graph/formats/read.ts';
import type { Name } from '../../graph/variable.ts';
import { compileQuestion } from '../../query/bind.ts';
import type { Result } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Backend } from '../../tensor/backend.ts';

/** What trains and draws in a demonstration. */
export interface DemoTools extends RunOptions {
  readonly backend: Backend;
  readonly checkpoint?: CheckpointStore;
  readonly threads?: number;
  /** Told of each stage that begins, in words. */
  readonly onStage?: (stage: string) => void;
}

/** One trained factor, for the record. */
export interface DemoFactor {
  readonly of: readonly Name[];
  readonly given: readonly Name[];
  readonly kind: string;
  readonly rows: number;
  readonly generated: boolean;
  readonly parameters?: number;
  readonly steps?: number;
  readonly losses?: readonly number[];
}

/** Sizes of a training run of pictures. */
export interface PictureBudget {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Squares of so many pixels each way are one pixel to the U-Net. */
  readonly fold: number;
  /** Pictures as so many principal components, drawn by a flow over these; absent: by a U-Net over pixels. */
  readonly components?: number;
  /** Widths of the layers of the flow; channels of the levels of the U-Net, from the folded picture downwards. */
  readonly widths: readonly number[];
  /** Steps of the softmax that draws the kind of a picture. */
  readonly kindSteps: number;
  readonly integration: NonNullable<NeuralOptions['integration']>;
}

export const runOptionsOf = ({ signal, pause, onProgress }: RunOptions): RunOptions => ({
  ...(signal && { signal }),
  ...(pause && { pause }),
  ...(onProgress && { onProgress }),
});

/** The sampling network of a question about one observed study named `data`. The question of a demonstration is identified: else it is our fault. */
export function planOf(graph: string, question: string): NetworkPlan {
  const read = readGraph(graph);
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  const asked = compileQuestion(question, { graph: read.value, domains: new Map() });
  const query = asked.ok ? asked.value.parts[0]?.query : undefined;
  if (query === undefined) throw new Error(`${question} cannot be read.`);
  const catalogue: Catalogue = { offers: [{ regime: observation, studies: ['data'], size: 1 }] };
  const made = idGen(query, read.value, catalogue);
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.plan;
}

/** Counts for blocks of levels given levels; for pictures a flow over components of each kind or a U-Net, after a softmax of the kind that `code` sees in them. `codeOf`: the code of a picture among the conditions, if not `code`. */
export function demoFitter(
  task: ConditionalTask,
  budget: PictureBudget,
  tools: DemoTools,
  code: TrainedReader | undefined,
  onTrained: (task: ConditionalTask, report: TrainingReport) => void,
  codeOf: (name: Name) => TrainedReader | undefined = () => code,
): Fitter {
  if (task.of.every((name) => task.types.get(name)?.kind === 'finite')) return tableFitter({ smoothing: 0.5 });
  const { backend, checkpoint, threads } = tools;
  const { steps, batch, learningRate, fold, widths, integration } = budget;
  const common = { backend, ...(checkpoint && { checkpoint }), ...(threads === undefined ? {} : { threads }) };
  const unet = networkFitter('unet', {
    ...common,
    budget: { steps, batch, learningRate, heldOut: 0, looks: 10, patience: 10 },
    widths,
    integration,
    pictures: 'code',
    rows: 128,
    onTrained: (_, report) => onTrained(task, report),
  });
  const { components } = budget;
  const flow = networkFitter('flow', {
    ...common,
    budget: { steps, batch, learningRate, heldOut: 0, looks: 10, patience: 10 },
    widths,
    integration,
    rows: 512,
    onTrained: (_, report) => onTrained(task, report),
  });
  const pictures =
    components === undefined
      ? foldedFitter(unet, fold)
      : componentsFitter(flow, { components, by: (name) => (code === undefined ? undefined : `${name} ${code.attributes[0]?.name}`) });
  if (code === undefined) return pictures;
  const kinds = networkFitter('softmax', { ...common, budget: { steps: budget.kindSteps, batch: 256, learningRate: 3e-3 }, rows: 256 });
  const seen = components === undefined ? foldedFitter(kinds, fold) : componentsFitter(kinds, { components });
  return codedFitter(keyedFitter(seen, pictures, code), (name) => (task.types.get(name)?.kind === 'tensor' ? codeOf(name) : undefined));
}

/**
 * A code of pictures learnt by telling the finite columns of the data apart: no label that is not a column is used. `of`: the picture
 * columns, of one shape, that condition something.
 */
export async function fitCode(
  data: Batch,
  of: readonly Name[],
  labels: readonly Name[],
  types: ReadonlyMap<Name, ColumnType>,
  seed: number,
  steps: number,
  tools: DemoTools,
): Promise<Result<TrainedReader>> {
  const parts = of.map((name) => ({ rows: data.rows, columns: new Map([['pictures', data.columns.get(name) as ColumnValues]]) }));
  const pictures = concatenated(parts).columns.get('pictures') as Extract<ColumnValues, { kind: 'tensor' }>;
  const finite = new Map(
    labels.map((name) => {
      const type = types.get(name);
      const column = (data.columns.get(name) as ColumnValues).values;
      const values = new Int32Array(data.rows * of.length);
      for (let i = 0; i < of.length; i++) values.set(column, i * data.rows);
      return [name, { levels: type?.kind === 'finite' ? type.levels.length : 0, values }] as const;
    }),
  );
  const { backend, threads } = tools;
  const options = { backend, seed, steps, sees: 'pixels' as const, width: 32, ...(threads === undefined ? {} : { threads }) };
  return fitTrainedReader(pictures, finite, { ...options, ...runOptionsOf(tools) });
}

/** Tells the factors of a plan apart. */
export const lawKey = ({ of, given }: { readonly of: readonly Name[]; readonly given: readonly Name[] }): string =>
  `${of.join(' ')} | ${given.join(' ')}`;

export function factorsOf(reports: readonly FactorReport[], trained: ReadonlyMap<string, TrainingReport>): readonly DemoFactor[] {
  return reports.map(({ factor, kind, rows }) => {
    const report = trained.get(lawKey(factor));
    return {
      of: factor.of,
      given: factor.given,
      kind,
      rows,
      generated: factor.rows.kind === 'generated',
      ...(report && { parameters: report.parameters, steps: report.steps, losses: report.losses }),
    };
  });
}

/** Rows `from` up to `to` of a column of pictures, not copied. */
export const picturesOf = (column: Pictures | ColumnValues, from: number, to: number): Pictures => {
  if (!('shape' in column)) throw new Error('A column of pictures is no tensor.');
  const size = column.shape.reduce((product, length) => product * length, 1);
  return { shape: column.shape, values: column.values.subarray(from * size, to * size) };
};
