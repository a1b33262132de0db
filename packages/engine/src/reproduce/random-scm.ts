import type { Name } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';

/** An exogenous variable with its ground-truth chances. */
export interface Cause {
  readonly name: Name;
  /** Endogenous variables that read it, in topological order. */
  readonly children: readonly Name[];
  readonly chances: Float64Array;
}

/** A structural equation of a Boolean variable: `outputs` is its value, row-major over the states of `causes`, then the values of `parents`. */
export interface Equation {
  readonly variable: Name;
  readonly causes: readonly Name[];
  /** Endogenous parents, in topological order. */
  readonly parents: readonly Name[];
  readonly outputs: Uint8Array;
}

/** A fully specified structural causal model over Boolean variables V1, ..., Vn (topological order) and finite causes. */
export interface RandomScm {
  /** Nodes of the random graph, causes included (not those added to variables without one). */
  readonly nodes: number;
  readonly causes: readonly Cause[];
  readonly equations: readonly Equation[];
  /** Graphs drawn until one was kept. */
  readonly attempts: number;
}

export interface RandomScmOptions {
  /** Expected number of edges per node, over two (default 1.5): every edge has probability 2 density / (nodes - 1). */
  readonly density?: number;
  /** Most states of an exogenous variable (the paper: 64). */
  readonly states?: number;
  /** Most joint states of the exogenous variables of one component (default 512). */
  readonly jointStates?: number;
}

/** Most endogenous parents of a variable, and most variables that one component's table runs over. */
const mostParents = 4;
const mostInTable = 8;

/**
 * A random model in the manner of Zaffalon, Antonucci, Huber and Cabanas 2023, section 6.2. From the paper: an Erdos-Renyi acyclic graph,
 * nodes without parents exogenous and the others Boolean and endogenous; every exogenous variable enumerates deterministic relations between
 * its children and their endogenous parents, sampled without replacement, at most 64. Left open there, and chosen here:
 * - an edge runs from each node to each later one with the same probability, 2 density / (nodes - 1);
 * - a variable that got no exogenous parent is given one of its own (else it would be a function of its parents);
 * - an exogenous variable of several children indexes tuples of relations, one for each child;
 * - the number of its states is uniform from 2 (or as many as its children need to take both values) to the smaller of 64 and all tuples;
 * - where a variable has several exogenous parents, each of their joint states indexes a relation, drawn anew, and the joint states of a
 *   component are bounded (`jointStates`); no two states of an exogenous variable then do the same in all its children;
 * - every variable takes both values; V1 is an ancestor of Vn; no variable has more than 4 endogenous parents, and no component together
 *   with its parents more than 8 variables (else the graph is drawn again);
 * - chances are uniform on the simplex (Dirichlet of ones).
 */
export function randomScm(random: Random, nodes: number, options: RandomScmOptions = {}): RandomScm {
  const { density = 1.5, states = 64, jointStates = 512 } = options;
  for (let attempt = 1; ; attempt++) {
    const own = random.split(attempt);
    const shape = drawShape(own.split('graph'), nodes, Math.min(1, (2 * density) / (nodes - 1)));
    if (shape === undefined) continue;
    const drawn = drawEquations(own.split('relations'), shape, states, jointStates);
    if (drawn === undefined) continue;
    const causes = shape.causes.map(({ name, children }) => {
      const size = drawn.sizes.get(name) as number;
      return { name, children, chances: own.split(name).dirichlet(new Float64Array(size).fill(1)) };
    });
    return { nodes, causes, equations: drawn.equations, attempts: attempt };
  }
}

interface Shape {
  readonly causes: readonly { readonly name: Name; readonly children: readonly Name[] }[];
  readonly variables: readonly { readonly name: Name; readonly causes: readonly Name[]; readonly parents: readonly Name[] }[];
  /** The causes of every component. */
  readonly components: readonly (readonly Name[])[];
}

function drawShape(random: Random, nodes: number, chance: number): Shape | undefined {
  const parents: number[][] = [];
  for (let node = 0; node < nodes; node++) {
    const own: number[] = [];
    for (let before = 0; before < node; before++) if (random.next() < chance) own.push(before);
    parents.push(own);
  }
  const names = parents.map(() => '');
  let [roots, inner] = [0, 0];
  for (const [node, own] of parents.entries()) names[node] = own.length === 0 ? `U${++roots}` : `V${++inner}`;
  const hasParents = (node: number): boolean => (parents[node] as number[]).length > 0;
  const variables = parents.flatMap((own, node) => {
    if (own.length === 0) return [];
    const causes = own.filter((parent) => !hasParents(parent)).map((parent) => names[parent] as Name);
    if (causes.length === 0) causes.push(`U${++roots}`);
    return [{ name: names[node] as Name, causes, parents: own.filter(hasParents).map((parent) => names[parent] as Name) }];
  });
  if (variables.length < 2 || variables.some((variable) => variable.parents.length > mostParents)) return undefined;
  const reached = new Set(['V1']);
  for (const { name, parents: own } of variables) if (own.some((parent) => reached.has(parent))) reached.add(name);
  if (!reached.has(`V${inner}`)) return undefined;
  const causes = new Map<Name, Name[]>();
  for (const variable of variables) for (const cause of variable.causes) causes.set(cause, [...(causes.get(cause) ?? []), variable.name]);
  const components = componentsOf(variables);
  for (const component of components) {
    const members = variables.filter((variable) => variable.causes.some((cause) => component.includes(cause)));
    if (new Set(members.flatMap(({ name, parents: own }) => [name, ...own])).size > mostInTable) return undefined;
  }
  return { causes: [...causes].map(([name, children]) => ({ name, children })), variables, components };
}

/** Causes that share a child, directly or through others. */
function componentsOf(variables: readonly { readonly causes: readonly Name[] }[]): Name[][] {
  let components: Name[][] = [];
  for (const { causes } of variables) {
    const touched = components.filter((component) => component.some((cause) => causes.includes(cause)));
    components = [...components.filter((component) => !touched.includes(component)), [...new Set([...touched.flat(), ...causes])]];
  }
  return components;
}

interface Drawn {
  readonly sizes: ReadonlyMap<Name, number>;
  readonly equations: readonly Equation[];
}

function drawEquations(random: Random, shape: Shape, states: number, jointStates: number): Drawn | undefined {
  const sizes = new Map<Name, number>();
  const outputs = new Map<Name, Uint8Array>();
  for (const component of shape.components) {
    const members = shape.variables.filter((variable) => variable.causes.some((cause) => component.includes(cause)));
    const own = random.split(component[0] as Name);
    const [only] = component;
    const done =
      component.length === 1 && only !== undefined
        ? drawOne(own, only, members, states)
        : drawSeveral(own, component, members, states, jointStates);
    if (done === undefined) return undefined;
    for (const [cause, size] of done.sizes) sizes.set(cause, size);
    for (const [variable, table] of done.outputs) outputs.set(variable, table);
  }
  const equations = shape.variables.map(({ name, causes, parents }) => ({
    variable: name,
    causes,
    parents,
    outputs: outputs.get(name) as Uint8Array,
  }));
  return { sizes, equations };
}

interface Relations {
  readonly sizes: readonly (readonly [Name, number])[];
  readonly outputs: readonly (readonly [Name, Uint8Array])[];
}

type Members = Shape['variables'];
/** Redraws before a graph is given up. */
const patience = 200;

/** One exogenous variable: distinct tuples of relations, one relation for each child. */
function drawOne(random: Random, cause: Name, members: Members, states: number): Relations | undefined {
  const contexts = members.map(({ parents }) => 2 ** parents.length);
  const digits = contexts.reduce((sum, next) => sum + next, 0);
  const most = digits >= 31 ? states : Math.min(states, 2 ** digits);
  const size = 2 + random.integer(most - 1);
  for (let attempt = 0; attempt < patience; attempt++) {
    const seen = new Set<string>();
    const rows: number[][] = [];
    while (rows.length < size) {
      const row = Array.from({ length: digits }, () => random.integer(2));
      if (seen.has(row.join(''))) continue;
      seen.add(row.join(''));
      rows.push(row);
    }
    let start = 0;
    const outputs = members.map(({ name }, i): [Name, Uint8Array] => {
      const from = start;
      start += contexts[i] as number;
      return [name, Uint8Array.from(rows.flatMap((row) => row.slice(from, from + (contexts[i] as number))))];
    });
    if (outputs.every(([, table]) => takesBoth(table))) return { sizes: [[cause, size]], outputs };
  }
  return undefined;
}

/** Several exogenous variables: a relation for every joint state of a child's causes; states that do the same are drawn again. */
function drawSeveral(
  random: Random,
  causes: readonly Name[],
  members: Members,
  states: number,
  jointStates: number,
): Relations | undefined {
  const most = Math.min(states, Math.floor(jointStates ** (1 / causes.length) + 1e-9));
  if (most < 2) return undefined;
  for (let attempt = 0; attempt < patience; attempt++) {
    const sizes = new Map(causes.map((cause) => [cause, 2 + random.integer(most - 1)]));
    const outputs = members.map(({ name, causes: own, parents }): [Name, Uint8Array] => {
      const cells = own.reduce((product, cause) => product * (sizes.get(cause) as number), 2 ** parents.length);
      return [name, Uint8Array.from({ length: cells }, () => random.integer(2))];
    });
    if (outputs.every(([, table]) => takesBoth(table)) && causes.every((cause) => statesDiffer(cause, sizes, members, outputs)))
      return { sizes: [...sizes], outputs };
  }
  return undefined;
}

const takesBoth = (table: Uint8Array): boolean => table.includes(0) && table.includes(1);

function statesDiffer(cause: Name, sizes: ReadonlyMap<Name, number>, members: Members, outputs: Relations['outputs']): boolean {
  const size = sizes.get(cause) as number;
  const says = Array.from({ length: size }, () => '');
  for (const [i, { causes, parents }] of members.entries()) {
    const at = causes.indexOf(cause);
    if (at < 0) continue;
    const stride = causes.slice(at + 1).reduce((product, other) => product * (sizes.get(other) as number), 2 ** parents.length);
    outputs[i]?.[1].forEach((value, cell) => {
      const state = Math.floor(cell / stride) % size;
      says[state] += String(value);
    });
  }
  return new Set(says).size === size;
}
