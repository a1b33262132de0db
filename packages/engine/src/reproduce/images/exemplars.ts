/** Greyscale pictures of known classes: what a renderer colours. */
export interface Exemplars {
  /** Pixels on a side. */
  readonly side: number;
  readonly count: number;
  /** count x side x side, row-major, from 0 (background) to `brightest` (full ink: 255 in MNIST, 16 in optdigits). */
  readonly pixels: Uint8Array;
  readonly brightest: number;
  /** The class of each picture, from 0. */
  readonly classes: Uint8Array;
  /** The numbers of the pictures of each class, ascending. */
  readonly byClass: readonly Int32Array[];
}

/** Exemplars with their numbers by class, 0 to `classCount` - 1; the pixels are kept, not copied. */
export function exemplarsOf(pixels: Uint8Array, classes: Uint8Array, side: number, brightest: number, classCount: number): Exemplars {
  const count = classes.length;
  if (pixels.length !== count * side * side) throw new Error(`${count} pictures of ${side} x ${side} given ${pixels.length} pixels.`);
  const members: number[][] = Array.from({ length: classCount }, () => []);
  classes.forEach((label, i) => {
    const list = members[label];
    if (list === undefined) throw new Error(`Picture ${i} is of class ${label} of ${classCount}.`);
    list.push(i);
  });
  return {
    side,
    count,
    pixels,
    brightest,
    classes,
    byClass: members.map((list) => Int32Array.from(list)),
  };
}
