import type { CellQuery, ExchangeableModel, Mechanism, ValuedCell } from '../../src/exchangeable/terms.ts';
import type { Random } from '../../src/math/random.ts';

export const cell = (variable: string, position: number, value: number): ValuedCell => ({ variable, position, value });

/** A random graph, levels and mechanisms of all kinds; every probability is positive, and all numbers are multiples of 1/16. */
export function randomModel(random: Random, variables = 2 + random.integer(3)): ExchangeableModel {
  const names = Array.from({ length: variables }, (_, i) => `V${i + 1}`);
  const levels = new Map(names.map((name) => [name, random.next() < 0.2 && variables < 4 ? ['0', '1', '2'] : ['0', '1']]));
  const size = (name: string): number => (levels.get(name) as string[]).length;
  const share = (count: number): number[] => {
    const parts = new Array<number>(count).fill(1);
    for (let left = 16 - count; left > 0; left--) {
      const at = random.integer(count);
      parts[at] = (parts[at] as number) + 1;
    }
    return parts.map((part) => part / 16);
  };
  const mechanisms = names.map((variable, i): Mechanism => {
    const parents = names.slice(0, i).filter(() => random.next() < 0.6);
    const configurations = parents.reduce((product, name) => product * size(name), 1);
    const rows = <T>(make: () => T): T[] => Array.from({ length: configurations }, make);
    const kind = random.next();
    if (kind < 0.3 && [variable, ...parents].every((name) => size(name) === 2))
      return { kind: 'xor', variable, parents, beta: [(1 + random.integer(8)) / 2, (1 + random.integer(8)) / 2] };
    if (kind > 0.85) {
      const many = (): number[][] => rows(() => Array.from({ length: size(variable) }, () => (1 + random.integer(8)) / 2));
      return { kind: 'dirichlets', variable, parents, weights: share(2), rows: [many(), many()] };
    }
    if (kind < 0.5)
      return { kind: 'mixture', variable, parents, weights: share(2), rows: [0, 1].map(() => rows(() => share(size(variable)))) };
    const weights = (): number[] => Array.from({ length: size(variable) }, () => (1 + random.integer(8)) / 2);
    return { kind: 'dirichlet', variable, parents, rows: rows(weights) };
  });
  return { levels, mechanisms };
}

export const sizeOf = (model: ExchangeableModel, variable: string): number => (model.levels.get(variable) as readonly string[]).length;

/** Every cell of every position in one of the roles, or in none. */
export function randomQuery(model: ExchangeableModel, random: Random, positions: number): CellQuery {
  const query = { target: [] as ValuedCell[], given: [] as ValuedCell[], set: [] as ValuedCell[] };
  for (let n = 1; n <= positions; n++)
    for (const { variable } of model.mechanisms) {
      const value = random.integer(sizeOf(model, variable));
      const u = random.next();
      const part = u < 0.15 ? query.target : u < 0.45 ? query.given : u < 0.65 ? query.set : undefined;
      part?.push(cell(variable, n, value));
      // Now and then a set cell is asked about, or known, too.
      if (part === query.set && random.next() < 0.1) (random.next() < 0.5 ? query.target : query.given).push(cell(variable, n, value));
    }
  return query.target.length > 0 ? query : randomQuery(model, random, positions);
}
