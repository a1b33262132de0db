import { type ColumnType, type ColumnValues, didYouMean, failure, type Issue, type Name, type Result, success } from '@doable/engine';
import { picturePixels } from '@doable/engine/adapter';
import { pictureReader } from '../studies/pictures.ts';

/** The pictures that --input gives for one input: files, and their tensors in the same order. */
export interface PictureInput {
  readonly files: readonly string[];
  readonly columns: readonly ColumnValues[];
}

/** Reads `NAME=FILE.png`, each name as often as there are pictures to draw at; paths relative to `folder`. Issues: `input`, those of pictures. */
export async function pictureInputs(
  texts: readonly string[],
  types: ReadonlyMap<Name, ColumnType>,
  folder: string = process.cwd(),
): Promise<Result<ReadonlyMap<Name, PictureInput>>> {
  const issues: Issue[] = [];
  const found = new Map<Name, PictureInput>();
  for (const text of texts) {
    const wrong = (message: string, hint?: string): void => {
      issues.push({
        code: 'input',
        message: `--input: ${message}`,
        where: { text, start: 0, end: text.length },
        ...(hint !== undefined && { hint }),
      });
    };
    const equals = text.indexOf('=');
    const [name, file] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
    const type = types.get(name);
    if (equals < 1 || file === '') wrong('this is not NAME=FILE.png.');
    else if (type === undefined) wrong(`the network has no variable ${name}.`, didYouMean(name, types.keys()));
    else if (type.kind !== 'tensor') wrong(`${name} is no picture.`, `Say its value with --at ${name}=VALUE.`);
    else {
      const picture = await pictureReader(folder)(file);
      const pixels = picture.ok ? picturePixels(picture.value, type.shape, type.range) : undefined;
      if (!picture.ok) issues.push(...picture.issues.map((issue) => ({ ...issue, message: `--input: ${issue.message}.` })));
      else if (pixels !== undefined && 'fault' in pixels) wrong(`${file} ${pixels.fault}.`, pixels.hint);
      else if (pixels !== undefined) {
        const { files = [], columns = [] } = found.get(name) ?? {};
        const column: ColumnValues = { kind: 'tensor', shape: type.shape, values: pixels.values };
        found.set(name, { files: [...files, file], columns: [...columns, column] });
      }
    }
  }
  return issues.length > 0 ? failure(...issues) : success(found);
}
