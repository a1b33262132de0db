import type { Name } from '../graph/variable.ts';
import type { Diagnostic } from '../interpret/answer.ts';
import type { Discovery, FoundEdge } from './discover.ts';
import { moreEnvironments } from './power.ts';

const fewEnvironments = 30;

interface Surroundings {
  readonly names: readonly Name[];
  readonly labels: readonly string[];
}

/**
 * What a discovery leaves open: edges that only three records of an environment show, directions that are not ruled out with how many
 * environments would, variables of which none passes as the last, too few environments.
 */
export function discoveryDoubts({ names, labels }: Surroundings, discovery: Discovery | undefined): Diagnostic[] {
  const { edges, rounds } = discovery ?? { edges: [], rounds: [] };
  const count = labels.length;
  const diagnostics = [
    ...edges.filter(({ positions }) => positions === 3).map((edge) => ofThreeRecords(names, edge)),
    ...edges
      .filter(({ oriented, positions }) => !oriented && positions === undefined)
      .map((edge) => unoriented(names, count, edge, rounds)),
    ...rounds
      .filter(({ refuted }) => refuted)
      .map(({ candidates, chosen }): Diagnostic => {
        const p = candidates.find(({ variable }) => variable === chosen)?.p as number;
        return {
          name: 'no-sink',
          level: 'warn',
          figure: p,
          says: `None of ${candidates.map(({ variable }) => names[variable]).join(', ')} passes as the last of them (${names[chosen]} comes closest, p = ${figure(p)}): mechanisms are not independent, or a common cause is hidden.`,
        };
      }),
  ];
  if (count < fewEnvironments)
    diagnostics.push({
      name: 'environments',
      level: 'warn',
      figure: count,
      says: `There are only ${count} environments; tests that take environments as their units say little, and their p values are rough.`,
    });
  return diagnostics;
}

const figure = (value: number): string => (Math.abs(value) < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2))));

function ofThreeRecords(names: readonly Name[], { from, to, test, reversal, oriented }: FoundEdge): Diagnostic {
  const [cause, effect] = [names[from], names[to]];
  return {
    name: 'symmetric-variation',
    level: 'warn',
    figure: reversal,
    says: `No test of one record or of two sees ${cause} and ${effect} depend on each other, for a mechanism varies symmetrically; whether two records agree in ${cause} tells whether they agree in ${effect} (p = ${figure(test.p)}). ${
      oriented
        ? `The direction ${cause} -> ${effect} rests on tests of three records of an environment (reverse: p = ${figure(reversal)}).`
        : `Tests of three records of an environment fit ${cause} -> ${effect} better, but do not rule out the reverse (p = ${figure(reversal)}).`
    }`,
  };
}

function unoriented(
  names: readonly Name[],
  environments: number,
  { from, to, reversal }: FoundEdge,
  rounds: Discovery['rounds'],
): Diagnostic {
  const candidates = rounds.find(({ chosen }) => chosen === to)?.candidates ?? [];
  const tests = candidates.find(({ variable }) => variable === from)?.tests ?? [];
  const needed = tests.reduce((least, test) => Math.min(least, moreEnvironments(test, environments)), Number.POSITIVE_INFINITY);
  const [cause, effect] = [names[from], names[to]];
  return {
    name: 'orientation',
    level: 'warn',
    ...(Number.isFinite(needed) && { figure: Math.ceil(needed) }),
    says: `The direction ${cause} -> ${effect} fits better, but the reverse is not ruled out (p = ${figure(reversal)}); ${
      Number.isFinite(needed)
        ? `about ${Number(Math.ceil(needed).toPrecision(2))} environments like these would (at 90 % power, very roughly)`
        : 'the records do not tell how many environments would'
    }.`,
  };
}
