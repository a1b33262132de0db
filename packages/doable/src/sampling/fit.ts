import {
  type Design,
  type FitReport,
  fitNetwork,
  type Problem,
  type Result,
  type RunOptions,
  type SamplePlan,
  success,
  trainingRows,
} from '@doable/engine';
import { fitterOf, type KindChoice, kindFor } from './kinds.ts';

export interface FitSampleOptions extends RunOptions {
  readonly kinds: KindChoice;
  readonly seed: number;
  readonly generatedRows: number;
  readonly design: Design;
}

/** Reads the rows that the plan needs and learns its factors. Issues: those of `fitNetwork`. */
export async function fitSample(
  problem: Pick<Problem, 'studies'>,
  { plan, types }: SamplePlan,
  options: FitSampleOptions,
): Promise<Result<FitReport>> {
  const { kinds, seed, generatedRows, design, ...run } = options;
  const data = await trainingRows(problem.studies, plan, run);
  return fitNetwork(plan, data, {
    ...run,
    seed,
    types,
    generatedRows,
    design,
    fitterFor: (task, factor) => success(fitterOf(kindFor(task, kinds.of.get(factor.id) ?? kinds.all), undefined)),
  });
}
