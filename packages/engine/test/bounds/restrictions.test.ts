import { describe, expect, test } from 'vitest';
import type { Structure } from '../../src/bounds/specification.ts';
import { structureOf } from '../../src/bounds/structure.ts';
import type { Name } from '../../src/graph/variable.ts';
import { Random } from '../../src/math/random.ts';
import type { Result } from '../../src/run/issue.ts';
import { graphOf } from '../model/graphs.ts';
import { asked, exactAnswer, expectation, finite, must, randomPoint, structural } from './planted.ts';

const graph = graphOf('Z -> X; X -> Y; Z -> Y; X <-> Y');
const domains = new Map<Name, ReturnType<typeof finite>>([
  ['Z', finite(['0', '1'])],
  ['X', finite(['0', '1', '2'])],
  ['Y', finite(['0', '1', '2'])],
]);
const made = (...assume: string[]): Result<Structure> => structureOf({ graph, domains, studies: [], assume });
const message = (text: string): string => {
  const structure = made(text);
  return structure.ok ? 'fine' : (structure.issues[0]?.message ?? '');
};

describe('monotone', () => {
  test.each(['increasing', 'decreasing'])('%s: exactly the responses that are not are forbidden', (direction) => {
    const [, block] = must(made(`monotone(X -> Y, ${direction})`)).blocks;
    const digits = block?.digits ?? [];
    const at = (x: string, z: string): number =>
      digits.findIndex(
        ({ variable, parents, context }) => variable === 'Y' && context[parents.indexOf('X')] === x && context[parents.indexOf('Z')] === z,
      );
    const random = new Random(1, direction);
    let rejected = 0;
    for (let draw = 0; draw < 600; draw++) {
      const values = digits.map(({ levels }) => random.integer(levels.length));
      const sign = direction === 'increasing' ? 1 : -1;
      const fits = ['0', '1'].every((z) => {
        const [low, middle, high] = ['0', '1', '2'].map((x) => sign * (values[at(x, z)] as number)) as [number, number, number];
        return low <= middle && middle <= high;
      });
      const forbidden = block?.forbidden.some((literals) => literals.every(({ digit, value }) => values[digit] === value));
      expect(forbidden).toBe(!fits);
      rejected += fits ? 0 : 1;
    }
    expect(rejected).toBeGreaterThan(200);
    expect(rejected).toBeLessThan(600);
  });

  test('is read with any spacing, and only of arrows with free responses', () => {
    expect(must(made(' Monotone ( "X"->Y ) ')).blocks[1]?.forbidden).toEqual(must(made('monotone(X -> Y)')).blocks[1]?.forbidden);
    expect(message('monotone(Y -> X)')).toBe("The assumption 'monotone(Y -> X)': Y is no parent of X in the graph.");
    expect(message('monotone(X -> Q)')).toContain('there is no variable Q');
    expect(message('monotone(X, Y)')).toContain('cannot be read');
    expect(message('monotone(X -> Y, upwards)')).toContain('cannot be read');
    const model = { exogenous: { U: { states: 2 } }, equations: { Y: { of: ['X', 'U'], values: [0, 1, 1, 0] } } };
    const decided = structureOf({ domains: new Map([['X', finite(['0', '1'])]]), studies: [], model, assume: ['monotone(X -> Y)'] });
    expect(decided.ok ? '' : decided.issues[0]?.message).toContain('Y has an equation');
  });
});

describe('inequalities', () => {
  test('the form minus the right side is what the model says of the probability', () => {
    const random = new Random(2);
    for (const [text, sign, bound] of [
      ['P(Y[X=1, Z=0]=0, Y[X=0, Z=0]=2)', '<=', 0.1],
      ['P(Y[X=1, Z=1]=1 | X[Z=0]=2)', '>=', 0.3],
      ['E[Y | do(X=2, Z=1)] - E[Y | do(X=0, Z=1)]', '=', 0.7],
      ['P(X[Z=1]=1) - 0.5*P(Y[X=1, Z=1]=1)', '≤', 0.2],
    ] as const) {
      const structure = must(made(`${text} ${sign} ${bound}`));
      const [restriction] = structure.restrictions;
      expect(restriction).toMatchObject({ block: 1, relation: sign === '≤' ? '<=' : sign });
      const point = randomPoint(structure, random, 9);
      const model = structural(structure, point);
      const value = exactAnswer(model, asked(text, { graph, domains }));
      const condition = text.includes('|') && text.startsWith('P(Y') ? exactAnswer(model, asked('P(X[Z=0]=2)', { graph, domains })) : 1;
      const slack = expectation(restriction?.form ?? [], 1, point) - (restriction?.target ?? 0);
      expect(slack).toBeCloseTo((value - bound) * condition, 12);
    }
  });

  test('certain ones vanish, impossible ones and those over several blocks are issues', () => {
    expect(must(made('P(Z[X=1]=1, Z[X=0]=0) <= 0.5')).restrictions).toEqual([]);
    expect(message('P(X[X=1]=1) <= 0.5')).toContain('no model satisfies it');
    expect(message('P(Y=1 | do(X=1)) <= 0.5')).toContain('depends on {Z} and on {X, Y}');
    expect(message('P(Y[X=1, Z=0]=7) <= 0.5')).toContain("no level '7'");
    expect(message('P(Y[X=1, Z=0]=1) <= half')).toContain("'half' is not a number");
    expect(must(made('the studies are representative')).unused).toEqual(['the studies are representative']);
  });
});
