import type { ColumnRange, Feature, FeatureFactor, MomentQuery } from '../data/moments.ts';
import type { Domain, Name, Value } from '../graph/variable.ts';

/** A variable that means may depend on. */
export type Predictor =
  | { readonly name: Name; readonly kind: 'real'; readonly range: ColumnRange }
  | { readonly name: Name; readonly kind: 'finite'; readonly levels: readonly Value[] };

/** A list of functions whose combinations stand for the mean of a regime. The first is the constant. */
export interface Basis {
  /** In words. */
  readonly name: string;
  readonly features: readonly Feature[];
  /** Roughness of a combination: coefficients' P coefficients, features x features, row-major; absent: none. */
  readonly roughness?: Float64Array;
  /** It says nothing beyond the range of what was measured. */
  readonly bounded?: boolean;
}

export type BasisChoice = 'auto' | 'linear' | 'polynomial' | 'splines';

/** Center and scale of real variables: mean and standard deviation over all studies together (scale 1 where nothing varies). */
export const scalesOf = (ranges: ReadonlyMap<Name, ColumnRange>): MomentQuery['scales'] =>
  new Map([...ranges].map(([name, { mean, sd }]) => [name, { center: mean, scale: sd > 1e-12 * Math.abs(mean) ? sd : 1 }]));

/** Ranges of one variable in several parts of the records, pooled by their numbers of records. */
export function poolRanges(parts: readonly ColumnRange[]): ColumnRange {
  const count = parts.reduce((total, part) => total + part.count, 0);
  const [least, most] = [Math.min(...parts.map((part) => part.least)), Math.max(...parts.map((part) => part.most))];
  // What never varies is its own mean, without rounding.
  const mean = Math.min(
    most,
    Math.max(
      least,
      parts.reduce((total, part) => total + (part.count / count) * part.mean, 0),
    ),
  );
  const variance = parts.reduce((total, part) => total + (part.count / count) * (part.sd ** 2 + (part.mean - mean) ** 2), 0);
  return {
    count,
    mean,
    sd: Math.sqrt(variance),
    least,
    most,
  };
}

/** All products of total degree at most `degree`: powers of real variables, indicators of all levels but the first (of degree 1). */
export function polynomial(predictors: readonly Predictor[], degree: number): Feature[] {
  let terms: { readonly feature: Feature; readonly degree: number }[] = [{ feature: [], degree: 0 }];
  for (const predictor of predictors) {
    const factors: (readonly [FeatureFactor, number])[] =
      predictor.kind === 'real'
        ? Array.from({ length: degree }, (_, i) => [{ of: predictor.name, power: i + 1 }, i + 1])
        : predictor.levels.slice(1).map((level) => [{ of: predictor.name, level }, 1]);
    terms = terms.flatMap((term) => [
      term,
      ...factors
        .filter(([, own]) => term.degree + own <= degree)
        .map(([factor, own]) => ({ feature: [...term.feature, factor], degree: term.degree + own })),
    ]);
  }
  return terms.sort((a, b) => a.degree - b.degree).map(({ feature }) => feature);
}

/** How many features {@link polynomial} has. */
export function polynomialSize(predictors: readonly Predictor[], degree: number): number {
  let counts = [1, ...new Array<number>(degree).fill(0)];
  for (const predictor of predictors)
    counts = counts.map((_, total) =>
      counts.slice(0, total + 1).reduce((sum, count, before) => {
        const own = total - before;
        return sum + count * (predictor.kind === 'real' || own === 0 ? 1 : own === 1 ? predictor.levels.length - 1 : 0);
      }, 0),
    );
  return counts.reduce((sum, count) => sum + count, 0);
}

export const polynomialBasis = (predictors: readonly Predictor[], degree: number): Basis => ({
  name: nameOf(predictors, degree),
  features: polynomial(predictors, degree),
});

function nameOf(predictors: readonly Predictor[], degree: number): string {
  const finite = predictors.filter(({ kind }) => kind === 'finite').length;
  const products = `products of up to ${degree}`;
  if (finite === predictors.length) {
    if (degree >= finite) return finite === 1 ? 'one mean per level' : 'one mean per combination of levels';
    return degree === 1 ? 'main effects of levels' : `levels and their ${products}`;
  }
  if (degree === 1) return finite === 0 ? 'linear' : 'linear, with main effects of levels';
  return finite === 0 ? `polynomials of degree ${degree}` : `polynomials and levels, ${products}`;
}

export const factorsKey = (feature: Feature): string => JSON.stringify(feature);

/** The features of several bases, each once, and where those of each basis stand among them. */
export function unionOf(bases: readonly Basis[]): { readonly features: readonly Feature[]; readonly places: readonly Int32Array[] } {
  const features: Feature[] = [];
  const known = new Map<string, number>();
  const places = bases.map((basis) =>
    Int32Array.from(basis.features, (feature) => {
      const key = factorsKey(feature);
      const at = known.get(key) ?? features.push(feature) - 1;
      known.set(key, at);
      return at;
    }),
  );
  return { features, places };
}

/** The variables of a feature among `names`. */
export const namesIn = (feature: Feature, names: readonly Name[]): Name[] => names.filter((name) => feature.some(({ of }) => of === name));

/** Of variables with these domains; undefined where one is neither real nor finite. */
export function predictorsOf(
  names: readonly Name[],
  domains: ReadonlyMap<Name, Domain>,
  ranges: ReadonlyMap<Name, ColumnRange>,
): Predictor[] | undefined {
  const made = names.flatMap((name): Predictor[] => {
    const domain = domains.get(name);
    const range = ranges.get(name);
    if (domain?.kind === 'finite') return [{ name, kind: 'finite', levels: domain.levels }];
    return domain?.kind === 'real' && range ? [{ name, kind: 'real', range }] : [];
  });
  return made.length === names.length ? made : undefined;
}
