import { Interrupted, type RunOptions } from '../run/progress.ts';
import { inSteps } from '../run/steps.ts';
import { certifiedProblem, type LinearProof, type LinearSide, sparse } from './certificate.ts';
import { blocksOf, targetValue } from './contract.ts';
import type { Farkas } from './farkas.ts';
import { doubleField } from './field.ts';
import type { Solver } from './highs.ts';
import type { Cut } from './island.ts';
import { type BlockOptions, type FormRange, type LinearBlock, type OpenRange, openBlock, type RatioRange } from './linear.ts';
import { formsBetween, isPinned, type Numbers, numbersOf } from './pins.ts';
import type { BlockPoint, Form, ModelPoint, Programme } from './programme.ts';
import { linearBound } from './proof.ts';

export { certificateOf, conflictCertificate } from './certificate.ts';

export interface LinearBounds {
  readonly kind: 'bounds';
  readonly lower: LinearSide;
  readonly upper: LinearSide;
  /** The block that is not pinned; undefined: none, and the value is a point. */
  readonly open: number | undefined;
  /** With a condition: some model gives it probability 0, and there the question has no value. */
  readonly denominatorCanVanish: boolean;
  /** The search ended early: the outer values hold, and are perhaps not the best. No model may be known that fits. */
  readonly cut?: Cut;
  /** States were found as they were needed, which takes long. */
  readonly generated: boolean;
}

export type LinearOutcome =
  | LinearBounds
  /** No model fits; the blocks that contradict themselves, the widest contradiction first. */
  | { readonly kind: 'infeasible'; readonly conflicts: readonly Farkas[] }
  /** The condition has probability 0 in every model. */
  | { readonly kind: 'undefined' }
  /** Two or more blocks are not pinned: not a linear programme. */
  | { readonly kind: 'multilinear'; readonly unpinned: readonly number[] }
  /** These blocks that the target reads have several independent exogenous variables: a linear programme is a relaxation only. */
  | { readonly kind: 'several'; readonly blocks: readonly number[]; readonly unpinned: readonly number[] }
  | { readonly kind: 'failed'; readonly says: string };

export interface LinearOptions extends RunOptions, BlockOptions {}

/** Several exogenous variables whose independence a linear programme over the block does not keep. */
export const hasSeveral = (programme: Programme, block: number): boolean => {
  const own = programme.blocks[block];
  return own !== undefined && ((own.groups?.length ?? 1) > 1 || own.independences.length > 0);
};

/**
 * Exact bounds where at most one block of the target is not pinned by what the studies show: a linear (or linear-fractional)
 * programme in it, certified on both sides.
 */
export async function linearBounds(solver: Solver, programme: Programme, options: LinearOptions = {}): Promise<LinearOutcome> {
  const blocks: LinearBlock[] = [];
  try {
    for (const block of programme.blocks.keys()) {
      blocks.push(await inSteps(openBlock(solver, programme, block, options), options));
      await breathe(options, blocks);
    }
    const conflicts = blocks.flatMap(({ conflict }) => (conflict === undefined ? [] : [conflict]));
    if (conflicts.length > 0) {
      const size = ({ violated }: Farkas): number => violated.left - violated.right;
      return { kind: 'infeasible', conflicts: conflicts.sort((a, b) => size(b) - size(a)) };
    }
    return await solve(programme, blocks, options);
  } finally {
    for (const block of blocks) block.close();
  }
}

async function solve(programme: Programme, blocks: readonly LinearBlock[], options: LinearOptions): Promise<LinearOutcome> {
  const { target } = programme;
  const failed = blocks.flatMap(({ undecided }) => (undecided !== undefined && 'failed' in undecided ? [undecided.failed] : []));
  if (failed[0] !== undefined) return { kind: 'failed', says: failed[0] };
  const found = blocks.flatMap(({ point }) => point ?? []);
  const points = found.length < blocks.length ? undefined : found;
  // The block with the most digits last: it is most often the one that is not pinned, and then need not be looked into.
  const digits = (block: number): number => programme.blocks[block]?.digits.length ?? 0;
  const order = blocksOf(target).sort((a, b) => digits(a) - digits(b) || a - b);
  const numbers = new Map<number, Numbers>();
  const read = async (block: number): Promise<string | undefined> => {
    const found = await inSteps(numbersOf(programme, blocks[block] as LinearBlock), options);
    await breathe(options, blocks);
    if ('failed' in found) return found.failed;
    if ('infeasible' in found) return found.infeasible.violated.says;
    numbers.set(block, found);
    return undefined;
  };
  for (const block of order.slice(0, -1)) {
    const failed = await read(block);
    if (failed !== undefined) return { kind: 'failed', says: failed };
  }
  const last = order.at(-1) ?? 0;
  let unpinned = order.slice(0, -1).filter((block) => !isPinned(target, block, numbers));
  const several = order.filter((block) => hasSeveral(programme, block));
  if (unpinned.length > 0) {
    const failed = await read(last);
    if (failed !== undefined) return { kind: 'failed', says: failed };
    unpinned = order.filter((block) => !isPinned(target, block, numbers));
  }
  if (several.length > 0) return { kind: 'several', blocks: several, unpinned: unpinned.length === 0 ? [last] : unpinned };
  // What ends early is bounded as it is, the other blocks between what is proven of them.
  const cut = blocks.some(({ undecided }) => undecided !== undefined) || [...numbers.values()].some((one) => one.cut !== undefined);
  if (unpinned.length > 1 && !cut) return { kind: 'multilinear', unpinned };
  const open = unpinned.includes(last) ? last : (unpinned[0] ?? last);
  numbers.delete(open);
  return extremes(programme, blocks[open] as LinearBlock, numbers, points, options);
}

async function extremes(
  programme: Programme,
  open: LinearBlock,
  numbers: ReadonlyMap<number, Numbers>,
  points: readonly BlockPoint[] | undefined,
  options: LinearOptions,
): Promise<LinearOutcome> {
  const { target } = programme;
  const { block } = open;
  const above = formsBetween(target.numerator, block, numbers);
  const below = target.denominator === undefined ? undefined : formsBetween(target.denominator, block, numbers);
  const range = (form: Form) => (below === undefined ? inSteps(open.range(form), options) : inSteps(open.ratio(form, below.low), options));
  const low = await range(above.low);
  const high = sameForm(above) ? low : await range(above.high);
  if (low === 'undefined' || high === 'undefined') return { kind: 'undefined' };
  if ('failed' in low) return { kind: 'failed', says: low.failed };
  if ('failed' in high) return { kind: 'failed', says: high.failed };
  if ('infeasible' in low || 'infeasible' in high) return { kind: 'failed', says: 'a block that has models was found without' };
  const problem = certifiedProblem(programme);
  const side = (end: 'lower' | 'upper', found: FormRange | RatioRange | OpenRange): LinearSide => {
    const proof: LinearProof = {
      kind: 'linear',
      pins: [...numbers.values()].flatMap(({ pins }) => pins),
      block,
      multipliers: sparse(programme, block, found[`${end}Multipliers`]),
      ...('denominatorMultipliers' in found ? { denominator: sparse(programme, block, found.denominatorMultipliers) } : {}),
    };
    if (!('attained' in found) || points === undefined) return { outer: linearBound(doubleField, problem, proof, end, found[end]), proof };
    const witness: ModelPoint = points.map((other, i) => (i === block ? found[`${end}Point`] : other));
    const at = found.attained[end === 'lower' ? 0 : 1];
    return { outer: linearBound(doubleField, problem, proof, end, at), inner: targetValue(target, witness), witness, proof };
  };
  const cut = low.cut ?? high.cut ?? [...numbers.values()].find((one) => one.cut !== undefined)?.cut;
  return {
    kind: 'bounds',
    lower: side('lower', low),
    upper: side('upper', high),
    open: low.upper - low.lower > 1e-9 ? block : undefined,
    denominatorCanVanish: 'denominatorCanVanish' in low && low.denominatorCanVanish,
    generated: open.generated,
    ...(cut === undefined ? {} : { cut }),
  };
}

const sameForm = ({ low, high }: { readonly low: readonly unknown[]; readonly high: readonly unknown[] }): boolean =>
  JSON.stringify(low) === JSON.stringify(high);

/** What was told to stop in the middle of a block has an answer still. */
async function breathe({ signal, pause }: RunOptions, blocks: readonly LinearBlock[]): Promise<void> {
  if (signal?.aborted === true && blocks.every(({ undecided }) => undecided === undefined)) throw new Interrupted('bounds');
  await pause?.();
}
