import { failure, type Result, success } from '@doable/engine';

/**
 * The answers in what `doable ask --json` or `--lines` printed, or in a list of answers; one answer or one certificate counts as
 * well. Each is an object that may hold a `certificate`. Issues: `json`, `shape`.
 */
export function answersIn(text: string, file: string): Result<readonly unknown[]> {
  const whole = parsed(text);
  if (whole !== undefined) return flattened([whole.value], file);
  const lines = text.split(/\r?\n/u).filter((line) => line.trim() !== '');
  const documents: unknown[] = [];
  for (const [i, line] of lines.entries()) {
    const one = parsed(line);
    if (one === undefined) {
      const message = i === 0 ? `${file} is not JSON.` : `Line ${i + 1} of ${file} is not JSON.`;
      return failure({ code: 'json', message, hint: 'doable ask PROBLEM --json > answers.json writes what is wanted.' });
    }
    documents.push(one.value);
  }
  return flattened(documents, file);
}

const parsed = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

function flattened(documents: readonly unknown[], file: string): Result<readonly unknown[]> {
  const answers: unknown[] = [];
  for (const document of documents.flat()) {
    if (!isRecord(document))
      return failure({ code: 'shape', message: `${file} holds no answers.`, hint: 'An answers document is an object with "answers".' });
    if (Array.isArray(document.answers)) answers.push(...document.answers);
    else answers.push(document.schema === 'doable/certificate@1' ? { certificate: document } : document);
  }
  return success(answers);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
