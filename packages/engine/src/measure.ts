import type { Study } from './data/study.ts';
import type { Estimand } from './estimand/estimand.ts';
import type { Domain, Name, Value } from './graph/variable.ts';
import type { IdentifiedQuestion } from './identification.ts';
import type { Answer, Diagnostic, Point } from './interpret/answer.ts';
import { type LeafReport, leafReports } from './interpret/explain.ts';
import { fillTables, freeWeightsOf } from './interpret/fill.ts';
import { type Evaluation, evaluate } from './interpret/number.ts';
import { type Overlap, overlapOf } from './interpret/overlap.ts';
import { compile, type Plan } from './interpret/plan.ts';
import { countTables, type LeafTables } from './interpret/tables.ts';
import { type Uncertainty, uncertaintyOf } from './interpret/uncertainty.ts';
import { type Result, success } from './run/issue.ts';
import { Interrupted, type RunOptions } from './run/progress.ts';

export interface MeasureOptions extends RunOptions {
  /** Default 0. The same seed gives the same digits. */
  readonly seed?: number;
  /** `auto` (default): bootstrap, or the delta method where that would be too much work. */
  readonly uncertainty?: 'auto' | 'bootstrap' | 'delta' | 'none';
  /** Of intervals; default 0.95. */
  readonly level?: number;
  /** Bootstrap draws; default 1000. */
  readonly draws?: number;
  /** Dirichlet pseudo-records per cell; default 0: unsmoothed. */
  readonly smoothing?: number;
  /** Largest table, in cells. */
  readonly limit?: number;
}

export interface Measured {
  readonly numbers: { readonly fields: Pick<Answer, 'kind' | 'value' | 'distribution' | 'uncertainty'>; readonly undefined: boolean };
  readonly diagnostics: readonly Diagnostic[];
  /** The distributions that were read, each with the records behind it. */
  readonly leaves: readonly LeafReport[];
}

/**
 * The number interpretation of an estimand: the studies are read here. Issues as of {@link compile} and {@link countTables}.
 * An interruption during the uncertainty keeps the number, marked so.
 */
export async function measure(
  estimand: Estimand,
  found: Pick<IdentifiedQuestion, 'open' | 'free'>,
  problem: { readonly studies: readonly Study[]; readonly domains: ReadonlyMap<Name, Domain> },
  options: MeasureOptions,
): Promise<Result<Measured>> {
  const limit = options.limit === undefined ? {} : { limit: options.limit };
  const compiled = compile(estimand, problem.domains, { open: found.open.map((axis) => axis.symbol), ...limit });
  if (!compiled.ok) return compiled;
  const plan = compiled.value;
  const counted = await countTables(plan, problem.studies, problem.domains, options);
  if (!counted.ok) return counted;
  const tables = counted.value;
  const freeWeights = freeWeightsOf(plan, tables, problem.domains);
  const evaluation = evaluate(plan, fillTables(tables), freeWeights);
  const diagnostics: Diagnostic[] = [];

  let uncertainty: Uncertainty | undefined;
  if (options.uncertainty !== 'none') {
    try {
      const made = await uncertaintyOf(plan, tables, {
        ...options,
        method: options.uncertainty ?? 'auto',
        ...(freeWeights === undefined ? {} : { freeWeights }),
      });
      if (!('none' in made)) uncertainty = made;
      else if (tables.sources.length > 0)
        diagnostics.push({ name: 'uncertainty', level: 'ok', says: `No sampling uncertainty is given: ${lower(made.none)}` });
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      diagnostics.push({
        name: 'interrupted',
        level: 'warn',
        says: 'Stopped before the uncertainty was computed; the number itself is complete.',
      });
    }
  }
  const levelsOf = (name: Name): readonly Value[] => {
    const domain = problem.domains.get(name);
    return domain?.kind === 'finite' ? domain.levels : [];
  };
  diagnostics.push(
    ...aboutOverlap(overlapOf(plan, tables, levelsOf), evaluation),
    ...aboutFree(plan, evaluation),
    ...aboutVariation(uncertainty, tables),
  );
  return success({ numbers: numbersOf(evaluation, uncertainty), diagnostics, leaves: leafReports(estimand, tables) });
}

function numbersOf(evaluation: Evaluation, uncertainty: Uncertainty | undefined): Measured['numbers'] {
  const { axes, levels, values } = evaluation;
  const about = uncertainty === undefined ? undefined : { level: uncertainty.level, method: uncertainty.method };
  const none = values.every((value) => Number.isNaN(value));
  if (axes.length === 0) {
    const [value] = values as unknown as [number];
    if (none) return { fields: { kind: 'none' }, undefined: true };
    const [interval, standardError] = [uncertainty?.intervals[0], uncertainty?.standardErrors[0]];
    const full =
      about === undefined
        ? {}
        : {
            uncertainty: {
              ...about,
              ...(interval === undefined ? {} : { interval }),
              ...(standardError === undefined ? {} : { standardError }),
            },
          };
    return { fields: { kind: 'point', value, ...full }, undefined: false };
  }
  const distribution = Array.from(values, (value, i): Point => {
    const at: Record<string, Value> = {};
    let rest = i;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const size = (levels[axis] as readonly Value[]).length;
      at[axes[axis] as string] = (levels[axis] as readonly Value[])[rest % size] as Value;
      rest = Math.floor(rest / size);
    }
    const ordered = Object.fromEntries(axes.map((axis) => [axis, at[axis] as Value]));
    const [interval, standardError] = [uncertainty?.intervals[i], uncertainty?.standardErrors[i]];
    return {
      at: ordered,
      value: Number.isNaN(value) ? null : value,
      ...(interval === undefined ? {} : { interval }),
      ...(standardError === undefined ? {} : { standardError }),
    };
  });
  return { fields: { kind: 'distribution', distribution, ...(about === undefined ? {} : { uncertainty: about }) }, undefined: none };
}

function aboutOverlap(overlap: Overlap, evaluation: Evaluation): Diagnostic[] {
  const found: Diagnostic[] = [];
  if (overlap.empty.length > 0) {
    const shown = overlap.empty.slice(0, 3).map(
      ({ leaf, at }) =>
        `${leaf} at ${Object.entries(at)
          .map(([name, value]) => `${name}=${value}`)
          .join(', ')}`,
    );
    const more = overlap.empty.length > 3 || !overlap.complete ? ' and others' : '';
    found.push({
      name: 'overlap',
      level: 'fail',
      figure: overlap.empty.length,
      says: `No record shows ${shown.join('; ')}${more}: the estimand has no number there. Merge levels, ask within the part that was observed, or smooth (--smoothing).`,
    });
  } else if (evaluation.values.some((value) => Number.isNaN(value))) {
    found.push({ name: 'condition', level: 'fail', says: 'The question conditions on an event that no record shows.' });
  }
  if (overlap.thin > 0)
    found.push({
      name: 'thin cells',
      level: 'warn',
      figure: overlap.thin,
      says: `${overlap.thin} of the conditions that the estimand needs rest on fewer than 5 records (the thinnest on ${format(overlap.least)}).`,
    });
  return found;
}

function aboutFree(plan: Plan, { spread }: Evaluation): Diagnostic[] {
  const free = plan.axes.slice(plan.open).map((axis) => axis.symbol);
  if (free.length === 0 || spread === undefined) return [];
  const widest = spread.reduce((most, value) => Math.max(most, value), 0);
  return [
    {
      name: 'free names',
      level: 'ok',
      figure: widest,
      says: `The value must not depend on ${free.join(', ')}; over its values in the data the estimate varies by ${widest.toPrecision(2)} (they are averaged). A spread well beyond sampling error speaks against the graph.`,
    },
  ];
}

function aboutVariation(uncertainty: Uncertainty | undefined, tables: LeafTables): Diagnostic[] {
  if (uncertainty === undefined || !uncertainty.intervals.some((interval) => interval !== undefined && interval[0] === interval[1]))
    return [];
  const least = Math.min(...tables.sources.map((source) => source.study.effectiveSize));
  return [
    {
      name: 'no variation',
      level: 'warn',
      figure: 3 / least,
      says: `All records behind a value agree, so its interval has no width and says nothing; with ${format(least)} records a probability of up to about ${(3 / least).toPrecision(2)} could have gone unseen (rule of three).`,
    },
  ];
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
const format = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(3));
