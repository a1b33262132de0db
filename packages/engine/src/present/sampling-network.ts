import type { Study } from '../data/study.ts';
import type { FactorReport } from '../generative/fit-network.ts';
import {
  factorOfNode,
  type NetworkInput,
  type NetworkPlan,
  type PlannedFactor,
  type SamplingNetwork,
  type Wire,
} from '../generative/network.ts';
import { createGraph, type Edge, type Graph } from '../graph/graph.ts';
import type { Variable } from '../graph/variable.ts';
import { dim, type Rich, type TextOptions, title } from './layout.ts';
import { type GraphSvgOptions, graphSvg } from './svg/graph.ts';

const list = (items: readonly string[], none: string): string => (items.length === 0 ? none : items.join(', '));

/** `P(Y | do(X), Z)`; of a generated training set `P*(Y | X, W)`, since it is no law of the data. */
export function lawText({ of, given, rows }: Pick<PlannedFactor, 'of' | 'given' | 'rows'>): string {
  const set = rows.kind === 'study' ? rows.regime.set : [];
  const fixed = rows.kind === 'study' ? (rows.regime.fixed ?? {}) : {};
  const settings = set.map((name) => (Object.hasOwn(fixed, name) ? `${name}=${fixed[name]}` : name));
  const seen = given.filter((name) => !set.includes(name));
  const behind = [...(settings.length === 0 ? [] : [`do(${settings.join(', ')})`]), ...seen];
  return `P${rows.kind === 'generated' ? '*' : ''}(${of.join(', ')}${behind.length === 0 ? '' : ` | ${behind.join(', ')}`})`;
}

/** Where the rows of a factor come from, in words. */
export function rowsText({ rows }: Pick<PlannedFactor, 'rows'>): string {
  if (rows.kind === 'generated') {
    const factors = [...new Set(rows.network.nodes.map((node) => node.factor))];
    const over = rows.network.inputs.map((input) => input.name);
    return `rows drawn from ${factors.join(', ')}${over.length === 0 ? '' : ` over a full-support design of ${over.join(', ')}`}`;
  }
  const { set, fixed = {} } = rows.regime;
  const did =
    set.length === 0
      ? 'observation'
      : `do(${set.map((name) => (Object.hasOwn(fixed, name) ? `${name}=${fixed[name]}` : name)).join(', ')})`;
  return rows.studies.length === 0 ? did : `${rows.studies.join(' and ')} (${did})`;
}

function inputText({ name, role, value }: NetworkInput): string {
  const at = value === undefined ? '' : ` = ${value}`;
  if (role === 'set') return `${name}${at} (set)`;
  if (role === 'given') return `${name}${at} (given)`;
  return role === 'free' ? `${name} (its value must not matter; drawn from the data)` : `${name} (from the design)`;
}

const wireText = (wire: Wire): string =>
  'input' in wire ? wire.input : wire.node.replace(/'+$/u, '') === wire.column ? wire.node : `${wire.column} of ${wire.node}`;

/** One line per draw: `Y  from f4 at X, W2`. */
function drawLines(network: SamplingNetwork, factors: readonly PlannedFactor[], indent: string): string[] {
  const shown = new Map(
    network.outputs.flatMap(({ name, wire }) => ('node' in wire ? [[`${wire.node} ${wire.column}`, name] as const] : [])),
  );
  const widest = Math.max(0, ...network.nodes.map((node) => node.id.length));
  return network.nodes.map((node, i) => {
    const factor = factorOfNode(factors, node);
    const hidden = factor.of.every((column) => !shown.has(`${node.id} ${column}`));
    const at = node.wires.length === 0 ? '' : ` at ${node.wires.map(wireText).join(', ')}`;
    return `${indent}${String(i + 1).padStart(2)}. ${node.id.padEnd(widest)}  from ${node.factor}${at}${hidden ? ' (not shown)' : ''}`;
  });
}

/**
 * The plan of a sampling network line by line: its inputs, every factor with study, regime and columns (or the draws that it is
 * learnt from), and the draws in order. `reports`: what fitting said of each factor; `studies`: see {@link learntFromText}.
 */
export function samplingNetworkLines(
  plan: NetworkPlan,
  reports: readonly FactorReport[] = [],
  studies: readonly SizedStudy[] = [],
): readonly Rich[] {
  const lines: Rich[] = [
    title('Inputs'),
    ...(plan.inputs.length === 0 ? ['  none'] : plan.inputs.map((input) => `  ${inputText(input)}`)),
    title('Factors'),
  ];
  const [widest, longest] = [lawText, rowsText].map((text) => Math.max(0, ...plan.factors.map((factor) => text(factor).length))) as [
    number,
    number,
  ];
  for (const factor of plan.factors) {
    const report = reports.find((one) => one.factor.id === factor.id);
    lines.push([
      `  ${factor.id.padEnd(3)} ${lawText(factor).padEnd(widest)}  ${rowsText(factor).padEnd(longest)}  `,
      dim(`columns ${factor.rows.columns.join(', ')}`),
    ]);
    if (factor.rows.kind === 'generated')
      for (const line of drawLines(factor.rows.network, plan.factors, '        ')) lines.push(dim(line));
    if (report !== undefined) lines.push(dim(`      ${reportText(report, studies)}`));
  }
  lines.push(title('Draws'), ...drawLines(plan, plan.factors, '  '));
  const events = Object.entries(plan.events).map(([name, value]) => `${name} = ${value}`);
  lines.push(
    `  shown: ${list([...plan.outputs.map(({ name }) => name)], 'nothing')}${events.length === 0 ? '' : `; asked: how often ${events.join(', ')}`}`,
  );
  return lines;
}

/** {@link samplingNetworkLines} as text; lines are not broken. */
export function samplingNetworkText(
  plan: NetworkPlan,
  options: TextOptions = {},
  reports: readonly FactorReport[] = [],
  studies: readonly SizedStudy[] = [],
): string {
  const paint = options.paint ?? ((_, text) => text);
  const text = (rich: Rich): string => {
    if (typeof rich === 'string') return rich;
    return (Array.isArray(rich) ? rich : [rich])
      .map((piece) => (typeof piece === 'string' ? piece : paint(piece.tone, piece.text)))
      .join('');
  };
  return samplingNetworkLines(plan, reports, studies)
    .map((line) => text(line).trimEnd())
    .join('\n');
}

export type SizedStudy = Pick<Study, 'name' | 'size'>;

/**
 * `4000 records`, `4000 records (8 different rows)` where rows are counted, `exact probabilities` or `20000 generated rows`: what a factor was
 * learnt from. `studies`: those of the problem; of one that is not among them only rows are told.
 */
export function learntFromText({ factor, rows }: Pick<FactorReport, 'factor' | 'rows'>, studies: readonly SizedStudy[]): string {
  const from = factor.rows;
  if (from.kind === 'generated') return `${rows} generated rows`;
  const own = studies.filter(({ name }) => from.studies.includes(name));
  if (own.length < from.studies.length) return `${rows} rows`;
  const size = own.reduce((sum, study) => sum + study.size, 0);
  if (!Number.isFinite(size)) return 'exact probabilities';
  return size === rows ? `${rows} records` : `${Math.round(size)} records (${rows} different rows)`;
}

function reportText(report: FactorReport, studies: readonly SizedStudy[]): string {
  const { kind, reused, monteCarloError, unsupported } = report;
  if (reused === true) return `${kind}, as it was`;
  const error = monteCarloError === undefined ? '' : `, Monte-Carlo error of a probability up to ${monteCarloError.toPrecision(2)}`;
  const guessed = unsupported === undefined || unsupported === 0 ? '' : `, ${unsupported} of them at conditions without data`;
  return `${kind}, learnt from ${learntFromText(report, studies)}${error}${guessed}`;
}

/**
 * The network as a graph: inputs (set ones as exposures, conditions as adjusted), draws with their factor, outputs as outcomes. A generated training
 * set is a dashed box below the draws that fill it and above the draws that are learnt from it.
 */
export function samplingNetworkGraph(plan: NetworkPlan): Graph {
  const variables: Variable[] = [];
  const arrows: Edge[] = [];
  const add = (network: SamplingNetwork, within: string): void => {
    const nameOf = (id: string, factor: string): string => `${id} ~ ${factor}${within}`;
    const inputOf = ({ name, role, value }: NetworkInput): string =>
      `${name}${value === undefined ? '' : ` = ${value}`}${role === 'free' ? ' (free)' : role === 'design' ? ' (design)' : ''}${within}`;
    const inputs = new Map(network.inputs.map((input) => [input.name, inputOf(input)]));
    const nodes = new Map(network.nodes.map((node) => [node.id, nameOf(node.id, node.factor)]));
    for (const input of network.inputs) {
      const role = input.role === 'set' ? 'exposure' : input.role === 'given' ? 'adjusted' : undefined;
      variables.push({ name: inputOf(input), ...(role === undefined ? {} : { role }) });
    }
    const shown = new Set(network.outputs.flatMap(({ wire }) => ('node' in wire ? [wire.node] : [])));
    for (const node of network.nodes) {
      const own = nodes.get(node.id) as string;
      variables.push({ name: own, ...(within === '' && shown.has(node.id) ? { role: 'outcome' as const } : {}) });
      for (const wire of node.wires) arrows.push([('input' in wire ? inputs.get(wire.input) : nodes.get(wire.node)) as string, own]);
      const { rows } = factorOfNode(plan.factors, node);
      if (rows.kind === 'generated') arrows.push([rowsName(node.factor), own]);
    }
  };
  for (const factor of plan.factors) {
    const { rows } = factor;
    if (rows.kind !== 'generated') continue;
    const name = rowsName(factor.id);
    const within = ` (for ${factor.id})`;
    add(rows.network, within);
    variables.push({ name, latent: true });
    for (const { wire } of rows.network.outputs)
      if ('node' in wire) {
        const node = rows.network.nodes.find((one) => one.id === wire.node);
        arrows.push([`${wire.node} ~ ${node?.factor}${within}`, name]);
      }
    for (const input of rows.network.inputs) arrows.push([`${input.name} (design)${within}`, name]);
  }
  add(plan, '');
  const made = createGraph({ variables, arrows, arcs: [] });
  if (!made.ok) throw new Error(made.issues.map((issue) => issue.message).join(' '));
  return made.value;
}

const rowsName = (factor: string): string => `rows for ${factor}`;

/** {@link samplingNetworkGraph} as a standalone SVG. */
export const samplingNetworkSvg = (plan: NetworkPlan, options: GraphSvgOptions = {}): string =>
  graphSvg(samplingNetworkGraph(plan), { title: 'Sampling network', ...options });
