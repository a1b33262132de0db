import type { Name } from '../../graph/variable.ts';
import type { ColumnType, ConditionalModel, ConditionalTask } from '../terms.ts';
import { componentColumns, componentsModel } from './components.ts';
import { pictureShape } from './inputs.ts';
import { keyedModel, kindColumns } from './keyed.ts';
import { type KeyOf, kindConditionsModel, kindTask } from './kind-conditions.ts';
import type { NetworkModel } from './network-model.ts';
import { disposeSorting, type SortedPictures, sortingFor } from './sorted-pictures.ts';
import type { TrainingReport } from './training.ts';

/** What a model by kinds is made of. */
export interface KindsParts {
  /** What sorts the pictures of the task, no more than that. */
  readonly sorted: readonly SortedPictures[];
  /** Draws the kind of the one picture that the task draws; absent where it draws none. */
  readonly kinds?: ConditionalModel;
  /** Draws the components of that picture given its kind, or columns that are no pictures; given kinds in the place of pictures. */
  readonly law: ConditionalModel;
  /** A picture that is of another kind than it was drawn for is drawn anew, so many times at most. */
  readonly redraws: number;
}

/** Draws a picture by its kind, or other columns given the kinds of pictures. */
export interface KindsModel extends ConditionalModel {
  readonly kind: 'kinds';
  readonly byKinds: KindsParts;
  /** Of what draws the components, or the columns. */
  readonly report?: TrainingReport;
  /** Frees what the backend holds; the model may still be used and asks for it anew. */
  dispose(): Promise<void>;
}

/** The pictures of a task, drawn and given. */
export const picturesOf = ({ of, given, types }: ConditionalTask): Name[] =>
  [...of, ...given].filter((name) => {
    const type = types.get(name);
    return type?.kind === 'tensor' && pictureShape(type) !== undefined;
  });

/** The tasks that the parts of a model by kinds have: of its kind, and of its law. */
export function kindsTasks(
  task: ConditionalTask,
  sorted: readonly SortedPictures[],
): { readonly kinds?: ConditionalTask; readonly law: ConditionalTask } {
  const narrow = kindTask(task, keyIn(sorted));
  const [name] = task.of;
  const sorting = name === undefined ? undefined : sortingFor(sorted, task.types.get(name));
  if (name === undefined || sorting === undefined) return { law: narrow };
  const columns = kindColumns(name, sorting.kinds);
  const types = new Map<Name, ColumnType>([...narrow.types, ...columns.map(({ as, type }): [Name, ColumnType] => [as, type])]);
  const names = columns.map(({ as }) => as);
  const scores = componentColumns(name, sorting.kinds.state.pooled.deviations.length);
  return {
    kinds: { of: names, given: narrow.given, types },
    law: {
      of: scores,
      given: [...narrow.given, ...names],
      types: new Map([...types, ...scores.map((score): [Name, ColumnType] => [score, { kind: 'real' }])]),
    },
  };
}

export const keyIn =
  (sorted: readonly SortedPictures[]): KeyOf =>
  (_, type) =>
    sortingFor(sorted, type)?.kinds;

/** `kinds` and `law` are of the tasks that {@link kindsTasks} says. */
export function kindsModel(task: ConditionalTask, parts: KindsParts): KindsModel {
  const { sorted, kinds, law, redraws } = parts;
  const keyOf = keyIn(sorted);
  const narrow = kindTask(task, keyOf);
  let inner = law;
  const [name] = task.of;
  const key = name === undefined ? undefined : sortingFor(sorted, task.types.get(name))?.kinds;
  if (name !== undefined && key !== undefined && kinds !== undefined) {
    const by = kindColumns(name, key).map(({ as }) => as);
    const given = [...narrow.given, ...by];
    const picture = componentsModel({ of: [name], given, types: narrow.types }, law, key.basesBy(by));
    inner = keyedModel(narrow, kinds, picture, key, { redraws });
  }
  const sees = narrow.given.length > task.given.length || narrow.given.some((given, i) => given !== task.given[i]);
  const model = sees ? kindConditionsModel(task, inner, keyOf) : inner;
  const supports = (kinds ?? law).supports;
  const { report } = law as Partial<NetworkModel>;
  return {
    kind: 'kinds',
    task,
    byKinds: parts,
    ...(report !== undefined && { report }),
    sample: (given, random, run) => model.sample(given, random, run),
    ...(!sees && supports !== undefined && { supports }),
    async dispose() {
      for (const one of [kinds, law] as readonly (Partial<NetworkModel> | undefined)[]) await one?.dispose?.();
      for (const each of sorted) await disposeSorting(each);
    },
  };
}
