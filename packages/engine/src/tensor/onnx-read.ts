import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { fields, integer, integers, message, packed, text } from './onnx-fields.ts';
import { WireType } from './wire.ts';

/** Limits of {@link inspectOnnx}. */
export interface OnnxLimits {
  /** Largest file, in bytes; 512 MiB unless given. */
  readonly bytes?: number;
  /** Most numbers in one tensor; 2^27 unless given. */
  readonly elements?: number;
  /** Most operators, with those of inner graphs; 200,000 unless given. */
  readonly nodes?: number;
  /** Sets of operators that are allowed beside the standard one, such as `com.microsoft`; none unless given. */
  readonly domains?: readonly string[];
}

/** An input or output. Axes that the model leaves open are names, or undefined; `shape` is undefined where not even the number of axes is told. */
export interface OnnxValue {
  readonly name: string;
  /** `float32`, `int64`, ...; `other` for sequences and maps. */
  readonly type: string;
  readonly shape?: readonly (number | string | undefined)[];
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** What stands in a model file, read without running it. */
export interface OnnxSummary {
  readonly format: number;
  readonly producer: string;
  /** Versions of the sets of operators; the standard one is ''. */
  readonly operatorSets: ReadonlyMap<string, number>;
  /** What must be fed: inputs that have no value inside the model. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** How often each operator occurs, inner graphs included, in alphabetical order; `domain.Name` outside the standard set. */
  readonly operators: ReadonlyMap<string, number>;
  readonly initialisers: readonly OnnxTensor[];
  /** Numbers in all tensors of the file, and their bytes. */
  readonly elements: number;
  readonly bytes: number;
  /** Operators that draw noise of their own: such a model cannot give the same draws twice. */
  readonly random: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
}

const bits: readonly (readonly [string, number] | undefined)[] = [
  undefined,
  ['float32', 32],
  ['uint8', 8],
  ['int8', 8],
  ['uint16', 16],
  ['int16', 16],
  ['int32', 32],
  ['int64', 64],
  ['string', 0],
  ['bool', 8],
  ['float16', 16],
  ['float64', 64],
  ['uint32', 32],
  ['uint64', 64],
  ['complex64', 64],
  ['complex128', 128],
  ['bfloat16', 16],
  ['float8e4m3fn', 8],
  ['float8e4m3fnuz', 8],
  ['float8e5m2', 8],
  ['float8e5m2fnuz', 8],
  ['uint4', 4],
  ['int4', 4],
  ['float4e2m1', 4],
];
const noisy = new Set(['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Multinomial', 'Bernoulli']);
const deepest = 16;

/** Carries an issue out of the depths of a file. Never leaves this module. */
class Refused extends Error {
  readonly issue: Issue;
  constructor(issue: Issue) {
    super(issue.message);
    this.issue = issue;
  }
}
const refuse = (code: string, message: string, hint?: string): never => {
  throw new Refused({ code, message, ...(hint !== undefined && { hint }) });
};

interface State {
  readonly limits: Required<OnnxLimits>;
  readonly operators: Map<string, number>;
  readonly domains: Set<string>;
  nodes: number;
  elements: number;
  bytes: number;
}

/**
 * Reads an ONNX model file as a document: what it takes, gives, holds and does. Refused, with an issue: files that are too large,
 * truncated or malformed; tensors whose data lie in other files, or are not as large as they say; operators or functions beyond
 * the standard ones. Whether the graph makes sense is for the runtime to say. Never throws, whatever the bytes.
 */
export function inspectOnnx(file: Uint8Array, limits: OnnxLimits = {}): Result<OnnxSummary> {
  const full = { bytes: 2 ** 29, elements: 2 ** 27, nodes: 200_000, domains: [], ...limits };
  if (file.length > full.bytes) {
    return failure({ code: 'onnx-too-large', message: `The model has ${file.length} bytes; at most ${full.bytes} are read.` });
  }
  try {
    return success(readModel(file, { limits: full, operators: new Map(), domains: new Set(), nodes: 0, elements: 0, bytes: 0 }));
  } catch (error) {
    if (error instanceof Refused) return failure(error.issue);
    // The wire library reports bytes that are no message by exceptions.
    const why = error instanceof Error ? error.message : String(error);
    return failure({ code: 'onnx-malformed', message: `This is not an ONNX model, or a damaged one: ${why}.` });
  }
}

function readModel(file: Uint8Array, state: State): OnnxSummary {
  let [format, producer] = [0, ''];
  const operatorSets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const graphs: Uint8Array[] = [];
  fields(file, {
    1: integer((value) => {
      format = value;
    }),
    2: text((value) => {
      producer = value;
    }),
    7: message((bytes) => graphs.push(bytes)),
    8: message((bytes) => {
      let [domain, version] = ['', 0];
      fields(bytes, {
        1: text((value) => {
          domain = value;
        }),
        2: integer((value) => {
          version = value;
        }),
      });
      operatorSets.set(standard(domain), version);
    }),
    14: message((bytes) => metadata.set(...entry(bytes))),
    20: () => refuse('onnx-training', 'The model carries training steps; only its forward graph can be used.'),
    25: () => refuse('onnx-functions', 'The model defines functions of its own.', 'Export it with its functions written out (inlined).'),
  });
  const [graph] = graphs;
  if (graph === undefined || graphs.length > 1 || format === 0) throw new RangeError(`${graphs.length} graphs, format version ${format}`);
  const { inputs, outputs, initialisers } = readGraph(graph, state, 0);
  const foreign = [...state.domains].filter((domain) => domain !== '' && !state.limits.domains.includes(domain));
  if (foreign.length > 0) {
    refuse(
      'onnx-domain',
      `The model uses operators outside the standard set: ${foreign.sort().slice(0, 5).join(', ')}.`,
      'Export it with standard ONNX operators only.',
    );
  }
  const inside = new Set(initialisers.map(({ name }) => name));
  const operators = new Map([...state.operators].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    format,
    producer,
    operatorSets,
    inputs: inputs.filter(({ name }) => !inside.has(name)),
    outputs,
    operators,
    initialisers,
    elements: state.elements,
    bytes: state.bytes,
    random: [...operators.keys()].filter((name) => noisy.has(name)),
    metadata,
  };
}

const standard = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

function entry(bytes: Uint8Array): [string, string] {
  let [key, value] = ['', ''];
  fields(bytes, {
    1: text((read) => {
      key = read;
    }),
    2: text((read) => {
      value = read;
    }),
  });
  return [key, value];
}

function readGraph(bytes: Uint8Array, state: State, depth: number): Pick<OnnxSummary, 'inputs' | 'outputs' | 'initialisers'> {
  if (depth > deepest) refuse('onnx-too-deep', `Graphs are nested more than ${deepest} deep.`);
  const [inputs, outputs, initialisers]: [OnnxValue[], OnnxValue[], OnnxTensor[]] = [[], [], []];
  fields(bytes, {
    1: message((node) => readNode(node, state, depth)),
    5: message((tensor) => initialisers.push(readTensor(tensor, state))),
    11: message((value) => inputs.push(readValue(value))),
    12: message((value) => outputs.push(readValue(value))),
    15: () => refuse('onnx-sparse', 'The model holds sparse tensors, which are not read.'),
  });
  return { inputs, outputs, initialisers };
}

function readNode(bytes: Uint8Array, state: State, depth: number): void {
  let [name, domain] = ['', ''];
  fields(bytes, {
    4: text((value) => {
      name = value;
    }),
    5: message((attribute) =>
      fields(attribute, {
        5: message((tensor) => readTensor(tensor, state)),
        6: message((graph) => readGraph(graph, state, depth + 1)),
        10: message((tensor) => readTensor(tensor, state)),
        11: message((graph) => readGraph(graph, state, depth + 1)),
        22: () => refuse('onnx-sparse', 'The model holds sparse tensors, which are not read.'),
        23: () => refuse('onnx-sparse', 'The model holds sparse tensors, which are not read.'),
      }),
    ),
    7: text((value) => {
      domain = standard(value);
    }),
  });
  state.nodes += 1;
  if (state.nodes > state.limits.nodes) refuse('onnx-too-large', `The model has more than ${state.limits.nodes} operators.`);
  state.domains.add(domain);
  const full = domain === '' ? name : `${domain}.${name}`;
  state.operators.set(full, (state.operators.get(full) ?? 0) + 1);
}

function readTensor(bytes: Uint8Array, state: State): OnnxTensor {
  const shape: number[] = [];
  let [type, name, raw, stored, location] = [0, '', -1, 0, 0];
  const count = (read: number): void => {
    stored += read;
  };
  fields(bytes, {
    1: integers((size) => {
      shape.push(size);
      if (shape.length > 64) refuse('onnx-tensor', 'A tensor has more than 64 axes.');
    }),
    2: integer((value) => {
      type = value;
    }),
    4: packed(4, WireType.Bit32, count),
    5: integers(() => count(1)),
    6: message(() => count(1)),
    7: integers(() => count(1)),
    8: text((value) => {
      name = value;
    }),
    9: message(({ length }) => {
      raw = length;
    }),
    10: packed(8, WireType.Bit64, count),
    11: integers(() => count(1)),
    13: () => external(),
    14: integer((value) => {
      location = value;
    }),
  });
  if (location !== 0) external();
  const [spelled, width] = bits[type] ?? refuse('onnx-tensor', `The tensor '${name}' has the unknown element type ${type}.`);
  const size = shape.reduce((product, each) => product * each, 1);
  if (shape.some((each) => !Number.isSafeInteger(each) || each < 0))
    refuse('onnx-tensor', `The tensor '${name}' has the shape [${shape.join(', ')}].`);
  if (!(size <= state.limits.elements))
    refuse('onnx-too-large', `The tensor '${name}' has ${size} elements; at most ${state.limits.elements} are read.`);
  const expected =
    raw >= 0 ? Math.ceil((size * width) / 8) : width === 4 ? Math.ceil(size / 2) : spelled.startsWith('complex') ? 2 * size : size;
  if ((raw >= 0 ? raw : stored) !== expected)
    refuse('onnx-tensor', `The tensor '${name}' [${shape.join(', ')}] does not hold as many values as its shape says.`);
  const held = raw >= 0 ? raw : Math.ceil((size * width) / 8);
  state.elements += size;
  state.bytes += held;
  return { name, type: spelled, shape, bytes: held };
}

const external = (): never =>
  refuse('onnx-external-data', 'Tensors of the model lie in other files.', 'Save the model as one file, with its weights inside.');

function readValue(bytes: Uint8Array): OnnxValue {
  let [name, type] = ['', 'other'];
  let shape: (number | string | undefined)[] | undefined;
  const readShape = message((dimensions) => {
    shape = [];
    fields(dimensions, {
      1: message((dimension) => {
        let size: number | string | undefined;
        fields(dimension, {
          1: integer((value) => {
            size = value;
          }),
          2: text((value) => {
            size = value === '' ? undefined : value;
          }),
        });
        shape?.push(size);
      }),
    });
  });
  const tensor = message((inner) =>
    fields(inner, {
      1: integer((value) => {
        type = bits[value]?.[0] ?? `type ${value}`;
      }),
      2: readShape,
    }),
  );
  fields(bytes, {
    1: text((value) => {
      name = value;
    }),
    2: message((inner) => fields(inner, { 1: tensor })),
  });
  return { name, type, ...(shape !== undefined && { shape }) };
}
