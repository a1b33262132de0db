import {
  type ConditionalTask,
  chooseModels,
  defaultFitter,
  didYouMean,
  type Fitter,
  failure,
  type Issue,
  type NetworkPlan,
  type NeuralOptions,
  networkFitter,
  type Result,
  success,
  tableFitter,
} from '@doable/engine';

export const kindsOfModel = ['default', 'table', 'softmax', 'mixture', 'flow', 'unet'] as const;
export type KindOfModel = (typeof kindsOfModel)[number];

/** What is asked of models: a kind for all factors, others for some. */
export interface KindChoice {
  readonly all: KindOfModel;
  readonly of: ReadonlyMap<string, KindOfModel>;
}

/** Reads --models and --factor. Issues: `factor` with the place in the text. */
export function kindChoice(all: string, texts: readonly string[], plan: NetworkPlan): Result<KindChoice> {
  const issues: Issue[] = [];
  const of = new Map<string, KindOfModel>();
  const factors = plan.factors.map(({ id }) => id);
  for (const text of texts) {
    const [id = '', kind = ''] = text.split('=').map((part) => part.trim());
    const where = { text, start: 0, end: text.length };
    if (!factors.includes(id))
      issues.push({
        code: 'factor',
        message: `--factor: this network has no factor '${id}'.`,
        where,
        hint: didYouMean(id, factors) ?? `Its factors are ${factors.join(', ')}; see --plan.`,
      });
    else if (!kindsOfModel.includes(kind as KindOfModel))
      issues.push({
        code: 'factor',
        message: `--factor: '${kind}' is no kind of model.`,
        where,
        hint: didYouMean(kind, kindsOfModel) ?? `Kinds are ${kindsOfModel.join(', ')}.`,
      });
    else of.set(id, kind as KindOfModel);
  }
  return issues.length > 0 ? failure(...issues) : success({ all: all as KindOfModel, of });
}

/** Whether a fit trains networks; what is counted needs no backend and no thread. Issues: `no-model`. */
export function trains(task: ConditionalTask, asked: KindOfModel): Result<boolean> {
  if (asked !== 'default') return success(asked !== 'table');
  const parts = chooseModels(task);
  return parts.ok ? success(parts.value.some(({ kind }) => kind !== 'table')) : parts;
}

/** The fitter of a kind; `options` may be absent where nothing {@link trains}. Issues: `no-model`. */
export function fitterOf(task: ConditionalTask, asked: KindOfModel, options: NeuralOptions | undefined): Result<Fitter> {
  if (asked === 'table' || options === undefined) return success(tableFitter());
  return asked === 'default' ? defaultFitter(task, options) : success(networkFitter(asked, options));
}
