import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { simplify } from '../packages/engine/src/estimand/simplify.ts';
import { parseBif } from '../packages/engine/src/graph/formats/bif.ts';
import { projectLatent } from '../packages/engine/src/graph/projection.ts';
import { withLatent } from '../packages/engine/src/graph/surgery.ts';
import { identify } from '../packages/engine/src/identification.ts';
import { compile } from '../packages/engine/src/interpret/plan.ts';
import { align, isTooLarge } from '../packages/engine/src/math/factor.ts';
import { exactDistribution } from '../packages/engine/src/model/exact.ts';
import { fromNetwork } from '../packages/engine/src/model/network.ts';
import type { Query } from '../packages/engine/src/query/terms.ts';

const folder = new URL('../examples/networks/', import.meta.url);

/** Every single-treatment effect between neighbours and a sample of others, with some variables hidden: formula against the network itself. */
test.each(readdirSync(folder).filter((file) => file.endsWith('.bif')))('effects in %s, some variables hidden', (file) => {
  const network = parseBif(readFileSync(new URL(file, folder), 'utf8'));
  if (!network.ok) throw new Error(file);
  const model = fromNetwork(network.value);
  if (!model.ok) throw new Error(file);
  const names = network.value.graph.index.names;
  // Hide every fourth variable that is not an end of the network: what is left has arcs.
  const hidden = names.filter((_, i) => i % 4 === 1);
  const graph = withLatent(network.value.graph, hidden);
  expect(projectLatent(graph).variables.size).toBe(names.length - hidden.length);
  const seen = names.filter((name) => !hidden.includes(name));
  let [yes, no, checked] = [0, 0, 0];
  for (const [i, treatment] of seen.entries()) {
    for (const outcome of seen.slice(i + 1).filter((_, j) => j % 3 === 0)) {
      const query: Query = { take: 'probability', of: [{ variable: outcome, world: [{ variable: treatment }] }], given: [] };
      const found = identify({ text: '', parts: [{ weight: 1, query }] }, graph, {
        offers: [{ regime: { set: [] }, studies: [], size: 0 }],
      });
      if (found.verdict !== 'identified') {
        no += 1;
        continue;
      }
      yes += 1;
      const compiled = compile(
        simplify(found.estimand),
        new Map([...model.value.levels].map(([name, levels]) => [name, { kind: 'finite', levels }])),
        {
          open: found.open.map(({ symbol }) => symbol),
          limit: 2 ** 18,
        },
      );
      if (!compiled.ok) continue;
      const tables = compiled.value.requests.map(({ leaf, axes }) => {
        const table = exactDistribution(model.value, { of: leaf.of, given: leaf.given }, { limit: 2 ** 18 });
        return isTooLarge(table) ? undefined : align(table, axes);
      });
      if (tables.some((table) => table === undefined)) continue;
      const result = compiled.value.run(tables.filter((table) => table !== undefined));
      const exact = exactDistribution(model.value, { of: [outcome], set: [treatment] });
      if (isTooLarge(exact)) throw new Error('the exact effect is small');
      const axes = [outcome, treatment, ...compiled.value.axes.slice(compiled.value.open).map(({ symbol }) => symbol)];
      const sizes = new Map([
        ...result.axes.map((axis, k) => [axis, result.sizes[k] as number] as const),
        ...exact.axes.map((axis, k) => [axis, exact.sizes[k] as number] as const),
      ]);
      const [left, right] = [align(result, axes, sizes).values, align(exact, axes, sizes).values];
      for (const [cell, value] of left.entries()) {
        // Networks with zeros in their tables have conditions of probability zero, where a conditional is undefined.
        if (Number.isNaN(value)) continue;
        expect(Math.abs(value - (right[cell] as number)), `${treatment} -> ${outcome}`).toBeLessThan(1e-9);
        checked += 1;
      }
    }
  }
  expect(yes + no).toBeGreaterThan(0);
  expect(checked).toBeGreaterThan(0);
});
