import { heading } from './account.ts';
import { createBuilder } from './estimand/builder.ts';
import { estimandToJson } from './estimand/json.ts';
import { cellName, exchangeableEstimand } from './exchangeable/estimand.ts';
import { distributionSteps } from './exchangeable/exact.ts';
import { accountForPositions } from './exchangeable/lemmas.ts';
import { readExchangeable } from './exchangeable/model.ts';
import type { Cell, CellQuery, ExchangeableModel, ValuedCell } from './exchangeable/terms.ts';
import type { Graph } from './graph/graph.ts';
import type { Domain, Name, Value } from './graph/variable.ts';
import type { Answer, DerivationLine, Point } from './interpret/answer.ts';
import { formulaLatex, formulaText } from './interpret/formula.ts';
import type { Query, Question, Setting, Term } from './query/terms.ts';
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

interface Part {
  readonly of: readonly Cell[];
  /** Undefined: the value is left open. */
  readonly values: readonly (number | undefined)[];
  readonly query: CellQuery;
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
  const empty: Answer = {
    ...heading(question, graph),
    status: 'refused',
    kind: 'none',
    rule: 'exchangeable',
    refused: [],
    assumes: ['exchangeable'],
    diagnostics: [],
    studies: [],
  };
  const refuse = (why: string, status: Answer['status'] = 'refused'): Answer => ({
    ...empty,
    status,
    why,
    refused: [{ rule: 'exchangeable', why }],
  });
  const builder = createBuilder();
  const derivation: DerivationLine[] = [];
  const terms: { readonly weight: number; readonly of: ReturnType<typeof builder.constant> }[] = [];
  let total = 0;
  let open: readonly Point[] | undefined;
  for (const { weight, query } of question.parts) {
    const part = cellsOf(query, model);
    if (typeof part === 'string') return refuse(part);
    const { of, values, query: asked } = part;
    const account = accountForPositions(model, asked);
    const estimand = exchangeableEstimand(
      model,
      asked,
      [],
      of.filter((_, i) => values[i] === undefined),
    );
    const found = await inSteps(distributionSteps(model, of, asked.given, asked.set), options);
    if (!account.ok) return refuse(account.issues[0]?.message ?? '');
    if (!estimand.ok) return refuse(estimand.issues[0]?.message ?? '');
    if (!found.ok) return refuse(found.issues[0]?.message ?? '', 'unknown');
    derivation.push(...account.value.proof.map(({ depth, says, theorem, source }) => ({ depth, says, theorem, source })));
    const [first] = of as readonly [Cell];
    terms.push({ weight, of: query.take === 'mean' ? builder.mean(cellName(first), estimand.value) : estimand.value });
    const { values: joint, sizes } = found.value;
    if (joint === null) return { ...empty, status: 'undefined', derivation };
    const points = pointsOf(of, values, sizes, joint, model);
    if (query.take === 'mean')
      total += weight * points.reduce((sum, { at, value }) => sum + Number(Object.values(at)[0]) * (value ?? 0), 0);
    else if (values.includes(undefined)) {
      if (question.parts.length > 1) return refuse('The parts of a combination must state their values.');
      open = points;
    } else total += weight * (points[0]?.value ?? 0);
  }
  const whole = builder.combine(terms);
  return {
    ...empty,
    status: 'identified',
    kind: open === undefined ? 'point' : 'distribution',
    ...(open === undefined ? { value: total } : { distribution: open }),
    identifiable: true,
    estimand: { text: formulaText(whole), latex: formulaLatex(whole), tree: estimandToJson(whole) },
    derivation,
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

/** Or one sentence on what to ask instead. */
function cellsOf({ take, of, given }: Query, model: ExchangeableModel): Part | string {
  const all = [...of, ...given];
  const world = all[0]?.world ?? [];
  if (all.some((term) => !sameWorld(term.world, world)))
    return 'A known model of exchangeable rows answers questions about one world: write what is set inside do(...), for example P(Y@1=1 | do(X@1=0), Y@2=0).';
  const positioned = all.some(({ position }) => position !== undefined) || world.some(({ position }) => position !== undefined);
  const cell = ({ variable, position }: Pick<Term, 'variable' | 'position'>): Cell => ({ variable, position: position ?? 1 });
  const indexOf = ({ variable }: Cell, value: Value): number => model.levels.get(variable)?.indexOf(value) ?? -1;
  const valued = (one: Pick<Term, 'variable' | 'position'>, value: Setting['value']): ValuedCell | string => {
    const where = cell(one);
    if (!model.levels.has(where.variable)) return `The model has no variable ${where.variable}.`;
    if (value === undefined)
      return `State the value of ${where.variable}${positioned ? `@${where.position}` : ''}: only what is asked may be left open.`;
    if (typeof value === 'object') return 'Nested worlds are not read in questions about exchangeable rows.';
    const index = indexOf(where, value);
    return index < 0
      ? `${where.variable} is never ${value} in the model; its levels are ${model.levels.get(where.variable)?.join(', ')}.`
      : { ...where, value: index };
  };
  const set = world.map((setting) => valued(setting, setting.value));
  const known = given.map((term) => valued(term, term.value));
  const odd = [...set, ...known].find((one) => typeof one === 'string');
  if (typeof odd === 'string') return odd;
  const values: (number | undefined)[] = [];
  for (const term of of) {
    if (term.value === undefined || take === 'mean') values.push(undefined);
    else {
      const found = valued(term, term.value);
      if (typeof found === 'string') return found;
      values.push(found.value);
    }
    if (!model.levels.has(term.variable)) return `The model has no variable ${term.variable}.`;
  }
  const cells = of.map(cell);
  const target = cells.map((one, i): ValuedCell => ({ ...one, value: values[i] ?? 0 }));
  return { of: cells, values, query: { target, given: known as ValuedCell[], set: set as ValuedCell[] } };
}

const sameWorld = (a: readonly Setting[], b: readonly Setting[]): boolean =>
  a.length === b.length &&
  a.every((one, i) => one.variable === b[i]?.variable && one.position === b[i]?.position && one.value === b[i]?.value);
