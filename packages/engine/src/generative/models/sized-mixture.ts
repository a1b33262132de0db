import { log } from '../../math/elementary.ts';
import { Random } from '../../math/random.ts';
import { type Issue, type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { AdamOptions } from '../../tensor/train.ts';
import { columnOf, taken } from '../batch.ts';
import type { Batch, ConditionalTask, FitOptions } from '../terms.ts';
import { levelsOf } from './design.ts';
import { type NetworkModel, networkModel } from './network-model.ts';
import { type NetworkFitter, type NeuralOptions, networkFitter } from './neural.ts';
import type { TrainingBudget } from './training.ts';

/** How large a mixture density is, and how one of that size is trained. */
export interface MixtureSize {
  readonly name: string;
  /** Widths of the hidden layers; none: means, log deviations and log odds are linear in the conditions. */
  readonly widths: readonly number[];
  readonly components: number;
  readonly budget?: Partial<TrainingBudget>;
  readonly adam?: AdamOptions;
}

const calm: AdamOptions = { averageDecay: 0.99, clipNorm: 5, weightDecay: 0.01 };

/** From a linear normal law to what {@link networkFitter} takes where nothing is asked. */
export const mixtureSizes: readonly MixtureSize[] = [
  { name: 'linear', widths: [], components: 1, budget: { steps: 250, learningRate: 0.05 }, adam: calm },
  { name: 'small', widths: [16], components: 2, budget: { steps: 800, learningRate: 0.01 }, adam: calm },
  { name: 'medium', widths: [32, 32], components: 4, budget: { steps: 1000 }, adam: calm },
  { name: 'large', widths: [96, 96], components: 8 },
];

/** What was seen of one size on rows that it had not learnt from. */
export interface SizeTried {
  readonly size: MixtureSize;
  /** Mean of -log density, in nats, over the parts that were looked at. */
  readonly loss: number;
  /** Against the size kept until then: by how much less it loses on the same rows, and the standard error of that. */
  readonly gain?: number;
  readonly error?: number;
}

export interface SizedOptions extends NeuralOptions {
  /** In this order, the simplest first (default {@link mixtureSizes}). */
  readonly sizes?: readonly MixtureSize[];
  /** Told what was tried, in order, and what was chosen. */
  readonly onSize?: (task: ConditionalTask, chosen: MixtureSize, tried: readonly SizeTried[]) => void;
}

const parts = 5;
/** Fewer different rows than this are not divided. */
const fewest = 4 * parts;
/** Parts that are looked at before a size is given up, and how many standard errors ahead need no more of them. */
const leastParts = 2;
const clearlyAhead = 4;
/** A linear law with so many rows for each parameter is trained to the end; others stop early. */
const rowsPerParameter = 20;

/**
 * A mixture density whose size is chosen by cross-validation: each size is set against the one before it on the log density of rows
 * left out of training, and taken if it is better by more than a standard error (Breiman et al. 1984, section 3.4.3); at the first that is not, the
 * search ends. The one chosen learns from all rows, for as many steps as it took on the parts. Equal rows are in one part. Where pictures
 * condition, where there are fewer than 20 different rows, or where `widths` or `components` are given, nothing is chosen. The report's held-out loss is that of
 * cross-validation. A `budget` counts for every training on its own.
 */
export function sizedMixtureFitter(options: SizedOptions): NetworkFitter {
  const { sizes = mixtureSizes, onSize, onTrained, ...rest } = options;
  return {
    kind: 'mixture',
    async fit(task, data, fit) {
      const [first] = sizes;
      const asked = options.widths !== undefined || options.components !== undefined;
      const pictures = [...task.of, ...task.given].some((name) => task.types.get(name)?.kind === 'tensor');
      if (first === undefined || asked || pictures) return networkFitter('mixture', options).fit(task, data, fit);
      const search = new Search(task, data, rest, fit);
      let chosen: Tried = { size: first, folds: [] };
      const tried: SizeTried[] = [];
      if (search.divided) {
        for (const [i, size] of sizes.slice(1).entries()) {
          const next: Tried = { size, folds: [] };
          const compared = await search.compare(next, chosen);
          if (!compared.ok) return compared;
          if (i === 0) tried.push({ size: first, loss: search.loss(chosen) });
          if (compared.value === undefined) break;
          tried.push({ size, loss: search.loss(next), ...compared.value });
          if (!(compared.value.gain > compared.value.error)) break;
          chosen = next;
        }
      }
      onSize?.(task, chosen.size, tried);
      const fitted = await search.learn(chosen);
      if (!fitted.ok) return fitted;
      const { report } = fitted.value;
      if (report !== undefined) onTrained?.(task, report);
      return fitted;
    },
  };
}

/** One size, trained without each of the first parts in turn. */
interface Tried {
  readonly size: MixtureSize;
  readonly folds: Fold[];
}

interface Fold {
  /** Log densities of the rows left out. */
  readonly scores: Float64Array;
  /** The step whose parameters were kept. */
  readonly kept: number;
}

interface Compared {
  readonly gain: number;
  readonly error: number;
}

class Search {
  /** Rows of positive weight, part by part. */
  private readonly left: readonly Int32Array[];
  private readonly rows: number;
  readonly divided: boolean;
  private readonly warnings = new Map<string, Issue>();
  private readonly task: ConditionalTask;
  private readonly data: Batch;
  private readonly options: NeuralOptions;
  private readonly fit: FitOptions & RunOptions;

  constructor(task: ConditionalTask, data: Batch, options: NeuralOptions, fit: FitOptions & RunOptions) {
    [this.task, this.data, this.options, this.fit] = [task, data, options, fit];
    const useful = Int32Array.from({ length: data.rows }, (_, row) => row).filter((row) => this.weightOf(row) > 0);
    const columns = [...task.of, ...task.given].map((name) => columnOf(data, name).values);
    const keys = Array.from(useful, (row) => columns.map((values) => values[row]).join(' '));
    const different = [...new Set(keys)];
    const random = new Random(fit.seed, 'parts');
    for (let i = different.length - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      [different[i], different[j]] = [different[j] as string, different[i] as string];
    }
    const places = new Map(different.map((key, i) => [key, i % parts]));
    this.left = Array.from({ length: parts }, (_, part) => useful.filter((_, i) => places.get(keys[i] as string) === part));
    this.rows = useful.length;
    this.divided = different.length >= fewest;
  }

  /** Undefined where the one that challenges cannot be trained. */
  async compare(next: Tried, champion: Tried): Promise<Result<Compared | undefined>> {
    let compared: Compared = { gain: Number.NaN, error: Number.NaN };
    for (let part = 0; part < parts; part++) {
      const before = await this.fold(champion, part);
      if (!before.ok) return before;
      if (!(await this.fold(next, part)).ok) return success(undefined);
      compared = this.compared(next, champion, part + 1);
      if (part + 1 >= leastParts && (!(compared.gain > 0) || compared.gain > clearlyAhead * compared.error)) break;
    }
    return success(compared);
  }

  /** Mean of -log density over the parts looked at. */
  loss({ folds }: Tried): number {
    return -this.mean(folds.length, (part, i) => (folds[part] as Fold).scores[i] as number);
  }

  /** The size chosen, on all rows. */
  async learn(chosen: Tried): Promise<Result<NetworkModel>> {
    const { size, folds } = chosen;
    const steps = Math.round(folds.reduce((sum, fold) => sum + fold.kept, 0) / Math.max(1, folds.length));
    const fitted = await this.train(size, this.data, this.fit.weights, folds.length === 0 ? {} : { heldOut: 0, steps }, this.fit.seed);
    if (!fitted.ok || folds.length === 0) return fitted;
    const { spec, parameters, report } = fitted.value;
    const unit = spec.of.reduce((sum, code) => sum + (code.kind === 'real' ? log(code.deviation) : 0), 0);
    const heldOutRows = folds.reduce((sum, { scores }) => sum + scores.length, 0);
    const { backend, threads } = this.options;
    const told = {
      ...(report && { report: { ...report, heldOut: [this.loss(chosen) - unit], heldOutRows } }),
      ...(threads === undefined ? {} : { threads }),
    };
    return success(networkModel(this.task, spec, parameters, backend, told), [...this.warnings.values(), ...(fitted.warnings ?? [])]);
  }

  private compared(next: Tried, champion: Tried, count: number): Compared {
    const gainAt = (part: number, i: number): number =>
      ((next.folds[part] as Fold).scores[i] as number) - ((champion.folds[part] as Fold).scores[i] as number);
    const gain = this.mean(count, gainAt);
    let [total, square] = [0, 0];
    for (let part = 0; part < count; part++)
      for (const [i, row] of (this.left[part] as Int32Array).entries()) {
        const weight = this.weightOf(row);
        total += weight;
        square += (weight * (gainAt(part, i) - gain)) ** 2;
      }
    return { gain, error: Math.sqrt(square) / total };
  }

  private mean(count: number, value: (part: number, i: number) => number): number {
    let [total, sum] = [0, 0];
    for (let part = 0; part < count; part++)
      for (const [i, row] of (this.left[part] as Int32Array).entries()) {
        total += this.weightOf(row);
        sum += this.weightOf(row) * value(part, i);
      }
    return sum / total;
  }

  private weightOf(row: number): number {
    return this.fit.weights?.[row] ?? 1;
  }

  /** Trained without one part; looked at there. */
  private async fold({ size, folds }: Tried, part: number): Promise<Result<Fold>> {
    const before = folds[part];
    if (before !== undefined) return success(before);
    const { weights, seed } = this.fit;
    const others = Int32Array.from(this.left.flatMap((rows, i) => (i === part ? [] : [...rows]))).sort();
    const label = `${size.name} size, without part ${part + 1} of ${parts}`;
    const own = weights === undefined ? undefined : Float64Array.from(others, (row) => weights[row] as number);
    const fitted = await this.train(size, taken(this.data, others), own, {}, new Random(seed, 'part', part).word(), label);
    if (!fitted.ok) return fitted;
    for (const issue of fitted.warnings ?? []) this.warnings.set(issue.message, issue);
    const model = fitted.value;
    const scores = (await model.logProbability?.(taken(this.data, this.left[part] as Int32Array))) ?? new Float64Array(0);
    await model.dispose();
    const made: Fold = { scores, kept: model.report?.kept ?? 0 };
    folds[part] = made;
    return success(made);
  }

  private train(
    { widths, components, budget, adam }: MixtureSize,
    data: Batch,
    weights: Float64Array | undefined,
    last: Partial<TrainingBudget>,
    seed: number,
    label?: string,
  ): Promise<Result<NetworkModel>> {
    const { signal, onProgress, pause } = this.fit;
    const start = this.simple(widths) ? { batch: 2048, heldOut: 0 } : { batch: Math.min(512, Math.max(32, Math.round(this.rows / 8))) };
    const fitter = networkFitter('mixture', {
      ...(adam && { adam }),
      ...this.options,
      widths,
      components,
      budget: { ...start, ...budget, ...this.options.budget, ...last },
    });
    return fitter.fit(this.task, data, {
      seed,
      ...(weights && { weights }),
      ...(signal && { signal }),
      ...(onProgress && {
        onProgress: (event) => onProgress(label === undefined ? event : { ...event, task: `${event.task} (${label})` }),
      }),
      ...(pause && { pause }),
    });
  }

  /** Linear in few conditions. */
  private simple(widths: readonly number[]): boolean {
    const features = this.task.given.reduce((sum, name) => sum + Math.max(1, levelsOf(this.task, name)), this.task.of.length);
    return widths.length === 0 && rowsPerParameter * 3 * features * this.task.of.length <= this.rows;
  }
}
