import { describe, expect, it } from 'vitest';
import { additivePlan, identifyAdditive } from '../../src/additive/rule.ts';
import { isPlan } from '../../src/additive/terms.ts';
import { leavesOf } from '../../src/estimand/fold.ts';
import { formulaLatex, formulaText } from '../../src/interpret/formula.ts';
import { ask, assumption, catalogueOf, graphFrom, queryFrom } from './support.ts';

const yes = (...args: Parameters<typeof ask>) => {
  const found = ask(...args);
  if (found.verdict !== 'identified') throw new Error(found.why);
  return found;
};
const no = (...args: Parameters<typeof ask>) => {
  const found = ask(...args);
  if (found.verdict === 'identified') throw new Error('identified');
  return found;
};
const two = [[], ['A1'], ['A2']];
const three = [[], ['A1'], ['A2'], ['A3']];

describe('the estimand is a weighted sum of measured means', () => {
  it('theorem 1', () => {
    const { estimand, proof, open, assumes } = yes('additive(Y; A1, A2)', 'E[Y | do(A1=2, A2=3)]', two);
    expect(formulaText(estimand)).toBe('E[Y | do(A1=2), A2=3] + E[Y | do(A2=3), A1=2] - E[Y | A1=2, A2=3]');
    expect(formulaText(estimand, { studies: true })).toBe(
      'E[Y | do(A1=2), A2=3]@"trial A1" + E[Y | do(A2=3), A1=2]@"trial A2" - E[Y | A1=2, A2=3]@watched',
    );
    expect(formulaLatex(estimand)).toBe(
      '\\mathbb{E}[Y \\mid \\operatorname{do}(A_{1}{=}2), A_{2}{=}3] + \\mathbb{E}[Y \\mid \\operatorname{do}(A_{2}{=}3), A_{1}{=}2] - \\mathbb{E}[Y \\mid A_{1}{=}2, A_{2}{=}3]',
    );
    expect(open).toEqual([]);
    expect(assumes).toEqual(['additive(Y; A1, A2)']);
    expect(proof.at(-1)).toMatchObject({
      theorem: 'Theorem 1',
      says: 'E[Y | do(A1, A2)] = the mean with all actions watched + the part of A1 when set + the part of A2 when set = E[Y | do(A1), A2] + E[Y | do(A2), A1] - E[Y | A1, A2].',
    });
    expect(yes('additive(Y; A1, A2, A3)', 'E[Y | do(A1=2, A2=3, A3=0)]', three).plan.weights).toEqual([-2, 1, 1, 1]);
  });
  it('proposition 1: some set, the others watched; a question may leave values open', () => {
    const { estimand, proof, open, plan } = yes('additive(Y; A1 < A2 < A3)', 'E[Y | do(A1, A2=1), A3]', three);
    expect(formulaText(estimand)).toBe('E[Y | do(A1), A2=1, A3] + E[Y | do(A2=1), A1, A3] - E[Y | A1, A2=1, A3]');
    expect(proof.at(-1)?.theorem).toBe('Proposition 1');
    expect(open).toEqual([
      { symbol: 'A1', variable: 'A1', part: 'set' },
      { symbol: 'A3', variable: 'A3', part: 'given' },
    ]);
    expect(plan).toMatchObject({
      structured: 'order',
      arguments: [['A1'], ['A1', 'A2'], ['A1', 'A2', 'A3']],
      target: ['A1', 'A2'],
      spare: 0,
    });
  });
  it('corollary 1: blocks', () => {
    const found = yes('additive(Y; {A1, A2}, A3)', 'E[Y | do(A1=1, A2=2, A3=3)]', [[], ['A3'], ['A1', 'A2'], ['A1']]);
    expect(formulaText(found.estimand)).toBe('E[Y | do(A3=3), A1=1, A2=2] + E[Y | do(A1=1, A2=2), A3=3] - E[Y | A1=1, A2=2, A3=3]');
    expect(found.proof.at(-1)?.theorem).toBe('Corollary 1');
  });
  it('doubles in place of singles, no observation', () => {
    const found = yes('additive(Y; A1, A2, A3)', 'E[Y | do(A1=1, A2=2, A3=3)]', [['A1', 'A2'], ['A1', 'A3'], ['A1']]);
    expect(formulaText(found.estimand)).toBe('E[Y | do(A1=1, A2=2), A3=3] + E[Y | do(A1=1, A3=3), A2=2] - E[Y | do(A1=1), A2=2, A3=3]');
    expect(found.proof.at(-1)?.theorem).toBe('row span of the regimes');
    const single = yes('additive(Y; A1, A2)', 'E[Y | do(A2=2), A1=1]', [[], ['A1'], ['A1', 'A2']]);
    expect(formulaText(single.estimand)).toBe('E[Y | A1=1, A2=2] + E[Y | do(A1=1, A2=2)] - E[Y | do(A1=1), A2=2]');
  });
  it('one regime more than needed: exact fractions in the derivation', () => {
    const found = yes('additive(Y; A1, A2)', 'E[Y | do(A1=1, A2=2)]', [...two, ['A1', 'A2']]);
    expect(formulaText(found.estimand)).toBe('E[Y | do(A1=1, A2=2)]');
    expect(found.plan).toMatchObject({ spare: 1, weights: [-0.25, 0.25, 0.25, 0.75], fewest: [0, 0, 0, 1] });
    expect(found.proof.at(-1)?.says).toBe(
      'The regimes are 1 more than their vectors need, so that they also test the assumption. Of all weightings 1/4 * E[Y | do(A1), A2] + 1/4 * E[Y | do(A2), A1] + 3/4 * E[Y | do(A1, A2)] - 1/4 * E[Y | A1, A2] has the smallest weights; the fit chooses among them by variance.',
    );
  });
  it('covariates, the log scale, names in quotes', () => {
    const found = yes('additive(log Y; A1, "dose of B")', 'E[Y | do(A1=1, "dose of B"=2), X=old]', [[], ['A1'], ['dose of B']]);
    expect(formulaText(found.estimand)).toBe(
      'E[log Y | do(A1=1), "dose of B"=2, X=old] + E[log Y | do("dose of B"=2), A1=1, X=old] - E[log Y | A1=1, "dose of B"=2, X=old]',
    );
    expect(found.plan.covariates).toEqual(['X']);
    expect(leavesOf(found.estimand).every((leaf) => leaf.given.includes('X'))).toBe(true);
  });
  it('studies of one regime stand together, arms too', () => {
    const catalogue = {
      offers: [
        ...catalogueOf(two).offers,
        { regime: { set: ['A1'], fixed: { A1: '1' } }, measured: ['Y', 'A1', 'A2'], studies: ['arm 1'], size: 5 },
      ],
    };
    const plan = additivePlan(queryFrom('E[Y | do(A1=1, A2=2)]'), assumption('additive(Y; A1, A2)'), undefined, catalogue);
    expect(isPlan(plan) && plan.regimes.map(({ set, studies, vector }) => [set, studies, vector])).toEqual([
      [[], ['watched'], [1, 0, 0]],
      [['A1'], ['trial A1', 'arm 1'], [1, 1, 0]],
      [['A2'], ['trial A2'], [1, 0, 1]],
    ]);
  });
});

describe('a no teaches', () => {
  it('what no study shows, and the smallest collections of studies that would', () => {
    const found = no('additive(Y; A1, A2, A3)', 'E[Y | do(A1=1, A2=2, A3=3)]', [[], ['A1']]);
    expect(found).toMatchObject({ verdict: 'not-identified', rule: 'additive' });
    expect(found.why).toBe(
      'No study shows the part of A2 when set, or the part of A3 when set. It would be determined with a study that sets A2 and one that sets A3, or a study that sets A2 and A3, or a study that sets A2 and one that sets A1 and A3.',
    );
    expect(found.wouldHelp?.[0]).toEqual([['A2'], ['A3']]);
    expect(found.wouldHelp).toContainEqual([['A2', 'A3']]);
    expect(found.wouldHelp).toContainEqual([['A1', 'A2', 'A3']]);
    for (const more of found.wouldHelp ?? [])
      expect(ask('additive(Y; A1, A2, A3)', 'E[Y | do(A1=1, A2=2, A3=3)]', [[], ['A1'], ...more]).verdict).toBe('identified');
  });
  it('three doubles are not enough for three actions, by the direction that they do not see', () => {
    const found = no('additive(Y; A1, A2, A3)', 'E[Y | do(A1=1, A2=2, A3=3)]', [
      ['A1', 'A2'],
      ['A1', 'A3'],
      ['A2', 'A3'],
    ]);
    expect(found.proof[0]?.says).toBe(
      'Change the mean with all actions watched by -2, the part of A1 when set by +1, the part of A2 when set by +1, the part of A3 when set by +1: the mean of every regime at hand stays as it is, and what is asked changes by 1. So no weighting of the studies gives it.',
    );
    expect(found.wouldHelp?.slice(0, 4)).toEqual([[[]], [['A1']], [['A2']], [['A3']]]);
  });
  it('six actions and nothing but observation: the singles of theorem 1', () => {
    const names = ['A1', 'A2', 'A3', 'A4', 'A5', 'A6'];
    const found = no(`additive(Y; ${names.join(', ')})`, `E[Y | do(${names.map((name) => `${name}=1`).join(', ')})]`, [[]]);
    expect(found.wouldHelp?.[0]).toEqual(names.map((name) => [name]));
  });
  it('a block wants its actions set together', () => {
    const found = no('additive(Y; {A1, A2}, A3)', 'E[Y | do(A1=1, A2=2, A3=3)]', three);
    expect(found.why).toBe(
      'No study shows the part of {A1, A2} when set. It would be determined with a study that sets A1 and A2, or a study that sets A1, A2 and A3.',
    );
  });
  it.each([
    [
      'E[Y | do(A1=1)]',
      "The question does not say what A2 is: 'additive(Y; A1, A2)' gives means at values of all its actions. Set it, do(A2=...), or give the value that was watched, A2=....",
    ],
    [
      'E[Y | do(A1=1, A2=2, Z=3)]',
      "The question sets Z, which is no action of 'additive(Y; A1, A2)'. Name it there, or leave it out of do().",
    ],
    ['P(Y=1 | do(A1=1, A2=2))', "'additive(Y; A1, A2)' gives the mean of Y, not its distribution: ask E[Y | ...]."],
    ['E[Z | do(A1=1, A2=2)]', "'additive(Y; A1, A2)' speaks of Y only: ask E[Y | ...]."],
    ['E[Y | do(A1=1, A2=2), A1=3]', 'A1 is both set and given: drop one of them.'],
    [
      'E[Y[A1=1] | A2=2]',
      "'additive(Y; A1, A2)' answers questions about one world: write what is set inside do(...) and what was watched beside it, as in E[Y | do(A1=...), A2=...].",
    ],
  ])('%s', (question, why) => {
    expect(no('additive(Y; A1, A2)', question, two)).toMatchObject({ verdict: 'refused', why });
  });
  it('with a graph, a world that A2 does not see is the same world', () => {
    const graph = graphFrom('A1 -> Y; A2 -> Y; A1 <-> Y; A2 <-> Y');
    expect(formulaText(yes('additive(Y; A1, A2)', 'E[Y[A1=1] | A2=2]', [['A1']], graph).estimand)).toBe('E[Y | do(A1=1), A2=2]');
  });
  it('studies that cannot be used are named', () => {
    const offers = [
      { regime: { set: [] }, measured: ['Y', 'A1'], studies: ['old'], size: 1 },
      { regime: { set: ['Z'] }, studies: ['other'], size: 1 },
      { regime: { set: ['A1'], environment: 'city' }, studies: ['mixed'], size: 1 },
    ];
    const found = identifyAdditive(queryFrom('E[Y | do(A1=1, A2=2)]'), assumption('additive(Y; A1, A2)'), undefined, { offers });
    expect(found.verdict !== 'identified' && found.why).toBe(
      "No study can be used for 'additive(Y; A1, A2)': each must measure Y, A1, A2 and set nothing but actions. Study old does not measure A2. Study other sets Z. Study mixed mixes environments (city).",
    );
  });
});
