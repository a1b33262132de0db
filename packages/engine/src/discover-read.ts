import type { Study } from './data/study.ts';
import { condense } from './discover-condense.ts';
import { type Environments, readEnvironments, sizesOf } from './exchangeable/environments.ts';
import { isMixed, type MixedEnvironments, pickColumns, readMixedEnvironments } from './exchangeable/mixed-environments.ts';
import type { Graph } from './graph/graph.ts';
import type { Name } from './graph/variable.ts';
import type { Diagnostic } from './interpret/answer.ts';
import { failure, type Issue, type Result, success } from './run/issue.ts';
import { didYouMean } from './run/nearest.ts';
import type { RunOptions } from './run/progress.ts';

export interface DiscoveryVariables {
  /** Mixed only where a variable is real. */
  readonly environments: Environments | MixedEnvironments;
  readonly leftOut: readonly { readonly name: Name; readonly why: string }[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The records that a discovery reads: variables that every watched study measured (only those of the graph, or only `variables`, where
 * given), without those of a single value and without the environments' own columns. Issues: `no-study`, `not-watched`,
 * `unknown-variable`, `few-variables`, `no-environments`, `no-pairs`, those of {@link readEnvironments}.
 */
export async function variablesToDiscover(
  { graph, studies }: { readonly graph?: Graph; readonly studies: readonly Study[] },
  { variables, ...options }: RunOptions & { readonly variables?: readonly Name[] },
): Promise<Result<DiscoveryVariables>> {
  if (studies.length === 0)
    return failure({
      code: 'no-study',
      message: 'There is no study to discover a graph from.',
      hint: 'Give one with the column that tells environments apart: --study FILE,environment=COLUMN.',
    });
  const watched = studies.filter(({ regime }) => regime.set.length === 0);
  if (watched.length === 0)
    return failure({
      code: 'not-watched',
      message: `In ${studies.length === 1 ? 'the study' : 'every study'} something was set by the investigators; discovery needs records that were watched.`,
    });
  if (watched.length === 1 && watched[0]?.regime.environment === undefined)
    return failure({
      code: 'no-environments',
      message: `Study ${watched[0]?.name} names no environments: which column tells apart the sites, batches, years or persons whose mechanisms may differ?`,
      hint: `Say "environment": "COLUMN" in the study, or --study FILE,environment=COLUMN. From one population of independent records no direction can be learned here.`,
    });
  const places = new Set(watched.map(({ regime }) => regime.environment));
  const common = (watched[0] as Study).measured.filter(
    (name) => !places.has(name) && watched.every(({ measured }) => measured.includes(name)),
  );
  const issues = (variables ?? []).flatMap((name): Issue[] => {
    if (common.includes(name)) return [];
    const hint = didYouMean(name, common) ?? `There are ${common.slice(0, 12).join(', ')}.`;
    const message = places.has(name)
      ? `${name} tells environments apart; it is no variable.`
      : `No variable ${name} is measured by every study.`;
    return [{ code: 'unknown-variable', message, hint }];
  });
  if (issues.length > 0) return failure(...issues);
  const wanted = common.filter((name) => variables?.includes(name) ?? (graph === undefined || graph.variables.has(name)));
  const leftOut: { readonly name: Name; readonly why: string }[] = [];
  const names = wanted.filter((name) => {
    const levels = new Set(
      watched.flatMap(({ domains }) => {
        const domain = domains.get(name);
        return domain?.kind === 'finite' ? domain.levels : ['', 'real'];
      }),
    );
    if (levels.size < 2) leftOut.push({ name, why: 'it has one value only' });
    return levels.size >= 2;
  });
  if (names.length < 2) return failure(fewVariables(names, leftOut));
  const real = watched.some(({ domains }) => names.some((name) => domains.get(name)?.kind === 'real'));
  const read = await (real ? readMixedEnvironments : readEnvironments)(watched, names, options);
  if (!read.ok) return read;
  const all: Environments | MixedEnvironments = isMixed(read.value) ? read.value : condense(read.value);
  const flat = isMixed(all) ? all.names.filter((_, v) => isFlat(all, v)) : [];
  leftOut.push(...flat.map((name) => ({ name, why: 'it has one value only' })));
  const varying = names.filter((name) => !flat.includes(name));
  if (varying.length < 2) return failure(fewVariables(varying, leftOut));
  const environments = isMixed(all) && flat.length > 0 ? pickColumns(all, varying) : all;
  const sizes = sizesOf(environments);
  if (sizes.every((size) => size < 2))
    return failure({
      code: 'no-pairs',
      message: `Every one of the ${sizes.length} environments has a single record; what the records of an environment share shows only where there are two or more.`,
      hint: 'Is the environment column an identifier of records? It should tell groups of records apart.',
    });
  const alone = sizes.filter((size) => size < 2).length;
  const set = studies.filter(({ regime }) => regime.set.length > 0);
  return success({
    environments,
    leftOut,
    diagnostics: [
      ...(alone === 0
        ? []
        : [
            {
              name: 'single-records',
              level: 'warn' as const,
              figure: alone,
              says: `${alone} of ${sizes.length} environments have a single record; they tell of edges, not of directions.`,
            },
          ]),
      ...(set.length === 0
        ? []
        : [
            {
              name: 'not-watched',
              level: 'warn' as const,
              says: `Not read: ${set.map(({ name }) => name).join(', ')}, where something was set by the investigators.`,
            },
          ]),
    ],
  });
}

/** A real column that has the same number everywhere. */
function isFlat({ columns }: MixedEnvironments, v: number): boolean {
  const column = columns[v];
  return column?.kind === 'real' && column.values.every((value) => value === column.values[0]);
}

function fewVariables(names: readonly Name[], leftOut: readonly { readonly name: Name; readonly why: string }[]): Issue {
  const without = leftOut.length === 0 ? '' : ` (${leftOut.map(({ name, why }) => `without ${name}: ${why}`).join('; ')})`;
  return {
    code: 'few-variables',
    message: `A graph needs two variables that vary, and there ${names.length === 1 ? `is only ${names[0]}` : 'is none'}${without}.`,
  };
}
