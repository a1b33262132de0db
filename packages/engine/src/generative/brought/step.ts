import type { Name } from '../../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import type { Tensor } from '../../tensor/backend.ts';
import {
  type BroughtExecutable,
  BroughtFailure,
  type DeclaredTensor,
  type Encoded,
  type Rows,
  type SamplerFunction,
  type Step,
  sizeOfRow,
} from './contract.ts';
import { shapeOf, targetWidth } from './encode.ts';
import type { Manifest } from './manifest.ts';

/** Most rows, and most numbers in one input or output, of one call of a model that takes any number of rows. */
const mostRows = 1024;
const mostNumbers = 2 ** 22;

/** The noise of one row, or undefined for a model without. */
export function noiseShape({ kind, noise, target }: Manifest): readonly number[] | undefined {
  if (kind === 'sampler') return noise?.shape;
  if (kind === 'logits') return undefined;
  const [only, another] = target;
  return only !== undefined && another === undefined ? shapeOf(only) : [targetWidth(target)];
}

export const outputWidth = (manifest: Manifest): number =>
  manifest.kind === 'logits'
    ? manifest.target.reduce((cells, { levels }) => cells * (levels?.length ?? 1), 1)
    : targetWidth(manifest.target);

function most(manifest: Manifest): number {
  const widths = [outputWidth(manifest), sizeOfRow(noiseShape(manifest) ?? []), ...manifest.given.map((each) => sizeOfRow(shapeOf(each)))];
  return Math.max(1, Math.min(mostRows, Math.floor(mostNumbers / Math.max(...widths))));
}

/** A function in place of a file. */
export const functionStep = (manifest: Manifest, sampler: SamplerFunction): Step => ({
  rows: typeof manifest.batch === 'number' ? { fixed: manifest.batch } : { most: most(manifest) },
  async run(given, noise, _, n) {
    const values = await sampler(
      Object.fromEntries([...given].map(([name, rows]) => [name, rows.values])),
      noise === undefined ? new Float32Array(0) : Float32Array.from(noise.values),
      n,
    );
    const wanted = n * outputWidth(manifest);
    if (values.length !== wanted)
      throw new BroughtFailure('brought-shape', `The sampler gave ${values.length} numbers for ${n} rows; ${wanted} are expected.`);
    return Float64Array.from(values);
  },
});

/**
 * The file's graph under the names that the manifest gives. Issues: `brought-io` for names, types and shapes that do not fit what the
 * file declares.
 */
export function fileStep(manifest: Manifest, model: BroughtExecutable): Result<Step> {
  const io = manifest.io as NonNullable<Manifest['io']>;
  const issues: Issue[] = [];
  const say = (field: string, what: string, hint?: string): void => {
    issues.push({ code: 'brought-io', message: `${field} ${what}.`, ...(hint !== undefined && { hint }) });
  };
  const batch = manifest.batch ?? 'dynamic';
  const shape = noiseShape(manifest);
  const inputs = new Map<string, { readonly field: string; readonly parts: readonly (readonly number[])[] }>();
  const add = (field: string, input: string, part: readonly number[]): void => {
    inputs.set(input, { field, parts: [...(inputs.get(input)?.parts ?? []), part] });
  };
  for (const column of manifest.given) add(`io.given.${column.name}`, io.given?.[column.name] as string, shapeOf(column));
  if (io.noise !== undefined && shape !== undefined) add('io.noise', io.noise, shape);
  if (io.time !== undefined) add('io.time', io.time, []);
  const feedShapes = new Map<string, (n: number) => readonly number[]>();
  for (const [input, { field, parts }] of inputs) {
    const declared = model.inputs.get(input);
    if (declared === undefined) {
      say(field, `names the input “${input}”, which the file has not`, `Its inputs are ${[...model.inputs.keys()].join(', ') || 'none'}.`);
      continue;
    }
    const [only, another] = parts;
    const row = only !== undefined && another === undefined ? only : [parts.reduce((sum, part) => sum + sizeOfRow(part), 0)];
    const made = field === 'io.time' && declared.shape.length === 0 ? () => [] : feedShape(row, declared);
    feedShapes.set(input, made);
    const wrong = misfit(declared, made(typeof batch === 'number' ? batch : 1), batch);
    if (wrong !== undefined) say(field === 'io.time' ? field : wrong.batch ? 'batch' : field, wrong.what, wrong.hint);
  }
  const unfed = [...model.inputs.keys()].filter((name) => !inputs.has(name));
  if (unfed.length > 0)
    say(
      'io',
      `names nothing for the file’s input${unfed.length === 1 ? '' : 's'} ${unfed.join(', ')}`,
      'Every input must be the noise, the time or a condition.',
    );
  const output = model.outputs.get(io.output);
  const width = outputWidth(manifest);
  if (output === undefined)
    say('io.output', `names “${io.output}”, which the file has not`, `Its outputs are ${[...model.outputs.keys()].join(', ')}.`);
  else {
    const own = output.shape.slice(1);
    const size = own.reduce<number>((product, each) => product * (typeof each === 'number' ? each : Number.NaN), 1);
    if (!Number.isNaN(size) && output.shape.length > 0 && size !== width)
      say('io.output', `gives [${describe(output)}], but a row of the target takes ${width} ${width === 1 ? 'number' : 'numbers'}`);
  }
  if (issues.length > 0) return failure(...issues);
  return success({
    rows: typeof batch === 'number' ? { fixed: batch } : { most: most(manifest) },
    async run(given, noise, time, n) {
      const feeds = new Map<string, Tensor>();
      for (const [input, make] of feedShapes) {
        const shape = make(n);
        feeds.set(input, { shape, values: gathered(manifest, io, input, given, noise, time, shape.length === 0 ? 1 : n) });
      }
      const made = (await model.run(feeds)).get(io.output);
      if (made === undefined) throw new BroughtFailure('brought-shape', `The model gave no output “${io.output}”.`);
      if (made.values.length !== n * width || (made.shape.length > 0 && made.shape[0] !== n))
        throw new BroughtFailure(
          'brought-shape',
          `The output “${io.output}” has the shape [${made.shape.join(', ')}]; ${n} rows of ${width} ${width === 1 ? 'number' : 'numbers'} are expected.`,
          'Each row of the output must belong to the same row of the inputs.',
        );
      return made.values;
    },
  });
}

function gathered(
  { given: columns }: Manifest,
  io: NonNullable<Manifest['io']>,
  input: string,
  given: ReadonlyMap<Name, Encoded>,
  noise: Rows | undefined,
  time: number | undefined,
  n: number,
): Float32Array | Float64Array {
  const parts: Rows[] = columns.filter(({ name }) => io.given?.[name] === input).map(({ name }) => given.get(name) as Rows);
  if (io.noise === input && noise !== undefined) parts.push(noise);
  if (io.time === input) parts.push({ shape: [], values: new Float64Array(n).fill(time ?? 0) });
  const [only, another] = parts;
  if (only !== undefined && another === undefined) return only.values;
  const widths = parts.map((part) => sizeOfRow(part.shape));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const joined = new Float64Array(n * total);
  let offset = 0;
  parts.forEach(({ values }, i) => {
    const width = widths[i] as number;
    for (let row = 0; row < n; row++) joined.set(values.subarray(row * width, (row + 1) * width), row * total + offset);
    offset += width;
  });
  return joined;
}

/** One number per row goes as [n] or [n, 1], a tensor as it is or flat: whichever the file declares. */
function feedShape(row: readonly number[], { shape }: DeclaredTensor): (n: number) => readonly number[] {
  if (row.length === 0) return shape.length >= 2 ? (n) => [n, ...shape.slice(1).map(() => 1)] : (n) => [n];
  if (row.length > 1 && shape.length === 2) return (n) => [n, sizeOfRow(row)];
  return (n) => [n, ...row];
}

const describe = ({ shape }: DeclaredTensor): string => shape.map((size) => size ?? '?').join(', ');

function misfit(
  declared: DeclaredTensor,
  made: readonly number[],
  batch: number | 'dynamic',
): { readonly what: string; readonly hint?: string; readonly batch?: boolean } | undefined {
  const { shape } = declared;
  // Without axes the file says nothing, or takes a single number.
  if (shape.length === 0) return undefined;
  const [rows] = shape;
  if (typeof rows === 'number' && rows !== batch)
    return {
      batch: true,
      what: `is ${batch === 'dynamic' ? '"dynamic"' : batch}, but the file takes ${rows} ${rows === 1 ? 'row' : 'rows'} at a time ([${describe(declared)}])`,
      hint: `Write "batch": ${rows}, or export the file with an open first axis.`,
    };
  if (shape.length !== made.length || shape.slice(1).some((size, i) => typeof size === 'number' && size !== made[i + 1]))
    return {
      what: `takes [${describe(declared)}], but the manifest makes [${['rows', ...made.slice(1)].join(', ')}]`,
      hint: 'Check the encoding, the levels and the shape that the manifest states.',
    };
  return undefined;
}
