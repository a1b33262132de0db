import { failure, type Issue, type Name, type Result, success, type Value } from '@doable/engine';

/** Reads `X=3` (levels 0, 1, 2) and `X=low,middle,high`. Issues: `levels`. */
export function levelsArgument(texts: readonly string[]): Result<ReadonlyMap<Name, readonly Value[]>> {
  const issues: Issue[] = [];
  const levels = new Map<Name, readonly Value[]>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const [name, value] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
    const names = value.split(',').map((level) => level.trim());
    const many = /^\d+$/u.test(value) ? Number(value) : undefined;
    const issue = (message: string): void => {
      const where = { text, start: 0, end: text.length };
      issues.push({ code: 'levels', message: `--levels: ${message}`, where, hint: "Write 'X=3' or 'X=low,middle,high'." });
    };
    if (equals < 1 || value === '') issue('this is not NAME=LEVELS.');
    else if (many !== undefined && (many < 2 || many > 10_000)) issue('a number of levels is from 2 to 10000.');
    else if (names.includes('') || new Set(names).size < names.length || (many === undefined && names.length < 2))
      issue('at least two levels, all different, are needed.');
    else levels.set(name, many === undefined ? names : Array.from({ length: many }, (_, i) => String(i)));
  }
  return issues.length > 0 ? failure(...issues) : success(levels);
}
