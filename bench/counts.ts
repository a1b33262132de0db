/**
 * Counting cells: ten small integer columns of a Parquet file. Our whole way (document, summary with its checks and
 * fingerprint, opening, `counts` over all columns) is held against the same GROUP BY given to DuckDB alone, whose cells are
 * read the same way. Every run is a process of its own, the two alternate, medians are compared. Predicted: at most 1.1 times.
 *
 *     node bench/dist/counts.js [rows = 5e7] [runs = 5]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath, resourceUsage } from 'node:process';
import { fileURLToPath } from 'node:url';
import { loadProblem } from '@doable/engine';
import { DuckDBInstance } from '@duckdb/node-api';
import { nodeSources } from 'doable/studies';

const sizes = [2, 2, 2, 2, 3, 3, 4, 5, 4, 2];
const names = sizes.map((_, i) => `x${i}`);
const threads = '2';

interface Run {
  readonly milliseconds: number;
  readonly cells: number;
  readonly total: number;
  readonly megabytes: number;
  readonly margin?: number;
}
const finish = (start: number): { milliseconds: number; megabytes: number } => ({
  milliseconds: performance.now() - start,
  megabytes: resourceUsage().maxRSS / 1024,
});

async function ours(directory: string): Promise<Run> {
  const start = performance.now();
  const sources = nodeSources(directory, { threads: Number(threads) });
  const problem = await loadProblem({ studies: [{ data: 'data.parquet' }] }, sources);
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  const study = problem.value.studies[0];
  const counts = await study?.counts(names);
  const end = finish(start);
  const again = performance.now();
  for (let i = 0; i < 200; i++) await study?.counts([names[i % 10] as string, names[(i + 3) % 10] as string]);
  sources.close();
  return { ...end, cells: counts?.weight.length ?? 0, total: counts?.total ?? 0, margin: (performance.now() - again) / 200 };
}

async function direct(directory: string): Promise<Run> {
  const start = performance.now();
  const instance = await DuckDBInstance.create(':memory:', { threads });
  const connection = await instance.connect();
  const file = join(directory, 'data.parquet').replaceAll("'", "''");
  const result = await connection.stream(`SELECT ${names.join(', ')}, count(*)::DOUBLE FROM '${file}' GROUP BY ALL`);
  let [cells, total] = [0, 0];
  const table: unknown[][] = names.map(() => []);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [i] of names.entries()) (table[i] as unknown[]).push(...chunk.getColumnValues(i));
    for (const value of chunk.getColumnValues(names.length)) total += Number(value);
    cells += chunk.rowCount;
  }
  const end = finish(start);
  connection.closeSync();
  instance.closeSync();
  return { ...end, cells, total };
}

async function generate(directory: string, rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads });
  const connection = await instance.connect();
  const columns = sizes.map((size, i) => `((hash(i * 31 + ${i * 7919}) >> 8) % ${size})::TINYINT AS x${i}`).join(', ');
  const file = join(directory, 'data.parquet').replaceAll("'", "''");
  await connection.run(`COPY (SELECT ${columns} FROM range(${rows}) r(i)) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`);
  connection.closeSync();
  instance.closeSync();
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

async function main(): Promise<void> {
  const [, , first = '5e7', second = '5'] = argv;
  if (first === 'ours' || first === 'direct') {
    console.log(JSON.stringify(await (first === 'ours' ? ours(second) : direct(second))));
    return;
  }
  const [rows, runs] = [Number(first), Number(second)];
  const directory = mkdtempSync(join(tmpdir(), 'doable-bench-'));
  try {
    await generate(directory, rows);
    console.log(
      `${rows} rows, ${names.length} columns, ${Math.round(statSync(join(directory, 'data.parquet')).size / 1e6)} MB of Parquet, ${threads} threads`,
    );
    const seen: Record<'ours' | 'direct', Run[]> = { ours: [], direct: [] };
    for (let i = 0; i < 2 * runs; i++) {
      const which = i % 2 === 0 ? 'direct' : 'ours';
      const out = execFileSync(execPath, [fileURLToPath(import.meta.url), which, directory], { encoding: 'utf8' });
      seen[which].push(JSON.parse(out) as Run);
    }
    const [a, b] = [seen.ours, seen.direct].map((list) => median(list.map(({ milliseconds }) => milliseconds))) as [number, number];
    const same = new Set([...seen.ours, ...seen.direct].map(({ cells, total }) => `${cells} cells, total ${total}`));
    console.log([...same].join(' BUT ALSO '));
    for (const [which, list] of Object.entries(seen)) {
      const times = list.map(({ milliseconds }) => Math.round(milliseconds)).join(' ');
      console.log(
        `${which.padEnd(7)} median ${Math.round(median(list.map((run) => run.milliseconds)))} ms (${times}), peak RSS ${Math.round(Math.max(...list.map((run) => run.megabytes)))} MB`,
      );
    }
    console.log(`further margins ${median(seen.ours.map(({ margin = 0 }) => margin)).toFixed(2)} ms each (predicted: under 1 ms)`);
    console.log(`ratio of medians: predicted at most 1.10, seen ${(a / b).toFixed(3)}`);
    if (same.size !== 1 || a / b > 1.1) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
