import type { Name } from '../graph/variable.ts';
import { failure, type Result, success } from '../run/issue.ts';
import type { Known, LinearMechanism, MixedMechanisms, RowMechanism } from './linear-terms.ts';

/** One mean of a linear combination: E[target | do] with what is known in that row (set by do, or seen before its children). */
export interface EffectArm {
  readonly weight: number;
  readonly target: Name;
  readonly known: Known;
}

export interface EffectMoments {
  /** Expected value of the combination, over mechanisms. */
  readonly mean: number;
  /** Its variance between environments: what is left unknown of an environment's mechanisms. */
  readonly variance: number;
  /** Mean of each arm. */
  readonly arms: readonly number[];
}

const limit = 2 ** 22;

/**
 * The mean of a linear combination of E[target | do(known)] over environments, and its variance, exactly: the truncated factorisation with
 * independent mechanisms, whose coefficients enter a row's mean once each. Second moments are means over two rows of one environment,
 * E[V at row 1 times V at row 2], and need only means and covariances of the coefficients. Mechanisms are wanted of the targets and of
 * their causes that are not known. Issues: `unseen` (a joint value of parents that no record has), `too-large`.
 */
export function effectMoments(mechanisms: MixedMechanisms, arms: readonly EffectArm[]): Result<EffectMoments> {
  const rows = arms.map((arm) => rowOf(mechanisms, arm));
  const real = [...mechanisms.values()].filter(
    (one): one is LinearMechanism => one.kind === 'linear' && rows.some(({ needed }) => needed.has(one.variable)),
  );
  const layout = layoutOf(real);
  let [mean, square] = [0, 0];
  const means: number[] = [];
  for (const [i, { weight, target }] of arms.entries())
    for (const [j, other] of arms.entries()) {
      if (j < i) continue;
      const products = crossMoments(real, layout, rows[i] as Row, rows[j] as Row);
      if (!products.ok) return products;
      const at = (a: number, b: number): number => products.value[a * layout.size + b] as number;
      const [own, also] = [layout.placeOf.get(target) as number, layout.placeOf.get(other.target) as number];
      if (i === j) {
        mean += weight * at(own, 0);
        means.push(at(own, 0));
      }
      // Less the product of the means at once, so that little is lost to rounding.
      square += (i === j ? 1 : 2) * weight * other.weight * (at(own, also) - at(own, 0) * at(0, also));
    }
  return success({ mean, variance: Math.max(0, square), arms: means });
}

interface Row {
  readonly known: Known;
  /** Unknown, and the target's mean depends on them. */
  readonly needed: ReadonlySet<Name>;
  readonly finite: readonly RowMechanism[];
}

export type ParentsOf = (name: Name) => readonly Name[];

/** Variables whose mechanisms the targets' means take: those that are known and their causes left out. */
export function neededFor(parentsOf: ParentsOf, targets: Iterable<Name>, known: Known): Set<Name> {
  const needed = new Set([...targets].filter((name) => !known.has(name)));
  for (const name of needed) for (const parent of parentsOf(name)) if (!known.has(parent)) needed.add(parent);
  return needed;
}

function rowOf(mechanisms: MixedMechanisms, { target, known }: EffectArm): Row {
  const needed = neededFor((name) => mechanisms.get(name)?.parents ?? [], [target], known);
  const finite: RowMechanism[] = [];
  for (const one of mechanisms.values()) {
    if (!needed.has(one.variable) || one.kind !== 'rows') continue;
    finite.push(one);
  }
  return { known, needed, finite };
}

interface Layout {
  readonly size: number;
  /** Real variables that are known wherever they matter. */
  readonly given: readonly Name[];
  /** Of a real variable. */
  readonly placeOf: ReadonlyMap<Name, number>;
  /** Of the first indicator of a mechanism's finite parents. */
  readonly indicatorsAt: ReadonlyMap<Name, number>;
}

/** Quantities of a row: 1; each mechanism's indicators; each real variable. */
function layoutOf(real: readonly LinearMechanism[]): Layout {
  let size = 1;
  const indicatorsAt = new Map<Name, number>();
  for (const { variable, design } of real) {
    indicatorsAt.set(variable, size);
    size += design.indicators.length;
  }
  const placeOf = new Map<Name, number>();
  const drawn = real.map(({ variable }) => variable);
  const given = [...new Set(real.flatMap(({ design }) => design.real))].filter((name) => !drawn.includes(name));
  for (const name of [...given, ...drawn]) placeOf.set(name, size++);
  return { size, given, placeOf, indicatorsAt };
}

/** Means of the products of each quantity of one row with each of another row of the same environment. */
function crossMoments(real: readonly LinearMechanism[], layout: Layout, first: Row, second: Row): Result<Float64Array> {
  const { size, placeOf, indicatorsAt } = layout;
  const k = new Float64Array(size * size);
  const filled = fillFinite(k, real, layout, first, second);
  if (!filled.ok) return filled;
  const done = Array.from({ length: size - placeOf.size }, (_, i) => i);
  /** Adds a quantity that is known in some of the rows, and else the sum of weighted earlier ones (absent: it does not matter there). */
  const extend = (name: Name, drawn?: { readonly mechanism: LinearMechanism; readonly features: Weights[] }): void => {
    const own = placeOf.get(name) as number;
    const [here, there] = [first.known.get(name), second.known.get(name)];
    const drawnHere = here === undefined && first.needed.has(name);
    const tdrawnHere = there === undefined && second.needed.has(name);
    const expected = (sum: (item: number) => number): number =>
      drawn === undefined
        ? 0
        : drawn.features.reduce(
            (total, terms, f) =>
              total + (drawn.mechanism.mean[f] as number) * terms.reduce((inner, [item, weight]) => inner + weight * sum(item), 0),
            0,
          );
    for (const j of done) {
      k[own * size + j] = drawnHere ? expected((item) => k[item * size + j] as number) : (here ?? 0) * (k[j] as number);
      k[j * size + own] = tdrawnHere ? expected((item) => k[j * size + item] as number) : (there ?? 0) * (k[j * size] as number);
    }
    if (!drawnHere) k[own * size + own] = (here ?? 0) * (k[own] as number);
    else if (!tdrawnHere) k[own * size + own] = (there ?? 0) * (k[own * size] as number);
    else if (drawn !== undefined) {
      const { mean, covariance } = drawn.mechanism;
      let sum = 0;
      for (const [f, terms] of drawn.features.entries())
        for (const [g, others] of drawn.features.entries()) {
          let product = 0;
          for (const [i, a] of terms) for (const [j, b] of others) product += a * b * (k[i * size + j] as number);
          sum += ((mean[f] as number) * (mean[g] as number) + (covariance[f * mean.length + g] as number)) * product;
        }
      k[own * size + own] = sum;
    }
    done.push(own);
  };
  for (const name of layout.given) extend(name);
  for (const mechanism of real)
    extend(mechanism.variable, {
      mechanism,
      features: featureWeights(mechanism, placeOf, indicatorsAt.get(mechanism.variable) as number),
    });
  return success(k);
}

type Weights = readonly (readonly [number, number])[];

/** Each feature as a sum of weighted quantities. */
function featureWeights({ design }: LinearMechanism, placeOf: ReadonlyMap<Name, number>, indicators: number): Weights[] {
  const { centers, scales, real } = design;
  return Array.from(centers, (center, f) => {
    if (f === 0) return [[0, 1]];
    const name = real[f - 1 - design.indicators.length];
    const item = name === undefined ? indicators + f - 1 : (placeOf.get(name) as number);
    const scale = scales[f] as number;
    return [
      [item, 1 / scale],
      [0, -center / scale],
    ];
  });
}

/** The products of 1 and the indicators, by going through all values of the finite causes of two rows. */
function fillFinite(
  k: Float64Array,
  real: readonly LinearMechanism[],
  { size, indicatorsAt }: Layout,
  first: Row,
  second: Row,
): Result<true> {
  const slots = [...first.finite.map((one) => ({ one, row: 0 })), ...second.finite.map((one) => ({ one, row: 1 }))];
  const cells = slots.reduce((product, { one }) => product * one.levels.length, 1);
  if (cells > limit)
    return failure({
      code: 'too-large',
      message: `The finite causes of two rows have ${cells} joint values; at most ${limit} are gone through.`,
    });
  const values = [new Map(first.known), new Map(second.known)] as const;
  const users = [first, second].map((row) =>
    real.filter(({ variable, design }) => row.needed.has(variable) && design.finite.length > 0),
  ) as [LinearMechanism[], LinearMechanism[]];
  let unseen: LinearMechanism | undefined;
  const active = (row: 0 | 1): number[] => [
    0,
    ...users[row].flatMap((mechanism) => {
      const { design, variable } = mechanism;
      let configuration = 0;
      for (const { name, levels } of design.finite) configuration = configuration * levels.length + (values[row].get(name) as number);
      if (design.unseen.includes(configuration)) unseen = mechanism;
      const at = design.indicators.indexOf(configuration);
      return at < 0 ? [] : [(indicatorsAt.get(variable) as number) + at];
    }),
  ];
  const both = (one: RowMechanism): boolean => first.finite.includes(one) && second.finite.includes(one);
  const walk = (depth: number, weight: number): void => {
    if (weight === 0) return;
    const slot = slots[depth];
    if (slot === undefined) {
      const right = active(1);
      for (const i of active(0)) for (const j of right) k[i * size + j] = (k[i * size + j] as number) + weight;
      return;
    }
    const { one, row } = slot;
    for (let level = 0; level < one.levels.length; level++) {
      values[row as 0 | 1].set(one.variable, level);
      const chance =
        row === 1 && both(one)
          ? chanceAfter(one, rowAt(one, values[1]), level, rowAt(one, values[0]), values[0].get(one.variable) as number)
          : chanceAfter(one, rowAt(one, values[row as 0 | 1]), level);
      walk(depth + 1, weight * chance);
    }
    values[row as 0 | 1].delete(one.variable);
  };
  walk(0, 1);
  if (unseen !== undefined)
    return failure({
      code: 'unseen',
      message: `No record has all values of ${unseen.design.finite.map(({ name }) => name).join(', ')} that the question meets, so the mean of ${unseen.variable} there is not known.`,
    });
  return success(true);
}

const rowAt = ({ parents, sizes }: RowMechanism, values: Known): number =>
  parents.reduce((at, name, i) => at * (sizes[i] as number) + (values.get(name) as number), 0);

/** Probability of a level in a row of the table; after one record of the same environment, if one is given. */
function chanceAfter({ rows }: RowMechanism, row: number, level: number, seenRow?: number, seenLevel?: number): number {
  const weights = rows[row] as readonly number[];
  const total = weights.reduce((sum, one) => sum + one, 0);
  const learned = seenRow === row ? 1 : 0;
  return ((weights[level] as number) + (learned === 1 && seenLevel === level ? 1 : 0)) / (total + learned);
}
