import { formOf, networksValue, type TableNumbers, type TargetValue } from './contract.ts';
import type { Occurrence, Space } from './em-space.ts';
import type { LocalTable, ModelPoint, Programme, Target } from './programme.ts';

/** Probabilities of the atoms of every slot: unit, slot, atom. */
export type Weights = readonly (readonly Float64Array[])[];

/** The question, for many models of one {@link Space} and for its derivative in any one slot. */
export class Question {
  private readonly target: Target;
  private readonly space: Space;
  private readonly cells: ReadonlyMap<LocalTable, readonly (Occurrence | null | undefined)[]>;

  constructor({ target }: Programme, space: Space) {
    this.target = target;
    this.space = space;
    const networks = [...target.numerator, ...(target.denominator ?? [])];
    this.cells = new Map(
      networks.flatMap(({ tables }) =>
        tables.map((table) => [table, table.cells.map((cell) => (cell === null ? null : space.occurrence(table.block, cell)))] as const),
      ),
    );
  }

  at(weights: Weights): TargetValue {
    const numbers = this.numbersAt(weights);
    return {
      numerator: networksValue(this.target.numerator, numbers),
      denominator: this.target.denominator === undefined ? 1 : networksValue(this.target.denominator, numbers),
    };
  }

  /** NaN where the condition has probability 0. */
  valueAt(weights: Weights): number {
    const { numerator, denominator } = this.at(weights);
    return denominator > 0 ? numerator / denominator : Number.NaN;
  }

  /** Derivatives of numerator and denominator in the atoms of one slot; both are linear in them while the other slots stand. */
  slopes(weights: Weights, unit: number, slot: number): { readonly numerator: Float64Array; readonly denominator: Float64Array } {
    const block = this.space.units[unit]?.block ?? 0;
    const forms = formOf(this.target, block, this.numbersAt(weights));
    const slopesOf = (form: typeof forms.numerator): Float64Array => {
      const slopes = new Float64Array(weights[unit]?.[slot]?.length ?? 0);
      for (const { coefficient, literals } of form) {
        const found = this.space.occurrence(block, literals);
        if (found === undefined || found.unit !== unit) continue;
        const gain = coefficient * massOf(weights, found, slot);
        const part = found.parts.find((p) => p.slot === slot);
        if (part === undefined) for (let a = 0; a < slopes.length; a++) slopes[a] = (slopes[a] as number) + gain;
        else for (const atom of part.atoms) slopes[atom] = (slopes[atom] as number) + gain;
      }
      return slopes;
    };
    return { numerator: slopesOf(forms.numerator), denominator: slopesOf(forms.denominator) };
  }

  private numbersAt(weights: Weights): TableNumbers {
    return (table) => (this.cells.get(table) ?? []).map((cell) => (cell === null ? 0 : cell === undefined ? 1 : massOf(weights, cell, -1)));
  }
}

/** The fully specified model of some weights. Atoms of no weight are left out. */
export function pointOf(programme: Programme, space: Space, weights: Weights): ModelPoint {
  return programme.blocks.map((_, block) => ({
    groups: space.units.flatMap((unit, u) =>
      unit.block !== block
        ? []
        : unit.slots.map((slot, s) => {
            const own = weights[u]?.[s] as Float64Array;
            return {
              digits: slot.digits,
              support: slot.values.flatMap((values, atom) => ((own[atom] as number) > 0 ? [{ weight: own[atom] as number, values }] : [])),
            };
          }),
    ),
  }));
}

function massOf(weights: Weights, { unit, parts }: Occurrence, except: number): number {
  let product = 1;
  for (const { slot, atoms } of parts) {
    if (slot === except) continue;
    const own = weights[unit]?.[slot] as Float64Array;
    let mass = 0;
    for (const atom of atoms) mass += own[atom] as number;
    product *= mass;
  }
  return product;
}
