import type { Asked } from './ask.ts';
import type { Catalogue } from './data/catalogue.ts';
import type { Graph } from './graph/graph.ts';
import { observed } from './graph/kin.ts';
import type { Name, Value } from './graph/variable.ts';
import type { Diagnostic } from './interpret/answer.ts';
import { type GradientRank, gradientRank, type RankOffer } from './model/gradient-rank.ts';
import { compileQuestion } from './query/bind.ts';
import { printQuery } from './query/print.ts';

/** Largest number of variables for which `*` (observation and every experiment) is written out. */
const most = 6;

/**
 * The gradient-rank test of a question: a second verdict that shares no code with the rules ({@link gradientRank}). One
 * diagnostic per part of a combination; none for questions that do not bind, or without a graph. `level` is `fail` where
 * the test contradicts `identified`.
 */
export function proveQuestion(problem: Omit<Asked, 'studies'>, text: string, identified: boolean, seed = 0): Diagnostic[] {
  const { graph, domains, catalogue } = problem;
  if (graph === undefined) return [];
  const compiled = compileQuestion(text, { graph, domains });
  if (!compiled.ok) return [];
  const offers = offersOf(graph, catalogue);
  const levels = new Map<Name, readonly Value[]>();
  for (const [name, domain] of domains) if (domain.kind === 'finite') levels.set(name, domain.levels);
  const { parts } = compiled.value;
  return parts.map(({ query }) => {
    const name = parts.length > 1 ? `gradient rank of ${printQuery(query, 'do')}` : 'gradient rank';
    if (offers === undefined)
      return { name, level: 'warn', says: `Not tried: there are too many experiments to write out (more than ${most} variables).` };
    return { name, ...verdict(gradientRank(graph, query, offers, { seed, levels }), identified, parts.length === 1) };
  });
}

function verdict(rank: GradientRank, identified: boolean, alone: boolean): Omit<Diagnostic, 'name'> {
  const figures = `residual ${rank.residual.toExponential(1)}, rank ${rank.rank} of ${rank.parameters} parameters, ${rank.cells} cells`;
  if (rank.verdict === 'too-large') return { level: 'warn', says: 'Not tried: the graph has too many joint states.' };
  if (rank.verdict === 'not-identified') {
    const says = `Confirmed: at two random models, models near by agree on everything measured and differ in the answer (${figures}).`;
    return { level: identified && alone ? 'fail' : 'ok', figure: rank.residual, says: identified ? says.replace('Confirmed: ', '') : says };
  }
  const agrees = identified ? 'Agrees with the rules' : 'Finds nothing against it, which is no proof';
  return {
    level: identified ? 'ok' : 'warn',
    figure: rank.residual,
    says: `${agrees}: locally, what was measured determines it (${figures}).`,
  };
}

function offersOf(graph: Graph, catalogue: Catalogue): readonly RankOffer[] | undefined {
  if (catalogue.everything !== true) return catalogue.offers;
  const names = observed(graph);
  if (names.length > most) return undefined;
  const every: Name[][] = [[]];
  for (const name of names) every.push(...every.map((set) => [...set, name]));
  return [...catalogue.offers, ...every.filter((set) => set.length < names.length).map((set) => ({ regime: { set } }))];
}
