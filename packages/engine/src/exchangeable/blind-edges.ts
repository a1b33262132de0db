import type { Environments } from './environments.ts';
import type { FoundEdge } from './found-edge.ts';
import { threePositionTest } from './three-position.ts';
import { pairDependence } from './variation.ts';

/** Of a dependence that is looked for in every unconnected pair. */
const strict = 0.01;

/**
 * Edges that tests of two records are blind to, because mechanisms vary symmetrically: between variables that `parents` leaves unconnected
 * (no path, no common ancestor) although whether two records agree in one tells whether they agree in the other; the strongest first.
 * The direction is that of the three-position test that holds; `oriented` where the other is refuted at `level`. None from environments
 * of fewer than three records.
 */
export function blindEdges(environments: Environments, parents: readonly (readonly number[])[], level: number): FoundEdge[] {
  const now = parents.map((own) => [...own]);
  const pairs = parents.flatMap((_, a) => parents.slice(0, a).map((__, b) => ({ a, b, ...pairDependence(environments, a, b) })));
  const edges: FoundEdge[] = [];
  for (const { a, b, p, z } of pairs.sort((one, other) => one.p - other.p || other.z - one.z)) {
    if (!(p * pairs.length < strict)) break;
    const ancestors = ancestorsOf(now);
    if ([...(ancestors[a] ?? [])].some((one) => ancestors[b]?.has(one))) continue;
    // Null where its first variable causes the second's mechanism nothing: where the first is the effect.
    const [ofA, ofB] = [threePositionTest(environments, a, b), threePositionTest(environments, b, a)];
    if (ofA.degrees === 0 || ofB.degrees === 0) continue;
    const [from, to, refuted] = ofA.p < ofB.p || (ofA.p === ofB.p && ofA.statistic > ofB.statistic) ? [a, b, ofA] : [b, a, ofB];
    now[to]?.push(from);
    edges.push({
      from,
      to,
      test: { statistic: z * z, degrees: 1, p, environments: refuted.environments, a, b, given: [], across: true },
      reversal: refuted.p,
      oriented: refuted.p < level,
      positions: 3,
    });
  }
  return edges;
}

/** Of each variable, itself included. */
const ancestorsOf = (parents: readonly (readonly number[])[]): Set<number>[] =>
  parents.map((_, v) => {
    const seen = new Set([v]);
    for (const one of seen) for (const parent of parents[one] ?? []) seen.add(parent);
    return seen;
  });
