import type { Name } from '../graph/variable.ts';
import { failure, type Issue, type Result, success, type Where } from '../run/issue.ts';
import { numberOf } from './level.ts';
import type { Schema, StudySpec } from './source.ts';

/** Probabilities may miss 1 by this much. */
export const sumTolerance = 1e-6;

/** What is wrong with one cell of a count, weight or probability column, if anything is. */
export function measureFault(kind: 'count' | 'weight' | 'probability', text: string): { code: string; says: string } | undefined {
  const value = numberOf(text);
  if (Number.isNaN(value)) return { code: 'not-a-number', says: text === '' ? 'is empty' : `is “${text}”, not a number` };
  if (value < 0) return { code: `negative-${kind}`, says: `is ${text}: a ${kind} cannot be negative` };
  if (kind === 'count' && !Number.isInteger(value)) return { code: 'fractional-count', says: `is ${text}: a count is a whole number` };
  if (kind === 'probability' && value > 1 + sumTolerance)
    return { code: 'probability-range', says: `is ${text}: a probability is at most 1` };
  return undefined;
}

export function measureIssue(spec: StudySpec, column: string, fault: { code: string; says: string }, where: Where, others: number): Issue {
  const hints: Readonly<Record<string, string>> = {
    'fractional-count': 'If these are sampling weights, name the column by "weight"; if probabilities, by "probability".',
    'probability-range': 'If these are frequencies, name the column by "count".',
  };
  const hint = hints[fault.code];
  return {
    code: fault.code,
    message: `Study ${spec.name}: ${column} ${fault.says}${others > 0 ? ` (and ${others} more such ${others === 1 ? 'cell' : 'cells'})` : ''}.`,
    where: { ...where, column },
    ...(hint !== undefined && { hint }),
  };
}

export function missingIssue(spec: StudySpec, column: string, cells: number, where: Where): Issue {
  return {
    code: 'missing-cells',
    message: `Study ${spec.name}: ${cells} missing ${cells === 1 ? 'cell' : 'cells'} in ${column}.`,
    where: { ...where, column },
    hint: 'Fill them in, or give the study "missing": "drop" to leave such rows out.',
  };
}

export const emptyIssue = (spec: StudySpec, why: string, where: Where): Issue => ({
  code: 'empty-study',
  message: `Study ${spec.name}: ${why}.`,
  ...(Object.keys(where).length > 0 && { where }),
});

export function fixedIssue(spec: StudySpec, name: Name, fixed: string, found: string, where: Where): Issue {
  return {
    code: 'fixed-value',
    message: `Study ${spec.name} says that ${name} was set to ${fixed}, but its data also has ${name} = ${found}.`,
    where,
    hint: `If ${name} was randomised, write "set": ["${name}"]; if the file holds other arms too, select this one by "where".`,
  };
}

/**
 * Do probabilities sum to 1, in all or (in a study that sets variables) within each arm? `arms` maps each combination of set
 * values, as text, to its sum. The value is what to divide by: the number of arms where each arm sums to 1, else 1.
 */
export function probabilityScale(spec: StudySpec, arms: ReadonlyMap<string, number>): Result<{ divide: number; notes: readonly string[] }> {
  const total = [...arms.values()].reduce((sum, value) => sum + value, 0);
  const close = (value: number): boolean => Math.abs(value - 1) <= sumTolerance;
  if (close(total)) return success({ divide: 1, notes: [] });
  if (arms.size > 1 && [...arms.values()].every(close)) {
    const note = `probabilities are given per arm: each of the ${arms.size} arms sums to 1`;
    return success({ divide: arms.size, notes: [note] });
  }
  const listed = [...arms].filter(([, sum]) => !close(sum)).slice(0, 5);
  const armwise = arms.size > 1 ? ` By arm: ${listed.map(([arm, sum]) => `${arm} sums to ${round(sum)}`).join('; ')}.` : '';
  return failure({
    code: 'probability-sum',
    message: `Study ${spec.name}: the probabilities sum to ${round(total)}, not to 1.${armwise}`,
    ...(spec.probability !== undefined && { where: { column: spec.probability } }),
    hint: 'If these are frequencies, name the column by "count"; if they are given for each value of a variable that was set, list it in "set".',
  });
}

const round = (value: number): number => Number(value.toPrecision(8));

/** A text that says everything about how a study was read; part of its fingerprint. */
export function readingOf(spec: StudySpec, schema: Schema, measured: readonly Name[]): string {
  const { regime, count, weight, probability, size, where, columns, missing } = spec;
  const domains = measured.map((name) => [name, schema.domains.get(name), schema.cuts.get(name)]);
  return JSON.stringify([regime, count, weight, probability, size, where, columns, missing, domains]);
}
