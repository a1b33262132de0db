import type { Name, Value } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { columnOf, concatenated, rowFrom, stretched, taken } from './batch.ts';
import { freeRows } from './free-inputs.ts';
import { factorOfNode, type NetworkPlan, type PlannedFactor, type SamplingNetwork, type Wire, wireKey } from './network.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel } from './terms.ts';

/** A plan with a model for every factor: draws P(outputs | inputs). */
export interface FittedNetwork {
  readonly plan: NetworkPlan;
  /** By variable. */
  readonly types: ReadonlyMap<Name, ColumnType>;
  /** By factor. */
  readonly models: ReadonlyMap<string, ConditionalModel>;
  /**
   * Supported values of the free inputs: rows of the data, columns named as the inputs, what one study measured together in one batch, with
   * those of its columns that are set or given.
   */
  readonly free: readonly Batch[];
}

export interface DrawOptions extends RunOptions {
  /** Rows drawn at a time (default 4096). Part of what fixes the draws, besides the random stream. */
  readonly batch?: number;
  /** Told of rows whose condition the model of a factor had never seen. */
  readonly onUnsupported?: (factor: PlannedFactor, rows: number) => void;
}

const defaultBatch = 4096;

/**
 * One row of the inputs that a question leaves to be said, from values in text form; values that the question states need not
 * be repeated. `tensors`: columns of one row for inputs that no text can say. Free inputs may be given too. Issues: `missing-input`, `unknown-input`, and those of {@link rowFrom}.
 */
export function inputsFrom(
  network: Pick<FittedNetwork, 'plan' | 'types'>,
  values: Readonly<Record<Name, Value>> = {},
  tensors: ReadonlyMap<Name, ColumnValues> = new Map(),
): Result<Batch> {
  const { inputs } = network.plan;
  const unknown = [...Object.keys(values), ...tensors.keys()].find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined)
    return failure({
      code: 'unknown-input',
      message: `${unknown} is no input of this network.`,
      hint: inputs.length === 0 ? 'It has none.' : `Its inputs are ${inputs.map((input) => input.name).join(', ')}.`,
    });
  const stated: Record<Name, Value> = {};
  for (const { name, value } of inputs) {
    const said = values[name] ?? value;
    if (said !== undefined) stated[name] = said;
  }
  const read = rowFrom(stated, new Map(inputs.flatMap(({ name, variable }) => typed(name, network.types.get(variable)))));
  if (!read.ok) return read;
  const row: Batch = { rows: 1, columns: new Map([...read.value.columns, ...tensors]) };
  const missing = missingInput(network.plan, row);
  return missing === undefined ? success(row) : failure(missing);
}

const typed = (name: Name, type: ColumnType | undefined): (readonly [Name, ColumnType])[] => (type === undefined ? [] : [[name, type]]);

function missingInput(plan: NetworkPlan, inputs: Batch): Issue | undefined {
  const missing = plan.inputs.filter(({ name, role }) => role !== 'free' && !inputs.columns.has(name)).map(({ name }) => name);
  if (missing.length === 0) return undefined;
  return { code: 'missing-input', message: `Say at which ${missing.join(', ')} to draw.`, hint: 'Give one value, or one per row.' };
}

/**
 * `count` rows of the outputs, one batch after the other. `inputs`: a column per set and given input, of one row (the same for
 * all draws) or of `count` rows; free inputs that it does not hold are drawn from the rows of the data that go with the others (see
 * {@link freeRows}). Throws {@link Interrupted} when the signal is
 * aborted, and where an input is missing (see {@link inputsFrom}).
 */
export async function* drawInBatches(
  network: FittedNetwork,
  inputs: Batch,
  count: number,
  random: Random,
  options: DrawOptions = {},
): AsyncGenerator<Batch> {
  const missing = missingInput(network.plan, inputs);
  if (missing !== undefined) throw new Error(missing.message);
  const size = options.batch ?? defaultBatch;
  const pools = network.free.map((pool) => freeRows(pool, inputs));
  options.onProgress?.({ task: 'draw', done: 0, total: count });
  for (let from = 0, number = 0; from < count; from += size, number++) {
    const rows = Math.min(size, count - from);
    const own = random.split(number);
    const said =
      inputs.rows === 1
        ? stretched(inputs, rows)
        : taken(
            inputs,
            Int32Array.from({ length: rows }, (_, i) => from + i),
          );
    const columns = new Map(said.columns);
    for (const [i, { free, draw }] of pools.entries()) {
      if (free.columns.size === 0) continue;
      const stream = own.split('free').split(i);
      const drawn = taken(
        free,
        Int32Array.from({ length: rows }, (_, k) => draw(from + k, stream)),
      );
      for (const [name, column] of drawn.columns) columns.set(name, column);
    }
    yield await drawNodes(network.plan, network.plan.factors, network.models, { rows, columns }, own, options);
    options.onProgress?.({ task: 'draw', done: from + rows, total: count });
    await options.pause?.();
  }
}

/** All `count` rows at once; see {@link drawInBatches}. */
export async function drawFromNetwork(
  network: FittedNetwork,
  inputs: Batch,
  count: number,
  random: Random,
  options: DrawOptions = {},
): Promise<Result<Batch>> {
  const missing = missingInput(network.plan, inputs);
  if (missing !== undefined) return failure(missing);
  const batches: Batch[] = [];
  for await (const batch of drawInBatches(network, inputs, count, random, options)) batches.push(batch);
  return success(concatenated(batches));
}

/** One pass through the nodes for every row of `inputs`: the outputs of the network. */
export async function drawNodes(
  network: SamplingNetwork,
  factors: readonly PlannedFactor[],
  models: ReadonlyMap<string, ConditionalModel>,
  inputs: Batch,
  random: Random,
  options: DrawOptions = {},
): Promise<Batch> {
  const { rows } = inputs;
  const drawn = new Map<string, ColumnValues>();
  const at = (wire: Wire): ColumnValues => {
    if ('input' in wire) return columnOf(inputs, wire.input);
    const column = drawn.get(wireKey(wire));
    if (column === undefined) throw new Error(`${wire.column} of node ${wire.node} is read before it is drawn.`);
    return column;
  };
  for (const node of network.nodes) {
    if (options.signal?.aborted === true) throw new Interrupted();
    const factor = factorOfNode(factors, node);
    const model = models.get(factor.id);
    if (model === undefined) throw new Error(`The factor ${factor.id} has no model.`);
    const given: Batch = { rows, columns: new Map(factor.given.map((name, i) => [name, at(node.wires[i] as Wire)])) };
    if (options.onUnsupported !== undefined) {
      const unseen = model.supports?.(given).reduce((sum, mark) => sum + 1 - mark, 0) ?? 0;
      if (unseen > 0) options.onUnsupported(factor, unseen);
    }
    const { signal, pause } = options;
    const made = await model.sample(given, random.split(node.id), { ...(signal && { signal }), ...(pause && { pause }) });
    for (const column of factor.of) drawn.set(wireKey({ node: node.id, column }), columnOf(made, column));
  }
  return { rows, columns: new Map(network.outputs.map(({ name, wire }) => [name, at(wire)])) };
}
