import type { Catalogue, Offer } from './data/catalogue.ts';
import { paper } from './exchangeable/lemmas.ts';
import type { ExchangeableModel, Mechanism } from './exchangeable/terms.ts';
import { accountForCells, emptyExchangeable, refuseExchangeable, type WeightedPart } from './exchangeable-account.ts';
import { cellsOf, hasPositions, isOneWorld, type Levels, namesOneOf, type Part } from './exchangeable-question.ts';
import type { Graph } from './graph/graph.ts';
import { ancestors, inOrder, observed } from './graph/kin.ts';
import { project } from './graph/projection.ts';
import type { Domain, Name, Value } from './graph/variable.ts';
import type { Answer, DerivationLine } from './interpret/answer.ts';
import type { Question } from './query/terms.ts';

export interface EnvironmentProblem {
  readonly graph?: Graph;
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly catalogue: Catalogue;
  readonly assume?: readonly string[];
}

/** How a question is answered from environments; without `found` the answer is a no. */
export interface EnvironmentPlan {
  /** Without numbers. */
  readonly answer: Answer;
  readonly found?: {
    readonly parts: readonly WeightedPart[];
    /** The graph over the variables that matter, with their levels; its numbers do not matter. */
    readonly shape: ExchangeableModel;
    /** Studies whose environments are read. */
    readonly studies: readonly Name[];
    /** Variables that matter and are real. */
    readonly real: readonly Name[];
  };
}

/** Columns that tell environments apart and are no variables of the graph. */
export const environmentColumns = ({ graph, catalogue }: Pick<EnvironmentProblem, 'graph' | 'catalogue'>): ReadonlySet<Name> =>
  new Set(catalogue.offers.flatMap(({ regime }) => regime.environment ?? []).filter((name) => graph?.variables.has(name) !== true));

/**
 * Whether a question is one about environments: rows are assumed to be exchangeable, or it names positions or an environment; and some
 * study watched several environments. Counterfactuals without positions are left to the other rules.
 */
export function asksOfEnvironments(question: Question, problem: EnvironmentProblem): boolean {
  const explicit = hasPositions(question) || namesOneOf(question, environmentColumns(problem));
  const assumed = problem.assume?.includes('exchangeable') === true;
  return (explicit || (assumed && isOneWorld(question))) && (problem.graph !== undefined || explicit) && offersOf(problem).length > 0;
}

/**
 * Watched studies with environments; where none names any, each watched study is one, if there are several. Of distributions that are only
 * said to be at hand, each watched one is taken to come with environments.
 */
function offersOf({ catalogue }: EnvironmentProblem): readonly Offer[] {
  if (catalogue.everything === true) return [{ regime: { set: [] }, studies: [], size: 0 }];
  const watched = catalogue.offers.filter(({ regime }) => regime.set.length === 0);
  const named = watched.filter(({ regime }) => regime.environment !== undefined);
  if (named.length > 0) return named;
  return watched.length > 1 || watched.every(({ studies }) => studies.length === 0) ? watched : [];
}

/** Theorem 1 over the cells of the question, from the watched records of environments; nothing is read. */
export function planEnvironments(question: Question, problem: EnvironmentProblem): EnvironmentPlan {
  const { graph: whole, domains } = problem;
  const refuse = (why: string): EnvironmentPlan => ({ answer: refuseExchangeable(question, whole, why) });
  if (whole === undefined) return refuse('Exchangeable rows need a graph: which variable is a mechanism of which others. Add "graph".');
  const offers = offersOf(problem);
  const inAll = (name: Name): boolean => offers.every(({ measured }) => measured === undefined || measured.includes(name));
  const graph = project(
    whole,
    observed(whole).filter((name) => inAll(name)),
  );
  const columns = environmentColumns(problem);
  const mentioned = levelsMentioned(question);
  const levels: Levels = new Map(
    [...graph.variables.keys()].map((name) => [name, levelsOf(graph, domains, name) ?? mentioned.get(name) ?? ['0', '1']]),
  );
  const parts: WeightedPart[] = [];
  for (const { weight, query } of question.parts) {
    const hidden = [...query.of, ...query.given, ...query.of.flatMap(({ world }) => world)].find(
      ({ variable }) => !graph.variables.has(variable) && !columns.has(variable),
    );
    if (hidden !== undefined)
      return refuse(`${hidden.variable} is not measured in ${offers.length > 1 ? 'every study' : 'the study'} with environments.`);
    const part = cellsOf(query, levels, 'records', columns);
    if (typeof part === 'string') return refuse(part);
    parts.push({ weight, take: query.take, part });
  }
  const { needed, drawn } = neededFor(
    graph,
    parts.map(({ part }) => part),
  );
  const arc = confounding(graph, needed, drawn);
  if (arc !== undefined) return refuse(hiddenCause(whole, graph, arc));
  const real = needed.filter((name) => (domains.get(name) ?? graph.variables.get(name)?.domain)?.kind === 'real');
  const shape: ExchangeableModel = {
    levels: new Map(needed.map((name) => [name, levels.get(name) as readonly Value[]])),
    mechanisms: needed.map((variable): Mechanism => {
      const parents = needed.filter((name) => graph.arrows.some(([from, to]) => from === name && to === variable));
      const rows = parents.reduce((product, name) => product * (levels.get(name)?.length as number), 1);
      const size = levels.get(variable)?.length as number;
      const even = Array.from({ length: size }, () => 1 / size);
      return { kind: 'mixture', variable, parents, weights: [1], rows: [Array.from({ length: rows }, () => even)] };
    }),
  };
  const studies = offers.flatMap((offer) => offer.studies);
  // What is set and has no effect on anything asked or seen does not matter.
  const asked = parts.map((one): WeightedPart => {
    const { query } = one.part;
    return { ...one, part: { ...one.part, query: { ...query, set: query.set.filter(({ variable }) => needed.includes(variable)) } } };
  });
  const account = accountForCells(shape, asked, studies);
  if (!account.ok) return refuse(account.issues[0]?.message ?? '');
  const own = ownLines(parts);
  const { estimand, derivation, ...rest } = account.value;
  return {
    answer: {
      ...emptyExchangeable(question, whole),
      status: 'identified',
      ...rest,
      estimand: own.length === 0 ? estimand : withEnvironment(estimand, parts),
      derivation: [...own, ...derivation],
    },
    found: { parts: asked, shape, studies, real },
  };
}

function levelsOf(graph: Graph, domains: ReadonlyMap<Name, Domain>, name: Name): readonly Value[] | undefined {
  const domain = domains.get(name) ?? graph.variables.get(name)?.domain;
  return domain?.kind === 'finite' ? domain.levels : undefined;
}

/** Levels of variables whose levels nothing tells, as far as a question names them. */
function levelsMentioned({ parts }: Question): ReadonlyMap<Name, readonly Value[]> {
  const found = new Map<Name, Set<Value>>();
  const add = (name: Name, value: unknown): void => {
    if (typeof value === 'string') found.set(name, (found.get(name) ?? new Set(['0', '1'])).add(value));
  };
  for (const { query } of parts)
    for (const { variable, value, world } of [...query.of, ...query.given]) {
      add(variable, value);
      for (const setting of world) add(setting.variable, setting.value);
    }
  return new Map([...found].map(([name, values]) => [name, [...values]]));
}

/** Variables that matter, parents first, and those of them that are drawn (not set) where they do. */
function neededFor(graph: Graph, parts: readonly Part[]): { readonly needed: readonly Name[]; readonly drawn: ReadonlySet<Name> } {
  const needed = new Set<Name>();
  const drawn = new Set<Name>();
  for (const { query } of parts) {
    const asked = [...query.target, ...query.given];
    for (const at of new Set(asked.map(({ position }) => position))) {
      const here = (cells: typeof asked): Name[] => cells.filter(({ position }) => position === at).map(({ variable }) => variable);
      const set = here([...query.set]);
      for (const name of ancestors(graph, here(asked), { cutInto: set })) {
        needed.add(name);
        if (!set.includes(name)) drawn.add(name);
      }
    }
  }
  return { needed: inOrder(graph, needed), drawn };
}

/**
 * A hidden common cause that spoils a factor P(variable | parents): one of two variables that are both drawn, or of one that is drawn and
 * a cause of it that is set.
 */
function confounding(graph: Graph, needed: readonly Name[], drawn: ReadonlySet<Name>): readonly [Name, Name] | undefined {
  const spoils = (one: Name, other: Name): boolean =>
    drawn.has(one) && needed.includes(other) && (drawn.has(other) || ancestors(graph, [one]).has(other));
  return graph.arcs.find(([a, b]) => spoils(a, b) || spoils(b, a));
}

function hiddenCause(whole: Graph, graph: Graph, [a, b]: readonly [Name, Name]): string {
  const written = whole.arcs.some(([c, d]) => (c === a && d === b) || (c === b && d === a));
  const cause = written || whole === graph ? `The graph has ${a} <-> ${b}` : `${a} and ${b} have a common cause that was not measured`;
  return `${cause}: Theorem 1 for exchangeable rows assumes that no hidden cause is shared by the mechanisms it needs. Measure the common cause and put it into the graph, remove the arc if it is not there, or leave "exchangeable" and positions out (bounds, or rows taken as independent).`;
}

const labelled = (parts: readonly WeightedPart[]): readonly string[] => [
  ...new Set(
    parts.flatMap(({ part: { environment } }) =>
      environment === undefined
        ? []
        : [environment.label === null ? `each ${environment.column}` : `${environment.column}=${environment.label}`],
    ),
  ),
];

function ownLines(parts: readonly WeightedPart[]): DerivationLine[] {
  return labelled(parts).map((where) => ({
    depth: 0,
    theorem: 'Theorem 1',
    source: paper,
    says: `The row asked about is a further one of ${where}: all rows of that environment stand as conditions beside the question. They are known in full, so they teach each mechanism by their counts alone.`,
  }));
}

/** The formula is that of a row given nothing else; the records of the environment are said beside it. */
function withEnvironment(
  { text, latex }: NonNullable<Answer['estimand']>,
  parts: readonly WeightedPart[],
): NonNullable<Answer['estimand']> {
  const places = parts.map((part) => labelled([part])[0]);
  if (new Set(places).size > 1) {
    const each = places.map((place) => (place === undefined ? 'none (a new environment)' : place));
    return {
      text: `${text}, the factors of each term given the rows of, in order: ${each.join('; ')}`,
      latex: `${latex} \\quad \\text{(the factors of each term given the rows of, in order: ${each.join('; ')})}`,
    };
  }
  const where = labelled(parts).join(', ');
  return {
    text: `${text}, each factor given the rows of ${where}`,
    latex: `${latex} \\quad \\text{(each factor given the rows of ${where})}`,
  };
}
