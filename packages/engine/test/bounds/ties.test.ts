import { describe, expect, test } from 'vitest';
import type { Certificate } from '../../src/bounds/certificate.ts';
import { emccBounds } from '../../src/bounds/emcc.ts';
import { loadSolver } from '../../src/bounds/highs.ts';
import { type Prepared, prepare } from '../../src/bounds/prepare.ts';
import type { ModelPoint } from '../../src/bounds/programme.ts';
import { rangeOf } from '../../src/bounds/range.ts';
import { type Bounded, openBounds } from '../../src/bounds/rule.ts';
import type { BoundsProblem } from '../../src/bounds/specification.ts';
import { verifyCertificate } from '../../src/bounds/verify.ts';
import type { Study } from '../../src/data/study.ts';
import { Random } from '../../src/math/random.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import { verifyProgramme } from '../../src/verify-programme.ts';
import { graphOf, modelOf, randomGraph } from '../model/graphs.ts';
import { asked, domainsOf, evaluate, exactAnswer, exactStudy, expectation, finite, must, pointOf, structural, studyOf } from './planted.ts';

const two = ['0', '1'] as const;

const bounded = async (problem: BoundsProblem, text: string): Promise<Bounded> =>
  must(await must(await openBounds(problem, { uncertainty: 'none' })).bound(asked(text, problem)));

/** Probabilities of a binary variable being 1, by arm, as an exact study of do(set). */
const arms = (name: string, of: string, chances: readonly number[], set: readonly string[] = []): Study =>
  studyOf(
    name,
    [...set, of],
    [...set, of].map(() => two),
    chances.flatMap((chance) => [(1 - chance) / chances.length, chance / chances.length]),
    { set },
  );

describe('closed forms', () => {
  const domains = new Map(['A', 'B', 'C'].map((name) => [name, finite(two)]));

  test('a cause that nobody measured, set to 0 in a trial', async () => {
    // r = P(C=1) = b c1 + (1 - b) c0, with b = P(B=1): c1 is beyond r, seen from c0.
    for (const [c0, r] of [
      [0.2, 0.5],
      [0.7, 0.4],
    ] as const) {
      const rows = [1 - c0, c0, 0, 0];
      const trial = studyOf('trial', ['B', 'C'], [two, two], rows, { set: ['B'], fixed: { B: '0' } });
      const problem = { graph: graphOf('B -> C'), domains, studies: [arms('watched', 'C', [r]), trial] };
      const [low, high] = r > c0 ? [r, 1] : [0, r];
      const effect = await bounded(problem, 'P(C[B=1]=1)');
      expect(effect.tightness).toBe('exact');
      expect(effect.lower).toBeCloseTo(low, 6);
      expect(effect.upper).toBeCloseTo(high, 6);
      const cause = await bounded(problem, 'P(B=1)');
      expect(cause.lower).toBeCloseTo(r > c0 ? (r - c0) / (1 - c0) : (c0 - r) / c0, 6);
      expect(cause.upper).toBeCloseTo(1, 6);
      const certificate = effect.certificate as Certificate | undefined;
      if (certificate === undefined) throw new Error('no certificate');
      expect(verifyCertificate(certificate).accepted).toBe(true);
      expect((await verifyProgramme(certificate, problem)).filter(({ passed }) => !passed)).toEqual([]);
      expect(effect.diagnostics.map(({ says }) => says)).toContain(
        'What a study shows of C without B ties {B} and {C} together: they are described as one, and are independent in it.',
      );
    }
  });

  test('a mediator that nobody measured, with a monotone effect', async () => {
    const [r0, r1] = [0.35, 0.6];
    const problem = {
      graph: graphOf('A -> B; B -> C'),
      domains,
      studies: [arms('trial', 'C', [r0, r1], ['A'])],
      assume: ['monotone(B -> C)'],
    };
    for (const [text, low, high] of [
      ['P(C[B=1]=1)', r1, 1],
      ['P(C[B=0]=1)', 0, r0],
      ['P(C[B=1]=1, C[B=0]=0)', r1 - r0, 1],
      ['P(B[A=1]=1) - P(B[A=0]=1)', r1 - r0, 1],
    ] as const) {
      const range = await rangeOf(await loadSolver(), must(await prepare(problem, asked(text, problem))).programme);
      if (!('outer' in range)) throw new Error(text);
      expect(range.closed).toBe(true);
      expect(range.outer[0], text).toBeCloseTo(low, 6);
      expect(range.outer[1], text).toBeCloseTo(high, 6);
    }
  });

  test('what two studies show of several factors can contradict a third: no model at all', async () => {
    // c0 = 0.2 and c1 = 0.4 leave no room for P(C=1) = 0.7.
    const problem = {
      graph: graphOf('B -> C'),
      domains,
      studies: [arms('watched', 'C', [0.7]), arms('trial', 'C', [0.2, 0.4], ['B'])],
    };
    expect((await bounded(problem, 'P(B=1)')).status).toBe('incompatible');
    const fitting = { ...problem, studies: [arms('watched', 'C', [0.35]), arms('trial', 'C', [0.2, 0.4], ['B'])] };
    expect(await bounded(fitting, 'P(B=1)')).toMatchObject({ status: 'bounded', tightness: 'exact' });
    expect((await bounded(fitting, 'P(B=1)')).lower).toBeCloseTo(0.75, 6);
  });

  test('no independent factors are the most likely ones: what ties them is used in part, with a note', async () => {
    const count = (name: string, axes: readonly string[], values: readonly number[], fixed: Readonly<Record<string, string>> = {}): Study =>
      studyOf(
        name,
        axes,
        axes.map(() => two),
        values,
        { set: Object.keys(fixed), fixed },
        false,
      );
    const problem = {
      graph: graphOf('A -> B; B -> C'),
      domains,
      studies: [
        count('one', ['A', 'C'], [52, 48, 30, 70]),
        count('two', ['A', 'B'], [55, 45, 0, 0], { A: '0' }),
        count('three', ['B', 'C'], [98, 2, 0, 0], { B: '0' }),
      ],
    };
    const found = await bounded(problem, 'P(C[B=1]=1)');
    // With P(B=0) = 0.55 as counted, P(C=1) = 0.48 and c0 = 0.02 ask for c1 = 1.04; the most likely c1 is 1.
    expect(found).toMatchObject({ status: 'bounded', projected: true });
    expect(found.lower).toBeCloseTo(1, 9);
    expect(found.upper).toBeCloseTo(1, 9);
    expect(found.diagnostics.map(({ says }) => says)).toContain(
      'What study one shows of C without B is used in part: no study gives the other factors everywhere.',
    );
  });

  test('EMCC knows the independent variables', async () => {
    const trial = studyOf('trial', ['B', 'C'], [two, two], [0.8, 0.2, 0, 0], { set: ['B'], fixed: { B: '0' } });
    const problem = { graph: graphOf('B -> C'), domains, studies: [arms('watched', 'C', [0.5]), trial] };
    const { programme } = must(await prepare(problem, asked('P(C[B=1]=1)', problem)));
    expect(programme.blocks).toMatchObject([{ name: 'B, C', groups: [[0], [1, 2]], complete: true }]);
    const found = await emccBounds(programme, { runs: 30, seed: 4 });
    if (!('report' in found)) throw new Error('refused');
    const [low, high] = found.report.interval;
    expect(low).toBeGreaterThan(0.5 - 1e-3);
    expect(low).toBeLessThan(0.65);
    expect(high).toBeGreaterThan(0.85);
    expect(high).toBeLessThan(1 + 1e-9);
  });
});

interface Planted {
  readonly problem: BoundsProblem;
  readonly model: ReturnType<typeof modelOf>;
  readonly text: string;
}

/** Studies of a random model that each lack variables, and a question; undefined: nothing is tied. */
async function planted(seed: number): Promise<(Planted & { readonly prepared: Prepared }) | undefined> {
  const random = new Random(seed, 'ties');
  const graph = randomGraph(random, 2 + random.integer(3), 0.6, 0.25);
  const names = [...graph.variables.keys()];
  const model = modelOf(graph, { seed });
  const studies = Array.from({ length: 1 + random.integer(2) }, (_, i) => {
    const set = i === 0 ? [] : random.shuffle(names).slice(0, 1);
    const measured = names.filter((name) => set.includes(name) || random.next() < 0.6);
    return measured.some((name) => !set.includes(name)) ? [exactStudy(model, `s${i}`, measured, set)] : [];
  }).flat();
  const [first, last] = [names[0] as string, names.at(-1) as string];
  const text = random.shuffle([
    `P(${last}[${first}=1]=1)`,
    `P(${last}[${first}=1]=1, ${last}[${first}=0]=0)`,
    `P(${first}=1, ${last}=0)`,
  ])[0] as string;
  if (studies.length === 0 || first === last) return undefined;
  const problem = { graph, domains: domainsOf(model), studies };
  const prepared = await prepare(problem, asked(text, problem));
  return prepared.ok && prepared.value.apart !== undefined ? { problem, model, text, prepared: prepared.value } : undefined;
}

const many = Number(process.env.DOABLE_TIES ?? 6);

describe('planted models', () => {
  test('every row holds in the model that made the data, and the question has its number there', async () => {
    let tied = 0;
    for (let seed = 0; tied < 20; seed++) {
      const found = await planted(seed);
      if (found === undefined) continue;
      tied += 1;
      const { structure, cells, programme, blocks } = found.prepared;
      const point = pointOf(structure, found.model);
      for (const { form, target, stratum, says } of cells.cells)
        if (!Number.isNaN(target))
          expect(Math.abs(expectation(form, cells.strata[stratum]?.block as number, point) - target), `${seed} ${says}`).toBeLessThan(
            1e-12,
          );
      const own = blocks.map((block) => point[block]) as ModelPoint;
      const truth = exactAnswer(found.model, asked(found.text, found.problem));
      expect(Math.abs(evaluate(programme.target, own) - truth), `${seed} ${found.text}`).toBeLessThan(1e-12);
    }
  });

  test('the bounds hold the truth, and are attained by models with independent factors that show what the studies show', async () => {
    const solver = await loadSolver();
    let tied = 0;
    let attained = 0;
    let narrower = 0;
    for (let seed = 110; tied < many; seed++) {
      const found = await planted(seed);
      if (found === undefined) continue;
      tied += 1;
      const { problem, model, text, prepared } = found;
      const question = asked(text, problem);
      const range = await rangeOf(solver, prepared.programme);
      const apart = await rangeOf(solver, (prepared.apart as Prepared).programme);
      if ('issue' in range || range.status === 'undefined' || 'issue' in apart || apart.status === 'undefined') throw new Error(`${seed}`);
      expect(range.closed, `${seed}`).toBe(true);
      const truth = exactAnswer(model, question);
      expect(truth, `${seed}`).toBeGreaterThan(range.outer[0] - 1e-8);
      expect(truth, `${seed}`).toBeLessThan(range.outer[1] + 1e-8);
      if (range.outer[1] - range.outer[0] < apart.outer[1] - apart.outer[0] - 1e-6) narrower += 1;
      for (const [end, point] of range.points.entries()) {
        const witness = structural(prepared.structure, point, prepared.blocks);
        expect(Math.abs(exactAnswer(witness, question) - (range.inner?.[end] as number)), `${seed} ${text}`).toBeLessThan(1e-6);
        // Variables of other blocks are not in the witness, so only what lies within its blocks is compared.
        if (prepared.blocks.length < prepared.structure.blocks.length) continue;
        attained += 1;
        for (const { measured, regime } of problem.studies) {
          const of = measured.filter((name) => !regime.set.includes(name));
          const [shown, seen] = [witness, model].map((one) => exactDistribution(one, { of, set: regime.set }));
          if (shown === undefined || seen === undefined || 'tooLarge' in shown || 'tooLarge' in seen) throw new Error('too large');
          for (const [cell, value] of shown.values.entries())
            expect(Math.abs(value - (seen.values[cell] as number)), `${seed}`).toBeLessThan(1e-6);
        }
      }
    }
    expect(attained).toBeGreaterThan(0);
    expect(narrower).toBeGreaterThan(1);
  });
});

test('what is not tied is as it was; what would be too large together stays apart, with a note', async () => {
  const graph = graphOf('G -> T; T -> S; G -> S; T <-> S');
  const model = modelOf(graph, { seed: 3 });
  const domains = domainsOf(model);
  const plugged = {
    graph,
    domains,
    studies: [exactStudy(model, 'obs', ['G', 'T', 'S']), exactStudy(model, 'trial', ['T', 'S'], ['T'])],
  };
  const question = asked('P(S[T=1]=1, S[T=0]=0)', plugged);
  const known = must(await prepare(plugged, question));
  expect(known.apart).toBeUndefined();
  expect(known.programme.blocks.map(({ name }) => name)).toEqual(['G', 'T, S']);

  const levels = new Map([
    ['G', ['0', '1', '2', '3', '4']],
    ['T', [...two]],
    ['S', [...two]],
  ]);
  const wide = modelOf(graph, { seed: 3, levels });
  const problem = { graph, domains: domainsOf(wide), studies: [exactStudy(wide, 'trial', ['T', 'S'], ['T'])] };
  const large = must(await prepare(problem, asked('P(S[T=1,G=1]=1)', problem)));
  expect(large.apart).toBeUndefined();
  expect(large.partial).toBe(true);
  expect(large.notes).toContain(
    'What study trial shows of S without G is not used: it depends on several unknown parts of the model at once.',
  );
});
