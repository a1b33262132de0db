import { factorise, substitute } from '../../math/cholesky.ts';
import { type Matrix, matrix } from '../../math/linear.ts';
import type { Random } from '../../math/random.ts';
import { principalComponents } from '../principal-components.ts';
import { type Features, inkOf, litColours, type Pictures, type Rgb, readColours } from './pictures.ts';

/** Something that reads attributes off pictures: a small network, or the ridge below. All pictures have one shape. */
export interface PictureReader {
  readonly attributes: readonly { readonly name: string; readonly levels: number }[];
  /** Level indices of every attribute, one per picture. */
  predict(pictures: Pictures): Promise<ReadonlyMap<string, Int32Array>>;
  /** What distances between laws of pictures are measured on. */
  features(pictures: Pictures): Promise<Features>;
}

export interface RidgeReaderOptions {
  readonly random: Random;
  /** Read from the hue instead of learnt; its levels are the colours of the palette. */
  readonly colour?: { readonly name: string; readonly palette: readonly Rgb[] };
  /** Random rectified units (default 256). */
  readonly units?: number;
  /** Principal components among the features (default 32). */
  readonly components?: number;
}

/** Of a picture of 64 pixels or more: enough to tell digits apart, little enough to learn from a few thousand. */
const defaultUnits = 256;
const ridge = 1e-3;

/**
 * A reader from labelled pictures: ridge regression of the indicators of each attribute on random rectified features of the ink (one
 * hidden layer whose first weights are drawn, not learnt); a class is the largest score. In place of a trained network where there is none.
 * Features of a picture: the first principal components of its ink, the scores, and its mean lit colour where there is colour.
 */
export function fitRidgeReader(
  pictures: Pictures,
  labels: ReadonlyMap<string, { readonly levels: number; readonly values: Int32Array }>,
  options: RidgeReaderOptions,
): PictureReader {
  const ink = inkOf(pictures);
  const width = ink.width;
  const units = options.units ?? defaultUnits;
  const layer = drawLayer(ink, units, options.random.split('layer'));
  const hidden = hiddenOf(ink, layer);
  const learnt = [...labels].filter(([name]) => name !== options.colour?.name);
  const heads = learnt.map(([name, { levels, values }]) => ({ name, levels, weights: fitHead(hidden, values, levels) }));
  let axes: Matrix | undefined;
  const { colour } = options;
  const scoresOf = (of: Pictures): { readonly ink: Features; readonly scores: readonly Float64Array[] } => {
    const own = inkOf(of);
    if (own.width !== width) throw new Error(`A reader of ${width} pixels given ${own.width}.`);
    const activity = hiddenOf(own, layer);
    return { ink: own, scores: heads.map(({ weights, levels }) => times(activity, weights, levels)) };
  };
  return {
    attributes: [
      ...heads.map(({ name, levels }) => ({ name, levels })),
      ...(colour === undefined ? [] : [{ name: colour.name, levels: colour.palette.length }]),
    ],
    async predict(of) {
      const { scores } = scoresOf(of);
      const read = new Map(heads.map(({ name, levels }, h) => [name, largest(scores[h] as Float64Array, levels)]));
      if (colour !== undefined) read.set(colour.name, readColours(of, colour.palette));
      return read;
    },
    async features(of) {
      const { ink: own, scores } = scoresOf(of);
      axes ??= axesOf(ink, Math.min(options.components ?? 32, width), options.random.split('components'));
      const blocks = [
        { width: axes.rows, values: projected(own, axes) },
        ...heads.map(({ levels }, h) => ({ width: levels, values: scores[h] as Float64Array })),
        ...(of.shape[0] === 3 ? [litColours(of)] : []),
      ];
      return sideBySide(own.rows, blocks);
    },
  };
}

interface Layer {
  readonly units: number;
  /** units x width. */
  readonly weights: Float64Array;
  readonly offsets: Float64Array;
}

/** Directions between two pictures drawn at random, cut halfway: they follow the spread of the data (Constrained ELM, Zhu et al. 2014). */
function drawLayer({ rows, width, values }: Features, units: number, random: Random): Layer {
  const weights = new Float64Array(units * width);
  const offsets = new Float64Array(units);
  for (let unit = 0; unit < units; unit++) {
    let size = 0;
    const difference = new Float64Array(width);
    const middle = new Float64Array(width);
    for (let attempt = 0; attempt < 20 && size < 1e-6; attempt++) {
      const [a, b] = [random.integer(rows) * width, random.integer(rows) * width];
      size = 0;
      for (let i = 0; i < width; i++) {
        difference[i] = (values[a + i] as number) - (values[b + i] as number);
        middle[i] = ((values[a + i] as number) + (values[b + i] as number)) / 2;
        size += (difference[i] as number) ** 2;
      }
    }
    let offset = 0;
    for (let i = 0; i < width; i++) {
      const weight = size > 0 ? (difference[i] as number) / Math.sqrt(size) : 0;
      weights[unit * width + i] = weight;
      offset += weight * (middle[i] as number);
    }
    offsets[unit] = offset;
  }
  return { units, weights, offsets };
}

/** Rectified units and a constant. */
function hiddenOf({ rows, width, values }: Features, { units, weights, offsets }: Layer): Features {
  const out = new Float64Array(rows * (units + 1));
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      let sum = -(offsets[unit] as number);
      for (let i = 0; i < width; i++) sum += (values[row * width + i] as number) * (weights[unit * width + i] as number);
      out[row * (units + 1) + unit] = Math.max(0, sum);
    }
    out[row * (units + 1) + units] = 1;
  }
  return { rows, width: units + 1, values: out };
}

/** width x levels: least squares of the indicators with a small ridge. */
function fitHead({ rows, width, values }: Features, labels: Int32Array, levels: number): Float64Array {
  const gram = new Float64Array(width * width);
  const right = Array.from({ length: levels }, () => new Float64Array(width));
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    const own = right[labels[row] as number] as Float64Array;
    for (let i = 0; i < width; i++) {
      const value = values[from + i] as number;
      if (value === 0) continue;
      own[i] = (own[i] as number) + value;
      for (let j = 0; j <= i; j++) gram[i * width + j] = (gram[i * width + j] as number) + value * (values[from + j] as number);
    }
  }
  for (let i = 0; i < width; i++) gram[i * width + i] = (gram[i * width + i] as number) + ridge * rows;
  factorise(gram, width);
  const weights = new Float64Array(width * levels);
  const column = new Float64Array(width);
  right.forEach((sums, level) => {
    substitute(gram, width, sums, column);
    for (let i = 0; i < width; i++) weights[i * levels + level] = column[i] as number;
  });
  return weights;
}

/** rows x levels. */
function times({ rows, width, values }: Features, weights: Float64Array, levels: number): Float64Array {
  const out = new Float64Array(rows * levels);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++) {
      const value = values[row * width + i] as number;
      if (value !== 0)
        for (let level = 0; level < levels; level++)
          out[row * levels + level] = (out[row * levels + level] as number) + value * (weights[i * levels + level] as number);
    }
  return out;
}

function largest(scores: Float64Array, levels: number): Int32Array {
  return Int32Array.from({ length: scores.length / levels }, (_, row) => {
    const own = scores.subarray(row * levels, (row + 1) * levels);
    return own.indexOf(Math.max(...own));
  });
}

/** count x width. */
function axesOf({ rows, width, values }: Features, count: number, random: Random): Matrix {
  const { directions } = principalComponents(values, rows, width, count, random);
  return matrix(directions.length / width, width, directions);
}

function projected({ rows, width, values }: Features, axes: Matrix): Float64Array {
  const out = new Float64Array(rows * axes.rows);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < axes.rows; k++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (values[row * width + i] as number) * (axes.values[k * width + i] as number);
      out[row * axes.rows + k] = sum;
    }
  return out;
}

function sideBySide(rows: number, blocks: readonly { readonly width: number; readonly values: Float64Array }[]): Features {
  const width = blocks.reduce((sum, block) => sum + block.width, 0);
  const values = new Float64Array(rows * width);
  let at = 0;
  for (const block of blocks) {
    for (let row = 0; row < rows; row++) values.set(block.values.subarray(row * block.width, (row + 1) * block.width), row * width + at);
    at += block.width;
  }
  return { rows, width, values };
}
