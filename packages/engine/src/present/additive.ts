import type { AdditiveReport, Answer } from '../interpret/answer.ts';
import { exp } from '../math/elementary.ts';
import { expEnds, logReading } from './function.ts';
import { count, listed } from './layout.ts';
import { shortNumber, supportedPlaces } from './round.ts';
import { isNo } from './words.ts';

/** How studies of single interventions were put together, in words, for every format. */

type Regime = AdditiveReport['regimes'][number];

/** `+`, `-`, `+ 2 x`; empty where all weights cancel (a contrast), else `0 x` where a regime is in the fit but not in the estimand. */
function weightSigns({ regimes }: AdditiveReport): readonly string[] {
  const all = regimes.every(({ weight }) => Math.abs(weight) < 1e-9);
  return regimes.map(({ weight }) => {
    const size = Math.abs(weight);
    if (size < 1e-9) return all ? '' : '0 x';
    return `${weight < 0 ? '-' : '+'}${Math.abs(size - 1) < 1e-9 ? '' : ` ${shortNumber(size)} x`}`;
  });
}

/** What a regime did to the actions: `tv set`. */
const regimeWords = ({ set }: Regime): string => (set.length === 0 ? 'all watched' : `${listed(set)} set`);

/** `3,000 records, residual deviation 8.03`. */
function regimeFigures({ records, residualDeviation }: Regime): string {
  const deviation = residualDeviation === undefined ? '' : `, residual deviation ${shortNumber(Number(residualDeviation.toPrecision(3)))}`;
  return `${count(records, 'record')}${deviation}`;
}

/** What the figures of an outcome on the log scale are. */
function scaleSentence(answer: Pick<Answer, 'additive' | 'terms' | 'question'>): string | undefined {
  const { additive } = answer;
  if (additive?.log !== true) return undefined;
  const reading = logReading(answer);
  const what =
    reading === undefined
      ? ''
      : ` exp() of one is a ${reading} of ${additive.outcome}, which is not ${reading === 'geometric mean' ? 'its mean' : 'a ratio of means'}.`;
  return `Natural logarithm: the figures are means of log ${additive.outcome}, and it is on this scale that effects add up.${what}`;
}

/** exp() of a figure on the log scale, as a sentence; undefined on the scale of the outcome itself. */
export function geometricSentence(answer: Answer): string | undefined {
  const reading = logReading(answer);
  if (reading === undefined || answer.value === undefined) return undefined;
  const ends = answer.uncertainty?.interval;
  const interval = ends === undefined ? undefined : expEnds(ends);
  const places = supportedPlaces(undefined, interval);
  const percent = shortNumber(100 * (answer.uncertainty?.level ?? 0.95));
  const after = interval === undefined ? '' : ` (${percent} % interval ${interval.map((end) => shortNumber(end, places)).join(' to ')})`;
  return `on the log scale; as a ${reading}: ${shortNumber(exp(answer.value), places)}${after}`;
}

/** `+ television set: tv set; 3,000 records, residual deviation 16.2`, in two pieces. `named`: how a study is written. */
export function regimeTexts(
  additive: AdditiveReport,
  named: (study: string) => string = (study) => study,
): readonly (readonly [string, string])[] {
  const signs = weightSigns(additive);
  return additive.regimes.map((regime, i) => [
    `${signs[i]}${signs[i] === '' ? '' : ' '}${listed(regime.studies.map(named))}`,
    `: ${regimeWords(regime)}; ${regimeFigures(regime)}`,
  ]);
}

/** Fit, scale, design and what follows if the assumption is not quite true, each under its label; no more than once where a check says it too. */
export function additiveSentences(answer: Answer): readonly { readonly label: string; readonly says: string }[] {
  const { additive } = answer;
  if (additive === undefined) return [];
  const { basis, method } = additive;
  const told = new Set(answer.diagnostics.map(({ name }) => name));
  const all = [
    ['Fit', `${basis}; ${method}.`],
    ['Scale', scaleSentence(answer)],
    ['Design', told.has('allocation') || isNo(answer) ? undefined : allocationSentence(additive, errorNow(answer))],
    ['If not', told.has('sensitivity') ? undefined : sensitivitySentence(additive)],
  ] as const;
  return all.flatMap(([label, says]) => (says === undefined ? [] : [{ label, says }]));
}

function allocationSentence({ allocation, regimes }: AdditiveReport, now: number | undefined): string | undefined {
  if (allocation === undefined) return undefined;
  const shares = allocation.shares.map((share, i) => {
    const { set } = regimes[i] ?? { set: [] };
    return `${shortNumber(Number((100 * share).toPrecision(2)))} % ${set.length === 0 ? 'watched' : `with ${listed(set)} set`}`;
  });
  const places = supportedPlaces(allocation.standardError, undefined);
  const best = shortNumber(allocation.standardError, places);
  if (now !== undefined && shortNumber(now, places) === best)
    return 'No other split of the same number of records over these regimes would be noticeably better.';
  const instead = now === undefined ? '' : ` instead of ${shortNumber(now, places)}`;
  return `The same number of records, split best (${listed(shares)}), would have a standard error of ${best}${instead}.`;
}

/** Standard error of the answer, of a function the root mean square over its points. */
function errorNow({ uncertainty, function: f }: Answer): number | undefined {
  const errors = (f?.points ?? []).flatMap(({ standardError }) => standardError ?? []);
  if (errors.length === 0) return uncertainty?.standardError;
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}

function sensitivitySentence({ sensitivity }: AdditiveReport): string | undefined {
  if (sensitivity === undefined) return undefined;
  const { size, interval } = sensitivity;
  const places = supportedPlaces(undefined, interval);
  const [low, high] = interval.map((end) => shortNumber(end, places));
  return `Were each pair of actions to interact by up to ${shortNumber(Number(size.toPrecision(3)))}, the value would lie between ${low} and ${high}.`;
}
