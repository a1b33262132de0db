/**
 * Draws from a sampling network of four factors, P(Y | do(X)) on X -> A -> Y, X -> B -> Y, X <-> Y and five levels everywhere: every draw
 * goes through all four. Counted factors, and softmax networks on ONNX Runtime with one thread. Processor time, least of several; beside
 * it as many draws of one level from five by the same random numbers. Predicted: counted 5e5 a second, softmax 5e4.
 *
 *     node bench/dist/draws.js [draws = 50000] [runs = 5]
 */
import { argv, cpuUsage } from 'node:process';
import {
  type Batch,
  type ColumnType,
  type ColumnValues,
  compileQuestion,
  drawFromNetwork,
  type Fitter,
  fitNetwork,
  idGen,
  networkFitter,
  Random,
  readGraph,
  tableFitter,
} from '@doable/engine';
import { ortBackend } from 'doable/tensor';

const draws = Number(argv[2] ?? 50_000);
const runs = Number(argv[3] ?? 5);

async function seconds(work: () => unknown): Promise<number> {
  const start = cpuUsage();
  await work();
  const { user, system } = cpuUsage(start);
  return (user + system) / 1e6;
}
function good<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}

const graph = good(readGraph('X -> A; X -> B; A -> Y; B -> Y; X <-> Y'));
const query = good(compileQuestion('P(Y | do(X))', { graph, domains: new Map() })).parts[0]?.query;
if (query === undefined) throw new Error('no query');
const found = idGen(query, graph, { offers: [{ regime: { set: [] }, studies: ['data'], size: 1 }] });
if (!found.ok) throw new Error(JSON.stringify(found.issues));
const { plan } = found;
const names = ['X', 'A', 'B', 'Y'];
const types = new Map<string, ColumnType>(names.map((name) => [name, { kind: 'finite', levels: ['0', '1', '2', '3', '4'] }]));
const random = new Random(1, 'rows');
const rows = 20_000;
const columns = new Map<string, ColumnValues>();
for (const [i, name] of names.entries()) {
  const before = columns.get(names[i - 1] as string)?.values;
  const values = Int32Array.from({ length: rows }, (_, row) =>
    random.next() < 0.5 && before ? (before[row] as number) : random.integer(5),
  );
  columns.set(name, { kind: 'finite', values });
}
const loaded = good(await ortBackend());
const set: Batch = { rows: 1, columns: new Map([['X', { kind: 'finite', values: Int32Array.of(1) }]]) };
const law = [0.1, 0.2, 0.3, 0.2, 0.2];

for (const [name, fitter] of [
  ['counted', tableFitter()],
  ['softmax', networkFitter('softmax', { backend: loaded, budget: { steps: 50 } })],
] as const satisfies readonly (readonly [string, Fitter])[]) {
  const { network } = good(
    await fitNetwork(plan, new Map([['data', { batch: { rows, columns } }]]), {
      seed: 1,
      types,
      fitterFor: () => ({ ok: true, value: fitter }),
    }),
  );
  const [times, plain]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    times.push(await seconds(async () => good(await drawFromNetwork(network, set, draws, new Random(run)))));
    const stream = new Random(run, 'plain');
    plain.push(
      await seconds(() => {
        for (let i = 0; i < draws; i++) stream.categorical(law);
      }),
    );
  }
  const least = Math.min(...times);
  console.log(
    `${name}: ${(draws / least).toExponential(2)} draws a second from ${plan.factors.length} factors in ${plan.nodes.length} nodes, ` +
      `${(least / Math.min(...plain)).toFixed(1)} times as long as one level each`,
  );
}
