import { failure, type Result, success } from '../../run/issue.ts';
import type { Backend } from '../../tensor/backend.ts';
import { floatTensors } from '../../tensor/onnx-values.ts';
import { writeOnnx } from '../../tensor/onnx-write.ts';
import type { Components } from '../principal-components.ts';
import { type CodeState, codeNetwork, codeReader, headName, type PictureShape } from './code-network.ts';
import { digestOf } from './digest.ts';
import { pictureShape } from './inputs.ts';
import { inVector } from './network-model.ts';
import { type PairState, pairNetwork, pairReader } from './pair-network.ts';
import type { KindsCut, KindsState } from './picture-kinds.ts';
import { bad, type SavedFiles, sameBytes, savedFile } from './saved-files.ts';
import type { SortingManifest } from './saved-schema.ts';
import { type ComparedBy, type SortedPictures, type Sorting, sortedPictures } from './sorted-pictures.ts';

export interface SavedSorting {
  readonly manifest: SortingManifest;
  readonly files: SavedFiles;
}

const codeOnnx = (state: CodeState): Uint8Array => {
  const { outputs, builder } = codeNetwork(state);
  return writeOnnx(inVector(outputs, builder, state.parameters), { metadata: { 'doable.kind': 'code of pictures' } });
};

const pairsOnnx = (state: PairState): Uint8Array => {
  const { outputs, builder } = pairNetwork(state);
  return writeOnnx(inVector(outputs, builder, state.parameters), { metadata: { 'doable.kind': 'pairs of pictures' } });
};

/**
 * What sorts pictures, as a document and files named by their content: the code as ONNX, and what is learnt of pairs; cuts and components as single-precision numbers,
 * little-endian. `bases`: with the components, which only drawing needs.
 */
export function saveSorting({ shape, range, code, classes, compared, kinds }: SortedPictures, bases: boolean): SavedSorting {
  const { cuts, pooled, own } = kinds.state;
  const levels = (word: string): number[] => word.split(' ').map(Number);
  const held = bases ? [pooled, ...own.values()] : [];
  const places = cuts.flatMap(({ direction, at }) => [direction, Float64Array.from(at.values())]);
  const lists = [...places, ...held.flatMap((each) => [each.mean, each.directions, each.deviations])];
  const numbers = new Uint8Array(4 * lists.reduce((sum, list) => sum + list.length, 0));
  const view = new DataView(numbers.buffer);
  let place = 0;
  for (const list of lists) for (const value of list) view.setFloat32(4 * place++, value, true);
  const files = new Map<string, Uint8Array>();
  const kept = (kind: string, bytes: Uint8Array, ending: string): { readonly file: string; readonly digest: string } => {
    const digest = digestOf(bytes);
    const file = `${kind}-${digest}.${ending}`;
    files.set(file, bytes);
    return { file, digest };
  };
  const manifest: SortingManifest = {
    shape: [...shape],
    range: [...range],
    code: {
      ...kept('code', codeOnnx(code.state), 'onnx'),
      features: code.state.features,
      labels: code.state.labels.map((label) => ({ ...label })),
    },
    classes: classes.map(({ lesson, label }) => code.heads.findIndex((head) => head.lesson === lesson && head.label === label)),
    numbers: kept('kinds', numbers, 'bin'),
    cuts: cuts.map(({ side, at }, i) => {
      const by = compared[i] as ComparedBy;
      const classes = [...at.keys()].map(levels);
      if (typeof by === 'string') return { by, side, classes };
      return { by: 'pairs', pairs: { ...kept('pairs', pairsOnnx(by.state), 'onnx'), features: by.state.features }, side, classes };
    }),
    components: bases ? pooled.deviations.length : 0,
    share: bases ? pooled.share : 1,
    own: bases ? [...own].map(([word, each]) => ({ levels: levels(word), components: each.deviations.length, share: each.share })) : [],
  };
  return { manifest, files };
}

/** The inverse of {@link saveSorting}; nothing in it is trusted. Issues: `bad-factor`, `missing-file`, those of reading ONNX. */
export function loadSorting(
  manifest: SortingManifest,
  files: SavedFiles,
  backend: Backend,
  options: { readonly threads?: number },
): Result<SortedPictures> {
  const { shape, range, code, classes } = manifest;
  const picture = pictureShape({ shape });
  const wrong = picture === undefined ? 'pictures have two or three axes' : contradiction(manifest, picture);
  if (picture === undefined || wrong !== undefined) return failure(bad(`kinds of pictures: ${wrong}`));
  const read = codeFrom(code, picture, files);
  if (!read.ok) return read;
  const reader = codeReader(read.value, backend, options);
  const compared: ComparedBy[] = [];
  for (const cut of manifest.cuts) {
    const by = comparedFrom(cut, picture, files, backend, options);
    if (!by.ok) return by;
    compared.push(by.value);
  }
  const size = picture.reduce((product, each) => product * each, 1);
  const state = kindsFrom(manifest, size, { pixels: size, readings: reader.width, pairs: 2 }, files);
  if (!state.ok) return state;
  const heads = classes.flatMap((at) => reader.heads[at] ?? []);
  const sorting: Sorting = { shape, range, code: reader, classes: heads, compared };
  return success(sortedPictures(sorting, state.value));
}

/** Pictures of more channels or numbers than this are not read. */
const [mostChannels, mostEntries] = [1024, 2 ** 24];

function contradiction({ range, code, classes, cuts, own }: SortingManifest, picture: PictureShape): string | undefined {
  if (picture[0] > mostChannels || picture.reduce((product, each) => product * each, 1) > mostEntries) return 'the pictures are too large';
  if (range[0] >= range[1]) return 'the range is empty';
  if (!distinct(code.labels.map(({ lesson, label }) => headName(lesson, label)))) return 'a label stands twice';
  const heads = classes.map((at) => code.labels[at]);
  const names = heads.flatMap((head) => head?.label ?? []);
  if (names.length < classes.length) return 'a class is read by no head';
  if (!distinct([...names, ...cuts.map(({ side }) => side)])) return 'an attribute stands twice';
  const counts = heads.map((head) => head?.levels ?? 0);
  const within = (levels: readonly number[], limits: readonly number[]): boolean =>
    levels.length === limits.length && levels.every((level, i) => level < (limits[i] as number));
  if (!cuts.every((cut) => cut.classes.every((levels) => within(levels, counts)) && distinct(cut.classes.map(String))))
    return 'a cut is of no class';
  if (!own.every(({ levels }) => within(levels, [...counts, ...cuts.map(() => 2)])) || !distinct(own.map(({ levels }) => String(levels))))
    return 'components are of no kind';
  return undefined;
}

const distinct = (names: readonly string[]): boolean => new Set(names).size === names.length;

function codeFrom({ file, digest, features, labels }: SortingManifest['code'], shape: PictureShape, files: SavedFiles): Result<CodeState> {
  const state = { shape, features, labels };
  return networkFrom({ file, digest }, codeNetwork(state).size, 'code', files, (parameters) => {
    const whole = { ...state, parameters };
    return { value: whole, bytes: codeOnnx(whole) };
  });
}

function comparedFrom(
  { by, pairs }: SortingManifest['cuts'][number],
  shape: PictureShape,
  files: SavedFiles,
  backend: Backend,
  options: { readonly threads?: number },
): Result<ComparedBy> {
  const unlike = bad('kinds of pictures: what pairs of pictures tell is missing, or not used');
  if (by !== 'pairs') return pairs === undefined ? success(by) : failure(unlike);
  if (pairs === undefined) return failure(unlike);
  const state = { shape, features: pairs.features };
  const read = networkFrom(pairs, pairNetwork(state).size, 'pairs', files, (parameters) => {
    const whole = { ...state, parameters };
    return { value: whole, bytes: pairsOnnx(whole) };
  });
  return read.ok ? success(pairReader(read.value, backend, options)) : read;
}

/** The network whose file has these very bytes. */
function networkFrom<T>(
  { file, digest }: { readonly file: string; readonly digest: string },
  size: number,
  what: string,
  files: SavedFiles,
  made: (parameters: Float32Array) => { readonly value: T; readonly bytes: Uint8Array },
): Result<T> {
  const found = savedFile(file, digest, files);
  if (!found.ok) return found;
  const bytes = found.value;
  if (4 * size > bytes.length) return failure(bad(`${file} holds fewer parameters than the ${size} of its ${what}`));
  const tensors = floatTensors(bytes);
  if (!tensors.ok) return tensors;
  for (const parameters of tensors.value.values()) {
    if (parameters.length !== size) continue;
    const network = made(parameters);
    if (sameBytes(network.bytes, bytes)) return success(network.value);
  }
  return failure(bad(`${file} is not the ${what} that the manifest describes`));
}

function kindsFrom(
  { numbers, cuts, components, share, own }: SortingManifest,
  size: number,
  widths: Readonly<Record<SortingManifest['cuts'][number]['by'], number>>,
  files: SavedFiles,
): Result<KindsState> {
  const { file, digest } = numbers;
  const read = savedFile(file, digest, files);
  if (!read.ok) return read;
  const bytes = read.value;
  const held = components === 0 ? [] : [components, ...own.map((each) => each.components)];
  const places = cuts.reduce((sum, { by, classes }) => sum + widths[by] + classes.length, 0);
  const wanted = places + held.reduce((sum, count) => sum + size + count * size + count, 0);
  if (bytes.length !== 4 * wanted || (components === 0 && own.length > 0))
    return failure(bad(`${file} has not the ${wanted} numbers of its kinds`));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let place = 0;
  const next = (count: number): Float64Array => Float64Array.from({ length: count }, () => view.getFloat32(4 * place++, true));
  const found = cuts.map(({ by, side, classes }) => ({ side, direction: next(widths[by]), classes, places: next(classes.length) }));
  const componentsOf = (count: number, own: number): Components => {
    const [mean, directions, deviations] = [next(size), next(count * size), next(count)];
    return { size, mean, directions, deviations, share: own };
  };
  const none: Components = { size, mean: new Float64Array(size), directions: new Float64Array(), deviations: new Float64Array(), share: 1 };
  const pooled = components === 0 ? none : componentsOf(components, share);
  const each = own.map((one): [string, Components] => [one.levels.join(' '), componentsOf(one.components, one.share)]);
  const all = [pooled, ...each.map(([, one]) => one)];
  const finite = [
    ...found.flatMap(({ direction, places }) => [direction, places]),
    ...all.flatMap((one) => [one.mean, one.directions, one.deviations]),
  ].every((list) => list.every(Number.isFinite));
  if (!finite) return failure(bad(`${file} holds a value that is no number`));
  if (all.some(({ deviations }) => deviations.some((deviation) => deviation <= 0)))
    return failure(bad(`${file} holds a deviation that is not positive`));
  const made = found.map(({ side, direction, classes, places }): KindsCut => {
    return { side, direction, at: new Map(classes.map((levels, i) => [levels.join(' '), places[i] as number])) };
  });
  return success({ cuts: made, pooled, own: new Map(each) });
}
