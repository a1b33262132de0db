import type { Result } from '../run/issue.ts';
import { success } from '../run/issue.ts';
import { inspectOnnx, type OnnxLimits } from './onnx-read.ts';
import { BinaryReader, WireType } from './wire.ts';

/** The float32 tensors that a model file holds as raw bytes, by name. Issues: those of {@link inspectOnnx}, which looks at the file first. */
export function floatTensors(file: Uint8Array, limits: OnnxLimits = {}): Result<ReadonlyMap<string, Float32Array>> {
  const seen = inspectOnnx(file, limits);
  if (!seen.ok) return seen;
  const tensors = new Map<string, Float32Array>();
  each(file, 7, (graph) =>
    each(graph, 5, (tensor) => {
      let [name, type] = ['', 0];
      let raw: Uint8Array | undefined;
      const reader = new BinaryReader(tensor);
      while (reader.pos < reader.len) {
        const [field, wire] = reader.tag();
        if (field === 2 && wire === WireType.Varint) type = Number(reader.int64());
        else if (field === 8 && wire === WireType.LengthDelimited) name = reader.string();
        else if (field === 9 && wire === WireType.LengthDelimited) raw = reader.bytes();
        else reader.skip(wire, field);
      }
      if (type !== 1 || raw === undefined) return;
      const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
      tensors.set(
        name,
        Float32Array.from({ length: raw.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true)),
      );
    }),
  );
  return success(tensors);
}

function each(bytes: Uint8Array, wanted: number, read: (inner: Uint8Array) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === wanted && wire === WireType.LengthDelimited) read(reader.bytes());
    else reader.skip(wire, field);
  }
}
