import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AuditDemo,
  auditDemo,
  type DemoTools,
  type IdGenSettings,
  Interrupted,
  type Issue,
  idGenSettings,
  type NapkinDemo,
  napkinDemo,
  type Pictures,
  type ReportDemo,
  type Result,
  reportDemo,
  type TableLine,
  tablesDemo,
  version,
} from '@doable/engine';
import { type Collection, readFashion, readGarments, readMnist, readOptdigits } from '../images/collections.ts';
import { jsonText } from '../output/json.ts';
import { pngGrid } from '../output/png.ts';
import { auditText, napkinText, reportText, tablesText } from '../output/reproduced-id-gen.ts';
import { stopper } from '../run.ts';
import { checkpointFiles } from '../sampling/cache.ts';
import { ortBackend } from '../tensor/ort.ts';
import { secondsText } from './answers.ts';
import { type Context, exit, type Run } from './command.ts';

export const idGenTasks = ['front-door', 'napkin', 'audit', 'reports'] as const;
export type IdGenTask = (typeof idGenTasks)[number];

/** What a task found, its pictures left out, and the processor seconds that it took. */
type Found<Task extends string, Demo> = { readonly task: Task; readonly pictures: string; readonly processorSeconds: number } & Demo;

/** What `reproduce id-gen --json` prints. */
export interface IdGenReproduction {
  readonly schema: 'doable/reproduction@1';
  readonly paper: 'id-gen';
  readonly version: string;
  readonly seed: number;
  readonly full: boolean;
  readonly budget: number;
  readonly partial?: true;
  readonly settings: IdGenSettings;
  readonly tables?: { readonly lines: readonly TableLine[]; readonly processorSeconds: number };
  readonly napkin?: Found<'napkin', Omit<NapkinDemo, 'settings'>> & { readonly settings: readonly object[] };
  readonly audit?: Found<'audit', Omit<AuditDemo, 'pictures'>>;
  readonly reports?: Found<'reports', Omit<ReportDemo, 'pictures'>>;
}

/** Threads of one operation unless asked otherwise: a fixed number, so that two machines with as many processors agree. */
const defaultThreads = 2;

/** `doable reproduce id-gen`: the notebooks' tables, coloured digits on the napkin graph, the two stand-in demonstrations. */
export const runReproduceIdGen: Run = async (context) => {
  const { args, console } = context;
  const wrong = foreign(context);
  if (wrong.length > 0) {
    console.fail(wrong);
    return exit.badInput;
  }
  const asked = args.text('task');
  const tasks: readonly string[] = asked === undefined ? idGenTasks : [asked];
  const full = args.flag('full');
  const [digits, garments, loaded] = await Promise.all([
    digitsOf(args.text('data'), full),
    garmentsOf(args.text('data'), full),
    ortBackend(),
  ]);
  const issues = [digits, garments, loaded].flatMap((one: Result<unknown>) => (one.ok ? [] : one.issues));
  if (!digits.ok || !garments.ok || !loaded.ok) {
    console.fail(issues);
    return exit.badInput;
  }
  console.warn(tasks.includes('audit') ? (garments.warnings ?? []) : []);
  const seed = args.number('seed') ?? 0;
  const budget = args.number('budget') ?? 1;
  const settings = idGenSettings({ seed, side: digits.value.train.side, auditSide: garments.value.train.side, full, budget });
  const out = args.text('out');
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  const json = args.flag('json');
  const found: { -readonly [Key in keyof IdGenReproduction]?: IdGenReproduction[Key] } = {};
  let since = process.cpuUsage();
  const spent = (): number => {
    const { user, system } = process.cpuUsage(since);
    since = process.cpuUsage();
    return Math.round((user + system) / 1e4) / 100;
  };
  const tools: DemoTools = {
    backend: loaded.value,
    threads: args.number('threads') ?? defaultThreads,
    ...(out !== undefined && { checkpoint: checkpointFiles(out) }),
    ...stop.options,
    onProgress: console.progress.onProgress,
    onStage: (stage) => console.note(stage),
  };
  const picture = async (name: string, rows: readonly Pictures[], columns: number): Promise<string> => {
    if (out === undefined) return '';
    await mkdir(out, { recursive: true });
    const { shape } = rows[0] as Pictures;
    const values = new Float32Array(rows.reduce((sum, row) => sum + row.values.length, 0));
    rows.reduce((at, row) => {
      values.set(row.values, at);
      return at + row.values.length;
    }, 0);
    const path = join(out, `${name}.png`);
    await writeFile(path, pngGrid({ shape, values }, { columns, zoom: (shape[1] as number) < 16 ? 4 : 2 }));
    return path;
  };
  const print = async (text: () => string): Promise<void> => {
    console.progress.clear();
    if (!json) await console.print(`${text()}\n\n`);
  };
  const started = performance.now();
  let partial = false;
  try {
    for (const task of tasks) {
      spent();
      if (task === 'front-door') {
        const lines = await tablesDemo(settings.tables, tools);
        if (!lines.ok) return refuse(context, lines.issues);
        found.tables = { lines: lines.value, processorSeconds: spent() };
        await print(() => tablesText(lines.value, settings.tables, console.out));
      } else if (task === 'napkin') {
        const { train, truth, name } = digits.value;
        const made = await napkinDemo(train, truth, settings.napkin, tools);
        if (!made.ok) return refuse(context, made.issues);
        const processorSeconds = spent();
        const paths: string[] = [];
        for (const { x, pictures } of made.value.settings) {
          const rows = [pictures.set, pictures.real, pictures.network, pictures.conditional];
          paths.push(await picture(`napkin-${x.digit}`, rows, settings.napkin.shown));
        }
        const bare = made.value.settings.map(({ pictures: _, ...rest }) => rest);
        found.napkin = { task, pictures: paths.join(' '), processorSeconds, ...made.value, settings: bare };
        await print(() => napkinText(made.value, { ...settings.napkin, data: name, processorSeconds, paths }, console.out));
      } else if (task === 'audit') {
        const { train, truth, name } = garments.value;
        const made = await auditDemo(train, truth, settings.audit, tools);
        if (!made.ok) return refuse(context, made.issues);
        const processorSeconds = spent();
        const { pictures, ...rest } = made.value;
        const path = await picture('audit', [pictures.I1, pictures.I2], settings.audit.shown);
        found.audit = { task, pictures: path, processorSeconds, ...rest };
        await print(() => auditText(made.value, { ...settings.audit, data: name, processorSeconds, paths: [path] }, console.out));
      } else if (task === 'reports') {
        const made = await reportDemo(settings.reports, tools);
        if (!made.ok) return refuse(context, made.issues);
        const processorSeconds = spent();
        const { pictures, ...rest } = made.value;
        const path = await picture('reports', [pictures.real, pictures.network], settings.reports.shown);
        found.reports = { task, pictures: path, processorSeconds, ...rest };
        await print(() => reportText(made.value, { ...settings.reports, processorSeconds, paths: [path] }, console.out));
      }
    }
  } catch (error) {
    if (error instanceof Interrupted) partial = true;
    else if (error instanceof Error && 'syscall' in error) {
      console.fail([{ code: 'output', message: `${out} cannot be written: ${error.message}` }]);
      return exit.badInput;
    } else throw error;
  } finally {
    stop.end();
    console.progress.clear();
  }
  const document: IdGenReproduction = {
    schema: 'doable/reproduction@1',
    paper: 'id-gen',
    version,
    seed,
    full,
    budget,
    ...(partial && { partial }),
    settings,
    ...found,
  };
  if (json) await console.print(jsonText(document, 2));
  console.note(
    `${partial ? 'Stopped after' : 'Done in'} ${secondsText(performance.now() - started)}${partial && out !== undefined ? `; the same command goes on from ${out}` : ''}`,
  );
  return partial ? exit.interrupted : exit.answered;
};

function refuse({ console }: Context, issues: readonly Issue[]): typeof exit.badInput {
  console.progress.clear();
  console.fail(issues);
  return exit.badInput;
}

/** 8 x 8 digits unless all of it or others are asked for. */
const digitsOf = (name: string | undefined, full: boolean): Promise<Result<Collection>> =>
  name === 'mnist' || (name !== 'optdigits' && full) ? readMnist() : readOptdigits();
const garmentsOf = (name: string | undefined, full: boolean): Promise<Result<Collection>> => {
  if (name === 'fashion') return readFashion();
  if (name === 'mnist') return readMnist();
  return name === 'optdigits' || !full ? readOptdigits() : readGarments();
};

const foreign = ({ args }: Context): Issue[] => [
  ...(args.number('starts') === undefined ? [] : [{ code: 'input', message: '--starts is of doable reproduce emcc.' }]),
  ...(args.number('models') === undefined ? [] : [{ code: 'input', message: '--models is of the other papers.', hint: 'Use --budget.' }]),
];
