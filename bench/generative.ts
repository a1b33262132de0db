/**
 * Training steps as one ONNX graph each, one thread, beside a product of two 1024x1024 matrices on the same runtime in the same run
 * (a step's ratio is its time over that of so many products as have its multiplications), and beside tfjs and jax-js on WebAssembly.
 * Processor time, least of many: the clock counts what other processes do.
 *
 * MLP: 64-256-256-64, SiLU, squared error, batch 1,024: forward, backward, Adam, 5.7e8 operations. Predicted: 1.2 times the product's time
 * (4.8 ms at 138 GFLOP/s), jax-js 5 times and tfjs 30 times as long.
 * Convolutions: 3-32-32-3 channels, 3x3, batch 64 of 28x28. Predicted: 98 ms at 138 GFLOP/s; tfjs has no gradient of the kernel here.
 * U-Net: 16-32-64 channels, time and condition, batch 64 of 3x28x28. Predicted: 320 ms. For 8x8, one channel: a tenth.
 * Normal draws: predicted 20 ms a million.
 *
 *     node bench/dist/generative.js [runs = 60] [--alone]
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { argv, cpuUsage } from 'node:process';
import {
  advance,
  convolution,
  fillNormal,
  GraphBuilder,
  graphOf,
  initialState,
  type Node,
  perceptron,
  Random,
  type Shape,
  sizeOf,
  type Tensor,
  trainStep,
  unet,
} from '@doable/engine/tensor';
import { ortBackend } from 'doable/tensor';

const runs = Number(argv[2] ?? 60);
const alone = argv.includes('--alone');
const loaded = await ortBackend();
if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
const ort = loaded.value;

const normal = (seed: number, shape: Shape): Tensor => {
  const values = new Float32Array(sizeOf(shape));
  fillNormal(new Random(seed, 'bench'), values);
  return { shape, values };
};
/** Milliseconds of processor time, all threads of this process. */
async function busy(work: () => unknown): Promise<number> {
  const start = cpuUsage();
  await work();
  const { user, system } = cpuUsage(start);
  return (user + system) / 1000;
}
const least = (times: readonly number[]): number => Math.min(...times);
const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] as number;

const product = await (async () => {
  const g = new GraphBuilder();
  const executable = await ort.compile(graphOf({ z: g.matmul(g.input('x', [1024, 1024]), g.input('y', [1024, 1024])) }));
  const feeds = new Map([
    ['x', normal(1, [1024, 1024])],
    ['y', normal(2, [1024, 1024])],
  ]);
  return () => executable.run(feeds);
})();
const operations = 2 * 1024 ** 3;

interface Model {
  readonly name: string;
  readonly predicted: string;
  /** Multiplications and additions of one step, where they are counted. */
  readonly work?: number;
  readonly runs: number;
  readonly feeds: ReadonlyMap<string, Shape>;
  readonly predict: (g: GraphBuilder, input: (name: string) => Node) => Node;
}

const models: readonly Model[] = [
  {
    name: 'MLP',
    predicted: 'ratio 1.2',
    work: 1024 * 2 * (2 * 64 * 256 + 3 * (256 * 256 + 256 * 64)),
    runs: 5 * runs,
    feeds: new Map([
      ['x', [1024, 64]],
      ['y', [1024, 64]],
    ]),
    predict: (g, input) => perceptron(g, input('x'), 'net', [256, 256, 64]),
  },
  {
    name: 'convolutions',
    predicted: 'ratio 4',
    work: 64 * 784 * 2 * 9 * (2 * 3 * 32 + 3 * (32 * 32 + 32 * 3)),
    runs: runs / 2,
    feeds: new Map([
      ['x', [64, 3, 28, 28]],
      ['y', [64, 3, 28, 28]],
    ]),
    predict: (g, input) => {
      const first = g.silu(convolution(g, input('x'), 'a', 32));
      return convolution(g, g.silu(convolution(g, first, 'b', 32)), 'c', 3);
    },
  },
  {
    name: 'U-Net 28x28x3',
    predicted: '320 ms',
    runs: runs / 4,
    feeds: new Map([
      ['x', [64, 3, 28, 28]],
      ['y', [64, 3, 28, 28]],
      ['t', [64]],
      ['c', [64, 16]],
    ]),
    predict: (g, input) => unet(g, input('x'), 'net', { time: input('t'), condition: input('c') }),
  },
  {
    name: 'U-Net 8x8x1',
    predicted: '32 ms',
    runs: runs / 2,
    feeds: new Map([
      ['x', [64, 1, 8, 8]],
      ['y', [64, 1, 8, 8]],
      ['t', [64]],
      ['c', [64, 16]],
    ]),
    predict: (g, input) => unet(g, input('x'), 'net', { time: input('t'), condition: input('c') }),
  },
];

for (const { name, predicted, work, runs, feeds, predict } of models) {
  const g = new GraphBuilder();
  const input = (of: string): Node => g.input(of, feeds.get(of) as Shape);
  const train = trainStep(g, g.reduceMean(g.square(g.subtract(predict(g, input), input('y')))));
  const executable = await ort.compile(train.graph);
  const batch = new Map([...feeds].map(([of, shape], i): [string, Tensor] => [of, normal(i, shape)]));
  let state = initialState(train, new Random(1));
  const [steps, products, losses]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < runs; i++) {
    const time = await busy(async () => {
      const next = await advance(train, executable, state, batch, 1e-3);
      state = next.state;
      losses.push(next.loss);
    });
    steps.push(time);
    if (i % 4 === 0) products.push(await busy(product));
  }
  await executable.dispose();
  const rate = operations / least(products) / 1e6;
  console.log(
    `${name}: ${least(steps).toFixed(2)} ms a step (median ${median(steps).toFixed(2)}), predicted ${predicted}, ${train.size} parameters; ` +
      `product 1024: ${least(products).toFixed(1)} ms, ${rate.toFixed(1)} GFLOP/s; ` +
      `${work === undefined ? `${(least(steps) / least(products)).toFixed(1)} products` : `ratio ${((least(steps) * rate * 1e6) / work).toFixed(2)}`}; ` +
      `loss ${losses[0]?.toFixed(3)} to ${losses[losses.length - 1]?.toFixed(3)}`,
  );
}

const draws = new Float32Array(1e6);
const draw: number[] = [];
for (let i = 0; i < 20; i++) draw.push(await busy(() => fillNormal(new Random(i), draws)));
console.log(`normal draws: ${least(draw).toFixed(1)} ms a million, predicted 20`);

const widths = [64, 256, 256, 64];
const weights = widths
  .slice(1)
  .map((width, i) => Float32Array.from(normal(i, [widths[i] as number, width]).values, (value) => value / Math.sqrt(widths[i] as number)));

async function jax(): Promise<void> {
  const { init, defaultDevice, jit, nn, numpy: np, valueAndGrad, blockUntilReady } = await import('@jax-js/jax');
  await init('wasm');
  defaultDevice('wasm');
  type Value = ReturnType<typeof np.array>;
  type Layers = { w: Value; b: Value }[];
  const loss = (layers: Layers, x: Value, y: Value): Value => {
    let value = x;
    for (const [i, { w, b }] of layers.entries()) {
      value = np.matmul(value, w).add(b);
      if (i < 2) value = nn.silu(value);
    }
    return np.mean(np.square(value.sub(y)));
  };
  const step = jit((p: Layers, m: Layers, v: Layers, x: Value, y: Value): { p: Layers; m: Layers; v: Layers; loss: Value } => {
    const [value, slopes] = valueAndGrad(loss)(
      p.map(({ w, b }) => ({ w: w.ref, b: b.ref })),
      x,
      y,
    ) as unknown as [Value, Layers];
    const each = (one: Value, first: Value, second: Value, slope: Value): readonly [Value, Value, Value] => {
      const mean = first.mul(0.9).add(slope.ref.mul(0.1));
      const square = second.mul(0.999).add(np.square(slope).mul(0.001));
      return [one.sub(mean.ref.mul(1e-3).div(np.sqrt(square.ref).add(1e-8))), mean, square];
    };
    const next: { p: Layers; m: Layers; v: Layers; loss: Value } = { p: [], m: [], v: [], loss: value };
    for (const [i, layer] of p.entries()) {
      const [first, second, slope] = [m[i], v[i], slopes[i]] as [Layers[0], Layers[0], Layers[0]];
      const w = each(layer.w, first.w, second.w, slope.w);
      const b = each(layer.b, first.b, second.b, slope.b);
      next.p.push({ w: w[0], b: b[0] });
      next.m.push({ w: w[1], b: b[1] });
      next.v.push({ w: w[2], b: b[2] });
    }
    return next;
  });
  const array = (values: Float32Array | Float64Array, shape: Shape): Value =>
    np.array(values as Float32Array<ArrayBuffer>).reshape([...shape]);
  const start = (scale: number): Layers =>
    weights.map((w, i) => ({
      w: array(
        w.map((value) => scale * value),
        [widths[i] as number, widths[i + 1] as number],
      ),
      b: np.zeros([widths[i + 1] as number]),
    }));
  const [x, y] = [normal(0, [1024, 64]), normal(1, [1024, 64])];
  let [p, m, v] = [start(1), start(0), start(0)];
  const [times, products, losses]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < runs / 2; i++) {
    const [a, b] = [array(x.values, x.shape), array(y.values, y.shape)];
    times.push(
      await busy(async () => {
        const out = step(p, m, v, a, b) as { p: Layers; m: Layers; v: Layers; loss: Value };
        await blockUntilReady(out as never);
        [p, m, v] = [out.p, out.m, out.v];
        losses.push((await out.loss.data())[0] as number);
      }),
    );
    products.push(await busy(product));
  }
  const falls = `loss ${losses[0]?.toFixed(3)} to ${losses[losses.length - 1]?.toFixed(3)}`;
  console.log(
    `jax-js 0.1, WebAssembly, MLP: ${least(times).toFixed(1)} ms, ${(least(times) / least(products)).toFixed(2)} products, ${falls}`,
  );
}

/** Its package for Node has no gradients without the umbrella package, so they are written out in its own operations; Adam is its own. */
async function tfjs(): Promise<void> {
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
  const wasm = require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), '/'));
  wasm.setThreadsCount(1);
  await tf.setBackend('wasm');
  await tf.ready();
  const layers = weights.map((w, i) => ({
    w: tf.variable(tf.tensor2d(w, [widths[i] as number, widths[i + 1] as number]), true, `w${i}`),
    b: tf.variable(tf.zeros([widths[i + 1] as number]), true, `b${i}`),
  }));
  type Value = ReturnType<typeof tf.tensor2d>;
  const matrix = (seed: number): Value => tf.tensor2d(normal(seed, [1024, 64]).values as Float32Array, [1024, 64]);
  const [x, y] = [matrix(0), matrix(1)];
  const adam = tf.train.adam(1e-3);
  const step = (): ReturnType<typeof tf.scalar> => {
    const before: Value[] = [x];
    const gates: { z: Value; s: Value }[] = [];
    let value: Value = x;
    for (const [i, { w, b }] of layers.entries()) {
      const z = tf.add(tf.matMul(value, w as unknown as Value), b) as Value;
      const s = tf.sigmoid(z);
      value = i < 2 ? tf.mul(z, s) : z;
      gates.push({ z, s });
      before.push(value);
    }
    const error = tf.sub(value, y) as Value;
    const slopes: { name: string; tensor: ReturnType<typeof tf.tensor> }[] = [];
    let back = tf.mul(error, 2 / (1024 * 64)) as Value;
    for (let i = 2; i >= 0; i--) {
      const { s } = gates[i] as { s: Value };
      if (i < 2) back = tf.mul(back, tf.add(s, tf.mul(before[i + 1] as Value, tf.sub(1, s))));
      slopes.push({ name: `w${i}`, tensor: tf.matMul(before[i] as Value, back, true, false) });
      slopes.push({ name: `b${i}`, tensor: tf.sum(back, 0) });
      if (i > 0) back = tf.matMul(back, layers[i]?.w as unknown as Value, false, true);
    }
    adam.applyGradients(slopes);
    return tf.mean(tf.square(error));
  };
  const [times, products, losses]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < runs / 4; i++) {
    times.push(
      await busy(async () => {
        const value = tf.tidy(step);
        losses.push((await value.data())[0] as number);
        value.dispose();
      }),
    );
    products.push(await busy(product));
  }
  const falls = `loss ${losses[0]?.toFixed(3)} to ${losses[losses.length - 1]?.toFixed(3)}`;
  console.log(
    `tfjs 4.22, WebAssembly, MLP: ${least(times).toFixed(1)} ms, ${(least(times) / least(products)).toFixed(2)} products, ${falls}`,
  );
}

if (!alone) {
  for (const other of [jax, tfjs])
    await other().catch((error: unknown) => console.log(`${other.name}: ${error instanceof Error ? error.message : error}`));
}
