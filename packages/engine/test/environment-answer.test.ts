import { describe, expect, test } from 'vitest';
import { type Environments, sizesOf } from '../src/exchangeable/environments.ts';
import { exactProbability } from '../src/exchangeable/exact.ts';
import { drawEnvironments, tableModel, xorModel } from '../src/exchangeable/processes.ts';
import type { CellQuery, ExchangeableModel, ValuedCell } from '../src/exchangeable/terms.ts';
import { type Answer, type AskOptions, ask, explain, loadProblem } from '../src/index.ts';
import { Random } from '../src/math/random.ts';
import { answersMarkdown, answerText } from '../src/present/present.ts';

const pair = xorModel([
  ['X', []],
  ['Y', ['X']],
]);
const cell = (variable: string, position: number, value: number): ValuedCell => ({ variable, position, value });

/** Environments as rows of a problem document, equal records counted. */
function rowsOf({ names, levels, labels, starts, columns }: Environments): Record<string, string | number>[] {
  return labels.flatMap((label, e) => {
    const counts = new Map<string, number>();
    for (let r = starts[e] as number; r < (starts[e + 1] as number); r++) {
      const key = columns.map((column) => column[r]).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts].map(([key, n]) => {
      const codes = key.split(',');
      return { clinic: `c${label}`, n, ...Object.fromEntries(names.map((name, v) => [name, levels[v]?.[Number(codes[v])] as string])) };
    });
  });
}
const problemOf = (graph: string, environments: Environments, more: object = {}): object => ({
  graph,
  variables: Object.fromEntries(environments.names.map((name, v) => [name, { levels: environments.levels[v] }])),
  studies: [{ name: 'clinics', data: rowsOf(environments), environment: 'clinic', count: 'n' }],
  assume: ['exchangeable'],
  ...more,
});
async function opened(written: object) {
  const problem = await loadProblem(written);
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  return problem.value;
}
async function answered(written: object, question: string, options: AskOptions = {}): Promise<Answer> {
  const found = await ask(await opened(written), [question], { uncertainty: 'none', ...options });
  if (!found.ok) throw new Error(JSON.stringify(found.issues));
  return found.value.answers[0] as Answer;
}
function exact(model: ExchangeableModel, query: CellQuery): number {
  const found = exactProbability(model, query);
  if (!found.ok || found.value.value === null) throw new Error('no value');
  return found.value.value;
}

describe('answers from environments', () => {
  const environments = drawEnvironments(pair, 1500, 8, new Random(71));
  const written = problemOf('X -> Y', environments);

  test('come to those of the process they were drawn from, both ways, and agree', async () => {
    const cases = [
      [
        'P(Y@1=1 | do(X@1=0), X@2=1, Y@2=0)',
        { target: [cell('Y', 1, 1)], given: [cell('X', 2, 1), cell('Y', 2, 0)], set: [cell('X', 1, 0)] },
      ],
      ['P(Y@2=1 | do(X@1=1), Y@1=1)', { target: [cell('Y', 2, 1)], given: [cell('Y', 1, 1)], set: [cell('X', 1, 1)] }],
      ['P(Y=1 | do(X=0))', { target: [cell('Y', 1, 1)], given: [], set: [cell('X', 1, 0)] }],
    ] as const;
    const long = 'P(Y@6=1 | do(X@6=0), X@1=1, Y@1=0, X@2=1, Y@2=0, X@3=0, Y@3=1, X@4=0, Y@4=1, X@5=1, Y@5=0)';
    const problem = await opened(written);
    const run = async (factors: 'fitted' | 'frequencies'): Promise<readonly Answer[]> => {
      const found = await ask(problem, [...cases.map(([question]) => question), long], { uncertainty: 'none', factors });
      if (!found.ok) throw new Error(JSON.stringify(found.issues));
      return found.value.answers;
    };
    const [fitted, counted] = [await run('fitted'), await run('frequencies')];
    for (const [k, [question, query]] of cases.entries()) {
      const [answer, other] = [fitted[k] as Answer, counted[k] as Answer];
      expect(answer.status).toBe('identified');
      expect(answer.rule).toBe('exchangeable');
      expect(Math.abs((answer.value as number) - exact(pair, query)), question).toBeLessThan(0.02);
      expect(Math.abs((other.value as number) - exact(pair, query)), question).toBeLessThan(0.03);
      expect(answer.environments?.beside).toEqual({ factors: 'frequencies', value: other.value });
      expect(other.environments?.beside).toEqual({ factors: 'fitted', value: answer.value });
    }
    const many = fitted[3] as Answer;
    // Five draws of noise 1 before: (1 + 5) / (4 + 5).
    expect(Math.abs((many.value as number) - 6 / 9)).toBeLessThan(0.04);
    expect(many.environments?.beside).toBeUndefined();
    expect(many.derivation?.some(({ says }) => says.includes('P(Y | X) is learned from positions 1 to 5'))).toBe(true);
  });

  test('explain says what ask says, without a row', async () => {
    const problem = await opened(written);
    const question = 'P(Y@1=1 | do(X@1=0), X@2=1, Y@2=0)';
    const explained = await explain(problem, [question]);
    const asked = await answered(written, question);
    expect(explained.ok && explained.value.answers[0]?.estimand).toEqual(asked.estimand);
    expect(explained.ok && explained.value.answers[0]?.derivation).toEqual(asked.derivation);
    expect(explained.ok && explained.value.answers[0]?.value).toBeUndefined();
    expect(JSON.stringify(asked.estimand?.tree)).toContain('clinics');
    const known = await opened({
      graph: 'X -> Y',
      model: { exchangeable: { X: { dirichlet: { '': [3, 1] } }, Y: { xor: { of: ['X'], beta: [1, 3] } } } },
    });
    const told = await explain(known, [question]);
    expect(told.ok && told.value.answers[0]?.status).toBe('identified');
  });

  test('of one environment: the counts of its rows move the fitted weights; of each: a table', async () => {
    const model = tableModel([20, 20], [[1, 4], [5, 2]]); // biome-ignore format: small
    const own = drawEnvironments(
      model,
      150,
      Int32Array.from({ length: 150 }, (_, e) => (e === 3 ? 400 : 2 + (e % 9))),
      new Random(72),
    );
    const problem = problemOf('X -> Y', own);
    const known = await answered(problem, 'P(Y=1 | do(X=0), clinic=c4)');
    let [ones, all] = [0, 0];
    for (let r = own.starts[3] as number; r < (own.starts[4] as number); r++)
      if (own.columns[0]?.[r] === 0) {
        all += 1;
        ones += own.columns[1]?.[r] as number;
      }
    expect(known.environments?.asked).toEqual([{ label: 'c4', records: 400 }]);
    expect(known.environments?.mechanisms[1]?.kind).toBe('dirichlet');
    expect(known.environments?.spread?.deviation).toBeLessThan(0.06);
    const fresh = await answered(problem, 'P(Y=1 | do(X=0))');
    expect(Math.abs((fresh.value as number) - 0.2)).toBeLessThan(0.05);
    const [own4, pooled] = [ones / all, fresh.value as number];
    expect(known.value as number).toBeGreaterThan(Math.min(own4, pooled));
    expect(known.value as number).toBeLessThan(Math.max(own4, pooled));
    expect(Math.abs((known.value as number) - own4)).toBeLessThan(Math.abs(own4 - pooled) / 4);
    expect(Math.abs((fresh.environments?.spread?.deviation as number) - Math.sqrt((0.2 * 0.8) / 6))).toBeLessThan(0.05);
    const each = await answered(problem, 'P(Y=1 | do(X=0), clinic)');
    expect(each.distribution).toHaveLength(150);
    expect(each.distribution?.find(({ at }) => at.clinic === 'c4')?.value).toBe(known.value);
    const text = answerText(known);
    expect(text).toContain('environment c4: 400 rows');
    expect(answersMarkdown({ schema: 'doable/answers@1', seed: 0, version: '0', elapsedMs: 0, answers: [each] })).toContain(
      'in one environment',
    );
  });

  test('what was set teaches nothing of its mechanism; a cause set everywhere may be confounded with what it does not cause', async () => {
    const question = 'P(Y@1=1 | do(X@1=0), X@2=1, Y@2=0)';
    const refused = await answered(problemOf('X -> Y; X <-> Y', environments), question);
    expect(refused.status).toBe('refused');
    expect(refused.why).toContain('X <-> Y');
    const hidden = await answered(problemOf('U [latent]; U -> X; U -> Y; X -> Y', environments), 'P(Y=1 | do(X=1))');
    expect(hidden.why).toContain('common cause');
    const harmless = await answered(problemOf('X -> Y; Z -> X; Z [latent]', environments), 'P(Y=1 | do(X=1))');
    expect(harmless.status).toBe('identified');
  });

  test('the interval is that of the same seed; the pooled rows stand beside it', async () => {
    const sizes = Int32Array.from({ length: 40 }, (_, e) => 2 + (e % 6));
    const problem = problemOf('X -> Y', drawEnvironments(pair, 40, sizes, new Random(73)));
    const run = (seed: number) => answered(problem, 'P(Y=1 | do(X=1))', { uncertainty: 'auto', draws: 60, seed });
    const [one, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(one);
    expect(other.uncertainty?.interval).not.toEqual(one.uncertainty?.interval);
    const [low, high] = one.uncertainty?.interval ?? [Number.NaN, Number.NaN];
    expect(low).toBeLessThan(one.value as number);
    expect(high).toBeGreaterThan(one.value as number);
    expect(high - low).toBeLessThan(0.5);
    expect(one.diagnostics.find(({ name }) => name === 'pooled rows')?.figure).toBe(one.environments?.pooled);
    const rows = await answered({ ...problem, assume: [] }, 'P(Y=1 | do(X=1))');
    expect(rows.rule).not.toBe('exchangeable');
    expect(one.environments?.pooled).toBe(rows.value);
  });

  test('nothing varies: the answer of independent rows, and that is said', async () => {
    const still = drawEnvironments(
      xorModel([['X', []], ['Y', ['X']]], 0.25), // biome-ignore format: small
      60,
      20,
      new Random(74),
    );
    const answer = await answered(problemOf('X -> Y', still), 'P(Y@1=1 | do(X@1=0), X@2=1, Y@2=0)');
    expect(answer.diagnostics.find(({ name }) => name === 'variation')?.level).toBe('warn');
    expect(answer.environments?.mechanisms.map(({ kind }) => kind)).toEqual(['mixture 1', 'mixture 1']);
    expect(answer.environments?.spread?.deviation).toBeLessThan(1e-9);
    const rows = await answered(problemOf('X -> Y', still, { assume: [] }), 'P(Y=1 | do(X=0))');
    expect(Math.abs((answer.value as number) - (rows.value as number))).toBeLessThan(0.001);
  });

  test('a handful, or one: said', async () => {
    const few = await answered(problemOf('X -> Y', drawEnvironments(pair, 4, 50, new Random(75))), 'P(Y=1 | do(X=0))', {
      uncertainty: 'auto',
      draws: 30,
    });
    expect(few.diagnostics.find(({ name }) => name === 'few environments')?.figure).toBe(4);
    const one = await answered(problemOf('X -> Y', drawEnvironments(pair, 1, 50, new Random(76))), 'P(Y=1 | do(X=0))');
    expect(one.status).toBe('refused');
    expect(one.why).toContain('one environment');
  });

  test('few small environments: room for differences, and that nothing was shown', async () => {
    const drawn = drawEnvironments(tableModel([2, 2], [[1, 4], [5, 2]]), 10, 3, new Random(78)); // biome-ignore format: small
    const answer = await answered(problemOf('X -> Y', drawn), 'P(Y=1 | do(X=0))', { uncertainty: 'auto', draws: 40 });
    expect(answer.environments?.mechanisms.map(({ kind }) => kind)).not.toContain('mixture 1');
    expect(answer.environments?.spread?.deviation).toBeGreaterThan(0.05);
    const [low, high] = answer.uncertainty?.interval ?? [0, 0];
    expect(high - low).toBeGreaterThan(0.15);
  });

  test('a named environment: the interval is about its own value, and narrows with its rows', async () => {
    const sizes = Int32Array.from({ length: 30 }, (_, e) => (e === 0 ? 2000 : e === 1 ? 2 : 10));
    const drawn = drawEnvironments(tableModel([20, 20], [[1, 4], [5, 2]]), 30, sizes, new Random(79)); // biome-ignore format: small
    const problem = problemOf('X -> Y', drawn);
    const options = { uncertainty: 'auto', draws: 60 } as const;
    const many = await answered(problem, 'P(Y=1 | do(X=0), clinic=c1)', options);
    const two = await answered(problem, 'P(Y=1 | do(X=0), clinic=c2)', options);
    const width = ({ uncertainty }: Answer): number => (uncertainty?.interval?.[1] as number) - (uncertainty?.interval?.[0] as number);
    // About 1,000 rows have X = 0: a binomial error.
    const p = many.value as number;
    expect(width(many) / (2 * 1.96 * Math.sqrt((p * (1 - p)) / 1000))).toBeGreaterThan(0.7);
    expect(width(many) / (2 * 1.96 * Math.sqrt((p * (1 - p)) / 1000))).toBeLessThan(1.4);
    expect(width(two)).toBeGreaterThan(0.3);
    expect(many.environments?.spread).toBeUndefined();
    const both = await answered(problem, 'P(Y=1 | do(X=0), clinic=c1) - P(Y=1 | do(X=0), clinic=c2)', options);
    expect(both.value).toBeCloseTo((many.value as number) - (two.value as number), 12);
    expect(width(both)).toBeGreaterThan(0.9 * width(two));
    expect(both.estimand?.text).toContain('in order: clinic=c1; clinic=c2');
  });

  test('what is set without effect does not matter; causes that no record shows are a guess, and that is said', async () => {
    const cause = await answered(written, 'P(X=1 | do(Y=1))');
    expect(cause.value).toBe((await answered(written, 'P(X=1)')).value);
    const rows = rowsOf(drawEnvironments(pair, 40, 12, new Random(80))).filter(({ X }) => X === '1');
    const never = await answered(
      { ...problemOf('X -> Y', environments), studies: [{ name: 'clinics', data: rows, environment: 'clinic', count: 'n' }] },
      'P(Y=1 | do(X=0))',
    );
    expect(never.diagnostics.find(({ name }) => name === 'unseen rows')?.level).toBe('fail');
    expect((await answered(written, 'P(Y=1 | do(X=0))')).diagnostics.some(({ name }) => name === 'unseen rows')).toBe(false);
  });

  test('studies that tell environments apart by columns of their own: a label is one of its column', async () => {
    const [first, last] = [drawEnvironments(pair, 15, 10, new Random(81)), drawEnvironments(pair, 15, 10, new Random(82))];
    const towns = rowsOf(last).map(({ clinic, ...row }) => ({ ...row, town: clinic as string }));
    const studies = [
      { name: 'a', data: rowsOf(first), environment: 'clinic', count: 'n' },
      { name: 'b', data: towns, environment: 'town', count: 'n' },
    ];
    const problem = { ...problemOf('X -> Y', first), studies };
    const one = await answered(problem, 'P(Y=1 | do(X=0), town=c5)');
    expect(one.environments?.asked).toEqual([{ label: 'b: c5', records: 10 }]);
    expect((await answered(problem, 'P(Y=1 | do(X=0), town)')).distribution).toHaveLength(15);
  });

  test.each([
    ['P(Y=1 | do(X=0), clinic=c9999)', 'unknown-level'],
    ['P(Y=1 | do(clinic=c1))', 'environment-set'],
    ['P(clinic=c1 | X=1)', 'environment-asked'],
    ['P(Y@1=1 | do(X@1=0), clinic@1=c1)', 'environment-position'],
  ])('%s: %s', async (question, code) => {
    const found = await ask(await opened(written), [question]);
    expect(found.ok ? [] : found.issues.map((issue) => issue.code)).toEqual([code]);
  });

  // Heavy: the share of 95 % intervals that hold the truth.
  test.runIf(process.env.DOABLE_HEAVY !== undefined)(
    'coverage of the bootstrap over environments',
    async () => {
      for (const [count, size] of [
        [10, 3],
        [20, 10],
        [60, 10],
        [200, 5],
      ] as const) {
        // biome-ignore format: small
        let [covered, effect] = [0, 0];
        const runs = 200;
        for (let run = 0; run < runs; run++) {
          const drawn = drawEnvironments(tableModel([2, 2], [[1, 4], [5, 2]]), count, size, new Random(77, count, run)); // biome-ignore format: small
          const problem = problemOf('X -> Y', drawn);
          const options = { uncertainty: 'auto', draws: 200 } as const;
          const inside = ({ uncertainty }: Answer, truth: number): boolean =>
            (uncertainty?.interval?.[0] as number) <= truth && truth <= (uncertainty?.interval?.[1] as number);
          if (inside(await answered(problem, 'P(Y=1 | do(X=0))', options), 0.2)) covered += 1;
          if (inside(await answered(problem, 'P(Y@1=1 | do(X@1=0), X@2=0, Y@2=1)', options), 2 / 6)) effect += 1;
        }
        process.stdout.write(`E = ${count}, N = ${size}: marginal ${covered / runs}, after a position ${effect / runs}\n`);
        expect(covered / runs).toBeGreaterThan(0.88);
      }
    },
    3_600_000,
  );
});

test('sizes of environments count records, not rows', () => {
  expect([...sizesOf(drawEnvironments(pair, 3, 5, new Random(1)))]).toEqual([5, 5, 5]);
});
