import type { Study } from '../data/study.ts';
import type { Graph } from '../graph/graph.ts';
import type { Domain, Name, Value } from '../graph/variable.ts';
import type { Child } from './canonical.ts';
import type { ModelDocument } from './equations.ts';
import type { Block, Restriction } from './programme.ts';

export interface BoundsProblem {
  /** Absent: the graph of the equations. */
  readonly graph?: Graph;
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly studies: readonly Study[];
  readonly model?: ModelDocument;
  readonly assume?: readonly string[];
  /** Largest number of digits of a block, and of cells of one table (default 2^18). */
  readonly limit?: number;
}

/** The canonical (or partly explicit) model of a problem: what is unknown, before any record is read. */
export interface Structure {
  readonly levels: ReadonlyMap<Name, readonly Value[]>;
  /** The endogenous variables in topological order. */
  readonly order: readonly Name[];
  readonly children: ReadonlyMap<Name, Child>;
  readonly blocks: readonly Block[];
  /** The endogenous variables, with a latent root for every exogenous variable that several of them read. */
  readonly graph: Graph;
  /** Variables of the graph that are treated as hidden. */
  readonly hidden: ReadonlySet<Name>;
  readonly restrictions: readonly Restriction[];
  readonly notes: readonly string[];
  /** Assumptions in words that mean nothing here. */
  readonly unused: readonly string[];
  readonly limit: number;
}
