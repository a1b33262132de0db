import {
  didYouMean,
  failure,
  type GraphModel,
  type Issue,
  modelFor,
  type Name,
  Random,
  type Result,
  readModel,
  sample,
  success,
  type Truth,
  truthOf,
  type Value,
  version,
} from '@doable/engine';
import { csvCell } from '@doable/engine/present';
import { readFileArgument, type TextArgument } from '../arguments/file.ts';
import { levelsArgument } from '../arguments/levels.ts';
import { located } from '../arguments/problem.ts';
import type { OptionName } from '../arguments/records.ts';
import { jsonText } from '../output/json.ts';
import { toSink } from '../output/sink.ts';
import { stopper } from '../run.ts';
import { type Context, exit, type Run } from './command.ts';
import { graphOfText } from './convert.ts';
import { exchangeableDocument, foreignOptions, simulateEnvironments } from './simulate-environments.ts';
import { runSimulateUrn } from './simulate-urn.ts';

interface Held {
  readonly set: readonly Name[];
  readonly fixed: Readonly<Record<Name, Value>>;
}

/** Options of `simulate` that a graph or network does not read. */
const foreign: readonly (readonly [OptionName, string])[] = [
  ['environments', 'It is of documents with model.exchangeable.'],
  ['positions', 'It is of documents with model.exchangeable, and of the urn.'],
  ['set', 'It is of documents with model.exchangeable, and of the urn; here --do X=1.'],
  ['left', 'It is of doable simulate urn.'],
  ['right', 'It is of doable simulate urn.'],
  ['dynamics', 'It is of doable simulate urn.'],
];

/** `doable simulate MODEL -n N`: rows to standard output (or --out), exact answers with --truth; environments of a known process; the urn. */
export const runSimulate: Run = async (context) => {
  const { args, console } = context;
  const [word, ...more] = args.positionals;
  const one = word !== undefined && more.length === 0;
  if (one && word === 'urn') return runSimulateUrn(context);
  const read = one ? await readFileArgument(word, 'model', context.stdin) : undefined;
  const document = read?.ok === true ? exchangeableDocument(read.value.text, read.value.file) : undefined;
  if (document !== undefined) return simulateEnvironments(context, document);
  const issues = foreignOptions(context, 'a graph', foreign);
  const rows = args.number('rows');
  const truths = args.many('truth');
  if (word === undefined) issues.push({ code: 'input', message: 'Which model?', hint: "doable simulate 'X -> Y' -n 10" });
  if (more.length > 0)
    issues.push({
      code: 'input',
      message: `One model at a time: '${more[0]}' is too much.`,
      hint: 'Put a graph that holds spaces into quotation marks.',
    });
  if (rows === undefined && truths.length === 0) issues.push({ code: 'input', message: '-n N is needed: how many rows?' });
  const levels = levelsArgument(args.many('levels'));
  if (!levels.ok) issues.push(...levels.issues);
  if (read?.ok === false) issues.push(...read.issues);
  if (issues.length > 0 || read?.ok !== true || !levels.ok) {
    console.fail(issues);
    return exit.badInput;
  }
  const seed = args.number('seed') ?? 0;
  const made = await modelOf(read.value, { seed, levels: levels.value });
  if (!made.ok) {
    console.fail(made.issues);
    return exit.badInput;
  }
  console.warn(made.warnings ?? []);
  const held = heldArgument(args.many('do'), made.value);
  const answered = truths.map((text) => truthOf(made.value, text));
  const wrong = [...(held.ok ? [] : held.issues), ...answered.flatMap((one) => (one.ok ? [] : one.issues))];
  if (wrong.length > 0 || !held.ok) {
    console.fail(wrong);
    return exit.badInput;
  }
  const truth = answered.flatMap((one) => (one.ok ? [one.value] : []));
  const stop = stopper(undefined, (text) => console.note(text));
  try {
    await write(context, made.value, {
      held: held.value,
      rows: rows ?? 0,
      seed,
      truth,
      stopped: () => stop.stopped,
      pause: stop.options.pause,
    });
    return stop.stopped ? exit.interrupted : exit.answered;
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    console.fail([{ code: 'output', message: `${args.text('out')} cannot be written: ${error.message}` }]);
    return exit.badInput;
  } finally {
    stop.end();
  }
};

interface Drawing {
  readonly held: Held;
  readonly rows: number;
  readonly seed: number;
  readonly truth: readonly Truth[];
  readonly stopped: () => boolean;
  readonly pause: (() => Promise<void>) | undefined;
}

/** Where rows go to standard output, the truth goes to standard error; else it is the answer. */
async function write(context: Context, made: GraphModel, drawing: Drawing): Promise<void> {
  const { args, console } = context;
  const { truth, rows, seed, held } = drawing;
  const out = args.text('out');
  const json = args.flag('json');
  const pieces = json ? jsonRows(made, drawing) : textRows(made, drawing, args.text('data') ?? 'csv');
  if (json) {
    const levels = Object.fromEntries(made.model.observed.map((name) => [name, made.model.levels.get(name)]));
    const head = { schema: 'doable/simulation@1', seed, version, model: made.from, levels, set: held.set, fixed: held.fixed, truth };
    await toSink(out, console.print, wrapped(`${jsonText(head).slice(0, -1)},"rows":[`, pieces, ']}\n'));
    return;
  }
  if (rows > 0) await toSink(out, console.print, pieces);
  const truthText = truth.map((one) => jsonText({ ...one, seed })).join('\n');
  if (truth.length > 0 && (rows === 0 || out !== undefined)) await console.print(truthText);
  else if (truth.length > 0) process.stderr.write(`${truthText}\n`);
  console.note(`seed ${seed}${out === undefined ? '' : `, written to ${out}`}`);
}

async function* wrapped(head: string, pieces: AsyncIterable<string>, tail: string): AsyncGenerator<string> {
  let held = head;
  for await (const piece of pieces) held += piece;
  yield held + tail;
}

async function* textRows(made: GraphModel, drawing: Drawing, format: string): AsyncGenerator<string> {
  const names = made.model.observed;
  const cells = names.map((name) => (made.model.levels.get(name) as readonly Value[]).map(format === 'csv' ? csvCell : String));
  if (format === 'csv') yield `${names.map(csvCell).join(',')}\n`;
  for await (const { rows, columns } of batches(made, drawing)) {
    let text = '';
    for (let row = 0; row < rows; row++) {
      const line = columns.map((column, i) => (cells[i] as string[])[column[row] as number] as string);
      text += format === 'csv' ? `${line.join(',')}\n` : `${jsonText(Object.fromEntries(names.map((name, i) => [name, line[i]])))}\n`;
    }
    yield text;
  }
}

async function* jsonRows(made: GraphModel, drawing: Drawing): AsyncGenerator<string> {
  let first = true;
  for await (const text of textRows(made, drawing, 'ndjson')) {
    yield (first ? '' : ',') + text.trimEnd().replaceAll('\n', ',');
    first = false;
  }
}

async function* batches(
  { model }: GraphModel,
  { held, rows, seed, stopped, pause }: Drawing,
): AsyncGenerator<{ rows: number; columns: Int32Array[] }> {
  if (rows === 0) return;
  for (const batch of sample(model, { rows, random: new Random(seed, 'rows'), regime: held })) {
    if (stopped()) return;
    yield { rows: batch.rows, columns: model.observed.map((name) => batch.columns.get(name) as Int32Array) };
    await pause?.();
  }
}

async function modelOf(
  { text, file }: TextArgument,
  options: { readonly seed: number; readonly levels: ReadonlyMap<Name, readonly Value[]> },
): Promise<Result<GraphModel>> {
  const graph = await graphOfText(text, file);
  if (graph !== undefined) return graph.ok ? modelFor(graph.value, options) : graph;
  return located(readModel(text, { ...options, ...(file === undefined ? {} : { file }) }), text);
}

/** Reads `X=1,Z` of --do. Issues: `unknown-variable`, `unknown-level`, `do`. */
function heldArgument(texts: readonly string[], { model }: GraphModel): Result<Held> {
  const issues: Issue[] = [];
  const set: Name[] = [];
  const fixed: Record<Name, Value> = {};
  for (const text of texts) {
    let at = 0;
    for (const piece of text.split(',')) {
      const start = at + (piece.length - piece.trimStart().length);
      at += piece.length + 1;
      const [name = '', value] = piece.split(/=(.*)/su).map((part) => part.trim());
      const where = { text, start, end: Math.max(start + 1, start + piece.trim().length) };
      const issue = (code: string, message: string, hint: string | undefined): void => {
        issues.push({ code, message: `--do: ${message}`, where, ...(hint === undefined ? {} : { hint }) });
      };
      const levels = model.levels.get(name);
      if (!model.observed.includes(name) || levels === undefined)
        issue(
          'unknown-variable',
          `there is no variable '${name}'.`,
          didYouMean(name, model.observed) ?? `Variables are ${model.observed.slice(0, 12).join(', ')}.`,
        );
      else if (set.includes(name)) issue('do', `${name} is set twice.`, undefined);
      else if (value !== undefined && !levels.includes(value))
        issue('unknown-level', `${name} has no level '${value}'.`, `Its levels are ${levels.slice(0, 12).join(', ')}.`);
      else {
        set.push(name);
        if (value !== undefined) fixed[name] = value;
      }
    }
  }
  return issues.length > 0 ? failure(...issues) : success({ set, fixed });
}
