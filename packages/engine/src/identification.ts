import type { Catalogue } from './data/catalogue.ts';
import { createBuilder } from './estimand/builder.ts';
import { createGraph, type Edge, type Graph } from './graph/graph.ts';
import type { Name, Value } from './graph/variable.ts';
import type { Identified, ProofLine, Refusal, RuleOptions } from './identify/rule.ts';
import { singleWorld, withoutIdleNesting } from './identify/single-world.ts';
import { type Suggestions, suggestExperiments } from './identify/suggest.ts';
import { printQuery } from './query/print.ts';
import type { Query, Question, Setting, Term } from './query/terms.ts';
import { rules } from './rules.ts';

export interface Refused {
  readonly rule: string;
  readonly why: string;
}

/** All parts identified: what one of them has, for the combination. */
export interface IdentifiedQuestion extends Omit<Identified, 'undefined'> {
  readonly refused: readonly Refused[];
  /** The condition has probability zero in every model. */
  readonly undefined: boolean;
  readonly parts: readonly { readonly weight: number; readonly query: Query; readonly found: Identified }[];
}

export interface RefusedQuestion {
  readonly verdict: Refusal['verdict'];
  /** The part of the question that stopped it. */
  readonly query: Query;
  readonly refusal: Refusal;
  readonly refused: readonly Refused[];
}

/** Runs the rules on every part of the question and combines the estimands. No rows are read. */
export function identify(
  question: Question,
  graph: Graph | undefined,
  catalogue: Catalogue,
  options: RuleOptions = {},
): IdentifiedQuestion | RefusedQuestion {
  const parts: { readonly weight: number; readonly query: Query; readonly found: Identified; readonly refused: readonly Refused[] }[] = [];
  for (const { weight, query } of question.parts) {
    const { result, refused } = identifyQuery(query, graph, catalogue, options);
    if (result.verdict !== 'identified') return { verdict: result.verdict, query, refusal: result, refused };
    parts.push({ weight, query, found: result, refused });
  }
  const builder = createBuilder();
  const found = parts.map((part) => part.found);
  const [first] = found;
  const clash = found.find((one) => openKey(one) !== openKey(first as Identified));
  if (clash !== undefined) {
    const { query } = question.parts[found.indexOf(clash)] as { query: Query };
    const why = 'The parts of a combination must leave the same values open: state the values, or ask the parts one by one.';
    return { verdict: 'refused', query, refusal: { verdict: 'refused', rule: 'combine', why, proof: [] }, refused: [] };
  }
  const several = question.parts.length > 1;
  return {
    verdict: 'identified',
    rule: [...new Set(found.map((one) => one.rule))].join(' + '),
    estimand: builder.combine(parts.map(({ weight, found: one }) => ({ weight, of: one.estimand }))),
    open: first?.open ?? [],
    free: [...new Set(found.flatMap((one) => one.free))],
    proof: found.flatMap((one, i) =>
      several
        ? [partLine(question.parts[i] as Question['parts'][number]), ...one.proof.map((line) => ({ ...line, depth: line.depth + 1 }))]
        : one.proof,
    ),
    assumes: [...new Set(found.flatMap((one) => one.assumes))],
    refused: distinct(parts.flatMap((part) => part.refused)),
    undefined: found.some((one) => one.undefined === true),
    parts: parts.map(({ weight, query, found: one }) => ({ weight, query, found: one })),
  };
}

/** The rules in order; the first that identifies answers. Otherwise the refusal that says most. */
export function identifyQuery(
  asked: Query,
  graph: Graph | undefined,
  catalogue: Catalogue,
  options: RuleOptions = {},
): { readonly result: Identified | Refusal; readonly refused: readonly Refused[] } {
  const query = graph === undefined ? asked : withoutIdleNesting(asked, graph);
  const terms = [...query.of, ...query.given];
  if (terms.some((term) => term.position !== undefined || term.world.some((setting) => setting.position !== undefined))) {
    const why =
      'Positions (Y@2) ask about rows of one environment. They are answered from studies that tell environments apart (name the column: "environment" of the study), with a graph, or from a known model ("model": { "exchangeable": ... }).';
    return { result: { verdict: 'refused', rule: 'exchangeable', why, proof: [] }, refused: [{ rule: 'exchangeable', why }] };
  }
  const usable = graph === undefined ? rules.slice(0, 1) : rules;
  const over = graph ?? anyGraph(query, catalogue);
  const refusals: Refusal[] = [];
  for (const rule of usable) {
    const result = rule.identify(query, over, catalogue, options);
    if (result.verdict === 'identified') return { result, refused: refusals.map(short) };
    refusals.push(result);
  }
  const refused = refusals.map(short);
  if (graph === undefined) {
    const why = `${refusals[0]?.why ?? ''} Without a graph only what a study measured as asked can be answered.`;
    return { result: { verdict: 'refused', rule: 'measured', why, proof: [] }, refused };
  }
  const single = singleWorld(query, over) !== undefined;
  const telling = refusals.filter((one) => one.verdict !== 'refused' && (!single || one.rule !== 'counterfactual'));
  return { result: telling.at(-1) ?? (refusals.at(-1) as Refusal), refused };
}

/** Smallest further experiments that would turn the refusal of `query` into a yes. */
export function whatWouldHelp(
  query: Query,
  graph: Graph,
  catalogue: Catalogue,
  options: RuleOptions & { readonly attempts?: number } = {},
): Suggestions {
  return suggestExperiments((...args) => identifyQuery(...args).result, query, graph, catalogue, options);
}

/** Every question with its open values stated (not the outcome of a mean), where a question as a whole is refused but single values may be answered. */
export function stateValues(
  question: Question,
  levels: ReadonlyMap<Name, readonly Value[]>,
  limit = 256,
): readonly { readonly at: Readonly<Record<string, Value>>; readonly question: Question }[] | undefined {
  const labels = new Map<string, Name>();
  const parts: { readonly weight: number; readonly query: Query; readonly labelOf: ReadonlyMap<string, string> }[] = [];
  for (const { weight, query } of question.parts) {
    const open = new Map<string, Name>();
    const listed = query.take === 'mean' ? query.given : [...query.of, ...query.given];
    for (const term of listed) if (term.value === undefined) open.set(termKey(term), term.variable);
    const visit = ({ world }: Term): void => {
      for (const { variable, value } of world) {
        if (value === undefined) open.set(settingKey(variable), variable);
        else if (typeof value === 'object') visit(value);
      }
    };
    for (const term of [...query.of, ...query.given]) visit(term);
    // The n-th open value of a variable is the same in all parts of a combination.
    const labelOf = new Map<string, string>();
    for (const [key, name] of open) {
      let label: string = name;
      while ([...labelOf.values()].includes(label)) label += "'";
      labelOf.set(key, label);
      labels.set(label, name);
    }
    parts.push({ weight, query, labelOf });
  }
  if (labels.size === 0) return undefined;
  let rows: Value[][] = [[]];
  for (const name of labels.values()) {
    const values = levels.get(name);
    if (values === undefined || rows.length * values.length > limit) return undefined;
    rows = rows.flatMap((row) => values.map((value) => [...row, value]));
  }
  return rows.map((row) => {
    const at = Object.fromEntries([...labels.keys()].map((label, i) => [label, row[i] as Value]));
    const stated = parts.map(({ weight, query, labelOf }) => {
      const value = (key: string): Value => at[labelOf.get(key) as string] as Value;
      const set = (setting: Setting): Setting => ({
        ...setting,
        value:
          setting.value === undefined
            ? value(settingKey(setting.variable))
            : typeof setting.value === 'object'
              ? { ...setting.value, world: setting.value.world.map(set) }
              : setting.value,
      });
      const settle = (term: Term): Term => ({ ...term, world: term.world.map(set) });
      const state = (term: Term): Term => ({ ...settle(term), value: term.value ?? value(termKey(term)) });
      return { weight, query: { ...query, of: query.of.map(query.take === 'mean' ? settle : state), given: query.given.map(state) } };
    });
    return { at, question: { text: question.text, parts: stated } };
  });
}

const termKey = (term: Term): string => `term ${term.variable} ${JSON.stringify(term.world)}`;
const settingKey = (variable: Name): string => `set ${variable}`;
const short = ({ rule, why }: Refusal): Refused => ({ rule, why });
const openKey = (one: Identified): string => JSON.stringify(one.open.map(({ symbol, part }) => [symbol, part]).sort());
const distinct = (refused: readonly Refused[]): Refused[] => [...new Map(refused.map((one) => [JSON.stringify(one), one])).values()];
const partLine = ({ weight, query }: Question['parts'][number]): ProofLine => ({
  theorem: 'linear combination',
  source: 'linearity',
  depth: 0,
  says: `${weight < 0 ? '-' : '+'} ${Math.abs(weight) === 1 ? '' : `${Math.abs(weight)} * `}${printQuery(query, 'do')}:`,
});

/**
 * What is assumed without a graph: everything may cause, and be confounded with, everything; whatever is or was set comes before
 * what is asked, so that no setting can be taken to be without effect.
 */
function anyGraph(query: Query, catalogue: Catalogue): Graph {
  const terms = [...query.of, ...query.given];
  const asked = new Set(terms.map((term) => term.variable));
  const first = [
    ...terms.flatMap((term) => term.world.map((setting) => setting.variable)),
    ...catalogue.offers.flatMap((offer) => offer.regime.set),
  ].filter((name) => !asked.has(name));
  const names = [...new Set([...first, ...asked, ...catalogue.offers.flatMap((offer) => offer.measured ?? [])])];
  const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b): Edge => [a, b]));
  const made = createGraph({ variables: names.map((name) => ({ name })), arrows: pairs, arcs: pairs });
  if (!made.ok) throw new Error('a complete graph has no cycle');
  return made.value;
}
