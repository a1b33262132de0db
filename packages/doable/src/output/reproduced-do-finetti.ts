import { type Average, type DoFinettiCheck, type DoFinettiPoint, type FigureSeries, graphSeries } from '@doable/engine';
import { count, csvCell, grid, type LinePoint, linesSvg, paragraph, type TextOptions } from '@doable/engine/present';

const names: Readonly<Record<FigureSeries, string>> = {
  doFinetti: 'do-Finetti',
  doFinettiTrue: 'do-Finetti, true graph',
  independent: 'i.i.d. (PC)',
  independentTrue: 'i.i.d., true graph',
  allPairs: 'all pairs',
};
const shown: readonly FigureSeries[] = ['doFinetti', 'doFinettiTrue', 'independent', 'independentTrue', 'allPairs'];

const titled = (text: string, style: TextOptions): string[] => paragraph({ tone: 'title', text }, style);
const noted = (text: string, style: TextOptions): string[] => paragraph({ tone: 'dim', text }, style, '  ');
const small = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? '-' : value.toExponential(1));
const share = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? '-' : value.toFixed(3));
const right = (heads: readonly string[]): { readonly head: string; readonly align: 'right' }[] =>
  heads.map((head) => ({ head, align: 'right' }));

/** A line of figures and, where there are any, those of the other computation below it. */
function twice(head: readonly string[], own: readonly string[], other: readonly string[]): string[][] {
  const line = [...head, ...own];
  if (other.every((cell) => cell === '-' || cell === '')) return [line];
  return [line, [...head.map((_, i) => (i === head.length - 1 ? 'elsewhere' : '')), ...other.map((cell) => (cell === '-' ? '' : cell))]];
}

/** Both panels of Figure 4, the graphs and the sizes; figures of an earlier computation below ours. */
export function doFinettiText(
  points: readonly DoFinettiPoint[],
  checks: readonly DoFinettiCheck[],
  { seed, full }: { readonly seed: number; readonly full: boolean },
  style: TextOptions,
): string {
  const of = (study: DoFinettiPoint['study']): readonly DoFinettiPoint[] =>
    points.filter((point) => point.study === study && point.done > 0);
  const [figure, graphs, size] = [of('figure'), of('graphs'), of('size')];
  if (figure.length === 0) return 'No repetition is finished.';
  const repetitions = (own: readonly DoFinettiPoint[]): string => {
    const [least, most] = [Math.min(...own.map(({ done }) => done)), Math.max(...own.map(({ done }) => done))];
    return least === most ? count(most, 'repetition') : `${least} to ${count(most, 'repetition')}`;
  };
  const lines = [
    ...titled(`Figure 4: two records of each environment, seed ${seed}, ${repetitions(figure)}`, style),
    ...noted(
      'XOR process, every mechanism Beta(1, 3); a random graph (X -> Y, Y -> X, none), cell and value. Below our figures those of an independent computation with other random numbers ("elsewhere"): the paper prints curves only.',
      style,
    ),
    '',
    ...titled('Mean squared error of the effect, over the joint cells of both records', style),
    ...grid(
      right(['environments', 'do-Finetti', 'true graph', 'i.i.d.', 'true graph', 'all pairs']),
      figure.flatMap(({ environments, errors, earlier }) =>
        twice(
          [String(environments)],
          shown.map((name) => small(errors?.[name].mean)),
          shown.map((name) => small(earlier.errors?.[name])),
        ),
      ),
      style,
    ),
    '',
    ...titled('Share of graphs found arrow for arrow', style),
    ...grid(
      right(['environments', ...graphSeries.map((name) => names[name])]),
      figure.flatMap(({ environments, exact, earlier }) =>
        twice(
          [String(environments)],
          graphSeries.map((name) => share(exact?.[name].mean)),
          graphSeries.map((name) => share(earlier.exact?.[name])),
        ),
      ),
      style,
    ),
  ];
  if (graphs.length > 0) lines.push('', ...graphsText(graphs, repetitions(graphs), style));
  if (size.length > 0) lines.push('', ...sizeText(size, repetitions(size), style));
  if (checks.length > 0) lines.push('', ...checksText(checks, style));
  if (!full) lines.push('', ...noted('A first look; --full repeats the figure 100 times, as the paper does.', style));
  return lines.join('\n');
}

const graphsText = (points: readonly DoFinettiPoint[], repetitions: string, style: TextOptions): string[] => [
  ...titled(`Three variables: graphs found arrow for arrow / distance; ${repetitions}`, style),
  ...noted(
    'Distance: arrows in one of the two graphs alone, as a share of the arrows of both. The paper’s algorithm looks at two records of an environment, however many there are.',
    style,
  ),
  ...grid(
    right(['records', 'environments', ...graphSeries.map((name) => names[name])]),
    points.flatMap(({ positions, environments, exact, distance, earlier }) => {
      const cells = (one?: number, other?: number): string =>
        one === undefined || other === undefined ? '-' : `${share(one)} / ${share(other)}`;
      return twice(
        [String(positions), String(environments)],
        graphSeries.map((name) => cells(exact?.[name].mean, distance?.[name].mean)),
        graphSeries.map((name) => cells(earlier.exact?.[name], earlier.distance?.[name])),
      );
    }),
    style,
  ),
];

const sizeText = (points: readonly DoFinettiPoint[], repetitions: string, style: TextOptions): string[] => [
  ...titled(`True nulls rejected at .05, ${points[0]?.environments} environments; ${repetitions}`, style),
  ...grid(
    right(['records', 'environments as units', 'all pairs in one G test']),
    points.flatMap(({ positions, clustered, pooled, earlier }) =>
      twice([String(positions)], [share(clustered?.mean), share(pooled?.mean)], [share(earlier.clustered), share(earlier.pooled)]),
    ),
    style,
  ),
];

const states: Readonly<Record<DoFinettiCheck['state'], string>> = {
  met: 'met',
  chance: 'by chance',
  missed: 'MISSED',
};

const checksText = (checks: readonly DoFinettiCheck[], style: TextOptions): string[] =>
  grid(
    [{ head: 'what must show' }, { head: '', align: 'right' }, { head: 'target' }, { head: '' }],
    checks.map(({ what, value, standardError, least, most, state }) => {
      const text = value < 0.01 ? small : share;
      const error = value < 0.01 ? standardError.toExponential(0) : share(standardError);
      const target =
        least !== undefined && most !== undefined
          ? `${text(least)} to ${text(most)}`
          : least === undefined
            ? `at most ${text(most)}`
            : `at least ${text(least)}`;
      return [what, `${text(value)} ± ${error}`, target, states[state]];
    }),
    style,
  );

const pointOf = (x: number, { mean, standardError }: Average): LinePoint => ({
  x,
  y: mean,
  ...(standardError > 0 && { spread: standardError }),
});

/** Both panels of Figure 4. */
export function doFinettiSvg(points: readonly DoFinettiPoint[]): string {
  const figure = points.filter(({ study, done }) => study === 'figure' && done > 0);
  const x = { label: 'environments', log: true };
  const last = figure.at(-1);
  const compare = (of: (point: DoFinettiPoint) => number | undefined): LinePoint[] =>
    figure.flatMap((point) => {
      const y = of(point);
      return y === undefined ? [] : [{ x: point.environments, y }];
    });
  return linesSvg(
    [
      {
        title: 'Effect after one intervention',
        x,
        y: { label: 'mean squared error', log: true },
        series: shown.map((name) => ({
          name: names[name],
          points: figure.flatMap(({ environments, errors }) => (errors === undefined ? [] : [pointOf(environments, errors[name])])),
          compare: compare(({ earlier }) => earlier.errors?.[name]),
        })),
      },
      {
        title: 'Graph found',
        x,
        y: { label: 'share found arrow for arrow', ends: [0, 1] },
        series: graphSeries.map((name) => ({
          name: names[name],
          points: figure.flatMap(({ environments, exact }) => (exact === undefined ? [] : [pointOf(environments, exact[name])])),
          compare: compare(({ earlier }) => earlier.exact?.[name]),
        })),
      },
    ],
    {
      title: 'Do-Finetti, Figure 4: effect error and graph accuracy against the number of environments',
      ...(last?.errors !== undefined && {
        description: `At ${last.environments} environments the mean squared error is ${shown.map((name) => `${small(last.errors?.[name].mean)} for ${names[name]}`).join(', ')}.`,
      }),
      bars: '± standard error',
      compared: 'an independent computation',
    },
  );
}

/** One line per point and series: study, environments, records, series, measure, value, standard error, repetitions, earlier figure. */
export function doFinettiCsv(points: readonly DoFinettiPoint[]): string {
  const lines = ['study,environments,records,series,measure,value,standard_error,repetitions,earlier'];
  for (const { study, environments, positions, done, errors, exact, distance, clustered, pooled, earlier } of points) {
    const line = (series: string, measure: string, one: Average | undefined, other: number | undefined): void => {
      if (one === undefined || done === 0) return;
      const cells = [
        study,
        environments,
        positions,
        series,
        measure,
        one.mean,
        Number.isNaN(one.standardError) ? '' : one.standardError,
        done,
        other ?? '',
      ];
      lines.push(cells.map((cell) => csvCell(String(cell))).join(','));
    };
    for (const name of shown) line(names[name], 'squared error', errors?.[name], earlier.errors?.[name]);
    for (const name of graphSeries) line(names[name], 'exact graph', exact?.[name], earlier.exact?.[name]);
    for (const name of graphSeries) line(names[name], 'distance', distance?.[name], earlier.distance?.[name]);
    line('environments as units', 'rejected', clustered, earlier.clustered);
    line('pairs pooled', 'rejected', pooled, earlier.pooled);
  }
  return lines.join('\n');
}
