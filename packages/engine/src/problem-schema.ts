import * as z from 'zod';
import type { Issue, Result } from './run/issue.ts';
import { failure, success } from './run/issue.ts';
import { nearest } from './run/nearest.ts';

const name = z.string({ error: 'must be a name' }).min(1, { error: 'must not be empty' });
const names = z.array(name, { error: 'must be a list of names, for example ["X", "Z"]' });
const value = z.union([z.string(), z.number(), z.boolean()], { error: 'must be a text, a number or true or false' });
const cell = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.unknown())], {
  error: 'must be a text, a number, true, false, null, or the list of a tensor',
});
const pair = z.tuple([name, name], { error: 'must be a pair of names, for example ["X", "Y"]' });
const object = (what: string): { error: (issue: { code?: string }) => string | undefined } => ({
  error: (issue) => (issue.code === 'invalid_type' ? `must be an object${what}` : undefined),
});

const graph = z.strictObject(
  {
    nodes: names.optional(),
    arrows: z.array(pair, { error: 'must be a list of pairs, for example [["X", "Y"]]' }).optional().describe('X -> Y'),
    arcs: z
      .array(pair, { error: 'must be a list of pairs, for example [["X", "Y"]]' })
      .optional()
      .describe('X <-> Y: a hidden common cause'),
    latent: names.optional(),
    variables: z.record(z.string(), z.unknown(), object('')).optional(),
  },
  object(''),
);

const variable = z.strictObject(
  {
    levels: z
      .array(value, { error: 'must be a list of levels, for example ["no", "yes"]' })
      .min(1)
      .optional()
      .describe('The levels of a finite variable, in their order'),
    real: z.boolean({ error: 'must be true or false' }).optional(),
    unit: z.string({ error: 'must be a text' }).optional(),
    tensor: z
      .array(z.int().positive(), { error: 'must be a list of sizes, for example [3, 28, 28]' })
      .min(1)
      .optional()
      .describe('The shape of a tensor; of a picture [height, width] or, channels first, [channels, height, width]'),
    range: z
      .tuple([z.number(), z.number()], { error: 'must be two numbers, for example [0, 255]' })
      .optional()
      .describe('The least and the greatest entry of a tensor; pictures in files are scaled to it'),
    cut: z
      .array(z.number({ error: 'must be a number' }), { error: 'must be a list of numbers, for example [30, 45, 60]' })
      .min(1)
      .optional()
      .describe('Ascending cut points that make a real column finite'),
  },
  object(', for example { "levels": ["no", "yes"] }'),
);

const study = z.strictObject(
  {
    name: name.optional(),
    data: z
      .union([z.string().min(1), z.array(z.record(z.string(), cell))], { error: 'must be a path, a database or a list of rows' })
      .describe('A path or glob relative to the document, a database, or rows'),
    count: name.optional().describe('The column of whole-number frequencies'),
    weight: name.optional().describe('The column of sampling weights'),
    probability: name.optional().describe('The column of exact probabilities'),
    size: z
      .number({ error: 'must be a number' })
      .positive({ error: 'must be above 0' })
      .optional()
      .describe('The number of records behind the probabilities'),
    set: z
      .union([names, z.record(name, value)], { error: 'must be a list of names, or an object of name: value' })
      .optional()
      .describe('Variables that the investigators set: a list where randomised, an object where held at values'),
    environment: name.optional().describe('The column that tells environments apart'),
    where: z.string({ error: 'must be an SQL condition' }).min(1).optional(),
    columns: z.record(name, name, { error: 'must be an object of variable: column' }).optional(),
    missing: z.enum(['error', 'drop'], { error: 'must be "error" or "drop"' }).optional(),
  },
  object(', for example { "data": "records.csv" }'),
);

/** The problem document; the one source of its validation, its JSON Schema and its type. */
export const problemSchema = z.strictObject(
  {
    schema: z.literal('doable/problem@1', { error: 'must be "doable/problem@1"' }).optional(),
    title: z.string({ error: 'must be a text' }).optional(),
    graph: z.union([z.string(), graph], { error: 'must be a text such as "X -> Y", or an object with arrows' }).optional(),
    variables: z.record(name, variable, object(' of name: declaration')).optional(),
    studies: z.array(study, { error: 'must be a list' }).optional(),
    model: z
      .looseObject(
        {
          exchangeable: z.record(name, z.unknown()).optional(),
          exogenous: z.record(name, z.unknown()).optional(),
          equations: z.record(name, z.unknown()).optional(),
        },
        object(''),
      )
      .optional(),
    assume: z.array(z.string({ error: 'must be a text' }), { error: 'must be a list of texts' }).optional(),
    ask: z.array(z.string({ error: 'must be a text' }), { error: 'must be a list of questions' }).optional(),
  },
  object(', a problem document'),
);

export type ProblemDocument = z.output<typeof problemSchema>;
export type StudyDocument = z.output<typeof study>;
export type VariableDocument = z.output<typeof variable>;

/** The JSON Schema (draft 2020-12) of the problem document. */
export const problemJsonSchema = (): Readonly<Record<string, unknown>> => z.toJSONSchema(problemSchema, { io: 'input' });

type Path = readonly PropertyKey[];

/** Checks the shape of a document. Issues: `unknown-key` (with the nearest field), `shape` (with the path). */
export function readDocument(document: unknown): Result<ProblemDocument> {
  const parsed = problemSchema.safeParse(document);
  return parsed.success ? success(parsed.data) : failure(...parsed.error.issues.flatMap((issue) => issuesOf(issue, [])));
}

function issuesOf(issue: z.core.$ZodIssue, before: Path): Issue[] {
  const path = [...before, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, path));
  if (issue.code === 'invalid_union') {
    const fitting = issue.errors.filter((option) => !option.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'));
    const [only, another] = fitting;
    if (only !== undefined && another === undefined) return only.flatMap((inner) => issuesOf(inner, path));
  }
  if (issue.code === 'invalid_key' && issue.issues[0])
    return [{ code: 'shape', message: `${place(path)}: a name ${issue.issues[0].message}.` }];
  return [{ code: 'shape', message: `${place(path)} ${issue.message.replace(/\.$/u, '')}.` }];
}

function unknownKey(key: string, path: Path): Issue {
  const shapes: Readonly<Record<string, object>> = {
    '': problemSchema.shape,
    graph: graph.shape,
    studies: study.shape,
    variables: variable.shape,
  };
  const known = Object.keys(shapes[String(path[0] ?? '')] ?? {});
  const near = nearest(key, known);
  return {
    code: 'unknown-key',
    message: `${place(path)} has no field “${key}”.`,
    hint: near === undefined ? `Its fields are ${known.join(', ')}.` : `Did you mean “${near}”?`,
  };
}

/** `studies[0].count`; the document itself where the path is empty. */
const place = (path: Path): string =>
  path.length === 0
    ? 'The document'
    : path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`)).join('');
