import type { Name } from '../graph/variable.ts';
import type { Diagnostic } from '../interpret/answer.ts';
import { probability } from './figures.ts';
import { testAssumption } from './interaction.ts';
import { addFunctional } from './pooled.ts';
import { weigh } from './regimes.ts';
import type { AdditivePlan } from './terms.ts';
import type { TestingFit } from './testing.ts';
import { holmOf, type Wald, waldOf } from './wald.ts';
import { writeBlock } from './words.ts';

/**
 * The order test. What setting a block changes (its part when set minus its part when watched) may depend on the arguments of the two only:
 * those that the graph or the declared order leaves. Where there is neither, some order must fit: no block may come before another and
 * after it, which happens where actions share hidden causes (Kekić et al. 2025, lemma 1).
 */
export function orderTest(fit: TestingFit, plan: AdditivePlan): Diagnostic | undefined {
  if (plan.assumption.blocks.length < 2) return undefined;
  return plan.structured === 'none' ? cycleTest(fit, plan) : argumentsTest(fit, plan);
}

function argumentsTest(fit: TestingFit, plan: AdditivePlan): Diagnostic | undefined {
  const { test, restrictions } = testAssumption(fit, plan, 'structure', 'additive');
  if (restrictions.length === 0 || test === undefined) return undefined;
  const source = plan.structured === 'graph' ? 'the graph' : 'the declared order';
  const { p } = test;
  const how = `Wald test of ${test.restrictions} ${test.restrictions === 1 ? 'coefficient' : 'coefficients'}, ${fit.model.basis.name}`;
  const name = 'order';
  if (p >= 0.05)
    return { name, level: 'ok', figure: p, says: `No effect depends on an action that ${source} rules out (${probability(p)}; ${how}).` };
  const [worst] = dependencies(fit, plan, (block) => allowedOf(plan, block)).filter(({ adjusted }) => adjusted < 0.05);
  const { blocks } = plan.assumption;
  return {
    name,
    level: 'warn',
    figure: p,
    says: `${
      worst === undefined
        ? `Effects depend on actions that ${source} rules out`
        : `What setting ${writeBlock(blocks[worst.block] as readonly Name[])} changes depends on ${worst.action}, which ${source} rules out`
    } (${probability(p)}; ${how}): ${source} is wrong, or actions have hidden causes in common. ${
      plan.structured === 'graph' ? 'Ask without the graph' : 'Write commas instead of <'
    }, and the answer does not rest on this.${fit.doubt}`,
  };
}

function cycleTest(fit: TestingFit, plan: AdditivePlan): Diagnostic | undefined {
  const { blocks } = plan.assumption;
  const all = dependencies(fit, plan, (block) => blocks[block] as readonly Name[]);
  if (all.length === 0) return undefined;
  const found = all.filter(({ adjusted }) => adjusted < 0.05);
  const blockOf = (action: Name): number => blocks.findIndex((block) => block.includes(action));
  const both = found.filter(({ block, action }) => reaches(found, blockOf, block, blockOf(action)));
  const name = 'order';
  const [one] = both;
  if (one === undefined)
    return {
      name,
      level: 'ok',
      figure: Math.min(
        1,
        ...all.flatMap((first) =>
          all
            .filter((second) => second.block === blockOf(first.action) && blockOf(second.action) === first.block)
            .map((second) => Math.max(first.adjusted, second.adjusted)),
        ),
      ),
      says: 'Some causal order of the actions fits: nothing shows hidden causes that actions have in common.',
    };
  const p = Math.max(...both.map(({ adjusted }) => adjusted));
  return {
    name,
    level: 'warn',
    figure: p,
    says: `No causal order of the actions fits: what setting ${writeBlock(blocks[one.block] as readonly Name[])} changes depends on ${one.action}, and the other way round (${probability(p)}). Actions may have hidden causes in common, which additivity does not allow.${fit.doubt}`,
  };
}

interface Dependency {
  readonly block: number;
  readonly action: Name;
  readonly test: Wald;
  /** After Holm's correction. */
  readonly adjusted: number;
}

/** Does what setting a block changes depend on an action outside `allowed`? Most telling first. */
function dependencies(fit: TestingFit, plan: AdditivePlan, allowed: (block: number) => readonly Name[]): Dependency[] {
  const { model, actionsOf } = fit;
  const { design } = model;
  const tests: Omit<Dependency, 'adjusted'>[] = [];
  for (const block of plan.assumption.blocks.keys()) {
    const own = plan.assumption.blocks[block] as readonly Name[];
    const column = plan.columns.findIndex((one) => one.block === block && own.every((name) => one.set.includes(name)));
    if (column < 0) continue;
    const found = weigh(
      plan.regimes.map(({ vector }) => vector),
      plan.vector.map((_, at) => (at === column + 1 ? 1 : 0)),
    );
    if (!found.found) continue;
    const weights = found.least.map(({ above, below }) => Number(above) / Number(below));
    const change = design.target({ ...plan, weights });
    if (change === undefined) continue;
    for (const action of plan.actions) {
      if (allowed(block).includes(action)) continue;
      const test = waldOf(
        model,
        actionsOf.flatMap((actions, f) => {
          if (!actions.includes(action)) return [];
          const functional = new Float64Array(design.parameters);
          const unit = new Float64Array(design.features);
          unit[f] = 1;
          addFunctional(change, unit, 1, functional);
          return [functional];
        }),
      );
      if (test !== undefined) tests.push({ block, action, test });
    }
  }
  const adjusted = holmOf(tests.map(({ test }) => test.p));
  return tests
    .map((one, i) => ({ ...one, adjusted: adjusted[i] as number }))
    .sort((a, b) => a.test.p - b.test.p || b.test.statistic - a.test.statistic);
}

/** The actions on which what setting the block changes may depend. */
const allowedOf = (plan: AdditivePlan, block: number): readonly Name[] => [
  ...(plan.arguments[block] as readonly Name[]),
  ...plan.columns.filter((column) => column.block === block).flatMap((column) => column.arguments),
];

/** From dependency to dependency (a block depends on those before it), does `from` come before `to`? */
function reaches(found: readonly Dependency[], blockOf: (action: Name) => number, from: number, to: number): boolean {
  const seen = new Set<number>([from]);
  for (const before of seen) {
    if (before === to) return true;
    for (const { block, action } of found) if (blockOf(action) === before) seen.add(block);
  }
  return false;
}
