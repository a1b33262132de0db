import { type Builder, createBuilder } from '../estimand/builder.ts';
import type { Because } from '../estimand/estimand.ts';
import type { Graph } from '../graph/graph.ts';
import { observed } from '../graph/kin.ts';
import { project } from '../graph/projection.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Query, Term } from '../query/terms.ts';
import { withComplements } from './complement.ts';
import { conditionalOn, joint } from './counterfactual-factors.ts';
import type { JointContext } from './gid.ts';
import { baseGraphs, contextOf } from './interventional.ts';
import { type Failure, type Outcome, type Success, settled } from './outcome.ts';
import type { Identified, Refusal, Rule, RuleOptions } from './rule.ts';
import { relevantSettings } from './single-world.ts';
import { worldsOf } from './worlds.ts';

/**
 * P(y* | x*) over several worlds (ID*, IDC* and beyond: Correa, Lee and Bareinboim 2021) from any collection of regimes. If that
 * says no, an event of a variable with known levels is replaced by one minus its complement, which gives for example the
 * effect of treatment on the treated from a trial beside observations when the treatment has two levels.
 */
export const counterfactualRule: Rule = {
  name: 'counterfactual',
  cites: 'Correa, Lee and Bareinboim 2021',
  identify(query, graph, catalogue, options = {}): Identified | Refusal {
    if (catalogue.everything !== true && catalogue.offers.length === 0)
      return { verdict: 'refused', rule: 'counterfactual', why: 'No study is at hand.', proof: [] };
    const asked = variablesOf([...query.of, ...query.given]);
    const { bases, complete } = baseGraphs(graph, catalogue, asked);
    let first: Failure | undefined;
    for (const base of bases) {
      const builder = createBuilder();
      const outcome = identifyEvents(query, contextOf(base, catalogue, options, builder), options);
      if (outcome.ok) return identified(query, outcome, builder);
      first ??= outcome;
    }
    const failed = first as Failure;
    if (complete || failed.needsValues === true) return refusal(failed, failed.needsValues === true ? 'refused' : 'not-identified');
    const generous = { offers: catalogue.offers.map(({ regime, studies, size }) => ({ regime, studies, size })) };
    const granted = identifyEvents(query, contextOf(project(graph, observed(graph)), generous, options, createBuilder()), options);
    return refusal(granted.ok ? failed : granted, granted.ok ? 'unknown' : 'not-identified');
  },
};

function identifyEvents(asked: Query, context: JointContext, options: RuleOptions): Outcome {
  const query = withoutStated(asked, context.base);
  const certain = implied(query, context, options);
  if (certain !== undefined) return certain;
  const direct = query.given.length === 0 ? joint(query.of, context) : conditionalOn(query, context);
  if (direct.ok || direct.needsValues === true) return direct;
  const levels = options.levels ?? new Map<Name, readonly Value[]>();
  const numerator = withComplements([...query.of, ...query.given], context, levels);
  if (!numerator.ok) return direct;
  if (query.given.length === 0) return numerator;
  if (query.given.some((term) => term.value === undefined)) return direct;
  const denominator = withComplements(query.given, context, levels);
  if (!denominator.ok) return direct;
  const because: Because = { theorem: 'definition of a conditional', source: 'Kolmogorov' };
  const estimand = context.builder.quotient(numerator.estimand, denominator.estimand, because);
  return {
    ok: true,
    estimand,
    proof: [...numerator.proof, ...denominator.proof],
    assumes: [...new Set([...numerator.assumes, ...denominator.assumes])],
    open: numerator.open,
  };
}

/** 1 where the condition leaves nothing open: it states the event, or every other level contradicts it in every model. */
function implied({ take, of, given }: Query, context: JointContext, { levels }: RuleOptions): Outcome | undefined {
  if (take === 'mean' || of.length > 1 || given.length === 0) return undefined;
  if (typeof worldsOf(context.base, { of, given }) === 'string' || worldsOf(context.base, { of: [], given }) === 'impossible')
    return undefined;
  const [event] = of;
  if (event === undefined) return settled(context.builder, 1, 'The condition says so.');
  const others = levels?.get(event.variable)?.filter((value) => value !== event.value) ?? [];
  const impossible = (value: Value): boolean => worldsOf(context.base, { of: [{ ...event, value }], given }) === 'impossible';
  if (event.value === undefined || others.length === 0 || !others.every(impossible)) return undefined;
  const assumes = `${event.variable} has exactly the levels ${[event.value, ...others].join(', ')}`;
  return { ...settled(context.builder, 1, 'Every other level contradicts the condition.'), assumes: [assumes] };
}

/** The query without the events that its condition states. */
function withoutStated(query: Query, base: Graph): Query {
  if (query.take === 'mean') return query;
  const key = ({ variable, value, world }: Term): string => JSON.stringify([variable, value, relevantSettings(base, variable, world)]);
  const stated = new Set(query.given.filter((term) => term.value !== undefined).map(key));
  return { ...query, of: query.of.filter((term) => !stated.has(key(term))) };
}

function identified(query: Query, outcome: Success, builder: Builder): Identified {
  const axes = builder.axesOf(outcome.estimand);
  const open = outcome.open.filter((axis) => axis.part !== 'set' || axes.includes(axis.symbol));
  let estimand = outcome.estimand;
  let left = open;
  const outcomeAxis = open.find((axis) => axis.part === 'of');
  if (query.take === 'mean' && outcomeAxis !== undefined) {
    estimand = builder.mean(outcomeAxis.symbol, estimand);
    left = open.filter((axis) => axis !== outcomeAxis);
  }
  const known = new Set(open.map((axis) => axis.symbol));
  const free = axes.filter((name) => !known.has(name));
  return {
    verdict: 'identified',
    rule: 'counterfactual',
    estimand,
    open: left,
    free,
    proof: outcome.proof,
    assumes: outcome.assumes,
    ...(outcome.undefined === true ? { undefined: true } : {}),
  };
}

function refusal(failed: Failure, verdict: Refusal['verdict']): Refusal {
  return {
    verdict,
    rule: 'counterfactual',
    why: failed.why,
    proof: failed.proof,
    ...(failed.hedges.length > 0 ? { hedges: failed.hedges } : {}),
    ...(failed.inconsistent.length > 0 ? { inconsistent: failed.inconsistent } : {}),
  };
}

function variablesOf(terms: readonly Term[]): Name[] {
  const found = new Set<Name>();
  const visit = (term: Term): void => {
    found.add(term.variable);
    for (const { variable, value } of term.world) {
      found.add(variable);
      if (typeof value === 'object') visit(value);
    }
  };
  terms.forEach(visit);
  return [...found];
}
