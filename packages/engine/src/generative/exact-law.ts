import type { Name } from '../graph/variable.ts';
import { sumProduct } from '../math/eliminate.ts';
import { condition, type Factor, isTooLarge, rename, sizesOf, type TooLarge } from '../math/factor.ts';
import {
  factorOfNode,
  type NetworkInput,
  type NetworkPlan,
  type PlannedFactor,
  type SamplingNetwork,
  type TrainingRows,
  type Wire,
  wireKey,
} from './network.ts';

type StudyRows = Extract<TrainingRows, { kind: 'study' }>;

export interface ExactTables {
  /** P(of | given) as the rows would show it without error: axes `of` and `given`, in any order. */
  readonly tableOf: (rows: StudyRows, factor: PlannedFactor) => Factor | TooLarge;
  /** Probabilities (all positive) of the levels of a design input; default: all alike. */
  readonly designOf?: (input: NetworkInput, size: number) => Float64Array;
  /** Largest table, in cells (default 2^24). */
  readonly limit?: number;
}

/**
 * The law of the network with a table in the place of every factor, without sampling: P(outputs | inputs), axes the names of
 * the outputs, then of the inputs. A generated training set is the exact law of its network under the design, and the factor
 * learnt there its exact conditional (NaN where the condition has probability 0). The oracle for everything that is fitted.
 */
export function exactLaw(plan: NetworkPlan, tables: ExactTables): Factor | TooLarge {
  const known = new Map<string, Factor>();
  const joints = new Map<SamplingNetwork, Factor>();
  const { limit } = tables;
  const options = limit === undefined ? {} : { limit };
  for (const factor of plan.factors) {
    const { rows } = factor;
    if (rows.kind === 'study') {
      const table = tables.tableOf(rows, factor);
      if (isTooLarge(table)) return table;
      known.set(factor.id, table);
      continue;
    }
    let joint = joints.get(rows.network);
    if (joint === undefined) {
      const law = lawOf(rows.network, plan.factors, known, options);
      if (isTooLarge(law)) return law;
      joint = designed(law, rows.network.inputs, tables.designOf ?? ((_, size) => new Float64Array(size).fill(1 / size)));
      joints.set(rows.network, joint);
    }
    known.set(factor.id, condition(joint, factor.of, factor.given));
  }
  return lawOf(plan, plan.factors, known, options);
}

function lawOf(
  network: SamplingNetwork,
  factors: readonly PlannedFactor[],
  known: ReadonlyMap<string, Factor>,
  options: { readonly limit?: number },
): Factor | TooLarge {
  const drawn = network.nodes.map((node) => {
    const { of, given } = factorOfNode(factors, node);
    const names: Record<Name, string> = {};
    for (const column of of) names[column] = wireKey({ node: node.id, column });
    given.forEach((name, i) => {
      names[name] = wireKey(node.wires[i] as Wire);
    });
    return rename(known.get(node.factor) as Factor, names);
  });
  const outputs = network.outputs.map(({ wire }) => wireKey(wire));
  const inputs = network.inputs.map(({ name }) => wireKey({ input: name }));
  const law = sumProduct(drawn, [...outputs, ...inputs], sizesOf(drawn), options);
  if (isTooLarge(law)) return law;
  return { ...law, axes: [...network.outputs.map(({ name }) => name), ...network.inputs.map(({ name }) => name)] };
}

/** Times the probabilities of the design. */
function designed(law: Factor, inputs: readonly NetworkInput[], designOf: NonNullable<ExactTables['designOf']>): Factor {
  const weights = inputs.map((input): Factor => {
    const size = law.sizes[law.axes.indexOf(input.name)] as number;
    return { axes: [input.name], sizes: [size], values: designOf(input, size) };
  });
  const joint = sumProduct([law, ...weights], law.axes, sizesOf([law]), { limit: law.values.length });
  if (isTooLarge(joint)) throw new Error('A product over the axes of a table is no larger than the table.');
  return joint;
}
