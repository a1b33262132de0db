import { BinaryReader, WireType } from './wire.ts';

/** Reads one field, whose tag has been read. */
export type Reader = (reader: BinaryReader, wire: WireType) => void;

/** Reads the fields of one message; those not listed are passed over. Throws where the bytes are no message. */
export function fields(bytes: Uint8Array, readers: Readonly<Record<number, Reader>>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const read = readers[field];
    if (read === undefined) reader.skip(wire, field);
    else read(reader, wire);
  }
  if (reader.pos > reader.len) throw new RangeError('premature end');
}
function expectWire(wire: WireType, wanted: WireType): void {
  if (wire !== wanted) throw new RangeError(`wire type ${wire} instead of ${wanted}`);
}
export const message =
  (read: (bytes: Uint8Array) => void): Reader =>
  (reader, wire) => {
    expectWire(wire, WireType.LengthDelimited);
    read(reader.bytes());
  };
export const text =
  (read: (value: string) => void): Reader =>
  (reader, wire) => {
    expectWire(wire, WireType.LengthDelimited);
    read(reader.string());
  };
export const integer =
  (read: (value: number) => void): Reader =>
  (reader, wire) => {
    expectWire(wire, WireType.Varint);
    const value = Number(reader.int64());
    if (reader.pos > reader.len) throw new RangeError('premature end');
    read(value);
  };
/** Repeated numbers, packed or one by one. */
export const integers =
  (read: (value: number) => void): Reader =>
  (reader, wire) => {
    if (wire !== WireType.LengthDelimited) return integer(read)(reader, wire);
    const inner = new BinaryReader(reader.bytes());
    while (inner.pos < inner.len) integer(read)(inner, WireType.Varint);
  };
/** Repeated numbers of a fixed width, packed or one by one; only counted. */
export const packed =
  (width: number, wanted: WireType, count: (values: number) => void): Reader =>
  (reader, wire) => {
    if (wire === WireType.LengthDelimited) {
      const { length } = reader.bytes();
      if (length % width !== 0) throw new RangeError(`${length} bytes of values of ${width}`);
      return count(length / width);
    }
    expectWire(wire, wanted);
    reader.skip(wire);
    count(1);
  };
