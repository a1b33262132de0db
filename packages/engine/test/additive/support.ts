import { parseAdditive } from '../../src/additive/assumption.ts';
import { additivePlan, identifyAdditive } from '../../src/additive/rule.ts';
import type { AdditiveAssumption, AdditivePlan, AdditiveRefusal } from '../../src/additive/terms.ts';
import type { Catalogue } from '../../src/data/catalogue.ts';
import { readGraph } from '../../src/graph/formats/read.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { compileQuestion } from '../../src/query/bind.ts';
import type { Query } from '../../src/query/terms.ts';

export function assumption(text: string): AdditiveAssumption {
  const read = parseAdditive(text);
  if (read?.ok !== true) throw new Error(JSON.stringify(read));
  return read.value;
}

export function graphFrom(text: string): Graph {
  const read = readGraph(text);
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  return read.value;
}

export function queryFrom(text: string, graph?: Graph): Query {
  const read = compileQuestion(text, { domains: new Map(), ...(graph === undefined ? {} : { graph }) });
  const [part] = read.ok ? read.value.parts : [];
  if (part === undefined) throw new Error(JSON.stringify(read));
  return part.query;
}

/** One study per do-set, named after it. */
export const catalogueOf = (sets: readonly (readonly string[])[]): Catalogue => ({
  offers: sets.map((set) => ({ regime: { set }, studies: [set.length === 0 ? 'watched' : `trial ${set.join('')}`], size: 100 })),
});

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/** E[Y | do(target), the other actions, covariates]. */
export function planOf(
  text: string,
  target: readonly string[],
  regimes: readonly (readonly string[])[],
  graph?: Graph,
  covariates: readonly string[] = [],
): AdditivePlan | AdditiveRefusal {
  const assumed = assumption(text);
  const watched = [...assumed.blocks.flat().filter((name) => !target.includes(name)), ...covariates];
  const inside = [...(target.length === 0 ? [] : [`do(${quoted(target)})`]), ...(watched.length === 0 ? [] : [quoted(watched)])];
  return additivePlan(queryFrom(`E[${assumed.outcome} | ${inside.join(', ')}]`, graph), assumed, graph, catalogueOf(regimes));
}

export const ask = (text: string, question: string, sets: readonly (readonly string[])[], graph?: Graph) =>
  identifyAdditive(queryFrom(question, graph), assumption(text), graph, catalogueOf(sets));
