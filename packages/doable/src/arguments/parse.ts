import { parseArgs } from 'node:util';
import { didYouMean, failure, type Issue, type Result, success } from '@doable/engine';
import { type OptionName, type OptionRecord, options } from './records.ts';

/** What stands after the name of a command. Values were checked against the records of their options. */
export interface Arguments {
  readonly positionals: readonly string[];
  flag(name: OptionName): boolean;
  text(name: OptionName): string | undefined;
  number(name: OptionName): number | undefined;
  many(name: OptionName): readonly string[];
}

const all: readonly OptionRecord[] = Object.values(options);
const always: readonly OptionName[] = ['help', 'version'];

/**
 * Reads arguments with the options that `allowed` names. A word that begins with a sign and holds a bracket is a question, not
 * an option. Issues, all of them together: `unknown-option`, `no-value`, `bad-value`.
 */
export function parseArguments(words: readonly string[], allowed: readonly OptionName[], command: string): Result<Arguments> {
  const known: readonly OptionRecord[] = [...allowed, ...always].map((key) => options[key]);
  const questions = words.map((word) => (/^[-+]\s*(?:[\d.]+\s*\*\s*)?[A-Z]+\s*[([]/u.test(word) ? word : undefined));
  const { tokens } = parseArgs({
    args: words.map((word, i) => (questions[i] === undefined ? word : `question ${i}`)),
    options: Object.fromEntries(
      known.map(({ name, short, value }) => [name, { type: value === undefined ? 'boolean' : 'string', ...(short && { short }) }] as const),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const issues: Issue[] = [];
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    const original = questions[token.index];
    if (token.kind === 'positional') positionals.push(original ?? token.value);
    if (token.kind !== 'option') continue;
    const record = known.find(({ name }) => name === token.name);
    if (record === undefined) {
      issues.push(unknownOption(token.rawName, known, command));
      continue;
    }
    const written = token.inlineValue === false && token.value !== undefined ? (questions[token.index + 1] ?? token.value) : token.value;
    const issue = valueIssue(record, token.rawName, written, token.inlineValue === true);
    if (issue !== undefined) issues.push(issue);
    else values.set(record.name, [...(values.get(record.name) ?? []), written ?? '']);
  }
  if (issues.length > 0) return failure(...issues);
  const recordOf = (name: OptionName): OptionRecord => known.find((one) => one.name === name) ?? options[name];
  const text = (name: OptionName): string | undefined => values.get(name)?.at(-1);
  return success({
    positionals,
    text,
    flag: (name) => values.has(name),
    number: (name) => {
      const written = text(name) ?? recordOf(name).default;
      return written === undefined ? undefined : Number(written);
    },
    many: (name) => values.get(name) ?? [],
  });
}

function unknownOption(rawName: string, known: readonly OptionRecord[], command: string): Issue {
  const elsewhere = all.some(({ name }) => `--${name}` === rawName);
  const hint =
    didYouMean(
      rawName,
      known.map(({ name }) => `--${name}`),
      (name) => name,
    ) ?? `doable ${command} --help lists its options.`;
  const says = elsewhere ? `doable ${command} has no option ${rawName}.` : `There is no option ${rawName}.`;
  return { code: 'unknown-option', message: says, hint };
}

function valueIssue(record: OptionRecord, rawName: string, value: string | undefined, inline: boolean): Issue | undefined {
  const issue = (message: string): Issue => ({ code: 'bad-value', message: `${rawName} ${message}` });
  if (record.value === undefined) return inline ? issue('takes no value.') : undefined;
  const isOption = value !== undefined && !inline && /^--?[a-z]/u.test(value);
  if (value === undefined || isOption) return { code: 'no-value', message: `${rawName} needs a value: ${rawName} ${record.value}.` };
  const { kind = 'text', choices = [], least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = record;
  if (kind === 'choice' && !choices.includes(value)) {
    const near = didYouMean(value, choices, (choice) => choice);
    return { ...issue(`must be one of ${choices.join(', ')}, not '${value}'.`), ...(near === undefined ? {} : { hint: near }) };
  }
  if (kind === 'integer' || kind === 'number') {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    const what = kind === 'integer' ? 'a whole number' : 'a number';
    if (!Number.isFinite(number) || (kind === 'integer' && !Number.isSafeInteger(number))) return issue(`must be ${what}, not '${value}'.`);
    if (number < least || number > most) return issue(`must be ${what} ${rangeText(least, most)}, not ${value}.`);
  }
  return undefined;
}

const rangeText = (least: number, most: number): string =>
  most >= 1e9 ? `of at least ${least}` : Number.isFinite(least) ? `from ${least} to ${most}` : `of at most ${most}`;
