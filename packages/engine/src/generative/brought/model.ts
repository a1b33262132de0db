import type { Name } from '../../graph/variable.ts';
import { exp, log } from '../../math/elementary.ts';
import type { Random } from '../../math/random.ts';
import { Interrupted, type RunOptions } from '../../run/progress.ts';
import { fillNormal } from '../../tensor/noise.ts';
import { codesOf, columnOf } from '../batch.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask } from '../terms.ts';
import { BroughtFailure, type Rows, type Step, sizeOfRow } from './contract.ts';
import { decode, encodeAll } from './encode.ts';
import type { Manifest } from './manifest.ts';
import type { Match } from './match.ts';
import { denoisingSteps } from './schedule.ts';
import { noiseShape, outputWidth } from './step.ts';

/** Values for conditions that the model has and the factor has not; they do not change the law. */
export type IdleValues = (given: Batch, random: Random) => ReadonlyMap<Name, ColumnValues>;

export interface BroughtModel extends ConditionalModel {
  readonly kind: 'onnx' | 'function';
  readonly manifest: Manifest;
  /** Numbers of tensors outside the range, of all drawn so far, that were moved to its edge. */
  readonly clipped: () => { readonly count: number; readonly of: number };
}

export interface BroughtParts {
  readonly kind: 'onnx' | 'function';
  readonly manifest: Manifest;
  readonly step: Step;
  readonly match: Match;
  readonly task: ConditionalTask;
  /** By variable, those of all conditions of the model among them. */
  readonly types: ReadonlyMap<Name, ColumnType>;
  readonly idle: IdleValues;
}

/**
 * A brought model as a factor of the network. Noise comes from the stream that `sample` is given, row by row, so draws do not depend
 * on how many rows the file takes at a time. `sample` throws {@link BroughtFailure} where the model fails.
 */
export function broughtModel(parts: BroughtParts): BroughtModel {
  const { kind, manifest, step, match, task, types, idle } = parts;
  let [clipped, drawn] = [0, 0];
  const inner = (given: Batch, random: Random): Batch => {
    const columns = new Map<Name, ColumnValues>(match.surplus.length === 0 ? [] : idle(given, random.split('idle')));
    for (const [variable, column] of match.columns) if (given.columns.has(column)) columns.set(variable, columnOf(given, column));
    return { rows: given.rows, columns };
  };
  const support = supportOf(manifest, types);
  return {
    kind,
    task,
    manifest,
    clipped: () => ({ count: clipped, of: drawn }),
    async sample(given, random, options = {}) {
      const values = await drawRows(manifest, step, encodeAll(manifest.given, types, inner(given, random)), given.rows, random, options);
      const made = decode(manifest.target, types, given.rows, values);
      clipped += made.clipped;
      for (const column of made.columns.values()) if (column.kind === 'tensor') drawn += column.values.length;
      return {
        rows: given.rows,
        columns: new Map([...made.columns].map(([variable, column]) => [match.columns.get(variable) as Name, column])),
      };
    },
    ...(manifest.kind === 'logits' &&
      match.surplus.length === 0 && {
        async logProbability(rows) {
          const given = encodeAll(manifest.given, types, {
            rows: rows.rows,
            columns: new Map([...match.columns].map(([variable, column]) => [variable, columnOf(rows, column)])),
          });
          const scores = await inChunks(step, given, undefined, rows.rows, outputWidth(manifest), {}, (part, noise, n) =>
            step.run(part, noise, undefined, n),
          );
          const laws = probabilities(scores, rows.rows, outputWidth(manifest));
          const cells = cellsOf(manifest, types, rows, match);
          return Float64Array.from(cells, (cell, row) => log(laws[row * outputWidth(manifest) + cell] as number));
        },
      }),
    ...(support !== undefined && { supports: (given: Batch) => support(given, match.columns) }),
  };
}

/** The row-major cell that every row of the target lies in. */
function cellsOf({ target }: Manifest, types: ReadonlyMap<Name, ColumnType>, rows: Batch, { columns }: Match): Int32Array {
  const cells = new Int32Array(rows.rows);
  for (const { name, levels = [] } of target) {
    const type = types.get(name);
    const index = type?.kind === 'finite' ? type.levels.map((level) => levels.indexOf(level)) : [];
    codesOf(rows, columns.get(name) as Name).forEach((code, row) => {
      cells[row] = (cells[row] as number) * levels.length + (index[code] as number);
    });
  }
  return cells;
}

async function drawRows(
  manifest: Manifest,
  step: Step,
  given: ReadonlyMap<Name, Rows>,
  rows: number,
  random: Random,
  options: RunOptions,
): Promise<Float32Array | Float64Array> {
  const width = outputWidth(manifest);
  const shape = noiseShape(manifest);
  let noise: Rows | undefined;
  if (shape !== undefined) {
    const values = new Float32Array(rows * sizeOfRow(shape));
    const stream = random.split('noise');
    if (manifest.noise?.law === 'uniform') for (let i = 0; i < values.length; i++) values[i] = stream.next();
    else fillNormal(stream, values);
    noise = { shape, values };
  }
  const run = (call: Call): Promise<Float32Array | Float64Array> => inChunks(step, given, noise, rows, width, options, call);
  const direct: Call = (part, start, n) => step.run(part, start, undefined, n);
  switch (manifest.kind) {
    case 'sampler':
      return run(direct);
    case 'logits':
      return levelsFrom(manifest, probabilities(await run(direct), rows, width), rows, random.split('levels'));
    case 'flow':
      return run((part, start, n) => followFlow(manifest, step, part, start as Rows, n, options));
    default:
      return run((part, start, n) => denoise(manifest, step, part, start as Rows, n, options));
  }
}

type Call = (given: ReadonlyMap<Name, Rows>, noise: Rows | undefined, n: number) => Promise<Float32Array | Float64Array>;

/** As many rows at a time as the model takes; a last, shorter part of a fixed batch is filled up with its last row. */
async function inChunks(
  step: Step,
  given: ReadonlyMap<Name, Rows>,
  noise: Rows | undefined,
  rows: number,
  width: number,
  options: RunOptions,
  call: Call,
): Promise<Float32Array | Float64Array> {
  const size = 'fixed' in step.rows ? step.rows.fixed : step.rows.most;
  const out = new Float64Array(rows * width);
  for (let from = 0; from < rows; from += size) {
    await breathe(options);
    const n = Math.min(size, rows - from);
    const fed = 'fixed' in step.rows ? size : n;
    const part = new Map([...given].map(([name, all]) => [name, cut(all, from, n, fed)]));
    const made = await call(part, noise && cut(noise, from, n, fed), fed);
    out.set(made.subarray(0, n * width), from * width);
  }
  return out;
}

async function breathe({ signal, pause }: RunOptions): Promise<void> {
  await pause?.();
  if (signal?.aborted === true) throw new Interrupted();
}

function cut({ shape, values }: Rows, from: number, n: number, fed: number): Rows {
  const width = sizeOfRow(shape);
  const own = values.subarray(from * width, (from + n) * width);
  if (fed === n) return { shape, values: own };
  const padded = values instanceof Float32Array ? new Float32Array(fed * width) : new Float64Array(fed * width);
  padded.set(own);
  const last = own.subarray((n - 1) * width);
  for (let row = n; row < fed; row++) padded.set(last, row * width);
  return { shape, values: padded };
}

/** Euler steps along dx/dt = v(x, t) from noise to data. */
async function followFlow(
  manifest: Manifest,
  step: Step,
  given: ReadonlyMap<Name, Rows>,
  start: Rows,
  n: number,
  options: RunOptions,
): Promise<Float64Array> {
  const steps = manifest.steps ?? 50;
  const backwards = manifest.schedule?.noiseAt === 1;
  const x = Float64Array.from(start.values);
  for (let i = 0; i < steps; i++) {
    await breathe(options);
    const time = backwards ? 1 - i / steps : i / steps;
    const velocity = await step.run(given, { shape: start.shape, values: Float32Array.from(x) }, time, n);
    const scale = (backwards ? -1 : 1) / steps;
    for (let j = 0; j < x.length; j++) x[j] = (x[j] as number) + scale * (velocity[j] as number);
  }
  return x;
}

/** DDIM without noise of its own (Song, Meng and Ermon 2021): x' = sqrt(a') x0 + sqrt(1 - a') eps. */
async function denoise(
  manifest: Manifest,
  step: Step,
  given: ReadonlyMap<Name, Rows>,
  start: Rows,
  n: number,
  options: RunOptions,
): Promise<Float64Array> {
  const x = Float64Array.from(start.values);
  for (const { time, now, next } of denoisingSteps(manifest.schedule ?? {}, manifest.steps)) {
    await breathe(options);
    const told = await step.run(given, { shape: start.shape, values: Float32Array.from(x) }, time, n);
    const [signal, noise, signalNext, noiseNext] = [Math.sqrt(now), Math.sqrt(1 - now), Math.sqrt(next), Math.sqrt(1 - next)];
    for (let j = 0; j < x.length; j++) {
      const [at, said] = [x[j] as number, told[j] as number];
      const epsilon = manifest.kind === 'denoiser-v' ? signal * said + noise * at : said;
      const clean = manifest.kind === 'denoiser-v' ? signal * at - noise * said : (at - noise * said) / signal;
      x[j] = signalNext * clean + noiseNext * epsilon;
    }
  }
  return x;
}

/** Softmax, row by row. */
function probabilities(scores: Float32Array | Float64Array, rows: number, cells: number): Float64Array {
  const out = new Float64Array(rows * cells);
  for (let row = 0; row < rows; row++) {
    let top = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < cells; i++) {
      const score = scores[row * cells + i] as number;
      if (Number.isNaN(score) || score === Number.POSITIVE_INFINITY)
        throw new BroughtFailure(
          'brought-not-finite',
          `The model gave the score ${score}.`,
          'Its numbers overflow at some of the values that it is given.',
        );
      top = Math.max(top, score);
    }
    if (top === Number.NEGATIVE_INFINITY) throw new BroughtFailure('brought-not-finite', 'The model gave every level the score -Infinity.');
    let sum = 0;
    for (let i = 0; i < cells; i++) {
      const weight = exp((scores[row * cells + i] as number) - top);
      out[row * cells + i] = weight;
      sum += weight;
    }
    for (let i = 0; i < cells; i++) out[row * cells + i] = (out[row * cells + i] as number) / sum;
  }
  return out;
}

/** Levels drawn from cell probabilities, as the encoding of the target has them. */
function levelsFrom({ target }: Manifest, laws: Float64Array, rows: number, random: Random): Float64Array {
  const sizes = target.map(({ levels }) => levels?.length ?? 1);
  const cells = laws.length / rows;
  const widths = target.map(({ encoding }, i) => (encoding === 'one-hot' ? (sizes[i] as number) : 1));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const out = new Float64Array(rows * total);
  for (let row = 0; row < rows; row++) {
    let cell = random.categorical(laws.subarray(row * cells, (row + 1) * cells));
    let end = (row + 1) * total;
    for (let i = sizes.length - 1; i >= 0; i--) {
      const size = sizes[i] as number;
      end -= widths[i] as number;
      if (widths[i] === 1) out[end] = cell % size;
      else out[end + (cell % size)] = 1;
      cell = Math.floor(cell / size);
    }
  }
  return out;
}

/** Marks rows inside the training support that the manifest claims; undefined where it claims none. */
function supportOf(
  { claims, given: columns }: Manifest,
  types: ReadonlyMap<Name, ColumnType>,
): ((given: Batch, columns: ReadonlyMap<Name, Name>) => Uint8Array) | undefined {
  const support = Object.entries(claims.support ?? {});
  if (support.length === 0) return undefined;
  return (given, names) => {
    const marks = new Uint8Array(given.rows).fill(1);
    for (const [variable, allowed] of support) {
      const name = names.get(variable);
      const type = types.get(variable);
      if (name === undefined || !given.columns.has(name) || !columns.some((column) => column.name === variable)) continue;
      const column = columnOf(given, name);
      const known = allowed.map(String);
      const inside =
        type?.kind === 'finite'
          ? (value: number): boolean => known.includes(type.levels[value] as string)
          : (value: number): boolean => value >= Number(allowed[0]) && value <= Number(allowed[1]);
      const width = column.values.length / Math.max(1, given.rows);
      column.values.forEach((value, i) => {
        if (!inside(value)) marks[Math.floor(i / width)] = 0;
      });
    }
    return marks;
  };
}
