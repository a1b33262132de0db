import { numberOf } from '../data/level.ts';
import type { Domain, Name } from '../graph/variable.ts';
import { compileQuestion } from '../query/bind.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';
import { gather } from './facts.ts';
import type { Literal, Network, Restriction, Term } from './programme.ts';
import type { Structure } from './specification.ts';
import { targetOf } from './target.ts';

export interface Assumptions {
  /** By block. */
  readonly forbidden: ReadonlyMap<number, readonly (readonly Literal[])[]>;
  readonly restrictions: readonly Restriction[];
  /** Texts that are neither. */
  readonly unused: readonly string[];
}

const monotone = /^\s*(?:monotone|monotonic)\s*\(\s*(.+?)\s*->\s*(.+?)\s*(?:,\s*(\w+)\s*)?\)\s*$/iu;
const comparison = /^\s*(.*[)\]])\s*(<=|>=|==|=|≤|≥|<|>)\s*(\S+)\s*$/su;

/**
 * Reads assumptions that restrict the model:
 *
 *     monotone(X -> Y)                 no unit has a lower level of Y at a higher level of X (levels in their declared order)
 *     monotone(X -> Y, decreasing)     nor a higher one
 *     P(Y[X=1]=0, Y[X=0]=1) <= 0.1     also >= and =; any question of the language that touches one block
 *
 * Issues: `assumption`, and those of questions.
 */
export function readAssumptions(structure: Structure, texts: readonly string[], domains: ReadonlyMap<Name, Domain>): Result<Assumptions> {
  const forbidden = new Map<number, (readonly Literal[])[]>();
  const restrictions: Restriction[] = [];
  const unused: string[] = [];
  const issues: Issue[] = [];
  for (const text of texts) {
    const words = monotone.exec(text);
    const compared = comparison.exec(text);
    if (words !== null || /^\s*monoton/iu.test(text)) {
      const found =
        words === null ? failure(malformed(text)) : monotonicity(structure, text, unquote(words[1]), unquote(words[2]), words[3]);
      if (!found.ok) issues.push(...found.issues);
      else forbidden.set(found.value.block, [...(forbidden.get(found.value.block) ?? []), ...found.value.conjunctions]);
    } else if (compared !== null) {
      const found = inequality(structure, text, compared[1] as string, compared[2] as string, compared[3] as string, domains);
      if (!found.ok) issues.push(...found.issues);
      else if (found.value !== undefined) restrictions.push(found.value);
    } else unused.push(text);
  }
  return issues.length > 0 ? failure(...issues) : success({ forbidden, restrictions, unused });
}

const unquote = (name: string | undefined): string => (name ?? '').replace(/^"(.*)"$/su, '$1');

const malformed = (text: string): Issue => ({
  code: 'assumption',
  message: `The assumption '${text}' cannot be read.`,
  hint: 'Write monotone(X -> Y), or monotone(X -> Y, decreasing).',
});

function monotonicity(
  structure: Structure,
  text: string,
  cause: Name,
  effect: Name,
  direction = 'increasing',
): Result<{ readonly block: number; readonly conjunctions: readonly (readonly Literal[])[] }> {
  if (direction !== 'increasing' && direction !== 'decreasing') return failure(malformed(text));
  const wrong = (message: string, hint?: string): Result<never> =>
    failure({ code: 'assumption', message: `The assumption '${text}': ${message}`, ...(hint !== undefined && { hint }) });
  for (const name of [cause, effect])
    if (!structure.children.has(name)) {
      const known = structure.hidden.has(name);
      return wrong(
        known ? `${name} is hidden or has no known levels.` : `there is no variable ${name}.`,
        didYouMean(name, structure.children.keys()),
      );
    }
  const child = structure.children.get(effect);
  const at = child?.parents.indexOf(cause) ?? -1;
  if (child === undefined || at < 0)
    return wrong(`${cause} is no parent of ${effect} in the graph.`, `Assume it of every arrow on the way.`);
  if (child.digits === undefined) return wrong(`${effect} has an equation, which decides it.`);
  const size = child.sizes[at] as number;
  const stride = child.sizes.slice(at + 1).reduce((product, next) => product * next, 1);
  const conjunctions: Literal[][] = [];
  for (const [context, digit] of child.digits.entries()) {
    if (Math.floor(context / stride) % size === size - 1) continue;
    const next = child.digits[context + stride] as number;
    const [low, high] = direction === 'increasing' ? [digit, next] : [next, digit];
    for (let below = 0; below < child.levels.length; below++)
      for (let above = below + 1; above < child.levels.length; above++)
        conjunctions.push(
          [
            { digit: low, value: above },
            { digit: high, value: below },
          ].sort((a, b) => a.digit - b.digit),
        );
  }
  return success({ block: child.block, conjunctions });
}

/** Undefined: the model is certain of it. */
function inequality(
  structure: Structure,
  text: string,
  question: string,
  sign: string,
  written: string,
  domains: ReadonlyMap<Name, Domain>,
): Result<Restriction | undefined> {
  const wrong = (message: string, hint?: string): Result<never> =>
    failure({ code: 'assumption', message: `The assumption '${text}': ${message}`, ...(hint !== undefined && { hint }) });
  const bound = numberOf(written);
  if (Number.isNaN(bound)) return wrong(`'${written}' is not a number.`, 'Write for example P(Y[X=1]=0, Y[X=0]=1) <= 0.1.');
  const compiled = compileQuestion(question, { graph: structure.graph, domains: new Map([...domains, ...finite(structure)]) });
  if (!compiled.ok) return failure(...compiled.issues.map((issue) => ({ ...issue, where: { ...issue.where, text: question } })));
  const target = targetOf(structure, compiled.value);
  if (!target.ok) return failure(...target.issues.map((issue) => ({ ...issue, message: `The assumption '${text}': ${issue.message}` })));
  const { numerator, denominator, blocks } = target.value;
  const relation = sign.startsWith('<') || sign === '≤' ? '<=' : sign.startsWith('>') || sign === '≥' ? '>=' : '=';
  const [block, another] = blocks;
  if (another !== undefined)
    return wrong(
      `it depends on ${blocks.map((number) => `{${structure.blocks[number]?.name}}`).join(' and on ')}, which are independent parts of the model.`,
      'An inequality may concern one part: set what the others hold inside the brackets, as in P(Y[X=1, Z=0]=0, Y[X=0, Z=0]=1) <= 0.1, once for each value.',
    );
  const constant = (networks: readonly Network[]): number =>
    networks.reduce((sum, { weight, tables }) => (tables.length === 0 ? sum + weight : sum), 0);
  const form = [
    ...termsOf(numerator),
    ...termsOf(denominator ?? []).map(({ coefficient, literals }) => ({ coefficient: -bound * coefficient, literals })),
  ];
  const rest = (denominator === undefined ? bound : -bound * constant(denominator)) - constant(numerator);
  const gathered = gather(form);
  if (block === undefined || gathered.length === 0) {
    const holds = relation === '<=' ? rest >= 0 : relation === '>=' ? rest <= 0 : rest === 0;
    return holds ? success(undefined) : wrong('no model satisfies it.');
  }
  return success({ block, form: gathered, relation, target: rest, says: text.trim() });
}

const finite = (structure: Structure): [Name, Domain][] =>
  [...structure.levels].map(([name, levels]) => [name, { kind: 'finite', levels }]);

const termsOf = (networks: readonly Network[]): Term[] =>
  networks.flatMap(({ weight, tables: [table] }) =>
    (table?.cells ?? []).flatMap((literals) => (literals === null ? [] : [{ coefficient: weight, literals }])),
  );
