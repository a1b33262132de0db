/** Where a text stops being JSON: the offset of the first token that cannot stand there (its end if the text stops too early). */
export function jsonFault(text: string): number {
  const token =
    /[ \t\r\n]*(?:([[\]{},:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b))/uy;
  const blank = /[ \t\r\n]*/uy;
  const open: ('{' | '[')[] = [];
  let want: 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'after' = 'value';
  for (;;) {
    blank.lastIndex = token.lastIndex;
    blank.exec(text);
    const start = blank.lastIndex;
    const found = token.exec(text);
    if (found === null) return start;
    const [, mark, scalar] = found;
    if (scalar !== undefined) {
      if (want === 'key' || want === 'key or }') {
        if (!scalar.startsWith('"')) return start;
        want = ':';
      } else if (want === 'value' || want === 'value or ]') want = 'after';
      else return start;
    } else if (mark === ':') {
      if (want !== ':') return start;
      want = 'value';
    } else if (mark === ',') {
      if (want !== 'after' || open.length === 0) return start;
      want = open.at(-1) === '{' ? 'key' : 'value';
    } else if (mark === '{' || mark === '[') {
      if (want !== 'value' && want !== 'value or ]') return start;
      open.push(mark);
      want = mark === '{' ? 'key or }' : 'value or ]';
    } else {
      const opened = mark === '}' ? '{' : '[';
      const empty = mark === '}' ? 'key or }' : 'value or ]';
      if (open.at(-1) !== opened || (want !== 'after' && want !== empty)) return start;
      open.pop();
      want = 'after';
    }
  }
}
