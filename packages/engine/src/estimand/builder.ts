import type { Name } from '../graph/variable.ts';
import type { Because, Estimand, Place } from './estimand.ts';
import { type Axes, childrenOf, createAxes, type Leaf, regimeKey, stepsOf } from './fold.ts';

/**
 * Makes steps and hash-conses them: equal structure gives the same object (order inside `of`, `given`, `over` and among the
 * factors does not count; the first `because` stays). Only trivially safe rewriting: repeated names merge, a sum over nothing
 * or a place of nothing is its body, names that are no axis of the body are dropped from sums and places, nested products
 * become one, factors 1 vanish, a product of one factor is that factor, of none the constant 1.
 */
export interface Builder {
  measured(parts: Omit<Leaf, 'step'>): Estimand;
  product(factors: readonly Estimand[], because: Because): Estimand;
  sum(over: readonly Name[], body: Estimand, because: Because): Estimand;
  condition(of: readonly Name[], given: readonly Name[], body: Estimand, because: Because): Estimand;
  quotient(numerator: Estimand, denominator: Estimand, because: Because): Estimand;
  place(at: Readonly<Record<Name, Place>>, body: Estimand): Estimand;
  mean(of: Name, body: Estimand): Estimand;
  constant(value: number, because: Because): Estimand;
  combine(terms: readonly { readonly weight: number; readonly of: Estimand }[]): Estimand;
  /** Rebuilds a tree made elsewhere inside this builder. */
  intern(estimand: Estimand): Estimand;
  /** The same step over other children (same number, same order). */
  rebuild(step: Estimand, children: readonly Estimand[]): Estimand;
  axesOf(estimand: Estimand): readonly Name[];
  randomAxesOf(estimand: Estimand): readonly Name[];
}

/** Flattening stops here, so that products of shared products stay small. */
const mostFactors = 4096;

const distinct = (names: readonly Name[]): readonly Name[] => [...new Set(names)];
const sorted = (names: readonly Name[]): readonly Name[] => [...names].sort();

/**
 * A text that is equal for two steps exactly when they are the same step over the same children; `numberOf` tells children apart.
 */
export function structuralKey(step: Estimand, numberOf: (child: Estimand) => number): string {
  switch (step.step) {
    case 'measured':
      return JSON.stringify(['measured', sorted(step.of), sorted(step.given), regimeKey(step.regime), sorted(step.studies)]);
    case 'product':
      return `product ${step.factors
        .map(numberOf)
        .sort((a, b) => a - b)
        .join(' ')}`;
    case 'sum':
      return JSON.stringify(['sum', sorted(step.over), numberOf(step.body)]);
    case 'condition':
      return JSON.stringify(['condition', sorted(step.of), sorted(step.given), numberOf(step.body)]);
    case 'quotient':
      return `quotient ${numberOf(step.numerator)} ${numberOf(step.denominator)}`;
    case 'place':
      return JSON.stringify(['place', Object.entries(step.at).sort(([a], [b]) => (a < b ? -1 : 1)), numberOf(step.body)]);
    case 'mean':
      return JSON.stringify(['mean', step.of, numberOf(step.body)]);
    case 'constant':
      return `constant ${step.value}`;
    case 'combine':
      return JSON.stringify(['combine', step.terms.map((term) => [term.weight, numberOf(term.of)])]);
  }
}

export function createBuilder(): Builder {
  const steps = new Map<string, Estimand>();
  const numbers = new Map<Estimand, number>();
  const axes: (estimand: Estimand) => Axes = createAxes();

  const numberOf = (step: Estimand): number => numbers.get(step) ?? (numbers.get(intern(step)) as number);
  const keep = (step: Estimand): Estimand => {
    const key = structuralKey(step, numberOf);
    const known = steps.get(key);
    if (known !== undefined) return known;
    steps.set(key, step);
    numbers.set(step, steps.size);
    return step;
  };
  const own = (step: Estimand): Estimand => (numbers.has(step) ? step : intern(step));

  const measured: Builder['measured'] = (parts) =>
    keep({ step: 'measured', ...parts, of: distinct(parts.of), given: distinct(parts.given), studies: distinct(parts.studies) });
  const constant: Builder['constant'] = (value, because) => keep({ step: 'constant', value, because });
  const product: Builder['product'] = (factors, because) => {
    const owned = factors.map(own);
    const flat = owned.flatMap((factor) => (factor.step === 'product' ? factor.factors : [factor]));
    const kept = (flat.length <= mostFactors ? flat : owned).filter((factor) => factor.step !== 'constant' || factor.value !== 1);
    const [only] = kept;
    if (only === undefined) return constant(1, because);
    return kept.length === 1 ? only : keep({ step: 'product', factors: kept, because });
  };
  const sum: Builder['sum'] = (over, body, because) => {
    const owned = own(body);
    const names = new Set(axes(owned).all);
    const kept = distinct(over).filter((name) => names.has(name));
    return kept.length === 0 ? owned : keep({ step: 'sum', over: kept, body: owned, because });
  };
  const condition: Builder['condition'] = (of, given, body, because) =>
    keep({ step: 'condition', of: distinct(of), given: distinct(given), body: own(body), because });
  const quotient: Builder['quotient'] = (numerator, denominator, because) => {
    const [top, bottom] = [own(numerator), own(denominator)];
    return bottom.step === 'constant' && bottom.value === 1
      ? top
      : keep({ step: 'quotient', numerator: top, denominator: bottom, because });
  };
  const place: Builder['place'] = (at, body) => {
    const owned = own(body);
    const names = new Set(axes(owned).all);
    const kept = Object.entries(at).filter(([name, to]) => names.has(name) && !('symbol' in to && to.symbol === name));
    return kept.length === 0 ? owned : keep({ step: 'place', at: Object.fromEntries(kept), body: owned });
  };
  const mean: Builder['mean'] = (of, body) => keep({ step: 'mean', of, body: own(body) });
  const combine: Builder['combine'] = (terms) => {
    const [only] = terms;
    if (only !== undefined && terms.length === 1 && only.weight === 1) return own(only.of);
    return keep({ step: 'combine', terms: terms.map(({ weight, of }) => ({ weight, of: own(of) })) });
  };

  const rebuild: Builder['rebuild'] = (step, children) => {
    const [first] = children;
    switch (step.step) {
      case 'measured':
        return measured(step);
      case 'constant':
        return constant(step.value, step.because);
      case 'product':
        return product(children, step.because);
      case 'combine':
        return combine(step.terms.map((term, i) => ({ weight: term.weight, of: children[i] as Estimand })));
      case 'sum':
        return sum(step.over, first as Estimand, step.because);
      case 'condition':
        return condition(step.of, step.given, first as Estimand, step.because);
      case 'quotient':
        return quotient(first as Estimand, children[1] as Estimand, step.because);
      case 'place':
        return place(step.at, first as Estimand);
      case 'mean':
        return mean(step.of, first as Estimand);
    }
  };
  function intern(root: Estimand): Estimand {
    const made = new Map<Estimand, Estimand>();
    const ownOf = (step: Estimand): Estimand => made.get(step) ?? step;
    for (const step of stepsOf(root, (step) => numbers.has(step))) made.set(step, rebuild(step, childrenOf(step).map(ownOf)));
    return ownOf(root);
  }

  return {
    measured,
    product,
    sum,
    condition,
    quotient,
    place,
    mean,
    constant,
    combine,
    intern,
    rebuild,
    axesOf: (estimand) => axes(estimand).all,
    randomAxesOf: (estimand) => axes(estimand).random,
  };
}
