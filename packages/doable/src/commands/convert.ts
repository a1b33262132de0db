import { writeFile } from 'node:fs/promises';
import { failure, type Graph, loadProblem, type Result, readGraph, success, surgery } from '@doable/engine';
import { graphSvg, printDagitty, printDot, printJson, printTikz } from '@doable/engine/present';
import { readFileArgument } from '../arguments/file.ts';
import { located } from '../arguments/problem.ts';
import { parseText } from '../studies/files.ts';
import { type Context, exit, type Run } from './command.ts';

/** `doable convert GRAPH --to FORMAT`. */
export const runConvert: Run = async (context) => {
  const { args, console } = context;
  const [word, ...more] = args.positionals;
  const to = args.text('to');
  if (word === undefined || more.length > 0 || to === undefined) {
    if (word === undefined) console.fail([{ code: 'input', message: 'Which graph?', hint: "doable convert 'X -> Y' --to dot" }]);
    if (more.length > 0)
      console.fail([
        {
          code: 'input',
          message: `One graph at a time: '${more[0]}' is too much.`,
          hint: 'Put a graph that holds spaces into quotation marks.',
        },
      ]);
    if (to === undefined) console.fail([{ code: 'input', message: '--to FORMAT is needed: dagitty, dot, tikz, svg or json.' }]);
    return exit.badInput;
  }
  const graph = await graphArgument(word, context);
  if (!graph.ok) {
    console.fail(graph.issues);
    return exit.badInput;
  }
  console.warn(graph.warnings ?? []);
  const text = printed(graph.value, to);
  const out = args.text('out');
  if (out === undefined) await console.print(text);
  else {
    const written = await writeFile(out, text.endsWith('\n') ? text : `${text}\n`).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (written !== undefined) {
      console.fail([{ code: 'output', message: `${out} cannot be written: ${written}` }]);
      return exit.badInput;
    }
    console.note(`Written to ${out}.`);
  }
  return exit.answered;
};

function printed(graph: Graph, to: string): string {
  switch (to) {
    case 'dot':
      return printDot(graph);
    case 'tikz':
      return printTikz(graph);
    case 'svg':
      return graphSvg(graph);
    case 'json':
      return printJson(graph, { indent: 2 });
    default:
      return printDagitty(graph);
  }
}

/** A graph from an argument: text, a file in any notation, the graph of a problem document, or `-`. */
async function graphArgument(word: string, context: Pick<Context, 'stdin'>): Promise<Result<Graph>> {
  const read = await readFileArgument(word, 'graph', context.stdin);
  if (!read.ok) return read;
  const { text, file } = read.value;
  return (await graphOfText(text, file)) ?? located(readGraph(text, file), text);
}

/** The graph of a problem document with its declared levels, where the text is one. */
export async function graphOfText(text: string, file: string | undefined): Promise<Result<Graph> | undefined> {
  const document = documentIn(text, file);
  if (document === undefined) return undefined;
  const { graph: written, variables } = document;
  const loaded = await loadProblem({ graph: written, ...(variables === undefined ? {} : { variables }) });
  if (!loaded.ok) return typeof written === 'string' ? located(loaded, written) : loaded;
  const { graph, domains } = loaded.value;
  if (graph === undefined) return failure({ code: 'no-graph', message: `${file ?? 'The document'} has no graph.` });
  const declared = [...graph.variables.values()].map((variable) => {
    const domain = domains.get(variable.name);
    return domain === undefined ? variable : { ...variable, domain };
  });
  return success(surgery.withVariables(graph, declared), loaded.warnings);
}

/** The problem document that a text holds; undefined for a graph in JSON, and for what is no document. */
function documentIn(text: string, file: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (!/\.ya?ml$/iu.test(file ?? '') && !/^\s*\{/u.test(text)) return undefined;
  const parsed = parseText(text, file ?? '');
  const value = parsed.ok ? parsed.value : undefined;
  return typeof value === 'object' && value !== null && 'graph' in value ? (value as Readonly<Record<string, unknown>>) : undefined;
}
