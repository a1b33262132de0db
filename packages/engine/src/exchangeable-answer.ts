import { distributionSteps } from './exchangeable/exact.ts';
import { readExchangeable } from './exchangeable/model.ts';
import type { Cell, ExchangeableModel } from './exchangeable/terms.ts';
import { accountForCells, emptyExchangeable, refuseExchangeable, type WeightedPart } from './exchangeable-account.ts';
import { cellsOf } from './exchangeable-question.ts';
import type { Graph } from './graph/graph.ts';
import type { Domain, Name, Value } from './graph/variable.ts';
import type { Answer, Point } from './interpret/answer.ts';
import type { Question } from './query/terms.ts';
import type { Result } from './run/issue.ts';
import type { RunOptions } from './run/progress.ts';
import { inSteps } from './run/steps.ts';

/** The known model of exchangeable rows of a problem document; undefined: it has none. Issues: those of {@link readExchangeable}. */
export function exchangeableOf(problem: {
  readonly graph?: Graph;
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly model?: { readonly exchangeable?: unknown };
}): Result<ExchangeableModel> | undefined {
  const written = problem.model?.exchangeable;
  if (written === undefined) return undefined;
  const { graph, domains } = problem;
  return readExchangeable(written as Readonly<Record<Name, unknown>>, { domains, ...(graph === undefined ? {} : { graph }) });
}

interface Planned {
  readonly answer: Answer;
  /** Undefined: the answer is a no. */
  readonly parts?: readonly WeightedPart[];
}

/** The estimand and the derivation of a question to a known model of exchangeable rows; no number is computed. */
export function planExchangeable(question: Question, graph: Graph | undefined, model: ExchangeableModel): Planned {
  const parts: WeightedPart[] = [];
  for (const { weight, query } of question.parts) {
    const part = cellsOf(query, model.levels, 'model');
    if (typeof part === 'string') return { answer: refuseExchangeable(question, graph, part) };
    parts.push({ weight, take: query.take, part });
  }
  const account = accountForCells(model, parts, []);
  if (!account.ok) return { answer: refuseExchangeable(question, graph, account.issues[0]?.message ?? '') };
  return { answer: { ...emptyExchangeable(question, graph), status: 'identified', ...account.value }, parts };
}

/**
 * A question about exchangeable rows of a known model, in closed form (Guo et al. 2024, theorem 1). Without positions it is about one
 * row (corollary 1). Refused: several worlds, values of conditions or interventions left open.
 */
export async function answerExchangeable(
  question: Question,
  graph: Graph | undefined,
  model: ExchangeableModel,
  options: RunOptions,
): Promise<Answer> {
  const { answer, parts } = planExchangeable(question, graph, model);
  if (parts === undefined) return answer;
  let total = 0;
  let open: readonly Point[] | undefined;
  for (const { weight, take, part } of parts) {
    const { of, values, query } = part;
    const found = await inSteps(distributionSteps(model, of, query.given, query.set), options);
    if (!found.ok) return refuseExchangeable(question, graph, found.issues[0]?.message ?? '', 'unknown');
    const { values: joint, sizes } = found.value;
    if (joint === null) {
      const { estimand: _, identifiable: __, ...rest } = answer;
      return { ...rest, status: 'undefined' };
    }
    const points = pointsOf(of, values, sizes, joint, model);
    if (take === 'mean') total += weight * points.reduce((sum, { at, value }) => sum + Number(Object.values(at)[0]) * (value ?? 0), 0);
    else if (values.includes(undefined)) {
      if (parts.length > 1) return refuseExchangeable(question, graph, 'The parts of a combination must state their values.');
      open = points;
    } else total += weight * (points[0]?.value ?? 0);
  }
  return {
    ...answer,
    kind: open === undefined ? 'point' : 'distribution',
    ...(open === undefined ? { value: total } : { distribution: open }),
  };
}

/** Values of the joint distribution where the stated values hold, by the open cells. */
function pointsOf(
  of: readonly Cell[],
  values: readonly (number | undefined)[],
  sizes: readonly number[],
  joint: Float64Array,
  model: ExchangeableModel,
): Point[] {
  const points: Point[] = [];
  for (let cell = 0; cell < joint.length; cell++) {
    const at: Record<string, Value> = {};
    let rest = cell;
    let stated = true;
    for (let i = of.length - 1; i >= 0; i--) {
      const { variable, position } = of[i] as Cell;
      const size = sizes[i] as number;
      const digit = rest % size;
      rest = Math.floor(rest / size);
      if (values[i] === undefined) at[`${variable}@${position}`] = model.levels.get(variable)?.[digit] as Value;
      else stated &&= values[i] === digit;
    }
    if (stated) points.push({ at: Object.fromEntries(Object.entries(at).reverse()), value: joint[cell] as number });
  }
  return points;
}
