import { queryHelp } from './help.ts';
import { writeName } from './lex.ts';
import { askable, type BindContext, domainOf } from './names.ts';
import { readParts } from './parse.ts';
import { printValue } from './print.ts';
import { createReader, type Want } from './reader.ts';
import { namedFunctions } from './syntax.ts';

/** Replace the characters `from` to `to` of the text by `insert`. */
export interface Completion {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly kind: 'function' | 'variable' | 'value' | 'keyword' | 'punctuation';
  readonly summary?: string;
}

/**
 * What may stand at the cursor, from the parser's own expectations: words that the text before the cursor begins (case
 * ignored), then what may follow a finished one. Empty where the text before the cursor already has a mistake. Inserted, a
 * completion is never itself a mistake: the first error of the new text, if any, lies behind it.
 */
export function complete(text: string, cursor: number, context: BindContext): Completion[] {
  const to = Math.min(Math.max(Math.trunc(cursor) || 0, 0), text.length);
  const before = text.slice(0, to);
  const reader = createReader(before);
  readParts(reader);
  const token = reader.look();
  if (token.kind === 'end') {
    // All was read, and yet something before the end is wrong.
    if ((reader.issue?.where?.start ?? to) < to) return [];
    const started = reader.partial;
    const word = started === undefined ? [] : startedWord(before, started.from, started.wants, reader.done, context);
    const finished =
      started === undefined || started.wants.every((want) => isFinished(before.slice(started.from, reader.done), want, context));
    return [...word, ...(finished ? fresh(reader.wanted(), before, context) : [])];
  }
  if (token.end !== to || reader.look(1).kind !== 'end' || token.kind === 'symbol' || token.kind === 'quoted') return [];
  return startedWord(before, token.start, reader.wanted(), token.end, context);
}

/** Completions of the last word of `before`, which begins at `from`. After a space only values of several words go on. */
function startedWord(before: string, from: number, wants: readonly Want[], done: number, context: BindContext): Completion[] {
  const typed = before.slice(from).replace(/\s+/gu, ' ');
  const spaced = done < before.length;
  const bare = typed.replace(/^["'“‘]/u, '').toLowerCase();
  return wants
    .filter((want) => !spaced || want.kind === 'value')
    .flatMap((want) => offers(want, context))
    .filter(({ insert, plain }) => plain !== undefined && insert !== typed && plain.toLowerCase().startsWith(bare))
    .filter(({ plain }) => !spaced || plain?.toLowerCase() !== bare.trim())
    .map(({ plain: _, ...offer }) => ({ from, to: before.length, ...offer }));
}

/** Completions at the cursor itself, kept apart from a word that ends there. */
function fresh(wants: readonly Want[], before: string, context: BindContext): Completion[] {
  const at = before.length;
  const touches = /[\p{L}\p{M}\p{N}_.]$/u.test(before);
  return wants
    .flatMap((want) => offers(want, context))
    .map(({ plain, insert, ...offer }) => ({
      from: at,
      to: at,
      ...offer,
      insert: touches && plain !== undefined && !/^\s/u.test(insert) ? ` ${insert}` : insert,
    }));
}

/** Whether what was typed may be meant as it stands: punctuation is offered only after known names, levels and functions. */
function isFinished(typed: string, want: Want, context: BindContext): boolean {
  const known = offers(want, context).filter(({ kind }) => kind !== 'punctuation');
  if (want.kind === 'function') return false;
  if (want.kind === 'word') return true;
  return known.length === 0 || known.some(({ insert, plain }) => insert === typed || plain === typed) || /^["'“‘]/u.test(typed);
}

/** `plain`: the word without its quotes and brackets, that a person would begin to type; absent for punctuation. */
type Offer = Omit<Completion, 'from' | 'to'> & { readonly plain?: string };

function offers(want: Want, context: BindContext): Offer[] {
  switch (want.kind) {
    case 'function':
      return (['P', 'E', ...namedFunctions] as const).map((name) => {
        const summary = queryHelp.find((help) => help.name === name)?.summary;
        return { insert: name === 'E' ? 'E[' : `${name}(`, plain: name, kind: 'function', ...(summary === undefined ? {} : { summary }) };
      });
    case 'variable':
      return askable(context).map((name) => ({ insert: writeName(name), plain: name, kind: 'variable', ...about(name, context) }));
    case 'value': {
      const domain = domainOf(context, want.of);
      const levels = domain?.kind === 'finite' ? domain.levels : [];
      return levels.map((level) => ({ insert: printValue(level), plain: level, kind: 'value' }));
    }
    case 'word': {
      const summary = queryHelp.find((help) => help.name === want.text)?.summary;
      const insert = want.text === 'do' ? 'do(' : ' vs ';
      return [{ insert, plain: want.text, kind: 'keyword', ...(summary === undefined ? {} : { summary }) }];
    }
    case 'symbol': {
      if (want.text === '@') return [];
      const spaced = ['->', '|', '+', '-'].includes(want.text);
      return [{ insert: spaced ? ` ${want.text} ` : want.text === ',' ? ', ' : want.text, kind: 'punctuation' }];
    }
    case 'number':
    case 'position':
      return [];
  }
}

function about(name: string, context: BindContext): { summary?: string } {
  const domain = domainOf(context, name);
  if (domain === undefined) return {};
  if (domain.kind === 'finite') {
    const shown = domain.levels.slice(0, 4).map(printValue).join(', ');
    return { summary: domain.levels.length > 4 ? `${shown}, ... (${domain.levels.length} levels)` : shown };
  }
  return {
    summary: domain.kind === 'real' ? `real${domain.unit === undefined ? '' : `, ${domain.unit}`}` : `tensor ${domain.shape.join(' x ')}`,
  };
}
