import type { DiscoveredEdge, DiscoveryDocument, OtherGraph } from '../discover-document.ts';
import { readGraph } from '../graph/formats/read.ts';
import { bad, count, dim, good, grid, listed, pad, paragraph, type Rich, type TextOptions, title, warn, withCommas } from './layout.ts';
import { shortNumber } from './round.ts';
import { type GraphSvgOptions, graphSvg } from './svg/graph.ts';

const most = 12;
const labels = { score: 'environments held out', paper: 'two records of each', independent: 'as independent records' };

/** A discovery as a person reads it: what was found, how sure each edge and each direction is, what else was looked at, warnings. */
export function discoveryText(document: DiscoveryDocument, options: TextOptions = {}): string {
  const { edges, bootstrap, environments, diagnostics, rounds, leftOut } = document;
  const paint = options.paint ?? ((_, text) => text);
  const heading = (text: string): string[] => ['', paint('title', text)];
  const undecided = edges.filter(({ decided }) => !decided);
  const lines = [
    ...paragraph([title(headlineOf(document)), `, from ${recordsText(environments)}`], options),
    ...leftOut.flatMap(({ name, why }) => paragraph(dim(`Left out: ${name} (${why}).`), options, '  ')),
    '',
    ...edgeLines(document, options),
  ];
  if (undecided.length > 0)
    lines.push(
      '',
      ...paragraph(
        `${undecided.length === 1 ? 'One edge has' : `${undecided.length} edges have`} no direction that these environments decide (written --). With the best guesses: ${document.graph}`,
        options,
        '  ',
      ),
    );
  if (document.missing.length > 0) {
    lines.push(...heading('No edge found'));
    for (const { between, given, p, share } of document.missing.toSorted((a, b) => a.p - b.p).slice(0, most))
      lines.push(
        ...paragraph(
          `${listed(between)}${given.length === 0 ? '' : ` given ${listed(given)}`}: p = ${small(p)}${share === undefined || share === 0 ? '' : `, an edge in ${percent(share)} of resamples`}`,
          options,
          '  ',
        ),
      );
    if (document.missing.length > most) lines.push(paint('dim', `  and ${document.missing.length - most} more with larger p`));
  }
  if (bootstrap !== undefined) {
    lines.push(...heading(`${bootstrap.resamples} resamples of environments`));
    lines.push(...paragraph(sameText(document, bootstrap.same), options, '  '));
    for (const { text, share } of bootstrap.graphs.filter((one) => one.text !== document.graph).slice(0, 3))
      lines.push(...paragraph(text, options, `  ${pad(percent(share), 6, 'left')}  `));
    lines.push(
      ...paragraph(
        dim('Shares tell how stable the graph is; they are no probabilities that it is right (resamples hold environments twice).'),
        options,
        '  ',
      ),
    );
  }
  const others: (readonly [string, OtherGraph | undefined])[] = [
    [labels.score, document.score],
    [labels.paper, document.paper],
    [labels.independent, document.independent],
  ];
  if (others.some(([, one]) => one !== undefined) || document.unavailable !== undefined) lines.push(...heading('Beside it'));
  for (const [label, one] of others)
    if (one !== undefined)
      lines.push(...paragraph([`${one.text}  `, one.agrees ? good(one.says) : warn(one.says)], options, `  ${pad(label, 22)}  `));
  for (const { what, why } of document.unavailable ?? [])
    lines.push(...paragraph(dim(`not compared: ${why}`), options, `  ${pad(labels[what], 22)}  `));
  const doubts = diagnostics.filter(({ level }) => level !== 'ok');
  lines.push(...heading('Do the environments bear it out?'));
  for (const { level, says } of [...diagnostics.filter((one) => one.level === 'ok'), ...doubts]) {
    const mark: Rich = level === 'ok' ? good('ok') : level === 'warn' ? warn('warning') : bad('FAIL');
    lines.push(...paragraph(says, options, ['  ', mark, ' '.repeat(level === 'ok' ? 8 : level === 'warn' ? 3 : 6)]));
  }
  if (rounds.some(({ refuted }) => refuted))
    lines.push(...paragraph(dim('Directions are least to be trusted among variables of which none passes as the last.'), options, '  '));
  lines.push(
    '',
    ...paragraph(
      dim(
        `Assumed: records of an environment are exchangeable, mechanisms vary independently of each other, no hidden common cause. Levels of the tests: edges ${document.levels.edge}, directions ${document.levels.direction}. Seed ${document.seed}.`,
      ),
      options,
    ),
  );
  return lines.join('\n');
}

function headlineOf({ edges, partial, algorithm, variables }: DiscoveryDocument): string {
  const known = edges.filter(({ decided }) => decided).length;
  const how = algorithm === 'paper' ? ' (two records of each environment)' : '';
  const all = `Graph of ${count(variables.length, 'variable')}${how}`;
  const what =
    edges.length === 0
      ? 'no edges'
      : known === edges.length
        ? `${count(edges.length, 'edge')}, ${edges.length === 1 ? 'its direction' : 'all directions'} decided`
        : `${count(edges.length, 'edge')}, ${known === 0 ? 'no direction' : known === 1 ? 'one direction' : `${known} directions`} decided`;
  return `${all}: ${what}${partial === true ? ' (stopped early)' : ''}`;
}

function recordsText({ count: environments, records, smallest, largest }: DiscoveryDocument['environments']): string {
  const each = smallest === largest ? `${withCommas(smallest)} each` : `${withCommas(smallest)} to ${withCommas(largest)} each`;
  return `${count(records, 'record')} of ${count(environments, 'environment')} (${each})`;
}

function edgeLines({ edges, bootstrap }: DiscoveryDocument, options: TextOptions): string[] {
  if (edges.length === 0) return ['  No two variables depend on each other beyond chance.'];
  return grid(
    [
      { head: 'edge', tone: 'number' },
      { head: 'connected' },
      { head: 'direction' },
      ...(bootstrap === undefined
        ? []
        : [
            { head: 'resamples: so', align: 'right' as const },
            { head: 'reversed', align: 'right' as const },
          ]),
    ],
    edges.map((edge) => [
      `${edge.from} ${edge.decided ? '->' : '--'} ${edge.to}`,
      `${strength(edge.existence)} (p = ${small(edge.existence)})`,
      directionText(edge),
      ...(bootstrap === undefined ? [] : [percent(edge.share ?? 0), percent(edge.reversedShare ?? 0)]),
    ]),
    options,
  );
}

const strength = (p: number): string => (p < 1e-6 ? 'very strong' : p < 1e-3 ? 'strong' : p < 0.01 ? 'fair' : 'weak');

function directionText({ decided, undecided, reversal, positions }: DiscoveredEdge): string {
  const figure = reversal === undefined ? '' : ` (reverse: p = ${small(reversal)}${positions === undefined ? '' : ', three records'})`;
  if (decided) return reversal === undefined ? 'decided' : `${strength(reversal)}${figure}`;
  switch (undecided) {
    case 'no-sink':
      return `undecided: neither way fits${figure}`;
    case 'mechanisms-together':
      return `undecided: mechanisms vary together${figure}`;
    default:
      return `undecided${figure}`;
  }
}

const sameText = ({ edges, graph }: DiscoveryDocument, same: number): string =>
  `The same graph, directions included, in ${percent(same)}: ${edges.length === 0 ? 'no edges' : graph}`;

const percent = (share: number): string => `${shortNumber(100 * share, share > 0 && share < 0.0995 ? 1 : 0)} %`;
const small = (p: number): string => (p < 1e-300 ? '0' : p < 1e-3 ? p.toExponential(1) : shortNumber(Number(p.toPrecision(2))));

/** The picture of the graph; edges whose direction is undecided are dashed lines without a head. */
export function discoverySvg({ graph, edges }: DiscoveryDocument, options: GraphSvgOptions = {}): string {
  const read = readGraph(graph);
  if (!read.ok) throw new Error(read.issues[0]?.message);
  const undecided = edges.filter(({ decided }) => !decided).map(({ from, to }) => [from, to] as const);
  return graphSvg(read.value, { title: 'Graph from environments', ...options, undecided });
}
