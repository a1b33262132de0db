import { diagnoseEnvironments } from './exchangeable/diagnose.ts';
import type { Discovery } from './exchangeable/discover.ts';
import { discoveryDoubts } from './exchangeable/discovery-doubts.ts';
import type { Environments } from './exchangeable/environments.ts';
import { mechanismsTogether } from './exchangeable/linear-diagnose.ts';
import { type FittedMechanism, fitMechanisms } from './exchangeable/linear-mechanisms.ts';
import { isMixed, type MixedEnvironments } from './exchangeable/mixed-environments.ts';
import { diagnosticsOfReal } from './exchangeable-real-words.ts';
import type { Name } from './graph/variable.ts';
import type { Diagnostic } from './interpret/answer.ts';
import type { Random } from './math/random.ts';

/** Whether environments bear a graph out. */
export interface BorneOut {
  readonly diagnostics: readonly Diagnostic[];
  /** No mechanism varies. */
  readonly constant: boolean;
  /** Pairs of variables, by number, whose mechanisms vary together. */
  readonly together: readonly (readonly [number, number])[];
}

const level = 0.05;
/** What of the checks of answers concerns a graph. */
const ofGraphs = ['variation', 'independent-mechanisms'];

/**
 * The checks of {@link diagnoseEnvironments} for finite variables. Where some are real, those that linear mechanisms have (real variables
 * of any parents, finite ones of finite parents), and which mechanisms are not checked; there is none of symmetric variation.
 */
export function borneOut(
  environments: Environments | MixedEnvironments,
  parents: readonly (readonly number[])[],
  discovery: Discovery | undefined,
  random: Random,
): BorneOut {
  if (!isMixed(environments)) {
    const { diagnostics, constant, together } = diagnoseEnvironments(environments, parents, discovery);
    const broken = together.filter(({ adjusted }) => adjusted < level);
    return { diagnostics, constant, together: broken.map(({ first, second }) => [first.variable, second.variable]) };
  }
  const { names, labels } = environments;
  const fitted: FittedMechanism[] = [];
  const unchecked: { readonly name: Name; readonly why: string }[] = [];
  for (const [v, own] of parents.entries()) {
    const mechanism = new Map([[names[v] as Name, own.map((k) => names[k] as Name)]]);
    const fit = fitMechanisms(environments, mechanism, random, ['diagonal', 'shift', 'fixed']);
    if (fit.ok) fitted.push(...fit.value);
    else unchecked.push({ name: names[v] as Name, why: fit.issues[0]?.message ?? '' });
  }
  const own = fitted.length === 0 ? [] : diagnosticsOfReal(fitted, environments).filter(({ name }) => ofGraphs.includes(name));
  const broken = mechanismsTogether(fitted, labels.length).filter(({ adjusted }) => adjusted < level);
  return {
    diagnostics: [
      ...own,
      ...unchecked.map(
        ({ name, why }): Diagnostic => ({
          name: 'not-checked',
          level: 'warn',
          says: `Whether the mechanism of ${name} varies, or varies with another, was not looked at: ${why}`,
        }),
      ),
      ...discoveryDoubts(environments, discovery),
    ],
    constant: unchecked.length === 0 && own.some(({ name, level: is }) => name === 'variation' && is === 'warn'),
    together: broken.map(({ variables: [a, b] }) => [names.indexOf(a), names.indexOf(b)]),
  };
}
