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
import { pictureFrame } from '@doable/engine/adapter';

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
  const unfit = asked === 'default' || asked === 'unet' ? unfitPictures(task) : [];
  if (unfit.length > 0) return failure(...unfit);
  if (asked !== 'default') return success(asked !== 'table');
  const parts = chooseModels(task);
  return parts.ok ? success(parts.value.some(({ kind }) => kind !== 'table')) : parts;
}

/** The sides of pictures that a U-Net of three levels draws are multiples of this. */
const pictureUnit = 4;

function unfitPictures({ of, types }: ConditionalTask): Issue[] {
  return of.flatMap((name): Issue[] => {
    const type = types.get(name);
    if (type?.kind !== 'tensor') return [];
    const { shape } = type;
    const written = shape.join(' x ');
    const [height = 0, width = 0] = shape.slice(-2);
    if (shape.length === 3 && pictureFrame(shape)?.last === true)
      return [
        {
          code: 'no-model',
          message: `${name} is declared as ${written}: to be drawn, channels must come first.`,
          hint: `Declare [${[shape[2], shape[0], shape[1]].join(', ')}]; PNG files are read in either order.`,
        },
      ];
    if ((shape.length !== 2 && shape.length !== 3) || (height % pictureUnit === 0 && width % pictureUnit === 0)) return [];
    return [
      {
        code: 'no-model',
        message: `No model draws ${name}: the sides of its pictures, ${height} x ${width}, are not both multiples of ${pictureUnit}.`,
        hint: 'Pad or cut the pictures, and declare their new size.',
      },
    ];
  });
}

/** The fitter of a kind; `options` may be absent where nothing {@link trains}. Issues: `no-model`. */
export function fitterOf(task: ConditionalTask, asked: KindOfModel, options: NeuralOptions | undefined): Result<Fitter> {
  if (asked === 'table' || options === undefined) return success(tableFitter());
  return asked === 'default' ? defaultFitter(task, options) : success(networkFitter(asked, options));
}
