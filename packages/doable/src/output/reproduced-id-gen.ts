import type {
  AuditDemo,
  AuditDemoSettings,
  DemoFactor,
  NapkinDemo,
  NapkinDemoSettings,
  PictureScores,
  ReportDemo,
  ReportDemoSettings,
  TableLine,
  TablesDemoSettings,
} from '@doable/engine';
import { colours, findingNames, reportCode, reportLevels, thicknesses } from '@doable/engine';
import { count, grid, paragraph, type TextOptions } from '@doable/engine/present';

const titled = (text: string, style: TextOptions): string[] => paragraph({ tone: 'title', text }, style);
const noted = (text: string, style: TextOptions): string[] => paragraph({ tone: 'dim', text }, style, '  ');
const three = (value: number): string => (Math.abs(value) < 5e-4 ? '0.000' : value.toFixed(3));
const right = (head: string): { readonly head: string; readonly align: 'right' } => ({ head, align: 'right' });
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

interface Made {
  readonly processorSeconds: number;
  /** Empty names: nothing was written. */
  readonly paths: readonly string[];
}

const minutes = (seconds: number): string => (seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`);

/** The notebooks' small tables. */
export function tablesText(lines: readonly TableLine[], { samples, seed }: TablesDemoSettings, style: TextOptions): string {
  return [
    ...titled(`P(Y=1 | do(X)): the small tables of the paper's notebooks, seed ${seed}`, style),
    ...noted(
      `The law of the fitted network itself, not of draws. Total variation at X=1: middle and largest of ${count(samples, 'sample')}. The notebook of the front door got .012 from 10,000 rows; it prints its table to four places. The back-door process is ours, with the notebook's answers.`,
      style,
    ),
    ...grid(
      [
        { head: 'example' },
        { head: 'factors' },
        right('rows'),
        right('X=0'),
        right('X=1'),
        right('truth'),
        right('TVD'),
        right('largest'),
        right('paper'),
      ],
      lines.map(({ example, factors, rows, law, truth, distance, published }) => [
        example,
        factors,
        rows === 'printed' ? 'the table' : String(rows),
        law[0].toFixed(4),
        law[1].toFixed(4),
        truth[1].toFixed(4),
        distance.middle.toFixed(4),
        distance.most.toFixed(4),
        published === undefined ? '' : published.toFixed(3),
      ]),
      style,
    ),
  ].join('\n');
}

function factorLines(factors: readonly DemoFactor[], style: TextOptions): string[] {
  return grid(
    [{ head: 'factor' }, { head: 'model' }, right('rows'), right('parameters'), right('steps'), right('loss')],
    factors.map(({ of, given, kind, rows, generated, parameters, steps, losses }) => [
      `P${generated ? '*' : ''}(${of.join(', ')}${given.length > 0 ? ` | ${given.join(', ')}` : ''})`,
      kind,
      String(rows),
      parameters === undefined ? '' : String(parameters),
      steps === undefined ? '' : String(steps),
      losses === undefined || losses.length === 0 ? '' : three(losses[losses.length - 1] as number),
    ]),
    style,
  );
}

const sourceNames: Readonly<Record<PictureScores['source'], string>> = {
  real: 'the process under do()',
  network: 'ID-GEN network',
  conditional: 'plain conditional',
};

/** One line of figures for each source and attribute, then one of distances between laws of pictures for each source. */
function scoreLines(scores: readonly PictureScores[], style: TextOptions): string[] {
  return [
    ...grid(
      [{ head: 'pictures of' }, { head: 'attribute' }, right('TVD'), right('corrected'), right('floor'), right('exact P(Y|X)')],
      scores.flatMap(({ source, attributes }) =>
        attributes.map(({ attribute, raw, corrected, floor, conditional }, i) => [
          i === 0 ? sourceNames[source] : '',
          attribute,
          three(raw),
          three(corrected),
          three(floor.mean),
          three(conditional),
        ]),
      ),
      style,
    ),
    '',
    ...grid(
      [{ head: 'pictures of' }, right('Fréchet'), right('floor'), right('MMD²'), right('p'), right('told apart')],
      scores.map(({ source, frechet, mmd, twoSample }) => [
        sourceNames[source],
        frechet.distance.toFixed(2),
        frechet.floor.toFixed(2),
        mmd.squared.toFixed(4),
        three(mmd.p),
        percent(twoSample.accuracy),
      ]),
      style,
    ),
  ];
}

const shownIn = (paths: readonly string[], rows: string, style: TextOptions): string[] => {
  const written = paths.filter((path) => path !== '');
  return written.length === 0
    ? noted('--out FOLDER writes the pictures.', style)
    : noted(`Pictures: ${written.join(', ')} (rows: ${rows}).`, style);
};

export function napkinText(
  { reader, factors, settings, monteCarloError }: NapkinDemo,
  made: NapkinDemoSettings & Made & { readonly data: string },
  style: TextOptions,
): string {
  return [
    ...titled(`P(Y | do(X)) on the napkin graph: coloured digits of ${made.data}, seed ${made.seed}`, style),
    ...noted(
      `W1, X and Y are pictures, W2 a digit and a colour. Learnt from ${made.rows} rows of these four columns; ${minutes(made.processorSeconds)} of processor time. ` +
        `Attributes are read off by a network (right for ${percent(reader.digit)} of digits, ${percent(reader.colour)} of colours, ${percent(reader.thickness)} of strokes). ` +
        'Floor: as many true draws. The exact P(Y|X) is what a perfect model that is not causal scores. Pictures are drawn kind by kind, and those that condition are seen by their kind, which is learnt by predicting W2. ' +
        `The generated training set leaves an error of up to ${three(monteCarloError)} in a probability at one value of W2.`,
      style,
    ),
    '',
    ...factorLines(factors, style),
    ...settings.flatMap(({ x, scores, invariance }) => [
      '',
      ...titled(`do(X = ${thicknesses[x.thickness]} ${colours[x.colour]} ${x.digit}), ${count(made.draws, 'picture')} of each`, style),
      ...scoreLines(scores, style),
      ...noted(
        `The free input W2 must not matter. Largest TVD between ${count(invariance[0]?.values ?? 0, 'value')} of it and all, by chance 95 % below: ${invariance
          .map(({ attribute, spread, floor }) => `${attribute} ${three(spread)} (${three(floor)})`)
          .join(', ')}.`,
        style,
      ),
    ]),
    '',
    ...noted(
      'The paper reports FID 25.66 (do(3)) and 22.67 (do(5)), and .25 for the total variation of attributes, of larger pictures, other probabilities and other networks: its figures and these are not comparable.',
      style,
    ),
    ...shownIn(made.paths, 'X as set; the process; the network; the plain conditional', style),
  ].join('\n');
}

export function auditText(
  { garment, reader, factors, scores, changed }: AuditDemo,
  made: AuditDemoSettings & Made & { readonly data: string },
  style: TextOptions,
): string {
  return [
    ...titled(`Attribute audit: what else changes under do(Class=${garment}), ${made.data}, seed ${made.seed}`, style),
    ...noted(
      `A stand-in for the paper's CelebA example with made-up probabilities: it says nothing about faces or the published translators. ${minutes(made.processorSeconds)} of processor time. ` +
        `Read right: ${reader.map((share, i) => `${['class', 'colour', 'texture'][i]} ${percent(share)}`).join(', ')}.`,
      style,
    ),
    '',
    ...factorLines(factors, style),
    '',
    ...grid(
      [{ head: 'changed from I1 to I2' }, right('network'), right('true pictures'), right('exact'), right('given Class')],
      changed.map(({ attribute, network, real, exact, conditional }) => [
        attribute,
        percent(network),
        percent(real),
        percent(exact),
        percent(conditional),
      ]),
      style,
    ),
    '',
    ...scoreLines(scores, style),
    ...shownIn(made.paths, 'I1; I2 made of it', style),
  ].join('\n');
}

export function reportText({ report, reader, factors, scores }: ReportDemo, made: ReportDemoSettings & Made, style: TextOptions): string {
  return [
    ...titled(`Films under do(report “${reportLevels[reportCode(report)]}”), seed ${made.seed}`, style),
    ...noted(
      `A stand-in for the paper's MIMIC-CXR example: templated reports and drawn films, nothing medical, every probability made up. ${minutes(made.processorSeconds)} of processor time. ` +
        `Read right: ${reader.map((share, i) => `${[...findingNames, 'contrast'][i]} ${percent(share)}`).join(', ')}.`,
      style,
    ),
    '',
    ...factorLines(factors, style),
    '',
    ...scoreLines(scores, style),
    ...shownIn(made.paths, 'the process under do(); the network', style),
  ].join('\n');
}
