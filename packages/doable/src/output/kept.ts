import { appendFile, readFile, truncate } from 'node:fs/promises';
import {
  type BenchmarkModel,
  type BenchmarkRecord,
  type BenchmarkSettings,
  failure,
  type Result,
  readBenchmarkRecord,
  success,
  version,
} from '@doable/engine';
import { jsonText } from './json.ts';

/** Finished models of a benchmark in a file, one line of JSON each. */
export interface Kept {
  readonly models: readonly BenchmarkModel[];
  add(model: BenchmarkModel): Promise<void>;
}

const schema = 'doable/benchmark-model@1';
const beginning = `{"schema":"${schema}"`;

/**
 * Opens the file, or begins it. What it holds must come from the same settings and version. A last line that was cut off is taken
 * away. Issues: `output` (it cannot be read or written), `kept` (it holds something else).
 */
export async function openKept(file: string, settings: BenchmarkSettings): Promise<Result<Kept>> {
  let text: string;
  try {
    await appendFile(file, '');
    text = await readFile(file, 'utf8');
  } catch (error) {
    return failure({ code: 'output', message: `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}` });
  }
  const models = new Map<number, BenchmarkModel>();
  const lines = text.split('\n');
  const last = lines.findLastIndex((line) => line.trim() !== '');
  let end = 0;
  for (const [i, line] of lines.entries()) {
    const start = end;
    end += Buffer.byteLength(line) + 1;
    if (line.trim() === '') continue;
    const value = parsed(line);
    if (value === undefined && i === last && (line.startsWith(beginning) || beginning.startsWith(line))) {
      await truncate(file, start);
      continue;
    }
    const read = value === undefined ? undefined : readBenchmarkRecord(value);
    if (read?.ok !== true) {
      const why = read === undefined ? 'it is not JSON' : (read.issues[0]?.message ?? '');
      return failure({
        code: 'kept',
        message: `Line ${i + 1} of ${file} is no model of this benchmark: ${why}.`,
        hint: 'Give --out a file that does not exist yet, or one that doable reproduce wrote.',
      });
    }
    const other = difference(read.value, settings);
    if (other !== undefined)
      return failure({
        code: 'kept',
        message: `Line ${i + 1} of ${file} was made with ${other}.`,
        hint: 'Give --out another file, or ask for the same.',
      });
    models.set(read.value.model.index, read.value.model);
    if (i === lines.length - 1) await appendFile(file, '\n');
  }
  return success({
    models: [...models.values()],
    add: (model) => appendFile(file, `${jsonText({ schema, version, settings, model } satisfies BenchmarkRecord)}\n`),
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function difference(record: BenchmarkRecord, { seed, runs }: BenchmarkSettings): string | undefined {
  if (record.version !== version) return `version ${record.version}, and this is ${version}`;
  if (record.settings.seed !== seed) return `--seed ${record.settings.seed}, and not ${seed}`;
  if (record.settings.runs !== runs) return `--starts ${record.settings.runs}, and not ${runs}`;
  return undefined;
}
