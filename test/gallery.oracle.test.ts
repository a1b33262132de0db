import { expect, test } from 'vitest';
import { type GalleryCase, loadGallery } from './gallery/gallery.ts';
import { needsDerivedConditional, needsLineSeven } from './oracle/line-seven.ts';
import { type MixedGraph, readGraph } from './oracle/mixed-graph.ts';
import { modelSize, rankVerdict, strongestVerdict, type Verdict } from './oracle/oracle.ts';
import { readQuestion, singleWorld, variablesRead } from './oracle/question.ts';
import { type OracleCase, setUp } from './oracle/setup.ts';

const gallery = loadGallery();

/** Levels beyond this many parameters cost more than they refute. */
const search = { upTo: 4, subgraphs: 20, columnsAtMost: 700 };

function asked(one: GalleryCase, general: boolean): OracleCase {
  const { graph, query, experiments } = one;
  if (!general) return { graph, query, experiments };
  return { graph: one.witness?.graph ?? graph, query, experiments, ...(one.witness?.levels ? { levels: one.witness.levels } : {}) };
}

/** The exact verdict, backed by residuals in doubles: at most 1e-6 on every seed, or above 1e-4 on some seed. */
function expectVerdict(oracleCase: OracleCase, identifiable: boolean): Verdict {
  const verdict = strongestVerdict(oracleCase, search);
  expect(verdict.identifiable, 'exact rank').toBe(identifiable);
  const large = verdict.rows * verdict.columns > 50_000 || modelSize(setUp(oracleCase, 2, true)).states > 100_000;
  const seeds = large ? [] : [1, 2, 3, 4, 5, 6];
  const again = { ...oracleCase, graph: verdict.refutedBy?.graph ?? oracleCase.graph };
  const measured: Verdict[] = [];
  for (const seed of identifiable ? seeds.slice(0, 2) : seeds) {
    measured.push(rankVerdict(again, { seed, real: true, hiddenLevels: verdict.refutedBy?.hiddenLevels ?? 2 }));
    if (!identifiable && (measured.at(-1)?.residual as number) > 1e-4) break;
  }
  const residuals = measured.map(({ residual }) => residual as number);
  for (const { identifiable: exact } of measured) expect(exact, 'exact rank at every seed').toBe(identifiable);
  if (identifiable) for (const residual of residuals) expect(residual).toBeLessThan(1e-6);
  else if (residuals.length > 0) expect(Math.max(...residuals)).toBeGreaterThan(1e-4);
  return verdict;
}

test.each(gallery)('$theme: $id', (one) => {
  const verdict = expectVerdict(asked(one, true), one.identifiable);
  expect(verdict.undefined).toBe(one.undefined ?? false);
  if (!one.undefined && one.identifiable) expect(verdict.constant).toBe(one.value);
  if (one.identifiableIfBinary) {
    expect(one.identifiable).toBe(false);
    expectVerdict(asked(one, false), true);
  }
  if (one.witness?.graph) expectImplied(readGraph(one.graph), readGraph(one.witness.graph), one.identifiable);
});

/** A witness proves its case only if its models are models of the case (a no) or its data are part of the data (a yes). */
function expectImplied(whole: MixedGraph, witness: MixedGraph, identifiable: boolean): void {
  const arrows = (graph: MixedGraph): string[] =>
    graph.parents.flatMap((list, child) => list.map((parent) => `${graph.names[parent]} -> ${graph.names[child]}`)).sort();
  const arcs = (graph: MixedGraph): string[] =>
    graph.arcs
      .map((pair) =>
        pair
          .map((node) => graph.names[node])
          .sort()
          .join(' <-> '),
      )
      .sort();
  expect([...witness.names].sort()).toEqual([...whole.names].sort());
  if (identifiable) {
    expect([arrows(witness), arcs(witness)]).toEqual([arrows(whole), arcs(whole)]);
    for (const [node, name] of whole.names.entries())
      if (whole.latent[node]) expect(witness.latent[witness.names.indexOf(name)]).toBe(true);
  } else {
    expect(arrows(whole)).toEqual(expect.arrayContaining(arrows(witness)));
    expect(arcs(whole)).toEqual(expect.arrayContaining(arcs(witness)));
    expect(witness.latent.some((latent, node) => latent !== whole.latent[whole.names.indexOf(witness.names[node] as string)])).toBe(false);
  }
}

test('the gallery covers what it promises', () => {
  const of = (theme: string): GalleryCase[] => gallery.filter((one) => one.theme === theme);
  expect(gallery.length).toBeGreaterThanOrEqual(170);
  expect(new Set(gallery.map((one) => one.id)).size).toBe(gallery.length);
  expect(of('line-seven').filter((one) => one.identifiable).length).toBeGreaterThanOrEqual(45);
  expect(of('line-seven').filter((one) => one.derivedConditional && one.identifiable).length).toBeGreaterThanOrEqual(45);
  expect(of('conditional').length).toBeGreaterThanOrEqual(25);
  expect(of('experiments').length).toBeGreaterThanOrEqual(25);
  expect(of('counterfactual').length).toBeGreaterThanOrEqual(40);
  for (const theme of new Set(gallery.map((one) => one.theme))) {
    expect(of(theme).some((one) => one.identifiable) && of(theme).some((one) => !one.identifiable), theme).toBe(true);
  }
});

test('line-7 tags agree with the graphs', () => {
  for (const one of gallery) {
    const graph = readGraph(one.graph);
    const question = readQuestion(one.query);
    const world = singleWorld(question);
    if (world === undefined || graph.latent.includes(true) || question.given.length > 0 || one.experiments.some((set) => set.length > 0))
      continue;
    const at = (names: Iterable<string>): number[] => [...names].map((name) => graph.names.indexOf(name));
    const [outcomes, treatments] = [at(variablesRead(question)), at(world.map(({ variable }) => variable))];
    expect([one.id, needsLineSeven(graph, outcomes, treatments)]).toEqual([one.id, one.lineSeven ?? false]);
    expect([one.id, needsDerivedConditional(graph, outcomes, treatments)]).toEqual([one.id, one.derivedConditional ?? false]);
  }
});
