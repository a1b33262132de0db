import type { Domain, Name, Value } from '../graph/variable.ts';
import type { Result } from '../run/issue.ts';
import type { Regime } from './regime.ts';
import type { Study } from './study.ts';
import type { Extent, ReadPicture } from './tensors.ts';

/** How one study is to be read. At most one of `count`, `weight`, `probability`; all name columns of the data. */
export interface StudySpec {
  readonly name: Name;
  readonly regime: Regime;
  /** Column of whole-number frequencies. */
  readonly count?: string;
  /** Column of sampling weights. */
  readonly weight?: string;
  /** Column of exact probabilities; with `size`, of relative frequencies in a sample of that many records. */
  readonly probability?: string;
  readonly size?: number;
  /** SQL condition on the rows; only sources with an SQL engine take it. */
  readonly where?: string;
  /** Variable -> column of the data, for columns named otherwise. */
  readonly columns?: Readonly<Record<Name, string>>;
  /** Rows with a missing cell in a variable: an error (default), or left out and counted. */
  readonly missing?: 'error' | 'drop';
}

/** What the problem document declares of one variable. */
export interface Declared {
  readonly levels?: readonly Value[];
  readonly real?: boolean;
  readonly unit?: string;
  readonly tensor?: readonly number[];
  /** Of a tensor: least and greatest entry. */
  readonly range?: readonly [number, number];
  /** Ascending cut points that make a real column finite. */
  readonly cut?: readonly number[];
}

/** Which columns are variables (`names` absent: all of them), and what is declared of them. */
export interface Wanted {
  readonly names?: readonly Name[];
  readonly declared: ReadonlyMap<Name, Declared>;
}

/** One variable as one study shows it, over its cells that are not missing. */
export interface ColumnSummary {
  readonly name: Name;
  /** Distinct texts, in order of appearance; at most {@link textLimit}, `more` when there are others. */
  readonly texts: readonly Value[];
  readonly more: boolean;
  readonly numeric: boolean;
  readonly integer: boolean;
  readonly missing: number;
  /** Of tensors. */
  readonly extent?: Extent;
  /** The first cell that is not a number, where the others may be. */
  readonly odd?: { readonly text: string; readonly row?: number; readonly file?: string };
}

export interface StudySummary {
  readonly columns: readonly ColumnSummary[];
  /** Records read, before any is dropped. */
  readonly rows: number;
  /** Rows with a missing cell, when they are to be dropped. */
  readonly dropped: number;
  /** Columns of the data that are no variables. */
  readonly ignored: readonly string[];
  readonly notes: readonly string[];
}

/** Domains on which all studies agree, the cuts behind finite ones that come from real columns, and how each was arrived at. */
export interface Schema {
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly cuts: ReadonlyMap<Name, readonly number[]>;
  readonly notes: readonly string[];
}

/**
 * A study before it is opened: first every source summarises its columns (all bad input is found here), then the domains
 * are agreed on over all studies, then every source opens with them.
 */
export interface StudySource {
  readonly spec: StudySpec;
  summary(wanted: Wanted): Promise<Result<StudySummary>>;
  /** Only after a good {@link StudySource.summary}. */
  open(schema: Schema): Promise<Result<Study>>;
}

/** What the engine cannot do by itself. */
export interface SourceHost {
  /** The source behind `data` of a study that is not inline rows: a path, a glob or a database. */
  openSource(spec: StudySpec, data: string): Result<StudySource> | Promise<Result<StudySource>>;
  /** Reads the pictures that inline rows name. */
  readonly readPicture?: ReadPicture;
}

/** Distinct texts a summary keeps per column: beyond it a text column is a label, not a variable. */
export const textLimit = 10_000;
