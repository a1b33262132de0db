import type { AdditiveReport, Answer, FunctionPoint, MeanFunction, Setting } from '../../src/interpret/answer.ts';

/** Answers that are functions, as the engine makes them. */

export const report: AdditiveReport = {
  outcome: 'sales',
  blocks: [['tv'], ['web']],
  regimes: [
    { set: [], studies: ['watched weeks'], weight: -1, records: 5000, residualDeviation: 9.9003 },
    { set: ['tv'], studies: ['television set', 'television again'], weight: 2, records: 3000, residualDeviation: 16.21 },
    { set: ['web'], studies: ['web set'], weight: 0, records: 3000 },
  ],
  basis: 'polynomials of degree 2',
  method: 'all regimes in one fit, shared functions',
  errors: 'sandwich (HC3) over the regimes, Student t',
};

const around = (value: number, standardError: number): Omit<FunctionPoint, 'at'> => ({
  value,
  standardError,
  interval: [value - 2 * standardError, value + 2 * standardError],
  band: [value - 3 * standardError, value + 3 * standardError],
});

export const pointAt = (
  at: Readonly<Record<string, Setting>>,
  value: number,
  standardError: number,
  more: Partial<FunctionPoint> = {},
): FunctionPoint => ({
  at,
  ...around(value, standardError),
  ...more,
});

export const answerOf = (question: string, f: MeanFunction, more: Partial<Answer> = {}): Answer => ({
  question,
  terms: question,
  rung: 'doing',
  status: 'identified',
  kind: 'function',
  function: f,
  additive: { ...report, ...(f.log === true ? { log: true as const } : {}) },
  uncertainty: { level: 0.95, method: report.errors },
  rule: 'additive',
  refused: [],
  assumes: ['additive(sales; tv, web)'],
  diagnostics: [],
  studies: [{ name: 'watched weeks', rows: 5000, fingerprint: 'abc' }],
  ...more,
});

/** sales = 40 + 3 tv - 0.2 tv^2 at tv = 0, 1, ..., 10; no records above 8, nothing at 10. */
export const curve: MeanFunction = {
  outcome: 'sales',
  unit: '1,000 a week',
  axes: [{ name: 'tv', part: 'set', values: Array.from({ length: 11 }, (_, i) => i), unit: '1,000 a week' }],
  held: [{ name: 'web', part: 'given', value: 5 }],
  points: Array.from({ length: 11 }, (_, tv) =>
    tv === 10
      ? { at: { tv }, value: null, supported: false }
      : pointAt({ tv }, 40 + 3 * tv - 0.2 * tv * tv, 0.5 + 0.05 * tv, { supported: tv <= 8 }),
  ),
  level: 0.95,
};

export const long: MeanFunction = {
  ...curve,
  axes: [{ name: 'tv', part: 'set', values: Array.from({ length: 41 }, (_, i) => i / 4) }],
  points: Array.from({ length: 41 }, (_, i) => pointAt({ tv: i / 4 }, i - 20, 1)),
};

export const surface = (rows: readonly number[], columns: readonly number[]): MeanFunction => ({
  outcome: 'sales',
  axes: [
    { name: 'tv', part: 'set', values: rows },
    { name: 'web', part: 'given', values: columns },
  ],
  held: [],
  points: rows.flatMap((tv) => columns.map((web) => pointAt({ tv, web }, 10 + tv + 100 * web, 0.5, { supported: tv < 5 }))),
  level: 0.9,
});

export const levels: MeanFunction = {
  outcome: 'yield',
  axes: [{ name: 'dose', part: 'set', values: ['none', 'a little', 'much <&>'] }],
  held: [{ name: 'K', part: 'set', value: '1' }],
  points: ['none', 'a little', 'much <&>'].map((dose, i) => pointAt({ dose }, 50 + 5 * i, 4)),
  level: 0.95,
};

export const logged: MeanFunction = {
  outcome: 'sales',
  log: true,
  axes: [{ name: 'tv', part: 'set', values: [0, 1] }],
  held: [],
  points: [pointAt({ tv: 0 }, 0, 0.01), pointAt({ tv: 1 }, Math.LN2, 0.01)],
  level: 0.95,
};

/** Points that are no grid. */
export const loose: MeanFunction = {
  outcome: 'sales',
  axes: [
    { name: 'tv', part: 'set' },
    { name: 'web', part: 'set' },
  ],
  held: [],
  points: [pointAt({ tv: 5, web: 3 }, 63, 0.4), pointAt({ tv: 7, web: 5 }, 68, 0.5)],
  level: 0.95,
};
