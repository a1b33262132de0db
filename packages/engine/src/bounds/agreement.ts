import type { Agreement } from '../interpret/answer.ts';
import { Random } from '../math/random.ts';
import { Sum } from '../math/sum.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { inSteps } from '../run/steps.ts';
import type { Farkas } from './farkas.ts';
import { type BlockFit, BlockLikelihood } from './fit.ts';
import type { Solver } from './highs.ts';
import type { Cut } from './island.ts';
import { empiricalLogLikelihood, hasPluggedNumbers, recordsOf } from './likelihood.ts';
import { type LinearBlock, openBlock } from './linear.ts';
import type { Cell, Programme } from './programme.ts';
import { type Projection, projectProgramme } from './project.ts';

export interface AgreementOptions extends RunOptions {
  /** Cells from tables of the same sizes drawn at the given cell probabilities; absent: no p-value. */
  readonly draw?: (fitted: Float64Array, random: Random) => readonly Cell[];
  readonly seed?: number;
  /** Most tables to draw (default 999); fewer where the p-value is clear before, or where one fit is long. */
  readonly draws?: number;
}

export interface AgreementOutcome {
  /** Absent: it was not found out, see `undecided`. */
  readonly agreement?: Agreement;
  /** In words, why it was not found out whether some model gives what the studies show, or what the best-fitting one gives. */
  readonly undecided?: { readonly says: string; readonly stopped: boolean };
  /** Studies contradict each other or the graph beyond sampling: exact probabilities that no model has, impossible records, or p < 0.05. */
  readonly conflict: boolean;
  /** The programme whose targets models attain: the same one if the studies agree strictly; absent where exact probabilities contradict one another. */
  readonly programme?: Programme;
  /** The blocks whose targets were moved. */
  readonly projections: readonly Projection[];
  /** One proof per block that is strictly incompatible. */
  readonly proofs: readonly Farkas[];
}

/** Below this p-value the studies are said to be in conflict. */
export const conflictLevel = 0.05;
/** Exceedances after which a p-value is clear (Besag and Clifford 1991), and draws without any. */
const clearly = 20;
const noneIn = 199;
const mostWork = 4e9;

/**
 * Do the studies and the graph agree (M-compatibility, Zaffalon et al.)? Strictly: some model gives every cell its empirical
 * probability (linear programmes). If not: by how many nats the joint maximum falls short of the studies' own maxima, and how
 * often tables drawn from the best-fitting model fall short by as much.
 *
 * The best-fitting model lies at the edge of what is possible, but perhaps not at all edges at which the truth lies, and then its
 * tables would fall short too rarely. Hence each drawn table is compared with models drawn towards the best-fitting one by a
 * factor sqrt(log n): edges nearby count as reached (the moment selection of Andrews and Soares 2010 in its shrinking form).
 *
 * Exact probabilities do not vary: where they contradict each other no p-value is needed. Beside sampled studies they are
 * conditions that every fit meets. Throws {@link Interrupted}.
 */
export async function agreementOf(solver: Solver, programme: Programme, options: AgreementOptions = {}): Promise<AgreementOutcome> {
  const blocks = programme.blocks.map((_, block) => block);
  const conflicts = await conflictsOf(solver, programme, options);
  if (!Array.isArray(conflicts)) return { undecided: conflicts, conflict: false, programme, projections: [], proofs: [] };
  const proofs: readonly Farkas[] = conflicts;
  if (proofs.length === 0)
    return { agreement: { gap: 0, gapAtLeast: 0, strict: true }, conflict: false, programme, projections: [], proofs };
  const stated = { ...programme, cells: programme.cells.map((cell) => withoutSample(programme, cell)) };
  const exactly = await conflictsOf(solver, stated, options);
  if (!Array.isArray(exactly)) return { undecided: exactly, conflict: false, programme, projections: [], proofs };
  const fixed: readonly Farkas[] = exactly;
  const broken = new Set(fixed.map(({ block }) => block));
  const projections: Projection[] = [];
  const gap = new Sum();
  const least = new Sum();
  for (const { block } of proofs) {
    const loose = broken.has(block);
    const likelihood = new BlockLikelihood(programme, block, { loose });
    const fit = await inSteps(likelihood.fitting(), options);
    if (fit.cut === 'stopped' || (fit.cut !== undefined && !(fit.gap < farOff)))
      return { undecided: undecided(fit.cut), conflict: false, programme, projections, proofs };
    const own = loose ? looseLogLikelihood(programme, block) : empiricalLogLikelihood(programme, block, programme.cells);
    gap.add(Math.max(0, own - fit.logLikelihood));
    least.add(Math.max(0, own - fit.logLikelihood - Math.max(0, fit.gap)));
    projections.push({ likelihood, fit });
  }
  const worst = (fixed.length > 0 ? fixed : proofs).reduce((a, b) => (strength(b) > strength(a) ? b : a));
  const agreement: Agreement = {
    gap: gap.value,
    gapAtLeast: least.value,
    strict: false,
    violated: { ...worst.violated, studies: worst.studies },
  };
  if (fixed.length > 0) return { agreement, conflict: true, projections, proofs };
  if (!Number.isFinite(gap.value)) return { agreement: { ...agreement, pValue: 0, draws: 0 }, conflict: true, projections, proofs };
  const projected = projectProgramme(programme, projections);
  const test = await pValueOf(programme, blocks, projections, gap.value, options);
  return {
    agreement: { ...agreement, ...test },
    conflict: test !== undefined && test.pValue < conflictLevel,
    programme: projected,
    projections,
    proofs,
  };
}

const strength = ({ violated }: Farkas): number => violated.left - violated.right;

/** How far from the largest likelihood, in nats, a fit may be whose search ended early. */
const farOff = 0.1;

const undecided = (cut: Cut): { readonly says: string; readonly stopped: boolean } => ({
  says: cut === 'stopped' ? 'the run was stopped' : 'the search for states of the response functions ended at its limit',
  stopped: cut === 'stopped',
});

async function conflictsOf(
  solver: Solver,
  programme: Programme,
  options: RunOptions,
): Promise<Farkas[] | NonNullable<AgreementOutcome['undecided']>> {
  const conflicts: Farkas[] = [];
  let open: LinearBlock['undecided'];
  for (const block of programme.blocks.keys()) {
    const opened = await inSteps(openBlock(solver, programme, block), options);
    opened.close();
    if (opened.conflict !== undefined) conflicts.push(opened.conflict);
    open ??= opened.undecided;
  }
  if (open === undefined || conflicts.length > 0) return conflicts;
  return 'failed' in open ? { says: open.failed, stopped: false } : undecided(open.cut);
}

const withoutSample = ({ strata }: Programme, cell: Cell): Cell =>
  strata[cell.stratum]?.exact === true ? cell : { ...cell, target: Number.NaN };

/** {@link empiricalLogLikelihood} with an exact study as one record. */
function looseLogLikelihood(programme: Programme, block: number): number {
  return empiricalLogLikelihood(
    { ...programme, strata: programme.strata.map((one) => ({ ...one, exact: false })) },
    block,
    programme.cells,
  );
}

/** Everything is measured against the one sum of gaps: the tables of several blocks come from the same records. */
async function pValueOf(
  programme: Programme,
  blocks: readonly number[],
  projections: readonly Projection[],
  gap: number,
  { draw, seed = 0, draws = 999, signal, onProgress, pause }: AgreementOptions,
): Promise<{ readonly pValue: number; readonly draws: number } | undefined> {
  if (draw === undefined) return undefined;
  const fits = new Map(projections.map((projection) => [projection.likelihood.block, projection]));
  const likelihoods = blocks.map((block) => fits.get(block)?.likelihood ?? new BlockLikelihood(programme, block));
  const work = likelihoods.reduce((sum, likelihood) => sum + likelihood.work, 0);
  const most = Math.min(draws, Math.floor(mostWork / work));
  if (most < 39) return undefined;
  const fitted = Float64Array.from(programme.cells, ({ target }) => target);
  for (const { likelihood, fit } of projections)
    for (const [position, cell] of likelihood.cells.entries()) fitted[cell] = fit.fitted[position] as number;
  const records = blocks.reduce((sum, block) => Math.max(sum, recordsOf(programme, block)), 0);
  const factor = Math.sqrt(Math.log(Math.max(records, 3)));
  const replugged = hasPluggedNumbers(programme);
  const random = new Random(seed, 'agreement');
  const reached = gap * (1 - 1e-9) - 1e-9;
  let exceeded = 0;
  for (let i = 0; i < most; i++) {
    if (signal?.aborted === true) throw new Interrupted();
    if (i % 16 === 0) {
      onProgress?.({ task: 'do the studies agree', done: i, total: most });
      await pause?.();
    }
    const cells = draw(fitted, random.split(i));
    const drawn = replugged ? { ...programme, cells } : programme;
    const counts = Float64Array.from(cells, ({ count }) => count);
    let total = 0;
    for (const [position, block] of blocks.entries()) {
      const own = empiricalLogLikelihood(drawn, block, cells);
      if (own === 0) continue;
      const likelihood = replugged ? new BlockLikelihood(drawn, block) : (likelihoods[position] as BlockLikelihood);
      const left = reached - total;
      const fit: BlockFit = likelihood.fit({
        counts,
        contracted: { centre: fitted, factor },
        // Only which side of the observed gap it is on matters.
        ...(position === blocks.length - 1 && { until: (value, open) => own - value < left || own - value - open >= left }),
      });
      total += Math.max(0, own - fit.logLikelihood);
    }
    if (total >= reached) exceeded++;
    if (exceeded >= clearly) return { pValue: exceeded / (i + 1), draws: i + 1 };
    if (exceeded === 0 && i + 1 === noneIn) return { pValue: 1 / (noneIn + 1), draws: noneIn };
  }
  return { pValue: (1 + exceeded) / (1 + most), draws: most };
}
