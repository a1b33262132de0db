import { beforeAll, describe, expect, test } from 'vitest';
import { loadSolver, type Solver } from '../../src/bounds/highs.ts';
import { Random } from '../../src/math/random.ts';

let solver: Solver;
beforeAll(async () => {
  solver = await loadSolver();
});

/** min x + 2 y, x + y = 1, x <= 0.7. */
const small = {
  count: 2,
  rows: 2,
  cost: [1, 2],
  rowLower: [1, -Infinity],
  rowUpper: [1, 0.7],
  starts: [0, 2, 3],
  indices: [0, 1, 0],
  values: [1, 1, 1],
};

describe('sessions', () => {
  test('values, multipliers, new costs, rows, columns and bounds', () => {
    const session = solver.open(small);
    const first = session.minimise();
    expect(first).toMatchObject({ status: 'optimal', residual: 0 });
    if (first.status !== 'optimal') return;
    expect(first.value).toBeCloseTo(1.3, 12);
    expect(Array.from(first.multipliers)).toEqual([2, -1]);
    const most = session.maximise();
    expect(most.status === 'optimal' && most.value).toBeCloseTo(2, 12);
    const other = session.minimise([5, 1]);
    expect(other.status === 'optimal' && other.value).toBeCloseTo(1, 12);
    session.changeRows([1], [0.25], [0.5]);
    const changed = session.minimise();
    expect(changed.status === 'optimal' && changed.value).toBeCloseTo(5 * 0.25 + 0.75, 12);
    session.addColumns({ count: 1, cost: [0.5], upper: [0.4], starts: [0, 1], indices: [0], values: [1] });
    const wider = session.minimise();
    expect(wider.status === 'optimal' && wider.value).toBeCloseTo(5 * 0.25 + 0.35 + 0.2, 12);
    session.changeColumns([2], [0], [0]);
    session.addRow(0.6, Infinity, [1], [1]);
    const last = session.minimise([1, 0, 0]);
    expect(last.status === 'optimal' && last.value).toBeCloseTo(0.25, 12);
    session.close();
    session.close();
  });
  test('infeasible with a ray that separates, unbounded', () => {
    const session = solver.open(small);
    session.addRow(0.9, Infinity, [0], [1]);
    const found = session.minimise();
    if (found.status !== 'infeasible') throw new Error(found.status);
    const [a, b, c] = Array.from(found.ray) as [number, number, number];
    // y A <= 0 on both nonnegative columns, y b > 0.
    expect(Math.max(a + b + c, a)).toBeLessThanOrEqual(1e-12);
    expect(a + Math.min(0, b) * 0.7 + Math.max(0, c) * 0.9).toBeGreaterThan(0);
    session.close();
    const free = solver.open({
      count: 1,
      rows: 1,
      cost: [-1],
      rowLower: [0],
      rowUpper: [Infinity],
      starts: [0, 1],
      indices: [0],
      values: [1],
    });
    expect(free.minimise().status).toBe('unbounded');
    expect(free.maximise()).toMatchObject({ status: 'optimal', value: 0 });
    free.close();
  });
  test('a model that another session left behind is as good as new', () => {
    const random = new Random(1, 'sessions');
    for (let round = 0; round < 20; round++) {
      const n = 2 + random.integer(6);
      const cost = Array.from({ length: n }, () => random.normal());
      const session = solver.open({
        count: n,
        rows: 1,
        cost,
        rowLower: [1],
        rowUpper: [1],
        starts: Array.from({ length: n + 1 }, (_, j) => j),
        indices: new Array<number>(n).fill(0),
        values: new Array<number>(n).fill(1),
      });
      const found = session.minimise();
      expect(found.status === 'optimal' && found.value).toBe(Math.min(...cost));
      session.close();
    }
  });
});
