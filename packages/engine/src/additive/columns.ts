import type { Catalogue, Offer } from '../data/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import { observed } from '../graph/kin.ts';
import type { Name } from '../graph/variable.ts';
import type { AdditiveTarget } from './question.ts';
import type { Structure } from './structure.ts';
import type { AdditiveAssumption, AdditiveColumn, AdditiveRegime } from './terms.ts';

export type Usable = Omit<AdditiveRegime, 'vector'>;

/** The studies by the actions that they set, smaller sets first; and why others were left out. */
export function regimesOf(
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

export interface Columns {
  readonly columns: readonly AdditiveColumn[];
  readonly vectorOf: (set: readonly Name[]) => number[];
}

/** The unknown functions that some of the sets bring in, by block, then by size. */
export function columnsOf(assumption: AdditiveAssumption, structure: Structure, sets: readonly (readonly Name[])[]): Columns {
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
