import type { Catalogue } from '../data/catalogue.ts';
import { type Builder, createBuilder } from '../estimand/builder.ts';
import type { Estimand } from '../estimand/estimand.ts';
import { leavesOf } from '../estimand/fold.ts';
import type { Graph } from '../graph/graph.ts';
import { inOrder, observed, parents } from '../graph/kin.ts';
import { project, projectLatent } from '../graph/projection.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Query } from '../query/terms.ts';
import { finish } from './finish.ts';
import type { JointContext } from './gid.ts';
import { type ConditionalParts, identifyConditional } from './idc.ts';
import type { Hedge, Identified, ProofLine, Refusal, Rule, RuleOptions } from './rule.ts';
import { type DoForm, singleWorld } from './single-world.ts';
import { baseGraph, measuredSomewhere, sourcesOf, studiesIn } from './source.ts';

const because = { theorem: 'the event is settled without data', source: 'composition and effectiveness, Galles and Pearl 1998' };

/** ID and IDC: P(y | do(x), z) from observation alone. Complete for its task (Huang and Valtorta 2006; Shpitser and Pearl 2006). */
export const idRule: Rule = {
  name: 'id',
  cites: 'Shpitser and Pearl 2006',
  identify: (query, graph, catalogue, options = {}) => {
    const offers = catalogue.offers.filter((offer) => offer.regime.set.length === 0);
    return identifyWith(
      'id',
      query,
      graph,
      catalogue.everything === true && offers.length === 0 ? { offers: [{ regime: { set: [] }, studies: [], size: 0 }] } : { offers },
      options,
    );
  },
};

/** gID: P(y | do(x), z) from any collection of regimes. Complete where every regime measured everything (Lee, Correa and Bareinboim 2019). */
export const gidRule: Rule = {
  name: 'gid',
  cites: 'Lee, Correa and Bareinboim 2019',
  identify: (query, graph, catalogue, options = {}) => {
    if (catalogue.everything !== true && catalogue.offers.every((offer) => offer.regime.set.length === 0)) {
      return { verdict: 'refused', rule: 'gid', why: 'No experiment is at hand.', proof: [] };
    }
    return identifyWith('gid', query, graph, catalogue, options);
  },
};

/** Everything that identification over one base graph needs. */
export function contextOf(base: Graph, catalogue: Catalogue, options: RuleOptions, builder: Builder): JointContext {
  const sources = sourcesOf(base, catalogue, options.levels);
  return {
    base,
    catalogue,
    sources,
    everything: catalogue.everything === true,
    levels: options.levels ?? new Map<Name, readonly Value[]>(),
    builder,
    pillows: options.pillows ?? true,
    studiesFor: studiesIn(sources),
  };
}

/**
 * The base graphs to try, each without latent variables: what all studies together measured, then what single studies
 * measured. With studies over different variables this is sound but not complete. `asked` is kept in all of them.
 */
export function baseGraphs(
  graph: Graph,
  catalogue: Catalogue,
  asked: readonly Name[],
): { readonly bases: readonly Graph[]; readonly complete: boolean } {
  const whole = baseGraph(graph, catalogue, asked);
  if (catalogue.everything === true) return { bases: [whole], complete: true };
  const sets = new Map<string, Name[]>();
  for (const offer of catalogue.offers) {
    const names = [...measuredSomewhere(graph, { offers: [offer] })].filter((name) => whole.variables.has(name));
    sets.set(JSON.stringify([...names].sort()), names);
  }
  const partial = [...sets.values()].filter((names) => names.length < whole.variables.size);
  const narrower =
    sets.size > 1 ? partial.filter((names) => asked.every((name) => names.includes(name))).map((names) => project(whole, names)) : [];
  return { bases: [whole, ...narrower], complete: sets.size <= 1 };
}

function identifyWith(rule: string, query: Query, graph: Graph, catalogue: Catalogue, options: RuleOptions): Identified | Refusal {
  if (catalogue.everything !== true && catalogue.offers.length === 0)
    return { verdict: 'refused', rule, why: rule === 'id' ? 'No observational study is at hand.' : 'No study is at hand.', proof: [] };
  const form = singleWorld(query, projectLatent(graph));
  if (form === undefined)
    return {
      verdict: 'refused',
      rule,
      why: 'The question compares different worlds of the same unit, which do-calculus does not cover.',
      proof: [],
    };
  const name = rule === 'id' && form.conditions.size > 0 ? 'idc' : rule;
  if (form.settled !== undefined) {
    const builder = createBuilder();
    const says =
      form.settled === 1 ? 'What is asked is set or given already.' : 'The question contradicts itself: one variable at two values.';
    return finish({
      rule: name,
      query,
      form,
      builder,
      estimand: builder.constant(form.settled === 1 ? 1 : 0, because),
      proof: [{ ...because, depth: 0, says }],
    });
  }
  const asked = [...form.outcomes.keys(), ...form.conditions.keys(), ...form.treatments.keys()];
  const { bases, complete } = baseGraphs(graph, catalogue, asked);
  const constants = new Map([...form.treatments, ...form.conditions].filter((entry): entry is [Name, Value] => entry[1] !== undefined));
  const parts = { outcomes: [...form.outcomes.keys()], treatments: [...form.treatments.keys()], conditions: [...form.conditions.keys()] };

  let first: Extract<ReturnType<typeof identifyConditional>, { ok: false }> | undefined;
  for (const base of bases) {
    const builder = createBuilder();
    const result = identifyConditional(parts, contextOf(base, catalogue, options, builder), constants);
    if (result.ok) {
      const small = withFewerVariables(
        { base, builder, estimand: result.estimand, proof: result.proof },
        parts,
        catalogue,
        options,
        constants,
      );
      return finish({ rule: name, query, form, ...small });
    }
    first ??= result;
  }
  const failed = first as NonNullable<typeof first>;
  if (complete) return refusal(name, 'not-identified', form, failed);

  // Studies over different variables: it is a certain no only if it stays one when every study is granted all variables.
  const generous: Catalogue = { offers: catalogue.offers.map(({ regime, studies, size }) => ({ regime, studies, size })) };
  const base = project(graph, observed(graph));
  const granted = identifyConditional(parts, contextOf(base, generous, options, createBuilder()), constants);
  if (!granted.ok) return refusal(name, 'not-identified', form, granted);
  const missing = [...base.variables.keys()].filter((variable) =>
    catalogue.offers.some((offer) => offer.measured !== undefined && !offer.measured.includes(variable)),
  );
  return {
    ...refusal(name, 'unknown', form, failed),
    why: `The studies measured different variables and this combination could not be used; it would be identified if every study had measured ${missing.join(', ')}.`,
  };
}

interface Found {
  readonly base: Graph;
  readonly builder: Builder;
  readonly estimand: Estimand;
  readonly proof: readonly ProofLine[];
}

/** Beyond this many variables an estimand is left as it is. */
const mostPruned = 40;

/**
 * The same question with as few variables as a greedy search finds: a variable that is not asked about is forgotten (projected
 * out) if the question stays identified without it. The formula gets shorter and needs fewer conditions to have been seen.
 * Parents of the outcomes are tried last, because they explain most of the outcome.
 */
function withFewerVariables(
  found: Found,
  parts: ConditionalParts,
  catalogue: Catalogue,
  options: RuleOptions,
  constants: ReadonlyMap<Name, Value>,
): Found {
  const asked = new Set([...parts.outcomes, ...parts.conditions, ...parts.treatments]);
  const used = (estimand: Estimand): Set<Name> =>
    new Set(leavesOf(estimand).flatMap((leaf) => [...leaf.of, ...leaf.given, ...leaf.regime.set]));
  const start = used(found.estimand);
  const above = parents(found.base, parts.outcomes);
  const candidates = inOrder(
    found.base,
    [...start].filter((name) => !asked.has(name)),
  );
  if (start.size > mostPruned) return found;
  // One projection of the whole graph; every further one is small.
  const core = project(
    found.base,
    [...found.base.variables.keys()].filter((name) => start.has(name) || asked.has(name)),
  );
  let best: Found = { ...found, base: core };
  for (const name of [...candidates.filter((one) => !above.has(one)), ...candidates.filter((one) => above.has(one))]) {
    if (!used(best.estimand).has(name)) continue;
    const base = project(
      best.base,
      [...best.base.variables.keys()].filter((other) => other !== name),
    );
    const builder = createBuilder();
    const result = identifyConditional(parts, contextOf(base, catalogue, options, builder), constants);
    if (!result.ok || used(result.estimand).size >= used(best.estimand).size) continue;
    const line: ProofLine = {
      theorem: 'latent projection',
      source: 'Verma and Pearl 1990',
      sets: { forgotten: [name] },
      depth: 0,
      says: `${name} is not needed: the question stays identified when it is forgotten.`,
    };
    const forgotten = best.proof.filter(({ theorem }) => theorem === line.theorem);
    best = { base, builder, estimand: result.estimand, proof: [...forgotten, line, ...result.proof] };
  }
  return best;
}

function refusal(
  rule: string,
  verdict: Refusal['verdict'],
  form: DoForm,
  failed: {
    readonly district: readonly Name[];
    readonly hedges: readonly Hedge[];
    readonly proof: readonly ProofLine[];
    readonly because: readonly string[];
  },
): Refusal {
  const outcome = [...form.outcomes.keys()].join(', ');
  const treatment = [...form.treatments.keys()].join(', ');
  const [hedge] = failed.hedges;
  const core =
    hedge === undefined
      ? failed.because.join('; ')
      : `hidden common causes tie ${hedge.F.filter((name) => !hedge.Fprime.includes(name)).join(', ')} to ${hedge.Fprime.join(', ')}`;
  const why = `The effect of ${treatment || 'the conditions'} on ${outcome} is not determined by what was measured: ${core}.`;
  return { verdict, rule, why, proof: failed.proof, ...(failed.hedges.length > 0 ? { hedges: failed.hedges } : {}) };
}
