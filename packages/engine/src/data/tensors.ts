import type { Name } from '../graph/variable.ts';
import { failure, type Issue, type Result, success, type Where } from '../run/issue.ts';
import { type Hash, hashNumbers, hashText } from './fingerprint.ts';

/** A picture as its file holds it: pixels row after row from the top, `channels` bytes each (grey, grey and alpha, RGB or RGBA). */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: Uint8Array;
  /** It was not decoded: only its size is known, and `values` is empty. */
  readonly unread?: true;
}

/** A picture with what tells its file from others. */
export interface PictureFile extends Picture {
  /** Of the bytes of the file, whether it was decoded or not: other pixels have another. */
  readonly digest: string;
}

/** Reads the file of a picture; the path is as the data has it. */
export type ReadPicture = (path: string) => Promise<Result<PictureFile>>;

/** Tensors of one variable: rows x (product of shape) numbers, row-major. */
export interface TensorValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A column of tensors as a study reads it. */
export interface ReadTensors extends TensorValues {
  readonly extent: Extent;
  /** Pictures were not decoded: `values` is nothing to learn from, and may be empty. */
  readonly unread?: true;
  /** By row, the files of pictures. Absent: there are none. */
  readonly files?: ReadonlyMap<number, Hash>;
}

/** Least and greatest number of a column of tensors. */
export interface Extent {
  readonly least: number;
  readonly most: number;
}

/** The column of tensors that is to be read. */
export interface TensorTask {
  readonly study: Name;
  readonly name: Name;
  readonly shape: readonly number[];
  /** As declared; numbers outside are an error, pictures are scaled to it (absent: 0 to 1). */
  readonly range?: readonly [number, number];
  readonly rows: number;
  /** The columns of numbered numbers, to be named in errors. */
  readonly parts?: readonly string[];
  readonly pictures?: ReadPicture;
}

export interface TensorGatherer {
  /** The numbers of one row, `size` of them; NaN is an error. */
  numbers(row: number, values: ArrayLike<number>): void;
  /** A cell of text: numbers as JSON, flat or nested, or else the path of a picture. */
  text(row: number, text: string): Promise<void>;
  wrong(row: number, code: string, says: string, more?: { readonly hint?: string; readonly part?: number }): void;
  /** `place`: where a row stands in the data. Issues: all that was wrong, by kind, with the first row of each. */
  finish(place: (row: number) => Where | Promise<Where>): Promise<Result<ReadTensors>>;
}

/** Numbers in one column of tensors, at most: 1 GiB as they are held. */
export const mostTensorNumbers = 2 ** 28;

/** What is to be told of columns whose pictures were not decoded. */
export function unreadNote(tensors: ReadonlyMap<Name, Pick<ReadTensors, 'unread'>>): string[] {
  const unread = [...tensors].flatMap(([name, one]) => (one.unread ? [name] : []));
  return unread.length === 0 ? [] : [`the pictures of ${unread.join(' and ')} were not decoded, so damaged ones are not noticed here`];
}

export const tensorSize = (shape: readonly number[]): number => shape.reduce((product, each) => product * each, 1);

/** The hash of one row: of the file of its picture, else of its numbers; the same whether pictures were decoded or not. */
export function tensorHash({ shape, values, files }: ReadTensors, row: number): Hash {
  const file = files?.get(row);
  if (file !== undefined) return file;
  const size = tensorSize(shape);
  // A missing cell is zeros where pictures are held.
  return values.length === 0 ? hashNumbers(new Float32Array(size), 0, size) : hashNumbers(values, row * size, (row + 1) * size);
}
export const shapeText = (shape: readonly number[]): string => shape.join(' x ');

/** What is wrong with reading so many tensors into memory, if anything is. */
export function tensorLimit({ study, name, rows, shape }: Pick<TensorTask, 'study' | 'name' | 'rows' | 'shape'>): Issue | undefined {
  const numbers = rows * tensorSize(shape);
  if (numbers <= mostTensorNumbers) return undefined;
  const gigabytes = (4 * numbers) / 2 ** 30;
  return {
    code: 'too-large',
    message: `Study ${study}: ${name} takes ${rows} rows x ${shapeText(shape)} numbers, ${gigabytes.toPrecision(3)} GiB in memory; at most 1 GiB is read.`,
    hint: `Use smaller pictures, or at most ${Math.floor(mostTensorNumbers / tensorSize(shape))} rows of this size.`,
  };
}

/** Takes tensors in row by row, checks each number, and keeps what is wrong until the end. The rows must be within {@link tensorLimit}. */
export function tensorGatherer(task: TensorTask): TensorGatherer {
  const { study, name, shape, range, rows, parts, pictures } = task;
  const size = tensorSize(shape);
  let held: Float32Array | undefined;
  const hold = (): Float32Array => {
    held ??= new Float32Array(rows * size);
    return held;
  };
  let unread = false;
  const files = new Map<number, Hash>();
  const faults = new Map<string, { row: number; says: string; count: number; hint?: string; part?: number }>();
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const wrong: TensorGatherer['wrong'] = (row, code, says, more = {}) => {
    const seen = faults.get(code);
    if (seen === undefined || row < seen.row) faults.set(code, { row, says, count: (seen?.count ?? 0) + 1, ...more });
    else seen.count += 1;
  };
  const numbers: TensorGatherer['numbers'] = (row, given) => {
    const values = hold();
    for (let i = 0; i < size; i++) {
      const value = given[i] as number;
      if (!Number.isFinite(value))
        return wrong(row, 'not-a-number', `the value ${placeIn(shape, i)} of ${name} is not a number`, { part: i });
      if (range !== undefined && (value < range[0] || value > range[1]))
        return wrong(row, 'out-of-range', `${name} holds ${value}, outside its range of ${range[0]} to ${range[1]}`, { part: i });
      if (value < least) least = value;
      if (value > most) most = value;
      values[row * size + i] = value;
    }
  };
  return {
    wrong,
    numbers,
    async text(row, text) {
      if (text.startsWith('[')) {
        const flat = flatNumbers(text, shape);
        if ('fault' in flat) wrong(row, 'tensor-shape', `${name} ${flat.fault}`, flat.hint === undefined ? {} : { hint: flat.hint });
        else numbers(row, flat.numbers);
        return;
      }
      if (pictures === undefined)
        return wrong(row, 'no-files', `${name} is “${text}”, and files cannot be read here`, { hint: 'Write the numbers as a list.' });
      const read = await pictures(text);
      if (!read.ok) {
        for (const { code, message, hint } of read.issues)
          wrong(row, code, message.replace(/\.$/u, ''), hint === undefined ? {} : { hint });
        return;
      }
      const scaled = read.value.unread ? pictureFits(read.value, shape) : picturePixels(read.value, shape, range ?? [0, 1]);
      if ('fault' in scaled)
        return wrong(row, scaled.code, `${text} ${scaled.fault}`, scaled.hint === undefined ? {} : { hint: scaled.hint });
      if ('values' in scaled) hold().set(scaled.values, row * size);
      else unread = true;
      files.set(row, hashText(read.value.digest));
      if (range === undefined) [least, most] = [Math.min(least, 0), Math.max(most, 1)];
      else [least, most] = range;
    },
    async finish(place) {
      const issues: Issue[] = [];
      for (const [code, { row, says, count, hint, part }] of faults) {
        const column = (part === undefined ? undefined : parts?.[part]) ?? name;
        issues.push({
          code,
          message: `Study ${study}: ${says}${count > 1 ? ` (and ${count - 1} more such ${count === 2 ? 'row' : 'rows'})` : ''}.`,
          where: { ...(await place(row)), column },
          ...(hint !== undefined && { hint }),
        });
      }
      return issues.length > 0
        ? failure(...issues)
        : success({
            shape,
            values: held ?? new Float32Array(unread ? 0 : rows * size),
            extent: { least, most },
            ...(unread && { unread }),
            ...(files.size > 0 && { files }),
          });
    },
  };
}

/** `[1, 2]`: where the i-th number of a tensor stands. */
function placeIn(shape: readonly number[], i: number): string {
  const place: number[] = [];
  let rest = i;
  for (const size of shape.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${place.join(', ')}]`;
}

/** Numbers written as JSON, in one list or nested by shape, or what is wrong with them. */
function flatNumbers(
  text: string,
  shape: readonly number[],
): { readonly numbers: Float64Array } | { readonly fault: string; readonly hint?: string | undefined } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { fault: 'begins with a bracket and is no list of numbers' };
  }
  const size = tensorSize(shape);
  const flat: number[] = [];
  const put = (item: unknown): void => void flat.push(typeof item === 'number' ? item : Number.NaN);
  let fault: string | undefined;
  let hint: string | undefined;
  const walk = (item: unknown, sizes: readonly number[]): void => {
    const [length, ...inner] = sizes;
    if (length === undefined) put(item);
    else if (!Array.isArray(item)) fault ??= `is nested to a depth of ${shape.length - sizes.length}, not of ${shape.length}`;
    else if (item.length !== length) {
      fault ??= `holds a list of ${item.length} where ${length} belong (its shape is ${shapeText(shape)})`;
      if (sizes === shape) hint = channelsHint(shape, item.length);
    } else for (const each of item) walk(each, inner);
  };
  if (!Array.isArray(parsed)) return { fault: 'is no list of numbers' };
  if (parsed.some((item) => Array.isArray(item))) walk(parsed, shape);
  else if (parsed.length === size) parsed.forEach(put);
  else fault = `has ${parsed.length} numbers, not ${size} (${shapeText(shape)})`;
  return fault === undefined ? { numbers: Float64Array.from(flat) } : { fault, hint };
}

/** Where the outermost list is as long as a picture is high: its channels seem to stand last. */
export function channelsHint(shape: readonly number[], outermost: number): string | undefined {
  const frame = shape.length === 3 ? pictureFrame(shape) : undefined;
  if (frame === undefined || frame.last || outermost !== frame.height) return undefined;
  return `Channels come first: ${frame.channels} ${frame.channels === 1 ? 'list' : 'lists'} of ${frame.height} rows of ${frame.width} numbers, and not one list per row of pixels.`;
}

export interface PictureFrame {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Channels stand last. */
  readonly last: boolean;
}

/** Of a picture whose channels stand last: that no model learns from it so, and what to declare. Code: `channels-last`. */
export function channelsLast(name: Name, shape: readonly number[]): Issue | undefined {
  const frame = shape.length === 3 ? pictureFrame(shape) : undefined;
  if (frame?.last !== true) return undefined;
  return {
    code: 'channels-last',
    message: `${name} is declared as ${shapeText(shape)}: for models that are trained, channels must come first.`,
    hint: `Declare [${[frame.channels, frame.height, frame.width].join(', ')}]; PNG files are read in either order, numbers in lists are to be written in this one.`,
  };
}

/** Channels, height and width that a shape means: [height, width], channels first, or channels last (1, 3 or 4 of them). */
export function pictureFrame(shape: readonly number[]): PictureFrame | undefined {
  const [a = 0, b = 0, c = 0] = shape;
  const several = (count: number): boolean => count === 1 || count === 3 || count === 4;
  if (shape.length === 2) return { channels: 1, height: a, width: b, last: false };
  if (shape.length !== 3) return undefined;
  if (several(a)) return { channels: a, height: b, width: c, last: false };
  return several(c) ? { channels: c, height: a, width: b, last: true } : undefined;
}

interface PictureFault {
  readonly code: string;
  readonly fault: string;
  readonly hint?: string;
}

/** Whether the size of a picture is that of a shape. */
export function pictureFits({ width, height }: Pick<Picture, 'width' | 'height'>, shape: readonly number[]): PictureFrame | PictureFault {
  const frame = pictureFrame(shape);
  if (frame === undefined)
    return {
      code: 'picture-shape',
      fault: `is a picture, and a tensor of ${shapeText(shape)} is none`,
      hint: 'Declare [height, width] or, channels first, [channels, height, width].',
    };
  if (frame.height === height && frame.width === width) return frame;
  return {
    code: 'picture-size',
    fault: `is ${width} pixels wide and ${height} high, and not ${frame.width} wide and ${frame.height} high`,
    hint: 'Pictures are not resized: bring all of them to one size, and declare it.',
  };
}

/**
 * A picture in the order of a shape, its bytes scaled so that 0 and 255 are the ends of `range`. Grey fills three channels; colours that are
 * all grey fill one; alpha is let go where every pixel is opaque. Nothing is resized.
 */
export function picturePixels(
  { width, height, channels, values }: Picture,
  shape: readonly number[],
  [low, high]: readonly [number, number],
): { readonly values: Float32Array } | PictureFault {
  const frame = pictureFits({ width, height }, shape);
  if ('fault' in frame) return frame;
  const [colours, alpha] = channels === 2 || channels === 4 ? [channels - 1, true] : [channels, false];
  const pixels = width * height;
  if (alpha && frame.channels !== 4)
    for (let pixel = 0; pixel < pixels; pixel++)
      if (values[pixel * channels + colours] !== 255)
        return {
          code: 'picture-channels',
          fault: `has pixels that are not opaque, and its tensor of ${shapeText(shape)} has no channel for them`,
          hint: 'Save it without transparency, or declare four channels.',
        };
  if (colours === 3 && frame.channels === 1)
    for (let pixel = 0; pixel < pixels; pixel++) {
      const [red, green, blue] = [0, 1, 2].map((channel) => values[pixel * channels + channel]);
      if (red !== green || red !== blue)
        return {
          code: 'picture-channels',
          fault: `has colours, and its tensor of ${shapeText(shape)} has one channel`,
          hint: `Declare [3, ${height}, ${width}], or save it in grey.`,
        };
    }
  const out = new Float32Array(frame.channels * pixels);
  for (let channel = 0; channel < frame.channels; channel++)
    for (let pixel = 0; pixel < pixels; pixel++) {
      const from = channel === 3 ? colours : Math.min(channel, colours - 1);
      const byte = channel === 3 && !alpha ? 255 : (values[pixel * channels + from] as number);
      out[frame.last ? pixel * frame.channels + channel : channel * pixels + pixel] = low + (byte / 255) * (high - low);
    }
  return { values: out };
}
