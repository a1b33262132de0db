import { type BoundOptions, type Bounds, openBounds } from './bounds/rule.ts';
import { type BoundsProblem, structureOf } from './bounds/structure.ts';
import type { Answer, Diagnostic } from './interpret/answer.ts';
import type { Question } from './query/terms.ts';
import type { Issue, Result } from './run/issue.ts';

/** Opens the bounds of a problem once, when the first question needs them. */
export function boundsOf(problem: BoundsProblem, options: BoundOptions): () => Promise<Result<Bounds>> | undefined {
  const { graph } = problem;
  let opened: Promise<Result<Bounds>> | undefined;
  return () => {
    if (graph === undefined) return undefined;
    opened ??= openBounds({ ...problem, graph }, options);
    return opened;
  };
}

/** What is wrong with the assumptions and equations of a problem, before any study is read. */
export function issuesOfModel(problem: BoundsProblem): readonly Issue[] {
  if (problem.graph === undefined || (problem.model === undefined && (problem.assume ?? []).length === 0)) return [];
  const made = structureOf(problem);
  return made.ok ? [] : made.issues.filter(({ code }) => code !== 'too-large');
}

/**
 * The account of a question whose bounds were asked for or are the strongest answer. Where they cannot be computed the account
 * stays as it was, and says why.
 */
export async function answerWithBounds(account: Answer, question: Question, open: ReturnType<typeof boundsOf>): Promise<Answer> {
  const bounds = await open();
  if (bounds === undefined) return account;
  const found = bounds.ok ? await bounds.value.bound(question) : bounds;
  if (!found.ok && found.issues.some(({ code }) => code === 'impossible-condition'))
    return { ...account, status: 'undefined', kind: 'none' };
  if (!found.ok) return { ...account, diagnostics: [...account.diagnostics, notBounded(found.issues)] };
  const { diagnostics, assumes, derivation, ...fields } = found.value;
  const { value: _value, distribution: _distribution, uncertainty: _uncertainty, leaves: _leaves, estimand: _estimand, ...rest } = account;
  return {
    ...rest,
    ...fields,
    derivation: [...(account.derivation ?? []), ...derivation],
    assumes: [...new Set([...account.assumes, ...assumes])],
    diagnostics: [...account.diagnostics.filter(({ name }) => name !== 'levels'), ...diagnostics],
  };
}

const notBounded = (issues: readonly Issue[]): Diagnostic => ({
  name: 'bounds',
  level: 'warn',
  says: `No bounds were computed. ${issues.map(({ message, hint }) => (hint === undefined ? message : `${message} ${hint}`)).join(' ')}`,
});
