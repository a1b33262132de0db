import type { Issue, Result } from '@doable/engine';
import {
  type Backend,
  type CompileOptions,
  checkedFeed,
  type Executable,
  GraphBuilder,
  graphOf,
  type Tensor,
  type Tensors,
  writeOnnx,
} from '@doable/engine/tensor';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';

export interface OrtOptions {
  /** Where graphs run: processors, or a GPU through WebGPU (needs a driver; tried at once). `cpu` unless given. */
  readonly provider?: 'cpu' | 'webgpu';
  /** How far ONNX Runtime rewrites a graph; `all` unless given. */
  readonly optimisation?: 'disabled' | 'basic' | 'extended' | 'all';
}

/** A model's input or output. Axes that the model leaves open are names, or undefined. */
export interface ModelValue {
  readonly type: string;
  readonly shape: readonly (number | string | undefined)[];
}
/** Somebody's model made ready; numbers are converted to and from the types that it declares. */
export interface LoadedModel extends Executable {
  readonly inputs: ReadonlyMap<string, ModelValue>;
  readonly outputs: ReadonlyMap<string, ModelValue>;
}

/** ONNX Runtime: float32. The same graph and feeds give the same digits on one machine with one number of threads. */
export interface OrtBackend extends Backend {
  /** A model that the engine's `inspectOnnx` has accepted. What ONNX Runtime makes of it is an issue, not an exception. */
  load(model: Uint8Array, options?: CompileOptions): Promise<Result<LoadedModel>>;
}

/** ONNX Runtime, loaded when it is first asked for; an issue where its library cannot be. */
export async function ortBackend({ provider = 'cpu', optimisation = 'all' }: OrtOptions = {}): Promise<Result<OrtBackend>> {
  // ONNX Runtime would report its use to its maker. (Of a thread's environment it sees nothing: the main thread must have set this.)
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  let ort: typeof import('onnxruntime-node');
  try {
    ort = await import('onnxruntime-node');
  } catch (error) {
    return { ok: false, issues: [missing(error)] };
  }
  const session = (model: Uint8Array, { threads = 1 }: CompileOptions): Promise<InferenceSession> =>
    ort.InferenceSession.create(model, {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: optimisation,
      logSeverityLevel: 3,
      // Waiting threads sleep: on shared processors spinning costs more than it saves.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  const name = `onnxruntime-${provider}`;
  if (provider !== 'cpu') {
    const g = new GraphBuilder();
    try {
      const trial = await session(writeOnnx(graphOf({ y: g.exp(g.input('x', [1])) })), {});
      await trial.run({ x: new ort.Tensor('float32', Float32Array.of(0), [1]) });
      await trial.release();
    } catch (error) {
      return {
        ok: false,
        issues: [
          { code: 'no-gpu', message: `ONNX Runtime finds no GPU for ${provider}: ${sentence(error).split('was false. ').pop()?.trim()}` },
        ],
      };
    }
  }
  return {
    ok: true,
    value: {
      name,
      async compile(graph, options = {}) {
        const model = writeOnnx(graph, { kernelGradient: provider === 'cpu' ? 'convolution' : 'product' });
        const ready = await session(model, options);
        return {
          async run(feeds) {
            const given = new Map<string, OrtTensor>();
            for (const input of graph.inputs.keys()) {
              const { shape, values } = checkedFeed(graph, feeds, input);
              given.set(input, new ort.Tensor('float32', values instanceof Float32Array ? values : Float32Array.from(values), shape));
            }
            return tensors(await ready.run(Object.fromEntries(given)));
          },
          dispose: () => ready.release(),
        };
      },
      async load(model, options = {}) {
        try {
          const ready = await session(model, options);
          const [inputs, outputs] = [described(ready.inputMetadata), described(ready.outputMetadata)];
          const issues = [...inputs, ...outputs].flatMap(([of, { type }]) => (type in converters ? [] : [unreadable(of, type)]));
          if (issues.length > 0) {
            await ready.release();
            return { ok: false, issues };
          }
          const run = async (feeds: Tensors): Promise<Tensors> => {
            const given = new Map<string, OrtTensor>();
            for (const [input, { type }] of inputs) {
              const feed = feeds.get(input);
              if (feed === undefined) throw new Error(`Nothing is fed to the input ${input}.`);
              const values = (converters[type] as Converter)(feed.values);
              given.set(input, new ort.Tensor(type as 'float32', values as Float32Array, feed.shape));
            }
            return tensors(await ready.run(Object.fromEntries(given)));
          };
          return { ok: true, value: { inputs, outputs, run, dispose: () => ready.release() } };
        } catch (error) {
          return { ok: false, issues: [{ code: 'onnx-refused', message: `ONNX Runtime refuses the model: ${sentence(error)}` }] };
        }
      },
    },
  };
}

type Converter = (values: Float32Array | Float64Array) => ArrayLike<number | bigint>;
const converters: Readonly<Record<string, Converter>> = {
  float32: (values) => Float32Array.from(values),
  float64: (values) => Float64Array.from(values),
  int32: (values) => Int32Array.from(values),
  int64: (values) => BigInt64Array.from(values, (value) => BigInt(Math.trunc(value))),
  bool: (values) => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)),
};

function tensors(outputs: InferenceSession.ReturnType): Map<string, Tensor> {
  return new Map(
    Object.entries(outputs).map(([name, { data, dims }]) => {
      const values =
        data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data as ArrayLike<number | bigint>, Number);
      return [name, { shape: dims, values }];
    }),
  );
}

function described(values: readonly InferenceSession.ValueMetadata[]): Map<string, ModelValue> {
  return new Map(
    values.map((value) => [value.name, value.isTensor ? { type: value.type, shape: value.shape } : { type: 'no tensor', shape: [] }]),
  );
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const unreadable = (name: string, type: string): Issue => ({
  code: 'onnx-type',
  message: `'${name}' of the model is ${type}; numbers are passed as float32, float64, int32, int64 or bool.`,
});
const missing = (error: unknown): Issue => ({
  code: 'no-onnx-runtime',
  message: `ONNX Runtime could not be loaded: ${sentence(error)}`,
  hint: 'Install it with `npm install onnxruntime-node --onnxruntime-node-install=skip`.',
});
