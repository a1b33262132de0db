import type { Result } from '../run/issue.ts';
import { assemble, createGraph, type Edge, type Graph } from './graph.ts';
import type { Name, Variable } from './variable.ts';

/** The part of the graph on `keep`: its variables and the edges among them. */
export function induced(graph: Graph, keep: Iterable<Name>): Graph {
  const kept = new Set(keep);
  const inside = ([a, b]: Edge): boolean => kept.has(a) && kept.has(b);
  const variables = new Map([...graph.variables].filter(([name]) => kept.has(name)));
  return assemble(variables, graph.arrows.filter(inside), graph.arcs.filter(inside));
}

/** The graph without `names` and every edge at them. */
export function without(graph: Graph, names: Iterable<Name>): Graph {
  const gone = new Set(names);
  return induced(
    graph,
    [...graph.variables.keys()].filter((name) => !gone.has(name)),
  );
}

/** The graph of do(names): no arrow into them and no arc at them. */
export function cutInto(graph: Graph, names: Iterable<Name>): Graph {
  const cut = new Set(names);
  return assemble(
    graph.variables,
    graph.arrows.filter(([, to]) => !cut.has(to)),
    graph.arcs.filter(([a, b]) => !cut.has(a) && !cut.has(b)),
  );
}

/** The graph without the arrows out of `names`; their arcs stay. */
export function cutOutOf(graph: Graph, names: Iterable<Name>): Graph {
  const cut = new Set(names);
  return assemble(
    graph.variables,
    graph.arrows.filter(([from]) => !cut.has(from)),
    graph.arcs,
  );
}

/** With more arrows; ends that are new become variables. Issues as of {@link createGraph} (`cycle`, `self-loop`). */
export function addArrows(graph: Graph, arrows: readonly Edge[]): Result<Graph> {
  return createGraph({ variables: [...graph.variables.values()], arrows: [...graph.arrows, ...arrows], arcs: graph.arcs });
}

/** With more arcs; ends that are new become variables. Issues: `self-loop`. */
export function addArcs(graph: Graph, arcs: readonly Edge[]): Result<Graph> {
  return createGraph({ variables: [...graph.variables.values()], arrows: graph.arrows, arcs: [...graph.arcs, ...arcs] });
}

export function removeArrows(graph: Graph, arrows: readonly Edge[]): Graph {
  const gone = new Set(arrows.map((edge) => JSON.stringify(edge)));
  return assemble(
    graph.variables,
    graph.arrows.filter((edge) => !gone.has(JSON.stringify(edge))),
    graph.arcs,
  );
}

/** Without the arcs given, whichever way round they are written. */
export function removeArcs(graph: Graph, arcs: readonly Edge[]): Graph {
  const gone = new Set(arcs.flatMap(([a, b]) => [JSON.stringify([a, b]), JSON.stringify([b, a])]));
  return assemble(
    graph.variables,
    graph.arrows,
    graph.arcs.filter((edge) => !gone.has(JSON.stringify(edge))),
  );
}

/** With `variables` declared: each replaces the variable of its name (place kept) or is added at the end without edges. */
export function withVariables(graph: Graph, variables: Iterable<Variable>): Graph {
  const all = new Map(graph.variables);
  for (const variable of variables) all.set(variable.name, variable);
  return assemble(all, graph.arrows, graph.arcs);
}

/** With the variables `names` marked latent, or observed if `latent` is false. */
export function withLatent(graph: Graph, names: Iterable<Name>, latent = true): Graph {
  const changed: Variable[] = [];
  for (const name of names) {
    const variable = graph.variables.get(name);
    if (variable === undefined) continue;
    const { latent: _, ...rest } = variable;
    changed.push(latent ? { ...rest, latent } : rest);
  }
  return withVariables(graph, changed);
}

/** The explicit form: every arc `a <-> b` becomes a latent variable with arrows to a and b. Names are made fresh. */
export function arcsToLatents(graph: Graph): Graph {
  const variables = new Map(graph.variables);
  const arrows: Edge[] = [...graph.arrows];
  for (const [a, b] of graph.arcs) {
    let name = `U_${a}_${b}`;
    while (variables.has(name)) name += '_';
    variables.set(name, { name, latent: true });
    arrows.push([name, a], [name, b]);
  }
  return assemble(variables, arrows, []);
}
