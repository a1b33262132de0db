import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { AnswersDocument, Issue, Result } from '@doable/engine';
import { isNo } from '@doable/engine/present';
import { errorLine, jsonText } from '../output/json.ts';
import { type Stop, stopper } from '../run.ts';
import { type Context, type Exit, exit } from './command.ts';

/** Documents that are worked on at a time; their answers wait for those before them. */
const inFlight = 8;

interface Done {
  readonly text: string;
  readonly exit: Exit;
}

/**
 * NDJSON in, NDJSON out, in order: a problem document per line gives an answers document, or `{ "error", "line" }`. Blank lines
 * are skipped. Reading waits when answers wait, so that any number of lines runs in constant memory. The exit code is the
 * worst of all lines.
 */
export async function answerLines(
  context: Context,
  answer: (context: Context, document: unknown, stop: Stop) => Promise<Result<AnswersDocument>>,
): Promise<Exit> {
  const { args, console } = context;
  const misplaced = (['graph', 'study', 'assume'] as const).filter((name) => args.flag(name));
  const file = args.positionals.find(isLinesFile);
  if (misplaced.length > 0) {
    console.fail(
      misplaced.map((name) => ({ code: 'lines', message: `--${name} does not go with --lines: every line brings its own problem.` })),
    );
    return exit.badInput;
  }
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  const input = file === undefined ? context.stdin : createReadStream(file);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  const waiting: Promise<Done>[] = [];
  let worst: Exit = exit.answered;
  const write = async (): Promise<void> => {
    const next = waiting.shift();
    if (next === undefined) return;
    const done = await next;
    worst = Math.max(worst, done.exit) as Exit;
    await console.print(done.text);
  };
  let number = 0;
  try {
    for await (const line of lines) {
      number += 1;
      if (stop.stopped) break;
      if (line.trim() === '') continue;
      waiting.push(oneLine(line, number, (document) => answer(context, document, stop)));
      if (waiting.length >= inFlight) await write();
    }
    while (waiting.length > 0 && !stop.stopped) await write();
    return stop.stopped ? exit.interrupted : worst;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    console.fail([{ code: 'no-file', message: `There is no file “${file}”.` }]);
    return exit.badInput;
  } finally {
    lines.close();
    stop.end();
  }
}

const isLinesFile = (word: string): boolean => /\.(?:ndjson|jsonl)$/iu.test(word);

/** Questions given as arguments are asked of every line, instead of its own. */
export const lineQuestions = ({ args }: Context): readonly string[] =>
  args.positionals.filter((word) => word !== '-' && !isLinesFile(word));

async function oneLine(line: string, number: number, answer: (document: unknown) => Promise<Result<AnswersDocument>>): Promise<Done> {
  const bad = (issues: readonly Issue[], code: Exit = exit.badInput): Done => ({ text: errorLine(number, issues), exit: code });
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch (error) {
    return bad([{ code: 'json', message: `Line ${number} is not JSON: ${error instanceof Error ? error.message : String(error)}.` }]);
  }
  try {
    const result = await answer(document);
    if (!result.ok) return bad(result.issues);
    return { text: jsonText(result.value), exit: result.value.answers.some(isNo) ? exit.no : exit.answered };
  } catch (error) {
    return bad([{ code: 'fault', message: `A fault of doable: ${error instanceof Error ? error.message : String(error)}` }], exit.fault);
  }
}
