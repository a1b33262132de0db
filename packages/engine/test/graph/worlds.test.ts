import { describe, expect, it } from 'vitest';
import type { Edge, Graph } from '../../src/graph/graph.ts';
import { observed } from '../../src/graph/kin.ts';
import { project } from '../../src/graph/projection.ts';
import { separated } from '../../src/graph/separation.ts';
import { cutInto } from '../../src/graph/surgery.ts';
import { unroll } from '../../src/graph/unroll.ts';
import type { Assignment, Name } from '../../src/graph/variable.ts';
import { parallelWorlds } from '../../src/graph/worlds.ts';
import { dice, edgeSet, graphOf, must, randomGraph } from './support.ts';

describe('parallelWorlds', () => {
  it('is the twin network of the textbook', () => {
    const { graph, nodes } = parallelWorlds(graphOf('Z -> X, Z -> Y, X -> Y'), [{}, { X: '1' }]);
    expect(nodes.map((copies) => copies.get('Y'))).toEqual(['Y', 'Y[X=1]']);
    expect(separated(graph, ['Y[X=1]'], ['X'], ['Z'])).toBe(true);
    expect(separated(graph, ['Y[X=1]'], ['X'], [])).toBe(false);
    expect(separated(graph, ['Y[X=1]'], ['Y'], ['X', 'Z'])).toBe(false);
    const bow = parallelWorlds(graphOf('X -> Y, X <-> Y'), [{}, { X: '1' }]).graph;
    expect(separated(bow, ['Y[X=1]'], ['X'], [])).toBe(false);
  });

  it('keeps a latent root in one piece and finds fresh names', () => {
    const graph = must({
      variables: [{ name: 'L', latent: true }, { name: 'U(Y)' }],
      arrows: [
        ['L', 'X'],
        ['L', 'Y'],
        ['X', 'Y'],
      ],
    });
    const made = parallelWorlds(graph, [{}, { X: '0' }, { X: '1' }]);
    expect(made.nodes.map((copies) => copies.get('L'))).toEqual(['L', 'L', 'L']);
    expect([...made.graph.variables.keys()]).toContain("U(Y)'");
  });

  it('shows in every world exactly the mutilated graph', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = dice(seed);
      const graph = randomGraph(seed, 3 + random.below(4), 0.4, 0.3);
      const names = [...graph.variables.keys()];
      const worlds = Array.from(
        { length: 1 + random.below(3) },
        (): Assignment => Object.fromEntries(random.some(names, 0.3).map((name) => [name, random.pick(['0', '1'])])),
      );
      const made = parallelWorlds(graph, worlds);
      worlds.forEach((world, i) => {
        const copies = made.nodes[i] as ReadonlyMap<Name, Name>;
        const back = new Map([...copies].map(([name, copy]) => [copy, name]));
        const named = (edges: readonly Edge[]): Edge[] => edges.map(([a, b]) => [back.get(a) as Name, back.get(b) as Name]);
        const seen = project(made.graph, [...copies.values()]);
        const truth = cutInto(graph, Object.keys(world));
        expect(edgeSet(named(seen.arrows), true)).toEqual(edgeSet(truth.arrows, true));
        expect(edgeSet(named(seen.arcs), false)).toEqual(edgeSet(truth.arcs, false));
      });
    }
  });

  it('never claims an independence that a random structural model breaks', () => {
    let claims = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const random = dice(seed * 17);
      const graph = randomGraph(seed, 3, 0.5, 0.3);
      const worlds: Assignment[] = [{}, { [random.pick(['V0', 'V1', 'V2'])]: random.pick(['0', '1']) }];
      const made = parallelWorlds(graph, worlds);
      const joint = jointOf(graph, worlds, seed);
      const copies = made.nodes.flatMap((world, i) => [...world].map(([name, copy]) => ({ name, copy, i })));
      for (let trial = 0; trial < 20; trial++) {
        const [a, b] = [random.pick(copies), random.pick(copies)];
        if (a === b) continue;
        const given = random.some(copies, 0.3).filter((c) => c !== a && c !== b);
        const apart = separated(
          made.graph,
          [a.copy],
          [b.copy],
          given.map((c) => c.copy),
        );
        if (!apart) continue;
        claims++;
        const mass = (axes: typeof copies, row: readonly number[]): number => {
          let total = 0;
          for (const [values, weight] of joint) if (axes.every((axis, j) => values[axis.i]?.get(axis.name) === row[j])) total += weight;
          return total;
        };
        for (let row = 0; row < 2 ** (2 + given.length); row++) {
          const bits = [a, b, ...given].map((_, j) => (row >> j) & 1);
          const rest = bits.slice(2);
          const left = mass([a, b, ...given], bits) * mass(given, rest);
          const right = mass([a, ...given], [bits[0] as number, ...rest]) * mass([b, ...given], [bits[1] as number, ...rest]);
          expect(Math.abs(left - right)).toBeLessThan(1e-12);
        }
      }
    }
    expect(claims).toBeGreaterThan(300);
  });
});

/** All noise settings of a random binary model, each with the values of every variable in every world. */
function jointOf(graph: Graph, worlds: readonly Assignment[], seed: number): [ReadonlyMap<Name, number>[], number][] {
  const random = dice(seed + 1e6);
  const names = graph.index.names;
  const noises = [...names.map((name) => ({ ends: [name], size: 3 })), ...graph.arcs.map((ends) => ({ ends: [...ends], size: 2 }))];
  const weights = noises.map(({ size }) => {
    const raw = Array.from({ length: size }, () => 0.2 + random.next());
    const total = raw.reduce((p, q) => p + q, 0);
    return raw.map((w) => w / total);
  });
  const tables = new Map<string, number>();
  const result: [ReadonlyMap<Name, number>[], number][] = [];
  const count = noises.reduce((p, { size }) => p * size, 1);
  for (let code = 0; code < count; code++) {
    let rest = code;
    let weight = 1;
    const state = noises.map(({ size }, i) => {
      const value = rest % size;
      rest = Math.floor(rest / size);
      weight *= weights[i]?.[value] as number;
      return value;
    });
    const values = worlds.map((world) => {
      const at = new Map<Name, number>();
      for (const name of names) {
        if (Object.hasOwn(world, name)) {
          at.set(name, Number(world[name]));
          continue;
        }
        const causes = graph.arrows.filter(([, to]) => to === name).map(([from]) => at.get(from));
        const noise = noises.flatMap(({ ends }, i) => (ends.includes(name) ? [state[i]] : []));
        const key = `${name}:${causes.join()}:${noise.join()}`;
        if (!tables.has(key)) tables.set(key, random.below(2));
        at.set(name, tables.get(key) as number);
      }
      return at;
    });
    result.push([values, weight]);
  }
  return result;
}

describe('unroll', () => {
  it('ties the rows together by the parameters only', () => {
    const { graph, nodes, mechanisms } = unroll(graphOf('X -> Y'), 3);
    expect(nodes.map((copies) => copies.get('Y'))).toEqual(['Y@1', 'Y@2', 'Y@3']);
    expect([...mechanisms.values()]).toEqual(['theta(X)', 'theta(Y)']);
    expect(observed(graph).length).toBe(6);
    // Guo et al. 2023, theorem 2: what tells X -> Y from Y -> X.
    expect(separated(graph, ['Y@1'], ['X@2'], ['X@1'])).toBe(true);
    expect(separated(graph, ['X@1'], ['Y@2'], ['Y@1'])).toBe(false);
    expect(separated(graph, ['Y@1'], ['Y@2'], ['X@1', 'X@2'])).toBe(false);
  });
});
