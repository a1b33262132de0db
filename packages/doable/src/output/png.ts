import { failure, type Picture, type Result, success } from '@doable/engine/adapter';
import { convertIndexedToRgb, decode, encode, hasPngSignature } from 'fast-png';

/** Pictures in rows: `shape` is [channels, height, width] of one (1 or 3 channels), values from 0 to 1, row-major. */
export interface GridPictures {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface GridOptions {
  /** Pictures in one row of the grid (default: as many as make it about square). */
  readonly columns?: number;
  /** Each pixel becomes a square of this many (default 1). */
  readonly zoom?: number;
  /** Pixels of margin around every picture, after zooming (default 2). */
  readonly margin?: number;
  /** Brightness of the margin, 0 to 1 (default 0.5). */
  readonly paper?: number;
}

/** The greatest side of a grid, in pixels. */
const mostPixels = 16_384;

/**
 * A PNG file of pictures in a grid, row after row. The same pictures give the same bytes (no time, no text in the file). Values outside
 * 0 to 1 are cut, NaN is black. Throws RangeError where a side would exceed 16,384 pixels.
 */
export function pngGrid({ shape, values }: GridPictures, options: GridOptions = {}): Uint8Array {
  const [channels, height, width] = shape as readonly [number, number, number];
  if (shape.length !== 3 || (channels !== 1 && channels !== 3)) throw new RangeError(`Pictures of shape ${shape.join(' x ')}.`);
  const count = values.length / (channels * height * width);
  if (!Number.isInteger(count)) throw new RangeError(`${values.length} values are not pictures of ${shape.join(' x ')}.`);
  const { zoom = 1, margin = 2, paper = 0.5 } = options;
  const columns = Math.max(1, Math.min(count, options.columns ?? Math.ceil(Math.sqrt(count))));
  const rows = Math.max(1, Math.ceil(count / columns));
  const sheetWidth = columns * (width * zoom + margin) + margin;
  const sheetHeight = rows * (height * zoom + margin) + margin;
  if (Math.max(sheetWidth, sheetHeight) > mostPixels) throw new RangeError(`A grid of ${sheetWidth} x ${sheetHeight} pixels is too large.`);
  const sheet = new Uint8Array(sheetWidth * sheetHeight * channels).fill(byteOf(paper));
  for (let picture = 0; picture < count; picture++) {
    const left = margin + (picture % columns) * (width * zoom + margin);
    const top = margin + Math.floor(picture / columns) * (height * zoom + margin);
    for (let y = 0; y < height * zoom; y++)
      for (let x = 0; x < width * zoom; x++) {
        const pixel = Math.floor(y / zoom) * width + Math.floor(x / zoom);
        for (let channel = 0; channel < channels; channel++)
          sheet[((top + y) * sheetWidth + left + x) * channels + channel] = byteOf(
            values[(picture * channels + channel) * height * width + pixel] as number,
          );
      }
  }
  return encode({ width: sheetWidth, height: sheetHeight, channels, depth: 8, data: sheet });
}

/** Bytes at the beginning of a PNG file that say its size and its kind of pixels. */
export const pictureHeader = 29;

/** The size that the beginning of a PNG file states ({@link pictureHeader} bytes), for where nothing depends on its pixels. Issue: `picture-format`. */
export function unreadPicture(bytes: Uint8Array, name: string): Result<Picture> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wrong = (why: string) => failure({ code: 'picture-format', message: `“${name}” ${why}`, hint: anotherForm });
  if (!hasPngSignature(bytes)) return wrong('is no PNG file');
  if (bytes.length < pictureHeader || view.getUint32(12) !== headerChunk) return wrong('is damaged: its header is not whole');
  const [width, height, depth, kind] = [view.getUint32(16), view.getUint32(20), view.getUint8(24), view.getUint8(25)];
  const channels = channelsOf[kind];
  if (channels === undefined || width === 0 || height === 0) return wrong('is damaged: its header is not of a picture');
  if (width * height > mostUnread) return wrong(`is ${width} pixels wide and ${height} high, too many for a picture`);
  if (depth !== 8 && kind !== palette) return wrong(`has ${depth} bits a channel`);
  return success({ width, height, channels, values: new Uint8Array(), unread: true });
}

/** Pixels of a picture whose header alone is read, at most. */
const mostUnread = 2 ** 26;
const headerChunk = 0x49484452;
const palette = 3;
/** By the kind of pixels in the header: grey, RGB, palette, grey with alpha, RGB with alpha. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, [palette]: 3, 4: 2, 6: 4 };
const anotherForm = 'Save it as PNG with 8 bits a channel.';

const byteOf = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value || 0)));

/** Reads a PNG file of 8 bits a channel (grey, RGB, either with alpha, or a palette); `name` is for messages. Issue: `picture-format`. */
export function decodePicture(bytes: Uint8Array, name: string): Result<Picture> {
  const wrong = (why: string) => failure({ code: 'picture-format', message: `“${name}” ${why}`, hint: anotherForm });
  if (!hasPngSignature(bytes)) return wrong('is no PNG file');
  try {
    const made = decode(bytes, { checkCrc: true });
    const { width, height, depth, palette } = made;
    if (palette !== undefined)
      return success({ width, height, channels: palette[0]?.length ?? 3, values: Uint8Array.from(convertIndexedToRgb(made)) });
    if (depth !== 8 || made.transparency !== undefined)
      return wrong(`has ${depth === 8 ? 'a colour for transparency' : `${depth} bits a channel`}`);
    return success({ width, height, channels: made.channels, values: Uint8Array.from(made.data) });
  } catch (error) {
    return wrong(`is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}
