import { describe, expect, test } from 'vitest';
import { structureOf } from '../../src/bounds/structure.ts';
import { targetOf } from '../../src/bounds/target.ts';
import { withLatent } from '../../src/graph/surgery.ts';
import type { Name, Value } from '../../src/graph/variable.ts';
import { Random } from '../../src/math/random.ts';
import { exactCounterfactual, isTable } from '../../src/model/counterfactual.ts';
import { graphOf, modelOf, randomGraph } from '../model/graphs.ts';
import { asked, domainsOf, evaluate, exactAnswer, finite, must, plainStructure, pointOf, randomPoint, structural } from './planted.ts';

const issue = (text: string, graphText = 'Z -> X; X -> Y; X <-> Y'): string => {
  const graph = graphOf(graphText);
  const domains = new Map([...graph.variables.keys()].map((name) => [name, finite(['0', '1'])]));
  const target = targetOf(must(structureOf({ graph, domains, studies: [] })), asked(text, { graph, domains }));
  return target.ok ? JSON.stringify(target.value) : (target.issues[0]?.code ?? '');
};

/** Questions about any three (or four) variables, with levels drawn by `at`. */
const questions = (a: Name, b: Name, c: Name, d: Name | undefined, at: (name: Name) => Value): string[] => [
  `P(${b}=${at(b)} | do(${a}=${at(a)}))`,
  `P(${b}[${a}=1]=1, ${b}[${a}=0]=0)`,
  `PN(${a}=1 vs 0 -> ${b}=1)`,
  `PS(${a}=1 vs 0 -> ${b}=1 | ${c}=0)`,
  `ATE(${a}=1 vs 0 -> ${b})`,
  `ETT(${a}=1 vs 0 -> ${b})`,
  `P(${b}[${a}=1]=1, ${b}[${a}=0]=0 | ${c}=0)`,
  `E[${b}[${a}=1, ${c}=${c}[${a}=0]]] - E[${b}[${a}=0]]`,
  `P(${b}[${a}=1]=1, ${c}[${b}=0]=1 | ${c}[${a}=0]=0)`,
  `P(${b}[${a}=1]=1 | ${b}[${b}=0]=0)`,
  `P(${b}[${b}=1]=1, ${a}=0)`,
  `P(${a}=1, ${b}=0, ${c}=1${d === undefined ? '' : `, ${d}[${a}=0]=0`})`,
  `P(${a}=1) - 0.5*P(${b}[${a}=0]=1) + 2*P(${c}=0)`,
];

describe('planted models', () => {
  test('every question has the value of the model that the point describes, and of the point made a model again', () => {
    let checked = 0;
    let mixed = 0;
    for (let seed = 0; checked < 300; seed++) {
      const random = new Random(seed, 'planted questions');
      const nodes = 3 + random.integer(3);
      const plain = randomGraph(random, nodes, 0.55, 0.3);
      const all = [...plain.variables.keys()];
      const latent = random.shuffle(all).slice(0, nodes > 4 ? random.integer(2) : 0);
      const graph = withLatent(plain, latent);
      const names = all.filter((name) => !latent.includes(name));
      const levels = new Map<Name, readonly Value[]>(all.map((name) => [name, random.next() < 0.25 ? ['0', '1', '2'] : ['0', '1']]));
      const model = modelOf(graph, { seed, levels });
      const structure = plainStructure(graph, model);
      if (structure.blocks.some(({ children }) => children.length > 2)) continue;
      const point = pointOf(structure, model);
      const again = structural(structure, point);
      const [a, b, c, d] = random.shuffle(names) as [Name, Name, Name, Name?];
      const at = (name: Name): Value => String(random.integer((levels.get(name) as readonly Value[]).length));
      for (const text of questions(a, b, c, d, at)) {
        // Named queries stand for every other level of an outcome; PS asks for one.
        if (text.startsWith('PS') && levels.get(b)?.length === 3) continue;
        const question = asked(text, { graph, domains: domainsOf(model) });
        const target = targetOf(structure, question);
        if (!target.ok) {
          expect(target.issues[0]?.code, text).toBe('mixed-conditions');
          mixed += 1;
          continue;
        }
        checked += 1;
        const truth = exactAnswer(model, question);
        expect(Math.abs(evaluate(target.value, point) - truth), `${seed}: ${text}`).toBeLessThan(1e-12);
        expect(Math.abs(exactAnswer(again, question) - truth), `${seed}: ${text}`).toBeLessThan(1e-12);
        for (const { tables } of target.value.numerator) expect(new Set(tables.map(({ block }) => block)).size).toBe(tables.length);
      }
    }
    expect(mixed).toBeLessThan(40);
  });

  test('random points, also of components with several exogenous variables, agree with the models made of them', () => {
    for (const text of [
      'X -> Y; Y -> Z; X <-> Y; Y <-> Z',
      'A -> B; B -> C; A <-> B; C <-> D; D -> B',
      'A <-> B; B <-> C; A <-> C; A -> C',
    ]) {
      const graph = graphOf(text);
      const [a, b, c] = [...graph.variables.keys()] as [Name, Name, Name];
      const domains = new Map([...graph.variables.keys()].map((name, i) => [name, finite(i === 1 ? ['0', '1', '2'] : ['0', '1'])]));
      const structure = must(structureOf({ graph, domains, studies: [] }));
      const point = randomPoint(structure, new Random(4, text), 7);
      const model = structural(structure, point);
      for (const question of [
        `P(${c}[${a}=1]=1, ${c}[${a}=0]=0 | ${b}=2)`,
        `P(${b}=1, ${a}=1 | ${c}[${b}=2]=1)`,
        `P(${a}=1, ${b}=1, ${c}=0)`,
      ]) {
        const bound = asked(question, { graph, domains });
        expect(evaluate(must(targetOf(structure, bound)), point)).toBeCloseTo(exactAnswer(model, bound), 12);
      }
    }
  });
});

describe('explicit equations', () => {
  const model = {
    exogenous: { U: { states: 3 }, W: { states: ['calm', 'wild'] } },
    equations: {
      X: { of: ['U'], values: [0, 1, 1] },
      M: { of: ['X', 'W'], values: [0, 1, 1, 0] },
      Y: { of: ['M', 'U', 'W'], values: [0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0] },
      D: { of: ['X', 'Y'], values: [0, 1, 1, 1] },
    },
  };
  const structure = must(structureOf({ domains: new Map(), studies: [], model }));

  test('by hand: every state, every equation', () => {
    const chances = [
      [0.2, 0.5, 0.3],
      [0.6, 0.4],
    ] as const;
    const xs = [0, 1, 1];
    const ms = [0, 1, 1, 0];
    const ys = model.equations.Y.values;
    let [pns, joint, both] = [0, 0, 0];
    for (const u of [0, 1, 2])
      for (const w of [0, 1]) {
        const p = (chances[0][u] as number) * (chances[1][w] as number);
        const y = (x: number): number => ys[((ms[2 * x + w] as number) * 3 + u) * 2 + w] as number;
        if (y(1) === 1 && y(0) === 0) pns += p;
        if (xs[u] === 1 && y(1) === 0) joint += p;
        if (y(0) === 1 || xs[u] === 1) both += p;
      }
    const point = structure.blocks.map(({ groups, digits }) => ({
      groups: (groups ?? [[0]]).map((own) => ({
        digits: own,
        support:
          digits[own[0] as number]?.levels.map((_, state, { length }) => ({
            weight: length === 1 ? 1 : ((chances[length === 3 ? 0 : 1] as readonly number[])[state] as number),
            values: [state],
          })) ?? [],
      })),
    }));
    const ask = (text: string): number =>
      evaluate(
        must(
          targetOf(
            structure,
            asked(text, {
              graph: structure.graph,
              domains: new Map([...structure.levels].map(([name, levels]) => [name, finite(levels)])),
            }),
          ),
        ),
        point,
      );
    expect(ask('P(Y[X=1]=1, Y[X=0]=0)')).toBeCloseTo(pns, 14);
    expect(ask('P(X=1, Y=0)')).toBeCloseTo(joint, 14);
    expect(ask('P(Y[X=1]=1, Y[X=0]=0 | X=1, Y=0)')).toBeCloseTo(0, 14);
    expect(1 - ask('P(D[Y=0]=0, Y[X=0]=0)')).toBeCloseTo(both, 14);
  });

  test('states are axes of their tables; what equations decide inside is not', () => {
    const question = asked('P(Y[X=1]=1, Y[X=0]=0)', { graph: structure.graph, domains: new Map() });
    const { numerator } = must(targetOf(structure, question));
    expect(numerator[0]?.tables.map(({ sizes }) => sizes)).toEqual([[2, 3]]);
  });
});

describe('care', () => {
  test('what cannot happen, and what is certain', () => {
    expect(issue('P(Y[Y=1]=1)')).toBe('{"numerator":[{"weight":1,"tables":[]}],"blocks":[]}');
    expect(issue('P(Y[Y=1]=0)')).toBe('{"numerator":[],"blocks":[]}');
    expect(issue('P(X=1, X=0)')).toBe('{"numerator":[],"blocks":[]}');
    expect(issue('P(Y=1 | X=1, X=0)')).toBe('impossible-condition');
    expect(issue('P(Z[X=1]=1, Z[X=0]=0)')).toBe('{"numerator":[],"blocks":[]}');
    expect(issue('P(Y=1 | X[X=1]=1)')).toBe(issue('P(Y=1)'));
    expect(issue('P(Y=1 | do(X=1), X=0)')).toBe('impossible-condition');
    expect(issue('P(X=0 | X=1)')).toMatch(/^\{"numerator":\[\],"denominator":\[/u);
  });

  test('issues', () => {
    expect(issue('P(Y | do(X=1))')).toBe('open-values');
    expect(issue('P(Y=1 | do(X))')).toBe('open-values');
    expect(issue('P(Y@2=1)')).toBe('positions');
    expect(issue('P(Y=1 | X=1) - P(Y=1 | X=0)')).toBe('mixed-conditions');
    expect(issue('P(Y=1 | X=1) - P(Y=1)')).toBe('mixed-conditions');
    expect(issue('CATE(X=1 vs 0 -> Y | Z=1)')).not.toBe('mixed-conditions');
    const graph = graphOf('X -> Y');
    const domains = new Map([
      ['X', finite(['0', '1'])],
      ['Y', { kind: 'real' } as const],
    ]);
    const target = targetOf(must(structureOf({ graph, domains, studies: [] })), asked('E[Y | do(X=1)]', { graph, domains }));
    expect(target.ok ? '' : target.issues[0]?.message).toBe('Bounds need finite variables: Y is hidden or has no known levels.');
    const wide = graphOf('A -> B; B -> C; A <-> B; B <-> C; A <-> C');
    const large = must(
      structureOf({
        graph: wide,
        domains: new Map('ABC'.split('').map((name) => [name, finite(['0', '1', '2'])])),
        studies: [],
        limit: 20,
      }),
    );
    const question = asked('P(C[A=0]=1, C[A=1]=0, C[A=2]=0)', {
      graph: wide,
      domains: new Map([...large.levels].map(([name, levels]) => [name, finite(levels)])),
    });
    const guarded = targetOf(large, question);
    expect(guarded.ok ? '' : guarded.issues[0]?.message).toContain('a table of 27 cells for A, B, C (limit 20)');
  });

  test('means are over the numbers of the levels', () => {
    const graph = graphOf('X -> Y; X <-> Y');
    const levels = new Map([['Y', ['-1', '0', '2.5']]]);
    const model = modelOf(graph, { seed: 8, levels });
    const structure = plainStructure(graph, model);
    const target = must(targetOf(structure, asked('E[Y | do(X=1)]', { graph, domains: domainsOf(model) })));
    const truth = ['-1', '2.5'].reduce((sum, value) => {
      const found = exactCounterfactual(model, [{ variable: 'Y', world: [{ variable: 'X', value: '1' }], value }]);
      return sum + Number(value) * (isTable(found) ? (found.values[0] as number) : Number.NaN);
    }, 0);
    expect(evaluate(target, pointOf(structure, model))).toBeCloseTo(truth, 13);
  });
});
