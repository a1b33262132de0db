import type { Catalogue } from '../../data/catalogue.ts';
import { observation } from '../../data/regime.ts';
import { codesOf, columnOf } from '../../generative/batch.ts';
import type { FactorReport } from '../../generative/fit-network.ts';
import { idGen } from '../../generative/id-gen.ts';
import type { Pictures } from '../../generative/metrics/pictures.ts';
import { kindNetworks, pictureByKind } from '../../generative/models/kinds-fitter.ts';
import type { CheckpointStore } from '../../generative/models/neural.ts';
import type { Lesson } from '../../generative/models/picture-code.ts';
import { type SortedPictures, sortPictures } from '../../generative/models/sorted-pictures.ts';
import { tableFitter } from '../../generative/models/table.ts';
import type { TrainingReport } from '../../generative/models/training.ts';
import type { NetworkPlan } from '../../generative/network.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../../generative/terms.ts';
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

const networkOptionsOf = ({ backend, checkpoint, threads }: DemoTools) => ({
  backend,
  ...(checkpoint && { checkpoint }),
  ...(threads === undefined ? {} : { threads }),
});

/** Sizes of the training runs of pictures that are drawn kind by kind. */
export interface KindsBudget {
  /** Of the flow over the components of a kind. */
  readonly steps: number;
  readonly widths: readonly number[];
  /** Of the softmax that draws the kind. */
  readonly kindSteps: number;
}

/** Counts for blocks of levels given levels; for a picture a softmax of its kind, then a flow over the components of that kind. Of pictures among the conditions it sees the kinds. */
export function kindsFitter(
  task: ConditionalTask,
  budget: KindsBudget,
  tools: DemoTools,
  sorted: SortedPictures,
  onTrained: (task: ConditionalTask, report: TrainingReport) => void,
): Fitter {
  if (task.of.every((name) => task.types.get(name)?.kind === 'finite')) return tableFitter({ smoothing: 0.5 });
  const common = networkOptionsOf(tools);
  const networks = kindNetworks({
    kinds: { ...common, budget: { steps: budget.kindSteps, batch: 512, learningRate: 3e-3 } },
    law: {
      ...common,
      budget: { steps: budget.steps, batch: 256, learningRate: 1e-3, heldOut: 0, looks: 10, patience: 10 },
      widths: budget.widths,
      onTrained: (_, report) => onTrained(task, report),
    },
  });
  return pictureByKind([sorted], networks);
}

/** What the kinds of the pictures of a study are learnt from. */
export interface KindsSettings {
  readonly seed: number;
  readonly steps: number;
  readonly components: number;
  /** The picture columns that show something of the finite columns `labels`; the kind is what the last of them shows. */
  readonly pictures: readonly Name[];
  readonly labels: readonly Name[];
  /** More picture columns that the components of the kinds are learnt from, beside the last of `pictures`. */
  readonly alike?: readonly Name[];
  /**
   * What tells pictures of a class apart: what the code reads of them as pictures of each of `pictures`, their pixels, or what a column tells of
   * another one beyond the classes, learnt in so many steps.
   */
  readonly compared: 'readings' | 'pixels' | { readonly first: Name; readonly second: Name; readonly steps: number };
}

/**
 * Kinds of pictures, by a code that learns to tell the finite columns of the data from them: no label that is not a column is used. `dispose`
 * frees the code.
 */
export async function fitKinds(
  data: Batch,
  types: ReadonlyMap<Name, ColumnType>,
  settings: KindsSettings,
  tools: DemoTools,
): Promise<Result<SortedPictures>> {
  const { pictures, labels, seed, steps, components, alike = [], compared } = settings;
  const levelsOf = (name: Name): number => {
    const type = types.get(name);
    return type?.kind === 'finite' ? type.levels.length : 0;
  };
  const column = (name: Name): Pictures => picturesOf(columnOf(data, name), 0, data.rows);
  const lessons = pictures.map((name): Lesson => {
    return {
      name,
      pictures: column(name),
      labels: new Map(labels.map((label) => [label, { levels: levelsOf(label), values: codesOf(data, label) }])),
    };
  });
  const last = lessons[lessons.length - 1];
  if (last === undefined) throw new Error('Kinds of no pictures.');
  const parts = [last.pictures, ...alike.map(column)];
  return sortPictures(lessons, joined(parts), last.pictures.shape, {
    ...networkOptionsOf(tools),
    seed,
    steps,
    components,
    classesOf: ({ heads }) => heads.filter(({ lesson }) => lesson === last.name),
    compared: [
      typeof compared === 'string'
        ? compared
        : { pairs: [{ first: column(compared.first), second: column(compared.second) }], steps: compared.steps },
    ],
    ...runOptionsOf(tools),
  });
}

function joined(parts: readonly Pictures[]): Pictures {
  const [first] = parts;
  if (first === undefined) throw new Error('No pictures.');
  if (parts.length === 1) return first;
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  parts.reduce((at, part) => {
    values.set(part.values, at);
    return at + part.values.length;
  }, 0);
  return { shape: first.shape, values };
}

/** Frees what models hold, where they hold anything. */
export const disposals = (models: Iterable<ConditionalModel>): Promise<void>[] =>
  [...models].flatMap((model) => ('dispose' in model ? [(model as ConditionalModel & { dispose(): Promise<void> }).dispose()] : []));

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
