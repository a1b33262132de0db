import { z } from 'zod';
import type { Catalogue, Offer } from './data/catalogue.ts';
import type { Study } from './data/study.ts';
import type { Design } from './generative/design.ts';
import type { FittedNetwork } from './generative/draw.ts';
import type { NetworkPlan } from './generative/network.ts';
import type { Batch, ColumnType, ColumnValues } from './generative/terms.ts';
import { graphFromJson, graphToJson } from './graph/formats/json.ts';
import type { Domain, Name } from './graph/variable.ts';
import { failure, type Issue, type Result, success } from './run/issue.ts';
import { planSample, type Sampleable, type SamplePlan } from './sampling.ts';
import { version } from './version.ts';

const text = z.string().max(10_000);
const texts = z.array(text).max(100_000);
const fingerprint = z.string().max(200);
const count = z.int().min(0);
const file = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/u), bytes: count });
const domain = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('finite'), levels: texts.min(1) }),
  z.strictObject({ kind: z.literal('real'), unit: text.optional() }),
  z.strictObject({
    kind: z.literal('tensor'),
    shape: z.array(z.int().min(1).max(1_000_000)).max(8),
    range: z.tuple([z.number(), z.number()]).optional(),
  }),
]);
const regime = z.strictObject({
  set: texts,
  fixed: z.record(z.string(), z.string()).optional(),
  environment: text.optional(),
});

const schema = z.strictObject({
  schema: z.literal('doable/network@1'),
  version: text,
  question: text,
  conditioning: z.enum(['pillow', 'predecessors']),
  graph: z.unknown(),
  domains: z.array(z.tuple([text, domain])).max(100_000),
  offers: z.array(z.strictObject({ regime, measured: texts.optional(), studies: texts, size: z.number().min(0).nullable() })).max(10_000),
  plan: z.unknown(),
  studies: z.array(z.strictObject({ name: text, fingerprint, size: z.number().min(0).nullable() })).max(10_000),
  trained: z.strictObject({ seed: z.number(), generatedRows: count, design: z.enum(['even', 'marginal']), steps: count.optional() }),
  factors: z.array(z.strictObject({ id: text, kind: text, file: text, files: texts })).max(10_000),
  free: text,
  files: z.record(z.string(), file),
});

/** The manifest of a saved network (contract, section 3: `doable sample --save`). Sizes are null where they are infinite. */
export type NetworkDocument = z.infer<typeof schema>;

export interface TrainedWith {
  readonly seed: number;
  readonly generatedRows: number;
  readonly design: Design;
  readonly steps?: number;
}

/** All of a manifest but its files, which the host writes. `factors`: which files hold each factor. */
export function networkDocument(
  problem: Sampleable & { readonly studies: readonly Pick<Study, 'name' | 'fingerprint' | 'size'>[] },
  sample: SamplePlan,
  trained: TrainedWith,
  parts: Pick<NetworkDocument, 'factors' | 'free' | 'files'>,
): NetworkDocument {
  const { graph, catalogue } = problem;
  if (graph === undefined) throw new Error('A plan without a graph.');
  const { question, plan, types } = sample;
  const finite = (size: number): number | null => (Number.isFinite(size) ? size : null);
  const made: unknown = {
    schema: 'doable/network@1',
    version,
    question,
    conditioning: plan.conditioning,
    graph: graphToJson(graph),
    domains: [...problem.domains].filter(([name]) => graph.variables.has(name) || types.has(name)),
    offers: catalogue.offers.map((offer) => ({ ...offer, size: finite(offer.size) })),
    plan,
    studies: problem.studies.map(({ name, fingerprint: print, size }) => ({ name, fingerprint: print, size: finite(size) })),
    trained,
    ...parts,
  };
  return JSON.parse(JSON.stringify(made)) as NetworkDocument;
}

export interface ReadNetwork {
  readonly document: NetworkDocument;
  readonly sample: SamplePlan;
}

/**
 * A manifest from anywhere. Its plan is made anew from graph, catalogue and question, and must be the one that it states: what is drawn
 * follows from the question, not from what a file says. Issues: `bad-network`; warnings: `other-version`.
 */
export function readNetworkDocument(value: unknown): Result<ReadNetwork> {
  const read = schema.safeParse(value);
  if (!read.success) {
    const [first] = read.error.issues;
    return failure(bad(`${first?.path.join('.') || 'it'}: ${first?.message ?? 'cannot be read'}`));
  }
  const document = read.data;
  const graph = graphFromJson(document.graph);
  if (!graph.ok) return failure(bad(`graph: ${graph.issues[0]?.message ?? ''}`));
  const catalogue: Catalogue = {
    offers: document.offers.map(
      ({ size, regime: { set, fixed, environment }, measured, studies }): Offer => ({
        regime: { set, ...(fixed && { fixed }), ...(environment !== undefined && { environment }) },
        ...(measured && { measured }),
        studies,
        size: size ?? Number.POSITIVE_INFINITY,
      }),
    ),
  };
  const domains = new Map<Name, Domain>(document.domains as [Name, Domain][]);
  const planned = planSample({ graph: graph.value, domains, catalogue }, document.question, { conditioning: document.conditioning });
  if (!planned.ok) return failure(bad(planned.issues[0]?.message ?? 'it has no plan'));
  if ('refusal' in planned.value) return failure(bad(`${document.question} is not identified from what it says`));
  const sample = planned.value;
  if (spelled(sample.plan) !== spelled(document.plan as NetworkPlan))
    return failure(
      bad(
        document.version === version
          ? 'its plan is not the one that its graph and question give'
          : `version ${document.version} of doable planned it otherwise than this one (${version})`,
      ),
    );
  const ids = document.factors.map(({ id }) => id);
  const missing = sample.plan.factors.find(({ id }) => !ids.includes(id));
  if (missing !== undefined || ids.length !== sample.plan.factors.length)
    return failure(bad(missing === undefined ? 'it has factors that its plan does not need' : `the factor ${missing.id} is missing`));
  const older: Issue[] =
    document.version === version
      ? []
      : [
          {
            code: 'other-version',
            message: `The network was trained by doable ${document.version}; this is ${version}. Draws may differ.`,
          },
        ];
  return success({ document, sample }, older);
}

/** The same plan, whatever order its fields stand in. */
const spelled = (plan: unknown): string =>
  JSON.stringify(plan, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

const bad = (why: string): Issue => ({
  code: 'bad-network',
  message: `This is no saved network, or a damaged one: ${why}.`,
  hint: 'Train it again: doable sample PROBLEM QUESTION --save FOLDER.',
});

const values = z.array(z.number());
const pools = z.array(
  z.strictObject({
    rows: z.int().min(1).max(1_000_000),
    columns: z.array(z.strictObject({ name: text, kind: z.enum(['finite', 'real', 'tensor']), values })),
  }),
);

/** Rows of free inputs as plain data. */
export const freeInputsData = (free: FittedNetwork['free']): unknown =>
  free.map((batch) => ({
    rows: batch.rows,
    columns: [...batch.columns].map(([name, column]) => ({ name, kind: column.kind, values: Array.from(column.values) })),
  }));

/** What {@link freeInputsData} gave, from anywhere. Issues: `bad-network`. */
export function readFreeInputs(value: unknown, { plan, types }: SamplePlan): Result<readonly Batch[]> {
  const read = pools.safeParse(value);
  if (!read.success) return failure(bad(`its free inputs: ${read.error.issues[0]?.message ?? 'cannot be read'}`));
  const batches: Batch[] = [];
  const left = new Set(plan.inputs.filter(({ role }) => role === 'free').map(({ name }) => name));
  const known = new Map(plan.inputs.map(({ name, variable, role }) => [name, { type: types.get(variable), role }]));
  for (const { rows, columns } of read.data) {
    const made = new Map<Name, ColumnValues>();
    for (const column of columns) {
      const { type, role } = known.get(column.name) ?? {};
      const own = type === undefined ? undefined : columnFrom(column.values, rows, type);
      const twice = made.has(column.name) || (role === 'free' && !left.delete(column.name));
      if (own === undefined || own.kind !== column.kind || twice) return failure(bad(`its values of ${column.name} do not fit`));
      made.set(column.name, own);
    }
    batches.push({ rows, columns: made });
  }
  const [missing] = left;
  if (missing !== undefined) return failure(bad(`it has no values of ${missing}`));
  return success(batches);
}

function columnFrom(numbers: readonly number[], rows: number, type: ColumnType): ColumnValues | undefined {
  if (type.kind === 'finite') {
    const good = numbers.length === rows && numbers.every((code) => Number.isInteger(code) && code >= 0 && code < type.levels.length);
    return good ? { kind: 'finite', values: Int32Array.from(numbers) } : undefined;
  }
  if (type.kind === 'real') return numbers.length === rows ? { kind: 'real', values: Float64Array.from(numbers) } : undefined;
  const size = type.shape.reduce((product, each) => product * each, rows);
  return numbers.length === size ? { kind: 'tensor', shape: type.shape, values: Float32Array.from(numbers) } : undefined;
}
