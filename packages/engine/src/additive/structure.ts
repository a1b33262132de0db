import { assemble, type Edge, type Graph } from '../graph/graph.ts';
import { ancestors, descendants, parents } from '../graph/kin.ts';
import { separated } from '../graph/separation.ts';
import type { Name, Variable } from '../graph/variable.ts';
import { arcLatent } from '../model/mechanism.ts';
import { openPath } from './path.ts';
import type { AdditiveAssumption, AdditivePlan } from './terms.ts';
import { writeBlock } from './words.ts';

/**
 * What setting actions does to the parts of the sum. The part of block b has the mean E[f_b(a_b, C_b) | A = a; do(T)], which is the same for
 * two sets T under which C_b has the same law given all actions.
 */
export interface Structure {
  readonly structured: AdditivePlan['structured'];
  /** One name for all sets under which the part has the same mean: a smallest such set; empty: as if all actions were watched. */
  classOf(block: number, set: readonly Name[]): readonly Name[];
  /** The actions that the mean of the part may depend on under do(set). */
  argumentsOf(block: number, set: readonly Name[]): readonly Name[];
  /** For every part whose mean changes with an action outside its block: a sentence that names the path. Empty where the assumption is that of the paper. */
  readonly entangled: readonly { readonly block: number; readonly action: Name; readonly says: string }[];
  readonly notes: readonly string[];
}

/** The assumption cannot hold in the graph, or not for this question. */
export interface Impossible {
  readonly impossible: string;
}

const list = (names: readonly Name[]): string =>
  names.length < 2 ? `${names[0] ?? ''}` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/**
 * Without a graph: the hidden causes of the parts are independent and each reaches the actions of its own block only (assumption 3), so that
 * the part of b under do(T) depends on T within b (lemmas 1 and 2).
 *
 * With one: every parent of the outcome that is neither action nor covariate is hidden, or as good as hidden. It belongs to the blocks of the
 * actions that it moves (or, where it moves none, that tell whether they were set by it) and of those that move it. The hidden causes C_b
 * have the same law given all actions and covariates with action k set and watched if they are m-separated from a regime node I_k -> A_k by
 * these, in the graph without the edges into what is already set.
 * Setting more removes edges, so that each set has one largest set with the same law: its class. The reading of a selection diagram as
 * in Bareinboim and Pearl 2016.
 */
export function structureOf(assumption: AdditiveAssumption, covariates: readonly Name[], graph: Graph | undefined): Structure | Impossible {
  return graph === undefined ? withoutGraph(assumption) : withGraph(assumption, covariates, graph);
}

function withoutGraph({ blocks, ordered }: AdditiveAssumption): Structure {
  const actions = blocks.flat();
  return {
    structured: ordered ? 'order' : 'none',
    classOf: (block, set) => (blocks[block] as readonly Name[]).filter((name) => set.includes(name)),
    argumentsOf(block, set) {
      const own = blocks[block] as readonly Name[];
      if (own.every((name) => set.includes(name))) return own;
      return ordered ? blocks.slice(0, block + 1).flat() : actions;
    },
    entangled: [],
    notes: [],
  };
}

function withGraph(assumption: AdditiveAssumption, covariates: readonly Name[], graph: Graph): Structure | Impossible {
  const { outcome, blocks } = assumption;
  const actions = blocks.flat();
  const wrong = contradiction(assumption, covariates, graph);
  if (wrong !== undefined) return { impossible: wrong };

  const { graph: whole, arcs, regimeOf } = withRegimes(graph, actions);
  const given = [...actions, ...covariates];
  const blockOf = new Map(blocks.flatMap((block, i) => block.map((name): [Name, number] => [name, i])));
  const causes = [...parents(whole, [outcome])].filter((name) => !given.includes(name));
  const hidden: Name[][] = blocks.map(() => []);
  const notes: string[] = [];
  for (const cause of causes) {
    const movers = actions.filter((name) => ancestors(whole, [cause], { cutInto: given }).has(name));
    const moved = actions.filter((name) => ancestors(whole, [name], { cutInto: given.filter((other) => other !== name) }).has(cause));
    const tellers = moved.length > 0 ? moved : actions.filter((name) => !separated(whole, [cause], [regimeOf(name)], given));
    const owners = [...new Set([...movers, ...tellers].map((name) => blockOf.get(name) as number))];
    for (const owner of owners) hidden[owner]?.push(cause);
    if (new Set(movers.map((name) => blockOf.get(name))).size > 1)
      notes.push(
        `${cause} carries the effects of ${list(movers)} on to ${outcome}: the sum is one of what arrives, by way of ${cause} too.`,
      );
  }

  const same = (block: number, set: readonly Name[], action: Name): boolean =>
    (hidden[block] as Name[]).length === 0 || separated(whole, hidden[block] as Name[], [regimeOf(action)], given, { cutInto: set });
  const closures = new Map<string, readonly Name[]>();
  const closure = (block: number, set: readonly Name[]): readonly Name[] => {
    const key = JSON.stringify([block, actions.filter((name) => set.includes(name))]);
    const known = closures.get(key);
    if (known !== undefined) return known;
    const members = new Set(set);
    for (let grew = true; grew; ) {
      grew = false;
      for (const action of actions) {
        if (members.has(action) || !same(block, [...members], action)) continue;
        members.add(action);
        grew = true;
      }
    }
    const found = actions.filter((name) => members.has(name));
    closures.set(key, found);
    return found;
  };
  const classOf: Structure['classOf'] = (block, set) => {
    const own = blocks[block] as readonly Name[];
    const largest = closure(block, set);
    let kept = largest;
    for (const action of [...largest.filter((name) => !own.includes(name)), ...own]) {
      const without = kept.filter((name) => name !== action);
      if (closure(block, without).length === largest.length) kept = without;
    }
    return kept;
  };
  const argumentsOf: Structure['argumentsOf'] = (block, set) => {
    const own = blocks[block] as readonly Name[];
    const behind = hidden[block] as Name[];
    if (behind.length === 0) return own;
    const cut = closure(block, set);
    return actions.filter(
      (name) =>
        own.includes(name) ||
        !separated(
          whole,
          behind,
          [name],
          given.filter((other) => other !== name),
          { cutInto: cut },
        ),
    );
  };

  for (const [i, block] of blocks.entries()) {
    const free = block.filter((name) => closure(i, []).includes(name));
    if (free.length > 0)
      notes.push(
        `In the graph, watching ${list(free)} shows of ${free.length === 1 ? 'its' : 'their'} part what setting does: nothing hidden behind ${outcome} depends on it, given ${list(given)}.`,
      );
  }
  const entangled: { readonly block: number; readonly action: Name; readonly says: string }[] = [];
  for (const [block, own] of blocks.entries())
    for (const action of actions) {
      if (own.includes(action) || same(block, [], action)) continue;
      const path = openPath(whole, regimeOf(action), hidden[block] as Name[], given);
      const along = path === undefined ? '' : `, along ${writePath([...path.slice(1), { step: ' -> ', to: outcome }], arcs)}`;
      entangled.push({
        block,
        action,
        says: `What is hidden behind ${writeBlock(own)} and ${outcome} depends on whether ${action} was set, also when all actions${covariates.length > 0 ? ` and ${list(covariates)}` : ''} are given${along}: the part of ${writeBlock(own)} is not the same with ${action} set and with ${action} watched.`,
      });
    }
  return { structured: 'graph', classOf, argumentsOf, entangled, notes };
}

/** Why the assumption, or the question about it, contradicts the graph. */
function contradiction(
  { outcome, blocks, ordered, text }: AdditiveAssumption,
  covariates: readonly Name[],
  graph: Graph,
): string | undefined {
  const actions = blocks.flat();
  const stranger = [outcome, ...actions, ...covariates].find((name) => !graph.variables.has(name));
  if (stranger !== undefined) return `${stranger} is not in the graph: add it with its arrows.`;
  const latent = [outcome, ...actions, ...covariates].find((name) => graph.variables.get(name)?.latent === true);
  if (latent !== undefined) return `${latent} is latent in the graph: it can be neither set nor given.`;
  const above = ancestors(graph, [outcome]);
  const below = descendants(graph, [outcome]);
  const turned = actions.find((name) => below.has(name));
  if (turned !== undefined)
    return `In the graph ${outcome} is a cause of ${turned}; an action comes before the outcome. Turn the arrows round, or leave ${turned} out of '${text}'.`;
  for (const name of covariates) {
    const mover = actions.find((action) => ancestors(graph, [name]).has(action));
    if (mover !== undefined)
      return `In the graph ${mover} changes ${name}; a condition must be settled before the actions. Leave out ${name}, or name it among the actions.`;
    if (below.has(name))
      return `In the graph ${name} comes after ${outcome}; a condition must be settled before the actions. Leave out ${name}.`;
  }
  if (above.size === 1) return `In the graph nothing is a cause of ${outcome}.`;
  if (ordered)
    for (const [i, block] of blocks.entries())
      for (const earlier of blocks.slice(0, i).flat()) {
        const later = block.find((name) => ancestors(graph, [earlier]).has(name));
        if (later !== undefined)
          return `'${text}' puts ${earlier} before ${later}, but in the graph ${later} is a cause of ${earlier}. With a graph the order need not be written: separate the actions with ','.`;
      }
  return undefined;
}

interface WithRegimes {
  readonly graph: Graph;
  /** The hidden causes that stand for arcs. */
  readonly arcs: ReadonlySet<Name>;
  readonly regimeOf: (action: Name) => Name;
}

/** Arcs as hidden causes, and for every action a node that tells how its value came about. */
function withRegimes(graph: Graph, actions: readonly Name[]): WithRegimes {
  const variables = new Map<Name, Variable>(graph.variables);
  const arrows: Edge[] = [...graph.arrows];
  const arcs = new Set<Name>();
  const fresh = (name: Name): Name => {
    let free = name;
    while (variables.has(free)) free += ' ';
    variables.set(free, { name: free, latent: true });
    return free;
  };
  for (const [a, b] of graph.arcs) {
    const name = fresh(arcLatent(a, b));
    arcs.add(name);
    arrows.push([name, a], [name, b]);
  }
  const regimes = new Map(actions.map((action) => [action, fresh(`regime of ${action}`)]));
  for (const [action, regime] of regimes) arrows.push([regime, action]);
  return { graph: assemble(variables, arrows, []), arcs, regimeOf: (action) => regimes.get(action) as Name };
}

/** `A2 <-> A1 <-> Y`: a hidden cause that stands for an arc is written as one. */
function writePath(path: readonly { readonly step: string; readonly to: Name }[], arcs: ReadonlySet<Name>): string {
  let text = '';
  let bridge = false;
  for (const [i, { step, to }] of path.entries()) {
    if (arcs.has(to)) {
      bridge = true;
      continue;
    }
    text += `${i === 0 ? '' : bridge ? ' <-> ' : step}${to}`;
    bridge = false;
  }
  return text;
}
