import { type Estimand, variableOf } from '../estimand/estimand.ts';
import { createAxes, regimeKey } from '../estimand/fold.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Identified } from '../identify/rule.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import {
  arranged,
  type NetworkInput,
  type NetworkNode,
  type NetworkPlan,
  type PlannedFactor,
  type SamplingNetwork,
  type Wire,
} from './network.ts';

/** A network whose inputs are still names: other parts may come to produce them. */
interface Fragment {
  readonly nodes: readonly NetworkNode[];
  readonly outputs: ReadonlyMap<Name, Wire>;
}

/** Carries an issue out of the recursion; never leaves this file. */
class Refused extends Error {
  readonly issue: Issue;
  constructor(issue: Issue) {
    super(issue.message);
    this.issue = issue;
  }
}

/**
 * The sampling network of an estimand: ID-GEN as one more interpretation of the derivation that ID made (Rahman, Jordan and
 * Kocaoglu 2024).
 *
 *     measured P(v | w; do(x))   a node that draws v; w and x are inputs         steps 1 and 6, one regime per factor (gID)
 *     product                    nodes of all factors; an input that another     step 4 and MergeNetwork, node by node
 *                                factor produces is wired to the node that does
 *     sum                        the columns are drawn and not shown             steps 1 and 2
 *     condition of a body        the network of the body over a full-support     step 7, and the last step of IDC-GEN
 *                                design gives rows; a new factor is learnt there
 *     place                      inputs renamed, or held at a value
 *
 * Wires never run in a circle: every conditional that identification writes is of one variable given others that come before
 * it in one topological order of the graph, and a wire leads from a variable to one that conditions on it, so along wires the
 * place in that order rises, whichever factors the nodes came from. (Whole factors can need each other in a circle; nodes cannot.)
 * A column summed out inside a factor is a node of its own: no other factor can see it.
 *
 * Issues: `no-sampler` for steps that are no law to draw from (quotients, combinations, values inside a sum).
 */
export function networkOf(identified: Identified, conditioning: NetworkPlan['conditioning'] = 'pillow'): Result<NetworkPlan> {
  try {
    return success(new Compiler().plan(identified, conditioning));
  } catch (error) {
    if (error instanceof Refused) return failure(error.issue);
    throw error;
  }
}

class Compiler {
  private readonly axesOf = createAxes();
  private readonly factors = new Map<string, PlannedFactor>();
  private readonly bodies = new Map<Estimand, SamplingNetwork>();
  private drawn = 0;

  plan(identified: Identified, conditioning: NetworkPlan['conditioning']): NetworkPlan {
    let body = identified.estimand;
    const values: Record<Name, Value> = {};
    // What stands around the law itself: stated values, and the mean that is taken of the draws.
    for (;;) {
      if (body.step === 'mean') body = body.body;
      else if (body.step === 'place' && Object.values(body.at).every((place) => 'value' in place)) {
        for (const [name, place] of Object.entries(body.at)) if ('value' in place) values[name] = place.value;
        body = body.body;
      } else break;
    }
    if (body.step === 'constant')
      throw new Refused({ code: 'no-sampler', message: 'The question is settled without data: there is nothing to draw.' });
    const random = new Set(this.axesOf(body).random);
    const given = new Set(identified.open.filter((axis) => axis.part === 'given').map((axis) => axis.symbol));
    const free = new Set(identified.free);
    const events = Object.fromEntries(Object.entries(values).filter(([name]) => random.has(name)));
    const role = (name: Name): NetworkInput['role'] => (free.has(name) ? 'free' : given.has(name) ? 'given' : 'set');
    const network = this.network(body, (name) => {
      const value = values[name];
      return { name, variable: variableOf(name), role: role(name), ...(value === undefined ? {} : { value }) };
    });
    const { rule, proof, assumes } = identified;
    return { ...network, factors: [...this.factors.values()], events, conditioning, rule, proof, assumes };
  }

  /** The network of one law: all its axes are inputs or outputs, whether or not a node needs them. */
  private network(body: Estimand, inputOf: (name: Name) => NetworkInput): SamplingNetwork {
    const { nodes, outputs } = this.fragment(body);
    const shown = [...outputs].map(([name, wire]) => ({ name, wire }));
    const order = arranged(nodes, shown);
    if (order === undefined)
      throw new Refused({ code: 'no-sampler', message: 'The factors of this formula wait for each other in a circle.' });
    const needed = new Set(order.flatMap((node) => node.wires.flatMap((wire) => ('input' in wire ? [wire.input] : []))));
    const inputs = this.axesOf(body).all.filter((name) => needed.has(name));
    return named({ inputs: inputs.map(inputOf), nodes: order, outputs: shown });
  }

  private fragment(step: Estimand): Fragment {
    switch (step.step) {
      case 'measured': {
        const fixed = step.regime.fixed ?? {};
        const set = step.regime.set.filter((name) => !Object.hasOwn(fixed, name) && !step.given.includes(name));
        const given = [...step.given, ...set];
        return this.draw({
          key: JSON.stringify(['study', step.of, [...given].sort(), regimeKey(step.regime), [...step.studies].sort()]),
          of: step.of,
          given,
          rows: { kind: 'study', studies: step.studies, regime: step.regime, columns: [...step.of, ...given] },
          because: step.because,
        });
      }
      case 'product':
        return merged(step.factors.map((factor) => this.fragment(factor)));
      case 'sum': {
        const { nodes, outputs } = this.fragment(step.body);
        const constant = step.over.find((name) => !outputs.has(name));
        if (constant !== undefined) throw new Refused(notALaw(`it sums over ${constant}, which is not drawn`));
        return { nodes, outputs: new Map([...outputs].filter(([name]) => !step.over.includes(name))) };
      }
      case 'condition': {
        const network = this.body(step.body);
        const inputs = network.inputs.map((input) => input.name);
        const given = [...step.given, ...inputs.filter((name) => !step.given.includes(name))];
        const columns = [...step.of, ...given];
        return this.draw({
          key: JSON.stringify(['generated', step.of, [...given].sort(), this.keyOf(network)]),
          of: step.of,
          given,
          rows: { kind: 'generated', network, columns },
          because: step.because,
        });
      }
      case 'place': {
        const renamed = (name: Name): Name => {
          const place = Object.hasOwn(step.at, name) ? step.at[name] : undefined;
          if (place === undefined) return name;
          if ('symbol' in place) return place.symbol;
          throw new Refused(notALaw(`${name} is held at ${place.value} inside it`));
        };
        const { nodes, outputs } = this.fragment(step.body);
        return {
          nodes: nodes.map((node) => ({
            ...node,
            wires: node.wires.map((wire) => ('input' in wire ? { input: renamed(wire.input) } : wire)),
          })),
          outputs: new Map([...outputs].map(([name, wire]) => [renamed(name), wire])),
        };
      }
      case 'quotient':
        throw new Refused(notALaw('it divides two quantities'));
      case 'mean':
        throw new Refused(notALaw('it takes a mean inside'));
      case 'constant':
        throw new Refused(notALaw('a part of it is a constant'));
      case 'combine':
        throw new Refused(notALaw('it combines several questions'));
    }
  }

  /** The network behind a generated training set, made once for all conditionals of one body. */
  private body(body: Estimand): SamplingNetwork {
    const known = this.bodies.get(body);
    if (known !== undefined) return known;
    const made = this.network(body, (name) => ({ name, variable: variableOf(name), role: 'design' }));
    this.bodies.set(body, made);
    return made;
  }

  private draw(parts: Omit<PlannedFactor, 'id'>): Fragment {
    let factor = this.factors.get(parts.key);
    if (factor === undefined) {
      factor = { id: `f${this.factors.size + 1}`, ...parts };
      this.factors.set(parts.key, factor);
    }
    const id = `n${++this.drawn}`;
    const wires = factor.given.map((name): Wire => ({ input: name }));
    return {
      nodes: [{ id, factor: factor.id, wires }],
      outputs: new Map(factor.of.map((column) => [column, { node: id, column }])),
    };
  }

  /** A network by the keys of its factors and its wiring, whatever its nodes are called. */
  private keyOf({ nodes, outputs }: SamplingNetwork): string {
    const keys = new Map([...this.factors.values()].map((factor) => [factor.id, factor.key]));
    const numbers = new Map(nodes.map((node, i) => [node.id, i]));
    const plain = (wire: Wire): unknown => ('input' in wire ? wire.input : [numbers.get(wire.node), wire.column]);
    return JSON.stringify([
      nodes.map((node) => [keys.get(node.factor), node.wires.map(plain)]),
      outputs.map(({ name, wire }) => [name, plain(wire)]),
    ]);
  }
}

const notALaw = (why: string): Issue => ({
  code: 'no-sampler',
  message: `This formula cannot be drawn from as it stands: ${why}.`,
  hint: 'Ask for the distribution P(... | do(...)) of one world.',
});

/** Nodes called by what they draw; where an input or another node has that name, one that is not shown gets a prime. */
function named({ inputs, nodes, outputs }: SamplingNetwork): SamplingNetwork {
  const shown = new Set(outputs.flatMap(({ wire }) => ('node' in wire ? [wire.node] : [])));
  const taken = new Set(inputs.map((input) => input.name));
  const names = new Map<string, string>();
  const columns = new Map<string, Name[]>();
  const note = (wire: Wire): void => {
    if (!('node' in wire)) return;
    const own = columns.get(wire.node) ?? [];
    if (!own.includes(wire.column)) columns.set(wire.node, [...own, wire.column]);
  };
  for (const { wire } of outputs) note(wire);
  for (const node of nodes) node.wires.forEach(note);
  for (const node of [...nodes.filter(({ id }) => shown.has(id)), ...nodes.filter(({ id }) => !shown.has(id))]) {
    let name = (columns.get(node.id) ?? []).join(',');
    while (taken.has(name)) name += "'";
    taken.add(name);
    names.set(node.id, name);
  }
  const renamed = (wire: Wire): Wire => ('input' in wire ? wire : { ...wire, node: names.get(wire.node) as string });
  return {
    inputs,
    nodes: nodes.map((node) => ({ ...node, id: names.get(node.id) as string, wires: node.wires.map(renamed) })),
    outputs: outputs.map((output) => ({ ...output, wire: renamed(output.wire) })),
  };
}

/** MergeNetwork, node by node: inputs that some part produces are wired to the node that does. */
function merged(parts: readonly Fragment[]): Fragment {
  const outputs = new Map<Name, Wire>();
  for (const part of parts)
    for (const [name, wire] of part.outputs) {
      if (outputs.has(name)) throw new Refused(notALaw(`two factors draw ${name}`));
      outputs.set(name, wire);
    }
  const bind = (wire: Wire): Wire => ('input' in wire ? (outputs.get(wire.input) ?? wire) : wire);
  return { nodes: parts.flatMap((part) => part.nodes.map((node) => ({ ...node, wires: node.wires.map(bind) }))), outputs };
}
