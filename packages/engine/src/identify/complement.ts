import type { Because } from '../estimand/estimand.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Term } from '../query/terms.ts';
import { joint } from './counterfactual-factors.ts';
import type { JointContext } from './gid.ts';
import { measuredRule } from './measured.ts';
import { type Outcome, type Success, settled } from './outcome.ts';
import type { ProofLine } from './rule.ts';

const complement: Because = {
  theorem: 'complement over the levels of one event',
  source: 'law of total probability',
  line: 'not part of ID*',
};

/** {@link complemented} with as few nested complements as possible. */
export function withComplements(terms: readonly Term[], context: JointContext, levels: ReadonlyMap<Name, readonly Value[]>): Outcome {
  let outcome = joint(terms, context);
  const open = terms.filter((term) => term.value === undefined);
  if (open.length > 1 || terms.some((term) => term.world.some((setting) => setting.value === undefined))) return outcome;
  for (let depth = 1; depth <= Math.min(terms.length, 3) && !outcome.ok; depth++)
    outcome = complemented(terms, new Set(), depth, context, levels);
  return outcome;
}

/** P(terms) directly, or as P(without one event) minus the same with each other level of that event, at most `depth` times over. */
function complemented(
  terms: readonly Term[],
  done: ReadonlySet<Term>,
  depth: number,
  context: JointContext,
  levels: ReadonlyMap<Name, readonly Value[]>,
): Outcome {
  const { builder } = context;
  const measured = measuredRule.identify({ take: 'probability', of: terms, given: [] }, context.base, context.catalogue, { levels });
  if (measured.verdict === 'identified')
    return { ok: true, estimand: builder.intern(measured.estimand), proof: measured.proof, assumes: [], open: measured.open };
  // A factor that is smaller than the whole is complemented by itself.
  const direct = joint(
    terms,
    context,
    depth === 0
      ? undefined
      : (events) => (events.length < terms.length ? complemented(events, new Set(), depth, context, levels) : joint(events, context)),
  );
  if (direct.ok || depth === 0) return direct;
  for (const term of terms) {
    const all = levels.get(term.variable);
    if (done.has(term) || term.value === undefined || all === undefined || all.length > 4) continue;
    const rest = terms.filter((other) => other !== term);
    const whole =
      rest.length === 0 ? settled(builder, 1, 'Nothing is left to be asked.') : complemented(rest, new Set(), depth - 1, context, levels);
    if (!whole.ok) continue;
    const parts: Success[] = [];
    for (const value of all) {
      if (value === term.value) continue;
      const other = { ...term, value };
      const part = complemented([...rest, other], new Set([...done, term, other]), depth - 1, context, levels);
      if (!part.ok) break;
      parts.push(part);
    }
    if (parts.length < all.length - 1) continue;
    const estimand = builder.combine([{ weight: 1, of: whole.estimand }, ...parts.map((part) => ({ weight: -1, of: part.estimand }))]);
    const others = all.filter((value) => value !== term.value).join(', ');
    const says = `${term.variable} = ${term.value} is what is left when every other level of ${term.variable} (${others}) is taken away. This goes beyond ID*: it holds because the levels are known.`;
    const line: ProofLine = { ...complement, depth: 0, says, sets: { event: [term.variable] } };
    const assumes = `${term.variable} has exactly the levels ${all.join(', ')} (used by the complement rule)`;
    const pieces = rest.length === 0 ? parts : [whole, ...parts];
    return {
      ...whole,
      estimand,
      proof: [line, ...pieces.flatMap((piece) => piece.proof)],
      assumes: [...new Set([assumes, ...pieces.flatMap((piece) => piece.assumes)])],
      open: pieces.find((piece) => piece.open.length > 0)?.open ?? [],
    };
  }
  return direct;
}
