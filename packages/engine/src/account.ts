import type { Study } from './data/study.ts';
import type { Estimand } from './estimand/estimand.ts';
import { leavesOf } from './estimand/fold.ts';
import { estimandToJson } from './estimand/json.ts';
import { explainStructure } from './explanations.ts';
import type { Graph } from './graph/graph.ts';
import type { IdentifiedQuestion, RefusedQuestion } from './identification.ts';
import type { ProofLine } from './identify/rule.ts';
import type { Suggestions } from './identify/suggest.ts';
import type { Answer, DerivationLine, Diagnostic } from './interpret/answer.ts';
import { formulaLatex, formulaText } from './interpret/formula.ts';
import { printQuestion } from './query/print.ts';
import { rungOfQuestion } from './query/rung.ts';
import type { Question } from './query/terms.ts';

type Heading = Pick<Answer, 'question' | 'terms' | 'rung'>;

export const heading = (question: Question, graph: Graph | undefined): Heading => ({
  question: question.text,
  terms: printQuestion(question),
  rung: rungOfQuestion(question, graph),
});

const derivationOf = (proof: readonly ProofLine[]): DerivationLine[] =>
  proof.map(({ depth, says, theorem, source, line }) => ({ depth, says, theorem, source, ...(line === undefined ? {} : { line }) }));

const structureOf = (question: Question, graph: Graph | undefined): Pick<Answer, 'explanations'> => {
  const says = graph === undefined ? [] : [...new Set(question.parts.flatMap(({ query }) => explainStructure(query, graph)))];
  return says.length > 0 ? { explanations: says } : {};
};

/** The account of a question that was identified: everything but numbers. `graph`: what no study measured is latent in it. */
export function accountIdentified(
  question: Question,
  graph: Graph | undefined,
  found: IdentifiedQuestion,
  estimand: Estimand,
  diagnostics: readonly Diagnostic[],
): Answer {
  return {
    ...heading(question, graph),
    status: 'identified',
    kind: 'none',
    estimand: { text: formulaText(estimand), latex: formulaLatex(estimand), tree: estimandToJson(estimand) },
    identifiable: true,
    rule: found.rule,
    derivation: derivationOf(found.proof),
    ...structureOf(question, graph),
    refused: found.refused,
    assumes: found.assumes,
    diagnostics,
    studies: [],
  };
}

/** The account of a no: the hedges, and what would help. */
export function accountRefused(
  question: Question,
  graph: Graph | undefined,
  refused: RefusedQuestion,
  help: Suggestions | undefined,
): Answer {
  const { refusal } = refused;
  const [hedge] = refusal.hedges ?? [];
  const diagnostics: Diagnostic[] =
    help?.exhaustive === false ? [{ name: 'search', level: 'warn', says: 'Not every further experiment was tried.' }] : [];
  return {
    ...heading(question, graph),
    status: refused.verdict,
    kind: 'none',
    ...(refused.verdict === 'not-identified' ? { identifiable: false } : {}),
    ...(hedge === undefined ? {} : { hedge: { F: hedge.F, Fprime: hedge.Fprime } }),
    ...((refusal.hedges ?? []).length > 1 ? { hedges: refusal.hedges ?? [] } : {}),
    rule: refusal.rule,
    derivation: derivationOf(refusal.proof),
    ...structureOf(question, graph),
    refused: refused.refused.length > 0 ? refused.refused : [{ rule: refusal.rule, why: refusal.why }],
    why: refusal.why,
    ...(help === undefined ? {} : help.hopeless ? { beyondExperiments: true } : { wouldHelp: help.experiments.map((one) => one.set) }),
    assumes: [],
    diagnostics,
    studies: [],
  };
}

/** The studies that an estimand reads, in the order of the problem. */
export function studiesRead(estimand: Estimand, studies: readonly Study[]): Answer['studies'] {
  const names = new Set(leavesOf(estimand).flatMap((leaf) => leaf.studies));
  return studies
    .filter((study) => names.has(study.name))
    .map(({ name, size, fingerprint }) => ({ name, rows: Number.isFinite(size) ? size : null, fingerprint }));
}
