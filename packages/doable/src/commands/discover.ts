import {
  type DiscoverOptions,
  type DiscoveryDocument,
  discoverGraph,
  Interrupted,
  loadProblem,
  type Problem,
  type Result,
} from '@doable/engine';
import { discoverySvg, discoveryText } from '@doable/engine/present';
import { placed } from '../arguments/early.ts';
import type { Arguments } from '../arguments/parse.ts';
import { readProblem } from '../arguments/problem.ts';
import { jsonText } from '../output/json.ts';
import { type Stop, stopper } from '../run.ts';
import { type NodeSources, nodeSources } from '../studies/files.ts';
import { formatOf, secondsText } from './answers.ts';
import { type Context, type Exit, exit, type Run } from './command.ts';
import { understood } from './understood.ts';

const formats = ['text', 'svg', 'json'];

/** `doable discover PROBLEM`: the causal graph from environments. */
export const runDiscover: Run = async (context) => {
  const { args, console } = context;
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  const sources: NodeSources[] = [];
  try {
    const given = await stop.race(readProblem(args, context.stdin, { learns: true }));
    if (given === 'stopped') return interrupted(context);
    if (!given.ok) {
      console.fail(given.issues);
      return exit.badInput;
    }
    const format = formatOf(args);
    if (!formats.includes(format)) {
      console.fail([
        {
          code: 'format',
          message: `--format ${format} is not for graphs.`,
          hint: `It is ${formats.join(', ')}; doable convert writes a graph in others.`,
        },
      ]);
      return exit.badInput;
    }
    const { document, directory, questions } = given.value;
    const threads = args.number('threads');
    const opened = nodeSources(directory, { pixels: false, ...(threads === undefined ? {} : { threads }) });
    sources.push(opened);
    const loaded: Result<Problem> | 'stopped' = await stop.race(loadProblem(document, opened));
    if (loaded === 'stopped') return interrupted(context);
    if (!loaded.ok) {
      console.fail(placed(loaded.issues, document));
      return exit.badInput;
    }
    console.warn(loaded.warnings ?? []);
    if (questions.length > 0)
      console.warn([{ code: 'question', message: 'discover answers no questions.', hint: 'Ask with doable ask --graph learn.' }]);
    console.note(understood(loaded.value));
    const found = await stop.race(
      discoverGraph(loaded.value, { ...discoverOptions(args, stop), onProgress: console.progress.onProgress }).catch(ended),
    );
    console.progress.clear();
    if (found === 'stopped') return interrupted(context);
    if (!found.ok) {
      console.fail(found.issues);
      return exit.badInput;
    }
    console.warn(found.warnings ?? []);
    await print(context, found.value);
    return found.value.partial === true ? exit.interrupted : found.value.ok ? exit.answered : exit.no;
  } finally {
    stop.end();
    for (const one of sources) one.close();
  }
};

function ended(error: unknown): 'stopped' {
  if (error instanceof Interrupted) return 'stopped';
  throw error;
}

function interrupted({ console }: Context): Exit {
  console.note('Stopped before any graph was known.');
  return exit.interrupted;
}

/** --level, --bootstrap, --algorithm, --test, --variables and --seed. */
export function discoverOptions(args: Arguments, stop: Stop): DiscoverOptions {
  const algorithm = args.text('algorithm') as DiscoverOptions['algorithm'];
  const test = args.text('test') as DiscoverOptions['test'];
  const bootstrap = args.number('bootstrap');
  const level = args.number('level');
  const variables = args.many('variables').flatMap((text) => text.split(',').map((name) => name.trim()));
  return {
    ...stop.options,
    seed: args.number('seed') ?? 0,
    now: () => performance.now(),
    ...(level === undefined ? {} : { level }),
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(test === undefined ? {} : { test }),
    ...(variables.length === 0 ? {} : { variables }),
  };
}

async function print(context: Context, document: DiscoveryDocument): Promise<void> {
  const { console, args } = context;
  console.gap();
  const format = formatOf(args);
  if (format === 'json') await console.print(jsonText(document, 2));
  else if (format === 'svg') await console.print(discoverySvg(document));
  else await console.print(discoveryText(document, console.out));
  console.note(`${document.edges.length === 1 ? '1 edge' : `${document.edges.length} edges`} in ${secondsText(document.elapsedMs)}`);
}
