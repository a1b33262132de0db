import { z } from 'zod';

const name = z.string().min(1);
const size = z.int().min(1).max(1_000_000);
const type = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('finite'), levels: z.array(z.string()).min(1).max(1_000_000) }),
  z.strictObject({ kind: z.literal('real') }),
  z.strictObject({ kind: z.literal('tensor'), shape: z.array(size), range: z.tuple([z.number(), z.number()]) }),
]);
const task = z.strictObject({ of: z.array(name).min(1), given: z.array(name), types: z.record(name, type) });
const code = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('finite'), name, levels: size, seen: z.array(z.int().min(0)).max(1_000_000).optional() }),
  z.strictObject({
    kind: z.literal('real'),
    name,
    mean: z.number(),
    deviation: z.number().positive(),
    least: z.number().optional(),
    most: z.number().optional(),
  }),
  z.strictObject({ kind: z.literal('tensor'), name, shape: z.array(size), range: z.tuple([z.number(), z.number()]) }),
]);
const spec = z.strictObject({
  kind: z.enum(['softmax', 'mixture', 'flow', 'unet']),
  of: z.array(code).min(1),
  given: z.array(code),
  rows: z.int().min(1).max(65_536),
  widths: z.array(z.int().min(1).max(65_536)).max(64),
  cells: z.int().min(1).max(65_536).optional(),
  components: z.int().min(1).max(4096).optional(),
  integration: z.strictObject({ method: z.enum(['heun', 'euler']), steps: z.int().min(1).max(10_000) }).optional(),
  guidance: z.number().optional(),
  pictures: z.enum(['code', 'channels', 'both']).optional(),
});
const report = z.strictObject({
  parameters: z.int(),
  steps: z.int(),
  kept: z.int(),
  losses: z.array(z.number().nullable()),
  heldOut: z.array(z.number().nullable()),
  trainingRows: z.int(),
  heldOutRows: z.int(),
});
const common = { format: z.literal('doable-factor'), version: z.literal(1), task };

const network = z.strictObject({
  ...common,
  model: z.literal('network'),
  spec,
  file: z.string(),
  digest: z.string(),
  report: report.optional(),
});
const table = z.strictObject({
  ...common,
  model: z.literal('table'),
  smoothing: z.number().min(0),
  conditions: z.array(z.int().min(0)),
  counts: z.array(z.array(z.number().min(0))),
});
const plain = z.discriminatedUnion('model', [network, table]);
const levels = z.array(z.int().min(0)).max(10_000);
const file = { file: z.string(), digest: z.string() };
const sorting = z.strictObject({
  shape: z.array(size).min(2).max(3),
  range: z.tuple([z.number(), z.number()]),
  code: z.strictObject({
    ...file,
    features: z.int().min(1).max(65_536),
    labels: z
      .array(z.strictObject({ lesson: name, label: name, levels: size }))
      .min(1)
      .max(10_000),
  }),
  classes: z.array(z.int().min(0)).min(1).max(10_000),
  numbers: z.strictObject(file),
  cuts: z
    .array(
      z.strictObject({
        by: z.enum(['pixels', 'readings', 'pairs']),
        /** What is learnt of pairs of pictures, where they are what pictures are compared by. */
        pairs: z.strictObject({ ...file, features: z.int().min(1).max(65_536) }).optional(),
        side: name,
        classes: z.array(levels).max(1_000_000),
      }),
    )
    .min(1)
    .max(10),
  components: z.int().min(0).max(65_536),
  share: z.number(),
  own: z.array(z.strictObject({ levels, components: z.int().min(1).max(65_536), share: z.number() })).max(1_000_000),
});
const kinds = z.strictObject({
  ...common,
  model: z.literal('kinds'),
  sorted: z.array(sorting).min(1).max(100),
  redraws: z.int().min(0).max(1000),
  kinds: plain.optional(),
  law: plain,
});
const part = z.discriminatedUnion('model', [network, table, kinds]);

/** The shape of a factor's manifest. */
export const manifestSchema = z.discriminatedUnion('model', [
  network,
  table,
  kinds,
  z.strictObject({ ...common, model: z.literal('chain'), parts: z.array(part).min(1) }),
]);
export type SortingManifest = z.infer<typeof sorting>;
export type KindsManifest = z.infer<typeof kinds>;
export type PartManifest = z.infer<typeof part>;
export type FactorManifest = z.infer<typeof manifestSchema>;
