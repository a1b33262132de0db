import type { Certificate } from './bounds/certificate.ts';
import { type Check, type Verification, type VerifyOptions, verifyCertificate } from './bounds/verify.ts';
import type { Value } from './graph/variable.ts';
import { stateValues } from './identification.ts';
import type { Answer } from './interpret/answer.ts';
import { compileQuestion } from './query/bind.ts';
import { printQuestion } from './query/print.ts';

export interface VerifiedAnswer extends Verification {
  readonly question?: string;
  /** Its programme was held against a problem, too. */
  readonly against?: true;
}

/**
 * {@link verifyAnswer} of each certificate of an answer: its own, or one for each row of its table that is bounded, and then
 * whether it is about the answer's question at the values of that row.
 */
export function verifyAnswers(answer: unknown, options: VerifyOptions = {}): readonly VerifiedAnswer[] {
  return certifiedIn(answer).flatMap((one) => verifyAnswer(one, options) ?? []);
}

/**
 * What an answer certifies: itself, or each row of its table as an answer of its own. A row that is not there, or whose question
 * cannot be told, has no question, and is about nothing.
 */
export function certifiedIn(answer: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!isRecord(answer)) return [];
  const { certificates, distribution, question } = answer;
  if (!Array.isArray(certificates)) return answer.certificate === undefined ? [] : [answer];
  return certificates.filter(isRecord).map(({ at, certificate }) => {
    const points = Array.isArray(distribution) ? distribution.filter(isRecord) : [];
    const point = points.find((one) => sameValues(one.at, at));
    const { lower, upper, tightness } = point ?? {};
    return {
      question: (point === undefined ? undefined : questionAt(question, at)) ?? `no row of ${String(question)}`,
      status: lower === undefined ? 'incompatible' : 'bounded',
      ...(lower === undefined ? {} : { lower, upper }),
      ...(tightness === undefined ? {} : { tightness }),
      certificate,
    };
  });
}

const sameValues = (a: unknown, b: unknown): boolean => {
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
};

/** `P(Y=1 | do(X=1))`: a question at values that it leaves open. */
function questionAt(text: unknown, at: unknown): string | undefined {
  if (typeof text !== 'string' || !isRecord(at)) return undefined;
  const question = compileQuestion(text, { domains: new Map() });
  if (!question.ok) return undefined;
  const levels = new Map<string, Value[]>();
  for (const [label, value] of Object.entries(at)) {
    // The second open value of Y is labelled Y'.
    const name = label.replace(/'+$/u, '');
    if (typeof value === 'string') levels.set(name, [...new Set([...(levels.get(name) ?? []), value])]);
  }
  const row = stateValues(question.value, levels)?.find((one) => sameValues(one.at, at));
  return row === undefined ? undefined : printQuestion(row.question);
}

/**
 * Checks the certificate of an answer, as {@link verifyCertificate} does, and that the figures of the answer are those that the
 * certificate proves. Undefined: the answer has none.
 */
export function verifyAnswer(answer: unknown, options: VerifyOptions = {}): VerifiedAnswer | undefined {
  if (!isRecord(answer) || answer.certificate === undefined) return undefined;
  const named = typeof answer.question === 'string' ? { question: answer.question } : {};
  const verification = verifyCertificate(answer.certificate, options);
  if (!verification.accepted) return { ...named, ...verification };
  const claim = claims(answer, answer.certificate as Certificate, options.tolerance ?? 1e-9);
  return { ...named, ...verification, accepted: claim.passed, checks: [...verification.checks, claim] };
}

/** Bounds whose two sides are further apart are not exact. */
const closed = 1e-6 + 1e-9;

const isRecord = (value: unknown): value is Partial<Answer> & Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the answer says beside what its certificate proves: `figure` is by how much it says too much. */
function claims(answer: Partial<Answer>, { lower, upper, gap = 0, conflict, question }: Certificate, tolerance: number): Check {
  const check = (passed: boolean, says: string, figure?: number): Check => ({
    name: 'answer',
    passed,
    says,
    ...(figure === undefined ? {} : { figure }),
  });
  if (question === undefined && answer.question !== undefined) return check(false, 'the certificate does not say what it is about');
  if (question !== undefined && question !== answer.question && question !== answer.terms)
    return check(false, `the certificate is about ${question}`);
  if (conflict !== undefined) return check(answer.status === 'incompatible', 'the answer is that the studies contradict each other');
  if (lower === undefined || upper === undefined) return check(false, 'the certificate has no bounds');
  if (answer.status !== 'bounded') return check(false, `the certificate has bounds, but the answer is ${answer.status ?? 'none'}`);
  const { tightness = 'exact', inner, outer } = answer;
  const ends = endsOf(answer.lower, answer.upper);
  const beyond = [outer, ...(tightness === 'inner' ? [] : [ends])];
  const within = [inner, ...(tightness === 'outer' ? [] : [ends])];
  const slack = tightness === 'exact' ? Math.min(gap, closed) : 0;
  const excess = Math.max(
    ...beyond.flatMap((one) => (one === undefined ? [] : [one[0] - lower.outer, upper.outer - one[1]])),
    // Without a witness nothing is shown to be attained.
    ...within.flatMap((one) =>
      one === undefined ? [] : [(lower.inner ?? Infinity) - one[0] - slack, one[1] - (upper.inner ?? -Infinity) - slack],
    ),
    0,
  );
  if (ends === undefined) return check(false, 'the answer has no bounds');
  return check(excess <= tolerance, 'the figures of the answer are those of the certificate', excess);
}

const endsOf = (low: unknown, high: unknown): readonly [number, number] | undefined =>
  typeof low === 'number' && typeof high === 'number' ? [low, high] : undefined;
