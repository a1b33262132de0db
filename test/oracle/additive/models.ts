import { adaptive, type Density, logistic, normal, panelled, uniform } from './densities.ts';

/** A_j = mean(A_1, ..., A_{j-1}, causes of its block) + spread * V_j. */
export interface Action {
  readonly mean: (before: readonly number[], causes: readonly number[]) => number;
  readonly spread: number;
  readonly noise: Density;
}

/** A part f_b of the outcome and what it may read: its actions (numbers from 0) and its hidden causes (`scale` times a standard density). */
export interface Block {
  readonly actions: readonly number[];
  readonly causes: readonly { readonly law: Density; readonly scale: number }[];
  readonly f: (actions: readonly number[], causes: readonly number[]) => number;
}

/** Y = sum of the parts (+ noise of mean 0). Actions are in causal order; each stands in one block and is confounded with that part alone. */
export interface Model {
  readonly name: string;
  readonly actions: readonly Action[];
  readonly blocks: readonly Block[];
}

const own = (action: number, law: Density, scale: number, f: (a: number, c: number) => number): Block => ({
  actions: [action],
  causes: [{ law, scale }],
  f: ([a], [c]) => f(a as number, c as number),
});
const at = (values: readonly number[], i: number): number => values[i] as number;

/** The confounder multiplies the action beside bounded and saturating terms. */
const parts = [
  (a: number, c: number): number => 0.6 * a * a * c + Math.sin(a) + c,
  (a: number, c: number): number => Math.tanh(a + c) + 0.8 * a * c,
  (a: number, c: number): number => a * (1 + c) ** 2 - 0.3 * a * a,
  (a: number, c: number): number => 1 / (1 + Math.exp(-2 * a * c)) + Math.cos(a - c),
  (a: number, c: number): number => (0.5 * a ** 3 * c) / (1 + a * a) + 0.2 * Math.exp(0.4 * c),
] as const;

const actions: readonly Action[] = [
  { mean: (_, [c]) => 0.9 * (c as number), spread: 0.6, noise: normal },
  { mean: (a, [c]) => 0.5 * at(a, 0) + 0.7 * (c as number) + 0.2 * at(a, 0) * (c as number), spread: 0.7, noise: logistic },
  { mean: (a, [c]) => Math.sin(at(a, 0)) - 0.4 * at(a, 1) + (c as number), spread: 0.8, noise: normal },
  { mean: (a, [c]) => 0.3 * at(a, 2) * at(a, 0) + 0.6 * (c as number) ** 2, spread: 0.9, noise: logistic },
  { mean: (a, [c]) => Math.tanh(at(a, 3) + at(a, 1)) + 0.8 * (c as number), spread: 0.7, noise: normal },
];
const laws = [
  [normal, 0.7],
  [uniform, 0.8],
  [logistic, 0.6],
  [normal, 0.9],
  [uniform, 0.7],
] as const;

/** One hidden cause for each of K = 2, ..., 5 actions. */
export const pairwise: readonly Model[] = [2, 3, 4, 5].map((count) => ({
  name: `${count} actions, a cause each`,
  actions: actions.slice(0, count),
  blocks: parts.slice(0, count).map((f, j) => own(j, ...(laws[j] as readonly [Density, number]), f)),
}));

/** A part that two actions make together, confounded with both by the same causes: {A1, A2}, A3. */
export const blocked: Model = {
  name: 'a block of two actions with two causes, and a third action',
  actions: [
    { mean: (_, c) => 0.8 * at(c, 0) - 0.3 * at(c, 1), spread: 0.7, noise: normal },
    { mean: (a, c) => 0.4 * at(a, 0) + at(c, 0) * at(c, 1), spread: 0.8, noise: logistic },
    actions[2] as Action,
  ],
  blocks: [
    {
      actions: [0, 1],
      causes: [
        { law: normal, scale: 0.7 },
        { law: uniform, scale: 0.8 },
      ],
      f: (a, c) => at(a, 0) * at(a, 1) * at(c, 0) + Math.sin(at(a, 0) - at(c, 1)) + at(a, 1) ** 2,
    },
    own(2, logistic, 0.6, parts[2]),
  ],
};

/** {A1, A3}, {A2, A4}: blocks that are interleaved in time. */
export const interleaved: Model = {
  name: 'two interleaved blocks of two actions with one cause',
  actions: actions.slice(0, 4),
  blocks: [
    { actions: [0, 2], causes: [{ law: normal, scale: 0.8 }], f: (a, c) => at(a, 0) * at(a, 1) * (1 + at(c, 0)) + Math.cos(at(c, 0)) },
    { actions: [1, 3], causes: [{ law: uniform, scale: 0.9 }], f: (a, c) => Math.tanh(at(a, 0) * at(a, 1) + at(c, 0)) + at(c, 0) ** 2 },
  ],
};

/** Density of the watched actions of a block at `point`, given its causes. */
function likelihood(model: Model, block: Block, set: readonly number[], point: readonly number[], causes: readonly number[]): number {
  let product = 1;
  for (const j of block.actions) {
    if (set.includes(j)) continue;
    const { mean, spread, noise } = model.actions[j] as Action;
    product *= noise.at((at(point, j) - mean(point.slice(0, j), causes)) / spread) / spread;
  }
  return product;
}

/**
 * E[Y | do(a_T), the other actions = a] by one sum over all hidden causes at once (tensor Gauss-Legendre): posterior weights times the whole
 * outcome, over posterior weights; `count` nodes on parts of at most `width` standard deviations. Nothing is assumed of how the causes hang together given the actions.
 */
export function meanByTensor(model: Model, set: readonly number[], point: readonly number[], width: number, count: number): number {
  const tables = model.blocks.map((block) => {
    let states: { readonly causes: readonly number[]; readonly weight: number }[] = [{ causes: [], weight: 1 }];
    for (const { law, scale } of block.causes) {
      const { nodes, weights } = panelled(law.range, Math.ceil((law.range[1] - law.range[0]) / width), count);
      states = states.flatMap(({ causes, weight }) =>
        nodes.map((z, i) => ({ causes: [...causes, scale * z], weight: weight * (weights[i] as number) * law.at(z) })),
      );
    }
    const own = block.actions.map((j) => at(point, j));
    return {
      weight: Float64Array.from(states, ({ causes, weight }) => weight * likelihood(model, block, set, point, causes)),
      value: Float64Array.from(states, ({ causes }) => block.f(own, causes)),
    };
  });
  let [total, mass] = [0, 0];
  const through = (i: number, weight: number, value: number): void => {
    const table = tables[i];
    if (table === undefined) {
      total += weight * value;
      mass += weight;
      return;
    }
    for (let state = 0; state < table.weight.length; state++)
      through(i + 1, weight * (table.weight[state] as number), value + (table.value[state] as number));
  };
  through(0, 1, 0);
  return total / mass;
}

/** The same, part by part (a part depends on the actions through its own causes alone: lemma 1), by nested adaptive integration. */
export function meanByAdaptive(model: Model, set: readonly number[], point: readonly number[], tolerance: number): number {
  return model.blocks.reduce((sum, block) => {
    const own = block.actions.map((j) => at(point, j));
    const integral = (g: (causes: readonly number[]) => number): number => {
      const nested = (causes: readonly number[]): number => {
        const next = block.causes[causes.length];
        if (next === undefined) return g(causes);
        const { law, scale } = next;
        return adaptive((z) => law.at(z) * nested([...causes, scale * z]), law.range[0], law.range[1], tolerance);
      };
      return nested([]);
    };
    const weigh = (causes: readonly number[]): number => likelihood(model, block, set, point, causes);
    return sum + integral((causes) => weigh(causes) * block.f(own, causes)) / integral(weigh);
  }, 0);
}

/** The same by simulation: causes from their laws, weighted by the density of the watched actions; with its standard error. */
export function meanBySimulation(
  model: Model,
  set: readonly number[],
  point: readonly number[],
  draws: number,
  random: () => number,
): { readonly mean: number; readonly standardError: number } {
  const draw = { normal: drawNormal, uniform: drawUniform, logistic: drawLogistic };
  let [mass, sum, squares, cross, weights] = [0, 0, 0, 0, 0];
  for (let i = 0; i < draws; i++) {
    let [weight, value] = [1, 0];
    for (const block of model.blocks) {
      const causes = block.causes.map(({ law, scale }) => scale * draw[law.name](random));
      weight *= likelihood(model, block, set, point, causes);
      value += block.f(
        block.actions.map((j) => at(point, j)),
        causes,
      );
    }
    mass += weight;
    sum += weight * value;
    weights += weight * weight;
    squares += (weight * value) ** 2;
    cross += weight * weight * value;
  }
  const mean = sum / mass;
  return { mean, standardError: Math.sqrt(squares - 2 * mean * cross + mean * mean * weights) / mass };
}

const drawNormal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const drawUniform = (random: () => number): number => Math.sqrt(3) * (2 * random() - 1);
const drawLogistic = (random: () => number): number => {
  const u = (random() + 1e-17) / (1 + 2e-17);
  return (Math.sqrt(3) / Math.PI) * Math.log(u / (1 - u));
};
