import type { Arithmetic } from './arithmetic.ts';
import type { OracleTerm, Setting } from './question.ts';
import { type Cell, drawParameters, type Enumeration, emptyCell } from './sensitivity.ts';
import { type Setup, termKey } from './setup.ts';

interface World {
  /** Per node: a constant, or the value of a node in an earlier world, or undefined where the node answers for itself. */
  readonly set: readonly (number | { readonly world: number; readonly node: number } | undefined)[];
}

/**
 * Response functions: every node has one free simplex over all functions of its parents that have parents or are observed,
 * per state of its hidden roots. Enumerates hidden states x functions and evaluates every world. For all three levels.
 */
export function enumerateManyWorlds(setup: Setup, arithmetic: Arithmetic): Enumeration {
  const { nodes, number, regimes, question, assignments } = setup;
  const isRoot = nodes.map((node) => node.hidden && node.parents.length === 0);
  const outer = nodes.map((node) => node.parents.filter((p) => isRoot[p]));
  const inner = nodes.map((node) => node.parents.filter((p) => !isRoot[p]));
  const size = (list: readonly number[]): number => list.reduce((product, p) => product * (nodes[p]?.levels as number), 1);
  const responses = nodes.map((node, i) => {
    const configurations = size(inner[i] as number[]);
    const count = node.levels ** configurations;
    if (count > 4096) throw new Error(`oracle: ${node.name} has ${count} response functions`);
    const rows = new Uint8Array(count * configurations);
    for (let f = 0; f < count; f++) {
      let rest = f;
      for (let c = 0; c < configurations; c++) {
        rows[f * configurations + c] = rest % node.levels;
        rest = Math.floor(rest / node.levels);
      }
    }
    return { count, configurations, rows };
  });
  const firstSimplex: number[] = [];
  const sizes: number[] = [];
  nodes.forEach((_, i) => {
    firstSimplex.push(sizes.length);
    for (let r = 0; r < size(outer[i] as number[]); r++) sizes.push(responses[i]?.count as number);
  });
  const parameters = drawParameters(sizes, arithmetic);

  const worlds: World[] = [];
  const known = new Map<string, number>();
  const addWorld = (set: World['set']): number => {
    const key = JSON.stringify(set.map((s) => s ?? null));
    const found = known.get(key);
    if (found !== undefined) return found;
    worlds.push({ set });
    known.set(key, worlds.length - 1);
    return worlds.length - 1;
  };
  const worldOf = (settings: readonly Setting[], assignment: ReadonlyMap<string, number>): number => {
    const set: World['set'][number][] = nodes.map(() => undefined);
    for (const { variable, value } of settings) {
      const node = number.get(variable);
      if (node === undefined) continue;
      if (typeof value === 'object') set[node] = { world: worldOf(value.world, assignment), node: number.get(value.variable) as number };
      else set[node] = value ?? (assignment.get(`${variable}=`) as number);
    }
    return addWorld(set);
  };

  const observed = nodes.flatMap((node, i) => (node.hidden ? [] : [i]));
  const cellCount = size(observed);
  const studied = regimes.flatMap((set, regime) => {
    let settings: World['set'][number][][] = [nodes.map(() => undefined)];
    for (const node of set) {
      settings = settings.flatMap((s) =>
        Array.from({ length: nodes[node]?.levels as number }, (_, v) => s.map((old, i) => (i === node ? v : old))),
      );
    }
    return settings.map((s) => ({ regime, world: addWorld(s) }));
  });
  const asked = assignments.map((assignment) => {
    const compile = (term: OracleTerm) => ({
      world: worldOf(term.world, assignment),
      node: number.get(term.variable) as number,
      value: term.value ?? (assignment.get(termKey(term)) as number),
    });
    return {
      of: question.of.map(compile),
      given: question.given.map(compile),
      numerator: emptyCell(parameters),
      denominator: emptyCell(parameters),
    };
  });
  const cells = new Map<string, { regime: number; at: number[]; cell: Cell }>();
  const rowOf = regimes.map(() => new Array<Cell | undefined>(cellCount));

  const values = worlds.map(() => new Int32Array(nodes.length));
  const chosen = new Int32Array(nodes.length);
  const roots = new Int32Array(nodes.length);
  const used = new Int32Array(nodes.length);
  const record = (cell: Cell, weight: number): void => {
    cell.value = arithmetic.add(cell.value, weight);
    for (let u = 0; u < used.length; u++) {
      const option = used[u] as number;
      cell.uses[option] = arithmetic.add(cell.uses[option] as number, weight);
    }
  };
  const holds = (event: { world: number; node: number; value: number }): boolean => values[event.world]?.[event.node] === event.value;
  const evaluate = (weight: number): void => {
    for (let w = 0; w < worlds.length; w++) {
      const set = (worlds[w] as World).set;
      const row = values[w] as Int32Array;
      for (let i = 0; i < nodes.length; i++) {
        const setting = set[i];
        if (typeof setting === 'number') row[i] = setting;
        else if (setting !== undefined) row[i] = values[setting.world]?.[setting.node] as number;
        else if (isRoot[i]) row[i] = roots[i] as number;
        else {
          let configuration = 0;
          for (const p of inner[i] as number[]) configuration = configuration * (nodes[p]?.levels as number) + (row[p] as number);
          const { configurations, rows } = responses[i] as (typeof responses)[number];
          row[i] = rows[(chosen[i] as number) * configurations + configuration] as number;
        }
      }
    }
    for (const { regime, world } of studied) {
      const row = values[world] as Int32Array;
      let index = 0;
      for (const i of observed) index = index * (nodes[i]?.levels as number) + (row[i] as number);
      let cell = rowOf[regime]?.[index];
      if (cell === undefined) {
        cell = emptyCell(parameters);
        (rowOf[regime] as (Cell | undefined)[])[index] = cell;
        cells.set(`${regime}:${String(index).padStart(9, '0')}`, { regime, at: observed.map((i) => row[i] as number), cell });
      }
      record(cell, weight);
    }
    for (const { of, given, numerator, denominator } of asked) {
      if (!given.every(holds)) continue;
      record(denominator, weight);
      if (of.every(holds)) record(numerator, weight);
    }
  };
  const go = (depth: number, weight: number): void => {
    if (depth === nodes.length) {
      evaluate(weight);
      return;
    }
    let configuration = 0;
    for (const p of outer[depth] as number[]) configuration = configuration * (nodes[p]?.levels as number) + (roots[p] as number);
    const start = parameters.starts[(firstSimplex[depth] as number) + configuration] as number;
    const count = responses[depth]?.count as number;
    for (let choice = 0; choice < count; choice++) {
      if (isRoot[depth]) roots[depth] = choice;
      else chosen[depth] = choice;
      used[depth] = start + choice;
      go(depth + 1, arithmetic.multiply(weight, parameters.probabilities[start + choice] as number));
    }
  };
  go(0, 1);
  const data = [...cells.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell);
  return { parameters, data, answers: asked.map(({ numerator, denominator }) => ({ numerator, denominator })) };
}
