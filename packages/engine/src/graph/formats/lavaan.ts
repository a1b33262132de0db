import type { Result } from '../../run/issue.ts';
import type { Graph } from '../graph.ts';
import type { Name } from '../variable.ts';
import { Collector } from './collect.ts';

const operator = /:=|==|=~|~\*~|~~|~|<~|<|>/;
const name = /^[\p{L}_.][\p{L}\p{M}\p{N}_.]*$/u;

interface Piece {
  readonly text: string;
  readonly start: number;
}

/**
 * Reads lavaan model lines: `Y ~ X + Z` (arrows X -> Y, Z -> Y), `X ~~ Z` (an arc), `F =~ a + b` (a latent F with arrows to
 * a and b). Labels and starting values (`b1*X`) are ignored, and so are intercepts, variances, thresholds and constraints;
 * a covariance fixed to zero (`0*Z`) is no arc. `#` and `!` start comments; `;` and newline part lines; a line that ends
 * with `+` or an operator goes on. Issues, with spans: `syntax`, and those of {@link Collector}.
 */
export function parseLavaan(text: string, file?: string): Result<Graph> {
  const found = new Collector(file);
  for (const statement of statements(text)) {
    if (found.full) break;
    read(statement, found);
  }
  return found.finish();
}

function read(statement: Piece, found: Collector): void {
  const { text, start } = statement;
  const match = operator.exec(text);
  const whole = { start: start + (text.length - text.trimStart().length), end: start + text.trimEnd().length };
  if (match === null) {
    found.issue('syntax', `“${text.trim().slice(0, 40)}” is not a model line.`, whole, 'Write Y ~ X + Z, X ~~ Z or F =~ a + b.');
    return;
  }
  const [sign] = match;
  if (sign === ':=' || sign === '==' || sign === '<' || sign === '>' || sign === '~*~') {
    found.warn('ignored-line', `“${text.trim().slice(0, 40)}” is a constraint or a definition and was ignored.`, whole);
    return;
  }
  if (sign === '<~') {
    found.issue('unsupported', 'Composites (<~) have no causal meaning here.', whole, 'Write the arrows with ~.');
    return;
  }
  const right = { text: text.slice(match.index + sign.length), start: start + match.index + sign.length };
  const lefts = terms({ text: text.slice(0, match.index), start }, found);
  const rights = terms(right, found);
  if (lefts === undefined || rights === undefined) return;
  for (const left of lefts) {
    if (left.name === '1' || left.name === '0') {
      found.issue('syntax', `“${left.name}” is not a variable.`, left.span, 'A variable stands left of the operator.');
      continue;
    }
    found.node(left.name, sign === '=~' ? { latent: true } : {}, left.span);
    for (const right of rights) {
      if (right.name === '1' || right.name === '0') continue;
      const span = { start: left.span.start, end: right.span.end };
      if (sign === '~') found.arrow(right.name, left.name, span);
      else if (sign === '=~') found.arrow(left.name, right.name, span);
      else if (right.name === left.name || right.fixed === 0) found.node(right.name);
      else found.arc(left.name, right.name, span);
    }
  }
}

interface Term {
  readonly name: Name;
  readonly fixed?: number;
  readonly span: { readonly start: number; readonly end: number };
}

function terms(side: Piece, found: Collector): Term[] | undefined {
  const list: Term[] = [];
  let start = side.start;
  for (const part of side.text.split('+')) {
    const bare = part.slice(part.lastIndexOf('*') + 1);
    const from = start + part.length - bare.trimStart().length;
    const span = { start: from, end: from + bare.trim().length };
    const trimmed = bare.trim();
    start += part.length + 1;
    if (!name.test(trimmed) && trimmed !== '1' && trimmed !== '0') {
      const message = trimmed === '' ? 'A variable is missing.' : `“${trimmed.slice(0, 40)}” is not a variable.`;
      found.issue('syntax', message, span, 'Names have letters, digits, “_” and “.”; part them with +.');
      return undefined;
    }
    const factor = part.includes('*') ? Number(part.slice(0, part.lastIndexOf('*')).trim() || 'x') : Number.NaN;
    list.push(Number.isFinite(factor) ? { name: trimmed, fixed: factor, span } : { name: trimmed, span });
  }
  return list;
}

/** The statements with their offsets; comments are blanked, so that offsets stay true. */
function statements(text: string): Piece[] {
  const clean = text.replace(/[#!][^\n]*/g, (comment) => ' '.repeat(comment.length));
  const pieces: Piece[] = [];
  let start = 0;
  let held: Piece | undefined;
  for (const line of clean.split(/[\n;]/)) {
    const goesOn = held !== undefined && (line.trim() === '' || /[~+*=]\s*$/.test(held.text) || /^\s*\+/.test(line));
    if (held !== undefined && goesOn) held = { text: clean.slice(held.start, start + line.length), start: held.start };
    else {
      if (held !== undefined) pieces.push(held);
      held = line.trim() === '' ? undefined : { text: line, start };
    }
    start += line.length + 1;
  }
  return held === undefined ? pieces : [...pieces, held];
}
