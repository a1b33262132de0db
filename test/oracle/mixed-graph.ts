/**
 * The oracle's own reader of dagitty text and its own graph. It shares no code with the engine on purpose: a fault in the
 * engine's reader must not hide here as well.
 */
export interface MixedGraph {
  /** In a topological order. */
  readonly names: readonly string[];
  readonly parents: readonly (readonly number[])[];
  readonly arcs: readonly (readonly [number, number])[];
  readonly latent: readonly boolean[];
}

export function readGraph(text: string): MixedGraph {
  const body = text
    .replace(/(#|\/\/)[^\n]*/g, '')
    .replace(/^\s*dag\s*\{([\s\S]*)\}\s*$/, '$1')
    .replace(/\s+(?=(->|<-))/g, ' ');
  const declared = new Map<string, boolean>();
  const arrows: [string, string][] = [];
  const arcs: [string, string][] = [];
  const declare = (name: string): void => {
    if (!declared.has(name)) declared.set(name, false);
  };
  for (const statement of body.split(/[;\n]/)) {
    const tokens = statement.match(/<->|->|<-|[{}]|\[[^\]]*\]|[A-Za-z_][\w.]*|\S/g) ?? [];
    let at = 0;
    const group = (): string[] => {
      if (tokens[at] !== '{') return [tokens[at++] as string];
      const names: string[] = [];
      for (at++; tokens[at] !== '}'; at++) names.push(tokens[at] as string);
      at++;
      return names;
    };
    if (tokens.length === 0) continue;
    let left = group();
    left.forEach(declare);
    if (tokens[at]?.startsWith('[')) {
      if (/\blatent\b/.test(tokens[at] as string)) for (const name of left) declared.set(name, true);
      at++;
    }
    while (at < tokens.length) {
      const edge = tokens[at++];
      const right = group();
      right.forEach(declare);
      for (const a of left)
        for (const b of right) {
          if (edge === '->') arrows.push([a, b]);
          else if (edge === '<-') arrows.push([b, a]);
          else if (edge === '<->') arcs.push([a, b]);
          else throw new Error(`oracle: cannot read "${statement}"`);
        }
      left = right;
    }
  }
  return assemble([...declared.keys()], arrows, arcs, new Set([...declared].filter(([, latent]) => latent).map(([name]) => name)));
}

/** Orders the nodes topologically and drops repeated edges. Throws on a cycle: test material must not have one. */
export function assemble(
  declared: readonly string[],
  arrows: readonly (readonly [string, string])[],
  arcs: readonly (readonly [string, string])[],
  latent: ReadonlySet<string> = new Set(),
): MixedGraph {
  const names: string[] = [];
  const placed = new Set<string>();
  while (names.length < declared.length) {
    const next = declared.find((name) => !placed.has(name) && arrows.every(([a, b]) => b !== name || placed.has(a)));
    if (next === undefined) throw new Error('oracle: the graph has a cycle');
    names.push(next);
    placed.add(next);
  }
  const number = new Map(names.map((name, i) => [name, i]));
  const at = (name: string): number => number.get(name) as number;
  const parents = names.map((name) => [...new Set(arrows.filter(([, b]) => b === name).map(([a]) => at(a)))].sort((p, q) => p - q));
  const seen = new Set<string>();
  const pairs: [number, number][] = [];
  for (const [a, b] of arcs) {
    const pair: [number, number] = [Math.min(at(a), at(b)), Math.max(at(a), at(b))];
    if (!seen.has(pair.join())) pairs.push(pair);
    seen.add(pair.join());
  }
  return { names, parents, arcs: pairs, latent: names.map((name) => latent.has(name)) };
}

/** The nodes themselves are included. `cut`: nodes whose incoming arrows are ignored. */
export function ancestorsOf(graph: MixedGraph, nodes: Iterable<number>, cut: ReadonlySet<number> = new Set()): Set<number> {
  const found = new Set<number>(nodes);
  for (const node of found) if (!cut.has(node)) for (const parent of graph.parents[node] as readonly number[]) found.add(parent);
  return found;
}

export function inducedSubgraph(graph: MixedGraph, keep: ReadonlySet<number>): MixedGraph {
  const name = (node: number): string => graph.names[node] as string;
  const kept = graph.names.filter((_, node) => keep.has(node));
  const arrows = graph.parents.flatMap((list, child) =>
    keep.has(child) ? list.filter((parent) => keep.has(parent)).map((parent): [string, string] => [name(parent), name(child)]) : [],
  );
  const arcs = graph.arcs.filter(([a, b]) => keep.has(a) && keep.has(b)).map(([a, b]): [string, string] => [name(a), name(b)]);
  return assemble(kept, arrows, arcs, new Set(graph.names.filter((_, node) => graph.latent[node])));
}

/** Sets of nodes joined by arcs inside `within`. */
export function arcComponents(graph: MixedGraph, within: ReadonlySet<number>): Set<number>[] {
  const left = new Set(within);
  const components: Set<number>[] = [];
  for (const start of within) {
    if (!left.has(start)) continue;
    const component = new Set([start]);
    for (const node of component)
      for (const [a, b] of graph.arcs) {
        if (a === node && within.has(b)) component.add(b);
        if (b === node && within.has(a)) component.add(a);
      }
    for (const node of component) left.delete(node);
    components.push(component);
  }
  return components;
}

/** dagitty text that {@link readGraph} and the engine both read. */
export function writeGraph(graph: MixedGraph): string {
  const name = (node: number): string => graph.names[node] as string;
  const touched = new Set([...graph.parents.flatMap((list, child) => (list.length > 0 ? [child, ...list] : [])), ...graph.arcs.flat()]);
  return [
    ...graph.names
      .filter((_, node) => !touched.has(node) || graph.latent[node])
      .map((n) => (graph.latent[graph.names.indexOf(n)] ? `${n} [latent]` : n)),
    ...graph.parents.flatMap((list, child) => list.map((parent) => `${name(parent)} -> ${name(child)}`)),
    ...graph.arcs.map(([a, b]) => `${name(a)} <-> ${name(b)}`),
  ].join('; ');
}
