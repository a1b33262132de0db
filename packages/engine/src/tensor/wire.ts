/** The Protocol Buffers wire format, from its library. */
export { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
