import { graphlib, layout } from '@dagrejs/dagre';
import type { Edge } from './graph.ts';
import type { Name } from './variable.ts';

export interface Box {
  readonly name: Name;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The only file that knows dagre. Boxes in layers along the arrows; centres in the units of the boxes. */
export function layered(
  boxes: readonly Box[],
  arrows: readonly Edge[],
  options: { readonly direction: 'down' | 'right'; readonly apart: number; readonly layersApart: number },
): ReadonlyMap<Name, Point> {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: options.direction === 'down' ? 'TB' : 'LR', nodesep: options.apart, ranksep: options.layersApart });
  graph.setDefaultEdgeLabel(() => ({}));
  // Numbers as keys: names may hold characters that dagre gives a meaning.
  const keys = new Map(boxes.map((box, i) => [box.name, `n${i}`]));
  for (const { name, width, height } of boxes) graph.setNode(keys.get(name) as string, { width, height });
  for (const [from, to] of arrows) graph.setEdge(keys.get(from) as string, keys.get(to) as string);
  layout(graph);
  return new Map(
    boxes.map(({ name }) => {
      const { x, y } = graph.node(keys.get(name) as string) as Point;
      return [name, { x, y }];
    }),
  );
}
