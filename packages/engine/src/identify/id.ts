import type { Regime } from '../data/regime.ts';
import type { Builder } from '../estimand/builder.ts';
import type { Because, Estimand } from '../estimand/estimand.ts';
import { numberOf } from '../graph/graph.ts';
import type { Assignment, Name } from '../graph/variable.ts';
import { ancestorsIn, districtIn, marksOf, pillowIn } from './region.ts';
import type { Hedge, ProofLine } from './rule.ts';
import { numbersOf, type Source } from './source.ts';

export interface FactorContext {
  readonly builder: Builder;
  readonly pillows: boolean;
  /** Which studies can supply P(of | given; do(source.set)). */
  readonly studiesFor: (source: Source, columns: readonly Name[], arm?: Assignment) => readonly Name[];
}

export type FactorResult =
  | { readonly ok: true; readonly estimand: Estimand; readonly proof: readonly ProofLine[] }
  | { readonly ok: false; readonly hedge: Hedge };

/** Q[T] as a chain of conditionals in topological order: `factors[i]` is P(members[i] | its `given`), which are node numbers. */
interface Chain {
  readonly members: readonly number[];
  readonly factors: readonly Estimand[];
  readonly given: readonly (readonly number[])[];
}

const shpitserPearl = 'Shpitser and Pearl 2006, Figure 3';
const tianPearl = 'Tian and Pearl 2002, Lemma 4';
const conditionals: Because = { theorem: 'product of conditionals', source: shpitserPearl, line: 'ID line 6' };
const derived: Because = { theorem: 'conditional of the distribution that stands so far', source: shpitserPearl, line: 'ID line 7' };

/**
 * Identify(C, T, Q[T]) of Tian and Pearl 2002, figure 3: the factor Q[C] = P(C | do(everything else)) from one source.
 * `district` must be connected by arcs in the graph of the regime and disjoint from what the regime sets. On success the axes
 * of the estimand are C, the parents of C, and possibly names whose value does not matter; on failure (T, C) is a hedge.
 * `arm`: the constants at which the source is read, where its experiment has only some arms.
 */
export function identifyFactor(district: readonly Name[], source: Source, context: FactorContext, arm?: Assignment): FactorResult {
  const { builder } = context;
  const { index } = source.graph;
  const set = new Set(source.set);
  const named = (nodes: Iterable<number>): Name[] => [...nodes].map((node) => index.names[node] as Name);
  const target = numbersOf(source.graph, district);
  const proof: ProofLine[] = [];
  const note = (because: Because, depth: number, says: string): void => {
    proof.push({ ...because, depth, says });
  };

  const free = marksOf(
    index,
    numbersOf(
      source.graph,
      [...source.measured].filter((name) => !set.has(name) && source.graph.variables.has(name)),
    ),
  );
  const ancestral = ancestorsIn(index, target, free);
  const inside = marksOf(index, ancestral);
  let members = districtIn(index, target[0] as number, inside);
  const regime: Regime = { set: source.set, ...(arm === undefined ? {} : { fixed: arm }) };
  const regimeText = source.set.length === 0 ? 'observation' : `do(${source.set.join(', ')})`;

  const chainOf = (nodes: readonly number[]): Chain => {
    const given = nodes.map((node) => (context.pillows ? pillowIn(index, node, inside) : ancestral.filter((other) => other < node)));
    const factors = nodes.map((node, i) => {
      const of = [index.names[node] as Name];
      const conditions = named(given[i] as number[]).filter((name) => !set.has(name));
      const studies = context.studiesFor(source, [...of, ...conditions], arm);
      return builder.measured({
        of,
        given: conditions,
        regime,
        studies,
        because: { ...conditionals, sets: { district: named(members), given: conditions } },
      });
    });
    return { members: nodes, factors, given };
  };

  let chain = chainOf(members);
  note(
    { ...conditionals, sets: { T: named(members) } },
    1,
    `From ${regimeText}: the factor of district {${named(members).join(', ')}} is a product of conditionals, each given its Markov pillow.`,
  );

  for (let depth = 1; ; depth++) {
    const within = marksOf(index, members);
    const kept = ancestorsIn(index, target, within);
    if (kept.length === target.length) {
      const rest = members.filter((node) => !target.includes(node));
      if (rest.length > 0) {
        const because: Because = {
          theorem: 'sum over what is no ancestor inside the district',
          source: tianPearl,
          line: depth === 1 ? 'ID line 6' : 'ID lines 2 and 6',
          sets: { sum: named(rest), C: district },
        };
        note(
          because,
          depth,
          `Sum ${named(rest).join(', ')} out: inside {${named(members).join(', ')}} only {${district.join(', ')}} is left of its own ancestors.`,
        );
        return { ok: true, estimand: summed(builder, chain, marksOf(index, target), named, because).estimand, proof };
      }
      return { ok: true, estimand: builder.product(chain.factors, conditionals), proof };
    }
    if (kept.length === members.length) return { ok: false, hedge: { F: named(members), Fprime: [...district], regime: source.set } };

    const keptMarks = marksOf(index, kept);
    const gone = members.filter((node) => keptMarks[node] === 0);
    const because: Because = {
      theorem: 'sum over what is no ancestor, then go on in a smaller district',
      source: tianPearl,
      line: 'ID lines 2 and 7',
      sets: { A: named(kept), sum: named(gone) },
    };
    const { estimand: body, firstSummed } = summed(builder, chain, keptMarks, named, because);
    const previous = chain;
    members = districtIn(index, target[0] as number, keptMarks);
    const given = members.map((node) => (context.pillows ? pillowIn(index, node, keptMarks) : kept.filter((other) => other < node)));
    note(
      because,
      depth,
      `Sum ${named(gone).join(', ')} out of it and form conditionals of the result: new district {${named(members).join(', ')}}.`,
    );
    const factors: Estimand[] = [];
    const conditions: (readonly number[])[] = [];
    members.forEach((node, i) => {
      const before = previous.members.indexOf(node);
      if (node < firstSummed) {
        factors.push(previous.factors[before] as Estimand);
        conditions.push(previous.given[before] as readonly number[]);
        return;
      }
      const on = given[i] as number[];
      const random = on.filter((other) => keptMarks[other] === 1);
      factors.push(
        builder.condition([index.names[node] as Name], named(random), body, {
          ...derived,
          sets: { of: [index.names[node] as Name], given: named(random) },
        }),
      );
      conditions.push(on);
    });
    chain = { members, factors, given: conditions };
  }
}

/** The product of the chain summed over its members outside `kept`; a conditional that nothing else uses sums to 1 and is left out. */
function summed(
  builder: Builder,
  chain: Chain,
  kept: Uint8Array,
  named: (nodes: Iterable<number>) => Name[],
  because: Because,
): { estimand: Estimand; firstSummed: number } {
  const used = new Set<number>();
  const factors: Estimand[] = [];
  const over: number[] = [];
  for (let i = chain.members.length - 1; i >= 0; i--) {
    const node = chain.members[i] as number;
    if (kept[node] === 0 && !used.has(node)) continue;
    if (kept[node] === 0) over.push(node);
    for (const other of chain.given[i] as readonly number[]) used.add(other);
    factors.push(chain.factors[i] as Estimand);
  }
  const product = builder.product(factors.reverse(), conditionals);
  return { estimand: builder.sum(named(over).reverse(), product, because), firstSummed: Math.min(...over, Number.POSITIVE_INFINITY) };
}

/**
 * True if `hedge` proves that P(outcomes | do(treatments)) cannot be had from its regime: the conditions of the hedge criterion
 * (Shpitser and Pearl 2006, Theorem 4; with experiments Lee, Correa and Bareinboim 2019), checked afresh on the graph of the
 * question (without latent variables).
 */
export function isHedge(graph: Source['graph'], hedge: Hedge, treatments: readonly Name[], outcomes: readonly Name[]): boolean {
  const { index } = graph;
  const fixed = new Set(hedge.regime);
  const [large, small] = [new Set(hedge.F), new Set(hedge.Fprime)];
  if (small.size === 0 || small.size >= large.size || [...small].some((name) => !large.has(name))) return false;
  if ([...large].some((name) => fixed.has(name))) return false;
  if (!treatments.some((name) => large.has(name)) || treatments.some((name) => small.has(name))) return false;
  const connected = (names: ReadonlySet<Name>): boolean => {
    const nodes = numbersOf(graph, names);
    return districtIn(index, nodes[0] as number, marksOf(index, nodes)).length === nodes.length;
  };
  if (!connected(large) || !connected(small)) return false;
  const inLarge = marksOf(index, numbersOf(graph, large));
  if (ancestorsIn(index, numbersOf(graph, small), inLarge).length !== large.size) return false;
  const cut = new Set(treatments);
  const rest = marksOf(
    index,
    numbersOf(
      graph,
      [...graph.variables.keys()].filter((name) => !cut.has(name)),
    ),
  );
  const above = new Set(
    ancestorsIn(
      index,
      numbersOf(
        graph,
        outcomes.filter((name) => !cut.has(name)),
      ),
      rest,
    ),
  );
  return [...small].every((name) => above.has(numberOf(graph, name)));
}
