/**
 * A 64-bit change detector over two 32-bit FNV-1a lanes; not for security. Texts are hashed byte-wise over UTF-16 units;
 * a bag of rows is the sum of its rows' hashes, so the order of rows does not matter and their multiplicity does.
 */
export interface Hash {
  readonly high: number;
  readonly low: number;
}

const prime = 0x01000193;
export const start: Hash = { high: 0x811c9dc5, low: 0x9e3779b9 };

export function hashText(text: string, from: Hash = start): Hash {
  let { high, low } = from;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    for (const byte of [unit & 0xff, unit >>> 8]) {
      high = Math.imul(high ^ byte, prime);
      low = Math.imul(low ^ byte, prime);
      low ^= low >>> 15;
    }
  }
  return { high: high >>> 0, low: low >>> 0 };
}

/** The hash of the numbers `from` to `to`, by their bits. */
export function hashNumbers(values: Float32Array, from: number, to: number): Hash {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  let { high, low } = start;
  for (let i = from; i < to; i++) {
    const word = bits[i] as number;
    high = Math.imul(high ^ word, prime);
    high ^= high >>> 15;
    low = Math.imul(low ^ word, 0x85ebca6b);
    low ^= low >>> 13;
  }
  return { high: high >>> 0, low: low >>> 0 };
}

/** A row's hash from the hashes of its cells, in order. */
export function chain(from: Hash, cell: Hash): Hash {
  const high = Math.imul(from.high ^ cell.high, prime) ^ (from.low >>> 13);
  const low = Math.imul(from.low ^ cell.low, 0x85ebca6b) ^ (from.high >>> 16);
  return { high: high >>> 0, low: low >>> 0 };
}

export const addHashes = (a: Hash, b: Hash): Hash => {
  const low = a.low + b.low;
  return { high: (a.high + b.high + (low > 0xffffffff ? 1 : 0)) >>> 0, low: low >>> 0 };
};

export const hexOf = (hash: Hash): string => hash.high.toString(16).padStart(8, '0') + hash.low.toString(16).padStart(8, '0');
