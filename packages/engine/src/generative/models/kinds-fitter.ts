import type { Name } from '../../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import { columnOf } from '../batch.ts';
import type { Batch, ConditionalModel, ConditionalTask, FitOptions, Fitter } from '../terms.ts';
import { chainModel } from './chain.ts';
import { chooseModels, type PartChoice } from './choose.ts';
import { componentsFitter } from './components.ts';
import { keyedFitter, kindColumns } from './keyed.ts';
import { kindConditionsFitter } from './kind-conditions.ts';
import { type KindsModel, keyIn, kindsModel, kindsTasks, picturesOf } from './kinds-model.ts';
import { learnKinds } from './learn-kinds.ts';
import { type NeuralOptions, networkFitter, spellTask } from './neural.ts';
import { sizedMixtureFitter } from './sized-mixture.ts';
import { type SortedPictures, sortingFor } from './sorted-pictures.ts';
import { tableFitter } from './table.ts';

export interface KindsOptions extends Pick<NeuralOptions, 'backend' | 'checkpoint' | 'threads' | 'widths' | 'rows' | 'integration'> {
  /** Of every network that is trained; what is left out is by the kind of network. */
  readonly budget?: NeuralOptions['budget'];
  /** What sorts the pictures; absent: it is learnt from the rows of the factor. */
  readonly sorted?: readonly SortedPictures[];
  /** Of a kind, at most, where they are learnt. */
  readonly components?: number;
}

/** Most times that a picture of another kind than it was drawn for is drawn anew. */
const redraws = 6;

/** The networks behind a picture: what draws its kind, what draws its components. */
export function kindNetworks(options: { readonly kinds: NeuralOptions; readonly law: NeuralOptions }): {
  readonly kinds: Fitter;
  readonly law: Fitter;
} {
  const { kinds, law } = options;
  return {
    kinds: networkFitter('softmax', { cells: 1, widths: [64, 64], adam: { averageDecay: 0.99, weightDecay: 0.1 }, rows: 512, ...kinds }),
    law: networkFitter('flow', { integration: { method: 'heun', steps: 8 }, rows: 512, ...law }),
  };
}

/** A picture by its kind: the fitters of the kind and of the components, given kinds in the place of pictures. */
export function pictureByKind(sorted: readonly SortedPictures[], { kinds, law }: { readonly kinds: Fitter; readonly law: Fitter }): Fitter {
  return {
    kind: 'kinds',
    async fit(task, data, options) {
      const [name = ''] = task.of;
      const key = sortingFor(sorted, task.types.get(name))?.kinds;
      if (key === undefined) throw new Error(`Nothing sorts ${name}.`);
      const basesOf = () => key.basesBy(kindColumns(name, key).map(({ as }) => as));
      const components = componentsFitter(law, { components: Number.POSITIVE_INFINITY, basesOf });
      return kindConditionsFitter(keyedFitter(kinds, components, key, { redraws }), keyIn(sorted)).fit(task, data, options);
    },
  };
}

/**
 * A fitter of blocks with pictures, drawn or among the conditions, kind by kind ({@link learnKinds}). Finite and real columns come first, drawn as {@link chooseModels} says;
 * then each picture given those before it: a softmax draws its kind, a flow its principal components among the pictures of that kind. Of a picture among the conditions
 * the kind alone is seen: that holds where what the outcome takes from the picture is in its kind. Issues: `no-kinds`, `no-model`,
 * `not-a-number`, `name-taken`, those of the networks.
 */
export function kindsFitter(options: KindsOptions): Fitter {
  return {
    kind: 'kinds',
    async fit(task, data, fit) {
      const pictures = picturesOf(task);
      const broken = notFinite(task, data);
      if (broken !== undefined) return failure(broken);
      const sorted = await sortingOf(task, data, options, fit);
      if (!sorted.ok) return sorted;
      const unsorted = pictures.find((name) => sortingFor(sorted.value, task.types.get(name)) === undefined);
      if (unsorted !== undefined) throw new Error(`Nothing sorts ${unsorted}.`);
      const wrong = taken(task, sorted.value);
      if (wrong !== undefined) return failure(wrong);
      const warnings: Issue[] = [...(sorted.warnings ?? [])];
      const models: ConditionalModel[] = [];
      const plain = task.of.filter((name) => !pictures.includes(name));
      const chosen =
        plain.length === 0 ? success([]) : chooseModels({ ...kindsTasks({ ...task, of: plain }, sorted.value).law, of: plain });
      if (!chosen.ok) return chosen;
      let given = task.given;
      const add = async (own: ConditionalTask, fitted: Promise<Result<ConditionalModel>>): Promise<Issue[] | undefined> => {
        const done = await fitted;
        if (!done.ok) return [...done.issues];
        warnings.push(...(done.warnings ?? []));
        models.push(done.value);
        given = [...given, ...own.of];
        return undefined;
      };
      for (const { kind, of } of chosen.value) {
        const own = { of, given, types: task.types };
        const issues = await add(own, fitPlain(kind, own, data, sorted.value, options, fit));
        if (issues !== undefined) return failure(...issues);
      }
      for (const name of task.of.filter((each) => pictures.includes(each))) {
        const own = { of: [name], given, types: task.types };
        const issues = await add(own, fitPicture(own, data, sorted.value, options, fit));
        if (issues !== undefined) return failure(...issues);
      }
      return success(models.length === 1 && models[0] !== undefined ? models[0] : chainModel(task, models), warnings);
    },
  };
}

async function sortingOf(
  task: ConditionalTask,
  data: Batch,
  { sorted, backend, checkpoint, threads, budget, components }: KindsOptions,
  { seed, weights, signal, pause, onProgress }: FitOptions & RunOptions,
): Promise<Result<readonly SortedPictures[]>> {
  if (sorted !== undefined) return success(sorted);
  const study = { batch: data, ...(weights && { weights }) };
  return learnKinds(new Map([['rows', study]]), task.types, picturesOf(task), {
    backend,
    seed,
    ...(budget?.steps !== undefined && { steps: budget.steps }),
    ...(components !== undefined && { components }),
    ...(checkpoint && { checkpoint }),
    ...(threads === undefined ? {} : { threads }),
    ...(signal && { signal }),
    ...(pause && { pause }),
    ...(onProgress && { onProgress }),
  });
}

/** Remembers what it fitted. */
function kept(fitter: Fitter): Fitter & { readonly fitted: ConditionalModel[] } {
  const fitted: ConditionalModel[] = [];
  return {
    kind: fitter.kind,
    fitted,
    async fit(...of) {
      const done = await fitter.fit(...of);
      if (done.ok) fitted.push(done.value);
      return done;
    },
  };
}

const used = (task: ConditionalTask, sorted: readonly SortedPictures[]): readonly SortedPictures[] => {
  const pictures = picturesOf(task).map((name) => sortingFor(sorted, task.types.get(name)));
  return sorted.filter((each) => pictures.includes(each));
};

/** Progress under the name of the block, not of its components. */
const named = (task: ConditionalTask, what: string, fit: FitOptions & RunOptions): FitOptions & RunOptions => {
  const { onProgress } = fit;
  return onProgress === undefined ? fit : { ...fit, onProgress: (event) => onProgress({ ...event, task: `${spellTask(task)}: ${what}` }) };
};

const commonOf = ({ backend, checkpoint, threads, widths, rows, integration }: KindsOptions): NeuralOptions => ({
  backend,
  ...(checkpoint && { checkpoint }),
  ...(threads === undefined ? {} : { threads }),
  ...(widths && { widths }),
  ...(rows === undefined ? {} : { rows }),
  ...(integration && { integration }),
});

async function fitPicture(
  task: ConditionalTask,
  data: Batch,
  sorted: readonly SortedPictures[],
  options: KindsOptions,
  fit: FitOptions & RunOptions,
): Promise<Result<KindsModel>> {
  const common = commonOf(options);
  const each = { heldOut: 0.1, looks: 20, patience: 6 };
  const networks = kindNetworks({
    kinds: { ...common, budget: { ...each, steps: 1500, batch: 512, learningRate: 3e-3, ...options.budget } },
    law: { widths: [512, 512], ...common, budget: { ...each, steps: 1500, batch: 256, learningRate: 1e-3, ...options.budget } },
  });
  const [kinds, law] = [
    kept({ ...networks.kinds, fit: (own, rows, more) => networks.kinds.fit(own, rows, named(task, 'its kind', more)) }),
    kept({ ...networks.law, fit: (own, rows, more) => networks.law.fit(own, rows, named(task, 'the pictures of each kind', more)) }),
  ];
  const fitted = await pictureByKind(sorted, { kinds, law }).fit(task, data, fit);
  if (!fitted.ok) return fitted;
  const parts = { sorted: used(task, sorted), kinds: kinds.fitted[0] as ConditionalModel, law: law.fitted[0] as ConditionalModel, redraws };
  return success(kindsModel(task, parts), fitted.warnings ?? []);
}

/** Columns that are no pictures, given kinds in the place of pictures. */
async function fitPlain(
  kind: PartChoice['kind'],
  task: ConditionalTask,
  data: Batch,
  sorted: readonly SortedPictures[],
  options: KindsOptions,
  fit: FitOptions & RunOptions,
): Promise<Result<ConditionalModel>> {
  const own: NeuralOptions = { ...commonOf(options), ...(options.budget && { budget: options.budget }) };
  const inner = kept(kind === 'table' ? tableFitter() : kind === 'mixture' ? sizedMixtureFitter(own) : networkFitter(kind, own));
  const fitted = await kindConditionsFitter(inner, keyIn(sorted)).fit(task, data, fit);
  const seen = used(task, sorted);
  if (!fitted.ok || seen.length === 0) return fitted;
  return success(kindsModel(task, { sorted: seen, law: inner.fitted[0] as ConditionalModel, redraws: 0 }), fitted.warnings ?? []);
}

function notFinite(task: ConditionalTask, data: Batch): Issue | undefined {
  const broken = [...task.of, ...task.given].find((name) => {
    const column = columnOf(data, name);
    return column.kind !== 'finite' && column.values.some((value) => !Number.isFinite(value));
  });
  if (broken === undefined) return undefined;
  return { code: 'not-a-number', message: `The column ${broken} holds a value that is no number.`, hint: 'Leave such rows out.' };
}

/** Columns of kinds and components are named by their picture: no variable may have such a name. */
function taken(task: ConditionalTask, sorted: readonly SortedPictures[]): Issue | undefined {
  const names = new Set<Name>([...task.of, ...task.given]);
  const made = [...names].flatMap((name): Name[] => {
    const sorting = sortingFor(sorted, task.types.get(name));
    if (sorting === undefined) return [];
    const { law } = kindsTasks({ of: [name], given: [], types: task.types }, sorted);
    return [...law.of, ...law.given];
  });
  const clash = made.find((name) => names.has(name));
  if (clash === undefined) return undefined;
  return { code: 'name-taken', message: `Models by kinds need the name '${clash}' for themselves.`, hint: 'Rename the variable.' };
}
