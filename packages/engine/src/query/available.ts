import type { Assignment, Name, Value } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { canonicalNumber } from './lex.ts';
import { type BindContext, bindName } from './names.ts';
import { parseQuestion } from './parse.ts';
import type { ConditionNode, NameNode, Span, ValueNode } from './syntax.ts';

/**
 * A distribution that could be measured: P(measured without set | do(set)). `measured` includes the variables that are set.
 * `fixed`: those of them that take one value only (an arm); the others take every value. `everything`: `*`, observation and
 * every experiment.
 */
export interface Available {
  readonly measured: readonly Name[];
  readonly set: readonly Name[];
  readonly fixed?: Assignment;
  readonly everything?: boolean;
}

/**
 * Reads a study as a question would write it: `P(X, Y, Z)`, `P(Y, Z | do(X))` (every value of X), `P(Y | do(X=1))` (one arm),
 * `*`. Names are checked when `context` is given. Issues: those of `parseQuestion` and `bindName`, and `study-notation`.
 */
export function parseAvailable(text: string, context: BindContext = { domains: new Map() }): Result<Available> {
  if (text.trim() === '*') return success({ measured: [], set: [], everything: true });
  const tree = parseQuestion(text);
  if (!tree.ok) return tree;
  const issues: Issue[] = [];
  const reject = ({ start, end }: Span, message: string, hint: string): void => {
    issues.push({ code: 'study-notation', message, where: { start, end }, hint });
  };
  const name = (node: NameNode): Name => {
    const bound = bindName(context, node, false);
    if ('name' in bound) return bound.name;
    issues.push(bound);
    return node.text;
  };
  const [first, second] = tree.value.parts;
  const query = first?.query;
  if (first === undefined || query?.kind !== 'probability' || first.weight !== 1 || second !== undefined) {
    const span = second?.span ?? query?.span ?? { start: 0, end: text.length };
    reject(span, 'A study is one probability distribution.', 'Write for example P(X,Y,Z), P(Y,Z | do(X)) or *.');
    return failure(...issues);
  }
  const measured = query.of.map((event) => {
    if (event.world.length > 0) reject(event.span, 'No study measures a variable of another world.', 'Write P(Y | do(X)).');
    if (event.position !== undefined) reject(event.span, 'A study has no positions.', `Write ${event.name.text}.`);
    if (event.value !== undefined) {
      reject(event.span, 'A study measures a variable at all its values.', `Write ${event.name.text} without a value.`);
    }
    return name(event.name);
  });
  const set: Name[] = [];
  const fixed = new Map<Name, Value>();
  for (const setting of query.given.flatMap((part) => settingsOf(part, reject))) {
    const variable = name(setting.name);
    const value = setting.value === undefined ? undefined : (canonicalNumber(setting.value.text) ?? setting.value.text);
    if (set.includes(variable) && fixed.get(variable) !== value) {
      reject(setting.span, `${variable} is set twice.`, 'An experiment sets a variable once.');
    }
    set.push(variable);
    if (value !== undefined) fixed.set(variable, value);
  }
  if (issues.length > 0) return { ok: false, issues };
  const all = { measured: [...new Set([...measured, ...set])], set: [...new Set(set)] };
  return success(fixed.size === 0 ? all : { ...all, fixed: Object.fromEntries(fixed) });
}

type StudySetting = { readonly name: NameNode; readonly value?: ValueNode; readonly span: Span };

function settingsOf(part: ConditionNode, reject: (span: Span, message: string, hint: string) => void): StudySetting[] {
  if (part.kind === 'event') {
    const hint = `Write P(Y, ${part.name.text}) for a study that measures both, or do(${part.name.text}) for one that sets it.`;
    reject(part.span, 'A study is a joint distribution; only do() stands after the bar.', hint);
    return [];
  }
  return part.settings.flatMap(({ name, value, position, span }) => {
    if (position !== undefined || value?.kind === 'event') {
      reject(span, 'A study sets a variable to values, without positions or other worlds.', `Write do(${name.text}).`);
      return [];
    }
    return [value === undefined ? { name, span } : { name, value, span }];
  });
}
