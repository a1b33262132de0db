import type { ProofLine } from '../identify/rule.ts';
import { writeName } from '../query/lex.ts';
import { type Result, success } from '../run/issue.ts';
import { componentsOf, factorsOf, isOpen } from './components.ts';
import type { CellQuery, ExchangeableModel, ValuedCell } from './terms.ts';
import { type Layout, type Place, role, type Unrolled, unrollQuery } from './unrolled.ts';

export const paper = 'Guo et al. 2024, Do Finetti: On Causal Effects for Exchangeable Data';

/** What one factor (a row of a Dirichlet table, or a whole mechanism with dependent rows) was learned from. */
export interface Lesson {
  /** `P(Y | X=1)`, `P(Y | X)`. */
  readonly mechanism: string;
  /** Positions whose draw from it is known. */
  readonly seen: readonly number[];
  /** Positions that tell of it without showing its draw: a parent, or the cell itself, is not known there. */
  readonly inPart: readonly number[];
  /** Positions with conditions that say nothing of it because its variable was set there. */
  readonly wasSet: readonly number[];
  /** In words. */
  readonly says: string;
}

/** Why an answer at positions is what it is. */
export interface PositionsAccount {
  /** Positions that the answer depends on. */
  readonly matter: readonly number[];
  /** Positions named in the question that it does not depend on. */
  readonly doNotMatter: readonly number[];
  readonly lessons: readonly Lesson[];
  /** The named simplifications that apply, in the order of use. */
  readonly simplifications: readonly ProofLine[];
  /** The whole derivation: simplifications, Theorem 1 over the positions left, what taught which mechanism. */
  readonly proof: readonly ProofLine[];
}

/** Accounts for P(target | given; do(set)): which positions matter and why, and what they teach. Issues: those of {@link unrollQuery}. */
export function accountForPositions(model: ExchangeableModel, query: CellQuery): Result<PositionsAccount> {
  const unrolled = unrollQuery(model, query);
  if (!unrolled.ok) return unrolled;
  const { layout, places, unused } = unrolled.value;
  const relevant = new Set(componentsOf(unrolled.value).flatMap(({ factors, hasTarget }) => (hasTarget ? [...factors] : [])));
  const touches = (place: Place, i: number): boolean => factorsOf(layout, place, i).some((factor) => relevant.has(factor));
  const targets = new Set(query.target.map(({ position }) => position));
  const kept = places.filter((place) => targets.has(place.position) || layout.names.some((_, i) => touches(place, i)));
  const idle = places.filter((place) => !kept.includes(place));
  const lessons = lessonsOf(model, unrolled.value, relevant);
  const simplifications = [...untouched(query, unused), ...separated(layout, idle), ...named(layout, query, kept)];
  const proof = [...simplifications, ...factorisation(layout, query, kept, relevant), ...lessonLines(lessons)];
  return success({
    matter: kept.map(({ position }) => position),
    doNotMatter: [...unused, ...idle.map(({ position }) => position)].sort((a, b) => a - b),
    lessons,
    simplifications,
    proof,
  });
}

const cellText = (variable: string, position: number): string => `${writeName(variable)}@${position}`;
const spell = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
function positionsText(positions: readonly number[]): string {
  const runs: string[] = [];
  for (let k = 0; k < positions.length; k++) {
    const start = positions[k] as number;
    let end = start;
    while (positions[k + 1] === end + 1) end = positions[++k] as number;
    if (end - start > 1) runs.push(`${start} to ${end}`);
    else runs.push(...(end === start ? [`${start}`] : [`${start}`, `${end}`]));
  }
  return `position${positions.length > 1 ? 's' : ''} ${runs.join(', ')}`;
}
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const verb = (positions: readonly number[]): string => (positions.length > 1 ? 'do' : 'does');

function untouched({ set }: CellQuery, unused: readonly number[]): ProofLine[] {
  if (unused.length === 0) return [];
  const cells = set.filter(({ position }) => unused.includes(position)).map(({ variable, position }) => cellText(variable, position));
  const shown = cells.length > 6 ? `${cells.slice(0, 6).join(', ')}, ...` : cells.join(', ');
  return [
    {
      theorem: 'Lemma 2',
      source: paper,
      depth: 0,
      sets: { cells },
      says: `${capital(positionsText(unused))} ${verb(unused)} not matter: Lemma 2. Nothing is asked or known there but what was set (${shown}).`,
    },
  ];
}

function separated(layout: Layout, idle: readonly Place[]): ProofLine[] {
  const groups = new Map<string, number[]>();
  for (const place of idle) {
    const taught = layout.names.filter((_, i) => place.roles[i] !== role.absent && place.roles[i] !== role.set);
    const group = groups.get(taught.join('\n')) ?? [];
    groups.set(taught.join('\n'), [...group, place.position]);
  }
  return [...groups].map(([taught, positions]): ProofLine => {
    const names = taught === '' ? [] : taught.split('\n');
    const why =
      names.length === 0
        ? 'all that is known there was set, and a set cell tells nothing of its mechanism'
        : `what is known there tells only of the ${names.length > 1 ? 'mechanisms' : 'mechanism'} of ${spell(names.map((name) => writeName(name)))}, and of no part of ${names.length > 1 ? 'them' : 'it'} that the answer depends on`;
    return {
      theorem: 'Independent causal mechanisms',
      source: `${paper}, Definition 2 and Theorem 1`,
      depth: 0,
      says: `${capital(positionsText(positions))} ${verb(positions)} not matter: ${why}.`,
    };
  });
}

/** Corollary 1, Lemma 1 and Lemma 3 where the question has their form. */
function named(layout: Layout, query: CellQuery, kept: readonly Place[]): ProofLine[] {
  const lines: ProofLine[] = [];
  const line = (theorem: string, says: string): void => {
    lines.push({ theorem, source: paper, depth: 0, says });
  };
  const [first] = kept;
  if (first === undefined) return lines;
  const at = (place: Place, as: number): number[] => layout.names.flatMap((_, i) => (place.roles[i] === as ? [i] : []));
  const targets = kept.filter((place) => at(place, role.target).length > 0);
  const [asked] = targets;
  const others = kept.filter((place) => place !== asked);
  if (kept.length === 1)
    line('Corollary 1', `Only ${positionsText([first.position])} matters, and the answer is the same at every position.`);
  else if (
    asked !== undefined &&
    targets.length === 1 &&
    at(asked, role.set).length > 0 &&
    at(asked, role.given).length === 0 &&
    others.every((place) => at(place, role.given).length === layout.names.length)
  )
    line(
      'Lemma 1',
      `${capital(positionsText(others.map(({ position }) => position)))} ${others.length > 1 ? 'are' : 'is'} fully seen, so the answer is a product of one factor for each mechanism at position ${asked.position}, each given that mechanism's draws at the other positions.`,
    );
  const set = at(first, role.set);
  if (set.length > 0 && lemmaThreeHolds(layout, set) && query.given.length === 0 && kept.length === targets.length) {
    if (kept.every((place) => at(place, role.set).join() === set.join())) {
      const parents = parentsOutside(layout, set);
      const list = (indices: readonly number[]): string =>
        spell(kept.flatMap(({ position }) => indices.map((i) => cellText(layout.names[i] as string, position))).slice(0, 8));
      line(
        'Lemma 3',
        parents.length === 0
          ? `${spell(set.map((i) => writeName(layout.names[i] as string)))} ${set.length > 1 ? 'have' : 'has'} no other causes and ${set.length > 1 ? 'are' : 'is'} set at every position that matters, so setting is the same as seeing, jointly over these positions.`
          : `The same variables are set at every position that matters: the answer is the sum, over ${list(parents)}, of P(targets | set cells, these) P(these), both jointly over positions.`,
      );
    }
  }
  return lines;
}

export function parentsOutside({ parents }: Layout, set: readonly number[]): number[] {
  return [...new Set(set.flatMap((i) => parents[i] as readonly number[]))].filter((i) => !set.includes(i)).sort((a, b) => a - b);
}

/**
 * Whether adjusting for the parents of the set variables is right: none of these parents is an effect of a set variable (with X1 -> Z -> X2
 * and X1, X2 both set, P(z) is not P(z | do(x1))). Lemma 3 as printed does not say so.
 */
export function lemmaThreeHolds(layout: Layout, set: readonly number[]): boolean {
  const effects = new Set(set);
  for (let i = 0; i < layout.names.length; i++) if (layout.parents[i]?.some((parent) => effects.has(parent))) effects.add(i);
  return parentsOutside(layout, set).every((i) => !effects.has(i));
}

/** Theorem 1 over the positions left. */
function factorisation(
  layout: Layout,
  { target, given, set }: CellQuery,
  kept: readonly Place[],
  relevant: ReadonlySet<number>,
): ProofLine[] {
  const factors: string[] = [];
  const summed: string[] = [];
  for (const [i, name] of layout.names.entries()) {
    const own = kept.filter((place) => factorsOf(layout, place, i).some((factor) => relevant.has(factor)));
    for (const place of kept) if (place.roles[i] === role.free) summed.push(cellText(name, place.position));
    if (own.length === 0) continue;
    const list = (variable: string): string => shorten(own.map(({ position }) => cellText(variable, position)));
    const parents = (layout.parents[i] as readonly number[]).map((parent) => list(layout.names[parent] as string));
    factors.push(`P(${list(name)}${parents.length === 0 ? '' : ` | ${parents.join(', ')}`})`);
  }
  const asked = shorten(target.map(({ variable, position }) => cellText(variable, position)));
  const done = set.filter(({ position }) => kept.some((place) => place.position === position));
  const values = (cells: readonly ValuedCell[]): string => shorten(cells.map(({ variable, position }) => cellText(variable, position)));
  const lines: ProofLine[] = [
    {
      theorem: 'Theorem 1',
      source: paper,
      depth: 0,
      says: `${done.length === 0 ? 'Without interventions' : `With ${values(done)} set`}, the joint density is a product over mechanisms, each factor joint over the positions where its variable was not set: ${factors.length === 0 ? '1' : factors.join(' ')}.`,
    },
  ];
  if (summed.length > 0) lines.push({ theorem: 'Marginalisation', source: paper, depth: 1, says: `Sum over ${shorten(summed)}.` });
  if (given.length > 0)
    lines.push({ theorem: 'Conditional probability', source: paper, depth: 1, says: `Divide by the same, summed over ${asked} too.` });
  return lines;
}

const shorten = (items: readonly string[]): string =>
  items.length > 12 ? `${items.slice(0, 10).join(', ')}, ..., ${items.at(-1)}` : items.join(', ');

function lessonsOf(model: ExchangeableModel, { layout, places }: Unrolled, relevant: ReadonlySet<number>): Lesson[] {
  const { names, mechanisms } = layout;
  const ordered = [...relevant].sort((a, b) => (a % names.length) - (b % names.length) || a - b);
  return ordered.map((factor): Lesson => {
    const i = factor % names.length;
    const parents = layout.parents[i] as readonly number[];
    const [seen, inPart, wasSet]: [number[], number[], number[]] = [[], [], []];
    for (const place of places) {
      const informs = place.roles.includes(role.given);
      if (!informs) continue;
      if (place.roles[i] === role.set) wasSet.push(place.position);
      else if (factorsOf(layout, place, i).includes(factor)) {
        if (place.roles[i] === role.given && parents.every((parent) => !isOpen(place, parent))) seen.push(place.position);
        else if (place.roles[i] !== role.target || parents.some((parent) => isOpen(place, parent)) || hasGivenEffect(layout, place, i))
          inPart.push(place.position);
      }
    }
    const own = parents.map((parent) => names[parent] as string);
    const mechanism =
      mechanisms[i]?.kind === 'dirichlet' && own.length > 0
        ? `P(${writeName(names[i] as string)} | ${rowText(model, layout, i, Math.floor(factor / names.length))})`
        : `P(${writeName(names[i] as string)}${own.length === 0 ? '' : ` | ${own.map((name) => writeName(name)).join(', ')}`})`;
    return { mechanism, seen, inPart, wasSet, says: lessonText(mechanism, writeName(names[i] as string), seen, inPart, wasSet) };
  });
}

/** Whether a condition at this position is an effect of cell i. */
function hasGivenEffect(layout: Layout, { roles }: Place, i: number): boolean {
  const reached = new Set([i]);
  for (let child = i + 1; child < roles.length; child++)
    if (roles[child] !== role.set && layout.parents[child]?.some((parent) => reached.has(parent))) {
      if (roles[child] === role.given) return true;
      reached.add(child);
    }
  return false;
}

function rowText(model: ExchangeableModel, layout: Layout, i: number, row: number): string {
  const parts: string[] = [];
  let rest = row;
  for (const parent of [...(layout.parents[i] as readonly number[])].reverse()) {
    const name = layout.names[parent] as string;
    const levels = model.levels.get(name) ?? [];
    parts.unshift(`${writeName(name)}=${levels[rest % levels.length]}`);
    rest = Math.floor(rest / levels.length);
  }
  return parts.join(', ');
}

function lessonText(
  mechanism: string,
  variable: string,
  seen: readonly number[],
  inPart: readonly number[],
  wasSet: readonly number[],
): string {
  const from = [
    ...(seen.length === 0 ? [] : [`from ${positionsText(seen)}`]),
    ...(inPart.length === 0 ? [] : [`in part from ${positionsText(inPart)}, where not all of it is known`]),
  ];
  const learned = from.length === 0 ? `${mechanism}: no position teaches it` : `${mechanism} is learned ${from.join(', and ')}`;
  const cells = wasSet.map((position) => `${variable}@${position}`);
  const out =
    wasSet.length === 0 ? '' : `; ${positionsText(wasSet)} left out because ${shorten(cells)} ${wasSet.length > 1 ? 'were' : 'was'} set`;
  return `${learned}${out}.`;
}

/** One line for each lesson, and one for all mechanisms that nothing teaches. */
function lessonLines(lessons: readonly Lesson[]): ProofLine[] {
  const because = { theorem: 'Independent causal mechanisms', source: `${paper}, Definitions 2 and 3`, depth: 1 };
  const [taught, prior]: [Lesson[], Lesson[]] = [[], []];
  for (const lesson of lessons) (lesson.seen.length + lesson.inPart.length > 0 || lesson.wasSet.length > 0 ? taught : prior).push(lesson);
  const lines = taught.map(({ says }): ProofLine => ({ ...because, says }));
  if (prior.length > 0)
    lines.push({ ...because, says: `No position teaches ${shorten(prior.map(({ mechanism }) => mechanism))}: the prior alone counts.` });
  return lines;
}
