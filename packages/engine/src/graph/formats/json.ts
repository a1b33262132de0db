import { failure, type Issue, type Result } from '../../run/issue.ts';
import { nearest } from '../../run/nearest.ts';
import type { Graph } from '../graph.ts';
import type { Domain, Name, Variable } from '../variable.ts';
import { Collector, type Traits } from './collect.ts';

const keys = ['nodes', 'arrows', 'arcs', 'latent', 'variables'] as const;
const variableKeys = ['levels', 'real', 'unit', 'tensor', 'role', 'position', 'latent'] as const;
const roles = ['exposure', 'outcome', 'adjusted', 'selection'] as const;

type Json = unknown;
type Fields = Readonly<Record<string, Json>>;

/**
 * Reads `{ "nodes": [...], "arrows": [["X","Y"]], "arcs": [...], "latent": ["U"], "variables": { "X": { "levels": [...] } } }`;
 * every field may be left out, `nodes` gives the order of declaration. Issues name the path: `json`, `shape`, `unknown-key`,
 * `too-deep`, and those of {@link Collector}.
 */
export function parseJson(text: string, file?: string): Result<Graph> {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = Number(/position (\d+)/.exec(message)?.[1]);
    const place = Number.isFinite(at) ? { start: at, end: Math.min(at + 1, text.length) } : {};
    const issue: Issue = { code: 'json', message: `This is not JSON: ${message}.`, hint: 'For example {"arrows": [["X","Y"]]}.' };
    return failure({ ...issue, where: file === undefined ? place : { file, ...place } });
  }
  return graphFromJson(value, file);
}

/** As {@link parseJson}, for a value that has been parsed already (a problem document's `graph`). */
export function graphFromJson(value: Json, file?: string): Result<Graph> {
  const found = new Collector(file);
  if (!isFields(value)) {
    found.issue('shape', 'A graph is an object.', undefined, 'For example {"arrows": [["X","Y"]]}.');
    return found.finish();
  }
  known(value, keys, 'the graph', found);
  for (const name of names(value.nodes, 'nodes', found)) found.node(name);
  if (value.variables !== undefined) {
    if (isFields(value.variables)) for (const [name, said] of Object.entries(value.variables)) variable(name, said, found);
    else found.issue('shape', 'variables must be an object.', undefined, 'For example {"X": {"levels": ["no", "yes"]}}.');
  }
  for (const [a, b] of pairs(value.arrows, 'arrows', found)) found.arrow(a, b);
  for (const [a, b] of pairs(value.arcs, 'arcs', found)) found.arc(a, b);
  for (const name of names(value.latent, 'latent', found)) found.node(name, { latent: true });
  return found.finish();
}

/** The value that {@link graphFromJson} reads back as the same graph. */
export function graphToJson(graph: Graph): {
  readonly nodes: readonly Name[];
  readonly arrows: readonly (readonly [Name, Name])[];
  readonly arcs: readonly (readonly [Name, Name])[];
  readonly latent?: readonly Name[];
  readonly variables?: Readonly<Record<Name, unknown>>;
} {
  const all = [...graph.variables.values()];
  const latent = all.filter((one) => one.latent === true).map((one) => one.name);
  const told = all.map((one) => [one.name, traitsToJson(one)] as const).filter(([, traits]) => Object.keys(traits).length > 0);
  return {
    nodes: all.map((one) => one.name),
    arrows: graph.arrows,
    arcs: graph.arcs,
    ...(latent.length > 0 ? { latent } : {}),
    ...(told.length > 0 ? { variables: Object.fromEntries(told) } : {}),
  };
}

export function printJson(graph: Graph, options: { readonly indent?: number } = {}): string {
  return JSON.stringify(graphToJson(graph), undefined, options.indent);
}

function traitsToJson({ domain, role, position }: Variable): Fields {
  return {
    ...(domain?.kind === 'finite' ? { levels: domain.levels } : {}),
    ...(domain?.kind === 'real' ? { real: true, ...(domain.unit === undefined ? {} : { unit: domain.unit }) } : {}),
    ...(domain?.kind === 'tensor' ? { tensor: domain.shape } : {}),
    ...(role === undefined ? {} : { role }),
    ...(position === undefined ? {} : { position }),
  };
}

function variable(name: Name, said: Json, found: Collector): void {
  const path = `variables.${name}`;
  if (!isFields(said)) {
    found.issue('shape', `${path} must be an object.`, undefined, 'For example {"levels": ["no", "yes"]}.');
    return;
  }
  known(said, variableKeys, path, found);
  const domain = domainOf(said, path, found);
  const role = roles.find((one) => one === said.role);
  if (said.role !== undefined && role === undefined) found.issue('shape', `${path}.role must be one of ${roles.join(', ')}.`);
  const place = said.position;
  const position = isFields(place) && isNumber(place.x) && isNumber(place.y) ? { x: place.x, y: place.y } : undefined;
  if (place !== undefined && position === undefined) found.issue('shape', `${path}.position must be {"x": number, "y": number}.`);
  if (said.latent !== undefined && typeof said.latent !== 'boolean') found.issue('shape', `${path}.latent must be true or false.`);
  if (name === '') found.issue('shape', 'A name cannot be empty.', undefined, 'Give the variable a name.');
  const traits: Traits = {
    ...(said.latent === true ? { latent: true } : {}),
    ...(domain === undefined ? {} : { domain }),
    ...(role === undefined ? {} : { role }),
    ...(position === undefined ? {} : { position }),
  };
  found.node(name, traits);
}

function domainOf(said: Fields, path: string, found: Collector): Domain | undefined {
  const kinds = [said.levels !== undefined, said.real === true, said.tensor !== undefined].filter(Boolean).length;
  if (kinds > 1) found.issue('conflict', `${path} can have one of levels, real and tensor.`, undefined, 'Keep one of them.');
  if (said.levels !== undefined) {
    const given = said.levels;
    const levels = Array.isArray(given) ? given.map(level) : [];
    if (levels.length === 0 || levels.includes(undefined)) {
      found.issue('shape', `${path}.levels must be a list of texts, numbers or booleans.`, undefined, 'For example ["no", "yes"].');
      return undefined;
    }
    const texts = levels.filter((one) => one !== undefined);
    const again = texts.find((one, i) => texts.indexOf(one) !== i);
    if (again !== undefined) found.issue('shape', `${path}.levels has “${again}” twice.`, undefined, 'Give every level its own name.');
    return { kind: 'finite', levels: texts };
  }
  if (said.tensor !== undefined) {
    const given: readonly Json[] = Array.isArray(said.tensor) ? said.tensor : [];
    const shape = given.filter((size): size is number => isNumber(size) && Number.isSafeInteger(size) && size > 0);
    if (shape.length === given.length && shape.length > 0) return { kind: 'tensor', shape };
    found.issue('shape', `${path}.tensor must be a list of sizes.`, undefined, 'For example [28, 28, 3].');
    return undefined;
  }
  const unit = said.unit;
  if (unit !== undefined && (typeof unit !== 'string' || said.real !== true))
    found.issue('shape', `${path}.unit is a text beside "real": true.`);
  if (said.real !== undefined && typeof said.real !== 'boolean') found.issue('shape', `${path}.real must be true or false.`);
  if (said.real !== true) return undefined;
  return typeof unit === 'string' ? { kind: 'real', unit } : { kind: 'real' };
}

function names(value: Json, path: string, found: Collector): Name[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    found.issue('shape', `${path} must be a list of names.`, undefined, `For example "${path}": ["X"].`);
    return [];
  }
  return value.flatMap((name: Json, i) => {
    if (typeof name === 'string' && name !== '') return [name];
    found.issue('shape', `${path}[${i}] must be a name.`, undefined, 'Names are texts that are not empty.');
    return [];
  });
}

function pairs(value: Json, path: string, found: Collector): [Name, Name][] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    found.issue('shape', `${path} must be a list of pairs.`, undefined, `For example "${path}": [["X","Y"]].`);
    return [];
  }
  return value.flatMap((pair: Json, i): [Name, Name][] => {
    if (Array.isArray(pair) && pair.length === 2) {
      const [a, b]: readonly Json[] = pair;
      if (typeof a === 'string' && typeof b === 'string' && a !== '' && b !== '') return [[a, b]];
    }
    found.issue('shape', `${path}[${i}] must be a pair of names.`, undefined, 'For example ["X","Y"].');
    return [];
  });
}

function known(value: Fields, allowed: readonly string[], path: string, found: Collector): void {
  for (const key of Object.keys(value)) {
    if (allowed.includes(key)) continue;
    const near = nearest(key, allowed);
    const hint = near === undefined ? `Known are ${allowed.join(', ')}.` : `Did you mean “${near}”?`;
    found.issue('unknown-key', `${path} has no field “${key}”.`, undefined, hint);
  }
}

const level = (value: Json): string | undefined =>
  typeof value === 'string' || typeof value === 'boolean' || isNumber(value) ? String(value) : undefined;
const isNumber = (value: Json): value is number => typeof value === 'number' && Number.isFinite(value);
const isFields = (value: Json): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
