import { quote } from './lex.ts';
import type { NamedFunction } from './syntax.ts';

/** What help, completion, tooltips and the reference say about one word of the question language. */
export interface QueryHelp {
  readonly name: 'P' | 'E' | 'do' | NamedFunction;
  readonly signature: string;
  readonly summary: string;
  /** What `example` means, in core terms, for X and Y with the levels 0 and 1. Binding either text gives the same terms. */
  readonly definition: string;
  readonly example: string;
  readonly assumes: string;
  readonly reference: string;
  /** Where the reading is disputed, or what is easily taken for it. */
  readonly remark?: string;
}

const pearl = 'Pearl (2009), Causality, 2nd edition, Cambridge University Press';
const causation =
  'Pearl (1999), Probabilities of causation: three counterfactual interpretations and their identification, Synthese 121; Tian and Pearl (2000), Probabilities of causation: bounds and identification, Annals of Mathematics and Artificial Intelligence 28';
const mediation =
  'Robins and Greenland (1992), Identifiability and exchangeability for direct and indirect effects, Epidemiology 3; Pearl (2001), Direct and indirect effects, UAI';
const treated = 'Shpitser and Pearl (2009), Effects of treatment on the treated: identification and generalization, UAI';
const consistent = 'Both worlds share the unit and its circumstances: a structural model holds, not only its interventional distributions.';

export const queryHelp: readonly QueryHelp[] = [
  {
    name: 'P',
    signature: 'P(events | conditions)',
    summary: 'The probability of events, or the distribution of every variable whose value is left out.',
    definition: 'P(Y[X=1]=1 | Z[X=1]=0)',
    example: 'P(Y=1 | do(X=1), Z=0)',
    assumes: 'The conditions have positive probability; otherwise the answer is "undefined".',
    reference: `${pearl}, sections 1.4 and 3.2`,
  },
  {
    name: 'E',
    signature: 'E[variable | conditions]',
    summary: 'The mean of a real variable, or of a finite one whose levels are numbers.',
    definition: 'E[Y[X=1]]',
    example: 'E[Y | do(X=1)]',
    assumes: 'The mean exists; for a finite variable its levels are read as numbers.',
    reference: `${pearl}, section 3.2`,
  },
  {
    name: 'do',
    signature: 'do(X=value, ...) after the bar',
    summary: 'Asks everything else in the world where X was set to the value by an action.',
    definition: 'P(Y[X=1]=1 | Z[X=1]=0)',
    example: 'P(Y=1 | do(X=1), Z=0)',
    assumes: 'The action changes X alone: what else depends on X changes only through it.',
    reference: `${pearl}, section 3.2.1`,
    remark: 'do(X=1) sets X, X=1 watches it: P(Y=1 | do(X=1)) and P(Y=1 | X=1) differ where something influences both X and Y.',
  },
  {
    name: 'ATE',
    signature: 'ATE(X=a vs b -> Y | conditions)',
    summary: 'The average effect: how much the mean of Y changes when X is set to a rather than b, for everybody.',
    definition: 'E[Y[X=1]] - E[Y[X=0]]',
    example: 'ATE(X -> Y)',
    assumes: 'What identifies E[Y | do(X=a)] and E[Y | do(X=b)]; nothing more.',
    reference: `${pearl}, section 3.2`,
    remark:
      'With a named level, ATE(X -> Y=1), or for an outcome whose two levels are not numbers, the difference of the probabilities of that (the second) level.',
  },
  {
    name: 'CATE',
    signature: 'CATE(X=a vs b -> Y | conditions)',
    summary: 'The average effect within the group that the conditions describe.',
    definition: 'E[Y[X=1] | Z[X=1]=0] - E[Y[X=0] | Z[X=0]=0]',
    example: 'CATE(X -> Y | Z=0)',
    assumes: 'The conditions are covariates that X does not affect.',
    reference: 'Athey and Imbens (2016), Recursive partitioning for heterogeneous causal effects, PNAS 113',
    remark:
      'Conditions stand in the world of do(X). For a covariate that X affects this compares two different groups; ask P(Y[X=1] | Z=0) for the units that had Z=0.',
  },
  {
    name: 'ETT',
    signature: 'ETT(X=a vs b -> Y | conditions)',
    summary: 'The average effect among the treated: those who had X=a of their own accord.',
    definition: 'E[Y[X=1] | X=1] - E[Y[X=0] | X=1]',
    example: 'ETT(X -> Y)',
    assumes: consistent,
    reference: treated,
  },
  {
    name: 'ETU',
    signature: 'ETU(X=a vs b -> Y | conditions)',
    summary: 'The average effect among the untreated: those who had X=b of their own accord.',
    definition: 'E[Y[X=1] | X=0] - E[Y[X=0] | X=0]',
    example: 'ETU(X -> Y)',
    assumes: consistent,
    reference: treated,
  },
  {
    name: 'PNS',
    signature: 'PNS(X=a vs b -> Y=c | conditions)',
    summary: 'Necessity and sufficiency: the share of units with the outcome under X=a and without it under X=b.',
    definition: 'P(Y[X=1]=1, Y[X=0]=0)',
    example: 'PNS(X -> Y)',
    assumes: consistent,
    reference: causation,
    remark:
      'Mueller and Pearl (Personalized decision making, Journal of Causal Inference, 2023) choose treatments by it. Dawid and Senn (Personalised decision-making without counterfactuals, arXiv:2301.11976) hold that this is misguided: no study can check a statement about two worlds of one patient, and a treatment should be chosen by the expected outcomes under each option given what is known of the patient, which P(Y=1 | do(X=1), Z=z) asks for.',
  },
  {
    name: 'PN',
    signature: 'PN(X=a vs b -> Y=c | conditions)',
    summary: 'Necessity: among units with X=a and the outcome, the share that would not have had it under X=b.',
    definition: 'P(Y[X=0]=0 | X=1, Y=1)',
    example: 'PN(X -> Y)',
    assumes: consistent,
    reference: causation,
    remark: 'The question of a court: would the harm have happened but for the act?',
  },
  {
    name: 'PS',
    signature: 'PS(X=a vs b -> Y=c | conditions)',
    summary: 'Sufficiency: among units with X=b and without the outcome, the share that would have had it under X=a.',
    definition: 'P(Y[X=1]=1 | X=0, Y=0)',
    example: 'PS(X -> Y)',
    assumes: consistent,
    reference: causation,
  },
  {
    name: 'NDE',
    signature: 'NDE(X=a vs b -> M -> Y | conditions)',
    summary: 'The natural direct effect: X changes from b to a while M keeps the value it would have under X=b.',
    definition: 'E[Y[M=M[X=0], X=1]] - E[Y[X=0]]',
    example: 'NDE(X -> M -> Y)',
    assumes: `${consistent} No experiment shows Y with X from one world and M from another.`,
    reference: mediation,
    remark: 'With M held at one value for all instead, ask ATE(X -> Y | do(M=0)), the controlled direct effect.',
  },
  {
    name: 'NIE',
    signature: 'NIE(X=a vs b -> M -> Y | conditions)',
    summary: 'The natural indirect effect: X stays at b while M takes the value it would have under X=a.',
    definition: 'E[Y[M=M[X=1], X=0]] - E[Y[X=0]]',
    example: 'NIE(X -> M -> Y)',
    assumes: `${consistent} No experiment shows Y with X from one world and M from another.`,
    reference: mediation,
    remark:
      'The average effect is the direct effect minus the indirect effect of the change back (X from a to b); without interaction it is the sum of both.',
  },
];

export const helpFor = (name: string): QueryHelp | undefined => queryHelp.find((record) => record.name === name);

/** The grammar: symbol, right-hand side, example or remark. */
export const grammar: readonly (readonly [string, string, string])[] = [
  ['question', "[sign] query (('+' or '-') [number '*'] query)*", 'P(Y=1 | do(X=1)) - P(Y=1 | do(X=0))'],
  ['sign', "['+' or '-'] [number '*']", '2*P(Y=1)'],
  ['query', "'P(' events ['|' cond] ')'", 'P(Y=1, Z=0 | X=1)'],
  ['', "'E[' event ['|' cond] ']'", 'E[Y | do(X=1)]; also E(Y | do(X=1))'],
  ['', "FUNCTION '(' end '->' end ['|' cond] ')'", 'PNS(X -> Y | Z=0)'],
  ['', "('NDE' or 'NIE') '(' end '->' NAME '->' end ['|' cond] ')'", 'NDE(X -> M -> Y)'],
  ['end', "NAME ['@' INT] ['=' VALUE ['vs' VALUE]]", 'X=1 vs 0'],
  ['events', "event (',' event)*", 'Y=1, Z=0'],
  ['event', "NAME [world] ['@' INT] ['=' VALUE]", 'Y[X=1]@2=1; also Y_{X=1}, and Y_x for Y[X]'],
  ['world', "'[' assign (',' assign)* ']'", 'Y[X=1, W=0]'],
  ['cond', "part (',' part)*", 'do(X=1), Z=0'],
  ['part', "'do(' assign (',' assign)* ')' or event", 'do(X=1, W=0)'],
  ['assign', "NAME ['@' INT] ['=' (VALUE or nested)]", 'X; X=1; X@2=1'],
  ['nested', "NAME world ['@' INT]", 'M=M[X=0]; M=M[] for the value M has in fact'],
  ['VALUE', 'number, bare words or quoted text', '1.5; drug; no drug; "30 to 45, fasting"'],
  ['NAME', 'letter or _, then letters, digits, _ and . ; or quoted text', 'Größe; "blood pressure"'],
];

const cell = (text: string): string => text.replace(/\|/g, '\\|');
const code = (text: string): string => `\`${cell(text)}\``;

/** The reference page of the question language, in Markdown. `docs/reference/questions.md` is this text. */
export function questionReference(): string {
  const rows = grammar.map(([symbol, right, example]) => `| ${symbol === '' ? '' : code(symbol)} | ${code(right)} | ${code(example)} |`);
  const functions = queryHelp.flatMap((help) => [
    `### ${help.name}`,
    '',
    `${help.summary}`,
    '',
    '| | |',
    '| --- | --- |',
    `| written | ${code(help.signature)} |`,
    `| example | ${code(help.example)} |`,
    `| in core terms | ${code(help.definition)} |`,
    `| assumes | ${cell(help.assumes)} |`,
    `| source | ${cell(help.reference)} |`,
    '',
    ...(help.remark === undefined ? [] : [help.remark, '']),
  ]);
  return [
    '<!-- Generated by questionReference() from packages/engine/src/query/help.ts; the query tests fail on a difference. -->',
    '',
    '# The question language',
    '',
    'A question is a probability, a mean, a named query, or a weighted sum of such. Every question is rewritten into *core terms*:',
    'events, each in a world of its own. `Y[X=1]=1` reads "Y would have been 1, had X been set to 1"; no brackets, no setting.',
    '',
    '## Grammar',
    '',
    '| symbol | is | example |',
    '| --- | --- | --- |',
    ...rows,
    '',
    `A value that holds other characters, that begins with a sign but is no number, or the word ${code('vs')}, stands in quotation marks: ${code(quote('a, b'))}.`,
    'Quoted numbers are text: `"01"` is the level 01 and no other, `01` is also the level 1. `→` is read as `->` and `−` as `-`.',
    '',
    '## Reading',
    '',
    '- **do()** puts every event of its question, before and after the bar, into the world of its settings. Brackets and do() add up; setting one variable to two values in one world is an error.',
    '- **Values left out** stand for every value: `P(Y | do(X))` is one distribution of Y for each value of X.',
    '- **Binary variables**: the second level is "yes". `PNS(X -> Y)` compares the second level of X with the first. With more levels, name them: `X=a vs b`. An outcome level is named `Y=c`; its opposite is every other level.',
    '- **Positions** (`Y@2`) are for exchangeable data. In one question either every event has one or none has; inside brackets the position of the event is meant.',
    '- **Numbers**: `1.0` means the level `1`. Names and levels are never matched regardless of case.',
    "- **Pearl's rung** is computed: *seeing* if nothing is set, *doing* if one world holds all terms, *imagining* if several worlds are compared.",
    '- **Available distributions** are written alike: `P(X,Y,Z)`, `P(Y,Z | do(X))` for every value of X, `*` for observation and every experiment.',
    '',
    '## Functions',
    '',
    ...functions,
  ]
    .join('\n')
    .replace(/\n+$/u, '\n');
}
