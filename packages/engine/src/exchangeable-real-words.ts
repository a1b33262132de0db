import { featureNames } from './exchangeable/linear-design.ts';
import { mechanismsTogether, mechanismVariation } from './exchangeable/linear-diagnose.ts';
import type { LinearKind } from './exchangeable/linear-fit.ts';
import type { FittedMechanism } from './exchangeable/linear-mechanisms.ts';
import type { MixedEnvironments } from './exchangeable/mixed-environments.ts';
import type { DerivationLine, Diagnostic, EnvironmentReport } from './interpret/answer.ts';
import { writeName } from './query/lex.ts';

const figure = (value: number): string => String(Number(value.toPrecision(3)));

const kindSays: Readonly<Record<LinearKind, string>> = {
  fixed: 'the same coefficients in every environment',
  shift: 'a level of its own in each environment, the same slopes',
  diagonal: 'coefficients of its own in each environment, independent of each other',
  full: 'coefficients of its own in each environment, with any covariance',
};

/** How each mechanism was found to vary, in words. */
export function mechanismReports(fitted: readonly FittedMechanism[]): EnvironmentReport['mechanisms'] {
  return fitted.map((one) => {
    const { variable, parents } = one;
    const of = `${writeName(variable)}${parents.length === 0 ? '' : ` given ${parents.map((name) => writeName(name)).join(', ')}`}`;
    return one.kind === 'linear'
      ? { variable, parents, kind: `linear ${one.fit.kind}`, says: `${of}: linear, ${kindSays[one.fit.kind]}; ${coefficientsSay(one)}` }
      : { variable, parents, kind: 'dirichlet', says: `${of}: rates of its own in each environment (Dirichlet)` };
  });
}

/** Mean of each coefficient over environments with its deviation between them, in units of the variables. */
function coefficientsSay({ task, fit, noise }: Extract<FittedMechanism, { kind: 'linear' }>): string {
  const { design } = task;
  const own = featureNames(design).map((name, f) => {
    const scale = design.scales[f] as number;
    const mean = ((fit.mean[f] as number) + (f === 0 ? design.level : 0)) / scale;
    const deviation = Math.sqrt(Math.max(0, fit.spread[f * fit.size + f] as number)) / scale;
    return `${f === 0 ? 'mean' : name} ${figure(mean)}${deviation > 0 ? ` (between environments ${figure(deviation)})` : ''}`;
  });
  return `${own.join(', ')}; ${noise.p < 0.01 ? 'typical noise' : 'noise'} ${figure(Math.sqrt(fit.noise))}`;
}

/** How the numbers of Theorem 1's factors were got. */
export function derivationOfReal(fitted: readonly FittedMechanism[]): DerivationLine[] {
  const real = fitted.filter(({ kind }) => kind === 'linear').map(({ variable }) => writeName(variable));
  return [
    {
      depth: 0,
      theorem: 'Random coefficients',
      source: 'Laird & Ware 1982; Patterson & Thompson 1971 (REML)',
      says: `The mechanism of ${real.join(', ')} is taken to be linear in real causes, with a level for each value of finite ones, and normal coefficients that each environment draws anew.`,
    },
    {
      depth: 0,
      theorem: 'Independent mechanisms',
      source: 'Guo et al. 2024, Definition 2',
      says: 'Coefficients of different mechanisms are independent given the records, and each enters the mean of a row once: so means of products along paths are products of means.',
    },
  ];
}

/** Whether anything varies, whether mechanisms vary together, boundary estimates, noise that differs, few environments. */
export function diagnosticsOfReal(fitted: readonly FittedMechanism[], { labels, starts, counts }: MixedEnvironments): Diagnostic[] {
  const count = labels.length;
  const diagnostics: Diagnostic[] = [variation(fitted), together(fitted, count)];
  for (const one of fitted) {
    if (one.kind !== 'linear') continue;
    const { ratios, p } = one.noise;
    if (p < 0.01)
      diagnostics.push({
        name: 'noise',
        level: 'ok',
        figure: Math.max(...ratios) / Math.min(...ratios),
        says: `The noise of ${one.variable} differs between environments (deviations from ${figure(Math.min(...ratios))} to ${figure(Math.max(...ratios))} times the typical one): each environment counts by its own.`,
      });
    for (const says of one.fit.notes) diagnostics.push({ name: 'boundary', level: 'ok', says: `${one.variable}: ${says}` });
  }
  if (count < 10)
    diagnostics.push({
      name: 'few environments',
      level: 'warn',
      figure: count,
      says: `How environments differ was learned from ${count} of them, as a variance from ${count} records would be: take the interval as an order of magnitude, and what is said of a new environment as a guess.`,
    });
  const alone = labels.filter((_, e) => sizeOf(starts, counts, e) < 2).length;
  if (alone > 0)
    diagnostics.push({
      name: 'single records',
      level: alone * 2 > count ? 'warn' : 'ok',
      figure: alone,
      says: `${alone} of ${count} environments have one record: they do not tell noise from what is their own.`,
    });
  return diagnostics;
}

function sizeOf(starts: Int32Array, counts: Float64Array | undefined, e: number): number {
  const [from, to] = [starts[e] as number, starts[e + 1] as number];
  return counts ? counts.subarray(from, to).reduce((sum, one) => sum + one, 0) : to - from;
}

function variation(fitted: readonly FittedMechanism[]): Diagnostic {
  const all = fitted.map(mechanismVariation);
  const smallest = all.reduce((least, { p }) => Math.min(least, p), 1);
  const varies = all.filter(({ p }) => p * all.length < 0.05);
  if (varies.length === 0)
    return {
      name: 'variation',
      level: 'warn',
      figure: smallest,
      says: 'Nothing varies between environments beyond chance: positions teach each other nothing, and answers are those of independent records.',
    };
  const told = varies.map(({ variable, ratio }) => (ratio === undefined ? variable : `${variable} (likelihood ratio ${figure(ratio)})`));
  return { name: 'variation', level: 'ok', figure: smallest, says: `Between environments varies the mechanism of ${told.join(', ')}.` };
}

function together(fitted: readonly FittedMechanism[], environments: number): Diagnostic {
  const name = 'independent-mechanisms';
  const pairs = mechanismsTogether(fitted, environments);
  const [top] = pairs;
  if (top === undefined) return { name, level: 'ok', says: 'No two mechanisms can be compared across environments.' };
  const broken = pairs.filter(({ adjusted }) => adjusted < 0.05);
  const numbers = `correlation ${top.correlation.toFixed(2)} over ${environments} environments, p = ${top.adjusted < 0.001 ? top.adjusted.toExponential(1) : figure(top.adjusted)} after Holm's correction for ${pairs.length === 1 ? 'one pair' : `${pairs.length} pairs`}`;
  const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return broken.length > 0
    ? {
        name,
        level: 'fail',
        figure: top.correlation,
        says: `${capital(top.first)} and ${top.second} vary together (${numbers}${broken.length > 1 ? `; so do ${broken.length - 1} more` : ''}): mechanisms are not independent of each other, or what differs between environments is a hidden common cause. Answers across environments assume that they are independent.`,
      }
    : {
        name,
        level: 'ok',
        figure: top.correlation,
        says: `No two mechanisms vary together beyond chance (at most ${top.first} and ${top.second}: ${numbers}).`,
      };
}
