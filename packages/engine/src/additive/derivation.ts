import { createBuilder } from '../estimand/builder.ts';
import type { Because, Estimand, Place } from '../estimand/estimand.ts';
import type { Graph } from '../graph/graph.ts';
import type { Name } from '../graph/variable.ts';
import type { ProofLine } from '../identify/rule.ts';
import { type Fraction, isZero, spellFraction } from '../math/fraction.ts';
import type { Query } from '../query/terms.ts';
import { readTarget } from './question.ts';
import { weigh } from './regimes.ts';
import type { AdditivePlan } from './terms.ts';
import { paper, selection, span, writeBlock, writePart } from './words.ts';

/** A weighted sum of the means of the regimes, each as its studies measured it at the values of the question. On the log scale it is of `log Y`. */
export function additiveEstimand(plan: AdditivePlan, query: Query, graph?: Graph): Estimand {
  const { assumption, actions, covariates, regimes, fewest } = plan;
  const builder = createBuilder();
  const outcome = assumption.log ? `log ${assumption.outcome}` : assumption.outcome;
  const target = readTarget(query, assumption, graph);
  const at: Record<Name, Place> = {};
  if (typeof target !== 'string') for (const [name, value] of target.values) if (value !== undefined) at[name] = { value };
  const because: Because = { theorem: theoremOf(plan), source: paper };
  const terms = regimes.flatMap(({ set, studies }, i) => {
    const weight = fewest[i] as number;
    const given = [...actions.filter((name) => !set.includes(name)), ...covariates];
    const leaf = builder.measured({ of: [outcome], given, regime: { set }, studies, because });
    return weight === 0 ? [] : [{ weight, of: builder.mean(outcome, builder.place(at, leaf)) }];
  });
  return builder.combine([...terms.filter(({ weight }) => weight > 0), ...terms.filter(({ weight }) => weight < 0)]);
}

function theoremOf({ assumption, regimes, target, actions, fewest, structured, notes }: AdditivePlan): string {
  const used = regimes.flatMap((regime, i) => (fewest[i] === 0 ? [] : [{ ...regime, weight: fewest[i] as number }]));
  const [only] = used;
  if (only !== undefined && used.length === 1)
    return only.set.length === target.length && only.set.every((name) => target.includes(name))
      ? 'the regime that is asked for'
      : 'a regime with the same mean';
  const parts = used.filter(({ set }) => set.length > 0);
  const whole = parts.every(
    ({ set, weight }) =>
      weight === 1 && assumption.blocks.some((block) => block.length === set.length && block.every((name) => set.includes(name))),
  );
  const shown = new Set(parts.flatMap(({ set }) => set));
  const plain = structured !== 'graph' || notes.length === 0;
  if (!plain || !whole || shown.size !== target.length || used.length !== parts.length + 1) return span.theorem;
  if (assumption.blocks.some((block) => block.length > 1)) return 'Corollary 1';
  return target.length === actions.length ? 'Theorem 1' : 'Proposition 1';
}

/** The derivation: what is assumed, what each regime shows, the weighting, and how often the answer is determined. */
export function additiveProof(plan: AdditivePlan): ProofLine[] {
  const { assumption, actions, covariates, columns, regimes, target, vector, notes, spare } = plan;
  const outcome = assumption.log ? `log ${assumption.outcome}` : assumption.outcome;
  const weighed = weigh(
    regimes.map((regime) => regime.vector),
    vector,
  );
  if (!weighed.found) throw new Error('a plan has weights');
  const given = covariates.length === 0 ? '' : `, ${covariates.join(', ')}`;
  const meanOf = (set: readonly Name[]): string => {
    const watched = actions.filter((name) => !set.includes(name));
    const inside = [...(set.length === 0 ? [] : [`do(${set.join(', ')})`]), ...(watched.length === 0 ? [] : [watched.join(', ')])].join(
      ', ',
    );
    return `E[${outcome} | ${inside}${given}]`;
  };
  const partsOf = (row: readonly number[]): string =>
    [
      'the mean with all actions watched',
      ...columns.flatMap((column, i) => (row[i + 1] === 0 ? [] : [`the part of ${writePart(assumption, column)}`])),
    ].join(' + ');
  const sum = (weights: readonly Fraction[]): string =>
    regimes
      .flatMap(({ set }, i) => {
        const weight = weights[i] as Fraction;
        return isZero(weight) ? [] : [{ weight, set }];
      })
      .sort((a, b) => (a.weight.above > 0n ? 0 : 1) - (b.weight.above > 0n ? 0 : 1))
      .map(({ weight, set }, i) => {
        const size = spellFraction({ ...weight, above: weight.above < 0n ? -weight.above : weight.above });
        const sign = weight.above < 0n ? (i === 0 ? '-' : ' - ') : i === 0 ? '' : ' + ';
        return `${sign}${size === '1' ? '' : `${size} * `}${meanOf(set)}`;
      })
      .join('');
  const lines: ProofLine[] = [
    {
      theorem: 'additive outcome',
      source: `${paper}, assumption 3 and lemma 2`,
      depth: 0,
      sets: { actions, covariates },
      says: `${outcome} is a sum of one part for each of ${assumption.blocks.map(writeBlock).join(', ')}, each with hidden causes of its own, and of noise. The mean given all actions is a sum of the parts' means, and the mean of a part depends only on how its own actions came about.`,
    },
    ...notes.map((says): ProofLine => ({ ...selection, depth: 1, says })),
    ...regimes.map(
      ({ set, studies, vector: row }): ProofLine => ({
        theorem: 'regime as a vector',
        source: `${paper}, equation 17`,
        depth: 1,
        says: `${studies.length === 0 ? 'At hand' : studies.join(', ')}: ${meanOf(set)} = ${partsOf(row)}.`,
      }),
    ),
    { theorem: theoremOf(plan), source: paper, depth: 0, says: `${meanOf(target)} = ${partsOf(vector)} = ${sum(weighed.fewest)}.` },
  ];
  if (spare > 0) {
    const other = weighed.least.some((weight, i) => spellFraction(weight) !== spellFraction(weighed.fewest[i] as Fraction));
    lines.push({
      theorem: 'over-identification',
      source: 'least squares',
      depth: 0,
      says: `The regimes are ${spare} more than their vectors need, so that they also test the assumption.${other ? ` Of all weightings ${sum(weighed.least)} has the smallest weights; the fit chooses among them by variance.` : ''}`,
    });
  }
  return lines;
}
