import type { Arithmetic } from './arithmetic.ts';
import type { Setting } from './question.ts';
import { type Cell, drawParameters, type Enumeration, emptyCell } from './sensitivity.ts';
import { type Setup, termKey } from './setup.ts';

/**
 * Conditional probability tables, one free simplex per parent configuration, hidden parents included; every table
 * P(V | do(z)) by enumeration of all states. For questions in one world (levels 1 and 2).
 */
export function enumerateOneWorld(setup: Setup, world: readonly Setting[], arithmetic: Arithmetic): Enumeration {
  const { nodes, number, regimes, question, assignments } = setup;
  const firstSimplex: number[] = [];
  const sizes: number[] = [];
  for (const node of nodes) {
    firstSimplex.push(sizes.length);
    const rows = node.parents.reduce((product, parent) => product * (nodes[parent]?.levels as number), 1);
    for (let r = 0; r < rows; r++) sizes.push(node.levels);
  }
  const parameters = drawParameters(sizes, arithmetic);
  const observed = nodes.flatMap((node, i) => (node.hidden ? [] : [i]));
  const cellCount = observed.reduce((product, i) => product * (nodes[i]?.levels as number), 1);

  const table = (set: ReadonlySet<number>): Cell[] => {
    const cells = Array.from({ length: cellCount }, () => emptyCell(parameters));
    const values = new Int32Array(nodes.length);
    const used = new Int32Array(nodes.length);
    const go = (depth: number, weight: number, index: number, usedCount: number): void => {
      if (depth === nodes.length) {
        const cell = cells[index] as Cell;
        cell.value = arithmetic.add(cell.value, weight);
        for (let u = 0; u < usedCount; u++) {
          const option = used[u] as number;
          cell.uses[option] = arithmetic.add(cell.uses[option] as number, weight);
        }
        return;
      }
      const node = nodes[depth] as (typeof nodes)[number];
      let configuration = 0;
      for (const parent of node.parents) configuration = configuration * (nodes[parent]?.levels as number) + (values[parent] as number);
      const start = parameters.starts[(firstSimplex[depth] as number) + configuration] as number;
      for (let value = 0; value < node.levels; value++) {
        values[depth] = value;
        const next = node.hidden ? index : index * node.levels + value;
        if (set.has(depth)) {
          go(depth + 1, weight, next, usedCount);
        } else {
          used[usedCount] = start + value;
          go(depth + 1, arithmetic.multiply(weight, parameters.probabilities[start + value] as number), next, usedCount + 1);
        }
      }
    };
    go(0, 1, 0, 0);
    return cells;
  };

  const decode = (index: number): number[] => {
    const at: number[] = [];
    let rest = index;
    for (const i of [...observed].reverse()) {
      const levels = nodes[i]?.levels as number;
      at.unshift(rest % levels);
      rest = Math.floor(rest / levels);
    }
    return at;
  };
  const tables = new Map<string, Cell[]>();
  const tableOf = (set: readonly number[]): Cell[] => {
    const key = [...set].sort((p, q) => p - q).join();
    const known = tables.get(key) ?? table(new Set(set));
    tables.set(key, known);
    return known;
  };
  const decoded = Array.from({ length: cellCount }, (_, i) => decode(i));
  const data = regimes.flatMap((set, regime) => tableOf(set).map((cell, i) => ({ regime, at: decoded[i] as number[], cell })));

  const settings = world.filter(({ variable }) => number.has(variable));
  const asked = tableOf([...new Set(settings.map(({ variable }) => number.get(variable) as number))]);
  const position = new Map(observed.map((i, p) => [nodes[i]?.name as string, p]));
  const answers = assignments.map((assignment) => {
    const demand = new Map<number, number>();
    let clash = false;
    const require = (variable: string, value: number): void => {
      const p = position.get(variable) as number;
      if (demand.has(p) && demand.get(p) !== value) clash = true;
      demand.set(p, value);
    };
    for (const { variable, value } of settings)
      require(variable, (value as number | undefined) ?? (assignment.get(`${variable}=`) as number));
    if (clash) throw new Error('oracle: a variable is set twice');
    const collect = (): Cell => {
      const sum = emptyCell(parameters);
      if (clash) return sum;
      asked.forEach((cell, i) => {
        for (const [p, value] of demand) if (decoded[i]?.[p] !== value) return;
        sum.value = arithmetic.add(sum.value, cell.value);
        for (let o = 0; o < sum.uses.length; o++) sum.uses[o] = arithmetic.add(sum.uses[o] as number, cell.uses[o] as number);
      });
      return sum;
    };
    for (const term of question.given) require(term.variable, term.value ?? (assignment.get(termKey(term)) as number));
    const denominator = collect();
    for (const term of question.of) require(term.variable, term.value ?? (assignment.get(termKey(term)) as number));
    return { numerator: collect(), denominator };
  });
  return { parameters, data, answers };
}
