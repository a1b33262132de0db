import type { Graph } from '../graph/graph.ts';
import type { Name } from '../graph/variable.ts';
import { printSetting } from './print.ts';
import type { Query, Question, Setting, Term } from './terms.ts';

export type Rung = 'seeing' | 'doing' | 'imagining';
const ladder: readonly Rung[] = ['seeing', 'doing', 'imagining'];

/**
 * Pearl's rung of a query (Causality, 2nd edition, section 1.4):
 *
 * - *seeing*: every term means the same in the factual world;
 * - *doing*: there is one world, made by setting variables to values, in which every term means the same as in its own;
 * - *imagining*: there is none, so that several worlds are compared.
 *
 * A term that is set to its own value in its own world is certain and does not count. With a graph a world matters only
 * through the variables that a term depends on (exclusion and composition, Pearl 2009, section 7.3), and the verdict is
 * exact: `P(Y[X=1]=1 | Z=0)` is doing where X does not affect Z. Without one, every setting of a world matters to its term.
 * Positions do not act on each other. The graph can lower the rung and never raises it.
 */
export function rungOf(query: Query, graph?: Graph): Rung {
  const terms = [...query.of, ...query.given].map(unfold).filter((term) => !isCertain(term));
  return graph === undefined ? rungAlone(terms) : rungWithin(terms, graph);
}

/** The highest rung among the parts of a question. */
export const rungOfQuestion = (question: Question, graph?: Graph): Rung =>
  ladder[question.parts.reduce((highest, { query }) => Math.max(highest, ladder.indexOf(rungOf(query, graph))), 0)] as Rung;

const cell = (variable: Name, position: number | undefined): string => JSON.stringify([variable, position ?? null]);

const ownSetting = ({ variable, position, world }: Term): Setting | undefined =>
  world.find((setting) => setting.variable === variable && setting.position === position);

const isCertain = (term: Term): boolean => term.value !== undefined && ownSetting(term)?.value === term.value;

/** `Y[Y=Y[w], ...]` is `Y[w]`. */
function unfold(term: Term): Term {
  const own = ownSetting(term)?.value;
  return typeof own === 'object' ? unfold({ ...term, world: own.world }) : term;
}

/**
 * Walks from every term to what it depends on. One world serves all terms just when each variable that is met is met in one
 * way: always set to the same value, or always left to itself.
 */
function rungWithin(terms: readonly Term[], { index }: Graph): Rung {
  const met = new Map<string, string>();
  const walked = new Map<readonly Setting[], Set<Name>>();
  let anySet = false;
  const parentsOf = (variable: Name): Name[] => {
    const node = index.numbers.get(variable);
    return node === undefined ? [] : (index.parents[node] ?? []).map((parent) => index.names[parent] as Name);
  };
  const toVisit = terms.map(({ variable, position, world }) => ({ variable, position, world }));
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    const { variable, position, world } = next;
    const key = cell(variable, position);
    const seen = walked.get(world) ?? new Set();
    walked.set(world, seen);
    if (seen.has(key)) continue;
    seen.add(key);
    const own = world.find((setting) => setting.variable === variable && setting.position === position);
    if (typeof own?.value === 'object') {
      toVisit.push({ variable: own.value.variable, position: own.value.position, world: own.value.world });
      continue;
    }
    const way = own === undefined ? 'natural' : printSetting(own);
    if ((met.get(key) ?? way) !== way) return 'imagining';
    met.set(key, way);
    if (own !== undefined) anySet = true;
    else for (const parent of parentsOf(variable)) toVisit.push({ variable: parent, position, world });
  }
  return anySet ? 'doing' : 'seeing';
}

function rungAlone(terms: readonly Term[]): Rung {
  const worlds = terms.map((term) => reduce(term, term.world));
  const union = new Map<string, Setting>();
  for (const setting of worlds.flat()) {
    const key = cell(setting.variable, setting.position);
    if (typeof setting.value === 'object' || (union.get(key) ?? setting).value !== setting.value) return 'imagining';
    union.set(key, setting);
  }
  if (union.size === 0) return 'seeing';
  const one = [...union.values()];
  return terms.every((term, i) => print(reduce(term, one)) === print(worlds[i] as Setting[])) ? 'doing' : 'imagining';
}

const print = (world: readonly Setting[]): string => world.map(printSetting).sort().join(', ');

/** The settings at the position of the term, without those that give a variable the value it has by itself. */
function reduce(term: Term, world: readonly Setting[]): Setting[] {
  const near = world.filter((setting) => setting.position === term.position).map(settled);
  return near.filter(
    ({ value }, i) => typeof value !== 'object' || print(reduce(value, value.world)) !== print(reduce(value, near.toSpliced(i, 1))),
  );
}

/** `M = M[M=1, ...]` is `M = 1`. */
function settled(setting: Setting): Setting {
  if (typeof setting.value !== 'object') return setting;
  const nested = unfold(setting.value);
  const own = ownSetting(nested);
  if (own === undefined) return { ...setting, value: nested };
  const { value: _, ...rest } = setting;
  return typeof own.value === 'string' ? { ...rest, value: own.value } : rest;
}
