import { columnOf, drawnRows, selected, type TrainingData, taken } from './generative/batch.ts';
import type { FactorReport, FitReport } from './generative/fit-network.ts';
import { mmdTest } from './generative/metrics/mmd.ts';
import type { Batch, ConditionalModel } from './generative/terms.ts';
import type { Name } from './graph/variable.ts';
import type { SamplerReport } from './interpret/answer.ts';
import type { Random } from './math/random.ts';

type FactorFigures = SamplerReport['factors'][number];

/** Rows on each side of a two-sample test. */
const testRows = 300;

/**
 * How well a factor was learnt: its held-out loss, and whether rows of the data and draws of the model at the conditions of other rows can be told
 * apart (MMD with permutations). Tables are what was counted, and generated rows are gone: both have no test.
 */
export async function factorFigures(
  report: FactorReport,
  model: ConditionalModel,
  data: ReadonlyMap<Name, TrainingData>,
  random: Random,
): Promise<FactorFigures> {
  const { factor, kind, rows } = report;
  const training = 'report' in model ? (model.report as { readonly heldOut: readonly number[] } | undefined) : undefined;
  const heldOut = training === undefined || training.heldOut.length === 0 ? undefined : Math.min(...training.heldOut);
  const source = factor.rows.kind === 'study' ? factor.rows.studies.flatMap((name) => data.get(name) ?? [])[0] : undefined;
  const p = source === undefined || kind === 'table' || source.batch.rows < 40 ? undefined : await told(report, model, source, random);
  return {
    id: factor.id,
    of: factor.of,
    given: factor.given,
    kind,
    rows,
    ...(heldOut === undefined ? {} : { heldOutLoss: heldOut }),
    ...(p === undefined ? {} : { twoSample: p }),
    ...(factor.rows.kind === 'generated' ? { generatedRows: rows } : {}),
  };
}

async function told({ factor }: FactorReport, model: ConditionalModel, source: TrainingData, random: Random): Promise<number | undefined> {
  const names = [...factor.of, ...factor.given];
  if (names.some((name) => source.batch.columns.get(name)?.kind === 'tensor' || !source.batch.columns.has(name))) return undefined;
  const rows = drawnRows(source, 2 * testRows, random.split('rows'));
  const real = taken(selected(source.batch, names), rows.subarray(0, testRows) as Int32Array<ArrayBuffer>);
  const other = taken(selected(source.batch, names), rows.subarray(testRows) as Int32Array<ArrayBuffer>);
  const drawn = await model.sample(selected(other, factor.given), random.split('draws'));
  const made: Batch = { rows: other.rows, columns: new Map([...selected(other, factor.given).columns, ...drawn.columns]) };
  const scales = names.map((name) => scaleOf(real, name));
  const features = (batch: Batch) => {
    const width = names.length;
    const values = new Float64Array(batch.rows * width);
    for (const [i, name] of names.entries()) {
      const { values: own } = columnOf(batch, name);
      for (let row = 0; row < batch.rows; row++) values[row * width + i] = (own[row] as number) / (scales[i] as number);
    }
    return { rows: batch.rows, width, values };
  };
  return mmdTest(features(real), features(made), { random: random.split('test'), permutations: 200 }).p;
}

function scaleOf(batch: Batch, name: Name): number {
  const { values } = columnOf(batch, name);
  let [sum, square] = [0, 0];
  for (const value of values) {
    sum += value;
    square += value * value;
  }
  const mean = sum / batch.rows;
  return Math.sqrt(Math.max(0, square / batch.rows - mean * mean)) || 1;
}

/** Of every factor once, over all networks of a question. */
export async function allFactorFigures(
  fits: readonly { readonly fit: FitReport; readonly data: ReadonlyMap<Name, TrainingData> }[],
  random: Random,
): Promise<readonly FactorFigures[]> {
  const figures = new Map<string, FactorFigures>();
  for (const { fit, data } of fits)
    for (const report of fit.factors) {
      const { key, id } = report.factor;
      const model = fit.network.models.get(id);
      if (model !== undefined && (!figures.has(key) || report.reused !== true))
        figures.set(key, await factorFigures(report, model, data, random.split(key)));
    }
  return [...figures.values()];
}
