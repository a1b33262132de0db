import type { Name } from '../graph/variable.ts';
import { isBareName, writeName } from '../query/lex.ts';
import { printValue } from '../query/print.ts';
import type { Atom, Written } from './written.ts';

/** Where a part stands, as far as brackets go. */
export type Place = 'alone' | 'term' | 'factor' | 'last factor' | 'fraction';

/** How the parts of a formula are spelt. */
export interface Style {
  distribution(written: Extract<Written, { kind: 'distribution' }>, studies: boolean): string;
  sum(over: readonly Name[], body: string): string;
  fraction(top: string, bottom: string): string;
  number(value: number): string;
  running(symbol: Name): string;
  readonly times: string;
  /** Whether a part of this kind needs brackets there. */
  brackets(kind: Written['kind'], at: Place): boolean;
  bracketed(text: string): string;
  /** The name of a part that is written once; `over`: symbols that are summed further out. */
  named(number: number, over: readonly Name[]): string;
  readonly where: string;
  readonly and: string;
}

const withPrimes = (symbol: Name): readonly [string, string] => {
  const base = symbol.replace(/'+$/u, '');
  return [base, symbol.slice(base.length)];
};

/** The outcome of an additive mean on the log scale is named `log Y`. */
const logged = (base: Name): Name | undefined => /^log (.+)$/u.exec(base)?.[1];

/** A cell of exchangeable data is named `X@2`. */
const placed = (base: Name): readonly [Name, string] | undefined => {
  const [, name, position] = /^(.+)@(\d+)$/u.exec(base) ?? [];
  return name === undefined || position === undefined ? undefined : [name, position];
};

const atomsWith =
  (name: (name: Name) => string, value: (value: string) => string, equals: string) =>
  (atoms: readonly Atom[]): string =>
    atoms
      .map((atom) => {
        if (atom.value !== undefined) return `${name(atom.variable)}${equals}${value(atom.value)}`;
        const symbol = atom.symbol ?? atom.variable;
        return withPrimes(symbol)[0] === atom.variable ? name(symbol) : `${name(atom.variable)}${equals}${name(symbol)}`;
      })
      .join(', ');

const textName = (symbol: Name): string => {
  const [base, primes] = withPrimes(symbol);
  const inner = logged(base);
  const cell = placed(base);
  if (cell !== undefined) return `${writeName(cell[0])}@${cell[1]}${primes}`;
  return `${inner === undefined ? writeName(base) : `log ${writeName(inner)}`}${primes}`;
};
const textAtoms = atomsWith(textName, printValue, '=');

export const textStyle: Style = {
  distribution({ mean, of, given, set, studies }, named) {
    const bar = [...(set.length > 0 ? [`do(${textAtoms(set)})`] : []), ...(given.length > 0 ? [textAtoms(given)] : [])].join(', ');
    const inside = `${textAtoms(of)}${bar === '' ? '' : ` | ${bar}`}`;
    const by = named && studies.length > 0 ? `@${studies.map(writeName).join('+')}` : '';
    return `${mean ? `E[${inside}]` : `P(${inside})`}${by}`;
  },
  sum: (over, body) => `sum[${over.map(textName).join(', ')}](${body})`,
  fraction: (top, bottom) => `${top} / ${bottom}`,
  number: String,
  running: textName,
  times: ' * ',
  brackets: (kind, at) =>
    (kind === 'combination' && at !== 'alone') ||
    (kind === 'product' && at === 'fraction') ||
    (kind === 'fraction' && (at === 'factor' || at === 'last factor' || at === 'fraction')),
  bracketed: (text) => `(${text})`,
  named: (number, over) => `Q${number}${over.length === 0 ? '' : `(${over.map(textName).join(', ')})`}`,
  where: ' where ',
  and: ', ',
};

const spelledOut: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
};
const escaped = (text: string): string => text.replace(/[\\{}$&#%_^~]/gu, (mark) => spelledOut[mark] ?? `\\${mark}`);

/** One letter stays a letter, `A12` gets an index, longer names stand upright. */
function latexName(symbol: Name): string {
  const [base, primes] = withPrimes(symbol);
  const inner = logged(base);
  if (inner !== undefined) return `\\log ${latexName(inner)}${primes}`;
  const cell = placed(base);
  if (cell !== undefined) return `${latexName(cell[0])}^{(${cell[1]})}${primes}`;
  if (/^[A-Za-z]$/u.test(base)) return `${base}${primes}`;
  const indexed = /^([A-Za-z])_?(\d+)$/u.exec(base);
  if (indexed !== null) return `${indexed[1]}_{${indexed[2]}}${primes}`;
  return `${isBareName(base) ? '\\mathrm' : '\\text'}{${escaped(base)}}${primes}`;
}
const latexValue = (value: string): string => (/^-?\d+(\.\d+)?$/u.test(value) ? value : `\\text{${escaped(value)}}`);
const latexAtoms = atomsWith(latexName, latexValue, '{=}');

export const latexStyle: Style = {
  distribution({ mean, of, given, set, studies }, named) {
    const bar = [...(set.length > 0 ? [`\\operatorname{do}(${latexAtoms(set)})`] : []), ...(given.length > 0 ? [latexAtoms(given)] : [])];
    const inside = `${latexAtoms(of)}${bar.length === 0 ? '' : ` \\mid ${bar.join(', ')}`}`;
    const by = named && studies.length > 0 ? `_{\\text{${escaped(studies.join(', '))}}}` : '';
    return mean ? `\\mathbb{E}${by}[${inside}]` : `P${by}(${inside})`;
  },
  sum: (over, body) => `\\sum_{${over.map(latexName).join(', ')}} ${body}`,
  fraction: (top, bottom) => `\\frac{${top}}{${bottom}}`,
  number(value) {
    const [mantissa, exponent] = String(value).split('e');
    return exponent === undefined ? `${mantissa}` : `${mantissa} \\cdot 10^{${Number(exponent)}}`;
  },
  running: latexName,
  times: ' \\, ',
  brackets: (kind, at) => (kind === 'combination' && at !== 'fraction') || (kind === 'sum' && at === 'factor'),
  bracketed: (text) => `\\left( ${text} \\right)`,
  named: (number, over) => `Q_{${number}}${over.length === 0 ? '' : `(${over.map(latexName).join(', ')})`}`,
  where: ' \\quad\\text{where}\\quad ',
  and: ',\\quad ',
};
