import type { OtherGraph } from './discover-document.ts';
import { type Find, type FoundGraph, paper } from './discover-find.ts';
import { differencesOf, patternTextOf } from './discover-graph.ts';
import { type Environments, environmentCount } from './exchangeable/environments.ts';
import { linearGraphSteps } from './exchangeable/linear-pc.ts';
import { isMixed, type MixedEnvironments } from './exchangeable/mixed-environments.ts';
import { independentGraphSteps, type PcGraph } from './exchangeable/pc.ts';
import { scoreSteps } from './exchangeable/score-graphs.ts';
import type { Random } from './math/random.ts';
import type { Steps } from './run/steps.ts';

type Arrow = readonly [number, number];

const shown = 6;
const listed = (items: readonly string[]): string =>
  `${items.slice(0, shown).join('; ')}${items.length > shown ? `; and ${items.length - shown} more` : ''}`;

function compared(
  { names }: Pick<Environments, 'names'>,
  ours: readonly Arrow[],
  theirs: readonly Arrow[],
  free: readonly Arrow[],
  method: string,
  note = '',
): OtherGraph {
  const differences = differencesOf(names, ours, theirs, (a, b) => free.some(([p, q]) => (p === a && q === b) || (p === b && q === a)));
  const agrees = differences.length === 0;
  const undirected =
    agrees && free.length > 0
      ? ` as far as it goes: it leaves ${free.length === 1 ? 'an edge' : `${free.length} edges`} without a direction`
      : '';
  return {
    text: patternTextOf(
      names,
      theirs.map(([a, b]) => ({
        from: names[a] as string,
        to: names[b] as string,
        decided: !free.some(([p, q]) => p === a && q === b),
      })),
    ),
    agrees,
    differences,
    method,
    says: `${agrees ? `agrees${undirected}` : `differs: ${listed(differences)}`}.${note === '' ? '' : ` ${note}`}`,
  };
}

/** The graph whose mechanisms, fitted to some environments, make the others most likely. Undefined: too many variables for its search. */
export function* scoreOpinion(environments: Environments, ours: readonly Arrow[], seed: number): Steps<OtherGraph | undefined> {
  const scored = yield* scoreSteps(environments, { seed, by: 'held out' });
  if (scored === undefined) return undefined;
  const theirs = scored.parents.flatMap((own, to) => own.map((from): Arrow => [from, to]));
  return compared(environments, ours, theirs, [], 'log probability of environments held out, mechanisms by empirical Bayes');
}

/** What the algorithm of the paper says, mended and as printed. */
export function* paperOpinion(environments: Environments, ours: readonly Arrow[], level: number, random: Random): Steps<OtherGraph> {
  const find: Find = paper(level);
  const found = yield* find(environments, random);
  const theirs = found.arrows.map(({ from, to }): Arrow => [from, to]);
  return compared(environments, ours, theirs, [], `two records of each environment, G tests at ${level}`, asPrinted(environments, found));
}

function asPrinted({ names }: Environments, { conservative, forced = [], together = [], arrows }: FoundGraph): string {
  if (conservative !== undefined)
    return arrows.some(({ undecided }) => undecided !== undefined) || conservative === 'no graph fits'
      ? 'Its three tests fit no graph together; it takes the one whose test has the largest p.'
      : '';
  const write = (layer: readonly number[]): string => layer.map((v) => names[v]).join(', ');
  const said: string[] = [];
  if (forced.length > 0)
    said.push(`As printed it would stop: no variable passes as the last of those left (${forced.map(write).join('; ')} taken for it).`);
  if (together.length > 0)
    said.push(`${together.map(write).join('; and ')} pass as the last together, and it draws no edge between such variables.`);
  return said.join(' ');
}

/** PC over all records as if independent: by tables where all variables are finite, else by partial correlations. */
export const pooledGraphSteps = (environments: Environments | MixedEnvironments): Steps<PcGraph> =>
  isMixed(environments) ? linearGraphSteps(environments) : independentGraphSteps(environments);

/** What an analysis makes of the table that forgets the environments. */
export function* independentOpinion(environments: Environments | MixedEnvironments, ours: readonly Arrow[]): Steps<OtherGraph> {
  const { arrows, lines } = yield* pooledGraphSteps(environments);
  const note =
    environmentCount(environments) > 1 && ours.length > 0
      ? 'It takes records for independent, so its p values are too small where environments differ, and it directs edges by colliders alone.'
      : '';
  const tests = isMixed(environments) ? 'Fisher z tests of partial correlations' : 'G tests';
  return compared(
    environments,
    ours,
    [...arrows, ...lines],
    lines,
    `PC algorithm, ${tests} at 0.01 of all records as if independent`,
    note,
  );
}
