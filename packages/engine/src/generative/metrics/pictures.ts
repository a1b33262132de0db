/** Pictures in rows: `shape` is [channels, height, width] of one, values from 0 to 1, row-major. The tensor column of a batch is one. */
export interface Pictures {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Rows of real features, row-major. */
export interface Features {
  readonly rows: number;
  readonly width: number;
  readonly values: Float64Array;
}

export const pictureCount = ({ shape, values }: Pictures): number => values.length / shape.reduce((product, size) => product * size, 1);

/** Some of the rows, in the order asked for. */
export function pickFeatures({ width, values }: Features, rows: ArrayLike<number>): Features {
  const out = new Float64Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * width;
    out.set(values.subarray(from, from + width), i * width);
  }
  return { rows: rows.length, width, values: out };
}

/** The brightest channel of every pixel, divided by the brightest pixel of the picture (a black picture stays black). */
export function inkOf({ shape, values }: Pictures): Features {
  const [channels, height, width] = shape as readonly [number, number, number];
  const area = height * width;
  const rows = values.length / (channels * area);
  const ink = new Float64Array(rows * area);
  for (let row = 0; row < rows; row++) {
    let most = 0;
    for (let pixel = 0; pixel < area; pixel++) {
      let value = 0;
      for (let channel = 0; channel < channels; channel++)
        value = Math.max(value, values[(row * channels + channel) * area + pixel] as number);
      ink[row * area + pixel] = value;
      most = Math.max(most, value);
    }
    if (most > 0) for (let pixel = 0; pixel < area; pixel++) ink[row * area + pixel] = (ink[row * area + pixel] as number) / most;
  }
  return { rows, width: area, values: ink };
}

export type Rgb = readonly [red: number, green: number, blue: number];

/** The mean colour of the lit pixels (brighter than half of the brightest) of every picture of three channels. */
export function litColours(pictures: Pictures): Features {
  const [channels, height, width] = pictures.shape as readonly [number, number, number];
  if (channels !== 3) throw new Error(`Colours of pictures with ${channels} channels.`);
  const area = height * width;
  const ink = inkOf(pictures);
  const values = new Float64Array(ink.rows * 3);
  for (let row = 0; row < ink.rows; row++) {
    let lit = 0;
    for (let pixel = 0; pixel < area; pixel++) {
      if (!((ink.values[row * area + pixel] as number) > 0.5)) continue;
      lit += 1;
      for (let channel = 0; channel < 3; channel++)
        values[row * 3 + channel] = (values[row * 3 + channel] as number) + (pictures.values[(row * 3 + channel) * area + pixel] as number);
    }
    for (let channel = 0; channel < 3; channel++) values[row * 3 + channel] = (values[row * 3 + channel] as number) / Math.max(1, lit);
  }
  return { rows: ink.rows, width: 3, values };
}

/** Which of the colours of a palette has the hue nearest to that of the mean lit colour; no network is needed for it. */
export function readColours(pictures: Pictures, palette: readonly Rgb[]): Int32Array {
  const lit = litColours(pictures);
  const wanted = palette.map((colour) => {
    const [x, y] = hueVector(colour);
    const length = Math.sqrt(x * x + y * y);
    if (length === 0) throw new Error(`${colour} has no hue.`);
    return [x / length, y / length] as const;
  });
  return Int32Array.from({ length: lit.rows }, (_, row) => {
    const [x, y] = hueVector([...lit.values.subarray(row * 3, row * 3 + 3)] as unknown as Rgb);
    const cosines = wanted.map(([u, v]) => x * u + y * v);
    return cosines.indexOf(Math.max(...cosines));
  });
}

/** Chroma as a vector whose angle is the hue (red at 0, green at 120 degrees). */
const hueVector = ([red, green, blue]: Rgb): readonly [number, number] => [red - (green + blue) / 2, (Math.sqrt(3) / 2) * (green - blue)];
