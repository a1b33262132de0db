import { modelOf as structural } from '../../src/bounds/exact-model.ts';
import type { Form, ModelPoint, Network, Target } from '../../src/bounds/programme.ts';
import type { BoundsProblem, Structure } from '../../src/bounds/specification.ts';
import { structureOf } from '../../src/bounds/structure.ts';
import { tally } from '../../src/data/accumulate.ts';
import { countsStudy } from '../../src/data/records.ts';
import type { Regime } from '../../src/data/regime.ts';
import type { Study } from '../../src/data/study.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Domain, Name, Value } from '../../src/graph/variable.ts';
import { isTooLarge } from '../../src/math/factor.ts';
import type { Random } from '../../src/math/random.ts';
import { exactCounterfactual, isTable } from '../../src/model/counterfactual.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import { cardinality, type DiscreteModel, levelsOf, mechanismOf } from '../../src/model/mechanism.ts';
import { compileQuestion } from '../../src/query/bind.ts';
import type { Question, Term } from '../../src/query/terms.ts';
import type { Result } from '../../src/run/issue.ts';

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.issues.map(({ code, message }) => `${code}: ${message}`).join('; '));
  return result.value;
}

export const finite = (levels: readonly Value[]): Domain => ({ kind: 'finite', levels });

/** A study from a table of records: row-major weights over `axes`. */
export function studyOf(
  name: string,
  axes: readonly Name[],
  levels: readonly (readonly Value[])[],
  values: ArrayLike<number>,
  regime: Regime = { set: [] },
  exact = true,
): Study {
  const sizes = levels.map((list) => list.length);
  const columns = axes.map((_, axis) => {
    const inner = sizes.slice(axis + 1).reduce((product, size) => product * size, 1);
    return Int32Array.from({ length: values.length }, (_, cell) => Math.floor(cell / inner) % (sizes[axis] as number));
  });
  const counts = tally({ axes, levels, codes: columns, length: values.length, weight: Float64Array.from(values), exact });
  return { ...countsStudy(name, counts, regime), fingerprint: name };
}

/** What a study of a model would show with an infinite sample: randomised variables take every value equally often. */
export function exactStudy(
  model: DiscreteModel,
  name: string,
  measured: readonly Name[],
  set: readonly Name[] = [],
  fixed: Readonly<Record<Name, Value>> = {},
): Study {
  const of = measured.filter((one) => !set.includes(one));
  const found = exactDistribution(model, { of, set });
  if (isTooLarge(found)) throw new Error('too large');
  const held = set.filter((one) => Object.hasOwn(fixed, one));
  const arms = set.reduce((product, one) => product * cardinality(model, one), 1);
  const sizes = found.sizes;
  const values = found.values.map((value, cell) => {
    const inArm = held.every((one) => {
      const axis = found.axes.indexOf(one);
      const inner = sizes.slice(axis + 1).reduce((product, size) => product * size, 1);
      return Math.floor(cell / inner) % (sizes[axis] as number) === levelsOf(model, one).indexOf(fixed[one] as Value);
    });
    return inArm ? value / arms : 0;
  });
  const regime = held.length > 0 ? { set, fixed } : { set };
  return studyOf(
    name,
    found.axes,
    found.axes.map((axis) => levelsOf(model, axis)),
    values,
    regime,
  );
}

/** A finite sample of an exact study. */
export async function sampled(study: Study, size: number, random: Random): Promise<Study> {
  const { axes, levels, codes, weight, total } = await study.counts(study.measured);
  const drawn = random.multinomial(
    size,
    weight.map((value) => value / total),
  );
  const strides = axes.map((_, axis) => levels.slice(axis + 1).reduce((product, { length }) => product * length, 1));
  const values = new Float64Array(levels.reduce((product, { length }) => product * length, 1));
  for (const [cell, count] of drawn.entries())
    values[strides.reduce((place, stride, axis) => place + stride * (codes[cell * axes.length + axis] as number), 0)] = count;
  return studyOf(study.name, axes, levels, values, study.regime, false);
}

/**
 * The response distribution of a fully known model as a point of the structure, by brute force: every joint choice of the
 * response functions that matter to a block, every digit by following the mechanisms with the endogenous parents held.
 */
export function pointOf(structure: Structure, model: DiscreteModel): ModelPoint {
  return structure.blocks.map((block) => {
    const involved = new Set<Name>();
    const visit = (name: Name): void => {
      if (involved.has(name)) return;
      involved.add(name);
      for (const input of mechanismOf(model, name).inputs) if (!structure.children.has(input)) visit(input);
    };
    for (const child of block.children) visit(child);
    const names = [...involved];
    const choice = new Map<Name, number>();
    const evaluate = (name: Name, held: ReadonlyMap<Name, number>): number => {
      const mechanism = mechanismOf(model, name);
      const { response } = mechanism;
      if (response === undefined) throw new Error('no responses');
      let cell = 0;
      for (const input of mechanism.inputs) {
        const value = held.get(input) ?? evaluate(input, held);
        cell = cell * cardinality(model, input) + value;
      }
      const cells = response.outputs.length / response.weights.length;
      return response.outputs[(choice.get(name) as number) * cells + cell] as number;
    };
    const masses = new Map<string, { weight: number; values: number[] }>();
    const recurse = (i: number, weight: number): void => {
      const name = names[i];
      if (name === undefined) {
        const values = block.digits.map(({ variable, parents, context }) =>
          evaluate(variable, new Map(parents.map((parent, k) => [parent, levelsOf(model, parent).indexOf(context[k] as Value)]))),
        );
        const key = values.join();
        const known = masses.get(key);
        if (known === undefined) masses.set(key, { weight, values });
        else known.weight += weight;
        return;
      }
      const weights = mechanismOf(model, name).response?.weights ?? [];
      for (let k = 0; k < weights.length; k++) {
        choice.set(name, k);
        recurse(i + 1, weight * (weights[k] as number));
      }
    };
    recurse(0, 1);
    return { groups: [{ digits: block.digits.map((_, digit) => digit), support: [...masses.values()] }] };
  });
}

/** A random point: `support` random units per group, forbidden conjunctions avoided by drawing again. */
export function randomPoint(structure: Pick<Structure, 'blocks'>, random: Random, support = 5): ModelPoint {
  return structure.blocks.map(({ digits, groups, forbidden }) => ({
    groups: (groups ?? [digits.map((_, digit) => digit)]).map((own) => {
      const weights = random.dirichlet(new Float64Array(support).fill(1));
      return {
        digits: own,
        support: [...weights].map((weight) => {
          for (;;) {
            const values = own.map((digit) => random.integer(digits[digit]?.levels.length ?? 1));
            if (!forbidden.some((literals) => literals.every(({ digit, value }) => values[own.indexOf(digit)] === value)))
              return { weight, values };
          }
        }),
      };
    }),
  }));
}

/** The expectation of a form, unit by unit. */
export function expectation(form: Form, block: number, point: ModelPoint): number {
  let units: { weight: number; values: Map<number, number> }[] = [{ weight: 1, values: new Map() }];
  for (const { digits, support } of point[block]?.groups ?? [])
    units = units.flatMap((unit) =>
      support.map(({ weight, values }) => ({
        weight: unit.weight * weight,
        values: new Map([...unit.values, ...digits.map((digit, i) => [digit, values[i] as number] as const)]),
      })),
    );
  let sum = 0;
  for (const { weight, values } of units)
    for (const { coefficient, literals } of form)
      if (literals.every(({ digit, value }) => (values.get(digit) ?? 0) === value)) sum += weight * coefficient;
  return sum;
}

/** The number of a target at a point, by summing over every assignment of every axis. */
export function evaluate(target: Target, point: ModelPoint): number {
  const sum = (networks: readonly Network[]): number => networks.reduce((total, network) => total + networkAt(network, point), 0);
  return sum(target.numerator) / (target.denominator === undefined ? 1 : sum(target.denominator));
}

function networkAt({ weight, tables }: Network, point: ModelPoint): number {
  const sizes = new Map<string, number>();
  for (const table of tables) for (const [i, axis] of table.axes.entries()) sizes.set(axis, table.sizes[i] as number);
  const numbers = tables.map(({ block, cells }) =>
    cells.map((literals) => (literals === null ? 0 : expectation([{ coefficient: 1, literals }], block, point))),
  );
  const axes = [...sizes.keys()];
  const at = new Map<string, number>();
  const recurse = (i: number): number => {
    const axis = axes[i];
    if (axis === undefined)
      return tables.reduce((product, table, k) => {
        const cell = table.axes.reduce((place, name, j) => place * (table.sizes[j] as number) + (at.get(name) as number), 0);
        return product * (numbers[k]?.[cell] as number);
      }, 1);
    let total = 0;
    for (let value = 0; value < (sizes.get(axis) as number); value++) {
      at.set(axis, value);
      total += recurse(i + 1);
    }
    return total;
  };
  return weight * recurse(0);
}

/** The exact answer of a model to a question whose terms have values (means over numbered levels). */
export function exactAnswer(model: DiscreteModel, question: Question): number {
  return question.parts.reduce((sum, { weight, query }) => {
    const probability = (of: readonly Term[]): number => {
      const found = exactCounterfactual(model, of, query.given);
      if (!isTable(found) || found.values.length !== 1) throw new Error('no number');
      return found.values[0] as number;
    };
    if (query.take === 'probability') return sum + weight * probability(query.of);
    const [outcome] = query.of as readonly [Term];
    return (
      sum +
      weight * levelsOf(model, outcome.variable).reduce((mean, value) => mean + Number(value) * probability([{ ...outcome, value }]), 0)
    );
  }, 0);
}

export const asked = (text: string, problem: Pick<BoundsProblem, 'graph' | 'domains'>): Question =>
  must(compileQuestion(text, { domains: problem.domains, ...(problem.graph && { graph: problem.graph }) }));

export const domainsOf = (model: DiscreteModel): Map<Name, Domain> =>
  new Map([...model.levels].filter(([name]) => model.observed.includes(name)).map(([name, levels]) => [name, finite(levels)]));

export function plainStructure(graph: Graph, model: DiscreteModel, studies: readonly Study[] = [], names: readonly Name[] = []): Structure {
  return must(structureOf({ graph, domains: domainsOf(model), studies }, names));
}

export { structural };
