import { expect, test } from 'vitest';
import type { Catalogue } from '../packages/engine/src/data/catalogue.ts';
import { readGraph } from '../packages/engine/src/graph/formats/read.ts';
import { identify } from '../packages/engine/src/identification.ts';
import { isHedge } from '../packages/engine/src/identify/id.ts';
import { exchange } from '../packages/engine/src/identify/idc.ts';
import { singleWorld } from '../packages/engine/src/identify/single-world.ts';
import { verifyEstimand } from '../packages/engine/src/interpret/verify.ts';
import { compileQuestion } from '../packages/engine/src/query/bind.ts';
import { strongestVerdict } from './oracle/oracle.ts';
import { randomCases } from './oracle/random-graphs.ts';

/**
 * 2,000 random mixed graphs of 4 to 7 nodes, line-7 shapes over-sampled: the verdict against the brute-force gradient rank, the
 * formula against exact answers of random models, the hedge against the criterion.
 */
test.each([
  ['observation alone', 11, 1400, {}],
  ['conditions', 12, 300, { conditional: 1 }],
  ['experiments', 13, 300, { conditional: 0.4, experiments: 1, most: 6 }],
] as const)('random graphs: %s', (_, seed, count, options) => {
  const wrong: unknown[] = [];
  let [yes, hedges] = [0, 0];
  for (const one of randomCases(seed, count, options)) {
    const graph = readGraph(one.graph);
    if (!graph.ok) throw new Error(one.graph);
    const question = compileQuestion(one.query, { graph: graph.value, domains: new Map() });
    if (!question.ok) throw new Error(one.query);
    const catalogue: Catalogue = { offers: (one.experiments ?? [[]]).map((set) => ({ regime: { set }, studies: [], size: 1 })) };
    const found = identify(question.value, graph.value, catalogue);
    const truth = strongestVerdict(one);
    if ((found.verdict === 'identified') !== truth.identifiable) wrong.push([one.graph, one.query, one.experiments, found.verdict, truth]);
    if (found.verdict === 'identified') {
      yes += 1;
      for (const { query, found: part } of found.parts) {
        const checked = verifyEstimand({ graph: graph.value, query, estimand: part.estimand, open: part.open }, { limit: 2 ** 20 });
        if (!checked.checked || !(checked.gap <= 1e-9)) wrong.push([one.graph, one.query, one.experiments, checked]);
      }
    } else {
      const form = singleWorld(found.query, graph.value);
      if (form === undefined) continue;
      const parts = {
        outcomes: [...form.outcomes.keys()],
        treatments: [...form.treatments.keys()],
        conditions: [...form.conditions.keys()],
      };
      const after = exchange(parts, graph.value);
      for (const hedge of found.refusal.hedges ?? []) {
        hedges += 1;
        if (!isHedge(graph.value, hedge, after.treatments, [...after.outcomes, ...after.conditions]))
          wrong.push([one.graph, one.query, hedge]);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(yes).toBeGreaterThan(count / 5);
  expect(hedges).toBeGreaterThan(count / 10);
});
