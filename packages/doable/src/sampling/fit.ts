import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import {
  type Backend,
  type ConditionalModel,
  type ConditionalTask,
  chooseModels,
  type Design,
  type FactorReport,
  type FitReport,
  type Fitter,
  factorsBefore,
  failure,
  fitNetwork,
  type Issue,
  kindsIssues,
  loadFactor,
  type Name,
  type PlannedFactor,
  type Problem,
  picturesOf,
  Random,
  type Result,
  type RunOptions,
  type SamplePlan,
  type SavedSorting,
  saveFactor,
  success,
  type TrainingData,
  taskOf,
  trainingRows,
  variableOf,
  version,
} from '@doable/engine';
import { ortBackend } from '../tensor/ort.ts';
import { cacheIssue, dropCheckpoints, factorAddress, factorCache } from './cache.ts';
import { fitOnThread, type SortedOnThread, sortOnThread } from './fit-thread.ts';
import { fitterOf, type KindChoice, type KindOfModel, kindAsked, trains } from './kinds.ts';

export interface FitSampleOptions extends RunOptions {
  readonly kinds: KindChoice;
  readonly seed: number;
  readonly generatedRows: number;
  readonly design: Design;
  /** Steps of training of every network; absent: by its kind. */
  readonly steps?: number;
  /** Networks trained at the same time. Does not change the result. */
  readonly threads?: number;
  /** Where factors and checkpoints are kept; absent: nowhere. */
  readonly cache?: string;
  /** A cache that cannot be used is refused; else it is warned of before training, and nothing is kept. */
  readonly cacheNeeded?: boolean;
  /** Told at once of a cache that cannot be used; absent: that is among the warnings. */
  readonly onWarning?: (issue: Issue) => void;
  readonly onFactor?: (report: FactorReport, model: ConditionalModel) => void;
  readonly onNote?: (text: string) => void;
  /** Rows by study; absent: those of the studies. */
  readonly data?: ReadonlyMap<Name, TrainingData>;
  /** Models of factors by key that are fitted already; those that are fitted are added. */
  readonly known?: Map<string, ConditionalModel>;
}

/**
 * Reads the rows that the plan needs and learns its factors, networks each on a thread of its own. Factors that the cache has are taken from
 * it, training that was cut off goes on from its checkpoint. Issues: those of `fitNetwork`, `wrong-model`, `no-model`, `channels-last`, `no-onnx-runtime`, `cache`.
 */
export async function fitSample(
  problem: Pick<Problem, 'studies'>,
  sample: SamplePlan,
  options: FitSampleOptions,
): Promise<Result<FitReport>> {
  const { plan, types } = sample;
  const {
    kinds,
    seed,
    generatedRows,
    design,
    steps,
    threads = availableParallelism(),
    cache: asked,
    cacheNeeded,
    onWarning,
    onFactor,
    onNote,
    known,
    data: given,
    ...run
  } = options;
  const { asks, networks, pictures, unfit } = await askedOf(sample, kinds, known);
  const kindOf = ({ id }: PlannedFactor): KindOfModel => asks.get(id) ?? kinds.all;
  if (unfit.length > 0) return failure(...unfit);
  let backend: Backend | undefined;
  if (networks.size > 0) {
    const found = await ortBackend();
    if (!found.ok) return found;
    backend = found.value;
  }
  // Tables are counted faster than they are looked up.
  const warned = new Map<string, Issue>();
  const warn = (issue: Issue): void => void warned.set(`${issue.code} ${issue.message}`, issue);
  const unusable = networks.size === 0 || asked === undefined ? undefined : await cacheIssue(asked);
  if (unusable !== undefined && cacheNeeded === true) return failure(unusable);
  if (unusable !== undefined) (onWarning ?? warn)(unusable);
  const folder = unusable === undefined ? asked : undefined;
  const cache = networks.size === 0 || folder === undefined ? undefined : factorCache(folder, warn);
  const finished = new Map<string, readonly string[]>();
  const data = given ?? (await trainingRows(problem.studies, plan, run));
  const unsorted = kindsIssues(data, types, pictures);
  if (unsorted.length > 0) return failure(...unsorted);
  const address = cache === undefined ? () => '' : addresses(problem, data, sample, kindOf, options);

  const trainedWith = { ...(steps === undefined ? {} : { steps }), ...(folder === undefined ? {} : { folder }) };
  let sorting: Promise<Result<SortedOnThread>> | undefined;
  /** Learnt once, when the first factor needs it. */
  const sortedPictures = (): Promise<Result<SortedOnThread>> => {
    sorting ??= sortOnThread(
      { studies: data, types, pictures: [...pictures], seed: new Random(seed, 'kinds').word(), ...trainedWith },
      run,
      () => onNote?.('kinds of pictures: training goes on from its checkpoint.'),
    ).then((done) => {
      if (done.ok) for (const issue of done.warnings ?? []) warn(issue);
      if (done.ok) for (const each of done.value.sorted) onNote?.(sortingText(each));
      return done;
    });
    return sorting;
  };
  const onThread = (factor: PlannedFactor): Fitter => ({
    kind: 'function',
    async fit(task, rows, { seed: own, weights, ...more }) {
      const sorted = kindOf(factor) === 'kinds' ? await sortedPictures() : undefined;
      if (sorted?.ok === false) return sorted;
      const job = {
        task,
        data: rows,
        seed: own,
        kind: kindOf(factor),
        name: factor.id,
        ...(weights === undefined ? {} : { weights }),
        ...(sorted && { sorted: sorted.value.sorted }),
        ...trainedWith,
      };
      const fitted = await fitOnThread(job, { ...more, ...run }, () => onNote?.(`${factor.id}: training goes on from its checkpoint.`));
      if (!fitted.ok) return fitted;
      for (const issue of fitted.warnings ?? []) warn(issue);
      const { saved, checkpoints } = fitted.value;
      finished.set(factor.id, checkpoints);
      return loadFactor(saved.manifest, saved.files, backend as Backend, { threads: 1 });
    },
  });
  const kept = async (task: ConditionalTask, factor: PlannedFactor): Promise<ConditionalModel | undefined> => {
    const fromBefore = known?.get(factor.key);
    if (fromBefore !== undefined) return fromBefore;
    const found = await cache?.load(address(factor));
    if (found === undefined) return undefined;
    const model = loadFactor(found.manifest, found.files, backend as Backend, { threads: 1 });
    if (model.ok && sameTask(model.value.task, task)) return model.value;
    warn({ code: 'cache', message: `What the cache holds of ${factor.id} is not its law; it is trained anew, and kept in its place.` });
    return undefined;
  };
  const fitted = await fitNetwork(plan, data, {
    ...run,
    seed,
    types,
    generatedRows,
    design,
    parallel: threads,
    modelFor: kept,
    fitterFor: (task, factor) => (networks.has(factor.id) ? success(onThread(factor)) : fitterOf(task, kindOf(factor), undefined)),
    async onFactor(report, model) {
      onFactor?.(report, model);
      known?.set(report.factor.key, model);
      if (cache === undefined || report.reused === true) return;
      const saved = saveFactor(model, report.factor.id);
      if (!saved.ok) return;
      await cache.save(address(report.factor), saved.value);
      await dropCheckpoints(cache.folder, finished.get(report.factor.id) ?? []);
    },
  });
  // Their checkpoint is in no factor's keeping: until all factors are, they may have to be learnt again.
  const learnt = await sorting;
  if (fitted.ok && cache !== undefined && learnt?.ok === true) await dropCheckpoints(cache.folder, learnt.value.checkpoints);
  return fitted.ok ? success(fitted.value, [...warned.values()]) : failure(...fitted.issues);
}

interface Asked {
  /** The kind of every factor, by id. */
  readonly asks: ReadonlyMap<string, KindOfModel>;
  /** Factors that train networks. */
  readonly networks: ReadonlySet<string>;
  /** Of whose pictures kinds are learnt. */
  readonly pictures: ReadonlySet<Name>;
  readonly unfit: readonly Issue[];
}

async function askedOf({ plan, types }: SamplePlan, kinds: KindChoice, known?: ReadonlyMap<string, ConditionalModel>): Promise<Asked> {
  const asks = new Map<string, KindOfModel>();
  const networks = new Set<string>();
  const pictures = new Set<Name>();
  const unfit = new Map<string, Issue>();
  for (const factor of plan.factors) {
    const task = taskOf(factor, types);
    const asked = task.ok ? kindAsked(kinds, factor, task.value) : kinds.all;
    asks.set(factor.id, asked);
    if (known?.has(factor.key) === true) continue;
    const trained = task.ok ? await trains(factor, task.value, asked) : task;
    if (task.ok && asked === 'kinds') for (const name of picturesOf(task.value)) pictures.add(variableOf(name));
    if (!trained.ok) for (const issue of trained.issues) unfit.set(issue.message, issue);
    else if (trained.value) networks.add(factor.id);
  }
  return { asks, networks, pictures, unfit: [...unfit.values()] };
}

/**
 * What of the models asked for {@link fitSample} would refuse, over all networks of a question, as far as that can be said before rows are read.
 * Issues: `wrong-model`, `no-model`, `channels-last`.
 */
export async function modelIssues(samples: readonly SamplePlan[], kinds: KindChoice): Promise<readonly Issue[]> {
  const found = new Map<string, Issue>();
  for (const sample of samples) for (const issue of (await askedOf(sample, kinds)).unfit) found.set(issue.message, issue);
  return [...found.values()];
}

/** `Pictures of 28 x 28: 40 kinds, by what shows of Label, Colour; up to 16 components each (2.1 MB)`. */
function sortingText({ manifest, files }: SavedSorting): string {
  const { shape, code, classes, cuts, components, own } = manifest;
  const pairs = cuts.some(({ by }) => by === 'pairs') ? ' and what pictures tell of each other' : '';
  const by = classes.flatMap((at) => code.labels[at]?.label ?? []);
  const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
  return `Pictures of ${shape.join(' x ')}: ${own.length} kinds, by what shows of ${by.join(', ')}${pairs}; up to ${components} components each (${(bytes / 1e6).toPrecision(2)} MB)`;
}

function rowsDigest(data: TrainingData | undefined): string {
  const hash = createHash('sha256');
  if (data === undefined) return '';
  for (const [name, { kind, values }] of data.batch.columns)
    hash.update(`${JSON.stringify([name, kind])}\n`).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const { weights } = data;
  if (weights !== undefined) hash.update('weights\n').update(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
  return hash.digest('hex');
}

/** The same columns in the same order, of the same types. */
export const sameTask = (a: ConditionalTask, b: ConditionalTask): boolean => spelled(a) === spelled(b);
const spelled = ({ of, given, types }: ConditionalTask): string =>
  JSON.stringify([of, given, [...of, ...given].map((name) => types.get(name))]);

/**
 * What decides a factor: the law and its columns, the studies with their rows in order (a fingerprint does not depend on the order of rows,
 * what is learnt from them does), kind (of each part, where it was left open), steps and seed, and of generated rows also all of what draws them.
 */
function addresses(
  { studies }: Pick<Problem, 'studies'>,
  data: ReadonlyMap<Name, TrainingData>,
  { plan, types }: SamplePlan,
  kindOf: (factor: PlannedFactor) => KindOfModel,
  { seed, steps, generatedRows, design }: FitSampleOptions,
): (factor: PlannedFactor) => string {
  const byId = new Map(plan.factors.map((factor) => [factor.id, factor]));
  const prints = studies.map(({ name, fingerprint }) => [name, fingerprint, rowsDigest(data.get(name))]);
  const parts = (factor: PlannedFactor): unknown => {
    const task = taskOf(factor, types);
    const { rows } = factor;
    // Kinds of pictures are learnt from all studies.
    const own =
      rows.kind === 'study' && kindOf(factor) !== 'kinds' ? prints.filter(([name]) => rows.studies.includes(name as string)) : prints;
    const before = factorsBefore(factor).map((id) => parts(byId.get(id) as PlannedFactor));
    const generated = rows.kind === 'generated' ? { generatedRows, design, before } : {};
    const kind = kindOf(factor);
    const chosen = kind === 'default' && task.ok ? chooseModels(task.value) : undefined;
    return {
      version,
      key: factor.key,
      task: task.ok ? spelled(task.value) : '',
      studies: own,
      kind: chosen?.ok === true ? chosen.value.map((part) => [part.kind, part.of]) : kind,
      steps,
      seed,
      ...generated,
    };
  };
  return (factor) => factorAddress(parts(factor));
}
