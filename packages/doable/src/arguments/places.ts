import { readFile } from 'node:fs/promises';
import { type AskOptions, csvReader, failure, type Issue, type Name, type Result, success } from '@doable/engine';
import type { Arguments } from './parse.ts';

/** Where functions are to be evaluated, as the arguments say it; values are texts still. */
export type PlacesArgument = Pick<AskOptions, 'at' | 'points'>;

const mostValues = 20_000;
const written = "Write 'X=0,1,2', 'X=0:10:0.5' (from, to, step), or both mixed.";

/** Reads --at and --points. Issues: `at` with the place in the text, `points`, and those of CSV. */
export async function placesArgument(args: Arguments): Promise<Result<PlacesArgument>> {
  const at = gridArgument(args.many('at'));
  const file = args.text('points');
  const points = file === undefined ? undefined : await pointsFile(file);
  const issues = [...(at.ok ? [] : at.issues), ...(points === undefined || points.ok ? [] : points.issues)];
  if (!at.ok || (points !== undefined && !points.ok)) return failure(...issues);
  return success({
    ...(Object.keys(at.value).length === 0 ? {} : { at: at.value }),
    ...(points === undefined ? {} : { points: points.value }),
  });
}

/** `X=0,1,2`, `X=0:10:0.5`, `Z=low,high`: names, each with its values as texts. */
export function gridArgument(texts: readonly string[]): Result<Readonly<Record<Name, readonly string[]>>> {
  const issues: Issue[] = [];
  const grid = new Map<Name, string[]>();
  for (const text of texts) {
    const issue = (message: string, piece: string, hint = written): void => {
      const start = Math.max(0, text.lastIndexOf(piece));
      issues.push({ code: 'at', message: `--at: ${message}`, where: { text, start, end: start + piece.length }, hint });
    };
    const equals = text.indexOf('=');
    const name = text
      .slice(0, equals)
      .trim()
      .replace(/^"(.*)"$/u, '$1');
    if (equals < 1 || name === '') {
      issue('this is not NAME=VALUES.', text);
      continue;
    }
    if (grid.has(name)) issue(`${name} is given twice.`, text, `Put its values together: '${name}=0,1,2'.`);
    const values: string[] = [];
    for (const piece of text.slice(equals + 1).split(',')) {
      const range = rangeOf(piece.trim());
      if (piece.trim() === '') issue('a value is missing.', text);
      else if (typeof range === 'string') issue(range, piece);
      else values.push(...range);
    }
    grid.set(name, values);
  }
  return issues.length > 0 ? failure(...issues) : success(Object.fromEntries(grid));
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu;

/** The values that a piece stands for, or what is wrong with it. */
function rangeOf(piece: string): readonly string[] | string {
  const parts = piece.split(':').map((part) => part.trim());
  if (parts.length === 1 || !parts.every((part) => number.test(part))) return [piece.replace(/^"(.*)"$/u, '$1')];
  const [from, to, step] = parts.map(Number) as [number, number, number | undefined];
  if (step === undefined || parts.length > 3) return `'${piece}' is not FROM:TO:STEP.`;
  if (!(step > 0) || to < from) return `'${piece}' goes nowhere: the step must be above 0, and TO not below FROM.`;
  const steps = Math.floor((to - from) / step + 1e-9);
  if (steps >= mostValues) return `'${piece}' has ${steps + 1} values; at most ${mostValues} are evaluated.`;
  return Array.from({ length: steps + 1 }, (_, i) => String(Number((from + i * step).toPrecision(12))));
}

/** A CSV file whose columns are the open variables: one point per record. */
async function pointsFile(file: string): Promise<Result<readonly Readonly<Record<Name, string>>[]>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const message = missing
      ? `There is no file “${file}”.`
      : `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return failure({ code: missing ? 'no-file' : 'unreadable', message: `--points: ${message}` });
  }
  const issues: Issue[] = [];
  const points: Record<Name, string>[] = [];
  let names: readonly Name[] = [];
  const reader = csvReader(
    {
      header(found) {
        names = found;
      },
      record(cells, line) {
        const empty = names.find((_, i) => (cells[i] ?? '').trim() === '');
        if (empty !== undefined && issues.length < 20)
          issues.push({ code: 'points', message: `--points: there is no value of ${empty}.`, where: { file, row: line, column: empty } });
        points.push(Object.fromEntries(names.map((name, i) => [name, (cells[i] ?? '').trim()])));
      },
    },
    { file },
  );
  reader.write(text);
  issues.unshift(...reader.end());
  if (issues.length === 0 && points.length === 0)
    issues.push({
      code: 'points',
      message: `--points: ${file} has a header and no point.`,
      hint: 'One line per point, a column per open variable.',
    });
  if (points.length > mostValues)
    issues.push({ code: 'points', message: `--points: ${file} has ${points.length} points; at most ${mostValues} are evaluated.` });
  return issues.length > 0 ? failure(...issues) : success(points);
}
