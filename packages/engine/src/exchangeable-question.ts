import type { Cell, CellQuery, ValuedCell } from './exchangeable/terms.ts';
import type { Name, Value } from './graph/variable.ts';
import type { Query, Question, Setting, Term } from './query/terms.ts';

export type Levels = ReadonlyMap<Name, readonly Value[]>;

/** One part of a question about exchangeable rows, in cells. */
export interface Part {
  readonly of: readonly Cell[];
  /** Undefined: the value is left open. */
  readonly values: readonly (number | undefined)[];
  readonly query: CellQuery;
  /** The question names positions. */
  readonly positioned: boolean;
  /** The environment that the rows belong to; `null`: each of them. */
  readonly environment?: { readonly column: Name; readonly label: Value | null };
}

/** One number of an answer: a weighted sum of probabilities, each perhaps of its own environment. */
export interface PointQuestion {
  readonly at: Readonly<Record<string, Value>>;
  readonly parts: readonly { readonly weight: number; readonly query: CellQuery; readonly label?: Value }[];
}

export const hasPositions = ({ parts }: Question): boolean =>
  parts.some(({ query }) =>
    [...query.of, ...query.given].some((term) => term.position !== undefined || term.world.some(({ position }) => position !== undefined)),
  );

/** Whether some condition names one of these columns. */
export const namesOneOf = ({ parts }: Question, columns: ReadonlySet<Name>): boolean =>
  parts.some(({ query }) => query.given.some(({ variable }) => columns.has(variable)));

/** Whether each part of the question lives in one world. */
export const isOneWorld = ({ parts }: Question): boolean =>
  parts.every(({ query }) => {
    const all = [...query.of, ...query.given];
    return all.every((term) => sameWorld(term.world, all[0]?.world ?? []) && term.world.every(({ value }) => typeof value !== 'object'));
  });

/** The question in cells, or one sentence on what to ask instead. `columns` tell environments apart; `whose`: what the levels are of. */
export function cellsOf(
  { take, of, given: conditions }: Query,
  levels: Levels,
  whose: 'model' | 'records',
  columns: ReadonlySet<Name> = new Set(),
): Part | string {
  const all = [...of, ...conditions];
  const world = all[0]?.world ?? [];
  if (all.some((term) => !sameWorld(term.world, world)))
    return 'Questions about exchangeable rows are about one world: write what is set inside do(...), for example P(Y@1=1 | do(X@1=0), Y@2=0).';
  const named = conditions.filter(({ variable }) => columns.has(variable));
  const given = conditions.filter(({ variable }) => !columns.has(variable));
  const [environment, other] = named;
  if (environment !== undefined && other !== undefined)
    return `Rows belong to one environment: keep either ${environment.variable}=${environment.value ?? ''} or ${other.variable}=${other.value ?? ''}.`;
  const positioned = all.some(({ position }) => position !== undefined) || world.some(({ position }) => position !== undefined);
  const cell = ({ variable, position }: Pick<Term, 'variable' | 'position'>): Cell => ({ variable, position: position ?? 1 });
  const valued = (one: Pick<Term, 'variable' | 'position'>, value: Setting['value']): ValuedCell | string => {
    const where = cell(one);
    const own = levels.get(where.variable);
    if (own === undefined) return `The ${whose} ${whose === 'model' ? 'has' : 'have'} no variable ${where.variable}.`;
    if (value === undefined)
      return `State the value of ${where.variable}${positioned ? `@${where.position}` : ''}: only what is asked may be left open.`;
    if (typeof value === 'object') return 'Nested worlds are not read in questions about exchangeable rows.';
    const index = own.indexOf(value);
    return index < 0
      ? `${where.variable} is never ${value} in the ${whose}; its levels are ${own.join(', ')}.`
      : { ...where, value: index };
  };
  const set = world.map((setting) => valued(setting, setting.value));
  const known = given.map((term) => valued(term, term.value));
  const odd = [...set, ...known].find((one) => typeof one === 'string');
  if (typeof odd === 'string') return odd;
  const values: (number | undefined)[] = [];
  for (const term of of) {
    if (term.value === undefined || take === 'mean') values.push(undefined);
    else {
      const found = valued(term, term.value);
      if (typeof found === 'string') return found;
      values.push(found.value);
    }
    if (!levels.has(term.variable)) return `The ${whose} ${whose === 'model' ? 'has' : 'have'} no variable ${term.variable}.`;
  }
  const cells = of.map(cell);
  const target = cells.map((one, i): ValuedCell => ({ ...one, value: values[i] ?? 0 }));
  return {
    of: cells,
    values,
    query: { target, given: known as ValuedCell[], set: set as ValuedCell[] },
    positioned,
    ...(environment !== undefined && { environment: { column: environment.variable, label: environment.value ?? null } }),
  };
}

/**
 * The numbers that a question asks for: one for each way to state what it left open (values of what is asked, and the environment among
 * `labels`), a mean as a sum over levels; or one sentence on what to ask instead.
 */
export function pointsAsked(
  parts: readonly { readonly weight: number; readonly take: Query['take']; readonly part: Part }[],
  levels: Levels,
  labels: readonly Value[],
): readonly PointQuestion[] | string {
  const opens = parts.map(({ take, part }) => take !== 'mean' && part.values.includes(undefined));
  if (parts.length > 1 && opens.includes(true)) return 'The parts of a combination must state their values.';
  const column = parts.find(({ part }) => part.environment?.label === null)?.part.environment?.column;
  const [first] = parts;
  const places = column === undefined ? [undefined] : labels;
  const stated = (part: Part, choice: readonly number[]): CellQuery => ({
    ...part.query,
    target: part.of.map((cell, i) => ({ ...cell, value: part.values[i] ?? (choice[i] as number) })),
  });
  const choices = (part: Part): number[][] =>
    part.of.reduce<number[][]>(
      (rows, { variable }, i) => {
        const own = part.values[i] === undefined ? [...(levels.get(variable) ?? []).keys()] : [part.values[i] as number];
        return rows.flatMap((row) => own.map((value) => [...row, value]));
      },
      [[]],
    );
  return places.flatMap((place): PointQuestion[] => {
    const where = (part: Part): { readonly label?: Value } => {
      const label = part.environment?.label === null ? place : part.environment?.label;
      return label === undefined ? {} : { label };
    };
    const at = column === undefined || place === undefined ? {} : { [column]: place };
    if (first !== undefined && opens[0] === true) {
      const { part } = first;
      return choices(part).map((choice) => {
        const own = part.of.flatMap(({ variable, position }, i) => {
          const name = part.positioned ? `${variable}@${position}` : variable;
          return part.values[i] === undefined ? [[name, levels.get(variable)?.[choice[i] as number] as Value] as const] : [];
        });
        return {
          at: { ...at, ...Object.fromEntries(own) },
          parts: [{ weight: first.weight, query: stated(part, choice), ...where(part) }],
        };
      });
    }
    return [
      {
        at,
        parts: parts.flatMap(({ weight, take, part }) =>
          take === 'mean'
            ? choices(part).map((choice) => {
                const [{ variable }] = part.of as readonly [Cell];
                return {
                  weight: weight * Number(levels.get(variable)?.[choice[0] as number]),
                  query: stated(part, choice),
                  ...where(part),
                };
              })
            : [{ weight, query: stated(part, []), ...where(part) }],
        ),
      },
    ];
  });
}

const sameWorld = (a: readonly Setting[], b: readonly Setting[]): boolean =>
  a.length === b.length &&
  a.every((one, i) => one.variable === b[i]?.variable && one.position === b[i]?.position && one.value === b[i]?.value);
