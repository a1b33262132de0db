import type { Builder } from '../estimand/builder.ts';
import type { Estimand, Place } from '../estimand/estimand.ts';
import type { Name } from '../graph/variable.ts';
import type { Query } from '../query/terms.ts';
import type { Identified, OpenAxis, ProofLine } from './rule.ts';
import type { DoForm } from './single-world.ts';

export interface Finished {
  readonly rule: string;
  readonly query: Query;
  readonly form: DoForm;
  readonly builder: Builder;
  /** Over the variables' own names. */
  readonly estimand: Estimand;
  readonly proof: readonly ProofLine[];
  readonly assumes?: readonly string[];
}

/** Puts the stated values in, takes the mean if asked, and lists the axes that stay open and those whose value does not matter. */
export function finish({ rule, query, form, builder, estimand, proof, assumes = [] }: Finished): Identified {
  const at: Record<Name, Place> = {};
  const open: OpenAxis[] = [];
  const known = new Set<Name>();
  for (const [part, values] of [
    ['of', form.outcomes],
    ['given', form.conditions],
    ['set', form.treatments],
  ] as const) {
    for (const [variable, value] of values) {
      known.add(variable);
      if (value !== undefined) at[variable] = { value };
      else open.push({ symbol: variable, variable, part });
    }
  }
  let placed = builder.place(at, estimand);
  const axes = builder.axesOf(placed);
  const free = axes.filter((name) => !known.has(name));
  let left = open.filter((axis) => axes.includes(axis.symbol) || axis.part !== 'set');
  if (query.take === 'mean' && form.settled === undefined) {
    const [outcome] = query.of;
    if (outcome !== undefined && left.some((axis) => axis.part === 'of' && axis.variable === outcome.variable)) {
      placed = builder.mean(outcome.variable, placed);
      left = left.filter((axis) => !(axis.part === 'of' && axis.variable === outcome.variable));
    }
  }
  const settled = form.settled === 'undefined' ? { undefined: true } : {};
  return { verdict: 'identified', rule, estimand: placed, open: left, free, proof, assumes, ...settled };
}
