/** ONNX files byte by byte, from the published message numbers alone: neither our writer nor our reader has a part in them. */
const varint = (value: number): number[] => {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) + 128);
  }
};
type Bytes = readonly number[];
const text = (value: string): Bytes => [...new TextEncoder().encode(value)];
export const whole = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
export const bytes = (field: number, value: Bytes | string): Bytes => {
  const inner = typeof value === 'string' ? text(value) : value;
  return [...varint(field * 8 + 2), ...varint(inner.length), ...inner];
};

const little = (values: readonly number[], width: 4 | 8): Bytes => {
  const view = new DataView(new ArrayBuffer(values.length * width));
  values.forEach((value, i) => {
    if (width === 4) view.setFloat32(i * 4, value, true);
    else view.setBigInt64(i * 8, BigInt(value), true);
  });
  return [...new Uint8Array(view.buffer)];
};
export const [float32, int64, boolean] = [1, 7, 9];
export const tensor = (name: string, type: number, shape: readonly number[], values: readonly number[]): Bytes => [
  ...shape.flatMap((size) => whole(1, size)),
  ...whole(2, type),
  ...bytes(8, name),
  ...bytes(9, type === boolean ? values : little(values, type === float32 ? 4 : 8)),
];
/** An axis is a size, or a name where it is open. */
export const value = (name: string, type: number, shape: readonly (number | string)[]): Bytes => {
  const axes = shape.flatMap((size) => bytes(1, typeof size === 'number' ? whole(1, size) : bytes(2, size)));
  return [...bytes(1, name), ...bytes(2, bytes(1, [...whole(1, type), ...bytes(2, axes)]))];
};
export const attribute = {
  whole: (name: string, own: number): Bytes => [...bytes(1, name), ...whole(3, own), ...whole(20, 2)],
  wholes: (name: string, own: readonly number[]): Bytes => [...bytes(1, name), ...own.flatMap((each) => whole(8, each)), ...whole(20, 7)],
  tensor: (name: string, own: Bytes): Bytes => [...bytes(1, name), ...bytes(5, own), ...whole(20, 4)],
  graph: (name: string, own: Bytes): Bytes => [...bytes(1, name), ...bytes(6, own), ...whole(20, 5)],
};
export const node = (
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Bytes[] = [],
  domain = '',
): Bytes => [
  ...inputs.flatMap((name) => bytes(1, name)),
  ...outputs.flatMap((name) => bytes(2, name)),
  ...bytes(4, type),
  ...attributes.flatMap((own) => bytes(5, own)),
  ...(domain === '' ? [] : bytes(7, domain)),
];
export interface Parts {
  readonly nodes: readonly Bytes[];
  readonly inputs: readonly Bytes[];
  readonly outputs: readonly Bytes[];
  readonly initialisers?: readonly Bytes[];
}
export const graph = ({ nodes, inputs, outputs, initialisers = [] }: Parts): Bytes => [
  ...nodes.flatMap((own) => bytes(1, own)),
  ...bytes(2, 'g'),
  ...initialisers.flatMap((own) => bytes(5, own)),
  ...inputs.flatMap((own) => bytes(11, own)),
  ...outputs.flatMap((own) => bytes(12, own)),
];
export const model = (parts: Parts): Uint8Array =>
  Uint8Array.from([...whole(1, 8), ...bytes(2, 'by hand'), ...bytes(7, graph(parts)), ...bytes(8, whole(2, 13))]);
