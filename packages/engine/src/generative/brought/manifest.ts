import * as z from 'zod';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import { nearest } from '../../run/nearest.ts';
import { type ClaimedLaw, readLaw } from './law.ts';

const name = z.string({ error: 'must be a name' }).min(1, { error: 'must not be empty' });
const number = z.number({ error: 'must be a number' });
const count = z.int({ error: 'must be a whole number' }).positive({ error: 'must be above 0' });
const level = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be a text, a number or true or false' })
  .transform((value) => String(value));
const levels = z
  .array(level, { error: 'must be a list of levels, for example ["no", "yes"]' })
  .min(1, { error: 'must not be empty' })
  .refine((list) => new Set(list).size === list.length, { error: 'must not name a level twice' });
const range = z
  .tuple([number, number], { error: 'must be a pair of numbers, for example [0, 1]' })
  .refine(([low, high]) => low < high, { error: 'must have the smaller number first' });
const object = (what: string): { error: (issue: { code?: string }) => string | undefined } => ({
  error: (issue) => (issue.code === 'invalid_type' ? `must be an object${what}` : undefined),
});

const column = z.strictObject(
  {
    name,
    levels: levels.optional().describe('A finite variable: its levels in the order of the file'),
    real: z.literal(true, { error: 'must be true' }).optional().describe('A real variable'),
    tensor: z
      .array(count, { error: 'must be a list of sizes, for example [3, 28, 28]' })
      .min(1, { error: 'must not be empty' })
      .optional()
      .describe('A picture or other tensor: the shape of one row'),
    range: range.optional().describe('Of a tensor: the least and the greatest entry in the file'),
    encoding: z
      .enum(['index', 'one-hot'], { error: 'must be "index" or "one-hot"' })
      .optional()
      .describe('Of a finite variable: a whole number from 0 (the default), or one number per level'),
    mean: number.optional().describe('Of a real variable: what was subtracted before the model saw it'),
    deviation: number.positive({ error: 'must be above 0' }).optional().describe('Of a real variable: what it was then divided by'),
  },
  object(', for example { "name": "X", "levels": ["0", "1"] }'),
);

const schedule = z.strictObject(
  {
    betas: z
      .enum(['linear', 'scaled-linear', 'cosine'], { error: 'must be "linear", "scaled-linear" or "cosine"' })
      .optional()
      .describe('The noise schedule that the denoiser was trained with'),
    from: number.positive({ error: 'must be above 0' }).optional().describe('The first beta; 0.0001 unless given'),
    to: number.positive({ error: 'must be above 0' }).optional().describe('The last beta; 0.02 unless given'),
    length: count.max(100_000, { error: 'must be at most 100000' }).optional().describe('Steps of training; 1000 unless given'),
    alphasCumulative: z
      .array(number.positive({ error: 'must be above 0' }).max(1, { error: 'must be at most 1' }), { error: 'must be a list of numbers' })
      .min(1)
      .max(100_000)
      .optional()
      .describe('In place of betas: the shares of signal, one per step of training, falling'),
    time: z
      .enum(['index', 'fraction'], { error: 'must be "index" or "fraction"' })
      .optional()
      .describe('How a denoiser is told the step: its number (the default), or a fraction from 0 to 1'),
    noiseAt: z
      .union([z.literal(0), z.literal(1)], { error: 'must be 0 or 1' })
      .optional()
      .describe('Of a flow: the time at which it is noise; 0 unless given'),
  },
  object(''),
);

/** The manifest of a conditional model that the user brings; the one source of its validation, its JSON Schema and its type. */
export const manifestSchema = z.strictObject(
  {
    schema: z.literal('doable/conditional@1', { error: 'must be "doable/conditional@1"' }),
    title: z.string({ error: 'must be a text' }).optional(),
    file: name.optional().describe('The ONNX file, relative to the manifest and inside its folder'),
    sha256: z
      .string({ error: 'must be a text' })
      .regex(/^[0-9a-f]{64}$/iu, { error: 'must be the 64 hexadecimal digits of the file’s SHA-256' })
      .optional(),
    url: z.string({ error: 'must be a text' }).optional().describe('In place of a file: an HTTP sampler'),
    target: z.array(column, { error: 'must be a list, for example [{ "name": "M", "levels": ["0", "1"] }]' }).min(1),
    given: z.array(column, { error: 'must be a list' }),
    kind: z.enum(['sampler', 'denoiser-eps', 'denoiser-v', 'flow', 'logits'], {
      error: 'must be "sampler", "denoiser-eps", "denoiser-v", "flow" or "logits"',
    }),
    noise: z
      .strictObject(
        {
          shape: z.array(count, { error: 'must be a list of sizes, for example [16]' }),
          law: z.enum(['normal', 'uniform'], { error: 'must be "normal" or "uniform"' }).optional(),
        },
        object(', for example { "shape": [16] }'),
      )
      .optional()
      .describe('Of a sampler: the noise of one row; without it the model is a translator without noise of its own'),
    schedule: schedule.optional(),
    steps: count.max(10_000, { error: 'must be at most 10000' }).optional().describe('Steps of a denoiser or flow; 50 unless given'),
    io: z
      .strictObject(
        {
          noise: name.optional().describe('The input that takes the noise, of a denoiser or flow the noisy row'),
          time: name.optional(),
          given: z.record(name, name, { error: 'must be an object of variable: input' }).optional(),
          output: name,
        },
        object(', for example { "noise": "z", "given": { "X": "x" }, "output": "m" }'),
      )
      .optional()
      .describe('The names of the inputs and the output; several variables may share one input'),
    batch: z
      .union([z.literal('dynamic'), count], { error: 'must be "dynamic" or a number of rows' })
      .optional()
      .describe('Rows that the file takes at a time; "dynamic" unless given'),
    claims: z.strictObject(
      {
        law: z.string({ error: 'must be a text, for example "P(M | X)"' }).describe('P(target | given), with do(...) for what was set'),
        study: name.optional().describe('The study whose law it is'),
        guidance: number.optional().describe('The guidance weight that is built in; 0 unless given'),
        support: z
          .record(name, z.union([levels, range]), { error: 'must be an object of variable: levels or range' })
          .optional()
          .describe('What the model was trained on: levels of a finite variable, [least, greatest] of a real one'),
        licence: z.string({ error: 'must be a text' }).optional(),
      },
      object(', for example { "law": "P(M | X)", "study": "survey" }'),
    ),
  },
  object(', a manifest'),
);

export type Manifest = z.output<typeof manifestSchema>;
export type ManifestColumn = Manifest['target'][number];

/** A manifest that agrees with itself. */
export interface CheckedManifest {
  readonly manifest: Manifest;
  readonly law: ClaimedLaw;
}

/** The JSON Schema (draft 2020-12) of the manifest. */
export const manifestJsonSchema = (): Readonly<Record<string, unknown>> => z.toJSONSchema(manifestSchema, { io: 'input' });

/**
 * Checks the shape of a manifest, and that its parts agree: one type per column, the law over just these columns, the names of
 * inputs that its kind needs. Issues: `manifest-shape`, `manifest-law`; every message begins with the field.
 */
export function readManifest(document: unknown): Result<CheckedManifest> {
  const parsed = manifestSchema.safeParse(document);
  if (!parsed.success) return failure(...parsed.error.issues.flatMap((issue) => issuesOf(issue, [])));
  const manifest = parsed.data;
  const law = readLaw(manifest.claims.law);
  const issues = [...columnIssues(manifest), ...partIssues(manifest)];
  if (!law.ok) return failure(...issues, ...law.issues);
  const said = (names: Iterable<string>): string => [...names].join(', ') || 'nothing';
  const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((each) => b.includes(each));
  const [target, given] = [manifest.target, manifest.given].map((list) => list.map((each) => each.name)) as [string[], string[]];
  if (!same(law.value.of, target))
    issues.push(lawIssue(`is a law of ${said(law.value.of)}, but target is ${said(target)}`, 'Make both name the same variables.'));
  if (!same(law.value.given, given))
    issues.push(
      lawIssue(
        `conditions on ${said(law.value.given)}, but given is ${said(given)}`,
        'Make both name the same variables; do(X) counts as given too, do(X=1) does not.',
      ),
    );
  return issues.length === 0 ? success({ manifest, law: law.value }) : failure(...issues);
}

const lawIssue = (what: string, hint: string): Issue => ({ code: 'manifest-law', message: `claims.law ${what}.`, hint });
const shapeIssue = (where: string, what: string, hint?: string): Issue => ({
  code: 'manifest-shape',
  message: `${where} ${what}.`,
  ...(hint !== undefined && { hint }),
});

function columnIssues({ target, given, claims }: Manifest): Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  for (const [field, columns] of [['target', target] as const, ['given', given] as const])
    columns.forEach((each, i) => {
      const where = `${field}[${i}]`;
      if (seen.has(each.name)) issues.push(shapeIssue(`${where}.name`, `names ${each.name} twice`));
      seen.add(each.name);
      const types = [each.levels, each.real, each.tensor].filter((type) => type !== undefined).length;
      if (types !== 1)
        issues.push(shapeIssue(where, `must say what ${each.name} is`, 'Give one of "levels": [...], "real": true, "tensor": [...].'));
      if (each.range !== undefined && each.tensor === undefined)
        issues.push(shapeIssue(`${where}.range`, 'belongs to a tensor only', 'Say the support of a real variable in claims.support.'));
      if (each.encoding !== undefined && each.levels === undefined)
        issues.push(shapeIssue(`${where}.encoding`, 'belongs to a finite variable only', 'Leave it out.'));
      if ((each.mean !== undefined || each.deviation !== undefined) && each.real !== true)
        issues.push(shapeIssue(`${where}.mean and .deviation`, 'belong to a real variable only', 'Leave them out.'));
    });
  for (const [variable, support] of Object.entries(claims.support ?? {})) {
    const own = given.find((each) => each.name === variable);
    const where = `claims.support.${variable}`;
    if (own === undefined) issues.push(shapeIssue(where, 'is of no variable in given', 'Leave it out, or name a condition of the model.'));
    else if (own.levels !== undefined) {
      const strange = support.map(String).find((each) => own.levels?.includes(each) !== true);
      if (strange !== undefined) issues.push(shapeIssue(where, `names the level ${strange}, which given does not`));
    } else if (!support.every((each) => typeof each === 'number') || support.length !== 2)
      issues.push(shapeIssue(where, 'must be the least and the greatest value, for example [0, 10]'));
  }
  return issues;
}

function partIssues(manifest: Manifest): Issue[] {
  const { kind, io, file, url, target, given, noise, schedule: plan } = manifest;
  const issues: Issue[] = [];
  const moves = kind === 'flow' || kind === 'denoiser-eps' || kind === 'denoiser-v';
  if (file !== undefined && url !== undefined) issues.push(shapeIssue('url', 'stands beside file', 'Keep the one that is meant.'));
  if (file !== undefined && manifest.sha256 === undefined)
    issues.push(
      shapeIssue('sha256', 'is missing', 'Add the SHA-256 of the file (sha256sum FILE), so that another file is never taken for it.'),
    );
  if (file === undefined && kind !== 'sampler')
    issues.push(shapeIssue('kind', `is "${kind}"`, 'Without a file it must be "sampler": HTTP samplers and functions draw by themselves.'));
  if (moves && target.some((each) => each.levels !== undefined))
    issues.push(shapeIssue('kind', `"${kind}" draws numbers, but a target has levels`, 'Use "logits" or "sampler".'));
  if (kind === 'logits' && target.some((each) => each.levels === undefined))
    issues.push(shapeIssue('kind', '"logits" draws levels, but a target has none', 'Use "sampler", "flow" or a denoiser.'));
  if (noise !== undefined && kind !== 'sampler')
    issues.push(shapeIssue('noise', `has no place in "${kind}"`, moves ? 'It starts from noise of the shape of the target.' : undefined));
  if (plan !== undefined && !moves) issues.push(shapeIssue('schedule', `has no place in "${kind}"`, 'Leave it out.'));
  if (manifest.steps !== undefined && !moves) issues.push(shapeIssue('steps', `has no place in "${kind}"`, 'Leave it out.'));
  if (kind.startsWith('denoiser') && plan?.betas === undefined && plan?.alphasCumulative === undefined)
    issues.push(
      shapeIssue('schedule', 'is missing', 'Say the noise schedule of the training, for example { "betas": "linear", "length": 1000 }.'),
    );
  if (file === undefined) return issues;
  if (io === undefined) {
    issues.push(shapeIssue('io', 'is missing', 'Name the inputs and the output of the file.'));
    return issues;
  }
  if (moves && io.noise === undefined) issues.push(shapeIssue('io.noise', 'is missing', 'Name the input that takes the noisy row.'));
  if (moves && io.time === undefined) issues.push(shapeIssue('io.time', 'is missing', 'Name the input that takes the time.'));
  if (!moves && io.time !== undefined) issues.push(shapeIssue('io.time', `has no place in "${kind}"`, 'Leave it out.'));
  if (kind === 'logits' && io.noise !== undefined)
    issues.push(shapeIssue('io.noise', 'has no place in "logits"', 'The levels are drawn here, from the probabilities.'));
  if (kind === 'sampler' && (io.noise === undefined) !== (noise === undefined))
    issues.push(shapeIssue(noise === undefined ? 'noise' : 'io.noise', 'is missing', 'Noise needs both a shape and an input.'));
  const names = Object.keys(io.given ?? {});
  const strange = names.find((each) => !given.some((own) => own.name === each));
  if (strange !== undefined) issues.push(shapeIssue(`io.given.${strange}`, 'is of no variable in given'));
  for (const { name: own } of given)
    if (!names.includes(own)) issues.push(shapeIssue(`io.given.${own}`, 'is missing', `Name the input that takes ${own}.`));
  return issues;
}

type Path = readonly PropertyKey[];
const place = (path: Path): string =>
  path.length === 0
    ? 'The manifest'
    : path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`)).join('');

function issuesOf(issue: z.core.$ZodIssue, before: Path): Issue[] {
  const path = [...before, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const hint = near === undefined ? `Its fields are ${known.join(', ')}.` : `Did you mean “${near}”?`;
      return shapeIssue(place(path), `has no field “${key}”`, hint);
    });
  }
  return [shapeIssue(place(path), issue.message.replace(/\.$/u, ''))];
}

function fieldsAt(path: Path): readonly string[] {
  const shapes: Readonly<Record<string, object>> = {
    '': manifestSchema.shape,
    target: column.shape,
    given: column.shape,
    schedule: schedule.shape,
    noise: manifestSchema.shape.noise.unwrap().shape,
    io: manifestSchema.shape.io.unwrap().shape,
    claims: manifestSchema.shape.claims.shape,
  };
  return Object.keys(shapes[String(path[0] ?? '')] ?? {});
}
