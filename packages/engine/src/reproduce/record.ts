import * as z from 'zod';
import { failure, type Result, success } from '../run/issue.ts';
import type { BenchmarkSettings } from './benchmark.ts';
import type { BenchmarkModel } from './summary.ts';

/** A model of the benchmark as it is kept in a file, with what it was made with. */
export interface BenchmarkRecord {
  readonly schema: 'doable/benchmark-model@1';
  readonly version: string;
  readonly settings: BenchmarkSettings;
  readonly model: BenchmarkModel;
}

const count = z.int().nonnegative();
const interval = z.tuple([z.number(), z.number()]);
const sides = z.strictObject({ inner: interval, outer: interval });
const reached = z.strictObject({
  runs: z.int().positive(),
  converged: z.int().positive(),
  interval,
  widened: interval.optional(),
  claimed: z.number().optional(),
});
const one = z.strictObject({ exact: sides.optional(), atJointFit: sides.optional(), emcc: z.array(reached).min(1) });
const schema = z.strictObject({
  schema: z.literal('doable/benchmark-model@1'),
  version: z.string(),
  settings: z.strictObject({ seed: z.int(), runs: z.int().positive() }),
  model: z.strictObject({
    index: count,
    nodes: count,
    variables: count,
    causes: count,
    single: z.boolean(),
    records: z.tuple([count, count]),
    passed: z.strictObject({ incompatible: count, identified: count, tooLarge: count }),
    truth: z.number(),
    gap: z.number(),
    cases: z.strictObject({ O: one, I: one, 'O+I': one }),
  }),
});

/** Reads what {@link BenchmarkRecord} says. Issues: `record`, what is wrong and where. */
export function readBenchmarkRecord(value: unknown): Result<BenchmarkRecord> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return success(parsed.data as BenchmarkRecord);
  const [first] = parsed.error.issues;
  const place = first?.path.join('.') ?? '';
  return failure({ code: 'record', message: `${place === '' ? '' : `${place}: `}${first?.message ?? 'not a model of the benchmark'}` });
}
