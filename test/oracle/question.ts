/**
 * The oracle's own reader of one question `P(events | condition)`: enough of the question language for the gallery, written
 * apart from the engine's parser. do() is moved into the worlds of all terms.
 */
export interface Setting {
  readonly variable: string;
  /** A level number; undefined: every level (one axis per variable); or the value that a variable has in another world. */
  readonly value: number | undefined | OracleTerm;
}

export interface OracleTerm {
  readonly variable: string;
  readonly world: readonly Setting[];
  readonly value: number | undefined;
}

export interface OracleQuestion {
  readonly of: readonly OracleTerm[];
  readonly given: readonly OracleTerm[];
}

export function readQuestion(text: string): OracleQuestion {
  const tokens = text.match(/[A-Za-z_][\w.]*|\d+|\S/g) ?? [];
  let at = 0;
  const peek = (): string | undefined => tokens[at];
  const take = (expected?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new Error(`oracle: expected ${expected ?? 'more'} at token ${at} of ${text}`);
    }
    return token;
  };
  const list = <T>(item: () => T): T[] => {
    const items = [item()];
    while (peek() === ',') {
      take(',');
      items.push(item());
    }
    return items;
  };
  const setting = (): Setting => {
    const variable = take();
    if (peek() !== '=') return { variable, value: undefined };
    take('=');
    if (/^\d+$/.test(peek() ?? '')) return { variable, value: Number(take()) };
    const inner = take();
    return { variable, value: { variable: inner, world: peek() === '[' ? world() : [], value: undefined } };
  };
  const world = (): Setting[] => {
    take('[');
    const settings = list(setting);
    take(']');
    return settings;
  };
  const term = (): OracleTerm => {
    const variable = take();
    const settings = peek() === '[' ? world() : [];
    if (peek() !== '=') return { variable, world: settings, value: undefined };
    take('=');
    return { variable, world: settings, value: Number(take()) };
  };
  take('P');
  take('(');
  const of = list(term);
  const given: OracleTerm[] = [];
  const done: Setting[] = [];
  if (peek() === '|') {
    take('|');
    list(() => {
      if (peek() !== 'do') {
        given.push(term());
        return;
      }
      take('do');
      take('(');
      if (peek() !== ')') done.push(...list(setting));
      take(')');
    });
  }
  take(')');
  if (at !== tokens.length) throw new Error(`oracle: text after the question ${text}`);
  const place = (t: OracleTerm): OracleTerm => (done.length === 0 ? t : { ...t, world: [...done, ...t.world] });
  return { of: of.map(place), given: given.map(place) };
}

/** Variables whose values the question reads, nested worlds included; not those that it only sets. */
export function variablesRead(question: OracleQuestion): Set<string> {
  const found = new Set<string>();
  const visit = (term: OracleTerm): void => {
    found.add(term.variable);
    for (const { value } of term.world) if (typeof value === 'object') visit(value);
  };
  for (const term of [...question.of, ...question.given]) visit(term);
  return found;
}

/** The settings that all terms share, or undefined where the question spans several worlds or nests one in another. */
export function singleWorld(question: OracleQuestion): readonly Setting[] | undefined {
  const terms = [...question.of, ...question.given];
  const key = (settings: readonly Setting[]): string =>
    settings
      .map(({ variable, value }) => `${variable}=${String(value)}`)
      .sort()
      .join();
  const first = terms[0]?.world ?? [];
  if (terms.some((term) => term.world.some(({ value }) => typeof value === 'object'))) return undefined;
  return terms.every((term) => key(term.world) === key(first)) ? first : undefined;
}
