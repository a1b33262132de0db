import { expect, test } from 'vitest';
import { createGraph, type Graph } from '../packages/engine/src/graph/graph.ts';
import { isHedge } from '../packages/engine/src/identify/id.ts';
import { gidRule, idRule } from '../packages/engine/src/identify/interventional.ts';
import type { Query } from '../packages/engine/src/query/terms.ts';
import { readGraph as readMixed } from './oracle/mixed-graph.ts';
import { strongestVerdict } from './oracle/oracle.ts';
import { type OracleTerm, readQuestion } from './oracle/question.ts';
import { randomCases } from './oracle/random-graphs.ts';

export function graphOf(text: string): Graph {
  const mixed = readMixed(text);
  const made = createGraph({
    variables: mixed.names.map((name) => ({ name })),
    arrows: mixed.parents.flatMap((list, child) =>
      list.map((parent): [string, string] => [mixed.names[parent] as string, mixed.names[child] as string]),
    ),
    arcs: mixed.arcs.map(([a, b]): [string, string] => [mixed.names[a] as string, mixed.names[b] as string]),
  });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  return made.value;
}
const term = (one: OracleTerm): Query['of'][number] => ({
  variable: one.variable,
  world: one.world.map(({ variable, value }) =>
    value === undefined ? { variable } : { variable, value: typeof value === 'number' ? String(value) : term(value) },
  ),
  ...(one.value === undefined ? {} : { value: String(one.value) }),
});
export const queryOf = (text: string): Query => {
  const { of, given } = readQuestion(text);
  return { take: 'probability', of: of.map(term), given: given.map(term) };
};

test.each([
  [11, 1400, {}],
  [12, 400, { conditional: 1 }],
  [13, 400, { conditional: 0.4, experiments: 1, most: 6 }],
] as const)(
  'random %i',
  (seed, count, options) => {
    const wrong: unknown[] = [];
    let yes = 0;
    for (const one of randomCases(seed, count, options)) {
      const graph = graphOf(one.graph);
      const offers = (one.experiments ?? [[]]).map((set) => ({ regime: { set }, studies: [], size: 1 }));
      const rule = offers.every((offer) => offer.regime.set.length === 0) ? idRule : gidRule;
      const answer = rule.identify(queryOf(one.query), graph, { offers });
      const said = answer.verdict === 'identified';
      if (said) yes += 1;
      const truth = strongestVerdict(one);
      if (said !== truth.identifiable) wrong.push([one, answer.verdict, truth.identifiable]);
      if (answer.verdict !== 'identified' && !one.query.includes(', V')) {
        const q = queryOf(one.query);
        for (const hedge of answer.hedges ?? []) {
          const treatments = q.of[0]!.world.map((s) => s.variable);
          if (
            q.given.length === 0 &&
            !isHedge(
              graph,
              hedge,
              treatments,
              q.of.map((t) => t.variable),
            )
          )
            wrong.push(['hedge', one, hedge]);
        }
      }
    }
    console.log(seed, count, 'identified', yes, 'wrong', wrong.length, JSON.stringify(wrong.slice(0, 5)));
    expect(wrong).toEqual([]);
  },
  600_000,
);
