import type { Graph } from './graph/graph.ts';
import { observed } from './graph/kin.ts';
import { projectLatent } from './graph/projection.ts';
import type { Name } from './graph/variable.ts';
import { adjustmentSets, frontDoorSet, instruments } from './identify/adjustment.ts';
import { singleWorld } from './identify/single-world.ts';
import type { Query, Term } from './query/terms.ts';

const set = (names: readonly Name[]): string => (names.length === 0 ? '{}' : `{${names.join(', ')}}`);

/**
 * What a textbook would say about an effect: adjustment sets, front door, instruments. Only for questions about one treatment
 * and one outcome without conditions; empty for others and for graphs of more than `largest` variables.
 */
export function explainStructure(query: Query, graph: Graph, largest = 60): string[] {
  if (graph.variables.size > largest) return [];
  const base = projectLatent(graph);
  if (variablesOf([...query.of, ...query.given]).some((name) => !base.variables.has(name))) return [];
  const form = singleWorld(query, base);
  if (
    form === undefined ||
    form.settled !== undefined ||
    form.conditions.size > 0 ||
    form.treatments.size !== 1 ||
    form.outcomes.size !== 1
  )
    return [];
  const [treatment, outcome] = [[...form.treatments.keys()][0] as Name, [...form.outcomes.keys()][0] as Name];
  const says: string[] = [];
  const adjustment = adjustmentSets(graph, [treatment], [outcome], { limit: 5 });
  if (adjustment.verdict === 'none-needed') says.push(`No adjustment is needed: nothing confounds ${treatment} and ${outcome}.`);
  else if (adjustment.verdict === 'exists') {
    const [first, ...others] = adjustment.minimal;
    const more = others.length > 0 ? `; also ${others.map(set).join(', ')}${adjustment.complete ? '' : ' and more'}` : '';
    says.push(`Back-door: adjusting for ${set(first as readonly Name[])} suffices${more}.`);
  } else says.push('No set of measured variables is a valid adjustment set.');
  if (adjustment.optimal !== undefined && adjustment.optimal.length > 0)
    says.push(`The adjustment set with the least variance is ${set(adjustment.optimal)}.`);
  if (adjustment.verdict === 'none-exists') {
    const door = frontDoorSet(graph, treatment, outcome, observed(graph));
    if (door !== undefined)
      says.push(
        `Front-door: ${set(door)} carries the whole effect of ${treatment} on ${outcome}, and what hides behind both does not reach it.`,
      );
    for (const { instrument, given } of instruments(graph, treatment, outcome).slice(0, 3)) {
      says.push(
        `Instrument: ${instrument}${given.length > 0 ? ` given ${set(given)}` : ''} moves ${treatment} and reaches ${outcome} only through it; that bounds the effect, or gives it under further assumptions.`,
      );
    }
  }
  return says;
}

const variablesOf = (terms: readonly Term[]): Name[] =>
  terms.flatMap(({ variable, world }) => [
    variable,
    ...world.flatMap((setting) => [setting.variable, ...(typeof setting.value === 'object' ? variablesOf([setting.value]) : [])]),
  ]);
