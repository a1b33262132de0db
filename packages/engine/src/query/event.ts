import { isBareName, type Token } from './lex.ts';
import { type Reader, shown } from './reader.ts';
import type { ConditionNode, EventNode, NameNode, SettingNode, ValueNode } from './syntax.ts';

/** Worlds inside worlds inside worlds: nobody means more than this. */
const deepest = 16;

/** NAME: a bare word or quoted text. */
export function readName(reader: Reader): NameNode | undefined {
  const token = reader.look();
  if (token.kind !== 'word' && (token.kind !== 'quoted' || token.text === '')) {
    reader.want({ kind: 'variable' });
    return token.kind === 'quoted' ? reader.fail({ message: 'A name cannot be empty.' }) : reader.unexpected();
  }
  reader.consume(1, { kind: 'variable' });
  return { text: token.text, span: { start: token.start, end: token.end } };
}

/** event (',' event)*; `alone`: one without a value. */
export function readEvents(reader: Reader, alone: boolean = false): EventNode[] | undefined {
  const events: EventNode[] = [];
  do {
    const token = reader.look();
    if (isDo(token, reader.look(1))) {
      reader.want({ kind: 'variable' });
      return reader.fail({
        message: "do() stands after the '|'.",
        span: reader.look(1),
        hint: 'Write P(Y=1 | do(X=1)).',
      });
    }
    const event = alone ? readHead(reader, 0) : readEvent(reader, 0);
    if (event === undefined) return undefined;
    events.push(event);
  } while (!alone && reader.take(','));
  return events;
}

/** part (',' part)*,  part := 'do(' assign (',' assign)* ')' | event */
export function readConditions(reader: Reader): ConditionNode[] | undefined {
  const parts: ConditionNode[] = [];
  do {
    const start = reader.look().start;
    if (isDo(reader.look(), reader.look(1))) {
      reader.takeWord('do');
      reader.take('(');
      const settings = readSettings(reader, ')', false, 0);
      if (settings === undefined) return undefined;
      parts.push({ kind: 'do', settings, span: { start, end: reader.done } });
    } else {
      reader.want({ kind: 'word', text: 'do' });
      const event = readEvent(reader, 0);
      if (event === undefined) return undefined;
      parts.push(event);
      const next = reader.look();
      if (event.span.end === event.name.span.end && next.kind === 'symbol' && next.text === '(') {
        return reader.unexpected(/^do$/i.test(event.name.text) ? 'Write do(X=1).' : undefined);
      }
    }
  } while (reader.take(','));
  return parts;
}

const isDo = (token: Token, next: Token): boolean =>
  token.kind === 'word' && token.text === 'do' && next.kind === 'symbol' && next.text === '(';

/** NAME, then `[world]` and `@INT` in either order, then `=VALUE`. `Y_{X=1}` is read as `Y[X=1]`. */
function readEvent(reader: Reader, depth: number): EventNode | undefined {
  const head = readHead(reader, depth);
  if (head === undefined) return undefined;
  if (!reader.take('=')) return head;
  const value = readValue(reader, head.name.text);
  return value === undefined ? undefined : { ...head, value, span: { start: head.span.start, end: reader.done } };
}

function readHead(reader: Reader, depth: number): EventNode | undefined {
  const subscripted = isSubscripted(reader.look(), reader.look(1));
  let name = readName(reader);
  if (name === undefined) return undefined;
  if (subscripted) name = { text: name.text.slice(0, -1), span: name.span };
  let position = readPosition(reader);
  if (position === 'failed') return undefined;
  let world: SettingNode[] | undefined = [];
  if (subscripted && reader.take('{')) world = readSettings(reader, '}', false, depth + 1);
  else if (reader.take('[')) world = readSettings(reader, ']', true, depth + 1);
  if (world === undefined) return undefined;
  position ??= readPosition(reader);
  if (position === 'failed') return undefined;
  const span = { start: name.span.start, end: reader.done };
  return position === undefined ? { kind: 'event', name, world, span } : { kind: 'event', name, world, position, span };
}

/** `Y_` directly followed by `{`. */
const isSubscripted = (token: Token, next: Token): boolean =>
  token.kind === 'word' &&
  token.text.endsWith('_') &&
  isBareName(token.text.slice(0, -1)) &&
  next.kind === 'symbol' &&
  next.text === '{' &&
  next.start === token.end;

/** assign (',' assign)* and the closing symbol; an empty list where `[]` (the factual world) makes sense. */
function readSettings(reader: Reader, close: string, mayBeEmpty: boolean, depth: number): SettingNode[] | undefined {
  if (depth > deepest) {
    return reader.fail({ code: 'too-deep', message: `Worlds are nested more than ${deepest} deep.` });
  }
  const settings: SettingNode[] = [];
  if (mayBeEmpty && reader.take(close)) return settings;
  do {
    const setting = readSetting(reader, depth);
    if (setting === undefined) return undefined;
    settings.push(setting);
  } while (reader.take(','));
  return reader.take(close) ? settings : reader.unexpected();
}

/** NAME ['@' INT] ['=' (VALUE | nested event)] */
function readSetting(reader: Reader, depth: number): SettingNode | undefined {
  const name = readName(reader);
  if (name === undefined) return undefined;
  const position = readPosition(reader);
  if (position === 'failed') return undefined;
  let value: SettingNode['value'];
  if (reader.take('=')) {
    const [token, next] = [reader.look(), reader.look(1)];
    const bracket = next.kind === 'symbol' && next.text === '[' && (token.kind === 'word' || token.kind === 'quoted');
    value = bracket || isSubscripted(token, next) ? readHead(reader, depth) : readValue(reader, name.text);
    if (value === undefined) return undefined;
  }
  const rest = { ...(position === undefined ? {} : { position }), ...(value === undefined ? {} : { value }) };
  return { name, ...rest, span: { start: name.span.start, end: reader.done } };
}

/** ['@' INT]; positions count from 1. */
export function readPosition(reader: Reader): number | undefined | 'failed' {
  if (!reader.take('@')) return undefined;
  const token = reader.look();
  const position = token.kind === 'number' && /^\d+$/u.test(token.text) ? Number(token.text) : 0;
  if (Number.isSafeInteger(position) && position > 0) {
    reader.consume(1, { kind: 'position' });
    return position;
  }
  reader.want({ kind: 'position' });
  if (token.kind !== 'number') reader.unexpected();
  else reader.fail({ code: 'position', message: `${shown(token.text)} is not a position: positions are 1, 2, 3, ...` });
  return 'failed';
}

/** A number, quoted text, or bare words (joined by single hyphens or spaces; `vs` ends them). */
export function readValue(reader: Reader, of: string): ValueNode | undefined {
  const want = { kind: 'value', of } as const;
  const token = reader.look();
  const span = { start: token.start, end: token.end };
  if (token.kind === 'quoted') {
    reader.consume(1, want);
    return { kind: 'text', text: token.text, span };
  }
  const next = reader.look(1);
  if (token.kind === 'symbol' && (token.text === '-' || token.text === '+') && next.kind === 'number' && next.start === token.end) {
    reader.consume(2, want);
    return { kind: 'number', text: (token.text === '-' ? '-' : '') + next.text, span: { start: token.start, end: next.end } };
  }
  let count = 0;
  while (continues(reader, count)) count += isSymbol(reader.look(count), '-') ? 2 : 1;
  if (count === 0) {
    reader.want(want);
    return reader.unexpected();
  }
  const end = reader.look(count - 1).end;
  reader.consume(count, want);
  if (count === 1 && token.kind === 'number') return { kind: 'number', text: token.text, span };
  return { kind: 'text', text: reader.text.slice(token.start, end).replace(/\s+/gu, ' '), span: { start: token.start, end } };
}

const isSymbol = (token: Token, text: string): boolean => token.kind === 'symbol' && token.text === text;
const isAtom = (token: Token): boolean => token.kind === 'word' || token.kind === 'number' || token.kind === 'atom';

/** Whether the bare value that began `count` tokens ago goes on with the next token (or with a hyphen and the token after it). */
function continues(reader: Reader, count: number): boolean {
  const token = reader.look(count);
  const after = reader.look(count + 1);
  if (isAtom(token)) {
    if (token.text === 'vs' || token.text === 'vs.') return false;
    return count === 0 || !(after.kind === 'symbol' && ['(', '=', '@', '['].includes(after.text));
  }
  return count > 0 && isSymbol(token, '-') && isAtom(after) && reader.look(count - 1).end === token.start && token.end === after.start;
}
