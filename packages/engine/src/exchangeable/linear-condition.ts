import type { Name } from '../graph/variable.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { featuresAt } from './linear-design.ts';
import { neededFor, type ParentsOf } from './linear-effect.ts';
import { learnRecord } from './linear-fit.ts';
import type { Known, LinearMechanism, MixedMechanism, MixedMechanisms, RowMechanism } from './linear-terms.ts';

/** What is known of one row of an environment: cells seen, and cells set (which say nothing of their own mechanism). */
export interface KnownRow {
  readonly position: number;
  readonly seen: Known;
  readonly set: Known;
}

export interface Learned {
  readonly mechanisms: MixedMechanisms;
  /** By row: the variables whose mechanisms it taught. */
  readonly taught: readonly { readonly position: number; readonly variables: readonly Name[] }[];
}

/**
 * Mechanisms after rows of the environment were seen: each factor of the unrolled row is one record of its mechanism (Bayes' rule,
 * conjugate). Mechanisms that are not given learn nothing. A cell that is not known ties the factors of itself and its children together; where such a tie holds a mechanism that
 * `needed` names, nothing exact is said: issue `partly-seen`.
 */
export function learnRows(
  mechanisms: MixedMechanisms,
  parentsOf: ParentsOf,
  rows: readonly KnownRow[],
  needed: ReadonlySet<Name>,
): Result<Learned> {
  const now = new Map(mechanisms);
  const taught: { position: number; variables: Name[] }[] = [];
  for (const { position, seen, set } of rows) {
    const known = new Map([...seen, ...set]);
    const tied = tiesOf(parentsOf, seen, set);
    const harmed = [...tied.keys()].filter((name) => needed.has(name));
    const broken = harmed.find((name) => seen.has(name)) ?? harmed[0];
    if (broken !== undefined) {
      const missing = tied.get(broken) as readonly Name[];
      return failure({
        code: 'partly-seen',
        message: `Row ${position} teaches the mechanism of ${broken} only through ${missing.join(', ')}, of which the row says nothing.`,
        hint: `Give ${missing.map((name) => `${name}@${position}`).join(', ')} too, or leave out what depends on ${missing.length > 1 ? 'them' : 'it'}.`,
      });
    }
    const variables: Name[] = [];
    for (const name of seen.keys()) {
      const mechanism = now.get(name);
      if (mechanism === undefined || set.has(name) || tied.has(name)) continue;
      now.set(name, learn(mechanism, known));
      variables.push(name);
    }
    taught.push({ position, variables });
  }
  return success({ mechanisms: now, taught });
}

/** Mechanisms whose factors share unknown cells in one row, each with the unknown cells that it is tied by. */
export function tiesOf(parentsOf: ParentsOf, seen: Known, set: Known): Map<Name, readonly Name[]> {
  const known: Known = new Map([...seen, ...set]);
  // Unknown cells that no seen cell descends from sum to one.
  const causes = new Set([...seen.keys()].filter((name) => !set.has(name)).flatMap(parentsOf));
  const relevant = neededFor(parentsOf, causes, known);
  const factors = [...new Set([...relevant, ...[...seen.keys()].filter((name) => !set.has(name))])];
  const groups = new Map<Name, Name[]>();
  for (const name of factors) {
    const cells = [name, ...parentsOf(name)].filter((cell) => relevant.has(cell));
    const joined = new Set(cells.flatMap((cell) => [cell, ...(groups.get(cell) ?? [])]));
    const list = [...joined];
    for (const cell of list) groups.set(cell, list);
  }
  return new Map(
    factors.flatMap((name) => {
      const cell = [name, ...parentsOf(name)].find((one) => relevant.has(one));
      return cell === undefined ? [] : [[name, groups.get(cell) ?? [cell]] as const];
    }),
  );
}

function learn(mechanism: MixedMechanism, known: Known): MixedMechanism {
  return mechanism.kind === 'linear' ? learnLinear(mechanism, known) : learnLevel(mechanism, known);
}

function learnLinear(mechanism: LinearMechanism, known: Known): LinearMechanism {
  const { design, variable, noise } = mechanism;
  const configuration = design.finite.reduce((at, { name, levels }) => at * levels.length + (known.get(name) as number), 0);
  // Parents as no record has them: their coefficient is not among the features, so the row cannot teach the others.
  if (design.unseen.includes(configuration)) return mechanism;
  const features = featuresAt(
    design,
    configuration,
    design.real.map((name) => known.get(name) as number),
  );
  return { ...mechanism, ...learnRecord(mechanism, features, known.get(variable) as number, noise) };
}

function learnLevel(mechanism: RowMechanism, known: Known): RowMechanism {
  const { parents, sizes, rows, variable } = mechanism;
  const at = parents.reduce((row, name, i) => row * (sizes[i] as number) + (known.get(name) as number), 0);
  const level = known.get(variable) as number;
  return { ...mechanism, rows: rows.map((row, r) => (r === at ? row.map((one, l) => (l === level ? one + 1 : one)) : row)) };
}
