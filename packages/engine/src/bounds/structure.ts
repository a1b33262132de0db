import { assemble, createGraph, type Edge, type Graph } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';
import { canonicalModel } from './canonical.ts';
import { type ExplicitModel, levelsOfEquation, readModel } from './equations.ts';
import { exogenise } from './exogenous.ts';
import { readAssumptions } from './restrictions.ts';
import type { BoundsProblem, Structure } from './specification.ts';

export type { BoundsProblem, Structure } from './specification.ts';

export const defaultLimit = 2 ** 18;

/**
 * The blocks of a problem. Latent variables, variables that are not finite, and those that no study measures become hidden,
 * except that the variables in `asked` stay if their levels are known. Issues: `no-graph`, `model`, `cycle`, `too-large`,
 * `assumption`, and those of questions in assumptions.
 */
export function structureOf(problem: BoundsProblem, asked: Iterable<Name> = []): Result<Structure> {
  const limit = problem.limit ?? defaultLimit;
  const model = readModel(problem.model);
  if (!model.ok) return model;
  const joined = graphWithModel(problem.graph, model.value);
  if (!joined.ok) return joined;
  const { graph } = joined.value;
  const explicit = joined.value.explicit;

  const levels = new Map<Name, readonly Value[]>();
  for (const { name, domain } of graph.variables.values()) {
    const known = problem.domains.get(name) ?? domain;
    const equation = explicit.equations.get(name);
    if (known?.kind === 'finite') levels.set(name, known.levels);
    else if (known === undefined && equation !== undefined) levels.set(name, levelsOfEquation(equation.values));
  }
  const measured = new Set(problem.studies.flatMap((study) => [...study.measured, ...study.regime.set]));
  const assumed = (problem.assume ?? []).flatMap((text) => namesIn(text, graph));
  const wanted = new Set([...asked, ...assumed, ...explicit.equations.keys(), ...[...explicit.equations.values()].flatMap(({ of }) => of)]);
  const endogenous = new Set<Name>();
  const hidden = new Set<Name>();
  const notes: string[] = [];
  for (const { name, latent } of graph.variables.values()) {
    if (explicit.exogenous.has(name)) continue;
    const seen = problem.studies.length === 0 || measured.has(name) || wanted.has(name);
    if (latent !== true && seen && levels.has(name)) {
      endogenous.add(name);
      continue;
    }
    hidden.add(name);
    if (latent === true) continue;
    const kind = (problem.domains.get(name) ?? graph.variables.get(name)?.domain)?.kind;
    const why =
      kind === 'real' || kind === 'tensor'
        ? 'has no finite levels'
        : measured.has(name)
          ? 'has no known levels'
          : 'is measured by no study';
    notes.push(`${name} ${why} and is treated as hidden.`);
  }
  const issues = checkEquations(explicit, levels, hidden, graph);
  if (issues.length > 0) return failure(...issues);

  const exogenised = exogenise(graph, endogenous);
  const canonical = canonicalModel(exogenised.graph, exogenised.sources, levels, explicit, limit);
  if (!canonical.ok) return canonical;
  const { children, sources } = canonical.value;
  const structure: Structure = {
    levels,
    order: exogenised.graph.index.names,
    children,
    blocks: canonical.value.blocks,
    graph: withSources(exogenised.graph, sources),
    hidden,
    restrictions: [],
    notes,
    unused: [],
    limit,
  };
  const restricted = readAssumptions(structure, problem.assume ?? [], problem.domains);
  if (!restricted.ok) return restricted;
  const { forbidden, restrictions, unused } = restricted.value;
  return success({
    ...structure,
    blocks: structure.blocks.map((block, number) => ({ ...block, forbidden: forbidden.get(number) ?? [] })),
    restrictions,
    unused,
  });
}

/** The graph with what the model document says: its variables are there, and an equation names all parents that matter. */
function graphWithModel(given: Graph | undefined, model: ExplicitModel): Result<{ graph: Graph; explicit: ExplicitModel }> {
  const { exogenous, equations } = model;
  if (given === undefined && equations.size === 0 && exogenous.size === 0)
    return failure({ code: 'no-graph', message: 'Bounds need a graph.', hint: 'Give "graph", or structural equations under "model".' });
  const issues: Issue[] = [];
  const names = new Set<Name>(given?.variables.keys() ?? []);
  if (given === undefined) {
    for (const { children } of exogenous.values()) for (const child of children) names.add(child);
    for (const [name, { of }] of equations) for (const one of [name, ...of]) if (!exogenous.has(one)) names.add(one);
  }
  const arrows: Edge[] = (given?.arrows ?? []).filter(([from, to]) => equations.get(to)?.of.includes(from) !== false);
  for (const [name, { of }] of equations) {
    if (!names.has(name)) issues.push(unknown(`equations.${name}`, name, names));
    for (const argument of of) {
      if (exogenous.has(argument)) continue;
      if (!names.has(argument)) issues.push(unknown(`equations.${name}.of`, argument, new Set([...names, ...exogenous.keys()])));
      else if (given === undefined) arrows.push([argument, name]);
      else if (!arrows.some(([from, to]) => from === argument && to === name))
        issues.push({
          code: 'model',
          message: `model.equations.${name} reads ${argument}, but the graph has no arrow ${argument} -> ${name}.`,
          hint: given.variables.get(argument)?.latent
            ? `Give ${argument} its states under model.exogenous.`
            : 'Add the arrow, or leave it out of "of".',
        });
    }
  }
  const readers = new Map<Name, Set<Name>>();
  for (const [name, { children }] of exogenous) {
    const variable = given?.variables.get(name);
    if (variable !== undefined && variable.latent !== true)
      issues.push({
        code: 'model',
        message: `model.exogenous.${name}: the graph has ${name} as a variable that could be measured.`,
        hint: `Mark ${name} as latent.`,
      });
    if (given?.arrows.some(([, to]) => to === name) || given?.arcs.some((arc) => arc.includes(name)))
      issues.push({
        code: 'model',
        message: `model.exogenous.${name}: ${name} has causes in the graph.`,
        hint: 'An exogenous variable has none.',
      });
    for (const child of children) if (!names.has(child)) issues.push(unknown(`exogenous.${name}.children`, child, names));
    const drawn = (given?.arrows ?? []).flatMap(([from, to]) => (from === name ? [to] : []));
    const reading = new Set([...children, ...drawn].filter((child) => !equations.has(child)));
    for (const [child, { of }] of equations) if (of.includes(name)) reading.add(child);
    const silent = children.filter((child) => equations.has(child) && !reading.has(child));
    if (silent.length > 0)
      issues.push({
        code: 'model',
        message: `model.exogenous.${name} has the child ${silent.join(', ')}, whose equation does not read it.`,
        hint: `Add "${name}" to its "of", or take it off the children.`,
      });
    if (reading.size === 0)
      issues.push({ code: 'model', message: `model.exogenous.${name} has no children.`, hint: 'Name them under "children".' });
    readers.set(name, reading);
  }
  if (issues.length > 0) return failure(...issues);
  const kept = arrows.filter(([from]) => !exogenous.has(from));
  for (const [name, reading] of readers) for (const child of reading) kept.push([name, child]);
  const covered = ([a, b]: Edge): boolean => [...readers.values()].some((reading) => reading.has(a) && reading.has(b));
  const variables = [...names].filter((name) => !exogenous.has(name)).map((name) => given?.variables.get(name) ?? { name });
  const latents = [...exogenous].map(([name]) => ({ name, latent: true }));
  const made = createGraph({
    variables: [...variables, ...latents],
    arrows: kept,
    arcs: (given?.arcs ?? []).filter((arc) => !covered(arc)),
  });
  return made.ok ? success({ graph: made.value, explicit: model }) : made;
}

const unknown = (path: string, name: Name, known: ReadonlySet<Name>): Issue => {
  const hint = didYouMean(name, known);
  return { code: 'model', message: `model.${path}: there is no variable ${name}.`, ...(hint !== undefined && { hint }) };
};

/** Variables whose names stand in a text as whole words. */
const namesIn = (text: string, graph: Graph): Name[] => {
  const words = new Set(text.match(/"[^"]*"|[\p{L}\p{N}_.]+/gu)?.map((word) => word.replaceAll('"', '')));
  return [...graph.variables.keys()].filter((name) => words.has(name));
};

function checkEquations(
  explicit: ExplicitModel,
  levels: ReadonlyMap<Name, readonly Value[]>,
  hidden: ReadonlySet<Name>,
  graph: Graph,
): Issue[] {
  const issues: Issue[] = [];
  for (const [name, { of, values }] of explicit.equations) {
    const without = [name, ...of].filter((one) => !explicit.exogenous.has(one) && (hidden.has(one) || !levels.has(one)));
    if (without.length > 0) {
      const latent = without.filter((one) => graph.variables.get(one)?.latent === true);
      issues.push({
        code: 'model',
        message: `model.equations.${name}: ${without.join(', ')} ${latent.length > 0 ? 'is latent' : 'has no known levels'}.`,
        hint: latent.length > 0 ? `Give ${latent.join(', ')} its states under model.exogenous.` : 'Declare the levels under "variables".',
      });
      continue;
    }
    const cells = of.reduce((product, one) => product * (explicit.exogenous.get(one)?.states.length ?? levels.get(one)?.length ?? 1), 1);
    if (cells !== values.length)
      issues.push({
        code: 'model',
        message: `model.equations.${name}.values has ${values.length} levels; ${of.length === 0 ? 'without arguments it needs' : `all combinations of ${of.join(', ')} are`} ${cells}.`,
        hint: `Row-major: the last of "of" changes fastest.`,
      });
    const own = levels.get(name) ?? [];
    const strange = values.find((value) => !own.includes(value));
    if (strange !== undefined)
      issues.push({
        code: 'model',
        message: `model.equations.${name}.values: ${name} has no level '${strange}'.`,
        hint: `The levels of ${name} are ${own.join(', ')}.`,
      });
  }
  return issues;
}

function withSources(graph: Graph, sources: readonly { readonly name: string; readonly children: readonly Name[] }[]): Graph {
  const variables = new Map(graph.variables);
  const arrows: Edge[] = [...graph.arrows];
  for (const { name, children } of sources) {
    variables.set(name, { name, latent: true });
    for (const child of children) arrows.push([name, child]);
  }
  return assemble(variables, arrows, []);
}
