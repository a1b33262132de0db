import type { Regime } from '../data/regime.ts';
import type { Study } from '../data/study.ts';
import type { Name, Value } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { type Piece, piecesOf, termsOf } from './layout.ts';
import type { Structure } from './specification.ts';

/** The records of one study over finite variables of the structure, in its levels. */
export interface StudyTable {
  readonly name: Name;
  readonly regime: Regime;
  /** Endogenous variables that it measured or set, also those that were not read. */
  readonly measured: readonly Name[];
  /** Those that were read (variables held at a constant included), in topological order. */
  readonly axes: readonly Name[];
  readonly levels: readonly (readonly Value[])[];
  /** Cells x axes, level indices. */
  readonly codes: Int32Array;
  /** Records in each cell, scaled to the effective sample size; for exact probabilities the probability. */
  readonly weight: Float64Array;
  readonly exact: boolean;
  /** Weights are whole numbers of records. */
  readonly whole: boolean;
  readonly size: number;
  /** Its pieces, where they are known already. */
  readonly pieces?: readonly Piece[];
}

/**
 * The joint counts of every study over what is needed of it: the variables of `blocks` (default: all), their parents, and what
 * hidden variables couple with them. Studies that set a hidden variable, or measure nothing of use, are left out with a note
 * (as a warning). Issues: `too-large`, `unknown-level`. Throws {@link Interrupted}.
 */
export async function readStudies(
  structure: Structure,
  studies: readonly Study[],
  options: RunOptions & { readonly blocks?: ReadonlySet<number> } = {},
): Promise<Result<readonly StudyTable[]>> {
  const tables: StudyTable[] = [];
  const warnings: Issue[] = [];
  const issues: Issue[] = [];
  for (const [i, study] of studies.entries()) {
    if (options.signal?.aborted === true) throw new Interrupted();
    options.onProgress?.({ task: 'reading studies', done: i, total: studies.length });
    const unusable = study.regime.set.filter(
      (name) => structure.hidden.has(name) || (structure.children.has(name) && !studyHas(study, name)),
    );
    if (unusable.length > 0) {
      warnings.push({
        code: 'study-left-out',
        message: `Study ${study.name} is left out: it sets ${unusable.join(', ')}, which is hidden here.`,
      });
      continue;
    }
    const measured = structure.order.filter((name) => study.measured.includes(name) || study.regime.set.includes(name));
    const pieces = piecesOf(structure, study.regime, measured);
    const wanted = pieces.filter(
      ({ blocks }) => options.blocks === undefined || blocks.some((block) => options.blocks?.has(block) === true),
    );
    const coupled = wanted.some(({ blocks }) => blocks.length > 1);
    const used = coupled ? pieces : wanted;
    const terms = used.reduce((sum, piece) => sum + termsOf(structure, piece), 0);
    if (terms > structure.limit) {
      issues.push({
        code: 'too-large',
        message: `The cells of study ${study.name} have ${terms.toLocaleString('en-US')} terms (limit ${structure.limit.toLocaleString('en-US')}).`,
        hint: 'What makes it smaller: merge levels, leave variables out of the study that the question does not need, or measure the variables that it lacks.',
      });
      continue;
    }
    if (used.length === 0) continue;
    const needed = new Set(used.flatMap(({ own, external }) => [...own, ...external.map(({ name }) => name)]));
    const read = await tableOf(
      structure,
      study,
      measured,
      measured.filter((name) => needed.has(name)),
    );
    if (read.ok) tables.push({ ...read.value, pieces });
    else issues.push(...read.issues);
    await options.pause?.();
  }
  return issues.length > 0 ? failure(...issues) : success(tables, warnings);
}

const studyHas = (study: Study, name: Name): boolean => Object.hasOwn(study.regime.fixed ?? {}, name) || study.measured.includes(name);

async function tableOf(structure: Structure, study: Study, measured: readonly Name[], axes: readonly Name[]): Promise<Result<StudyTable>> {
  const fixed = study.regime.fixed ?? {};
  const counted = axes.filter((name) => !Object.hasOwn(fixed, name));
  const counts = await study.counts(counted);
  const levels = axes.map((name) => structure.levels.get(name) as readonly Value[]);
  const issues: Issue[] = [];
  const columns = axes.map((name, axis): ((cell: number) => number) => {
    const own = levels[axis] as readonly Value[];
    const strange = (level: Value | undefined): void => {
      issues.push({
        code: 'unknown-level',
        message: `Study ${study.name}: ${name} has no level '${level}'.`,
        hint: `The levels of ${name} are ${own.join(', ')}.`,
      });
    };
    if (Object.hasOwn(fixed, name)) {
      const code = own.indexOf(fixed[name] as Value);
      if (code < 0) strange(fixed[name]);
      return () => code;
    }
    const at = counted.indexOf(name);
    const codes = (counts.levels[at] as readonly Value[]).map((level) => own.indexOf(level));
    const seen = new Set<number>();
    for (let cell = 0; cell < counts.weight.length; cell++) seen.add(counts.codes[cell * counted.length + at] as number);
    for (const code of seen) if ((codes[code] as number) < 0) strange(counts.levels[at]?.[code]);
    return (cell) => codes[counts.codes[cell * counted.length + at] as number] as number;
  });
  if (issues.length > 0) return failure(...issues);
  const codes = new Int32Array(counts.weight.length * axes.length);
  for (let cell = 0; cell < counts.weight.length; cell++)
    for (const [axis, column] of columns.entries()) codes[cell * axes.length + axis] = column(cell);
  const exact = counts.exact || study.size === Number.POSITIVE_INFINITY;
  const scale = exact || counts.total === 0 ? 1 : study.effectiveSize / counts.total;
  const weight = scale === 1 ? counts.weight : counts.weight.map((value) => value * scale);
  const whole = !exact && weight.every((value) => Number.isSafeInteger(value));
  return success({
    name: study.name,
    regime: study.regime,
    measured,
    axes,
    levels,
    codes,
    weight,
    exact,
    whole,
    size: exact ? Number.POSITIVE_INFINITY : study.effectiveSize,
  });
}
