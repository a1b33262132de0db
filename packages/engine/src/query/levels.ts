import type { Domain, Name, Value } from '../graph/variable.ts';
import type { Issue } from '../run/issue.ts';
import { nearest } from '../run/nearest.ts';
import { canonicalNumber } from './lex.ts';
import type { Choice } from './normalise.ts';
import { printValue } from './print.ts';
import type { Span, ValueNode } from './syntax.ts';

const listed = (levels: readonly Value[]): string =>
  levels.length <= 8
    ? levels.map(printValue).join(', ')
    : `${levels.slice(0, 8).map(printValue).join(', ')}, ... (${levels.length} levels)`;
const shownValue = (level: Value): string => (printValue(level) === level ? `'${level}'` : printValue(level));
const place = ({ start, end }: Span): { start: number; end: number } => ({ start, end });

/** True when the mean of the variable means something: a real variable, or numbers for levels. An unknown domain may be either. */
export const hasMean = (domain: Domain | undefined): boolean =>
  domain === undefined || domain.kind === 'real' || (domain.kind === 'finite' && textsOf(domain.levels).length === 0);

const textsOf = (levels: readonly Value[]): Value[] => levels.filter((level) => canonicalNumber(level.trim()) === undefined);

/** Why a variable that {@link hasMean} denies has none: a level that spoils a column of numbers is named. */
export function whyNoMean(domain: Domain | undefined): string {
  if (domain?.kind !== 'finite') return 'it is a tensor';
  const texts = textsOf(domain.levels);
  return texts.length * 2 > domain.levels.length || texts[0] === undefined
    ? 'its levels are not numbers'
    : `its level ${shownValue(texts[0])} is not a number`;
}

/**
 * The level that a written value means. Finite variables: the level spelled so, or for numbers the level of the same number
 * (`1.0` means level `1`). Real variables: the canonical text of the number. Unknown domain: the text, numbers made canonical.
 * Issues: `unknown-level`, `not-a-number`, `tensor-value`.
 */
export function bindValue(name: Name, domain: Domain | undefined, value: ValueNode): Value | Issue {
  const number = value.kind === 'number' ? canonicalNumber(value.text) : undefined;
  if (domain === undefined) return number ?? value.text;
  if (domain.kind === 'finite') {
    if (domain.levels.includes(value.text)) return value.text;
    const same = number === undefined ? undefined : domain.levels.find((level) => canonicalNumber(level) === number);
    if (same !== undefined) return same;
    const near = nearest(value.text, domain.levels);
    return {
      code: 'unknown-level',
      message: `${name} has no level '${value.text}'${near === undefined ? '.' : `; did you mean ${shownValue(near)}?`}`,
      where: place(value.span),
      hint: `The levels of ${name} are ${listed(domain.levels)}.`,
    };
  }
  if (domain.kind === 'tensor') {
    return {
      code: 'tensor-value',
      message: `${name} is a tensor; its values cannot be written in a question.`,
      where: place(value.span),
      hint: `Leave the value out: ${name}. doable sample takes a picture of what is set: --input ${name}=FILE.png.`,
    };
  }
  return (
    number ?? {
      code: 'not-a-number',
      message: `${name} is a real variable; '${value.text}' is not a finite number.`,
      where: place(value.span),
      hint: `Write a number without quotation marks, such as ${name}=1.5.`,
    }
  );
}

const isWritten = (choice: Choice): choice is ValueNode => choice.kind === 'number' || choice.kind === 'text';

/** Told when a choice was made by assuming that a variable of unknown domain has the levels 0 and 1. */
export type Assumed = (name: Name, span: Span) => void;

/**
 * The levels that a choice stands for: one, or for the other levels of an outcome several, whose probabilities add up.
 * For a binary variable the second level is "yes"; a variable of unknown domain is taken to have the levels 0 and 1.
 * Issue `levels-needed` says which levels must be named.
 */
export function bindChoice(name: Name, domain: Domain | undefined, choice: Choice, assumed: Assumed): readonly Value[] | Issue {
  if (isWritten(choice)) {
    const value = bindValue(name, domain, choice);
    return typeof value === 'string' ? [value] : value;
  }
  if (choice.kind === 'other') {
    const than = bindValue(name, domain, choice.than);
    if (typeof than !== 'string') return than;
    if (domain === undefined && (than === '0' || than === '1')) {
      assumed(name, choice.span);
      return [than === '1' ? '0' : '1'];
    }
    const others = domain?.kind === 'finite' ? domain.levels.filter((level) => level !== than) : [];
    const adds = choice.role === 'outcome' && choice.asked !== 'PS';
    return others.length === 1 || (others.length > 1 && adds) ? others : levelsNeeded(name, domain, choice, printValue(than));
  }
  if (domain === undefined) {
    assumed(name, choice.span);
    return [choice.kind === 'yes' ? '1' : '0'];
  }
  const [no, yes, ...more] = domain.kind === 'finite' ? domain.levels : [];
  if (no === undefined || yes === undefined || more.length > 0) return levelsNeeded(name, domain, choice);
  return [choice.kind === 'yes' ? yes : no];
}

function levelsNeeded(name: Name, domain: Domain | undefined, choice: Exclude<Choice, ValueNode>, than?: string): Issue {
  const levels = domain?.kind === 'finite' ? domain.levels : undefined;
  const one = than ?? (levels?.[1] === undefined ? '1' : printValue(levels[1]));
  const two = levels?.[0] === undefined ? '0' : printValue(levels.find((level) => printValue(level) !== one) ?? '0');
  const has =
    domain === undefined
      ? `the levels of ${name} are not known`
      : levels !== undefined
        ? `${name} has ${levels.length === 1 ? 'one level' : `${levels.length} levels`} (${listed(levels)})`
        : domain.kind === 'real'
          ? `${name} is a real variable`
          : `${name} is a tensor`;
  const needs = choice.role === 'cause' ? `${choice.asked} compares two values of ${name}` : `${choice.asked} asks about levels of ${name}`;
  const remedy =
    levels?.length === 1
      ? `Declare the other level of ${name} under "variables".`
      : domain?.kind === 'real' && choice.role === 'outcome'
        ? `Make ${name} finite with a cut, or ask about its mean with ATE.`
        : choice.role === 'cause' || than !== undefined
          ? `Name both: ${name}=${one} vs ${two}.`
          : `Name the level: ${name}=${one}.`;
  return { code: 'levels-needed', message: `${needs}, but ${has}.`, where: place(choice.span), hint: remedy };
}
