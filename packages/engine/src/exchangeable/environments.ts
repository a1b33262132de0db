import type { Columns } from '../data/features.ts';
import type { Study } from '../data/study.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';

/**
 * Finite records grouped by environment. Those of environment e are `starts[e]` to `starts[e + 1] - 1` of every column; their order has
 * no meaning (records of an environment are exchangeable).
 */
export interface Environments {
  readonly names: readonly Name[];
  /** Per variable. */
  readonly levels: readonly (readonly Value[])[];
  /** Per environment. */
  readonly labels: readonly string[];
  /** Environments + 1. */
  readonly starts: Int32Array;
  /** Per variable, per record: index of the level. */
  readonly columns: readonly Int32Array[];
  /** How many equal records each one stands for (whole numbers); absent: 1. */
  readonly counts?: Float64Array;
}

export const environmentCount = ({ labels }: Environments): number => labels.length;

/** Records of each environment, counted. */
export function sizesOf({ labels, starts, counts }: Environments): Float64Array {
  return Float64Array.from(labels, (_, e) => {
    const [from, to] = [starts[e] as number, starts[e + 1] as number];
    return counts ? counts.subarray(from, to).reduce((sum, count) => sum + count, 0) : to - from;
  });
}

/**
 * The records of studies, environment by environment. A study whose regime names an environment column gives its environments; one
 * that names none is an environment of its own where there are several. Issues: `unknown-variable`, `not-finite`, `not-watched` (a
 * study in which something was set), `weights-not-counts`, `one-environment`.
 */
export async function readEnvironments(
  studies: readonly Study[],
  names: readonly Name[],
  { signal, pause }: RunOptions = {},
): Promise<Result<Environments>> {
  const issues = studies.flatMap((study) => problemsOf(study, names));
  if (issues.length > 0) return failure(...issues);
  const levels = names.map((name) => unionOf(studies.map((study) => levelsOf(study, name) ?? [])));
  const groups = new Map<string, { readonly codes: number[][]; readonly counts: number[] }>();
  let plain = true;
  for (const study of studies) {
    const { environment } = study.regime;
    const own = environment === undefined ? [] : (levelsOf(study, environment) ?? []);
    const recode = names.map((name, v) => (levelsOf(study, name) ?? []).map((level) => (levels[v] as Value[]).indexOf(level)));
    const label = (value: string): string => (studies.length > 1 ? `${study.name}: ${value}` : value);
    for await (const batch of study.columns(environment === undefined ? names : [...new Set([environment, ...names])])) {
      const column = environment === undefined ? undefined : batch.codes.get(environment);
      for (let record = 0; record < batch.length; record++) {
        const key = column === undefined ? study.name : label(own[column[record] as number] as string);
        let group = groups.get(key);
        if (group === undefined) {
          group = { codes: names.map(() => []), counts: [] };
          groups.set(key, group);
        }
        const count = countOf(batch, record);
        if (!Number.isInteger(count)) return notCounts(study);
        plain &&= count === 1;
        for (const [v, name] of names.entries())
          (group.codes[v] as number[]).push((recode[v] as number[])[batch.codes.get(name)?.[record] as number] as number);
        group.counts.push(count);
      }
      if (signal?.aborted === true) throw new Interrupted();
      await pause?.();
    }
  }
  const all = [...groups.values()];
  if (all.length < 2)
    return failure({
      code: 'one-environment',
      message: `The records come from ${all.length === 1 ? 'one environment' : 'no environment'}; what environments teach needs several.`,
      hint: 'Name the column that tells environments apart: "environment" of the study.',
    });
  const starts = new Int32Array(all.length + 1);
  for (const [e, { counts }] of all.entries()) starts[e + 1] = (starts[e] as number) + counts.length;
  return success({
    names,
    levels,
    labels: [...groups.keys()],
    starts,
    columns: names.map((_, v) => Int32Array.from(all.flatMap(({ codes }) => codes[v] as number[]))),
    ...(plain ? {} : { counts: Float64Array.from(all.flatMap(({ counts }) => counts)) }),
  });
}

const countOf = ({ weights }: Columns, record: number): number => (weights ? (weights[record] as number) : 1);

const notCounts = ({ name }: Study): Result<never> =>
  failure({
    code: 'weights-not-counts',
    message: `Study ${name} has weights that are not counts; tests across environments need single records or counts of them.`,
  });

function levelsOf(study: Study, name: Name): readonly Value[] | undefined {
  const domain = study.domains.get(name);
  return domain?.kind === 'finite' ? domain.levels : undefined;
}

const unionOf = (lists: readonly (readonly Value[])[]): Value[] => [...new Set(lists.flat())];

function problemsOf(study: Study, names: readonly Name[]): Issue[] {
  const issues: Issue[] = [];
  if (study.regime.set.length > 0)
    issues.push({
      code: 'not-watched',
      message: `In study ${study.name} ${study.regime.set.join(', ')} was set; environments must be watched.`,
    });
  if (study.size === Number.POSITIVE_INFINITY) issues.push({ code: 'weights-not-counts', message: `Study ${study.name} has no records.` });
  for (const name of names)
    if (!study.domains.has(name)) issues.push({ code: 'unknown-variable', message: `Study ${study.name} has no variable ${name}.` });
    else if (levelsOf(study, name) === undefined)
      issues.push({
        code: 'not-finite',
        message: `${name} of study ${study.name} is not finite.`,
        hint: 'Cut it into levels: "cuts" of the variable.',
      });
  return issues;
}

/** Two records of every environment that has two, as one row per environment (codes at position 1, at position 2), per variable. */
export interface Pairs {
  readonly environments: number;
  readonly first: readonly Int32Array[];
  readonly second: readonly Int32Array[];
}

/** Two different records of each environment, drawn at random (records may be stored in an order that means something). */
export function drawPairs(environments: Environments, random: Random): Pairs {
  const { columns, starts, counts } = environments;
  const sizes = sizesOf(environments);
  const picked: number[] = [];
  for (const [e, size] of sizes.entries()) {
    if (size < 2) continue;
    const one = random.integer(size);
    const other = random.integer(size - 1);
    for (const place of [one, other < one ? other : other + 1]) picked.push(recordAt(starts[e] as number, counts, place));
  }
  const take = (offset: number): Int32Array[] =>
    columns.map((column) => Int32Array.from({ length: picked.length / 2 }, (_, i) => column[picked[2 * i + offset] as number] as number));
  return { environments: picked.length / 2, first: take(0), second: take(1) };
}

function recordAt(from: number, counts: Float64Array | undefined, place: number): number {
  if (counts === undefined) return from + place;
  let record = from;
  for (let left = place; left >= (counts[record] as number); record++) left -= counts[record] as number;
  return record;
}

/** Only these environments (numbers, which may repeat), as a bootstrap or a split of environments needs it. */
export function pickEnvironments(environments: Environments, which: ArrayLike<number>): Environments {
  const { names, levels, labels, starts, columns, counts } = environments;
  const records: number[] = [];
  const ends = new Int32Array(which.length + 1);
  for (let i = 0; i < which.length; i++) {
    const e = which[i] as number;
    for (let record = starts[e] as number; record < (starts[e + 1] as number); record++) records.push(record);
    ends[i + 1] = records.length;
  }
  return {
    names,
    levels,
    labels: Array.from(which, (e) => labels[e] as string),
    starts: ends,
    columns: columns.map((column) => Int32Array.from(records, (record) => column[record] as number)),
    ...(counts && { counts: Float64Array.from(records, (record) => counts[record] as number) }),
  };
}
