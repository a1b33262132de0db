import { columnOf } from '../../generative/batch.ts';
import { drawFromNetwork } from '../../generative/draw.ts';
import { fitNetwork } from '../../generative/fit-network.ts';
import { type AttributeAxes, readerErrors } from '../../generative/metrics/attributes.ts';
import type { Pictures } from '../../generative/metrics/pictures.ts';
import { fitTrainedReader } from '../../generative/metrics/trained-reader.ts';
import { disposeSorting } from '../../generative/models/sorted-pictures.ts';
import type { TrainingReport } from '../../generative/models/training.ts';
import type { Batch } from '../../generative/terms.ts';
import { Random } from '../../math/random.ts';
import { type Result, success } from '../../run/issue.ts';
import {
  type DemoFactor,
  type DemoTools,
  disposals,
  factorsOf,
  fitKinds,
  type KindsBudget,
  kindsFitter,
  lawKey,
  picturesOf,
  planOf,
  runOptionsOf,
} from './demo.ts';
import type { Exemplars } from './exemplars.ts';
import { auditAttributes, auditBatch, auditGraph, auditLabels, auditSizes, auditTruth, auditTypes, drawAudit } from './garments.ts';
import { type PictureScores, scorePictures } from './picture-scores.ts';
import { drawRecipe, palette, renderRecipe, textures } from './render.ts';

export interface AuditDemoSettings {
  readonly seed: number;
  readonly rows: number;
  readonly budget: KindsBudget;
  readonly codeSteps: number;
  /** Of what I1 and I2 tell of each other. */
  readonly pairSteps: number;
  /** Principal components that the pictures of a kind are drawn in. */
  readonly components: number;
  readonly readerSteps: number;
  /** The class that is set. */
  readonly garment: number;
  readonly draws: number;
  readonly shown: number;
}

/** How often the translator changes what it was not asked to change. */
export interface ChangedShare {
  readonly attribute: 'colour' | 'texture';
  /** Read off pairs that the network drew, and off as many true ones. */
  readonly network: number;
  readonly real: number;
  /** By construction: under do(), and given the class. */
  readonly exact: number;
  readonly conditional: number;
}

export interface AuditDemo {
  readonly garment: number;
  readonly reader: readonly number[];
  readonly factors: readonly DemoFactor[];
  readonly changed: readonly ChangedShare[];
  /** Of I2. */
  readonly scores: readonly PictureScores[];
  readonly pictures: Readonly<Record<'I1' | 'I2', Pictures>>;
}

/**
 * Which attributes does an image translator change that it was not asked to, under do(Class)? Drawn by an ID-GEN network that draws
 * pictures kind by kind; made-up probabilities (see {@link auditLabels}). Issues: those of the fits.
 */
export async function auditDemo(
  train: Exemplars,
  truth: Exemplars,
  settings: AuditDemoSettings,
  tools: DemoTools,
): Promise<Result<AuditDemo>> {
  const random = new Random(settings.seed, 'audit');
  const classes = train.byClass.length;
  const labels = auditLabels(classes);
  const types = auditTypes(classes, train.side);
  const run = runOptionsOf(tools);
  const { backend, threads } = tools;
  const axes: AttributeAxes = { names: auditAttributes, sizes: auditSizes(classes) };

  tools.onStage?.('learn to read attributes');
  const evenly = (exemplars: Exemplars, rows: number, stream: Random) => {
    const columns = axes.sizes.map((size) => Int32Array.from({ length: rows }, () => stream.integer(size)));
    const [own, colour, texture] = columns as [Int32Array, Int32Array, Int32Array];
    const recipe = drawRecipe(exemplars, { class: own, colour, texture }, stream.split('recipe'));
    return { columns, pictures: renderRecipe(exemplars, recipe) };
  };
  const lessons = evenly(train, Math.max(2000, Math.min(20_000, settings.rows)), random.split('lessons'));
  const reader = await fitTrainedReader(
    lessons.pictures,
    new Map([
      ['class', { levels: classes, values: lessons.columns[0] as Int32Array }],
      ['texture', { levels: textures.length, values: lessons.columns[2] as Int32Array }],
    ]),
    {
      backend,
      seed: settings.seed,
      steps: settings.readerSteps,
      colour: { name: 'colour', palette },
      ...(threads !== undefined && { threads }),
      ...run,
    },
  );
  if (!reader.ok) return reader;
  const held = evenly(truth, 6000, random.split('held'));
  const errors = await readerErrors(reader.value, held.pictures, held.columns, axes);

  const data = auditBatch(drawAudit(labels, train, settings.rows, random.split('rows')), train);
  tools.onStage?.('learn kinds of pictures');
  const { seed, codeSteps: steps, components, budget } = settings;
  const shown = { pictures: ['I1'], labels: ['Class', 'Colour'], alike: ['I2'] };
  // Of the texture, which no column names, I1 and I2 tell each other.
  const compared = { first: 'I1', second: 'I2', steps: settings.pairSteps };
  const sorted = await fitKinds(data, types, { seed, steps, components, ...shown, compared }, tools);
  if (!sorted.ok) return sorted;
  const trained = new Map<string, TrainingReport>();
  const fitted = await fitNetwork(planOf(auditGraph, 'P(I1, I2 | do(Class))'), new Map([['data', { batch: data }]]), {
    ...run,
    seed: settings.seed,
    types,
    fitterFor: (task) => {
      tools.onStage?.(`learn P(${task.of.join(', ')}${task.given.length > 0 ? ` | ${task.given.join(', ')}` : ''})`);
      return success(kindsFitter(task, budget, tools, sorted.value, (of, report) => trained.set(lawKey(of), report)));
    },
  });
  if (!fitted.ok) return fitted;

  tools.onStage?.('draw P(I1, I2 | do(Class))');
  const { garment, draws } = settings;
  const exact = auditTruth(labels, garment);
  const real = auditBatch(drawAudit(labels, truth, 3 * draws, random.split('real'), garment), truth);
  const set: Batch = { rows: 1, columns: new Map([['Class', { kind: 'finite', values: Int32Array.of(garment) }]]) };
  const drawn = await drawFromNetwork(fitted.value.network, set, draws, random.split('network'), run);
  if (!drawn.ok) return drawn;
  const judge = {
    reader: reader.value,
    errors,
    axes,
    laws: { exact: exact.interventional, conditional: exact.conditional },
    real: picturesOf(columnOf(real, 'I2'), draws, 3 * draws),
  };
  const network = { I1: picturesOf(columnOf(drawn.value, 'I1'), 0, draws), I2: picturesOf(columnOf(drawn.value, 'I2'), 0, draws) };
  const own = { I1: picturesOf(columnOf(real, 'I1'), 0, draws), I2: picturesOf(columnOf(real, 'I2'), 0, draws) };
  const scores = [
    await scorePictures('real', own.I2, judge, random.split('score real')),
    await scorePictures('network', network.I2, judge, random.split('score network')),
  ];
  const changed: ChangedShare[] = [];
  const [readNetwork, readReal] = [await readPairs(reader.value, network), await readPairs(reader.value, own)];
  for (const attribute of ['colour', 'texture'] as const) {
    const { interventional, conditional } = exact.changed[attribute];
    changed.push({ attribute, network: readNetwork[attribute], real: readReal[attribute], exact: interventional, conditional });
  }
  await Promise.all([reader.value.dispose(), disposeSorting(sorted.value), ...disposals(fitted.value.network.models.values())]);
  return success({
    garment,
    reader: errors.accuracy,
    factors: factorsOf(fitted.value.factors, trained),
    changed,
    scores,
    pictures: { I1: picturesOf(network.I1, 0, settings.shown), I2: picturesOf(network.I2, 0, settings.shown) },
  });
}

async function readPairs(
  reader: { predict(pictures: Pictures): Promise<ReadonlyMap<string, Int32Array>> },
  pairs: Readonly<Record<'I1' | 'I2', Pictures>>,
): Promise<Record<'colour' | 'texture', number>> {
  const [before, after] = [await reader.predict(pairs.I1), await reader.predict(pairs.I2)];
  const share = (attribute: string): number => {
    const [one, other] = [before.get(attribute) as Int32Array, after.get(attribute) as Int32Array];
    return one.reduce((sum, level, row) => sum + (level === other[row] ? 0 : 1), 0) / one.length;
  };
  return { colour: share('colour'), texture: share('texture') };
}
