import type { SharedEstimand } from '../estimand/json.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { LeafReport } from './explain.ts';

export type Status = 'identified' | 'bounded' | 'not-identified' | 'incompatible' | 'undefined' | 'unknown' | 'refused';

export interface Diagnostic {
  readonly name: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly figure?: number;
  readonly says: string;
}

export interface Point {
  readonly at: Readonly<Record<string, Value>>;
  readonly value: number | null;
  readonly standardError?: number;
  readonly interval?: readonly [number, number];
}

/** One line of a derivation; `depth` indents it. */
export interface DerivationLine {
  readonly depth: number;
  readonly says: string;
  readonly theorem: string;
  readonly source: string;
  readonly line?: string;
}

/** One answer of the answers document (contract, section 4). Fields that do not apply are absent. */
export interface Answer {
  readonly question: string;
  readonly terms: string;
  readonly rung: 'seeing' | 'doing' | 'imagining';
  readonly status: Status;
  readonly kind: 'point' | 'distribution' | 'bounds' | 'function' | 'sampler' | 'none';
  readonly value?: number;
  readonly distribution?: readonly Point[];
  readonly uncertainty?: {
    readonly level: number;
    readonly interval?: readonly [number, number];
    readonly standardError?: number;
    readonly method: string;
  };
  readonly estimand?: { readonly text: string; readonly latex: string; readonly tree: SharedEstimand };
  /** The distributions that were read, each with the records behind it. */
  readonly leaves?: readonly LeafReport[];
  readonly identifiable?: boolean;
  readonly hedge?: { readonly F: readonly Name[]; readonly Fprime: readonly Name[] };
  /** With several regimes: one hedge for each that could not help (`regime`: its do-set). */
  readonly hedges?: readonly { readonly F: readonly Name[]; readonly Fprime: readonly Name[]; readonly regime: readonly Name[] }[];
  readonly rule?: string;
  readonly derivation?: readonly DerivationLine[];
  /** What a textbook would say of this effect: adjustment sets, front door, instruments. */
  readonly explanations?: readonly string[];
  /** One sentence for a person, where the answer is a no. */
  readonly why?: string;
  readonly refused: readonly { readonly rule: string; readonly why: string }[];
  /** The single extra studies that would turn a no into a yes, by their do-sets (empty: watching). */
  readonly wouldHelp?: readonly (readonly Name[])[];
  /** Variables of the graph that no study measured; with them it would be identified. */
  readonly wouldHelpToMeasure?: readonly Name[];
  /** True: not even every experiment together would identify it. */
  readonly beyondExperiments?: boolean;
  readonly assumes: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** `rows` is null for exact probabilities. */
  readonly studies: readonly { readonly name: Name; readonly rows: number | null; readonly fingerprint: string }[];
}

export interface AnswersDocument {
  readonly schema: 'doable/answers@1';
  readonly seed: number;
  readonly version: string;
  readonly elapsedMs: number;
  /** True if the run was interrupted: what is here was finished before. */
  readonly partial?: boolean;
  readonly answers: readonly Answer[];
}
