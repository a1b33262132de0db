import { assemble, type Edge, type Graph, numberOf } from './graph.ts';
import { observed } from './kin.ts';
import type { Name } from './variable.ts';

/** The latent projection that keeps the observed variables and forgets the latent ones. */
export function projectLatent(graph: Graph): Graph {
  return project(graph, observed(graph));
}

/**
 * The latent projection onto `keep`: everything else becomes hidden. `a -> b` if a directed path leads from a to b through
 * hidden nodes only; `a <-> b` if a path of hidden non-colliders has arrowheads at both ends. Ancestry and m-separation among
 * `keep` stay as they were. Verma and Pearl 1990; Tian and Pearl 2002, section 5. Bit sets: cost about (hidden x kept^2) / 32.
 */
export function project(graph: Graph, keep: readonly Name[]): Graph {
  const kept = new Set(keep);
  const variables = new Map([...graph.variables].filter(([name]) => kept.has(name)));
  for (const name of kept) numberOf(graph, name);
  if (variables.size === graph.variables.size) return graph;
  const { names, parents, children, numbers } = graph.index;
  const order = [...variables.keys()];
  const bit = new Int32Array(names.length).fill(-1);
  order.forEach((name, i) => {
    bit[numberOf(graph, name)] = i;
  });
  const words = (order.length + 31) >> 5;

  // reach[v]: the kept nodes at the end of directed paths from v through hidden nodes; a kept node reaches itself.
  const reach = new Array<Int32Array>(names.length);
  const below = (node: number): Int32Array => {
    const set = new Int32Array(words);
    for (const child of children[node] as readonly number[]) unite(set, reach[child] as Int32Array);
    return set;
  };
  for (let node = names.length - 1; node >= 0; node--) {
    const own = bit[node] as number;
    if (own < 0) reach[node] = below(node);
    else {
      const set = new Int32Array(words);
      set[own >> 5] = 1 << (own & 31);
      reach[node] = set;
    }
  }

  const arrows: Edge[] = [];
  for (const name of order) {
    for (const to of members(below(numbers.get(name) as number))) arrows.push([name, order[to] as Name]);
  }

  const joined = order.map(() => new Int32Array(words));
  for (let node = 0; node < names.length; node++) {
    // A hidden node below another hidden node adds nothing: the upper one reaches all that it reaches.
    if ((bit[node] as number) >= 0 || (parents[node] as readonly number[]).some((parent) => (bit[parent] as number) < 0)) continue;
    const set = reach[node] as Int32Array;
    for (const end of members(set)) unite(joined[end] as Int32Array, set);
  }
  for (const [a, b] of graph.arcs) {
    const [left, right] = [reach[numberOf(graph, a)] as Int32Array, reach[numberOf(graph, b)] as Int32Array];
    for (const end of members(left)) unite(joined[end] as Int32Array, right);
    for (const end of members(right)) unite(joined[end] as Int32Array, left);
  }
  const arcs: Edge[] = [];
  joined.forEach((set, a) => {
    for (const b of members(set)) if (b > a) arcs.push([order[a] as Name, order[b] as Name]);
  });
  return assemble(variables, arrows, arcs);
}

function unite(into: Int32Array, from: Int32Array): void {
  for (let word = 0; word < into.length; word++) into[word] = (into[word] as number) | (from[word] as number);
}

/** The numbers in a bit set, ascending. */
function members(set: Int32Array): number[] {
  const found: number[] = [];
  for (let word = 0; word < set.length; word++) {
    for (let rest = set[word] as number; rest !== 0; rest &= rest - 1) found.push(32 * word + 31 - Math.clz32(rest & -rest));
  }
  return found;
}
