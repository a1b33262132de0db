import { accountIdentified, accountRefused, studiesRead } from './account.ts';
import { parseAdditive } from './additive/assumption.ts';
import type { AdditiveAssumption, AdditiveRefusal } from './additive/terms.ts';
import { accountAdditive, accountWithRefusal, additiveAssumptions, additiveHint, isFound, planAdditively } from './additive-account.ts';
import { answerAdditively, type Fits, type FunctionOptions, noFits } from './additive-answer.ts';
import { answerWithBounds, boundsOf, issuesOfModel } from './bounded.ts';
import type { ModelDocument } from './bounds/equations.ts';
import type { BoundOptions } from './bounds/rule.ts';
import { answerByValue, levelsOf } from './by-value.ts';
import type { Catalogue } from './data/catalogue.ts';
import type { Study } from './data/study.ts';
import { doubtOf } from './doubt.ts';
import { answerEnvironments, type EnvironmentFits, type EnvironmentOptions } from './environment-answer.ts';
import { asksOfEnvironments, environmentColumns, planEnvironments } from './environment-plan.ts';
import type { Estimand } from './estimand/estimand.ts';
import { leavesOf } from './estimand/fold.ts';
import { simplify } from './estimand/simplify.ts';
import type { ExchangeableModel } from './exchangeable/terms.ts';
import { answerExchangeable, exchangeableOf, planExchangeable } from './exchangeable-answer.ts';
import { hasPositions, isOneWorld, namesOneOf } from './exchangeable-question.ts';
import type { Graph } from './graph/graph.ts';
import { observed } from './graph/kin.ts';
import { withLatent } from './graph/surgery.ts';
import type { Domain, Name, Value } from './graph/variable.ts';
import { type IdentifiedQuestion, identify, whatWouldHelp } from './identification.ts';
import { measuredSomewhere } from './identify/source.ts';
import type { Answer, AnswersDocument, Diagnostic } from './interpret/answer.ts';
import { verifyEstimand } from './interpret/verify.ts';
import { type MeasureOptions, measure } from './measure.ts';
import { type Places, readPlaces } from './places.ts';
import { compileQuestion } from './query/bind.ts';
import type { Question } from './query/terms.ts';
import { failure, type Issue, type Result, success } from './run/issue.ts';
import { didYouMean } from './run/nearest.ts';
import { Interrupted } from './run/progress.ts';
import { answerBySampler, type Sampler } from './sampler-answer.ts';
import { version } from './version.ts';

/** What `ask` needs of a problem; a loaded problem document has it. */
export interface Asked {
  readonly graph?: Graph;
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly studies: readonly Study[];
  readonly catalogue: Catalogue;
  readonly model?: ModelDocument & { readonly exchangeable?: Readonly<Record<Name, unknown>> | undefined };
  readonly assume?: readonly string[];
}

export interface AskOptions extends MeasureOptions, FunctionOptions, EnvironmentOptions, Pick<BoundOptions, 'starts' | 'pool'> {
  /** `auto` (default): bounds where identification refuses, by exact programmes; `exact`, `emcc`, `both`: bounds in any case; `none`. */
  readonly bounds?: 'auto' | 'exact' | 'emcc' | 'both' | 'none';
  /** Answers by draws what tables of counts cannot (real variables, tables that are too large); absent: that is refused. */
  readonly sampler?: Sampler;
  /** Check every estimand in random models before it is shown; default true. */
  readonly verify?: boolean;
  /** A clock in milliseconds, for `elapsedMs`. */
  readonly now?: () => number;
}

/** An estimand that its own check refutes: a fault of ours, never an answer. */
export class Fault extends Error {
  override readonly name = 'Fault';
}

/**
 * The one pass:
 *
 *     text -> parse -> normalise -> bind        every error with its place and a nearest fix   (query)
 *          -> identify                          rules in order of strength; no rows are read   (identification, identify)
 *          -> simplify, check in random models                                                 (estimand, interpret/verify)
 *          -> interpret                         counts leave the studies here                  (measure, interpret)
 *          -> account                           answer + estimand + assumptions + diagnostics  (account)
 *
 * Issues of all questions are returned together and before any study is read. When `signal` is aborted, the answers that are
 * finished come back, marked partial.
 */
export async function ask(problem: Asked, questions: readonly string[], options: AskOptions = {}): Promise<Result<AnswersDocument>> {
  const known = exchangeableOf(problem);
  if (known !== undefined && !known.ok) return known;
  if (problem.studies.length === 0 && questions.length > 0 && known === undefined) {
    const hint = 'Give a study (in the problem document, or --study FILE), or use explain, which needs no data.';
    return failure({ code: 'no-study', message: 'There is no study to answer from.', hint });
  }
  const additive = additiveAssumptions(problem);
  const wrong = [...issuesOfModel(problem), ...(additive.ok ? [] : additive.issues)];
  if (!additive.ok || wrong.length > 0) return failure(...wrong);
  const { bounds = 'auto' } = options;
  const open = boundsOf(problem, { ...options, mode: bounds === 'auto' || bounds === 'none' ? 'exact' : bounds });
  const sums: Additive = { assumptions: additive.value, fits: noFits() };
  const fits: EnvironmentFits = new Map();
  return document(withLevels(problem, known?.value), questions, options, async (question, places) => {
    if (known !== undefined && asksOfModel(problem, question)) return answerExchangeable(question, problem.graph, known.value, options);
    const plain = (more: Partial<AskOptions> = {}): Promise<Answer> =>
      answer(problem, question, { ...options, ...places, ...more }, open, sums);
    if (!asksOfEnvironments(question, problem)) return withWarning(await plain(), problem, question);
    return answerEnvironments(question, problem, options, fits, () => plain({ bounds: 'none', uncertainty: 'none', verify: false }));
  });
}

/** A known model answers where there is no study, and questions at positions that name no environment. */
const asksOfModel = (problem: Pick<Asked, 'graph' | 'catalogue'>, question: Question): boolean =>
  problem.catalogue.offers.every(({ studies }) => studies.length === 0) ||
  (hasPositions(question) && !namesOneOf(question, environmentColumns(problem)));

/** Levels that only a known model tells are added. */
function withLevels<T extends Pick<Asked, 'domains'>>(problem: T, known: ExchangeableModel | undefined): T {
  if (known === undefined) return problem;
  const levels = [...known.levels].map(([name, own]): [Name, Domain] => [name, { kind: 'finite', levels: own }]);
  return { ...problem, domains: new Map([...levels, ...problem.domains]) };
}

/** Counterfactuals of rows that are said to be exchangeable are answered as of independent ones. */
function withWarning(answered: Answer, problem: Asked, question: Question): Answer {
  if (problem.assume?.includes('exchangeable') !== true || isOneWorld(question)) return answered;
  const says =
    'Counterfactuals of exchangeable rows have no rule yet: rows were taken as independent, so the interval is too narrow where environments differ.';
  return {
    ...answered,
    assumes: [...answered.assumes, 'exchangeable'],
    diagnostics: [...answered.diagnostics, { name: 'exchangeable', level: 'warn', says }],
  };
}

/** `ask` without reading a row: the estimand and its derivation, or the no. */
export async function explain(
  problem: Omit<Asked, 'studies'>,
  questions: readonly string[],
  options: AskOptions = {},
): Promise<Result<AnswersDocument>> {
  const asked = { ...problem, studies: [] };
  const additive = additiveAssumptions(problem);
  if (!additive.ok) return additive;
  const known = exchangeableOf(problem);
  if (known !== undefined && !known.ok) return known;
  return document(withLevels(problem, known?.value), questions, options, async (question) => {
    if (known !== undefined && asksOfModel(problem, question)) return planExchangeable(question, problem.graph, known.value).answer;
    if (asksOfEnvironments(question, problem)) return planEnvironments(question, problem).answer;
    const planned = plan(asked, question, options);
    if (planned.found !== undefined) return planned.answer;
    const added = planAdditively(asked, question, additive.value);
    if (isFound(added)) return accountAdditive(question, problem.graph, added, planned.answer);
    if (added !== undefined) return accountWithRefusal(planned.answer, added);
    return (
      (await answerByValue(asked, question, planned.answer, options, async (one) => plan(asked, one, options).answer)) ?? planned.answer
    );
  });
}

async function document(
  problem: Pick<Asked, 'graph' | 'domains' | 'assume' | 'catalogue'>,
  questions: readonly string[],
  options: AskOptions,
  one: (question: Question, places: Places) => Promise<Answer>,
): Promise<Result<AnswersDocument>> {
  const started = options.now?.() ?? 0;
  const environments = environmentColumns(problem);
  const context = { domains: problem.domains, environments, ...(problem.graph === undefined ? {} : { graph: problem.graph }) };
  const issues: Issue[] = [];
  const warnings: Issue[] = [];
  const bound: Question[] = [];
  for (const text of questions) {
    const compiled = compileQuestion(text, context);
    const named = (issue: Issue): Issue => ({ ...issue, where: { ...issue.where, text } });
    if (compiled.ok) bound.push(compiled.value);
    if (compiled.ok) warnings.push(...(compiled.warnings ?? []).map(named));
    else issues.push(...compiled.issues.map(named));
  }
  const places = readPlaces(bound, problem.domains, issues.length > 0 ? {} : options);
  if (!places.ok) issues.push(...places.issues);
  if (!places.ok || issues.length > 0) return failure(...issues);
  const answers: Answer[] = [];
  let partial = false;
  for (const [i, question] of bound.entries()) {
    options.onProgress?.({ task: 'questions', done: i, total: bound.length });
    try {
      const answered = withUnused(await one(question, places.value), problem.assume ?? []);
      answers.push(answered);
      partial ||= answered.diagnostics.some(({ name }) => name === 'interrupted');
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      partial = true;
      break;
    }
    await options.pause?.();
  }
  const unused = (places.value.at ?? places.value.points) !== undefined && answers.every((answer) => answer.function === undefined);
  if (unused && !partial)
    warnings.push({ code: 'at', message: 'No answer is a function of real values, so the values to evaluate at were not used.' });
  const elapsedMs = (options.now?.() ?? 0) - started;
  return success(
    { schema: 'doable/answers@1', seed: options.seed ?? 0, version, elapsedMs, ...(partial ? { partial } : {}), answers },
    warnings,
  );
}

interface Planned {
  readonly answer: Answer;
  readonly found?: IdentifiedQuestion;
  readonly estimand?: Estimand;
}

/** Identify, simplify, check, and the account of it. */
function plan(problem: Asked, question: Question, options: AskOptions): Planned {
  const { graph } = problem;
  const levels = levelsOf(problem);
  const found = identify(question, graph, problem.catalogue, { levels });
  const seen = graph === undefined ? undefined : asMeasured(graph, problem.catalogue);
  if (found.verdict !== 'identified') {
    const help =
      graph === undefined || found.verdict === 'refused' ? undefined : whatWouldHelp(found.query, graph, problem.catalogue, { levels });
    const refused = {
      ...accountRefused(question, seen, found, help),
      ...(graph === undefined ? {} : whatToMeasure(question, graph, problem.catalogue, levels)),
    };
    return {
      answer: graph === undefined || options.verify === false ? refused : doubtOf(refused, found, graph, problem.catalogue, levels),
    };
  }
  const estimand = simplify(found.estimand);
  const diagnostics = graph === undefined || options.verify === false ? [] : [checkEstimands(found, graph)];
  return { answer: accountIdentified(question, seen, found, estimand, diagnostics), found, estimand };
}

/** The additive assumptions of a problem, and what was fitted so far. */
interface Additive {
  readonly assumptions: readonly AdditiveAssumption[];
  readonly fits: Fits;
}

/** The rules that assume nothing of the outcome, then additivity where it is assumed, then bounds. */
async function answer(
  problem: Asked,
  question: Question,
  options: AskOptions,
  open: ReturnType<typeof boundsOf>,
  additive: Additive,
): Promise<Answer> {
  const { assumptions, fits } = additive;
  const planned = plan(problem, question, options);
  const { bounds = 'auto' } = options;
  const wanted = bounds !== 'auto' && bounds !== 'none';
  const added = planAdditively(problem, question, assumptions);
  const direct = planned.found === undefined || (wanted && !isFound(added)) ? undefined : await numbersOf(planned, problem, options);
  if (isFound(added) && !settled(direct))
    return answerAdditively(accountAdditive(question, problem.graph, added, planned.answer), added, problem, options, fits);
  if (direct !== undefined && !wanted) {
    const filled =
      bounds === 'none' || !lacksRecords(planned, direct)
        ? undefined
        : await withRanges(problem, question, silent(planned.answer, direct), options, open);
    if (filled !== undefined) return filled;
    return added === undefined || isFound(added) || direct.status !== 'refused' ? direct : withReason(direct, added);
  }
  const refused = planned.found === undefined;
  const account = added === undefined || isFound(added) || !refused ? planned.answer : accountWithRefusal(planned.answer, added);
  const again = (one: Question): Promise<Answer> => answer(problem, one, options, open, additive);
  const byValue = await answerByValue(problem, question, account, options, again, bounds === 'none' ? undefined : again);
  if (byValue !== undefined) return byValue;
  const hint = refused && assumptions.length === 0 ? additiveHint(problem, question) : undefined;
  const told = hint === undefined ? account : { ...account, diagnostics: [...account.diagnostics, hint] };
  return bounds === 'none' ? told : answerWithBounds(told, question, open);
}

/** Identified, and yet some value is not a number: no record speaks where the estimand asks. Other studies, or the graph, still may. */
const lacksRecords = ({ found }: Planned, { rung, status, distribution = [] }: Answer): boolean =>
  found?.undefined === false &&
  (status === 'undefined' || (status === 'identified' && rung !== 'seeing' && distribution.some(({ value }) => value === null)));

/** The account with where records are missing: no fault any more, where models give a range. */
const silent = (account: Answer, direct: Answer): Answer => ({
  ...account,
  diagnostics: [
    ...account.diagnostics,
    ...direct.diagnostics.flatMap((one): Diagnostic[] => (one.name === 'overlap' ? [{ ...one, level: 'warn' }] : [])),
  ],
});

/** Bounds at the values where records are missing; undefined: there are none either. */
async function withRanges(
  problem: Asked,
  question: Question,
  account: Answer,
  options: AskOptions,
  open: ReturnType<typeof boundsOf>,
): Promise<Answer | undefined> {
  const again = (one: Question): Promise<Answer> => answer(problem, one, options, open, { assumptions: [], fits: noFits() });
  const found = (await answerByValue(problem, question, account, options, again)) ?? (await answerWithBounds(account, question, open));
  return found.status === 'bounded' || found.status === 'incompatible' ? found : undefined;
}

/** A no of the numbers beside the no of the additive rule. */
const withReason = (direct: Answer, { rule, why }: AdditiveRefusal): Answer => ({
  ...direct,
  why: `${direct.why ?? ''} ${why}`.trim(),
  refused: [...direct.refused, { rule, why }],
});

/** The studies are read here. */
async function numbersOf(planned: Planned, problem: Asked, options: AskOptions): Promise<Answer> {
  const { found, estimand } = planned as Required<Planned>;
  const measured = await measure(estimand, found, problem, options);
  const studies = studiesRead(estimand, problem.studies);
  if (!measured.ok) {
    const [issue] = measured.issues as readonly [Issue];
    const status = issue.code === 'too-large' ? 'unknown' : 'refused';
    if (options.sampler !== undefined && !found.undefined)
      return { ...(await answerBySampler(problem, found.parts, planned.answer, options.sampler, options)), studies };
    const diagnostics =
      problem.graph === undefined || found.undefined ? planned.answer.diagnostics : [...planned.answer.diagnostics, drawsHint];
    return { ...planned.answer, diagnostics, status, why: `${issue.message}${issue.hint === undefined ? '' : ` ${issue.hint}`}`, studies };
  }
  const { numbers, diagnostics, leaves } = measured.value;
  if (found.undefined) return { ...planned.answer, status: 'undefined', studies };
  const status = numbers.undefined ? 'undefined' : 'identified';
  return { ...planned.answer, ...numbers.fields, status, diagnostics: [...planned.answer.diagnostics, ...diagnostics], leaves, studies };
}

const drawsHint: Diagnostic = {
  name: 'sampler',
  level: 'ok',
  says: 'Models of the factors can be trained and drawn from instead: add --sampler, or use doable sample.',
};

/** It has a number everywhere. */
const settled = (answer: Answer | undefined): boolean =>
  answer?.status === 'identified' && (answer.distribution ?? []).every(({ value }) => value !== null && !Number.isNaN(value));

/** The graph with what no study measured hidden. */
function asMeasured(graph: Graph, catalogue: Catalogue): Graph {
  const seen = measuredSomewhere(graph, catalogue);
  return withLatent(
    graph,
    observed(graph).filter((name) => !seen.has(name)),
  );
}

/** For a no: the variables that no study measured and with which the studies at hand would identify it. */
function whatToMeasure(
  question: Question,
  graph: Graph,
  catalogue: Catalogue,
  levels: ReadonlyMap<Name, readonly Value[]>,
): Pick<Answer, 'wouldHelpToMeasure'> {
  const seen = measuredSomewhere(graph, catalogue);
  if (observed(graph).every((name) => seen.has(name))) return {};
  const generous: Catalogue = { offers: catalogue.offers.map(({ regime, studies, size }) => ({ regime, studies, size })) };
  const found = identify(question, graph, generous, { levels });
  if (found.verdict !== 'identified') return {};
  const used = new Set(leavesOf(found.estimand).flatMap((leaf) => [...leaf.of, ...leaf.given]));
  return { wouldHelpToMeasure: [...used].filter((name) => !seen.has(name)) };
}

function checkEstimands(found: IdentifiedQuestion, graph: Graph): Diagnostic {
  let worst = 0;
  for (const { query, found: one } of found.parts) {
    const checked = verifyEstimand({ graph, query, estimand: simplify(one.estimand), open: one.open });
    if (!checked.checked)
      return { name: 'self-check', level: 'warn', says: `The estimand was not checked in random models: ${checked.why}` };
    if (checked.gap > 1e-9)
      throw new Fault(`The estimand failed its check in a random model by ${checked.gap}. This is a fault of doable: please report it.`);
    worst = Math.max(worst, checked.gap);
  }
  return {
    name: 'self-check',
    level: 'ok',
    figure: worst,
    says: `The estimand agrees with the exact answer in random models of this graph (largest gap ${worst.toExponential(1)}).`,
  };
}

function withUnused(answer: Answer, assume: readonly string[]): Answer {
  const unused = assume
    .filter((text) => !answer.assumes.includes(text))
    .flatMap((text): Diagnostic[] => {
      if (parseAdditive(text) === undefined) {
        const [kind = ''] = /^[^\s(]*/u.exec(text) ?? [];
        const hint = didYouMean(kind, ['additive', 'exchangeable', 'monotone']);
        const says = `The assumption '${text}' was not used: no rule of this version reads it.${hint === undefined ? '' : ` ${hint}`}`;
        return [{ name: 'assumption', level: 'warn', says }];
      }
      const says = `The assumption '${text}' was not needed or does not bear on this question.`;
      return answer.refused.some(({ rule }) => rule === 'additive') ? [] : [{ name: 'assumption', level: 'ok', says }];
    });
  return unused.length === 0 ? answer : { ...answer, diagnostics: [...answer.diagnostics, ...unused] };
}
