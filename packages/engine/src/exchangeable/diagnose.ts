import type { Diagnostic } from '../interpret/answer.ts';
import type { Discovery } from './discover.ts';
import { discoveryDoubts } from './discovery-doubts.ts';
import type { Environments } from './environments.ts';
import type { Parents } from './plug-in.ts';
import { type Rate, type RatePair, ratesTogether } from './together.ts';
import { pairDependence, type Variation, variationOf } from './variation.ts';

const level = 0.05;
/** Of a warning that is looked for in every pair of variables. */
const strict = 0.01;

export interface EnvironmentDiagnosis {
  readonly diagnostics: readonly Diagnostic[];
  /** Most correlated first. */
  readonly together: readonly RatePair[];
  /** Per variable, given its parents. */
  readonly variation: readonly Variation[];
  /** No mechanism varies: the environments are one population, and every answer is the i.i.d. one. */
  readonly constant: boolean;
  /** Pairs that are connected although no test of two records shows it. */
  readonly blind: readonly (readonly [number, number])[];
}

/**
 * Whether the environments bear out what exchangeable answers assume of the graph, and whether they can teach anything: mechanisms that
 * vary together; nothing varies; mechanisms that vary symmetrically, so that tests of two records are blind; too few environments, and
 * how many would orient the edges of `discovery`.
 */
export function diagnoseEnvironments(environments: Environments, parents: Parents, discovery?: Discovery): EnvironmentDiagnosis {
  const together = ratesTogether(environments, parents);
  const variation = parents.map((own, v) => variationOf(environments, v, own));
  const constant = variation.every(({ p }) => p * variation.length >= level);
  const blind = blindPairs(environments, parents);
  const diagnostics: Diagnostic[] = [
    independence(environments, together),
    whatVaries(environments, variation, constant),
    ...blind.map((pair) => blindness(environments, pair)),
    ...discoveryDoubts(environments, discovery),
  ];
  return { diagnostics, together, variation, constant, blind };
}

const figure = (value: number): string => (Math.abs(value) < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2))));

function writeRate({ names, levels }: Environments, { variable, level: own, at }: Rate): string {
  const write = (v: number, l: number): string => `${names[v]}=${levels[v]?.[l]}`;
  return `P(${write(variable, own)}${at.length === 0 ? '' : ` | ${at.map(([v, l]) => write(v, l)).join(', ')}`})`;
}

function independence(environments: Environments, together: readonly RatePair[]): Diagnostic {
  const name = 'independent-mechanisms';
  const [top] = together;
  if (top === undefined) return { name, level: 'ok', says: 'No two mechanisms can be compared across environments.' };
  const broken = together.filter(({ adjusted }) => adjusted < level);
  const pair = broken[0] ?? top;
  const what = `${writeRate(environments, pair.first)} and ${writeRate(environments, pair.second)}`;
  const numbers = `correlation ${pair.correlation.toFixed(2)} over ${pair.environments} environments, p = ${figure(pair.adjusted)} after Holm's correction for ${together.length === 1 ? 'one pair' : `${together.length} pairs`}`;
  if (broken.length > 0)
    return {
      name,
      level: 'fail',
      figure: pair.correlation,
      says: `${what} vary together (${numbers}${broken.length > 1 ? `; so do ${broken.length - 1} more` : ''}): mechanisms are not independent of each other, or what differs between environments is a hidden common cause. Answers across environments assume that they are independent.`,
    };
  return {
    name,
    level: 'ok',
    figure: pair.correlation,
    says: `No two mechanisms vary together beyond chance (at most ${what}: ${numbers}).`,
  };
}

function whatVaries(environments: Environments, variation: readonly Variation[], constant: boolean): Diagnostic {
  const name = 'variation';
  const smallest = variation.reduce((least, { p }) => Math.min(least, p), 1);
  if (constant)
    return {
      name,
      level: 'warn',
      figure: smallest,
      says: 'Nothing varies between environments beyond chance: positions teach each other nothing, answers are those of independent records, and no direction can be learned.',
    };
  const varies = variation.filter(({ p }) => p * variation.length < level).map(({ variable }) => environments.names[variable]);
  return { name, level: 'ok', figure: smallest, says: `Between environments varies the mechanism of ${varies.join(', ')}.` };
}

/** Unconnected in the graph, by arrows or a common ancestor, but not in pairs of records. */
function blindPairs(environments: Environments, parents: Parents): (readonly [number, number])[] {
  const ancestors = parents.map((_, v) => {
    const seen = new Set([v]);
    for (const one of seen) for (const parent of parents[one] ?? []) seen.add(parent);
    return seen;
  });
  const apart = parents.flatMap((_, a) =>
    parents.flatMap((__, b) => (a < b && ![...(ancestors[a] ?? [])].some((one) => ancestors[b]?.has(one)) ? [[a, b] as const] : [])),
  );
  return apart.filter(([a, b]) => pairDependence(environments, a, b).p * apart.length < strict);
}

function blindness({ names }: Environments, [a, b]: readonly [number, number]): Diagnostic {
  return {
    name: 'symmetric-variation',
    level: 'warn',
    says: `${names[a]} and ${names[b]} show no dependence within records, but whether two records of an environment agree in ${names[a]} tells whether they agree in ${names[b]}: a mechanism varies symmetrically, and tests of two records cannot see such an edge or its direction. Compare the likelihoods of the graphs.`,
  };
}
