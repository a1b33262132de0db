import type { Point } from '../../graph/layered.ts';

/** A rectangle by its centre. */
export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}

/** A quadratic curve; a straight line if `control` is on it. */
export interface Curve {
  readonly from: Point;
  readonly control: Point;
  readonly to: Point;
}

const samples = 24;

export interface Route {
  /** Shares of the distance by which the curve may swing out, the dearest last; positive: to the left of the way. */
  readonly bulges: readonly number[];
  /** Space between the curve and the two nodes. */
  readonly gap: number;
  /** Nodes to keep off, and curves that should rather not be crossed. */
  readonly around: readonly Rectangle[];
  readonly across: readonly Curve[];
}

/** A curve between the borders of two nodes: of the bulges offered the first with the fewest nodes under it, then crossings. */
export function route(a: Rectangle, b: Rectangle, { bulges, gap, around, across }: Route): Curve {
  let best: Curve | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const bulge of bulges) {
    const curve = between(a, b, bulge, gap);
    const cost = 10 * hitsOf(curve, around) + crossings(curve, across);
    if (cost < least) [best, least] = [curve, cost];
    if (least === 0) break;
  }
  return best ?? between(a, b, 0, gap);
}

export function pointAt({ from, control, to }: Curve, t: number): Point {
  const [p, q, r] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
  return { x: p * from.x + q * control.x + r * to.x, y: p * from.y + q * control.y + r * to.y };
}

/** An arrowhead at `tip` for a line that comes from `from`: its three corners. */
export function head(from: Point, tip: Point, length: number, width: number): readonly [Point, Point, Point] {
  const away = Math.hypot(tip.x - from.x, tip.y - from.y) || 1;
  const [ux, uy] = [(tip.x - from.x) / away, (tip.y - from.y) / away];
  const base = { x: tip.x - ux * length, y: tip.y - uy * length };
  return [
    tip,
    { x: base.x - uy * (width / 2), y: base.y + ux * (width / 2) },
    { x: base.x + uy * (width / 2), y: base.y - ux * (width / 2) },
  ];
}

function between(a: Rectangle, b: Rectangle, bulge: number, gap: number): Curve {
  const control = { x: (a.x + b.x) / 2 + (b.y - a.y) * bulge, y: (a.y + b.y) / 2 - (b.x - a.x) * bulge };
  return { from: border(a, control, gap), control, to: border(b, control, gap) };
}

/** Where the line from the centre towards a point leaves the rectangle with its round corners, `gap` further out. */
function border(box: Rectangle, towards: Point, gap: number): Point {
  const [dx, dy] = [towards.x - box.x, towards.y - box.y];
  const away = Math.hypot(dx, dy);
  if (away === 0) return { x: box.x, y: box.y };
  const [ux, uy] = [dx / away, dy / away];
  const [w, h] = [box.width / 2 + gap, box.height / 2 + gap];
  const radius = cornerRadius(box.height) + gap;
  const outside = (d: number): boolean => {
    const [x, y] = [Math.abs(ux * d) - w + radius, Math.abs(uy * d) - h + radius];
    return Math.hypot(Math.max(x, 0), Math.max(y, 0)) + Math.min(Math.max(x, y), 0) > radius;
  };
  let [low, high] = [0, Math.hypot(w, h) + 1];
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (outside(middle)) high = middle;
    else low = middle;
  }
  return { x: box.x + ux * high, y: box.y + uy * high };
}

export const cornerRadius = (height: number): number => Math.min(height / 2, 16);

function crossings(curve: Curve, others: readonly Curve[]): number {
  const steps = 8;
  const line = (of: Curve): Point[] => Array.from({ length: steps + 1 }, (_, i) => pointAt(of, i / steps));
  const mine = line(curve);
  const side = (p: Point, q: Point, r: Point): number => (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
  let count = 0;
  for (const other of others) {
    const theirs = line(other);
    for (let i = 0; i < steps; i++) {
      const [a, b] = [mine[i] as Point, mine[i + 1] as Point];
      for (let j = 0; j < steps; j++) {
        const [c, d] = [theirs[j] as Point, theirs[j + 1] as Point];
        if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) count++;
      }
    }
  }
  return count;
}

function hitsOf(curve: Curve, others: readonly Rectangle[]): number {
  const [xs, ys] = [
    [curve.from.x, curve.control.x, curve.to.x],
    [curve.from.y, curve.control.y, curve.to.y],
  ];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  let hits = 0;
  for (const box of others) {
    const [w, h] = [box.width / 2 + 5, box.height / 2 + 5];
    if (box.x + w < left || box.x - w > right || box.y + h < top || box.y - h > bottom) continue;
    for (let i = 0; i <= samples; i++) {
      const point = pointAt(curve, i / samples);
      if (Math.abs(point.x - box.x) > w || Math.abs(point.y - box.y) > h) continue;
      hits++;
      break;
    }
  }
  return hits;
}
