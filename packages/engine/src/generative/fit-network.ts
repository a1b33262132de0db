import type { Name } from '../graph/variable.ts';
import { Random } from '../math/random.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { concatenated, selected, type TrainingData } from './batch.ts';
import { type Design, generateTrainingSet } from './design.ts';
import type { FittedNetwork } from './draw.ts';
import { freeInputs } from './free-inputs.ts';
import { type NetworkPlan, type PlannedFactor, readyFactors, type SamplingNetwork, taskOf } from './network.ts';
import type { ColumnType, ConditionalModel, ConditionalTask, Fitter, ModelKind } from './terms.ts';

export interface FitNetworkOptions extends RunOptions {
  readonly seed: number;
  /** The column type of every variable of the plan. */
  readonly types: ReadonlyMap<Name, ColumnType>;
  readonly fitterFor: (task: ConditionalTask, factor: PlannedFactor) => Result<Fitter>;
  /** A model that is there already (from a cache, a folder, or brought by the user). */
  readonly modelFor?: (task: ConditionalTask, factor: PlannedFactor) => Promise<ConditionalModel | undefined>;
  /** Rows of every generated training set (default 20,000): they bound how exact what is learnt there can be. */
  readonly generatedRows?: number;
  readonly design?: Design;
  /** Factors fitted at the same time (default 1). Does not change the result. */
  readonly parallel?: number;
  readonly onFactor?: (report: FactorReport, model: ConditionalModel) => void | Promise<void>;
}

export interface FactorReport {
  readonly factor: PlannedFactor;
  readonly kind: ModelKind;
  /** Rows learnt from, also where it was reused; 0 of what was brought. */
  readonly rows: number;
  /** Not fitted: it was there. */
  readonly reused?: boolean;
  /** Of a generated training set: the largest standard error of a probability in it that its size brings along, per combination of the design. */
  readonly monteCarloError?: number;
  /** Rows of the generated set that some factor drew at a condition it had never seen. */
  readonly unsupported?: number;
}

export interface FitReport {
  readonly network: FittedNetwork;
  readonly factors: readonly FactorReport[];
}

interface Made {
  readonly data: TrainingData;
  readonly monteCarloError: number;
  readonly unsupported: number;
}

/**
 * Learns every factor of a plan, those first whose draws others are learnt from, and returns the network that draws. `data`:
 * rows by study. A factor offered by several studies learns from all their rows. The same seed gives the same network
 * (fitters permitting), whatever is fitted at the same time and whatever was reused. Throws {@link Interrupted} on an aborted
 * signal; models finished until then have gone to `onFactor`.
 * Issues: `unknown-variable`, `no-study`, `no-column`, and those of the fitters.
 */
export async function fitNetwork(
  plan: NetworkPlan,
  data: ReadonlyMap<Name, TrainingData>,
  options: FitNetworkOptions,
): Promise<Result<FitReport>> {
  const tasks = new Map<string, ConditionalTask>();
  for (const factor of plan.factors) {
    const task = taskOf(factor, options.types);
    if (!task.ok) return task;
    tasks.set(factor.id, task.value);
  }
  const random = new Random(options.seed, 'network');
  const models = new Map<string, ConditionalModel>();
  const reports = new Map<string, FactorReport>();
  const generated = new Map<SamplingNetwork, Promise<Result<Made>>>();
  const done = new Set<string>();
  const started = new Set<string>();
  const issues: Issue[] = [];
  const total = plan.factors.length;
  const { signal, pause, onProgress } = options;
  const run: RunOptions = { ...(signal && { signal }), ...(pause && { pause }), ...(onProgress && { onProgress }) };

  const { generatedRows = 20_000 } = options;

  const rowsFor = async (factor: PlannedFactor): Promise<Result<Made | TrainingData>> => {
    const { rows } = factor;
    if (rows.kind === 'study') return studyRows(rows.studies, rows.columns, data);
    const { network } = rows;
    let made = generated.get(network);
    if (made === undefined) {
      let unsupported = 0;
      // Its stream is named by what draws it, so that it does not depend on the order of fitting.
      const own = random.split('generated').split(JSON.stringify([network.nodes, network.outputs]));
      made = generateTrainingSet(network, plan.factors, models, data, own, {
        ...run,
        types: options.types,
        rows: generatedRows,
        ...(options.design === undefined ? {} : { design: options.design }),
        onUnsupported: (_, count) => {
          unsupported += count;
        },
      }).then((set) => {
        if (!set.ok) return set;
        const { batch, combinations } = set.value;
        return success({ data: { batch }, monteCarloError: 0.5 / Math.sqrt(Math.max(1, batch.rows / combinations)), unsupported });
      });
      generated.set(network, made);
    }
    return made;
  };

  const fit = async (factor: PlannedFactor): Promise<void> => {
    const task = tasks.get(factor.id) as ConditionalTask;
    const kept = await options.modelFor?.(task, factor);
    let model = kept;
    let report: FactorReport;
    if (model !== undefined) {
      const { kind } = model;
      const learnt = factor.rows.kind === 'study' ? countOf(partsOf(factor.rows.studies, data)) : generatedRows;
      report = { factor, kind, rows: kind === 'onnx' || kind === 'function' ? 0 : learnt, reused: true };
    } else {
      const rows = await rowsFor(factor);
      if (!rows.ok) return void issues.push(...rows.issues);
      const made = 'data' in rows.value ? rows.value : undefined;
      const { batch, weights } = made?.data ?? (rows.value as TrainingData);
      const fitter = options.fitterFor(task, factor);
      if (!fitter.ok) return void issues.push(...fitter.issues);
      const fitted = await fitter.value.fit(task, selected(batch, factor.rows.columns), {
        ...run,
        seed: random.split('factor').split(factor.key).word(),
        ...(weights === undefined ? {} : { weights }),
      });
      if (!fitted.ok) return void issues.push(...fitted.issues);
      model = fitted.value;
      const { kind } = model;
      report = {
        factor,
        kind,
        rows: batch.rows,
        ...(made === undefined ? {} : { monteCarloError: made.monteCarloError, unsupported: made.unsupported }),
      };
    }
    models.set(factor.id, model);
    reports.set(factor.id, report);
    done.add(factor.id);
    await options.onFactor?.(report, model);
    onProgress?.({ task: 'factors', done: done.size, total });
    await pause?.();
  };

  onProgress?.({ task: 'factors', done: 0, total });
  const running = new Set<Promise<void>>();
  try {
    while (done.size < total && issues.length === 0) {
      if (signal?.aborted === true) throw new Interrupted();
      for (const factor of readyFactors(plan, done)) {
        if (running.size >= Math.max(1, options.parallel ?? 1) || started.has(factor.id)) continue;
        started.add(factor.id);
        const task: Promise<void> = fit(factor).finally(() => running.delete(task));
        running.add(task);
      }
      if (running.size === 0) throw new Error('The factors of the plan wait for each other.');
      await Promise.race(running);
    }
  } finally {
    await Promise.allSettled(running);
  }
  if (issues.length > 0) return failure(...issues);
  const free = freeInputs(plan, data, random.split('free'));
  if (!free.ok) return free;
  const network: FittedNetwork = { plan, types: options.types, models, free: free.value };
  return success({ network, factors: plan.factors.map((factor) => reports.get(factor.id) as FactorReport) });
}

/** What studies are learnt from: all of them, or where some are exact laws, only those. */
function partsOf(studies: readonly Name[], data: ReadonlyMap<Name, TrainingData>): readonly TrainingData[] {
  const all = studies.flatMap((name) => data.get(name) ?? []);
  const laws = all.filter(({ exact }) => exact === true);
  return laws.length > 0 ? laws : all;
}

const countOf = (parts: readonly TrainingData[]): number => parts.reduce((sum, { batch }) => sum + batch.rows, 0);

/** The rows of all studies named, at some columns. Counts and probabilities are kept as weights. */
function studyRows(studies: readonly Name[], columns: readonly Name[], data: ReadonlyMap<Name, TrainingData>): Result<TrainingData> {
  const parts = partsOf(studies, data);
  if (parts.length === 0)
    return failure({
      code: 'no-study',
      message: `There are no rows of ${studies.length === 0 ? 'such a study' : studies.join(' or ')} to learn ${columns.join(', ')} from.`,
    });
  for (const { batch } of parts) {
    const missing = columns.find((name) => !batch.columns.has(name));
    if (missing !== undefined)
      return failure({ code: 'no-column', message: `The rows of ${studies.join(', ')} have no column ${missing}.` });
  }
  const batch = concatenated(parts.map((part) => selected(part.batch, columns)));
  if (parts.every((part) => part.weights === undefined)) return success({ batch });
  const weights = new Float64Array(batch.rows);
  let at = 0;
  for (const part of parts) {
    if (part.weights === undefined) weights.fill(1, at, at + part.batch.rows);
    else weights.set(part.weights, at);
    at += part.batch.rows;
  }
  return success({ batch, weights });
}
