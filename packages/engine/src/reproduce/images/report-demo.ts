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
import { renderFilms } from './film.ts';
import { type PictureScores, scorePictures } from './picture-scores.ts';
import {
  drawReports,
  filmSizes,
  findings,
  type Report,
  reportCode,
  reportGraph,
  reportLabels,
  reportTruth,
  reportTypes,
} from './report.ts';

export interface ReportDemoSettings {
  readonly seed: number;
  readonly rows: number;
  readonly budget: KindsBudget;
  readonly codeSteps: number;
  /** Principal components that the films of a kind are drawn in. */
  readonly components: number;
  readonly readerSteps: number;
  readonly report: Report;
  readonly draws: number;
  readonly shown: number;
}

export interface ReportDemo {
  readonly report: Report;
  /** Share read right of each finding and of the contrast. */
  readonly reader: readonly number[];
  readonly factors: readonly DemoFactor[];
  readonly scores: readonly PictureScores[];
  readonly pictures: Readonly<Record<'real' | 'network', Pictures>>;
}

/**
 * Films under do(report): reports, findings and drawn films with made-up probabilities (see {@link reportLabels}); nothing in it is medical.
 * Findings are counted, films drawn kind by kind. Issues: those of the fits.
 */
export async function reportDemo(settings: ReportDemoSettings, tools: DemoTools): Promise<Result<ReportDemo>> {
  const random = new Random(settings.seed, 'reports');
  const labels = reportLabels();
  const types = reportTypes();
  const run = runOptionsOf(tools);
  const { backend, threads } = tools;
  const axes: AttributeAxes = { names: [...findings, 'contrast'], sizes: filmSizes };

  tools.onStage?.('learn to read films');
  const evenly = (rows: number, stream: Random) => {
    const columns = axes.sizes.map((size) => Int32Array.from({ length: rows }, () => stream.integer(size)));
    const [pneumonia, effusion, atelectasis, opacity, contrast] = columns as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
    return { columns, pictures: renderFilms({ pneumonia, effusion, atelectasis, opacity, contrast }, stream.split('films')) };
  };
  const lessons = evenly(Math.max(1000, Math.min(10_000, settings.rows)), random.split('lessons'));
  const reader = await fitTrainedReader(
    lessons.pictures,
    new Map(axes.names.map((name, i) => [name, { levels: 2, values: lessons.columns[i] as Int32Array }])),
    {
      backend,
      seed: settings.seed,
      steps: settings.readerSteps,
      batch: 64,
      sees: 'pixels',
      ...(threads !== undefined && { threads }),
      ...run,
    },
  );
  if (!reader.ok) return reader;
  const held = evenly(3000, random.split('held'));
  const errors = await readerErrors(reader.value, held.pictures, held.columns, axes);

  const { batch: data } = drawReports(labels, settings.rows, random.split('rows'));
  tools.onStage?.('learn kinds of films');
  const { seed, codeSteps: steps, components, budget } = settings;
  const shown = { pictures: ['X'], labels: ['N', 'E', 'A', 'L'] };
  // The contrast, of which the data say nothing, varies alike whatever the findings are.
  const sorted = await fitKinds(data, types, { seed, steps, components, ...shown, compared: 'pixels' }, tools);
  if (!sorted.ok) return sorted;
  const trained = new Map<string, TrainingReport>();
  const fitted = await fitNetwork(planOf(reportGraph, 'P(X | do(R))'), new Map([['data', { batch: data }]]), {
    ...run,
    seed: settings.seed,
    types,
    fitterFor: (task) => {
      tools.onStage?.(`learn P(${task.of.join(', ')}${task.given.length > 0 ? ` | ${task.given.join(', ')}` : ''})`);
      return success(kindsFitter(task, budget, tools, sorted.value, (of, report) => trained.set(lawKey(of), report)));
    },
  });
  if (!fitted.ok) return fitted;

  tools.onStage?.('draw P(X | do(R))');
  const { report, draws } = settings;
  const truth = reportTruth(labels, report);
  const real = columnOf(drawReports(labels, 3 * draws, random.split('real'), report).batch, 'X');
  const set: Batch = { rows: 1, columns: new Map([['R', { kind: 'finite', values: Int32Array.of(reportCode(report)) }]]) };
  const drawn = await drawFromNetwork(fitted.value.network, set, draws, random.split('network'), run);
  if (!drawn.ok) return drawn;
  const sources = { real: picturesOf(real, 0, draws), network: picturesOf(columnOf(drawn.value, 'X'), 0, draws) };
  const judge = {
    reader: reader.value,
    errors,
    axes,
    laws: { exact: truth.interventional, conditional: truth.conditional },
    real: picturesOf(real, draws, 3 * draws),
  };
  const scores: PictureScores[] = [];
  for (const source of ['real', 'network'] as const) scores.push(await scorePictures(source, sources[source], judge, random.split(source)));
  await Promise.all([reader.value.dispose(), disposeSorting(sorted.value), ...disposals(fitted.value.network.models.values())]);
  return success({
    report,
    reader: errors.accuracy,
    factors: factorsOf(fitted.value.factors, trained),
    scores,
    pictures: { real: picturesOf(sources.real, 0, settings.shown), network: picturesOf(sources.network, 0, settings.shown) },
  });
}
