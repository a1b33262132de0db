import {
  type AnswersDocument,
  ask,
  askLearned,
  failure,
  type Graph,
  Interrupted,
  type Issue,
  loadProblem,
  type Problem,
  type Result,
  readGraph,
  type Sampler,
  success,
} from '@doable/engine';
import type { Pool } from '@doable/engine/tasks';
import { earlyIssues, placed } from '../arguments/early.ts';
import { modelsArgument } from '../arguments/models.ts';
import { type PlacesArgument, placesArgument } from '../arguments/places.ts';
import { learnsGraph, readProblem } from '../arguments/problem.ts';
import { trainingProgress } from '../output/training.ts';
import { lazyPool } from '../pools/lazy.ts';
import { type Stop, stopper } from '../run.ts';
import { cacheFolder, cacheIssue } from '../sampling/cache.ts';
import { type NodeSources, nodeSources, type SourceSettings } from '../studies/files.ts';
import { askOptions, exitOf, formatOf, markPartial, noQuestion, nothingKnown, printAnswers } from './answers.ts';
import { type Context, type Exit, exit, type Run } from './command.ts';
import { discoverOptions } from './discover.ts';
import { answerLines, lineQuestions } from './lines.ts';
import { understood } from './understood.ts';

/** `doable ask`: problem and questions in, answers out. */
export const runAsk: Run = async (context) => {
  const { args, console } = context;
  if (args.flag('lines')) return askLines(context);
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  const sources: NodeSources[] = [];
  const pool = lazyPool(args.number('threads'));
  try {
    const places = await placesOf(context);
    const given = await stop.race(readProblem(args, context.stdin, { learns: true }));
    if (given === 'stopped') return interrupted(context);
    if (!given.ok || !places.ok) {
      console.fail([...(places.ok ? [] : places.issues), ...(given.ok ? [] : given.issues)]);
      return exit.badInput;
    }
    const { document, directory, questions } = given.value;
    const opened = nodeSources(directory, settingsOf(context));
    sources.push(opened);
    const loaded = await stop.race(loadProblem(document, opened));
    if (loaded === 'stopped') return interrupted(context);
    if (!loaded.ok) {
      console.fail([...placed(loaded.issues, document), ...earlyIssues(questions, document)]);
      return exit.badInput;
    }
    const problem = loaded.value;
    const asked = questions.length > 0 ? questions : problem.ask;
    const format = formatOf(args);
    if (asked.length === 0 || (format === 'svg' && !learnsGraph(args) && problem.graph === undefined && problem.assume.length === 0)) {
      console.fail([
        asked.length === 0
          ? noQuestion
          : { code: 'no-graph', message: '--format svg draws the graph, bounds or a function, and there is no graph.' },
      ]);
      return exit.badInput;
    }
    console.warn([...(loaded.warnings ?? []), ...idleOptions(context)]);
    console.note(understood(problem));
    const options = {
      ...askOptions(args, stop),
      ...samplerOption(context, problem),
      ...places.value,
      pool,
      onProgress: trainingProgress(console, process.stderr.isTTY),
    };
    const answered = await stop.race(answersOf(context, problem, asked, options, stop));
    console.progress.clear();
    if (answered === 'stopped') return interrupted(context);
    if (!answered.ok) {
      console.fail(answered.issues);
      return exit.badInput;
    }
    console.warn(answered.warnings ?? []);
    const answers = markPartial(answered.value.answers);
    await printAnswers(context, answers, { graph: answered.value.graph, why: args.flag('why') });
    return exitOf(answers);
  } finally {
    stop.end();
    for (const one of sources) one.close();
    await pool.close();
  }
};

/** Under the graph of the problem, or one that is learned first. */
async function answersOf(
  { args }: Context,
  problem: Problem,
  asked: readonly string[],
  options: Parameters<typeof ask>[2],
  stop: Stop,
): Promise<Result<{ readonly answers: AnswersDocument; readonly graph: Graph | undefined }> | 'stopped'> {
  if (!learnsGraph(args)) {
    const answered = await ask(problem, asked, options);
    return answered.ok ? success({ answers: answered.value, graph: problem.graph }, answered.warnings) : answered;
  }
  try {
    const { level: _, ...discover } = discoverOptions(args, stop);
    const answered = await askLearned(problem, asked, { ...options, discover });
    if (!answered.ok) return answered;
    const graph = readGraph(answered.value.discovery.graph);
    return success({ answers: answered.value.answers, graph: graph.ok ? graph.value : undefined }, answered.warnings);
  } catch (error) {
    if (error instanceof Interrupted) return 'stopped';
    throw error;
  }
}

/** --sampler: what tables cannot answer is answered by draws of fitted models. */
function samplerOption({ args, console, env }: Context, problem: Problem): { readonly sampler?: Sampler } {
  if (!args.flag('sampler')) return {};
  const [refits, threads, steps] = [args.number('refits'), args.number('threads'), args.number('steps')];
  const told = new Set<string>();
  return {
    sampler: {
      ...(refits === undefined ? {} : { refits }),
      async fit(sample, data, { known, resampled, seed, networks, ...run }) {
        const { fitSample, modelIssues } = await import('../sampling/fit.ts');
        const kinds = modelsArgument(
          args,
          networks.map(({ plan }) => plan),
        );
        if (!kinds.ok) return kinds;
        const unfit = await modelIssues(networks, kinds.value);
        if (unfit.length > 0) return failure(...unfit);
        const fitted = await fitSample(problem, sample, {
          ...run,
          data,
          known,
          seed,
          kinds: kinds.value,
          generatedRows: 20_000,
          design: 'even',
          ...(steps === undefined ? {} : { steps }),
          ...(threads === undefined ? {} : { threads }),
          ...(resampled || args.flag('no-cache') ? {} : { cache: args.text('cache') ?? cacheFolder(env) }),
          ...(resampled ? {} : { onNote: (text: string) => console.note(text) }),
        });
        // What one fit says the refits say again.
        const news = fitted.ok ? (fitted.warnings ?? []).filter(({ message }) => !told.has(message)) : [];
        for (const { message } of news) told.add(message);
        console.warn(news);
        return fitted;
      },
    },
  };
}

/** Options that do nothing beside the others: --starts where nothing starts at random, those of training where nothing is trained. */
function idleOptions({ args }: Context): Issue[] {
  const issues: Issue[] = [];
  const bounds = args.text('bounds');
  if (args.text('starts') !== undefined && bounds !== 'emcc' && bounds !== 'both')
    issues.push({
      code: 'starts',
      message: '--starts does nothing here: only EMCC starts at random.',
      hint: 'Add --bounds emcc or --bounds both.',
    });
  const ofTraining = (['refits', 'steps', 'cache', 'no-cache'] as const).filter((name) => args.text(name) !== undefined);
  if (ofTraining.length > 0 && !args.flag('sampler')) {
    issues.push(untrained(ofTraining));
  }
  return issues;
}

const untrained = (names: readonly string[]): Issue => ({
  code: 'sampler',
  message: `${names.map((name) => `--${name}`).join(', ')} ${names.length === 1 ? 'does' : 'do'} nothing without --sampler: no model is trained.`,
  hint: 'Add --sampler to have models trained where counts cannot answer.',
});

async function interrupted(context: Context): Promise<typeof exit.interrupted> {
  context.console.note('Stopped before any answer was known.');
  if (formatOf(context.args) === 'json') await printAnswers(context, nothingKnown(context.args), { why: false });
  return exit.interrupted;
}

/** Only models look at pictures. */
const settingsOf = ({ args }: Context): SourceSettings => {
  const threads = args.number('threads');
  return { pixels: args.flag('sampler'), ...(threads === undefined ? {} : { threads }) };
};

/** --at, --points, and whether the fit, the models, the refits and the cache that are asked for can be had. */
async function placesOf({ args }: Context): Promise<Result<PlacesArgument>> {
  const ofModels = (['models', 'factor'] as const).filter((name) => args.text(name) !== undefined);
  if (ofModels.length > 0 && !args.flag('sampler')) return failure(untrained(ofModels));
  const kinds = modelsArgument(args);
  if (!kinds.ok) return kinds;
  const cache = args.flag('sampler') && !args.flag('no-cache') ? args.text('cache') : undefined;
  const unusable = cache === undefined ? undefined : await cacheIssue(cache);
  if (unusable !== undefined) return { ok: false, issues: [unusable] };
  if (args.flag('sampler') && args.number('refits') === 1) {
    const hint = 'Say at least --refits 2, or --refits 0 to leave the uncertainty of the data out.';
    return { ok: false, issues: [{ code: 'bad-value', message: '--refits 1: one refit has nothing to be compared with.', hint }] };
  }
  const basis = args.text('basis');
  if (args.number('degree') === undefined || basis === undefined || basis === 'polynomial') return placesArgument(args);
  const hint = 'Leave --basis out, or write --basis polynomial.';
  return { ok: false, issues: [{ code: 'bad-value', message: `--degree is of polynomials, and --basis says ${basis}.`, hint }] };
}

/** --lines: one pool of threads for all of them. */
async function askLines(context: Context): Promise<Exit> {
  const places = await placesOf(context);
  if (!places.ok) {
    context.console.fail(places.issues);
    return exit.badInput;
  }
  context.console.warn(idleOptions(context));
  const pool = lazyPool(context.args.number('threads'));
  try {
    return await answerLines(context, (one, document, stop) => askDocument(one, document, stop, { ...places.value, pool }));
  } finally {
    await pool.close();
  }
}

async function askDocument(
  context: Context,
  document: unknown,
  stop: Stop,
  more: PlacesArgument & { readonly pool: Pool },
): Promise<Result<AnswersDocument>> {
  const opened = nodeSources(process.cwd(), settingsOf(context));
  try {
    const loaded: Result<Problem> = await loadProblem(document, opened);
    if (!loaded.ok) return loaded;
    const questions = lineQuestions(context);
    const asked = questions.length > 0 ? questions : loaded.value.ask;
    if (asked.length === 0) return { ok: false, issues: [noQuestion] };
    return await ask(loaded.value, asked, { ...askOptions(context.args, stop), ...samplerOption(context, loaded.value), ...more });
  } finally {
    opened.close();
  }
}
