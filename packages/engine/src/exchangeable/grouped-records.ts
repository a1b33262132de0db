import { type Columns, levelNumbers } from '../data/features.ts';
import type { Study } from '../data/study.ts';
import type { Domain, Name, Value } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';

/** One variable of records: codes of its levels, or numbers where it has none. */
export interface GroupedColumn {
  /** Absent: a real variable. */
  readonly levels?: readonly Value[];
  readonly values: readonly number[];
}

/** Records grouped by environment, in order of first appearance: those of group g are `starts[g]` to `starts[g + 1] - 1`. */
export interface GroupedRecords {
  readonly labels: readonly string[];
  readonly starts: Int32Array;
  readonly columns: readonly GroupedColumn[];
  /** How many equal records each one stands for (whole numbers); absent: 1. */
  readonly counts?: Float64Array;
}

/**
 * The records of studies, environment by environment: of finite variables only, or of finite and real ones. A variable that is real in
 * one study is real; its levels in another are read as numbers. Issues: those of `readEnvironments`.
 */
export async function groupRecords(
  studies: readonly Study[],
  names: readonly Name[],
  kinds: 'finite' | 'mixed',
  { signal, pause }: RunOptions = {},
): Promise<Result<GroupedRecords>> {
  const issues = studies.flatMap((study) => problemsOf(study, names, kinds));
  const real = names.map((name) => studies.some((study) => study.domains.get(name)?.kind === 'real'));
  if (kinds === 'mixed') issues.push(...names.flatMap((name, v) => (real[v] ? unreadable(studies, name) : [])));
  if (issues.length > 0) return failure(...issues);
  const levels = names.map((name) => [...new Set(studies.flatMap((study) => levelsOf(study.domains.get(name)) ?? []))]);
  const groups = new Map<string, { readonly values: number[][]; readonly counts: number[] }>();
  let plain = true;
  for (const study of studies) {
    const { environment } = study.regime;
    const own = environment === undefined ? [] : (levelsOf(study.domains.get(environment)) ?? []);
    const recode = names.map((name, v): readonly number[] => {
      const domain = study.domains.get(name);
      if (real[v]) return [...(levelNumbers(domain) ?? [])];
      return (levelsOf(domain) ?? []).map((level) => (levels[v] as Value[]).indexOf(level));
    });
    const label = (value: string): string => (studies.length > 1 ? `${study.name}: ${value}` : value);
    for await (const batch of study.columns(environment === undefined ? names : [...new Set([environment, ...names])])) {
      const column = environment === undefined ? undefined : batch.codes.get(environment);
      for (let record = 0; record < batch.length; record++) {
        const key = column === undefined ? study.name : label(own[column[record] as number] as string);
        let group = groups.get(key);
        if (group === undefined) {
          group = { values: names.map(() => []), counts: [] };
          groups.set(key, group);
        }
        const count = countOf(batch, record);
        if (!Number.isInteger(count)) return notCounts(study);
        plain &&= count === 1;
        for (const [v, name] of names.entries()) {
          const codes = batch.codes.get(name);
          const value = codes ? (recode[v] as number[])[codes[record] as number] : batch.numbers.get(name)?.[record];
          (group.values[v] as number[]).push(value as number);
        }
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
    labels: [...groups.keys()],
    starts,
    columns: names.map((_, v) => ({
      ...(real[v] !== true && { levels: levels[v] as Value[] }),
      values: all.flatMap(({ values }) => values[v] as number[]),
    })),
    ...(plain ? {} : { counts: Float64Array.from(all.flatMap(({ counts }) => counts)) }),
  });
}

const countOf = ({ weights }: Columns, record: number): number => (weights ? (weights[record] as number) : 1);

const notCounts = ({ name }: Study): Result<never> =>
  failure({
    code: 'weights-not-counts',
    message: `Study ${name} has weights that are not counts; tests across environments need single records or counts of them.`,
  });

const levelsOf = (domain: Domain | undefined): readonly Value[] | undefined => (domain?.kind === 'finite' ? domain.levels : undefined);

/** Studies in which a variable that is real elsewhere has levels that are no numbers. */
const unreadable = (studies: readonly Study[], name: Name): Issue[] =>
  studies.flatMap((study) => {
    const domain = study.domains.get(name);
    if (domain?.kind !== 'finite' || levelNumbers(domain) !== undefined) return [];
    return [{ code: 'not-finite', message: `${name} is a number in one study; in study ${study.name} it has levels that are none.` }];
  });

function problemsOf(study: Study, names: readonly Name[], kinds: 'finite' | 'mixed'): Issue[] {
  const issues: Issue[] = [];
  if (study.regime.set.length > 0)
    issues.push({
      code: 'not-watched',
      message: `In study ${study.name} ${study.regime.set.join(', ')} was set; environments must be watched.`,
    });
  if (study.size === Number.POSITIVE_INFINITY) issues.push({ code: 'weights-not-counts', message: `Study ${study.name} has no records.` });
  for (const name of names) {
    const kind = study.domains.get(name)?.kind;
    if (kind === undefined) issues.push({ code: 'unknown-variable', message: `Study ${study.name} has no variable ${name}.` });
    else if (kind === 'tensor' && kinds === 'mixed')
      issues.push({ code: 'not-finite', message: `${name} of study ${study.name} is neither finite nor a number.` });
    else if (kind !== 'finite' && kinds === 'finite')
      issues.push({
        code: 'not-finite',
        message: `${name} of study ${study.name} is not finite.`,
        hint: 'Cut it into levels: "cuts" of the variable.',
      });
  }
  return issues;
}
