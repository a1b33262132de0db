import type { Estimand } from '../estimand/estimand.ts';
import type { Name } from '../graph/variable.ts';
import { latexStyle, type Place, type Style, textStyle } from './spelling.ts';
import { orderOf, partsOf, symbolsOf, type Written, writtenOf } from './written.ts';

export interface FormulaOptions {
  /** Name the studies behind each distribution: `P(Y | X)@records`. */
  readonly studies?: boolean;
}

/**
 * One line of text: `sum[M](P(M | X) * sum[X'](P(Y | M, X') * P(X')))`. Sums bind the names in brackets; a primed name is a
 * bound copy of a variable. A long part that occurs more than once is written once, behind `where`.
 */
export const formulaText = (estimand: Estimand, options: FormulaOptions = {}): string => render(estimand, textStyle, options);

/** The same formula for LaTeX's mathematics mode. */
export const formulaLatex = (estimand: Estimand, options: FormulaOptions = {}): string => render(estimand, latexStyle, options);

function render(estimand: Estimand, style: Style, { studies = false }: FormulaOptions): string {
  const { root, free } = writtenOf(estimand);
  const order = orderOf(root);
  const named = repeated(order);
  const symbols = symbolsOf(order);
  const spelt = new Map<Written, string>();

  const nameOf = (written: Written): string => {
    const open = [...(symbols.get(written) as ReadonlySet<Name>)].filter((name) => !free.has(name)).sort();
    return style.named(named.get(written) as number, open);
  };
  const part = (written: Written, at: Place): string => {
    if (named.has(written)) return nameOf(written);
    const text = spelt.get(written) as string;
    return style.brackets(written.kind, at) ? style.bracketed(text) : text;
  };
  function spell(written: Written): string {
    switch (written.kind) {
      case 'distribution':
        return style.distribution(written, studies);
      case 'number':
        return style.number(written.value);
      case 'running':
        return style.running(written.symbol);
      case 'product': {
        const last = written.factors.length - 1;
        return written.factors.map((factor, i) => part(factor, i === last ? 'last factor' : 'factor')).join(style.times);
      }
      case 'sum':
        return style.sum(written.over, part(written.body, 'alone'));
      case 'fraction':
        return style.fraction(part(written.top, 'fraction'), part(written.bottom, 'fraction'));
      case 'combination':
        return written.terms
          .map(({ weight, of }, i) => {
            const sign = weight < 0 ? (i === 0 ? '-' : ' - ') : i === 0 ? '' : ' + ';
            const size = Math.abs(weight);
            return `${sign}${size === 1 ? '' : style.number(size) + style.times}${part(of, size === 1 ? 'term' : 'last factor')}`;
          })
          .join('');
    }
  }

  for (const written of order) spelt.set(written, spell(written));
  const definitions = order.filter((written) => named.has(written)).map((written) => `${nameOf(written)} = ${spelt.get(written)}`);
  const head = spelt.get(root) as string;
  return definitions.length === 0 ? head : `${head}${style.where}${definitions.join(style.and)}`;
}

/** The parts that are written once under a name, numbered: long ones that occur more than once. */
function repeated(order: readonly Written[]): Map<Written, number> {
  const uses = new Map<Written, number>();
  for (const written of order) for (const part of partsOf(written)) uses.set(part, (uses.get(part) ?? 0) + 1);
  const named = new Map<Written, number>();
  const lengths = new Map<Written, number>();
  for (const written of order) {
    let length = ownLength(written);
    for (const part of partsOf(written)) length += 3 + (named.has(part) ? 4 : (lengths.get(part) as number));
    lengths.set(written, length);
    const long = { fraction: 40, sum: 60, product: 120, combination: 120 } as const;
    if (written.kind === 'distribution' || written.kind === 'running' || written.kind === 'number') continue;
    if ((uses.get(written) ?? 0) > 1 && length >= long[written.kind]) named.set(written, named.size + 1);
  }
  return named;
}

function ownLength(written: Written): number {
  if (written.kind === 'sum') return 5 + written.over.join(', ').length;
  if (written.kind !== 'distribution') return 2;
  const atoms = [...written.of, ...written.given, ...written.set];
  return atoms.reduce((sum, { variable, value }) => sum + variable.length + (value?.length ?? 0) + 2, 3);
}
