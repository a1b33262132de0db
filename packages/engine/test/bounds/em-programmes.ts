import type { Block, Cell, Digit, Form, Literal, Network, Programme, Stratum } from '../../src/bounds/programme.ts';

const binary = ['0', '1'];

/** Drug, gender, survival with one exogenous variable: 64 states. `null`: no such study. */
export interface TableOne {
  /** Counts [treatment][gender][survival]. */
  readonly observed: readonly (readonly (readonly number[])[])[] | null;
  /** Counts [arm][gender][survival]. */
  readonly trial: readonly (readonly (readonly number[])[])[] | null;
}

/** The table of Mueller and Pearl; 1 is drug, male, survived. */
export const published: TableOne = {
  observed: [
    [
      [180, 420],
      [180, 420],
    ],
    [
      [1022, 378],
      [420, 980],
    ],
  ],
  trial: [
    [
      [790, 210],
      [790, 210],
    ],
    [
      [511, 489],
      [510, 490],
    ],
  ],
};

const total = (table: readonly (readonly (readonly number[])[])[]): number => table.flat(2).reduce((a, b) => a + b, 0);

/** PNS of the drug; with `gender` given that gender. */
export function tableOne({ observed, trial }: TableOne, gender?: number): Programme {
  const digits: Digit[] = [
    { variable: 'T', parents: [], context: [], levels: binary },
    { variable: 'G', parents: [], context: [], levels: binary },
    ...[0, 1, 2, 3].map((i) => ({ variable: 'S', parents: ['T', 'G'], context: [String(i >> 1), String(i & 1)], levels: binary })),
  ];
  const S = (t: number, g: number): number => 2 + 2 * t + g;
  const strata: Stratum[] = [];
  const cells: Cell[] = [];
  const each = [0, 1];
  if (observed !== null) {
    strata.push({ block: 0, study: 'o', says: '', exact: false });
    for (const t of each)
      for (const g of each)
        for (const s of each)
          cells.push(
            cell(0, observed[t]?.[g]?.[s] as number, total(observed), [
              { digit: 0, value: t },
              { digit: 1, value: g },
              { digit: S(t, g), value: s },
            ]),
          );
  }
  if (trial !== null) {
    for (const t of each) {
      strata.push({ block: 0, study: 'i', says: `do(T=${t})`, exact: false });
      for (const g of each)
        for (const s of each)
          cells.push(
            cell(strata.length - 1, trial[t]?.[g]?.[s] as number, total([trial[t] as number[][]]), [
              { digit: 1, value: g },
              { digit: S(t, g), value: s },
            ]),
          );
    }
  }
  const event = (g: number): Literal[] => [
    { digit: 1, value: g },
    { digit: S(1, g), value: 1 },
    { digit: S(0, g), value: 0 },
  ];
  const genders = gender === undefined ? each : [gender];
  return {
    blocks: [{ name: 'T, G, S', children: ['T', 'G', 'S'], digits, forbidden: [], independences: [], complete: true }],
    strata,
    cells,
    restrictions: [],
    target: {
      numerator: [sum(0, genders.map(event))],
      ...(gender === undefined ? {} : { denominator: [sum(0, [[{ digit: 1, value: gender }]])] }),
    },
  };
}

export function cell(stratum: number, count: number, records: number, literals: readonly Literal[]): Cell {
  const form: Form = [{ coefficient: 1, literals }];
  return { stratum, form, says: JSON.stringify(literals), count, target: count / records };
}

/** The probability of one of several exclusive conjunctions of one block. */
export const sum = (block: number, events: readonly (readonly Literal[])[]): Network => ({
  weight: 1,
  tables: [{ block, axes: ['case'], sizes: [events.length], cells: events }],
});

export interface XY {
  /** Counts [x][y], or null. */
  readonly observed: readonly (readonly number[])[] | null;
  /** Counts [arm][y], or null. */
  readonly trial: readonly (readonly number[])[] | null;
}

/** X -> Y, confounded: digits X, Y(0), Y(1). */
export function xy({ observed, trial }: XY, target: Programme['target']): Programme {
  const block: Block = {
    name: 'X, Y',
    children: ['X', 'Y'],
    digits: [
      { variable: 'X', parents: [], context: [], levels: binary },
      { variable: 'Y', parents: ['X'], context: ['0'], levels: binary },
      { variable: 'Y', parents: ['X'], context: ['1'], levels: binary },
    ],
    forbidden: [],
    independences: [],
    complete: true,
  };
  const strata: Stratum[] = [];
  const cells: Cell[] = [];
  const size = (rows: readonly (readonly number[])[]): number => rows.flat().reduce((a, b) => a + b, 0);
  if (observed !== null) {
    strata.push({ block: 0, study: 'o', says: '', exact: false });
    for (const x of [0, 1])
      for (const y of [0, 1])
        cells.push(
          cell(0, observed[x]?.[y] as number, size(observed), [
            { digit: 0, value: x },
            { digit: 1 + x, value: y },
          ]),
        );
  }
  if (trial !== null) {
    for (const x of [0, 1]) {
      strata.push({ block: 0, study: 'i', says: `do(X=${x})`, exact: false });
      for (const y of [0, 1])
        cells.push(cell(strata.length - 1, trial[x]?.[y] as number, size([trial[x] as number[]]), [{ digit: 1 + x, value: y }]));
    }
  }
  return { blocks: [block], strata, cells, restrictions: [], target };
}

/** Conjunctions for {@link xy}. */
export const pnsEvents = [
  [
    { digit: 1, value: 0 },
    { digit: 2, value: 1 },
  ],
] as const;
