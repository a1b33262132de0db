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
  /** Bounds at this value, where it is not identified. */
  readonly lower?: number;
  readonly upper?: number;
  readonly tightness?: Tightness;
  /** Of the value in single environments. */
  readonly spread?: ProcessSpread;
}

/** `exact`: certified on both sides to the solver's tolerance; `inner`: models attain it, more may lie outside; `outer`: nothing lies outside. */
export type Tightness = 'exact' | 'inner' | 'outer';

/** Do the studies and the graph agree? All log-likelihoods in nats. */
export interface Agreement {
  /** Sum of the studies' own maxima minus the joint maximum. */
  readonly gap: number;
  /** The true gap is at least this (duality). */
  readonly gapAtLeast: number;
  /** Strictly compatible: some model reproduces every table to the last digit. */
  readonly strict: boolean;
  /** Share of tables drawn from the best-fitting model whose gap is at least as large; absent: exact probabilities, or not computed. */
  readonly pValue?: number;
  readonly draws?: number;
  /** The violated inequality in words, with its two sides, and the studies in it. */
  readonly violated?: { readonly says: string; readonly left: number; readonly right: number; readonly studies: readonly Name[] };
}

/** EMCC (Zaffalon et al. 2023): what random restarts of EM reached. Always an inner interval. */
export interface EmccReport {
  readonly runs: number;
  /** Only these count. */
  readonly converged: number;
  /** Largest certificate among them, in nats: the maximum of the likelihood exceeds theirs by at most this. */
  readonly worstCertificate: number;
  /**
   * Several exogenous variables in one component: the likelihood may have local maxima, and some runs are only known to be stationary
   * and as likely as the best run; `worstCertificate` then speaks of that.
   */
  readonly local?: true;
  /** Smallest and largest value over the converged models. */
  readonly interval: readonly [number, number];
  /** The same after moving mass inside classes of states that no study tells apart, and with components of different runs combined. */
  readonly widened?: readonly [number, number];
  /** Zaffalon et al. 2022: probability that widening by 10 % at each end covers the truth, if the runs were uniform (they are not). */
  readonly credible?: number;
}

/** An extra study and what it would leave of the interval, averaged over models that fit the present studies. */
export interface NextStudy {
  /** Variables that it randomises; none: it only watches. */
  readonly set: readonly Name[];
  readonly expectedWidth: number;
  readonly least: number;
  readonly most: number;
}

/** How much an effect differs from one environment to another, as the fitted measure has it. */
export interface ProcessSpread {
  readonly deviation: number;
  /** Holds the own value of an environment with probability `level`. */
  readonly interval: readonly [number, number];
  readonly level: number;
}

/** What an answer from environments rests on. */
export interface EnvironmentReport {
  readonly environments: number;
  readonly records: number;
  /** Fewest and most records of an environment. */
  readonly sizes: readonly [number, number];
  /** `fitted`: mechanisms by empirical Bayes; `frequencies`: of tuples of records of one environment. */
  readonly factors: 'fitted' | 'frequencies';
  /** The environments that the question names, with their records. */
  readonly asked: readonly { readonly label: Value; readonly records: number }[];
  /** How each mechanism was found to vary. */
  readonly mechanisms: readonly {
    readonly variable: Name;
    readonly parents: readonly Name[];
    readonly kind: string;
    readonly says: string;
  }[];
  /** Of the effect in an environment: a new one, or the one that is named. */
  readonly spread?: ProcessSpread;
  /** The other way to get the factors, where it can answer. */
  readonly beside?: { readonly factors: 'fitted' | 'frequencies'; readonly value: number };
  /** The answer from all rows as if they were independent. */
  readonly pooled?: number;
}

/** One line of a derivation; `depth` indents it. */
export interface DerivationLine {
  readonly depth: number;
  readonly says: string;
  readonly theorem: string;
  readonly source: string;
  readonly line?: string;
}

/** A number of a real variable, or a level. */
export type Setting = number | Value;

/** A mean as a function of values that the question left open (or over the points that were asked for). */
export interface MeanFunction {
  readonly outcome: Name;
  /** Of the outcome. */
  readonly unit?: string;
  /** The figures are means of the natural logarithm of the outcome. */
  readonly log?: true;
  /** Open variables, set by do() or watched. `values`: where the function was evaluated on a grid, ascending, or levels in their order. */
  readonly axes: readonly {
    readonly name: Name;
    readonly part: 'set' | 'given';
    readonly values?: readonly Setting[];
    readonly unit?: string;
  }[];
  /** What the question states. */
  readonly held: readonly { readonly name: Name; readonly part: 'set' | 'given'; readonly value: Setting }[];
  /** Figures are differences from the mean at this point. */
  readonly baseline?: Readonly<Record<Name, Setting>>;
  /** On a grid the last axis runs fastest; null: no study supports the point. */
  readonly points: readonly FunctionPoint[];
  readonly level?: number;
}

export interface FunctionPoint {
  readonly at: Readonly<Record<Name, Setting>>;
  readonly value: number | null;
  readonly standardError?: number;
  /** Covers the mean at this point with probability `level`. */
  readonly interval?: readonly [number, number];
  /** Covers the whole curve at once with probability `level`. */
  readonly band?: readonly [number, number];
  /** False: some study has no records near the point; the figure is an extrapolation. */
  readonly supported?: boolean;
}

/** How studies of single interventions were put together (additive outcomes). */
export interface AdditiveReport {
  readonly outcome: Name;
  readonly log?: true;
  readonly blocks: readonly (readonly Name[])[];
  /** The means that were combined, each with its weight in the estimand. */
  readonly regimes: readonly {
    readonly set: readonly Name[];
    readonly studies: readonly Name[];
    readonly weight: number;
    readonly records: number;
    readonly residualDeviation?: number;
  }[];
  /** How the means were fitted, in words. */
  readonly basis: string;
  readonly method: string;
  readonly errors: string;
  /** The best split of further records over the regimes, by regime as above, and the standard error that as many records as now would have given. */
  readonly allocation?: { readonly shares: readonly number[]; readonly standardError: number };
  /** Where a pair of actions may interact by at most `size`: the value may be off by as much as this. */
  readonly sensitivity?: { readonly size: number; readonly interval: readonly [number, number] };
}

/** What an answer from draws of fitted models rests on. */
export interface SamplerReport {
  /** Draws behind each figure, and how often all models were fitted again to resampled rows. */
  readonly draws: number;
  readonly refits: number;
  /** Of the value, where it is one number: what more draws would remove, and what only more data would. */
  readonly monteCarloError?: number;
  readonly refitError?: number;
  readonly factors: readonly {
    readonly id: string;
    readonly of: readonly Name[];
    readonly given: readonly Name[];
    readonly kind: string;
    readonly rows: number;
    /** Mean loss on rows held out of training, where there were any. */
    readonly heldOutLoss?: number;
    /** P-value of a permutation test between rows and draws at the same conditions. */
    readonly twoSample?: number;
    /** Learnt from so many generated rows. */
    readonly generatedRows?: number;
  }[];
  /** Of real outcomes: what the draws look like. */
  readonly summaries?: readonly {
    readonly name: Name;
    readonly figures: readonly {
      readonly of: 'mean' | 'deviation' | 'quantile';
      readonly at?: number;
      readonly value: number;
      readonly standardError: number;
      readonly monteCarloError: number;
    }[];
  }[];
}

/** One answer of the answers document (contract, section 4). Fields that do not apply are absent. */
/** What an answer under a graph that was learned from environments hangs on. */
export interface LearnedGraph {
  /** Under which the answer stands; dagitty's notation. */
  readonly graph: string;
  /** The same with `X -- Y` where the environments do not decide the direction. */
  readonly pattern: string;
  /** Resamples of environments, and the share of them with this very graph. */
  readonly resamples: number;
  readonly same: number;
  /** Answers under the other graphs of resamples (`share`), and under graphs with undecided edges turned round (share 0 unless resampled). */
  readonly graphs: readonly ({ readonly graph: string; readonly share: number } & Pick<Answer, 'status' | 'value' | 'distribution'>)[];
  /** Over all of these and the answer itself, where it is a number. */
  readonly range?: readonly [number, number];
  /** Where it is a distribution: by how much a number of it changes, at most. */
  readonly change?: number;
  /** An analysis that takes records for independent: its graph by PC, and the answers under every directed graph that it cannot tell apart. */
  readonly independent: {
    readonly graph: string;
    readonly answers: readonly Pick<Answer, 'status' | 'value' | 'distribution'>[];
    readonly range?: readonly [number, number];
  };
}

export interface Answer {
  readonly question: string;
  readonly terms: string;
  readonly rung: 'seeing' | 'doing' | 'imagining';
  readonly status: Status;
  readonly kind: 'point' | 'distribution' | 'bounds' | 'function' | 'sampler' | 'none';
  readonly value?: number;
  readonly distribution?: readonly Point[];
  readonly function?: MeanFunction;
  readonly additive?: AdditiveReport;
  /** Where it was estimated from draws of fitted models. */
  readonly sampler?: SamplerReport;
  /** Where the graph was learned from environments. */
  readonly learned?: LearnedGraph;
  readonly environments?: EnvironmentReport;
  /** Bounds: the identification region. */
  readonly lower?: number;
  readonly upper?: number;
  readonly tightness?: Tightness;
  /** Values that models attain. */
  readonly inner?: readonly [number, number];
  /** Nothing lies outside. */
  readonly outer?: readonly [number, number];
  readonly emcc?: EmccReport;
  readonly agreement?: Agreement;
  /** True: no model reproduces the tables to the last digit, and the bounds stand at the best-fitting ones. */
  readonly projected?: boolean;
  readonly nextStudies?: readonly NextStudy[];
  /** What `verify` checks without a solver. */
  readonly certificate?: object;
  /** The same where values are left open: one for each row of `distribution` that is bounded. */
  readonly certificates?: readonly { readonly at: Readonly<Record<string, Value>>; readonly certificate: object }[];
  /** For bounds: a confidence region for the identification region. */
  readonly uncertainty?: {
    readonly level: number;
    readonly interval?: readonly [number, number];
    readonly standardError?: number;
    readonly method: string;
  };
  readonly estimand?: { readonly text: string; readonly latex: string; readonly tree?: SharedEstimand };
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
