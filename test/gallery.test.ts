import { expect, test } from 'vitest';
import type { Catalogue } from '../packages/engine/src/data/catalogue.ts';
import { leavesOf } from '../packages/engine/src/estimand/fold.ts';
import { simplify } from '../packages/engine/src/estimand/simplify.ts';
import { readGraph } from '../packages/engine/src/graph/formats/read.ts';
import { projectLatent } from '../packages/engine/src/graph/projection.ts';
import { identify, identifyQuery } from '../packages/engine/src/identification.ts';
import { isHedge } from '../packages/engine/src/identify/id.ts';
import { exchange } from '../packages/engine/src/identify/idc.ts';
import { singleWorld } from '../packages/engine/src/identify/single-world.ts';
import { verifyEstimand } from '../packages/engine/src/interpret/verify.ts';
import { compileQuestion } from '../packages/engine/src/query/bind.ts';
import { type GalleryCase, loadGallery } from './gallery/gallery.ts';

const cases = loadGallery();
const read = (one: GalleryCase) => {
  const graph = readGraph(one.graph);
  if (!graph.ok) throw new Error(`${one.id}: ${JSON.stringify(graph.issues)}`);
  const question = compileQuestion(one.query, { graph: graph.value, domains: new Map() });
  if (!question.ok) throw new Error(`${one.id}: ${JSON.stringify(question.issues)}`);
  const catalogue: Catalogue = { offers: one.experiments.map((set) => ({ regime: { set }, studies: [], size: 1 })) };
  return { graph: graph.value, question: question.value, catalogue };
};

test.each([...new Set(cases.map((one) => one.theme))])('verdicts: %s', (theme) => {
  const wrong: unknown[] = [];
  for (const one of cases.filter((each) => each.theme === theme)) {
    const { graph, question, catalogue } = read(one);
    const found = identify(question, graph, catalogue);
    const said = found.verdict === 'identified';
    if (said !== one.identifiable)
      wrong.push([one.id, one.graph, one.query, one.experiments, 'engine', found.verdict, said ? '' : found.refusal.why]);
    if (found.verdict === 'unknown' || found.verdict === 'refused') wrong.push([one.id, found.verdict, found.refusal.why]);
    if (one.undefined === true && !(said && found.undefined)) wrong.push([one.id, one.graph, one.query, 'should be undefined']);
  }
  for (const line of wrong) console.log(JSON.stringify(line));
  expect(wrong).toEqual([]);
});

test('every no to an interventional question carries hedges that pass the independent check', () => {
  let hedges = 0;
  for (const one of cases.filter((each) => !each.identifiable)) {
    const { graph, question, catalogue } = read(one);
    const base = projectLatent(graph);
    for (const { query } of question.parts) {
      const form = singleWorld(query, base);
      if (form === undefined) continue;
      const { result } = identifyQuery(query, graph, catalogue);
      if (result.verdict === 'identified') continue;
      const after = exchange(
        { outcomes: [...form.outcomes.keys()], treatments: [...form.treatments.keys()], conditions: [...form.conditions.keys()] },
        base,
      );
      for (const hedge of result.hedges ?? []) {
        expect(isHedge(base, hedge, after.treatments, [...after.outcomes, ...after.conditions]), `${one.id} ${JSON.stringify(hedge)}`).toBe(
          true,
        );
        hedges += 1;
      }
      // Every regime that does not set part of the factor has its hedge.
      if (one.experiments.some((set) => set.length === 0)) expect(result.hedges?.length ?? 0, one.id).toBeGreaterThan(0);
    }
  }
  expect(hedges).toBeGreaterThan(100);
});

test.each([...new Set(cases.map((one) => one.theme))])('formulas in random models, every assignment and free value: %s', (theme) => {
  const wrong: unknown[] = [];
  let [checked, worst] = [0, 0];
  for (const one of cases.filter((each) => each.theme === theme)) {
    const { graph, question, catalogue } = read(one);
    const found = identify(question, graph, catalogue);
    if (found.verdict !== 'identified') continue;
    for (const { query, found: part } of found.parts) {
      for (const estimand of [part.estimand, simplify(part.estimand)]) {
        const result = verifyEstimand({ graph, query, estimand, open: part.open }, { seeds: [1, 2, 3], limit: 2 ** 20 });
        if (!result.checked) wrong.push([one.id, one.graph, one.query, result.why]);
        else if (!(result.gap <= 1e-9))
          wrong.push([one.id, one.graph, one.query, one.experiments, result.gap, estimand === part.estimand ? 'raw' : 'simplified']);
        else {
          checked += 1;
          worst = Math.max(worst, result.gap);
        }
      }
    }
    const offered = new Set(one.experiments.map((set) => JSON.stringify([...set].sort())));
    for (const leaf of leavesOf(found.estimand))
      expect(offered.has(JSON.stringify([...leaf.regime.set].sort())), `${one.id}: do-set ${leaf.regime.set}`).toBe(true);
    for (const leaf of leavesOf(found.estimand))
      for (const name of [...leaf.of, ...leaf.given]) expect(graph.variables.get(name)?.latent, `${one.id}: latent ${name}`).not.toBe(true);
  }
  for (const line of wrong) console.log(JSON.stringify(line));
  expect(wrong).toEqual([]);
  expect(checked).toBeGreaterThan(10);
});
