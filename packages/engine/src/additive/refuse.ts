import type { Catalogue } from '../data/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import { observed } from '../graph/kin.ts';
import type { Name } from '../graph/variable.ts';
import type { ProofLine } from '../identify/rule.ts';
import { type Fraction, isZero, spellFraction } from '../math/fraction.ts';
import type { Query } from '../query/terms.ts';
import { columnsOf, regimesOf, type Usable } from './columns.ts';
import { list } from './figures.ts';
import type { AdditiveTarget } from './question.ts';
import { type Candidate, weigh, whatIsMissing } from './regimes.ts';
import { type Structure, structureOf } from './structure.ts';
import type { AdditiveAssumption, AdditiveColumn, AdditiveRefusal } from './terms.ts';
import { selection, span, writePart } from './words.ts';

export interface Failed {
  readonly query: Query;
  readonly assumption: AdditiveAssumption;
  readonly graph: Graph | undefined;
  readonly catalogue: Catalogue;
  readonly target: AdditiveTarget;
  readonly structure: Structure;
  readonly regimes: readonly Usable[];
  readonly unusable: readonly string[];
  readonly columns: readonly AdditiveColumn[];
  readonly vectors: readonly (readonly number[])[];
  readonly goal: readonly number[];
  readonly unseen: readonly Fraction[];
}

/** The no of a target outside the span: what no study shows, why, and what would help. */
export function notIdentified(failed: Failed): AdditiveRefusal {
  const { query, assumption, graph, catalogue, target, structure, regimes, unusable, columns, vectors, goal, unseen } = failed;
  const wouldHelp = missing(assumption, structure, regimes, target);
  const wouldHelpToGive = graph === undefined ? [] : toGive(query, assumption, graph, catalogue, target);
  const parts = columns.flatMap((column, i) => {
    const size = unseen[i + 1] as Fraction;
    return isZero(size) ? [] : [{ column, size }];
  });
  const constant = unseen[0] as Fraction;
  const entangled = structure.entangled.filter(({ block }) =>
    parts.some(({ column }) => column.block === block && !column.set.every((name) => assumption.blocks[block]?.includes(name))),
  );
  const absent = columns.filter((_, i) => goal[i + 1] !== 0 && vectors.every((vector) => vector[i + 1] === 0));
  const says =
    absent.length > 0
      ? `No study shows ${absent.map((column) => `the part of ${writePart(assumption, column)}`).join(', or ')}.`
      : `The studies do not tell apart ${[...(isZero(constant) ? [] : ['what is there when all actions are watched']), ...parts.map(({ column }) => `the part of ${writePart(assumption, column)}`)].join(' and ')}.`;
  const moved = [
    ...(isZero(constant) ? [] : [`the mean with all actions watched by ${signed(constant)}`]),
    ...parts.map(({ column, size }) => `the part of ${writePart(assumption, column)} by ${signed(size)}`),
  ];
  const proof: ProofLine[] = [
    {
      ...span,
      depth: 0,
      says: `Change ${moved.join(', ')}: the mean of every regime at hand stays as it is, and what is asked changes by 1. So no weighting of the studies gives it.`,
    },
    ...entangled.map(({ says: why }): ProofLine => ({ ...selection, depth: 1, says: why })),
  ];
  const help = wouldHelp.slice(0, 3).map(writeStudies);
  const why = [
    says,
    ...entangled.slice(0, 1).map((one) => one.says),
    ...(help.length === 0 ? [] : [`It would be determined with ${help.join(', or ')}.`]),
    ...(wouldHelpToGive.length === 0 ? [] : [`Or ask given ${wouldHelpToGive.join(' or ')}, which the studies measure.`]),
    ...unusable.slice(0, 3).map((one) => `Not used: ${one}`),
  ].join(' ');
  return {
    verdict: 'not-identified',
    rule: 'additive',
    why,
    proof,
    wouldHelp,
    ...(wouldHelpToGive.length === 0 ? {} : { wouldHelpToGive }),
  };
}

const signed = (size: Fraction): string => `${size.above < 0n ? '' : '+'}${spellFraction(size)}`;

const writeSet = (set: readonly Name[]): string => (set.length === 0 ? 'that only watches' : `that sets ${list(set)}`);
const writeStudies = (sets: readonly (readonly Name[])[]): string =>
  `a study ${sets.map((set, i) => `${i === 0 ? '' : i === sets.length - 1 ? ' and one ' : ', one '}${writeSet(set)}`).join('')}`;

/** Largest number of actions of which all sets are tried as further regimes. */
const mostActions = 7;

/** Minimal collections of further regimes: single ones, pairs, and the singles and the observation that theorem 1 asks for. */
function missing(
  assumption: AdditiveAssumption,
  structure: Structure,
  regimes: readonly Usable[],
  target: AdditiveTarget,
): (readonly (readonly Name[])[])[] {
  const actions = assumption.blocks.flat();
  const sets =
    actions.length <= mostActions
      ? subsets(actions)
      : [[], ...actions.map((name) => [name]), ...assumption.blocks, ...pairs(actions), target.set];
  const known = new Set(regimes.map(({ set }) => JSON.stringify(set)));
  const distinct = new Map(
    sets.map((set) => [JSON.stringify(actions.filter((name) => set.includes(name))), actions.filter((name) => set.includes(name))]),
  );
  const fresh = [...distinct].flatMap(([key, set]) => (known.has(key) ? [] : [set]));
  const { vectorOf } = columnsOf(assumption, structure, [...regimes.map(({ set }) => set), target.set, ...fresh]);
  const vectors = regimes.map(({ set }) => vectorOf(set));
  const goal = vectorOf(target.set);
  const candidates = fresh.map((set): Candidate => ({ set, vector: vectorOf(set) }));
  const found = whatIsMissing(vectors, goal, candidates).map((all) => all.map(({ set }) => set));

  const basic = [[] as readonly Name[], ...assumption.blocks].map((set) => actions.filter((name) => set.includes(name)));
  let kept = basic.filter((set) => !known.has(JSON.stringify(set)));
  const enough = (more: readonly (readonly Name[])[]): boolean => weigh([...vectors, ...more.map(vectorOf)], goal).found;
  if (enough(kept)) {
    for (const set of kept) {
      const without = kept.filter((other) => other !== set);
      if (enough(without)) kept = without;
    }
    if (kept.length > 2) found.push(kept);
  }
  const most = (all: readonly (readonly Name[])[]): number => Math.max(0, ...all.map((set) => set.length));
  return found.sort((a, b) => most(a) - most(b) || a.length - b.length);
}

function subsets(names: readonly Name[]): Name[][] {
  return Array.from({ length: 2 ** names.length }, (_, marks) => names.filter((__, i) => ((marks >> i) & 1) === 1));
}
const pairs = (names: readonly Name[]): Name[][] => names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]));

/** Measured variables of which one more condition would turn the no into a yes. */
function toGive(query: Query, assumption: AdditiveAssumption, graph: Graph, catalogue: Catalogue, target: AdditiveTarget): Name[] {
  const named = new Set([assumption.outcome, ...assumption.blocks.flat(), ...target.covariates]);
  const [term] = query.of;
  return observed(graph).filter((name) => {
    if (named.has(name)) return false;
    const covariates = [...target.covariates, name];
    const structure = structureOf(assumption, covariates, graph);
    if ('impossible' in structure) return false;
    const { regimes } = regimesOf(assumption, { ...target, covariates }, graph, catalogue);
    const { vectorOf } = columnsOf(assumption, structure, [...regimes.map(({ set }) => set), target.set]);
    return (
      term !== undefined &&
      weigh(
        regimes.map(({ set }) => vectorOf(set)),
        vectorOf(target.set),
      ).found
    );
  });
}
