import type { Name } from '../graph/variable.ts';
import type { Piece } from './layout.ts';
import type { Margins } from './margins.ts';
import type { Cell } from './programme.ts';
import type { StudyTable } from './studies.ts';

/** The numbers of one piece of a study, at level indices of `own`, then `external`. */
export interface Counted {
  readonly table: number;
  readonly piece: Piece;
  /** Records with this configuration. */
  countAt(values: readonly number[]): number;
  /**
   * Tian's product of the empirical conditionals P(v | pillow); equal counts above and below cancel. 0 as soon as a factor is;
   * NaN where a condition never occurred.
   */
  targetAt(values: readonly number[]): Pick<Cell, 'target' | 'ratios'>;
}

export function countPiece(number: number, table: StudyTable, margins: Margins, piece: Piece): Counted {
  const all: readonly Name[] = [...piece.own, ...piece.external.map(({ name }) => name)];
  const factors = piece.own.map((name, i) => {
    const pillow = piece.pillows[i] as readonly Name[];
    return { part: margins.reader([...pillow, name], all), all: margins.reader(pillow, all) };
  });
  return {
    table: number,
    piece,
    countAt: margins.reader(all, all),
    targetAt: (values) => {
      const above: number[] = [];
      const below: number[] = [];
      for (const factor of factors) {
        const whole = factor.all(values);
        if (whole === 0) return { target: Number.NaN };
        const part = factor.part(values);
        if (part === 0) return { target: 0, ...(table.whole && { ratios: [[0, 1]] }) };
        cancel(part, above, below);
        cancel(whole, below, above);
      }
      above.sort((a, b) => a - b);
      below.sort((a, b) => a - b);
      const ratios = above.map((part, i): readonly [number, number] => [part, below[i] as number]);
      if (ratios.length === 0) ratios.push([1, 1]);
      return { target: ratios.reduce((product, [part, whole]) => product * (part / whole), 1), ...(table.whole && { ratios }) };
    },
  };
}

function cancel(count: number, here: number[], there: number[]): void {
  const same = there.indexOf(count);
  if (same < 0) here.push(count);
  else there.splice(same, 1);
}
