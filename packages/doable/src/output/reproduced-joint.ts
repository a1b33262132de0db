import {
  type Average,
  type Estimator,
  estimators,
  type FigureCheck,
  type FigurePart,
  type FigureSettings,
  type FigureSummary,
} from '@doable/engine';
import { count, grid, paragraph, type TextOptions } from '@doable/engine/present';

/** What was found of a part. */
export interface JointPart extends FigurePart {
  /** Models that were finished. */
  readonly done: number;
  readonly summary: FigureSummary;
}

const titled = (text: string, style: TextOptions): string[] => paragraph({ tone: 'title', text }, style);
const noted = (text: string, style: TextOptions): string[] => paragraph({ tone: 'dim', text }, style, '  ');
const digits = (value: number): string => (Number.isNaN(value) ? '-' : value >= 0.9995 ? value.toFixed(3) : value.toFixed(4));
const averaged = (one: Average | undefined): string => (one === undefined ? '' : `${digits(one.mean)} ± ${digits(one.standardError)}`);

const names: Readonly<Record<Estimator, string>> = {
  direct: 'method (direct)',
  restricted: 'method, order known',
  topline: 'topline: joint data',
  pooled: 'pooled baseline',
  observational: 'observational',
};

const noises = {
  'log-scale': 'e^(sigma z)',
  centred: 'e^(sigma z) less its mean',
  standardised: 'lognormal(0, 1) to mean 0, sd sigma',
  normal: 'normal',
} as const;

/** Which estimators and errors a check compares. */
const checked: Readonly<Record<FigureCheck['what'], string>> = {
  'direct to topline, noisy': 'method / topline, noisy Y',
  'direct to observational, truth': 'method / observational, truth',
  'restricted to observational, truth': 'order known / observational, truth',
  'restricted to direct, truth': 'order known / method, truth',
  'restricted to direct, slopes': 'order known / method, slopes',
};

/** The figure under each reading, then the studies on polynomial models. */
export function jointText(
  parts: readonly JointPart[],
  { seed, full }: { readonly seed: number; readonly full: boolean },
  style: TextOptions,
): string {
  const shown = parts.filter(({ done }) => done > 0);
  const [first] = shown;
  if (first === undefined) return 'No model is finished.';
  const lines = [
    ...titled(`Figure 2: predicting E[Y | do(A1, ..., A5)] from single interventions, seed ${seed}`, style),
    ...noted(
      'Root mean square errors on the held-out fifth of the joint interventions, mean and standard error over models: against the noisy outcome, as the figure has them, and against the truth E[Y | do(a)], which the noise hides there.',
      style,
    ),
  ];
  for (const part of shown) {
    if (part.study === 'figure' || part.study === 'polynomial') lines.push('', ...sectionText(part, style));
  }
  lines.push('', ...studyText(shown, 'convergence', 'Convergence: records in all', style));
  lines.push('', ...studyText(shown, 'ratio', 'Records of each single intervention to one observational', style));
  if (!full) lines.push('', ...noted('A first look: the targets are for 100 models and 100,000 records of each regime (--full).', style));
  return lines.join('\n');
}

function sectionText({ settings, summary, models, done }: JointPart, style: TextOptions): string[] {
  const { estimators: found, checks, noise } = summary;
  const linear = settings.models !== 'polynomial';
  return [
    ...titled(`${headOf(settings)}; ${done < models ? `${done} of ` : ''}${count(models, 'model')}`, style),
    ...grid(
      [{ head: '' }, ...['noisy Y', 'truth', ...(linear ? ['slopes'] : [])].map((head) => ({ head, align: 'right' as const }))],
      [
        ...estimators.map((name) => [
          names[name],
          averaged(found[name].noisy),
          averaged(found[name].truth),
          averaged(found[name].slopes?.rms),
        ]),
        ['the noise alone', averaged(noise), '', ''],
      ],
      style,
    ),
    ...(settings.models === 'polynomial' ? [] : checksText(checks, style)),
  ];
}

const checksText = (checks: readonly FigureCheck[], style: TextOptions): string[] =>
  grid(
    [{ head: '' }, { head: 'ratio', align: 'right' }, { head: 'target' }, { head: '' }],
    checks.map(({ what, ratio, most, met }) => [
      checked[what],
      digits(ratio),
      `at most ${most}`,
      Number.isNaN(ratio) ? '' : met ? 'met' : 'MISSED',
    ]),
    style,
  );

function headOf({ models, records }: FigureSettings): string {
  const rows = `${count(records.joint, 'record')} a regime`;
  if (models === 'polynomial') return `Random polynomials of order two (ICML version); ${rows}`;
  return `Noise ${noises[models.noise]}, arrows as in the ${models.arrows === 'code' ? 'public code' : 'text'}; ${rows}`;
}

function studyText(parts: readonly JointPart[], study: JointPart['study'], head: string, style: TextOptions): string[] {
  const rows = parts.filter((part) => part.study === study);
  if (rows.length === 0) return [];
  return [
    ...titled(`${head} (polynomial models)`, style),
    ...grid(
      [
        { head: '', align: 'right' },
        ...['noisy: method', 'topline', 'truth: method', 'order known', 'topline'].map((text) => ({ head: text, align: 'right' as const })),
      ],
      rows.map(({ at = 0, summary: { estimators: found } }) => [
        String(at),
        digits(found.direct.noisy.mean),
        digits(found.topline.noisy.mean),
        digits(found.direct.truth.mean),
        digits(found.restricted.truth.mean),
        digits(found.topline.truth.mean),
      ]),
      style,
    ),
  ];
}
