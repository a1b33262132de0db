import type { Answer, AnswersDocument, Point } from '../../interpret/answer.ts';
import { axisOfPoints, marksOfPoint, rowTexts, shownOf } from '../bounded-text.ts';
import { boundsHeadline, marksOf } from '../bounds.ts';
import { type Axis, axisOf, boundsOf, type Ends, isPoint, naturalOf } from '../interval.ts';
import type { Marks } from '../picture.ts';
import { shortNumber, supportedPlaces } from '../round.ts';
import { escapeXml, textWidth } from './label.ts';

/** One line of the figure: a name, what is drawn, the same in figures. */
export interface BoundsRow {
  readonly label: string;
  readonly marks: Marks;
  readonly figures: string;
}

/** Rows on one axis, under an optional title. */
export interface BoundsPanel {
  readonly title?: string;
  readonly axis: Axis;
  readonly rows: readonly BoundsRow[];
}

export interface BoundsSvgOptions {
  readonly fontSize?: number;
  /** What the picture shows, read out by screen readers; default “Bounds”. */
  readonly title?: string;
  /** `own` (default): dark ink, light on a dark system; `inherit`: the colour of the surrounding page. */
  readonly ink?: 'own' | 'inherit';
  /** Confidence level in per cent, for the legend. */
  readonly percent?: string;
}

const style = '.doable-bounds{color:#1f2933}@media (prefers-color-scheme:dark){.doable-bounds{color:#e4e7eb}}';
const bar = '#2563eb';
const diamond = '#d97706';
const margin = 18;
const plotWidth = 420;

/** The answers of a document that have numbers, as a figure. */
export function answersBoundsSvg(document: AnswersDocument, options: BoundsSvgOptions = {}): string {
  const level = document.answers.find(({ uncertainty }) => uncertainty !== undefined)?.uncertainty?.level;
  return boundsSvg(panelsOf(document.answers), level === undefined ? options : { percent: shortNumber(100 * level), ...options });
}

/** Answers on the same natural scale share an axis, unless one would hardly be seen on it; a distribution has one of its own. */
export function panelsOf(answers: readonly Answer[]): BoundsPanel[] {
  const panels: BoundsPanel[] = [];
  let open: { natural: ReturnType<typeof naturalOf>; rows: BoundsRow[] } | undefined;
  const close = (): void => {
    if (open !== undefined)
      panels.push({
        axis: axisOf(
          open.rows.flatMap(({ marks }) => shownOf(marks)),
          open.natural,
        ),
        rows: open.rows,
      });
    open = undefined;
  };
  for (const answer of answers) {
    if (answer.distribution !== undefined) {
      close();
      panels.push(distributionPanel(answer, answer.distribution));
      continue;
    }
    const row = rowOf(answer);
    if (row === undefined) continue;
    const natural = naturalOf(answer);
    const same = open !== undefined && natural.sure && open.natural.sure && open.natural.ends.every((end, i) => end === natural.ends[i]);
    const tiny = isTiny(row, natural.ends);
    if (!same || tiny) close();
    open ??= { natural, rows: [] };
    open.rows.push(row);
    if (tiny) close();
  }
  close();
  return panels;
}

/** A fiftieth of the natural axis is hardly more than a dot. */
function isTiny({ marks }: BoundsRow, [low, high]: Ends): boolean {
  const shown = shownOf(marks);
  const width = Math.max(...shown) - Math.min(...shown);
  return width > 0 && width < (high - low) / 50;
}

function rowOf(answer: Answer): BoundsRow | undefined {
  const ends = boundsOf(answer);
  if (ends !== undefined) {
    const { low, high, after } = boundsHeadline(answer, ends);
    const kind = /\(([^;)]*)/u.exec(after)?.[1]?.split(':')[0] ?? '';
    return { label: answer.question, marks: marksOf(answer), figures: `${high === undefined ? low : `${low} to ${high}`}, ${kind}` };
  }
  if (answer.value === undefined) return undefined;
  const interval = answer.uncertainty?.interval;
  const point: Ends = [answer.value, answer.value];
  const figures = shortNumber(answer.value, supportedPlaces(answer.uncertainty?.standardError, interval));
  return {
    label: answer.question,
    marks: { inner: point, outer: point, ...(interval === undefined ? {} : { region: interval }) },
    figures,
  };
}

function distributionPanel(answer: Answer, points: readonly Point[]): BoundsPanel {
  const { bounds } = rowTexts(points);
  const rows = points.map((point, i) => ({
    label: Object.entries(point.at)
      .map(([name, value]) => `${name} = ${value}`)
      .join(', '),
    marks: marksOfPoint(point),
    figures: bounds[i] as string,
  }));
  return { title: answer.question, axis: axisOfPoints(points, answer), rows };
}

/**
 * Intervals on their axes as a standalone SVG: a solid bar where models attain the values, a pale one where it is only known that
 * nothing lies outside, a thin line for the confidence region, diamonds for what EMCC reached, a dot for a point. Pure text, no ids.
 */
export function boundsSvg(panels: readonly BoundsPanel[], options: BoundsSvgOptions = {}): string {
  const fontSize = options.fontSize ?? 14;
  const rowHeight = Math.round(fontSize * 2.1);
  const rows = panels.flatMap((panel) => panel.rows);
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => 1.06 * textWidth(text, fontSize)));
  const labelWidth = Math.min(330, Math.ceil(widest(rows.map(({ label }) => label))));
  const figuresWidth = Math.ceil(widest(rows.map(({ figures }) => figures)));
  const left = margin + labelWidth + 16;
  const width = left + plotWidth + 16 + figuresWidth + margin;
  const body: string[] = [];
  let top = margin;
  for (const panel of panels) {
    const titled = panel.title === undefined ? 0 : rowHeight;
    if (panel.title !== undefined)
      body.push(
        `<text x="${margin}" y="${n(top + rowHeight * 0.62)}" font-weight="600" fill="currentColor" stroke="none">${escapeXml(panel.title)}</text>`,
      );
    body.push(panelOf(panel, { left, top: top + titled, rowHeight, fontSize, labelWidth }));
    top += titled + panel.rows.length * rowHeight + Math.round(fontSize * 2.6);
  }
  const legend = legendOf(rows, { left, top, fontSize, percent: options.percent ?? '95' });
  const height = Math.ceil(top + (legend.length === 0 ? 0 : fontSize * 1.6) + margin / 2);
  const least = Math.ceil(Math.max(width, ...panels.map(({ title = '' }) => 2 * margin + textWidth(title, fontSize) * 1.08)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="doable-bounds" role="img" width="${least}" height="${height}" viewBox="0 0 ${least} ${height}" font-family="system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans', sans-serif" font-size="${fontSize}" fill="none" stroke="currentColor" stroke-width="1.5">`,
    `<title>${escapeXml(options.title ?? 'Bounds')}</title>`,
    `<desc>${escapeXml(rows.map(({ label, figures }) => `${label}: ${figures}.`).join(' '))}</desc>`,
    ...(options.ink === 'inherit' ? [] : [`<style>${style}</style>`]),
    ...body,
    ...legend,
    '</svg>\n',
  ].join('\n');
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly rowHeight: number;
  readonly fontSize: number;
  readonly labelWidth: number;
}

function panelOf({ axis, rows }: BoundsPanel, { left, top, rowHeight, fontSize, labelWidth }: Place): string {
  const [low, high] = axis.ends;
  const x = (value: number): number => left + ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * plotWidth;
  const bottom = top + rows.length * rowHeight;
  const ticks = [...new Set([low, ...axis.ticks, high])];
  const grid = ticks.map((tick) => {
    const strong = tick === low || tick === high || tick === 0;
    return `<path d="M${n(x(tick))} ${n(top)}V${n(bottom + 4)}" stroke-width="1" stroke-opacity="${strong ? 0.45 : 0.14}"/>`;
  });
  const labels = ticks.map(
    (tick) =>
      `<text x="${n(x(tick))}" y="${n(bottom + 5 + fontSize)}" text-anchor="middle" font-size="${n(fontSize * 0.86)}" fill="currentColor" fill-opacity="0.75" stroke="none">${escapeXml(shortNumber(tick))}</text>`,
  );
  const drawn = rows.map((row, i) => {
    const y = top + (i + 0.5) * rowHeight;
    const base = n(y + fontSize * 0.35);
    const label = `<text x="${n(left - 16)}" y="${base}" text-anchor="end" fill="currentColor" stroke="none">${escapeXml(fitted(row.label, labelWidth, fontSize))}</text>`;
    const figures = `<text x="${n(left + plotWidth + 16)}" y="${base}" fill="currentColor" stroke="none">${escapeXml(row.figures)}</text>`;
    return `<g><title>${escapeXml(`${row.label}: ${row.figures}`)}</title>${label}${marksSvg(row.marks, x, y, fontSize)}${figures}</g>`;
  });
  const line = `<path d="M${n(left)} ${n(bottom)}H${n(left + plotWidth)}" stroke-width="1" stroke-opacity="0.45"/>`;
  return `<g>${grid.join('')}${line}${labels.join('')}${drawn.join('')}</g>`;
}

function marksSvg({ inner, outer, region, emcc }: Marks, x: (value: number) => number, y: number, fontSize: number): string {
  const thick = fontSize * 0.62;
  const box = ([low, high]: Ends, opacity: number): string =>
    `<rect x="${n(x(low))}" y="${n(y - thick / 2)}" width="${n(Math.max(0, x(high) - x(low)))}" height="${n(thick)}" rx="2" fill="${bar}" fill-opacity="${opacity}" stroke="none"/>`;
  const parts: string[] = [];
  if (region !== undefined) {
    const [from, to] = [x(region[0]), x(region[1])];
    const cap = fontSize * 0.28;
    parts.push(
      `<path d="M${n(from)} ${n(y)}H${n(to)}M${n(from)} ${n(y - cap)}V${n(y + cap)}M${n(to)} ${n(y - cap)}V${n(y + cap)}" stroke-opacity="0.7"/>`,
    );
  }
  if (outer !== undefined) parts.push(box(outer, 0.28));
  if (inner !== undefined) parts.push(box(inner, outer === undefined ? 0.55 : 1));
  const edge = outer ?? inner;
  if (edge !== undefined && x(edge[1]) - x(edge[0]) < 3)
    parts.push(`<circle cx="${n((x(edge[0]) + x(edge[1])) / 2)}" cy="${n(y)}" r="${n(fontSize * 0.33)}" fill="${bar}" stroke="none"/>`);
  if (emcc !== undefined) parts.push(...new Set(emcc.map((end) => diamondOf(x(end), y, fontSize * 0.36))));
  return parts.join('');
}

const diamondOf = (x: number, y: number, r: number): string =>
  `<path d="M${n(x - r)} ${n(y)}L${n(x)} ${n(y - r)}L${n(x + r)} ${n(y)}L${n(x)} ${n(y + r)}Z" fill="none" stroke="${diamond}" stroke-width="1.6"/>`;

function legendOf(rows: readonly BoundsRow[], at: { left: number; top: number; fontSize: number; percent: string }): string[] {
  const { left, top, fontSize, percent } = at;
  const has = (test: (marks: Marks) => boolean): boolean => rows.some(({ marks }) => test(marks));
  const small = n(fontSize * 0.86);
  const y = top + fontSize * 0.7;
  const swatch = (opacity: number) => (x: number) =>
    `<rect x="${n(x)}" y="${n(y - fontSize * 0.31)}" width="22" height="${n(fontSize * 0.62)}" rx="2" fill="${bar}" fill-opacity="${opacity}" stroke="none"/>`;
  const entries: readonly (readonly [boolean, string, (x: number) => string])[] = [
    [has(({ inner, outer }) => inner !== undefined && outer !== undefined && !isPoint(inner)), 'bounds', swatch(1)],
    [
      has(({ inner, outer }) => inner !== undefined && outer !== undefined && isPoint(outer)),
      'one number',
      (x) => `<circle cx="${n(x + 11)}" cy="${n(y)}" r="${n(fontSize * 0.33)}" fill="${bar}" stroke="none"/>`,
    ],
    [has(({ inner, outer }) => inner !== undefined && outer === undefined), 'attained, more may lie outside', swatch(0.55)],
    [
      has(({ inner, outer }) => outer !== undefined && (inner === undefined || inner[0] > outer[0] || inner[1] < outer[1])),
      'not ruled out',
      swatch(0.28),
    ],
    [
      has(({ region }) => region !== undefined),
      `${percent} % region`,
      (x) => `<path d="M${n(x)} ${n(y)}h22M${n(x)} ${n(y - 4)}v8M${n(x + 22)} ${n(y - 4)}v8" stroke-opacity="0.7"/>`,
    ],
    [has(({ emcc }) => emcc !== undefined), 'ends that EMCC reached', (x) => diamondOf(x + 11, y, fontSize * 0.36)],
  ];
  const shown = entries.filter(([is]) => is);
  if (shown.length === 0 || shown.every(([, says]) => says === 'bounds' || says === 'one number')) return [];
  let x = left;
  return shown.map(([, says, draw]) => {
    const text = `<text x="${n(x + 29)}" y="${n(y + fontSize * 0.3)}" font-size="${small}" fill="currentColor" fill-opacity="0.8" stroke="none">${escapeXml(says)}</text>`;
    const entry = `<g>${draw(x)}${text}</g>`;
    x += 29 + textWidth(says, fontSize * 0.86) + 22;
    return entry;
  });
}

/** Cut with an ellipsis where it is wider than its column. */
function fitted(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width + 1) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(`${characters.join('')}…`, fontSize) > width) characters.pop();
  return `${characters.join('')}…`;
}

const n = (value: number): string => String(Math.round(value * 10) / 10 + 0);
