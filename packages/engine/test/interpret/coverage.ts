import type { Counts } from '../../src/data/counts.ts';
import { countsStudy } from '../../src/data/records.ts';
import type { Estimand } from '../../src/estimand/estimand.ts';
import { freeWeightsOf } from '../../src/interpret/fill.ts';
import { uncertaintyOf } from '../../src/interpret/uncertainty.ts';
import type { Factor } from '../../src/math/factor.ts';
import { Random } from '../../src/math/random.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import { type DiscreteModel, levelsOf } from '../../src/model/scm.ts';
import { measure } from './studies.ts';
import { graphOf, modelOf, table, textbook } from './support.ts';

const { b, backdoor, frontdoor, napkin } = textbook();

export const covered: Readonly<Record<'back-door' | 'front-door' | 'napkin', readonly [string, Estimand]>> = {
  'back-door': ['Z -> X; Z -> Y; X -> Y', backdoor],
  'front-door': ['X -> M; M -> Y; X <-> Y', frontdoor],
  napkin: ['W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y', napkin],
};

export interface Coverage {
  /** Shares of simulated studies whose interval holds the truth. */
  readonly covered: number;
  readonly coveredByDelta: number;
  /** Mean width of the bootstrap interval. */
  readonly width: number;
}

/** How often the intervals for P(Y=1 | do(X=1)) hold the truth, over studies drawn from one random model of the named graph. */
export async function coverage(
  name: keyof typeof covered,
  { simulations, rows, draws, seed = 1 }: { simulations: number; rows: number; draws: number; seed?: number },
): Promise<Coverage> {
  const [text, estimand] = covered[name];
  const model = modelOf(graphOf(text), seed);
  const truth = table(exactDistribution(model, { of: ['Y'], set: ['X'] })).values[3] as number;
  const joint = table(exactDistribution(model, { of: model.observed }));
  const asked = b.place({ X: { value: '1' }, Y: { value: '1' } }, estimand);
  const random = new Random(seed, 'coverage', name);
  let [inside, insideDelta, width] = [0, 0, 0];
  for (let simulation = 0; simulation < simulations; simulation++) {
    const study = countsStudy('study', drawn(model, joint, rows, random.split(simulation)));
    const { plan, tables, domains } = await measure(asked, [study], { open: [] });
    const freeWeights = freeWeightsOf(plan, tables, domains);
    const options = { seed: simulation, draws, ...(freeWeights && { freeWeights }) };
    const holds = async (method: 'bootstrap' | 'delta'): Promise<readonly [boolean, number]> => {
      const made = await uncertaintyOf(plan, tables, { ...options, method });
      const [low, high] = ('none' in made ? undefined : made.intervals[0]) ?? [Number.NaN, Number.NaN];
      return [low <= truth && truth <= high, high - low];
    };
    const [yes, size] = await holds('bootstrap');
    inside += yes ? 1 : 0;
    width += size / simulations;
    insideDelta += (await holds('delta'))[0] ? 1 : 0;
  }
  return { covered: inside / simulations, coveredByDelta: insideDelta / simulations, width };
}

function drawn(model: DiscreteModel, joint: Factor, rows: number, random: Random): Counts {
  const counts = random.multinomial(rows, joint.values);
  const seen = [...counts.keys()].filter((cell) => (counts[cell] as number) > 0);
  const codes = Int32Array.from(
    seen.flatMap((cell) => {
      let rest = cell;
      return [...joint.sizes]
        .reverse()
        .map((size) => {
          const digit = rest % size;
          rest = Math.floor(rest / size);
          return digit;
        })
        .reverse();
    }),
  );
  const levels = joint.axes.map((axis) => levelsOf(model, axis));
  return { axes: joint.axes, levels, codes, weight: Float64Array.from(seen, (cell) => counts[cell] as number), total: rows, exact: false };
}
