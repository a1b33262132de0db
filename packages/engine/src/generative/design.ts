import type { Name } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { columnOf, concatenated, drawnRows, type TrainingData, taken } from './batch.ts';
import { type DrawOptions, drawNodes } from './draw.ts';
import { type NetworkInput, type PlannedFactor, type SamplingNetwork, teachersOf } from './network.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel } from './terms.ts';

/**
 * The law that the inputs of a generated training set are drawn from, each on its own so that all combinations come up. Finite:
 * `even`: every level that the studies show from which it was learnt what follows the input, equally often; `marginal`: as often as in the data. Real and tensor inputs take
 * values of the data in either case. What is learnt does not depend on the choice; how well it is learnt where does.
 */
export type Design = 'even' | 'marginal';

export interface GenerateOptions extends DrawOptions {
  /** How many rows. */
  readonly rows: number;
  readonly types: ReadonlyMap<Name, ColumnType>;
  readonly design?: Design;
}

export interface GeneratedSet {
  /** Inputs and outputs of the network. */
  readonly batch: Batch;
  /** Combinations of the levels of finite inputs. */
  readonly combinations: number;
}

/** Step 7: draws the inputs from a full-support design and pushes them through the network. Issues: `no-column`. */
export async function generateTrainingSet(
  network: SamplingNetwork,
  factors: readonly PlannedFactor[],
  models: ReadonlyMap<string, ConditionalModel>,
  data: ReadonlyMap<Name, TrainingData>,
  random: Random,
  options: GenerateOptions,
): Promise<Result<GeneratedSet>> {
  const { rows, design = 'even', batch: size = 4096 } = options;
  const sources: ({ readonly input: NetworkInput } & Source)[] = [];
  for (const input of network.inputs) {
    const source = sourceOf(input, data, teachersOf(input.name, network, factors), options.types.get(input.variable), design);
    if (source === undefined)
      return failure({ code: 'no-column', message: `No study has rows of ${input.variable}, over which a training set is to be drawn.` });
    sources.push({ input, ...source });
  }
  const combinations = sources.reduce((product, { levels }) => product * (levels?.length ?? 1), 1);
  const parts: Batch[] = [];
  for (let from = 0, number = 0; from < rows; from += size, number++) {
    const count = Math.min(size, rows - from);
    const own = random.split(number);
    const columns = new Map<Name, ColumnValues>();
    for (const { input, data: source, levels } of sources) {
      const stream = own.split('design').split(input.name);
      if (design === 'even' && levels !== undefined)
        columns.set(input.name, {
          kind: 'finite',
          values: Int32Array.from({ length: count }, () => levels[stream.integer(levels.length)] as number),
        });
      else {
        const column = columnOf(source.batch, input.variable);
        const drawn = taken({ rows: source.batch.rows, columns: new Map([[input.name, column]]) }, drawnRows(source, count, stream));
        columns.set(input.name, columnOf(drawn, input.name));
      }
    }
    const outputs = await drawNodes(network, factors, models, { rows: count, columns }, own, options);
    parts.push({ rows: count, columns: new Map([...columns, ...outputs.columns]) });
    options.onProgress?.({ task: 'training set', done: from + count, total: rows });
    await options.pause?.();
  }
  return success({ batch: concatenated(parts), combinations });
}

interface Source {
  readonly data: TrainingData;
  readonly levels?: readonly number[];
}

/** The first study that has the input, and the levels that occur in any; of those from which factors that take it were learnt, where some of them have it. */
function sourceOf(
  input: NetworkInput,
  data: ReadonlyMap<Name, TrainingData>,
  teachers: ReadonlySet<Name>,
  type: ColumnType | undefined,
  design: Design,
): Source | undefined {
  const all = [...data].filter(([, { batch }]) => batch.rows > 0 && batch.columns.has(input.variable));
  const taught = all.filter(([study]) => teachers.has(study));
  const holding = (taught.length > 0 ? taught : all).map(([, part]) => part);
  const [first] = holding;
  if (first === undefined) return undefined;
  if (type?.kind !== 'finite') return { data: first };
  const seen = new Uint8Array(type.levels.length);
  for (const { batch, weights } of design === 'even' ? holding : [first]) {
    const { values } = columnOf(batch, input.variable);
    for (let row = 0; row < batch.rows; row++) if (weights === undefined || (weights[row] as number) > 0) seen[values[row] as number] = 1;
  }
  return { data: first, levels: [...seen.keys()].filter((level) => seen[level] === 1) };
}
