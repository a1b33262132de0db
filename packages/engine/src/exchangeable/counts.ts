/** Vectors of small counts as keys of a map: the key of a sum is the sum of the keys. */
export interface KeyCode<K> {
  readonly zero: K;
  /** `dimension` counted once. */
  readonly units: readonly K[];
  add(a: K, b: K): K;
  times(a: K, n: number): K;
  decode(key: K, into: Int32Array): void;
}

/** Mixed radix: count j may be 0 .. most[j]. In doubles where the keys are exact, otherwise in big integers. */
export const fitsDouble = (most: readonly number[]): boolean =>
  most.reduce((product, m) => product * (m + 1), 1) <= Number.MAX_SAFE_INTEGER;

export function doubleCode(most: readonly number[]): KeyCode<number> {
  const units: number[] = [];
  let unit = 1;
  for (const m of most) {
    units.push(unit);
    unit *= m + 1;
  }
  return {
    zero: 0,
    units,
    add: (a, b) => a + b,
    times: (a, n) => a * n,
    decode: (key, into) => {
      let rest = key;
      for (let j = 0; j < most.length; j++) {
        const radix = (most[j] as number) + 1;
        const next = Math.floor(rest / radix);
        into[j] = rest - next * radix;
        rest = next;
      }
    },
  };
}

export function bigCode(most: readonly number[]): KeyCode<bigint> {
  const units: bigint[] = [];
  let unit = 1n;
  for (const m of most) {
    units.push(unit);
    unit *= BigInt(m + 1);
  }
  return {
    zero: 0n,
    units,
    add: (a, b) => a + b,
    times: (a, n) => a * BigInt(n),
    decode: (key, into) => {
      let rest = key;
      for (let j = 0; j < most.length; j++) {
        const radix = BigInt((most[j] as number) + 1);
        into[j] = Number(rest % radix);
        rest /= radix;
      }
    },
  };
}
