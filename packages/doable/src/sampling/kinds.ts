import {
  type ColumnType,
  type ConditionalTask,
  chooseModels,
  defaultFitter,
  didYouMean,
  type Fitter,
  failure,
  type Issue,
  kindsFitter,
  type Name,
  type NetworkPlan,
  type NeuralOptions,
  networkFitter,
  type PlannedFactor,
  picturesOf,
  type Result,
  type SortedPictures,
  sizedMixtureFitter,
  success,
  tableFitter,
} from '@doable/engine';
import { channelsLast } from '@doable/engine/adapter';
import { lawText } from '@doable/engine/present';

export const kindsOfModel = ['default', 'table', 'softmax', 'mixture', 'flow', 'unet', 'kinds'] as const;
export type KindOfModel = (typeof kindsOfModel)[number];

/** What is asked of models: a kind for all factors, others for some, by their keys. */
export interface KindChoice {
  readonly all: KindOfModel;
  readonly of: ReadonlyMap<string, KindOfModel>;
}

/**
 * Reads --models and --factor for the networks of one question; without `plans` only how they are written is checked. A name means the factor
 * of the first network that has it, and what is said holds for its law in all of them. Issues: `factor` with the place in the text.
 */
export function kindChoice(all: string, texts: readonly string[], plans?: readonly NetworkPlan[]): Result<KindChoice> {
  const issues: Issue[] = [];
  const of = new Map<string, { readonly kind: KindOfModel; readonly id: string }>();
  const keyOf = new Map(plans?.flatMap((plan) => plan.factors.map(({ id, key }) => [id, key] as const)).reverse());
  for (const text of texts) {
    const [id = '', ...rest] = text.split('=').map((part) => part.trim());
    const kind = rest.join('=');
    const where = { text, start: 0, end: text.length };
    const key = plans === undefined ? id : keyOf.get(id);
    const before = key === undefined ? undefined : of.get(key);
    if (key === undefined)
      issues.push({
        code: 'factor',
        message: `--factor: this network has no factor '${id}'.`,
        where,
        hint: didYouMean(id, keyOf.keys()) ?? `Its factors are ${[...keyOf.keys()].reverse().join(', ')}; see doable sample --plan.`,
      });
    else if (!text.includes('='))
      issues.push({ code: 'factor', message: '--factor: this is not FACTOR=KIND.', where, hint: `For example ${id}=table.` });
    else if (before !== undefined && before.kind !== kind)
      issues.push({
        code: 'factor',
        message: `--factor: ${id} is given two kinds.`,
        where,
        hint: before.id === id ? 'Say it once.' : `In another part of the question ${before.id} is the same law: give both one kind.`,
      });
    else if (!kindsOfModel.includes(kind as KindOfModel))
      issues.push({
        code: 'factor',
        message: `--factor: '${kind}' is no kind of model.`,
        where,
        hint: didYouMean(kind, kindsOfModel) ?? `Kinds are ${kindsOfModel.join(', ')}.`,
      });
    else of.set(key, { kind: kind as KindOfModel, id });
  }
  if (issues.length > 0) return failure(...issues);
  return success({ all: all as KindOfModel, of: new Map([...of].map(([key, { kind }]) => [key, kind])) });
}

/** What is asked of one factor. `kinds` for all is meant of those with pictures. */
export function kindAsked({ all, of }: KindChoice, { key }: PlannedFactor, task: ConditionalTask): KindOfModel {
  return of.get(key) ?? (all === 'kinds' && picturesOf(task).length === 0 ? 'default' : all);
}

/**
 * Whether a fit trains networks; what is counted needs no backend and no thread. Asked of every factor before any is learnt. Issues:
 * `wrong-model` for a kind that does not draw the columns of the factor (with the kinds that do), `no-model`, `channels-last`.
 */
export async function trains(factor: PlannedFactor, task: ConditionalTask, asked: KindOfModel): Promise<Result<boolean>> {
  const why = asked === 'default' ? undefined : await misfit(task, asked);
  if (why !== undefined) {
    const law = `${factor.id} ${lawText(factor)}`;
    const fitting: KindOfModel[] = [];
    for (const kind of kindsOfModel) if (kind !== 'default' && (await misfit(task, kind)) === undefined) fitting.push(kind);
    const one =
      fitting[0] === undefined
        ? ''
        : `, or say --factor ${factor.id}=${fitting[0]}${fitting[1] === undefined ? '' : ` (or ${fitting.slice(1).join(', ')})`}`;
    return failure({ code: 'wrong-model', message: `${law} cannot be a ${asked} model: ${why}.`, hint: `Leave its kind open${one}.` });
  }
  const unfit = unfitPictures(task, asked);
  if (unfit.length > 0) return failure(...unfit);
  if (asked === 'kinds') {
    const plain = chooseModels({ ...task, of: task.of.filter((name) => !picturesOf(task).includes(name)) });
    return plain.ok ? success(true) : plain;
  }
  if (asked !== 'default') return success(asked !== 'table');
  const parts = chooseModels(task);
  return parts.ok ? success(parts.value.some(({ kind }) => kind !== 'table')) : parts;
}

const drawnBy = { softmax: 'finite', mixture: 'real', flow: 'real', unet: 'tensor' } as const;

/** Why a kind of model does not draw these columns. */
async function misfit(task: ConditionalTask, kind: Exclude<KindOfModel, 'default'>): Promise<string | undefined> {
  if (kind === 'table') {
    // Without rows a table says only what is wrong with the columns.
    const none = await tableFitter().fit(task, { rows: 0, columns: new Map() }, { seed: 0 });
    const wrong = none.ok ? undefined : none.issues.find(({ code }) => code !== 'no-rows');
    return wrong?.message.replace(/\.$/u, '').replace(/^A table/u, 'a table');
  }
  if (kind === 'kinds') return picturesOf(task).length > 0 ? undefined : 'it has no picture to tell the kind of';
  const wanted = drawnBy[kind];
  const typeOf = (name: Name): ColumnType => task.types.get(name) as ColumnType;
  const other = task.of.find((name) => typeOf(name).kind !== wanted);
  if (other !== undefined) {
    const is = { finite: 'finite', real: 'real', tensor: 'a tensor' }[typeOf(other).kind];
    return `it draws ${wanted === 'tensor' ? 'pictures' : `${wanted} columns`}, and ${other} is ${is}`;
  }
  if (kind !== 'unet') return undefined;
  const sizes = new Set(task.of.map((name) => sidesOf(typeOf(name))));
  return sizes.size > 1 ? `it draws pictures of one size, and these are ${[...sizes].join(' and ')}` : undefined;
}

const sidesOf = (type: ColumnType): string => (type.kind === 'tensor' ? type.shape.slice(-2).join(' x ') : '');

/** The sides of pictures that a U-Net of three levels draws are multiples of this. */
const pictureUnit = 4;

/** Pictures whose channels stand last, wherever they are; pictures to be drawn of sides that no U-Net has, where one is to draw them. */
function unfitPictures({ of, given, types }: ConditionalTask, asked: KindOfModel): Issue[] {
  return [...of, ...given].flatMap((name, i): Issue[] => {
    const type = types.get(name);
    if (type?.kind !== 'tensor') return [];
    const { shape } = type;
    const last = channelsLast(name, shape);
    if (last !== undefined) return [last];
    const [height = 0, width = 0] = shape.slice(-2);
    if (
      asked === 'kinds' ||
      i >= of.length ||
      (shape.length !== 2 && shape.length !== 3) ||
      (height % pictureUnit === 0 && width % pictureUnit === 0)
    )
      return [];
    return [
      {
        code: 'no-model',
        message: `No model draws ${name}: the sides of its pictures, ${height} x ${width}, are not both multiples of ${pictureUnit}.`,
        hint: 'Pad or cut the pictures and declare their new size, or use --models kinds, which takes any.',
      },
    ];
  });
}

/** The fitter of a kind; `options` may be absent where nothing {@link trains}. `sorted`: what sorts pictures into kinds. Issues: `no-model`. */
export function fitterOf(
  task: ConditionalTask,
  asked: KindOfModel,
  options: NeuralOptions | undefined,
  sorted: readonly SortedPictures[] = [],
): Result<Fitter> {
  if (asked === 'table' || options === undefined) return success(tableFitter());
  if (asked === 'default') return defaultFitter(task, options);
  if (asked === 'kinds') return success(kindsFitter({ ...options, sorted }));
  return success(asked === 'mixture' ? sizedMixtureFitter(options) : networkFitter(asked, options));
}
