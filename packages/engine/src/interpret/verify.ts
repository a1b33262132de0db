import { type Estimand, variableOf } from '../estimand/estimand.ts';
import { type Leaf, leavesOf, stepsOf } from '../estimand/fold.ts';
import type { Graph } from '../graph/graph.ts';
import { ancestors } from '../graph/kin.ts';
import { induced } from '../graph/surgery.ts';
import type { Domain, Name, Value } from '../graph/variable.ts';
import { align, type Factor, isTooLarge, restrict, sumOut } from '../math/factor.ts';
import { exactCounterfactual, isTable } from '../model/counterfactual.ts';
import { exactDistribution } from '../model/exact.ts';
import { type DiscreteModel, levelsOf, randomModel } from '../model/scm.ts';
import { type OpenSymbol, openSymbols, type WorldEvent } from '../model/worlds.ts';
import { compile, type Plan, type TableRequest } from './plan.ts';

export interface VerifyInput {
  readonly graph: Graph;
  readonly query: { readonly take: 'probability' | 'mean'; readonly of: readonly WorldEvent[]; readonly given: readonly WorldEvent[] };
  readonly estimand: Estimand;
  /** The axes that the question left open, as the estimand names them. */
  readonly open: readonly OpenSymbol[];
}

export interface VerifyOptions {
  /** One random model each; default 1, 2. */
  readonly seeds?: readonly number[];
  /** Levels by variable, for values that neither question nor estimand mentions. */
  readonly levels?: ReadonlyMap<Name, readonly Value[]>;
  /** Largest table, in cells; default 2^14, so that the check takes milliseconds. */
  readonly limit?: number;
}

export type Verified =
  | { readonly checked: true; readonly gap: number; readonly cells: number }
  | { readonly checked: false; readonly why: string };

/** Beyond these the check would no longer take milliseconds. */
const mostVariables = 80;
const mostTables = 400;

/**
 * Evaluates the estimand in random structural models of the graph, its leaves filled with the exact distributions of the model,
 * and compares with the exact answer of the same model, for every value of the open and the free axes. `gap`: the largest
 * difference; a sound estimand stays near 1e-15.
 */
export function verifyEstimand({ graph, query, estimand, open }: VerifyInput, options: VerifyOptions = {}): Verified {
  const no = (why: string): Verified => ({ checked: false, why });
  const terms = [...query.of, ...query.given];
  const leaves = leavesOf(estimand);
  const names = new Set<Name>();
  const visit = (event: WorldEvent): void => {
    names.add(event.variable);
    for (const { variable, value } of event.world) {
      names.add(variable);
      if (typeof value === 'object') visit(value);
    }
  };
  terms.forEach(visit);
  for (const leaf of leaves) for (const name of [...leaf.of, ...leaf.given, ...leaf.regime.set]) names.add(name);
  const relevant = induced(graph, ancestors(graph, names));
  if (relevant.variables.size > mostVariables) return no(`${relevant.variables.size} variables matter to it, more than ${mostVariables}.`);

  const levels = smallLevels(relevant, terms, estimand, options.levels);
  const domains = new Map<Name, Domain>([...levels].map(([name, values]) => [name, { kind: 'finite', levels: values }]));
  const limit = options.limit ?? 2 ** 14;
  const compiled = compile(estimand, domains, { open: open.map(({ symbol }) => symbol), limit });
  if (!compiled.ok) return no(compiled.issues[0]?.message ?? 'it cannot be evaluated.');
  const plan = compiled.value;
  if (plan.requests.length > mostTables) return no(`it has ${plan.requests.length} leaves, more than ${mostTables}.`);

  let [gap, cells] = [0, 0];
  for (const seed of options.seeds ?? [1, 2]) {
    const model = randomModel(relevant, { seed, levels, limit });
    if (!('mechanisms' in model)) return no('its random models would be too large.');
    const tables: Factor[] = [];
    for (const request of plan.requests) {
      const table = exactTable(model, request, limit);
      if (table === undefined) return no('its tables would be too large.');
      tables.push(table);
    }
    const exact = exactAnswer(model, query, limit);
    if (exact === undefined) return no('the exact answer would need too large a table.');
    const compared = compare(plan, plan.run(tables), exact, open);
    if (compared === undefined) return no('its axes could not be matched with those of the question.');
    gap = Math.max(gap, compared.gap);
    cells += compared.cells;
  }
  return { checked: true, gap, cells };
}

/** The levels that question and estimand mention, filled up from the known ones to at least two. */
function smallLevels(
  graph: Graph,
  terms: readonly WorldEvent[],
  estimand: Estimand,
  known: ReadonlyMap<Name, readonly Value[]> = new Map(),
): Map<Name, Value[]> {
  const mentioned = new Map<Name, Set<Value>>([...graph.variables.keys()].map((name) => [name, new Set()]));
  const add = (name: Name, value: Value): void => void mentioned.get(name)?.add(value);
  const visit = ({ variable, value, world }: WorldEvent): void => {
    if (value !== undefined) add(variable, value);
    for (const setting of world) {
      if (typeof setting.value === 'string') add(setting.variable, setting.value);
      else if (setting.value !== undefined) visit(setting.value);
    }
  };
  terms.forEach(visit);
  for (const step of stepsOf(estimand)) {
    if (step.step === 'place')
      for (const [symbol, place] of Object.entries(step.at)) if ('value' in place) add(variableOf(symbol), place.value);
    if (step.step === 'measured') for (const [name, value] of Object.entries(step.regime.fixed ?? {})) add(name, value);
  }
  const levels = new Map<Name, Value[]>();
  for (const [name, values] of mentioned) {
    const domain = graph.variables.get(name)?.domain;
    const more = [...(known.get(name) ?? []), ...(domain?.kind === 'finite' ? domain.levels : []), '0', '1'];
    for (const value of more) if (values.size < 2) values.add(value);
    levels.set(name, [...values]);
  }
  return levels;
}

function exactTable(model: DiscreteModel, { leaf, at, axes, sizes }: TableRequest, limit: number): Factor | undefined {
  const { of, given, regime }: Leaf = leaf;
  const table = exactDistribution(model, { of, given, set: regime.set }, { limit });
  if (isTooLarge(table)) return undefined;
  let cut: Factor = table;
  for (const [name, value] of [...Object.entries(regime.fixed ?? {}), ...Object.entries(at)])
    cut = restrict(cut, name, levelsOf(model, name).indexOf(value));
  return align(cut, axes, new Map(axes.map((axis, i) => [axis, sizes[i] as number])));
}

/** The exact answer with the symbols of its axes. */
function exactAnswer(
  model: DiscreteModel,
  query: VerifyInput['query'],
  limit: number,
): { readonly table: Factor; readonly symbols: readonly OpenSymbol[] } | undefined {
  const table = exactCounterfactual(model, query.of, query.given, { limit });
  if (!isTable(table)) return undefined;
  const symbols = openSymbols(query.of, query.given);
  const [outcome] = symbols;
  if (query.take !== 'mean' || outcome === undefined) return { table, symbols };
  const at = table.axes.indexOf(outcome.symbol);
  const inner = table.sizes.slice(at + 1).reduce((product, size) => product * size, 1);
  const numbers = levelsOf(model, outcome.variable).map(Number);
  const values = table.values.map((value, cell) => value * (numbers[Math.floor(cell / inner) % numbers.length] as number));
  return { table: sumOut({ ...table, values }, [outcome.symbol]), symbols: symbols.slice(1) };
}

function compare(
  plan: Plan,
  result: Factor,
  exact: NonNullable<ReturnType<typeof exactAnswer>>,
  open: readonly OpenSymbol[],
): { gap: number; cells: number } | undefined {
  const taken = new Set<string>();
  const names: Record<string, string> = {};
  for (const axis of plan.axes.slice(0, plan.open)) {
    const own = open.find(({ symbol }) => symbol === axis.symbol);
    const match = exact.symbols.find(({ symbol, variable, part }) => !taken.has(symbol) && variable === own?.variable && part === own.part);
    if (match === undefined) return undefined;
    taken.add(match.symbol);
    names[axis.symbol] = match.symbol;
  }
  const free = plan.axes.slice(plan.open).map((axis) => axis.symbol);
  const hidden = Object.fromEntries(free.map((symbol) => [symbol, `free ${symbol}`]));
  const renamed: Factor = { ...result, axes: result.axes.map((axis) => names[axis] ?? hidden[axis] ?? axis) };
  const sizes = new Map([
    ...renamed.axes.map((axis, i) => [axis, renamed.sizes[i] as number] as const),
    ...exact.table.axes.map((axis, i) => [axis, exact.table.sizes[i] as number] as const),
  ]);
  const axes = [...sizes.keys()];
  const [left, right] = [align(renamed, axes, sizes).values, align(exact.table, axes, sizes).values];
  let [gap, cells] = [0, 0];
  for (let cell = 0; cell < left.length; cell++) {
    if (Number.isNaN(right[cell])) continue;
    const difference = Math.abs((left[cell] as number) - (right[cell] as number));
    gap = Math.max(gap, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    cells += 1;
  }
  return { gap, cells };
}
