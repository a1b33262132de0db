import type { Offer } from '../data/catalogue.ts';
import { type Builder, createBuilder } from '../estimand/builder.ts';
import type { Graph } from '../graph/graph.ts';
import { ancestors } from '../graph/kin.ts';
import type { Assignment, Name } from '../graph/variable.ts';
import type { Query } from '../query/terms.ts';
import { finish } from './finish.ts';
import type { Identified, Refusal, Rule } from './rule.ts';
import { type DoForm, singleWorld } from './single-world.ts';
import { baseGraph, sourcesOf } from './source.ts';

const because = { theorem: 'measured as asked', source: 'definition of an experiment' };

/**
 * Some study did exactly this: its do-set is that of the question, up to variables whose setting cannot matter (rule 3 of
 * do-calculus), and it measured every variable that the question names. Works without a graph, then on equal do-sets only.
 */
export const measuredRule: Rule = {
  name: 'measured',
  cites: because.source,
  identify(query, graph, catalogue, options = {}): Identified | Refusal {
    const refuse = (why: string): Refusal => ({ verdict: 'refused', rule: 'measured', why, proof: [] });
    if (catalogue.everything === true && catalogue.offers.length === 0) return refuse('No study is named.');
    const form = singleWorld(query, graph);
    if (form === undefined) return refuse('No single study can show two worlds of the same unit at once.');
    const builder = createBuilder();
    if (form.settled !== undefined)
      return finish({ rule: 'measured', query, form, builder, estimand: builder.constant(form.settled === 1 ? 1 : 0, because), proof: [] });

    const asked = [...form.outcomes.keys(), ...form.conditions.keys()];
    const wanted = matter(graph, [...form.treatments.keys()], asked);
    const base = baseGraph(graph, catalogue, [...asked, ...form.treatments.keys()]);
    for (const source of sourcesOf(base, catalogue, options.levels)) {
      if (source.set.some((name) => asked.includes(name)) || asked.some((name) => !source.measured.has(name))) continue;
      const set = matter(graph, source.set, asked);
      if (set.length !== wanted.length || set.some((name) => !wanted.includes(name))) continue;
      const arm = source.arms?.find((one) => set.every((name) => one[name] === form.treatments.get(name)));
      if (source.arms !== undefined && arm === undefined) continue;
      return answer(query, form, builder, source.set, source.offers, arm);
    }
    const setText = form.treatments.size === 0 ? 'watched' : `set ${[...form.treatments.keys()].join(', ')} and`;
    return refuse(`No study ${setText} measured ${asked.join(', ')} together.`);
  },
};

function answer(
  query: Query,
  form: DoForm,
  builder: Builder,
  set: readonly Name[],
  offers: readonly Offer[],
  arm: Assignment | undefined,
): Identified {
  const studies = offers
    .filter((offer) => arm === undefined || set.every((name) => offer.regime.fixed?.[name] === arm[name]))
    .flatMap((offer) => offer.studies);
  const [of, given] = [[...form.outcomes.keys()], [...form.conditions.keys()]];
  const regime = { set, ...(arm === undefined ? {} : { fixed: arm }) };
  const estimand = builder.measured({ of, given, regime, studies, because: { ...because, sets: { of, given, do: set } } });
  const what = set.length === 0 ? 'observed' : `set ${set.join(', ')} and measured`;
  const who =
    studies.length === 0 ? 'The distribution at hand' : studies.length === 1 ? `Study ${studies[0]}` : `Studies ${studies.join(', ')}`;
  const proof = [{ ...because, depth: 0, says: `${who} ${what} ${[...of, ...given].join(', ')}: exactly what is asked.` }];
  return finish({ rule: 'measured', query, form, builder, estimand, proof });
}

/** The set variables with a directed path to what is asked that avoids the other set variables. */
function matter(graph: Graph, set: readonly Name[], asked: readonly Name[]): Name[] {
  const above = ancestors(graph, asked, { cutInto: set });
  return set.filter((name) => above.has(name));
}
