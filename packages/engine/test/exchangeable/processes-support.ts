import type { Environments } from '../../src/exchangeable/environments.ts';
import { xorModel } from '../../src/exchangeable/processes.ts';

/** Environments from rows of codes: environment, record, variable. */
export function environmentsOf(
  names: readonly string[],
  levels: readonly number[],
  records: readonly (readonly (readonly number[])[])[],
): Environments {
  const starts = new Int32Array(records.length + 1);
  for (const [e, own] of records.entries()) starts[e + 1] = (starts[e] as number) + own.length;
  const all = records.flat();
  return {
    names,
    levels: levels.map((count) => Array.from({ length: count }, (_, level) => String(level))),
    labels: records.map((_, e) => String(e)),
    starts,
    columns: names.map((_, v) => Int32Array.from(all, (record) => record[v] as number)),
  };
}

export const verdicts = ['forward', 'backward', 'none'] as const;

export const pairModels = {
  forward: xorModel([
    ['X', []],
    ['Y', ['X']],
  ]),
  backward: xorModel([
    ['Y', []],
    ['X', ['Y']],
  ]),
  none: xorModel([
    ['X', []],
    ['Y', []],
  ]),
};

/** The four graphs with order A, B, C in which every node has an edge. */
export const threeGraphs: readonly (readonly (readonly [string, readonly string[]])[])[] = [
  [
    ['A', []],
    ['B', ['A']],
    ['C', ['B']],
  ],
  [
    ['A', []],
    ['B', ['A']],
    ['C', ['A']],
  ],
  [
    ['A', []],
    ['B', []],
    ['C', ['A', 'B']],
  ],
  [
    ['A', []],
    ['B', ['A']],
    ['C', ['A', 'B']],
  ],
];

/** P(k successes or fewer) of n, each with probability p: by the recursion of the terms. */
export function binomialBelow(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let total = term;
  for (let i = 0; i < k; i++) {
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
    total += term;
  }
  return total;
}
