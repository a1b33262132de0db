import type { Agreement, Answer, Diagnostic } from '../interpret/answer.ts';
import type { Question } from '../query/terms.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import type { Pool } from '../run/pool.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { type AgreementOutcome, agreementOf } from './agreement.ts';
import { confidenceOf } from './confidence.ts';
import { type Account, accountOf } from './describe.ts';
import { emccBounds } from './emcc.ts';
import { loadSolver, type Solver } from './highs.ts';
import { conflictCertificate } from './linear-bounds.ts';
import { type Bounding, nextStudies } from './next.ts';
import { drawCells, type Prepared, prepare, prepareTarget } from './prepare.ts';
import type { Block, Programme } from './programme.ts';
import { type Range, rangeOf } from './range.ts';
import { type BoundsProblem, structureOf } from './structure.ts';

export interface BoundOptions extends RunOptions {
  /** Exact programmes (default), random restarts of EM, or both. */
  readonly mode?: 'exact' | 'emcc' | 'both';
  readonly seed?: number;
  /** Of confidence regions; default 0.95. */
  readonly level?: number;
  /** Draws of a bootstrap. */
  readonly draws?: number;
  readonly uncertainty?: 'auto' | 'bootstrap' | 'delta' | 'none';
  /** Runs of EMCC (100). */
  readonly starts?: number;
  /** Where EMCC's runs are made; default: this thread. */
  readonly pool?: Pool;
}

/** The fields of an answer that bounds give. */
export type Bounded = Account &
  Pick<
    Answer,
    | 'status'
    | 'kind'
    | 'lower'
    | 'upper'
    | 'tightness'
    | 'inner'
    | 'outer'
    | 'emcc'
    | 'agreement'
    | 'projected'
    | 'nextStudies'
    | 'certificate'
    | 'uncertainty'
    | 'why'
  >;

/** Do the studies agree about one c-component? */
export interface BlockAgreement {
  /** The variables of the component. */
  readonly block: string;
  readonly agreement: Agreement;
  readonly conflict: boolean;
}

export interface Bounds {
  bound(question: Question): Promise<Result<Bounded>>;
  /** Every component that a study speaks of, in the order of the graph. */
  agreements(): Promise<Result<readonly BlockAgreement[]>>;
}

type Agree = (prepared: Prepared) => Promise<AgreementOutcome>;

/**
 * The last rule: the range of a question over all models of the graph that fit every study (Zaffalon et al. 2023), by exact
 * programmes with certificates, by EMCC, or by both. What was found of the studies' agreement is kept from question to question.
 * Issues of `bound`: those of {@link prepare}, `bounds` where no method applies.
 */
export async function openBounds(problem: BoundsProblem, options: BoundOptions = {}): Promise<Result<Bounds>> {
  const solver = await loadSolver();
  const known = new Map<string, Promise<AgreementOutcome>>();
  const agree: Agree = (prepared) => {
    const key = JSON.stringify(prepared.programme.blocks.map(({ digits }) => digits));
    const found = known.get(key) ?? agreementIn(solver, prepared, options);
    known.set(key, found);
    return found;
  };
  return success({
    bound: (question) => boundQuestion(solver, problem, question, options, agree),
    agreements: () => agreementsOf(problem, options, agree),
  });
}

const agreementIn = (solver: Solver, prepared: Prepared, { draws: _draws, ...options }: BoundOptions): Promise<AgreementOutcome> =>
  agreementOf(solver, prepared.programme, { ...options, draw: (fitted, random) => drawCells(prepared, fitted, random) });

async function agreementsOf(problem: BoundsProblem, options: BoundOptions, agree: Agree): Promise<Result<readonly BlockAgreement[]>> {
  const structure = structureOf(problem);
  if (!structure.ok) return structure;
  const found: BlockAgreement[] = [];
  for (const number of structure.value.blocks.keys()) {
    const prepared = await prepareTarget(problem, structure.value, { numerator: [], blocks: [number] }, options);
    if (!prepared.ok) return prepared;
    const [{ name }] = prepared.value.programme.blocks as [Block];
    // Components that a study ties together are one.
    if (prepared.value.programme.cells.length === 0 || found.some(({ block }) => block === name)) continue;
    const { agreement, conflict } = await agree(prepared.value);
    if (agreement !== undefined) found.push({ block: name, agreement, conflict });
  }
  return success(found);
}

async function boundQuestion(
  solver: Solver,
  problem: BoundsProblem,
  question: Question,
  options: BoundOptions,
  agree: Agree,
): Promise<Result<Bounded>> {
  const made = await prepare(problem, question, options);
  if (!made.ok) return made;
  const { apart } = made.value;
  const found = await boundPrepared(solver, problem, question, made.value, options, agree);
  if (apart === undefined || options.signal?.aborted === true) return found;
  if (found.ok && (found.value.status !== 'bounded' || found.value.tightness !== 'outer')) return found;
  // Blocks described as one are harder to bound, and no independent ones may fit a sample; what leaves them apart is valid too.
  const other = await boundPrepared(solver, problem, question, apart, options, agree);
  return widthOf(other) < widthOf(found) || (!found.ok && other.ok) ? other : found;
}

/** Infinite where there are no bounds. */
function widthOf(found: Result<Bounded>): number {
  const width = found.ok ? (found.value.upper ?? Number.NaN) - (found.value.lower ?? Number.NaN) : Number.NaN;
  return Number.isNaN(width) ? Number.POSITIVE_INFINITY : width;
}

/** Agree, bound, and what one more study would do. */
async function boundPrepared(
  solver: Solver,
  problem: BoundsProblem,
  question: Question,
  prepared: Prepared,
  options: BoundOptions,
  agree: Agree,
): Promise<Result<Bounded>> {
  const agreed = await agree(prepared);
  const told = accountOf(problem, prepared, question);
  const account = {
    ...told,
    ...(agreed.agreement === undefined ? {} : { agreement: agreed.agreement }),
    diagnostics: [...told.diagnostics, ...(agreed.undecided === undefined ? [] : [unknownAgreement(agreed.undecided)])],
  };
  if (agreed.conflict || agreed.programme === undefined) return success({ ...account, ...refused(prepared, agreed, question) });
  const programme: Programme = { ...agreed.programme, target: prepared.programme.target };
  const diagnostics: Diagnostic[] = [...account.diagnostics];
  const projected = agreed.agreement?.strict !== false ? {} : { projected: true };

  const { mode = 'exact' } = options;
  const range = mode === 'emcc' ? undefined : await rangeOf(solver, programme, options, question.text);
  if (range !== undefined && 'issue' in range) return failure(agreed.undecided === undefined ? range.issue : unsettled(agreed.undecided));
  if (range?.status === 'undefined') return success({ ...account, status: 'undefined', kind: 'none' });
  diagnostics.push(...(range?.diagnostics ?? []));

  const emcc = mode === 'exact' ? undefined : await restarts(prepared.programme, options);
  if (emcc?.interrupted === true) diagnostics.push(interrupted('every run of EMCC was made'));
  if (emcc !== undefined && 'issue' in emcc) {
    if (range === undefined) return failure(emcc.issue);
    diagnostics.push({ name: 'EMCC', level: 'warn', says: emcc.issue.message });
  }
  const report = emcc !== undefined && 'report' in emcc ? { emcc: emcc.report } : {};
  const bounded = { status: 'bounded', kind: 'bounds', ...projected, ...report } as const;
  if (range === undefined) {
    const [lower, upper] = report.emcc?.widened ?? report.emcc?.interval ?? [Number.NaN, Number.NaN];
    return success({ ...account, diagnostics, ...bounded, lower, upper, tightness: 'inner', inner: [lower, upper] });
  }
  const [lower, upper] = ordered(range.outer);
  const partial = prepared.partial && upper - lower > pointWidth;
  const fields = {
    lower,
    upper,
    tightness: range.closed && !partial ? ('exact' as const) : ('outer' as const),
    ...(range.inner === undefined ? {} : { inner: ordered(range.inner) }),
    outer: [lower, upper] as const,
    ...(range.certificate === undefined ? {} : { certificate: range.certificate }),
  };
  // What ended early would only end early again.
  const region = range.cut !== undefined ? undefined : await regionOf(prepared, programme, range, options, diagnostics);
  const next = range.cut !== undefined ? undefined : await whatNext(solver, prepared, programme, range, options, diagnostics);
  const derivation = [...account.derivation, ...range.derivation];
  return success({
    ...account,
    derivation,
    diagnostics,
    ...bounded,
    ...fields,
    ...(region === undefined ? {} : { uncertainty: region }),
    ...(next === undefined ? {} : { nextStudies: next }),
  });
}

const unknownAgreement = ({ says, stopped }: NonNullable<AgreementOutcome['undecided']>): Diagnostic => ({
  name: stopped ? 'interrupted' : 'agreement',
  level: 'warn',
  says: `Whether some model gives what the studies show was not found out: ${says}. The bounds hold if one does.`,
});

const unsettled = ({ says }: NonNullable<AgreementOutcome['undecided']>): Issue => ({
  code: 'too-large',
  message: `The response functions are too many: ${says}.`,
  hint: 'What makes them fewer: merge levels, or leave out a parent.',
});

/** The two ends of a point may be swapped by rounding. */
const ordered = ([a, b]: readonly [number, number]): readonly [number, number] => (a <= b ? [a, b] : [b, a]);

/** Intervals narrower than this are points. */
const pointWidth = 1e-9;

const interrupted = (before: string): Diagnostic => ({ name: 'interrupted', level: 'warn', says: `Stopped before ${before}.` });

/** The no of studies that contradict each other or the graph, with its proof. */
function refused(
  prepared: Prepared,
  { agreement, proofs }: AgreementOutcome,
  question: Question,
): Partial<Bounded> & Pick<Bounded, 'status' | 'kind'> {
  const why = agreement?.violated?.says;
  const [proof] = proofs.toSorted((a, b) => b.violated.left - b.violated.right - (a.violated.left - a.violated.right));
  return {
    status: 'incompatible',
    kind: 'none',
    ...(why === undefined ? {} : { why }),
    ...(proof === undefined ? {} : { certificate: conflictCertificate(prepared.programme, proof, question.text) }),
  };
}

type Restarts = { readonly interrupted: boolean } & ({ readonly report: NonNullable<Answer['emcc']> } | { readonly issue: Issue });

async function restarts(programme: Programme, { starts, ...options }: BoundOptions): Promise<Restarts> {
  const outcome = await emccBounds(programme, { ...options, ...(starts === undefined ? {} : { runs: starts }) });
  if ('report' in outcome) return { report: outcome.report, interrupted: outcome.partial };
  return { issue: { code: 'bounds', message: `EMCC: ${outcome.refused}.` }, interrupted: outcome.partial };
}

/** Undefined: not asked for, exact probabilities, or too large. */
async function regionOf(
  prepared: Prepared,
  programme: Programme,
  { points }: Range,
  { draws, uncertainty, ...options }: BoundOptions,
  diagnostics: Diagnostic[],
): Promise<Answer['uncertainty']> {
  const [lower, upper] = points;
  if (uncertainty === 'none' || lower === undefined || upper === undefined) return undefined;
  try {
    return await confidenceOf(
      programme,
      { lower, upper },
      {
        ...options,
        ...(draws === undefined ? {} : { draws: Math.min(draws, 399) }),
        draw: (fitted, random) => drawCells(prepared, fitted, random),
      },
    );
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    diagnostics.push(interrupted('the confidence region was computed'));
    return undefined;
  }
}

/** What the comparison of further studies may take, and the bounds that they are to narrow, in linear programmes of 2000 entries. */
const mostWork = 1500;

const notCompared = (says: string): Diagnostic => ({ name: 'further studies', level: 'ok', says });

async function whatNext(
  solver: Solver,
  prepared: Prepared,
  programme: Programme,
  { outer, points, long, work = 0 }: Range,
  options: BoundOptions,
  diagnostics: Diagnostic[],
): Promise<Answer['nextStudies']> {
  const width = outer[1] - outer[0];
  if (width <= pointWidth || points.length === 0) return undefined;
  if (work > mostWork) {
    diagnostics.push(notCompared('The bounds alone took long: what one more study would leave of them was not looked into.'));
    return undefined;
  }
  const coarse = { work: 20, gap: Math.max(1e-6, 1e-4 * width), models: false };
  const again: Bounding = async (extended) => {
    const found = await rangeOf(solver, extended, { ...options, ...coarse });
    return 'issue' in found || found.status === 'undefined' ? undefined : { outer: found.outer, work: found.work ?? 0 };
  };
  // A coarser average where one range takes long.
  const models = long ? 3 : 8;
  try {
    const { studies, tried, candidates } = await nextStudies(prepared, programme, points, width, again, {
      ...options,
      models,
      work: mostWork,
    });
    if (tried < candidates)
      diagnostics.push(notCompared(`Of ${candidates} further studies only the first ${tried} were compared: each takes long.`));
    return studies;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    diagnostics.push(interrupted('further studies were compared'));
    return undefined;
  }
}
