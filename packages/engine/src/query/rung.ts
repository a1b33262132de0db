import type { Graph } from '../graph/graph.ts';
import type { Name } from '../graph/variable.ts';
import { printSetting } from './print.ts';
import type { Query, Question, Setting, Term } from './terms.ts';

export type Rung = 'seeing' | 'doing' | 'imagining';
const ladder: readonly Rung[] = ['seeing', 'doing', 'imagining'];

/**
 * Pearl's rung of a query (Causality, 2nd edition, section 1.4): does one world hold all its terms, and is anything set there?
 *
 * First each world is reduced to the settings that matter for its term (exclusion and composition, Pearl 2009, section 7.3):
 * a setting stays if it reaches the term's variable along arrows that avoid the other settings (without a graph: always), and
 * if it is at the position of the term (positions do not act on each other); `M = M[w]` goes if M would have that value anyway.
 * A term that is set to its own value in its own world is certain and is dropped. Then
 *
 * - *seeing*: no setting is left;
 * - *doing*: the settings that are left make one world in which every term means the same as in its own;
 * - *imagining*: they do not, so that several worlds are compared.
 *
 * The graph can lower the rung and never raises it: `P(Y[X=1]=1 | Z=0)` is doing where X does not affect Z.
 */
export function rungOf(query: Query, graph?: Graph): Rung {
  const terms = [...query.of, ...query.given].filter((term) => !isCertain(term));
  const worlds = terms.map((term) => reduce(term, term.world, graph));
  const union = new Map<string, Setting>();
  for (const setting of worlds.flat()) {
    if (typeof setting.value === 'object') return 'imagining';
    const key = cell(setting.variable, setting.position);
    const before = union.get(key);
    if (before !== undefined && before.value !== setting.value) return 'imagining';
    union.set(key, setting);
  }
  if (union.size === 0) return 'seeing';
  const one = [...union.values()];
  const fits = terms.every((term, i) => print(reduce(term, one, graph)) === print(worlds[i] as Setting[]));
  return fits ? 'doing' : 'imagining';
}

/** The highest rung among the parts of a question. */
export const rungOfQuestion = (question: Question, graph?: Graph): Rung =>
  ladder[Math.max(0, ...question.parts.map(({ query }) => ladder.indexOf(rungOf(query, graph))))] as Rung;

const cell = (variable: Name, position: number | undefined): string => JSON.stringify([variable, position ?? null]);
const print = (world: readonly Setting[]): string => world.map(printSetting).sort().join(', ');

const isCertain = ({ variable, position, value, world }: Term): boolean =>
  value !== undefined && world.some((setting) => setting.variable === variable && setting.position === position && setting.value === value);

function reduce(term: Term, world: readonly Setting[], graph: Graph | undefined): Setting[] {
  const near = world.filter((setting) => setting.position === term.position);
  const composed = near.filter((setting) => !isNatural(setting, near, graph));
  const relevant = graph === undefined ? undefined : reaching(term.variable, new Set(composed.map(({ variable }) => variable)), graph);
  return relevant === undefined ? composed : composed.filter(({ variable }) => relevant.has(variable));
}

/** `M = M[w]` in a world that gives M the same value by itself. */
function isNatural(setting: Setting, world: readonly Setting[], graph: Graph | undefined): boolean {
  if (typeof setting.value !== 'object') return false;
  const rest = world.filter((other) => other !== setting);
  const nested = setting.value;
  return print(reduce(nested, nested.world, graph)) === print(reduce(nested, rest, graph));
}

/** The set variables from which an arrow path that avoids the others leads to `target` (itself, if set). */
function reaching(target: Name, set: ReadonlySet<Name>, { index }: Graph): Set<Name> {
  const found = new Set<Name>();
  const start = index.numbers.get(target);
  const stack = start === undefined ? [] : [start];
  const seen = new Set(stack);
  while (stack.length > 0) {
    const node = stack.pop() as number;
    const name = index.names[node] as Name;
    if (set.has(name)) {
      found.add(name);
      continue;
    }
    for (const parent of index.parents[node] as readonly number[]) {
      if (!seen.has(parent)) {
        seen.add(parent);
        stack.push(parent);
      }
    }
  }
  return found;
}
