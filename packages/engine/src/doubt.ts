import type { Catalogue } from './data/catalogue.ts';
import type { Graph } from './graph/graph.ts';
import { observed } from './graph/kin.ts';
import type { Name, Value } from './graph/variable.ts';
import type { RefusedQuestion } from './identification.ts';
import type { Answer } from './interpret/answer.ts';
import { gradientRank, type RankOffer } from './model/gradient-rank.ts';

/** Beyond this many observed variables the second method would take too long to run unasked. */
const most = 5;

/**
 * The rules for several worlds are complete for variables of any number of levels, not for levels that are known: there a no
 * could be a yes. So a no of theirs is put before the gradient-rank test, which knows the levels; where that finds nothing to
 * support it, it is `unknown`, and where it finds nothing to support that no experiment would help, that is not claimed.
 */
export function doubtOf(
  answer: Answer,
  found: RefusedQuestion,
  graph: Graph,
  catalogue: Catalogue,
  levels: ReadonlyMap<Name, readonly Value[]>,
): Answer {
  if (found.refusal.rule !== 'counterfactual' || found.verdict !== 'not-identified' || levels.size === 0) return answer;
  const { beyondExperiments, ...rest } = answer;
  const names = observed(graph);
  const general = {
    name: 'levels',
    level: 'ok',
    says: 'This no holds for variables of any number of levels; with the levels at hand it was not checked.',
  } as const;
  if (names.length > most || catalogue.everything === true) return { ...rest, diagnostics: [...rest.diagnostics, general] };
  const supported = (offers: readonly RankOffer[]): boolean =>
    gradientRank(graph, found.query, offers, { seed: 0, levels, limit: 2 ** 16 }).verdict === 'not-identified';
  if (!supported(catalogue.offers)) {
    const { identifiable: _identifiable, ...open } = rest;
    const why = `No rule here determines it, but with the levels at hand a numerical test finds nothing against its being determined. ${answer.why ?? ''}`;
    return { ...open, status: 'unknown', why };
  }
  if (beyondExperiments !== true) return rest;
  const every: Name[][] = [[]];
  for (const name of names) every.push(...every.map((set) => [...set, name]));
  const experiments = every.filter((set) => set.length < names.length).map((set): RankOffer => ({ regime: { set } }));
  return supported([...catalogue.offers, ...experiments]) ? { ...rest, beyondExperiments } : rest;
}
