import type { Builder } from '../estimand/builder.ts';
import { createBuilder } from '../estimand/builder.ts';
import type { Because, Estimand, Place } from '../estimand/estimand.ts';
import { type Graph, numberOf } from '../graph/graph.ts';
import { observed } from '../graph/kin.ts';
import { project } from '../graph/projection.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Query, Term } from '../query/terms.ts';
import { identifyDistrict, type JointContext } from './gid.ts';
import { baseGraphs, contextOf } from './interventional.ts';
import { measuredRule } from './measured.ts';
import { districtsIn } from './region.ts';
import type { Hedge, Identified, OpenAxis, ProofLine, Refusal, Rule, RuleOptions } from './rule.ts';
import { relevantSettings } from './single-world.ts';
import { numbersOf } from './source.ts';
import { type Member, sameToken, type Token, tokenText, type Worlds, worldsOf } from './worlds.ts';

const source = 'Correa, Lee and Bareinboim 2021';
const factorisation: Because = { theorem: 'factorisation into counterfactual factors', source, line: 'Theorem 3' };
const conditional: Because = { theorem: 'ancestral components', source, line: 'Theorem 4' };
const complement: Because = {
  theorem: 'complement over the levels of one event',
  source: 'law of total probability',
  line: 'not part of ID*',
};

interface Failure {
  readonly ok: false;
  readonly why: string;
  readonly hedges: readonly Hedge[];
  readonly inconsistent: readonly string[];
  readonly needsValues?: boolean;
  readonly proof: readonly ProofLine[];
}
interface Success {
  readonly ok: true;
  readonly estimand: Estimand;
  readonly proof: readonly ProofLine[];
  readonly assumes: readonly string[];
  readonly open: readonly OpenAxis[];
  readonly undefined?: boolean;
}
type Outcome = Success | Failure;

/**
 * P(y* | x*) over several worlds (ID*, IDC* and beyond: Correa, Lee and Bareinboim 2021) from any collection of regimes. If that
 * says no, an event of a variable with known levels is replaced by one minus its complement, which gives for example the
 * effect of treatment on the treated from a trial beside observations when the treatment has two levels.
 */
export const counterfactualRule: Rule = {
  name: 'counterfactual',
  cites: source,
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

/** {@link complemented} with as few nested complements as possible. */
function withComplements(terms: readonly Term[], context: JointContext, levels: ReadonlyMap<Name, readonly Value[]>): Outcome {
  let outcome = joint(terms, context);
  const open = terms.filter((term) => term.value === undefined);
  if (open.length > 1 || terms.some((term) => term.world.some((setting) => setting.value === undefined))) return outcome;
  for (let depth = 1; depth <= Math.min(terms.length, 3) && !outcome.ok; depth++)
    outcome = complemented(terms, new Set(), depth, context, levels);
  return outcome;
}

/** P(terms) directly, or as P(without one event) minus the same with each other level of that event, at most `depth` times over. */
function complemented(
  terms: readonly Term[],
  done: ReadonlySet<Term>,
  depth: number,
  context: JointContext,
  levels: ReadonlyMap<Name, readonly Value[]>,
): Outcome {
  const { builder } = context;
  const measured = measuredRule.identify({ take: 'probability', of: terms, given: [] }, context.base, context.catalogue, { levels });
  if (measured.verdict === 'identified')
    return { ok: true, estimand: builder.intern(measured.estimand), proof: measured.proof, assumes: [], open: measured.open };
  const direct = joint(terms, context);
  if (direct.ok || depth === 0) return direct;
  for (const term of terms) {
    const all = levels.get(term.variable);
    if (done.has(term) || term.value === undefined || all === undefined || all.length > 4) continue;
    const rest = terms.filter((other) => other !== term);
    const whole =
      rest.length === 0 ? settled(builder, 1, 'Nothing is left to be asked.') : complemented(rest, new Set(), depth - 1, context, levels);
    if (!whole.ok) continue;
    const parts: Success[] = [];
    for (const value of all) {
      if (value === term.value) continue;
      const other = { ...term, value };
      const part = complemented([...rest, other], new Set([...done, term, other]), depth - 1, context, levels);
      if (!part.ok) break;
      parts.push(part);
    }
    if (parts.length < all.length - 1) continue;
    const estimand = builder.combine([{ weight: 1, of: whole.estimand }, ...parts.map((part) => ({ weight: -1, of: part.estimand }))]);
    const others = all.filter((value) => value !== term.value).join(', ');
    const says = `${term.variable} = ${term.value} is what is left when every other level of ${term.variable} (${others}) is taken away. This goes beyond ID*: it holds because the levels are known.`;
    const line: ProofLine = { ...complement, depth: 0, says, sets: { event: [term.variable] } };
    const assumes = `${term.variable} has exactly the levels ${all.join(', ')} (used by the complement rule)`;
    const pieces = rest.length === 0 ? parts : [whole, ...parts];
    return {
      ...whole,
      estimand,
      proof: [line, ...pieces.flatMap((piece) => piece.proof)],
      assumes: [...new Set([assumes, ...pieces.flatMap((piece) => piece.assumes)])],
      open: pieces.find((piece) => piece.open.length > 0)?.open ?? [],
    };
  }
  return direct;
}

function joint(terms: readonly Term[], context: JointContext): Outcome {
  const worlds = worldsOf(context.base, { of: terms, given: [] });
  if (worlds === 'impossible') return settled(context.builder, 0, 'The events contradict each other in every model.');
  if (worlds === 'needs-values') return needsValues;
  return factorise(worlds.members, worlds.open, context);
}

function conditionalOn(query: Query, context: JointContext): Outcome {
  const { builder } = context;
  const condition = worldsOf(context.base, { of: [], given: query.given });
  if (condition === 'impossible') return { ...settled(builder, 0, 'The condition contradicts itself in every model.'), undefined: true };
  const worlds = worldsOf(context.base, query);
  if (worlds === 'impossible') return settled(builder, 0, 'The event contradicts its condition in every model.');
  if (worlds === 'needs-values' || condition === 'needs-values') return needsValues;

  if (worlds.nestedConditions) {
    if (worlds.open.some((axis) => axis.part !== 'of')) return needsValues;
    const [whole, part] = [joint([...query.of, ...query.given], context), joint(query.given, context)];
    if (!whole.ok) return whole;
    if (!part.ok) return part;
    return { ...whole, estimand: builder.quotient(whole.estimand, part.estimand, conditional), proof: [...whole.proof, ...part.proof] };
  }
  const component = components(worlds, context.base);
  const numerator = factorise(component.members, worlds.open, context);
  if (!numerator.ok || component.given.length === 0) return numerator;
  // The same conditions alone: what the events of the question said about shared ancestors is forgotten.
  const conditions = new Set(condition.given);
  const members = new Set(component.given.flatMap((i) => [...ancestorsOf(condition.given[i] as Member, conditions)]));
  const denominator = factorise(
    condition.members.filter((member) => members.has(member)),
    worlds.open,
    context,
  );
  if (!denominator.ok) return denominator;
  const estimand = builder.quotient(numerator.estimand, denominator.estimand, conditional);
  const divide: ProofLine = { ...conditional, depth: 0, says: 'Divide by the probability of the conditions.' };
  return { ...numerator, estimand, proof: [...numerator.proof, divide, ...denominator.proof] };
}

const needsValues: Failure = {
  ok: false,
  why: 'Two worlds share a variable whose value the question leaves open: state the values.',
  hedges: [],
  inconsistent: [],
  needsValues: true,
  proof: [],
};

function settled(builder: Builder, value: 0 | 1, says: string): Success {
  const because: Because = { theorem: 'the event is settled without data', source: 'composition and effectiveness, Galles and Pearl 1998' };
  return { ok: true, estimand: builder.constant(value, because), proof: [{ ...because, depth: 0, says }], assumes: [], open: [] };
}

/** A member with its ancestors; conditions are not passed through (the edges out of them are cut). */
function ancestorsOf(member: Member, conditions: ReadonlySet<Member | undefined>): Set<Member> {
  const found = new Set([member]);
  for (const one of found)
    for (const { member: parent } of one.parents.values()) if (parent !== undefined && !conditions.has(parent)) found.add(parent);
  return found;
}

/**
 * The ancestral components that hold an event of the question (sets that share a variable, or an arc, belong together), and
 * which of the conditions lie in them.
 */
function components(worlds: Worlds, base: Graph): { readonly members: readonly Member[]; readonly given: readonly number[] } {
  const conditions = new Set(worlds.given);
  const reach = (member: Member | undefined): Member[] => (member === undefined ? [] : [...ancestorsOf(member, conditions)]);
  const inside = new Set(worlds.of.flatMap(reach));
  const variables = new Set([...inside].map((member) => member.variable));
  const tied = ({ variable }: Member): boolean =>
    variables.has(variable) ||
    (base.index.siblings[numberOf(base, variable)] as readonly number[]).some((sibling) =>
      variables.has(base.index.names[sibling] as Name),
    );
  const left = new Set(worlds.given.keys());
  for (let changed = true; changed; ) {
    changed = false;
    for (const i of left) {
      const set = reach(worlds.given[i]);
      if (!set.some(tied)) continue;
      left.delete(i);
      for (const member of set) {
        inside.add(member);
        variables.add(member.variable);
      }
      changed = true;
    }
  }
  const given = [...worlds.given.keys()].filter((i) => !left.has(i) && worlds.given[i] !== undefined);
  return { members: worlds.members.filter((member) => inside.has(member)), given };
}

/** Sum over the summed tokens of the product of one factor per district; every factor must be consistent and identified. */
function factorise(members: readonly Member[], open: readonly OpenAxis[], context: JointContext): Outcome {
  const { base, builder } = context;
  const names = (nodes: readonly number[]): Name[] => nodes.map((node) => base.index.names[node] as Name);
  const occurring = numbersOf(base, new Set(members.map((member) => member.variable)));
  const summed = new Set(members.flatMap(({ token }) => (token.kind === 'summed' ? [token.symbol] : [])));
  const factors: Factor[] = [];
  const proof: ProofLine[] = [
    {
      ...factorisation,
      depth: 0,
      sets: { members: members.map(memberText) },
      says: `Counterfactual variables: ${members.map(memberText).join(', ')}${summed.size > 0 ? `; sum over ${[...summed].join(', ')}` : ''}.`,
    },
  ];
  for (const district of districtsIn(base.index, occurring).map(names)) {
    const group = members.filter((member) => district.includes(member.variable));
    const tokens = new Map<Name, Token>();
    for (const member of group) {
      for (const [name, token] of [
        [member.variable, member.token] as const,
        ...[...member.parents].map(([parent, { token }]) => [parent, token] as const),
      ]) {
        const known = tokens.get(name);
        if (known !== undefined && !sameToken(known, token)) {
          const says = `The factor of {${group.map(memberName).join(', ')}} needs ${name} at two values (${tokenText(known)} and ${tokenText(token)}) in the same unit at once, which no study can show.`;
          return {
            ok: false,
            why: says,
            hedges: [],
            inconsistent: group.map(memberName),
            proof: [...proof, { ...factorisation, line: 'consistency of the factor', depth: 0, says }],
          };
        }
        tokens.set(name, token);
      }
    }
    const constants = new Map(
      [...tokens].flatMap(([name, token]): [Name, Value][] => (token.kind === 'constant' ? [[name, token.value]] : [])),
    );
    const result = identifyDistrict(district, context, constants);
    if (!result.ok) {
      const why = `The factor P(${district.join(', ')} | do(everything else)) that the question needs is not determined by what was measured: ${result.because.join('; ')}.`;
      return { ok: false, why, hedges: result.hedges, inconsistent: [], proof: [...proof, ...result.proof] };
    }
    factors.push({ estimand: result.estimand, tokens });
    proof.push(...result.proof);
  }
  return { ok: true, estimand: placed(factors, summed, builder), proof, assumes: [], open };
}

/**
 * Puts the tokens in. Where no variable has two different ones, that is done once around the whole (so that factors over the
 * variables' own names can still be simplified together), else factor by factor.
 */
function placed(factors: readonly Factor[], summed: ReadonlySet<Name>, builder: Builder): Estimand {
  const all = new Map<Name, Token>();
  let clash = false;
  for (const { tokens } of factors) {
    for (const [name, token] of tokens) {
      const known = all.get(name);
      if (known !== undefined && !sameToken(known, token)) clash = true;
      all.set(name, token);
    }
  }
  const at = (tokens: ReadonlyMap<Name, Token>): Record<Name, Place> =>
    Object.fromEntries(
      [...tokens].map(([name, token]) => [name, token.kind === 'constant' ? { value: token.value } : { symbol: token.symbol }]),
    );
  if (clash) {
    const each = factors.map(({ estimand, tokens }) => builder.place(at(tokens), estimand));
    return builder.sum([...summed], builder.product(each, factorisation), factorisation);
  }
  const over = [...all].filter(([, token]) => token.kind === 'summed').map(([name]) => name);
  const product = builder.product(
    factors.map(({ estimand }) => estimand),
    factorisation,
  );
  return builder.place(at(new Map([...all].filter(([name]) => !over.includes(name)))), builder.sum(over, product, factorisation));
}

interface Factor {
  readonly estimand: Estimand;
  readonly tokens: ReadonlyMap<Name, Token>;
}

const memberName = (member: Member): string => {
  const parents = [...member.parents].map(([name, { token }]) => `${name}=${tokenText(token)}`);
  return `${member.variable}${parents.length > 0 ? `[${parents.join(', ')}]` : ''}`;
};
const memberText = (member: Member): string => `${memberName(member)} = ${tokenText(member.token)}`;

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
