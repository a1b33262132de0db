import type { ColumnValues } from '../../generative/terms.ts';
import type { Random } from '../../math/random.ts';
import type { Exemplars } from './exemplars.ts';

/** Six hues 60 degrees apart, the three primaries first. */
export const colours = ['red', 'green', 'blue', 'cyan', 'magenta', 'yellow'] as const;
export const colourHues: readonly number[] = [0, 120, 240, 180, 300, 60];
export const thicknesses = ['thin', 'thick'] as const;
export const textures = ['plain', 'striped'] as const;

/** Everything that makes one coloured picture per row. Thickness and texture: absent means as the exemplar is. */
export interface Recipe {
  readonly rows: number;
  readonly exemplar: Int32Array;
  /** Indices into {@link colours}. */
  readonly colour: Int32Array;
  readonly thickness?: Int32Array;
  readonly texture?: Int32Array;
  /** Pixels to the right and down. */
  readonly shift: readonly [Int8Array, Int8Array];
  /** Factor on all pixels. */
  readonly brightness: Float64Array;
  /** Degrees added to the hue. */
  readonly turn: Float64Array;
}

/** How much a picture may vary without any attribute changing. */
export interface Jitter {
  /** Largest shift in pixels, each way on both axes. */
  readonly shift: number;
  /** Brightness is uniform from here to 1. */
  readonly dimmest: number;
  /** Largest turn of the hue in degrees, each way. */
  readonly turn: number;
}

/** No shift of 8 x 8 pictures, whose ink reaches the border. */
export const jitterOf = (side: number): Jitter => ({ shift: side < 16 ? 0 : 1, dimmest: 0.85, turn: 8 });

export interface Attributes {
  /** The class of the exemplar (digit, garment). */
  readonly class: Int32Array;
  readonly colour: Int32Array;
  readonly thickness?: Int32Array;
  readonly texture?: Int32Array;
}

/** Exemplar and jitter for rows of given attributes; the exemplar is uniform in its class. */
export function drawRecipe(
  exemplars: Exemplars,
  attributes: Attributes,
  random: Random,
  jitter: Jitter = jitterOf(exemplars.side),
): Recipe {
  const rows = attributes.class.length;
  const pick = random.split('exemplar');
  const move = random.split('shift');
  const light = random.split('light');
  const exemplar = attributes.class.map((label) => {
    const pool = exemplars.byClass[label];
    if (pool === undefined || pool.length === 0) throw new Error(`No exemplar of class ${label}.`);
    return pool[pick.integer(pool.length)] as number;
  });
  const shift: [Int8Array, Int8Array] = [new Int8Array(rows), new Int8Array(rows)];
  const brightness = new Float64Array(rows);
  const turn = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (const axis of shift) axis[row] = move.integer(2 * jitter.shift + 1) - jitter.shift;
    brightness[row] = jitter.dimmest + (1 - jitter.dimmest) * light.next();
    turn[row] = jitter.turn * (2 * light.next() - 1);
  }
  const { colour, thickness, texture } = attributes;
  return { rows, exemplar, colour, shift, brightness, turn, ...(thickness && { thickness }), ...(texture && { texture }) };
}

/** The pictures of rows `from` up to `to`: a tensor column of shape [3, side, side], red, green, blue planes from 0 to 1. */
export function renderRecipe(exemplars: Exemplars, recipe: Recipe, from: number = 0, to: number = recipe.rows): TensorColumn {
  const { side } = exemplars;
  const area = side * side;
  const values = new Float32Array((to - from) * 3 * area);
  const ink = new Float64Array(area);
  for (let row = from; row < to; row++) {
    inkOf(exemplars, recipe, row, ink);
    const [red, green, blue] = hueToRgb((colourHues[recipe.colour[row] as number] as number) + (recipe.turn[row] as number));
    const gain = (recipe.brightness[row] as number) / exemplars.brightest;
    const at = (row - from) * 3 * area;
    for (let pixel = 0; pixel < area; pixel++) {
      const value = gain * (ink[pixel] as number);
      values[at + pixel] = value * red;
      values[at + area + pixel] = value * green;
      values[at + 2 * area + pixel] = value * blue;
    }
  }
  return { kind: 'tensor', shape: [3, side, side], values };
}

export type TensorColumn = Extract<ColumnValues, { kind: 'tensor' }>;

/** Shifted, thickened or thinned, striped ink of one row. */
function inkOf(exemplars: Exemplars, recipe: Recipe, row: number, ink: Float64Array): void {
  const { side, pixels } = exemplars;
  const from = (recipe.exemplar[row] as number) * side * side;
  const thickness = recipe.thickness?.[row];
  const striped = recipe.texture?.[row] === 1;
  const [dx, dy] = [recipe.shift[0][row] as number, recipe.shift[1][row] as number];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [fromX, fromY] = [x - dx, y - dy];
      const outside = fromX < 0 || fromY < 0 || fromX >= side || fromY >= side;
      let value = outside ? 0 : (pixels[from + fromY * side + fromX] as number);
      if (!outside && thickness !== undefined) value = filtered(pixels, from, side, fromX, fromY, thickness === 1);
      ink[y * side + x] = striped && y % 4 < 2 ? value / 3 : value;
    }
  }
}

/** Pixel and its 3 x 3 neighbourhood: thick takes the maximum, thin goes a part of the way to the minimum (all of it would rub out fine strokes). */
function filtered(pixels: Uint8Array, from: number, side: number, x: number, y: number, thick: boolean): number {
  const own = pixels[from + y * side + x] as number;
  let extreme = own;
  for (let v = Math.max(0, y - 1); v <= Math.min(side - 1, y + 1); v++)
    for (let u = Math.max(0, x - 1); u <= Math.min(side - 1, x + 1); u++) {
      // On 8 x 8 pixels only the four nearest count: a full square would fill the holes of digits.
      if (side < 16 && u !== x && v !== y) continue;
      const value = pixels[from + v * side + u] as number;
      extreme = thick ? Math.max(extreme, value) : Math.min(extreme, value);
    }
  const part = thick ? (side < 16 ? 0.5 : 1) : 0.5;
  return own + part * (extreme - own);
}

/** The fully saturated colour of a hue in degrees. */
export function hueToRgb(hue: number): [number, number, number] {
  const channel = (offset: number): number => {
    const place = (((hue + offset) % 360) + 360) % 360;
    return Math.min(1, Math.max(0, 2 - Math.abs(place - 120) / 60));
  };
  return [channel(120), channel(0), channel(240)];
}

/** The colours as red, green and blue shares. */
export const palette: readonly (readonly [number, number, number])[] = colourHues.map(hueToRgb);
