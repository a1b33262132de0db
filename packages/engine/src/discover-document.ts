import type { Name, Value } from './graph/variable.ts';
import type { Diagnostic } from './interpret/answer.ts';

/** Why an edge has no direction of its own. */
export type Undecided = 'not-refuted' | 'no-sink' | 'mechanisms-together' | 'two-positions';

export interface DiscoveredEdge {
  readonly from: Name;
  readonly to: Name;
  /** False: `from -> to` is a best guess. */
  readonly decided: boolean;
  readonly undecided?: Undecided;
  /** 3: no test of two records sees this edge; its tests are of agreement of pairs and of three records. */
  readonly positions?: 3;
  /** p of the test that there is no edge, given `given`. */
  readonly existence: number;
  readonly given: readonly Name[];
  /** p of the test that it is the other way round (Holm-corrected); absent: not tested. */
  readonly reversal?: number;
  /** Shares of the resamples of environments: with this arrow, with the reverse one. */
  readonly share?: number;
  readonly reversedShare?: number;
}

export interface MissingEdge {
  readonly between: readonly [Name, Name];
  readonly given: readonly Name[];
  readonly p: number;
  /** Share of the resamples that have an edge here. */
  readonly share?: number;
}

/** One variable taken as the last of those left. */
export interface DiscoveryRound {
  readonly left: readonly Name[];
  readonly chosen: Name;
  /** No variable passes as the last. */
  readonly refuted: boolean;
  /** Holm-corrected p of each as the last. */
  readonly candidates: readonly { readonly name: Name; readonly p: number }[];
}

export interface ResampledGraph {
  /** In dagitty's notation. */
  readonly text: string;
  readonly share: number;
}

export interface Resampled {
  /** Resamples that were finished, and asked for. */
  readonly resamples: number;
  readonly asked: number;
  readonly method: string;
  /** The most frequent first. */
  readonly graphs: readonly ResampledGraph[];
  /** Share of the graph that was found. */
  readonly same: number;
}

/** Another way to the graph. */
export interface OtherGraph {
  /** In dagitty's notation; `X -- Y` has no direction. */
  readonly text: string;
  readonly agrees: boolean;
  /** Where it differs, in words. */
  readonly differences: readonly string[];
  readonly method: string;
  readonly says: string;
}

export interface DiscoveryDocument {
  readonly schema: 'doable/discovery@1';
  readonly seed: number;
  readonly version: string;
  readonly elapsedMs: number;
  /** The run was interrupted: what is here was finished before. */
  readonly partial?: boolean;
  readonly algorithm: 'clustered' | 'paper';
  /** Levels of the tests for an edge and for a direction. */
  readonly levels: { readonly edge: number; readonly direction: number };
  /** Real ones have no levels. */
  readonly variables: readonly { readonly name: Name; readonly levels?: readonly Value[] }[];
  /** Columns without any variation, and why else columns were left out. */
  readonly leftOut: readonly { readonly name: Name; readonly why: string }[];
  readonly environments: {
    readonly count: number;
    readonly records: number;
    readonly smallest: number;
    readonly median: number;
    readonly largest: number;
    /** With two records or more: only they tell of directions. */
    readonly withTwo: number;
  };
  /** The best guess, every edge with a direction; dagitty's notation. */
  readonly graph: string;
  /** The same with `X -- Y` where the direction is undecided. */
  readonly pattern: string;
  readonly edges: readonly DiscoveredEdge[];
  readonly missing: readonly MissingEdge[];
  /** Sources first. */
  readonly order: readonly Name[];
  readonly rounds: readonly DiscoveryRound[];
  readonly bootstrap?: Resampled;
  /** By the likelihood of held-out environments. */
  readonly score?: OtherGraph;
  /** The algorithm of the paper, with two records of each environment. */
  readonly paper?: OtherGraph;
  /** What a method for independent records makes of the same table. */
  readonly independent?: OtherGraph;
  /** Second opinions that were asked for and are not there. */
  readonly unavailable?: readonly { readonly what: 'score' | 'paper' | 'independent'; readonly why: string }[];
  readonly diagnostics: readonly Diagnostic[];
  /** No diagnostic failed, and something varies. */
  readonly ok: boolean;
  readonly studies: readonly { readonly name: Name; readonly rows: number | null; readonly fingerprint: string }[];
}
