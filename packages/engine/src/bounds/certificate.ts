import type { Value } from '../graph/variable.ts';
import type { BranchesProof } from './branch-proof.ts';
import type { Farkas } from './farkas.ts';
import type { Cell, Form, Literal, ModelPoint, Programme, Restriction, Target } from './programme.ts';

/**
 * Bounds with what proves them, as plain data that survives JSON: the programme, models that attain the inner values, and
 * multipliers that show that nothing lies beyond the outer ones. {@link verifyCertificate} checks it without a solver.
 */
export interface Certificate {
  readonly schema: 'doable/certificate@1';
  readonly question?: string;
  readonly blocks: readonly CertifiedBlock[];
  readonly strata: readonly { readonly block: number; readonly study: string; readonly says: string }[];
  /** Every cell of every stratum: within a stratum they are exhaustive and exclude one another. */
  readonly cells: readonly CertifiedCell[];
  readonly restrictions: readonly Restriction[];
  readonly target?: Target;
  readonly lower?: CertifiedSide;
  readonly upper?: CertifiedSide;
  /** What both sides rest on where their proof is of the kind `branches`. */
  readonly branches?: BranchesProof;
  /** Largest distance between what is attained and what is proven, on either side. */
  readonly gap?: number;
  /** In place of bounds: no model fits. */
  readonly conflict?: CertifiedConflict;
}

export interface CertifiedBlock {
  readonly name: string;
  readonly digits: readonly { readonly name: string; readonly levels: readonly Value[] }[];
  readonly forbidden: readonly (readonly Literal[])[];
  readonly groups?: readonly (readonly number[])[];
  readonly independences: readonly { readonly a: readonly number[]; readonly b: readonly number[] }[];
}

export interface CertifiedCell {
  readonly stratum: number;
  readonly form: Form;
  readonly says: string;
  /** Null: nothing is known of it. */
  readonly target: number | null;
  readonly ratios?: readonly (readonly [number, number])[];
}

export interface CertifiedSide {
  /** Nothing lies beyond: what `proof` proves. */
  readonly outer: number;
  /** What `witness` attains. Both are absent where no model was found: an outer bound only. */
  readonly inner?: number;
  readonly witness?: ModelPoint;
  readonly proof: Proof;
}

/** A side that a linear programme gives. */
export interface LinearSide extends CertifiedSide {
  readonly proof: LinearProof;
}

/** Multipliers of some cells and restrictions of one block: [position in `cells` or `restrictions`, multiplier]. */
export interface Multipliers {
  readonly cells: readonly (readonly [number, number])[];
  readonly restrictions: readonly (readonly [number, number])[];
}

/** Bounds of the probability of a conjunction of digits of one block, from multipliers. */
export interface Pin {
  readonly block: number;
  readonly literals: readonly Literal[];
  readonly lower: Multipliers;
  readonly upper: Multipliers;
}

/**
 * With the numbers of all other blocks between their pins, the target is linear in `block`, and the multipliers bound it (weak
 * duality). A quotient N / D is bounded through N - outer D; `denominator` shows how small D can be.
 */
export interface LinearProof {
  readonly kind: 'linear';
  readonly pins: readonly Pin[];
  readonly block: number;
  readonly multipliers: Multipliers;
  readonly denominator?: Multipliers;
}

/** `branches`: see {@link Certificate.branches}. */
export type Proof = LinearProof | { readonly kind: 'branches' };

/** Sum of multiplier x target is more than any model of the block reaches. */
export interface CertifiedConflict {
  readonly block: number;
  readonly multipliers: Multipliers;
  readonly says: string;
  readonly left: number;
  readonly right: number;
}

/** The part of a certificate that states the problem. `projected`: targets are fitted, and counts do not give them. */
export function certifiedProblem(
  programme: Programme,
): Pick<Certificate, 'schema' | 'blocks' | 'strata' | 'cells' | 'restrictions' | 'target'> {
  return {
    schema: 'doable/certificate@1',
    blocks: programme.blocks.map(({ name, digits, forbidden, groups, independences }) => ({
      name,
      digits: digits.map(({ variable, parents, context, levels }) => ({
        name: parents.length === 0 ? variable : `${variable}(${parents.map((parent, i) => `${parent}=${context[i]}`).join(', ')})`,
        levels,
      })),
      forbidden,
      ...(groups === undefined ? {} : { groups }),
      independences,
    })),
    strata: programme.strata.map(({ block, study, says }) => ({ block, study, says })),
    cells: programme.cells.map(certifiedCell),
    restrictions: programme.restrictions,
    target: programme.target,
  };
}

/** Counts that do not give the target (a fitted one) are left out. */
function certifiedCell({ stratum, form: of, says, target: at, ratios }: Cell): CertifiedCell {
  const product = ratios?.reduce((sum, [above, below]) => (sum * above) / below, 1);
  const counted = product !== undefined && Math.abs(product - at) <= 1e-12;
  return { stratum, form: of, says, target: Number.isFinite(at) ? at : null, ...(counted && ratios !== undefined ? { ratios } : {}) };
}

/** Dense multipliers of a block (its cells, then its restrictions) by position in the programme; zeros left out. */
export function sparse(programme: Programme, block: number, dense: readonly number[]): Multipliers {
  const positions = (list: readonly boolean[]): number[] => list.flatMap((own, i) => (own ? [i] : []));
  const cells = positions(programme.cells.map(({ stratum }) => programme.strata[stratum]?.block === block));
  const restrictions = positions(programme.restrictions.map((restriction) => restriction.block === block));
  const pairs = (places: readonly number[], offset: number): [number, number][] =>
    places.flatMap((place, i): [number, number][] => {
      const y = dense[offset + i] ?? 0;
      return y === 0 ? [] : [[place, y]];
    });
  return { cells: pairs(cells, 0), restrictions: pairs(restrictions, cells.length) };
}

/** The whole certificate of bounds by linear programmes. */
export function certificateOf(
  programme: Programme,
  { lower, upper }: { readonly lower: CertifiedSide; readonly upper: CertifiedSide },
  question?: string,
): Certificate {
  return { ...certifiedProblem(programme), ...asked(question), lower, upper, gap: gapOf(lower, upper) };
}

/** The certificate of bounds of a multilinear programme: `outer` as its proof proves it, `inner` where models were found. */
export function branchesCertificate(
  programme: Programme,
  found: {
    readonly outer: readonly [number, number];
    readonly inner?: readonly [number, number];
    readonly lowerPoint?: ModelPoint;
    readonly upperPoint?: ModelPoint;
    readonly proof: BranchesProof;
  },
  question?: string,
): Certificate {
  const { outer, inner, lowerPoint, upperPoint, proof } = found;
  const side = (end: 0 | 1, witness: ModelPoint | undefined): CertifiedSide => ({
    outer: outer[end],
    ...(inner === undefined || witness === undefined ? {} : { inner: inner[end], witness }),
    proof: { kind: 'branches' },
  });
  const [lower, upper] = [side(0, lowerPoint), side(1, upperPoint)];
  return { ...certifiedProblem(programme), ...asked(question), lower, upper, branches: proof, gap: gapOf(lower, upper) };
}

/** The certificate that no model fits. */
export function conflictCertificate(programme: Programme, { block, violated, multipliers }: Farkas, question?: string): Certificate {
  const { target: _, ...problem } = certifiedProblem(programme);
  return { ...problem, ...asked(question), conflict: { block, multipliers: sparse(programme, block, multipliers), ...violated } };
}

const asked = (question: string | undefined): { readonly question?: string } => (question === undefined ? {} : { question });
const gapOf = (lower: CertifiedSide, upper: CertifiedSide): number =>
  Math.max((lower.inner ?? lower.outer) - lower.outer, upper.outer - (upper.inner ?? upper.outer), 0);

/** The programme that a certificate states; names of parents are in the names of digits. */
export function programmeOf({ blocks, strata, cells, restrictions, target = { numerator: [] } }: Certificate): Programme {
  return {
    blocks: blocks.map(({ name, digits, forbidden, groups, independences }) => ({
      name,
      children: [],
      digits: digits.map((digit) => ({ variable: digit.name, parents: [], context: [], levels: digit.levels })),
      forbidden,
      ...(groups === undefined ? {} : { groups }),
      independences,
      complete: true,
    })),
    strata: strata.map((stratum) => ({ ...stratum, exact: true })),
    cells: cells.map((cell) => ({ ...cell, count: cell.target ?? 0, target: cell.target ?? Number.NaN })),
    restrictions,
    target,
  };
}
