import { beforeAll, describe, expect, test } from 'vitest';
import type { BranchTree } from '../../src/bounds/branch.ts';
import { type BranchesProof, provenByBranches } from '../../src/bounds/branch-proof.ts';
import { branchesCertificate, type Certificate } from '../../src/bounds/certificate.ts';
import { expectation, targetValue } from '../../src/bounds/contract.ts';
import { loadSolver, type Solver } from '../../src/bounds/highs.ts';
import { linearBounds } from '../../src/bounds/linear-bounds.ts';
import { type MultilinearBounds, type MultilinearOptions, multilinearBounds } from '../../src/bounds/multilinear.ts';
import type { Form, Literal, LocalTable, Network, Programme, Target } from '../../src/bounds/programme.ts';
import { verifyCertificate } from '../../src/bounds/verify.ts';
import { Random } from '../../src/math/random.ts';
import { blockOf, bow, bowData, chance, observed, programme, type Stated, targetOf, trial, when } from './linear-support.ts';

type Bounds = Extract<MultilinearBounds, { status: 'bounds' }>;

let solver: Solver;
beforeAll(async () => {
  solver = await loadSolver();
});

async function bounded(problem: Programme, options?: MultilinearOptions): Promise<Bounds> {
  const found = await multilinearBounds(solver, problem, options);
  if (found.status !== 'bounds') throw new Error(JSON.stringify(found));
  return found;
}

async function range(stated: readonly Stated[], target: Target): Promise<readonly [number, number]> {
  const found = await linearBounds(solver, programme([bow], stated, target));
  if (found.kind !== 'bounds') throw new Error(JSON.stringify(found));
  return [found.lower.outer, found.upper.outer];
}

const written = (certificate: Certificate): Certificate => JSON.parse(JSON.stringify(certificate)) as Certificate;
const factor = (block: number, literals: readonly Literal[]): LocalTable => ({ block, axes: [], sizes: [], cells: [literals] });
const product = (weight: number, ...tables: readonly LocalTable[]): Network => ({ weight, tables });
/** Helped: without treatment 0, with it 1. */
const pns = when([1, 0], [2, 1]);
const inBlock = (block: number, stated: readonly Stated[]): Stated[] => stated.map((one) => ({ ...one, block }));

/** Records, and where `arms` also a trial, of X <-> Y, X -> Y. */
function recordsOf(random: Random, arms = false): Stated[] {
  const { joint, effect } = bowData(random);
  return [observed(joint), ...(arms ? trial(effect) : [])];
}

const two = (data: readonly Stated[][], target: Target): Programme =>
  programme(
    data.map(() => bow),
    data.flatMap((one, b) => inBlock(b, one)),
    target,
  );

/** X -> M -> Y with X <-> M and X <-> Y: (M of x) and (Y of m) are independent, X is not of either. */
function path(random: Random, form: Form): { readonly problem: Programme; readonly truth: number } {
  const share = (n: number): number[] => {
    const masses = Array.from({ length: n }, () => random.next() + 0.05);
    const sum = masses.reduce((a, b) => a + b);
    return masses.map((mass) => mass / sum);
  };
  const [m, y, x] = [share(4), share(4), Array.from({ length: 16 }, () => random.next())];
  const states = m.flatMap((p, i) =>
    y.flatMap((q, j) =>
      [0, 1].map((treated) => {
        const on = x[4 * i + j] as number;
        return { values: [treated, i >> 1, i & 1, j >> 1, j & 1], mass: p * q * (treated === 1 ? on : 1 - on) };
      }),
    ),
  );
  const probability = (literals: readonly Literal[]): number =>
    states.reduce((sum, { values, mass }) => sum + (literals.every(({ digit, value }) => values[digit] === value) ? mass : 0), 0);
  const cells = [0, 1].flatMap((a) =>
    [0, 1].flatMap((b) =>
      [0, 1].map((c) => ({ form: chance([0, a], [1 + a, b], [3 + b, c]), target: probability(when([0, a], [1 + a, b], [3 + b, c])) })),
    ),
  );
  const block = { ...blockOf([2, 2, 2, 2, 2]), independences: [{ a: [1, 2], b: [3, 4] }] };
  const truth = form.reduce((sum, { coefficient, literals }) => sum + coefficient * probability(literals), 0);
  return { problem: programme([block], [{ study: 'records', cells }], targetOf(form)), truth };
}
/** Y if X were 1, less Y if X were 0, through M. */
const effect: Form = [1, 0].flatMap((x) => [0, 1].map((m) => ({ coefficient: x === 1 ? 1 : -1, literals: when([1 + x, m], [3 + m, 1]) })));

/** Helped, given that one would not have been well without treatment or was not treated; times what a trial settles, on both sides. */
function quotientOf(blocks: readonly number[], settled?: number): Target {
  const condition = [when([1, 0]), when([0, 0], [1, 1])];
  const rest = settled === undefined ? [] : [factor(settled, when([1, 0]))];
  const [a, b] = blocks as [number, number?];
  return {
    numerator: [product(1, ...blocks.map((block) => factor(block, pns)), ...rest)],
    denominator: condition.flatMap((x) =>
      b === undefined ? [product(1, factor(a, x), ...rest)] : condition.map((y) => product(1, factor(a, x), factor(b, y), ...rest)),
    ),
  };
}

function accepted(problem: Programme, found: Bounds): Certificate {
  const certificate = written(branchesCertificate(problem, found, 'question'));
  const { checks } = verifyCertificate(certificate, { exact: true });
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(checks.find(({ name }) => name === 'exact')?.says).toContain('not in fractions');
  return certificate;
}

const forks = (tree: BranchTree | null | undefined): number => (tree && 'at' in tree ? 1 + forks(tree.below) + forks(tree.above) : 0);

describe('proofs by boxes are right and accepted', () => {
  test('a product of two blocks: the product of two linear programmes', async () => {
    for (let seed = 0; seed < 4; seed++) {
      const random = new Random(seed, 'product');
      const data = [recordsOf(random), recordsOf(random, true)];
      const problem = two(data, { numerator: [product(1, factor(0, pns), factor(1, pns))] });
      const found = await bounded(problem);
      accepted(problem, found);
      const [a, b] = await Promise.all(data.map((stated) => range(stated, targetOf([{ coefficient: 1, literals: pns }]))));
      expect(found.closed).toBe(true);
      for (const end of [0, 1] as const) expect(Math.abs(found.outer[end] - (a?.[end] ?? 0) * (b?.[end] ?? 0))).toBeLessThan(2e-6);
    }
  });
  test('a sum of pieces that share no block: one tree for each', async () => {
    const random = new Random(1, 'pieces');
    const data = Array.from({ length: 4 }, () => recordsOf(random));
    const problem = two(data, { numerator: [product(1, factor(0, pns), factor(1, pns)), product(-0.5, factor(2, pns), factor(3, pns))] });
    const found = await bounded(problem);
    const certificate = accepted(problem, found);
    expect(certificate.branches?.lower.length).toBe(2);
    const ends = await Promise.all(data.map((stated) => range(stated, targetOf([{ coefficient: 1, literals: pns }]))));
    const [a, b, c, d] = ends.map(([, upper]) => upper) as [number, number, number, number];
    // All four lower ends are 0.
    expect(Math.abs(found.outer[1] - a * b)).toBeLessThan(2e-6);
    expect(Math.abs(found.outer[0] + 0.5 * c * d)).toBeLessThan(2e-6);
  });
  test('a quotient of products: the product of two quotients', async () => {
    for (let seed = 0; seed < 3; seed++) {
      const random = new Random(seed, 'quotient');
      const data = [recordsOf(random), recordsOf(random)];
      const problem = two(data, quotientOf([0, 1]));
      const found = await bounded(problem);
      accepted(problem, found);
      expect(found.floorAssumed).toBe(false);
      const [a, b] = await Promise.all(data.map((stated) => range(stated, quotientOf([0]))));
      for (const end of [0, 1] as const) expect(Math.abs(found.outer[end] - (a?.[end] ?? 0) * (b?.[end] ?? 0))).toBeLessThan(5e-6);
    }
  });
  test('independences: the planted model lies inside, and the bounds never exceed those without', async () => {
    for (let seed = 0; seed < 2; seed++) {
      const { problem, truth } = path(new Random(seed, 'path'), effect);
      const found = await bounded(problem, { work: 4, starts: 1 });
      accepted(problem, found);
      expect(truth).toBeGreaterThanOrEqual(found.outer[0]);
      expect(truth).toBeLessThanOrEqual(found.outer[1]);
      const merged = { ...problem, blocks: problem.blocks.map((block) => ({ ...block, independences: [] })) };
      const wide = await linearBounds(solver, merged);
      if (wide.kind !== 'bounds') throw new Error(wide.kind);
      expect(found.outer[0]).toBeGreaterThanOrEqual(wide.lower.outer - 1e-8);
      expect(found.outer[1]).toBeLessThanOrEqual(wide.upper.outer + 1e-8);
      // The witnesses, evaluated from their states: data, independence, value.
      for (const [end, point] of [found.lowerPoint, found.upperPoint].entries()) {
        if (point === undefined || found.inner === undefined) throw new Error('no model was found');
        for (const { form, target } of problem.cells)
          expect(Math.abs(expectation(form, point[0] ?? { groups: [] }) - target)).toBeLessThan(1e-9);
        const all = point[0]?.groups[0];
        expect(all?.digits).toEqual([0, 1, 2, 3, 4]);
        const mass = (wanted: (values: readonly number[]) => boolean): number =>
          (all?.support ?? []).reduce((sum, { weight, values }) => sum + (wanted(values) ? weight : 0), 0);
        for (let i = 0; i < 4; i++)
          for (let j = 0; j < 4; j++) {
            const m = (values: readonly number[]): boolean => values[1] === i >> 1 && values[2] === (i & 1);
            const y = (values: readonly number[]): boolean => values[3] === j >> 1 && values[4] === (j & 1);
            expect(Math.abs(mass((values) => m(values) && y(values)) - mass(m) * mass(y))).toBeLessThan(1e-9);
          }
        const value = mass((values) => values[3 + (values[2] as number)] === 1) - mass((values) => values[3 + (values[1] as number)] === 1);
        expect(value).toBeCloseTo(found.inner[end] as number, 10);
        expect(targetValue(problem.target, point)).toBeCloseTo(value, 10);
      }
    }
  });
  test('boxes that the data nearly exclude: the root of a search stands whatever becomes of its leaves', async () => {
    const { problem } = path(new Random(2, 'path'), effect);
    const ends: (readonly [number, number])[] = [];
    for (const work of [0, 4, 24]) ends.push((await bounded(problem, { work, starts: 1 })).outer);
    for (const [i, [lower, upper]] of ends.slice(1).entries()) {
      expect(lower).toBeGreaterThanOrEqual((ends[i]?.[0] as number) - 1e-8);
      expect(upper).toBeLessThanOrEqual((ends[i]?.[1] as number) + 1e-8);
    }
    expect((ends[2]?.[1] as number) - (ends[2]?.[0] as number)).toBeLessThan((ends[0]?.[1] as number) - (ends[0]?.[0] as number) - 1e-3);
  });
});

describe('a search that is stopped', () => {
  test('keeps what it has: the boxes of one side, the rows alone on the other, a certificate', async () => {
    const { problem, truth } = path(new Random(3, 'path'), effect);
    const whole = await bounded(problem, { work: 4, starts: 1 });
    const controller = new AbortController();
    const tasks: string[] = [];
    const after: string[] = [];
    const found = await bounded(problem, {
      work: 4,
      starts: 1,
      signal: controller.signal,
      onProgress: ({ task }) => {
        (controller.signal.aborted ? after : tasks).push(task);
        if (tasks.filter((one) => one === 'lower bound').length === 4) controller.abort();
      },
    });
    expect(after).toContain('checking the proof');
    expect(after).not.toContain('lower bound');
    expect(after.length).toBeLessThan(10);
    expect(found.work).toBeLessThan(whole.work);
    expect([found.closed, found.stopped, whole.stopped]).toEqual([false, true, false]);
    const certificate = accepted(problem, found);
    expect([forks(certificate.branches?.lower[0]), forks(certificate.branches?.upper[0])]).toEqual([1, 0]);
    expect(found.outer[0]).toBeLessThanOrEqual(truth);
    expect(found.outer[1]).toBeGreaterThanOrEqual(truth);
    expect(found.outer[0]).toBeLessThanOrEqual(whole.outer[0] + 1e-9);
    expect(found.outer[1]).toBeGreaterThanOrEqual(whole.outer[1] - 1e-9);
    const alone = await linearBounds(solver, { ...problem, blocks: problem.blocks.map((block) => ({ ...block, independences: [] })) });
    if (alone.kind !== 'bounds') throw new Error(alone.kind);
    expect(found.outer[1]).toBeCloseTo(alone.upper.outer, 8);
  });
  test('wherever it is stopped, what it has holds', async () => {
    const random = new Random(5, 'stops');
    const { problem, truth } = path(random, effect);
    const whole = await bounded(problem, { work: 3, starts: 1 });
    for (let stop = 1; stop < 60; stop += 1 + stop) {
      const controller = new AbortController();
      let events = 0;
      const found = await bounded(problem, {
        work: 3,
        starts: 1,
        signal: controller.signal,
        onProgress: () => {
          events += 1;
          if (events === stop) controller.abort();
        },
      });
      accepted(problem, found);
      expect(found.outer[0]).toBeLessThanOrEqual(Math.min(truth, whole.outer[0] + 1e-9));
      expect(found.outer[1]).toBeGreaterThanOrEqual(Math.max(truth, whole.outer[1] - 1e-9));
    }
  });
  test('before it began', async () => {
    const { problem, truth } = path(new Random(4, 'path'), effect);
    const found = await bounded(problem, { signal: { aborted: true } });
    accepted(problem, found);
    expect(found.outer[0]).toBeLessThanOrEqual(truth);
    expect(found.outer[1]).toBeGreaterThanOrEqual(truth);
    expect(found.outer[1] - found.outer[0]).toBeLessThan(2);
    expect(found.stopped).toBe(true);
  });
});

type Leaf = { lambda: number; multipliers: [number, number][]; empty?: true };
type Tree = { number: number; at: number; below: Tree; above: Tree } | Leaf;
interface Draft {
  cells: { target: number }[];
  blocks: { independences: unknown[] }[];
  target: { numerator: { weight: number }[]; denominator?: { weight: number }[] };
  lower: { outer: number; inner?: number; witness?: { groups: { support: { weight: number; values: number[] }[] }[] }[] };
  upper: { outer: number; inner?: number; witness?: { groups: { support: { weight: number; values: number[] }[] }[] }[] };
  branches: {
    limits: { states: number; slack: number; columns: number };
    pins: { number: number; lower: number[]; upper: number[] }[];
    floor: Tree | null;
    lower: (Tree | null)[];
    upper: (Tree | null)[];
  };
  gap: number;
}

function edited(certificate: Certificate, change: (draft: Draft) => void): unknown {
  const draft = structuredClone(certificate) as unknown as Draft;
  change(draft);
  return JSON.parse(JSON.stringify(draft));
}

function leaves(tree: Tree | null | undefined): Leaf[] {
  if (tree === null || tree === undefined) return [];
  return 'at' in tree ? [...leaves(tree.below), ...leaves(tree.above)] : [tree];
}

/** A claim of an outer bound only, with the upper end `by` below what a model attains. */
function overclaimed(draft: Draft, by: number): void {
  draft.upper.outer = (draft.upper.inner as number) - by;
  draft.lower.outer = Math.min(draft.lower.outer, draft.upper.outer);
  for (const side of [draft.lower, draft.upper]) {
    delete side.inner;
    delete side.witness;
  }
  draft.gap = 0;
}

describe('tampering', () => {
  let searched: Certificate;
  let divided: Certificate;
  beforeAll(async () => {
    const { problem } = path(new Random(5, 'path'), effect);
    const found = await bounded(problem, { work: 10, starts: 1 });
    searched = accepted(problem, found);
    expect(forks(found.proof.upper[0])).toBeGreaterThan(2);
    const random = new Random(6, 'quotient');
    const quotient = two([recordsOf(random), recordsOf(random), recordsOf(random, true)], quotientOf([0, 1], 2));
    divided = accepted(quotient, await bounded(quotient));
    expect(divided.branches?.pins.length).toBeGreaterThan(0);
    expect(divided.upper?.outer).toBeLessThan(0.99);
  });

  const rejected: [string, string, (draft: Draft) => void][] = [
    [
      'a tighter upper bound',
      'upper: proven',
      (d) => {
        d.upper.outer -= 1e-4;
      },
    ],
    [
      'a tighter lower bound',
      'lower: proven',
      (d) => {
        d.lower.outer += 1e-4;
      },
    ],
    [
      'a looser bound under the same gap',
      'gap',
      (d) => {
        d.upper.outer += 1e-4;
      },
    ],
    [
      'all multipliers of a tree changed',
      'upper: proven',
      (d) => {
        for (const leaf of leaves(d.branches.upper[0])) for (const pair of leaf.multipliers) pair[1] *= 0.9;
      },
    ],
    [
      'multipliers left out',
      'upper: proven',
      (d) => {
        for (const leaf of leaves(d.branches.upper[0])) leaf.multipliers = [];
      },
    ],
    [
      'a leaf removed: its box is not spoken of',
      'upper: proven',
      (d) => {
        leaves(d.branches.upper[0])[0]?.multipliers.splice(0);
        const leaf = leaves(d.branches.upper[0])[0];
        if (leaf) delete leaf.empty;
      },
    ],
    [
      'a tree cut back to one of its leaves',
      'upper: proven',
      (d) => {
        d.branches.upper[0] = leaves(d.branches.upper[0])[0] ?? null;
      },
    ],
    [
      'a leaf called empty',
      'upper: proven',
      (d) => {
        for (const leaf of leaves(d.branches.upper[0])) leaf.empty = true;
      },
    ],
    [
      'no tree',
      'upper: proven',
      (d) => {
        d.branches.upper[0] = null;
      },
    ],
    [
      'a tree dropped',
      'proof',
      (d) => {
        d.branches.upper.pop();
      },
    ],
    [
      'the trees of the sides exchanged',
      'lower: proven',
      (d) => {
        [d.branches.lower, d.branches.upper] = [d.branches.upper, d.branches.lower];
      },
    ],
    [
      'a cell of the data',
      'sums',
      (d) => {
        (d.cells[0] as { target: number }).target += 0.01;
      },
    ],
    [
      'two cells of the data',
      'lower: fit',
      (d) => {
        (d.cells[0] as { target: number }).target += 0.001;
        (d.cells[1] as { target: number }).target -= 0.001;
      },
    ],
    [
      'the question',
      'lower: attained',
      (d) => {
        (d.target.numerator[0] as { weight: number }).weight *= 1.01;
      },
    ],
    [
      'an independence dropped',
      'lower: proven',
      (d) => {
        for (const block of d.blocks) block.independences = [];
      },
    ],
    [
      'mass of a witness moved',
      'upper: fit',
      (d) => {
        for (const [i, state] of (d.upper.witness?.[0]?.groups[0]?.support ?? []).slice(0, 2).entries())
          state.weight += i === 0 ? 0.001 : -0.001;
      },
    ],
    [
      'mass of a witness lost',
      'upper: witness',
      (d) => {
        const state = d.upper.witness?.[0]?.groups[0]?.support[0];
        if (state) state.weight *= 0.5;
      },
    ],
    [
      'what a witness attains',
      'upper: attained',
      (d) => {
        d.upper.inner = (d.upper.inner as number) + 1e-5;
      },
    ],
    [
      'limits below zero',
      'proof',
      (d) => {
        d.branches.limits.slack = -1e-3;
      },
    ],
    [
      'limits too small for the programme',
      'proof',
      (d) => {
        d.branches.limits.states = 4;
      },
    ],
    [
      'no columns for the products',
      'lower: proven',
      (d) => {
        d.branches.limits.columns = 1;
      },
    ],
    [
      'limits that would keep the checker busy',
      'proof',
      (d) => {
        d.branches.limits.states = 1e12;
      },
    ],
  ];
  test.each(rejected)('%s: rejected', (_, name, change) => {
    const { accepted: passed, checks } = verifyCertificate(edited(searched, change));
    expect(passed).toBe(false);
    expect(checks.filter((check) => !check.passed).map((check) => check.name)).toContain(name);
  });

  test('a box split elsewhere proves what it proves, no more', () => {
    for (const by of [-0.2, -0.01, 0.01, 0.2]) {
      const moved = (d: Draft): void => {
        const root = d.branches.upper[0];
        if (root && 'at' in root) root.at += by;
      };
      expect(
        verifyCertificate(edited(searched, moved))
          .checks.filter(({ passed }) => !passed)
          .every(({ name }) => name === 'upper: proven'),
      ).toBe(true);
      expect(
        verifyCertificate(
          edited(searched, (d) => {
            moved(d);
            overclaimed(d, 1e-6);
          }),
        ).accepted,
      ).toBe(false);
    }
  });

  test('pins and floor of a quotient', () => {
    const without = (change: (draft: Draft) => void): boolean => verifyCertificate(edited(divided, change)).accepted;
    expect(
      without((d) => {
        d.branches.pins = [];
      }),
    ).toBe(false);
    expect(
      without((d) => {
        for (const pin of d.branches.pins) pin.upper = [];
      }),
    ).toBe(false);
    expect(
      without((d) => {
        for (const pin of d.branches.pins) [pin.lower, pin.upper] = [pin.upper, pin.lower];
      }),
    ).toBe(false);
    expect(
      without((d) => {
        for (const pin of d.branches.pins) pin.number += 100;
      }),
    ).toBe(false);
    for (const leaf of [10, 1e6]) {
      const raised = (d: Draft): void => {
        for (const one of leaves(d.branches.floor)) for (const pair of one.multipliers) pair[1] *= leaf;
        overclaimed(d, 1e-6);
      };
      expect(without(raised)).toBe(false);
    }
    expect(
      without((d) => {
        overclaimed(d, 1e-6);
      }),
    ).toBe(false);
    expect(
      without((d) => {
        for (const leaf of leaves(d.branches.upper[0])) leaf.lambda -= 0.05;
        overclaimed(d, 1e-6);
      }),
    ).toBe(false);
  });

  test('a tree deeper than the stack is no certificate', () => {
    let tree: Tree = { lambda: 0, multipliers: [] };
    for (let depth = 0; depth < 50_000; depth++) tree = { number: 0, at: 0.5, below: tree, above: { lambda: 0, multipliers: [] } };
    const deep = { ...searched, branches: { ...searched.branches, upper: [tree] } };
    expect(verifyCertificate(deep).accepted).toBe(false);
  });

  test('whatever a proof holds, no attained value lies outside what it proves', async () => {
    const random = new Random(7, 'forged');
    for (const certificate of [searched, divided]) {
      const problem = programmeFrom(certificate);
      const [low, high] = [certificate.lower?.inner as number, certificate.upper?.inner as number];
      let changed = 0;
      for (let i = 0; i < 80; i++) {
        const proof = structuredClone(certificate.branches) as unknown as Draft['branches'];
        forge(proof, random);
        const proven = provenByBranches(problem, proof as unknown as BranchesProof);
        if (typeof proven === 'string') continue;
        expect(proven.outer[0], `${i}`).toBeLessThanOrEqual(low + 1e-9);
        expect(proven.outer[1], `${i}`).toBeGreaterThanOrEqual(high - 1e-9);
        changed += Math.abs(proven.outer[1] - (certificate.upper?.outer as number)) > 1e-9 ? 1 : 0;
      }
      expect(changed).toBeGreaterThan(30);
    }
  });
});

const programmeFrom = ({ blocks, strata, cells, restrictions, target }: Certificate): Programme => ({
  blocks: blocks.map(({ name, digits, forbidden, independences }) => ({
    ...blockOf(digits.map(({ levels }) => levels.length)),
    name,
    forbidden,
    independences,
  })),
  strata: strata.map((stratum) => ({ ...stratum, exact: true })),
  cells: cells.map((cell) => ({ ...cell, count: 0, target: cell.target ?? Number.NaN })),
  restrictions,
  target: target ?? { numerator: [] },
});

/** Some of everything in a proof becomes something else. */
function forge(proof: Draft['branches'], random: Random): void {
  const wild = (): number => (random.next() - 0.5) * 10 ** (random.integer(24) - 6);
  const spoil = (tree: Tree | null): void => {
    if (tree === null) return;
    if ('at' in tree) {
      if (random.next() < 0.2) tree.at += random.next() - 0.5;
      if (random.next() < 0.2) [tree.below, tree.above] = [tree.above, tree.below];
      if (random.next() < 0.1) tree.number = random.integer(12);
      spoil(tree.below);
      spoil(tree.above);
      return;
    }
    if (random.next() < 0.2) tree.empty = true;
    if (random.next() < 0.2) tree.lambda += random.next() - 0.5;
    for (const pair of tree.multipliers) if (random.next() < 0.1) pair[1] = random.next() < 0.5 ? wild() : -pair[1];
    if (random.next() < 0.3) tree.multipliers.push([random.integer(100), wild()]);
    if (random.next() < 0.1) for (const pair of tree.multipliers) pair[1] *= 1e12;
  };
  for (const tree of [...proof.lower, ...proof.upper, proof.floor]) if (random.next() < 0.7) spoil(tree);
  for (const pin of proof.pins)
    if (random.next() < 0.3) pin[random.next() < 0.5 ? 'lower' : 'upper'][random.integer(pin.lower.length)] = wild();
  if (random.next() < 0.3) proof.limits.slack = random.next() < 0.5 ? 1e-7 : -wild();
}
