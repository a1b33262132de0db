import { readFile, stat } from 'node:fs/promises';
import { text as textOfStream } from 'node:stream/consumers';
import { failure, type Result, success } from '@doable/engine';

export interface TextArgument {
  readonly text: string;
  readonly file?: string;
}

/** An argument that is a text or names a file of one; `-` is standard input. Issues: `no-file`, `unreadable`. */
export async function readFileArgument(word: string, what: string, stdin: NodeJS.ReadableStream): Promise<Result<TextArgument>> {
  if (word === '-') return success({ text: await textOfStream(stdin), file: 'standard input' });
  const found = word.length > 4096 || /[\n\0]/u.test(word) ? undefined : await stat(word).catch(() => undefined);
  if (found?.isDirectory() === true) return failure({ code: 'unreadable', message: `${word} is a directory, not a ${what}.` });
  if (found !== undefined) {
    try {
      return success({ text: (await readFile(word, 'utf8')).replace(/^\uFEFF/u, ''), file: word });
    } catch (error) {
      return failure({ code: 'unreadable', message: `${word} cannot be read: ${error instanceof Error ? error.message : String(error)}` });
    }
  }
  if (/^[^\s<>{};~]*\.(?:json|ya?ml|txt|dot|gv|bif|dag|dagitty)$/iu.test(word) || /^[^\s<>{};]*\/[^\s<>{};]*$/u.test(word))
    return failure({ code: 'no-file', message: `There is no file “${word}”.` });
  return success({ text: word });
}
