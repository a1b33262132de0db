import type { Regime } from '../data/regime.ts';
import { districtOf, districts } from '../graph/districts.ts';
import { ancestors, inOrder, parents } from '../graph/kin.ts';
import { project } from '../graph/projection.ts';
import { cutInto, induced } from '../graph/surgery.ts';
import type { Name } from '../graph/variable.ts';
import type { Child } from './canonical.ts';
import type { Structure } from './specification.ts';

/**
 * One factor of what a study shows, Q[own | external]: a c-component of the graph of its regime, projected onto what it measured.
 * The distribution of the study is the product of its pieces (Tian 2002).
 */
export interface Piece {
  /** Measured, not set; in topological order. */
  readonly own: readonly Name[];
  /** What each of `own` is conditioned on: its Markov pillow among its predecessors (Tian 2002; Richardson et al. 2023). */
  readonly pillows: readonly (readonly Name[])[];
  /** Parents outside; `fixed`: the study holds it at this level only. */
  readonly external: readonly { readonly name: Name; readonly set: boolean; readonly fixed?: number }[];
  /** Unmeasured variables summed inside, in topological order. */
  readonly hidden: readonly Name[];
  /** Blocks of `own` and `hidden`. */
  readonly blocks: readonly number[];
  /** External parents that `own` affects: values of theirs are set, not observed. */
  readonly downstream: ReadonlySet<Name>;
}

/** The pieces of a study with this regime that measured (or set) these endogenous variables. Depends on no record. */
export function piecesOf(structure: Structure, regime: Regime, measured: readonly Name[]): Piece[] {
  const set = new Set(regime.set.filter((name) => structure.children.has(name)));
  const cut = cutInto(structure.graph, set);
  const seen = new Set(measured);
  const relevant = induced(cut, ancestors(cut, measured));
  const shown = project(
    relevant,
    structure.order.filter((name) => seen.has(name)),
  );
  const pieces: Piece[] = [];
  for (const own of districts(shown)) {
    const [first] = own as [Name, ...Name[]];
    if (set.has(first)) continue;
    const inside = new Set(own);
    const external = [...parents(shown, own)].filter((name) => !inside.has(name));
    const hidden = hiddenBehind(structure, set, seen, own);
    const all = [...own, ...hidden].map((name) => structure.children.get(name) as Child);
    const before = new Set<Name>();
    const pillows = new Map<Name, Name[]>();
    for (const name of shown.index.names) {
      before.add(name);
      if (!inside.has(name)) continue;
      const district = districtOf(shown, name, before);
      pillows.set(
        name,
        inOrder(shown, [...district, ...parents(shown, district)]).filter((other) => other !== name),
      );
    }
    const below = new Set<Name>();
    for (const name of external) {
      const above = ancestors(shown, [name]);
      if (own.some((one) => above.has(one))) below.add(name);
    }
    pieces.push({
      own,
      pillows: own.map((name) => pillows.get(name) as Name[]),
      external: external.map((name) => {
        const value = Object.hasOwn(regime.fixed ?? {}, name) ? regime.fixed?.[name] : undefined;
        return { name, set: set.has(name), ...(value !== undefined && { fixed: structure.levels.get(name)?.indexOf(value) ?? -1 }) };
      }),
      hidden,
      blocks: [...new Set(all.map(({ block }) => block))].sort((a, b) => a - b),
      downstream: below,
    });
  }
  return pieces;
}

/** Unmeasured variables that reach one of `own` through unmeasured ones. */
function hiddenBehind(structure: Structure, set: ReadonlySet<Name>, seen: ReadonlySet<Name>, own: readonly Name[]): Name[] {
  const found = new Set<Name>();
  const open = [...own];
  for (let name = open.pop(); name !== undefined; name = open.pop())
    for (const parent of structure.children.get(name)?.parents ?? []) {
      if (seen.has(parent) || set.has(parent) || found.has(parent)) continue;
      found.add(parent);
      open.push(parent);
    }
  return structure.order.filter((name) => found.has(name));
}

/** Number of terms in the cells of a piece. */
export function termsOf(structure: Structure, { own, external, hidden }: Piece): number {
  const size = (name: Name): number => structure.levels.get(name)?.length ?? 1;
  const free = external.filter(({ fixed }) => fixed === undefined).map(({ name }) => name);
  return [...own, ...hidden, ...free].reduce((product, name) => product * size(name), 1);
}
