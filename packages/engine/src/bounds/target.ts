import type { Name, Value } from '../graph/variable.ts';
import { printQuery, printTerm } from '../query/print.ts';
import type { Query, Question, Term } from '../query/terms.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { type Answerable, networkOf } from './network.ts';
import type { LocalTable, Network, Target } from './programme.ts';

/**
 * A question as sums of products of local tables: the parallel worlds of its terms, one table per block over the copies of its
 * variables. A condition of which the model is certain is left out; parts with a condition must share it. Constants are networks
 * without tables; an impossible event has no network.
 *
 * Issues: `open-values` (a term without a value; ask one value at a time), `positions`, `not-finite`, `impossible-condition`,
 * `mixed-conditions`, `too-large`.
 */
export function targetOf(structure: Answerable, question: Question): Result<Target & { readonly blocks: readonly number[] }> {
  const numerator: Network[] = [];
  let shared: { readonly networks: readonly Network[]; readonly text: string } | undefined;
  for (const [i, { weight, query }] of question.parts.entries()) {
    const part = partOf(structure, query, weight);
    if (!part.ok) return part;
    const { condition } = part.value;
    const text = JSON.stringify(condition);
    if (i > 0 && text !== JSON.stringify(shared?.networks))
      return failure({
        code: 'mixed-conditions',
        message: `The parts of ${question.text} have different conditions.`,
        hint: 'Bounds of a sum are found where all parts share one condition, or have none: ask about each part by itself.',
      });
    if (condition !== undefined) shared = { networks: condition, text };
    numerator.push(...part.value.networks);
  }
  const networks = gathered(numerator);
  const denominator = shared?.networks;
  const blocks = new Set([...networks, ...(denominator ?? [])].flatMap(({ tables }) => tables.map(({ block }) => block)));
  return success({
    numerator: networks,
    ...(denominator !== undefined && { denominator }),
    blocks: [...blocks].sort((a, b) => a - b),
  });
}

/** The variables that a question names, those of nested worlds included. */
export function namesOf(question: Question): Set<Name> {
  const names = new Set<Name>();
  const visit = (term: Term): void => {
    names.add(term.variable);
    for (const { variable, value } of term.world) {
      names.add(variable);
      if (typeof value === 'object') visit(value);
    }
  };
  for (const { query } of question.parts) for (const term of [...query.of, ...query.given]) visit(term);
  return names;
}

interface Part {
  readonly networks: readonly Network[];
  /** Absent: no condition, or a certain one. */
  readonly condition?: readonly Network[];
}

function partOf(structure: Answerable, query: Query, weight: number): Result<Part> {
  const wrong = checkTerms(structure, query);
  if (wrong !== undefined) return failure(wrong);
  let condition: readonly Network[] | undefined;
  if (query.given.length > 0) {
    const network = networkOf(structure, query.given, 1);
    if (!network.ok) return network;
    if (network.value === undefined)
      return failure({
        code: 'impossible-condition',
        message: `The condition of ${printQuery(query)} cannot happen: ${query.given.map(printTerm).join(', ')}.`,
      });
    if (network.value.tables.length > 0) condition = [network.value];
  }
  const networks: Network[] = [];
  const add = (of: readonly Term[], by: number): Result<unknown> => {
    const network = networkOf(structure, [...of, ...query.given], by);
    if (network.ok && network.value !== undefined) networks.push(network.value);
    return network;
  };
  if (query.take === 'probability') {
    const added = add(query.of, weight);
    if (!added.ok) return added;
  } else {
    const [outcome] = query.of as readonly [Term];
    const values = outcome.value === undefined ? (structure.levels.get(outcome.variable) ?? []) : [outcome.value];
    for (const value of values) {
      if (Number(value) === 0) continue;
      const added = add([{ ...outcome, value }], weight * Number(value));
      if (!added.ok) return added;
    }
  }
  return success({ networks, ...(condition && { condition }) });
}

function checkTerms(structure: Answerable, query: Query): Issue | undefined {
  const open: string[] = [];
  let issue: Issue | undefined;
  const name = (variable: Name, value: Value | undefined): void => {
    const levels = structure.levels.get(variable);
    if (structure.children.has(variable) && levels !== undefined) {
      if (value !== undefined && !levels.includes(value))
        issue ??= { code: 'unknown-level', message: `${variable} has no level '${value}'.`, hint: `Its levels are ${levels.join(', ')}.` };
      return;
    }
    issue ??= {
      code: 'not-finite',
      message: `Bounds need finite variables: ${variable} ${structure.hidden.has(variable) ? 'is hidden or has no known levels' : 'is not in the graph'}.`,
      hint: `Declare its levels, or make it finite with "cut", under "variables".`,
    };
  };
  const visit = (term: Term, mayBeOpen: boolean): void => {
    name(term.variable, term.value);
    if (term.value === undefined && !mayBeOpen) open.push(printTerm(term));
    const positions = [term, ...term.world].some(({ position }) => position !== undefined);
    if (positions) issue ??= { code: 'positions', message: 'Bounds of questions with positions (Y@2) are not known.' };
    for (const { variable, value } of term.world) {
      if (typeof value === 'object') visit(value, true);
      name(variable, typeof value === 'string' ? value : undefined);
      if (value === undefined) open.push(variable);
    }
  };
  for (const term of query.of) visit(term, query.take === 'mean');
  for (const term of query.given) visit(term, false);
  if (issue !== undefined || open.length === 0) return issue;
  return {
    code: 'open-values',
    message: `${printQuery(query)} leaves values open: ${[...new Set(open)].join(', ')}.`,
    hint: 'Bounds are found for one value at a time.',
  };
}

/** Equal networks added up. */
function gathered(networks: readonly Network[]): Network[] {
  const sums = new Map<string, { weight: number; tables: readonly LocalTable[] }>();
  for (const { weight, tables } of networks) {
    const key = JSON.stringify(tables);
    const known = sums.get(key);
    if (known === undefined) sums.set(key, { weight, tables });
    else known.weight += weight;
  }
  return [...sums.values()].filter(({ weight }) => weight !== 0);
}
