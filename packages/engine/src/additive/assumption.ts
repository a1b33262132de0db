import type { Graph } from '../graph/graph.ts';
import type { Domain, Name } from '../graph/variable.ts';
import { hasMean, whyNoMean } from '../query/levels.ts';
import { lex, type Token, writeName } from '../query/lex.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';
import type { AdditiveAssumption } from './terms.ts';

/** What the names of an assumption are checked against. Nothing given: every name is accepted. */
export interface AssumptionContext {
  readonly graph?: Graph;
  readonly domains?: ReadonlyMap<Name, Domain>;
}

interface Span {
  readonly start: number;
  readonly end: number;
}
interface Named extends Span {
  readonly name: Name;
}
interface Written {
  readonly log: boolean;
  readonly outcome: Named;
  readonly blocks: readonly (readonly Named[])[];
  readonly ordered: boolean;
}
type Complain = (message: string, at: Span, hint?: string) => Issue;

const example =
  'Write additive(Y; A1, A2, A3), blocks as {A1, A2}, a known causal order as A1 < A2, a sum on the log scale as additive(log Y; A1, A2).';

/**
 * Reads `additive(Y; A1, A2)`: the outcome is a sum of parts, one for each block of actions.
 *
 *     additive(Y; A1, A2, A3)        one part for each action
 *     additive(Y; {A1, A2}, A3)      A1 and A2 may interact
 *     additive(Y; A1 < A2 < A3)      and no later block causes an earlier one
 *     additive(log Y; A1, A2)        log Y is the sum
 *
 * Undefined: an assumption of another kind. Issues: `assumption`, each with its place in the text.
 */
export function parseAdditive(text: string, context: AssumptionContext = {}): Result<AdditiveAssumption> | undefined {
  const tokens = lex(text);
  const [head] = tokens;
  if (head?.kind !== 'word' || !/^additiv/iu.test(head.text)) return undefined;
  const complain: Complain = (message, { start, end }, hint) => ({
    code: 'assumption',
    message,
    where: { text, start, end },
    ...(hint === undefined ? {} : { hint }),
  });
  const written = read(tokens, complain);
  if ('code' in written) return failure(written);
  const issues = [...repeats(written, complain), ...unknown(written, context, complain)];
  if (issues.length > 0) return failure(...issues);
  const blocks = written.blocks.map((block) => block.map(({ name }) => name));
  return success({ text, outcome: written.outcome.name, log: written.log, blocks, ordered: written.ordered });
}

function read(tokens: readonly Token[], complain: Complain): Written | Issue {
  let at = 0;
  const look = (ahead = 0): Token => tokens[Math.min(at + ahead, tokens.length - 1)] as Token;
  const is = (text: string, ahead = 0): boolean => {
    const { kind, text: found } = look(ahead);
    return (kind === 'symbol' || kind === 'odd') && found === text;
  };
  const take = (text: string): boolean => {
    const found = is(text);
    if (found) at += 1;
    return found;
  };
  const wanted = (what: string, hint: string = example): Issue => {
    const token = look();
    const found = token.kind === 'end' ? 'the assumption ends' : `there is '${token.text}'`;
    return complain(`Expected ${what} at character ${token.start + 1}, but ${found}.`, token, hint);
  };
  const name = (what: string): Named | Issue => {
    const token = look();
    if (token.kind !== 'word' && (token.kind !== 'quoted' || token.text === '')) {
      const hint =
        token.kind === 'atom' || token.kind === 'number' ? 'A name that does not begin with a letter stands in quotation marks.' : example;
      return wanted(what, hint);
    }
    at += 1;
    return { name: token.text, start: token.start, end: token.end };
  };

  const head = look();
  at += 1;
  if (head.text !== 'additive') return complain(`The assumption is spelt additive(...), not ${head.text}(...).`, head, example);
  if (!take('(')) return wanted("'('");
  const logs = look().kind === 'word' && look().text === 'log' && (is('(', 1) || look(1).kind === 'word' || look(1).kind === 'quoted');
  if (logs) at += 1;
  const bracket = logs && take('(');
  const outcome = name('the outcome');
  if ('code' in outcome) return outcome;
  if (bracket && !take(')')) return wanted("')' after the outcome");
  if (!take(';'))
    return wanted(
      "';' after the outcome",
      `Write additive(${logs ? 'log ' : ''}${writeName(outcome.name)}; ...): the outcome, ';', then the actions.`,
    );

  const blocks: Named[][] = [];
  let joint: ',' | '<' | undefined;
  for (;;) {
    const block: Named[] = [];
    const braces = take('{');
    do {
      const action = name('an action');
      if ('code' in action) return action;
      block.push(action);
    } while (braces && take(','));
    if (braces && !take('}')) return wanted("',' or '}'");
    blocks.push(block);
    const found = is(',') ? ',' : is('<') ? '<' : undefined;
    if (found === undefined) break;
    if (joint !== undefined && joint !== found)
      return complain(
        `An order is written for all actions or for none: there are both ',' and '<'.`,
        look(),
        'Write A1 < A2 < A3, or A1, A2, A3. Actions whose order is not known can stand in one block: A1 < {A2, A3} (they may then interact, too).',
      );
    joint = found;
    at += 1;
  }
  if (!take(')')) return wanted("',', '<' or ')'", is('+') ? "Separate the actions with ','." : example);
  if (look().kind !== 'end') return wanted('the end');
  if (blocks.length < 2) {
    const [only] = blocks as [Named[]];
    const span = { start: (only[0] as Named).start, end: (only.at(-1) as Named).end };
    return complain(
      only.length === 1
        ? 'A sum needs at least two parts, and there is one action.'
        : 'One block alone is no sum: nothing is assumed of it.',
      span,
      only.length === 1
        ? 'Name the other actions.'
        : `Write additive(${writeName(outcome.name)}; ${only.map((one) => writeName(one.name)).join(', ')}).`,
    );
  }
  return { log: logs, outcome, blocks, ordered: joint === '<' };
}

function repeats({ outcome, blocks }: Written, complain: Complain): Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<Name>();
  for (const action of blocks.flat()) {
    if (action.name === outcome.name)
      issues.push(complain(`${action.name} is the outcome and cannot be an action too.`, action, 'Leave it out of the actions.'));
    else if (seen.has(action.name))
      issues.push(complain(`${action.name} is named twice.`, action, 'Every action belongs to one part of the sum: name it once.'));
    seen.add(action.name);
  }
  return issues;
}

function unknown({ log, outcome, blocks }: Written, { graph, domains }: AssumptionContext, complain: Complain): Issue[] {
  const issues: Issue[] = [];
  const open = (graph === undefined || graph.variables.size === 0) && (domains === undefined || domains.size === 0);
  if (open) return issues;
  const seen =
    graph === undefined
      ? [...(domains?.keys() ?? [])]
      : [...graph.variables.values()].flatMap((one) => (one.latent === true ? [] : [one.name]));
  for (const named of [outcome, ...blocks.flat()]) {
    const { name } = named;
    const variable = graph?.variables.get(name);
    if (variable?.latent === true)
      issues.push(
        complain(
          `${name} is latent: no study measures or sets it.`,
          named,
          'Hidden causes are not listed: each part of the sum has its own.',
        ),
      );
    else if (graph !== undefined && variable === undefined && domains?.has(name) === true)
      issues.push(complain(`${name} is in the data but not in the graph.`, named, `Add it to the graph with its arrows.`));
    else if (variable === undefined && domains?.has(name) !== true) {
      const hint = didYouMean(name, seen) ?? `The variables are ${seen.slice(0, 12).join(', ')}${seen.length > 12 ? ', ...' : ''}.`;
      issues.push(complain(`There is no variable '${name}'.`, named, hint));
    }
  }
  const domain = domains?.get(outcome.name) ?? graph?.variables.get(outcome.name)?.domain;
  if (!hasMean(domain))
    issues.push(
      complain(
        `${outcome.name} cannot be a sum: ${whyNoMean(domain)}.`,
        outcome,
        'Additivity is a statement about an outcome that is a number.',
      ),
    );
  else if (log && domain?.kind === 'finite' && domain.levels.some((level) => !(Number(level) > 0)))
    issues.push(
      complain(`log ${outcome.name} does not exist: ${outcome.name} has a level that is not positive.`, outcome, 'Leave out log.'),
    );
  return issues;
}
