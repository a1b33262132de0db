import type { Catalogue, Offer } from '../data/catalogue.ts';
import { createBuilder } from '../estimand/builder.ts';
import type { Because, Estimand, Place } from '../estimand/estimand.ts';
import type { Graph } from '../graph/graph.ts';
import { observed } from '../graph/kin.ts';
import type { Name } from '../graph/variable.ts';
import type { Identified, OpenAxis, ProofLine } from '../identify/rule.ts';
import { type Fraction, isZero, nearestDouble, spellFraction } from '../math/fraction.ts';
import type { Query } from '../query/terms.ts';
import { type AdditiveTarget, readTarget } from './question.ts';
import { type Candidate, weigh, whatIsMissing } from './regimes.ts';
import { type Structure, structureOf, writeBlock } from './structure.ts';
import {
  type AdditiveAssumption,
  type AdditiveColumn,
  type AdditivePlan,
  type AdditiveRefusal,
  type AdditiveRegime,
  isPlan,
} from './terms.ts';

export const paper = 'Kekić, Garrido Mejia and Schölkopf 2025';
const rule = 'additive';

/** The plan and what the rules of the identify room return. */
export interface AdditiveIdentified extends Identified {
  readonly plan: AdditivePlan;
}

/**
 * A mean under an additive outcome from the studies at hand: the target's vector in the row span of those of the regimes. Theorem 1 (all
 * actions set), proposition 1 (some set, the others watched), corollary 1 (blocks), missing regimes and regimes that set several actions
 * at once, and what a graph adds ({@link structureOf}), are all this one question.
 */
export function identifyAdditive(
  query: Query,
  assumption: AdditiveAssumption,
  graph: Graph | undefined,
  catalogue: Catalogue,
): AdditiveIdentified | AdditiveRefusal {
  const plan = additivePlan(query, assumption, graph, catalogue);
  if (!isPlan(plan)) return plan;
  const target = readTarget(query, assumption, graph);
  if (typeof target === 'string') return refuse(target);
  const open = [...target.values].flatMap(([variable, value]): OpenAxis[] =>
    value === undefined ? [{ symbol: variable, variable, part: target.set.includes(variable) ? 'set' : 'given' }] : [],
  );
  return {
    verdict: 'identified',
    rule,
    estimand: additiveEstimand(plan, query, graph),
    open,
    free: [],
    proof: additiveProof(plan),
    assumes: [assumption.text],
    plan,
  };
}

const refuse = (why: string, more: Partial<AdditiveRefusal> = {}): AdditiveRefusal => ({
  verdict: 'refused',
  rule,
  why,
  proof: [],
  ...more,
});

/** No rows are read. `refused`: the question or the studies do not fit the assumption; `not-identified`: the span does not reach the target. */
export function additivePlan(
  query: Query,
  assumption: AdditiveAssumption,
  graph: Graph | undefined,
  catalogue: Catalogue,
): AdditivePlan | AdditiveRefusal {
  const target = readTarget(query, assumption, graph);
  if (typeof target === 'string') return refuse(target);
  const structure = structureOf(assumption, target.covariates, graph);
  if ('impossible' in structure) return refuse(structure.impossible);
  const { regimes, unusable } = regimesOf(assumption, target, graph, catalogue);
  if (regimes.length === 0)
    return refuse(
      `No study can be used for '${assumption.text}': each must measure ${[assumption.outcome, ...assumption.blocks.flat(), ...target.covariates].join(', ')} and set nothing but actions. ${unusable.join(' ')}`.trim(),
    );
  const { columns, vectorOf } = columnsOf(assumption, structure, [...regimes.map(({ set }) => set), target.set]);
  const vectors = regimes.map(({ set }) => vectorOf(set));
  const vector = vectorOf(target.set);
  const weighed = weigh(vectors, vector);
  if (!weighed.found)
    return notIdentified({
      query,
      assumption,
      graph,
      catalogue,
      target,
      structure,
      regimes,
      unusable,
      columns,
      vectors,
      goal: vector,
      unseen: weighed.unseen,
    });
  return {
    assumption,
    actions: assumption.blocks.flat(),
    covariates: target.covariates,
    columns,
    regimes: regimes.map((regime, i) => ({ ...regime, vector: vectors[i] as readonly number[] })),
    target: target.set,
    vector,
    weights: weighed.least.map(nearestDouble),
    fewest: weighed.fewest.map(nearestDouble),
    spare: regimes.length - weighed.rank,
    arguments: assumption.blocks.map((_, block) => structure.argumentsOf(block, [])),
    structured: structure.structured,
    notes: [...structure.notes, ...structure.entangled.map(({ says }) => says)],
  };
}

type Usable = Omit<AdditiveRegime, 'vector'>;

/** The studies by the actions that they set, smaller sets first; and why others were left out. */
function regimesOf(
  { outcome, blocks }: AdditiveAssumption,
  { set: target, covariates }: AdditiveTarget,
  graph: Graph | undefined,
  catalogue: Catalogue,
): { readonly regimes: readonly Usable[]; readonly unusable: readonly string[] } {
  const actions = blocks.flat();
  const needed = [outcome, ...actions, ...covariates];
  const groups = new Map<string, { readonly set: readonly Name[]; readonly studies: Name[] }>();
  const unusable: string[] = [];
  const hypothetical: Offer = { regime: { set: target }, studies: [], size: 0 };
  const offers = catalogue.everything === true ? [...catalogue.offers, hypothetical] : catalogue.offers;
  for (const { regime, measured, studies } of offers) {
    const who = `Study ${studies.join(', ')}`;
    const strange = regime.set.filter((name) => !actions.includes(name));
    const seen = measured ?? (graph === undefined ? needed : observed(graph));
    const lacks = needed.filter((name) => !seen.includes(name) && !regime.set.includes(name));
    if (strange.length > 0) unusable.push(`${who} sets ${strange.join(', ')}.`);
    else if (regime.environment !== undefined) unusable.push(`${who} mixes environments (${regime.environment}).`);
    else if (lacks.length > 0) unusable.push(`${who} does not measure ${lacks.join(', ')}.`);
    else {
      const set = actions.filter((name) => regime.set.includes(name));
      const key = JSON.stringify(set);
      const group = groups.get(key) ?? { set, studies: [] };
      group.studies.push(...studies.filter((study) => !group.studies.includes(study)));
      groups.set(key, group);
    }
  }
  const place = ({ set }: Usable): string => set.map((name) => String(actions.indexOf(name)).padStart(4, '0')).join(' ');
  const regimes = [...groups.values()].sort((a, b) => a.set.length - b.set.length || (place(a) < place(b) ? -1 : 1));
  return { regimes, unusable };
}

interface Columns {
  readonly columns: readonly AdditiveColumn[];
  readonly vectorOf: (set: readonly Name[]) => number[];
}

/** The unknown functions that some of the sets bring in, by block, then by size. */
function columnsOf(assumption: AdditiveAssumption, structure: Structure, sets: readonly (readonly Name[])[]): Columns {
  const found = new Map<string, AdditiveColumn>();
  const keyOf = (block: number, set: readonly Name[]): string => JSON.stringify([block, set]);
  for (const set of sets)
    for (const block of assumption.blocks.keys()) {
      const name = structure.classOf(block, set);
      const key = keyOf(block, name);
      if (name.length > 0 && !found.has(key)) found.set(key, { block, set: name, arguments: structure.argumentsOf(block, name) });
    }
  const columns = [...found.values()].sort(
    (a, b) => a.block - b.block || a.set.length - b.set.length || (keyOf(a.block, a.set) < keyOf(b.block, b.set) ? -1 : 1),
  );
  const numbers = new Map(columns.map(({ block, set }, i) => [keyOf(block, set), i + 1]));
  return {
    columns,
    vectorOf(set) {
      const vector = [1, ...columns.map(() => 0)];
      for (const block of assumption.blocks.keys()) {
        const at = numbers.get(keyOf(block, structure.classOf(block, set)));
        if (at !== undefined) vector[at] = 1;
      }
      return vector;
    },
  };
}

interface Failed {
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

const span: Because = { theorem: 'row span of the regimes', source: `${paper}, theorem 1, generalised` };

function notIdentified(failed: Failed): AdditiveRefusal {
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
    ...entangled.map(
      ({ says: why }): ProofLine => ({ theorem: 'm-separation from the regime', source: 'Bareinboim and Pearl 2016', depth: 1, says: why }),
    ),
  ];
  const help = wouldHelp.slice(0, 3).map(writeStudies);
  const why = [
    says,
    ...entangled.slice(0, 1).map((one) => one.says),
    ...(help.length === 0 ? [] : [`It would be determined with ${help.join(', or with ')}.`]),
    ...(wouldHelpToGive.length === 0 ? [] : [`Or ask given ${wouldHelpToGive.join(' or ')}, which the studies measure.`]),
    ...unusable.slice(0, 3).map((one) => `Not used: ${one}`),
  ].join(' ');
  return { verdict: 'not-identified', rule, why, proof, wouldHelp, ...(wouldHelpToGive.length === 0 ? {} : { wouldHelpToGive }) };
}

const signed = (size: Fraction): string => `${size.above < 0n ? '' : '+'}${spellFraction(size)}`;

function writePart({ blocks }: AdditiveAssumption, { block, set }: AdditiveColumn): string {
  const own = blocks[block] as readonly Name[];
  const all = own.every((name) => set.includes(name)) && set.length === own.length;
  return all ? `${writeBlock(own)} when set` : `${writeBlock(own)} when ${set.join(', ')} ${set.length === 1 ? 'is' : 'are'} set`;
}

const writeSet = (set: readonly Name[]): string => (set.length === 0 ? 'that only watches' : `that sets ${set.join(', ')}`);
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

/** A weighted sum of the means of the regimes, each as its studies measured it at the values of the question. On the log scale it is of `log Y`. */
export function additiveEstimand(plan: AdditivePlan, query: Query, graph?: Graph): Estimand {
  const { assumption, actions, covariates, regimes, fewest } = plan;
  const builder = createBuilder();
  const outcome = assumption.log ? `log ${assumption.outcome}` : assumption.outcome;
  const target = readTarget(query, assumption, graph);
  const at: Record<Name, Place> = {};
  if (typeof target !== 'string') for (const [name, value] of target.values) if (value !== undefined) at[name] = { value };
  const because: Because = { theorem: theoremOf(plan), source: paper };
  const terms = regimes.flatMap(({ set, studies }, i) => {
    const weight = fewest[i] as number;
    const given = [...actions.filter((name) => !set.includes(name)), ...covariates];
    const leaf = builder.measured({ of: [outcome], given, regime: { set }, studies, because });
    return weight === 0 ? [] : [{ weight, of: builder.mean(outcome, builder.place(at, leaf)) }];
  });
  return builder.combine([...terms.filter(({ weight }) => weight > 0), ...terms.filter(({ weight }) => weight < 0)]);
}

function theoremOf({ assumption, regimes, target, actions, fewest, structured, notes }: AdditivePlan): string {
  const used = regimes.flatMap((regime, i) => (fewest[i] === 0 ? [] : [{ ...regime, weight: fewest[i] as number }]));
  const [only] = used;
  if (only !== undefined && used.length === 1)
    return only.set.length === target.length && only.set.every((name) => target.includes(name))
      ? 'the regime that is asked for'
      : 'a regime with the same mean';
  const parts = used.filter(({ set }) => set.length > 0);
  const whole = parts.every(
    ({ set, weight }) =>
      weight === 1 && assumption.blocks.some((block) => block.length === set.length && block.every((name) => set.includes(name))),
  );
  const shown = new Set(parts.flatMap(({ set }) => set));
  const plain = structured !== 'graph' || notes.length === 0;
  if (!plain || !whole || shown.size !== target.length || used.length !== parts.length + 1) return span.theorem;
  if (assumption.blocks.some((block) => block.length > 1)) return 'Corollary 1';
  return target.length === actions.length ? 'Theorem 1' : 'Proposition 1';
}

/** The derivation: what is assumed, what each regime shows, the weighting, and how often the answer is determined. */
export function additiveProof(plan: AdditivePlan): ProofLine[] {
  const { assumption, actions, covariates, columns, regimes, target, vector, notes, spare } = plan;
  const outcome = assumption.log ? `log ${assumption.outcome}` : assumption.outcome;
  const weighed = weigh(
    regimes.map((regime) => regime.vector),
    vector,
  );
  if (!weighed.found) throw new Error('a plan has weights');
  const given = covariates.length === 0 ? '' : `, ${covariates.join(', ')}`;
  const meanOf = (set: readonly Name[]): string => {
    const watched = actions.filter((name) => !set.includes(name));
    const inside = [...(set.length === 0 ? [] : [`do(${set.join(', ')})`]), ...(watched.length === 0 ? [] : [watched.join(', ')])].join(
      ', ',
    );
    return `E[${outcome} | ${inside}${given}]`;
  };
  const partsOf = (row: readonly number[]): string =>
    [
      'the mean with all actions watched',
      ...columns.flatMap((column, i) => (row[i + 1] === 0 ? [] : [`the part of ${writePart(assumption, column)}`])),
    ].join(' + ');
  const sum = (weights: readonly Fraction[]): string =>
    regimes
      .flatMap(({ set }, i) => {
        const weight = weights[i] as Fraction;
        return isZero(weight) ? [] : [{ weight, set }];
      })
      .sort((a, b) => (a.weight.above > 0n ? 0 : 1) - (b.weight.above > 0n ? 0 : 1))
      .map(({ weight, set }, i) => {
        const size = spellFraction({ ...weight, above: weight.above < 0n ? -weight.above : weight.above });
        const sign = weight.above < 0n ? (i === 0 ? '-' : ' - ') : i === 0 ? '' : ' + ';
        return `${sign}${size === '1' ? '' : `${size} * `}${meanOf(set)}`;
      })
      .join('');
  const lines: ProofLine[] = [
    {
      theorem: 'additive outcome',
      source: `${paper}, assumption 3 and lemma 2`,
      depth: 0,
      sets: { actions, covariates },
      says: `${outcome} is a sum of one part for each of ${assumption.blocks.map(writeBlock).join(', ')}, each with hidden causes of its own, and of noise. The mean given all actions is a sum of the parts' means, and the mean of a part depends only on how its own actions came about.`,
    },
    ...notes.map((says): ProofLine => ({ theorem: 'm-separation from the regime', source: 'Bareinboim and Pearl 2016', depth: 1, says })),
    ...regimes.map(
      ({ set, studies, vector: row }): ProofLine => ({
        theorem: 'regime as a vector',
        source: `${paper}, equation 17`,
        depth: 1,
        says: `${studies.length === 0 ? 'At hand' : studies.join(', ')}: ${meanOf(set)} = ${partsOf(row)}.`,
      }),
    ),
    { theorem: theoremOf(plan), source: paper, depth: 0, says: `${meanOf(target)} = ${partsOf(vector)} = ${sum(weighed.fewest)}.` },
  ];
  if (spare > 0) {
    const other = weighed.least.some((weight, i) => spellFraction(weight) !== spellFraction(weighed.fewest[i] as Fraction));
    lines.push({
      theorem: 'over-identification',
      source: 'least squares',
      depth: 0,
      says: `The regimes are ${spare} more than their vectors need, so that they also test the assumption.${other ? ` Of all weightings ${sum(weighed.least)} has the smallest weights; the fit chooses among them by variance.` : ''}`,
    });
  }
  return lines;
}
