import type { Estimand } from '../estimand/estimand.ts';
import { separated } from '../graph/separation.ts';
import type { Name, Value } from '../graph/variable.ts';
import { identifyJoint, type JointContext, type JointResult } from './gid.ts';
import type { ProofLine } from './rule.ts';

export interface ConditionalParts {
  readonly outcomes: readonly Name[];
  readonly treatments: readonly Name[];
  readonly conditions: readonly Name[];
}

/** The query after the loop of {@link exchange}: which conditions became treatments. */
export interface Exchanged extends ConditionalParts {
  readonly moved: readonly Name[];
  readonly proof: readonly ProofLine[];
}

/** IDC lines 1-2: while rule 2 of do-calculus turns a condition into a treatment, do it; the loop is exhausted before ID is called. */
export function exchange(parts: ConditionalParts, base: JointContext['base']): Exchanged {
  const treatments = [...parts.treatments];
  let conditions = [...parts.conditions];
  const moved: Name[] = [];
  const proof: ProofLine[] = [];
  for (let i = 0; i < conditions.length; ) {
    const candidate = conditions[i] as Name;
    const others = conditions.filter((name) => name !== candidate);
    if (separated(base, parts.outcomes, [candidate], [...treatments, ...others], { cutInto: treatments, cutOutOf: [candidate] })) {
      treatments.push(candidate);
      moved.push(candidate);
      conditions = others;
      const says = `Seeing ${candidate} is as good as setting it: ${parts.outcomes.join(', ')} is separated from ${candidate}${treatments.length + others.length > 1 ? ` given ${[...treatments.filter((t) => t !== candidate), ...others].join(', ')}` : ''} once its outgoing arrows are cut.`;
      proof.push({
        theorem: 'rule 2 of do-calculus',
        source: 'Shpitser and Pearl 2006b, Figure 6',
        line: 'IDC line 1',
        sets: { moved: [candidate] },
        depth: 0,
        says,
      });
      i = 0;
    } else i += 1;
  }
  return { outcomes: parts.outcomes, treatments, conditions, moved, proof };
}

/** P(outcomes | do(treatments), conditions): IDC with gID in the place of ID. */
export function identifyConditional(
  parts: ConditionalParts,
  context: JointContext,
  constants: ReadonlyMap<Name, Value> = new Map(),
): JointResult & { readonly exchanged: Exchanged } {
  const exchanged = exchange(parts, context.base);
  const joint = identifyJoint([...exchanged.outcomes, ...exchanged.conditions], exchanged.treatments, context, constants);
  if (!joint.ok) return { ...joint, proof: [...exchanged.proof, ...joint.proof], exchanged };
  const because = {
    theorem: 'definition of a conditional',
    source: 'Shpitser and Pearl 2006b, Figure 6',
    line: 'IDC line 3',
    sets: { conditions: exchanged.conditions },
  };
  let estimand: Estimand = joint.estimand;
  const proof = [...exchanged.proof, ...joint.proof];
  if (exchanged.conditions.length > 0) {
    estimand = context.builder.condition(exchanged.outcomes, exchanged.conditions, joint.estimand, because);
    proof.push({ ...because, depth: 0, says: `Divide by the same summed over ${exchanged.outcomes.join(', ')}.` });
  }
  return { ok: true, estimand, proof, exchanged };
}
