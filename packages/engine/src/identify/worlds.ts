import { type Graph, numberOf } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Query, Term } from '../query/terms.ts';
import type { OpenAxis } from './rule.ts';
import { relevantSettings } from './single-world.ts';

/**
 * What a counterfactual variable is equal to: a constant of the question, an axis that the question leaves open, or a symbol
 * that is summed. Every counterfactual variable has its own token: M[X=0] and M[X=1] are never summed as one.
 */
export type Token = { readonly kind: 'constant'; readonly value: Value } | { readonly kind: 'open' | 'summed'; readonly symbol: Name };

/** A counterfactual variable, known by the values of its parents. Its parents are set by its world or members themselves. */
export interface Member {
  readonly variable: Name;
  readonly token: Token;
  readonly parents: ReadonlyMap<Name, { readonly token: Token; readonly member?: Member }>;
}

export interface Worlds {
  /** Events and all their counterfactual ancestors, each once, in topological order. */
  readonly members: readonly Member[];
  /** The events that are asked, then the variables nested in their worlds; none where a term's own world settles it. */
  readonly of: readonly (Member | undefined)[];
  /** One entry per condition. */
  readonly given: readonly (Member | undefined)[];
  /** The world of a condition takes values from another world. */
  readonly nestedConditions: boolean;
  /** Values that the question leaves open. The symbols of the conditions do not depend on what is asked given them. */
  readonly open: readonly OpenAxis[];
}

/** No model gives the events a positive probability (`impossible`), or values must be stated before this can be decided. */
export type WorldsResult = Worlds | 'impossible' | 'needs-values';

interface Draft {
  readonly variable: Name;
  readonly token: number;
  readonly parents: Map<Name, { token: number; draft?: Draft }>;
  same?: Draft;
}
type World = ReadonlyMap<Name, number>;

/**
 * The counterfactual ancestors of the events with their tokens, after unnesting, exclusion, and merging of variables that agree
 * on all parents. After Correa, Lee and Bareinboim 2021 (sections 3 and 4), with one token per counterfactual variable.
 */
export function worldsOf(base: Graph, query: Pick<Query, 'of' | 'given'>): WorldsResult {
  const tokens: Token[] = [];
  const bound: number[] = [];
  const copies = new Map<Name, number>();
  const constants = new Map<Value, number>();
  const add = (token: Token): number => bound.push(tokens.push(token) - 1) - 1;
  const symbol = (variable: Name): Name => {
    const copy = copies.get(variable) ?? 0;
    copies.set(variable, copy + 1);
    return variable + "'".repeat(copy);
  };
  const open: OpenAxis[] = [];
  const openTerms = new Map<Term, number>();
  const openSets = new Map<Name, number>();
  const addOpen = (variable: Name, part: OpenAxis['part']): number => {
    const axis = { symbol: symbol(variable), variable, part };
    open.push(axis);
    return add({ kind: 'open', symbol: axis.symbol });
  };
  for (const [part, terms] of [
    ['given', query.given],
    ['of', query.of],
  ] as const) {
    for (const term of terms) {
      if (term.value === undefined) openTerms.set(term, addOpen(term.variable, part));
      for (const { variable, value } of term.world)
        if (value === undefined && !openSets.has(variable)) openSets.set(variable, addOpen(variable, 'set'));
    }
  }
  const constant = (value: Value): number => {
    const known = constants.get(value) ?? add({ kind: 'constant', value });
    constants.set(value, known);
    return known;
  };
  const find = (token: number): number => {
    let root = token;
    while (bound[root] !== root) root = bound[root] as number;
    return root;
  };
  let verdict: 'impossible' | 'needs-values' | undefined;
  const unify = (a: number, b: number): void => {
    const [p, q] = [find(a), find(b)];
    if (p === q) return;
    if ((tokens[p] as Token).kind === 'summed') bound[p] = q;
    else if ((tokens[q] as Token).kind === 'summed') bound[q] = p;
    else if ((tokens[p] as Token).kind === 'constant' && (tokens[q] as Token).kind === 'constant') verdict = 'impossible';
    else verdict ??= 'needs-values';
  };

  const drafts = new Map<string, Draft>();
  const nested: Draft[] = [];
  const parentsOf = (variable: Name): Name[] =>
    (base.index.parents[numberOf(base, variable)] as readonly number[]).map((p) => base.index.names[p] as Name);
  const draftOf = (variable: Name, world: World, stated?: number): Draft => {
    const settings = relevantSettings(
      base,
      variable,
      [...world.keys()].map((name) => ({ variable: name })),
    );
    const reduced = settings.map((setting) => [setting.variable, find(world.get(setting.variable) as number)] as const);
    const key = JSON.stringify([variable, reduced.sort(([a], [b]) => (a < b ? -1 : 1))]);
    const known = drafts.get(key);
    if (known !== undefined) {
      if (stated !== undefined) unify(known.token, stated);
      return known;
    }
    const draft: Draft = { variable, token: stated ?? add({ kind: 'summed', symbol: symbol(variable) }), parents: new Map() };
    drafts.set(key, draft);
    for (const parent of parentsOf(variable)) {
      const set = world.get(parent);
      if (set !== undefined) draft.parents.set(parent, { token: set });
      else {
        const above = draftOf(parent, world);
        draft.parents.set(parent, { token: above.token, draft: above });
      }
    }
    return draft;
  };
  const worldOf = (term: Term): World => {
    const world = new Map<Name, number>();
    for (const { variable, value } of relevantSettings(base, term.variable, term.world)) {
      if (typeof value === 'string') world.set(variable, constant(value));
      else if (value === undefined) {
        const known = openSets.get(variable) ?? addOpen(variable, 'set');
        openSets.set(variable, known);
        world.set(variable, known);
      } else {
        const inner = enter(value);
        if (inner.draft !== undefined) nested.push(inner.draft);
        world.set(variable, inner.token);
      }
    }
    return world;
  };
  // The draft of one event, or only its token if its own world settles it. A nested variable has the next summed token.
  const enter = (term: Term): { readonly token: number; readonly draft?: Draft } => {
    const world = worldOf(term);
    const own = world.get(term.variable);
    const stated = term.value !== undefined ? constant(term.value) : openTerms.get(term);
    if (own !== undefined) {
      if (stated !== undefined) unify(own, stated);
      return { token: own };
    }
    const draft = draftOf(term.variable, world, stated);
    return { token: draft.token, draft };
  };

  const entered = (terms: readonly Term[]): (Draft | undefined)[] => terms.map((term) => enter(term).draft);
  const asked = entered(query.of);
  const of = [...asked, ...nested.splice(0)];
  const given = entered(query.given);
  const ordered = [...drafts.values()].sort((a, b) => numberOf(base, a.variable) - numberOf(base, b.variable));
  const seen = new Map<string, Draft>();
  for (const draft of ordered) {
    const key = JSON.stringify([draft.variable, [...draft.parents].map(([name, { token }]) => [name, find(token)])]);
    const twin = seen.get(key);
    if (twin === undefined) seen.set(key, draft);
    else {
      draft.same = twin;
      unify(draft.token, twin.token);
      // B[A=1] and B beside A = 1 are one member: as B it descends from A, although B[A=1] does not.
      for (const [name, parent] of draft.parents)
        if (parent.draft !== undefined && twin.parents.get(name)?.draft === undefined) twin.parents.set(name, parent);
    }
  }
  if (verdict !== undefined) return verdict;

  const made = new Map<Draft, Member>();
  const tokenOf = (token: number): Token => tokens[find(token)] as Token;
  const memberOf = (draft: Draft): Member => made.get(draft.same ?? draft) as Member;
  for (const draft of ordered) {
    if (draft.same !== undefined) continue;
    const parents = new Map(
      [...draft.parents].map(([name, { token, draft: above }]) => [
        name,
        { token: tokenOf(token), ...(above === undefined ? {} : { member: memberOf(above) }) },
      ]),
    );
    made.set(draft, { variable: draft.variable, token: tokenOf(draft.token), parents });
  }
  const membersOf = (list: readonly (Draft | undefined)[]): (Member | undefined)[] => list.map((draft) => draft && memberOf(draft));
  return { members: [...made.values()], of: membersOf(of), given: membersOf(given), nestedConditions: nested.length > 0, open };
}

export const tokenText = (token: Token): string => (token.kind === 'constant' ? token.value : token.symbol);
export const sameToken = (a: Token, b: Token): boolean => a.kind === b.kind && tokenText(a) === tokenText(b);
