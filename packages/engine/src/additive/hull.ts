type Point = readonly [number, number];

/** Corners of the convex hull of points in the plane, counterclockwise (monotone chain of Andrew 1979). */
export function hullOf(x: ArrayLike<number>, y: ArrayLike<number>): Point[] {
  const order = Array.from({ length: x.length }, (_, i) => i).sort(
    (a, b) => (x[a] as number) - (x[b] as number) || (y[a] as number) - (y[b] as number),
  );
  const chain = (list: readonly number[]): Point[] => {
    const made: Point[] = [];
    for (const i of list) {
      const point: Point = [x[i] as number, y[i] as number];
      while (made.length > 1 && turn(made[made.length - 2] as Point, made[made.length - 1] as Point, point) <= 0) made.pop();
      made.push(point);
    }
    return made.slice(0, -1);
  };
  const corners = [...chain(order), ...chain(order.toReversed())];
  return corners.length === 0 && order.length > 0 ? [[x[order[0] as number] as number, y[order[0] as number] as number]] : corners;
}

/** Twice the area of the triangle, positive where it runs counterclockwise. */
const turn = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number => (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);

/** Inside the hull or within `slack` of an edge, as a share of the extent of the hull. */
export function inHull(corners: readonly Point[], point: Point, slack: number): boolean {
  if (corners.length === 0) return false;
  const extent = Math.max(...[0, 1].map((axis) => spread(corners.map((corner) => corner[axis] as number))));
  const room = slack * (extent || Math.max(...corners.flat().map(Math.abs)) || 1);
  if (corners.length < 3) return distanceToSegment(corners[0] as Point, corners[corners.length - 1] as Point, point) <= room;
  return corners.every((corner, i) => {
    const next = corners[(i + 1) % corners.length] as Point;
    return turn(corner, next, point) >= -room * Math.hypot(next[0] - corner[0], next[1] - corner[1]);
  });
}

const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

function distanceToSegment([ax, ay]: Point, [bx, by]: Point, [px, py]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const along = square > 0 ? Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / square)) : 0;
  return Math.hypot(px - ax - along * dx, py - ay - along * dy);
}
