import { z } from 'zod';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { type Builder, createBuilder } from './builder.ts';
import type { Because, Estimand } from './estimand.ts';
import { childrenOf, stepsOf } from './fold.ts';

const name = z.string().min(1);
const names = z.array(name);
const child = z.int().min(0);
const because = z.strictObject({
  theorem: z.string(),
  source: z.string(),
  line: z.string().optional(),
  sets: z.record(z.string(), names).optional(),
});
const regime = z.strictObject({ set: names, fixed: z.record(name, z.string()).optional(), environment: name.optional() });
const place = z.union([z.strictObject({ symbol: name }), z.strictObject({ value: z.string() })]);

const step = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('measured'), of: names, given: names, regime, studies: names, because }),
  z.strictObject({ step: z.literal('product'), factors: z.array(child), because }),
  z.strictObject({ step: z.literal('sum'), over: names, body: child, because }),
  z.strictObject({ step: z.literal('condition'), of: names, given: names, body: child, because }),
  z.strictObject({ step: z.literal('quotient'), numerator: child, denominator: child, because }),
  z.strictObject({ step: z.literal('place'), at: z.record(name, place), body: child }),
  z.strictObject({ step: z.literal('mean'), of: name, body: child }),
  z.strictObject({ step: z.literal('constant'), value: z.number(), because }),
  z.strictObject({ step: z.literal('combine'), terms: z.array(z.strictObject({ weight: z.number(), of: child })) }),
]);

/** An estimand as plain data: its distinct steps, children before parents and named by position; the last one is the root. */
export const sharedEstimand = z.strictObject({ schema: z.literal('doable/estimand@1'), steps: z.array(step).min(1) });

export type SharedEstimand = z.infer<typeof sharedEstimand>;
type SharedStep = SharedEstimand['steps'][number];

/** Keeps sharing: the size is that of the distinct steps, however long the tree would be when written out. */
export function estimandToJson(estimand: Estimand): SharedEstimand {
  const numbers = new Map<Estimand, number>();
  const at = (of: Estimand): number => numbers.get(of) as number;
  const steps: SharedStep[] = [];
  for (const one of stepsOf(estimand)) {
    steps.push(sharedStep(one, at));
    numbers.set(one, numbers.size);
  }
  return { schema: 'doable/estimand@1', steps };
}

function sharedStep(one: Estimand, at: (of: Estimand) => number): SharedStep {
  switch (one.step) {
    case 'measured':
      return {
        step: 'measured',
        of: [...one.of],
        given: [...one.given],
        regime: plain(one.regime) as z.infer<typeof regime>,
        studies: [...one.studies],
        because: reason(one.because),
      };
    case 'product':
      return { step: 'product', factors: one.factors.map(at), because: reason(one.because) };
    case 'sum':
      return { step: 'sum', over: [...one.over], body: at(one.body), because: reason(one.because) };
    case 'condition':
      return { step: 'condition', of: [...one.of], given: [...one.given], body: at(one.body), because: reason(one.because) };
    case 'quotient':
      return { step: 'quotient', numerator: at(one.numerator), denominator: at(one.denominator), because: reason(one.because) };
    case 'place':
      return { step: 'place', at: plain(one.at) as Record<string, z.infer<typeof place>>, body: at(one.body) };
    case 'mean':
      return { step: 'mean', of: one.of, body: at(one.body) };
    case 'constant':
      return { step: 'constant', value: one.value, because: reason(one.because) };
    case 'combine':
      return { step: 'combine', terms: one.terms.map(({ weight, of }) => ({ weight, of: at(of) })) };
  }
}

const plain = (value: unknown): unknown => structuredCopy(value);
const reason = (value: Because): z.infer<typeof because> => plain(value) as z.infer<typeof because>;

/** Plain data without shared parts and without absent fields. */
function structuredCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCopy);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [[key, structuredCopy(part)]])));
}

/**
 * Reads an estimand back, checking form (`estimand-form`), that children stand before parents (`estimand-order`) and that axes
 * exist where a step needs them (`estimand-axes`). `where.start` is the position of the step.
 */
export function estimandFromJson(data: unknown, builder: Builder = createBuilder()): Result<Estimand> {
  const parsed = sharedEstimand.safeParse(data);
  if (!parsed.success)
    return failure(
      ...parsed.error.issues.map((issue): Issue => ({ code: 'estimand-form', message: `${issue.path.join('.')}: ${issue.message}` })),
    );
  const made: Estimand[] = [];
  for (const [position, one] of parsed.data.steps.entries()) {
    const where = { start: position, end: position + 1 };
    const below = childNumbers(one);
    const late = below.find((number) => number >= position);
    if (late !== undefined)
      return failure({ code: 'estimand-order', message: `Step ${position} refers to step ${late}, which does not come before it.`, where });
    const step = stepOf(one, made);
    const missing = missingAxes(step, builder);
    if (missing.length > 0)
      return failure({
        code: 'estimand-axes',
        message: `Step ${position} (${step.step}) needs ${missing.join(', ')}, which its body lacks.`,
        where,
      });
    made.push(builder.rebuild(step, childrenOf(step)));
  }
  return success(made.at(-1) as Estimand);
}

function childNumbers(one: SharedStep): readonly number[] {
  switch (one.step) {
    case 'product':
      return one.factors;
    case 'quotient':
      return [one.numerator, one.denominator];
    case 'combine':
      return one.terms.map((term) => term.of);
    case 'measured':
    case 'constant':
      return [];
    default:
      return [one.body];
  }
}

function stepOf(one: SharedStep, made: readonly Estimand[]): Estimand {
  const at = (number: number): Estimand => made[number] as Estimand;
  switch (one.step) {
    case 'product':
      return { ...one, factors: one.factors.map(at) } as Estimand;
    case 'quotient':
      return { ...one, numerator: at(one.numerator), denominator: at(one.denominator) } as Estimand;
    case 'combine':
      return { step: 'combine', terms: one.terms.map(({ weight, of }) => ({ weight, of: at(of) })) };
    case 'measured':
    case 'constant':
      return one as Estimand;
    default:
      return { ...one, body: at(one.body) } as Estimand;
  }
}

/** Names that a step needs as random axes of its body. */
function missingAxes(step: Estimand, builder: Builder): string[] {
  if (step.step === 'mean') return builder.randomAxesOf(step.body).includes(step.of) ? [] : [step.of];
  if (step.step !== 'condition') return [];
  const random = builder.randomAxesOf(step.body);
  return step.of.filter((name) => !random.includes(name));
}
