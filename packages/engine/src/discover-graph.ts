import type { DiscoveredEdge } from './discover-document.ts';
import { printDagitty } from './graph/formats/dagitty.ts';
import { createGraph, type Edge, type Graph } from './graph/graph.ts';
import type { Name } from './graph/variable.ts';

type Arrow = readonly [number, number];

/** Over all the names; the arrows must have no cycle. */
export function graphOfArrows(names: readonly Name[], arrows: readonly Arrow[]): Graph {
  const edges = arrows.map(([from, to]): Edge => [names[from] as Name, names[to] as Name]);
  const made = createGraph({ variables: names.map((name) => ({ name })), arrows: edges, arcs: [] });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  return made.value;
}

/** On one line in dagitty's notation: variables without an edge, then the arrows, both in the order of the variables. */
export const graphTextOf = (names: readonly Name[], arrows: readonly Arrow[]): string =>
  patternTextOf(
    names,
    arrows.map(([from, to]) => ({ from: names[from] as Name, to: names[to] as Name, decided: true })),
  );

/** The same with `X -- Y` where the direction is undecided; also of arrows that have a cycle. */
export function patternTextOf(names: readonly Name[], edges: readonly Pick<DiscoveredEdge, 'from' | 'to' | 'decided'>[]): string {
  const show = (name: Name): string => printDagitty(graphOfArrows([name], []), { compact: true });
  const place = (name: Name): number => names.indexOf(name);
  const alone = names.filter((name) => !edges.some(({ from, to }) => from === name || to === name));
  const turned = edges.map((edge) =>
    edge.decided || place(edge.from) < place(edge.to) ? edge : { ...edge, from: edge.to, to: edge.from },
  );
  const lines = turned.sort((a, b) => place(a.from) - place(b.from) || place(a.to) - place(b.to));
  return [...alone.map(show), ...lines.map(({ from, to, decided }) => `${show(from)} ${decided ? '->' : '--'} ${show(to)}`)].join('; ');
}

/** In words, where two graphs differ: an edge that one lacks, an arrow the other way round. Undirected pairs (`free`) agree with either. */
export function differencesOf(
  names: readonly Name[],
  ours: readonly Arrow[],
  theirs: readonly Arrow[],
  free: (a: number, b: number) => boolean = () => false,
): string[] {
  const has = (list: readonly Arrow[], a: number, b: number): boolean => list.some(([from, to]) => from === a && to === b);
  const write = (a: number, b: number, mark = '->'): string => `${names[a]} ${mark} ${names[b]}`;
  return [
    ...theirs
      .filter(([a, b]) => !has(ours, a, b) && !(free(a, b) && has(ours, b, a)))
      .map(([a, b]) => (has(ours, b, a) ? `${write(a, b)} instead of ${write(b, a)}` : `also ${write(a, b, free(a, b) ? '--' : '->')}`)),
    ...ours.filter(([a, b]) => !has(theirs, a, b) && !has(theirs, b, a)).map(([a, b]) => `no edge between ${names[a]} and ${names[b]}`),
  ];
}
