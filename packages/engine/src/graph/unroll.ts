import { assemble, type Edge, type Graph } from './graph.ts';
import type { Name, Variable } from './variable.ts';

/** `nodes[i]` gives the name of each variable's copy at position i + 1, `mechanisms` the parameter that its copies share. */
export interface Unrolled {
  readonly graph: Graph;
  readonly nodes: readonly ReadonlyMap<Name, Name>[];
  readonly mechanisms: ReadonlyMap<Name, Name>;
}

/**
 * The graph of exchangeable rows that come from independent causal mechanisms: `positions` copies `X@1`, `X@2`, … of the
 * graph, and for every variable one latent parameter, a parent of all its copies (Guo et al. 2023, "Causal de Finetti").
 */
export function unroll(graph: Graph, positions: number): Unrolled {
  const variables = new Map<Name, Variable>();
  const declare = (wanted: Name, variable: Omit<Variable, 'name'>): Name => {
    let name = wanted;
    while (variables.has(name)) name += "'";
    variables.set(name, { ...variable, name });
    return name;
  };
  const nodes = Array.from({ length: positions }, (_, i) => {
    return new Map([...graph.variables.values()].map((variable) => [variable.name, declare(`${variable.name}@${i + 1}`, variable)]));
  });
  const mechanisms = new Map([...graph.variables.keys()].map((name) => [name, declare(`theta(${name})`, { latent: true })]));
  const copied = (edges: readonly Edge[]): Edge[] =>
    nodes.flatMap((copies) => edges.map(([a, b]): Edge => [copies.get(a) as Name, copies.get(b) as Name]));
  const arrows = [...mechanisms].flatMap(([name, parameter]) => nodes.map((copies): Edge => [parameter, copies.get(name) as Name]));
  return { graph: assemble(variables, [...copied(graph.arrows), ...arrows], copied(graph.arcs)), nodes, mechanisms };
}
