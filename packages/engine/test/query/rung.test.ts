import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGraph, type Graph } from '../../src/graph/graph.ts';
import { compileQuestion } from '../../src/query/bind.ts';
import { type Rung, rungOf, rungOfQuestion } from '../../src/query/rung.ts';
import type { Query, Setting, Term } from '../../src/query/terms.ts';
import { context, setting } from './words.ts';

const build = (arrows: readonly (readonly [string, string])[], names = ['Z', 'X', 'M', 'W', 'Y']): Graph => {
  const graph = createGraph({ variables: names.map((name) => ({ name })), arrows, arcs: [] });
  if (!graph.ok) throw new Error('graph');
  return graph.value;
};

describe('the rung of a question', () => {
  const graph = build([
    ['Z', 'X'],
    ['Z', 'Y'],
    ['X', 'M'],
    ['M', 'Y'],
    ['X', 'Y'],
  ]);
  /** Question, rung without a graph, rung in Z -> X -> M -> Y, Z -> Y, X -> Y, W. */
  const cases: readonly (readonly [string, Rung, Rung])[] = [
    ['P(Y=1)', 'seeing', 'seeing'],
    ['P(Y=1 | X=1)', 'seeing', 'seeing'],
    ['P(Y | do(X))', 'doing', 'doing'],
    ['P(Y=1 | do(X=1), Z=0)', 'doing', 'doing'],
    ['ATE(X -> Y)', 'doing', 'doing'],
    ['CATE(X -> Y | Z=0)', 'doing', 'doing'],
    ['P(Y[X=1]=1 | Z=0)', 'imagining', 'doing'],
    ['P(Y[X=1]=1 | M=0)', 'imagining', 'imagining'],
    ['PNS(X -> Y)', 'imagining', 'imagining'],
    ['PNS(W -> Y)', 'imagining', 'seeing'],
    ['ETT(X -> Y)', 'imagining', 'imagining'],
    ['NDE(X -> M -> Y)', 'imagining', 'imagining'],
    ['P(Y[X=1, M=M[X=1]]=1)', 'doing', 'doing'],
    ['P(Y[M=M[]]=1)', 'seeing', 'seeing'],
    ['P(Y[W=1]=1)', 'doing', 'seeing'],
    ['P(Z[X=1]=1, Y=1)', 'imagining', 'seeing'],
    ['P(Y=1, X[X=1]=1)', 'seeing', 'seeing'],
    ['P(Y[X=1]=1, M[X=1]=0)', 'doing', 'doing'],
    ['P(Y[X=1]=1, X=0)', 'imagining', 'imagining'],
    ['P(Y@1=1 | do(X@1=0), X@2=1, Y@2=0)', 'doing', 'doing'],
    ['P(Y[X=1]@1=1, Y[X=0]@2=1)', 'doing', 'doing'],
    ['P(Y[X=1]@1=1, Y[X=0]@1=1)', 'imagining', 'imagining'],
    ['P(Y=1) - P(Y=1 | do(X=1))', 'doing', 'doing'],
  ];
  it.each(cases)('%s: %s, with the graph %s', (text, alone, within) => {
    const bound = compileQuestion(text, context);
    if (!bound.ok) throw new Error(text);
    expect([rungOfQuestion(bound.value), rungOfQuestion(bound.value, graph)]).toEqual([alone, within]);
  });
});

/**
 * The oracle: a variable in a world is the expression that gives it, as text; two are equal in every model just when the
 * expressions are. The rung then follows from trying all worlds over all subsets of the variables and values 0, 1.
 */
const names = ['A', 'B', 'C', 'D'] as const;
const express = (name: string, world: readonly Setting[], graph: Graph): string => {
  const set = world.find(({ variable }) => variable === name);
  if (typeof set?.value === 'object') return express(name, set.value.world, graph);
  if (set !== undefined) return `${set.value}`;
  const parents = graph.arrows.filter(([, to]) => to === name).map(([from]) => express(from, world, graph));
  return `${name}(${parents.join(',')})`;
};
const worlds: Setting[][] = names.reduce<Setting[][]>(
  (all, name) => all.flatMap((world) => [world, ...['0', '1'].map((value) => [...world, setting([name, value])])]),
  [[]],
);
function rungByTrial(query: Query, graph: Graph): Rung {
  const terms = [...query.of, ...query.given]
    .map((term) => ({ name: term.variable, value: term.value, means: express(term.variable, term.world, graph) }))
    .filter(({ value, means }) => value !== means);
  const holds = (world: readonly Setting[]) => terms.every(({ name, means }) => express(name, world, graph) === means);
  return holds([]) ? 'seeing' : worlds.some(holds) ? 'doing' : 'imagining';
}

const graphs = fc
  .subarray([
    ['A', 'B'],
    ['A', 'C'],
    ['A', 'D'],
    ['B', 'C'],
    ['B', 'D'],
    ['C', 'D'],
  ] as const)
  .map((arrows) => build(arrows, [...names]));
const world = (depth: number): fc.Arbitrary<Setting[]> =>
  fc.subarray([...names], { maxLength: 3 }).chain((set) =>
    fc.tuple(
      ...set.map((variable) => {
        const value = fc.constantFrom('0', '1');
        const nested = depth === 0 ? value : world(depth - 1).map((inner): Term => ({ variable, world: inner }));
        return fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: nested }).map((value): Setting => ({ variable, value }));
      }),
    ),
  );
const term: fc.Arbitrary<Term> = fc
  .tuple(fc.constantFrom(...names), world(2), fc.constantFrom('0', '1'))
  .map(([variable, world, value]) => ({ variable, world, value }));
const queries: fc.Arbitrary<Query> = fc.oneof(
  fc.record({
    take: fc.constant('probability' as const),
    of: fc.array(term, { minLength: 1, maxLength: 3 }),
    given: fc.array(term, { maxLength: 1 }),
  }),
  fc.tuple(world(0), fc.array(term, { minLength: 1, maxLength: 3 })).map(
    ([world, of]): Query => ({
      take: 'probability',
      of: of.map((one) => ({ ...one, world })),
      given: [],
    }),
  ),
);

it('is the rung found by trying every world, on 4,000 random queries and graphs', () => {
  const seen = new Map<Rung, number>();
  fc.assert(
    fc.property(graphs, queries, (graph, query) => {
      const rung = rungOf(query, graph);
      seen.set(rung, (seen.get(rung) ?? 0) + 1);
      expect(rung).toBe(rungByTrial(query, graph));
    }),
    { numRuns: 4000, seed: 1 },
  );
  for (const rung of ['seeing', 'doing', 'imagining'] as const) expect(seen.get(rung) ?? 0).toBeGreaterThan(200);
});

it('a graph never raises it', () => {
  const order: readonly Rung[] = ['seeing', 'doing', 'imagining'];
  fc.assert(
    fc.property(graphs, queries, (graph, query) => order.indexOf(rungOf(query, graph)) <= order.indexOf(rungOf(query))),
    { seed: 2 },
  );
});
