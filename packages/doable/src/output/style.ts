import type { TextOptions, Tone } from '@doable/engine/present';

/** The part of a process stream that decides how it is written to. */
export interface Sink {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * FORCE_COLOR (not 0 or false) paints everywhere and wins; then NO_COLOR (not empty), FORCE_COLOR=0 and TERM=dumb paint
 * nowhere; otherwise only terminals are painted.
 */
export function isPainted(sink: Sink, env: Environment): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (no !== undefined && no !== '') return false;
  return sink.isTTY === true && term !== 'dumb';
}

const codes: Readonly<Record<Tone, readonly [number, number] | undefined>> = {
  plain: undefined,
  title: [1, 22],
  number: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  warn: [33, 39],
  bad: [31, 39],
};

export const painter = (tone: Tone, text: string): string => {
  const code = codes[tone];
  return code === undefined || text === '' ? text : `\u001b[${code[0]}m${text}\u001b[${code[1]}m`;
};

/** Width (at most 100 columns; 80 where there is no terminal), colours and bars for one stream. */
export function styleOf(sink: Sink, env: Environment): TextOptions {
  const width = sink.isTTY === true && (sink.columns ?? 0) > 0 ? Math.min(100, sink.columns as number) : 80;
  return {
    width,
    bars: sink.isTTY === true && env.TERM !== 'dumb',
    ...(isPainted(sink, env) ? { paint: painter } : {}),
  };
}
