import type { Name } from '../graph/variable.ts';
import type { Agreement, Answer, DerivationLine, Diagnostic } from '../interpret/answer.ts';
import { printQuestion } from '../query/print.ts';
import type { Question } from '../query/terms.ts';
import { type Issue, type Result, success } from '../run/issue.ts';
import type { Pool } from '../run/pool.ts';
import type { RunOptions } from '../run/progress.ts';
import { type AgreementOutcome, agreementOf } from './agreement.ts';
import { loadSolver, type Solver } from './highs.ts';
import { multilinearBounds } from './multilinear.ts';
import { nextStudies } from './next.ts';
import { drawCells, type Prepared, prepare, prepareTarget } from './prepare.ts';
import type { ModelPoint, Programme } from './programme.ts';
import { type BoundsProblem, structureOf } from './structure.ts';

export interface BoundOptions extends RunOptions {
  /** Exact programmes (default), random restarts of EM, or both. */
  readonly mode?: 'exact' | 'emcc' | 'both';
  readonly seed?: number;
  /** Of confidence regions; the studies are said to contradict each other at 1 - level. Default 0.95. */
  readonly level?: number;
  /** Draws of bootstraps. */
  readonly draws?: number;
  readonly uncertainty?: 'auto' | 'bootstrap' | 'delta' | 'none';
  /** Runs of EMCC (100). */
  readonly starts?: number;
  /** Where EMCC's runs are made; default: this thread. */
  readonly pool?: Pool;
}

/** The fields of an answer that bounds give. */
export type Bounded = Pick<
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
  | 'studies'
  | 'why'
> & {
  readonly rule: 'range';
  readonly estimand: { readonly text: string; readonly latex: string };
  readonly derivation: readonly DerivationLine[];
  readonly diagnostics: readonly Diagnostic[];
  readonly assumes: readonly string[];
};

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

/**
 * The last rule: the range of a question over all models of the graph that fit every study (Zaffalon et al. 2023), by exact
 * programmes with certificates, by EMCC, or by both. Issues: those of {@link prepare}.
 */
export async function openBounds(problem: BoundsProblem, options: BoundOptions = {}): Promise<Result<Bounds>> {
  const solver = await loadSolver();
  const known = new Map<string, Promise<AgreementOutcome>>();
  const agreement = (prepared: Prepared): Promise<AgreementOutcome> => {
    const key = JSON.stringify(prepared.programme.blocks.map(({ digits }) => digits));
    const found = known.get(key) ?? agree(solver, prepared, options);
    known.set(key, found);
    return found;
  };
  return success({
    bound: (question) => boundQuestion(solver, problem, question, options, agreement),
    agreements: () => agreementsOf(problem, options, agreement),
  });
}

type Agree = (prepared: Prepared) => Promise<AgreementOutcome>;

const agree = (solver: Solver, prepared: Prepared, { draws: _draws, ...options }: BoundOptions): Promise<AgreementOutcome> =>
  agreementOf(solver, prepared.programme, { ...options, draw: (fitted, random) => drawCells(prepared, fitted, random) });

async function agreementsOf(problem: BoundsProblem, options: BoundOptions, agreement: Agree): Promise<Result<readonly BlockAgreement[]>> {
  const structure = structureOf(problem);
  if (!structure.ok) return structure;
  const found: BlockAgreement[] = [];
  for (const [number, { name }] of structure.value.blocks.entries()) {
    const prepared = await prepareTarget(problem, structure.value, { numerator: [], blocks: [number] }, options);
    if (!prepared.ok) return prepared;
    if (prepared.value.programme.cells.length === 0) continue;
    const outcome = await agreement(prepared.value);
    found.push({ block: name, agreement: outcome.agreement, conflict: outcome.conflict });
  }
  return success(found);
}

async function boundQuestion(
  solver: Solver,
  problem: BoundsProblem,
  question: Question,
  options: BoundOptions,
  agreement: Agree,
): Promise<Result<Bounded>> {
  const made = await prepare(problem, question, options);
  if (!made.ok) return made;
  const prepared = made.value;
  const agreed = await agreement(prepared);
  const shared = { ...common(problem, prepared, question), agreement: agreed.agreement };
  if (agreed.conflict || agreed.programme === undefined) {
    const why = agreed.agreement.violated?.says;
    return success({ ...shared, status: 'incompatible', kind: 'none', ...(why === undefined ? {} : { why }) });
  }
  const programme: Programme = { ...agreed.programme, target: prepared.programme.target };
  const found = await exactly(solver, programme, options);
  if ('issue' in found) return { ok: false, issues: [found.issue] };
  const { inner, outer, points } = found;
  const width = outer[1] - outer[0];
  const again = async (extended: Programme): Promise<readonly [number, number] | undefined> => {
    const one = await exactly(solver, extended, options);
    return 'issue' in one ? undefined : one.outer;
  };
  const next = width > 1e-9 ? await nextStudies(prepared, programme, points, width, again, options) : [];
  return success({
    ...shared,
    status: 'bounded',
    kind: 'bounds',
    lower: outer[0],
    upper: outer[1],
    tightness: 'exact',
    inner,
    outer,
    ...(agreed.agreement.strict ? {} : { projected: true }),
    ...(next.length > 0 ? { nextStudies: next } : {}),
  });
}

type Found = {
  readonly inner: readonly [number, number];
  readonly outer: readonly [number, number];
  readonly points: readonly ModelPoint[];
};

async function exactly(solver: Solver, programme: Programme, options: RunOptions): Promise<Found | { readonly issue: Issue }> {
  const found = await multilinearBounds(solver, programme, options);
  if (found.status !== 'bounds')
    return { issue: { code: found.status, message: found.status === 'too-large' ? found.says : 'No model fits the studies.' } };
  const points = [found.lowerPoint, found.upperPoint].filter((point) => point !== undefined);
  return { inner: found.inner ?? found.outer, outer: found.outer, points };
}

function common(
  problem: BoundsProblem,
  prepared: Prepared,
  question: Question,
): Pick<Bounded, 'rule' | 'estimand' | 'derivation' | 'diagnostics' | 'assumes' | 'studies'> {
  const names = new Set<Name>(prepared.tables.map(({ name }) => name));
  return {
    rule: 'range',
    estimand: { text: `min and max of ${printQuestion(question)}`, latex: '' },
    derivation: [],
    diagnostics: prepared.notes.map((says) => ({ name: 'bounds', level: 'ok', says })),
    assumes: [],
    studies: problem.studies
      .filter(({ name }) => names.has(name))
      .map(({ name, size, fingerprint }) => ({ name, rows: Number.isFinite(size) ? size : null, fingerprint })),
  };
}
