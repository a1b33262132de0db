import type { Name } from '../../graph/variable.ts';
import type { Random } from '../../math/random.ts';
import { Interrupted, type RunOptions } from '../../run/progress.ts';
import type { Backend, Executable, Tensors } from '../../tensor/backend.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { type Graph, layoutOf, withParameters } from '../../tensor/graph.ts';
import { type Node, sizeOf } from '../../tensor/node.ts';
import { concatenated } from '../batch.ts';
import type { Batch, ColumnValues, ConditionalModel, ConditionalTask } from '../terms.ts';
import type { NetworkDesign, NetworkKind, NetworkSpec } from './design.ts';
import { flowDesign } from './flow.ts';
import { feedsOf } from './inputs.ts';
import { mixtureDesign } from './mixture.ts';
import { withinReach } from './reach.ts';
import { softmaxDesign } from './softmax.ts';
import type { TrainingReport } from './training.ts';
import { unetDesign } from './unet.ts';

export const designOf = (kind: NetworkKind): NetworkDesign => designs[kind];
const designs: Readonly<Record<NetworkKind, NetworkDesign>> = {
  softmax: softmaxDesign,
  mixture: mixtureDesign,
  flow: flowDesign,
  unet: unetDesign,
};

/** A trained network that samples one conditional law. */
export interface NetworkModel extends ConditionalModel {
  readonly kind: NetworkKind;
  readonly spec: NetworkSpec;
  /** The flat vector that the forward graph holds. */
  readonly parameters: Float32Array;
  /** Absent: loaded without it. */
  readonly report?: TrainingReport;
  /** Frees what the backend holds; the model may still be used and asks for it anew. */
  dispose(): Promise<void>;
}

/** How many parameters a network of this spec has. Throws ShapeError where the spec contradicts itself. */
export function parameterCount(spec: NetworkSpec): number {
  const g = new GraphBuilder();
  designOf(spec.kind).forward(g, spec);
  return layoutOf(g.parameters).size;
}

/**
 * The forward graph with its parameters inside, as one vector from which the weights are cut in the order of their declaration:
 * what is saved as ONNX, and what runs.
 */
export function forwardGraph(spec: NetworkSpec, parameters: Float32Array): Graph {
  const g = new GraphBuilder();
  return inVector(designOf(spec.kind).forward(g, spec), g, parameters);
}

/** The same for any outputs of a builder. */
export function inVector(
  outputs: ReadonlyMap<string, Node> | Readonly<Record<string, Node>>,
  g: GraphBuilder,
  parameters: Float32Array,
): Graph {
  const { layout, size } = layoutOf(g.parameters);
  if (parameters.length !== size) throw new Error(`${parameters.length} values for ${size} parameters.`);
  let vector: Node | undefined;
  return withParameters(outputs, (name, shape, builder) => {
    const { offset } = layout.get(name) as { readonly offset: number };
    vector ??= builder.constant(parameters);
    return builder.reshape(builder.slice(vector, 0, offset, offset + sizeOf(shape)), shape);
  });
}

export function networkModel(
  task: ConditionalTask,
  spec: NetworkSpec,
  parameters: Float32Array,
  backend: Backend,
  options: { readonly report?: TrainingReport; readonly threads?: number } = {},
): NetworkModel {
  const design = designOf(spec.kind);
  let ready: Promise<Executable> | undefined;
  const forward = async (feeds: Tensors): ReturnType<Executable['run']> => {
    ready ??= backend.compile(forwardGraph(spec, parameters), options.threads === undefined ? {} : { threads: options.threads });
    return (await ready).run(feeds);
  };
  const chunks = function* (rows: number): Generator<{ readonly from: number; readonly used: number; readonly chosen: Int32Array }> {
    for (let from = 0; from < rows; from += spec.rows) {
      const used = Math.min(spec.rows, rows - from);
      yield { from, used, chosen: Int32Array.from({ length: spec.rows }, (_, i) => from + Math.min(i, used - 1)) };
    }
  };
  const { score } = design;
  return {
    kind: spec.kind,
    task,
    spec,
    parameters,
    ...(options.report === undefined ? {} : { report: options.report }),
    async sample(given: Batch, random: Random, run: RunOptions = {}) {
      const parts: Batch[] = [];
      for (const { from, used, chosen } of chunks(given.rows)) {
        if (run.signal?.aborted === true) throw new Interrupted();
        const columns = await design.draw(spec, forward, feedsOf('given', spec.given, given, chosen), used, random.split(from), run);
        parts.push({ rows: used, columns: new Map(task.of.map((name, i): [Name, ColumnValues] => [name, columns[i] as ColumnValues])) });
        run.onProgress?.({ task: `draw ${task.of.join(', ')}`, done: from + used, total: given.rows });
        await run.pause?.();
      }
      return parts.length === 0 ? nothing(spec) : concatenated(parts);
    },
    ...(score === undefined
      ? {}
      : {
          async logProbability(rows: Batch) {
            const out = new Float64Array(rows.rows);
            for (const { from, used, chosen } of chunks(rows.rows))
              out.set(await score(spec, forward, feedsOf('given', spec.given, rows, chosen), rows, chosen, used), from);
            return out;
          },
        }),
    supports: (given: Batch) => withinReach(spec.given, given),
    async dispose() {
      const held = ready;
      ready = undefined;
      await (await held)?.dispose();
    },
  };
}

/** No rows. */
function nothing(spec: NetworkSpec): Batch {
  const blank = (code: NetworkSpec['of'][number]): ColumnValues => {
    if (code.kind === 'finite') return { kind: 'finite', values: new Int32Array(0) };
    if (code.kind === 'real') return { kind: 'real', values: new Float64Array(0) };
    return { kind: 'tensor', shape: code.shape, values: new Float32Array(0) };
  };
  return { rows: 0, columns: new Map(spec.of.map((code) => [code.name, blank(code)])) };
}
