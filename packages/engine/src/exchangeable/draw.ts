import type { Name } from '../graph/variable.ts';
import { Random } from '../math/random.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { drawEnvironments } from './processes.ts';
import type { ExchangeableModel, Mechanism, ValuedCell } from './terms.ts';
import { cellIssues, layoutOf } from './unrolled.ts';

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
  else if (environments * positions * width > 2 ** 27)
    issues.push({
      code: 'size',
      message: `${environments} environments of ${positions} positions are more than 2^27 cells.`,
      hint: 'Draw fewer at once, with another seed for each part.',
    });
  if (issues.length > 0) return failure(...issues);
  const cells = new Map<string, number>();
  for (const { variable, position, value } of set) {
    const key = `${variable}@${position}`;
    if ((cells.get(key) ?? value) !== value)
      return failure({ code: 'set-twice', message: `${key} is set to two values.`, hint: 'Keep one of them.' });
    cells.set(key, value);
  }
  const { columns } = drawEnvironments(model, environments, positions, new Random(seed, 'exchangeable'), layout.names, set);
  const values = new Uint16Array(environments * positions * width);
  for (const [i, column] of columns.entries()) for (let r = 0; r < column.length; r++) values[r * width + i] = column[r] as number;
  return success({ variables: layout.names, environments, positions, values });
}

/** One environment's parameters: a probability vector for each row; of an xor mechanism one, of its noise. */
export function parametersOf(mechanism: Mechanism, random: Random): readonly ArrayLike<number>[] {
  if (mechanism.kind === 'dirichlet') return mechanism.rows.map((weights) => random.dirichlet(weights));
  if (mechanism.kind === 'xor') return [random.dirichlet([mechanism.beta[1], mechanism.beta[0]])];
  const rows = mechanism.rows[random.categorical(mechanism.weights)] as readonly (readonly number[])[];
  return mechanism.kind === 'mixture' ? rows : rows.map((weights) => random.dirichlet(weights));
}
