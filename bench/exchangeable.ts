/**
 * Exchangeable data: the graph from environments (time, errors) at d = 3, 5, 10, 20 variables, E = 1,000 environments of N = 10 records;
 * exact answers of a known process, per second and for 200 positions; memory. References in the same run, all in plain arithmetic: one
 * pooled G test of every pair of variables, and the sum over all values of all cells.
 *
 *     node bench/dist/exchangeable.js [graphs = 5]
 */
import { execFileSync } from 'node:child_process';
import { argv, cpuUsage, execPath, resourceUsage } from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  type CellQuery,
  discoverEnvironments,
  drawEnvironments,
  type Environments,
  type ExchangeableModel,
  exactProbability,
  Random,
  type ValuedCell,
  xorModel,
} from '@doable/engine';

const [environments, records] = [1000, 10];

/** Least processor time of several runs: other work on the machine only adds. */
async function timed<T>(work: () => T | Promise<T>, times = 1): Promise<{ readonly value: T; readonly ms: number }> {
  let least = Number.POSITIVE_INFINITY;
  for (let done = 1; ; done++) {
    const started = cpuUsage();
    const value = await work();
    const { user, system } = cpuUsage(started);
    least = Math.min(least, (user + system) / 1000);
    if (done >= times) return { value, ms: least };
  }
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const text = (ms: number): string => (ms < 10 ? ms.toFixed(2) : ms.toFixed(0));

/** Up to two parents of each variable among those before it; the columns stand in another order. */
function randomProcess(variables: number, random: Random): { readonly model: ExchangeableModel; readonly names: readonly string[] } {
  const names = Array.from({ length: variables }, (_, v) => `V${v}`);
  const parents = names.map((name, v): [string, string[]] => {
    const before = random.shuffle(names.slice(0, v));
    return [name, before.slice(0, Math.min(v, random.integer(3)))];
  });
  return { model: xorModel(parents), names: random.shuffle(names) };
}

/** The reference: G of the 2 x 2 table of every ordered pair of variables, all records pooled, and no more. */
function pooledSweep({ columns }: Environments): number {
  let total = 0;
  for (const [a, as] of columns.entries())
    for (const [b, bs] of columns.entries()) {
      if (a === b) continue;
      const table = [0, 0, 0, 0];
      for (let r = 0; r < as.length; r++) {
        const at = 2 * (as[r] as number) + (bs[r] as number);
        table[at] = (table[at] as number) + 1;
      }
      const [n00 = 0, n01 = 0, n10 = 0, n11 = 0] = table;
      const n = as.length;
      for (const [cell, row, column] of [
        [n00, n00 + n01, n00 + n10],
        [n01, n00 + n01, n01 + n11],
        [n10, n10 + n11, n00 + n10],
        [n11, n10 + n11, n01 + n11],
      ] as const)
        if (cell > 0) total += 2 * cell * Math.log((cell * n) / (row * column));
    }
  return total;
}

interface Found {
  readonly variables: number;
  readonly ms: number;
  readonly ratio: number;
  /** Per graph: arrows of the truth, of the graph found, in one of the two alone; pairs joined in one of the two alone. */
  readonly arrows: readonly number[];
  readonly distance: readonly number[];
  readonly skeleton: readonly number[];
  readonly megabytes: number;
}

async function discovery(variables: number, graphs: number): Promise<Found> {
  const times: number[] = [];
  const ratios: number[] = [];
  const [arrows, distance, skeleton]: [number[], number[], number[]] = [[], [], []];
  for (let graph = 0; graph < graphs; graph++) {
    const random = new Random(graph, 'bench', variables);
    const { model, names } = randomProcess(variables, random.split('graph'));
    const data = drawEnvironments(model, environments, records, random.split('records'), names);
    const found = await timed(() => discoverEnvironments(data), variables > 5 ? 1 : 3);
    const reference = await timed(() => pooledSweep(data), 3);
    times.push(found.ms);
    ratios.push(found.ms / reference.ms);
    const truth = model.mechanisms.flatMap(({ variable, parents }) => parents.map((parent) => `${parent}>${variable}`));
    const own = found.value.edges.map(({ from, to }) => `${names[from]}>${names[to]}`);
    const differ = (one: readonly string[], other: readonly string[]): number =>
      one.filter((arrow) => !other.includes(arrow)).length + other.filter((arrow) => !one.includes(arrow)).length;
    const joined = (all: readonly string[]): string[] => all.map((arrow) => arrow.split('>').toSorted().join('-'));
    arrows.push(truth.length);
    distance.push(differ(truth, own));
    skeleton.push(differ(joined(truth), joined(own)));
  }
  return { variables, ms: median(times), ratio: median(ratios), arrows, distance, skeleton, megabytes: resourceUsage().maxRSS / 1024 };
}

const chain = xorModel([
  ['A', []],
  ['B', ['A']],
  ['C', ['A', 'B']],
]);
const cell = (variable: string, position: number, value: number): ValuedCell => ({ variable, position, value });

/** Sums the urn's own probabilities, position after position, over all values of all cells. */
function bruteForce({ mechanisms }: ExchangeableModel, { target, given, set }: CellQuery, positions: number): number {
  const names = mechanisms.map(({ variable }) => variable);
  const width = names.length;
  const at = ({ variable, position }: ValuedCell): number => (position - 1) * width + names.indexOf(variable);
  const done = new Set(set.map(at));
  const fixed = new Map([...given, ...set].map((one) => [at(one), one.value]));
  const parents = mechanisms.map((mechanism) => mechanism.parents.map((name) => names.indexOf(name)));
  const values = new Uint8Array(width * positions);
  let [above, below] = [0, 0];
  const density = (): number => {
    let product = 1;
    for (let i = 0; i < width; i++) {
      let [ones, zeros] = [1, 3];
      for (let n = 0; n < positions; n++) {
        const here = n * width + i;
        if (done.has(here)) continue;
        const own = parents[i] as readonly number[];
        const flips = own.length > 0 && own.every((parent) => values[n * width + parent] === 1) ? 1 : 0;
        const noise = (values[here] as number) ^ flips;
        product *= (noise === 1 ? ones : zeros) / (ones + zeros);
        if (noise === 1) ones += 1;
        else zeros += 1;
      }
    }
    return product;
  };
  const fill = (from: number): void => {
    if (from === values.length) {
      const share = density();
      below += share;
      if (target.every((one) => values[at(one)] === one.value)) above += share;
      return;
    }
    const value = fixed.get(from);
    for (const level of value === undefined ? [0, 1] : [value]) {
      values[from] = level;
      fill(from + 1);
    }
  };
  fill(0);
  return above / below;
}

/** Questions over so many positions, of which every second cell is seen. */
function questions(positions: number, count: number): CellQuery[] {
  return Array.from({ length: count }, (_, q) => {
    const random = new Random(q, 'questions', positions);
    const given: ValuedCell[] = [];
    for (let position = 2; position <= positions; position++)
      for (const variable of ['A', 'B', 'C']) if (random.integer(2) === 1) given.push(cell(variable, position, random.integer(2)));
    return { target: [cell('C', 1, 1)], given, set: [cell('B', 1, random.integer(2))] };
  });
}

function answerTo(query: CellQuery, model = chain): number {
  const answer = exactProbability(model, query);
  if (!answer.ok) throw new Error(answer.issues[0]?.message);
  return answer.value.value as number;
}

async function main(): Promise<void> {
  const [, file, ...words] = argv;
  if (words[0] === 'discovery') {
    const [variables, graphs] = words.slice(1).map(Number) as [number, number];
    console.log(JSON.stringify(await discovery(variables, graphs)));
    return;
  }
  const graphs = Number(words[0] ?? 5);
  console.log(`Discovery, ${environments} environments of ${records} records, ${graphs} random graphs each, in processes of their own`);
  for (const variables of [3, 5, 10, 20]) {
    const { ms, ratio, arrows, distance, skeleton, megabytes } = JSON.parse(
      execFileSync(execPath, [fileURLToPath(import.meta.url), 'discovery', String(variables), String(graphs)], { encoding: 'utf8' }),
    ) as Found;
    console.log(
      `d = ${variables}: median ${text(ms)} ms, ${ratio.toFixed(0)} times a pooled G test of all pairs; structural distance ${average(distance).toFixed(1)} (skeleton ${average(skeleton).toFixed(1)}) of ${average(arrows).toFixed(1)} arrows; peak memory ${megabytes.toFixed(0)} MB`,
    );
  }
  for (const positions of [2, 4, 6]) {
    const asked = questions(positions, 100);
    for (const query of asked.slice(0, 20)) answerTo(query);
    const own = await timed(() => asked.map((query) => answerTo(query)), 5);
    const few = asked.slice(0, 10);
    const brute = await timed(() => few.map((query) => bruteForce(chain, query, positions)), 2);
    const off = Math.max(...few.map((_, i) => Math.abs((own.value[i] as number) - (brute.value[i] as number))));
    console.log(
      `exact answers, 3 variables, ${positions} positions: ${(1e5 / own.ms).toFixed(0)} a second, enumeration ${(1e4 / brute.ms).toFixed(0)}; they differ by ${off.toExponential(1)}`,
    );
    if (off > 1e-10) throw new Error('exact answers are wrong');
  }
  const pair = xorModel([
    ['B', []],
    ['C', ['B']],
  ]);
  const seen: ValuedCell[] = [];
  for (let position = 2; position <= 200; position++) seen.push(cell('C', position, position % 3 === 0 ? 1 : 0));
  const long: CellQuery = { target: [cell('C', 1, 1)], given: seen, set: [cell('B', 1, 1)] };
  const one = await timed(() => answerTo(long, pair), 1);
  console.log(`P(C@1=1 | do(B@1=1), C seen at 199 other positions) = ${one.value.toFixed(6)}: ${text(one.ms)} ms (target 1,000)`);
  console.log(`peak memory of exact answers: ${(resourceUsage().maxRSS / 1024).toFixed(0)} MB (${file?.split('/').at(-1)})`);
  if (one.ms > 1000) process.exitCode = 1;
}

await main();
