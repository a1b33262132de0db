import { failure, type Result, success } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';
import { readConditions, readEvents, readName, readPosition, readValue } from './event.ts';
import { createReader, type Reader, shown } from './reader.ts';
import {
  type DirectNode,
  type EndNode,
  type EventNode,
  mediated,
  type NamedFunction,
  type NamedNode,
  namedFunctions,
  type PartNode,
  type QueryNode,
  type SyntaxTree,
} from './syntax.ts';

/**
 * Parses a question of the language (docs/reference/questions.md has the grammar). Never throws; stops at the first mistake
 * with one issue that names the place, what was expected and, where it is known, the nearest valid spelling.
 * Issue codes: `empty-question`, `syntax`, `unknown-function`, `unterminated-quote`, `too-deep`, `number`, `position`.
 */
export function parseQuestion(text: string): Result<SyntaxTree> {
  const reader = createReader(text);
  const parts = readParts(reader);
  return parts === undefined || reader.issue !== undefined
    ? failure(reader.issue ?? { code: 'syntax', message: 'This is not a question.', where: { start: 0, end: text.length } })
    : success({ text, parts });
}

/** question := [sign] query (sign query)*,  sign := ['+'|'-'] [number '*'] */
export function readParts(reader: Reader): PartNode[] | undefined {
  if (reader.look().kind === 'end') {
    reader.want({ kind: 'function' });
    return reader.fail({
      code: 'empty-question',
      message: 'The question is empty.',
      hint: 'Write for example P(Y=1 | do(X=1)), E[Y | do(X=1)] or ATE(X -> Y).',
    });
  }
  const parts: PartNode[] = [];
  do {
    const start = reader.look().start;
    const minus = reader.take('-');
    if (!minus && !reader.take('+') && parts.length > 0)
      return reader.unexpected(isStar(reader) ? undefined : "Join questions with '+' or '-'.");
    const magnitude = readWeight(reader);
    if (magnitude === undefined) return undefined;
    const query = readQuery(reader);
    if (query === undefined) return undefined;
    parts.push({ weight: (minus ? -magnitude : magnitude) + 0, query, span: { start, end: reader.done } });
    reader.want({ kind: 'symbol', text: '+' });
    reader.want({ kind: 'symbol', text: '-' });
  } while (reader.look().kind !== 'end');
  return parts;
}

const isStar = (reader: Reader): boolean => reader.look().kind === 'symbol' && reader.look().text === '*';

function readWeight(reader: Reader): number | undefined {
  const token = reader.look();
  if (token.kind !== 'number') return 1;
  const weight = Number(token.text);
  if (!Number.isFinite(weight)) return reader.fail({ code: 'number', message: `The weight ${shown(token.text)} is too large.` });
  reader.consume(1, { kind: 'number' });
  return reader.take('*') ? weight : reader.unexpected("Write '*' between a weight and its question: 2*P(Y=1).");
}

/** What other notations call a function of this language, or why it has none. */
const elsewhere: Readonly<Record<string, string>> = {
  Pr: 'Write P(...).',
  Prob: 'Write P(...).',
  ACE: 'Write ATE(X -> Y).',
  ATT: 'Write ETT(X -> Y).',
  ATC: 'Write ETU(X -> Y).',
  ATU: 'Write ETU(X -> Y).',
  CDE: 'Write ATE(X -> Y | do(M=m)).',
  TE: 'Write ATE(X -> Y).',
  RR: 'Ratios are not linear: ask P(Y=1 | do(X=1)) and P(Y=1 | do(X=0)) and divide.',
  OR: 'Ratios are not linear: ask P(Y=1 | do(X=1)) and P(Y=1 | do(X=0)) and divide.',
};

function readQuery(reader: Reader): QueryNode | undefined {
  reader.want({ kind: 'function' });
  const token = reader.look();
  if (token.kind !== 'word') return reader.unexpected();
  if (token.text === 'P') return readDirect(reader, 'probability');
  if (token.text === 'E') return readDirect(reader, 'mean');
  const name = namedFunctions.find((known) => known === token.text);
  if (name !== undefined) return readNamed(reader, name);
  const other = Object.hasOwn(elsewhere, token.text) ? elsewhere[token.text] : undefined;
  return reader.fail({
    code: 'unknown-function',
    message: `There is no query function ${shown(token.text)}.`,
    hint:
      other ??
      didYouMean(token.text, ['P', 'E', ...namedFunctions], (found) => `${found}${found === 'E' ? '[...]' : '(...)'}`) ??
      `The functions are P, E, ${namedFunctions.join(', ')}; an event stands inside one: P(Y=1).`,
  });
}

/** 'P(' events ['|' cond] ')'  |  'E[' event ['|' cond] ']'  |  'E(' event ['|' cond] ')' */
function readDirect(reader: Reader, kind: 'probability' | 'mean'): DirectNode | undefined {
  const start = reader.look().start;
  reader.consume(1, { kind: 'function' });
  const square = kind === 'mean' && reader.take('[');
  if (!square && !reader.take('(')) return reader.unexpected(kind === 'mean' ? 'Write E[Y].' : 'Write P(Y=1).');
  const of = readEvents(reader, kind === 'mean');
  if (of === undefined || (kind === 'mean' && !isAlone(reader, of))) return undefined;
  const given = reader.take('|') ? readConditions(reader) : [];
  if (given === undefined) return undefined;
  if (!reader.take(square ? ']' : ')')) return reader.unexpected();
  return { kind, of, given, span: { start, end: reader.done } };
}

/** Whether the one variable of a mean is followed by neither another nor a value; fails where it is, so that neither is ever asked for. */
function isAlone(reader: Reader, [first]: readonly EventNode[]): boolean {
  const next = reader.look();
  if (first === undefined || next.kind !== 'symbol' || (next.text !== ',' && next.text !== '=')) return true;
  const ends = reader.look(1).kind === 'end';
  reader.take(next.text);
  if (next.text === ',') {
    const more = ends ? [] : readEvents(reader, true);
    if (more === undefined) return false;
    reader.fail({
      message: 'E takes one variable.',
      span: more[0]?.span ?? next,
      hint: "Ask one expectation per variable, or use P for a joint distribution. Conditions stand after '|'.",
    });
    return false;
  }
  const value = ends ? next : readValue(reader, first.name.text);
  if (value === undefined) return false;
  const span = 'span' in value ? value.span : value;
  reader.fail({
    message: 'E takes a variable without a value.',
    span,
    hint: `Write P(${reader.text.slice(first.span.start, span.end)}${ends ? '1' : ''}) for the probability of an event.`,
  });
  return false;
}

/** FUNCTION '(' end '->' [end '->'] end ['|' cond] ')' */
function readNamed(reader: Reader, name: NamedFunction): NamedNode | undefined {
  const start = reader.look().start;
  reader.consume(1, { kind: 'function' });
  if (!reader.take('(')) return reader.unexpected(`Write ${shape(name)}.`);
  const cause = readEnd(reader, true);
  if (cause === undefined) return undefined;
  if (!reader.take('->')) return reader.unexpected(reader.look().kind === 'end' ? `Write ${shape(name)}.` : undefined);
  const second = readEnd(reader, false);
  if (second === undefined) return undefined;
  const through = mediated.includes(name);
  let third: EndNode | undefined;
  if (through) {
    if (second.value !== undefined) return reader.fail({ message: 'A mediator takes no value here.', span: second.value.span });
    if (!reader.take('->')) return reader.unexpected(`${name} goes through a mediator: write ${shape(name)}.`);
    third = readEnd(reader, false);
    if (third === undefined) return undefined;
  }
  const given = reader.take('|') ? readConditions(reader) : [];
  if (given === undefined) return undefined;
  if (!reader.take(')')) {
    const token = reader.look();
    const arrow = token.kind === 'symbol' && token.text === '->';
    return reader.unexpected(arrow && !through ? 'Effects through a mediator are NDE(X -> M -> Y) and NIE(X -> M -> Y).' : undefined);
  }
  const span = { start, end: reader.done };
  return third === undefined
    ? { kind: 'named', name, cause, effect: second, given, span }
    : { kind: 'named', name, cause, through: second, effect: third, given, span };
}

const shape = (name: NamedFunction): string => (mediated.includes(name) ? `${name}(X -> M -> Y)` : `${name}(X -> Y)`);

/** NAME ['@' INT] ['=' VALUE ['vs' VALUE]] */
function readEnd(reader: Reader, cause: boolean): EndNode | undefined {
  const name = readName(reader);
  if (name === undefined) return undefined;
  const position = readPosition(reader);
  if (position === 'failed') return undefined;
  let value: EndNode['value'];
  let versus: EndNode['versus'];
  if (reader.take('=')) {
    value = readValue(reader, name.text);
    if (value === undefined) return undefined;
    if (reader.takeWord('vs')) {
      versus = readValue(reader, name.text);
      if (versus === undefined) return undefined;
    }
  } else if (cause && reader.look().kind === 'word' && reader.look().text === 'vs') {
    return reader.unexpected(`Name the first level too: ${name.text}=1 vs 0.`);
  }
  const rest = {
    ...(position === undefined ? {} : { position }),
    ...(value === undefined ? {} : { value }),
    ...(versus === undefined ? {} : { versus }),
  };
  return { name, ...rest, span: { start: name.span.start, end: reader.done } };
}
