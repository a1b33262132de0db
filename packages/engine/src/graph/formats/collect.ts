import { type Issue, type Result, success } from '../../run/issue.ts';
import { createGraph, type Edge, findCycle, type Graph } from '../graph.ts';
import type { Name, Variable } from '../variable.ts';

/** Offsets into the text that is read, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Traits = Omit<Variable, 'name'>;

const mostIssues = 20;
const mostEdges = 500_000;

/**
 * Gathers what a reader finds, in any order and with repetitions, and makes the graph of it. Statements about one variable
 * merge; those that contradict each other are issues (`conflict`), as are self-loops and cycles, each with its place.
 */
export class Collector {
  readonly #variables = new Map<Name, Variable>();
  readonly #arrows: Edge[] = [];
  readonly #arcs: Edge[] = [];
  readonly #places = new Map<string, Span>();
  readonly #issues: Issue[] = [];
  readonly #warnings: Issue[] = [];
  readonly #file: { readonly file?: string };

  constructor(file?: string) {
    this.#file = file === undefined ? {} : { file };
  }

  get failed(): boolean {
    return this.#issues.length > 0;
  }

  /** True when so many issues are known that reading on tells a person nothing new. */
  get full(): boolean {
    return this.#issues.length >= mostIssues;
  }

  issue(code: string, message: string, where?: Span, hint?: string): void {
    if (!this.full) this.#issues.push(this.#make(code, message, where, hint));
  }

  warn(code: string, message: string, where?: Span, hint?: string): void {
    if (this.#warnings.length < mostIssues) this.#warnings.push(this.#make(code, message, where, hint));
  }

  has(name: Name): boolean {
    return this.#variables.has(name);
  }

  node(name: Name, traits: Traits = {}, where?: Span): void {
    const known = this.#variables.get(name);
    if (known === undefined) {
      this.#variables.set(name, { name, ...traits });
      return;
    }
    for (const key of ['role', 'domain', 'position'] as const) {
      if (known[key] === undefined || traits[key] === undefined) continue;
      if (JSON.stringify(known[key]) === JSON.stringify(traits[key])) continue;
      this.issue('conflict', `${name} is given two different values of “${key}”.`, where, 'Keep one of the two statements.');
    }
    this.#variables.set(name, { ...known, ...traits });
  }

  arrow(from: Name, to: Name, where?: Span): void {
    this.#edge(from, to, where, this.#arrows, JSON.stringify([from, to]));
  }

  arc(a: Name, b: Name, where?: Span): void {
    this.#edge(a, b, where, this.#arcs, '');
  }

  get arrows(): readonly Edge[] {
    return this.#arrows;
  }

  placeOf([from, to]: Edge): Span | undefined {
    return this.#places.get(JSON.stringify([from, to]));
  }

  finish(): Result<Graph> {
    if (!this.failed) {
      const cycle = findCycle([...this.#variables.keys()], this.#arrows);
      if (cycle === undefined) {
        const made = createGraph({ variables: [...this.#variables.values()], arrows: this.#arrows, arcs: this.#arcs });
        return made.ok ? success(made.value, this.#warnings) : made;
      }
      const edges = cycle.map((name, i): Edge => [name, cycle[(i + 1) % cycle.length] as Name]);
      const places = edges.map((edge) => this.placeOf(edge)).filter((place) => place !== undefined);
      this.issue(
        'cycle',
        `The graph has a cycle: ${[...cycle, cycle[0]].join(' -> ')}.`,
        places.sort((p, q) => q.end - p.end)[0],
        cycle.length === 2
          ? `For a hidden common cause write ${cycle[0]} <-> ${cycle[1]}; otherwise remove one of the two arrows.`
          : 'Remove or turn around one of these arrows; for feedback, use one variable per time point.',
      );
    }
    return { ok: false, issues: this.#issues };
  }

  #edge(a: Name, b: Name, where: Span | undefined, edges: Edge[], key: string): void {
    this.node(a);
    this.node(b);
    if (a === b) {
      this.issue('self-loop', `${a} cannot point to itself.`, where, `Remove the edge from ${a} to ${a}.`);
      return;
    }
    if (edges.length >= mostEdges) {
      this.issue('too-many-edges', `More than ${mostEdges} edges.`, where, 'Read a smaller graph.');
      return;
    }
    edges.push([a, b]);
    if (where !== undefined && key !== '') this.#places.set(key, where);
  }

  #make(code: string, message: string, where: Span | undefined, hint: string | undefined): Issue {
    const place = where === undefined ? this.#file : { ...this.#file, start: where.start, end: where.end };
    return {
      code,
      message,
      ...(Object.keys(place).length > 0 ? { where: place } : {}),
      ...(hint === undefined ? {} : { hint }),
    };
  }
}
