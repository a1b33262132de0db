import { z } from 'zod';
import type { BranchTree } from './branch.ts';
import type { BranchesProof } from './branch-proof.ts';
import type { Certificate, CertifiedSide, Multipliers, Proof } from './certificate.ts';
import type { BlockPoint, Literal, Network } from './programme.ts';

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
const linear = z.object({
  kind: z.literal('linear'),
  pins: z.array(z.object({ block: index, literals: conjunction, lower: multipliers, upper: multipliers })),
  block: index,
  multipliers,
  denominator: multipliers.exactOptional(),
});
const proof: z.ZodType<Proof> = z.discriminatedUnion('kind', [linear, z.object({ kind: z.literal('branches') })]);
const tree: z.ZodType<BranchTree> = z.lazy(() =>
  z.union([
    z.object({ number: index, at: finite, below: tree, above: tree }),
    z.object({ lambda: finite, multipliers: entries, empty: z.literal(true).exactOptional() }),
  ]),
);
const trees = z.array(z.union([tree, z.null()]));
const branches: z.ZodType<BranchesProof> = z.object({
  kind: z.literal('branches'),
  limits: z.object({ states: finite, slack: finite, columns: finite }),
  pins: z.array(z.object({ number: index, lower: z.array(finite), upper: z.array(finite) })),
  floor: z.union([tree, z.null()]),
  lower: trees,
  upper: trees,
});
const side: z.ZodType<CertifiedSide> = z.object({
  outer: finite,
  inner: finite.exactOptional(),
  witness: z.array(point).exactOptional(),
  proof,
});
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
  branches: branches.exactOptional(),
  gap: finite.exactOptional(),
  conflict: z.object({ block: index, multipliers, says: z.string(), left: finite, right: finite }).exactOptional(),
});
