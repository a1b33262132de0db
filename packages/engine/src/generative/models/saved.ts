import type { Name } from '../../graph/variable.ts';
import { failure, type Result, success } from '../../run/issue.ts';
import type { Backend } from '../../tensor/backend.ts';
import { ShapeError } from '../../tensor/node.ts';
import { floatTensors } from '../../tensor/onnx-values.ts';
import { writeOnnx } from '../../tensor/onnx-write.ts';
import type { ColumnType, ConditionalModel, ConditionalTask } from '../terms.ts';
import { type ChainModel, chainModel } from './chain.ts';
import type { NetworkSpec } from './design.ts';
import { digestOf } from './digest.ts';
import { oneSize } from './inputs.ts';
import { type KindsModel, kindsModel, kindsTasks, picturesOf } from './kinds-model.ts';
import { forwardGraph, type NetworkModel, networkModel, parameterCount } from './network-model.ts';
import { bad, sameBytes, savedFile } from './saved-files.ts';
import { loadSorting, saveSorting } from './saved-kinds.ts';
import { type FactorManifest, type KindsManifest, manifestSchema, type PartManifest } from './saved-schema.ts';
import { type SortedPictures, sortingFor } from './sorted-pictures.ts';
import { type TableModel, tableModel } from './table.ts';
import type { TrainingReport } from './training.ts';

export type { FactorManifest } from './saved-schema.ts';

/** A fitted factor as a document (plain JSON data) and the ONNX files that it names. */
export interface SavedFactor {
  readonly manifest: FactorManifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * A network is its forward graph as ONNX: inputs are the conditions, the noise or what was drawn before, and the time. `name` starts the names of
 * the files. Issues: `not-saved` for models that were brought (they have files of their own) or are functions.
 */
export function saveFactor(model: ConditionalModel, name: string = 'factor'): Result<SavedFactor> {
  const common = { format: 'doable-factor', version: 1, task: taskData(model.task) } as const;
  if ('parts' in model) {
    const parts: PartManifest[] = [];
    const files = new Map<string, Uint8Array>();
    for (const [i, part] of (model as ChainModel).parts.entries()) {
      const saved = saveFactor(part, `${name}-${i + 1}`);
      if (!saved.ok) return saved;
      const { manifest } = saved.value;
      if (manifest.model === 'chain') throw new Error('A chain within a chain.');
      parts.push(manifest);
      for (const [file, bytes] of saved.value.files) files.set(file, bytes);
    }
    return success({ manifest: { ...common, model: 'chain', parts }, files });
  }
  if (model.kind === 'table' && 'state' in model) {
    const { smoothing, conditions, counts } = (model as TableModel).state;
    return success({
      manifest: { ...common, model: 'table', smoothing, conditions: [...conditions], counts: counts.map((row) => [...row]) },
      files: new Map(),
    });
  }
  if ('byKinds' in model) return saveKinds(model as KindsModel, name);
  if (!('spec' in model)) return failure({ code: 'not-saved', message: `A model of kind ${model.kind} is not saved with the others.` });
  const { spec, parameters, report } = model as NetworkModel;
  const file = `${name}.onnx`;
  const bytes = onnxOf(model.task, spec, parameters);
  const manifest: FactorManifest = {
    ...common,
    model: 'network',
    spec: structuredCopy(spec),
    file,
    digest: digestOf(bytes),
    ...(report !== undefined && { report: structuredCopy(report) }),
  };
  return success({ manifest, files: new Map([[file, bytes]]) });
}

/** Plain data as JSON would give it back. */
const structuredCopy = <T>(data: unknown): T => JSON.parse(JSON.stringify(data)) as T;

const taskData = ({ of, given, types }: ConditionalTask): FactorManifest['task'] =>
  structuredCopy({ of, given, types: Object.fromEntries([...of, ...given].map((name) => [name, types.get(name)])) });

const onnxOf = (task: ConditionalTask, spec: NetworkSpec, parameters: Float32Array): Uint8Array =>
  writeOnnx(forwardGraph(spec, parameters), {
    metadata: { 'doable.kind': spec.kind, 'doable.of': task.of.join(', '), 'doable.given': task.given.join(', ') },
  });

/**
 * A factor from what {@link saveFactor} gave (the manifest may have been read from anywhere). Networks run on any backend. The file must be,
 * byte by byte, the graph that the manifest describes. Issues: `bad-factor` (with the place), `missing-file`, and those of reading ONNX.
 */
export function loadFactor(
  manifest: unknown,
  files: ReadonlyMap<string, Uint8Array>,
  backend: Backend,
  options: { readonly threads?: number } = {},
): Result<ConditionalModel> {
  const read = manifestSchema.safeParse(manifest);
  if (!read.success) {
    const [first] = read.error.issues;
    return failure(bad(`${first?.path.join('.') || 'the manifest'}: ${first?.message ?? 'cannot be read'}`));
  }
  try {
    return fromManifest(read.data, files, backend, options);
  } catch (error) {
    if (error instanceof ShapeError) return failure(bad(error.message));
    throw error;
  }
}

function fromManifest(
  manifest: FactorManifest,
  files: ReadonlyMap<string, Uint8Array>,
  backend: Backend,
  options: { readonly threads?: number },
): Result<ConditionalModel> {
  const { of, given } = manifest.task;
  const types = new Map<Name, ColumnType>(Object.entries(manifest.task.types) as [Name, ColumnType][]);
  const untyped = [...of, ...given].find((name) => !types.has(name));
  if (untyped !== undefined) return failure(bad(`${untyped} has no type`));
  if (new Set([...of, ...given]).size < of.length + given.length) return failure(bad('a column stands twice'));
  const task: ConditionalTask = { of, given, types };
  if (manifest.model === 'chain') {
    const parts: ConditionalModel[] = [];
    const known = new Set(given);
    for (const part of manifest.parts) {
      const loaded = fromManifest(part, files, backend, options);
      if (!loaded.ok) return loaded;
      const stray = part.task.given.find((name) => !known.has(name));
      if (stray !== undefined) return failure(bad(`${stray} is used before it is drawn`));
      for (const name of part.task.of) known.add(name);
      parts.push(loaded.value);
    }
    const missing = of.find((name) => !known.has(name));
    return missing === undefined ? success(chainModel(task, parts)) : failure(bad(`nothing draws ${missing}`));
  }
  if (manifest.model === 'table') {
    const levels = Object.fromEntries([...types].map(([name, type]) => [name, type.kind === 'finite' ? type.levels : []]));
    const cells = of.reduce((product, name) => product * (levels[name]?.length ?? 0), 1);
    const { smoothing, conditions, counts } = manifest;
    if (
      [...types.values()].some((type) => type.kind !== 'finite') ||
      conditions.length !== counts.length ||
      counts.some((row) => row.length !== cells)
    )
      return failure(bad('its table is not as large as its levels say'));
    return success(tableModel({ kind: 'table', of, given, levels, smoothing, conditions, counts }));
  }
  if (manifest.model === 'kinds') return kindsFrom(manifest, task, files, backend, options);
  return network(manifest, task, files, backend, options);
}

/** A model by kinds: what sorts pictures, and the models of the kind and of the law. */
function saveKinds(model: KindsModel, name: string): Result<SavedFactor> {
  const { sorted, kinds, law, redraws } = model.byKinds;
  const drawn = kinds === undefined ? undefined : sortingFor(sorted, model.task.types.get(model.task.of[0] as Name));
  const sortings = sorted.map((each) => saveSorting(each, each === drawn));
  const files = new Map(sortings.flatMap((each) => [...each.files]));
  const own = kinds === undefined ? undefined : saveFactor(kinds, `${name}-kind`);
  if (own?.ok === false) return own;
  const rest = saveFactor(law, name);
  if (!rest.ok) return rest;
  const parts = [...(own === undefined ? [] : [own.value]), rest.value];
  for (const part of parts) for (const [file, bytes] of part.files) files.set(file, bytes);
  const manifest: FactorManifest = {
    format: 'doable-factor',
    version: 1,
    task: taskData(model.task),
    model: 'kinds',
    sorted: sortings.map((each) => each.manifest),
    redraws,
    ...(own !== undefined && { kinds: plain(own.value.manifest) }),
    law: plain(rest.value.manifest),
  };
  return success({ manifest, files });
}

function plain(manifest: FactorManifest): KindsManifest['law'] {
  if (manifest.model === 'chain' || manifest.model === 'kinds') throw new Error(`A ${manifest.model} within kinds.`);
  return manifest;
}

function kindsFrom(
  manifest: KindsManifest,
  task: ConditionalTask,
  files: ReadonlyMap<string, Uint8Array>,
  backend: Backend,
  options: { readonly threads?: number },
): Result<ConditionalModel> {
  const sorted: SortedPictures[] = [];
  for (const one of manifest.sorted) {
    const loaded = loadSorting(one, files, backend, options);
    if (!loaded.ok) return loaded;
    sorted.push(loaded.value);
  }
  const names = [...task.of, ...task.given];
  const found = names.map((name) => sortingFor(sorted, task.types.get(name)));
  const unsorted = picturesOf(task).find((name) => sortingFor(sorted, task.types.get(name)) === undefined);
  if (unsorted !== undefined) return failure(bad(`nothing sorts the pictures of ${unsorted}`));
  if (sorted.some((each) => !found.includes(each))) return failure(bad('it sorts pictures that it has not'));
  if (task.of.length > 1 && found.slice(0, task.of.length).some((each) => each !== undefined))
    return failure(bad('it draws a picture and something else'));
  const wanted = kindsTasks(task, sorted);
  if ((wanted.kinds === undefined) !== (manifest.kinds === undefined)) return failure(bad('a kind is drawn where there is no picture'));
  const load = (part: KindsManifest['law'], of: ConditionalTask): Result<ConditionalModel> => {
    const loaded = fromManifest(part, files, backend, options);
    if (!loaded.ok || sameColumns(loaded.value.task, of)) return loaded;
    return failure(bad('the columns of its kinds are not those of its pictures'));
  };
  const kinds = manifest.kinds && wanted.kinds && load(manifest.kinds, wanted.kinds);
  if (kinds?.ok === false) return kinds;
  const law = load(manifest.law, wanted.law);
  if (!law.ok) return law;
  return success(
    kindsModel(task, { sorted, law: law.value, redraws: manifest.redraws, ...(kinds !== undefined && { kinds: kinds.value }) }),
  );
}

const sameColumns = (a: ConditionalTask, b: ConditionalTask): boolean => JSON.stringify(taskData(a)) === JSON.stringify(taskData(b));

function network(
  manifest: Extract<FactorManifest, { readonly model: 'network' }>,
  task: ConditionalTask,
  files: ReadonlyMap<string, Uint8Array>,
  backend: Backend,
  options: { readonly threads?: number },
): Result<ConditionalModel> {
  const spec = manifest.spec as NetworkSpec;
  if (!agrees(spec.of, task.of, task.types) || !agrees(spec.given, task.given, task.types))
    return failure(bad('its columns are not those of its task'));
  const wanted = spec.kind === 'softmax' ? 'finite' : spec.kind === 'unet' ? 'tensor' : 'real';
  if (spec.of.some((code) => code.kind !== wanted)) return failure(bad(`a ${spec.kind} network draws ${wanted} columns`));
  if (spec.kind === 'unet' && !oneSize(spec.of)) return failure(bad('a U-Net draws pictures of one size'));
  const found = savedFile(manifest.file, manifest.digest, files);
  if (!found.ok) return found;
  const bytes = found.value;
  const size = parameterCount(spec);
  if (4 * size > bytes.length) return failure(bad(`${manifest.file} holds fewer parameters than the ${size} of its network`));
  const tensors = floatTensors(bytes);
  if (!tensors.ok) return tensors;
  for (const values of tensors.value.values()) {
    if (values.length !== size || !sameBytes(onnxOf(task, spec, values), bytes)) continue;
    return success(
      networkModel(task, spec, values, backend, { ...options, ...(manifest.report && { report: reportOf(manifest.report) }) }),
    );
  }
  return failure(bad(`${manifest.file} is not the network that the manifest describes`));
}

const reportOf = (report: NonNullable<Extract<FactorManifest, { readonly model: 'network' }>['report']>): TrainingReport => ({
  ...report,
  losses: report.losses.map((loss) => loss ?? Number.NaN),
  heldOut: report.heldOut.map((loss) => loss ?? Number.NaN),
});

function agrees(codes: NetworkSpec['of'], names: readonly Name[], types: ReadonlyMap<Name, ColumnType>): boolean {
  return (
    codes.length === names.length &&
    codes.every((code, i) => {
      const type = types.get(code.name);
      if (code.name !== names[i] || type?.kind !== code.kind) return false;
      if (code.kind === 'finite') return type.kind === 'finite' && type.levels.length === code.levels;
      return (
        code.kind === 'real' ||
        (type.kind === 'tensor' && type.shape.join() === code.shape.join() && type.range.join() === code.range.join())
      );
    })
  );
}
