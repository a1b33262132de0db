import type { Backend } from '../../tensor/backend.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { frozen, layoutOf } from '../../tensor/graph.ts';
import { dense } from '../../tensor/layers.ts';
import type { Node } from '../../tensor/node.ts';
import type { Pictures } from '../metrics/pictures.ts';
import { inBlocks, type PictureShape, readRows, trunk } from './code-network.ts';

/** What was learnt of pairs, as plain data. */
export interface PairState {
  readonly shape: PictureShape;
  /** Numbers that a picture is summed up in before it is two. */
  readonly features: number;
  /** By the layout of {@link pairNetwork}. */
  readonly parameters: Float32Array;
}

/** Two numbers of each picture: what it tells of the second picture of its pair, where it is the first, and the other way round. */
export interface PairReader {
  readonly state: PairState;
  readonly width: 2;
  /** rows x 2. */
  of(pictures: Pictures): Promise<Float32Array>;
  /** Frees what the backend holds; the reader may still be used and asks for it anew. */
  dispose(): Promise<void>;
}

/** [rows, 2] of `pictures`. */
export const pairScores = (g: GraphBuilder, rows: number, shape: PictureShape, features: number): Node =>
  dense(g, trunk(g, rows, shape, features), 'code.pair', 2);

/** The graph that reads {@link readRows} pictures, before it is given parameters. Throws ShapeError for shapes that it does not take. */
export function pairNetwork({ shape, features }: Omit<PairState, 'parameters'>): {
  readonly outputs: ReadonlyMap<string, Node>;
  readonly builder: GraphBuilder;
  /** How many parameters it has. */
  readonly size: number;
} {
  const builder = new GraphBuilder();
  const outputs = new Map([['scores', pairScores(builder, readRows, shape, features)]]);
  return { outputs, builder, size: layoutOf(builder.parameters).size };
}

export function pairReader(state: PairState, backend: Backend, options: { readonly threads?: number } = {}): PairReader {
  const graph = () => {
    const { outputs, builder } = pairNetwork(state);
    return frozen(outputs, builder.parameters, state.parameters);
  };
  const { read, dispose } = inBlocks(graph, state.shape, 2, backend, options);
  return { state, width: 2, of: read, dispose };
}
