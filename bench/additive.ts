/**
 * Moments for the additive fit, each held against DuckDB in the same run; every run is a process of its own, ours and DuckDB's
 * alternate, medians are compared.
 *
 * Narrow: products of 12 columns over 7e5 rows of a table, against DuckDB's own 78 sums of doubles, whose last digits depend on
 * which thread came first. Predicted: at most 1.3 times where the order of additions is free (SQL), at most 3 times in storage
 * order, with the same digits every time (streamed).
 * Wide: 100 spline features of 10 columns, streamed, against 5,050 sums over 100 stored columns. Predicted: at least 3 times faster.
 * Flat: peak memory at ten times the rows, DuckDB's cache of the table limited to 128 MB in both. Predicted: at most 64 MB more.
 *
 *     node bench/dist/additive.js [rows = 7e5] [runs = 5]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, cpuUsage, execPath, resourceUsage } from 'node:process';
import { fileURLToPath } from 'node:url';
import { loadProblem, type Study } from '@doable/engine';
import { DuckDBInstance } from '@duckdb/node-api';
import { nodeSources } from 'doable/studies';

const threads = '2';
const narrow = Array.from({ length: 12 }, (_, i) => `x${i}`);
const sources = 10;
const perSource = 10;
const wide = Array.from({ length: sources * perSource }, (_, i) => `s${i}`);
type Query = Parameters<Study['moments']>[0];

interface Run {
  /** Wall-clock time of the moments alone, after opening. */
  readonly milliseconds: number;
  /** Processor time of all threads over the same stretch. */
  readonly busy: number;
  readonly megabytes: number;
  /** Every product, the pairs in order. */
  readonly products: readonly number[];
}

async function timed(work: () => Promise<readonly number[]>): Promise<Run> {
  const [start, processor] = [performance.now(), cpuUsage()];
  const products = await work();
  const { user, system } = cpuUsage(processor);
  return { milliseconds: performance.now() - start, busy: (user + system) / 1000, megabytes: resourceUsage().maxRSS / 1024, products };
}

const center = (i: number): number => 10 * i;
const scale = (i: number): number => 1 + i;
const knots = [-4, -4, -4, -4, ...Array.from({ length: perSource - 4 }, (_, i) => -4 + (8 * (i + 1)) / (perSource - 3)), 4, 4, 4, 4];

const narrowQuery: Query = {
  features: narrow.map((of) => [{ of, power: 1 }]),
  scales: new Map(narrow.map((of, i) => [of, { center: center(i), scale: scale(i) }])),
};
const wideQuery: Query = {
  features: narrow.slice(0, sources).flatMap((of) => Array.from({ length: perSource }, (_, index) => [{ of, knots, degree: 3, index }])),
  scales: narrowQuery.scales,
};

async function ours(data: string, query: Query, directory: string, memoryLimit?: string): Promise<Run> {
  const host = nodeSources(directory, { threads: Number(threads), ...(memoryLimit !== undefined && { memoryLimit }) });
  const variables = Object.fromEntries(narrow.map((name) => [name, { real: true }]));
  const problem = await loadProblem({ studies: [{ data }], variables }, host);
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  const study = problem.value.studies[0] as Study;
  const seen = await timed(async () => {
    const { products, size } = await study.moments(query);
    return [...products].filter((_, at) => at % size >= Math.floor(at / size));
  });
  host.close();
  return seen;
}

/** All distinct products of some columns as sums of doubles in one SELECT. */
async function direct(from: string, columns: readonly string[], directory: string): Promise<Run> {
  const instance = await DuckDBInstance.create(':memory:', { threads });
  const connection = await instance.connect();
  await connection.run(`ATTACH '${join(directory, 'data.db').replaceAll("'", "''")}' AS source (READ_ONLY)`);
  const select = columns.flatMap((first, i) => columns.slice(i).map((second) => `sum(${first} * ${second})`)).join(', ');
  const seen = await timed(async () => {
    const [row = []] = (await connection.runAndReadAll(`SELECT ${select} FROM source.${from}`)).getRows();
    return row.map(Number);
  });
  connection.closeSync();
  instance.closeSync();
  return seen;
}

/** `narrow`: the columns; `shifted`: centred and scaled, for DuckDB; `wide`: 100 stored doubles, about as many of them 0 as of splines; `long`: ten times the rows. */
async function generate(directory: string, rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(join(directory, 'data.db'), { threads });
  const connection = await instance.connect();
  const uniform = (seed: number): string => `((hash(i * 64 + ${seed}) >> 11)::DOUBLE + 1) * 1.1102230246251565e-16`;
  const normal = (k: number): string => `sqrt(-2 * ln(${uniform(2 * k)})) * cos(6.283185307179586 * ${uniform(2 * k + 1)})`;
  const columns = narrow.map((name, k) => `${normal(k)} * ${scale(k)} + ${center(k)} AS ${name}`).join(', ');
  await connection.run(`CREATE TABLE narrow AS SELECT ${columns} FROM range(${rows}) r(i)`);
  await connection.run(`CREATE TABLE long AS SELECT ${columns} FROM range(${10 * rows}) r(i)`);
  const shifted = narrow.map((name, k) => `(${name} - ${center(k)}) / ${scale(k)}::DOUBLE AS ${name}`).join(', ');
  await connection.run(`CREATE TABLE shifted AS SELECT ${shifted} FROM narrow`);
  const values = wide.map((name, k) => `(CASE WHEN i % 5 < 2 THEN ${uniform(k)} ELSE 0 END) AS ${name}`).join(', ');
  await connection.run(`CREATE TABLE wide AS SELECT ${values} FROM range(${rows}) r(i)`);
  connection.closeSync();
  instance.closeSync();
}

const parts: Readonly<Record<string, (directory: string) => Promise<Run>>> = {
  'narrow-ours': (directory) => ours('duckdb:data.db#narrow', narrowQuery, directory),
  'narrow-free': (directory) => ours('duckdb:data.db#narrow', { ...narrowQuery, order: 'any' }, directory),
  'narrow-duckdb': (directory) => direct('shifted', narrow, directory),
  'wide-ours': (directory) => ours('duckdb:data.db#narrow', wideQuery, directory),
  'wide-duckdb': (directory) => direct('wide', wide, directory),
  'short-limited': (directory) => ours('duckdb:data.db#narrow', narrowQuery, directory, '128MB'),
  'long-limited': (directory) => ours('duckdb:data.db#long', narrowQuery, directory, '128MB'),
};

interface Compared {
  readonly wall: number;
  readonly seen: readonly Run[];
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

async function main(): Promise<void> {
  const [, , first = '7e5', second = '5'] = argv;
  const part = parts[first];
  if (part) {
    console.log(JSON.stringify(await part(second)));
    return;
  }
  const [rows, runs] = [Number(first), Number(second)];
  const directory = mkdtempSync(join(tmpdir(), 'doable-bench-'));
  const run = (name: string): Run =>
    JSON.parse(execFileSync(execPath, [fileURLToPath(import.meta.url), name, directory], { encoding: 'utf8' })) as Run;
  const compare = (names: readonly string[], times: number): Compared[] => {
    const all = names.map((): Run[] => []);
    for (let i = 0; i < times; i++) for (const [k, name] of names.entries()) all[k]?.push(run(name));
    return all.map((seen, k) => {
      const [wall, busy] = [median(seen.map(({ milliseconds }) => milliseconds)), median(seen.map((one) => one.busy))];
      const [memory, digits] = [
        Math.max(...seen.map(({ megabytes }) => megabytes)),
        new Set(seen.map(({ products }) => products.join())).size,
      ];
      console.log(
        `${(names[k] as string).padEnd(13)} median ${Math.round(wall)} ms, ${Math.round(busy)} ms of processors, peak RSS ${Math.round(memory)} MB, results to the last digit: ${digits}`,
      );
      return { wall, seen };
    });
  };
  try {
    await generate(directory, rows);
    console.log(`${rows} rows, ${threads} threads`);
    const [sums, free, ordered] = compare(['narrow-duckdb', 'narrow-free', 'narrow-ours'], runs) as [Compared, Compared, Compared];
    const apart = (one: Compared): number =>
      Math.max(...(one.seen[0] as Run).products.map((value, at) => Math.abs(value - (sums.seen[0]?.products[at] as number)))) / rows;
    console.log(`narrow: products differ by at most ${Math.max(apart(free), apart(ordered)).toExponential(1)} of the number of rows`);
    console.log(`narrow, order free: ratio predicted at most 1.30, seen ${(free.wall / sums.wall).toFixed(2)}`);
    console.log(`narrow, in storage order: ratio predicted at most 3.00, seen ${(ordered.wall / sums.wall).toFixed(2)}`);
    const [slow, fast] = compare(['wide-duckdb', 'wide-ours'], Math.min(3, runs)) as [Compared, Compared];
    console.log(`wide: predicted at least 3 times faster, seen ${(slow.wall / fast.wall).toFixed(1)}`);
    const [short, long] = [run('short-limited'), run('long-limited')];
    const more = long.megabytes - short.megabytes;
    console.log(
      `flat: ${10 * rows} rows in ${Math.round(long.milliseconds)} ms, peak RSS ${Math.round(long.megabytes)} MB, at ${rows} rows ${Math.round(short.megabytes)} MB`,
    );
    console.log(`flat: predicted at most 64 MB more, seen ${Math.round(more)} MB more`);
    if (free.wall > 1.3 * sums.wall || ordered.wall > 3 * sums.wall || 3 * fast.wall > slow.wall || more > 64) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
