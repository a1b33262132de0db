import { type FigureModel, type FigurePart, type FigureSettings, figureParts, type Issue, summariseFigure, version } from '@doable/engine';
import { jsonText } from '../output/json.ts';
import { type JointPart, jointText } from '../output/reproduced-joint.ts';
import { lazyPool } from '../pools/lazy.ts';
import { stopper } from '../run.ts';
import { secondsText } from './answers.ts';
import { type Context, exit, type Run } from './command.ts';

/** What `reproduce joint --json` prints. */
export interface JointReproduction {
  readonly schema: 'doable/reproduction@1';
  readonly paper: 'joint';
  readonly version: string;
  readonly seed: number;
  readonly partial?: true;
  readonly parts: readonly (JointPart & { readonly found: readonly FigureModel[] })[];
}

/** `doable reproduce joint`: the figure of synthetic data under every reading of its noise, and the studies on polynomial models. */
export const runReproduceJoint: Run = async (context) => {
  const { args, console } = context;
  const issues = foreign(context);
  if (issues.length > 0) {
    console.fail(issues);
    return exit.badInput;
  }
  const seed = args.number('seed') ?? 0;
  const full = args.flag('full');
  const parts = figureParts(seed, full, args.number('models'));
  const json = args.flag('json');
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  const pool = lazyPool(args.number('threads'));
  const started = performance.now();
  const total = parts.reduce((sum, { models }) => sum + models, 0);
  const made = parts.map((): FigureModel[] => []);
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [i, part] of parts.entries()) {
      if (stop.stopped) return;
      const before = done;
      const models = await pool.map<FigureSettings, number, FigureModel>(
        'joint',
        part.settings,
        Array.from({ length: part.models }, (_, index) => index),
        {
          ...stop.options,
          onProgress: (event) => console.progress.onProgress({ task: `models, ${titleOf(part)}`, done: before + event.done, total }),
        },
      );
      const finished = models.filter((model) => model !== undefined);
      made[i]?.push(...finished);
      done += finished.length;
    }
  };
  try {
    await stop.race(work());
    const partial = done < total;
    const found = parts.map((part, i): JointPart => {
      const models = made[i] ?? [];
      return { ...part, done: models.length, summary: summariseFigure(models) };
    });
    if (json) {
      const document: JointReproduction = {
        schema: 'doable/reproduction@1',
        paper: 'joint',
        version,
        seed,
        ...(partial && { partial }),
        parts: found.map((part, i) => ({ ...part, found: made[i] ?? [] })),
      };
      await console.print(jsonText(document, 2));
    } else await console.print(jointText(found, { seed, full }, console.out));
    console.note(`${done} of ${total} models in ${secondsText(performance.now() - started)}`);
    if (partial) return exit.interrupted;
    const missed = full && found.some(({ study, summary }) => study === 'figure' && summary.checks.slice(0, 2).some(({ met }) => !met));
    return missed ? exit.no : exit.answered;
  } finally {
    stop.end();
    await pool.close();
  }
};

const titleOf = ({ study, at }: FigurePart): string => (at === undefined ? study : `${study} ${at}`);

const foreign = ({ args }: Context): Issue[] => [
  ...(args.text('out') === undefined ? [] : [{ code: 'input', message: '--out is of doable reproduce emcc.', hint: 'Use --json > FILE.' }]),
  ...(args.number('starts') === undefined ? [] : [{ code: 'input', message: '--starts is of doable reproduce emcc.' }]),
];
