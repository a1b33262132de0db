import { describe, expect, it } from 'vitest';
import { type AdditiveFit, fitAdditive } from '../../src/additive/fit.ts';
import type { AdditivePlan } from '../../src/additive/terms.ts';
import type { Name } from '../../src/graph/variable.ts';
import { Random } from '../../src/math/random.ts';
import { actionNames, drawSingles, linearModel, planOf, singles, unwrap } from './fit-support.ts';

const at = (names: readonly Name[], values: readonly number[]): Map<Name, number> =>
  new Map(names.map((name, i) => [name, values[i] as number]));

/** Slopes of the joint effect. */
function slopes(fit: AdditiveFit, plan: AdditivePlan): number[] {
  const { actions } = plan;
  const zero = actions.map(() => 0);
  return fit
    .predict(
      actions.map((_, k) => [
        { weight: 1, plan, at: at(actions, zero.with(k, 1)) },
        { weight: -1, plan, at: at(actions, zero) },
      ]),
    )
    .map(({ value }) => value);
}

describe('structure', () => {
  it('an ordered pooled fit has at most 0.65 of the slope error of the direct one', async () => {
    const k = 5;
    const names = actionNames(k);
    const plan = planOf(names, singles(k), names, { ordered: true });
    const squares = { direct: 0, pooled: 0 };
    for (let seed = 0; seed < 12; seed++) {
      const random = new Random(seed, 'order');
      const model = linearModel(random, k);
      const studies = drawSingles(model, random, k, 1000);
      for (const method of ['direct', 'pooled'] as const) {
        const fit = unwrap(await fitAdditive([plan], studies, { basis: 'linear', method, errors: 'none' }));
        slopes(fit, plan).forEach((slope, i) => {
          squares[method] += (slope - (model.alpha[i] as number)) ** 2;
        });
      }
    }
    expect(Math.sqrt(squares.pooled / squares.direct)).toBeLessThan(0.65);
  });
});
