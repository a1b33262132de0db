import type { Name } from '../../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Backend } from '../../tensor/backend.ts';
import { codesOf, columnOf, type TrainingData, taken } from '../batch.ts';
import type { Pictures } from '../metrics/pictures.ts';
import type { Batch, ColumnType } from '../terms.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { CodeHead, CodeReader } from './code-network.ts';
import { pictureShape } from './inputs.ts';
import type { Lesson } from './picture-code.ts';
import { brightness, disposeSorting, type PairsToLearn, type SortedPictures, sortPictures } from './sorted-pictures.ts';

export interface LearnKindsOptions extends RunOptions {
  readonly backend: Backend;
  readonly seed: number;
  /** Of the code (default 1,500); training stops where rows left out say so. */
  readonly steps?: number;
  /** Of a kind, at most (default 32, 64 for pictures of 16 pixels and more on a side). */
  readonly components?: number;
  readonly checkpoint?: CheckpointStore;
  readonly threads?: number;
}

/** Rows that a level of a label needs in the mean to be told apart, pictures that a kind needs in the mean. */
const [rowsPerLevel, rowsPerKind] = [5, 20];
/** A label of which pictures tell less than this share of its uncertainty tells them apart no better than chance. */
const leastShare = 0.05;
/** Pictures that a kind needs in the mean for a second cut of the classes: with fewer, what is gained is lost again in the law of the kinds. */
const fewestPerKind = 200;
/** Of what columns of pictures tell of each other, unless asked otherwise. */
const pairSteps = 600;
/** Of rows left out, of log 2 = .69 that they could tell at most: less is chance. */
const leastNats = 0.02;
/** Pictures that kinds and components are learnt from; pictures on which the heads of a code are compared. */
const [mostPictures, mostCompared] = [60_000, 4_000];
/** All components together: 64 MB in single precision. */
const mostNumbers = 2 ** 24;

/** Columns of pictures of one shape and range. */
interface Group {
  readonly shape: readonly number[];
  readonly range: readonly [number, number];
  readonly names: readonly Name[];
  readonly columns: readonly { readonly name: Name; readonly rows: Batch; readonly labels: readonly Name[] }[];
}

/**
 * One way of sorting for each shape of the pictures named, learnt once and for all factors. The rule: a code learns to tell, from each picture column of the shape
 * in each study, the finite columns of the same rows (those with 5 rows a level). Each of them counts as read from the column of pictures that tells
 * most of it, by the mean log-probability of its levels against their entropy; those of which the pictures tell less than a twentieth are left out, but for the
 * best. The class of a picture is its likeliest levels of these, most telling first, as long as the mean kind has 20 pictures. Each class is
 * cut in two: by what two columns of pictures of a study tell of each other beyond the classes, where that is anything. If it is not, or if the
 * mean kind keeps 200 pictures, it is cut by all that is read, where there are two columns of pictures or more, else by the pixels. The pictures of all columns of a shape are taken
 * to be of one sort. Issues: `no-kinds` where no finite column stands beside pictures; those of the training.
 */
export async function learnKinds(
  data: ReadonlyMap<Name, TrainingData>,
  types: ReadonlyMap<Name, ColumnType>,
  pictures: Iterable<Name>,
  options: LearnKindsOptions,
): Promise<Result<readonly SortedPictures[]>> {
  const wrong = kindsIssues(data, types, pictures);
  if (wrong.length > 0) return failure(...wrong);
  const found: SortedPictures[] = [];
  const warnings: Issue[] = [];
  let whole = false;
  try {
    for (const group of groupsOf(data, types, pictures)) {
      const { shape, range, columns } = group;
      const size = pictureShape({ shape }) as readonly [number, number, number];
      const lessons = columns.flatMap(({ name, rows, labels }, i): Lesson[] => {
        if (labels.length === 0) return [];
        const each = labels.map((label) => [label, { levels: levelsOf(types, label), values: codesOf(rows, label) }] as const);
        // Two studies may have columns of one name.
        return [{ name: `${i + 1} ${name}`, pictures: { shape: size, values: picturesIn(rows, name) }, labels: new Map(each) }];
      });
      const shown = evenly(
        columns.map(({ name, rows }) => ({ shape: size, values: picturesIn(rows, name) })),
        mostPictures,
      );
      const pairs = pairsToLearn(columns, size, options.steps);
      const sorted = await sortPictures(lessons, shown, shape, {
        steps: 1500,
        components: Math.min(size[1], size[2]) < 16 ? 32 : 64,
        ...options,
        range,
        classesOf: (code) => tellingHeads(code, lessons, range, shown.values.length / volume(size)),
        compared: [...pairs, lessons.length > 1 ? 'readings' : 'pixels'],
        fewestPerKind,
        heldOut: 0.1,
        mostNumbers,
        single: true,
      });
      if (!sorted.ok) return sorted;
      found.push(sorted.value);
      warnings.push(...(sorted.warnings ?? []));
    }
    whole = true;
    return success(found, warnings);
  } finally {
    if (!whole) for (const each of found) await disposeSorting(each);
  }
}

/** The columns of pictures that stand beside each other in a study, by twos. */
function pairsToLearn(columns: Group['columns'], shape: readonly number[], steps: number = pairSteps): PairsToLearn[] {
  const pairs = columns.flatMap(({ name, rows }, i) =>
    columns.slice(i + 1).flatMap((other) => {
      if (other.rows !== rows) return [];
      const [first, second] = [name, other.name].map((each) => ({ shape, values: picturesIn(rows, each) })) as [Pictures, Pictures];
      return [{ first, second }];
    }),
  );
  return pairs.length === 0 ? [] : [{ pairs, steps, leastNats }];
}

/** Why pictures cannot be told apart, before anything is learnt: see {@link learnKinds}. */
export function kindsIssues(
  data: ReadonlyMap<Name, TrainingData>,
  types: ReadonlyMap<Name, ColumnType>,
  pictures: Iterable<Name>,
): readonly Issue[] {
  return groupsOf(data, types, pictures).flatMap(({ shape, names, columns }): Issue[] => {
    const which = names.join(', ');
    if (columns.every(({ rows }) => rows.rows === 0))
      return [{ code: 'no-rows', message: `There are no rows of positive weight for kinds of the pictures of ${which}.` }];
    const broken = columns.find(({ name, rows }) => picturesIn(rows, name).some((value) => !Number.isFinite(value)));
    if (broken !== undefined)
      return [
        { code: 'not-a-number', message: `The column ${broken.name} holds a value that is no number.`, hint: 'Leave such rows out.' },
      ];
    if (
      allTheSame(
        columns.map(({ name, rows }) => picturesIn(rows, name)),
        volume(shape),
      )
    )
      return [
        {
          code: 'no-kinds',
          message: `The pictures of ${which} are all the same: there is nothing to tell apart.`,
          hint: 'Look at the files, or leave the variable out.',
        },
      ];
    if (columns.some(({ labels }) => labels.length > 0)) return [];
    return [
      {
        code: 'no-kinds',
        message: `The pictures of ${which} cannot be told apart: no study shows a finite variable of the network beside them with two levels or more, and 5 rows a level.`,
        hint: 'Use another kind of model (unet draws pictures from pixels alone), or add a finite variable that the pictures show something of.',
      },
    ];
  });
}

function groupsOf(data: ReadonlyMap<Name, TrainingData>, types: ReadonlyMap<Name, ColumnType>, pictures: Iterable<Name>): Group[] {
  const groups = new Map<string, { readonly type: Extract<ColumnType, { readonly kind: 'tensor' }>; readonly names: Name[] }>();
  for (const name of pictures) {
    const type = types.get(name);
    if (type?.kind !== 'tensor') continue;
    const key = spelled(type);
    const group = groups.get(key) ?? { type, names: [] };
    group.names.push(name);
    groups.set(key, group);
  }
  const rows = [...data.values()].map(({ batch, weights }) => {
    if (weights?.every((weight) => weight > 0) !== false) return batch;
    return taken(
      batch,
      Int32Array.from(weights.keys()).filter((row) => (weights[row] as number) > 0),
    );
  });
  return [...groups.values()].map(({ type, names }) => ({
    shape: type.shape,
    range: type.range,
    names,
    columns: rows.flatMap((batch) =>
      [...batch.columns.keys()]
        .filter((name) => spelled(types.get(name)) === spelled(type))
        .map((name) => ({ name, rows: batch, labels: labelsOf(batch, types) })),
    ),
  }));
}

const spelled = (type: ColumnType | undefined): string => (type?.kind === 'tensor' ? JSON.stringify([type.shape, type.range]) : '');

const levelsOf = (types: ReadonlyMap<Name, ColumnType>, name: Name): number => {
  const type = types.get(name);
  return type?.kind === 'finite' ? type.levels.length : 0;
};

/** Finite columns that take two levels or more, and have rows enough for as many as they may take. */
const labelsOf = (batch: Batch, types: ReadonlyMap<Name, ColumnType>): Name[] =>
  [...batch.columns.keys()].filter((name) => {
    const levels = levelsOf(types, name);
    if (levels < 2 || levels * rowsPerLevel > batch.rows) return false;
    const values = codesOf(batch, name);
    return values.some((value) => value !== values[0]);
  });

const picturesIn = (rows: Batch, name: Name): Float32Array => {
  const column = columnOf(rows, name);
  if (column.kind !== 'tensor') throw new Error(`The column ${name} is no tensor.`);
  return column.values;
};

const volume = (shape: readonly number[]): number => shape.reduce((product, each) => product * each, 1);

function allTheSame(columns: readonly Float32Array[], size: number): boolean {
  const first = columns.find(({ length }) => length > 0);
  return columns.every((values) => values.every((value, i) => value === first?.[i % size]));
}

/** All pictures in one, of each part as many in proportion where they would be too many. */
function evenly(parts: readonly Pictures[], most: number): Pictures {
  const [first] = parts;
  if (first === undefined) throw new Error('No pictures.');
  const size = volume(first.shape);
  const total = parts.reduce((sum, { values }) => sum + values.length / size, 0);
  if (parts.length === 1 && total <= most) return first;
  const counts = parts.map(({ values }) => Math.min(values.length / size, Math.ceil(((values.length / size) * most) / total)));
  const values = new Float32Array(counts.reduce((sum, count) => sum + count, 0) * size);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const [count, rows] = [counts[i] as number, part.values.length / size];
    for (let k = 0; k < count; k++, at += size) {
      const row = Math.floor((k * rows) / count);
      values.set(part.values.subarray(row * size, (row + 1) * size), at);
    }
  }
  return { shape: first.shape, values };
}

/** Of each label the head that tells most of it, most telling first, as {@link learnKinds} says. */
async function tellingHeads(
  code: CodeReader,
  lessons: readonly Lesson[],
  range: readonly [number, number],
  pictures: number,
): Promise<readonly CodeHead[]> {
  const told: { readonly head: CodeHead; readonly nats: number; readonly share: number }[] = [];
  for (const { name, pictures: all, labels } of lessons) {
    const size = volume(all.shape);
    const rows = all.values.length / size;
    const used = Math.min(rows, mostCompared);
    const chosen = Int32Array.from({ length: used }, (_, i) => Math.floor((i * rows) / used));
    const readings = await code.readings(brightness(evenly([all], used), range));
    for (const head of code.heads.filter(({ lesson }) => lesson === name)) {
      const { values, levels } = labels.get(head.label) as { readonly values: Int32Array; readonly levels: number };
      const counts = new Float64Array(levels);
      let loss = 0;
      for (const [i, row] of chosen.entries()) {
        const level = values[row] as number;
        counts[level] = (counts[level] as number) + 1;
        loss -= Math.log(Math.max(1e-6, readings[i * code.width + head.from + level] as number)) / used;
      }
      const entropy = counts.reduce((sum, count) => (count > 0 ? sum - (count / used) * Math.log(count / used) : sum), 0);
      told.push({ head, nats: entropy - loss, share: entropy > 0 ? 1 - loss / entropy : 0 });
    }
  }
  told.sort((a, b) => b.nats - a.nats);
  const chosen: CodeHead[] = [];
  let kinds = 2;
  for (const { head, share } of told) {
    if (chosen.some(({ label }) => label === head.label)) continue;
    const more = kinds * head.levels;
    if (chosen.length > 0 && (share < leastShare || more * rowsPerKind > pictures)) continue;
    chosen.push(head);
    kinds = more;
  }
  return chosen;
}
