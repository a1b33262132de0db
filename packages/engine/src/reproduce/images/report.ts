import type { Batch, ColumnType, ColumnValues } from '../../generative/terms.ts';
import type { Value } from '../../graph/variable.ts';
import type { Random } from '../../math/random.ts';
import { type DiscreteModel, numberedLevels } from '../../model/mechanism.ts';
import { filmSide, renderFilms } from './film.ts';
import { drawLabels, exactLaw, type LabelLaw, labelModel, mostly } from './label-model.ts';

export const findings = ['pneumonia', 'effusion', 'atelectasis', 'opacity'] as const;
export const statements = ['denied', 'silent', 'stated'] as const;
export const styles = ['terse', 'wordy'] as const;
export const contrasts = ['low', 'high'] as const;

/** What a report says: a level of {@link statements} for each finding, and a level of {@link styles}. */
export interface Report {
  readonly says: readonly [pneumonia: number, effusion: number, atelectasis: number, opacity: number];
  readonly style: number;
}

/** R: the report; N, E, A, L: pneumonia, effusion, atelectasis, opacity as labelled; X: the film. The hidden site stands behind R <-> X. */
export const reportGraph = 'R -> N; R -> E; R -> A; E -> A; R -> L; N -> L; N -> X; E -> X; A -> X; L -> X; R <-> X';

/**
 * Labels of reports, findings and films, shaped like the radiology example of Rahman, Jordan and Kocaoglu (ID-GEN, NeurIPS 2024) and a
 * stand-in for it: every number is made up, there is no medical data and nothing to learn about medicine. The hidden site colours what
 * reports state and how they are written; its machine sets how often a finding shows on the film, and the contrast.
 */
export function reportLabels(): DiscreteModel {
  const no = 0;
  const yes = 1;
  const binary = numberedLevels(2);
  const chance = (p: number): Float64Array => mostly(2, [yes, p], [no, 1 - p]);
  /** Of a finding, by what the report says of it. */
  const labelled = [0.05, 0.3, 0.9] as const;
  const laws: LabelLaw[] = [
    { name: 'U_site', levels: numberedLevels(2), inputs: [], hidden: true, law: () => mostly(2) },
    ...findings.map(
      (finding, k): LabelLaw => ({
        name: `R_${finding}`,
        levels: statements,
        inputs: ['U_site'],
        law: (site) => (site === 1 ? [0.3 - 0.03 * k, 0.2, 0.5 + 0.03 * k] : [0.6, 0.25 - 0.02 * k, 0.15 + 0.02 * k]),
      }),
    ),
    { name: 'R_style', levels: styles, inputs: ['U_site'], law: (site) => mostly(2, [site, 0.7]) },
    { name: 'N', levels: binary, inputs: ['R_pneumonia'], law: (says) => chance(labelled[says as 0 | 1 | 2]) },
    { name: 'E', levels: binary, inputs: ['R_effusion'], law: (says) => chance(labelled[says as 0 | 1 | 2]) },
    {
      name: 'A',
      levels: binary,
      inputs: ['R_atelectasis', 'E'],
      law: (says, effusion) => chance(0.8 * labelled[says as 0 | 1 | 2] + 0.15 * effusion),
    },
    {
      name: 'L',
      levels: binary,
      inputs: ['R_opacity', 'N'],
      law: (says, pneumonia) => chance(0.7 * labelled[says as 0 | 1 | 2] + 0.25 * pneumonia),
    },
    ...findings.map(
      (finding, k): LabelLaw => ({
        name: `X_${finding}`,
        levels: binary,
        inputs: [['N', 'E', 'A', 'L'][k] as string, 'U_site'],
        law: (present, site) => chance(present === 1 ? (site === 1 ? 0.95 : 0.6) : site === 1 ? 0.15 : 0.02),
      }),
    ),
    { name: 'X_contrast', levels: contrasts, inputs: ['U_site'], law: (site) => mostly(2, [site, 0.8]) },
  ];
  return labelModel(laws);
}

const filmNames = [...findings.map((finding) => `X_${finding}`), 'X_contrast'];
/** Of the attribute table of a film: four findings, then the contrast (last fastest). */
export const filmSizes: readonly number[] = [2, 2, 2, 2, 2];
const settingOf = ({ says, style }: Report): Record<string, number> =>
  Object.fromEntries([...findings.map((finding, k) => [`R_${finding}`, says[k]]), ['R_style', style]]);

/** Exact laws of what the film shows, under do(report) and given the report. */
export function reportTruth(
  labels: DiscreteModel,
  report: Report,
): { readonly interventional: Float64Array; readonly conditional: Float64Array } {
  return {
    interventional: exactLaw(labels, filmNames, { set: settingOf(report) }),
    conditional: exactLaw(labels, filmNames, { given: settingOf(report) }),
  };
}

const signs = ['-', '?', '+'] as const;
/** The levels of R, e.g. `N+ E? A- L- terse`: statements of the findings, then the style (last fastest). */
export const reportLevels: readonly Value[] = Array.from({ length: 162 }, (_, code) => {
  const says = [54, 18, 6, 2].map((stride) => Math.floor(code / stride) % 3);
  return `${says.map((level, k) => `${'NEAL'[k]}${signs[level]}`).join(' ')} ${styles[code % 2]}`;
});

/** The place of a report among {@link reportLevels}. */
export const reportCode = ({ says, style }: Report): number => says.reduce((code, level) => code * 3 + level, 0) * 2 + style;

export function reportTypes(): ReadonlyMap<string, ColumnType> {
  const label: ColumnType = { kind: 'finite', levels: numberedLevels(2) };
  return new Map<string, ColumnType>([
    ['R', { kind: 'finite', levels: reportLevels }],
    ...['N', 'E', 'A', 'L'].map((name) => [name, label] as const),
    ['X', { kind: 'tensor', shape: [1, filmSide, filmSide], range: [0, 1] }],
  ]);
}

/** Rows of report, labels and film, as a sampler sees them; `doing` sets the report and cuts it off from the site. `shown`: what the films show. */
export function drawReports(
  labels: DiscreteModel,
  rows: number,
  random: Random,
  doing?: Report,
): { readonly batch: Batch; readonly shown: readonly Int32Array[] } {
  const drawn = drawLabels(labels, rows, random.split('labels'), doing === undefined ? {} : { set: settingOf(doing) });
  const column = (name: string): Int32Array => drawn.get(name) as Int32Array;
  const says = findings.map((finding) => column(`R_${finding}`));
  const style = column('R_style');
  const report = style.map((own, row) =>
    reportCode({ says: says.map((level) => level[row] as number) as unknown as Report['says'], style: own }),
  );
  const shown = filmNames.map(column);
  const [pneumonia, effusion, atelectasis, opacity, contrast] = shown as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
  const films = renderFilms({ pneumonia, effusion, atelectasis, opacity, contrast }, random.split('films'));
  const finite = (values: Int32Array): ColumnValues => ({ kind: 'finite', values });
  return {
    batch: {
      rows,
      columns: new Map([['R', finite(report)], ...['N', 'E', 'A', 'L'].map((name) => [name, finite(column(name))] as const), ['X', films]]),
    },
    shown,
  };
}
