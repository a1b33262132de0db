import type { Graph } from './graph.ts';
import { type Attribute, type Initialiser, type KernelGradient, lower, type OnnxNode } from './onnx-nodes.ts';
import { BinaryWriter, WireType } from './wire.ts';

export interface OnnxOptions {
  /** `convolution` unless given. */
  readonly kernelGradient?: KernelGradient;
  /** Written into the model's properties, in this order. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Version of the file format and of the operators: what ONNX 1.13 (2022) and all later readers know. */
export const onnxVersions = { format: 8, operators: 18 } as const;

/**
 * The graph as an ONNX model: float32, fixed shapes, standard operators only, constants inside. The same graph gives the same bytes.
 * A node that is no input of the graph and has no name keeps a name that starts with `~`.
 */
export function writeOnnx(graph: Graph, options: OnnxOptions = {}): Uint8Array {
  const { nodes, initialisers } = lower(graph, options.kernelGradient ?? 'convolution');
  const writer = new BinaryWriter();
  integer(writer, 1, onnxVersions.format);
  text(writer, 2, 'doable');
  message(writer, 7, () => {
    for (const node of nodes) message(writer, 1, () => writeNode(writer, node));
    text(writer, 2, 'graph');
    for (const initialiser of initialisers) message(writer, 5, () => writeTensor(writer, initialiser));
    for (const [name, shape] of graph.inputs) message(writer, 11, () => writeValue(writer, name, shape));
    for (const [name, { shape }] of graph.outputs) message(writer, 12, () => writeValue(writer, name, shape));
  });
  message(writer, 8, () => {
    text(writer, 1, '');
    integer(writer, 2, onnxVersions.operators);
  });
  for (const [key, value] of Object.entries(options.metadata ?? {})) {
    message(writer, 14, () => {
      text(writer, 1, key);
      text(writer, 2, value);
    });
  }
  return writer.finish();
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}
const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const integer = (writer: BinaryWriter, field: number, value: number): BinaryWriter => writer.tag(field, WireType.Varint).int64(value);

function writeNode(writer: BinaryWriter, { type, inputs, output, attributes }: OnnxNode): void {
  for (const input of inputs) text(writer, 1, input);
  text(writer, 2, output);
  text(writer, 3, output);
  text(writer, 4, type);
  for (const [name, value] of Object.entries(attributes)) message(writer, 5, () => writeAttribute(writer, name, value));
}

/** Kinds of attribute: 2 a whole number, 3 a text, 7 whole numbers. */
function writeAttribute(writer: BinaryWriter, name: string, value: Attribute): void {
  text(writer, 1, name);
  if (typeof value === 'string') {
    text(writer, 4, value);
    integer(writer, 20, 3);
  } else if (typeof value === 'number') {
    integer(writer, 3, value);
    integer(writer, 20, 2);
  } else {
    for (const item of value) integer(writer, 8, item);
    integer(writer, 20, 7);
  }
}

/** Element types: 1 float32, 7 int64; the bytes are little-endian. */
function writeTensor(writer: BinaryWriter, { name, shape, values }: Initialiser): void {
  for (const size of shape) integer(writer, 1, size);
  integer(writer, 2, 'floats' in values ? 1 : 7);
  text(writer, 8, name);
  const bytes = new Uint8Array('floats' in values ? values.floats.length * 4 : values.integers.length * 8);
  const view = new DataView(bytes.buffer);
  if ('floats' in values) for (const [i, value] of values.floats.entries()) view.setFloat32(i * 4, value, true);
  else for (const [i, value] of values.integers.entries()) view.setBigInt64(i * 8, BigInt(value), true);
  writer.tag(9, WireType.LengthDelimited).bytes(bytes);
}

function writeValue(writer: BinaryWriter, name: string, shape: readonly number[]): void {
  text(writer, 1, name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      integer(writer, 1, 1);
      message(writer, 2, () => {
        for (const size of shape) message(writer, 1, () => integer(writer, 1, size));
      });
    }),
  );
}
