import type { Regime } from '../data/regime.ts';
import type { Name } from '../graph/variable.ts';
import type { Estimand } from './estimand.ts';

export type Leaf = Extract<Estimand, { step: 'measured' }>;

/** The steps directly below one step, in order. */
export function childrenOf(estimand: Estimand): readonly Estimand[] {
  switch (estimand.step) {
    case 'measured':
    case 'constant':
      return [];
    case 'product':
      return estimand.factors;
    case 'sum':
    case 'condition':
    case 'place':
    case 'mean':
      return [estimand.body];
    case 'quotient':
      return [estimand.numerator, estimand.denominator];
    case 'combine':
      return estimand.terms.map((term) => term.of);
  }
}

/**
 * Every distinct step once, children before parents; the root is last. Steps for which `skip` holds, and what only they lead
 * to, are left out. Does not recurse, so depth is no limit.
 */
export function stepsOf(root: Estimand, skip: (step: Estimand) => boolean = () => false): readonly Estimand[] {
  const order: Estimand[] = [];
  const seen = new Set<Estimand>();
  const stack: { readonly node: Estimand; readonly children: readonly Estimand[]; next: number }[] = [];
  const enter = (node: Estimand): void => {
    if (seen.has(node) || skip(node)) return;
    seen.add(node);
    stack.push({ node, children: childrenOf(node), next: 0 });
  };
  enter(root);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = top.children[top.next];
    top.next += 1;
    if (child !== undefined) enter(child);
    else {
      order.push(top.node);
      stack.pop();
    }
  }
  return order;
}

/**
 * Gives the tree a meaning bottom up: `meaning(step, meanings of its children)` is called once for every distinct step,
 * however often it is shared. Pass the same `memo` to go on with what earlier calls have found.
 */
export function fold<T>(
  root: Estimand,
  meaning: (step: Estimand, children: readonly T[]) => T,
  memo: Map<Estimand, T> | WeakMap<Estimand, T> = new Map<Estimand, T>(),
): T {
  for (const step of stepsOf(root, (step) => memo.has(step))) {
    const children = childrenOf(step).map((child) => memo.get(child) as T);
    memo.set(step, meaning(step, children));
  }
  return memo.get(root) as T;
}

const union = (lists: readonly (readonly Name[])[]): readonly Name[] =>
  lists.length === 1 ? (lists[0] as readonly Name[]) : [...new Set(lists.flat())];
const without = (names: readonly Name[], gone: readonly Name[]): readonly Name[] => {
  const set = new Set(gone);
  return names.filter((name) => !set.has(name));
};

function placed(names: readonly Name[], at: Extract<Estimand, { step: 'place' }>['at']): readonly Name[] {
  const result = new Set<Name>();
  for (const name of names) {
    const place = Object.hasOwn(at, name) ? at[name] : undefined;
    if (place === undefined) result.add(name);
    else if ('symbol' in place) result.add(place.symbol);
  }
  return [...result];
}

/** The random axes of one step, from those of its children: what the step is a distribution *of*. */
export function randomAxesOfStep(step: Estimand, children: readonly (readonly Name[])[]): readonly Name[] {
  const [first = []] = children;
  switch (step.step) {
    case 'measured':
      return union([step.of, []]);
    case 'product':
    case 'combine':
      return union(children);
    case 'quotient':
      return without(first, children[1] ?? []);
    case 'sum':
      return without(first, step.over);
    case 'condition':
      return step.of;
    case 'place':
      return placed(first, step.at);
    case 'mean':
      return without(first, [step.of]);
    case 'constant':
      return [];
  }
}

/** The axes of one step, from the axes of its children and the random axes of its body. */
export function axesOfStep(step: Estimand, children: readonly (readonly Name[])[], randomOfBody: readonly Name[]): readonly Name[] {
  const [first = []] = children;
  switch (step.step) {
    case 'measured': {
      const fixed = step.regime.fixed ?? {};
      return union([step.of, step.given, step.regime.set.filter((name) => !Object.hasOwn(fixed, name))]);
    }
    case 'product':
    case 'quotient':
    case 'combine':
      return union(children);
    case 'sum':
      return without(first, step.over);
    case 'condition':
      return without(first, without(without(randomOfBody, step.of), step.given));
    case 'place':
      return placed(first, step.at);
    case 'mean':
      return without(first, [step.of]);
    case 'constant':
      return [];
  }
}

export interface Axes {
  /** All axes (free symbols) of the function that the step denotes. */
  readonly all: readonly Name[];
  /** Those of which it is a distribution; the others are parameters. */
  readonly random: readonly Name[];
}

/** Axes of every step, memoised on identity: ask as often as you like. */
export function createAxes(): (estimand: Estimand) => Axes {
  const memo = new WeakMap<Estimand, Axes>();
  return (estimand) =>
    fold<Axes>(
      estimand,
      (step, children) => ({
        all: axesOfStep(
          step,
          children.map((child) => child.all),
          children[0]?.random ?? [],
        ),
        random: randomAxesOfStep(
          step,
          children.map((child) => child.random),
        ),
      }),
      memo,
    );
}

/** The free symbols of an estimand. For many questions about one tree use {@link createAxes}. */
export const axesOf = (estimand: Estimand): readonly Name[] => createAxes()(estimand).all;
/**
 * measured: `of`; product, combine: the union; quotient: those of the numerator that the denominator has not; sum: without
 * `over`; condition: `of`; place: renamed, constants dropped; mean: without `of`.
 */
export const randomAxesOf = (estimand: Estimand): readonly Name[] => createAxes()(estimand).random;

/** The distinct leaves, in order of first use. */
export const leavesOf = (estimand: Estimand): readonly Leaf[] => stepsOf(estimand).filter((step): step is Leaf => step.step === 'measured');

/** The regimes that the leaves stand on, each once. */
export function regimesUsed(estimand: Estimand): readonly Regime[] {
  const found = new Map<string, Regime>();
  for (const leaf of leavesOf(estimand)) {
    const key = regimeKey(leaf.regime);
    if (!found.has(key)) found.set(key, leaf.regime);
  }
  return [...found.values()];
}

/** Equal for regimes that mean the same: set members and fixed values in any order. */
export function regimeKey(regime: Regime): string {
  const fixed = Object.entries(regime.fixed ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([[...new Set(regime.set)].sort(), fixed, regime.environment ?? null]);
}

/** `shared`: distinct steps; `written`: steps of the tree when every shared step is written out (may be Infinity). */
export function sizeOf(estimand: Estimand): { readonly shared: number; readonly written: number } {
  let shared = 0;
  const written = fold<number>(estimand, (_, children) => {
    shared += 1;
    return children.reduce((sum, size) => sum + size, 1);
  });
  return { shared, written };
}
