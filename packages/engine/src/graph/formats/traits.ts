import type { Domain, Variable } from '../variable.ts';
import { quote } from './cursor.ts';

/** What one attribute says: traits of the variable, or why it says nothing (`problem`), or that it is not one of ours. */
export type Said = Partial<Omit<Variable, 'name'>> | { readonly problem: string; readonly hint: string } | undefined;

const mostLevels = 10_000;

/** The attributes of a node in dagitty text, as a person may write them. */
export const attributeNames = [
  'latent',
  'exposure',
  'outcome',
  'adjusted',
  'selection',
  'domain',
  'card',
  'pos',
  'real',
  'tensor',
] as const;

/** Reads one attribute. Synonyms of dagitty's older notations: unobserved, source, target, selected. */
export function readAttribute(key: string, value: string | undefined): Said {
  switch (key) {
    case 'latent':
    case 'unobserved':
      return { latent: true };
    case 'exposure':
    case 'source':
      return { role: 'exposure' };
    case 'outcome':
    case 'target':
      return { role: 'outcome' };
    case 'adjusted':
      return { role: 'adjusted' };
    case 'selection':
    case 'selected':
      return { role: 'selection' };
    case 'real':
      return { domain: value === undefined ? { kind: 'real' } : { kind: 'real', unit: value } };
    case 'pos': {
      const [x, y, ...more] = (value ?? '').split(',').map(numberIn);
      if (x === undefined || y === undefined || more.length > 0)
        return { problem: `pos needs two numbers, not “${value ?? ''}”.`, hint: 'For example pos="0.5,1".' };
      return { position: { x, y } };
    }
    case 'card': {
      const count = /^\d{1,5}$/.test(value ?? '') ? Number(value) : 0;
      if (count < 1 || count > mostLevels)
        return { problem: `card needs a whole number from 1 to ${mostLevels}, not “${value ?? ''}”.`, hint: 'For example card=3.' };
      return { domain: { kind: 'finite', levels: Array.from({ length: count }, (_, i) => String(i)) } };
    }
    case 'domain': {
      const levels = splitLevels(value ?? '');
      if (levels.length === 0) return { problem: 'domain lists no levels.', hint: 'For example domain="no,yes".' };
      const again = levels.find((level, i) => levels.indexOf(level) !== i);
      if (again !== undefined) return { problem: `domain lists the level “${again}” twice.`, hint: 'Give every level its own name.' };
      return { domain: { kind: 'finite', levels } };
    }
    case 'tensor': {
      const shape = (value ?? '').split(',').map(numberIn);
      const sizes = shape.filter((size): size is number => size !== undefined && Number.isSafeInteger(size) && size > 0);
      if (sizes.length !== shape.length)
        return { problem: `tensor needs its sizes, not “${value ?? ''}”.`, hint: 'For example tensor="28,28,3".' };
      return { domain: { kind: 'tensor', shape: sizes } };
    }
    default:
      return undefined;
  }
}

/** The attribute list of a variable, without brackets; empty if it has none. */
export function attributesText(variable: Variable): string {
  const parts: string[] = [];
  if (variable.latent === true) parts.push('latent');
  if (variable.role !== undefined) parts.push(variable.role);
  if (variable.domain !== undefined) parts.push(domainText(variable.domain));
  if (variable.position !== undefined) parts.push(`pos="${variable.position.x},${variable.position.y}"`);
  return parts.join(', ');
}

function domainText(domain: Domain): string {
  if (domain.kind === 'real') return domain.unit === undefined ? 'real' : `real=${quote(domain.unit)}`;
  if (domain.kind === 'tensor') return `tensor="${domain.shape.join(',')}"`;
  const { levels } = domain;
  if (levels.length > 2 && levels.length <= mostLevels && levels.every((level, i) => level === String(i))) return `card=${levels.length}`;
  return `domain=${quote(levels.map(escapeLevel).join(','))}`;
}

/** Commas part levels; a backslash takes the next character as it is, and `\e` stands for nothing (an empty level). */
function splitLevels(text: string): string[] {
  if (text.trim() === '') return [];
  const levels: string[] = [];
  let level = '';
  let solid = 0;
  const end = (): void => {
    levels.push(level.slice(0, solid) + level.slice(solid).trimEnd());
    level = '';
    solid = 0;
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === ',') end();
    else if (char === '\\' && i + 1 < text.length) {
      i++;
      if (text[i] !== 'e') level += text[i];
      solid = level.length;
    } else if (level !== '' || char.trim() !== '') level += char;
  }
  end();
  return levels;
}

function escapeLevel(level: string): string {
  if (level === '') return '\\e';
  const inner = level.replace(/[\\,]/g, '\\$&');
  const lead = inner.length - inner.trimStart().length;
  const trail = inner.trimEnd().length;
  return (
    [...inner.slice(0, lead)].map((c) => `\\${c}`).join('') +
    inner.slice(lead, Math.max(lead, trail)) +
    inner.slice(Math.max(lead, trail)).replace(/[\s\S]/g, '\\$&')
  );
}

function numberIn(text: string): number | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
