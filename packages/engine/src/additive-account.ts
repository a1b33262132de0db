import { heading } from './account.ts';
import { parseAdditive } from './additive/assumption.ts';
import { type AdditiveTarget, readTarget } from './additive/question.ts';
import { type AdditiveIdentified, identifyAdditive } from './additive/rule.ts';
import type { AdditiveAssumption, AdditiveRefusal } from './additive/terms.ts';
import { jointEffectWitness } from './additive/witness.ts';
import type { Catalogue } from './data/catalogue.ts';
import { createBuilder } from './estimand/builder.ts';
import type { Estimand } from './estimand/estimand.ts';
import { estimandToJson } from './estimand/json.ts';
import type { Graph } from './graph/graph.ts';
import type { Domain, Name } from './graph/variable.ts';
import type { OpenAxis, ProofLine } from './identify/rule.ts';
import type { Answer, Diagnostic } from './interpret/answer.ts';
import { formulaLatex, formulaText } from './interpret/formula.ts';
import { printQuery } from './query/print.ts';
import type { Query, Question } from './query/terms.ts';
import { failure, type Result, success } from './run/issue.ts';

/** What additive outcomes need of a problem. */
export interface AdditiveProblem {
  readonly graph?: Graph;
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly catalogue: Catalogue;
  readonly assume?: readonly string[];
}

export interface AdditivePart {
  readonly weight: number;
  readonly query: Query;
  readonly found: AdditiveIdentified;
  readonly target: AdditiveTarget;
}

/** A question whose parts are all means of one additive outcome. */
export interface AdditiveFound {
  readonly assumption: AdditiveAssumption;
  readonly parts: readonly AdditivePart[];
  readonly open: readonly OpenAxis[];
  readonly estimand: Estimand;
}

/** The additive assumptions of a problem. Issues: those of {@link parseAdditive}. */
export function additiveAssumptions({ graph, domains, assume = [] }: AdditiveProblem): Result<readonly AdditiveAssumption[]> {
  const read = assume.flatMap((text) => parseAdditive(text, { domains, ...(graph === undefined ? {} : { graph }) }) ?? []);
  const issues = read.flatMap((one) => (one.ok ? [] : one.issues));
  return issues.length > 0 ? failure(...issues) : success(read.flatMap((one) => (one.ok ? [one.value] : [])));
}

/** The first assumption that answers the question; else the refusal of the first that speaks of its outcome. Undefined: none does. */
export function planAdditively(
  { graph, catalogue }: AdditiveProblem,
  question: Question,
  assumptions: readonly AdditiveAssumption[],
): AdditiveFound | AdditiveRefusal | undefined {
  let refusal: AdditiveRefusal | undefined;
  for (const assumption of assumptions) {
    if (!question.parts.every(({ query }) => query.of.some(({ variable }) => variable === assumption.outcome))) continue;
    const found = partsOf(question, assumption, graph, catalogue);
    if (!('verdict' in found)) return found;
    refusal ??= found;
  }
  return refusal;
}

export const isFound = (found: AdditiveFound | AdditiveRefusal | undefined): found is AdditiveFound =>
  found !== undefined && !('verdict' in found);

function partsOf(
  question: Question,
  assumption: AdditiveAssumption,
  graph: Graph | undefined,
  catalogue: Catalogue,
): AdditiveFound | AdditiveRefusal {
  const parts: AdditivePart[] = [];
  for (const { weight, query } of question.parts) {
    const found = identifyAdditive(query, assumption, graph, catalogue);
    if (found.verdict !== 'identified') return found;
    const target = readTarget(query, assumption, graph);
    if (typeof target === 'string') return { verdict: 'refused', rule: 'additive', why: target, proof: [] };
    parts.push({ weight, query, found, target });
  }
  const open = new Map(parts.flatMap(({ found }) => found.open.map((axis) => [axis.variable, axis])));
  const estimand = createBuilder().combine(parts.map(({ weight, found }) => ({ weight, of: found.estimand })));
  return { assumption, parts, open: [...open.values()], estimand };
}

/** Everything but numbers. `account`: what the rules before this one said. */
export function accountAdditive(question: Question, graph: Graph | undefined, found: AdditiveFound, account: Answer): Answer {
  const { estimand, parts, assumption } = found;
  const line = ({ weight, query }: AdditivePart): ProofLine => ({
    theorem: 'linear combination',
    source: 'linearity',
    depth: 0,
    says: `${weight < 0 ? '-' : '+'} ${Math.abs(weight) === 1 ? '' : `${Math.abs(weight)} * `}${printQuery(query, 'do')}:`,
  });
  const proof = parts.flatMap((part) =>
    parts.length === 1 ? part.found.proof : [line(part), ...part.found.proof.map((one) => ({ ...one, depth: one.depth + 1 }))],
  );
  const before = account.status === 'identified' ? account.refused : refusedBefore(account);
  return {
    ...heading(question, graph),
    status: 'identified',
    kind: 'none',
    estimand: { text: formulaText(estimand), latex: formulaLatex(estimand), tree: estimandToJson(estimand) },
    identifiable: true,
    rule: 'additive',
    derivation: proof.map(({ depth, says, theorem, source }) => ({ depth, says, theorem, source })),
    refused: before,
    assumes: [assumption.text],
    diagnostics: [],
    studies: [],
  };
}

/** A no of the additive rule on top of the no of the others. */
export function accountWithRefusal(account: Answer, { rule, why, proof, verdict, wouldHelp = [] }: AdditiveRefusal): Answer {
  const single = wouldHelp.flatMap((sets) => (sets.length === 1 ? [sets[0] as readonly Name[]] : []));
  return {
    ...account,
    status: verdict,
    rule,
    why,
    refused: [...refusedBefore(account), { rule, why }],
    derivation: [...(account.derivation ?? []), ...proof.map(({ depth, says, theorem, source }) => ({ depth, says, theorem, source }))],
    ...(single.length === 0 ? {} : { wouldHelp: single }),
  };
}

const refusedBefore = ({ refused, rule, why }: Answer): Answer['refused'] =>
  refused.length > 0 || why === undefined ? refused : [{ rule: rule ?? 'id', why }];

/** For a refused joint effect that additivity would give: the assumption to make, and why it must be made. */
export function additiveHint({ graph, catalogue }: AdditiveProblem, question: Question): Diagnostic | undefined {
  const [part] = question.parts;
  const [term] = part?.query.of ?? [];
  if (part === undefined || term === undefined || part.query.take !== 'mean' || question.parts.some(({ query }) => query.of.length !== 1))
    return undefined;
  const actions = term.world.map(({ variable }) => variable);
  const given = part.query.given
    .map(({ variable }) => variable)
    .filter((name) => catalogue.offers.some(({ regime }) => regime.set.includes(name)));
  const all = [...new Set([...actions, ...given])];
  if (actions.length === 0 || all.length < 2) return undefined;
  const text = `additive(${term.variable}; ${all.join(', ')})`;
  const assumption = parseAdditive(text);
  if (assumption === undefined || !assumption.ok) return undefined;
  if (!isFound(partsOf(question, assumption.value, graph, catalogue))) return undefined;
  const witness = jointEffectWitness(term.variable, [all[0] as Name, all[1] as Name]);
  return {
    name: 'additivity',
    level: 'ok',
    says: `If the effects of ${all.join(' and ')} on ${term.variable} add up, the studies at hand give this mean: "assume": ["${text}"]. It has to be assumed. ${witness.says.slice(1, 3).join(' ')}`,
  };
}
