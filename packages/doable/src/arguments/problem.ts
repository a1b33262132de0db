import { statSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { failure, type Issue, type Result, success } from '@doable/engine';
import { readDocumentFile } from '../studies/files.ts';
import { earlyIssues } from './early.ts';
import { readFileArgument } from './file.ts';
import type { Arguments } from './parse.ts';
import { parseStudy } from './study.ts';

/** A problem document with what the options add to it, not yet checked. */
export interface ProblemArgument {
  readonly document: Readonly<Record<string, unknown>>;
  /** Paths in the document are relative to it. */
  readonly directory: string;
  /** Questions given as arguments; they replace those of the document. */
  readonly questions: readonly string[];
}

export const looksLikeProblem = (word: string): boolean => looksLikeQuestion(word) || isFile(word) || /\.(?:json|ya?ml)$/iu.test(word);
const looksLikeQuestion = (word: string): boolean => /[([]/u.test(word) && !/\.(?:json|ya?ml)$/iu.test(word);

/** Splits `[PROBLEM] [QUESTION...]`: the first word is a document unless it reads as a question and no file has that name. */
export function splitPositionals(words: readonly string[]): { readonly path?: string; readonly questions: readonly string[] } {
  const [first, ...rest] = words;
  if (first === undefined) return { questions: [] };
  if (first !== '-' && looksLikeQuestion(first) && !isFile(first)) return { questions: words };
  return { path: first, questions: rest };
}

export const isFile = (path: string): boolean => {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
};

const looksLikeData = (path: string): boolean => /\.(?:csv|tsv|tab|parquet|arrow|ndjson|jsonl)(?:\.gz|\.zst)?$/iu.test(path);

/** --graph learn: discovered from environments. */
export const learnsGraph = (args: Arguments): boolean => args.text('graph') === 'learn';

/** Reads PROBLEM, --graph (unless it is to be learned), --study and --assume. Issues of all of them together. */
export async function readProblem(
  args: Arguments,
  stdin: NodeJS.ReadableStream,
  { learns = false }: { readonly learns?: boolean } = {},
): Promise<Result<ProblemArgument>> {
  const { path, questions } = splitPositionals(args.positionals);
  const issues: Issue[] = [];
  const keep = <T>(result: Result<T>): T | undefined => {
    if (result.ok) return result.value;
    issues.push(...result.issues);
    return undefined;
  };
  if (path !== undefined && looksLikeData(path))
    issues.push({
      code: 'input',
      message: `“${path}” is data, not a problem document.`,
      hint: `Give it with a graph: --graph 'X -> Y' --study ${path}`,
    });
  if (learnsGraph(args) && !learns)
    issues.push({
      code: 'input',
      message: '--graph learn goes with doable ask: a graph is learned from records.',
      hint: 'See the graph with doable discover, then give it.',
    });
  const file =
    issues.length > 0 || path === undefined ? { document: {}, directory: process.cwd() } : keep(await readDocumentFile(path, stdin));
  if (path === '-' && args.text('graph') === '-')
    issues.push({ code: 'input', message: 'Standard input can be PROBLEM or --graph, not both.' });
  const graph = learnsGraph(args) ? undefined : args.text('graph');
  const graphText = graph === undefined || issues.length > 0 ? undefined : keep(await readFileArgument(graph, 'graph', stdin));
  const directory = file?.directory ?? process.cwd();
  const studies = args.many('study').flatMap((text) => {
    const study = keep(parseStudy(text));
    return study === undefined ? [] : [{ ...study, data: pathFrom(directory, study.data) }];
  });
  if (issues.length > 0 || file === undefined) {
    const graphField = graphText === undefined ? {} : { graph: graphText.text };
    return failure(...issues, ...earlyIssues(questions, graphField));
  }
  const { document } = file;
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return failure({
      code: 'shape',
      message: 'A problem document is an object.',
      hint: Array.isArray(document)
        ? 'A list of rows is data: give it with --graph TEXT --study FILE.'
        : 'For example { "graph": "X -> Y", "ask": [...] }.',
    });
  const own = document as Readonly<Record<string, unknown>>;
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
  const assume = args.many('assume').length === 0 ? [] : [...list(own.assume), ...args.many('assume')];
  return success({
    document: {
      ...own,
      ...(graphText === undefined ? {} : { graph: graphText.text }),
      ...(studies.length === 0 ? {} : { studies: [...list(own.studies), ...studies] }),
      ...(assume.length === 0 ? {} : { assume }),
    },
    directory,
    questions,
  });
}

/** Issues of a text carry that text, so that the place can be shown. */
export function located<T>(result: Result<T>, text: string): Result<T> {
  if (result.ok) return result;
  return failure(...result.issues.map((issue) => ({ ...issue, where: { ...issue.where, text: issue.where?.text ?? text } })));
}

/** --study paths are relative to where the command runs, those of a document to where it lies. */
const pathFrom = (directory: string, data: string): string =>
  isAbsolute(data) || /^[a-z][a-z0-9+.-]+:/iu.test(data) ? data : relative(directory, resolve(data)) || data;
