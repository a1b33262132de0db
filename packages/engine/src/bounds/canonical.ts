import type { Graph } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import type { ExplicitModel } from './equations.ts';
import type { Source } from './exogenous.ts';
import type { Block, Digit } from './programme.ts';

/** How an endogenous variable gets its value from its parents and the digits of its block. */
export interface Child {
  readonly variable: Name;
  readonly block: number;
  readonly levels: readonly Value[];
  readonly parents: readonly Name[];
  /** Number of levels of each parent. */
  readonly sizes: readonly number[];
  /** Canonical: the digit that holds the value, by context (row-major over `parents`). */
  readonly digits?: readonly number[];
  /** A known equation: the digits of its exogenous variables, and the level index, row-major over `parents`, then `states`. */
  readonly equation?: { readonly states: readonly number[]; readonly values: Int32Array };
  /** The exogenous variables that it shares or that are explicit. */
  readonly sources: readonly string[];
}

export interface Canonical {
  readonly children: ReadonlyMap<Name, Child>;
  readonly blocks: readonly Block[];
  /** The exogenous variables left after those that others cover were dropped. */
  readonly sources: readonly Source[];
}

/**
 * The canonical specification: one block per c-component, with one digit for the value of a child in every context of its
 * parents (all response functions), and one digit for the state of every explicit exogenous variable.
 *
 * Exogenous variables with fewer than two canonical children, or whose children another one has too, are absorbed. A component
 * with several of them keeps `groups` where no canonical child reads two (an exact description), else it is merged into one
 * joint distribution with the independences of disjointly driven digits. The merged block is complete where the sets of
 * exogenous variables of the children that read several form a chain (and no shared noise would have to fit into the states of
 * an explicit one). Issues: `too-large`.
 */
export function canonicalModel(
  graph: Graph,
  exogenous: readonly Source[],
  levels: ReadonlyMap<Name, readonly Value[]>,
  explicit: ExplicitModel,
  limit: number,
): Result<Canonical> {
  const order = graph.index.names;
  const sources = keptSources(exogenous, explicit);
  const readBy = new Map<Name, string[]>(order.map((name) => [name, []]));
  for (const { name, children } of sources) for (const child of children) readBy.get(child)?.push(name);
  const children = new Map<Name, Child>();
  const blocks: Block[] = [];
  const issues: Issue[] = [];
  for (const members of components(order, readBy)) {
    const parentsOf = (name: Name): Name[] =>
      (graph.index.parents[graph.index.numbers.get(name) as number] as readonly number[]).map((parent) => order[parent] as Name);
    const sizeOf = (name: Name): number => (levels.get(name) as readonly Value[]).length;
    const count = members.reduce(
      (sum, name) => sum + (explicit.equations.has(name) ? 0 : parentsOf(name).reduce((product, parent) => product * sizeOf(parent), 1)),
      0,
    );
    if (count > limit) {
      issues.push({
        code: 'too-large',
        message: `The responses of ${members.join(', ')} have ${count.toLocaleString('en-US')} digits (limit ${limit.toLocaleString('en-US')}).`,
        hint: 'What makes it smaller: merge levels, leave out a parent, or take a hidden cause out of the graph that is not believed in.',
      });
      continue;
    }
    const digits: Digit[] = [];
    const stateDigit = new Map<string, number>();
    for (const name of new Set(members.flatMap((member) => readBy.get(member) ?? []))) {
      const declared = explicit.exogenous.get(name);
      if (declared === undefined) continue;
      stateDigit.set(name, digits.length);
      digits.push({ variable: name, parents: [], context: [], levels: declared.states });
    }
    const canonicalDigits = new Map<Name, readonly number[]>();
    for (const name of members) {
      const parents = parentsOf(name);
      const sizes = parents.map(sizeOf);
      const own = readBy.get(name) ?? [];
      const base = { variable: name, block: blocks.length, levels: levels.get(name) as readonly Value[], parents, sizes, sources: own };
      const equation = explicit.equations.get(name);
      if (equation === undefined) {
        const cells = sizes.reduce((product, size) => product * size, 1);
        const numbers: number[] = [];
        for (let cell = 0; cell < cells; cell++) {
          numbers.push(digits.length);
          digits.push({ variable: name, parents, context: contextAt(parents, levels, cell), levels: base.levels });
        }
        canonicalDigits.set(name, numbers);
        children.set(name, { ...base, digits: numbers });
      } else {
        const read = own.filter((source) => equation.of.includes(source));
        const values = equationTable(
          equation,
          [...parents, ...read],
          (argument) => explicit.exogenous.get(argument)?.states.length ?? sizeOf(argument),
        );
        children.set(name, {
          ...base,
          equation: {
            states: read.map((source) => stateDigit.get(source) as number),
            values: Int32Array.from(values, (value) => base.levels.indexOf(value)),
          },
        });
      }
    }
    if (digits.length === 0) digits.push({ variable: members[0] as Name, parents: [], context: [], levels: ['0'] });
    blocks.push({ name: members.join(', '), children: members, digits, forbidden: [], ...shapeOf(canonicalDigits, stateDigit, readBy) });
  }
  return issues.length > 0 ? failure(...issues) : success({ children, blocks, sources });
}

/** The values of an equation with its arguments in another order. */
function equationTable(
  equation: { readonly of: readonly Name[]; readonly values: readonly Value[] },
  wanted: readonly Name[],
  sizeOf: (name: Name) => number,
): Value[] {
  const cells = wanted.reduce((product, name) => product * sizeOf(name), 1);
  return Array.from({ length: cells }, (_, cell) => {
    const at = new Map<Name, number>();
    let rest = cell;
    for (const name of wanted.toReversed()) {
      at.set(name, rest % sizeOf(name));
      rest = Math.floor(rest / sizeOf(name));
    }
    return equation.values[equation.of.reduce((place, name) => place * sizeOf(name) + (at.get(name) ?? 0), 0)] as Value;
  });
}

function keptSources(exogenous: readonly Source[], explicit: ExplicitModel): Source[] {
  const free = exogenous
    .filter(({ name }) => !explicit.exogenous.has(name))
    .map(({ name, children }) => ({ name, children: children.filter((child) => !explicit.equations.has(child)) }))
    .filter(({ children }) => children.length > 1);
  const within = (a: readonly Name[], b: readonly Name[]): boolean => a.every((name) => b.includes(name));
  const largest = free.filter(
    ({ children }, i) =>
      !free.some((other, j) => j !== i && within(children, other.children) && (other.children.length > children.length || j < i)),
  );
  return [...exogenous.filter(({ name }) => explicit.exogenous.has(name)), ...largest];
}

/** Sets of variables that share exogenous variables, each and all in topological order. */
export function components(order: readonly Name[], readBy: ReadonlyMap<Name, readonly string[]>): Name[][] {
  const groupOf = new Map<string, Set<Name>>();
  const own = new Map<Name, Set<Name>>();
  for (const name of order) {
    let group = new Set([name]);
    for (const source of readBy.get(name) ?? []) {
      const other = groupOf.get(source);
      if (other !== undefined && other !== group) {
        for (const member of group) other.add(member);
        for (const [key, value] of groupOf) if (value === group) groupOf.set(key, other);
        for (const member of group) own.set(member, other);
        group = other;
      }
      groupOf.set(source, group);
    }
    own.set(name, group);
  }
  const place = new Map(order.map((name, i) => [name, i]));
  return [...new Set(order.map((name) => own.get(name) as Set<Name>))].map((group) =>
    [...group].sort((a, b) => (place.get(a) as number) - (place.get(b) as number)),
  );
}

function contextAt(parents: readonly Name[], levels: ReadonlyMap<Name, readonly Value[]>, cell: number): Value[] {
  const context: Value[] = [];
  let rest = cell;
  for (const parent of parents.toReversed()) {
    const list = levels.get(parent) as readonly Value[];
    context.unshift(list[rest % list.length] as Value);
    rest = Math.floor(rest / list.length);
  }
  return context;
}

/** Up to this many exogenous variables, every split of them into two sets gives its independence; above, one against the rest. */
const splitLimit = 8;

function shapeOf(
  canonicalDigits: ReadonlyMap<Name, readonly number[]>,
  stateDigit: ReadonlyMap<string, number>,
  readBy: ReadonlyMap<Name, readonly string[]>,
): Pick<Block, 'groups' | 'independences' | 'complete'> {
  const units = [
    ...[...stateDigit].map(([name, digit]) => ({ sources: [name], digits: [digit] as readonly number[] })),
    ...[...canonicalDigits].map(([name, digits]) => ({ sources: readBy.get(name) ?? [], digits })),
  ];
  const sources = [...new Set(units.flatMap((unit) => unit.sources))];
  const crowded = [...stateDigit.keys()].some(
    (name) => [...canonicalDigits.keys()].filter((child) => readBy.get(child)?.includes(name)).length > 1,
  );
  if (sources.length < 2) return { independences: [], complete: !crowded };
  const shared = units.filter((unit) => unit.sources.length > 1);
  if (shared.length === 0) {
    const groups = sources.map((name) => units.filter((unit) => unit.sources[0] === name).flatMap((unit) => unit.digits));
    return { groups, independences: [], complete: !crowded };
  }
  const ascending = shared.map((unit) => unit.sources).sort((a, b) => a.length - b.length);
  const chain = ascending.every((own, i) => i === 0 || (ascending[i - 1] as readonly string[]).every((name) => own.includes(name)));
  const independences: { a: number[]; b: number[] }[] = [];
  const count = sources.length;
  const splits =
    count <= splitLimit ? Array.from({ length: 2 ** (count - 1) - 1 }, (_, i) => i + 1) : Array.from({ length: count }, (_, i) => 2 ** i);
  for (const split of splits) {
    const left = new Set(sources.filter((_, i) => Math.floor(split / 2 ** i) % 2 === 1));
    const side = (inside: boolean): number[] =>
      units.filter((unit) => unit.sources.every((name) => left.has(name) === inside)).flatMap((unit) => unit.digits);
    const [a, b] = [side(true), side(false)];
    if (a.length > 0 && b.length > 0) independences.push({ a, b });
  }
  const covers = (big: readonly number[], small: readonly number[]): boolean => small.every((digit) => big.includes(digit));
  const kept = independences.filter(
    ({ a, b }, i) =>
      !independences.some(
        (other, j) =>
          j !== i &&
          ((covers(other.a, a) && covers(other.b, b)) || (covers(other.a, b) && covers(other.b, a))) &&
          (other.a.length + other.b.length > a.length + b.length || j < i),
      ),
  );
  return { independences: kept, complete: chain && !crowded && count <= splitLimit };
}
