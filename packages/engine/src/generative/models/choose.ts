import type { Name } from '../../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import type { ColumnType, ConditionalModel, ConditionalTask, Fitter, ModelKind } from '../terms.ts';
import { chainModel } from './chain.ts';
import { levelsOf, type NetworkKind } from './design.ts';
import { pictureShape } from './inputs.ts';
import { type NeuralOptions, networkFitter } from './neural.ts';
import { type SizedOptions, sizedMixtureFitter } from './sized-mixture.ts';
import { type TableOptions, tableFitter } from './table.ts';

/** One part of a block and the kind of model that draws it. */
export interface PartChoice {
  readonly kind: 'table' | NetworkKind;
  readonly of: readonly Name[];
  readonly given: readonly Name[];
  readonly because: string;
}

/** Tables of finite columns with at most so many cells, conditions included, are counted. */
export const mostTableCells = 1024;

/** Real columns of one block that a mixture draws one after the other; it has a network for each of them. */
export const mostMixtureColumns = 6;

/**
 * Which kinds of models draw a block: finite columns first (a table where it is small and all conditions are finite, else softmax), then
 * real ones given those (a mixture, its size chosen on rows left out unless it is asked for; a flow for more than {@link mostMixtureColumns}, and
 * for several given tensors), then pictures, those of one size together (a U-Net). Issues: `no-model` for tensors that are not pictures.
 */
export function chooseModels(task: ConditionalTask): Result<readonly PartChoice[]> {
  const of = (kind: ColumnType['kind']): Name[] => task.of.filter((name) => task.types.get(name)?.kind === kind);
  const parts: PartChoice[] = [];
  const add = (kind: PartChoice['kind'], names: readonly Name[], because: string): void => {
    parts.push({ kind, of: names, given: [...task.given, ...parts.flatMap((part) => part.of)], because });
  };
  const finite = of('finite');
  if (finite.length > 0) {
    const cells = [...finite, ...task.given].reduce((product, name) => product * levelsOf(task, name), 1);
    const open = task.given.find((name) => task.types.get(name)?.kind !== 'finite');
    if (open === undefined && cells <= mostTableCells) add('table', finite, `finite columns with ${cells} cells in all`);
    else
      add(
        'softmax',
        finite,
        open === undefined ? `finite columns with ${cells} cells in all` : `finite columns given ${open}, which is not finite`,
      );
  }
  const real = of('real');
  if (real.length > 0) {
    const tensor = task.given.find((name) => task.types.get(name)?.kind === 'tensor');
    const said = real.length === 1 ? 'one real column' : `${real.length} real columns`;
    if (real.length === 1 || (real.length <= mostMixtureColumns && tensor === undefined)) add('mixture', real, said);
    else add('flow', real, tensor === undefined ? said : `${said} given ${tensor}, a tensor`);
  }
  const sizes = new Map<string, Name[]>();
  for (const name of of('tensor')) {
    const type = task.types.get(name);
    const shape = type?.kind === 'tensor' ? pictureShape(type) : undefined;
    if (shape === undefined)
      return failure({
        code: 'no-model',
        message: `No model draws ${name}: a tensor of ${type?.kind === 'tensor' ? type.shape.length : 0} axes is no picture.`,
        hint: 'Bring a model of your own for it.',
      });
    const size = `${shape[1]} x ${shape[2]}`;
    sizes.set(size, [...(sizes.get(size) ?? []), name]);
  }
  for (const [size, names] of sizes) add('unet', names, `pictures of ${size}`);
  return success(parts);
}

export interface ChooseOptions extends SizedOptions {
  readonly table?: TableOptions;
  /** Settings of one kind of network, over the common ones. */
  readonly each?: Partial<Record<NetworkKind, Partial<NeuralOptions>>>;
  /** Told what was chosen for each block. */
  readonly onChoice?: (task: ConditionalTask, parts: readonly PartChoice[]) => void;
}

/** A fitter of the kinds that {@link chooseModels} names. Issues: `no-model`. */
export function defaultFitter(task: ConditionalTask, options: ChooseOptions): Result<Fitter> {
  const chosen = chooseModels(task);
  if (!chosen.ok) return chosen;
  const parts = chosen.value;
  const last = parts[parts.length - 1];
  if (last === undefined) return failure({ code: 'no-model', message: 'There is nothing to draw.' });
  options.onChoice?.(task, parts);
  const fitterOf = (kind: PartChoice['kind']): Fitter => {
    if (kind === 'table') return tableFitter(options.table);
    const own = { ...options, ...options.each?.[kind] };
    return kind === 'mixture' ? sizedMixtureFitter(own) : networkFitter(kind, own);
  };
  const kind: ModelKind = last.kind;
  return success({
    kind,
    async fit(whole, data, fit) {
      const models: ConditionalModel[] = [];
      const warnings: Issue[] = [];
      for (const { kind: own, of, given } of parts) {
        const fitted = await fitterOf(own).fit({ of, given, types: whole.types }, data, fit);
        if (!fitted.ok) return fitted;
        warnings.push(...(fitted.warnings ?? []));
        models.push(fitted.value);
      }
      return success(parts.length === 1 && models[0] !== undefined ? models[0] : chainModel(whole, models), warnings);
    },
  });
}
