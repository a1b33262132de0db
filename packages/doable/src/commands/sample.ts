import { statSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import {
  type Batch,
  BroughtFailure,
  type ColumnType,
  type ColumnValues,
  type ConditionalModel,
  drawInBatches,
  explain,
  type FactorReport,
  type FittedNetwork,
  failure,
  Interrupted,
  type Issue,
  loadProblem,
  type Name,
  type NetworkModel,
  type NetworkPlan,
  type Problem,
  planSample,
  Random,
  type Result,
  type SamplePlan,
  type Study,
  success,
  type TrainedWith,
  trainingRows,
} from '@doable/engine';
import { answersText, lawText, learntFromText, samplingNetworkSvg, samplingNetworkText } from '@doable/engine/present';
import { earlyIssues, placed } from '../arguments/early.ts';
import { modelsArgument } from '../arguments/models.ts';
import { readProblem } from '../arguments/problem.ts';
import { broughtForSample } from '../brought/for-sample.ts';
import { trainingProgress } from '../output/training.ts';
import { type Stop, stopper } from '../run.ts';
import { cacheFolder } from '../sampling/cache.ts';
import type { DrawnColumn } from '../sampling/draws.ts';
import { type FitSampleOptions, fitSample } from '../sampling/fit.ts';

import { folderIssue, loadNetwork, saveNetwork } from '../sampling/folder.ts';
import { pictureInputs } from '../sampling/inputs.ts';
import { oneGrid, pictureColumns } from '../sampling/pictures.ts';
import { type DrawPlace, drawPlaces } from '../sampling/places.ts';
import { type DrawFormat, drawFormats, writeDraws } from '../sampling/write.ts';
import { type NodeSources, nodeSources } from '../studies/files.ts';
import { secondsText } from './answers.ts';
import { type Context, type Exit, exit, type Run } from './command.ts';

/** `doable sample`: problem and question in, draws out. */
export const runSample: Run = async (context) => {
  const { args, console } = context;
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  const opened: NodeSources[] = [];
  try {
    const wrong = optionIssues(context);
    if (wrong.length > 0) return refuse(context, wrong);
    return await sampled(context, stop, opened);
  } catch (error) {
    console.progress.clear();
    if (error instanceof Interrupted) {
      console.note(args.flag('no-cache') ? 'Stopped.' : 'Stopped. The same command goes on from what was kept.');
      return exit.interrupted;
    }
    if (error instanceof BroughtFailure) return refuse(context, [error.issue]);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    console.fail([{ code: 'output', message: `${args.text('out') ?? 'Standard output'} cannot be written: ${error.message}` }]);
    return exit.badInput;
  } finally {
    stop.end();
    for (const one of opened) one.close();
  }
};

function refuse({ console }: Context, issues: readonly Issue[]): Exit {
  console.progress.clear();
  console.fail(issues);
  return exit.badInput;
}

async function sampled(context: Context, stop: Stop, opened: NodeSources[]): Promise<Exit> {
  const { args, console } = context;
  const from = args.text('load');
  if (from !== undefined) return drawLoaded(context, from, stop);
  const save = args.text('save');
  const unfit = save === undefined ? undefined : await folderIssue(save);
  if (unfit !== undefined) return refuse(context, [unfit]);
  const asked = await readAsked(context, opened);
  if (!asked.ok) return refuse(context, asked.issues);
  const { problem, question } = asked.value;
  const conditioning = args.text('conditioning') === 'predecessors' ? 'predecessors' : 'pillow';
  const planned = planSample(problem, question, { conditioning });
  if (!planned.ok) return refuse(context, planned.issues);
  if ('refusal' in planned.value) return notIdentified(context, problem, question);
  const sample = planned.value;
  if (args.flag('plan')) return printPlan(context, sample.plan);
  const places = await placesOf(context, sample);
  const kinds = modelsArgument(args, [sample.plan]);
  const format = formatIssue(context, columnsOf(sample.plan.outputs, sample.types));
  // To save a network the values of its inputs need not be known.
  const idle = save !== undefined && args.number('rows') === undefined;
  const wrong = [...(places.ok || idle ? [] : places.issues), ...(kinds.ok ? [] : kinds.issues), ...format];
  if (wrong.length > 0 || !kinds.ok) return refuse(context, wrong);
  if (places.ok) for (const note of places.value.notes) console.note(note);
  const trained: TrainedWith = {
    seed: args.number('seed') ?? 0,
    generatedRows: args.number('generated-rows') ?? 20_000,
    design: args.text('design') === 'marginal' ? 'marginal' : 'even',
    ...(args.number('steps') === undefined ? {} : { steps: args.number('steps') as number }),
  };
  const own = await broughtOf(context, problem, sample, trained.seed, stop);
  if (!own.ok) return refuse(context, own.issues);
  console.warn(own.warnings ?? []);
  const fitted = await fitSample(problem, sample, {
    kinds: kinds.value,
    ...trained,
    ...optionsOfFit(context),
    ...own.value,
    ...stop.options,
    onProgress: trainingProgress(console, process.stderr.isTTY),
    onFactor: (report, model) => console.note(factorText(report, model, problem.studies)),
    onNote: (text) => console.note(text),
    onWarning: (issue) => console.warn([issue]),
  });
  if (!fitted.ok) return refuse(context, fitted.issues);
  console.warn(fitted.warnings ?? []);
  const { network } = fitted.value;
  if (save !== undefined) {
    const saved = await saveNetwork(save, problem, sample, network, trained);
    if (!saved.ok) return refuse(context, saved.issues);
    console.note(`The network is kept in ${save}; draw from it with doable sample --load ${save} -n N.`);
  }
  return draw(context, network, places.ok ? places.value.places : [], stop);
}

/** Draws from a network that was saved; its question and its data are in it. */
async function drawLoaded(context: Context, folder: string, stop: Stop): Promise<Exit> {
  const { args, console } = context;
  const loaded = await loadNetwork(folder);
  if (!loaded.ok) return refuse(context, loaded.issues);
  const { sample, network, document } = loaded.value;
  console.warn(loaded.warnings ?? []);
  if (args.flag('plan')) return printPlan(context, sample.plan);
  const places = await placesOf(context, sample);
  const wrong = [...(places.ok ? [] : places.issues), ...formatIssue(context, columnsOf(sample.plan.outputs, sample.types))];
  if (wrong.length > 0 || !places.ok) return refuse(context, wrong);
  for (const note of places.value.notes) console.note(note);
  console.note(`${document.question}, trained with seed ${document.trained.seed}.`);
  return draw(context, network, places.value.places, stop);
}

/** Where --at and --input say that rows are to be drawn. */
async function placesOf({ args }: Context, sample: SamplePlan): Promise<ReturnType<typeof drawPlaces>> {
  const pictures = await pictureInputs(args.many('input'), sample.types);
  return pictures.ok ? drawPlaces(args.many('at'), pictures.value, sample) : pictures;
}

async function printPlan({ args, console }: Context, plan: NetworkPlan): Promise<Exit> {
  await console.print(args.text('format') === 'svg' ? samplingNetworkSvg(plan) : samplingNetworkText(plan, console.out));
  return exit.answered;
}

function optionsOfFit({ args, env }: Context): Pick<FitSampleOptions, 'threads' | 'cache' | 'cacheNeeded'> {
  const threads = args.number('threads');
  return {
    ...(threads === undefined ? {} : { threads }),
    ...(args.flag('no-cache') ? {} : { cache: args.text('cache') ?? cacheFolder(env), cacheNeeded: args.flag('cache') }),
  };
}

/** The models of --bring, tried against the rows that the plan reads; networks that rest on them are kept in a place of their own. */
async function broughtOf(
  context: Context,
  problem: Problem,
  sample: SamplePlan,
  seed: number,
  stop: Stop,
): Promise<Result<Pick<FitSampleOptions, 'known' | 'data' | 'cache'>>> {
  const { args, console } = context;
  const files = args.many('bring');
  if (files.length === 0) return success({});
  const data = await trainingRows(problem.studies, sample.plan, stop.options);
  const { cache } = optionsOfFit(context);
  const own = await broughtForSample(files, problem, sample, data, {
    seed,
    allow: args.many('allow-host'),
    ...stop.options,
    ...(cache === undefined ? {} : { cache }),
  });
  if (!own.ok) return own;
  const { notes, ...found } = own.value;
  for (const note of notes) console.note(note);
  return success({ ...found, data }, own.warnings);
}

/** `f2 P(Y | X, M): softmax, learnt from 4000 records; loss 0.61 on rows held out`. */
function factorText(done: FactorReport, model: ConditionalModel, studies: readonly Study[]): string {
  const { factor, kind, reused, monteCarloError } = done;
  const report = 'report' in model ? (model as NetworkModel).report : undefined;
  const held = report?.heldOut.length === 0 ? undefined : report?.heldOut.reduce((least, loss) => Math.min(least, loss));
  const loss = held === undefined ? report?.losses.at(-1) : held;
  return [
    `${factor.id} ${lawText(factor)}: ${kind}, ${reused === true ? (kind === 'onnx' || kind === 'function' ? 'brought' : 'from the cache') : `learnt from ${learntFromText(done, studies)}`}`,
    ...(report === undefined || loss === undefined
      ? []
      : [`loss ${loss.toPrecision(4)}${held === undefined ? '' : ' on rows held out'} after ${report.steps} steps`]),
    ...(monteCarloError === undefined ? [] : [`Monte-Carlo error of a probability up to ${monteCarloError.toPrecision(2)}`]),
  ].join('; ');
}

interface AskedSample {
  readonly problem: Problem;
  readonly question: string;
}

/** The problem, opened, and the one question about it. */
async function readAsked(context: Context, opened: NodeSources[]): Promise<Result<AskedSample>> {
  const { args, console } = context;
  const given = await readProblem(args, context.stdin);
  if (!given.ok) return given;
  const { document, directory, questions } = given.value;
  const threads = args.number('threads');
  const sources = nodeSources(directory, { pixels: !args.flag('plan'), ...(threads === undefined ? {} : { threads }) });
  opened.push(sources);
  const loaded = await loadProblem(document, sources);
  if (!loaded.ok) return failure(...placed(loaded.issues, document), ...earlyIssues(questions, document));
  // What is drawn or conditioned on is refused before training, unless models are brought for it.
  console.warn((loaded.warnings ?? []).filter(({ code }) => args.flag('plan') || code !== 'channels-last'));
  const problem = loaded.value;
  const asked = questions.length > 0 ? questions : problem.ask;
  const [question, ...more] = asked;
  if (question === undefined)
    return failure({ code: 'no-question', message: 'Which distribution?', hint: "Add it, for example 'P(Y | do(X=1))'." });
  if (more.length > 0)
    return failure({
      code: 'several-questions',
      message: 'One question at a time is sampled.',
      hint: `Give one, such as 'P(Y | do(X=1))', after the document.`,
    });
  return success({ problem, question });
}

/** The no, with its hedge, on standard error: standard output is for draws. */
async function notIdentified({ args, console }: Context, problem: Problem, question: string): Promise<Exit> {
  const explained = await explain(problem, [question], { seed: args.number('seed') ?? 0 });
  if (!explained.ok) throw new Error(explained.issues[0]?.message);
  process.stderr.write(`${answersText(explained.value, { ...console.out, why: false }).trimEnd()}\n`);
  console.fail([{ code: 'not-identified', message: `There is nothing to draw from: ${question} is not identified. Nothing was trained.` }]);
  return exit.no;
}

const foreignToLoad = ['graph', 'study', 'assume', 'save', 'models', 'factor', 'bring', 'steps'] as const;

/** Options that contradict each other, before anything is read. */
function optionIssues({ args }: Context): Issue[] {
  const issues: Issue[] = [];
  const [plan, format] = [args.flag('plan'), args.text('format')];
  if (args.text('load') !== undefined) {
    const other = foreignToLoad.find((name) => args.text(name) !== undefined);
    if (args.positionals.length > 0 || other !== undefined)
      issues.push({
        code: 'input',
        message: `--load brings its own problem and question: ${other === undefined ? `'${args.positionals[0]}'` : `--${other}`} is too much.`,
        hint: 'Values that the question leaves open are said with --at X=1.',
      });
  }
  if (plan && format !== undefined && format !== 'svg' && format !== 'text')
    issues.push({ code: 'bad-value', message: `--plan prints text or svg, not ${format}.` });
  if (!plan && (format === 'svg' || format === 'text'))
    issues.push({ code: 'bad-value', message: `--format ${format} goes with --plan.`, hint: 'Draws are csv, ndjson, parquet or png.' });
  if (!plan && args.number('rows') === undefined && args.text('save') === undefined)
    issues.push({ code: 'input', message: '-n N is needed: how many rows?' });
  if (!plan && args.number('rows') === 0)
    issues.push({
      code: 'input',
      message: '-n 0 draws nothing.',
      hint: 'Say how many rows; --save without -n trains and keeps the network, --plan only shows it.',
    });
  return issues;
}

/** As asked for, else as the name of the file ends, else csv. */
function drawFormat({ args }: Context): DrawFormat {
  const asked = args.text('format');
  if (asked !== undefined) return asked as DrawFormat;
  const ending = extname(args.text('out') ?? '')
    .slice(1)
    .toLowerCase();
  return drawFormats.find((format) => format === ending) ?? 'csv';
}

function formatIssue(context: Context, columns: readonly DrawnColumn[]): Issue[] {
  const { args } = context;
  const format = drawFormat(context);
  const binary = format === 'parquet' || format === 'png';
  const pictures = pictureColumns(columns);
  if (format === 'png' && pictures.length > 1 && !oneGrid(pictures))
    return [
      {
        code: 'bad-value',
        message: `One PNG file holds pictures of one size, and those of ${pictures.map(({ name }) => name).join(', ')} differ.`,
        hint: 'Ask for one of them at a time, or write csv, ndjson or parquet.',
      },
    ];
  if (format === 'png' && pictures.length === 0)
    return [
      {
        code: 'bad-value',
        message: `${args.text('format') === undefined ? `--out ${args.text('out')}` : '--format png'} draws pictures, and none of the columns drawn (${columns.map(({ name }) => name).join(', ')}) is one.`,
      },
    ];
  const out = args.text('out');
  if (out !== undefined && statSync(dirname(resolve(out)), { throwIfNoEntry: false })?.isDirectory() !== true)
    return [{ code: 'output', message: `--out ${out}: there is no folder ${dirname(out)}.`, hint: 'Make it first, or write elsewhere.' }];
  if (binary && out === undefined && process.stdout.isTTY)
    return [{ code: 'bad-value', message: `--format ${format} is no text for a terminal.`, hint: 'Add --out FILE, or pipe it on.' }];
  return [];
}

const columnsOf = (outputs: readonly { readonly name: Name }[], types: ReadonlyMap<Name, ColumnType>): DrawnColumn[] =>
  outputs.flatMap(({ name }) => {
    const type = types.get(name.replace(/'+$/u, '')) ?? types.get(name);
    return type === undefined ? [] : [{ name, type }];
  });

/** Draws at every place, and says on standard error how often the events of the question came up. */
async function draw(context: Context, network: FittedNetwork, places: readonly DrawPlace[], stop: Stop): Promise<Exit> {
  const { args, console } = context;
  const count = args.number('rows');
  if (count === undefined || places.length === 0) return exit.answered;
  const seed = args.number('seed') ?? 0;
  const out = args.text('out');
  const shown = places.length > 1 ? network.plan.inputs.filter(({ name }) => places[0]?.at[name] !== undefined) : [];
  const columns = [
    ...shown.flatMap(({ name, variable }): DrawnColumn[] => {
      const type = network.types.get(variable);
      if (type?.kind === 'tensor') return [{ name, type: { kind: 'finite', levels: filesOf(places, name) } }];
      return type === undefined ? [] : [{ name, type }];
    }),
    ...columnsOf(network.plan.outputs, network.types),
  ];
  const started = performance.now();
  const events = eventCounter(network);
  const unseen = new Map<string, number>();
  async function* batches(): AsyncGenerator<Batch> {
    for (const [i, { inputs, at }] of places.entries()) {
      const random = new Random(seed, 'draws');
      const options = {
        ...stop.options,
        onProgress: console.progress.onProgress,
        onUnsupported: ({ id }: { readonly id: string }, rows: number) => unseen.set(id, (unseen.get(id) ?? 0) + rows),
      };
      for await (const batch of drawInBatches(network, inputs, count ?? 0, places.length > 1 ? random.split(i) : random, options)) {
        events.add(batch);
        yield withInputs(batch, inputs, shown, (name) => filesOf(places, name).indexOf(at[name] ?? ''));
      }
    }
  }
  await writeDraws({ out, stdout: process.stdout }, columns, batches(), drawFormat(context));
  console.progress.clear();
  for (const [id, rows] of unseen)
    console.warn([
      {
        code: 'unsupported',
        message: `${rows} draws of factor ${id} were made at conditions that no row shows: there it can only guess.`,
        hint: 'doable sample ... --plan shows the factor; merge levels, or draw at values that occur.',
      },
    ]);
  for (const line of events.lines()) console.note(line);
  if (drawFormat(context) === 'png') for (const line of gridLines(columns)) console.note(line);
  const total = count * places.length;
  console.note(
    `${total} ${total === 1 ? 'draw' : 'draws'} in ${secondsText(performance.now() - started)}, seed ${seed}${out === undefined ? '' : `, written to ${out}`}`,
  );
  return exit.answered;
}

/** What a grid of pictures does not say itself: in which order they stand, and what is not in it. */
function gridLines(columns: readonly DrawnColumn[]): string[] {
  const shown = pictureColumns(columns).map(({ name }) => name);
  const left = columns.map(({ name }) => name).filter((name) => !shown.includes(name));
  return [
    ...(shown.length > 1 ? [`each draw in the grid is ${shown.join(', ')}, side by side`] : []),
    ...(left.length > 0 ? [`not in the grid: ${left.join(', ')} (csv, ndjson and parquet hold all columns)`] : []),
  ];
}

/** Pictures that were given as inputs are shown by their files. */
const filesOf = (places: readonly DrawPlace[], name: Name): string[] => [...new Set(places.flatMap(({ at }) => at[name] ?? []))];

function withInputs(batch: Batch, inputs: Batch, shown: readonly { readonly name: Name }[], fileOf: (name: Name) => number): Batch {
  if (shown.length === 0) return batch;
  const columns = new Map(batch.columns);
  for (const { name } of shown) {
    const own = inputs.columns.get(name);
    if (own?.kind === 'finite') columns.set(name, { kind: 'finite', values: new Int32Array(batch.rows).fill(own.values[0] as number) });
    else if (own?.kind === 'real') columns.set(name, { kind: 'real', values: new Float64Array(batch.rows).fill(own.values[0] as number) });
    else if (own?.kind === 'tensor') columns.set(name, { kind: 'finite', values: new Int32Array(batch.rows).fill(fileOf(name)) });
  }
  return { rows: batch.rows, columns };
}

/** Counts how often the values that the question states came up, all of them together. */
function eventCounter({ plan, types }: FittedNetwork): { add(batch: Batch): void; lines(): string[] } {
  const events = Object.entries(plan.events).flatMap(([name, value]) => {
    const type = types.get(name);
    const code = type?.kind === 'finite' ? type.levels.indexOf(value) : -1;
    return code < 0 ? [] : [{ name, value, code }];
  });
  let [hits, rows] = [0, 0];
  return {
    add(batch) {
      const columns = events.map(({ name }) => batch.columns.get(name) as ColumnValues);
      rows += batch.rows;
      for (let row = 0; row < batch.rows; row++) if (events.every(({ code }, i) => columns[i]?.values[row] === code)) hits += 1;
    },
    lines() {
      if (events.length === 0 || rows === 0) return [];
      const share = hits / rows;
      const error = Math.sqrt((share * (1 - share)) / rows);
      const what = events.map(({ name, value }) => `${name}=${value}`).join(', ');
      return [`${what} in ${hits} of ${rows} draws: ${share.toPrecision(4)}, Monte-Carlo error ${error.toPrecision(2)}`];
    },
  };
}
