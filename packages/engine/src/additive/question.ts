import type { Graph } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import { type Stated, sameSettings, singleWorld } from '../identify/single-world.ts';
import type { Query, Setting } from '../query/terms.ts';
import { list } from './figures.ts';
import type { AdditiveAssumption } from './terms.ts';

/** A question about the mean of the outcome with every action either set or given. */
export interface AdditiveTarget {
  /** The actions that are set, in the order of the assumption. */
  readonly set: readonly Name[];
  readonly covariates: readonly Name[];
  /** Of actions and covariates, in the order of the assumption, then of the question; undefined: left open. */
  readonly values: ReadonlyMap<Name, Stated>;
}

/** The question as the rule needs it, or one sentence on what to ask instead. */
export function readTarget(query: Query, assumption: AdditiveAssumption, graph: Graph | undefined): AdditiveTarget | string {
  const { outcome, blocks, text } = assumption;
  const actions = blocks.flat();
  const [term] = query.of;
  if (term === undefined || query.of.length > 1 || term.variable !== outcome)
    return `'${text}' speaks of ${outcome} only: ask E[${outcome} | ...].`;
  if (query.take !== 'mean') return `'${text}' gives the mean of ${outcome}, not its distribution: ask E[${outcome} | ...].`;
  const terms = [...query.of, ...query.given];
  if (terms.some((one) => one.position !== undefined || one.world.some((setting) => setting.position !== undefined)))
    return `'${text}' speaks of one unit: leave the positions (@) out.`;
  const world = worldOf(query, graph);
  if (world === undefined)
    return `'${text}' answers questions about one world: write what is set inside do(...) and what was watched beside it, as in E[${outcome} | do(${actions[0]}=...), ${actions[1]}=...].`;
  const { treatments, conditions } = world;
  const values = new Map<Name, Stated>();
  for (const action of actions) {
    if (treatments.has(action) && conditions.has(action)) return `${action} is both set and given: drop one of them.`;
    if (treatments.has(action)) values.set(action, treatments.get(action));
    else if (conditions.has(action)) values.set(action, conditions.get(action));
  }
  const other = [...treatments.keys()].find((name) => !actions.includes(name));
  if (other !== undefined)
    return other === outcome
      ? `${outcome} is the outcome and cannot be set.`
      : `The question sets ${other}, which is no action of '${text}'. Name it there, or leave it out of do().`;
  if (conditions.has(outcome)) return `${outcome} is the outcome and cannot be given, too.`;
  const missing = actions.filter((action) => !values.has(action));
  if (missing.length > 0)
    return `The question does not say what ${list(missing)} ${missing.length === 1 ? 'is' : 'are'}: '${text}' gives means at values of all its actions. Set ${missing.length === 1 ? 'it' : 'them'}, do(${missing.map((name) => `${name}=...`).join(', ')}), or give the value${missing.length === 1 ? '' : 's'} that ${missing.length === 1 ? 'was' : 'were'} watched, ${missing.map((name) => `${name}=...`).join(', ')}.`;
  const covariates = [...conditions.keys()].filter((name) => !actions.includes(name));
  for (const name of covariates) values.set(name, conditions.get(name));
  return { set: actions.filter((name) => treatments.has(name)), covariates, values };
}

interface World {
  readonly treatments: ReadonlyMap<Name, Stated>;
  readonly conditions: ReadonlyMap<Name, Stated>;
}

/** With a graph, settings that cannot reach a term need not stand at it. Undefined: several worlds. */
function worldOf(query: Query, graph: Graph | undefined): World | undefined {
  const terms = [...query.of, ...query.given];
  const names = terms.flatMap((term) => [term.variable, ...term.world.map((setting) => setting.variable)]);
  if (graph !== undefined && names.every((name) => graph.variables.has(name))) {
    const twice = terms.some((term) => term.world.some((setting) => setting.variable === term.variable));
    const form = twice ? undefined : singleWorld(query, graph);
    if (form !== undefined && form.settled === undefined) return form;
  }
  const settings = (terms[0]?.world ?? []) as readonly Setting[];
  if (terms.some((term) => !sameSettings(term.world, settings)) || settings.some((setting) => typeof setting.value === 'object'))
    return undefined;
  return {
    treatments: new Map(settings.map((setting) => [setting.variable, setting.value as Value | undefined])),
    conditions: new Map(query.given.map((term) => [term.variable, term.value])),
  };
}
