import { z } from 'zod';
import type { Value } from '../graph/variable.ts';
import type { BlockPoint, Cell, Form, Literal, ModelPoint, Network, Programme, Restriction, Target } from './programme.ts';

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
  /** What `witness` attains. */
  readonly inner: number;
  readonly witness: ModelPoint;
  readonly proof: Proof;
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

export type Proof = LinearProof;

/** Sum of multiplier x target is more than any model of the block reaches. */
export interface CertifiedConflict {
  readonly block: number;
  readonly multipliers: Multipliers;
  readonly says: string;
  readonly left: number;
  readonly right: number;
}

const index = z.int().min(0);
const finite = z.number();
const literal: z.ZodType<Literal> = z.object({ digit: index, value: index });
const conjunction = z.array(literal);
const form = z.array(z.object({ coefficient: finite, literals: conjunction }));
const entries = z.array(z.tuple([index, finite]));
const multipliers: z.ZodType<Multipliers> = z.object({ cells: entries, restrictions: entries });
const network: z.ZodType<Network> = z.object({
  weight: finite,
  tables: z.array(
    z.object({ block: index, axes: z.array(z.string()), sizes: z.array(z.int().min(1)), cells: z.array(z.union([conjunction, z.null()])) }),
  ),
});
const target = z.object({ numerator: z.array(network), denominator: z.array(network).exactOptional() });
const point: z.ZodType<BlockPoint> = z.object({
  groups: z.array(z.object({ digits: z.array(index), support: z.array(z.object({ weight: finite, values: z.array(index) })) })),
});
const proof: z.ZodType<Proof> = z.object({
  kind: z.literal('linear'),
  pins: z.array(z.object({ block: index, literals: conjunction, lower: multipliers, upper: multipliers })),
  block: index,
  multipliers,
  denominator: multipliers.exactOptional(),
});
const side: z.ZodType<CertifiedSide> = z.object({ outer: finite, inner: finite, witness: z.array(point), proof });
/** Reads a certificate that comes from outside. */
export const certificateSchema: z.ZodType<Certificate> = z.object({
  schema: z.literal('doable/certificate@1'),
  question: z.string().exactOptional(),
  blocks: z.array(
    z.object({
      name: z.string(),
      digits: z.array(z.object({ name: z.string(), levels: z.array(z.string()).min(1) })),
      forbidden: z.array(conjunction),
      groups: z.array(z.array(index)).exactOptional(),
      independences: z.array(z.object({ a: z.array(index), b: z.array(index) })),
    }),
  ),
  strata: z.array(z.object({ block: index, study: z.string(), says: z.string() })),
  cells: z.array(
    z.object({
      stratum: index,
      form,
      says: z.string(),
      target: z.union([finite, z.null()]),
      ratios: z.array(z.tuple([finite, finite])).exactOptional(),
    }),
  ),
  restrictions: z.array(z.object({ block: index, form, relation: z.enum(['<=', '>=', '=']), target: finite, says: z.string() })),
  target: target.exactOptional(),
  lower: side.exactOptional(),
  upper: side.exactOptional(),
  gap: finite.exactOptional(),
  conflict: z.object({ block: index, multipliers, says: z.string(), left: finite, right: finite }).exactOptional(),
});

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
