import { exp, log } from '../math/elementary.ts';
import type { GraphBuilder } from './builder.ts';
import { type Initial, type Node, ShapeError, spell } from './node.ts';

/** Keeps the spread of values and of gradients about even (Glorot and Bengio 2010). */
export const glorot = (fanIn: number, fanOut: number): Initial => ({ kind: 'uniform', bound: Math.sqrt(6 / (fanIn + fanOut)) });
/** Keeps the spread of values through relu and silu (He et al. 2015). */
export const he = (fanIn: number): Initial => ({ kind: 'normal', deviation: Math.sqrt(2 / fanIn) });
export const zeros: Initial = { kind: 'constant', value: 0 };
export const ones: Initial = { kind: 'constant', value: 1 };

/** x times a weight [in, width] plus a bias, on the last axis of x. Parameters `name.weight` and `name.bias`. */
export function dense(g: GraphBuilder, x: Node, name: string, width: number, options: { readonly initial?: Initial } = {}): Node {
  const fanIn = x.shape[x.shape.length - 1] as number;
  const weight = g.parameter(`${name}.weight`, [fanIn, width], options.initial ?? glorot(fanIn, width));
  return g.add(g.matmul(x, weight), g.parameter(`${name}.bias`, [width], zeros));
}

export interface PerceptronOptions {
  /** `silu` unless given. */
  readonly activation?: 'silu' | 'relu' | 'tanh';
  /** Of the last layer's weight; `zeros` starts with the outcome 0. */
  readonly last?: Initial;
}

/** Dense layers of these widths with an activation between them (none after the last). x: [rows, columns]. */
export function perceptron(g: GraphBuilder, x: Node, name: string, widths: readonly number[], options: PerceptronOptions = {}): Node {
  const { activation = 'silu', last } = options;
  return widths.reduce((value, width, i) => {
    if (i < widths.length - 1) return g[activation](dense(g, value, `${name}.${i}`, width));
    return dense(g, value, `${name}.${i}`, width, last === undefined ? {} : { initial: last });
  }, x);
}

export interface ConvolutionOptions {
  /** Height and width of the kernel; 3 unless given. */
  readonly size?: number;
  readonly stride?: number;
  readonly initial?: Initial;
}

/** A convolution with `same` padding and a bias. x: [N, C, H, W]. */
export function convolution(g: GraphBuilder, x: Node, name: string, channels: number, options: ConvolutionOptions = {}): Node {
  const { size = 3, stride = 1 } = options;
  const before = x.shape[1] as number;
  const kernel = g.parameter(`${name}.weight`, [channels, before, size, size], options.initial ?? he(before * size * size));
  const bias = g.parameter(`${name}.bias`, [channels], zeros);
  return g.add(g.conv2d(x, kernel, { stride }), g.reshape(bias, [1, channels, 1, 1]));
}

const least = 1e-5;

/** Mean 0 and variance 1 along the last axis. */
function standardised(g: GraphBuilder, x: Node): Node {
  const centred = g.subtract(x, g.reduceMean(x, [-1], true));
  const variance = g.reduceMean(g.square(centred), [-1], true);
  return g.multiply(centred, g.divide(1, g.sqrt(g.add(variance, least))));
}

/** Standardised along the last axis, then scaled and shifted by trained vectors (Ba et al. 2016). */
export function layerNorm(g: GraphBuilder, x: Node, name: string): Node {
  const width = x.shape[x.shape.length - 1] as number;
  return g.add(g.multiply(standardised(g, x), g.parameter(`${name}.scale`, [width], ones)), g.parameter(`${name}.shift`, [width], zeros));
}

/** Standardised over groups of channels and all pixels of an image, then scaled and shifted per channel (Wu and He 2018). */
export function groupNorm(g: GraphBuilder, x: Node, name: string, groups: number): Node {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  if (x.shape.length !== 4 || c % groups !== 0) throw new ShapeError(`groupNorm: ${spell(x.shape)} in ${groups} groups.`);
  const even = g.reshape(standardised(g, g.reshape(x, [n, groups, (c / groups) * h * w])), x.shape);
  const each = (part: string, initial: Initial): Node => g.reshape(g.parameter(`${name}.${part}`, [c], initial), [1, c, 1, 1]);
  return g.add(g.multiply(even, each('scale', ones)), each('shift', zeros));
}

/** Sines and cosines of a time in [0, 1] at geometric frequencies from 1,000 down to about 0.1: [N] to [N, width], width even. */
export function timeEmbedding(g: GraphBuilder, time: Node, width: number): Node {
  if (time.shape.length !== 1 || width % 2 !== 0) throw new ShapeError(`timeEmbedding: ${spell(time.shape)} to width ${width}.`);
  const half = width / 2;
  const frequencies = Float64Array.from({ length: half }, (_, i) => 1000 * exp((-log(10000) * i) / half));
  const angles = g.multiply(g.reshape(time, [time.shape[0] as number, 1]), g.constant(frequencies, [1, half]));
  return g.concat([g.sin(angles), g.cos(angles)], 1);
}

export interface UnetOptions {
  /** Channels from the full image downwards; each level halves height and width, which must be divisible. [16, 32, 64] unless given. */
  readonly channels?: readonly number[];
  /** Channels of the outcome; those of the image unless given. */
  readonly out?: number;
  /** Width of the embedding of time and conditions; 4 times the first level's channels unless given. */
  readonly embedding?: number;
}

/**
 * A small U-Net (Ronneberger et al. 2015) of residual blocks, for velocities or noise of images of 8x8, 28x28 or 32x32. Time [N] in
 * [0, 1] and a condition [N, d] (class and colour as one-hot columns, reals standardised) scale and shift every block (FiLM, Perez
 * et al. 2018). Images that condition are put beside the input by the caller, as further channels. The outcome starts at 0.
 */
export function unet(
  g: GraphBuilder,
  image: Node,
  name: string,
  given: { readonly time?: Node; readonly condition?: Node },
  options: UnetOptions = {},
): Node {
  const channels = options.channels ?? [16, 32, 64];
  const [first = 16] = channels;
  const { out = image.shape[1] as number, embedding = 4 * first } = options;
  const parts = [
    ...(given.time === undefined ? [] : [timeEmbedding(g, given.time, embedding)]),
    ...(given.condition === undefined ? [] : [given.condition]),
  ];
  const code = parts.length === 0 ? undefined : g.silu(perceptron(g, g.concat(parts, 1), `${name}.code`, [embedding, embedding]));
  const block = (x: Node, at: string, width: number): Node => residual(g, x, `${name}.${at}`, width, code);

  let x = convolution(g, image, `${name}.in`, first);
  const skips: Node[] = [];
  for (const [level, width] of channels.entries()) {
    if (level > 0) x = g.averagePool(x, 2);
    x = block(x, `down${level}`, width);
    skips.push(x);
  }
  x = block(x, 'middle', channels[channels.length - 1] as number);
  for (let level = channels.length - 2; level >= 0; level--) {
    x = block(g.concat([g.upsample(x, 2), skips[level] as Node], 1), `up${level}`, channels[level] as number);
  }
  const last = g.silu(groupNorm(g, x, `${name}.norm`, groupsOf(first)));
  return convolution(g, last, `${name}.out`, out, { initial: zeros });
}

const groupsOf = (channels: number): number => [8, 4, 2, 1].find((groups) => channels % groups === 0 && channels >= 2 * groups) ?? 1;

function residual(g: GraphBuilder, x: Node, name: string, width: number, code: Node | undefined): Node {
  const [n, before] = x.shape as [number, number];
  let h = convolution(g, g.silu(groupNorm(g, x, `${name}.norm0`, groupsOf(before))), `${name}.conv0`, width);
  h = groupNorm(g, h, `${name}.norm1`, groupsOf(width));
  if (code !== undefined) {
    const film = g.reshape(dense(g, code, `${name}.film`, 2 * width), [n, 2 * width, 1, 1]);
    h = g.add(g.multiply(h, g.add(g.slice(film, 1, 0, width), 1)), g.slice(film, 1, width, 2 * width));
  }
  h = convolution(g, g.silu(h), `${name}.conv1`, width);
  return g.add(before === width ? x : convolution(g, x, `${name}.skip`, width, { size: 1 }), h);
}
