import type { Name, Value } from '../graph/variable.ts';
import { type Issue, type Result, success } from '../run/issue.ts';
import { bindChoice, hasMean, whyNoMean } from './levels.ts';
import { type BindContext, bindName, domainOf, environmentIssue } from './names.ts';
import { type CoreEvent, type CoreQuery, type CoreSetting, normalise } from './normalise.ts';
import { parseQuestion } from './parse.ts';
import { printSetting, printTerm, printValue } from './print.ts';
import type { Span, SyntaxTree } from './syntax.ts';
import type { Query, Question, Setting, Term } from './terms.ts';

/**
 * Core terms of a parsed question: sugar expanded ({@link normalise}), names bound to variables, values to levels. Settings
 * of a world are sorted by name and position; identical terms on one side of the bar are one. All mistakes of the question
 * are reported together, each once. A warning `levels-assumed` tells where the levels 0 and 1 were assumed.
 *
 * Issues: those of `normalise`, `bindName`, `bindValue`, `bindChoice`, and `world-conflict`, `nested-variable`,
 * `mean-of-text`, `real-value`, `position-missing`, `positions`.
 */
export function bindQuestion(tree: SyntaxTree, context: BindContext): Result<Question> {
  const core = normalise(tree);
  if (!core.ok) return core;
  const notes = createNotes();
  const parts = core.value.parts.flatMap(({ weight, query }) => {
    checkPositions(query, context, notes);
    return bindQuery(query, context, notes).map((bound) => ({ weight, query: bound }));
  });
  const issues = notes.issues.sort(byPlace);
  return issues.length > 0 ? { ok: false, issues } : success({ text: tree.text, parts }, notes.warnings.sort(byPlace));
}

/** {@link parseQuestion}, then {@link bindQuestion}. */
export function compileQuestion(text: string, context: BindContext): Result<Question> {
  const tree = parseQuestion(text);
  return tree.ok ? bindQuestion(tree.value, context) : tree;
}

const byPlace = (a: Issue, b: Issue): number => (a.where?.start ?? 0) - (b.where?.start ?? 0);

interface Notes {
  readonly issues: Issue[];
  readonly warnings: Issue[];
  readonly issue: (issue: Issue) => void;
  readonly assumed: (name: Name, span: Span) => void;
}

/** Sugar repeats names and levels; each remark is kept once. */
function createNotes(): Notes {
  const issues: Issue[] = [];
  const warnings: Issue[] = [];
  const known = new Set<string>();
  const add = (list: Issue[], issue: Issue): void => {
    const key = `${issue.where?.start} ${issue.message}`;
    if (!known.has(key)) list.push(issue);
    known.add(key);
  };
  return {
    issues,
    warnings,
    issue: (issue) => add(issues, issue),
    assumed: (name, { start, end }) =>
      add(warnings, {
        code: 'levels-assumed',
        message: `The levels of ${name} are not known; 0 (no) and 1 (yes) are assumed.`,
        where: { start, end },
        hint: `Declare the levels of ${name}, or name them in the question.`,
      }),
  };
}

function checkPositions({ of, given }: CoreQuery, { positions = true, environments }: BindContext, notes: Notes): void {
  const events = [...of, ...given];
  const settings = events.flatMap((event) => event.world);
  const all = [...events, ...settings];
  const first = all.find((one) => one.position !== undefined);
  if (first === undefined) return;
  if (!positions) {
    notes.issue({
      code: 'positions',
      message: `A position (@${first.position}) makes sense only for exchangeable data.`,
      where: place(first.span),
      hint: `Leave it out, or add "exchangeable" to the assumptions.`,
    });
    return;
  }
  const missing = [...events, ...events.flatMap((event) => event.world.filter((setting) => !isInside(setting.span, event.span)))];
  for (const one of missing.filter(({ name, position }) => position === undefined && environments?.has(name.text) !== true)) {
    notes.issue({
      code: 'position-missing',
      message: `${one.name.text} needs a position, because other parts of the question have one.`,
      where: place(one.span),
      hint: `Write ${one.name.text}@${first.position}.`,
    });
  }
}

const isInside = (inner: Span, outer: Span): boolean => outer.start <= inner.start && inner.end <= outer.end;
const place = ({ start, end }: Span): { start: number; end: number } => ({ start, end });

/** One query, or several that add up where an outcome stands for all its other levels. Empty after an issue. */
function bindQuery(core: CoreQuery, context: BindContext, notes: Notes): Query[] {
  checkEnvironments(core, context, notes);
  const take = core.take === 'effect' ? takeOfEffect(core, context) : core.take;
  const of: Term[][] = [];
  const given: Term[] = [];
  let whole = true;
  for (const event of core.of) {
    const terms = bindEvent(withTake(event, core.take, take), context, notes);
    if (terms?.[0] === undefined) whole = false;
    else {
      checkTaken(take, event, terms[0], context, notes);
      of.push(terms);
    }
  }
  for (const event of core.given) {
    const term = bindEvent(event, context, notes)?.[0];
    if (term === undefined) whole = false;
    else given.push(term);
  }
  if (!whole) return [];
  const choices = of.reduce<Term[][]>((all, terms) => all.flatMap((some) => terms.map((term) => [...some, term])), [[]]);
  return choices.map((terms) => ({ take, of: unique(terms), given: unique(given) }));
}

/** Columns that tell environments apart stand in conditions only, for all rows. */
function checkEnvironments({ of, given }: CoreQuery, { environments }: BindContext, notes: Notes): void {
  if (environments === undefined || environments.size === 0) return;
  const told = ({ name, span }: { readonly name: { readonly text: string }; readonly span: Span }, as: 'set' | 'of' | 'position'): void => {
    if (environments.has(name.text)) notes.issue({ ...environmentIssue(name.text, as), where: place(span) });
  };
  for (const event of of) told(event, 'of');
  for (const event of [...of, ...given]) for (const setting of event.world) told(setting, 'set');
  for (const event of given) if (event.position !== undefined) told(event, 'position');
}

/** Effects on an outcome whose two levels are no numbers are differences of probabilities of the second one. */
function takeOfEffect({ of: [outcome] }: CoreQuery, context: BindContext): Query['take'] {
  const bound = outcome === undefined ? undefined : bindName(context, outcome.name, false);
  const domain = bound !== undefined && 'name' in bound ? domainOf(context, bound.name) : undefined;
  return domain?.kind === 'finite' && domain.levels.length === 2 && !hasMean(domain) ? 'probability' : 'mean';
}

const withTake = (event: CoreEvent, asked: CoreQuery['take'], take: Query['take']): CoreEvent =>
  asked === 'effect' && take === 'probability'
    ? { ...event, value: { kind: 'yes', asked: 'ATE', role: 'outcome', span: event.span } }
    : event;

function checkTaken(take: Query['take'], { span, value }: CoreEvent, term: Term, context: BindContext, notes: Notes): void {
  const domain = domainOf(context, term.variable);
  if (take === 'mean' && !hasMean(domain)) {
    const second = domain?.kind === 'finite' ? (domain.levels[1] ?? domain.levels[0]) : undefined;
    notes.issue({
      code: 'mean-of-text',
      message: `${term.variable} has no mean: ${whyNoMean(domain)}.`,
      where: place(span),
      hint:
        second === undefined
          ? 'Ask about another variable.'
          : `Ask for the probability of a level: ${term.variable}=${printValue(second)}.`,
    });
  }
  if (take === 'probability' && domain?.kind === 'real' && term.value !== undefined) {
    notes.issue({
      code: 'real-value',
      message: `${term.variable} is a real variable: each single value has probability zero.`,
      where: place(value?.span ?? span),
      hint: `Ask for its mean, E[${term.variable} | ...], or make it finite with "cut" under "variables".`,
    });
  }
}

/** The terms an event stands for (several: every other level of an outcome), or undefined after an issue. */
function bindEvent(event: CoreEvent, context: BindContext, notes: Notes): Term[] | undefined {
  const bound = bindName(context, event.name, true);
  const world = bindWorld(event, 'name' in bound ? bound.subscript : undefined, context, notes);
  if (!('name' in bound)) {
    notes.issue(bound);
    return undefined;
  }
  const values =
    event.value === undefined ? [undefined] : bindChoice(bound.name, domainOf(context, bound.name), event.value, notes.assumed);
  if (!isList(values)) {
    notes.issue(values);
    return undefined;
  }
  if (world === undefined) return undefined;
  const position = event.position === undefined ? {} : { position: event.position };
  return values.map((value) => ({ variable: bound.name, world, ...position, ...(value === undefined ? {} : { value }) }));
}

const isList = (values: readonly (Value | undefined)[] | Issue): values is readonly (Value | undefined)[] => Array.isArray(values);

function bindWorld(event: CoreEvent, subscript: Name | undefined, context: BindContext, notes: Notes): Setting[] | undefined {
  const settings = event.world.map((setting) => ({ setting: bindSetting(setting, event.position, context, notes), span: setting.span }));
  if (subscript !== undefined) {
    const position = event.position === undefined ? {} : { position: event.position };
    settings.unshift({ setting: { variable: subscript, ...position }, span: event.name.span });
  }
  const world = new Map<string, Setting>();
  let whole = true;
  for (const { setting, span } of settings) {
    if (setting === undefined) {
      whole = false;
      continue;
    }
    const key = JSON.stringify([setting.variable, setting.position]);
    const before = world.get(key);
    if (before === undefined) world.set(key, setting);
    else if (printSetting(before) !== printSetting(setting)) {
      whole = false;
      notes.issue({
        code: 'world-conflict',
        message: `${setting.variable} is set twice in the world of ${event.name.text}: to ${told(before)} and to ${told(setting)}.`,
        where: place(span),
        hint: 'do() applies to every event of its question; set a variable either there or in the brackets of an event.',
      });
    }
  }
  return whole ? [...world.values()].sort(bySetting) : undefined;
}

const told = ({ value }: Setting): string =>
  value === undefined ? 'every value' : typeof value === 'string' ? `'${value}'` : printTerm(value);

const bySetting = (a: Setting, b: Setting): number =>
  a.variable < b.variable ? -1 : a.variable > b.variable ? 1 : (a.position ?? 0) - (b.position ?? 0);

/** A setting in brackets without a position is at the position of its event. */
function bindSetting(setting: CoreSetting, eventPosition: number | undefined, context: BindContext, notes: Notes): Setting | undefined {
  const bound = bindName(context, setting.name, false);
  const { value } = setting;
  const at = setting.position ?? eventPosition;
  const position = at === undefined ? {} : { position: at };
  if (!('name' in bound)) {
    notes.issue(bound);
    if (value !== undefined && 'world' in value) bindEvent({ ...value, ...position }, context, notes);
    return undefined;
  }
  if (value === undefined) return { variable: bound.name, ...position };
  if ('world' in value) {
    const nested = bindEvent(value.position === undefined ? { ...value, ...position } : value, context, notes)?.[0];
    if (nested === undefined) return undefined;
    if (nested.variable === bound.name) return { variable: bound.name, ...position, value: nested };
    notes.issue({
      code: 'nested-variable',
      message: `${bound.name} cannot take the value of ${nested.variable}.`,
      where: place(value.span),
      hint: `Write ${bound.name}=${bound.name}[...]: the value ${bound.name} itself would have in another world.`,
    });
    return undefined;
  }
  const values = bindChoice(bound.name, domainOf(context, bound.name), value, notes.assumed);
  if (isList(values)) return { variable: bound.name, ...position, ...(values[0] === undefined ? {} : { value: values[0] }) };
  notes.issue(values);
  return undefined;
}

function unique(terms: readonly Term[]): Term[] {
  return [...new Map(terms.map((term) => [printTerm(term), term])).values()];
}
