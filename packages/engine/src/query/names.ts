import type { Graph } from '../graph/graph.ts';
import type { Domain, Name } from '../graph/variable.ts';
import type { Issue } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';
import { writeName } from './lex.ts';
import type { NameNode } from './syntax.ts';

/** What a question is bound to. Without a graph and without domains every name is accepted as it stands. */
export interface BindContext {
  readonly graph?: Graph;
  /** Levels known from the problem document or the studies; they win over those declared in the graph. */
  readonly domains: ReadonlyMap<Name, Domain>;
  /** False where positions (`Y@2`) make no sense. Default: true. */
  readonly positions?: boolean;
  /** Columns that tell environments apart: a condition may name them, with one of their levels. They hold for all rows and have no position. */
  readonly environments?: ReadonlySet<Name>;
}

export const domainOf = ({ graph, domains }: BindContext, name: Name): Domain | undefined =>
  domains.get(name) ?? graph?.variables.get(name)?.domain;

/** The variables a question may name, in order of declaration; empty: any. Latent ones are left out. */
export function askable({ graph, domains, environments = new Set() }: BindContext): readonly Name[] {
  if (graph === undefined) return [...domains.keys()];
  const variables = [...graph.variables.values()].filter(({ latent }) => latent !== true).map(({ name }) => name);
  return [...variables, ...[...environments].filter((name) => !graph.variables.has(name))];
}

const isDeclared = ({ graph, domains }: BindContext, name: Name): boolean => graph?.variables.has(name) === true || domains.has(name);
const isOpen = ({ graph, domains }: BindContext): boolean => (graph === undefined || graph.variables.size === 0) && domains.size === 0;

/** Longer names are not searched for subscripts. */
const longest = 200;

/** A variable, and for `Y_x` the variable that the subscript sets. */
export interface BoundName {
  readonly name: Name;
  readonly subscript?: Name;
}

/**
 * The variable a name means. A declared name wins; otherwise `Y_X`, and `Y_x` where only one variable is X in lower case, is
 * Y in the world of do(X), every value. Case is never guessed. Issues: `unknown-variable`, `latent-variable`, `not-in-graph`.
 */
export function bindName(context: BindContext, node: NameNode, mayHaveSubscript: boolean): BoundName | Issue {
  const where = { start: node.span.start, end: node.span.end };
  if (isOpen(context)) return { name: node.text };
  if (isDeclared(context, node.text)) {
    const issue = unusable(context, node.text);
    return issue === undefined ? { name: node.text } : { ...issue, where };
  }
  const names = askable(context);
  if (mayHaveSubscript) {
    for (let at = node.text.length > longest ? -1 : node.text.lastIndexOf('_'); at > 0; at = node.text.lastIndexOf('_', at - 1)) {
      const [name, rest] = [node.text.slice(0, at), node.text.slice(at + 1)];
      const lower = names.filter((other) => other.toLowerCase() === rest);
      const subscript = names.includes(rest) ? rest : lower.length === 1 ? lower[0] : undefined;
      if (names.includes(name) && subscript !== undefined) return { name, subscript };
      if (names.includes(name)) {
        const hint = `To ask about ${name} with a variable set, write the world in brackets: ${writeName(name)}[X=${rest === '' ? '1' : rest}].`;
        return { code: 'unknown-variable', message: `There is no variable '${node.text}'.`, where, hint };
      }
    }
  }
  const hint =
    didYouMean(node.text, names, (name) => `'${name}'`) ??
    (names.length === 0
      ? 'No variable is declared.'
      : `The variables are ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', ...' : ''}.`);
  return { code: 'unknown-variable', message: `There is no variable '${node.text}'.`, where, hint };
}

function unusable({ graph, environments }: BindContext, name: Name): Issue | undefined {
  if (graph === undefined || environments?.has(name) === true) return undefined;
  const variable = graph.variables.get(name);
  if (variable === undefined) {
    return {
      code: 'not-in-graph',
      message: `${name} is in the data but not in the graph.`,
      hint: `Add it to the graph with its arrows, or as the statement '${writeName(name)}' if it has none.`,
    };
  }
  if (variable.latent !== true) return undefined;
  return {
    code: 'latent-variable',
    message: `${name} is latent: no study measures it, so it can be neither asked about nor set.`,
    hint: `Ask about a variable that ${name} influences, or drop [latent] if it is measured.`,
  };
}

/** What is wrong with an environment column that is set (`set`), asked about (`of`) or given a position (`position`). */
export function environmentIssue(name: Name, as: 'set' | 'of' | 'position'): Omit<Issue, 'where'> {
  const written = writeName(name);
  if (as === 'position')
    return {
      code: 'environment-position',
      message: `${name} tells environments apart and holds for all rows: it has no position.`,
      hint: `Write ${written} without @.`,
    };
  return as === 'set'
    ? {
        code: 'environment-set',
        message: `${name} tells environments apart: nobody can set it.`,
        hint: `Name it in the condition, outside do(): ${written}=... asks for the answer in that environment.`,
      }
    : {
        code: 'environment-asked',
        message: `${name} tells environments apart: it is no outcome of the graph.`,
        hint: `Name it in the condition, or add it to the graph if it has causes and effects there.`,
      };
}
