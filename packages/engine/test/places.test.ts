import { describe, expect, it } from 'vitest';
import { parseAdditive } from '../src/additive/assumption.ts';
import { additiveHelp } from '../src/additive/help.ts';
import { ask } from '../src/ask.ts';
import type { Domain, Name } from '../src/graph/variable.ts';
import { openNames, readPlaces } from '../src/places.ts';
import { loadProblem } from '../src/problem.ts';
import { compileQuestion } from '../src/query/bind.ts';
import type { Question } from '../src/query/terms.ts';

const domains = new Map<Name, Domain>([
  ['A', { kind: 'real' }],
  ['B', { kind: 'finite', levels: ['low', 'high'] }],
  ['C', { kind: 'real' }],
  ['Y', { kind: 'real' }],
]);
function question(text: string): Question {
  const compiled = compileQuestion(text, { domains });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.issues));
  return compiled.value;
}
const asked = [question('E[Y | do(A, B=low), C]'), question('E[Y | do(A=1, B), C=2]')];
const issuesOf = (places: Parameters<typeof readPlaces>[2]): readonly string[] => {
  const read = readPlaces(asked, domains, places);
  return read.ok ? [] : read.issues.map(({ message, hint = '' }) => `${message} ${hint}`);
};

describe('where a function is evaluated', () => {
  it('open are the values that a question leaves out, set or given', () => {
    expect(asked.map((one) => [...openNames(one)].sort())).toEqual([['A', 'C'], ['B']]);
    expect([...openNames(question('E[Y | do(A), C=1] - E[Y | do(A=0), C=1]'))]).toEqual(['A']);
    expect([...openNames(question('P(Y | do(A=1))'))]).toEqual([]);
  });

  it('texts of numbers become numbers, ascending and once each; levels stay as they are', () => {
    expect(readPlaces(asked, domains, { at: { A: ['3', 1, '1.0', '-2'], B: ['high'] } })).toEqual({
      ok: true,
      value: { at: { A: [-2, 1, 3], B: ['high'] } },
    });
    expect(readPlaces(asked, domains, { points: [{ A: '1', C: 2 }] })).toEqual({ ok: true, value: { points: [{ A: 1, C: 2 }] } });
    expect(readPlaces(asked, domains, {})).toEqual({ ok: true, value: {} });
  });

  it('says what is wrong and what to do', () => {
    expect(issuesOf({ at: { AA: [1] } })).toEqual([expect.stringMatching(/no variable 'AA'.*mean A\?/u)]);
    expect(issuesOf({ at: { Y: [1] } })).toEqual([expect.stringMatching(/No question leaves Y open.*A, C, B/u)]);
    expect(issuesOf({ at: { A: ['x'] } })).toEqual([expect.stringContaining("'x'")]);
    expect(issuesOf({ at: { B: ['hihg'] } })).toEqual([expect.stringMatching(/no level 'hihg'.*mean 'high'/u)]);
    expect(issuesOf({ at: { A: [] } })).toEqual([expect.stringContaining('No value of A')]);
    expect(issuesOf({ at: { A: [1] }, points: [{ B: 'low' }] })).toEqual([expect.stringContaining('exclude each other')]);
    expect(issuesOf({ points: [{ A: 1 }] })).toEqual([expect.stringMatching(/give A, and no question.*A, C; B/u)]);
    expect(issuesOf({ points: [{ A: 1, C: 1 }, { A: 1 }] })).toEqual([expect.stringContaining('Point 2 gives no value of C')]);
    expect(issuesOf({ points: [{ A: 1, C: 'x' }] })).toEqual([expect.stringMatching(/^Point 1: /u)]);
    expect(issuesOf({ points: [] })).toEqual([expect.stringContaining('There is no point')]);
  });
});

describe('ask', () => {
  // y = 1 + 2 a + 3 b in every regime, without noise.
  const rows = (seed: number) =>
    Array.from({ length: 60 }, (_, i) => {
      const [a, b] = [((i * 7 + seed) % 13) / 3, ((i * 5 + 2 * seed) % 11) / 2];
      return { a, b, y: 1 + 2 * a + 3 * b };
    });
  const document = {
    variables: { a: { real: true }, b: { real: true }, y: { real: true, unit: 'kg' } },
    studies: [
      { name: 'seen', data: rows(1) },
      { name: 'on a', data: rows(2), set: ['a'] },
      { name: 'on b', data: rows(3), set: ['b'] },
    ],
    assume: ['additive(y; a, b)'],
  };
  const loaded = async () => {
    const problem = await loadProblem(document);
    if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
    return problem.value;
  };

  it('evaluates each question on what it leaves open, and points only where they are meant', async () => {
    const problem = await loaded();
    const grid = await ask(problem, ['E[y | do(a, b=1)]', 'E[y | do(a=2, b=1)]', 'E[y | do(a, b)]'], {
      at: { a: [0, 2], b: ['1'] },
      uncertainty: 'none',
    });
    if (!grid.ok) throw new Error(JSON.stringify(grid.issues));
    const [first, second, third] = grid.value.answers;
    expect(first?.function?.points.map(({ at, value }) => [at, Number(value?.toFixed(6))])).toEqual([
      [{ a: 0 }, 4],
      [{ a: 2 }, 8],
    ]);
    expect(first?.function).toMatchObject({ outcome: 'y', unit: 'kg', held: [{ name: 'b', part: 'set', value: '1' }] });
    expect(second?.value).toBeCloseTo(8, 6);
    expect(third?.function?.points.map(({ at }) => at)).toEqual([
      { a: 0, b: 1 },
      { a: 2, b: 1 },
    ]);
    const points = await ask(problem, ['E[y | do(a=2, b=1)]', 'E[y | do(a, b)]', 'E[y | do(a, b=1)]'], {
      points: [{ a: 1, b: 1 }],
      uncertainty: 'none',
    });
    if (!points.ok) throw new Error(JSON.stringify(points.issues));
    expect(points.value.answers[0]?.value).toBeCloseTo(8, 6);
    expect(points.value.answers[1]?.function?.points).toHaveLength(1);
    expect(points.value.answers[1]?.function?.axes.every(({ values }) => values === undefined)).toBe(true);
    expect(points.value.answers[2]?.why).toContain('the points give a, b');
  });

  it('a wrong place stops it before a study is read; a place that no function needs is a warning', async () => {
    const problem = await loaded();
    const studies = problem.studies.map((study) => ({
      ...study,
      columns: () => {
        throw new Error('a study was read');
      },
    }));
    const wrong = await ask({ ...problem, studies }, ['E[y | do(a, b=1)]'], { at: { b: [1] } });
    expect(wrong.ok).toBe(false);
    const finite = await loadProblem({
      graph: 'X -> Y',
      studies: [
        {
          name: 's',
          data: [
            { X: 0, Y: 1 },
            { X: 1, Y: 0 },
            { X: 1, Y: 1 },
          ],
        },
      ],
    });
    if (!finite.ok) throw new Error(JSON.stringify(finite.issues));
    const unused = await ask(finite.value, ['P(Y=1 | do(X))'], { at: { X: ['1'] }, uncertainty: 'none' });
    expect(unused.ok && unused.warnings?.map(({ code }) => code)).toEqual(['at']);
  });
});

describe('help of the assumption', () => {
  it.each(additiveHelp.forms)('%s is read', (text) => {
    expect(parseAdditive(text)?.ok).toBe(true);
  });
  it.each(additiveHelp.questions)('%s is a question', (text) => {
    expect(compileQuestion(text, { domains: new Map() }).ok).toBe(true);
  });
});
