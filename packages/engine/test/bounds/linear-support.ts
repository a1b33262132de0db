import loadHighs from 'highs';
import type { Block, BlockPoint, Cell, Form, Literal, Programme, Restriction, Stratum, Target, Term } from '../../src/bounds/programme.ts';
import { Random } from '../../src/math/random.ts';

/** Blocks by hand: digits with level counts, no graph. */
export const blockOf = (sizes: readonly number[], forbidden: readonly (readonly Literal[])[] = []): Block => ({
  name: 'block',
  children: [],
  digits: sizes.map((size, d) => ({
    variable: `D${d}`,
    parents: [],
    context: [],
    levels: Array.from({ length: size }, (_, i) => String(i)),
  })),
  forbidden,
  independences: [],
  complete: true,
});

export const when = (...pairs: readonly (readonly [number, number])[]): readonly Literal[] =>
  pairs.map(([digit, value]) => ({ digit, value }));
export const chance = (...pairs: readonly (readonly [number, number])[]): Form => [{ coefficient: 1, literals: when(...pairs) }];

/** One stratum: forms with their probabilities and words. */
export interface Stated {
  readonly block?: number;
  readonly study?: string;
  readonly cells: readonly { readonly form: Form; readonly target: number; readonly says?: string; readonly ratios?: Cell['ratios'] }[];
}

export function programme(
  blocks: readonly Block[],
  stated: readonly Stated[],
  target: Target,
  restrictions: readonly Restriction[] = [],
): Programme {
  const strata: Stratum[] = stated.map(({ block = 0, study }, i) => ({ block, study: study ?? `study ${i}`, says: `${i}`, exact: true }));
  const cells = stated.flatMap(({ cells: list }, stratum) =>
    list.map(
      ({ form, target: at, says, ratios }, i): Cell => ({
        stratum,
        form,
        says: says ?? `cell ${i} of ${stratum}`,
        count: at,
        target: at,
        ...(ratios === undefined ? {} : { ratios }),
      }),
    ),
  );
  return { blocks, strata, cells, restrictions, target };
}

/** The expectation of a form of block 0 as a target. */
export const targetOf = (form: Form): Target => ({
  numerator: form.map(({ coefficient, literals }) => ({
    weight: coefficient,
    tables: [{ block: 0, axes: [], sizes: [], cells: [literals] }],
  })),
});

/** All assignments, forbidden ones left out. */
export function states({ digits, forbidden }: Pick<Block, 'digits' | 'forbidden'>): number[][] {
  let all: number[][] = [[]];
  for (const { levels } of digits) all = all.flatMap((state) => levels.map((_, value) => [...state, value]));
  return all.filter((state) => !forbidden.some((literals) => holds(literals, state)));
}
export const holds = (literals: readonly Literal[], state: readonly number[]): boolean =>
  literals.every(({ digit, value }) => state[digit] === value);
export const at = (form: Form, state: readonly number[]): number =>
  form.reduce((sum, { coefficient, literals }) => sum + (holds(literals, state) ? coefficient : 0), 0);

/** Exhaustive, exclusive conjunctions: the leaves of a random decision tree over the digits. */
export function decisionTree(random: Random, sizes: readonly number[], depth: number): (readonly Literal[])[] {
  const grow = (literals: readonly Literal[], left: number): (readonly Literal[])[] => {
    const free = sizes.map((_, digit) => digit).filter((digit) => !literals.some((literal) => literal.digit === digit));
    const digit = free[random.integer(Math.max(1, free.length))];
    if (left === 0 || digit === undefined) return [literals];
    return Array.from({ length: sizes[digit] as number }, (_, value) => value).flatMap((value) =>
      grow([...literals, { digit, value }], left - 1),
    );
  };
  return grow([], depth);
}

export function randomForm(random: Random, sizes: readonly number[], terms: number): Form {
  return Array.from({ length: terms }, (): Term => {
    const digits = sizes.map((_, digit) => digit).filter(() => random.next() < 0.5);
    return {
      coefficient: Math.round((2 * random.next() - 1) * 8) / 4,
      literals: digits.slice(0, 3).map((digit) => ({ digit, value: random.integer(sizes[digit] as number) })),
    };
  });
}

export interface Planted {
  readonly problem: Programme;
  readonly form: Form;
  /** The model that the targets were read off: weights over `support`. */
  readonly support: readonly { readonly weight: number; readonly values: readonly number[] }[];
}

/** A random block, random decision-tree strata read off a random sparse model, a random form. */
export function planted(seed: number, { sharp = false }: { readonly sharp?: boolean } = {}): Planted {
  const random = new Random(seed, 'planted');
  const sizes = Array.from({ length: 2 + random.integer(4) }, () => 2 + (random.next() < 0.3 ? 1 : 0));
  const all = states(blockOf(sizes));
  const chosen = Array.from({ length: sharp ? 3 : 2 + random.integer(all.length) }, () => all[random.integer(all.length)] as number[]);
  const masses = chosen.map(() => random.exponential());
  const total = masses.reduce((a, b) => a + b, 0);
  const support = chosen.map((values, i) => ({ weight: (masses[i] as number) / total, values }));
  const forbidden = Array.from({ length: random.integer(3) }, () => {
    const [a, b] = [random.integer(sizes.length), random.integer(sizes.length)];
    return a === b
      ? when([a, random.integer(sizes[a] as number)])
      : when([a, random.integer(sizes[a] as number)], [b, random.integer(sizes[b] as number)]);
  }).filter((literals) => !chosen.some((state) => holds(literals, state)));
  const expectation = (form: Form): number => support.reduce((sum, { weight, values }) => sum + weight * at(form, values), 0);
  const stated = Array.from(
    { length: 1 + random.integer(3) },
    (): Stated => ({
      cells: decisionTree(random, sizes, 1 + random.integer(3)).map((literals) => {
        const form = [{ coefficient: 1, literals }];
        return { form, target: expectation(form) };
      }),
    }),
  );
  const restrictions = Array.from({ length: random.integer(2) }, (): Restriction => {
    const form = randomForm(random, sizes, 2);
    const relation = random.next() < 0.5 ? '<=' : '>=';
    return { block: 0, form, relation, target: expectation(form) + (relation === '<=' ? 0.05 : -0.05), says: 'assumed' };
  });
  const form = randomForm(random, sizes, 1 + random.integer(4));
  return { problem: programme([blockOf(sizes, forbidden)], stated, targetOf(form), restrictions), form, support };
}

/** The same range by a second road: every state is a column, the programme is written as text and parsed by HiGHS. */
export async function textSolver(): Promise<(problem: Programme, form: Form) => readonly [number, number] | undefined> {
  const highs = await (loadHighs as unknown as typeof loadHighs.default)();
  const one = (problem: Programme, form: Form, sense: 'Minimize' | 'Maximize'): number | undefined => {
    const columns = states(problem.blocks[0] as Block);
    const row = (of: Form): string => {
      const parts = columns.flatMap((state, i) => {
        const value = at(of, state);
        return value === 0 ? [] : [`${value < 0 ? '-' : '+'} ${Math.abs(value)} t${i}`];
      });
      return parts.length === 0 ? '0 t0' : parts.join(' ');
    };
    const lines = [
      ...problem.cells.map(({ form: of, target }) => `${row(of)} = ${target}`),
      ...problem.restrictions.map(({ form: of, relation, target }) => `${row(of)} ${relation} ${target}`),
      `${columns.map((_, i) => `t${i}`).join(' + ')} = 1`,
    ];
    const text = `${sense}\n obj: ${row(form)}\nSubject To\n${lines.map((line, i) => ` c${i}: ${line}`).join('\n')}\nEnd\n`;
    const solved = highs.solve(text, { primal_feasibility_tolerance: 1e-10, dual_feasibility_tolerance: 1e-10 });
    return solved.Status === 'Optimal' ? solved.ObjectiveValue : undefined;
  };
  return (problem, form) => {
    const [low, high] = [one(problem, form, 'Minimize'), one(problem, form, 'Maximize')];
    return low === undefined || high === undefined ? undefined : [low, high];
  };
}

/**
 * The range of a form by going through every basic solution of the cells over all states (no restrictions): subsets of columns as
 * large as the rank, Gaussian elimination, keep those that are not negative.
 */
export function vertexRange(problem: Programme, form: Form): readonly [number, number] | undefined {
  const columns = states(problem.blocks[0] as Block);
  const rows = [
    ...problem.cells.map(({ form: of, target }) => [...columns.map((state) => at(of, state)), target]),
    [...columns.map(() => 1), 1],
  ];
  const reduced = echelon(rows, columns.length);
  const found: number[] = [];
  const choose = (from: number, picked: readonly number[]): void => {
    if (picked.length === reduced.length) {
      const square = echelon(
        reduced.map((row) => [...picked.map((j) => row[j] as number), row.at(-1) as number]),
        picked.length,
      );
      if (square.length < picked.length) return;
      const weights = square.map((row) => row.at(-1) as number);
      if (weights.some((weight) => weight < -1e-10)) return;
      found.push(picked.reduce((sum, j, i) => sum + at(form, columns[j] as number[]) * (weights[i] as number), 0));
      return;
    }
    for (let j = from; j < columns.length; j++) choose(j + 1, [...picked, j]);
  };
  choose(0, []);
  return found.length === 0 ? undefined : [Math.min(...found), Math.max(...found)];
}

/** Reduced row echelon form with pivoting, zero rows dropped. */
function echelon(given: readonly (readonly number[])[], columns: number): number[][] {
  const rows = given.map((row) => [...row]);
  let top = 0;
  for (let column = 0; column < columns && top < rows.length; column++) {
    let best = top;
    for (let i = top; i < rows.length; i++)
      if (Math.abs((rows[i] as number[])[column] as number) > Math.abs((rows[best] as number[])[column] as number)) best = i;
    const lead = rows[best] as number[];
    if (Math.abs(lead[column] as number) < 1e-11) continue;
    [rows[top], rows[best]] = [lead, rows[top] as number[]];
    const scale = lead[column] as number;
    for (let j = 0; j < lead.length; j++) lead[j] = (lead[j] as number) / scale;
    for (const [i, row] of rows.entries()) {
      const factor = row[column] as number;
      if (i === top || factor === 0) continue;
      for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - factor * (lead[j] as number);
    }
    top += 1;
  }
  return rows.slice(0, top);
}

/** Treatment and outcome with a common cause: digits X, Y(0), Y(1). */
export const bow = blockOf([2, 2, 2]);
/** Joint P(x, y) and P(Y=1 | do(x)) of a random model of {@link bow}, and what they say. */
export function bowData(random: Random): {
  readonly joint: readonly number[][];
  readonly effect: readonly number[];
  readonly support: BlockPoint;
} {
  const all = states(bow);
  const masses = all.map(() => random.exponential() ** 2);
  const total = masses.reduce((a, b) => a + b, 0);
  const support = all.map((values, i) => ({ weight: (masses[i] as number) / total, values }));
  const p = (test: (state: readonly number[]) => boolean): number =>
    support.reduce((sum, { weight, values }) => sum + (test(values) ? weight : 0), 0);
  return {
    joint: [0, 1].map((x) => [0, 1].map((y) => p((state) => state[0] === x && state[1 + x] === y))),
    effect: [0, 1].map((x) => p((state) => state[1 + x] === 1)),
    support: { groups: [{ digits: [0, 1, 2], support }] },
  };
}
export const observed = (joint: readonly (readonly number[])[]): Stated => ({
  study: 'survey',
  cells: [0, 1].flatMap((x) =>
    [0, 1].map((y) => ({ form: chance([0, x], [1 + x, y]), target: joint[x]?.[y] as number, says: `P(X=${x}, Y=${y})` })),
  ),
});
export const trial = (effect: readonly number[]): Stated[] =>
  [0, 1].map((x) => ({
    study: 'trial',
    cells: [0, 1].map((y) => ({
      form: chance([1 + x, y]),
      target: y === 1 ? (effect[x] as number) : 1 - (effect[x] as number),
      says: `P(Y=${y} | do(X=${x}))`,
    })),
  }));
