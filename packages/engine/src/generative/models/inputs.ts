import type { Tensor } from '../../tensor/backend.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import { convolution, dense } from '../../tensor/layers.ts';
import type { Node } from '../../tensor/node.ts';
import type { Batch } from '../terms.ts';
import { type ColumnCode, encodeNumbers, encodeTensor, isNumber, isTensor, type NumberCode, type TensorCode } from './encoding.ts';

/** Finite columns with more levels than this enter through a trained embedding. */
const mostIndicators = 64;
const embeddingWidth = 32;
/** Numbers that a picture is summed up in. */
const pictureWidth = 64;

/** Feeds of `columns`: one tensor of all columns of numbers (named `name`, where there are any), one per tensor column (`name.column`). */
export function feedsOf(name: string, codes: readonly ColumnCode[], batch: Batch, rows: Int32Array): Map<string, Tensor> {
  const feeds = new Map<string, Tensor>();
  const numbers = codes.filter(isNumber);
  if (numbers.length > 0) feeds.set(name, { shape: [rows.length, numbers.length], values: encodeNumbers(numbers, batch, rows) });
  for (const code of codes.filter(isTensor))
    feeds.set(`${name}.${code.name}`, { shape: [rows.length, ...code.shape], values: encodeTensor(code, batch, rows) });
  return feeds;
}

/** The node of the numbers that {@link feedsOf} feeds; undefined where there are none. */
export const numbersInput = (g: GraphBuilder, name: string, codes: readonly ColumnCode[], rows: number): Node | undefined => {
  const count = codes.filter(isNumber).length;
  return count === 0 ? undefined : g.input(name, [rows, count]);
};

/** Indicators or embeddings of levels, real numbers as they are: [rows, width] each. */
export function numberFeatures(g: GraphBuilder, name: string, codes: readonly NumberCode[], numbers: Node): Node[] {
  return codes.map((code, i) => {
    const column = g.slice(numbers, 1, i, i + 1);
    if (code.kind === 'real') return column;
    const index = g.reshape(column, [numbers.shape[0] as number]);
    return levelFeatures(g, `${name}.${code.name}`, index, code.levels);
  });
}

/** Level indices [rows] as indicators or, where there are many levels, an embedding. */
export function levelFeatures(g: GraphBuilder, name: string, index: Node, levels: number): Node {
  if (levels <= mostIndicators) return g.oneHot(index, levels);
  return g.gather(g.parameter(`${name}.embedding`, [levels, embeddingWidth], { kind: 'normal', deviation: 1 }), index);
}

/** All conditions as columns of features: [rows, width]; a column of ones where there are none, so that a network has an input. */
export function conditionFeatures(g: GraphBuilder, codes: readonly ColumnCode[], rows: number, keep?: Node): Node {
  const numbers = numbersInput(g, 'given', codes, rows);
  const parts = numbers === undefined ? [] : numberFeatures(g, 'given', codes.filter(isNumber), numbers);
  for (const code of codes.filter(isTensor)) parts.push(tensorFeatures(g, code, rows));
  if (parts.length === 0) return g.broadcast(g.scalar(1), [rows, 1]);
  const all = g.concat(parts, 1);
  return keep === undefined ? all : g.multiply(all, keep);
}

export const tensorInput = (g: GraphBuilder, code: TensorCode, rows: number): Node => g.input(`given.${code.name}`, [rows, ...code.shape]);

/** Channels, height and width of a tensor that is a picture (two axes: one channel). */
export function pictureShape({ shape }: { readonly shape: readonly number[] }): readonly [number, number, number] | undefined {
  if (shape.length === 2) return [1, shape[0] as number, shape[1] as number];
  return shape.length === 3 ? (shape as readonly [number, number, number]) : undefined;
}

/** Whether all columns are pictures of one height and width. */
export function oneSize(codes: readonly ColumnCode[]): boolean {
  const shapes = codes.map((code) => (isTensor(code) ? pictureShape(code) : undefined));
  return shapes.every((shape) => shape !== undefined && shape[1] === shapes[0]?.[1] && shape[2] === shapes[0]?.[2]);
}

/** A picture through three small convolutions, any other tensor through one dense layer: [rows, 64]. */
function tensorFeatures(g: GraphBuilder, code: TensorCode, rows: number): Node {
  const name = `given.${code.name}`;
  const input = tensorInput(g, code, rows);
  const shape = pictureShape(code);
  if (shape === undefined) {
    const size = code.shape.reduce((product, each) => product * each, 1);
    return g.silu(dense(g, g.reshape(input, [rows, size]), `${name}.code`, pictureWidth));
  }
  let x = g.reshape(input, [rows, ...shape]);
  for (const [i, channels] of [16, 32, 16].entries()) {
    x = g.silu(convolution(g, x, `${name}.conv${i}`, channels));
    const [height, width] = [x.shape[2] as number, x.shape[3] as number];
    if (height % 2 === 0 && width % 2 === 0 && Math.min(height, width) >= 4) x = g.averagePool(x, 2);
  }
  const size = x.shape.slice(1).reduce((product, each) => product * each, 1);
  return g.silu(dense(g, g.reshape(x, [rows, size]), `${name}.code`, pictureWidth));
}
