import { expect, test } from 'vitest';
import { type BenchmarkCase, type BenchmarkModel, covers, type Interval, type Sides, summarise } from '../../src/reproduce/summary.ts';

const closed = (interval: Interval): Sides => ({ inner: interval, outer: interval });
const caseOf = (
  exact: Interval,
  atJointFit: Interval,
  ...reached: readonly (readonly [runs: number, interval: Interval, widened?: Interval | undefined, claimed?: number])[]
): BenchmarkCase => ({
  exact: closed(exact),
  atJointFit: closed(atJointFit),
  emcc: reached.map(([runs, interval, widened, claimed]) => ({
    runs,
    converged: runs,
    interval,
    ...(widened === undefined ? {} : { widened }),
    ...(claimed === undefined ? {} : { claimed }),
  })),
});
const base = { nodes: 5, variables: 3, causes: 2, gap: 1, truth: 0.5, single: true } as const;

const wide: BenchmarkModel = {
  ...base,
  index: 0,
  records: [1000, 2000],
  passed: { incompatible: 1, identified: 2, tooLarge: 0 },
  cases: {
    // Own fits: O+I sticks out of O by 0.05 at the lower end.
    O: caseOf([0.25, 0.75], [0.1, 0.9], [10, [0.3, 0.5], [0.25, 0.75], 0.4], [20, [0.3, 0.7], undefined, 0.8]),
    I: caseOf([0.1, 0.7], [0.1, 0.7], [10, [0.2, 0.5], undefined, 0.5], [20, [0.1, 0.7], undefined, 0.9]),
    'O+I': caseOf([0.2, 0.6], [0.2, 0.6], [10, [0.3, 0.4], undefined, 0.3], [20, [0.3, 0.5], undefined, 0.7]),
  },
};
const narrow: BenchmarkModel = {
  ...base,
  index: 1,
  records: [1350, 2700],
  truth: 0.9,
  passed: { incompatible: 0, identified: 3, tooLarge: 4 },
  cases: {
    O: caseOf([0, 0.4], [0, 0.5], [10, [0.1, 0.3]], [20, [0.1, 0.3]]),
    I: caseOf([0, 0.2], [0, 0.2], [10, [0, 0.2]], [20, [0, 0.2]]),
    'O+I': caseOf([0, 0.2], [0, 0.2], [10, [0.1, 0.2]], [20, [0.1, 0.2]]),
  },
};
/** Several hidden causes in a component: only EMCC has an interval. */
const several: BenchmarkModel = {
  ...base,
  index: 2,
  single: false,
  records: [1000, 2000],
  passed: { incompatible: 0, identified: 0, tooLarge: 0 },
  cases: {
    O: { emcc: [{ runs: 20, converged: 12, interval: [0.1, 0.5] }] },
    I: { emcc: [{ runs: 20, converged: 12, interval: [0.1, 0.5] }] },
    'O+I': { emcc: [{ runs: 20, converged: 12, interval: [0.2, 0.4] }] },
  },
};
/** Branching left a gap on one side. */
const open: BenchmarkModel = {
  ...wide,
  index: 3,
  passed: { incompatible: 0, identified: 0, tooLarge: 0 },
  cases: { ...wide.cases, I: { ...wide.cases.I, exact: { inner: [0.1, 0.7], outer: [0.1, 0.8] } } },
};

test('shrink: mean and median, at the joint fit, at the own fits, and of what EMCC reached', () => {
  const { shrink, models, single, exact } = summarise([wide, narrow, several, open]);
  expect([models, single, exact]).toEqual([4, 3, 2]);
  // 1 - 0.4 / 0.6 and 1 - 0.2 / 0.2; 1 - 0.4 / 0.8 and 1 - 0.2 / 0.5.
  expect(shrink.atJointFit.mean.byObserving).toBeCloseTo((1 / 3 + 0) / 2, 12);
  expect(shrink.atJointFit.mean.byRandomising).toBeCloseTo((0.5 + 0.6) / 2, 12);
  // 1 - 0.4 / 0.5 and 1 - 0.2 / 0.4.
  expect(shrink.atOwnFit.mean.byRandomising).toBeCloseTo((0.2 + 0.5) / 2, 12);
  // Of 20 starts: 1 - 0.2 / 0.4 three times, 1 - 0.1 / 0.2.
  expect(shrink.emcc.mean.byRandomising).toBeCloseTo(0.5, 12);
  // 1 - 0.2 / 0.6, 1 - 0.1 / 0.2, 1 - 0.2 / 0.4, 1 - 0.2 / 0.6.
  expect(shrink.emcc.median.byObserving).toBeCloseTo((2 / 3 + 0.5) / 2, 12);
  expect([shrink.atJointFit.models, shrink.emcc.models]).toEqual([2, 4]);
});

test('containment: counted where both have an interval, with the largest part that sticks out', () => {
  const { containment } = summarise([wide, narrow, several]);
  expect(containment.atJointFit).toEqual({ contained: 2, of: 2, worst: 0 });
  expect(containment.atOwnFit).toMatchObject({ contained: 1, of: 2 });
  expect(containment.atOwnFit.worst).toBeCloseTo(0.05, 12);
  expect(containment.emcc).toMatchObject({ contained: 3, of: 3 });
});

test('EMCC against exact: width reached, claimed and actual cover, for every number of starts', () => {
  const { emcc } = summarise([wide, narrow, several, open]);
  expect(emcc.map(({ runs }) => runs)).toEqual([10, 20]);
  const [ten, twenty] = emcc;
  // Three intervals of each closed model, two of the open one; none where nothing exact is known.
  expect([ten?.intervals, twenty?.intervals]).toEqual([8, 8]);
  const reached = [0.2 / 0.5, 0.3 / 0.6, 0.1 / 0.4, 0.5, 1, 0.5, 0.2 / 0.5, 0.1 / 0.4];
  expect(ten?.width).toBeCloseTo(reached.reduce((a, b) => a + b) / 8, 12);
  expect(ten?.widened).toBeCloseTo((1 + 0.3 / 0.6 + 0.1 / 0.4 + 0.5 + 1 + 0.5 + 1 + 0.1 / 0.4) / 8, 12);
  expect(ten?.claimed).toBeCloseTo((0.4 + 0.5 + 0.3 + 0.4 + 0.3) / 5, 12);
  // With 10 % at each end only I of the narrow model is covered at 10 starts, at 20 that of the wide one too.
  expect(ten?.covered).toBeCloseTo(1 / 8, 12);
  expect(twenty?.covered).toBeCloseTo(2 / 8, 12);
});

test('the truth, enlarged data, models passed over', () => {
  const { truthInside, grown, passed } = summarise([wide, narrow, several]);
  expect([truthInside, grown]).toEqual([1, 1]);
  expect(passed).toEqual({ incompatible: 1, identified: 5, tooLarge: 4 });
});

test('the widened interval covers up to a tenth of its own length at each end', () => {
  expect(covers([0.2, 0.4], [0.18, 0.42])).toBe(true);
  expect(covers([0.2, 0.4], [0.17, 0.42])).toBe(false);
  expect(covers([0.2, 0.4], [0.25, 0.43])).toBe(false);
  expect(covers([0.3, 0.3], [0.3, 0.3])).toBe(true);
});

test('nothing to average is not a number', () => {
  const { shrink, emcc, models } = summarise([]);
  expect([models, emcc.length, shrink.emcc.models]).toEqual([0, 0, 0]);
  expect([shrink.emcc.mean.byObserving, shrink.emcc.median.byObserving]).toEqual([Number.NaN, Number.NaN]);
});
