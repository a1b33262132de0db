import type { Random } from '../../math/random.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Tensor, Tensors } from '../../tensor/backend.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Node } from '../../tensor/node.ts';
import type { Batch, ColumnValues, ConditionalTask } from '../terms.ts';
import type { ColumnCode } from './encoding.ts';
import type { Trainable } from './training.ts';

export type NetworkKind = 'softmax' | 'mixture' | 'flow' | 'unet';

/** What a network is, without its parameters: plain data that a saved factor carries. */
export interface NetworkSpec {
  readonly kind: NetworkKind;
  /** Columns drawn and conditions, in the order of the task. */
  readonly of: readonly ColumnCode[];
  readonly given: readonly ColumnCode[];
  /** Rows that the forward graph takes at a time. */
  readonly rows: number;
  /** Widths of the hidden layers; of a U-Net the channels of its levels. */
  readonly widths: readonly number[];
  /** softmax: neighbouring columns are drawn as one while they have no more combinations (default 256). */
  readonly cells?: number;
  /** mixture: components of each column. */
  readonly components?: number;
  /** flow, unet: steps from noise to data, and what each does. */
  readonly integration?: Integration;
  /** flow, unet: 0 samples the law that was learnt; w > 0 exaggerates the condition and so tempers the law. */
  readonly guidance?: number;
  /** unet: how pictures among the conditions enter (default both). */
  readonly pictures?: 'code' | 'channels' | 'both';
}

export interface Integration {
  readonly method: 'heun' | 'euler';
  readonly steps: number;
}

/** Runs the forward graph of a network once: `spec.rows` rows. */
export type Forward = (feeds: Tensors) => Promise<ReadonlyMap<string, Tensor>>;

/** A kind of network: what it minimises, its forward graph, and how rows are drawn with it. */
export interface NetworkDesign {
  trainable(spec: NetworkSpec, data: Batch, weights: Float64Array | undefined): Trainable;
  /** Outputs of the forward graph on `spec.rows` rows. */
  forward(g: GraphBuilder, spec: NetworkSpec): Readonly<Record<string, Node>>;
  /**
   * One row of `of` for each of `spec.rows` rows of conditions, of which the first `used` count; noise is drawn for those alone,
   * row after row. `condition`: feeds of the conditions.
   */
  draw(spec: NetworkSpec, forward: Forward, condition: Tensors, used: number, random: Random, options: RunOptions): Promise<ColumnValues[]>;
  /** Natural-log probabilities (densities) of the first `used` rows. */
  score?(spec: NetworkSpec, forward: Forward, condition: Tensors, rows: Batch, chosen: Int32Array, used: number): Promise<Float64Array>;
}

export const levelsOf = (task: ConditionalTask, name: string): number => {
  const type = task.types.get(name);
  return type?.kind === 'finite' ? type.levels.length : 0;
};
