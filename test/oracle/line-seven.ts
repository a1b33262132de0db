import { ancestorsOf, arcComponents, inducedSubgraph, type MixedGraph } from './mixed-graph.ts';

/**
 * Does P(outcomes | do(treatments)) need line 7 of ID? With D = An(outcomes) after removing the treatments, line 7 is reached
 * exactly when some arc component of D is not an arc component of the graph on its own ancestors: then its factor is no
 * product of conditionals of an observed margin, and conditionals of a derived distribution are needed (or there is a hedge).
 * A property of the graph alone; says nothing on identifiability.
 */
export function needsLineSeven(graph: MixedGraph, outcomes: readonly number[], treatments: readonly number[]): boolean {
  const set = new Set(treatments);
  const rest = new Set(graph.names.map((_, node) => node).filter((node) => !set.has(node)));
  const relevant = ancestorsOf(
    graph,
    outcomes.filter((node) => rest.has(node)),
    set,
  );
  for (const node of set) relevant.delete(node);
  return arcComponents(graph, relevant).some((component) => {
    const around = ancestorsOf(graph, component);
    const whole = arcComponents(graph, around).find((other) => [...component].some((node) => other.has(node)));
    return whole !== undefined && whole.size > component.size;
  });
}

/**
 * The part of {@link needsLineSeven} where wrong formulas come from: after line 7, a conditional of the derived distribution
 * is formed (the napkin), and not only a sum (the front door). With T the component on the ancestors of a component C of D:
 * the ancestors of C inside T fall into several arc components.
 */
export function needsDerivedConditional(graph: MixedGraph, outcomes: readonly number[], treatments: readonly number[]): boolean {
  const set = new Set(treatments);
  const relevant = ancestorsOf(
    graph,
    outcomes.filter((node) => !set.has(node)),
    set,
  );
  for (const node of set) relevant.delete(node);
  return arcComponents(graph, relevant).some((component) => {
    const [first] = component;
    const whole = arcComponents(graph, ancestorsOf(graph, component)).find((other) => other.has(first as number)) as Set<number>;
    if (whole.size === component.size) return false;
    const outside = new Set(graph.names.map((_, node) => node).filter((node) => !whole.has(node)));
    const inside = new Set(component);
    for (const node of inside) for (const parent of graph.parents[node] as readonly number[]) if (!outside.has(parent)) inside.add(parent);
    return arcComponents(graph, inside).length > 1;
  });
}

/** {@link needsLineSeven} after the nodes of an experiment are taken out of the graph. */
export function needsLineSevenWithin(
  graph: MixedGraph,
  experiment: readonly number[],
  outcomes: readonly number[],
  treatments: readonly number[],
): boolean {
  const keep = new Set(graph.names.map((_, node) => node).filter((node) => !experiment.includes(node)));
  const smaller = inducedSubgraph(graph, keep);
  const move = (nodes: readonly number[]): number[] =>
    nodes.filter((node) => keep.has(node)).map((node) => smaller.names.indexOf(graph.names[node] as string));
  return needsLineSeven(smaller, move(outcomes), move(treatments));
}
