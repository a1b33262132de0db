import { heading } from './account.ts';
import { createBuilder } from './estimand/builder.ts';
import { estimandToJson } from './estimand/json.ts';
import { cellName, exchangeableEstimand } from './exchangeable/estimand.ts';
import { accountForPositions } from './exchangeable/lemmas.ts';
import type { Cell, ExchangeableModel } from './exchangeable/terms.ts';
import type { Part } from './exchangeable-question.ts';
import type { Graph } from './graph/graph.ts';
import type { Name } from './graph/variable.ts';
import type { Answer, DerivationLine } from './interpret/answer.ts';
import { formulaLatex, formulaText } from './interpret/formula.ts';
import type { Query, Question } from './query/terms.ts';
import { type Result, success } from './run/issue.ts';

/** A part of a question in cells, with what the question takes of it. */
export interface WeightedPart {
  readonly weight: number;
  readonly take: Query['take'];
  readonly part: Part;
}

/** An answer about exchangeable rows that has no numbers yet. */
export const emptyExchangeable = (question: Question, graph: Graph | undefined): Answer => ({
  ...heading(question, graph),
  status: 'refused',
  kind: 'none',
  rule: 'exchangeable',
  refused: [],
  assumes: ['exchangeable'],
  diagnostics: [],
  studies: [],
});

export const refuseExchangeable = (
  question: Question,
  graph: Graph | undefined,
  why: string,
  status: Answer['status'] = 'refused',
): Answer => ({ ...emptyExchangeable(question, graph), status, why, refused: [{ rule: 'exchangeable', why }] });

/** Theorem 1 over the cells of a question, read off the watched `studies`, and which positions taught which mechanism. */
export function accountForCells(
  model: ExchangeableModel,
  parts: readonly WeightedPart[],
  studies: readonly Name[],
): Result<Pick<Answer, 'identifiable'> & Required<Pick<Answer, 'estimand' | 'derivation'>>> {
  const builder = createBuilder();
  const derivation: DerivationLine[] = [];
  const terms: { readonly weight: number; readonly of: ReturnType<typeof builder.constant> }[] = [];
  for (const { weight, take, part } of parts) {
    const { of, values, query } = part;
    const account = accountForPositions(model, query);
    if (!account.ok) return account;
    const open = of.filter((_, i) => values[i] === undefined);
    const estimand = exchangeableEstimand(model, query, studies, open);
    if (!estimand.ok) return estimand;
    for (const { depth, says, theorem, source } of account.value.proof) {
      const line = { depth, says, theorem, source };
      if (!derivation.some((one) => JSON.stringify(one) === JSON.stringify(line))) derivation.push(line);
    }
    const [first] = of as readonly [Cell];
    terms.push({ weight, of: take === 'mean' ? builder.mean(cellName(first), estimand.value) : estimand.value });
  }
  const whole = builder.combine(terms);
  return success({
    identifiable: true,
    estimand: { text: formulaText(whole), latex: formulaLatex(whole), tree: estimandToJson(whole) },
    derivation,
  });
}
