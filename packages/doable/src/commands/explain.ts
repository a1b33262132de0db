import {
  type AnswersDocument,
  type Catalogue,
  explain,
  Fault,
  failure,
  type Issue,
  loadProblem,
  type Name,
  type Offer,
  type Problem,
  parseAvailable,
  proveQuestion,
  type Result,
  success,
} from '@doable/engine';
import { earlyIssues, placed } from '../arguments/early.ts';
import { levelsArgument } from '../arguments/levels.ts';
import type { Arguments } from '../arguments/parse.ts';
import { readProblem } from '../arguments/problem.ts';
import { stopper } from '../run.ts';
import { nodeSources } from '../studies/files.ts';
import { askOptions, exitOf, formatOf, noQuestion, nothingKnown, printAnswers } from './answers.ts';
import { type Context, exit, type Run } from './command.ts';
import { answerLines, lineQuestions } from './lines.ts';

/** `doable explain`: how a question can be computed, without reading a row. */
export const runExplain: Run = async (context) => {
  const { args, console } = context;
  if (args.flag('lines')) return answerLines(context, explainDocument);
  const stop = stopper(args.number('timeout'), (text) => console.note(text));
  try {
    const given = await stop.race(readProblem(args, context.stdin));
    if (given === 'stopped') return exit.interrupted;
    if (!given.ok) {
      console.fail(given.issues);
      return exit.badInput;
    }
    const { document, directory, questions } = given.value;
    const loaded = await stop.race(planned(document, directory, args));
    if (loaded === 'stopped') return exit.interrupted;
    if (!loaded.ok) {
      console.fail([...placed(loaded.issues, document), ...earlyIssues(questions, document)]);
      return exit.badInput;
    }
    const { problem, assumed } = loaded.value;
    const asked = questions.length > 0 ? questions : problem.ask;
    if (asked.length === 0 || (formatOf(args) === 'svg' && problem.graph === undefined)) {
      console.fail([asked.length === 0 ? noQuestion : { code: 'no-graph', message: '--format svg draws the graph, and there is none.' }]);
      return exit.badInput;
    }
    console.warn(loaded.warnings ?? []);
    if (assumed) console.note('No study and no --have: every variable that is not latent is taken as observed together.');
    const explained = await stop.race(explain(problem, asked, { ...askOptions(args, stop), onProgress: console.progress.onProgress }));
    console.progress.clear();
    const result = explained === 'stopped' ? success(nothingKnown(args)) : explained;
    if (!result.ok) {
      console.fail(result.issues);
      return exit.badInput;
    }
    console.warn(result.warnings ?? []);
    const shown = args.flag('prove') ? proved(result.value, problem, args.number('seed') ?? 0) : result.value;
    await printAnswers(context, shown, { graph: problem.graph, why: true });
    return exitOf(shown);
  } finally {
    stop.end();
  }
};

/** The answers with the verdict of the gradient-rank test among their diagnostics. A contradiction is a fault of ours. */
function proved(document: AnswersDocument, problem: Problem, seed: number): AnswersDocument {
  const answers = document.answers.map((answer) => {
    const found = proveQuestion(problem, answer.question, answer.status === 'identified', seed);
    const contradiction = found.find(({ level }) => level === 'fail');
    if (contradiction !== undefined)
      throw new Fault(`The rules identify ${answer.question}, and the gradient-rank test does not. ${contradiction.says}`);
    return { ...answer, diagnostics: [...answer.diagnostics, ...found] };
  });
  return { ...document, answers };
}

interface Planned {
  readonly problem: Problem;
  /** Nothing was said of studies. */
  readonly assumed: boolean;
}

/** The problem with the catalogue that --have describes, else its studies, else plain observation. */
async function planned(document: Readonly<Record<string, unknown>>, directory: string, args: Arguments): Promise<Result<Planned>> {
  const have = args.many('have');
  const levels = levelsArgument(args.many('levels'));
  const described = have.length > 0;
  const { variables, ...rest } = document;
  const declared = typeof variables === 'object' && variables !== null ? variables : {};
  const added = levels.ok ? Object.fromEntries([...levels.value].map(([name, names]) => [name, { levels: names }])) : {};
  const whole = {
    ...(described ? { ...rest, studies: [] } : rest),
    ...(variables !== undefined || levels.ok ? { variables: { ...declared, ...added } } : {}),
  };
  const sources = nodeSources(directory, { pixels: false });
  try {
    const loaded = await loadProblem(whole, sources);
    const issues: Issue[] = [...(levels.ok ? [] : levels.issues), ...(loaded.ok ? [] : loaded.issues)];
    if (!loaded.ok) return failure(...issues);
    const problem = loaded.value;
    const catalogue = described ? catalogueOf(have, problem) : success(problem.catalogue);
    if (!catalogue.ok || issues.length > 0) return failure(...issues, ...(catalogue.ok ? [] : catalogue.issues));
    const assumed = catalogue.value.offers.length === 0 && catalogue.value.everything !== true;
    const observation: Catalogue = { offers: [{ regime: { set: [] }, studies: [], size: 0 }] };
    return success({ problem: { ...problem, catalogue: assumed ? observation : catalogue.value }, assumed }, loaded.warnings);
  } finally {
    sources.close();
  }
}

/** What --have describes. Issues show their place in each text. */
function catalogueOf(have: readonly string[], { graph, domains }: Problem): Result<Catalogue> {
  const issues: Issue[] = [];
  const offers: Offer[] = [];
  let everything = false;
  const context = { domains, ...(graph === undefined ? {} : { graph }) };
  for (const text of have) {
    const read = parseAvailable(text, context);
    if (!read.ok) {
      issues.push(...read.issues.map((issue) => ({ ...issue, where: { ...issue.where, text } })));
      continue;
    }
    const { measured, set, fixed, everything: all } = read.value;
    if (all === true) everything = true;
    else
      offers.push({
        regime: { set, ...(fixed === undefined ? {} : { fixed }) },
        measured: measured as readonly Name[],
        studies: [],
        size: 0,
      });
  }
  if (issues.length > 0) return failure(...issues);
  return success({ offers, ...(everything ? { everything } : {}) });
}

/** One line of --lines; --have and --levels hold for every line. */
async function explainDocument(context: Context, document: unknown, stop: ReturnType<typeof stopper>): Promise<Result<AnswersDocument>> {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return failure({ code: 'shape', message: 'A problem document is an object.' });
  const loaded = await planned(document as Readonly<Record<string, unknown>>, process.cwd(), context.args);
  if (!loaded.ok) return loaded;
  const questions = lineQuestions(context);
  const asked = questions.length > 0 ? questions : loaded.value.problem.ask;
  if (asked.length === 0) return failure(noQuestion);
  return explain(loaded.value.problem, asked, askOptions(context.args, stop));
}
