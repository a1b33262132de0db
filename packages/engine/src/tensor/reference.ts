import type { Backend, Tensor, Tensors } from './backend.ts';
import type { Graph } from './graph.ts';
import { evaluate } from './kernels.ts';
import { type Node, sameShape, spell } from './node.ts';

/** Runs a graph in float64 with plain loops: the oracle of the other backends, and the fallback where none is installed. */
export function interpret(graph: Graph, feeds: Tensors): Map<string, Tensor> {
  const values = new Map<Node, Float64Array>();
  const uses = new Map<Node, number>();
  for (const node of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.values()]) uses.set(node, (uses.get(node) ?? 0) + 1);
  for (const node of graph.nodes) {
    const { operation } = node;
    if (operation.op === 'input') {
      values.set(node, Float64Array.from(checkedFeed(graph, feeds, operation.name).values));
      continue;
    }
    values.set(
      node,
      evaluate(
        node,
        node.inputs.map((input) => values.get(input) as Float64Array),
      ),
    );
    for (const input of node.inputs) {
      const left = (uses.get(input) as number) - 1;
      uses.set(input, left);
      if (left === 0) values.delete(input);
    }
  }
  return new Map(
    [...graph.outputs].map(([name, node]) => [name, { shape: node.shape, values: Float64Array.from(values.get(node) as Float64Array) }]),
  );
}

/** The tensor fed to an input; a missing one or one of another shape is a fault of the caller. */
export function checkedFeed(graph: Graph, feeds: Tensors, name: string): Tensor {
  const [feed, shape] = [feeds.get(name), graph.inputs.get(name)];
  if (feed === undefined || shape === undefined) throw new Error(`Nothing is fed to the input ${name}.`);
  if (!sameShape(feed.shape, shape)) throw new Error(`The input ${name} is ${spell(shape)}, not ${spell(feed.shape)}.`);
  return feed;
}

/** The reference as a backend. */
export const referenceBackend: Backend = {
  name: 'reference',
  async compile(graph) {
    return { run: async (feeds) => interpret(graph, feeds), dispose: async () => {} };
  },
};
