import { beforeAll, expect, test } from 'vitest';
import { observation } from '../../../engine/src/data/regime.ts';
import type { TrainingData } from '../../../engine/src/generative/batch.ts';
import { drawFromNetwork, type FittedNetwork, inputsFrom } from '../../../engine/src/generative/draw.ts';
import { fitNetwork } from '../../../engine/src/generative/fit-network.ts';
import { idGen } from '../../../engine/src/generative/id-gen.ts';
import { energyDistance } from '../../../engine/src/generative/metrics/energy.ts';
import { type ChooseOptions, defaultFitter, type PartChoice } from '../../../engine/src/generative/models/choose.ts';
import { networkFitter } from '../../../engine/src/generative/models/neural.ts';
import type { NetworkPlan } from '../../../engine/src/generative/network.ts';
import type { ColumnType, ColumnValues } from '../../../engine/src/generative/terms.ts';
import { readGraph } from '../../../engine/src/graph/formats/read.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { compileQuestion } from '../../../engine/src/query/bind.ts';
import { success } from '../../../engine/src/run/issue.ts';
import { good, levels, real } from '../../../engine/test/generative/models-suite.ts';
import { type OrtBackend, ortBackend } from '../../src/tensor/ort.ts';

let backend: OrtBackend;
beforeAll(async () => {
  backend = good(await ortBackend());
});
/** Data sets for which networks are trained in an ordinary run. */
const dataSets = Number(process.env.DOABLE_DATA_SETS ?? 1);

function planOf(graphText: string, text: string): NetworkPlan {
  const graph = good(readGraph(graphText));
  const question = good(compileQuestion(text, { graph, domains: new Map() }));
  const [part] = question.parts;
  if (part === undefined) throw new Error(text);
  const made = idGen(part.query, graph, { offers: [{ regime: observation, studies: ['survey'], size: 1 }] });
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.plan;
}
const finite = (values: ArrayLike<number>): ColumnValues => ({ kind: 'finite', values: Int32Array.from(values) });
const reals = (values: ArrayLike<number>): ColumnValues => ({ kind: 'real', values: Float64Array.from(values) });
async function drawn(network: FittedNetwork, inputs: Record<string, string>, count: number, outcome = 'Y'): Promise<number[]> {
  const batch = good(await drawFromNetwork(network, good(inputsFrom(network, inputs)), count, new Random(1, 'draws')));
  return Array.from((batch.columns.get(outcome) as ColumnValues).values);
}
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const rootMeanSquare = (values: readonly number[]): number => Math.sqrt(meanOf(values.map((value) => value * value)));
const energy = (a: readonly number[], b: readonly number[]): number =>
  energyDistance({ rows: a.length, width: 1, values: Float64Array.from(a) }, { rows: b.length, width: 1, values: Float64Array.from(b) });

// Tables that the public notebooks of ID-GEN print (Rahman, Jordan and Kocaoglu 2024), to four places: [x, z, y, share].
const frontDoor: readonly (readonly number[])[] = [
  [0, 0, 0, 0.0253],
  [0, 0, 1, 0.0737],
  [1, 0, 0, 0.0862],
  [1, 0, 1, 0.4097],
  [0, 1, 0, 0.102],
  [0, 1, 1, 0.0945],
  [1, 1, 0, 0.108],
  [1, 1, 1, 0.1006],
];
const backDoor: readonly (readonly number[])[] = [
  [0, 0, 0, 0.1019],
  [1, 0, 0, 0.0001],
  [0, 1, 0, 0.0543],
  [1, 1, 0, 0.0059],
  [0, 0, 1, 0.2773],
  [1, 0, 1, 0.0086],
  [0, 1, 1, 0.1394],
  [1, 1, 1, 0.4125],
];

test.each([
  { name: 'front-door', graph: 'X -> Z -> Y; X <-> Y', table: frontDoor, truth: { '1': 0.7072 } },
  { name: 'back-door', graph: 'Z -> X -> Y; Z -> Y', table: backDoor, truth: { '0': 0.7243, '1': 0.9866 } },
])(
  '$name table of the notebooks with softmax factors: total variation at most .003 (their networks .012)',
  async ({ name, graph, table, truth }) => {
    const column = (i: number): ColumnValues => finite(table.map((row) => row[i] as number));
    const data: TrainingData = {
      batch: {
        rows: 8,
        columns: new Map([
          ['X', column(0)],
          ['Z', column(1)],
          ['Y', column(2)],
        ]),
      },
      weights: Float64Array.from(table, (row) => row[3] as number),
    };
    const { network } = good(
      await fitNetwork(planOf(graph, 'P(Y | do(X))'), new Map([['survey', data]]), {
        seed: 1,
        types: new Map<string, ColumnType>(['X', 'Y', 'Z'].map((each) => [each, levels(2)])),
        fitterFor: () => success(networkFitter('softmax', { backend, widths: [32], budget: { steps: 400 } })),
      }),
    );
    for (const [x, wanted] of Object.entries(truth)) {
      const share = meanOf(await drawn(network, { X: x }, 200_000));
      console.log(
        `${name}: P(Y = 1 | do(X = ${x}))`,
        share.toFixed(4),
        'truth',
        wanted,
        'total variation',
        Math.abs(share - wanted).toFixed(4),
      );
      expect(Math.abs(share - wanted)).toBeLessThan(0.003);
    }
  },
);

/** Least squares: coefficients, by elimination on the normal equations. */
function leastSquares(
  rows: readonly (readonly number[])[],
  y: readonly number[],
  weights: readonly number[] = rows.map(() => 1),
): number[] {
  const p = (rows[0] as readonly number[]).length;
  const a = Array.from({ length: p }, () => new Array<number>(p + 1).fill(0));
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < p; j++) {
      const line = a[j] as number[];
      const scaled = (row[j] as number) * (weights[i] as number);
      for (let k = 0; k < p; k++) line[k] = (line[k] as number) + scaled * (row[k] as number);
      line[p] = (line[p] as number) + scaled * (y[i] as number);
    }
  }
  for (let j = 0; j < p; j++) {
    const pivot = a[j] as number[];
    for (let i = 0; i < p; i++) {
      if (i === j) continue;
      const line = a[i] as number[];
      const times = (line[j] as number) / (pivot[j] as number);
      for (let k = j; k <= p; k++) line[k] = (line[k] as number) - times * (pivot[k] as number);
    }
  }
  return a.map((line, j) => (line[p] as number) / (line[j] as number));
}
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

interface Study {
  readonly graph: string;
  readonly types: ReadonlyMap<string, ColumnType>;
  /** Two settings of X, whose difference of means is the effect. */
  readonly settings: readonly [string, string];
  data(rows: number, random: Random): Record<string, ColumnValues>;
  /** Draws of Y under do(X = x) from the process itself. */
  truth(x: number, rows: number, random: Random): number[];
  readonly effect: number;
  /** Learns the true family by maximum likelihood; draws of Y under do(X = x). */
  refit(data: Record<string, ColumnValues>): (x: number, rows: number, random: Random) => number[];
}

/** X and U binary, Z and Y real. Y given X and Z is a mixture of two normal laws, of which U picks one. */
const mixedFrontDoor: Study = {
  graph: 'X -> Z -> Y; X <-> Y',
  types: new Map([
    ['X', levels(2)],
    ['Z', real],
    ['Y', real],
  ]),
  settings: ['0', '1'],
  effect: 0.6,
  data(rows, random) {
    const [x, z, y] = [new Int32Array(rows), new Float64Array(rows), new Float64Array(rows)];
    for (let i = 0; i < rows; i++) {
      const u = random.next() < 0.5 ? -1 : 1;
      x[i] = random.next() < 0.5 + 0.3 * u ? 1 : 0;
      z[i] = 0.5 + (x[i] as number) + random.normal();
      y[i] = (z[i] as number) - 0.2 * (z[i] as number) ** 2 + 1.2 * u + 0.5 * random.normal();
    }
    return { X: finite(x), Z: reals(z), Y: reals(y) };
  },
  truth(x, rows, random) {
    return Array.from({ length: rows }, () => {
      const z = 0.5 + x + random.normal();
      return z - 0.2 * z ** 2 + (random.next() < 0.5 ? -1.2 : 1.2) + 0.5 * random.normal();
    });
  },
  refit(data) {
    const [x, z, y] = ['X', 'Z', 'Y'].map((name) => Array.from((data[name] as ColumnValues).values)) as [number[], number[], number[]];
    const line = leastSquares(
      x.map((value) => [1, value]),
      z,
    );
    const spread = rootMeanSquare(z.map((value, i) => value - dot(line, [1, x[i] as number])));
    const share = meanOf(x);
    let [shares, beta, deviation] = [[0.3, 0.7], [0, 1, 0, 1], 1];
    const rows = z.flatMap((value) => [-1, 1].map((u) => [1, value, value * value, u]));
    const twice = y.flatMap((value) => [value, value]);
    for (let round = 0; round < 25; round++) {
      const weights = y.flatMap((value, i) => {
        const odds = [-1, 1].map((u) => {
          const error = (value - dot(beta, rows[2 * i + (u === 1 ? 1 : 0)] as number[])) / deviation;
          const up = shares[x[i] as number] as number;
          return (u === 1 ? up : 1 - up) * Math.exp((-error * error) / 2);
        });
        const sum = (odds[0] as number) + (odds[1] as number) || 1;
        return odds.map((each) => each / sum);
      });
      beta = leastSquares(rows, twice, weights);
      deviation = Math.sqrt(
        rows.reduce((sum, row, i) => sum + (weights[i] as number) * ((twice[i] as number) - dot(beta, row)) ** 2, 0) / y.length,
      );
      shares = [0, 1].map((level) => {
        const own = x.flatMap((value, i) => (value === level ? [weights[2 * i + 1] as number] : []));
        return meanOf(own);
      });
    }
    return (at, count, random) =>
      Array.from({ length: count }, () => {
        const mediator = dot(line, [1, at]) + spread * random.normal();
        const other = random.next() < share ? 1 : 0;
        const u = random.next() < (shares[other] as number) ? 1 : -1;
        return dot(beta, [1, mediator, mediator * mediator, u]) + deviation * random.normal();
      });
  },
};

/** W1, X and Y real, W2 binary; U1 behind W1 and X, U2 behind W1 and Y. X and Y given W1 and W2 are linear and normal. */
const mixedNapkin: Study = {
  graph: 'W1 -> W2 -> X -> Y; W1 <-> X; W1 <-> Y',
  types: new Map([
    ['W1', real],
    ['W2', levels(2)],
    ['X', real],
    ['Y', real],
  ]),
  settings: ['-0.5', '1.5'],
  effect: 1.4,
  data(rows, random) {
    const [w1, w2, x, y] = [new Float64Array(rows), new Int32Array(rows), new Float64Array(rows), new Float64Array(rows)];
    for (let i = 0; i < rows; i++) {
      const [u1, u2] = [random.normal(), random.normal()];
      w1[i] = u1 + u2 + 0.5 * random.normal();
      w2[i] = random.next() < 1 / (1 + Math.exp(-(w1[i] as number))) ? 1 : 0;
      x[i] = (w2[i] as number) + 0.7 * u1 + 0.6 * random.normal();
      y[i] = 0.7 * (x[i] as number) - 1.2 * u2 + 0.6 * random.normal();
    }
    return { W1: reals(w1), W2: finite(w2), X: reals(x), Y: reals(y) };
  },
  truth: (x, rows, random) => Array.from({ length: rows }, () => 0.7 * x - 1.2 * random.normal() + 0.6 * random.normal()),
  refit(data) {
    const [w1, w2, x, y] = ['W1', 'W2', 'X', 'Y'].map((name) => Array.from((data[name] as ColumnValues).values)) as [
      number[],
      number[],
      number[],
      number[],
    ];
    const mean = meanOf(w1);
    const square = meanOf(w1.map((value) => (value - mean) ** 2));
    const left = w1.map((value, i) => [1, value, w2[i] as number]);
    const a = leastSquares(left, x);
    const noiseX = meanOf(x.map((value, i) => (value - dot(a, left[i] as number[])) ** 2));
    const right = x.map((value, i) => [1, value, w1[i] as number, w2[i] as number]);
    const b = leastSquares(right, y);
    const noiseY = meanOf(y.map((value, i) => (value - dot(b, right[i] as number[])) ** 2));
    const share = meanOf(w2);
    const [a1 = 0, b2 = 0] = [a[1], b[2]];
    const varianceX = a1 * a1 * square + noiseX;
    const deviation = Math.sqrt(noiseY + b2 * b2 * (square - (a1 * square) ** 2 / varianceX));
    return (at, count, random) =>
      Array.from({ length: count }, () => {
        const own = random.next() < share ? 1 : 0;
        const seen = mean + ((a1 * square) / varianceX) * (at - dot(a, [1, mean, own]));
        return dot(b, [1, at, seen, own]) + deviation * random.normal();
      });
  },
};

const rowsOfData = 4000;
const draws = 40_000;
const refits = 8;

/** Energy distance to fresh draws of the truth (mean of the two settings) and error of the effect. */
async function judged(
  study: Study,
  seed: number,
  draw: (x: string) => Promise<number[]>,
): Promise<readonly [energy: number, error: number]> {
  const own = await Promise.all(study.settings.map(draw));
  const apart = own.map((values, i) => energy(values, study.truth(Number(study.settings[i]), draws, new Random(seed, 'truth', i))));
  return [meanOf(apart), meanOf(own[1] as number[]) - meanOf(own[0] as number[]) - study.effect];
}

test.each([
  { name: 'mixed front-door', study: mixedFrontDoor },
  { name: 'mixed napkin', study: mixedNapkin },
] as const)(
  '$name: energy distance and error of the effect within twice those of refitting the true family',
  async ({ name, study }) => {
    const dataOf = (seed: number): Record<string, ColumnValues> => study.data(rowsOfData, new Random(seed, name));
    const family: (readonly [number, number])[] = [];
    for (let seed = 1; seed <= refits; seed++) {
      const refit = study.refit(dataOf(seed));
      family.push(await judged(study, seed, async (x) => refit(Number(x), draws, new Random(seed, 'refit', x))));
    }
    const settings: ChooseOptions = {
      backend,
      widths: [16],
      components: 2,
      budget: { steps: 600, batch: 512, learningRate: 0.01 },
      adam: { averageDecay: 0.998, clipNorm: 5, weightDecay: 0.01 },
    };
    const networks: (readonly [number, number])[] = [];
    const kinds = new Map<string, PartChoice['kind']>();
    for (let seed = 1; seed <= dataSets; seed++) {
      const batch = { rows: rowsOfData, columns: new Map(Object.entries(dataOf(seed))) };
      const fitted = good(
        await fitNetwork(planOf(study.graph, 'P(Y | do(X))'), new Map([['survey', { batch }]]), {
          seed,
          types: study.types,
          generatedRows: 40_000,
          fitterFor: (task) =>
            defaultFitter(task, {
              ...settings,
              onChoice: (block, parts) => {
                for (const part of parts) kinds.set(`${part.of.join(' ')} | ${block.given.join(' ')}`, part.kind);
              },
            }),
        }),
      );
      networks.push(await judged(study, seed, (x) => drawn(fitted.network, { X: x }, draws)));
    }
    const [own, best] = [networks, family].map((all) => ({
      energy: meanOf(all.map(([e]) => e)),
      error: rootMeanSquare(all.map(([, e]) => e)),
    })) as [Figures, Figures];
    console.log(
      name,
      [...kinds].map(([task, kind]) => `${task}: ${kind}`).join(', '),
      `energy distance ${own.energy.toFixed(5)} refit ${best.energy.toFixed(5)}; error of the effect ${own.error.toFixed(4)} refit ${best.error.toFixed(4)}; data sets ${dataSets}`,
    );
    expect(own.energy).toBeLessThan(2 * best.energy);
    expect(own.error).toBeLessThan(2 * best.error);
  },
  600_000,
);

interface Figures {
  readonly energy: number;
  readonly error: number;
}
