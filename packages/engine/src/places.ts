import type { FunctionOptions } from './additive-answer.ts';
import type { Domain, Name, Value } from './graph/variable.ts';
import type { Setting } from './interpret/answer.ts';
import { bindValue } from './query/levels.ts';
import { canonicalNumber } from './query/lex.ts';
import type { Question } from './query/terms.ts';
import { failure, type Issue, type Result, success } from './run/issue.ts';
import { didYouMean } from './run/nearest.ts';

/** Where functions are evaluated, with numbers for real variables and levels for finite ones. */
export type Places = Pick<FunctionOptions, 'at' | 'points'>;

/**
 * Reads `at` and `points` before any study is read: names that some question leaves open, numbers of real variables (also as text),
 * levels of finite ones; numbers ascending, each once. Issues: `at`.
 */
export function readPlaces(questions: readonly Question[], domains: ReadonlyMap<Name, Domain>, { at, points }: Places): Result<Places> {
  if (at === undefined && points === undefined) return success({});
  if (at !== undefined && points !== undefined)
    return failure({ code: 'at', message: 'Values for a grid and a list of points exclude each other.', hint: 'Give one of them.' });
  const opens = questions.map(openNames);
  const open = [...new Set(opens.flatMap((names) => [...names]))];
  const used = [...new Set(at === undefined ? (points ?? []).flatMap(Object.keys) : Object.keys(at))];
  const issues: Issue[] = used.flatMap((name) => (open.includes(name) ? [] : [notOpen(name, open, domains)]));
  if (issues.length > 0) return failure(...issues);
  const read = (name: Name, value: Setting, row?: number): Setting => {
    const found = readSetting(name, domains.get(name), value);
    if (typeof found !== 'object') return found;
    issues.push({ ...found, message: `${row === undefined ? '' : `Point ${row}: `}${found.message}` });
    return value;
  };
  if (at !== undefined) {
    const grid: Record<Name, readonly Setting[]> = {};
    for (const [name, values] of Object.entries(at)) {
      const found = [...new Set(values.map((value) => read(name, value)))];
      if (found.length === 0) issues.push({ code: 'at', message: `No value of ${name} is given.` });
      grid[name] = found.every((value) => typeof value === 'number') ? found.toSorted((a, b) => a - b) : found;
    }
    return issues.length > 0 ? failure(...issues) : success({ at: grid });
  }
  const columns = opens.find((names) => names.size === used.length && used.every((name) => names.has(name)));
  if (columns === undefined) {
    const wanted = opens.filter((names) => names.size > 0).map((names) => [...names].join(', '));
    return failure({
      code: 'at',
      message: used.length === 0 ? 'There is no point.' : `The points give ${used.join(', ')}, and no question leaves just that open.`,
      hint: `Open in a question: ${[...new Set(wanted)].join('; ')}.`,
    });
  }
  const list = (points ?? []).map((point, i) => {
    const lacking = [...columns].find((name) => point[name] === undefined);
    if (lacking !== undefined) issues.push({ code: 'at', message: `Point ${i + 1} gives no value of ${lacking}.` });
    return Object.fromEntries(Object.entries(point).map(([name, value]) => [name, read(name, value, i + 1)]));
  });
  return issues.length > 0 ? failure(...issues.slice(0, 20)) : success({ points: list });
}

/** The names whose value a question leaves open, set or given. */
export function openNames({ parts }: Pick<Question, 'parts'>): ReadonlySet<Name> {
  const terms = parts.flatMap(({ query }) => [...query.of, ...query.given]);
  return new Set([
    ...terms.flatMap(({ world }) => world.flatMap(({ variable, value }) => (value === undefined ? [variable] : []))),
    ...parts.flatMap(({ query }) => query.given.flatMap(({ variable, value }) => (value === undefined ? [variable] : []))),
  ]);
}

function notOpen(name: Name, open: readonly Name[], domains: ReadonlyMap<Name, Domain>): Issue {
  if (!domains.has(name)) {
    const near = didYouMean(name, open.length > 0 ? open : [...domains.keys()], (one) => one);
    return { code: 'at', message: `There is no variable '${name}' to evaluate at.`, ...(near === undefined ? {} : { hint: near }) };
  }
  const others = open.length === 0 ? 'none leaves a value open' : `open ${open.length === 1 ? 'is' : 'are'} ${open.join(', ')}`;
  return {
    code: 'at',
    message: `No question leaves ${name} open: ${others}.`,
    hint: `Write do(${name}) or ${name} without a value to get a function of ${name}.`,
  };
}

function readSetting(name: Name, domain: Domain | undefined, value: Setting): Setting | Issue {
  const text = String(value).trim();
  const number = canonicalNumber(text) !== undefined;
  const found: Value | Issue = bindValue(name, domain, { kind: number ? 'number' : 'text', text, span: { start: 0, end: 0 } });
  if (typeof found === 'object') return { code: 'at', message: found.message, ...(found.hint === undefined ? {} : { hint: found.hint }) };
  return domain?.kind === 'finite' ? found : Number(found);
}
