import type { Builder } from '../estimand/builder.ts';
import type { Because, Estimand, Place } from '../estimand/estimand.ts';
import { type Graph, numberOf } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Query, Setting, Term } from '../query/terms.ts';
import { identifyDistrict, type JointContext } from './gid.ts';
import { needsValues, type Outcome, settled } from './outcome.ts';
import { districtsIn } from './region.ts';
import type { OpenAxis, ProofLine } from './rule.ts';
import { numbersOf } from './source.ts';
import { type Member, sameToken, type Token, tokenText, type Worlds, worldsOf } from './worlds.ts';

const source = 'Correa, Lee and Bareinboim 2021';
const factorisation: Because = { theorem: 'factorisation into counterfactual factors', source, line: 'Theorem 3' };
const conditional: Because = { theorem: 'ancestral components', source, line: 'Theorem 4' };

/** Another way to the probability of the events of one factor, all at constants, where the factor itself is inconsistent. */
export type Rescue = (events: readonly Term[]) => Outcome;

/** P(terms) over several worlds (Correa, Lee and Bareinboim 2021, Theorem 3). */
export function joint(terms: readonly Term[], context: JointContext, rescue?: Rescue): Outcome {
  const worlds = worldsOf(context.base, { of: terms, given: [] });
  if (worlds === 'impossible') return settled(context.builder, 0, 'The events contradict each other in every model.');
  if (worlds === 'needs-values') return needsValues;
  return factorise(worlds.members, worlds.open, context, rescue);
}

/** P(of | given) over several worlds (the same, Theorem 4). */
export function conditionalOn(query: Query, context: JointContext): Outcome {
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
function factorise(members: readonly Member[], open: readonly OpenAxis[], context: JointContext, rescue?: Rescue): Outcome {
  const { base, builder } = context;
  const names = (nodes: readonly number[]): Name[] => nodes.map((node) => base.index.names[node] as Name);
  const occurring = numbersOf(base, new Set(members.map((member) => member.variable)));
  const summed = new Set(members.flatMap(({ token }) => (token.kind === 'summed' ? [token.symbol] : [])));
  const factors: Factor[] = [];
  const assumes = new Set<string>();
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
    const { tokens, clash } = tokensOf(group);
    if (clash !== undefined) {
      const events = eventsOf(group);
      const rescued = events === undefined ? undefined : rescue?.(events);
      if (rescued?.ok === true) {
        factors.push({ estimand: rescued.estimand, tokens: new Map() });
        proof.push(...rescued.proof);
        for (const assumption of rescued.assumes) assumes.add(assumption);
        continue;
      }
      const [name, one, other] = clash;
      const says = `The factor of {${group.map(memberName).join(', ')}} needs ${name} at two values (${tokenText(one)} and ${tokenText(other)}) in the same unit at once, which no study can show.`;
      const line: ProofLine = { ...factorisation, line: 'consistency of the factor', depth: 0, says };
      return { ok: false, why: says, hedges: [], inconsistent: group.map(memberName), proof: [...proof, line] };
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
  return { ok: true, estimand: placed(factors, summed, builder), proof, assumes: [...assumes], open };
}

/** The value of every variable that the members of a factor mention, or the first variable that would need two. */
function tokensOf(group: readonly Member[]): { readonly tokens: ReadonlyMap<Name, Token>; readonly clash?: readonly [Name, Token, Token] } {
  const tokens = new Map<Name, Token>();
  for (const member of group) {
    for (const [name, token] of [
      [member.variable, member.token] as const,
      ...[...member.parents].map(([parent, { token }]) => [parent, token] as const),
    ]) {
      const known = tokens.get(name);
      if (known !== undefined && !sameToken(known, token)) return { tokens, clash: [name, known, token] };
      tokens.set(name, token);
    }
  }
  return { tokens };
}

/** The members as events in worlds that set their parents; `undefined` where a token is no constant. */
function eventsOf(group: readonly Member[]): Term[] | undefined {
  const events: Term[] = [];
  for (const { variable, token, parents } of group) {
    const world: Setting[] = [];
    for (const [parent, { token: at }] of parents) {
      if (at.kind !== 'constant') return undefined;
      world.push({ variable: parent, value: at.value });
    }
    if (token.kind !== 'constant') return undefined;
    events.push({ variable, world, value: token.value });
  }
  return events;
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
  const parents = [...member.parents].map(([name, { token }]) => (isOwn(name, token) ? name : `${name}=${tokenText(token)}`));
  return `${member.variable}${parents.length > 0 ? `[${parents.join(', ')}]` : ''}`;
};
const memberText = (member: Member): string =>
  isOwn(member.variable, member.token) ? memberName(member) : `${memberName(member)} = ${tokenText(member.token)}`;
/** Any value, under the variable's own name. */
const isOwn = (name: Name, token: Token): boolean => token.kind !== 'constant' && token.symbol === name;
