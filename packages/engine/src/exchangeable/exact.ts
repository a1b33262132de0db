import { exp } from '../math/elementary.ts';
import type { Result } from '../run/issue.ts';
import { success } from '../run/issue.ts';
import { atOnce, type Steps } from '../run/steps.ts';
import { type Component, componentsOf } from './components.ts';
import { type Limits, logSum, logSumOf, type Work } from './summation.ts';
import type { Cell, CellQuery, ExchangeableModel, Mechanism, ValuedCell } from './terms.ts';
import { role, type Unrolled, unrollQuery } from './unrolled.ts';

export interface ExactOptions {
  /** Most count vectors held at once, and most steps in all; default 2e6 and 5e7. */
  readonly limits?: Partial<Limits>;
}

/** An exact probability of a known model. */
export interface ExactProbability {
  /** Null where the condition has probability zero. */
  readonly value: number | null;
  readonly work: Readonly<Work>;
}

/** The exact joint distribution of cells. */
export interface ExactDistribution {
  readonly of: readonly Cell[];
  readonly sizes: readonly number[];
  /** Row-major over `of`, the last cell fastest; null where the condition has probability zero. */
  readonly values: Float64Array | null;
  readonly work: Readonly<Work>;
}

const usual: Limits = { vectors: 2e6, steps: 5e7 };

/**
 * P(target | given; do(set)) of a known model, exactly: Theorem 1 of Guo et al. 2024 with the factor of each mechanism in closed form over
 * all positions, summed by a dynamic programme over count vectors that is polynomial in the number of positions. Relative error about 1e-12.
 * Issues: those of {@link unrollQuery}, `too-large`.
 */
export const exactProbability = (model: ExchangeableModel, query: CellQuery, options: ExactOptions = {}): Result<ExactProbability> =>
  atOnce(probabilitySteps(model, query, options));

/** {@link exactProbability} with a pause after each position; one more issue: `interrupted`. */
export function* probabilitySteps(
  model: ExchangeableModel,
  query: CellQuery,
  { limits }: ExactOptions = {},
): Steps<Result<ExactProbability>> {
  const unrolled = unrollQuery(model, query);
  if (!unrolled.ok) return unrolled;
  const { contradicts } = unrolled.value;
  const work: Work = { steps: 0, vectors: 0 };
  const bounds = { ...usual, ...limits };
  if (contradicts === 'given') return success({ value: null, work });
  let ratio = 0;
  for (const component of componentsOf(unrolled.value)) {
    if (!component.hasTarget && !mayVanish(unrolled.value, component)) continue;
    const below = yield* logSumOf(unrolled.value, component.factors, false, bounds, work);
    if (!below.ok) return below;
    if (below.value === Number.NEGATIVE_INFINITY) return success({ value: null, work });
    if (!component.hasTarget || contradicts === 'target') continue;
    const above = yield* logSumOf(unrolled.value, component.factors, true, bounds, work);
    if (!above.ok) return above;
    ratio += above.value - below.value;
  }
  return success({ value: contradicts === 'target' ? 0 : Math.min(1, exp(ratio)), work });
}

/** The joint distribution of cells given others and interventions: {@link exactProbability} for all values at once. */
export const exactDistribution = (
  model: ExchangeableModel,
  of: readonly Cell[],
  given: readonly ValuedCell[],
  set: readonly ValuedCell[],
  options: ExactOptions = {},
): Result<ExactDistribution> => atOnce(distributionSteps(model, of, given, set, options));

export function* distributionSteps(
  model: ExchangeableModel,
  of: readonly Cell[],
  given: readonly ValuedCell[],
  set: readonly ValuedCell[],
  { limits }: ExactOptions = {},
): Steps<Result<ExactDistribution>> {
  const unrolled = unrollQuery(model, { target: of.map((cell) => ({ ...cell, value: 0 })), given, set });
  if (!unrolled.ok) return unrolled;
  const { layout, places, contradicts } = unrolled.value;
  const work: Work = { steps: 0, vectors: 0 };
  const bounds = { ...usual, ...limits };
  const slots = of.map(({ variable, position }) => ({
    variable: layout.numbers.get(variable) as number,
    place: places.find((place) => place.position === position) as Unrolled['places'][number],
  }));
  const sizes = slots.map(({ variable }) => layout.sizes[variable] as number);
  const impossible = success<ExactDistribution>({ of, sizes, values: null, work });
  if (contradicts === 'given') return impossible;
  const cells = sizes.reduce((product, size) => product * size, 1);
  const logs = new Float64Array(cells);
  const digits = new Int32Array(of.length);
  for (const component of componentsOf(unrolled.value)) {
    if (!component.hasTarget) {
      if (!mayVanish(unrolled.value, component)) continue;
      const sum = yield* logSumOf(unrolled.value, component.factors, false, bounds, work);
      if (!sum.ok) return sum;
      if (sum.value === Number.NEGATIVE_INFINITY) return impossible;
      continue;
    }
    // Targets of other components do not enter this one's sum: each of its own combinations is summed once.
    const own = slots.map(({ variable, place }) => place.roles[variable] === role.target && component.reaches(place, variable));
    const known = new Map<string, number>();
    for (let cell = 0; cell < cells; cell++) {
      split(cell, sizes, digits);
      for (const [k, { variable, place }] of slots.entries()) if (own[k] === true) place.values[variable] = digits[k] as number;
      const key = slots.map((_, k) => (own[k] === true ? digits[k] : '')).join();
      let value = known.get(key);
      if (value === undefined) {
        const sum = yield* logSumOf(unrolled.value, component.factors, true, bounds, work);
        if (!sum.ok) return sum;
        value = sum.value;
        known.set(key, value);
      }
      logs[cell] = (logs[cell] as number) + value;
    }
  }
  // A cell asked for twice, or one that is known, has no probability off its value.
  for (let cell = 0; cell < cells; cell++) {
    split(cell, sizes, digits);
    const agrees = slots.every(({ variable, place }, k) =>
      place.roles[variable] === role.target
        ? slots.every((other, m) => other.place !== place || other.variable !== variable || digits[m] === digits[k])
        : place.values[variable] === digits[k],
    );
    if (!agrees) logs[cell] = Number.NEGATIVE_INFINITY;
  }
  const total = logSum(logs);
  if (total === Number.NEGATIVE_INFINITY) return impossible;
  return success({ of, sizes, values: logs.map((value) => exp(value - total)), work });
}

function split(cell: number, sizes: readonly number[], digits: Int32Array): void {
  let rest = cell;
  for (let k = sizes.length - 1; k >= 0; k--) {
    const size = sizes[k] as number;
    digits[k] = rest % size;
    rest = Math.floor(rest / size);
  }
}

/** Whether some of its factors can be zero, so that a condition may be impossible though no target depends on it. */
function mayVanish({ layout }: Unrolled, { factors }: Component): boolean {
  const vanishes = (mechanism: Mechanism | undefined, row: number): boolean => {
    if (mechanism?.kind === 'dirichlet') return mechanism.rows[row]?.includes(0) === true;
    if (mechanism?.kind === 'xor') return mechanism.beta.includes(0);
    return mechanism?.rows.some((table) => table.some((probabilities) => probabilities.includes(0))) === true;
  };
  return [...factors].some((factor) => vanishes(layout.mechanisms[factor % layout.names.length], Math.floor(factor / layout.names.length)));
}
