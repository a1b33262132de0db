import { levelsOf } from './by-value.ts';
import type { Catalogue } from './data/catalogue.ts';
import type { Study } from './data/study.ts';
import { variableOf } from './estimand/estimand.ts';
import { hasPositions } from './exchangeable-question.ts';
import { rowsOf, type TrainingData } from './generative/batch.ts';
import { idGen } from './generative/id-gen.ts';
import { type NetworkPlan, type SamplingNetwork, typeOf } from './generative/network.ts';
import type { ColumnType } from './generative/terms.ts';
import type { Graph } from './graph/graph.ts';
import type { Domain, Name } from './graph/variable.ts';
import type { Refusal } from './identify/rule.ts';
import { withoutIdleNesting } from './identify/single-world.ts';
import { compileQuestion } from './query/bind.ts';
import { printQuery } from './query/print.ts';
import type { Query } from './query/terms.ts';
import { failure, type Result, success } from './run/issue.ts';
import type { RunOptions } from './run/progress.ts';

/** What planning needs of a problem. */
export interface Sampleable {
  readonly graph?: Graph;
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly catalogue: Catalogue;
  readonly assume?: readonly string[];
  readonly model?: { readonly exchangeable?: unknown };
}

/** How a question is sampled, before any row is read. */
export interface SamplePlan {
  /** As it was asked. */
  readonly question: string;
  readonly plan: NetworkPlan;
  /** The column type of every variable of the plan. */
  readonly types: ReadonlyMap<Name, ColumnType>;
  /** Variables that the question sets or conditions on without any effect on what is drawn: values of them are let pass. */
  readonly idle: readonly Name[];
}

export interface SamplePlanOptions {
  readonly conditioning?: NetworkPlan['conditioning'];
}

/**
 * The sampling network of one question. A question that is not identified comes back with the refusal (its hedges); nothing is
 * wrong with the input then. Issues: those of {@link compileQuestion}, `no-graph`, `no-study`, `several-questions` (a contrast has no draws),
 * `exchangeable` (draws are of independent rows), `no-sampler`, `unknown-variable`.
 */
export function planSample(
  problem: Sampleable,
  text: string,
  options: SamplePlanOptions = {},
): Result<SamplePlan | { readonly refusal: Refusal }> {
  const { graph, domains } = problem;
  if (graph === undefined)
    return failure({ code: 'no-graph', message: 'To sample an effect a graph is needed.', hint: "Give one: --graph 'X -> Y'." });
  const compiled = compileQuestion(text, { graph, domains });
  if (!compiled.ok) return failure(...compiled.issues.map((issue) => ({ ...issue, where: { ...issue.where, text } })));
  if (hasPositions(compiled.value) || problem.assume?.includes('exchangeable') === true || problem.model?.exchangeable !== undefined)
    return failure({
      code: 'exchangeable',
      message: 'Draws are of independent rows, and these are said to be exchangeable.',
      hint: 'doable ask answers about positions and environments. To draw as if rows were independent, leave out positions, "assume": ["exchangeable"] and "model".',
    });
  if (problem.catalogue.offers.length === 0)
    return failure({
      code: 'no-study',
      message: 'There is no study to learn from.',
      hint: 'Give a study (in the problem document, or --study FILE); doable explain, which needs no data, says what would be needed.',
    });
  const [part, ...more] = compiled.value.parts;
  if (part === undefined || more.length > 0 || part.weight !== 1)
    return failure({
      code: 'several-questions',
      message: 'Draws are of one distribution; this question combines several.',
      hint: `Sample them one by one: ${compiled.value.parts
        .slice(0, 4)
        .map(({ query }) => printQuery(query, 'do'))
        .join('; ')}.`,
    });
  return planQuery(problem, graph, part.query, text, options);
}

/** {@link planSample} for one query that is bound already. Issues: `no-sampler`, `unknown-variable`. */
export function planQuery(
  problem: Sampleable,
  graph: Graph,
  asked: Query,
  text: string,
  options: SamplePlanOptions = {},
): Result<SamplePlan | { readonly refusal: Refusal }> {
  const { domains, catalogue } = problem;
  const query = withoutIdleNesting(asked, graph);
  const made = idGen(query, graph, catalogue, { ...options, levels: levelsOf(problem) });
  if (!made.ok) return made.refusal === undefined ? failure(...made.issues) : success({ refusal: made.refusal });
  const { plan } = made;
  const types = new Map<Name, ColumnType>();
  for (const name of variablesOf(plan)) {
    const type = typeOf(name, domains);
    if (!type.ok) return type;
    types.set(name, type.value);
  }
  const named = [...query.of, ...query.given].flatMap((term) => [term.variable, ...term.world.map(({ variable }) => variable)]);
  const known = new Set([...plan.inputs.map(({ name }) => name), ...plan.outputs.map(({ name }) => name)]);
  return success({ question: text, plan, types, idle: [...new Set(named)].filter((name) => !known.has(name)) });
}

/** Every variable that a plan reads, draws or is fed. */
export function variablesOf(plan: NetworkPlan): ReadonlySet<Name> {
  const names = new Set<Name>();
  const add = ({ inputs }: SamplingNetwork): void => {
    for (const { variable } of inputs) names.add(variable);
  };
  add(plan);
  for (const { of, given, rows } of plan.factors) {
    for (const name of [...of, ...given]) names.add(variableOf(name));
    if (rows.kind === 'generated') add(rows.network);
  }
  return names;
}

/** The rows of every study at the columns that the plan can use. */
export async function trainingRows(
  studies: readonly Study[],
  plan: NetworkPlan,
  options: RunOptions = {},
): Promise<ReadonlyMap<Name, TrainingData>> {
  const wanted = variablesOf(plan);
  const data = new Map<Name, TrainingData>();
  for (const [i, study] of studies.entries()) {
    options.onProgress?.({ task: 'studies', done: i, total: studies.length });
    const columns = study.measured.filter((name) => wanted.has(name));
    if (columns.length > 0) data.set(study.name, await rowsOf(study, columns, options));
  }
  return data;
}
