import { didYouMean, failure, type Issue, type Name, type Result, success, type Value } from '@doable/engine';

/** A variable at a position with its level, as a number. */
export interface CellArgument {
  readonly variable: Name;
  readonly position: number;
  readonly value: number;
}

/**
 * Reads `X@4=0,Y@2=1` of --set; positions go to `positions`. Issues, all of them, with their places: `set`, `unknown-variable`,
 * `unknown-level`, `position`, `set-twice`.
 */
export function cellsArgument(
  texts: readonly string[],
  levels: ReadonlyMap<Name, readonly Value[]>,
  positions: number,
): Result<readonly CellArgument[]> {
  const issues: Issue[] = [];
  const cells: CellArgument[] = [];
  for (const text of texts) {
    let at = 0;
    for (const piece of text.split(',')) {
      const start = at + (piece.length - piece.trimStart().length);
      at += piece.length + 1;
      const issue = (code: string, message: string, hint?: string): void => {
        const where = { text, start, end: Math.max(start + 1, start + piece.trim().length) };
        issues.push({ code, message: `--set: ${message}`, where, ...(hint === undefined ? {} : { hint }) });
      };
      const [, name = '', written = '', level = ''] = /^(.*?)\s*@\s*(\d+)\s*=\s*(.*)$/su.exec(piece.trim()) ?? [];
      const own = levels.get(name);
      const position = Number(written);
      if (name === '') issue('set', `'${piece.trim()}' is not VARIABLE@POSITION=VALUE.`, 'For example --set X@4=0.');
      else if (own === undefined)
        issue(
          'unknown-variable',
          `there is no variable '${name}'.`,
          didYouMean(name, levels.keys()) ?? `Variables are ${[...levels.keys()].join(', ')}.`,
        );
      else if (!own.includes(level)) issue('unknown-level', `${name} has no level '${level}'.`, `Its levels are ${own.join(', ')}.`);
      else if (!(position >= 1 && position <= positions))
        issue('position', `${name}@${written}: positions are 1 to ${positions}.`, 'More of them: --positions N.');
      else {
        const value = own.indexOf(level);
        const other = cells.find((cell) => cell.variable === name && cell.position === position);
        if (other !== undefined && other.value !== value) issue('set-twice', `${name}@${position} is set to two values.`);
        else if (other === undefined) cells.push({ variable: name, position, value });
      }
    }
  }
  return issues.length > 0 ? failure(...issues) : success(cells);
}
