import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectation, probabilityOf } from '../../src/bounds/contract.ts';
import { couple } from '../../src/bounds/couple.ts';
import { loadSolver, type Solver } from '../../src/bounds/highs.ts';
import { type FormRange, openBlock, type RatioRange } from '../../src/bounds/linear.ts';
import type { Block, Form, Programme } from '../../src/bounds/programme.ts';
import { safeBound } from '../../src/bounds/safe.ts';
import { levelsOf, rowsOf } from '../../src/bounds/states.ts';
import { Random } from '../../src/math/random.ts';
import { atOnce } from '../../src/run/steps.ts';
import {
  at,
  blockOf,
  bow,
  bowData,
  chance,
  observed,
  planted,
  programme,
  randomForm,
  states,
  targetOf,
  textSolver,
  trial,
  vertexRange,
  when,
} from './linear-support.ts';

let solver: Solver;
let byText: Awaited<ReturnType<typeof textSolver>>;
beforeAll(async () => {
  solver = await loadSolver();
  byText = await textSolver();
});

function rangeOf(problem: Programme, form: Form, enumerate?: number): FormRange {
  const block = atOnce(openBlock(solver, problem, 0, enumerate === undefined ? {} : { enumerate }));
  try {
    const found = atOnce(block.range(form));
    if (!('attained' in found)) throw new Error(JSON.stringify(found));
    return found;
  } finally {
    block.close();
  }
}
function ratioOf(problem: Programme, above: Form, below: Form): RatioRange {
  const block = atOnce(openBlock(solver, problem, 0));
  try {
    const found = atOnce(block.ratio(above, below));
    if (found === 'undefined' || !('attained' in found)) throw new Error(JSON.stringify(found));
    return found;
  } finally {
    block.close();
  }
}

/** Everything that a range promises, in plain arithmetic. */
function keepsItsWord(problem: Programme, form: Form, range: FormRange): void {
  const block = problem.blocks[0] as Block;
  for (const [end, point] of [range.lowerPoint, range.upperPoint].entries()) {
    for (const { form: row, target } of problem.cells) expect(Math.abs(expectation(row, point) - target)).toBeLessThan(1e-9);
    for (const { form: row, relation, target } of problem.restrictions) {
      const over = expectation(row, point) - target;
      expect(relation === '<=' ? over : relation === '>=' ? -over : Math.abs(over)).toBeLessThan(1e-9);
    }
    for (const literals of block.forbidden) expect(probabilityOf(literals, point)).toBe(0);
    expect(expectation(form, point)).toBeCloseTo(range.attained[end] as number, 12);
    const weights = point.groups.flatMap(({ support }) => support.map(({ weight }) => weight));
    expect(Math.min(...weights)).toBeGreaterThan(0);
    expect(Math.abs(weights.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-12);
  }
  expect(Math.abs(range.attained[0] - range.lower)).toBeLessThan(1e-9);
  expect(Math.abs(range.attained[1] - range.upper)).toBeLessThan(1e-9);
  const rows = rowsOf(problem, 0);
  const negative = form.map(({ coefficient, literals }) => ({ coefficient: -coefficient, literals }));
  expect(safeBound(levelsOf(block), block.forbidden, rows, form, range.lowerMultipliers)).toBeCloseTo(range.lower, 12);
  expect(
    -(
      safeBound(
        levelsOf(block),
        block.forbidden,
        rows,
        negative,
        range.upperMultipliers.map((y) => -y),
      ) ?? 0
    ),
  ).toBeCloseTo(range.upper, 12);
}

describe('random programmes read off a planted model', () => {
  test('agree with the text of all states given to HiGHS; certified on both sides; the planted value inside', () => {
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), (seed, sharp) => {
        const { problem, form, support } = planted(seed, { sharp });
        const range = rangeOf(problem, form);
        keepsItsWord(problem, form, range);
        const truth = support.reduce((sum, { weight, values }) => sum + weight * at(form, values), 0);
        expect(truth).toBeGreaterThan(range.lower - 1e-9);
        expect(truth).toBeLessThan(range.upper + 1e-9);
        const text = byText(problem, form);
        expect(range.lower).toBeCloseTo(text?.[0] ?? Number.NaN, 8);
        expect(range.upper).toBeCloseTo(text?.[1] ?? Number.NaN, 8);
      }),
      { numRuns: 80, seed: 1 },
    );
  });
  test('column generation gives what enumeration gives', () => {
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), (seed, sharp) => {
        const { problem, form } = planted(seed, { sharp });
        const range = rangeOf(problem, form);
        const generated = rangeOf(problem, form, 0);
        keepsItsWord(problem, form, generated);
        expect(generated.lower).toBeCloseTo(range.lower, 9);
        expect(generated.upper).toBeCloseTo(range.upper, 9);
      }),
      { numRuns: 60, seed: 2 },
    );
  });
  test('disturbed multipliers never prove more than the true minimum', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { problem, form } = planted(seed);
        const range = rangeOf(problem, form);
        const random = new Random(seed, 'disturbed');
        const [block] = problem.blocks;
        if (block === undefined) return;
        const rows = rowsOf(problem, 0);
        for (const size of [1e-6, 0.1, 3]) {
          const y = range.lowerMultipliers.map((x, i) => {
            const moved = x + size * random.normal();
            return rows[i]?.relation === '<=' ? Math.min(0, moved) : rows[i]?.relation === '>=' ? Math.max(0, moved) : moved;
          });
          expect(safeBound(levelsOf(block), block.forbidden, rows, form, y)).toBeLessThanOrEqual(range.attained[0] + 1e-12);
        }
      }),
      { numRuns: 60, seed: 3 },
    );
  });
  test('one open block answers many forms, each as if it were alone', () => {
    const { problem } = planted(12);
    const sizes = levelsOf(problem.blocks[0] as Block);
    const random = new Random(1, 'forms');
    const block = atOnce(openBlock(solver, problem, 0));
    for (let i = 0; i < 12; i++) {
      const form = randomForm(random, sizes, 1 + (i % 4));
      const range = atOnce(block.range(form));
      if (!('attained' in range)) throw new Error('no range');
      keepsItsWord(problem, form, range);
      const alone = rangeOf(problem, form);
      expect(range.lower).toBeCloseTo(alone.lower, 10);
      expect(range.upper).toBeCloseTo(alone.upper, 10);
    }
    block.close();
  });
});

describe('closed forms', () => {
  const pns = chance([1, 0], [2, 1]);
  test('Tian and Pearl 2000: PNS from observation, from a trial, from both; PN and PS from both', () => {
    const random = new Random(7, 'Tian and Pearl');
    for (let round = 0; round < 25; round++) {
      const { joint, effect } = bowData(random);
      const [[p00, p01], [p10, p11]] = joint as [[number, number], [number, number]];
      const [y0, y1] = effect as [number, number];
      const y = p01 + p11;
      const both = programme([bow], [observed(joint), ...trial(effect)], targetOf(pns));
      const close = (range: FormRange, low: number, high: number): void => {
        expect(Math.abs(range.lower - low)).toBeLessThan(1e-9);
        expect(Math.abs(range.upper - high)).toBeLessThan(1e-9);
      };
      close(rangeOf(programme([bow], [observed(joint)], targetOf(pns)), pns), 0, p11 + p00);
      close(rangeOf(programme([bow], trial(effect), targetOf(pns)), pns), Math.max(0, y1 - y0), Math.min(y1, 1 - y0));
      const range = rangeOf(both, pns);
      keepsItsWord(both, pns, range);
      close(range, Math.max(0, y1 - y0, y - y0, y1 - y), Math.min(y1, 1 - y0, p11 + p00, y1 - y0 + p10 + p01));
      const pn = ratioOf(both, chance([0, 1], [2, 1], [1, 0]), chance([0, 1], [2, 1]));
      close(pn, Math.max(0, (y - y0) / p11), Math.min(1, (1 - y0 - p00) / p11));
      expect(pn.denominatorCanVanish).toBe(false);
      expect(pn.leastDenominator).toBeCloseTo(p11, 9);
      close(
        ratioOf(both, chance([0, 0], [1, 0], [2, 1]), chance([0, 0], [1, 0])),
        Math.max(0, (y1 - y) / p00),
        Math.min(1, (y1 - p11) / p00),
      );
    }
  });
  test('Balke and Pearl 1997: the average effect with an instrument', () => {
    // Digits X(z=0), X(z=1), Y(x=0), Y(x=1).
    const iv = blockOf([2, 2, 2, 2]);
    const all = states(iv);
    const random = new Random(9, 'Balke and Pearl');
    const effect: Form = [
      { coefficient: 1, literals: when([3, 1]) },
      { coefficient: -1, literals: when([2, 1]) },
    ];
    for (let round = 0; round < 25; round++) {
      const masses = all.map(() => random.exponential() ** 3);
      const total = masses.reduce((a, b) => a + b, 0);
      // p(y, x, z) = P(Y=y, X=x | Z=z)
      const p = (y: number, x: number, z: number): number =>
        all.reduce((sum, state, i) => sum + (state[z] === x && state[2 + x] === y ? (masses[i] as number) / total : 0), 0);
      const stated = [0, 1].map((z) => ({
        cells: [0, 1].flatMap((x) => [0, 1].map((y) => ({ form: chance([z, x], [2 + x, y]), target: p(y, x, z) }))),
      }));
      const problem = programme([iv], stated, targetOf(effect));
      const [p000, p010, p100, p110] = [p(0, 0, 0), p(0, 1, 0), p(1, 0, 0), p(1, 1, 0)];
      const [p001, p011, p101, p111] = [p(0, 0, 1), p(0, 1, 1), p(1, 0, 1), p(1, 1, 1)];
      const low = Math.max(
        p111 + p000 - 1,
        p110 + p001 - 1,
        p110 - p111 - p101 - p010 - p100,
        p111 - p110 - p100 - p011 - p101,
        -p011 - p101,
        -p010 - p100,
        p001 - p011 - p101 - p010 - p000,
        p000 - p010 - p100 - p011 - p001,
      );
      const high = Math.min(
        1 - p011 - p100,
        1 - p010 - p101,
        -p010 + p011 + p001 + p110 + p000,
        -p011 + p111 + p001 + p010 + p000,
        p111 + p001,
        p110 + p000,
        -p101 + p111 + p001 + p110 + p100,
        -p100 + p110 + p000 + p111 + p101,
      );
      const range = rangeOf(problem, effect);
      keepsItsWord(problem, effect, range);
      expect(Math.abs(range.lower - low)).toBeLessThan(1e-9);
      expect(Math.abs(range.upper - high)).toBeLessThan(1e-9);
    }
  });
  test('every vertex of small polytopes', () => {
    const random = new Random(11, 'vertices');
    for (let round = 0; round < 30; round++) {
      const { joint, effect } = bowData(random);
      const problem = programme([bow], round % 2 === 0 ? [observed(joint)] : trial(effect), targetOf([]));
      const form = randomForm(random, [2, 2, 2], 3);
      const truth = vertexRange(problem, form);
      const range = rangeOf(problem, form);
      expect(range.lower).toBeCloseTo(truth?.[0] ?? Number.NaN, 9);
      expect(range.upper).toBeCloseTo(truth?.[1] ?? Number.NaN, 9);
    }
  });
});

describe('quotients', () => {
  test('by bisection over linear programmes in text', () => {
    const random = new Random(13, 'quotients');
    for (let round = 0; round < 12; round++) {
      const { joint, effect } = bowData(random);
      const problem = programme([bow], trial(effect), targetOf([]));
      expect(joint.length).toBe(2);
      const [above, below] = [chance([0, 1], [2, 1], [1, 0]), chance([0, 1], [2, 1])];
      const range = ratioOf(problem, above, below);
      expect(range.denominatorCanVanish).toBe(true);
      expect(range.leastDenominator).toBe(0);
      // Over all models with a positive condition: N - t D >= 0 for all of them iff t <= the least quotient.
      for (const [t, side] of [
        [range.lower - 1e-6, 1],
        [range.lower + 1e-6, 1],
        [range.upper + 1e-6, -1],
        [range.upper - 1e-6, -1],
      ] as const) {
        const form = [...above, ...below.map(({ literals }) => ({ coefficient: -t, literals }))];
        const found = byText(problem, form) ?? [Number.NaN, Number.NaN];
        const outside = side === 1 ? t < range.lower : t > range.upper;
        const extreme = side === 1 ? found[0] : -found[1];
        if (outside) expect(extreme).toBeGreaterThan(-1e-9);
        else expect(extreme).toBeLessThan(-1e-8);
      }
    }
  });
  test('a condition that never holds has no quotient', () => {
    const never = programme(
      [bow],
      [
        observed([
          [0.5, 0.5],
          [0, 0],
        ]),
      ],
      targetOf([]),
    );
    const block = atOnce(openBlock(solver, never, 0));
    expect(atOnce(block.ratio(chance([0, 1], [2, 1], [1, 0]), chance([0, 1], [2, 1])))).toBe('undefined');
    block.close();
  });
  test('rare conditions keep their digits', () => {
    const tiny = 1e-7;
    const problem = programme(
      [bow],
      [
        observed([
          [0.5, 0.5 - 3 * tiny],
          [tiny, 2 * tiny],
        ]),
        ...trial([0.5 - 1.5 * tiny, 0.3]),
      ],
      targetOf([]),
    );
    const range = ratioOf(problem, chance([0, 1], [2, 1], [1, 0]), chance([0, 1], [2, 1]));
    const [y, y0, p11, p00] = [0.5 - tiny, 0.5 - 1.5 * tiny, 2 * tiny, 0.5];
    expect(range.lower).toBeCloseTo((y - y0) / p11, 8);
    expect(range.upper).toBeCloseTo((1 - y0 - p00) / p11, 8);
    expect(range.upper - range.lower).toBeCloseTo(0.5, 7);
  });
});

describe('conflicts', () => {
  test('are named with both sides and the studies', () => {
    const joint = [
      [0.1, 0.45],
      [0.25, 0.2],
    ];
    const problem = programme([bow], [observed(joint), ...trial([0.3, 0.5])], targetOf([]));
    const block = atOnce(openBlock(solver, problem, 0));
    expect(block.conflict?.violated.says).toBe('P(X=0, Y=1) = 0.45 in survey exceeds P(Y=1 | do(X=0)) = 0.3 in trial');
    expect(block.conflict?.violated.left).toBeCloseTo(0.45, 12);
    expect(block.conflict?.violated.right).toBeCloseTo(0.3, 12);
    expect(block.conflict?.studies).toEqual(['survey', 'trial']);
    expect(atOnce(block.range(chance([1, 1])))).toEqual({ infeasible: block.conflict });
    block.close();
  });
  test('one probability in two studies: each figure says whose it is', () => {
    const other = trial([0.7, 0.5]).map((stated) => ({ ...stated, study: 'second trial' }));
    const block = atOnce(openBlock(solver, programme([bow], [...trial([0.3, 0.5]), ...other], targetOf([])), 0));
    expect(block.conflict?.violated.says).toMatch(
      /^(P\(Y=1 \| do\(X=0\)\)) = 0\.7 in second trial exceeds \1 = 0\.3 in trial$|^(P\(Y=0 \| do\(X=0\)\)) = 0\.7 in trial exceeds \2 = 0\.3 in second trial$/u,
    );
    block.close();
  });
  test('the instrumental inequality: over y, the largest P(x, y | z) over z', () => {
    const iv = blockOf([2, 2, 2, 2]);
    const table = [
      [
        [0.6, 0.1],
        [0.1, 0.2],
      ],
      [
        [0.1, 0.7],
        [0.1, 0.1],
      ],
    ];
    const stated = table.map((rows, z) => ({
      study: 'trial with refusals',
      cells: rows.flatMap((row, x) =>
        row.map((target, y) => ({ form: chance([z, x], [2 + x, y]), target, says: `P(X=${x}, Y=${y} | Z=${z})` })),
      ),
    }));
    const block = atOnce(openBlock(solver, programme([iv], stated, targetOf([])), 0));
    expect(block.conflict?.violated.says).toBe('P(X=0, Y=0 | Z=0) + P(X=0, Y=1 | Z=1) = 1.3 exceeds 1');
    expect(block.conflict?.studies).toEqual(['trial with refusals']);
    block.close();
  });
  test('an assumption is named where the data alone would not contradict it', () => {
    const monotone = blockOf([2, 2, 2], [when([1, 1], [2, 0])]);
    const block = atOnce(openBlock(solver, programme([monotone], trial([0.6, 0.5]), targetOf([])), 0));
    expect(block.conflict?.violated.says).toMatch(/under the assumptions made$/u);
    expect(block.conflict?.violated.left).toBeGreaterThan(block.conflict?.violated.right ?? 1);
    block.close();
    const limited = programme([bow], trial([0.6, 0.5]), targetOf([]), [
      { block: 0, form: chance([1, 0]), relation: '<=', target: 0.3, says: 'P(Y(0)=0) <= 0.3' },
    ]);
    const other = atOnce(openBlock(solver, limited, 0));
    expect(other.conflict?.violated.says).toContain('assumed: P(Y(0)=0) <= 0.3');
    other.close();
  });
  test('random contradictions: the multipliers prove them, enumerated or generated, and the text agrees that there is none', () => {
    let found = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { problem } = planted(seed);
      const random = new Random(seed, 'moved');
      // Mass moved between two cells of one stratum.
      const [a, b] = [random.integer(problem.cells.length), random.integer(problem.cells.length)];
      const [from, to] = [problem.cells[a], problem.cells[b]];
      if (from === undefined || to === undefined || a === b || from.stratum !== to.stratum) continue;
      const cells = problem.cells.map((cell, i) =>
        i === a ? { ...cell, target: 0 } : i === b ? { ...cell, target: to.target + from.target } : cell,
      );
      const moved = { ...problem, cells };
      const text = byText(moved, chance([0, 0]));
      for (const enumerate of [20_000, 0]) {
        const block = atOnce(openBlock(solver, moved, 0, { enumerate }));
        expect(block.conflict === undefined).toBe(text !== undefined);
        if (block.conflict !== undefined) {
          found += 1;
          const { multipliers, violated } = block.conflict;
          const [own] = moved.blocks;
          const proven = own === undefined ? 0 : safeBound(levelsOf(own), own.forbidden, rowsOf(moved, 0), [], multipliers);
          expect(proven).toBeGreaterThan(1e-9);
          expect(proven).toBeCloseTo(violated.left - violated.right, 10);
          expect(violated.says).toContain(' exceeds ');
        }
        block.close();
      }
    }
    expect(found).toBeGreaterThan(10);
  });
});

describe('large state spaces', () => {
  /** Treatment and outcome in `count` strata of a covariate that the block does not contain: digits X(w), Y(x, w). */
  const contexts = (count: number, random: Random): { readonly problem: Programme; readonly form: Form; readonly truth: number } => {
    const block = blockOf(Array.from({ length: 3 * count }, () => 2));
    const weights = Array.from({ length: count }, () => random.exponential());
    const total = weights.reduce((a, b) => a + b, 0);
    let truth = 0;
    const stated = weights.map((weight, w) => {
      const { joint } = bowData(random);
      truth += (weight / total) * ((joint[0]?.[0] ?? 0) + (joint[1]?.[1] ?? 0));
      return {
        cells: [0, 1].flatMap((x) =>
          [0, 1].map((y) => ({ form: chance([3 * w, x], [3 * w + 1 + x, y]), target: joint[x]?.[y] as number })),
        ),
      };
    });
    const form = weights.map((weight, w) => ({ coefficient: weight / total, literals: when([3 * w + 1, 0], [3 * w + 2, 1]) }));
    return { problem: programme([block], stated, targetOf(form)), form, truth };
  };
  test('a covariate with 12 values: 2^36 states fall into 12 small programmes', () => {
    const { problem, form, truth } = contexts(12, new Random(1, 'contexts'));
    const block = atOnce(openBlock(solver, problem, 0));
    const range = atOnce(block.range(form));
    if (!('attained' in range)) throw new Error('no range');
    keepsItsWord(problem, form, range);
    expect(range.lower).toBeCloseTo(0, 9);
    expect(range.upper).toBeCloseTo(truth, 9);
    expect(block.columns).toBe(12 * 4);
    expect(range.upperPoint.groups[0]?.support.length).toBeLessThan(12 * 4);
    block.close();
  });
  test('a query across all covariate values ties its groups: columns are generated', () => {
    // P(no one responds whatever the covariate): the product of 8 groups, 4^8 classes, 2^24 states.
    const { problem } = contexts(8, new Random(2, 'contexts'));
    const form = chance(...Array.from({ length: 8 }, (_, w): [number, number] => [3 * w + 2, 0]));
    const block = atOnce(openBlock(solver, problem, 0));
    const range = atOnce(block.range(form));
    if (!('attained' in range)) throw new Error('no range');
    keepsItsWord(problem, form, range);
    // Frechet: each stratum's P(Y(1)=0) lies in [P(1,0), P(1,0) + P(0,.)], and the bounds of a conjunction are theirs.
    const p = (w: number, x: number, y: number): number => problem.cells[4 * w + 2 * x + y]?.target ?? Number.NaN;
    const strata = Array.from({ length: 8 }, (_, w) => w);
    expect(range.lower).toBeCloseTo(Math.max(0, strata.reduce((sum, w) => sum + p(w, 1, 0), 0) - 7), 9);
    expect(range.upper).toBeCloseTo(Math.min(...strata.map((w) => p(w, 1, 0) + p(w, 0, 0) + p(w, 0, 1))), 9);
    expect(block.columns).toBeLessThan(2000);
    block.close();
  });
  test('a confounded covariate of 4 values inside the block, one outcome over two treatments: 4 x 2^4 x 2^16 states', () => {
    // W, X(w), Z(w), Y(x, z, w); only the joint of all four is seen.
    const sizes = [4, ...Array.from({ length: 8 }, () => 2), ...Array.from({ length: 16 }, () => 2)];
    const digit = { w: 0, x: (w: number) => 1 + w, z: (w: number) => 5 + w, y: (x: number, z: number, w: number) => 9 + 4 * w + 2 * x + z };
    const random = new Random(3, 'inside');
    const cells: { form: Form; target: number }[] = [];
    let [low, high] = [0, 0];
    const masses = Array.from({ length: 32 }, () => random.exponential());
    const total = masses.reduce((a, b) => a + b, 0);
    for (let i = 0; i < 32; i++) {
      const [w, x, z, y] = [i >> 3, (i >> 2) & 1, (i >> 1) & 1, i & 1];
      const target = (masses[i] as number) / total;
      cells.push({ form: chance([0, w], [digit.x(w), x], [digit.z(w), z], [digit.y(x, z, w), y]), target });
      if (x === 1 && z === 1 && y === 1) low += target;
      if (x !== 1 || z !== 1) high += target;
    }
    const form: Form = [0, 1, 2, 3].map((w) => ({ coefficient: 1, literals: when([0, w], [digit.y(1, 1, w), 1]) }));
    const problem = programme([blockOf(sizes)], [{ cells }], targetOf(form));
    for (const enumerate of [20_000, 10]) {
      const range = rangeOf(problem, form, enumerate);
      keepsItsWord(problem, form, range);
      // Manski: P(Y(1,1)=1) between P(1,1,1) and P(1,1,1) + P(not (1,1)).
      expect(range.lower).toBeCloseTo(low, 9);
      expect(range.upper).toBeCloseTo(low + high, 9);
    }
  });
});

test('coupling keeps every margin and stays small', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed, 'couple');
      const groups = Array.from({ length: 1 + random.integer(4) }, (_, g) => {
        const masses = Array.from({ length: 1 + random.integer(5) }, () => (random.next() < 0.3 ? 1 : random.exponential()));
        const total = masses.reduce((a, b) => a + b, 0);
        return {
          digits: [2 * g, 2 * g + 1],
          support: masses.map((mass, i) => ({
            weight: mass / total,
            values: Array.from({ length: 8 }, (_, d) => (d === 2 * g ? i : d === 2 * g + 1 ? i % 2 : 0)),
          })),
        };
      });
      const point = couple(groups, 8);
      const [joint] = point.groups;
      expect(joint?.support.length).toBeLessThanOrEqual(groups.reduce((sum, { support }) => sum + support.length, 1 - groups.length));
      for (const { digits, support } of groups)
        for (const { weight, values } of support) {
          const literals = digits.map((digit) => ({ digit, value: values[digit] as number }));
          expect(Math.abs(probabilityOf(literals, point) - weight)).toBeLessThan(1e-12);
        }
    }),
    { numRuns: 150, seed: 5 },
  );
});
