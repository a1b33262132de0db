import { canonicalNumber, isBareValue, quote, writeName } from './lex.ts';
import type { ConditionNode, EndNode, EventNode, QueryNode, SettingNode, SyntaxTree, ValueNode } from './syntax.ts';
import type { Query, Question, Setting, Term } from './terms.ts';

/** A weighted sum: `P(...) - 2*E[...]`. */
function printSum<T>(parts: readonly { readonly weight: number; readonly query: T }[], print: (query: T) => string): string {
  const signed = parts.map(({ weight, query }, i) => {
    const sign = weight < 0 ? (i === 0 ? '-' : ' - ') : i === 0 ? '' : ' + ';
    const magnitude = Math.abs(weight);
    return `${sign}${magnitude === 1 ? '' : `${magnitude}*`}${print(query)}`;
  });
  return signed.join('');
}

const at = (position: number | undefined): string => (position === undefined ? '' : `@${position}`);
const conditions = (given: readonly string[]): string => (given.length === 0 ? '' : ` | ${given.join(', ')}`);

/** The canonical spelling of a syntax tree, sugar kept. `parseQuestion(printTree(tree))` gives the tree again (spans and `text` apart). */
export const printTree = (tree: SyntaxTree): string => printSum(tree.parts, printQueryNode);

function printQueryNode(query: QueryNode): string {
  const given = conditions(query.given.map(printCondition));
  if (query.kind === 'named') {
    const ends = query.through === undefined ? [query.cause, query.effect] : [query.cause, query.through, query.effect];
    return `${query.name}(${ends.map(printEnd).join(' -> ')}${given})`;
  }
  const of = query.of.map(printEvent).join(', ');
  return query.kind === 'mean' ? `E[${of}${given}]` : `P(${of}${given})`;
}

const printValueNode = (value: ValueNode): string => (value.kind === 'number' || isBareValue(value.text) ? value.text : quote(value.text));

function printEnd(end: EndNode): string {
  const value = end.value === undefined ? '' : `=${printValueNode(end.value)}`;
  const versus = end.versus === undefined ? '' : ` vs ${printValueNode(end.versus)}`;
  return writeName(end.name.text) + at(end.position) + value + versus;
}

const printCondition = (part: ConditionNode): string =>
  part.kind === 'do' ? `do(${part.settings.map(printSettingNode).join(', ')})` : printEvent(part);

function printEvent(event: EventNode): string {
  const world = event.world.length === 0 ? '' : `[${event.world.map(printSettingNode).join(', ')}]`;
  const value = event.value === undefined ? '' : `=${printValueNode(event.value)}`;
  return writeName(event.name.text) + world + at(event.position) + value;
}

function printSettingNode({ name, position, value }: SettingNode): string {
  const head = writeName(name.text) + at(position);
  if (value === undefined) return head;
  if (value.kind !== 'event') return `${head}=${printValueNode(value)}`;
  return `${head}=${printNested(printEvent(value), value.world.length === 0, value)}`;
}

/** `M[]`: without the brackets it would read as the value `M`. */
const printNested = (text: string, factual: boolean, of: { readonly position?: number }): string => {
  if (!factual) return text;
  const tail = at(of.position);
  return `${text.slice(0, text.length - tail.length)}[]${tail}`;
};

/** A level as a question spells it: bare where that is read back as the same level, else in quotation marks. */
export const printValue = (value: string): string => (isBareValue(value) || canonicalNumber(value) === value ? value : quote(value));

/** `Y[X=1]@2=1` */
export function printTerm(term: Term): string {
  const world = term.world.length === 0 ? '' : `[${term.world.map(printSetting).join(', ')}]`;
  return writeName(term.variable) + world + at(term.position) + (term.value === undefined ? '' : `=${printValue(term.value)}`);
}

export function printSetting({ variable, position, value }: Setting): string {
  const head = writeName(variable) + at(position);
  if (value === undefined) return head;
  if (typeof value === 'string') return `${head}=${printValue(value)}`;
  return `${head}=${printNested(printTerm(value), value.world.length === 0, value)}`;
}

/**
 * Core terms as text: `P(Y[X=1]=1 | Z[X=1]=0)`. Parsing and binding the text gives the query again.
 * `style: 'do'` writes one world shared by every term as do(): `P(Y=1 | do(X=1), Z=0)`.
 */
export function printQuery(query: Query, style: 'terms' | 'do' = 'terms'): string {
  const terms = [...query.of, ...query.given];
  const worlds = new Set(terms.map((term) => term.world.map(printSetting).join(', ')));
  const [world = ''] = worlds;
  const shared = style === 'do' && worlds.size === 1 && world !== '';
  const print = (term: Term): string => printTerm(shared ? { ...term, world: [] } : term);
  const given = conditions([...(shared ? [`do(${world})`] : []), ...query.given.map(print)]);
  const of = query.of.map(print).join(', ');
  return query.take === 'mean' ? `E[${of}${given}]` : `P(${of}${given})`;
}

/** The core terms of a whole question; see {@link printQuery}. */
export const printQuestion = (question: Question, style: 'terms' | 'do' = 'terms'): string =>
  printSum(question.parts, (query) => printQuery(query, style));
