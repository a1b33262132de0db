/**
 * A large CSV file must not exhaust memory: a file of the size given (default 2 GB) with five finite columns and a real outcome
 * is asked for an adjusted mean, under DuckDB's own memory limit of 1 GB. Predicted: a minute, memory far below the file's size.
 *
 *     node bench/dist/csv.js [gigabytes = 2]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, resourceUsage } from 'node:process';
import { ask, loadProblem } from '@doable/engine';
import { DuckDBInstance } from '@duckdb/node-api';
import { nodeSources } from 'doable/studies';

const gigabytes = Number(argv[2] ?? 2);
const directory = mkdtempSync(join(tmpdir(), 'doable-bench-'));
const file = join(directory, 'large.csv');
try {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const rows = Math.round((gigabytes * 1e9) / 22.5);
  await connection.run(`COPY (
    SELECT i % 2 AS A, (i // 2) % 3 AS B, (i // 6) % 5 AS C, hash(i) % 2 AS X, (i // 7) % 4 AS D, (hash(i) % 2) * 2 + (i % 2) + (hash(i + 1) % 1000000007) / 1e9 AS Y
    FROM range(${rows}) t(i)) TO '${file}' (HEADER)`);
  connection.closeSync();
  instance.closeSync();
  console.log(`${(statSync(file).size / 1e9).toFixed(2)} GB of CSV, ${rows} rows`);
  const before = resourceUsage().maxRSS / 1024;
  const started = performance.now();
  const sources = nodeSources(directory, { threads: 2, memoryLimit: '1GB' });
  const problem = await loadProblem(
    {
      graph: 'A -> X; B -> X; A <-> B; X -> Y; A -> Y; B -> Y',
      studies: [{ name: 'large', data: 'large.csv' }],
      variables: { Y: { real: true } },
    },
    sources,
  );
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  const answers = await ask(problem.value, ['E[Y | do(X=1)] - E[Y | do(X=0)]']);
  if (!answers.ok) throw new Error(JSON.stringify(answers.issues));
  const seconds = (performance.now() - started) / 1000;
  const value = answers.value.answers[0]?.value;
  console.log(
    `answer ${value?.toFixed(4)} (truth 2), ${seconds.toFixed(1)} s, peak memory ${(resourceUsage().maxRSS / 1024).toFixed(0)} MB (before reading, the generator's included: ${before.toFixed(0)} MB)`,
  );
  if (value === undefined || Math.abs(value - 2) > 0.01) throw new Error('wrong answer');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
