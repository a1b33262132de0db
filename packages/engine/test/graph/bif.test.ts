import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Network, parseBif, printBif } from '../../src/graph/formats/bif.ts';
import { readGraph } from '../../src/graph/formats/read.ts';
import type { Issue, Result } from '../../src/run/issue.ts';

const text = (name: string): string => readFileSync(new URL(`../../../../examples/networks/${name}.bif`, import.meta.url), 'utf8');
function network(name: string): Network {
  const read = parseBif(text(name));
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  return read.value;
}
const issues = (result: Result<unknown>): readonly Issue[] => (result.ok ? [] : result.issues);

/** P(variable = its level number) by summing the whole joint: 2^n terms. */
function marginal({ graph, tables }: Network, variable: string, level: number): number {
  const names = graph.index.names;
  let total = 0;
  const at = new Map<string, number>();
  const go = (i: number, weight: number): void => {
    if (i === names.length) {
      if (at.get(variable) === level) total += weight;
      return;
    }
    const name = names[i] as string;
    const table = tables.get(name);
    if (table === undefined) throw new Error(name);
    const own = table.sizes.at(-1) as number;
    let row = 0;
    table.axes.slice(0, -1).forEach((axis, j) => {
      row = row * (table.sizes[j] as number) + (at.get(axis) as number);
    });
    for (let value = 0; value < own; value++) {
      at.set(name, value);
      go(i + 1, weight * (table.values[row * own + value] as number));
    }
  };
  go(0, 1);
  return total;
}

describe('BIF', () => {
  // Nodes, arcs and free parameters as the Bayesian network repository (bnlearn.com) lists them.
  it.each([
    ['asia', 8, 8, 18],
    ['cancer', 5, 4, 10],
    ['earthquake', 5, 4, 10],
    ['survey', 6, 6, 21],
    ['sachs', 11, 17, 178],
    ['child', 20, 25, 230],
    ['insurance', 27, 52, 1008],
    ['alarm', 37, 46, 509],
  ])('%s has the published size and prints back', (name, nodes, arrows, parameters) => {
    const read = network(name);
    expect([read.graph.variables.size, read.graph.arrows.length]).toEqual([nodes, arrows]);
    const free = [...read.tables.values()].map(
      (table) => (table.values.length / (table.sizes.at(-1) as number)) * ((table.sizes.at(-1) as number) - 1),
    );
    expect(free.reduce((a, b) => a + b, 0)).toBe(parameters);
    const again = parseBif(printBif(read));
    if (!again.ok) throw new Error(JSON.stringify(again.issues));
    expect(again.value.graph).toEqual(read.graph);
    expect(again.value.tables).toEqual(read.tables);
    const graph = readGraph(text(name));
    expect(graph.ok && graph.value).toEqual(read.graph);
  });

  it('gives the published marginals of asia', () => {
    const asia = network('asia');
    expect(marginal(asia, 'tub', 0)).toBeCloseTo(0.0104, 12);
    expect(marginal(asia, 'lung', 0)).toBeCloseTo(0.055, 12);
    expect(marginal(asia, 'bronc', 0)).toBeCloseTo(0.45, 12);
    expect(marginal(asia, 'either', 0)).toBeCloseTo(0.064828, 12);
    expect(marginal(asia, 'xray', 0)).toBeCloseTo(0.11029004, 12);
    expect(marginal(asia, 'dysp', 0)).toBeCloseTo(0.4359706, 12);
  });

  it('reads whole tables with the last parent fastest, defaults and properties', () => {
    const small = `network "two words" { property "made by hand" ; }
      variable A { type discrete [ 2 ] { no, yes }; property x = 1; }
      variable B { type discrete[3] {"a b", <5, >=5}; }
      probability ( A ) { default 0.25, 0.75; }
      probability ( B | A ) { table 0.1 0.2  0.3 0.3  0.6 0.5; }`;
    const read = parseBif(small);
    if (!read.ok) throw new Error(JSON.stringify(read.issues));
    expect(read.value.name).toBe('two words');
    expect([...(read.value.tables.get('B')?.values ?? [])]).toEqual([0.1, 0.3, 0.6, 0.2, 0.3, 0.5]);
    expect([...(read.value.tables.get('A')?.values ?? [])]).toEqual([0.25, 0.75]);
  });

  it('says what is wrong and where', () => {
    const asia = text('asia');
    const cases: [from: string, to: string, code: string, hint: RegExp][] = [
      ['(yes) 0.05, 0.95;', '(yse) 0.05, 0.95;', 'unknown-level', /“yes”/],
      ['(yes) 0.05, 0.95;', '(yes) 0.05, 0.05;', 'bad-table', /sum to 1/],
      ['(yes) 0.05, 0.95;', '(yes) 0.95;', 'bad-table', /levels yes, no/],
      ['(yes) 0.05, 0.95;', '', 'bad-table', /2 rows/],
      ['(yes) 0.05, 0.95;', '(yes) O.05, 0.95;', 'syntax', /BIF/],
      ['tub | asia', 'tub | asai', 'unknown-variable', /“asia”/],
      ['( asia ) {\n  table 0.01, 0.99;', '( asia | dysp ) {\n  (yes) 0.01, 0.99;\n  (no) 0.01, 0.99;', 'cycle', /arrows/],
      ['{ yes, no };', '{ yes, yes };', 'bad-table', /Count/],
    ];
    for (const [from, to, code, hint] of cases) {
      expect(asia).toContain(from);
      const [first] = issues(parseBif(asia.replace(from, to)));
      expect([to, first?.code]).toEqual([to, code]);
      expect(first?.hint).toMatch(hint);
      expect(first?.where?.end).toBeGreaterThan(first?.where?.start as number);
    }
  });
});
