import type { Name } from '../graph/variable.ts';
import { type Builder, createBuilder } from './builder.ts';
import type { Because, Estimand } from './estimand.ts';
import { childrenOf, type Leaf, regimeKey, stepsOf } from './fold.ts';

type Place = Extract<Estimand, { step: 'place' }>['at'];

/** Smart constructors: each makes a step equal to the plain one for every positive distribution, and no larger. */
export interface Simplifier {
  readonly builder: Builder;
  product(factors: readonly Estimand[], because: Because): Estimand;
  sum(over: readonly Name[], body: Estimand, because: Because): Estimand;
  condition(of: readonly Name[], given: readonly Name[], body: Estimand, because: Because): Estimand;
  simplify(estimand: Estimand): Estimand;
}

/**
 * Bounded rewriting, bottom up, one visit per distinct step; every rule removes a step, an axis or a factor, so nothing grows:
 * - sum_y P(y, a | b) = P(a | b), and the same for conditions;
 * - P(a | b, c) P(b | c) = P(a, b | c) in one regime of the same studies;
 * - sum_z f g = f sum_z g where f does not mention z; sums of sums become one;
 * - a condition of a measured joint is a measured conditional; a condition of a condition is one condition;
 * - a factor that mentions neither what a condition is of nor what it sums out cancels in it;
 * - a place of a place is one place; equal terms of a combination are added.
 */
export const simplify = (estimand: Estimand, builder: Builder = createBuilder()): Estimand => createSimplifier(builder).simplify(estimand);

const minus = (names: readonly Name[], gone: readonly Name[]): Name[] => names.filter((name) => !gone.includes(name));
const both = (names: readonly Name[], others: readonly Name[]): Name[] => names.filter((name) => others.includes(name));
const disjoint = (names: readonly Name[], others: readonly Name[]): boolean => !names.some((name) => others.includes(name));
const setKey = (names: readonly Name[]): string => JSON.stringify([...new Set(names)].sort());

export function createSimplifier(builder: Builder = createBuilder()): Simplifier {
  const axes = (step: Estimand): readonly Name[] => builder.axesOf(step);
  const factorsOf = (step: Estimand): readonly Estimand[] => (step.step === 'product' ? step.factors : [step]);

  /** P(a | b, c) P(b | c) = P(a, b | c), as often as it applies. */
  function chained(factors: readonly Estimand[]): readonly Estimand[] {
    const sourceKey = (leaf: Leaf): string => `${regimeKey(leaf.regime)} ${setKey(leaf.studies)}`;
    const byGiven = new Map<string, Set<Leaf>>();
    const result = new Set<Estimand>();
    const repeated: Estimand[] = [];
    const givenKey = (leaf: Leaf): string => `${sourceKey(leaf)} ${setKey(leaf.given)}`;
    const waiting: Leaf[] = [];
    const put = (leaf: Leaf): void => {
      result.add(leaf);
      const key = givenKey(leaf);
      byGiven.set(key, (byGiven.get(key) ?? new Set<Leaf>()).add(leaf));
      waiting.push(leaf);
    };
    for (const factor of factors) {
      if (result.has(factor)) repeated.push(factor);
      else if (factor.step === 'measured') put(factor);
      else result.add(factor);
    }
    for (let lower = waiting.pop(); lower !== undefined; lower = waiting.pop()) {
      if (!result.has(lower)) continue;
      const { of, given } = lower;
      const matches = byGiven.get(`${sourceKey(lower)} ${setKey([...of, ...given])}`) ?? new Set<Leaf>();
      const upper = [...matches].find((leaf) => leaf !== lower && result.has(leaf) && disjoint(leaf.of, of));
      if (upper === undefined) continue;
      for (const leaf of [lower, upper]) {
        result.delete(leaf);
        byGiven.get(givenKey(leaf))?.delete(leaf);
      }
      const merged = builder.measured({ ...upper, of: [...of, ...upper.of], given });
      if (merged.step === 'measured' && !result.has(merged)) put(merged);
      else repeated.push(merged);
      // A factor that failed before may fit on top of what has grown.
      for (const leaf of byGiven.get(`${sourceKey(lower)} ${setKey([...of, ...upper.of, ...given])}`) ?? [])
        if (!waiting.includes(leaf)) waiting.push(leaf);
    }
    return [...result, ...repeated];
  }

  const product: Simplifier['product'] = (factors, because) => builder.product(chained(factors.flatMap(factorsOf)), because);

  /** The body without one of its own random axes, where that is a matter of leaving the name out. */
  function margin(step: Estimand, name: Name): Estimand | undefined {
    if (step.step === 'measured' && step.of.includes(name)) {
      const of = minus(step.of, [name]);
      return of.length === 0 ? builder.constant(1, step.because) : builder.measured({ ...step, of });
    }
    if (step.step === 'condition' && step.of.includes(name)) {
      const of = minus(step.of, [name]);
      return of.length === 0 ? builder.constant(1, step.because) : condition(of, step.given, step.body, step.because);
    }
    if (step.step === 'place') {
      const sources = axes(step.body).filter((axis) => placedAt(step.at, axis) === name);
      const [source] = sources;
      const body = source === undefined || sources.length > 1 ? undefined : margin(step.body, source);
      return body && place({ ...step, at: Object.fromEntries(Object.entries(step.at).filter(([axis]) => axis !== source)) }, body);
    }
    return undefined;
  }

  const sum: Simplifier['sum'] = (over, body, because) => {
    const [names, inner] = body.step === 'sum' ? [[...over, ...body.over], body.body] : [over, body];
    let factors = [...factorsOf(inner)];
    // Sums over an axis of which the body is no distribution count its levels: leave them alone.
    const random = new Set(builder.randomAxesOf(inner));
    if (names.some((name) => axes(inner).includes(name) && !random.has(name))) return builder.sum(over, body, because);
    let left = [...new Set(names)].filter((name) => random.has(name));
    for (let changed = true; changed; ) {
      changed = false;
      for (const name of left) {
        const holders = factors.filter((factor) => axes(factor).includes(name));
        const [only] = holders;
        const without = holders.length === 1 && only !== undefined ? margin(only, name) : undefined;
        if (only === undefined || without === undefined) continue;
        factors = factorsOf(product([...minusOne(factors, only), without], because)).slice();
        left = left.filter((other) => other !== name);
        changed = true;
      }
    }
    if (left.length === 0) return product(factors, because);
    return product([...components(factors, left, because)], because);
  };

  /** One sum for each group of factors that summed axes hold together; the factors without summed axes as they are. */
  function components(factors: readonly Estimand[], over: readonly Name[], because: Because): Estimand[] {
    const groupOf = new Map<Name, Name>(over.map((name) => [name, name]));
    const rootOf = (name: Name): Name => {
      let root = name;
      while (groupOf.get(root) !== root) root = groupOf.get(root) as Name;
      return root;
    };
    const summed = factors.map((factor) => both(over, axes(factor)));
    for (const [first, ...rest] of summed) for (const name of rest) groupOf.set(rootOf(name), rootOf(first as Name));
    const groups = new Map<Name | undefined, Estimand[]>();
    factors.forEach((factor, i) => {
      const [first] = summed[i] as Name[];
      const key = first === undefined ? undefined : rootOf(first);
      groups.set(key, [...(groups.get(key) ?? []), factor]);
    });
    const outside = groups.get(undefined) ?? [];
    groups.delete(undefined);
    return [
      ...outside,
      ...[...groups].map(([root, members]) =>
        builder.sum(
          over.filter((name) => rootOf(name) === root),
          product(members, because),
          because,
        ),
      ),
    ];
  }

  function condition(of: readonly Name[], given: readonly Name[], body: Estimand, because: Because): Estimand {
    if (of.length === 0) return builder.constant(1, because);
    if (body.step === 'measured') {
      if (!of.every((name) => body.of.includes(name))) return builder.condition(of, given, body, because);
      return builder.measured({ ...body, of, given: [...minus(both(given, body.of), of), ...body.given] });
    }
    if (body.step === 'condition') return condition(of, [...both(given, body.of), ...body.given], body.body, because);
    if (body.step === 'sum' && body.over.every((name) => builder.randomAxesOf(body.body).includes(name)))
      return condition(of, minus(given, body.over), body.body, because);
    const random = builder.randomAxesOf(body);
    const out = random.filter((name) => !of.includes(name) && !given.includes(name));
    const factors = factorsOf(body);
    const moving = [...of, ...out];
    const kept = factors.filter((factor) => !disjoint(axes(factor), moving));
    if (kept.length < factors.length && kept.length > 0) {
      const rest = product(kept, because);
      const names = axes(rest);
      // What was random only in a factor that cancelled is a parameter now, and the other way round nothing changes.
      return condition(of, both(given, names), rest, because);
    }
    return conditionOnce(of, given, body, because);
  }

  function conditionOnce(of: readonly Name[], given: readonly Name[], body: Estimand, because: Because): Estimand {
    // Summing out first what can be left out by name.
    const random = builder.randomAxesOf(body);
    const out = random.filter((name) => !of.includes(name) && !given.includes(name));
    const reduced = body.step === 'product' ? outByName(body, out, because) : body;
    return reduced === body || reduced.step === 'product'
      ? builder.condition(of, given, reduced, because)
      : condition(of, given, reduced, because);
  }

  function outByName(body: Estimand, out: readonly Name[], because: Because): Estimand {
    let factors = [...factorsOf(body)];
    let left = [...out];
    for (let changed = true; changed; ) {
      changed = false;
      for (const name of left) {
        const [only, ...others] = factors.filter((factor) => axes(factor).includes(name));
        const without = only === undefined || others.length > 0 ? undefined : margin(only, name);
        if (only === undefined || without === undefined) continue;
        factors = factorsOf(product([...minusOne(factors, only), without], because)).slice();
        left = left.filter((other) => other !== name);
        changed = true;
      }
    }
    return left.length === out.length ? body : product(factors, because);
  }

  function place(step: Extract<Estimand, { step: 'place' }>, body: Estimand): Estimand {
    if (body.step !== 'place') return builder.place(step.at, body);
    const at: Record<Name, Place[Name]> = {};
    for (const name of axes(body.body)) {
      const first = Object.hasOwn(body.at, name) ? body.at[name] : undefined;
      const symbol = first === undefined ? name : 'symbol' in first ? first.symbol : undefined;
      const then = symbol !== undefined && Object.hasOwn(step.at, symbol) ? step.at[symbol] : undefined;
      const last = then ?? first;
      if (last !== undefined) at[name] = last;
    }
    return builder.place(at, body.body);
  }

  function combined(terms: readonly { readonly weight: number; readonly of: Estimand }[]): Estimand {
    const weights = new Map<Estimand, number>();
    for (const { weight, of } of terms) weights.set(of, (weights.get(of) ?? 0) + weight);
    return builder.combine([...weights].map(([of, weight]) => ({ weight, of })));
  }

  function rewrite(step: Estimand, children: readonly Estimand[]): Estimand {
    const [first] = children;
    switch (step.step) {
      case 'measured':
        return step.of.length === 0 ? builder.constant(1, step.because) : builder.measured(step);
      case 'product':
        return product(children, step.because);
      case 'sum': {
        const body = first as Estimand;
        // Rewriting may free a body of a parameter axis; a sum over that axis would then count differently.
        const lost = step.over.some((name) => !axes(body).includes(name) && axes(step.body).includes(name));
        return lost ? builder.sum(step.over, step.body, step.because) : sum(step.over, body, step.because);
      }
      case 'condition':
        return condition(step.of, step.given, first as Estimand, step.because);
      case 'place':
        return place(step, first as Estimand);
      case 'combine':
        return combined(step.terms.map(({ weight }, i) => ({ weight, of: children[i] as Estimand })));
      default:
        return builder.rebuild(step, children);
    }
  }

  return {
    builder,
    product,
    sum,
    condition,
    simplify(estimand) {
      const done = new Map<Estimand, Estimand>();
      for (const step of stepsOf(estimand))
        done.set(
          step,
          rewrite(
            step,
            childrenOf(step).map((child) => done.get(child) as Estimand),
          ),
        );
      return done.get(estimand) as Estimand;
    },
  };
}

/** The symbol that an axis has after a place; undefined where it is fixed at a value. */
function placedAt(at: Place, axis: Name): Name | undefined {
  const to = Object.hasOwn(at, axis) ? at[axis] : undefined;
  return to === undefined ? axis : 'symbol' in to ? to.symbol : undefined;
}

function minusOne(factors: readonly Estimand[], gone: Estimand): Estimand[] {
  const at = factors.indexOf(gone);
  return factors.filter((_, i) => i !== at);
}
