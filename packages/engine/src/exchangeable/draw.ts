import type { Name } from '../graph/variable.ts';
import { Random } from '../math/random.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { noiseOf } from './patterns.ts';
import type { ExchangeableModel, Mechanism, ValuedCell } from './terms.ts';
import { cellIssues, type Layout, layoutOf, rowOf } from './unrolled.ts';

export interface DrawOptions {
  readonly seed: number;
  readonly environments: number;
  /** Positions of each environment. */
  readonly positions: number;
  /** Cells that are set in every environment. */
  readonly set?: readonly ValuedCell[];
}

/** Level numbers, environment by environment, position by position, in the order of `variables`. */
export interface ExchangeableDraw {
  readonly variables: readonly Name[];
  readonly environments: number;
  readonly positions: number;
  readonly values: Uint16Array;
}

/**
 * Draws environments from a known model: in each, first the parameters of every mechanism, then its positions (Guo et al. 2024, Definitions
 * 2 and 3). A set cell has its value and its mechanism is not asked; all other draws are the same as without the intervention, so that
 * two draws with one seed differ only in what the intervention does. Issues: those of cells, `set-twice`, `size`.
 */
export function drawExchangeable(
  model: ExchangeableModel,
  { seed, environments, positions, set = [] }: DrawOptions,
): Result<ExchangeableDraw> {
  const layout = layoutOf(model);
  const width = layout.names.length;
  const issues: Issue[] = set.flatMap((cell) => cellIssues(layout, cell));
  if (!(Number.isSafeInteger(environments) && environments >= 1 && Number.isSafeInteger(positions) && positions >= 1))
    issues.push({ code: 'size', message: 'Environments and positions are whole numbers from 1.' });
  else if (environments * positions * width > 2 ** 30)
    issues.push({
      code: 'size',
      message: `${environments} environments of ${positions} positions are more than 2^30 cells.`,
      hint: 'Draw fewer at once, with another seed for each part.',
    });
  if (issues.length > 0) return failure(...issues);
  const forced = new Int32Array(positions * width).fill(-1);
  for (const { variable, position, value } of set) {
    if (position > positions) continue;
    const at = (position - 1) * width + (layout.numbers.get(variable) as number);
    if ((forced[at] as number) >= 0 && forced[at] !== value)
      return failure({ code: 'set-twice', message: `${variable}@${position} is set to two values.`, hint: 'Keep one of them.' });
    forced[at] = value;
  }
  const values = new Uint16Array(environments * positions * width);
  const cells = new Int32Array(width);
  const root = new Random(seed, 'exchangeable');
  for (let e = 0; e < environments; e++) {
    const own = root.split(e);
    const mechanisms = layout.mechanisms.map((mechanism, i) => {
      const random = own.split(mechanism.variable);
      return { random, tables: parametersOf(mechanism, random), i };
    });
    for (let n = 0; n < positions; n++)
      for (const { random, tables, i } of mechanisms) {
        const u = random.next();
        const value = forced[n * width + i] as number;
        cells[i] = value >= 0 ? value : sample(layout, i, cells, tables, u);
        values[(e * positions + n) * width + i] = cells[i] as number;
      }
  }
  return success({ variables: layout.names, environments, positions, values });
}

/** One environment's parameters: a probability vector for each row; of an xor mechanism one, of its noise. */
export function parametersOf(mechanism: Mechanism, random: Random): readonly ArrayLike<number>[] {
  if (mechanism.kind === 'dirichlet') return mechanism.rows.map((weights) => random.dirichlet(weights));
  if (mechanism.kind === 'xor') return [random.dirichlet([mechanism.beta[1], mechanism.beta[0]])];
  return mechanism.rows[random.categorical(mechanism.weights)] as readonly (readonly number[])[];
}

function sample(layout: Layout, i: number, cells: Int32Array, tables: readonly ArrayLike<number>[], u: number): number {
  if (layout.mechanisms[i]?.kind !== 'xor') return inverse(tables[rowOf(layout, i, cells)] as ArrayLike<number>, u);
  const noise = inverse(tables[0] as ArrayLike<number>, u);
  cells[i] = 0;
  return noise ^ noiseOf(layout, i, cells);
}

/** The level at which the cumulative probability passes u. */
function inverse(probabilities: ArrayLike<number>, u: number): number {
  let left = u;
  let last = 0;
  for (let level = 0; level < probabilities.length; level++) {
    const probability = probabilities[level] as number;
    if (probability === 0) continue;
    if (left < probability) return level;
    left -= probability;
    last = level;
  }
  return last;
}
