/** A place in a text (character offsets, end exclusive) or in a file (1-based row, column name). */
export interface Where {
  readonly file?: string;
  /** The text that `start` and `end` count in, where it is not the file's. */
  readonly text?: string;
  readonly start?: number;
  readonly end?: number;
  readonly row?: number;
  readonly column?: string;
}

/** One thing wrong with what was given, the place, and the remedy. Never thrown by the engine: bad input is a value. */
export interface Issue {
  readonly code: string;
  readonly message: string;
  readonly where?: Where;
  readonly hint?: string;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly warnings?: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export const success = <T>(value: T, warnings: readonly Issue[] = []): Result<T> =>
  warnings.length === 0 ? { ok: true, value } : { ok: true, value, warnings };
export const failure = (...issues: readonly Issue[]): Result<never> => ({ ok: false, issues });
