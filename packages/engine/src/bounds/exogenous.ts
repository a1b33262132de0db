import { assemble, type Edge, type Graph } from '../graph/graph.ts';
import type { Name } from '../graph/variable.ts';
import { arcLatent } from '../model/mechanism.ts';

/** An exogenous variable with the endogenous variables that read it, in topological order. */
export interface Source {
  readonly name: string;
  readonly children: readonly Name[];
}

export interface Exogenised {
  /** The endogenous variables and the arrows among them. */
  readonly graph: Graph;
  /** The exogenous variables that read nothing, explicit ones included (also those without children). */
  readonly sources: readonly Source[];
}

/**
 * The graph in which every hidden variable is a root: a hidden variable with parents gives them to its children (its own noise
 * remains a root), and an arc is a root with two children. Cardinalities of hidden variables are free, so no counterfactual
 * distribution over `endogenous` is gained or lost (Evans 2016, section 3; Rosset, Gisin and Wolfe 2018).
 */
export function exogenise(graph: Graph, endogenous: ReadonlySet<Name>): Exogenised {
  const down = new Map<string, Set<string>>();
  const up = new Map<string, Set<string>>();
  for (const name of graph.index.names) {
    down.set(name, new Set());
    up.set(name, new Set());
  }
  const link = (from: string, to: string): void => {
    down.get(from)?.add(to);
    up.get(to)?.add(from);
  };
  for (const [from, to] of graph.arrows) link(from, to);
  const arcs: string[] = [];
  for (const [a, b] of graph.arcs) {
    let name = arcLatent(a, b);
    while (down.has(name)) name += "'";
    arcs.push(name);
    down.set(name, new Set());
    link(name, a);
    link(name, b);
  }
  const hidden = graph.index.names.filter((name) => !endogenous.has(name));
  for (const name of hidden) {
    for (const parent of up.get(name) ?? []) {
      for (const child of down.get(name) ?? []) link(parent, child);
      down.get(parent)?.delete(name);
    }
    up.set(name, new Set());
  }
  const variables = new Map([...graph.variables].filter(([name]) => endogenous.has(name)));
  const arrows: Edge[] = [...variables.keys()].flatMap((name) => [...(down.get(name) ?? [])].map((child): Edge => [name, child]));
  const plain = assemble(variables, arrows, []);
  const place = plain.index.numbers;
  const sources = [...hidden, ...arcs].map((name) => ({
    name,
    children: [...(down.get(name) ?? [])]
      .filter((child) => endogenous.has(child))
      .sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0)),
  }));
  return { graph: plain, sources };
}
