import { GraphBuilder } from './builder.ts';
import { type Node, type Shape, sizeOf } from './node.ts';

/** Nodes that some output needs, inputs before what uses them; nothing else is kept. */
export interface Graph {
  readonly nodes: readonly Node[];
  /** By name, in the order in which they were declared. Inputs that no output needs are left out. */
  readonly inputs: ReadonlyMap<string, Shape>;
  readonly outputs: ReadonlyMap<string, Node>;
}

/** The graph of some outputs. Parameters must have been given values ({@link withParameters}) or made trainable (trainStep). */
export function graphOf(outputs: ReadonlyMap<string, Node> | Readonly<Record<string, Node>>): Graph {
  const named = outputs instanceof Map ? (outputs as ReadonlyMap<string, Node>) : new Map(Object.entries(outputs));
  const nodes = reachable([...named.values()]);
  const inputs = new Map<string, Shape>();
  for (const { operation } of nodes) {
    if (operation.op === 'input') inputs.set(operation.name, operation.shape);
    if (operation.op === 'parameter') throw new Error(`The parameter ${operation.name} has no value.`);
  }
  for (const name of named.keys()) if (inputs.has(name)) throw new Error(`${name} is both an input and an output.`);
  return { nodes, inputs, outputs: named };
}

/** All nodes that these need, in the order in which they were built. */
export function reachable(roots: readonly Node[]): Node[] {
  const found = new Set<Node>();
  const open = [...roots];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    open.push(...node.inputs);
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/** Where each parameter lies in the flat vector of all: offset and shape, in order of declaration. */
export type Layout = ReadonlyMap<string, { readonly offset: number; readonly shape: Shape }>;

export function layoutOf(parameters: readonly Node[]): { readonly layout: Layout; readonly size: number } {
  const layout = new Map<string, { offset: number; shape: Shape }>();
  let size = 0;
  for (const { operation } of parameters) {
    if (operation.op !== 'parameter') throw new Error(`${operation.op} is no parameter.`);
    layout.set(operation.name, { offset: size, shape: operation.shape });
    size += sizeOf(operation.shape);
  }
  return { layout, size };
}

/** The same outputs over new nodes, each parameter replaced by what `value` makes of it. */
export function withParameters(
  outputs: ReadonlyMap<string, Node> | Readonly<Record<string, Node>>,
  value: (name: string, shape: Shape, builder: GraphBuilder) => Node,
): Graph {
  const named = outputs instanceof Map ? (outputs as ReadonlyMap<string, Node>) : new Map(Object.entries(outputs));
  const builder = new GraphBuilder();
  const copies = new Map<Node, Node>();
  for (const node of reachable([...named.values()])) {
    const { operation } = node;
    const copy =
      operation.op === 'parameter'
        ? value(operation.name, operation.shape, builder)
        : builder.node(
            operation,
            node.inputs.map((input) => copies.get(input) as Node),
          );
    copies.set(node, copy);
  }
  return graphOf(new Map([...named].map(([name, node]) => [name, copies.get(node) as Node])));
}

/** The graph with trained parameters as constants: `values` is the flat vector of `parameters` (those of the builder). */
export function frozen(
  outputs: ReadonlyMap<string, Node> | Readonly<Record<string, Node>>,
  parameters: readonly Node[],
  values: Float32Array | Float64Array,
): Graph {
  const { layout, size } = layoutOf(parameters);
  if (values.length !== size) throw new Error(`${values.length} values for ${size} parameters.`);
  return withParameters(outputs, (name, shape, builder) => {
    const { offset } = layout.get(name) as { offset: number };
    return builder.constant(values.subarray(offset, offset + sizeOf(shape)), shape);
  });
}
