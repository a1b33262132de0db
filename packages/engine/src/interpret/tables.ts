import type { Counts } from '../data/counts.ts';
import type { Study } from '../data/study.ts';
import type { Assignment, Domain, Name, Value } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import type { Plan, TableRequest } from './plan.ts';

/**
 * Records of one study over the columns that its leaves need. Weights are scaled so that they add up to the effective sample
 * size; those of an exact study stay probabilities.
 */
export interface Source {
  readonly study: Study;
  readonly counts: Counts;
  /** Per cell: the effective number of records, or the probability. */
  readonly size: Float64Array;
  readonly exact: boolean;
  /** Per cell: the mean of the real outcome, and the variance of a record around it. */
  readonly mean?: Float64Array;
  readonly variance?: Float64Array;
}

/** Which cell of a leaf's table each cell of a source falls into; -1: none. `given` indexes the condition alone. */
export interface Routing {
  readonly source: number;
  readonly cell: Int32Array;
  readonly given: Int32Array;
}

/** How one requested table is counted up; `cells` are those of the table without a moment axis. */
export interface Recipe {
  readonly request: TableRequest;
  readonly cells: number;
  readonly conditions: number;
  /** Values of `of` under each condition, also those that the request does not ask for. */
  readonly outcomes: number;
  /** Per cell: its condition. */
  readonly conditionOf: Int32Array;
  readonly routes: readonly Routing[];
}

export interface LeafTables {
  readonly sources: readonly Source[];
  readonly recipes: readonly Recipe[];
  /** Pseudo-records added to every cell. */
  readonly smoothing: number;
  /** Whether all leaves of a study were counted from one table, so that resampling it keeps what they share. */
  readonly joint: boolean;
}

export interface TableOptions extends RunOptions {
  /**
   * Dirichlet smoothing: this many pseudo-records in every cell of every leaf (default 0: none). A real outcome is smoothed
   * towards its mean over all records.
   */
  readonly smoothing?: number;
}

/** Up to this many cells (by levels) or records, the leaves of a study are counted from one joint table. */
const jointLimit = 4_000_000;

/**
 * Counts, for every table that the plan needs, the records of the studies that offer it. All leaves of one study come from one
 * joint table of it. Studies that offer the same leaf are pooled: their records are added up; where one of them is exact, only
 * exact ones count. A study with `fixed` values speaks for its arm only, so arms of one experiment fill one table together.
 * Issues: `no-study`, `not-measured`, `two-outcomes`, `unknown-level`. Throws {@link Interrupted}.
 */
export async function countTables(
  plan: Pick<Plan, 'requests'>,
  studies: readonly Study[],
  domains: ReadonlyMap<Name, Domain>,
  options: TableOptions = {},
): Promise<Result<LeafTables>> {
  const byName = new Map(studies.map((study) => [study.name, study]));
  const issues: Issue[] = [];
  const users = new Map<Study, number[]>();
  for (const [number, request] of plan.requests.entries()) {
    const offered = request.leaf.studies.map((name) => byName.get(name)).filter((study) => study !== undefined);
    const fitting = offered.filter((study) => armFits(study, request));
    const exact = fitting.filter((study) => study.size === Number.POSITIVE_INFINITY);
    const used = exact.length > 0 ? exact : fitting;
    if (used.length === 0)
      issues.push({
        code: 'no-study',
        message: `No study at hand measures ${describe(request)}.`,
        hint: 'Add the study that the estimand names.',
      });
    for (const study of used) users.set(study, [...(users.get(study) ?? []), number]);
  }
  if (issues.length > 0) return failure(...issues);

  const sources: Source[] = [];
  const routes: Routing[][] = plan.requests.map(() => []);
  let joint = true;
  let done = 0;
  for (const [study, numbers] of users) {
    const requests = numbers.map((number) => plan.requests[number] as TableRequest);
    const together = jointlySmall(study, requests);
    joint &&= together || numbers.length === 1;
    const groups = together ? [numbers] : numbers.map((number) => [number]);
    for (const group of groups) {
      if (options.signal?.aborted) throw new Interrupted();
      options.onProgress?.({ task: `counting ${study.name}`, done, total: users.size });
      const counted = await countGroup(
        study,
        group.map((number) => plan.requests[number] as TableRequest),
      );
      if (!counted.ok) return counted;
      for (const number of group) {
        const route = routeOf(plan.requests[number] as TableRequest, counted.value.counts, study, domains, sources.length);
        if (!route.ok) return route;
        routes[number]?.push(route.value);
      }
      sources.push(counted.value);
      await options.pause?.();
    }
    done += 1;
  }
  const recipes = plan.requests.map((request, number) => ({ request, ...shapeOf(request, domains), routes: routes[number] as Routing[] }));
  return success({ sources, recipes, smoothing: options.smoothing ?? 0, joint });
}

/** The values at which a request reads its leaf: those of its arm, and those that were placed. */
export const requiredOf = ({ leaf, at }: TableRequest): Assignment => ({ ...leaf.regime.fixed, ...at });

function armFits(study: Study, request: TableRequest): boolean {
  const required = requiredOf(request);
  return Object.entries(study.regime.fixed ?? {}).every(
    ([name, value]) => !Object.hasOwn(required, name) || request.leaf.of.includes(name) || required[name] === value,
  );
}

/** Columns that a study must hold for a leaf: those of its own arm are known without being read. */
function columnsOf(study: Study, { leaf, moment }: TableRequest): Name[] {
  const fixed = study.regime.fixed ?? {};
  const names = [...leaf.of, ...leaf.given, ...leaf.regime.set];
  return [...new Set(names)].filter((name) => name !== moment && !Object.hasOwn(fixed, name));
}

function jointlySmall(study: Study, requests: readonly TableRequest[]): boolean {
  if (study.size <= jointLimit) return true;
  let cells = 1;
  for (const name of new Set(requests.flatMap((request) => columnsOf(study, request)))) {
    const domain = study.domains.get(name);
    cells *= domain?.kind === 'finite' ? domain.levels.length : 1;
  }
  return cells <= jointLimit;
}

async function countGroup(study: Study, requests: readonly TableRequest[]): Promise<Result<Source>> {
  const columns = [...new Set(requests.flatMap((request) => columnsOf(study, request)))];
  const outcomes = [...new Set(requests.flatMap(({ moment }) => (moment === undefined ? [] : [moment])))];
  const missing = [...columns, ...outcomes].filter((name) => !study.measured.includes(name));
  if (missing.length > 0) return failure({ code: 'not-measured', message: `Study ${study.name} does not measure ${missing.join(', ')}.` });
  if (outcomes.length > 1)
    return failure({
      code: 'two-outcomes',
      message: `${outcomes.join(' and ')} are both real-valued and are needed together from study ${study.name}.`,
      hint: `Cut all but one of them into intervals ("${outcomes[1]}": { "cut": [...] }).`,
    });
  const counts = await study.counts(columns, outcomes[0]);
  const exact = counts.exact || study.size === Number.POSITIVE_INFINITY;
  const scale = exact || counts.total === 0 ? 1 : study.effectiveSize / counts.total;
  const size = counts.weight.map((weight) => weight * scale);
  return success({ study, counts, size, exact, ...(counts.outcome && momentsOf(counts.weight, counts.outcome, size)) });
}

/**
 * Per cell the mean of the outcome and the unbiased variance of one record around it. A cell with a single record says nothing
 * about its variance: it gets the pooled variance within cells (of all records where no cell has two).
 */
function momentsOf(
  weight: Float64Array,
  { shift, sum, squares }: NonNullable<Counts['outcome']>,
  size: Float64Array,
): { mean: Float64Array; variance: Float64Array } {
  const mean = sum.map((value, cell) => shift + value / (weight[cell] as number));
  const within = squares.map(
    (value, cell) => Math.max(0, value - (sum[cell] as number) ** 2 / (weight[cell] as number)) / (weight[cell] as number),
  );
  let [deviations, freedom, all, first, second] = [0, 0, 0, 0, 0];
  for (let cell = 0; cell < size.length; cell++) {
    const records = size[cell] as number;
    all += weight[cell] as number;
    first += sum[cell] as number;
    second += squares[cell] as number;
    if (records <= 1) continue;
    deviations += records * (within[cell] as number);
    freedom += records - 1;
  }
  const pooled = freedom > 0 ? deviations / freedom : Math.max(0, second / all - (first / all) ** 2);
  const variance = within.map((value, cell) => {
    const records = size[cell] as number;
    return records > 1 ? (value * records) / (records - 1) : pooled;
  });
  return { mean, variance };
}

interface Shape {
  readonly cells: number;
  readonly conditions: number;
  readonly outcomes: number;
  readonly conditionOf: Int32Array;
}

function shapeOf({ leaf, axes, sizes, moment }: TableRequest, domains: ReadonlyMap<Name, Domain>): Shape {
  const kept = axes.flatMap((axis, i) => (axis === moment ? [] : [{ size: sizes[i] as number, given: !leaf.of.includes(axis) }]));
  const cells = kept.reduce((product, { size }) => product * size, 1);
  const conditions = kept.reduce((product, { size, given }) => (given ? product * size : product), 1);
  const conditionOf = new Int32Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    let rest = cell;
    let stride = 1;
    let condition = 0;
    for (let i = kept.length - 1; i >= 0; i--) {
      const { size, given } = kept[i] as { size: number; given: boolean };
      if (given) {
        condition += (rest % size) * stride;
        stride *= size;
      }
      rest = Math.floor(rest / size);
    }
    conditionOf[cell] = condition;
  }
  let outcomes = 1;
  for (const name of leaf.of) {
    const domain = domains.get(name);
    if (name !== moment && domain?.kind === 'finite') outcomes *= domain.levels.length;
  }
  return { cells, conditions, outcomes, conditionOf };
}

/** Finds the place of every cell of a source in the table of a request. */
function routeOf(request: TableRequest, counts: Counts, study: Study, domains: ReadonlyMap<Name, Domain>, source: number): Result<Routing> {
  const { leaf, axes, sizes, moment } = request;
  const count = counts.weight.length;
  const cell = new Int32Array(count);
  const given = new Int32Array(count);
  const required = requiredOf(request);
  const width = counts.axes.length;
  const levelsOf = (name: Name): readonly Value[] => {
    const domain = domains.get(name);
    return domain?.kind === 'finite' ? domain.levels : [];
  };
  /** Per level of a column of the counts: its index among the levels of the variable. */
  const indexes = counts.axes.map((name, i) => (counts.levels[i] as readonly Value[]).map((level) => levelsOf(name).indexOf(level)));
  for (const [i, name] of counts.axes.entries()) {
    const unknown = indexes[i]?.indexOf(-1) ?? -1;
    if (unknown >= 0 && domains.get(name)?.kind === 'finite')
      return failure({
        code: 'unknown-level',
        message: `Study ${study.name} has ${name} = ${counts.levels[i]?.[unknown]}, which is no level of ${name}.`,
      });
  }
  for (const [name, value] of Object.entries(study.regime.fixed ?? {}))
    if (domains.get(name)?.kind === 'finite' && !levelsOf(name).includes(value))
      return failure({ code: 'unknown-level', message: `Study ${study.name} sets ${name} = ${value}, which is no level of ${name}.` });
  const reader = (name: Name): ((record: number) => number) => {
    const arm = study.regime.fixed;
    if (arm !== undefined && Object.hasOwn(arm, name)) {
      const index = levelsOf(name).indexOf(arm[name] as Value);
      return () => index;
    }
    const column = counts.axes.indexOf(name);
    const index = indexes[column] as readonly number[];
    return (record) => index[counts.codes[record * width + column] as number] as number;
  };
  for (const [name, value] of Object.entries(required)) {
    const wanted = levelsOf(name).indexOf(value);
    const read = reader(name);
    const random = leaf.of.includes(name);
    for (let i = 0; i < count; i++) {
      if (read(i) === wanted) continue;
      cell[i] = -1;
      if (!random) given[i] = -1;
    }
  }
  let cellStride = 1;
  let givenStride = 1;
  for (let k = axes.length - 1; k >= 0; k--) {
    const axis = axes[k] as Name;
    if (axis === moment) continue;
    const size = sizes[k] as number;
    const read = reader(axis);
    const random = leaf.of.includes(axis);
    for (let i = 0; i < count; i++) {
      if ((given[i] as number) < 0) continue;
      const digit = read(i);
      if ((cell[i] as number) >= 0) cell[i] = (cell[i] as number) + digit * cellStride;
      if (!random) given[i] = (given[i] as number) + digit * givenStride;
    }
    cellStride *= size;
    if (!random) givenStride *= size;
  }
  return success({ source, cell, given });
}

/** For people: the distribution that a request stands for. */
function describe({ leaf }: TableRequest): string {
  const bar = [...leaf.given, ...(leaf.regime.set.length > 0 ? [`do(${leaf.regime.set.join(', ')})`] : [])].join(', ');
  return `P(${leaf.of.join(', ')}${bar === '' ? '' : ` | ${bar}`})`;
}
