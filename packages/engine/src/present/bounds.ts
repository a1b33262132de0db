import type { Agreement, Answer, EmccReport, NextStudy } from '../interpret/answer.ts';
import { boundsOf, type Ends, endsPlaces, endsText, isPoint, isVacuous, naturalOf } from './interval.ts';
import { count, listed, type Tone } from './layout.ts';
import type { Marks } from './picture.ts';
import { shortNumber } from './round.ts';
import { helpSentence, ruleSentence } from './words.ts';

/** A labelled sentence about a bounded answer; every format prints the same ones. */
export interface Said {
  readonly label: string;
  readonly says: string;
  readonly tone?: Tone;
}

/** A number of which two digits matter: a gap in nats, a p-value. */
export const roughly = (value: number): string => {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-4) return value.toExponential(0);
  return shortNumber(Number(value.toPrecision(size >= 100 ? 3 : 2)));
};

/** `p = 0.4`, `p < 0.01`; with no draw beyond the observed gap, below what so many draws can show. */
export function pText(p: number, draws?: number): string {
  const least = draws === undefined ? 0 : 1 / (draws + 1);
  const shown = Math.max(p, least);
  for (const limit of [0.001, 0.01]) if (shown < limit) return `p < ${limit}`;
  return p <= least * 1.000001 && shown < 0.05 ? `p < ${roughly(Math.ceil(shown * 100) / 100)}` : `p = ${roughly(shown)}`;
}

export interface AgreementWords {
  readonly verdict: 'agree' | 'noise' | 'strained' | 'conflict' | 'unknown';
  readonly says: string;
  readonly tone: Tone;
}

export interface AgreementContext {
  readonly studies: number;
  /** The answer was refused for it. */
  readonly conflict?: boolean;
  /** Probabilities, not records: the gap is one of probabilities too. */
  readonly exact?: boolean;
}

/** Do the studies agree? In a sentence. */
export function agreementWords(agreement: Agreement, { studies, conflict = false, exact = false }: AgreementContext): AgreementWords {
  const { strict, pValue, violated } = agreement;
  const several = studies > 1;
  const figures = figuresOf(agreement, exact);
  if (strict && !conflict) {
    const says = several
      ? 'The studies agree: one model of this graph reproduces all their tables.'
      : 'The study and the graph agree: a model of this graph reproduces its table.';
    return { verdict: 'agree', says, tone: 'good' };
  }
  const broken = violated === undefined ? '' : `: ${withoutStop(violatedText(violated))}`;
  if (conflict || (pValue !== undefined && pValue < 0.01)) {
    const says = several && (violated?.studies.length ?? 2) > 1 ? 'The studies contradict each other' : 'The data contradict the graph';
    return { verdict: 'conflict', says: `${says}${broken}${inBrackets(figures)}.`, tone: 'bad' };
  }
  if (pValue === undefined) {
    const who = several
      ? 'No model of this graph reproduces all the tables exactly'
      : 'No model of this graph reproduces the table exactly';
    return { verdict: 'unknown', says: `${who}${broken}${inBrackets([...figures, 'whether by chance was not tested'])}.`, tone: 'warn' };
  }
  const who = several ? 'The studies differ' : 'The table differs from what the graph allows';
  if (pValue < 0.05)
    return {
      verdict: 'strained',
      says: `${who} by more than sampling noise usually makes them${broken}${inBrackets(figures)}.`,
      tone: 'warn',
    };
  return { verdict: 'noise', says: `${who} by sampling noise only${inBrackets(figuresOf(agreement, exact, false))}.`, tone: 'good' };
}

/** The studies, where the words do not name them; the gap; the p-value. */
const figuresOf = ({ gap, pValue, draws, violated }: Agreement, exact: boolean, studies = true): string[] => {
  const figures = [
    ...(Number.isFinite(gap) ? [`gap ${roughly(Math.max(0, gap))} nats${exact ? ' per record' : ''}`] : []),
    ...(pValue === undefined ? [] : [pText(pValue, draws)]),
  ];
  const named = !studies || violated === undefined || violated.studies.every((name) => violated.says.includes(name));
  return [...(named ? [] : [listed(violated.studies)]), ...(figures.length === 0 ? [] : [figures.join(', ')])];
};
const inBrackets = (figures: readonly string[]): string => (figures.length === 0 ? '' : ` (${figures.join('; ')})`);

const withoutStop = (text: string): string => text.replace(/\.\s*$/u, '');

/** The violated inequality, with its two sides if the words lack them. */
export const violatedText = ({ says, left, right }: NonNullable<Agreement['violated']>): string =>
  `${withoutStop(says)}${/(?: = | exceeds )-?\d/u.test(says) ? '' : `: ${fourDigits(left)} against ${fourDigits(right)}`}`;

const fourDigits = (value: number): string => shortNumber(Number(value.toPrecision(4)));

/** What is drawn of an answer's bounds. */
export function marksOf(answer: Answer): Marks {
  const ends = boundsOf(answer);
  const tightness = answer.tightness ?? 'exact';
  const inner = answer.inner ?? (tightness === 'outer' ? undefined : ends);
  const outer = answer.outer ?? (tightness === 'inner' ? undefined : ends);
  const exact = tightness === 'exact' ? ends : undefined;
  const emcc = answer.emcc === undefined || answer.emcc.converged === 0 ? undefined : answer.emcc.interval;
  const region = answer.uncertainty?.interval;
  return {
    ...((exact ?? inner) === undefined ? {} : { inner: (exact ?? inner) as Ends }),
    ...((exact ?? outer) === undefined ? {} : { outer: (exact ?? outer) as Ends }),
    ...(region === undefined ? {} : { region }),
    ...(emcc === undefined ? {} : { emcc }),
  };
}

/** Bounds were found, or the studies contradict each other: what there is to say is not about identification. */
export const isBounded = (answer: Answer): boolean =>
  answer.status === 'bounded' || boundsOf(answer) !== undefined || answer.agreement !== undefined;

/** The bounds in figures: one number where they meet. */
export interface Headline {
  readonly before: string;
  readonly low: string;
  readonly high?: string;
  /** Behind the numbers: tightness, confidence region. */
  readonly after: string;
}

export function boundsHeadline(answer: Answer, ends: Ends): Headline {
  const region = answer.uncertainty?.interval;
  const places = endsPlaces(ends, region);
  const percent = shortNumber(100 * (answer.uncertainty?.level ?? 0.95));
  const around = region === undefined ? [] : [`${percent} % region ${endsText(region, places).join(' to ')}`];
  const tightness = answer.tightness ?? 'exact';
  if (isPoint(ends)) {
    const value = shortNumber((ends[0] + ends[1]) / 2, region === undefined ? undefined : places);
    const notes = [tightness === 'exact' ? 'exact: lower and upper bound meet' : tightness, ...around];
    return { before: '', low: value, after: ` (${notes.join('; ')})` };
  }
  const [low, high] = endsText(ends, places, tightness === 'inner' ? 'inward' : 'outward');
  const before = tightness === 'inner' ? 'At least between' : 'Between';
  return { before, low, high, after: ` (${[tightness, ...around].join('; ')})` };
}

export const headlineText = ({ before, low, high, after }: Headline): string =>
  `${before}${before === '' ? '' : ' '}${low}${high === undefined ? '' : ` and ${high}`}${after}`;

const projectedSentence =
  'Here a model fits if it reproduces the tables nearest to the samples (maximum likelihood): none reproduces the samples to the last digit.';

/** What the figures mean. */
export function tightnessSentences(answer: Answer, ends: Ends): string[] {
  const tightness = answer.tightness ?? 'exact';
  const { inner, outer } = answer;
  const same = (other: Ends | undefined): boolean =>
    other === undefined ||
    (isPoint([Math.min(ends[0], other[0]), Math.max(ends[0], other[0])]) &&
      isPoint([Math.min(ends[1], other[1]), Math.max(ends[1], other[1])]));
  const sentences: string[] = [];
  const vacuous = isVacuous(ends, naturalOf(answer));
  if (tightness === 'exact')
    sentences.push(
      vacuous
        ? 'The studies and the graph leave it entirely open: models that fit attain both ends.'
        : isPoint(ends)
          ? 'Every model that fits gives this number, although no rule derived it.'
          : 'No model that fits lies outside, and some attain each end.',
    );
  else if (tightness === 'inner') {
    sentences.push('Models that fit attain these values; others that fit may lie outside.');
    if (!same(outer) && outer !== undefined) sentences.push(`None lies outside ${endsText(outer, endsPlaces(outer)).join(' to ')}.`);
  } else {
    sentences.push('No model that fits lies outside; the true interval may be narrower.');
    if (!same(inner) && inner !== undefined) sentences.push(`Models attain ${endsText(inner, endsPlaces(inner), 'inward').join(' to ')}.`);
  }
  if (answer.projected === true) sentences.push(projectedSentence);
  return sentences;
}

/** What the bounds of a table mean, where all rows are alike. */
function rowsSaid({ distribution = [], projected }: Answer): string[] {
  const bounded = distribution.filter((point) => boundsOf(point) !== undefined);
  if (bounded.length === 0 || bounded.some(({ tightness = 'exact' }) => tightness !== 'exact')) return [];
  return [
    'Each row by itself: no model that fits lies outside, and some attain each end.',
    ...(projected === true ? [projectedSentence] : []),
  ];
}

/** Bounds, agreement, why no point, EMCC, the next study, the rule. Without the headline. */
/** How the confidence region of bounds was made: `95 % region`, and the method. */
export function regionSaid({ uncertainty }: Answer): readonly Said[] {
  if (uncertainty === undefined) return [];
  return [{ label: `${shortNumber(100 * uncertainty.level)} % region`, says: `${uncertainty.method}.` }];
}

export function boundSentences(answer: Answer, { why = false }: { readonly why?: boolean } = {}): Said[] {
  const ends = boundsOf(answer);
  const conflict = answer.status === 'incompatible';
  const label = conflict ? 'Nearest' : 'Bounds';
  const agreement = answer.agreement === undefined ? [] : agreementSaid(answer, conflict);
  const settled = conflict || answer.nextStudies !== undefined || answer.identifiable === true || (ends !== undefined && isPoint(ends));
  const reached = answer.tightness === 'inner' && answer.emcc !== undefined;
  const help = settled ? undefined : helpSentence(answer);
  const reason = conflict || answer.identifiable === true ? undefined : (answer.why ?? answer.refused.at(-1)?.why);
  return [
    ...(conflict ? agreement : []),
    ...(ends === undefined ? rowsSaid(answer) : tightnessSentences(answer, ends)).map((says, i) => ({ label: i === 0 ? label : '', says })),
    ...(conflict ? [] : agreement),
    ...(reason === undefined || (ends !== undefined && isPoint(ends)) ? [] : [{ label: 'Why bounds', says: reason }]),
    ...(answer.emcc === undefined ? [] : emccSaid(answer.emcc)),
    ...(answer.nextStudies === undefined || ends === undefined ? [] : nextSaid(answer.nextStudies, ends, why)),
    ...(help === undefined ? [] : [{ label: 'Would help', says: help }]),
    ...(conflict || answer.rule === undefined ? [] : [{ label: 'Because', says: ruleSentence(reached ? 'emcc' : answer.rule) }]),
  ];
}

function agreementSaid(answer: Answer, conflict: boolean): Said[] {
  const agreement = answer.agreement as Agreement;
  const exact = answer.studies.length > 0 && answer.studies.every(({ rows }) => rows === null);
  if (!conflict) {
    const { says, tone } = agreementWords(agreement, { studies: answer.studies.length, exact });
    return [{ label: 'Agreement', says, tone }];
  }
  const { violated } = agreement;
  const figures = figuresOf(agreement, exact);
  const broken =
    violated === undefined
      ? 'No model of this graph comes near enough to all the tables'
      : `${withoutStop(violatedText(violated))}: in no model of this graph can it`;
  const culprits = violated?.studies ?? [];
  const names = culprits.length > 0 ? culprits : answer.studies.map(({ name }) => name);
  const assumed = answer.assumes.length === 0 ? '' : ', or what was assumed does not hold';
  const teaches =
    names.length > 1
      ? `Either one of ${listed(names)} measured other people, or other things, than the graph says, or the graph lacks a cause${assumed}. Leave one out to see what the rest says.`
      : `An arrow or a hidden common cause that the graph leaves out would explain what ${listed(names)} shows${assumed}.`;
  return [
    { label: 'Conflict', says: `${broken}${inBrackets(figures)}.`, tone: 'bad' },
    { label: 'So', says: teaches },
  ];
}

export function emccSaid(report: EmccReport): Said[] {
  const { runs, converged, worstCertificate, interval, widened, credible } = report;
  if (converged === 0) return [{ label: 'EMCC', says: `None of ${count(runs, 'run')} converged, so that none counts.`, tone: 'warn' }];
  const places = (ends: Ends): number => Math.min(6, endsPlaces(ends));
  const shown = (ends: Ends): string =>
    isPoint(ends) ? shortNumber((ends[0] + ends[1]) / 2) : endsText(ends, places(ends), 'inward').join(' to ');
  return [
    {
      label: 'EMCC',
      says: `${converged} of ${count(runs, 'run')} converged, to within ${roughly(worstCertificate)} nats of the maximum, and reached ${shown(interval)}: an inner interval.`,
    },
    ...(widened === undefined || shown(widened) === shown(interval)
      ? []
      : [{ label: '', says: `${shown(widened)} after moving mass among states that no study tells apart.` }]),
    ...(credible === undefined
      ? []
      : [
          {
            label: '',
            says: `Widened by 10 % at each end it would cover the truth with probability ${probabilityText(credible)} (Zaffalon et al. 2022) if the runs were spread evenly over it. They are not: this figure is known to be far too sure.`,
          },
        ]),
  ];
}

const probabilityText = (p: number): string => (p > 0.9999 ? 'above 0.9999' : shortNumber(p, 4).replace(/0+$/u, '').replace(/\.$/u, ''));

export function nextSaid(studies: readonly NextStudy[], [low, high]: Ends, all: boolean): Said[] {
  const now = high - low;
  const ordered = studies.toSorted((a, b) => a.expectedWidth - b.expectedWidth || a.set.length - b.set.length);
  const best = ordered[0];
  if (best === undefined || isPoint([low, high])) return [];
  if (best.expectedWidth > 0.99 * now || widthText(best.expectedWidth) === widthText(now))
    return [{ label: 'Next study', says: 'No single further study of those considered would be expected to narrow it much.' }];
  const range = best.most - best.least > 0.02 * now ? `, between ${widthText(best.least)} and ${widthText(best.most)}` : '';
  const others = all ? ordered.slice(1).filter(({ expectedWidth }) => expectedWidth < 0.99 * now) : [];
  return [
    {
      label: 'Next study',
      says: `One study that would narrow it most: ${didText(best)}, ${expectedText(best)} (now ${widthText(now)}${range === '' ? '' : `; ${range.slice(2)} in models that fit`}).`,
    },
    ...others.map((one) => ({ label: '', says: `${sentenceCase(didText(one))}: ${expectedText(one)}.` })),
  ];
}

const didText = ({ set }: NextStudy): string => (set.length === 0 ? 'watch, and set nothing' : `randomise ${listed(set)}`);
const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const expectedText = ({ most, expectedWidth }: NextStudy): string =>
  `expected width ${widthText(expectedWidth)}${most < 1e-6 ? ', one number in each model that was tried' : ''}`;
const widthText = (width: number): string => (width < 1e-6 ? '0' : shortNumber(Number(width.toPrecision(2))));

export const isCertified = ({ certificate, certificates = [] }: Answer): boolean => certificate !== undefined || certificates.length > 0;

export const certificateSentence =
  'doable verify ANSWERS.json re-checks this without a solver; --json writes the answers with their certificates.';
