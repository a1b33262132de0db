import {
  type BenchmarkModel,
  type BenchmarkSettings,
  type BenchmarkSummary,
  didYouMean,
  type Issue,
  loadSolver,
  success,
  summarise,
  type TableOneRow,
  tableOne,
  version,
} from '@doable/engine';
import type { Pool } from '@doable/engine/tasks';
import { jsonText } from '../output/json.ts';
import { type Kept, openKept } from '../output/kept.ts';
import { benchmarkText, tableOneText } from '../output/reproduced.ts';
import { lazyPool } from '../pools/lazy.ts';
import { type Stop, stopper } from '../run.ts';
import { secondsText } from './answers.ts';
import { type Context, exit, type Run } from './command.ts';
import { runReproduceDoFinetti } from './reproduce-do-finetti.ts';
import { runReproduceIdGen } from './reproduce-id-gen.ts';
import { runReproduceJoint } from './reproduce-joint.ts';

/** What `reproduce emcc --json` prints. */
export interface Reproduction extends BenchmarkSettings {
  readonly schema: 'doable/reproduction@1';
  readonly paper: 'emcc';
  readonly version: string;
  readonly partial?: true;
  readonly tableOne: readonly TableOneRow[];
  readonly asked: number;
  readonly summary: BenchmarkSummary;
  readonly models: readonly BenchmarkModel[];
}

const papers: readonly string[] = ['emcc', 'joint', 'do-finetti', 'id-gen'];
/** The paper's own numbers of models and restarts, and those of a first look. */
const whole = { models: 130, runs: 100 };
const look = { models: 6, runs: 20 };
/** Finished models between two notes on a long run. */
const every = 10;

/** `doable reproduce emcc`: Table 1 and the benchmark of section 6.2, beside what the paper prints. */
export const runReproduce: Run = async (context) => {
  const { args, console } = context;
  const issue = paperIssue(args.positionals) ?? formatIssue(context);
  if (issue !== undefined) {
    console.fail([issue]);
    return exit.badInput;
  }
  if (args.positionals[0] === 'joint') return runReproduceJoint(context);
  if (args.positionals[0] === 'do-finetti') return runReproduceDoFinetti(context);
  if (args.positionals[0] === 'id-gen') return runReproduceIdGen(context);
  const size = args.flag('full') ? whole : look;
  const settings: BenchmarkSettings = { seed: args.number('seed') ?? 0, runs: args.number('starts') ?? size.runs };
  const asked = args.number('models') ?? size.models;
  const out = args.text('out');
  const kept = out === undefined ? success<Kept>({ models: [], add: async () => undefined }) : await openKept(out, settings);
  if (!kept.ok) {
    console.fail(kept.issues);
    return exit.badInput;
  }
  const json = args.flag('json');
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  const pool = lazyPool(args.number('threads'));
  const started = performance.now();
  try {
    const rows = await tableOne(await loadSolver());
    if (!json) await console.print(`${tableOneText(rows, console.out)}\n\n`);
    const done = new Map(kept.value.models.filter(({ index }) => index < asked).map((model) => [model.index, model]));
    if (done.size > 0) console.note(`${done.size} of ${asked} models are in ${out} already.`);
    const work: Work = { settings, asked, kept: kept.value, pool, stop, writing: [], over: false };
    await stop.race(finish(context, work, done));
    // The file holds what is told below, no more and no less.
    work.over = true;
    await Promise.all(work.writing);
    const models = [...done.values()].sort((a, b) => a.index - b.index);
    const partial = models.length < asked;
    const summary = summarise(models);
    if (json) await console.print(jsonText(documentOf({ settings, partial, rows, asked, summary, models }), 2));
    else if (models.length > 0) await console.print(benchmarkText({ settings, asked, summary }, console.out));
    console.note(
      `${models.length} of ${asked} models in ${secondsText(performance.now() - started)}${out === undefined ? '' : `, kept in ${out}`}`,
    );
    if (partial) return exit.interrupted;
    return rows.every(({ agrees }) => agrees) ? exit.answered : exit.no;
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    console.fail([{ code: 'output', message: `${out} cannot be written: ${error.message}` }]);
    return exit.badInput;
  } finally {
    stop.end();
    await pool.close();
  }
};

function paperIssue([paper, ...more]: readonly string[]): Issue | undefined {
  if (paper === undefined) return { code: 'input', message: 'Which paper?', hint: 'doable reproduce emcc' };
  if (more.length > 0) return { code: 'input', message: `One paper at a time: '${more[0]}' is too much.` };
  if (papers.includes(paper)) return undefined;
  const near = didYouMean(paper, papers, (name) => `doable reproduce ${name}`);
  return { code: 'input', message: `There is no paper '${paper}' here.`, hint: near ?? `There is ${papers.join(', ')}.` };
}

const idGenOnly = ['task', 'data', 'budget'] as const;

const formatIssue = ({ args }: Context): Issue | undefined => {
  const other = args.positionals[0] === 'id-gen' ? undefined : idGenOnly.find((name) => args.text(name) !== undefined);
  if (other !== undefined) return { code: 'input', message: `--${other} is of doable reproduce id-gen.` };
  return args.text('format') === undefined || args.positionals[0] === 'do-finetti'
    ? undefined
    : { code: 'input', message: '--format is of doable reproduce do-finetti.', hint: 'The others print text, or --json.' };
};

interface Work {
  readonly settings: BenchmarkSettings;
  readonly asked: number;
  readonly kept: Kept;
  readonly pool: Pool;
  readonly stop: Stop;
  readonly writing: Promise<unknown>[];
  /** What is finished from now on comes too late to be kept. */
  over: boolean;
}

/** Every model that is not `done` yet, as many at a time as there are threads; each is kept when it is finished. */
async function finish({ console }: Context, work: Work, done: Map<number, BenchmarkModel>): Promise<void> {
  const { settings, asked, kept, pool, stop } = work;
  const waiting = Array.from({ length: asked }, (_, index) => index).filter((index) => !done.has(index));
  const before = done.size;
  const started = performance.now();
  const report = (): void => {
    const now = done.size - before;
    const left = ((performance.now() - started) / Math.max(1, now)) * (asked - done.size);
    const says = now === 0 ? 'models' : `models, ${timeText(left)} left`;
    console.progress.onProgress({ task: says, done: done.size, total: asked });
    if (now > 0 && now % every === 0 && done.size < asked) console.note(`${done.size} of ${asked} ${says}`);
  };
  report();
  const queue = waiting.values();
  const lane = async (): Promise<void> => {
    for (const index of queue) {
      if (stop.stopped) return;
      const [model] = await pool.map<BenchmarkSettings, number, BenchmarkModel>('benchmark', settings, [index], stop.options);
      if (model === undefined || work.over) return;
      const written = kept.add(model).then(() => done.set(index, model));
      work.writing.push(written);
      await written;
      report();
    }
  };
  await Promise.all(Array.from({ length: pool.threads }, lane));
}

/** `40 s`, `3 min`. */
const timeText = (milliseconds: number): string => {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
};

interface Found {
  readonly settings: BenchmarkSettings;
  readonly partial: boolean;
  readonly rows: readonly TableOneRow[];
  readonly asked: number;
  readonly summary: BenchmarkSummary;
  readonly models: readonly BenchmarkModel[];
}

const documentOf = ({ settings, partial, rows, asked, summary, models }: Found): Reproduction => ({
  schema: 'doable/reproduction@1',
  paper: 'emcc',
  version,
  ...settings,
  ...(partial ? { partial: true as const } : {}),
  tableOne: rows,
  asked,
  summary,
  models,
});
