export type { Edge, Graph, GraphParts } from './graph/graph.ts';
export { createGraph } from './graph/graph.ts';
