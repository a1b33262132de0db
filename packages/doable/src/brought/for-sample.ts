import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  type ConditionalModel,
  failure,
  type Name,
  type Problem,
  type Result,
  type RunOptions,
  type SamplePlan,
  success,
  type TrainingData,
} from '@doable/engine';
import { type BroughtModels, type BroughtOptions, broughtModels } from './brought.ts';

export interface BroughtForSample {
  /** By key of the factor. */
  readonly known: Map<string, ConditionalModel>;
  /** A folder of the cache for networks that rest on just these models. */
  readonly cache?: string;
  /** One line per model, for people. */
  readonly notes: readonly string[];
}

/** The models of `--bring` for one plan. Their processes end with this one. Issues: those of {@link broughtModels}, `no-graph`. */
export async function broughtForSample(
  files: readonly string[],
  { graph }: Pick<Problem, 'graph'>,
  { plan, types }: SamplePlan,
  data: ReadonlyMap<Name, TrainingData>,
  { cache, ...options }: Pick<BroughtOptions, 'seed' | 'allow' | 'load'> & RunOptions & { readonly cache?: string },
): Promise<Result<BroughtForSample>> {
  if (graph === undefined) return failure({ code: 'no-graph', message: 'To bring a model a graph is needed.' });
  const result = await broughtModels(files, plan, { ...options, graph, types, data });
  if (!result.ok) return result;
  const { brought } = result.value;
  const print = createHash('sha256')
    .update(JSON.stringify(brought.map(({ factor, model }) => [factor.key, model.manifest])))
    .digest('hex');
  return success(
    {
      known: new Map(brought.map(({ factor, model }) => [factor.key, model])),
      ...(cache === undefined ? {} : { cache: join(cache, `brought-${print.slice(0, 16)}`) }),
      notes: brought.map(noteOf),
    },
    result.warnings,
  );
}

function noteOf({ factor, report, model }: BroughtModels['brought'][number]): string {
  const { file, url } = model.manifest;
  const { twoSample } = report;
  const compared = twoSample === undefined ? '' : ` Two-sample test against ${twoSample.rows} rows: p = ${twoSample.p.toPrecision(2)}.`;
  return `${factor.id} ${report.law}: brought (${file ?? url ?? 'a function'}).${compared} ${report.notes.join(' ')}`.trimEnd();
}
