import { type Builder, createBuilder } from '../estimand/builder.ts';
import { type Estimand, variableOf } from '../estimand/estimand.ts';
import { fold, type Leaf, stepsOf } from '../estimand/fold.ts';
import type { Name, Value } from '../graph/variable.ts';
import { unfold } from './unfold.ts';

/** A variable as it stands in a formula: running (`symbol`) or at a value. */
export interface Atom {
  readonly variable: Name;
  readonly symbol?: Name;
  readonly value?: Value;
}

/** A formula before it is spelt as text or LaTeX. Equal parts are one object. */
export type Written =
  | {
      readonly kind: 'distribution';
      readonly mean: boolean;
      readonly of: readonly Atom[];
      readonly given: readonly Atom[];
      readonly set: readonly Atom[];
      readonly studies: readonly Name[];
    }
  | { readonly kind: 'product'; readonly factors: readonly Written[] }
  | { readonly kind: 'sum'; readonly over: readonly Name[]; readonly body: Written }
  | { readonly kind: 'fraction'; readonly top: Written; readonly bottom: Written }
  | { readonly kind: 'combination'; readonly terms: readonly { readonly weight: number; readonly of: Written }[] }
  | { readonly kind: 'running'; readonly symbol: Name }
  | { readonly kind: 'number'; readonly value: number };

type Meaning = { readonly symbol: Name } | { readonly value: Value };
type Environment = ReadonlyMap<Name, Meaning>;

export interface WholeFormula {
  readonly root: Written;
  /** Symbols that no sum binds. */
  readonly free: ReadonlySet<Name>;
}

/** Beyond this many parts, names are told apart only where they must be. */
const mostParts = 4000;

/**
 * Gives every symbol its printed name. A summed symbol that meets one of the same name that is free, stated or summed further
 * out gets a prime (front-door: `sum[X']`). In very large formulas a name that is summed further out, but not mentioned inside,
 * may be used again there, so that equal parts stay equal.
 */
export function writtenOf(estimand: Estimand): WholeFormula {
  const builder = createBuilder();
  const unfolded = unfold(estimand, builder);
  return written(unfolded, builder, true) ?? (written(unfolded, builder, false) as WholeFormula);
}

function written(unfolded: Estimand, builder: Builder, clear: boolean): WholeFormula | undefined {
  const numbers = new Map<Estimand, number>();
  const summedBelow = new Map<Estimand, ReadonlySet<Name>>();
  fold<ReadonlySet<Name>>(
    unfolded,
    (step, children) => {
      numbers.set(step, numbers.size);
      const own = step.step === 'sum' ? step.over : step.step === 'mean' ? [step.of] : [];
      const [first, ...others] = children;
      if (own.length === 0 && others.every((other) => other === first)) return first ?? new Set();
      const all = new Set(own.map(variableOf));
      for (const child of children) for (const name of child) all.add(name);
      return all;
    },
    summedBelow,
  );
  const memo = new Map<string, Written>();
  const free = new Set(builder.axesOf(unfolded));
  const outermost = new Set(free);
  for (const step of stepsOf(unfolded))
    if (step.step === 'place') for (const [axis, place] of Object.entries(step.at)) if ('value' in place) outermost.add(axis);

  const meaningOf = (axis: Name, environment: Environment): Meaning => environment.get(axis) ?? { symbol: axis };
  const atomOf = (variable: Name, environment: Environment): Atom => ({ variable, ...meaningOf(variable, environment) });

  function write(step: Estimand, environment: Environment, scope: ReadonlySet<Name>): Written {
    const below = summedBelow.get(step) as ReadonlySet<Name>;
    const key = JSON.stringify([
      numbers.get(step),
      builder.axesOf(step).map((axis) => environment.get(axis) ?? 0),
      clear ? [...scope].filter((name) => below.has(variableOf(name))).sort() : 0,
    ]);
    const known = memo.get(key);
    if (known !== undefined) return known;
    if (clear && memo.size > mostParts) return { kind: 'number', value: 0 };
    const made = spell(step, environment, scope);
    memo.set(key, made);
    return made;
  }

  /** The names that a sum here must not use. */
  function around(step: Estimand, environment: Environment, scope: ReadonlySet<Name>): ReadonlySet<Name> {
    if (clear) return scope;
    const names = new Set(outermost);
    for (const axis of builder.axesOf(step)) {
      const meaning = meaningOf(axis, environment);
      if ('symbol' in meaning) names.add(meaning.symbol);
    }
    return names;
  }

  function bind(over: readonly Name[], environment: Environment, scope: ReadonlySet<Name>): [Name[], Environment, ReadonlySet<Name>] {
    const [inner, names] = [new Map(environment), new Set(scope)];
    const printed = over.map((name) => {
      let symbol = name;
      while (names.has(symbol)) symbol += "'";
      names.add(symbol);
      inner.set(name, { symbol });
      return symbol;
    });
    return [printed, inner, names];
  }

  function distribution(leaf: Leaf, mean: boolean, environment: Environment): Written {
    const fixed = leaf.regime.fixed ?? {};
    const atoms = (names: readonly Name[]): Atom[] => names.map((name) => atomOf(name, environment));
    const set = leaf.regime.set.map(
      (name): Atom => (Object.hasOwn(fixed, name) ? { variable: name, value: fixed[name] as Value } : atomOf(name, environment)),
    );
    return { kind: 'distribution', mean, of: atoms(leaf.of), given: atoms(leaf.given), set, studies: leaf.studies };
  }

  function spell(step: Estimand, environment: Environment, scope: ReadonlySet<Name>): Written {
    switch (step.step) {
      case 'measured':
        return distribution(step, false, environment);
      case 'constant':
        return { kind: 'number', value: step.value };
      case 'product':
        return { kind: 'product', factors: step.factors.map((factor) => write(factor, environment, scope)) };
      case 'sum': {
        const [over, inner, names] = bind(step.over, environment, around(step, environment, scope));
        return { kind: 'sum', over, body: write(step.body, inner, names) };
      }
      case 'quotient':
        return {
          kind: 'fraction',
          top: write(step.numerator, environment, scope),
          bottom: write(step.denominator, environment, scope),
        };
      case 'place': {
        const inner = new Map<Name, Meaning>();
        const names = new Set(scope);
        for (const axis of builder.axesOf(step.body)) {
          const place = Object.hasOwn(step.at, axis) ? step.at[axis] : undefined;
          const meaning =
            place === undefined ? meaningOf(axis, environment) : 'value' in place ? place : meaningOf(place.symbol, environment);
          inner.set(axis, meaning);
          if ('value' in meaning) names.add(axis);
        }
        return write(step.body, inner, names);
      }
      case 'mean': {
        const { body, of } = step;
        if (body.step === 'measured' && body.of.length === 1) {
          const inner = new Map(environment);
          inner.set(of, { symbol: of });
          return distribution(body, true, inner);
        }
        const [over, inner, names] = bind([of], environment, around(step, environment, scope));
        const factors: Written[] = [{ kind: 'running', symbol: over[0] as Name }, write(body, inner, names)];
        return { kind: 'sum', over, body: { kind: 'product', factors } };
      }
      case 'combine':
        return { kind: 'combination', terms: step.terms.map(({ weight, of }) => ({ weight, of: write(of, environment, scope) })) };
      case 'condition':
        throw new Error('unfold leaves no condition');
    }
  }

  const root = write(unfolded, new Map(), clear ? free : outermost);
  return clear && memo.size > mostParts ? undefined : { root, free };
}

export function partsOf(written: Written): readonly Written[] {
  switch (written.kind) {
    case 'product':
      return written.factors;
    case 'sum':
      return [written.body];
    case 'fraction':
      return [written.top, written.bottom];
    case 'combination':
      return written.terms.map((term) => term.of);
    default:
      return [];
  }
}

/** Every part once, parts before wholes. */
export function orderOf(root: Written): Written[] {
  const order: Written[] = [];
  const seen = new Set<Written>([root]);
  const stack: { readonly written: Written; next: number }[] = [{ written: root, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const part = partsOf(top.written)[top.next];
    top.next += 1;
    if (part === undefined) {
      order.push(top.written);
      stack.pop();
    } else if (!seen.has(part)) {
      seen.add(part);
      stack.push({ written: part, next: 0 });
    }
  }
  return order;
}

/** Of every part the running symbols that are not summed inside it. */
export function symbolsOf(order: readonly Written[]): Map<Written, ReadonlySet<Name>> {
  const found = new Map<Written, ReadonlySet<Name>>();
  for (const written of order) {
    const own = new Set<Name>();
    if (written.kind === 'distribution') {
      for (const { symbol, variable } of [...written.of, ...written.given, ...written.set])
        if (symbol !== undefined && !(written.mean && variable === written.of[0]?.variable)) own.add(symbol);
    } else if (written.kind === 'running') own.add(written.symbol);
    for (const part of partsOf(written)) for (const name of found.get(part) as ReadonlySet<Name>) own.add(name);
    if (written.kind === 'sum') for (const name of written.over) own.delete(name);
    found.set(written, own);
  }
  return found;
}
