import type { Name, Value } from '../graph/variable.ts';
import type { DiscreteModel, Mechanism } from '../model/mechanism.ts';
import type { BlockPoint, ModelPoint } from './programme.ts';
import type { Structure } from './specification.ts';

/**
 * A model point as a full structural model, which any evaluator can be asked: one latent per group of a block, whose states are
 * the points of its support; every variable is a function of its parents and latents. `blocks`: the structure's block of each
 * point (default: in order); variables of other blocks take their first level. Digits that a point does not list are at their
 * first level.
 */
export function modelOf(structure: Structure, point: ModelPoint, blocks: readonly number[] = point.map((_, i) => i)): DiscreteModel {
  const mechanisms = new Map<Name, Mechanism>();
  const levels = new Map<Name, readonly Value[]>();
  const latentsOf = new Map<number, readonly Latent[]>();
  for (const [i, number] of blocks.entries())
    latentsOf.set(
      number,
      (point[i] as BlockPoint).groups.map(({ digits, support }, group): Latent => {
        const name = `\u0001unit ${number} ${group}`;
        const weights = Float64Array.from(support, ({ weight }) => weight);
        levels.set(
          name,
          support.map((_, state) => String(state)),
        );
        const outputs = Uint16Array.from(support, (_, state) => state);
        mechanisms.set(name, {
          variable: name,
          inputs: [],
          table: { axes: [name], sizes: [weights.length], values: weights },
          response: { weights, outputs },
        });
        return { name, digits, support };
      }),
    );
  for (const variable of structure.order) {
    const child = structure.children.get(variable);
    if (child === undefined) continue;
    const read = child.digits ?? child.equation?.states ?? [];
    const latents = (latentsOf.get(child.block) ?? []).filter(({ digits }) => digits.some((digit) => read.includes(digit)));
    const sizes = [...child.sizes, ...latents.map(({ support }) => support.length)];
    const cells = sizes.reduce((product, size) => product * size, 1);
    const outputs = new Uint16Array(cells);
    const values = new Float64Array(cells * child.levels.length);
    const states = new Int32Array(latents.length);
    for (let cell = 0; cell < cells; cell++) {
      let context = cell;
      for (let i = latents.length - 1; i >= 0; i--) {
        const size = (latents[i] as Latent).support.length;
        states[i] = context % size;
        context = Math.floor(context / size);
      }
      const valueAt = (digit: number): number => {
        for (const [i, { digits, support }] of latents.entries()) {
          const place = digits.indexOf(digit);
          if (place >= 0) return support[states[i] as number]?.values[place] ?? 0;
        }
        return 0;
      };
      if (child.equation === undefined) outputs[cell] = valueAt((child.digits as readonly number[])[context] as number);
      else {
        const { states: stateDigits, values: table } = child.equation;
        const place = stateDigits.reduce(
          (sum, digit) => sum * (structure.blocks[child.block]?.digits[digit]?.levels.length ?? 1) + valueAt(digit),
          context,
        );
        outputs[cell] = table[place] as number;
      }
      values[cell * child.levels.length + (outputs[cell] as number)] = 1;
    }
    const inputs = [...child.parents, ...latents.map(({ name }) => name)];
    levels.set(variable, child.levels);
    mechanisms.set(variable, {
      variable,
      inputs,
      table: { axes: [...inputs, variable], sizes: [...sizes, child.levels.length], values },
      response: { weights: Float64Array.of(1), outputs },
    });
  }
  return { mechanisms, levels, observed: structure.order };
}

interface Latent {
  readonly name: string;
  readonly digits: readonly number[];
  readonly support: BlockPoint['groups'][number]['support'];
}
