import type { Backend, Executable, Tensor } from '../../tensor/backend.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { frozen, type Graph, layoutOf } from '../../tensor/graph.ts';
import { convolution, dense } from '../../tensor/layers.ts';
import type { Node } from '../../tensor/node.ts';
import type { Pictures } from '../metrics/pictures.ts';

export type PictureShape = readonly [channels: number, height: number, width: number];

/** What a head tells the levels of: a label of a lesson. */
export interface CodeLabel {
  readonly lesson: string;
  readonly label: string;
  readonly levels: number;
}

/** `from`: where its levels begin in the readings. */
export interface CodeHead extends CodeLabel {
  readonly from: number;
}

/** A trained code as plain data. */
export interface CodeState {
  readonly shape: PictureShape;
  /** Numbers that a picture is summed up in. */
  readonly features: number;
  readonly labels: readonly CodeLabel[];
  /** By the layout of {@link codeNetwork}. */
  readonly parameters: Float32Array;
}

/** Reads off pictures of one shape what columns of the data they go with. */
export interface CodeReader {
  readonly state: CodeState;
  readonly heads: readonly CodeHead[];
  /** Numbers that a picture is read as: the levels of all heads. */
  readonly width: number;
  /** rows x width: what each head gives the levels of its label, as probabilities that sum to 1 over them. */
  readings(pictures: Pictures): Promise<Float32Array>;
  /** The likeliest levels of the labels of a lesson. */
  predict(pictures: Pictures, lesson: string): Promise<Map<string, Int32Array>>;
  /** Frees what the backend holds; the code may still be used and asks for it anew. */
  dispose(): Promise<void>;
}

/** Pictures read at a time. */
export const readRows = 256;

export const headName = (lesson: string, label: string): string => `${lesson} ${label}`;

/** Logits of every label, [rows, levels] each, in their order. */
export function codeLogits(g: GraphBuilder, rows: number, shape: PictureShape, features: number, labels: readonly CodeLabel[]): Node[] {
  const seen = trunk(g, rows, shape, features);
  return labels.map(({ lesson, label, levels }) => dense(g, seen, headName(lesson, label), levels));
}

/** The graph of the readings of {@link readRows} pictures, before it is given parameters. Throws ShapeError for shapes that it does not take. */
export function codeNetwork({ shape, features, labels }: Omit<CodeState, 'parameters'>): {
  readonly outputs: ReadonlyMap<string, Node>;
  readonly builder: GraphBuilder;
  /** How many parameters it has. */
  readonly size: number;
} {
  const builder = new GraphBuilder();
  const parts = codeLogits(builder, readRows, shape, features, labels).map((logits) => builder.softmax(logits));
  const outputs = new Map([['readings', builder.concat(parts, 1)]]);
  return { outputs, builder, size: layoutOf(builder.parameters).size };
}

export function codeGraph(state: CodeState): Graph {
  const { outputs, builder } = codeNetwork(state);
  return frozen(outputs, builder.parameters, state.parameters);
}

export function codeReader(state: CodeState, backend: Backend, options: { readonly threads?: number } = {}): CodeReader {
  const { shape, labels } = state;
  const width = labels.reduce((sum, { levels }) => sum + levels, 0);
  const heads = labels.map((label, i): CodeHead => {
    return { ...label, from: labels.slice(0, i).reduce((sum, before) => sum + before.levels, 0) };
  });
  const { read: readings, dispose } = inBlocks(() => codeGraph(state), shape, width, backend, options);
  return {
    state,
    heads,
    width,
    readings,
    async predict(of, lesson) {
      const own = heads.filter((head) => head.lesson === lesson);
      if (own.length === 0) throw new Error(`The code has not learnt from ${lesson}.`);
      return likeliest(await readings(of), width, own);
    },
    dispose,
  };
}

/** Runs a graph that makes `width` numbers, its only output, of each of {@link readRows} `pictures`; compiled at first use. */
export function inBlocks(
  graph: () => Graph,
  shape: PictureShape,
  width: number,
  backend: Backend,
  options: { readonly threads?: number },
): { read(of: Pictures): Promise<Float32Array>; dispose(): Promise<void> } {
  const size = shape.reduce((product, each) => product * each, 1);
  let ready: Promise<Executable> | undefined;
  return {
    async read(of) {
      ready ??= backend.compile(graph(), options.threads === undefined ? {} : { threads: options.threads });
      const executable = await ready;
      const rows = of.values.length / size;
      const values = new Float32Array(rows * width);
      const fed = new Float32Array(readRows * size);
      for (let from = 0; from < rows; from += readRows) {
        const used = Math.min(readRows, rows - from);
        fed.set(of.values.subarray(from * size, (from + used) * size));
        const made = await executable.run(new Map([['pictures', { shape: [readRows, ...shape], values: fed }]]));
        const [out] = made.values();
        values.set((out as Tensor).values.subarray(0, used * width), from * width);
      }
      return values;
    },
    async dispose() {
      const held = ready;
      ready = undefined;
      await (await held)?.dispose();
    },
  };
}

/** By label, the level of each row that a head finds likeliest. */
export const likeliest = (readings: Float32Array, width: number, heads: readonly CodeHead[]): Map<string, Int32Array> =>
  new Map(heads.map(({ label, levels, from }) => [label, largest(readings, width, from, levels)]));

/** Per row, the level with the largest of the numbers from `from` on. */
function largest(readings: Float32Array, width: number, from: number, levels: number): Int32Array {
  return Int32Array.from({ length: readings.length / width }, (_, row) => {
    const at = row * width + from;
    let best = 0;
    for (let level = 1; level < levels; level++) if ((readings[at + level] as number) > (readings[at + best] as number)) best = level;
    return best;
  });
}

/** What `pictures` are summed up in, [rows, width]: two convolutions on the channels and their maximum, a dense layer. Pictures of 16 pixels and more are halved at once. */
export function trunk(g: GraphBuilder, rows: number, [channels, height, across]: PictureShape, width: number): Node {
  const pictures = g.input('pictures', [rows, channels, height, across]);
  const planes = Array.from({ length: channels }, (_, c) => g.slice(pictures, 1, c, c + 1));
  let x = channels === 1 ? pictures : g.concat([planes.reduce((most, plane) => g.maximum(most, plane)), pictures], 1);
  const large = Math.min(height, across) >= 16;
  x = g.relu(convolution(g, x, 'code.conv0', 16, large ? { size: 5, stride: 2 } : {}));
  x = g.relu(convolution(g, x, 'code.conv1', 32));
  if ((x.shape[2] as number) % 2 === 0 && (x.shape[3] as number) % 2 === 0) x = g.averagePool(x, 2);
  const size = x.shape.slice(1).reduce((product, each) => product * each, 1);
  return g.relu(dense(g, g.reshape(x, [rows, size]), 'code.features', width));
}
