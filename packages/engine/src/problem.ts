import type { Catalogue, Offer } from './data/catalogue.ts';
import { inferSchema, type Summarised } from './data/infer.ts';
import { canonical, numberOf } from './data/level.ts';
import { memorySource } from './data/memory.ts';
import type { Regime } from './data/regime.ts';
import type { Declared, SourceHost, StudySource, StudySpec } from './data/source.ts';
import type { Study } from './data/study.ts';
import { channelsLast } from './data/tensors.ts';
import { graphFromJson } from './graph/formats/json.ts';
import { readGraph } from './graph/formats/read.ts';
import type { Graph } from './graph/graph.ts';
import type { Domain, Name } from './graph/variable.ts';
import { type ProblemDocument, readDocument, type StudyDocument, type VariableDocument } from './problem-schema.ts';
import { failure, type Issue, type Result, success } from './run/issue.ts';
import { nearest } from './run/nearest.ts';

/** A problem document that has been read, checked and opened. */
export interface Problem {
  readonly title?: string;
  readonly graph?: Graph;
  /** Of every variable that is declared or measured; over all studies. */
  readonly domains: ReadonlyMap<Name, Domain>;
  /** Cut points of real columns that were made finite. */
  readonly cuts: ReadonlyMap<Name, readonly number[]>;
  readonly studies: readonly Study[];
  readonly catalogue: Catalogue;
  readonly model?: NonNullable<ProblemDocument['model']>;
  readonly assume: readonly string[];
  readonly ask: readonly string[];
  /** What was understood and inferred, to be printed back. */
  readonly notes: readonly string[];
}

const noFiles: SourceHost = {
  openSource: (spec, data) =>
    failure({
      code: 'no-files',
      message: `Study ${spec.name}: “${data}” cannot be opened here.`,
      hint: 'Give its rows inline, or use the command.',
    }),
};

/**
 * Reads a problem document in phases: its shape, the graph, a summary of every study, one domain per variable over all
 * studies, then the studies are opened with them. Each phase lists all that is wrong before the next one begins.
 * Issues: those of `readDocument`, `readGraph`, `planColumns`, the studies' summaries, `inferSchema`, and `duplicate-study`,
 * `duplicate-level`, `conflict`, `cut-order`, `range-order`, `unknown-variable`, `size`. Warning: `channels-last`.
 */
export async function loadProblem(document: unknown, host: SourceHost = noFiles): Promise<Result<Problem>> {
  const shaped = readDocument(document);
  if (!shaped.ok) return shaped;
  const { title, model, assume = [], ask = [], studies: documents = [], variables = {} } = shaped.value;
  const issues: Issue[] = [];
  const keep = <T>(result: Result<T>): T | undefined => {
    if (result.ok) return result.value;
    issues.push(...result.issues);
    return undefined;
  };
  const graph = shaped.value.graph === undefined ? undefined : keep(graphOf(shaped.value.graph));
  const declared = declarations(variables, graph, issues);
  const specs = studySpecs(documents, issues);
  if (graph) for (const spec of specs) checkRegime(spec, graph, issues);
  const names = graph && [...graph.variables.keys(), ...declared.keys()];
  const sources: StudySource[] = [];
  const summarised: Summarised[] = [];
  for (const [i, spec] of specs.entries()) {
    const { data } = documents[i] as StudyDocument;
    const source = keep(
      typeof data === 'string'
        ? await host.openSource(spec, data)
        : success(memorySource(spec, { rows: data, ...(host.readPicture && { pictures: host.readPicture }) })),
    );
    const summary = source && keep(await source.summary({ declared, ...(names && { names }) }));
    if (source) sources.push(source);
    if (summary) summarised.push({ spec, summary });
  }
  if (issues.length === 0) checkDeclared(variables, graph, summarised, issues);
  const schema = keep(inferSchema(declared, summarised));
  if (issues.length > 0 || schema === undefined) return failure(...issues);
  const studies: Study[] = [];
  for (const source of sources) {
    const study = keep(await source.open(schema));
    if (study) studies.push(study);
  }
  if (issues.length > 0) return failure(...issues);
  const notes = [
    ...schema.notes,
    ...summarised.flatMap((one, i) => studyNotes(one, studies[i] as Study)),
    ...unmeasured(graph, studies, summarised),
  ];
  const problem: Problem = {
    ...(title !== undefined && { title }),
    ...(graph && { graph }),
    domains: schema.domains,
    cuts: schema.cuts,
    studies,
    catalogue: { offers: studies.map((study) => offerOf(study, graph)) },
    ...(model && { model }),
    assume,
    ask,
    notes,
  };
  return success(
    problem,
    [...declared].flatMap(([name, { tensor }]) => (tensor && channelsLast(name, tensor)) ?? []),
  );
}

function graphOf(written: NonNullable<ProblemDocument['graph']>): Result<Graph> {
  const made = typeof written === 'string' ? readGraph(written) : graphFromJson(written);
  if (made.ok) return made;
  return failure(...made.issues.map((issue) => ({ ...issue, message: `graph: ${issue.message}` })));
}

/** One offer per study: arms and studies of one regime stay apart here. The environment's column is not offered as a variable unless the graph has it. */
function offerOf(study: Study, graph: Graph | undefined): Offer {
  const offered = study.measured.filter((name) => (graph ? graph.variables.has(name) : name !== study.regime.environment));
  return { regime: study.regime, measured: offered, studies: [study.name], size: study.size };
}

function declarations(variables: Readonly<Record<Name, VariableDocument>>, graph: Graph | undefined, issues: Issue[]): Map<Name, Declared> {
  const declared = new Map<Name, Declared>();
  for (const { name, domain } of graph?.variables.values() ?? []) {
    if (domain?.kind === 'finite') declared.set(name, { levels: domain.levels });
    else if (domain?.kind === 'real') declared.set(name, { real: true, ...(domain.unit !== undefined && { unit: domain.unit }) });
    else if (domain?.kind === 'tensor') declared.set(name, { tensor: domain.shape, ...(domain.range && { range: domain.range }) });
  }
  for (const [name, written] of Object.entries(variables)) {
    const at = `variables.${name}`;
    const { real, unit, tensor, range, cut } = written;
    const kinds = [written.levels && 'levels', tensor && 'tensor', cut && 'cut', real && !cut && 'real'].filter(Boolean);
    if (kinds.length > 1) issues.push({ code: 'conflict', message: `${at} has both ${kinds.join(' and ')}.`, hint: 'Keep one of them.' });
    if (cut?.some((point, i) => i > 0 && !(point > (cut[i - 1] as number))))
      issues.push({ code: 'cut-order', message: `${at}.cut must ascend.` });
    if (range && !tensor) issues.push({ code: 'conflict', message: `${at}.range stands beside "tensor" only.` });
    if (range && !(range[0] < range[1])) issues.push({ code: 'range-order', message: `${at}.range must ascend.` });
    const texts = written.levels?.map((level) => String(level).trim());
    const levels = texts?.every((text) => !Number.isNaN(numberOf(text))) ? texts.map(canonical) : texts;
    const again = levels?.find((level, i) => levels.indexOf(level) !== i);
    if (again !== undefined) issues.push({ code: 'duplicate-level', message: `${at}.levels has “${again}” twice.` });
    declared.set(name, {
      ...(levels && { levels }),
      ...(real !== undefined && { real }),
      ...(unit !== undefined && { unit }),
      ...(tensor && { tensor }),
      ...(range && { range }),
      ...(cut && { cut }),
    });
  }
  return declared;
}

function studySpecs(documents: readonly StudyDocument[], issues: Issue[]): StudySpec[] {
  const taken = new Set<string>();
  return documents.map((document, i) => {
    const { data, name: given, set, environment, count, weight, probability, size, where, columns, missing } = document;
    const base = typeof data === 'string' ? (/([^/\\#?]+?)(?:\.[A-Za-z0-9]+)*(?:#.*)?$/u.exec(data)?.[1] ?? '') : '';
    let name = given ?? (base === '' || base.includes('*') ? `study ${i + 1}` : base);
    if (taken.has(name)) {
      if (given !== undefined)
        issues.push({ code: 'duplicate-study', message: `Two studies are named ${name}.`, hint: 'Give every study its own name.' });
      else name = `${name} ${i + 1}`;
    }
    taken.add(name);
    if (size !== undefined && probability === undefined)
      issues.push({
        code: 'size',
        message: `Study ${name}: "size" stands beside "probability" only.`,
        hint: 'Other studies know their size from their rows.',
      });
    const fixed =
      set && !Array.isArray(set) ? Object.fromEntries(Object.entries(set).map(([key, value]) => [key, String(value).trim()])) : undefined;
    const regime: Regime = {
      set: set === undefined ? [] : Array.isArray(set) ? [...new Set(set)] : Object.keys(set),
      ...(fixed && { fixed }),
      ...(environment !== undefined && { environment }),
    };
    return {
      name,
      regime,
      ...(count !== undefined && { count }),
      ...(weight !== undefined && { weight }),
      ...(probability !== undefined && { probability }),
      ...(size !== undefined && { size }),
      ...(where !== undefined && { where }),
      ...(columns && { columns }),
      ...(missing !== undefined && { missing }),
    };
  });
}

function checkRegime(spec: StudySpec, graph: Graph, issues: Issue[]): void {
  for (const name of spec.regime.set) {
    const node = graph.variables.get(name);
    if (node && node.latent !== true) continue;
    const near = nearest(name, graph.variables.keys());
    issues.push({
      code: 'unknown-variable',
      message: `Study ${spec.name} sets ${name}, which ${node ? 'the graph says is latent' : 'is not in the graph'}.`,
      ...(!node && { hint: near === undefined ? `Add ${name} to the graph.` : `Did you mean “${near}”?` }),
    });
  }
}

/** A declared variable must occur somewhere. */
function checkDeclared(
  variables: Readonly<Record<Name, unknown>>,
  graph: Graph | undefined,
  studies: readonly Summarised[],
  issues: Issue[],
): void {
  if (graph === undefined && studies.length === 0) return;
  const columns = studies.flatMap(({ summary }) => [...summary.columns.map(({ name }) => name), ...summary.ignored]);
  const known = new Set([...(graph?.variables.keys() ?? []), ...columns, ...studies.flatMap(({ spec }) => spec.regime.set)]);
  for (const name of Object.keys(variables)) {
    if (known.has(name)) continue;
    const near = nearest(name, known);
    issues.push({
      code: 'unknown-variable',
      message: `variables.${name}: neither the graph nor a study has ${name}.`,
      ...(near !== undefined && { hint: `Did you mean “${near}”?` }),
    });
  }
}

/** Of counted rows also how many records they stand for. */
function studyNotes({ spec, summary }: Summarised, study: Study): string[] {
  const { set, fixed = {}, environment } = spec.regime;
  const did = set.map((name) => (Object.hasOwn(fixed, name) ? `${name} = ${fixed[name]}` : name)).join(', ');
  const regime = `${did === '' ? 'watched' : `set ${did}`}${environment === undefined ? '' : `, environments by ${environment}`}`;
  const ignored =
    summary.ignored.length === 0
      ? ''
      : `; ignored columns: ${summary.ignored.slice(0, 12).join(', ')}${summary.ignored.length > 12 ? ', …' : ''}`;
  const rows = `${summary.rows} ${summary.rows === 1 ? 'row' : 'rows'}`;
  const size = spec.count === undefined ? rows : `${study.size} ${study.size === 1 ? 'record' : 'records'} in ${rows}`;
  return [`study ${spec.name}: ${size}, ${regime}${ignored}`, ...summary.notes.map((note) => `study ${spec.name}: ${note}`)];
}

function unmeasured(graph: Graph | undefined, studies: readonly Study[], summarised: readonly Summarised[]): string[] {
  if (graph === undefined || studies.length === 0) return [];
  const measured = new Set(studies.flatMap((study) => study.measured));
  return [...graph.variables.values()].flatMap(({ name, latent }) => {
    if (measured.has(name)) return latent ? [`${name} is latent in the graph, but a study measures it`] : [];
    if (latent) return [];
    const like = summarised.flatMap(({ spec, summary }) => {
      const near = nearest(name, summary.ignored);
      return near === undefined ? [] : [`; study ${spec.name} has a column “${near}” (use "columns" to name it)`];
    });
    return [`${name} is measured by no study${like[0] ?? ''}`];
  });
}
