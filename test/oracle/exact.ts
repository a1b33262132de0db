import { realArithmetic } from './arithmetic.ts';
import { enumerate } from './oracle.ts';
import { singleWorld } from './question.ts';
import { axesOf, type OracleCase, setUp } from './setup.ts';

export interface ExactStudy {
  /** The do-set; empty: observation. */
  readonly set: readonly string[];
  /** P(rest = at | do(set = at)): one cell per assignment of all observed variables, cells of probability 0 included. */
  readonly cells: readonly { readonly at: Readonly<Record<string, number>>; readonly probability: number }[];
}

export interface ExactModel {
  readonly observed: readonly string[];
  readonly studies: readonly ExactStudy[];
  /**
   * The true answer for every assignment of what the question leaves open. An axis is `X=` for the value that X is set to
   * and, for the value of an event, the variable where all events share one world, else the term (`Y[X=1]`). undefined: the condition has probability 0.
   */
  readonly answers: readonly { readonly at: Readonly<Record<string, number>>; readonly value: number | undefined }[];
}

/**
 * One random structural model of a case, evaluated exactly by enumeration: what every study of the case would measure with an
 * infinite sample, and the truth. Questions in one world use random tables, others random response functions.
 */
export function exactModel(oracleCase: OracleCase, seed: number, hiddenLevels = 2): ExactModel {
  const setup = setUp(oracleCase, hiddenLevels, false);
  const { data, answers } = enumerate(setup, realArithmetic(seed));
  const observed = setup.nodes.filter((node) => !node.hidden).map((node) => node.name);
  const record = (values: readonly number[]): Record<string, number> =>
    Object.fromEntries(observed.map((name, i) => [name, values[i] as number]));
  const studies = setup.regimes.map((set, regime) => ({
    set: set.map((node) => setup.nodes[node]?.name as string),
    cells: data.filter((cell) => cell.regime === regime).map(({ at, cell }) => ({ at: record(at), probability: cell.value })),
  }));
  const oneWorld = singleWorld(setup.question) !== undefined;
  const axes = axesOf(setup.question);
  return {
    observed,
    studies,
    answers: answers.map(({ numerator, denominator }, i) => ({
      at: Object.fromEntries(
        axes.map(({ key, variable }) => [oneWorld && !key.endsWith('=') ? variable : key, setup.assignments[i]?.get(key) as number]),
      ),
      value: denominator.value === 0 ? undefined : numerator.value / denominator.value,
    })),
  };
}
