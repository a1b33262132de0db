import type { Name } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { type Mechanism, mechanismFrom, type ResponseFunctions } from './mechanism.ts';

/** The change that a single flipped input must make. */
const matters = 0.08;
const attempts = 60;
const patience = 1000;

/** A variable without inputs: every level has probability at least 0.3 / (1 + 4/3 (levels - 1)) of the most even share (0.3 to 0.7 for two levels). */
export function drawRoot(random: Random, variable: Name, size: number): Mechanism {
  const shares = Float64Array.from({ length: size }, () => 1 + (4 / 3) * random.next());
  const sum = shares.reduce((a, b) => a + b, 0);
  const weights = shares.map((share) => share / sum);
  const outputs = Uint16Array.from({ length: size }, (_, level) => level);
  return mechanismFrom(variable, size, [], [], { weights, outputs });
}

/**
 * A mechanism with one constant response function per level (so that every level stays possible) and several others.
 *
 * Few contexts (up to 8, up to 16 for a variable of three levels or more): the others are four random truth tables, drawn again
 * until turning any single input, in *every* context, changes some P(variable = level | inputs) by more than 0.08.
 *
 * More contexts: the others are two random truth tables and twelve threshold functions: level = how many random cuts a random
 * weighted sum of the inputs passes, the sign of each input's weight shared by all twelve. The effect of an input then does
 * not drown in that of the rest, however many there are; it must exceed 0.08 *on average over contexts*, and the best of up
 * to 60 draws stands.
 */
export function drawMechanism(random: Random, variable: Name, size: number, inputs: readonly Name[], sizes: readonly number[]): Mechanism {
  const cells = sizes.reduce((product, next) => product * next, 1);
  if (cells <= (size === 2 ? 8 : 16)) {
    for (let attempt = 0; attempt < patience; attempt++) {
      const response = truthTables(random, size, cells);
      const drawn = mechanismFrom(variable, size, inputs, sizes, response);
      if (everyInputMatters(drawn.table.values, size, sizes)) return drawn;
    }
  }
  let best: Mechanism | undefined;
  let strongest = -1;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const drawn = mechanismFrom(variable, size, inputs, sizes, thresholds(random, size, sizes, cells));
    const { average } = effects(drawn, size, sizes);
    if (average > strongest) [best, strongest] = [drawn, average];
    if (average > matters) break;
  }
  return best as Mechanism;
}

/** Random weights that sum to one, none below 0.04 (or 0.7 of an even share). */
function weightsOf(random: Random, count: number): Float64Array {
  const floor = Math.min(0.04, 0.7 / count);
  return random.dirichlet(new Float64Array(count).fill(1)).map((share) => floor + (1 - floor * count) * share);
}

function truthTables(random: Random, size: number, cells: number): ResponseFunctions {
  const outputs = new Uint16Array((size + 4) * cells);
  for (let level = 0; level < size; level++) outputs.fill(level, level * cells, (level + 1) * cells);
  for (let at = size * cells; at < outputs.length; at++) outputs[at] = random.integer(size);
  return { weights: weightsOf(random, size + 4), outputs };
}

function thresholds(random: Random, size: number, sizes: readonly number[], cells: number): ResponseFunctions {
  const count = 12;
  const tables = 2;
  const outputs = new Uint16Array((size + count + tables) * cells);
  for (let level = 0; level < size; level++) outputs.fill(level, level * cells, (level + 1) * cells);
  for (let at = (size + count) * cells; at < outputs.length; at++) outputs[at] = random.integer(size);
  const signs = sizes.map(() => (random.next() < 0.5 ? -1 : 1));
  for (let k = 0; k < count; k++) {
    const slopes = signs.map((sign) => sign * (0.5 + random.next()));
    const spread = Math.sqrt(slopes.reduce((sum, slope) => sum + slope * slope, 0)) / 2;
    const cuts = Float64Array.from({ length: size - 1 }, () => spread * (2 * random.next() - 1)).sort();
    const digits = new Int32Array(sizes.length);
    for (let cell = 0; cell < cells; cell++) {
      let score = 0;
      for (let i = 0; i < sizes.length; i++)
        score += (slopes[i] as number) * ((digits[i] as number) / ((sizes[i] as number) - 1 || 1) - 0.5);
      let level = 0;
      while (level < cuts.length && score > (cuts[level] as number)) level++;
      outputs[(size + k) * cells + cell] = level;
      for (let i = sizes.length - 1; i >= 0; i--) {
        digits[i] = (digits[i] as number) + 1;
        if ((digits[i] as number) < (sizes[i] as number)) break;
        digits[i] = 0;
      }
    }
  }
  return { weights: weightsOf(random, size + count + tables), outputs };
}

/** Whether turning any single input, in every context, changes some P(variable = level) by more than {@link matters}. */
function everyInputMatters(values: Float64Array, size: number, sizes: readonly number[]): boolean {
  const cells = values.length / size;
  let stride = 1;
  for (let i = sizes.length - 1; i >= 0; i--) {
    const levels = sizes[i] as number;
    for (let cell = 0; cell < cells; cell++)
      for (let other = cell + stride, digit = (Math.floor(cell / stride) % levels) + 1; digit < levels; other += stride, digit++) {
        let change = 0;
        for (let level = 0; level < size; level++)
          change = Math.max(change, Math.abs((values[cell * size + level] as number) - (values[other * size + level] as number)));
        if (!(change > matters)) return false;
      }
    stride *= levels;
  }
  return true;
}

/**
 * What turning one input does to the variable: the change in a context is the largest change of any P(variable = level).
 * `least`: over all inputs, pairs of their levels and contexts. `average`: least over inputs of the mean over contexts and pairs.
 */
export function effects(mechanism: Mechanism, size: number, sizes: readonly number[]): { least: number; average: number } {
  const { values } = mechanism.table;
  let least = Number.POSITIVE_INFINITY;
  let average = Number.POSITIVE_INFINITY;
  let stride = 1;
  const cells = values.length / size;
  for (let i = sizes.length - 1; i >= 0; i--) {
    const levels = sizes[i] as number;
    let sum = 0;
    let pairs = 0;
    for (let cell = 0; cell < cells; cell++) {
      const digit = Math.floor(cell / stride) % levels;
      for (let other = digit + 1; other < levels; other++) {
        let change = 0;
        for (let level = 0; level < size; level++) {
          const gap = Math.abs(
            (values[cell * size + level] as number) - (values[(cell + (other - digit) * stride) * size + level] as number),
          );
          if (gap > change) change = gap;
        }
        if (change < least) least = change;
        sum += change;
        pairs++;
      }
    }
    if (pairs > 0) average = Math.min(average, sum / pairs);
    stride *= levels;
  }
  return { least, average };
}
