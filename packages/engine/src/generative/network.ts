import type { Regime } from '../data/regime.ts';
import type { Because } from '../estimand/estimand.ts';
import { variableOf } from '../estimand/estimand.ts';
import type { Domain, Name, Value } from '../graph/variable.ts';
import type { ProofLine } from '../identify/rule.ts';
import { failure, type Result, success } from '../run/issue.ts';
import type { ColumnType, ConditionalTask } from './terms.ts';

/** Where a value comes from: an input of the network, or a column that one of its nodes drew. */
export type Wire = { readonly input: Name } | { readonly node: string; readonly column: Name };

/**
 * set: an intervened variable; given: a condition; free: its value must not matter (step 3), any supported one will do;
 * design: an input of the network behind a generated training set (step 7), drawn from a law with full support.
 */
export interface NetworkInput {
  readonly name: Name;
  readonly variable: Name;
  readonly role: 'set' | 'given' | 'free' | 'design';
  /** As the question states it. */
  readonly value?: Value;
}

/** One draw from a factor; `wires[i]` feeds `given[i]` of that factor. Several nodes may draw from one factor, each with its own noise. */
export interface NetworkNode {
  readonly id: string;
  readonly factor: string;
  readonly wires: readonly Wire[];
}

/** A directed acyclic network of draws: nodes in an order in which wires lead forward. */
export interface SamplingNetwork {
  readonly inputs: readonly NetworkInput[];
  readonly nodes: readonly NetworkNode[];
  readonly outputs: readonly { readonly name: Name; readonly wire: Wire }[];
}

/** Rows that a factor is learnt from. */
export type TrainingRows =
  /** Rows of these studies (all did what `regime` says), at these columns. */
  | { readonly kind: 'study'; readonly studies: readonly Name[]; readonly regime: Regime; readonly columns: readonly Name[] }
  /** Rows drawn from a network over a full-support design of its inputs (steps 6 and 7, and the last step of IDC-GEN). */
  | { readonly kind: 'generated'; readonly network: SamplingNetwork; readonly columns: readonly Name[] };

/** A conditional law to learn: P(of | given). Names may be primed copies of a variable (see {@link variableOf}). */
export interface PlannedFactor {
  readonly id: string;
  /** Equal for factors that are the same law from the same rows, whatever the plan. */
  readonly key: string;
  readonly of: readonly Name[];
  readonly given: readonly Name[];
  readonly rows: TrainingRows;
  readonly because: Because;
}

/** What must be learnt, in an order in which generated rows come after the factors that draw them, and how the draws are wired. */
export interface NetworkPlan extends SamplingNetwork {
  readonly factors: readonly PlannedFactor[];
  /** Values of outcomes that the question states: the events whose share among the draws it asks for. */
  readonly events: Readonly<Record<Name, Value>>;
  readonly conditioning: 'pillow' | 'predecessors';
  readonly rule: string;
  readonly proof: readonly ProofLine[];
  readonly assumes: readonly string[];
}

export const wireKey = (wire: Wire): string => ('input' in wire ? `input ${wire.input}` : `node ${wire.node} ${wire.column}`);

export function factorOfNode(factors: readonly PlannedFactor[], node: NetworkNode): PlannedFactor {
  const found = factors.find((factor) => factor.id === node.factor);
  if (found === undefined) throw new Error(`The plan has no factor ${node.factor}.`);
  return found;
}

/** The factors that must be learnt before this one: those that draw its rows. */
export const factorsBefore = ({ rows }: PlannedFactor): readonly string[] =>
  rows.kind === 'study' ? [] : [...new Set(rows.network.nodes.map((node) => node.factor))];

/** The factors that can be learnt now, given those that have been. */
export const readyFactors = (plan: NetworkPlan, done: ReadonlySet<string>): readonly PlannedFactor[] =>
  plan.factors.filter((factor) => !done.has(factor.id) && factorsBefore(factor).every((id) => done.has(id)));

/** The studies whose rows taught the factors that take this input: values that occur there are supported. */
export function teachersOf(input: Name, network: SamplingNetwork, factors: readonly PlannedFactor[]): ReadonlySet<Name> {
  const found = new Set<Name>();
  for (const node of network.nodes) {
    const { given, rows } = factorOfNode(factors, node);
    for (const [i, wire] of node.wires.entries()) {
      if (!('input' in wire) || wire.input !== input) continue;
      const own = rows.kind === 'study' ? rows.studies : teachersOf(given[i] as Name, rows.network, factors);
      for (const study of own) found.add(study);
    }
  }
  return found;
}

/** A column type per variable. Issues: `unknown-variable` for one without a domain. */
export function typeOf(
  name: Name,
  domains: ReadonlyMap<Name, Domain>,
  ranges: ReadonlyMap<Name, readonly [number, number]> = new Map(),
): Result<ColumnType> {
  const variable = variableOf(name);
  const domain = domains.get(variable);
  if (domain === undefined) return failure({ code: 'unknown-variable', message: `The domain of ${variable} is not known.` });
  if (domain.kind === 'finite') return success({ kind: 'finite', levels: domain.levels });
  if (domain.kind === 'real') return success({ kind: 'real' });
  return success({ kind: 'tensor', shape: domain.shape, range: ranges.get(variable) ?? domain.range ?? [0, 1] });
}

/** The task of a factor, as a fitter takes it. Issues: `unknown-variable`. */
export function taskOf(factor: Pick<PlannedFactor, 'of' | 'given'>, types: ReadonlyMap<Name, ColumnType>): Result<ConditionalTask> {
  const own = new Map<Name, ColumnType>();
  for (const name of [...factor.of, ...factor.given]) {
    const type = types.get(variableOf(name));
    if (type === undefined) return failure({ code: 'unknown-variable', message: `The type of ${variableOf(name)} is not known.` });
    own.set(name, type);
  }
  return success({ of: factor.of, given: factor.given, types: own });
}

/**
 * The network with only what its outputs need, nodes in an order in which wires lead forward (ties: as they stand);
 * `undefined` where wires run in a circle.
 */
export function arranged(nodes: readonly NetworkNode[], outputs: SamplingNetwork['outputs']): readonly NetworkNode[] | undefined {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const order: NetworkNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (id: string): boolean => {
    const known = state.get(id);
    if (known !== undefined) return known === 'done';
    state.set(id, 'open');
    const node = byId.get(id);
    if (node === undefined) throw new Error(`The network has no node ${id}.`);
    for (const wire of node.wires) if ('node' in wire && !visit(wire.node)) return false;
    state.set(id, 'done');
    order.push(node);
    return true;
  };
  for (const { wire } of outputs) if ('node' in wire && !visit(wire.node)) return undefined;
  return order;
}
