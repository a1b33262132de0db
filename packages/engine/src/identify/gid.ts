import type { Catalogue } from '../data/catalogue.ts';
import type { Because, Estimand } from '../estimand/estimand.ts';
import { type Graph, numberOf } from '../graph/graph.ts';
import type { Assignment, Name, Value } from '../graph/variable.ts';
import { type FactorContext, identifyFactor } from './id.ts';
import { ancestorsIn, districtsIn, marksOf } from './region.ts';
import type { Hedge, ProofLine } from './rule.ts';
import { hypotheticalSource, numbersOf, type Source } from './source.ts';

export interface JointContext extends FactorContext {
  /** A graph without latent variables. */
  readonly base: Graph;
  readonly catalogue: Catalogue;
  readonly sources: readonly Source[];
  /** Every experiment is at hand. */
  readonly everything: boolean;
  readonly levels: ReadonlyMap<Name, readonly Value[]>;
}

export type JointResult =
  | { readonly ok: true; readonly estimand: Estimand; readonly proof: readonly ProofLine[] }
  | {
      readonly ok: false;
      readonly district: readonly Name[];
      readonly hedges: readonly Hedge[];
      readonly proof: readonly ProofLine[];
      readonly because: readonly string[];
    };

const source = 'Lee, Correa and Bareinboim 2019, Algorithm 1';

/**
 * P(outcomes | do(treatments)) from any collection of regimes (gID; with observation alone it is ID of Shpitser and Pearl 2006):
 * the districts of the outcomes' ancestors after the treatments are removed, each identified from the first source that can.
 * Axes: outcomes, those treatments that matter, and names whose value does not matter. `constants`: treatments that the
 * question holds at one value, so that experiments with only that arm can serve.
 */
export function identifyJoint(
  outcomes: readonly Name[],
  treatments: readonly Name[],
  context: JointContext,
  constants: ReadonlyMap<Name, Value> = new Map(),
): JointResult {
  const { base, builder } = context;
  const { index } = base;
  const named = (nodes: Iterable<number>): Name[] => [...nodes].map((node) => index.names[node] as Name);
  const proof: ProofLine[] = [];

  const removed = marksOf(index, numbersOf(base, treatments));
  const rest = removed.map((mark) => 1 - mark);
  const needed = ancestorsIn(index, numbersOf(base, outcomes), rest);
  const districts = districtsIn(index, needed);
  const ignored = treatments.filter((name) => !affects(base, name, needed));
  if (ignored.length > 0) {
    proof.push({
      theorem: 'rule 3 of do-calculus',
      source: 'Pearl 1995, Theorem 3',
      line: 'ID line 3',
      sets: { ignored },
      depth: 0,
      says: `Setting ${ignored.join(', ')} changes nothing here: no directed path leads to what is asked except through another treatment.`,
    });
  }
  const over = named(needed).filter((name) => !outcomes.includes(name));
  const because: Because = {
    theorem: 'factorisation into districts',
    source: 'Tian and Pearl 2002, Theorem 4; Shpitser and Pearl 2006, Figure 3',
    line: 'ID line 4',
    sets: { D: named(needed), sum: over },
  };
  proof.push({
    ...because,
    depth: 0,
    says: `After do(${treatments.join(', ')}) the ancestors of ${outcomes.join(', ')} are {${named(needed).join(', ')}}; districts: ${districts.map((d) => `{${named(d).join(', ')}}`).join(' ')}${over.length > 0 ? `; sum over ${over.join(', ')}` : ''}.`,
  });

  const factors: Estimand[] = [];
  for (const district of districts) {
    const names = named(district);
    const found = identifyDistrict(names, context, constants);
    if (!found.ok) return { ok: false, district: names, hedges: found.hedges, proof: [...proof, ...found.proof], because: found.because };
    factors.push(found.estimand);
    proof.push(...found.proof);
  }
  return { ok: true, estimand: builder.sum(over, builder.product(factors, because), because), proof };
}

export type DistrictResult =
  | { readonly ok: true; readonly estimand: Estimand; readonly proof: readonly ProofLine[] }
  | { readonly ok: false; readonly hedges: readonly Hedge[]; readonly proof: readonly ProofLine[]; readonly because: readonly string[] };

/** Q[district] from the first source that gives it (gID step 3). `constants`: parents of the district that are held at one value. */
export function identifyDistrict(district: readonly Name[], context: JointContext, constants: ReadonlyMap<Name, Value>): DistrictResult {
  const { base } = context;
  const parents = new Set<Name>();
  for (const name of district)
    for (const parent of base.index.parents[numberOf(base, name)] as readonly number[]) parents.add(base.index.names[parent] as Name);
  for (const name of district) parents.delete(name);

  const hedges: Hedge[] = [];
  const because: string[] = [];
  const candidates = context.everything ? [...context.sources, hypotheticalSource(base, [...parents])] : context.sources;
  for (const candidate of candidates) {
    const label = candidate.set.length === 0 ? 'observation' : `do(${candidate.set.join(', ')})`;
    const hit = candidate.set.filter((name) => district.includes(name));
    if (hit.length > 0) {
      because.push(`${label} sets ${hit.join(', ')} itself`);
      continue;
    }
    const missing = [...district, ...parents].filter((name) => !candidate.measured.has(name));
    if (missing.length > 0) {
      because.push(`${label} did not measure ${missing.join(', ')}`);
      continue;
    }
    const arm = armFor(candidate, parents, constants, context.levels);
    if (arm === 'none') {
      because.push(`${label} has no arm for every value that is needed`);
      continue;
    }
    const result = identifyFactor(district, candidate, context, arm);
    if (result.ok) {
      const open: ProofLine = {
        theorem: 'factor of a district',
        source,
        line: 'step 3',
        sets: { district },
        depth: 0,
        says: `Q[${district.join(', ')}] = P(${district.join(', ')} | do(everything else)) from ${label}:`,
      };
      return { ok: true, estimand: result.estimand, proof: [open, ...result.proof] };
    }
    hedges.push(result.hedge);
    because.push(`${label}: {${result.hedge.F.join(', ')}} and {${result.hedge.Fprime.join(', ')}} form a hedge`);
  }
  const fail: ProofLine = {
    theorem: 'hedge criterion',
    source: 'Shpitser and Pearl 2006, Theorem 4',
    line: 'ID line 5',
    sets: { district },
    depth: 0,
    says: `Q[${district.join(', ')}] cannot be had: ${because.join('; ') || 'there is no study'}.`,
  };
  return { ok: false, hedges, proof: [fail], because };
}

/**
 * The values at which to read an incomplete experiment, `undefined` for a complete one. Parents that the question leaves free
 * must take all their values among arms that agree on the rest; they are not part of the arm that is returned.
 */
function armFor(
  { arms, set }: Source,
  parents: ReadonlySet<Name>,
  constants: ReadonlyMap<Name, Value>,
  levels: ReadonlyMap<Name, readonly Value[]>,
): Assignment | undefined | 'none' {
  if (arms === undefined) return undefined;
  const varying = set.filter((name) => parents.has(name) && !constants.has(name));
  const possible = varying.reduce((product, name) => product * (levels.get(name)?.length ?? Number.POSITIVE_INFINITY), 1);
  for (const arm of arms) {
    if (set.some((name) => parents.has(name) && constants.has(name) && arm[name] !== undefined && constants.get(name) !== arm[name]))
      continue;
    const kept = set.filter((name) => arm[name] !== undefined && !varying.includes(name));
    const alike = arms.filter((other) => set.every((name) => varying.includes(name) || other[name] === arm[name]));
    const covered = new Set(alike.map((other) => JSON.stringify(varying.map((name) => other[name]))));
    if (varying.every((name) => arm[name] === undefined) || covered.size >= possible)
      return Object.fromEntries(kept.map((name) => [name, arm[name] as Value]));
  }
  return 'none';
}

function affects(base: Graph, treatment: Name, needed: readonly number[]): boolean {
  const marks = marksOf(base.index, needed);
  return (base.index.children[numberOf(base, treatment)] as readonly number[]).some((child) => marks[child] === 1);
}
