import {
  type DoFinettiCheck,
  type DoFinettiPart,
  type DoFinettiPoint,
  type DoFinettiRun,
  type DoFinettiSettings,
  doFinettiChecks,
  doFinettiParts,
  type Issue,
  summariseDoFinetti,
  version,
} from '@doable/engine';
import { jsonText } from '../output/json.ts';
import { doFinettiCsv, doFinettiSvg, doFinettiText } from '../output/reproduced-do-finetti.ts';
import { lazyPool } from '../pools/lazy.ts';
import { stopper } from '../run.ts';
import { secondsText } from './answers.ts';
import { type Context, exit, type Run } from './command.ts';

/** What `reproduce do-finetti --json` prints. */
export interface DoFinettiReproduction {
  readonly schema: 'doable/reproduction@1';
  readonly paper: 'do-finetti';
  readonly version: string;
  readonly seed: number;
  readonly partial?: true;
  readonly checks: readonly DoFinettiCheck[];
  readonly points: readonly (DoFinettiPoint & { readonly runs: readonly DoFinettiRun[] })[];
}

/** `doable reproduce do-finetti`: Figure 4, the three-variable graphs and the sizes of tests. */
export const runReproduceDoFinetti: Run = async (context) => {
  const { args, console } = context;
  const issues = foreign(context);
  if (issues.length > 0) {
    console.fail(issues);
    return exit.badInput;
  }
  const seed = args.number('seed') ?? 0;
  const full = args.flag('full');
  const parts = doFinettiParts(seed, full, args.number('models'));
  const format = args.flag('json') ? 'json' : (args.text('format') ?? 'text');
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  const pool = lazyPool(args.number('threads'));
  const started = performance.now();
  const total = parts.reduce((sum, { repetitions }) => sum + repetitions, 0);
  const made = parts.map((): DoFinettiRun[] => []);
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [i, part] of parts.entries()) {
      if (stop.stopped) return;
      const before = done;
      const { study, environments, positions } = part;
      const runs = await pool.map<DoFinettiSettings, number, DoFinettiRun>(
        'do-finetti',
        { study, seed, environments, positions },
        Array.from({ length: part.repetitions }, (_, index) => index),
        {
          ...stop.options,
          onProgress: (event) => console.progress.onProgress({ task: titleOf(part), done: before + event.done, total }),
        },
      );
      const finished = runs.filter((run) => run !== undefined);
      made[i]?.push(...finished);
      done += finished.length;
    }
  };
  try {
    await stop.race(work());
    const partial = done < total;
    const points = parts.map((part, i) => summariseDoFinetti(part, made[i] ?? []));
    const checks = doFinettiChecks(points);
    if (format === 'json') {
      const document: DoFinettiReproduction = {
        schema: 'doable/reproduction@1',
        paper: 'do-finetti',
        version,
        seed,
        ...(partial && { partial }),
        checks,
        points: points.map((point, i) => ({ ...point, runs: made[i] ?? [] })),
      };
      await console.print(jsonText(document, 2));
    } else if (format === 'svg') await console.print(doFinettiSvg(points));
    else if (format === 'csv') await console.print(doFinettiCsv(points));
    else await console.print(doFinettiText(points, checks, { seed, full }, console.out));
    console.note(`${done} of ${total} repetitions in ${secondsText(performance.now() - started)}`);
    if (partial) return exit.interrupted;
    return full && checks.some(({ state }) => state === 'missed') ? exit.no : exit.answered;
  } finally {
    stop.end();
    await pool.close();
  }
};

const titleOf = ({ study, environments, positions }: DoFinettiPart): string => `${study}, ${environments} environments of ${positions}`;

const foreign = ({ args }: Context): Issue[] => [
  ...(args.text('out') === undefined ? [] : [{ code: 'input', message: '--out is of doable reproduce emcc.', hint: 'Use --json > FILE.' }]),
  ...(args.number('starts') === undefined ? [] : [{ code: 'input', message: '--starts is of doable reproduce emcc.' }]),
  ...(['latex', 'markdown'].includes(args.text('format') ?? '')
    ? [
        {
          code: 'input',
          message: `doable reproduce do-finetti prints no ${args.text('format')}.`,
          hint: 'There is text, json, svg and csv.',
        },
      ]
    : []),
];
