import { loadProblem, type PlannedFactor, planSample, type SamplePlan } from '@doable/engine';
import { lawText } from '@doable/engine/present';
import { expect, test } from 'vitest';
import { modelIssues } from '../../src/sampling/fit.ts';
import { kindChoice } from '../../src/sampling/kinds.ts';

const data = Array.from({ length: 12 }, (_, i) => ({ X: i % 2, M: (i >> 1) % 2, Y: i / 10 }));
const loaded = await loadProblem({ graph: 'X -> M -> Y; X <-> Y', variables: { Y: { real: true } }, studies: [{ data }] } as never);
if (!loaded.ok) throw new Error(loaded.issues[0]?.message);
const problem = loaded.value;
function planned(question: string): SamplePlan {
  const sample = planSample(problem, question);
  if (!sample.ok || 'refusal' in sample.value) throw new Error(question);
  return sample.value;
}
const idOf = ({ plan }: SamplePlan, law: string): string => (plan.factors.find((factor) => lawText(factor) === law) as PlannedFactor).id;
const issuesOf = (result: ReturnType<typeof kindChoice>) => (result.ok ? [] : result.issues.map(({ message, hint }) => [message, hint]));

test('a name means the factor of the first network that has it; its law has that kind wherever it stands', () => {
  const [effect, margin] = [planned('P(Y | do(X=1))'), planned('P(X)')];
  const plans = [effect, margin].map(({ plan }) => plan);
  const [cause, own] = [idOf(effect, 'P(X)'), idOf(margin, 'P(X)')];
  // The law of X is alone in its network, and has another name there.
  expect(cause).not.toBe(own);
  const chosen = kindChoice('default', [`${cause}=softmax`], plans);
  const key = margin.plan.factors[0]?.key as string;
  expect(chosen).toEqual({ ok: true, value: { all: 'default', of: new Map([[key, 'softmax']]) } });
  const first = kindChoice('table', [`${own}=softmax`], plans);
  expect(first.ok && [...first.value.of.keys()]).toEqual([effect.plan.factors.find(({ id }) => id === own)?.key]);
  expect(issuesOf(kindChoice('default', [`${own}=softmax`], [margin.plan]))).toEqual([]);
});

test('what is said of a law under two names must agree', () => {
  const [effect, margin] = [planned('P(M | do(X=1))'), planned('P(Y | do(X=1))')];
  const [alone, among] = [idOf(effect, 'P(M | X)'), idOf(margin, 'P(Y | X, M)')];
  const plans = [effect, margin].map(({ plan }) => plan);
  expect(alone).not.toBe(among);
  // The second network alone has this name; the first gives the law of M its own.
  const other = margin.plan.factors.find(({ id }) => id !== alone && id !== among) as PlannedFactor;
  expect(issuesOf(kindChoice('default', [`${other.id}=table`, `${among}=flow`], plans))).toEqual([]);
  const renamed = { ...margin.plan, factors: margin.plan.factors.map((factor) => ({ ...factor, id: `${factor.id}b` })) };
  const law = margin.plan.factors.find((factor) => lawText(factor) === 'P(M | X)') as PlannedFactor;
  expect(issuesOf(kindChoice('default', [`${alone}=table`, `${law.id}b=softmax`], [effect.plan, renamed]))).toEqual([
    [`--factor: ${law.id}b is given two kinds.`, `In another part of the question ${alone} is the same law: give both one kind.`],
  ]);
  expect(issuesOf(kindChoice('default', [`${alone}=table`, `${law.id}b=table`], [effect.plan, renamed]))).toEqual([]);
});

test('how it is written is checked before any network is known', () => {
  expect(issuesOf(kindChoice('default', ['f7=flow', 'f7', 'f1=mixtur', 'f7=table']))).toEqual([
    ['--factor: this is not FACTOR=KIND.', 'For example f7=table.'],
    ["--factor: 'mixtur' is no kind of model.", "Did you mean 'mixture'?"],
    ['--factor: f7 is given two kinds.', 'Say it once.'],
  ]);
  expect(issuesOf(kindChoice('default', ['f1=table=flow']))[0]?.[0]).toBe("--factor: 'table=flow' is no kind of model.");
  const [unknown] = issuesOf(kindChoice('default', ['f7=flow'], [planned('P(X)').plan]));
  expect(unknown?.[0]).toBe("--factor: this network has no factor 'f7'.");
});

test('what a later network of a question cannot learn is known before the first is learnt', async () => {
  const [finite, real] = [planned('P(M | do(X=1))'), planned('P(Y | do(X=1))')];
  const kinds = { all: 'softmax', of: new Map() } as const;
  expect(await modelIssues([finite], kinds)).toEqual([]);
  const found = await modelIssues([finite, real, real], kinds);
  expect(found.map(({ code, message }) => [code, message])).toEqual([
    ['wrong-model', `${idOf(real, 'P(Y | X, M)')} P(Y | X, M) cannot be a softmax model: it draws finite columns, and Y is real.`],
  ]);
});
