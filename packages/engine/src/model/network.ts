import type { Graph } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Factor } from '../math/factor.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { type DiscreteModel, type Mechanism, numberedLevels } from './mechanism.ts';

/** One node of a Bayesian network. */
export interface NetworkNode {
  readonly variable: Name;
  readonly levels: readonly Value[];
  readonly parents: readonly Name[];
  /** P(variable | parents), row-major: parents in order, the variable last and fastest. */
  readonly probabilities: ArrayLike<number>;
  readonly latent?: boolean;
}

/**
 * A model from the conditional tables of a Bayesian network, nodes in any order. Rows within 1e-4 of summing to one are
 * rescaled (published networks are rounded). It answers seeing and doing; across worlds only where one copy of each variable
 * suffices, since a conditional table does not say what a variable would be for two values of its parents at once.
 * Issues: `duplicate-variable`, `unknown-variable`, `cycle`, `wrong-size`, `not-a-distribution`.
 */
export function modelFromNetwork(nodes: readonly NetworkNode[]): Result<DiscreteModel> {
  const issues: Issue[] = [];
  const byName = new Map<Name, NetworkNode>();
  for (const node of nodes) {
    if (byName.has(node.variable)) issues.push({ code: 'duplicate-variable', message: `${node.variable} is defined twice.` });
    byName.set(node.variable, node);
  }
  for (const node of nodes)
    for (const parent of node.parents)
      if (!byName.has(parent))
        issues.push({ code: 'unknown-variable', message: `${node.variable} has the parent ${parent}, which is not defined.` });
  if (issues.length > 0) return failure(...issues);
  const mechanisms = new Map<Name, Mechanism>();
  const waiting = new Map([...byName].map(([name, node]) => [name, new Set(node.parents).size]));
  const children = new Map<Name, Name[]>();
  for (const node of nodes)
    for (const parent of new Set(node.parents)) children.set(parent, [...(children.get(parent) ?? []), node.variable]);
  const ready = nodes.filter((node) => waiting.get(node.variable) === 0).map((node) => node.variable);
  for (let i = 0; i < ready.length; i++) {
    const node = byName.get(ready[i] as Name) as NetworkNode;
    const sizes = [...node.parents, node.variable].map((name) => (byName.get(name) as NetworkNode).levels.length);
    const cells = sizes.reduce((product, size) => product * size, 1);
    if (cells !== node.probabilities.length)
      issues.push({ code: 'wrong-size', message: `${node.variable} needs ${cells} probabilities and has ${node.probabilities.length}.` });
    else {
      const values = rescaled(node, issues);
      mechanisms.set(node.variable, {
        variable: node.variable,
        inputs: node.parents,
        table: { axes: [...node.parents, node.variable], sizes, values },
      });
    }
    for (const child of children.get(node.variable) ?? []) {
      const left = (waiting.get(child) as number) - 1;
      waiting.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  if (ready.length < byName.size) {
    const stuck = [...byName.keys()].filter((name) => !ready.includes(name));
    issues.push({ code: 'cycle', message: `The network has a cycle among ${stuck.join(', ')}.` });
  }
  if (issues.length > 0) return failure(...issues);
  return success({
    mechanisms,
    levels: new Map(nodes.map((node) => [node.variable, node.levels])),
    observed: nodes.filter((node) => node.latent !== true).map((node) => node.variable),
  });
}

/** A model from a graph with finite domains and a table per variable (axes: parents in any order, then the variable), as BIF files give them. */
export function fromNetwork(network: { readonly graph: Graph; readonly tables: ReadonlyMap<Name, Factor> }): Result<DiscreteModel> {
  const nodes: NetworkNode[] = [];
  const issues: Issue[] = [];
  for (const variable of network.graph.variables.values()) {
    const table = network.tables.get(variable.name);
    if (table === undefined || table.axes.at(-1) !== variable.name)
      issues.push({ code: 'no-table', message: `${variable.name} has no table with ${variable.name} as its last axis.` });
    else {
      const levels = variable.domain?.kind === 'finite' ? variable.domain.levels : numberedLevels(table.sizes.at(-1) as number);
      const latent = variable.latent === true;
      nodes.push({ variable: variable.name, levels, parents: table.axes.slice(0, -1), probabilities: table.values, latent });
    }
  }
  return issues.length > 0 ? failure(...issues) : modelFromNetwork(nodes);
}

function rescaled(node: NetworkNode, issues: Issue[]): Float64Array {
  const values = Float64Array.from(node.probabilities);
  const size = node.levels.length;
  for (let at = 0; at < values.length; at += size) {
    const row = values.subarray(at, at + size);
    const sum = row.reduce((total, value) => total + value, 0);
    if (row.some((value) => !(value >= 0)) || !(Math.abs(sum - 1) <= 1e-4)) {
      issues.push({ code: 'not-a-distribution', message: `Row ${at / size + 1} of ${node.variable} sums to ${sum}: [${row.join(', ')}].` });
      break;
    }
    for (let i = 0; i < size; i++) row[i] = (row[i] as number) / sum;
  }
  return values;
}
