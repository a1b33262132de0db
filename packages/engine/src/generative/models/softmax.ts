import { exp } from '../../math/elementary.ts';
import type { Tensor, Tensors } from '../../tensor/backend.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import { dense, perceptron, zeros } from '../../tensor/layers.ts';
import type { Node } from '../../tensor/node.ts';
import { codesOf } from '../batch.ts';
import type { Batch, ColumnValues } from '../terms.ts';
import type { NetworkDesign, NetworkSpec } from './design.ts';
import { conditionFeatures, feedsOf, levelFeatures } from './inputs.ts';

/** Finite columns that are drawn together, as one variable with the product of their levels. */
export interface Block {
  /** Positions in `of`. */
  readonly columns: readonly number[];
  readonly sizes: readonly number[];
  readonly cells: number;
}

const mostCells = 256;

/** Neighbouring columns are put together while their product has at most `cells` cells. */
export function blocksOf({ of, cells: most = mostCells }: Pick<NetworkSpec, 'of' | 'cells'>): Block[] {
  const blocks: { columns: number[]; sizes: number[]; cells: number }[] = [];
  for (const [i, code] of of.entries()) {
    if (code.kind !== 'finite') throw new Error(`${code.name} is not finite.`);
    const last = blocks[blocks.length - 1];
    if (last !== undefined && last.cells * code.levels <= most) {
      last.columns.push(i);
      last.sizes.push(code.levels);
      last.cells *= code.levels;
    } else blocks.push({ columns: [i], sizes: [code.levels], cells: code.levels });
  }
  return blocks;
}

/** log P(block | conditions, blocks before): [rows, cells] each. `target`: cells of the blocks, [rows, blocks]. */
function laws(g: GraphBuilder, spec: NetworkSpec, rows: number): { readonly logs: readonly Node[]; readonly target: Node | undefined } {
  const blocks = blocksOf(spec);
  const condition = conditionFeatures(g, spec.given, rows);
  const target = blocks.length > 1 ? g.input('target', [rows, blocks.length]) : undefined;
  const cellAt = (b: number): Node => g.reshape(g.slice(target as Node, 1, b, b + 1), [rows]);
  const logs = blocks.map(({ cells }, b) => {
    const before = blocks.slice(0, b).map((block, i) => levelFeatures(g, `block${i}`, cellAt(i), block.cells));
    const x = g.concat([condition, ...before], 1);
    const scores = g.add(
      perceptron(g, x, `block${b}.net`, [...spec.widths, cells], { last: zeros }),
      dense(g, x, `block${b}.line`, cells, { initial: zeros }),
    );
    return g.logSoftmax(scores);
  });
  return { logs, target };
}

function cellsOf(spec: NetworkSpec, blocks: readonly Block[], data: Batch, rows: Int32Array): Float32Array {
  const codes = spec.of.map(({ name }) => codesOf(data, name));
  const out = new Float32Array(rows.length * blocks.length);
  for (const [b, { columns, sizes }] of blocks.entries()) {
    for (let row = 0; row < rows.length; row++) {
      let cell = 0;
      for (let i = 0; i < columns.length; i++)
        cell = cell * (sizes[i] as number) + ((codes[columns[i] as number] as Int32Array)[rows[row] as number] as number);
      out[row * blocks.length + b] = cell;
    }
  }
  return out;
}

/** Categorical laws of joint blocks of finite columns, each given the conditions and the blocks before it; trained by maximum likelihood. */
export const softmaxDesign: NetworkDesign = {
  trainable(spec, data, weights) {
    const blocks = blocksOf(spec);
    return {
      rows: data.rows,
      ...(weights === undefined ? {} : { weights }),
      loss(g, rows) {
        const { logs } = laws(g, spec, rows);
        const target = g.input('target', [rows, blocks.length]);
        const parts = logs.map((log, b) => {
          const hot = g.oneHot(g.reshape(g.slice(target, 1, b, b + 1), [rows]), (blocks[b] as Block).cells);
          return g.reduceSum(g.multiply(hot, log), [1]);
        });
        return g.negate(parts.reduce((sum, part) => g.add(sum, part)));
      },
      feeds(rows) {
        const feeds = feedsOf('given', spec.given, data, rows);
        feeds.set('target', { shape: [rows.length, blocks.length], values: cellsOf(spec, blocks, data, rows) });
        return feeds;
      },
    };
  },
  forward(g, spec) {
    return Object.fromEntries(laws(g, spec, spec.rows).logs.map((log, b) => [`law${b}`, log]));
  },
  async draw(spec, forward, condition, used, random) {
    const blocks = blocksOf(spec);
    const target = new Float32Array(spec.rows * blocks.length);
    const columns = spec.of.map(() => new Int32Array(used));
    for (const [b, { columns: own, sizes, cells }] of blocks.entries()) {
      const { values } = (await forward(fed(spec, blocks, condition, target))).get(`law${b}`) as Tensor;
      for (let row = 0; row < used; row++) {
        const drawn = cellAbove(values, row * cells, cells, random.next());
        target[row * blocks.length + b] = drawn;
        let cell = drawn;
        for (let i = own.length - 1; i >= 0; i--) {
          const size = sizes[i] as number;
          (columns[own[i] as number] as Int32Array)[row] = cell % size;
          cell = Math.floor(cell / size);
        }
      }
    }
    return columns.map((values): ColumnValues => ({ kind: 'finite', values }));
  },
  async score(spec, forward, condition, rows, chosen, used) {
    const blocks = blocksOf(spec);
    const target = cellsOf(spec, blocks, rows, chosen);
    const out = await forward(fed(spec, blocks, condition, target));
    return Float64Array.from({ length: used }, (_, row) =>
      blocks.reduce((sum, { cells }, b) => {
        const { values } = out.get(`law${b}`) as Tensor;
        return sum + (values[row * cells + (target[row * blocks.length + b] as number)] as number);
      }, 0),
    );
  },
};

const fed = ({ rows }: NetworkSpec, blocks: readonly Block[], condition: Tensors, target: Float32Array): Tensors =>
  blocks.length === 1 ? condition : new Map([...condition, ['target', { shape: [rows, blocks.length], values: target }]]);

/** The cell in which a uniform number falls, cells as long as their probabilities. */
export function cellAbove(logs: ArrayLike<number>, from: number, cells: number, uniform: number): number {
  let sum = 0;
  for (let i = 0; i < cells; i++) sum += exp(logs[from + i] as number);
  let left = uniform * sum;
  let last = 0;
  for (let i = 0; i < cells; i++) {
    const share = exp(logs[from + i] as number);
    if (share === 0) continue;
    if (left < share) return i;
    left -= share;
    last = i;
  }
  return last;
}
