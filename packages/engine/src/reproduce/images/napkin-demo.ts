import { columnOf } from '../../generative/batch.ts';
import { drawFromNetwork, type FittedNetwork } from '../../generative/draw.ts';
import { fitNetwork } from '../../generative/fit-network.ts';
import { type AttributeAxes, readerErrors } from '../../generative/metrics/attributes.ts';
import type { Pictures } from '../../generative/metrics/pictures.ts';
import { fitTrainedReader } from '../../generative/metrics/trained-reader.ts';
import { disposeSorting } from '../../generative/models/sorted-pictures.ts';
import type { TrainingReport } from '../../generative/models/training.ts';
import { taskOf } from '../../generative/network.ts';
import type { Batch, ColumnValues, ConditionalTask } from '../../generative/terms.ts';
import type { Name } from '../../graph/variable.ts';
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
import {
  attributeSizes,
  type DigitAttributes,
  drawDigits,
  drawNapkin,
  napkinBatch,
  napkinGraph,
  napkinLabels,
  napkinTruth,
  napkinTypes,
} from './napkin.ts';
import { type Invariance, invarianceOf, type Judge, type PictureScores, scorePictures } from './picture-scores.ts';
import { palette, renderRecipe } from './render.ts';

export interface NapkinDemoSettings {
  readonly seed: number;
  /** Rows of the observed study, and of the training set that step 7 draws. */
  readonly rows: number;
  readonly generatedRows: number;
  readonly budget: KindsBudget;
  readonly codeSteps: number;
  /** Principal components that the pictures of a kind are drawn in. */
  readonly components: number;
  readonly readerSteps: number;
  /** What X is set to. */
  readonly settings: readonly DigitAttributes[];
  /** Pictures drawn from every source for each setting. */
  readonly draws: number;
  /** Pictures of the grid, of every source. */
  readonly shown: number;
}

export interface NapkinSetting {
  readonly x: DigitAttributes;
  readonly scores: readonly PictureScores[];
  /** Over values of W2, of the network's draws. */
  readonly invariance: readonly Invariance[];
  /** The first pictures of every source. */
  readonly pictures: Readonly<Record<'set' | 'real' | 'network' | 'conditional', Pictures>>;
}

export interface NapkinDemo {
  readonly reader: { readonly digit: number; readonly colour: number; readonly thickness: number };
  readonly factors: readonly DemoFactor[];
  readonly settings: readonly NapkinSetting[];
  /** Of the generated training set: the largest standard error that its size brings to a probability. */
  readonly monteCarloError: number;
}

const digits = 10;
/** Values of the free inputs that are held in turn. */
const heldValues = 6;
const w2 = ['W2_digit', 'W2_colour'];

/**
 * Coloured digits on the napkin graph: P(Y | do(X)) drawn by an ID-GEN network learnt from pictures and W2 alone, beside the process
 * itself and a model of the plain conditional P(Y | X) with the budget of the last factor. Labels of digits, colours and strokes are
 * used to render the pictures and to judge, not to learn. `train`: exemplars that models and reader learn from; `truth`: others, for all true
 * pictures. Issues: those of the fits.
 */
export async function napkinDemo(
  train: Exemplars,
  truth: Exemplars,
  settings: NapkinDemoSettings,
  tools: DemoTools,
): Promise<Result<NapkinDemo>> {
  const random = new Random(settings.seed, 'napkin');
  const labels = napkinLabels(digits);
  const types = napkinTypes(digits, train.side);
  const run = runOptionsOf(tools);
  const { backend, threads } = tools;
  const own = threads === undefined ? {} : { threads };
  const axes: AttributeAxes = { names: ['digit', 'colour', 'thickness'], sizes: attributeSizes(digits) };

  tools.onStage?.('learn to read attributes');
  const even = new Float64Array(axes.sizes.reduce((product, size) => product * size, 1)).fill(1 / 120);
  const lessons = drawDigits(even, train, Math.max(2000, Math.min(20_000, settings.rows)), random.split('lessons'));
  const reader = await fitTrainedReader(
    renderRecipe(train, lessons.recipe),
    new Map([
      ['digit', { levels: digits, values: lessons.digit }],
      ['thickness', { levels: 2, values: lessons.thickness }],
    ]),
    { backend, seed: settings.seed, steps: settings.readerSteps, colour: { name: 'colour', palette }, ...own, ...run },
  );
  if (!reader.ok) return reader;
  const held = drawDigits(even, truth, 6000, random.split('held'));
  const errors = await readerErrors(reader.value, renderRecipe(truth, held.recipe), [held.digit, held.colour, held.thickness], axes);
  const [digit = 0, colour = 0, thickness = 0] = errors.accuracy;

  const data = napkinBatch(drawNapkin(labels, train, settings.rows, random.split('rows')), train);
  tools.onStage?.('learn kinds of pictures');
  const { seed, codeSteps: steps, components, budget } = settings;
  // The stroke, by which W1 chooses the half of the colours that W2 has, shows in what the code reads of a picture as one of W1.
  const shown = { pictures: ['W1', 'X'], labels: w2, compared: 'readings' } as const;
  const sorted = await fitKinds(data, types, { seed, steps, components, ...shown }, tools);
  if (!sorted.ok) return sorted;
  const { kinds } = sorted.value;
  const trained = new Map<string, TrainingReport>();
  const fitterFor = (task: ConditionalTask) => {
    tools.onStage?.(`learn P(${task.of.join(', ')}${task.given.length > 0 ? ` | ${task.given.join(', ')}` : ''})`);
    return kindsFitter(task, budget, tools, sorted.value, (of, report) => trained.set(lawKey(of), report));
  };
  const plan = planOf(napkinGraph, 'P(Y | do(X))');
  const fitted = await fitNetwork(plan, new Map([['data', { batch: data }]]), {
    ...run,
    seed: settings.seed,
    types,
    fitterFor: (task) => success(fitterFor(task)),
    generatedRows: settings.generatedRows,
  });
  if (!fitted.ok) return fitted;
  const plain = taskOf({ of: ['Y'], given: ['X'] }, types);
  if (!plain.ok) return plain;
  const baseline = await fitterFor(plain.value).fit(plain.value, data, { ...run, seed: settings.seed });
  if (!baseline.ok) return baseline;

  const made: NapkinSetting[] = [];
  for (const x of settings.settings) {
    tools.onStage?.(`draw P(Y | do(X)) at ${x.digit}`);
    const stream = random.split(`${x.digit} ${x.colour} ${x.thickness}`);
    const { interventional: exact, conditional } = napkinTruth(labels, x);
    const real = napkinBatch(drawNapkin(labels, truth, 3 * settings.draws, stream.split('real'), x), truth);
    const pictures = (batch: Batch, name: Name, from: number, to: number): Pictures => picturesOf(columnOf(batch, name), from, to);
    const judge: Judge = {
      reader: reader.value,
      errors,
      axes,
      laws: { exact, conditional },
      real: pictures(real, 'Y', settings.draws, 3 * settings.draws),
    };
    const setTo = pictures(real, 'X', 0, settings.draws);
    const set: Batch = { rows: settings.draws, columns: new Map([['X', { kind: 'tensor', ...setTo }]]) };
    // Any values will do; these are the ones that rows with such a picture hold most often, so that the model has seen them together.
    const likely = await kinds.predict(setTo);
    const free = w2.map((name): [Name, ColumnValues] => [
      freeInputOf(fitted.value.network, name),
      { kind: 'finite', values: likely.get(name) as Int32Array },
    ]);
    const supported: Batch = { ...set, columns: new Map([...set.columns, ...free]) };
    const network = await drawn(fitted.value.network, supported, stream.split('network'), tools);
    if (!network.ok) return network;
    const alike = columnOf(await baseline.value.sample(set, stream.split('conditional'), run), 'Y');
    const sources = {
      real: pictures(real, 'Y', 0, settings.draws),
      network: network.value,
      conditional: picturesOf(alike, 0, settings.draws),
    };
    const scores: PictureScores[] = [];
    for (const source of ['real', 'network', 'conditional'] as const)
      scores.push(await scorePictures(source, sources[source], judge, stream.split('scores').split(source)));
    const invariance = await overW2(fitted.value.network, real, settings.draws, judge, stream.split('w2'), tools);
    if (!invariance.ok) return invariance;
    const first = (of: Pictures): Pictures => picturesOf(of, 0, settings.shown);
    made.push({
      x,
      scores,
      invariance: invariance.value,
      pictures: {
        set: first(pictures(set, 'X', 0, settings.draws)),
        real: first(sources.real),
        network: first(sources.network),
        conditional: first(sources.conditional),
      },
    });
  }
  const monteCarloError = Math.max(0, ...fitted.value.factors.map((factor) => factor.monteCarloError ?? 0));
  const factors = factorsOf(fitted.value.factors, trained);
  await Promise.all([
    reader.value.dispose(),
    disposeSorting(sorted.value),
    ...disposals([...fitted.value.network.models.values(), baseline.value]),
  ]);
  return success({ reader: { digit, colour, thickness }, factors, settings: made, monteCarloError });
}

async function drawn(network: FittedNetwork, set: Batch, random: Random, tools: DemoTools): Promise<Result<Pictures>> {
  const found = await drawFromNetwork(network, set, set.rows, random, runOptionsOf(tools));
  return found.ok ? success(picturesOf(columnOf(found.value, 'Y'), 0, set.rows)) : found;
}

function freeInputOf({ plan }: FittedNetwork, wanted: Name): Name {
  const name = plan.inputs.find(({ variable }) => variable === wanted)?.name;
  if (name === undefined) throw new Error(`The network has no free input ${wanted}.`);
  return name;
}

/** Pictures of X with the same attributes in every group, each group at a value of W2 of its own. */
async function overW2(
  network: FittedNetwork,
  real: Batch,
  draws: number,
  judge: Judge,
  random: Random,
  tools: DemoTools,
): Promise<Result<readonly Invariance[]>> {
  const each = Math.max(1, Math.floor(draws / heldValues));
  const rows = each * heldValues;
  const columns = new Map<Name, ColumnValues>([['X', { kind: 'tensor', ...picturesOf(columnOf(real, 'X'), 0, rows) }]]);
  for (const [i, wanted] of w2.entries()) {
    const type = network.types.get(wanted);
    if (type?.kind !== 'finite') throw new Error(`${wanted} is not finite.`);
    const levels = type.levels.length;
    // Each value with another of the other variable.
    const held = Array.from({ length: heldValues }, (_, k) => (i === 0 ? Math.floor(((k + 0.5) * levels) / heldValues) : (k * 5) % levels));
    const values = Int32Array.from({ length: rows }, (_, row) => held[Math.floor(row / each)] as number);
    columns.set(freeInputOf(network, wanted), { kind: 'finite', values });
  }
  const found = await drawn(network, { rows, columns }, random.split('draws'), tools);
  return found.ok ? success(await invarianceOf(found.value, heldValues, judge, random.split('chance'))) : found;
}
