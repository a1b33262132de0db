import { describe, expect, test } from 'vitest';
import { type GradientRank, gradientRank, type RankOffer } from '../../src/model/gradient-rank.ts';
import type { WorldEvent } from '../../src/model/worlds.ts';
import { graphOf } from './graphs.ts';

const observe: RankOffer = { regime: { set: [] } };
const doing = (...set: string[]): RankOffer => ({ regime: { set } });

/** `Y[X=1]=1` with at most one setting per world; `Y[X]` leaves the setting open, `Y` the value. */
const event = (text: string): WorldEvent => {
  const parsed = /^(\w+)(?:\[(.*)\])?(?:=(\w+))?$/u.exec(text);
  if (parsed === null) throw new Error(text);
  const [, variable, world, value] = parsed;
  const settings = (world ?? '')
    .split(',')
    .filter((part) => part.length > 0)
    .map((part) => {
      const [name, level] = part.split('=');
      return level === undefined ? { variable: name as string } : { variable: name as string, value: level };
    });
  return { variable: variable as string, world: settings, ...(value === undefined ? {} : { value }) };
};
const events = (text: string): WorldEvent[] => (text === '' ? [] : text.split(' & ').map(event));

const run = (
  graph: string,
  of: string,
  given: string = '',
  offers: readonly RankOffer[] = [observe],
  latent: string[] = [],
  latentLevels?: number,
): GradientRank =>
  gradientRank(graphOf(graph, latent), { of: events(of), given: events(given) }, offers, {
    seed: 1,
    ...(latentLevels === undefined ? {} : { latentLevels }),
  });

const yes = (result: GradientRank): void => {
  expect(result.verdict).toBe('no-evidence-against');
  expect(result.residual).toBeLessThan(1e-7);
};
const no = (result: GradientRank): void => {
  expect(result.verdict).toBe('not-identified');
  expect(result.residual).toBeGreaterThan(1e-4);
};

describe('interventional questions with published answers', () => {
  const identified: [string, string][] = [
    ['back-door', 'Z -> X; Z -> Y; X -> Y'],
    ['front-door', 'X -> M; M -> Y; X <-> Y'],
    ['napkin', 'W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y'],
    ['M-graph', 'X -> Y; X <-> Z; Z <-> Y'],
    ['district of two behind two arrows', 'V1 -> V2; V2 -> X; X -> Y; V2 <-> Y; V1 -> X'],
    ['Shpitser and Pearl 2a', 'X -> Y'],
    ['Shpitser and Pearl 2b', 'X -> Z; Z -> Y; X -> Y; Z <-> Y'],
  ];
  test.each(identified)('%s: P(Y | do(X)) is', (_, graph) => {
    yes(run(graph, 'Y[X]'));
  });

  const not: [string, string][] = [
    ['bow, 1a', 'X -> Y; X <-> Y'],
    ['1b', 'X -> Z; Z -> Y; X <-> Z'],
    ['1c', 'X -> Z; Z -> Y; X -> Y; X <-> Z'],
    ['1d', 'X -> Y; Z -> Y; X <-> Z; Z <-> Y'],
    ['1e', 'X -> Z; Z -> Y; X <-> Y; Z <-> Y'],
    ['1f', 'X -> Z; Z -> Y; X <-> Z; Z <-> Y; X -> Y'],
    ['1g', 'X -> Z1; Z1 -> Y; Z2 -> Y; X <-> Z2; Z2 <-> Z1'],
    ['1h', 'Z -> X; X -> W; W -> Y; Z <-> X; Z <-> Y; X <-> Y; Z <-> W'],
    ['instrument', 'Z -> X; X -> Y; X <-> Y'],
  ];
  test.each(not)('%s: P(Y | do(X)) is not', (_, graph) => {
    no(run(graph, 'Y[X]'));
  });

  test('instrument: Z on Y is; napkin without W measured is not; declared latents are hidden', () => {
    yes(run('Z -> X; X -> Y; X <-> Y', 'Y[Z]'));
    no(run('W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y', 'Y[X]', '', [{ regime: { set: [] }, measured: ['Z', 'X', 'Y'] }]));
    no(run('U -> X; U -> Y; X -> Y', 'Y[X]', '', [observe], ['U']));
    yes(run('U -> X; U -> Y; X -> M; M -> Y', 'Y[X]', '', [observe], ['U']));
  });
  test('conditional: X -> Z -> Y with X <-> Z gives P(y | do(x), z) and not P(y | do(x))', () => {
    yes(run('X -> Z; Z -> Y; X <-> Z', 'Y[X]', 'Z[X]'));
    no(run('X -> Z; Z -> Y; X <-> Z', 'Y[X]'));
  });
  test('a binary hidden cause can be pinned down by its proxies; three levels show what two miss', () => {
    const graph = 'V0 -> V3; V1 -> V2; V1 -> V3; V2 -> V4; V0 <-> V1; V2 <-> V3; V2 <-> V4';
    yes(run(graph, 'V4[V2]', '', [observe], [], 2));
    no(run(graph, 'V4[V2]'));
    expect(run(graph, 'V4[V2]').latentLevels).toBe(3);
  });
  test('three levels of hidden causes and of a treatment', () => {
    yes(run('X -> M; M -> Y; X <-> Y', 'Y[X]', '', [observe], [], 3));
    const levels = new Map([['X', ['0', '1', '2']]]);
    const target = { of: events('Y[X]') };
    no(gradientRank(graphOf('X -> Y; X <-> Y'), target, [observe], { seed: 4, levels, latentLevels: 3 }));
  });
});

describe('experiments', () => {
  test('what was done is identified; an experiment on two does not imply one on each', () => {
    const bow = 'X -> Y; X <-> Y';
    yes(run(bow, 'Y[X]', '', [doing('X')]));
    yes(run(bow, 'Y[X=1]=1', '', [{ regime: { set: ['X'], fixed: { X: '1' } } }]));
    no(run(bow, 'Y[X=0]=1', '', [{ regime: { set: ['X'], fixed: { X: '1' } } }]));
    no(run('X1 -> Y; X2 -> Y; X1 <-> Y; X2 <-> Y; X1 <-> X2', 'Y[X1]', '', [doing('X1', 'X2')]));
  });
  test('Bareinboim and Pearl: do(Z) serves for do(X) in Z -> X -> Y with X <-> Z, Z <-> Y; two singles give the joint where the pieces part', () => {
    no(run('Z -> X; X -> Y; Z <-> X; Z <-> Y', 'Y[X]', '', [{ regime: { set: [] }, measured: ['X', 'Y'] }]));
    yes(run('Z -> X; X -> Y; Z <-> X; Z <-> Y', 'Y[X]', '', [doing('Z')]));
    yes(run('X1 -> M; M -> Y; X2 -> Y; X1 <-> M; X2 <-> Y', 'Y[X1,X2]', '', [doing('X1'), doing('X2')]));
    no(run('X1 -> Y; X2 -> Y; X1 <-> Y; X2 <-> Y', 'Y[X1,X2]', '', [observe, doing('X1'), doing('X2')]));
  });
});

describe('counterfactuals', () => {
  test('probability of necessity and sufficiency: never from experiments, through a mediator neither', () => {
    no(run('X -> Y', 'Y[X=1]=1 & Y[X=0]=0', '', [observe, doing('X')]));
    no(run('X -> M; M -> Y', 'Y[X=1]=1 & Y[X=0]=0', '', [observe, doing('X'), doing('M'), doing('X', 'M')]));
  });
  test('effect of treatment on the treated: back-door and front-door are, the bow is not', () => {
    yes(run('Z -> X; Z -> Y; X -> Y', 'Y[X=1]=1', 'X=0'));
    yes(run('X -> M; M -> Y; X <-> Y', 'Y[X=1]=1', 'X=0'));
    no(run('X -> Y; X <-> Y', 'Y[X=0]=0 & Y=0'));
    yes(run('X -> Y; X <-> Y', 'Y[X=1]=1 & X=1'));
  });
  test('bow with experiment: P(Y[X=1]=1, X=0) is for a binary treatment and is not for three levels', () => {
    const target = { of: events('Y[X=1]=1 & X=0') };
    const graph = graphOf('X -> Y; X <-> Y');
    const offers = [observe, doing('X')];
    yes(gradientRank(graph, target, offers, { seed: 2, latentLevels: 3 }));
    no(gradientRank(graph, target, offers, { seed: 2, latentLevels: 3, levels: new Map([['X', ['0', '1', '2']]]) }));
  });
  test('natural direct effect: identified without confounding, not with a hidden cause of mediator and outcome', () => {
    const nested: WorldEvent = {
      variable: 'Y',
      world: [
        { variable: 'X', value: '1' },
        { variable: 'M', value: { variable: 'M', world: [{ variable: 'X', value: '0' }] } },
      ],
      value: '1',
    };
    yes(gradientRank(graphOf('X -> M; M -> Y; X -> Y'), { of: [nested] }, [observe], { seed: 3 }));
    no(gradientRank(graphOf('X -> M; M -> Y; X -> Y; M <-> Y'), { of: [nested] }, [observe, doing('X'), doing('X', 'M')], { seed: 3 }));
  });
  test('the state space guard', () => {
    const chain = Array.from({ length: 25 }, (_, i) => `A${i} -> A${i + 1}`).join(';');
    expect(run(chain, 'A9[A3]').verdict).toBe('too-large');
  });
});
