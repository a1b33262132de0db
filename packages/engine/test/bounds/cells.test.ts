import { describe, expect, test } from 'vitest';
import { cellsOf, type StudyCells } from '../../src/bounds/cells.ts';
import type { Structure } from '../../src/bounds/specification.ts';
import { structureOf } from '../../src/bounds/structure.ts';
import { readStudies } from '../../src/bounds/studies.ts';
import type { Study } from '../../src/data/study.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { withLatent } from '../../src/graph/surgery.ts';
import type { Name, Value } from '../../src/graph/variable.ts';
import { Random } from '../../src/math/random.ts';
import { type DiscreteModel, type Mechanism, mechanismFrom } from '../../src/model/mechanism.ts';
import { graphOf, modelOf, randomGraph } from '../model/graphs.ts';
import { domainsOf, exactStudy, expectation, finite, must, plainStructure, pointOf, randomPoint, studyOf } from './planted.ts';

const two = ['0', '1'] as const;
const shown = async (structure: Structure, studies: readonly Study[]): Promise<StudyCells> =>
  cellsOf(structure, must(await readStudies(structure, studies)));
const summary = ({ cells }: StudyCells): [string, number, number][] => cells.map(({ says, count, target }) => [says, count, target]);

/** A random model with some latent nodes and some ternary variables, with four studies that measured different things. */
function drawn(seed: number): { graph: Graph; model: DiscreteModel; studies: Study[]; names: Name[] } | undefined {
  const random = new Random(seed, 'planted studies');
  const nodes = 3 + random.integer(4);
  const plain = randomGraph(random, nodes, 0.5, 0.25);
  const all = [...plain.variables.keys()];
  const latent = random.shuffle(all).slice(0, nodes > 4 ? random.integer(2) : 0);
  const graph = withLatent(plain, latent);
  const names = all.filter((name) => !latent.includes(name));
  const levels = new Map<Name, readonly Value[]>(all.map((name) => [name, random.next() < 0.25 ? ['0', '1', '2'] : two]));
  const model = modelOf(graph, { seed, levels });
  const studies: Study[] = [];
  for (let number = 0; number < 4; number++) {
    const set = number === 0 ? [] : random.shuffle(names).slice(0, 1 + random.integer(2));
    const measured = random.next() < 0.3 ? names : names.filter((name) => set.includes(name) || random.next() < 0.65);
    const fixed = random.next() < 0.3 ? Object.fromEntries(set.map((name) => [name, String(random.integer(2))])) : {};
    if (measured.some((name) => !set.includes(name))) studies.push(exactStudy(model, `s${number}`, measured, set, fixed));
  }
  return studies.length === 0 ? undefined : { graph, model, studies, names };
}

describe('planted models', () => {
  test('every row of every study holds exactly in the model that made the data, and its stratum adds up to one', async () => {
    let rows = 0;
    let coupled = 0;
    let graphs = 0;
    for (let seed = 0; graphs < 40; seed++) {
      const problem = drawn(seed);
      if (problem === undefined) continue;
      const { graph, model, studies, names } = problem;
      const structure = plainStructure(graph, model, studies, names);
      if (structure.blocks.some(({ children }) => children.length > 2)) continue;
      graphs += 1;
      const point = pointOf(structure, model);
      const other = randomPoint(structure, new Random(seed, 'other'));
      const { strata, cells, origins } = await shown(structure, studies);
      coupled += origins.filter(({ piece }) => piece.blocks.length > 1).length;
      for (const [number, { block }] of strata.entries()) {
        const own = cells.filter(({ stratum }) => stratum === number);
        if (own.some(({ target }) => Number.isNaN(target))) continue;
        for (const { form, target, says } of own) {
          rows += 1;
          expect(Math.abs(expectation(form, block, point) - target), `${seed}: ${says}`).toBeLessThan(1e-12);
        }
        if (origins[number]?.piece.blocks.length === 1)
          expect(own.reduce((sum, { form }) => sum + expectation(form, block, other), 0)).toBeCloseTo(1, 12);
      }
    }
    expect(rows).toBeGreaterThan(800);
    expect(coupled).toBeGreaterThan(10);
  });

  test('a component of three with its own hidden member', async () => {
    const graph = graphOf('A -> B; B -> C; A <-> B; B <-> C');
    const model = modelOf(graph, { seed: 5 });
    const studies = [
      exactStudy(model, 'no B', ['A', 'C']),
      exactStudy(model, 'all', ['A', 'B', 'C']),
      exactStudy(model, 'do B', ['A', 'B', 'C'], ['B']),
    ];
    const structure = plainStructure(graph, model, studies);
    const point = pointOf(structure, model);
    const found = await shown(structure, studies);
    expect(found.leftOut).toEqual([]);
    for (const { form, target } of found.cells) expect(expectation(form, 0, point)).toBeCloseTo(target, 12);
    // do(B) parts A from C: P(A), and P(C | do(B)).
    expect(
      summary(found)
        .slice(-6)
        .map(([says]) => says),
    ).toEqual(['P(A=0)', 'P(A=1)', 'P(C=0 | do(B=0))', 'P(C=1 | do(B=0))', 'P(C=0 | do(B=1))', 'P(C=1 | do(B=1))']);
  });
});

test('explicit equations: rows hold in the model that the equations and chances make', async () => {
  const root = (name: Name, weights: number[]): Mechanism =>
    mechanismFrom(name, weights.length, [], [], { weights: Float64Array.from(weights), outputs: Uint16Array.from(weights, (_, i) => i) });
  const equations = {
    X: { of: ['U'], values: [0, 1, 1] },
    M: { of: ['W', 'X'], values: [0, 1, 1, 0] },
    Y: { of: ['M', 'U', 'W'], values: [0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0] },
  };
  const sizes: Readonly<Record<Name, number>> = { U: 3, W: 2, X: 2, M: 2, Y: 2 };
  const chances = { U: [0.2, 0.5, 0.3], W: [0.6, 0.4] };
  const mechanisms = new Map<Name, Mechanism>(Object.entries(chances).map(([name, weights]) => [name, root(name, weights)]));
  for (const [name, { of, values }] of Object.entries(equations)) {
    const response = { weights: Float64Array.of(1), outputs: Uint16Array.from(values) };
    mechanisms.set(
      name,
      mechanismFrom(
        name,
        2,
        of,
        of.map((one) => sizes[one] as number),
        response,
      ),
    );
  }
  const levels = new Map(Object.entries(sizes).map(([name, size]) => [name, ['0', '1', '2'].slice(0, size)]));
  const truth: DiscreteModel = { mechanisms, levels, observed: ['X', 'M', 'Y'] };
  const studies = [
    exactStudy(truth, 'all', ['X', 'M', 'Y']),
    exactStudy(truth, 'no M', ['X', 'Y']),
    exactStudy(truth, 'do X', ['X', 'Y'], ['X']),
    exactStudy(truth, 'do M', ['X', 'M', 'Y'], ['M']),
  ];
  const model = { exogenous: { U: { states: 3 }, W: { states: 2 } }, equations };
  const structure = must(structureOf({ domains: domainsOf(truth), studies, model }));
  expect(structure.blocks.map(({ groups }) => groups)).toEqual([[[0], [1]]]);
  const point = [
    {
      groups: Object.values(chances).map((weights, digit) => ({
        digits: [digit],
        support: weights.map((weight, state) => ({ weight, values: [state] })),
      })),
    },
  ];
  const found = await shown(structure, studies);
  expect(found.leftOut).toEqual([]);
  expect(found.cells.length).toBeGreaterThan(20);
  for (const { form, target, says } of found.cells) {
    if (Number.isNaN(target)) expect(says).toMatch(/P\(.*M=/u);
    else expect(expectation(form, 0, point), says).toBeCloseTo(target, 12);
  }
});

describe('empirical factors', () => {
  test('front door: conditionals on Markov pillows, whole-number ratios, contexts that the piece itself affects in do()', async () => {
    const graph = graphOf('X -> M; M -> Y; X <-> Y');
    const counts = [5, 15, 20, 20, 8, 2, 12, 18];
    const study = studyOf('obs', ['X', 'M', 'Y'], [two, two, two], counts, { set: [] }, false);
    const structure = must(structureOf({ graph, domains: new Map('XMY'.split('').map((name) => [name, finite(two)])), studies: [study] }));
    const { strata, cells } = await shown(structure, [study]);
    expect(strata.map(({ block, says }) => [block, says])).toEqual([
      [0, 'do(M=0)'],
      [0, 'do(M=1)'],
      [1, 'X=0'],
      [1, 'X=1'],
    ]);
    const cell = cells.find(({ says }) => says === 'P(X=0, Y=1 | do(M=1))');
    expect(cell).toMatchObject({
      count: 20,
      ratios: [
        [20, 40],
        [60, 100],
      ],
    });
    expect(cell?.target).toBeCloseTo(0.5 * 0.6, 15);
    expect(cells.find(({ says }) => says === 'P(M=1 | X=1)')).toMatchObject({ count: 30, target: 0.75, ratios: [[30, 40]] });
  });

  test('the log-likelihood of the cells is that of the full table where the graph is saturated', async () => {
    for (const text of [
      'A -> B; A -> C; B -> C',
      'A -> B; A -> C; B -> C; A <-> B; B <-> C',
      'A -> B; A -> C; B -> C; A <-> C',
      'A -> B; A -> C; B -> C; A <-> B; B <-> C; A <-> C',
    ]) {
      const random = new Random(11, text);
      const draws = (): number[] => Array.from({ length: 12 }, () => random.integer(30));
      const levels = [two, ['0', '1', '2'], two];
      const observed = draws();
      const trial = draws();
      const graph = graphOf(text);
      const domains = new Map('ABC'.split('').map((name, i) => [name, finite(levels[i] as readonly Value[])]));
      const studies = [
        studyOf('o', ['A', 'B', 'C'], levels, observed, { set: [] }, false),
        studyOf('t', ['A', 'B', 'C'], levels, trial, { set: ['A'] }, false),
      ];
      const { cells } = await shown(must(structureOf({ graph, domains, studies })), studies);
      const factors = cells.reduce((sum, { count, target }) => (count > 0 ? sum + count * Math.log(target) : sum), 0);
      const direct = (counts: readonly number[], per: number): number =>
        counts.reduce((sum, count, cell) => {
          const arm = counts.slice(Math.floor(cell / per) * per, Math.floor(cell / per) * per + per).reduce((a, b) => a + b, 0);
          return count > 0 ? sum + count * Math.log(count / arm) : sum;
        }, 0);
      expect(factors).toBeCloseTo(direct(observed, 12) + direct(trial, 6), 8);
    }
  });

  test('zero counts: 0 where the conditional is defined, also behind a factor 0, and NaN where no record speaks', async () => {
    const graph = graphOf('X -> M; M -> Y; X <-> Y');
    const study = studyOf('obs', ['X', 'M', 'Y'], [['0', '1', '2'], two, two], [5, 0, 0, 0, 0, 4, 3, 8, 0, 0, 0, 0], { set: [] }, false);
    const structure = must(structureOf({ graph, domains: study.domains, studies: [study] }));
    const { cells } = await shown(structure, [study]);
    const target = (says: string): number | undefined => cells.find((cell) => cell.says === says)?.target;
    expect(target('P(X=0, Y=1 | do(M=0))')).toBe(0);
    expect(target('P(X=0, Y=1 | do(M=1))')).toBeNaN();
    expect(target('P(X=2, Y=1 | do(M=1))')).toBe(0);
    expect(target('P(M=1 | X=2)')).toBeNaN();
    expect(target('P(M=1 | X=0)')).toBe(0);
    expect(cells.every(({ target: number, count }) => !Number.isNaN(number) || count === 0)).toBe(true);
  });

  test('a randomised study has a stratum per arm and pools what no arm affects; a fixed arm speaks for its value', async () => {
    const graph = graphOf('T -> S; G -> S; U -> T; U -> G; U -> S', ['U']);
    const names = ['T', 'G', 'S'];
    const levels = [two, two, two];
    const counts = [30, 10, 20, 40, 5, 15, 25, 5];
    const structure = must(structureOf({ graph, domains: new Map(names.map((name) => [name, finite(two)])), studies: [] }));
    const trial = await shown(structure, [studyOf('trial', names, levels, counts, { set: ['T'] }, false)]);
    expect(trial.strata.map(({ says }) => says)).toEqual(['do(T=0)', 'do(T=1)']);
    expect(trial.cells[0]).toMatchObject({
      says: 'P(G=0, S=0 | do(T=0))',
      count: 30,
      ratios: [
        [30, 40],
        [60, 150],
      ],
    });
    const arm = await shown(structure, [
      studyOf('arm', names, levels, [0, 0, 0, 0, 5, 15, 25, 5], { set: ['T'], fixed: { T: '1' } }, false),
    ]);
    expect(arm.strata.map(({ says }) => says)).toEqual(['do(T=1)']);
    expect(summary(arm)).toEqual([
      ['P(G=0, S=0 | do(T=1))', 5, 0.1],
      ['P(G=0, S=1 | do(T=1))', 15, 0.3],
      ['P(G=1, S=0 | do(T=1))', 25, 0.5],
      ['P(G=1, S=1 | do(T=1))', 5, 0.1],
    ]);
  });

  test('Table 1, gender in the model: every cell by hand', async () => {
    const graph = graphOf('T -> S; G -> S; U -> T; U -> G; U -> S', ['U']);
    const levels = [two, two, two];
    // T: 0 no drug, 1 drug; G: 0 female, 1 male; S: 0 dead, 1 survived.
    const observed = studyOf('o', ['T', 'G', 'S'], levels, [180, 420, 180, 420, 1022, 378, 420, 980], { set: [] }, false);
    const trial = studyOf('i', ['T', 'G', 'S'], levels, [790, 210, 790, 210, 511, 489, 510, 490], { set: ['T'] }, false);
    const structure = must(structureOf({ graph, domains: observed.domains, studies: [observed, trial] }));
    const found = await shown(structure, [observed, trial]);
    expect(found.cells).toHaveLength(16);
    expect(found.cells.map(({ count }) => count)).toEqual([
      180, 420, 180, 420, 1022, 378, 420, 980, 790, 210, 790, 210, 511, 489, 510, 490,
    ]);
    expect(found.cells.map(({ target }) => Number(target.toFixed(12)))).toEqual([
      0.045, 0.105, 0.045, 0.105, 0.2555, 0.0945, 0.105, 0.245, 0.395, 0.105, 0.395, 0.105, 0.2555, 0.2445, 0.255, 0.245,
    ]);
    // Digits: T, G, then S at (T, G) = 00, 01, 10, 11.
    expect(found.cells[5]?.form).toEqual([
      {
        coefficient: 1,
        literals: [
          { digit: 0, value: 1 },
          { digit: 1, value: 0 },
          { digit: 4, value: 1 },
        ],
      },
    ]);
    expect(found.cells[15]?.form).toEqual([
      {
        coefficient: 1,
        literals: [
          { digit: 1, value: 1 },
          { digit: 5, value: 1 },
        ],
      },
    ]);
  });
});

describe('studies that measured different variables', () => {
  const graph = graphOf('G -> T; T -> S; G -> S; T <-> S');
  const model = modelOf(graph, { seed: 3 });

  test('a trial without a covariate: linear with the covariate’s distribution from the other study', async () => {
    const studies = [exactStudy(model, 'obs', ['G', 'T', 'S']), exactStudy(model, 'trial', ['T', 'S'], ['T'])];
    const structure = plainStructure(graph, model, studies);
    const found = await shown(structure, studies);
    expect(found.leftOut).toEqual([]);
    const row = found.cells.find(({ says }) => says === 'P(S=1 | do(T=1))');
    expect(row?.form.map(({ literals }) => literals.length)).toEqual([1, 1]);
    const share = found.cells.filter(({ says }) => says.startsWith('P(G=')).map(({ target }) => target);
    expect(row?.form.map(({ coefficient }) => coefficient)).toEqual(share);
    expect(expectation(row?.form ?? [], 1, pointOf(structure, model))).toBeCloseTo(row?.target as number, 12);
  });

  test('without a study of the covariate the row is left out, with a note', async () => {
    const studies = [exactStudy(model, 'trial', ['T', 'S'], ['T'])];
    const structure = plainStructure(graph, model, studies, ['G']);
    const found = await shown(structure, studies);
    expect(found.cells).toEqual([]);
    expect(found.leftOut).toEqual([
      'What study trial shows of S without G is not used: it depends on several unknown parts of the model at once.',
    ]);
  });

  test('the size guard counts terms, and shows the number', async () => {
    const studies = [exactStudy(model, 'obs', ['G', 'T', 'S'])];
    const structure = { ...plainStructure(graph, model, studies), limit: 9 };
    const read = await readStudies(structure, studies);
    expect(read.ok ? '' : read.issues[0]?.message).toBe('The cells of study obs have 10 terms (limit 9).');
  });

  test('barren variables that were not measured drop out', async () => {
    const studies = [exactStudy(model, 'early', ['G', 'T'])];
    const found = await shown(plainStructure(graph, model, studies, ['S']), studies);
    expect(found.cells.map(({ says, form }) => [says, form.map(({ literals }) => literals.length)])).toEqual([
      ['P(G=0)', [1]],
      ['P(G=1)', [1]],
      ['P(T=0 | G=0)', [1]],
      ['P(T=1 | G=0)', [1]],
      ['P(T=0 | G=1)', [1]],
      ['P(T=1 | G=1)', [1]],
    ]);
  });

  test('a study that sets a variable treated as hidden is left out with a warning; unknown levels are an issue', async () => {
    const studies = [exactStudy(model, 'obs', ['G', 'T', 'S'])];
    const hidden = must(structureOf({ graph: withLatent(graph, ['G']), domains: domainsOf(model), studies }));
    const read = await readStudies(hidden, [exactStudy(model, 'odd', ['G', 'T', 'S'], ['G'])]);
    expect(read.ok && read.value).toEqual([]);
    expect(read.ok && read.warnings?.map(({ code }) => code)).toEqual(['study-left-out']);
    const strange = studyOf('strange', ['T'], [['0', '2']], [1, 1]);
    const wrong = await readStudies(must(structureOf({ graph, domains: domainsOf(model), studies })), [strange]);
    expect(wrong.ok ? [] : wrong.issues.map(({ message }) => message)).toEqual(["Study strange: T has no level '2'."]);
  });
});
