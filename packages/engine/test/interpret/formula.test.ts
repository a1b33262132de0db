import { describe, expect, it } from 'vitest';
import type { Estimand } from '../../src/estimand/estimand.ts';
import { simplify } from '../../src/estimand/simplify.ts';
import { formulaLatex, formulaText } from '../../src/interpret/formula.ts';
import { because, textbook } from './support.ts';

const { b, p, times, sum, backdoor, frontdoor, napkin } = textbook();
const text = (estimand: Estimand): string => formulaText(simplify(estimand, b));
const at = (estimand: Estimand, values: Record<string, string>): Estimand =>
  b.place(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])), estimand);

describe('text of the textbook formulas', () => {
  it('back-door', () => {
    expect(text(backdoor)).toBe('sum[Z](P(Y | X, Z) * P(Z))');
    expect(text(at(backdoor, { X: '1', Y: 'very ill' }))).toBe('sum[Z](P(Y=very ill | X=1, Z) * P(Z))');
    expect(text(b.mean('Y', at(backdoor, { X: '1' })))).toBe('sum[Z](E[Y | X=1, Z] * P(Z))');
  });
  it('front-door: the inner X is not the outer one', () => {
    expect(text(frontdoor)).toBe("sum[M](P(M | X) * sum[X'](P(Y | M, X') * P(X')))");
    expect(text(at(frontdoor, { X: '1' }))).toBe("sum[M](P(M | X=1) * sum[X'](P(Y | M, X') * P(X')))");
  });
  it('napkin', () => {
    expect(text(napkin)).toBe('sum[W](P(W) * P(X, Y | W, Z)) / sum[W](P(W) * P(X | W, Z))');
    expect(text(b.mean('Y', at(napkin, { X: '1' })))).toBe(
      'sum[W](P(W) * E[Y | X=1, W, Z] * P(X=1 | W, Z)) / sum[W](P(W) * P(X=1 | W, Z))',
    );
  });
  it('experiments, arms, studies', () => {
    const trial = b.measured({
      of: ['Y'],
      given: ['M'],
      regime: { set: ['X', 'Z'], fixed: { Z: 'on' } },
      studies: ['trial', 'arm 2'],
      because,
    });
    expect(text(trial)).toBe('P(Y | do(X, Z=on), M)');
    expect(formulaText(trial, { studies: true })).toBe('P(Y | do(X, Z=on), M)@trial+"arm 2"');
  });
  it('a contrast, and a weight', () => {
    const contrast = b.combine([
      { weight: 1, of: at(backdoor, { X: '1', Y: '1' }) },
      { weight: -1, of: at(backdoor, { X: '0', Y: '1' }) },
      { weight: 0.5, of: p('Y') },
    ]);
    expect(text(contrast)).toBe('sum[Z](P(Y=1 | X=1, Z) * P(Z)) - sum[Z](P(Y=1 | X=0, Z) * P(Z)) + 0.5 * P(Y)');
  });
  it('copies of a variable in two worlds, and a diagonal', () => {
    const nested = sum("M M'", times(b.place({ M: { symbol: "M'" } }, p('M', 'X')), p('Y', 'X M'), p('M', 'Z')));
    expect(text(nested)).toBe('sum[M](P(Y | M, X) * P(M | Z))');
    expect(formulaText(nested)).toBe("sum[M, M'](P(M' | X) * P(Y | M, X) * P(M | Z))");
    expect(formulaText(b.place({ M: { symbol: 'S' }, X: { symbol: 'S' } }, p('M', 'X')))).toBe('P(M=S | X=S)');
  });
  it('writes a long part that comes twice once, with the symbols that are summed outside', () => {
    const part = at(b.condition(['Y'], ['X', 'Gadget'], times(p('Weather', 'Gadget'), p('X Y', 'Weather Zone Gadget')), because), {
      Zone: '1',
    });
    const e = b.quotient(sum('Gadget', times(part, p('Gadget'))), sum('Gadget', times(part, p('Gadget'), p('Noise', 'Gadget'))), because);
    expect(formulaText(e)).toBe(
      'sum[Gadget](Q1(Gadget) * P(Gadget)) / sum[Gadget](Q1(Gadget) * P(Gadget) * P(Noise | Gadget)) where Q1(Gadget) = ' +
        'sum[Weather](P(Weather | Gadget) * P(X, Y | Weather, Zone=1, Gadget)) / sum[Weather](P(Weather | Gadget) * P(X | Weather, Zone=1, Gadget))',
    );
  });
});

describe('LaTeX', () => {
  it('spells the textbook formulas', () => {
    expect(formulaLatex(frontdoor)).toBe("\\sum_{M} P(M \\mid X) \\, \\sum_{X'} P(Y \\mid M, X') \\, P(X')");
    expect(formulaLatex(simplify(napkin, b))).toBe('\\frac{\\sum_{W} P(W) \\, P(X, Y \\mid W, Z)}{\\sum_{W} P(W) \\, P(X \\mid W, Z)}');
    expect(formulaLatex(at(p('A1 re_78', 'treat'), { treat: '50% off', A1: '1' }))).toBe(
      'P(A_{1}{=}1, \\mathrm{re\\_78} \\mid \\mathrm{treat}{=}\\text{50\\% off})',
    );
    const first = times(sum('Z', times(p('Y', 'X Z'), p('Z'))), p('X'));
    expect(formulaLatex(first)).toBe('\\left( \\sum_{Z} P(Y \\mid X, Z) \\, P(Z) \\right) \\, P(X)');
  });
});

describe('size', () => {
  it('prints a ladder of nested quotients once each', () => {
    let body = p('A B C');
    for (let i = 0; i < 60; i += 1) {
      const [of, given] = i % 2 === 0 ? ['A', 'B'] : ['B', 'A'];
      body = b.product(
        [b.condition([of], [given], body, because), b.sum([of], b.product([body, p('D', 'A B')], because), because), p('E', 'A B')],
        because,
      );
    }
    const printed = formulaText(body);
    expect(printed.length).toBeLessThan(60 * 1000);
  });
});
