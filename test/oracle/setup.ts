import { ancestorsOf, inducedSubgraph, type MixedGraph, readGraph } from './mixed-graph.ts';
import { type OracleQuestion, type OracleTerm, readQuestion, type Setting, variablesRead } from './question.ts';

export interface OracleCase {
  readonly graph: string;
  readonly query: string;
  /** Do-sets of the studies; default: observation alone. `[]` is observation. */
  readonly experiments?: readonly (readonly string[])[];
  /** Levels of a variable; 2 where absent. */
  readonly levels?: Readonly<Record<string, number>>;
}

/** One node of the model: an observed variable, a latent node of the graph, or the hidden common cause of an arc (a root). */
export interface ModelNode {
  readonly name: string;
  readonly levels: number;
  readonly parents: readonly number[];
  readonly hidden: boolean;
}

export interface Setup {
  /** In a topological order. */
  readonly nodes: readonly ModelNode[];
  readonly number: ReadonlyMap<string, number>;
  readonly regimes: readonly (readonly number[])[];
  readonly question: OracleQuestion;
  /** Every assignment of the values that the question left open; keys as in {@link axesOf}. */
  readonly assignments: readonly ReadonlyMap<string, number>[];
}

/**
 * Model nodes, regimes and open values of a case. With `prune`, everything that is no ancestor of a variable the question
 * reads is left out: the margin of the rest over ancestors is that of the smaller graph in every regime, and a model of the
 * smaller graph extends to the whole one by independent coins, so the verdict is the same.
 */
export function setUp(oracleCase: OracleCase, hiddenLevels: number, prune: boolean): Setup {
  const whole = readGraph(oracleCase.graph);
  const question = readQuestion(oracleCase.query);
  const at = (graph: MixedGraph, name: string): number => {
    const found = graph.names.indexOf(name);
    if (found < 0) throw new Error(`oracle: ${name} is not in ${oracleCase.graph}`);
    return found;
  };
  const read = [...variablesRead(question)].map((name) => at(whole, name));
  const graph = prune ? inducedSubgraph(whole, ancestorsOf(whole, read)) : whole;
  const hidden = graph.arcs.map(
    ([a, b]): ModelNode => ({ name: `${graph.names[a]}<->${graph.names[b]}`, levels: hiddenLevels, parents: [], hidden: true }),
  );
  const offset = hidden.length;
  const nodes: ModelNode[] = [
    ...hidden,
    ...graph.names.map((name, node): ModelNode => {
      const arcs = graph.arcs.flatMap(([a, b], i) => (a === node || b === node ? [i] : []));
      return {
        name,
        levels: graph.latent[node] ? hiddenLevels : (oracleCase.levels?.[name] ?? 2),
        parents: [...arcs, ...(graph.parents[node] as readonly number[]).map((parent) => parent + offset)],
        hidden: graph.latent[node] as boolean,
      };
    }),
  ];
  const number = new Map(graph.names.map((name, node) => [name, node + offset]));
  const regimes = new Map<string, number[]>();
  for (const doSet of oracleCase.experiments ?? [[]]) {
    for (const name of doSet) at(whole, name);
    const kept = doSet.filter((name) => number.has(name)).map((name) => number.get(name) as number);
    regimes.set(kept.sort((p, q) => p - q).join(), kept);
  }
  const levels = (name: string): number => oracleCase.levels?.[name] ?? 2;
  const axes = axesOf(question).filter(({ variable }) => number.has(variable));
  let assignments: Map<string, number>[] = [new Map()];
  for (const { key, variable } of axes) {
    assignments = assignments.flatMap((map) => Array.from({ length: levels(variable) }, (_, value) => new Map([...map, [key, value]])));
  }
  return { nodes, number, regimes: [...regimes.values()], question, assignments };
}

/** An open value has one axis: `X=` for the settings of X, `Y[X=1]` for a term (all equal terms share it). */
export function axesOf(question: OracleQuestion): { key: string; variable: string }[] {
  const axes = new Map<string, string>();
  const visit = (term: OracleTerm, open: boolean): void => {
    if (open && term.value === undefined) axes.set(termKey(term), term.variable);
    for (const setting of term.world) {
      if (setting.value === undefined) axes.set(`${setting.variable}=`, setting.variable);
      else if (typeof setting.value === 'object') visit(setting.value, false);
    }
  };
  for (const term of [...question.of, ...question.given]) visit(term, true);
  return [...axes].map(([key, variable]) => ({ key, variable }));
}

export function termKey(term: OracleTerm): string {
  const one = ({ variable, value }: Setting): string =>
    value === undefined ? variable : `${variable}=${typeof value === 'object' ? termKey(value) : value}`;
  return term.world.length === 0 ? term.variable : `${term.variable}[${term.world.map(one).join(',')}]`;
}
