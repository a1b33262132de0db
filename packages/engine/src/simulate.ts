import { parseBif } from './graph/formats/bif.ts';
import { formatOf, readGraph } from './graph/formats/read.ts';
import type { Graph } from './graph/graph.ts';
import type { Domain, Name, Value } from './graph/variable.ts';
import type { Point } from './interpret/answer.ts';
import { exactCounterfactual, isTable } from './model/counterfactual.ts';
import { fromNetwork } from './model/network.ts';
import { type DiscreteModel, randomModel } from './model/scm.ts';
import { openSymbols } from './model/worlds.ts';
import { compileQuestion } from './query/bind.ts';
import { printQuestion } from './query/print.ts';
import type { Query } from './query/terms.ts';
import { failure, type Issue, type Result, success } from './run/issue.ts';
import { didYouMean } from './run/nearest.ts';

export interface ModelOptions {
  readonly seed: number;
  /** Levels by variable, where the graph does not declare them; else 0 and 1. */
  readonly levels?: ReadonlyMap<Name, readonly Value[]>;
  readonly file?: string;
}

export interface GraphModel {
  readonly graph: Graph;
  readonly model: DiscreteModel;
  /** `network`: the tables of a Bayesian network; `random`: drawn from the seed. */
  readonly from: 'network' | 'random';
}

/** A model from text: a Bayesian network (BIF) as it stands, or a random structural model for a graph in any notation. */
export function readModel(text: string, options: ModelOptions): Result<GraphModel> {
  if (formatOf(text) !== 'bif') {
    const graph = readGraph(text, options.file);
    return graph.ok ? modelFor(graph.value, options) : graph;
  }
  const network = parseBif(text, options.file);
  if (!network.ok) return network;
  if ((options.levels?.size ?? 0) > 0) return failure({ code: 'levels', message: 'A Bayesian network brings its own levels.' });
  const model = fromNetwork(network.value);
  return model.ok ? success({ graph: network.value.graph, model: model.value, from: 'network' }) : model;
}

/** A random structural model for a graph. Issues: `unknown-variable`, `real-variable`, `too-large`. */
export function modelFor(graph: Graph, options: ModelOptions): Result<GraphModel> {
  const issues: Issue[] = [];
  for (const name of options.levels?.keys() ?? []) {
    if (graph.variables.has(name)) continue;
    const hint = didYouMean(name, graph.variables.keys());
    issues.push({
      code: 'unknown-variable',
      message: `There is no variable '${name}' in the graph.`,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  for (const { name, domain } of graph.variables.values()) {
    if (domain === undefined || domain.kind === 'finite' || options.levels?.has(name) === true) continue;
    issues.push({
      code: 'real-variable',
      message: `${name} is not finite, and this version draws models over finite variables only.`,
      hint: `Give it levels, for example --levels '${name}=3'.`,
    });
  }
  if (issues.length > 0) return failure(...issues);
  const model = randomModel(graph, { seed: options.seed, ...(options.levels === undefined ? {} : { levels: options.levels }) });
  if ('tooLarge' in model) {
    const message = `The table of ${model.axes.at(-1)} would have ${model.tooLarge} cells: it has too many parents or levels.`;
    return failure({ code: 'too-large', message });
  }
  return success({ graph, model, from: 'random' });
}

/** The exact answer of a fully known model to a question. */
export interface Truth {
  readonly question: string;
  readonly terms: string;
  readonly kind: 'point' | 'distribution';
  /** Null where the condition has probability zero. */
  readonly value?: number | null;
  readonly distribution?: readonly Point[];
}

/**
 * Answers a question by the model itself, across worlds too, with no estimand in between. Issues: those of
 * {@link compileQuestion}, `positions`, `not-a-number`, `different-values`, `too-large`, `needs-responses`.
 */
export function truthOf({ graph, model }: GraphModel, text: string): Result<Truth> {
  const domains = new Map<Name, Domain>(
    model.observed.map((name) => [name, { kind: 'finite', levels: model.levels.get(name) as readonly Value[] }]),
  );
  const compiled = compileQuestion(text, { graph, domains, positions: false });
  if (!compiled.ok) return failure(...compiled.issues.map((issue) => ({ ...issue, where: { ...issue.where, text } })));
  const question = compiled.value;
  const points = new Map<string, { at: Record<string, Value>; value: number }>();
  let axes: string | undefined;
  for (const { weight, query } of question.parts) {
    const answered = exactPart(model, query);
    if (!answered.ok) return answered;
    const key = JSON.stringify(answered.value.axes);
    if (axes !== undefined && axes !== key) {
      const hint = 'State the values, or ask the parts one by one.';
      return failure({ code: 'different-values', message: 'The parts of a combination must leave the same values open.', hint });
    }
    axes = key;
    for (const { at, value } of answered.value.points) {
      const known = points.get(JSON.stringify(at));
      if (known === undefined) points.set(JSON.stringify(at), { at, value: weight * value });
      else known.value += weight * value;
    }
  }
  const list = [...points.values()].map(({ at, value }): Point => ({ at, value: Number.isNaN(value) ? null : value }));
  const named = { question: text, terms: printQuestion(question) };
  if (axes === '[]') return success({ ...named, kind: 'point', value: list[0]?.value ?? null });
  return success({ ...named, kind: 'distribution', distribution: list });
}

interface Part {
  readonly axes: readonly string[];
  readonly points: readonly { readonly at: Record<string, Value>; readonly value: number }[];
}

function exactPart(model: DiscreteModel, query: Query): Result<Part> {
  const table = exactCounterfactual(model, query.of, query.given);
  if ('tooLarge' in table) return failure({ code: 'too-large', message: `The answer needs a table of ${table.tooLarge} cells.` });
  if (!isTable(table)) {
    const message = `A Bayesian network does not say what ${table.needsResponses} would be for two values of its parents at once.`;
    return failure({ code: 'needs-responses', message, hint: 'Ask about one world, or draw a random model for the graph.' });
  }
  const open = openSymbols(query.of, query.given);
  const levels = open.map(({ variable }) => model.levels.get(variable) as readonly Value[]);
  const mean = query.take === 'mean';
  if (mean && levels[0]?.some((level) => Number.isNaN(Number(level))) === true)
    return failure({ code: 'not-a-number', message: `The levels of ${open[0]?.variable} are not numbers, so it has no mean.` });
  const points = new Map<number, { at: Record<string, Value>; value: number }>();
  const inner = table.values.length / (mean ? (levels[0] as readonly Value[]).length : 1);
  table.values.forEach((probability, cell) => {
    const at: [string, Value][] = [];
    let rest = cell;
    for (let axis = open.length - 1; axis >= 0; axis--) {
      const names = levels[axis] as readonly Value[];
      at.unshift([open[axis]?.symbol as string, names[rest % names.length] as Value]);
      rest = Math.floor(rest / names.length);
    }
    const factor = mean ? Number(at.shift()?.[1]) : 1;
    const known = points.get(cell % inner);
    if (known === undefined) points.set(cell % inner, { at: Object.fromEntries(at), value: factor * probability });
    else known.value += factor * probability;
  });
  return success({ axes: open.slice(mean ? 1 : 0).map(({ symbol }) => symbol), points: [...points.values()] });
}
