import type { BenchmarkSettings, BenchmarkSummary, Containment, Shrunk, TableOneRow } from '@doable/engine';
import { count, grid, paragraph, type TextOptions } from '@doable/engine/present';

const titled = (text: string, style: TextOptions): string[] => paragraph({ tone: 'title', text }, style);
const noted = (text: string, style: TextOptions): string[] => paragraph({ tone: 'dim', text }, style, '  ');
const fixed = (value: number, places: number): string => (Number.isNaN(value) ? '-' : value.toFixed(places));
const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`);
const between = ([low, high]: readonly [number, number], places: number): string =>
  high - low < 1e-9 ? fixed(low, places) : `[${fixed(low, places)}, ${fixed(high, places)}]`;

/** Table 1, row by row: printed, by closed form, computed. */
export function tableOneText(rows: readonly TableOneRow[], style: TextOptions): string {
  const astray = rows.filter(({ rounds }) => rounds === false);
  return [
    ...titled('Table 1: how many does the drug save? PNS(treatment -> survival)', style),
    ...grid(
      [
        { head: 'of' },
        { head: 'gender' },
        { head: 'data' },
        { head: 'printed' },
        { head: 'by closed form' },
        { head: 'computed', tone: 'number' },
        { head: 'agrees' },
      ],
      rows.map(({ whom, gender, data, printed, known, computed, agrees, rounds }) => [
        whom,
        gender,
        data,
        printed === undefined ? '' : `${between(printed.interval, 2)}${printed.by === 'EMCC' ? '' : ' MP'}${rounds === false ? ' *' : ''}`,
        between(known, 4),
        between(computed, 4),
        agrees ? 'yes' : 'NO',
      ]),
      style,
    ),
    ...noted(
      'O: hospital records; I: the randomised trial; O+I: both. MP: printed by Mueller and Pearl, the others by the paper, to two digits.',
      style,
    ),
    ...(astray.length === 0
      ? []
      : noted(
          '*: the printed [0.34, 0.43] is the answer with gender summed out. With gender in the model, the two studies leave one value: the mean of what they leave for women and for men, which the paper prints too.',
          style,
        )),
  ].join('\n');
}

export interface BenchmarkRun {
  readonly settings: BenchmarkSettings;
  /** Models that were asked for. */
  readonly asked: number;
  readonly summary: BenchmarkSummary;
}

/** What the paper's section 6.2 and its figure 3 say, beside what was found. */
export function benchmarkText({ settings, asked, summary }: BenchmarkRun, style: TextOptions): string {
  const { models, single, exact, shrink, containment, emcc, truthInside, grown, passed } = summary;
  const share = (label: string, paper: string, of: (one: Shrunk) => number, by: 'mean' | 'median'): string[] => [
    label,
    paper,
    ...[shrink.atJointFit, shrink.atOwnFit, shrink.emcc].map((one) => percent(of(one[by]))),
  ];
  const inside = (of: (one: Containment) => string): string[] =>
    [containment.atJointFit, containment.atOwnFit, containment.emcc].map((one) => (one.of === 0 ? '-' : of(one)));
  const observing = (one: Shrunk): number => one.byObserving;
  const randomising = (one: Shrunk): number => one.byRandomising;
  const found = models < asked ? `partial: ${models} of ${count(asked, 'model')}` : count(models, 'model');
  const { seed, runs } = settings;
  return [
    ...titled(`Benchmark of section 6.2: ${found} (the paper: 130), r = ${runs}, seed ${seed}`, style),
    ...grid(
      [{ head: '' }, ...['paper', 'joint fit', 'own fits', 'EMCC'].map((head) => ({ head, align: 'right' as const }))],
      [
        share('records added to the trial shrink the interval by', '13 %', observing, 'mean'),
        share('a trial added to the records', '18 %', randomising, 'mean'),
        share('records added to the trial, median', '', observing, 'median'),
        share('a trial added to the records, median', '', randomising, 'median'),
        ['O+I inside O and inside I', 'all', ...inside(({ contained, of }) => `${contained} of ${of}`)],
        ['sticks out by at most', '', ...inside(({ worst }) => fixed(worst, 4))],
        ['models', '130', ...[shrink.atJointFit, shrink.atOwnFit, shrink.emcc].map((one) => String(one.models))],
      ],
      style,
    ),
    ...noted(
      'Joint fit: exact intervals with both studies at the model that fits them best together, compatible as the paper asks. Own fits: every interval at the best fit to its own data, so that sampling noise moves them apart. EMCC: least to greatest value of r starts.',
      style,
    ),
    '',
    ...titled('What r starts of EMCC reach of the exact interval', style),
    ...grid(
      ['r', 'intervals', 'width', 'widened', 'claimed P_0.1', 'covered'].map((head) => ({ head, align: 'right' as const })),
      emcc.map((one) => [
        String(one.runs),
        String(one.intervals),
        percent(one.width),
        percent(one.widened),
        percent(one.claimed),
        percent(one.covered),
      ]),
      style,
    ),
    ...noted(
      'Widened: after moving mass among states that no study tells apart. Claimed: the credible interval of the paper says that 10 % more at each end cover the exact interval with this probability. Covered: how often they do.',
      style,
    ),
    '',
    ...paragraph(
      `Of ${count(models, 'model')} ${single} have one hidden cause in every component of the query, and so exact bounds; these are closed to 1e-6 with every kind of data in ${exact}. ` +
        `The value of the model that made the data lies within the O+I bounds in ${truthInside} of ${single}.`,
      style,
      '  ',
    ),
    ...paragraph(
      `Passed over: ${count(passed.incompatible, 'model')} without compatible data, ${passed.identified} where both studies settle the question, ${passed.tooLarge} too large. ` +
        `Data were enlarged until they were compatible in ${grown}.`,
      style,
      '  ',
    ),
  ].join('\n');
}
