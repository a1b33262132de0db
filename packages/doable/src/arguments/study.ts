import { didYouMean, failure, type Issue, type Result, success } from '@doable/engine';

/** The fields of a problem document's study that --study can say. */
export interface StudyArgument {
  readonly data: string;
  readonly set?: readonly string[] | Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

const keys = ['set', 'count', 'weight', 'probability', 'size', 'environment', 'missing', 'name', 'where'] as const;
const part = new RegExp(`,(?=(?:${keys.join('|')})=)`, 'u');

/**
 * Reads `FILE[,set=A+B][,set=A:value][,count=n]...`: the file up to the first known key, `where` to the end of the text.
 * Issues: `study` with the place in the text.
 */
export function parseStudy(text: string): Result<StudyArgument> {
  const at = text.search(/,where=/u);
  const [front, where] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + ',where='.length)];
  const [data = '', ...parts] = front.split(part);
  const issues: Issue[] = [];
  const say = (message: string, piece: string, hint?: string): void => {
    const start = Math.max(0, text.indexOf(piece));
    issues.push({
      code: 'study',
      message: `--study: ${message}`,
      where: { text, start, end: start + piece.length },
      ...(hint !== undefined && { hint }),
    });
  };
  const stray = [...front.matchAll(/,\s*([A-Za-z]+)\s*=/gu)].find(([, key]) => !(keys as readonly string[]).includes(key as string));
  if (stray !== undefined) {
    const key = stray[1] as string;
    say(`there is no field '${key}'.`, key, didYouMean(key, keys) ?? `Fields are ${keys.join(', ')}.`);
  }
  if (data.trim() === '') say('the file comes first.', text, 'For example --study trial.csv,set=X,count=n.');
  if (data.trim() === '-')
    say(
      'a study is not read from standard input.',
      data,
      'Studies are read more than once: save the stream as a file, or give a problem document with the rows in "data" as -.',
    );
  const fields: Record<string, unknown> = {};
  const random: string[] = [];
  const held: Record<string, string> = {};
  for (const piece of parts) {
    const equals = piece.indexOf('=');
    const [key, value] = [piece.slice(0, equals), piece.slice(equals + 1)];
    if (value === '') say(`${key} needs a value.`, piece);
    else if (key === 'set') {
      for (const name of value.split('+')) {
        const colon = name.indexOf(':');
        if (colon < 0) random.push(name);
        else held[name.slice(0, colon)] = name.slice(colon + 1);
      }
    } else if (key in fields) say(`${key} is given twice.`, piece);
    else if (key === 'size' && !(Number(value) > 0)) say('size must be a number above 0.', piece);
    else fields[key] = key === 'size' ? Number(value) : value;
  }
  if (random.length > 0 && Object.keys(held).length > 0)
    say(
      'set is either a list of randomised variables or of held values, not both.',
      'set=',
      'A variable held at a value is randomised to one level: set=A+B.',
    );
  if (where === '') say('where needs an SQL condition.', ',where=');
  if (issues.length > 0) return failure(...issues);
  const set = random.length > 0 ? random : Object.keys(held).length > 0 ? held : undefined;
  return success({ data, ...fields, ...(set === undefined ? {} : { set }), ...(where === undefined ? {} : { where }) });
}
