import type { Arguments } from '../arguments/parse.ts';
import type { Console } from '../output/human.ts';
import type { Environment } from '../output/style.ts';

export const exit = { answered: 0, no: 1, badInput: 2, fault: 3, interrupted: 130 } as const;
export type Exit = (typeof exit)[keyof typeof exit];

export interface Context {
  readonly args: Arguments;
  readonly console: Console;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Environment;
}

/** Runs a command; what it returns is the exit code. Faults are thrown. */
export type Run = (context: Context) => Promise<Exit>;
