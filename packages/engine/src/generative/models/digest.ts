/**
 * 128 bits over bytes, in hexadecimal: tells whether content has changed (four lanes of multiply and rotate, as in Appleby's
 * MurmurHash3, not that function itself). Not for security.
 */
export class Digest {
  private readonly lanes = Uint32Array.of(0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f);
  private length = 0;

  add(content: Uint8Array | Float32Array | Float64Array | Int32Array | string): this {
    if (typeof content === 'string') {
      const units = new Uint8Array(content.length * 2);
      for (let i = 0; i < content.length; i++) {
        const unit = content.charCodeAt(i);
        units[2 * i] = unit & 255;
        units[2 * i + 1] = unit >>> 8;
      }
      return this.add(units);
    }
    const bytes = content instanceof Uint8Array ? content : new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    const whole = bytes.byteLength >>> 2;
    const words =
      bytes.byteOffset % 4 === 0
        ? new Uint32Array(bytes.buffer, bytes.byteOffset, whole)
        : new Uint32Array(new Uint8Array(bytes.subarray(0, whole * 4)).buffer);
    for (let i = 0; i < whole; i++) this.word(words[i] as number);
    let rest = 0;
    for (let i = whole * 4; i < bytes.byteLength; i++) rest = (rest << 8) | (bytes[i] as number);
    this.word(rest);
    this.word(bytes.byteLength);
    return this;
  }

  private word(word: number): void {
    const { lanes } = this;
    const at = this.length & 3;
    let mixed = Math.imul(word, 0xcc9e2d51);
    mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    let lane = (lanes[at] as number) ^ mixed;
    lane = (lane << 13) | (lane >>> 19);
    lanes[at] = (Math.imul(lane, 5) + 0xe6546b64 + (lanes[(at + 3) & 3] as number)) | 0;
    this.length += 1;
  }

  hex(): string {
    const lanes = Uint32Array.from(this.lanes);
    for (let round = 0; round < 8; round++) {
      let lane = (lanes[round & 3] as number) ^ (lanes[(round + 3) & 3] as number) ^ this.length;
      lane = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
      lane = Math.imul(lane ^ (lane >>> 13), 0xc2b2ae35);
      lanes[round & 3] = lane ^ (lane >>> 16);
    }
    return [...lanes].map((lane) => lane.toString(16).padStart(8, '0')).join('');
  }
}

/** Of some contents, one after the other. */
export const digestOf = (...contents: readonly (Uint8Array | Float32Array | Float64Array | Int32Array | string)[]): string =>
  contents.reduce<Digest>((digest, content) => digest.add(content), new Digest()).hex();
