import type { Resampled } from './discover-document.ts';
import type { Find } from './discover-find.ts';
import { graphTextOf } from './discover-graph.ts';
import { type Environments, pickEnvironments } from './exchangeable/environments.ts';
import { isMixed, type MixedEnvironments, pickMixed } from './exchangeable/mixed-environments.ts';
import { Random } from './math/random.ts';
import type { Steps } from './run/steps.ts';

export interface Resamples {
  readonly summary: Resampled;
  /** Arrows of each resample's graph. */
  readonly arrows: readonly (readonly (readonly [number, number])[])[];
  /** Of the most frequent graphs, in the order of the summary. */
  readonly graphs: readonly (readonly (readonly [number, number])[])[];
}

/**
 * The whole of discovery again on environments drawn with replacement, `times` times: environments are the independent units, so rows are
 * never drawn on their own. A resample holds environments twice, which its tests take for two; it finds a wrong edge more often than the
 * level of the tests says, so shares are a measure of stability and no posterior probabilities. Told to end, it keeps what it has.
 */
export function* resampleSteps(
  environments: Environments | MixedEnvironments,
  found: readonly (readonly [number, number])[],
  times: number,
  seed: number,
  find: Find,
): Steps<Resamples> {
  const random = new Random(seed, 'discovery');
  const count = environments.labels.length;
  const arrows: (readonly (readonly [number, number])[])[] = [];
  let stopped = yield { task: 'resamples of environments', done: 0, total: times };
  for (let b = 0; b < times && !stopped; b++) {
    const draw = random.split(b);
    const which = Int32Array.from({ length: count }, () => draw.integer(count));
    const picked = isMixed(environments) ? pickMixed(environments, which) : pickEnvironments(environments, which);
    const steps = find(picked, draw);
    let step = steps.next(false);
    while (step.done !== true && !stopped) {
      stopped = yield { task: 'resamples of environments', done: b, total: times };
      if (!stopped) step = steps.next(false);
    }
    if (step.done === true) arrows.push(step.value.arrows.map(({ from, to }) => [from, to] as const));
  }
  const groups = new Map<string, { readonly arrows: readonly (readonly [number, number])[]; count: number }>();
  for (const own of arrows) {
    const key = keyOf(own);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { arrows: own, count: 1 });
    else group.count += 1;
  }
  const ranked = [...groups.values()].sort((one, other) => other.count - one.count);
  const share = (n: number): number => (arrows.length === 0 ? 0 : n / arrows.length);
  return {
    arrows,
    graphs: ranked.map((group) => group.arrows),
    summary: {
      resamples: arrows.length,
      asked: times,
      method: 'environments drawn with replacement, the whole discovery again',
      graphs: ranked.map((group) => ({ text: graphTextOf(environments.names, group.arrows), share: share(group.count) })),
      same: share(groups.get(keyOf(found))?.count ?? 0),
    },
  };
}

const keyOf = (arrows: readonly (readonly [number, number])[]): string =>
  arrows
    .map(([from, to]) => `${from}>${to}`)
    .sort()
    .join();
