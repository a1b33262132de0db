import type { Graph } from './graph.ts';
import { type Box, layered, type Point } from './layered.ts';
import type { Name } from './variable.ts';

export interface LayoutOptions {
  /** Which way arrows point; default down. */
  readonly direction?: 'down' | 'right';
  /** Width and height of a node; default 60 x 36. */
  readonly sizeOf?: (name: Name) => { readonly width: number; readonly height: number };
  /** Free space between nodes of a layer and between layers; default 36 and 48. */
  readonly apart?: number;
  readonly layersApart?: number;
}

/** Positions beyond this are no places on a picture and are disregarded. */
const farthest = 1e9;

/**
 * A place for the centre of every variable, in order of declaration. Declared positions are kept as they are; if there are
 * some, the other nodes are put around them, in the same units, and off one another. Without any: layers along the arrows.
 * The same graph gives the same places.
 */
export function layoutOf(graph: Graph, options: LayoutOptions = {}): ReadonlyMap<Name, Point> {
  const sizeOf = options.sizeOf ?? (() => ({ width: 60, height: 36 }));
  const boxes = [...graph.variables.keys()].map((name): Box => ({ name, ...sizeOf(name) }));
  const pinned = new Map<Name, Point>();
  for (const { name, position } of graph.variables.values()) {
    if (position !== undefined && Math.max(Math.abs(position.x), Math.abs(position.y)) <= farthest) pinned.set(name, position);
  }
  if (pinned.size === boxes.length) return pinned;
  const apart = options.apart ?? 36;
  const places = layered(boxes, graph.arrows, { direction: options.direction ?? 'down', apart, layersApart: options.layersApart ?? 48 });
  if (pinned.size === 0) return places;

  const fixed = boxes.filter(({ name }) => pinned.has(name));
  const scale = spreadOf(fixed, pinned, apart);
  const middle = (of: ReadonlyMap<Name, Point>, by: number): Point => {
    const points = fixed.map(({ name }) => of.get(name) as Point);
    const mean = (axis: 'x' | 'y'): number => points.reduce((sum, point) => sum + point[axis] * by, 0) / points.length;
    return { x: mean('x'), y: mean('y') };
  };
  const [here, there] = [middle(pinned, scale), middle(places, 1)];
  const taken = fixed.map((box) => {
    const point = pinned.get(box.name) as Point;
    return { box, x: point.x * scale, y: point.y * scale };
  });
  const found = new Map<Name, Point>();
  for (const box of boxes) {
    const kept = pinned.get(box.name);
    if (kept !== undefined) {
      found.set(box.name, kept);
      continue;
    }
    const wish = places.get(box.name) as Point;
    const place = freePlace(box, { x: wish.x - there.x + here.x, y: wish.y - there.y + here.y }, taken, apart / 2);
    taken.push({ box, ...place });
    found.set(box.name, { x: place.x / scale, y: place.y / scale });
  }
  return found;
}

/**
 * The factor by which places must be multiplied so that no two boxes come closer than `apart`; at least 1. Bounded, so that
 * two nodes in nearly one place do not blow everything up.
 */
export function spreadOf(boxes: readonly Box[], places: ReadonlyMap<Name, Point>, apart: number): number {
  let factor = 1;
  const at = boxes.map((box) => ({ box, ...(places.get(box.name) as Point) }));
  for (const [i, a] of at.entries()) {
    for (const b of at.slice(i + 1)) {
      const [dx, dy] = [Math.abs(a.x - b.x), Math.abs(a.y - b.y)];
      const needed = Math.min(((a.box.width + b.box.width) / 2 + apart) / dx, ((a.box.height + b.box.height) / 2 + apart) / dy);
      if (Number.isFinite(needed)) factor = Math.max(factor, needed);
    }
  }
  const extent = (axis: 'x' | 'y'): number => Math.max(...at.map((p) => p[axis])) - Math.min(...at.map((p) => p[axis]));
  const widest = Math.max(...boxes.map((box) => box.width), 1) + apart;
  const span = at.length < 2 ? 0 : Math.max(extent('x'), extent('y'));
  return span === 0 ? 1 : Math.max(1, Math.min(factor, (boxes.length * widest) / span));
}

/** The place nearest to the wish, on widening rings around it, where the box touches no other. */
function freePlace(
  box: Box,
  wish: Point,
  taken: readonly { readonly box: Box; readonly x: number; readonly y: number }[],
  gap: number,
): Point {
  const free = ({ x, y }: Point): boolean =>
    taken.every((other) => {
      const [dx, dy] = [Math.abs(other.x - x), Math.abs(other.y - y)];
      return dx >= (box.width + other.box.width) / 2 + gap || dy >= (box.height + other.box.height) / 2 + gap;
    });
  if (free(wish)) return wish;
  const step = Math.min(box.width, box.height) / 2;
  const directions = [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
    [1, 1],
    [-1, 1],
    [1, -1],
    [-1, -1],
  ] as const;
  for (let ring = 1; ring <= 4 * taken.length + 40; ring++) {
    for (const [dx, dy] of directions) {
      const place = { x: wish.x + dx * ring * step, y: wish.y + dy * ring * step };
      if (free(place)) return place;
    }
  }
  return wish;
}
