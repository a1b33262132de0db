import type { ColumnType, ColumnValues } from '../../../engine/src/generative/terms.ts';
import type { Random } from '../../../engine/src/math/random.ts';
import { leastSquares, meanOf } from './mixed-studies.ts';

/** Values of the causes: C of two levels, R real. */
export type Setting = readonly [c: number, r: number];
type Row = readonly number[];
type Draw = (setting: Setting, random: Random) => Row;

/** A law of several columns that hang together, given C and R, and a refit of its family of laws. */
export interface BlockStudy {
  readonly name: string;
  readonly of: readonly string[];
  readonly types: ReadonlyMap<string, ColumnType>;
  /** One row of the block from the process itself. */
  readonly draw: Draw;
  /** Means of the columns (of finite ones: the probability of level 1). */
  means(setting: Setting): Row;
  /** Learns the true family by maximum likelihood. */
  refit(settings: readonly Setting[], rows: readonly Row[]): Draw;
}

const binary: ColumnType = { kind: 'finite', levels: ['0', '1'] };
const real: ColumnType = { kind: 'real' };
const typesOf = (of: readonly string[]): ReadonlyMap<string, ColumnType> =>
  new Map([['C', binary], ['R', real], ...of.map((name): [string, ColumnType] => [name, name === 'F' ? binary : real])]);

export const settings: readonly [Setting, Setting] = [
  [0, -0.5],
  [1, 0.8],
];
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const dot = (a: Row, b: Row): number => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/** R leans on C. */
export function drawSettings(rows: number, random: Random): Setting[] {
  return Array.from({ length: rows }, () => {
    const c = random.next() < 0.45 ? 1 : 0;
    return [c, 0.6 * c - 0.3 + random.normal()];
  });
}

export function columnsOf(
  { of, types }: Pick<BlockStudy, 'of' | 'types'>,
  at: readonly Setting[],
  rows: readonly Row[],
): Map<string, ColumnValues> {
  const column = (name: string, values: readonly number[]): [string, ColumnValues] =>
    types.get(name)?.kind === 'finite'
      ? [name, { kind: 'finite', values: Int32Array.from(values) }]
      : [name, { kind: 'real', values: Float64Array.from(values) }];
  return new Map([
    column('C', at.map(([c]) => c)), // biome-ignore format: one line each
    column(
      'R',
      at.map(([, r]) => r),
    ),
    ...(rows.length === 0
      ? []
      : of.map((name, i) =>
          column(
            name,
            rows.map((row) => row[i] as number),
          ),
        )),
  ]);
}

interface Line {
  readonly line: Row;
  readonly spread: number;
}
function regress(features: readonly Row[], y: readonly number[], weights?: readonly number[]): Line {
  const line = leastSquares(features, y, weights);
  const total = weights === undefined ? y.length : weights.reduce((sum, weight) => sum + weight, 0);
  const square = y.reduce((sum, value, i) => sum + (weights?.[i] ?? 1) * (value - dot(line, features[i] as Row)) ** 2, 0);
  return { line, spread: Math.sqrt(square / total) };
}

/** Column after column a normal law whose mean is linear in features of the causes and of the columns before it. */
type Features = (setting: Setting, before: Row) => Row;
function refitLines(features: readonly Features[], at: readonly Setting[], rows: readonly Row[]): Draw {
  const lines = features.map((each, i) =>
    regress(
      rows.map((row, k) => each(at[k] as Setting, row)),
      rows.map((row) => row[i] as number),
    ),
  );
  return (setting, random) => {
    const row: number[] = [];
    for (const [i, { line, spread }] of lines.entries())
      row.push(dot(line, (features[i] as Features)(setting, row)) + spread * random.normal());
    return row;
  };
}
const linear =
  (before: number): Features =>
  ([c, r], row) => [1, c, r, ...row.slice(0, before)];

/** Coefficients of 1, C, R and the hidden cause, and the deviation of the noise. */
export type Column = readonly [number, number, number, number, number];
export const twoColumns: readonly Column[] = [
  [1, 0.8, 0.5, 0.9, 0.6],
  [-0.5, 0.6, -0.4, 0.9, 0.5],
];
const threeColumns: readonly Column[] = [...twoColumns, [2, -0.7, 0.3, -1.1, 0.7]];
const sixColumns: readonly Column[] = [...threeColumns, [0, 0.4, 0.8, 0.6, 0.9], [-2, -0.5, -0.3, 0.8, 0.6], [0.5, 0.9, -0.6, -0.7, 0.8]];
const linearRow = (columns: readonly Column[], [c, r]: Setting, u: number, random: Random): number[] =>
  columns.map(([one, byC, byR, byU, noise]) => one + byC * c + byR * r + byU * u + noise * random.normal());
const linearMeans = (columns: readonly Column[], [c, r]: Setting): number[] => columns.map(([one, byC, byR]) => one + byC * c + byR * r);

const linearStudy = (name: string, of: readonly string[], columns: readonly Column[]): BlockStudy => ({
  name,
  of,
  types: typesOf(of),
  draw: (setting, random) => linearRow(columns, setting, random.normal(), random),
  means: (setting) => linearMeans(columns, setting),
  refit: (at, rows) => refitLines(columns.map((_, i) => linear(i)), at, rows), // biome-ignore format: one line
});

/** exp(half of a normal law): long tails to the right. */
const skewed = (name: string, of: readonly string[], columns: readonly Column[]): BlockStudy => ({
  name,
  of,
  types: typesOf(of),
  draw: (setting, random) => linearRow(columns, setting, random.normal(), random).map((value) => Math.exp(value / 2)),
  means: (setting) =>
    linearMeans(columns, setting).map((mean, i) => {
      const [, , , byU, noise] = columns[i] as Column;
      return Math.exp(mean / 2 + (byU ** 2 + noise ** 2) / 8);
    }),
  refit(at, rows) {
    const draw = refitLines(columns.map((_, i) => linear(i)), at, rows.map((row) => row.map((value) => 2 * Math.log(value)))); // biome-ignore format: one line
    return (setting, random) => draw(setting, random).map((value) => Math.exp(value / 2));
  },
});

/** A is linear and normal, B a parabola of A: given B, A has two bumps. `last`: a wave of both. */
function curved(name: string, { backwards = false, last = false }: { readonly backwards?: boolean; readonly last?: boolean }): BlockStudy {
  const of = last ? ['A', 'B', 'D'] : backwards ? ['B', 'A'] : ['A', 'B'];
  const features: readonly Features[] = [
    linear(0),
    ([c, r], [a = 0]) => [1, c, r, a, a * a],
    ([, r], [a = 0, b = 0]) => [1, r, Math.sin(2 * a), b],
  ];
  const lines: readonly Row[] = [
    [0, 0.8, 0.5],
    [-0.5, 0.4, 0.3, 0.2, 0.8],
    [0, 0.4, 1, 0.5],
  ];
  const noise = [0.9, 0.5, 0.4];
  const width = last ? 3 : 2;
  const turned = (row: Row): Row => (backwards ? [row[1] as number, row[0] as number] : row);
  return {
    name,
    of,
    types: typesOf(of),
    draw(setting, random) {
      const row: number[] = [];
      for (let i = 0; i < width; i++)
        row.push(dot(lines[i] as Row, (features[i] as Features)(setting, row)) + (noise[i] as number) * random.normal());
      return turned(row);
    },
    means(setting) {
      const [c, r] = setting;
      const a = 0.8 * c + 0.5 * r;
      const b = -0.5 + 0.4 * c + 0.3 * r + 0.2 * a + 0.8 * (a * a + 0.81);
      const wave = Math.sin(2 * a) * Math.exp(-2 * 0.81);
      return turned([a, b, 0.4 * r + wave + 0.5 * b].slice(0, width));
    },
    refit(at, rows) {
      const draw = refitLines(features.slice(0, width), at, rows.map(turned));
      return (setting, random) => turned(draw(setting, random));
    },
  };
}

/** A hidden cause of two values moves both columns: two clouds, whose shares go by C. */
const clouds: BlockStudy = {
  name: 'two clouds',
  of: ['A', 'B'],
  types: typesOf(['A', 'B']),
  draw([c, r], random) {
    const u = random.next() < 0.3 + 0.3 * c ? 1 : -1;
    return [0.5 * c + 0.4 * r + 1.2 * u + 0.5 * random.normal(), -0.3 * c + 0.6 * r - u + 0.6 * random.normal()];
  },
  means([c, r]) {
    const u = 2 * (0.3 + 0.3 * c) - 1;
    return [0.5 * c + 0.4 * r + 1.2 * u, -0.3 * c + 0.6 * r - u];
  },
  refit(at, rows) {
    const both = [-1, 1];
    const doubled = at.flatMap(([c, r]) => both.map((u) => [1, c, r, u]));
    const ys = [0, 1].map((i) => rows.flatMap((row) => both.map(() => row[i] as number)));
    let shares = [0.4, 0.5];
    let lines: Line[] = [
      { line: [0, 0, 0, 1], spread: 1 },
      { line: [0, 0, 0, -1], spread: 1 },
    ];
    for (let round = 0; round < 40; round++) {
      const weights = rows.flatMap((row, k) => {
        const odds = both.map((u, j) => {
          const up = shares[(at[k] as Setting)[0]] as number;
          const log = lines.reduce((sum, { line, spread }, i) => {
            const error = ((row[i] as number) - dot(line, doubled[2 * k + j] as Row)) / spread;
            return sum - (error * error) / 2 - Math.log(spread);
          }, 0);
          return (u === 1 ? up : 1 - up) * Math.exp(log);
        });
        const sum = (odds[0] as number) + (odds[1] as number) || 1;
        return odds.map((each) => each / sum);
      });
      lines = ys.map((y) => regress(doubled, y, weights));
      shares = [0, 1].map((level) => meanOf(at.flatMap(([c], k) => (c === level ? [weights[2 * k + 1] as number] : []))));
    }
    return ([c, r], random) => {
      const u = random.next() < (shares[c] as number) ? 1 : -1;
      return lines.map(({ line, spread }) => dot(line, [1, c, r, u]) + spread * random.normal());
    };
  },
};

/** F by a logistic law of C and R; A and B given all three linear and normal, with a hidden cause behind both. */
const withFinite: BlockStudy = {
  name: 'with a finite column',
  of: ['F', 'A', 'B'],
  types: typesOf(['F', 'A', 'B']),
  draw(setting, random) {
    const [c, r] = setting;
    const f = random.next() < logistic(-0.3 + 0.9 * c + 0.8 * r) ? 1 : 0;
    const [a = 0, b = 0] = linearRow(twoColumns, setting, random.normal(), random);
    return [f, a + 1.5 * f, b - 1.1 * f];
  },
  means(setting) {
    const [c, r] = setting;
    const f = logistic(-0.3 + 0.9 * c + 0.8 * r);
    const [a = 0, b = 0] = linearMeans(twoColumns, setting);
    return [f, a + 1.5 * f, b - 1.1 * f];
  },
  refit(at, rows) {
    const features = at.map(([c, r]) => [1, c, r]);
    let odds = [0, 0, 0];
    for (let round = 0; round < 12; round++) {
      const shares = features.map((row) => logistic(dot(odds, row)));
      const weights = shares.map((share) => share * (1 - share));
      const working = features.map(
        (row, i) => dot(odds, row) + ((rows[i]?.[0] as number) - (shares[i] as number)) / (weights[i] as number),
      );
      odds = leastSquares(features, working, weights);
    }
    const inner: readonly Features[] = [([c, r], [f = 0]) => [1, c, r, f], ([c, r], [f = 0, a = 0]) => [1, c, r, f, a]];
    const lines = inner.map((each, i) =>
      regress(
        rows.map((row, k) => each(at[k] as Setting, row)),
        rows.map((row) => row[i + 1] as number),
      ),
    );
    return (setting, random) => {
      const row: number[] = [random.next() < logistic(dot(odds, [1, ...setting])) ? 1 : 0];
      for (const [i, { line, spread }] of lines.entries())
        row.push(dot(line, (inner[i] as Features)(setting, row)) + spread * random.normal());
      return row;
    };
  },
};

export const blockStudies: readonly BlockStudy[] = [
  linearStudy('two linear', ['A', 'B'], twoColumns),
  linearStudy('three linear', ['A', 'B', 'D'], threeColumns),
  linearStudy('six linear', ['A', 'B', 'D', 'E', 'G', 'H'], sixColumns),
  skewed('two skewed', ['A', 'B'], twoColumns),
  curved('parabola', {}),
  curved('parabola backwards', { backwards: true }),
  curved('parabola and wave', { last: true }),
  clouds,
  withFinite,
];
