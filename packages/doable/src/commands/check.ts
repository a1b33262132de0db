import { check, Interrupted, loadProblem } from '@doable/engine';
import { checkText } from '@doable/engine/present';
import { earlyIssues, placed } from '../arguments/early.ts';
import { readProblem } from '../arguments/problem.ts';
import { jsonText } from '../output/json.ts';
import { stopper } from '../run.ts';
import { type NodeSources, nodeSources } from '../studies/files.ts';
import { askOptions } from './answers.ts';
import { exit, type Run } from './command.ts';

/** `doable check PROBLEM`: what was understood, and whether the data contradict it. */
export const runCheck: Run = async (context) => {
  const { args, console } = context;
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  const sources: NodeSources[] = [];
  try {
    const given = await stop.race(readProblem(args, context.stdin));
    if (given === 'stopped') return exit.interrupted;
    if (!given.ok) {
      console.fail(given.issues);
      return exit.badInput;
    }
    const { document, directory, questions } = given.value;
    const threads = args.number('threads');
    const opened = nodeSources(directory, { pixels: false, ...(threads === undefined ? {} : { threads }) });
    sources.push(opened);
    const loaded = await stop.race(loadProblem(document, opened));
    if (loaded === 'stopped') return exit.interrupted;
    if (!loaded.ok) {
      console.fail([...placed(loaded.issues, document), ...earlyIssues(questions, document)]);
      return exit.badInput;
    }
    console.warn(loaded.warnings ?? []);
    const problem = questions.length > 0 ? { ...loaded.value, ask: questions } : loaded.value;
    if (problem.studies.length === 0) {
      console.fail([{ code: 'no-studies', message: 'There is no study to check.', hint: 'Add one with --study, or to the document.' }]);
      return exit.badInput;
    }
    const options = { ...askOptions(args, stop), familyLevel: 1 - (args.number('level') ?? 0.95), onProgress: console.progress.onProgress };
    const checked = await stop.race(check(problem, options).catch(ended));
    console.progress.clear();
    if (checked === 'stopped') {
      console.note('Stopped before the studies were checked.');
      return exit.interrupted;
    }
    if (!checked.ok) {
      console.fail(checked.issues);
      return exit.badInput;
    }
    const report = checked.value;
    console.note(report.notes.join('\n'));
    await console.print(args.flag('json') ? jsonText(report, 2) : checkText(report, console.out));
    return stop.stopped ? exit.interrupted : report.ok ? exit.answered : exit.no;
  } finally {
    stop.end();
    for (const one of sources) one.close();
  }
};

function ended(error: unknown): 'stopped' {
  if (error instanceof Interrupted) return 'stopped';
  throw error;
}
