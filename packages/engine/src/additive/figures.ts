/** A number for a sentence: three digits. */
export const number = (value: number): string => String(Number(value.toPrecision(3)));

export const probability = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`);

export const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

export const list = (names: readonly string[]): string =>
  names.length < 2 ? `${names[0] ?? ''}` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
