import { canonical, naturalOrder } from '../data/level.ts';
import type { Graph } from '../graph/graph.ts';
import type { Domain, Name, Value } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';
import type { ExchangeableModel, Mechanism } from './terms.ts';
import { type Fault, type Item, keyOf, kinds, readItem, spellKey, type WrittenMechanism } from './written.ts';

export interface ExchangeableContext {
  /** Its parents are the mechanisms' parents; without a graph they are read from the keys of the rows. */
  readonly graph?: Graph;
  readonly domains?: ReadonlyMap<Name, Domain>;
}

/**
 * Reads `model.exchangeable` of a problem document: one mechanism for each variable,
 *
 *     "X": { "dirichlet": { "": [3, 1] } }
 *     "Y": { "dirichlet": { "X=0": [4, 1], "X=1": [2, 5] } }
 *     "Y": { "xor": { "of": ["X"], "beta": [1, 3] } }
 *     "Y": { "mixture": { "weights": [0.5, 0.5], "rows": [{ "X=0": [1, 0], "X=1": [0.2, 0.8] }, { ... }] } }
 *
 * with one row for each configuration of the parents and one number for each level, in the order of the levels. Levels that are not declared
 * are those of the keys in natural order, else 0, 1, ... Issues, each with its place in the document: `shape`, `unknown-kind`,
 * `unknown-variable`, `unknown-level`, `levels`, `parents`, `missing-row`, `duplicate-row`, `weights`, `missing-mechanism`, `hidden-cause`,
 * `cycle`.
 */
export function readExchangeable(
  written: Readonly<Record<Name, unknown>>,
  { graph, domains }: ExchangeableContext = {},
): Result<ExchangeableModel> {
  const issues: Issue[] = [];
  const items = new Map<Name, Item>();
  for (const [variable, one] of Object.entries(written)) {
    const item = readItem(one, `model.exchangeable.${variable}`, issues);
    if (item !== undefined) items.set(variable, item);
  }
  if (Object.keys(written).length === 0)
    issues.push({ code: 'shape', message: 'model.exchangeable is empty.', hint: 'Give every variable a mechanism.' });
  if (graph !== undefined) checkGraph(graph, written, issues);
  if (issues.length > 0) return failure(...issues);
  const parents = new Map([...items].map(([variable, item]) => [variable, parentsOf(variable, item, items, graph, issues)]));
  if (issues.length > 0) return failure(...issues);
  const order = sorted(parents);
  if ('cycle' in order)
    return failure({
      code: 'cycle',
      message: `model.exchangeable has a cycle: ${[...order.cycle, order.cycle[0]].join(' -> ')}.`,
      hint: 'No variable may be its own cause, also through others: remove one of these parents.',
    });
  const levels = new Map(order.map((variable) => [variable, levelsOf(variable, items, domains?.get(variable), issues)]));
  if (issues.length > 0) return failure(...issues);
  const mechanisms = order.map((variable) =>
    mechanismOf(variable, parents.get(variable) as readonly Name[], (items.get(variable) as Item).mechanism, levels, issues),
  );
  return issues.length > 0 ? failure(...issues) : success({ levels, mechanisms: mechanisms.filter((one) => one !== undefined) });
}

function checkGraph(graph: Graph, written: Readonly<Record<Name, unknown>>, issues: Issue[]): void {
  for (const [a, b] of graph.arcs)
    issues.push({
      code: 'hidden-cause',
      message: `The graph has ${a} <-> ${b}, and an exchangeable model has no hidden common causes.`,
      hint: `Name the common cause and give it a mechanism of its own, or remove the arc.`,
    });
  for (const name of graph.variables.keys())
    if (!Object.hasOwn(written, name))
      issues.push({
        code: 'missing-mechanism',
        message: `model.exchangeable has no mechanism for ${name}, which is in the graph.`,
        hint: `Add "${name}": { ${kinds.map((kind) => `"${kind}"`).join(' | ')}: ... }.`,
      });
  for (const name of Object.keys(written))
    if (!graph.variables.has(name)) {
      const hint = didYouMean(name, graph.variables.keys()) ?? `Add ${name} to the graph, or leave the graph out.`;
      issues.push({ code: 'unknown-variable', message: `model.exchangeable.${name}: the graph has no variable ${name}.`, hint });
    }
}

/** In the graph's order where there is a graph, else as the mechanism names them. */
function parentsOf(variable: Name, item: Item, items: ReadonlyMap<Name, Item>, graph: Graph | undefined, issues: Issue[]): readonly Name[] {
  const { at, parents: named } = item;
  for (const parent of named)
    if (!items.has(parent)) {
      const hint = didYouMean(parent, items.keys()) ?? `Give ${parent} a mechanism: model.exchangeable.${parent}.`;
      issues.push({ code: 'unknown-variable', message: `${at}: its parent ${parent} has no mechanism.`, hint });
    }
  if (graph === undefined) return named;
  const wanted = [...graph.variables.keys()].filter((name) => graph.arrows.some(([from, to]) => from === name && to === variable));
  const same = wanted.length === named.length && wanted.every((name) => named.includes(name));
  if (!same && issues.length === 0) {
    const list = (names: readonly Name[]): string => (names.length === 0 ? 'none' : names.join(', '));
    issues.push({
      code: 'parents',
      message: `${at}: its parents are ${list(named)}, but in the graph they are ${list(wanted)}.`,
      hint: `Write one row for each configuration of the parents in the graph${wanted.length === 0 ? ' (none: the key is "")' : `, for example "${wanted.map((name) => `${name}=0`).join(',')}"`}.`,
    });
  }
  return wanted;
}

/** Parents first; ties in the order written. */
function sorted(parents: ReadonlyMap<Name, readonly Name[]>): Name[] | { readonly cycle: Name[] } {
  const order = new Set<Name>();
  const path: Name[] = [];
  let cycle: Name[] | undefined;
  const visit = (name: Name): void => {
    if (order.has(name) || cycle !== undefined) return;
    if (path.includes(name)) {
      cycle = path.slice(path.indexOf(name)).reverse();
      return;
    }
    path.push(name);
    for (const parent of parents.get(name) ?? []) visit(parent);
    path.pop();
    order.add(name);
  };
  for (const name of parents.keys()) visit(name);
  return cycle === undefined ? [...order] : { cycle };
}

/** Declared, or those in the keys of its children in natural order, or numbers. */
function levelsOf(variable: Name, items: ReadonlyMap<Name, Item>, domain: Domain | undefined, issues: Issue[]): readonly Value[] {
  const { at, size } = items.get(variable) as Item;
  const fault = (message: string, hint: string): readonly Value[] => {
    issues.push({ code: 'levels', message: `${at}: ${message}`, hint });
    return [];
  };
  if (domain !== undefined && domain.kind !== 'finite')
    return fault(
      `${variable} is not finite.`,
      'These mechanisms are for variables with levels: cut it (variables.cut), or give it levels.',
    );
  const numbered = Array.from({ length: size }, (_, level) => String(level));
  const mentioned = new Set([...items.values()].flatMap(({ keys }) => keys.flatMap((key) => key.get(variable) ?? [])));
  if (domain !== undefined) {
    if (domain.levels.length !== size)
      return fault(
        `rows have ${size} numbers, and ${variable} has ${domain.levels.length} levels (${domain.levels.join(', ')}).`,
        'Each row has one number for each level, in their order.',
      );
    return domain.levels;
  }
  if ([...mentioned].every((level) => numbered.includes(level))) return numbered;
  if (mentioned.size === size) return naturalOrder(mentioned);
  return fault(
    `rows have ${size} numbers, and elsewhere ${variable} has the levels ${naturalOrder(mentioned).join(', ')}.`,
    `Declare them in their order: "variables": { "${variable}": { "levels": [...] } }.`,
  );
}

function mechanismOf(
  variable: Name,
  parents: readonly Name[],
  written: WrittenMechanism,
  levels: ReadonlyMap<Name, readonly Value[]>,
  issues: Issue[],
): Mechanism | undefined {
  const at = `model.exchangeable.${variable}`;
  const before = issues.length;
  const fault: Fault = (code, message, hint) => {
    issues.push({ code, message, hint });
  };
  if (written.kind === 'xor') {
    for (const name of [variable, ...parents]) {
      const own = levels.get(name) as readonly Value[];
      if (own.length !== 2)
        fault(
          'levels',
          `${at}.xor: ${name} has ${own.length} levels.`,
          'Variables of an xor mechanism have two; use dirichlet or mixture.',
        );
    }
    return issues.length === before ? { kind: 'xor', variable, parents, beta: written.beta } : undefined;
  }
  const size = (levels.get(variable) as readonly Value[]).length;
  const fill = (rows: ReadonlyMap<string, readonly number[]>, place: string): (readonly number[])[] => {
    const shape = parents.map((name) => levels.get(name) as readonly Value[]);
    const table = new Array<readonly number[] | undefined>(shape.reduce((product, own) => product * own.length, 1));
    for (const [text, row] of rows) {
      const key = keyOf(text);
      const where = `${place}[${JSON.stringify(text)}]`;
      let index = 0;
      for (const [k, name] of parents.entries()) {
        const own = shape[k] as readonly Value[];
        const level = own.indexOf(canonical(key?.get(name) ?? ''));
        const found = level >= 0 ? level : own.indexOf(key?.get(name) ?? '');
        if (found < 0) fault('unknown-level', `${where}: ${name} has no level ${key?.get(name)}.`, `Its levels are ${own.join(', ')}.`);
        index = index * own.length + found;
      }
      if (issues.length > before) continue;
      if (row.length !== size)
        fault('shape', `${where} has ${row.length} numbers.`, `${variable} has ${size} levels, and each row one number for each.`);
      else if (table[index] !== undefined)
        fault('duplicate-row', `${where} is there twice.`, 'Keep one row for each configuration of the parents.');
      table[index] = row;
    }
    if (issues.length === before)
      for (const [index, row] of [...table].entries())
        if (row === undefined) {
          const missing = spellKey(parents, shape, index);
          fault(
            'missing-row',
            `${place} has no row for ${missing}.`,
            `Add "${missing}": [${new Array(size).fill(1).join(', ')}] with your numbers.`,
          );
        }
    return table.filter((row) => row !== undefined);
  };
  if (written.kind === 'dirichlet') {
    const rows = fill(written.rows, `${at}.dirichlet`);
    return issues.length === before ? { kind: 'dirichlet', variable, parents, rows } : undefined;
  }
  const rows = written.rows.map((one, k) => fill(one, `${at}.mixture.rows[${k}]`));
  return issues.length === before ? { kind: 'mixture', variable, parents, weights: written.weights, rows } : undefined;
}
