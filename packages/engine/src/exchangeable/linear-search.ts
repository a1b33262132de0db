/** A smooth function's value, with its gradient written into `gradient`. */
export type Smooth = (at: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
  readonly steps: number;
}

/** A local minimum by BFGS with backtracking (Nocedal and Wright 2006, algorithm 6.1; the inverse Hessian starts as their 6.20). */
export function minimise(of: Smooth, start: ArrayLike<number>, most = 200): Minimum {
  const n = start.length;
  let at = Float64Array.from(start);
  let gradient = new Float64Array(n);
  let value = of(at, gradient);
  const inverse = new Float64Array(n * n);
  const direction = new Float64Array(n);
  const turned = new Float64Array(n);
  let fresh = true;
  let steps = 0;
  for (; steps < most && n > 0; steps++) {
    if (fresh) {
      inverse.fill(0);
      const size = Math.sqrt(dot(gradient, gradient));
      for (let i = 0; i < n; i++) inverse[i * n + i] = size > 1 ? 1 / size : 1;
    }
    multiply(inverse, gradient, direction);
    const slope = -dot(gradient, direction);
    // What a Newton step would gain is below what the value can show.
    if (fresh ? Math.sqrt(dot(gradient, gradient)) < 1e-7 : slope < 0 && -slope < 1e-11 * (1 + Math.abs(value))) break;
    if (!(slope < 0)) {
      if (fresh) break;
      fresh = true;
      continue;
    }
    let length = 1;
    let next = at;
    let found = value;
    const slopes = new Float64Array(n);
    for (let halvings = 0; halvings < 30; halvings++, length /= 2) {
      next = at.map((x, i) => x - length * (direction[i] as number));
      found = of(next, slopes);
      if (found <= value + 1e-4 * length * slope) break;
    }
    if (!(found < value)) {
      if (fresh) break;
      fresh = true;
      continue;
    }
    const moved = next.map((x, i) => x - (at[i] as number));
    const change = slopes.map((g, i) => g - (gradient[i] as number));
    const gain = value - found;
    at = next;
    gradient = slopes;
    value = found;
    if (gain < 1e-13 * (1 + Math.abs(value))) break;
    const curvature = dot(moved, change);
    if (curvature <= 1e-12 * Math.sqrt(dot(moved, moved) * dot(change, change))) {
      fresh = true;
      continue;
    }
    if (fresh) for (let i = 0; i < n; i++) inverse[i * n + i] = curvature / dot(change, change);
    fresh = false;
    multiply(inverse, change, turned);
    const factor = (1 + dot(change, turned) / curvature) / curvature;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const [mi, mj, ti, tj] = [moved[i] as number, moved[j] as number, turned[i] as number, turned[j] as number];
        inverse[i * n + j] = (inverse[i * n + j] as number) + factor * mi * mj - (ti * mj + mi * tj) / curvature;
      }
  }
  return { at, value, steps };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function multiply(square: Float64Array, vector: Float64Array, out: Float64Array): void {
  const n = vector.length;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += (square[i * n + j] as number) * (vector[j] as number);
    out[i] = sum;
  }
}
