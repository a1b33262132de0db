import { Bulk } from '../math/bulk.ts';
import type { Random } from '../math/random.ts';

/**
 * Fills an array with standard normals, rounded to its precision. Draws four words from `random` and goes on with the fast generator
 * of {@link Bulk}: the same stream gives the same digits on every platform.
 */
export function fillNormal(random: Random, out: Float32Array | Float64Array): void {
  const bulk = new Bulk(random);
  const part = new Float64Array(Math.min(out.length, 4096));
  for (let start = 0; start < out.length; start += part.length) {
    const length = Math.min(part.length, out.length - start);
    bulk.normals(part, length);
    out.set(length === part.length ? part : part.subarray(0, length), start);
  }
}
