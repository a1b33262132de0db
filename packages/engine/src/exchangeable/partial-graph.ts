import type { Random } from '../math/random.ts';
import type { Parents } from './plug-in.ts';

/** A graph some of whose edges have no direction; variables by number. */
export interface PartialGraph {
  readonly count: number;
  /** From, to; sorted. */
  readonly arrows: readonly (readonly [number, number])[];
  /** The smaller number first; sorted. */
  readonly lines: readonly (readonly [number, number])[];
}

/** Marks of a partial graph while it is worked on: `at(a, b)`, that the edge between a and b may point from a to b. */
export class Marks {
  readonly count: number;
  private readonly may: Uint8Array;

  constructor(count: number, edges: Iterable<readonly [number, number]>) {
    this.count = count;
    this.may = new Uint8Array(count * count);
    for (const [a, b] of edges) {
      this.may[a * count + b] = 1;
      this.may[b * count + a] = 1;
    }
  }

  joined(a: number, b: number): boolean {
    return this.may[a * this.count + b] === 1 || this.may[b * this.count + a] === 1;
  }
  arrow(a: number, b: number): boolean {
    return this.may[a * this.count + b] === 1 && this.may[b * this.count + a] === 0;
  }
  line(a: number, b: number): boolean {
    return this.may[a * this.count + b] === 1 && this.may[b * this.count + a] === 1;
  }
  direct(a: number, b: number): void {
    this.may[b * this.count + a] = 0;
  }

  /**
   * Where the three rules of Meek 1995 that need no background knowledge lead; they add no collider and no cycle. `left`: lines that stay
   * as they are.
   */
  close(left: readonly (readonly [number, number])[] = []): void {
    const stays = (a: number, b: number): boolean => left.some((line) => line.includes(a) && line.includes(b));
    const all = Array.from({ length: this.count }, (_, v) => v);
    const compelled = (a: number, b: number): boolean =>
      all.some((c) => this.arrow(c, a) && !this.joined(c, b) && c !== b) ||
      all.some((c) => this.arrow(a, c) && this.arrow(c, b)) ||
      all.some(
        (c) => this.line(a, c) && this.arrow(c, b) && all.some((d) => d > c && this.line(a, d) && this.arrow(d, b) && !this.joined(c, d)),
      );
    for (let moved = true; moved; ) {
      moved = false;
      for (const a of all)
        for (const b of all)
          if (this.line(a, b) && !stays(a, b) && compelled(a, b)) {
            this.direct(a, b);
            moved = true;
          }
    }
  }

  graph(): PartialGraph {
    const arrows: (readonly [number, number])[] = [];
    const lines: (readonly [number, number])[] = [];
    for (let a = 0; a < this.count; a++)
      for (let b = 0; b < this.count; b++) {
        if (this.arrow(a, b)) arrows.push([a, b]);
        if (a < b && this.line(a, b)) lines.push([a, b]);
      }
    return { count: this.count, arrows, lines };
  }
}

/** What all directed graphs share that imply the same independences as this one (Verma and Pearl 1990, Meek 1995). */
export function equivalenceClass(parents: Parents): PartialGraph {
  const edges = parents.flatMap((own, to) => own.map((from) => [from, to] as const));
  const marks = new Marks(parents.length, edges);
  for (const [to, own] of parents.entries()) for (const a of own) if (own.some((b) => b !== a && !marks.joined(a, b))) marks.direct(a, to);
  marks.close();
  return marks.graph();
}

/**
 * A directed graph with these edges, arrows and no further collider, by the algorithm of Dor and Tarsi 1992; ties are broken at random.
 * `consistent` is false where there is none (tests disagreed): then what is left is directed along a random order.
 */
export function extensionOf(
  { count, arrows, lines }: PartialGraph,
  random: Random,
): { readonly parents: Parents; readonly consistent: boolean } {
  const marks = new Marks(count, [...arrows, ...lines]);
  for (const [from, to] of arrows) marks.direct(from, to);
  const parents: number[][] = Array.from({ length: count }, () => []);
  let left = random.shuffle(Array.from({ length: count }, (_, v) => v));
  let consistent = true;
  while (left.length > 0) {
    const near = (v: number): number[] => left.filter((k) => k !== v && marks.joined(k, v));
    const last = left.find(
      (v) =>
        near(v).every((k) => !marks.arrow(v, k)) &&
        near(v).every((k) => !marks.line(k, v) || near(v).every((other) => other === k || marks.joined(other, k))),
    );
    const sink = last ?? (left[left.length - 1] as number);
    if (last === undefined) consistent = false;
    parents[sink] = near(sink).sort((a, b) => a - b);
    left = left.filter((v) => v !== sink);
  }
  return { parents, consistent };
}
