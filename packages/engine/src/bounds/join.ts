import type { Block, BlockPoint, Form, ModelPoint, Programme } from './programme.ts';

/** Several blocks as one, their digits side by side. */
export interface Joined {
  /** One block, no target. Its cells stand in the order of the original ones. */
  readonly programme: Programme;
  /** A sum of forms, one per block, as a form of the one block. */
  readonly sum: (forms: readonly Form[]) => Form;
  /** A point of the one block as the model of its margins. */
  readonly split: (point: BlockPoint) => ModelPoint;
  /** A model as a point of the one block, its blocks independent. */
  readonly merge: (model: ModelPoint) => BlockPoint;
}

/**
 * A programme whose blocks are one: for sums of functions of single blocks it is the same problem, because digits that no
 * conjunction links have distributions of their own. Groups and independences inside blocks are forgotten.
 */
export function joinBlocks(programme: Programme): Joined {
  const starts: number[] = [];
  let count = 0;
  for (const { digits } of programme.blocks) {
    starts.push(count);
    count += digits.length;
  }
  const shifted = <T extends { readonly digit: number }>(literals: readonly T[], block: number): T[] =>
    literals.map((literal) => ({ ...literal, digit: literal.digit + (starts[block] as number) }));
  const moved = (form: Form, block: number): Form =>
    form.map(({ coefficient, literals }) => ({ coefficient, literals: shifted(literals, block) }));
  const whole: Block = {
    name: programme.blocks.map(({ name }) => name).join(' | '),
    children: programme.blocks.flatMap(({ children }) => children),
    digits: programme.blocks.flatMap(({ digits }) => digits),
    forbidden: programme.blocks.flatMap(({ forbidden }, block) => forbidden.map((literals) => shifted(literals, block))),
    independences: [],
    complete: programme.blocks.every(({ complete }) => complete),
  };
  return {
    programme: {
      blocks: [whole],
      strata: programme.strata.map((stratum) => ({ ...stratum, block: 0 })),
      cells: programme.cells.map((cell) => ({ ...cell, form: moved(cell.form, programme.strata[cell.stratum]?.block as number) })),
      restrictions: programme.restrictions.map((restriction) => ({
        ...restriction,
        block: 0,
        form: moved(restriction.form, restriction.block),
      })),
      target: { numerator: [] },
    },
    sum: (forms) => forms.flatMap(moved),
    merge: (model) => ({
      groups: model.flatMap(({ groups }, block) =>
        groups.map(({ digits, support }) => ({ digits: digits.map((digit) => digit + (starts[block] as number)), support })),
      ),
    }),
    split: ({ groups }) =>
      programme.blocks.map(({ digits }, block): BlockPoint => {
        const first = starts[block] as number;
        return {
          groups: groups.flatMap(({ digits: all, support }) => {
            const own = all.flatMap((digit, i) => (digit >= first && digit < first + digits.length ? [{ digit: digit - first, i }] : []));
            if (own.length === 0) return [];
            return [
              {
                digits: own.map(({ digit }) => digit),
                support: support.map(({ weight, values }) => ({ weight, values: own.map(({ i }) => values[i] as number) })),
              },
            ];
          }),
        };
      }),
  };
}
