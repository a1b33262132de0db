import type { Name, Value } from '../graph/variable.ts';
import { resolveWorlds, type Token } from '../model/worlds.ts';
import { printQuery, printTerm } from '../query/print.ts';
import type { Query, Question, Term } from '../query/terms.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import type { Child } from './canonical.ts';
import { contextOf } from './facts.ts';
import type { Block, Literal, LocalTable, Network, Target } from './programme.ts';
import type { Structure } from './specification.ts';

/** The part of a structure that questions need. */
export type Answerable = Pick<Structure, 'levels' | 'children' | 'blocks' | 'hidden' | 'limit'>;

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

/** The probability of the events, times `weight`; undefined: they cannot happen together. */
export function networkOf(structure: Answerable, events: readonly Term[], weight: number): Result<Network | undefined> {
  const { levels, children, blocks } = structure;
  const childOf = (name: Name): Child => children.get(name) as Child;
  const levelIndex = (name: Name, value: Value): number => (levels.get(name) as readonly Value[]).indexOf(value);
  const worlds = resolveWorlds({ inputs: (name) => childOf(name).parents, levelIndex }, events, []);
  const evidence = new Map<string, number>();
  for (const [i, event] of events.entries()) {
    const token = worlds.tokens[i] as Token;
    const index = levelIndex(event.variable, event.value as Value);
    if (typeof token === 'number' ? token !== index : (evidence.get(token) ?? index) !== index) return success(undefined);
    if (typeof token === 'string') evidence.set(token, index);
  }
  const sizes = new Map<string, number>();
  const blockOf = new Map<string, number>();
  for (const [name, copies] of worlds.copies)
    for (const { axis } of copies) {
      sizes.set(axis, childOf(name).levels.length);
      blockOf.set(axis, childOf(name).block);
    }
  const members = new Map<number, Reader[]>();
  const settle = (token: Token): Token => (typeof token === 'string' ? (evidence.get(token) ?? token) : token);
  for (const [name, copies] of worlds.copies) {
    const child = childOf(name);
    const own = members.get(child.block) ?? [];
    members.set(child.block, own);
    for (const { inputs, axis } of copies) own.push({ child, inputs: inputs.map(settle), output: settle(axis) });
  }
  const tables: LocalTable[] = [];
  const readElsewhere = new Set<string>();
  for (const own of members.values())
    for (const { child, inputs } of own)
      for (const token of inputs) if (typeof token === 'string' && blockOf.get(token) !== child.block) readElsewhere.add(token);
  for (const [number, copies] of [...members].sort(([a], [b]) => a - b)) {
    const table = tableOf(structure, number, blocks[number] as Block, copies, sizes, readElsewhere);
    if (!table.ok) return table;
    if (table.value.cells.every((cell) => cell === null)) return success(undefined);
    tables.push(table.value);
  }
  return success({ weight, tables });
}

interface Reader {
  readonly child: Child;
  readonly inputs: readonly Token[];
  readonly output: Token;
}

/**
 * The table of one block. Values that no other block reads and that equations decide are worked out, not summed over; the
 * states of explicit exogenous variables are axes of the table.
 */
function tableOf(
  { limit }: Answerable,
  number: number,
  block: Block,
  copies: readonly Reader[],
  sizeOf: ReadonlyMap<string, number>,
  readElsewhere: ReadonlySet<string>,
): Result<LocalTable> {
  const decided = new Set(
    copies.flatMap(({ child, output }) =>
      typeof output === 'string' && child.equation !== undefined && !readElsewhere.has(output) ? [output] : [],
    ),
  );
  const axes: string[] = [];
  const sizes: number[] = [];
  const axisOf = (axis: string, size: number): void => {
    if (axes.includes(axis)) return;
    axes.push(axis);
    sizes.push(size);
  };
  for (const { inputs, output } of copies)
    for (const token of [...inputs, output])
      if (typeof token === 'string' && !decided.has(token)) axisOf(token, sizeOf.get(token) as number);
  const states = new Map<number, string>();
  for (const digit of new Set(copies.flatMap(({ child }) => child.equation?.states ?? []))) {
    states.set(digit, `\u0001state ${number} ${digit}`);
    axisOf(states.get(digit) as string, (block.digits[digit] as Block['digits'][number]).levels.length);
  }
  const count = sizes.reduce((product, size) => product * size, 1);
  if (count > limit)
    return failure({
      code: 'too-large',
      message: `The worlds of the question need a table of ${count.toLocaleString('en-US')} cells for ${block.name} (limit ${limit.toLocaleString('en-US')}).`,
      hint: 'Ask with fewer worlds or conditions, or raise "limit".',
    });
  const cells: (readonly Literal[] | null)[] = [];
  const at = new Map<string, number>();
  const read = (token: Token): number => (typeof token === 'number' ? token : (at.get(token) as number));
  for (let cell = 0; cell < count; cell++) {
    let rest = cell;
    for (let i = axes.length - 1; i >= 0; i--) {
      at.set(axes[i] as string, rest % (sizes[i] as number));
      rest = Math.floor(rest / (sizes[i] as number));
    }
    const literals = new Map<number, number>();
    for (const [digit, axis] of states) literals.set(digit, at.get(axis) as number);
    const possible = copies.every(({ child, inputs, output }) => {
      const context = contextOf(child, inputs.map(read));
      if (child.equation !== undefined) {
        const place = child.equation.states.reduce(
          (sum, digit) => sum * (block.digits[digit]?.levels.length ?? 1) + (literals.get(digit) as number),
          context,
        );
        const result = child.equation.values[place] as number;
        if (typeof output === 'string' && decided.has(output)) at.set(output, result);
        return read(output) === result;
      }
      const digit = (child.digits as readonly number[])[context] as number;
      const value = read(output);
      if ((literals.get(digit) ?? value) !== value) return false;
      literals.set(digit, value);
      return true;
    });
    cells.push(possible ? [...literals].map(([digit, value]) => ({ digit, value })).sort((a, b) => a.digit - b.digit) : null);
  }
  return success({ block: number, axes, sizes, cells });
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
