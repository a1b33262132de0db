import {
  type ConditionalTask,
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
export type FittedKind = Exclude<KindOfModel, 'default'>;

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

/** Most cells, conditions times levels of what is drawn, that a table is taken for without being asked. */
const mostCells = 4096;

/** What `default` stands for, by the columns of a factor. */
export function kindFor(task: ConditionalTask, asked: KindOfModel): FittedKind {
  if (asked !== 'default') return asked;
  const types = [...task.of, ...task.given].map((name) => task.types.get(name));
  const cells = types.reduce((product, type) => (type?.kind === 'finite' ? product * type.levels.length : Number.POSITIVE_INFINITY), 1);
  if (cells <= mostCells) return 'table';
  const of = task.of.map((name) => task.types.get(name)?.kind);
  if (of.every((kind) => kind === 'finite')) return 'softmax';
  return of.includes('tensor') ? 'unet' : 'mixture';
}

/** The fitter of a kind; a table needs no backend. */
export const fitterOf = (kind: FittedKind, options: NeuralOptions | undefined): Fitter => {
  if (kind === 'table') return tableFitter();
  if (options === undefined) throw new Error(`A ${kind} model needs a backend.`);
  return networkFitter(kind, options);
};
