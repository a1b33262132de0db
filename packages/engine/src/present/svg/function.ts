import type { Answer, AnswersDocument, FunctionPoint, MeanFunction } from '../../interpret/answer.ts';
import {
  drawnRange,
  type FunctionAxis,
  figureName,
  functionSentence,
  isReal,
  logReading,
  scaleOf,
  settingText,
  withUnit,
} from '../function.ts';
import { count } from '../layout.ts';
import { shortNumber } from '../round.ts';
import { exponentiated, ink, n, type Panel, type PanelStyle, type PlacedPoint, panelSvg, textAt } from './function-panel.ts';
import { heatLegend, heatSvg } from './heat.ts';
import { escapeXml, textWidth } from './label.ts';

export interface FunctionSvgOptions {
  readonly fontSize?: number;
  /** `own` (default): dark ink, light on a dark system; `inherit`: the colour of the surrounding page. */
  readonly ink?: 'own' | 'inherit';
}

const style = '.doable-function{color:#1f2933}@media (prefers-color-scheme:dark){.doable-function{color:#e4e7eb}}';
const margin = 20;
const mostPanels = 12;
/** With more values than this on both axes, colours are drawn instead of a curve for each value. */
const mostCurves = 6;

interface Block {
  readonly body: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly says: string;
}

/**
 * The functions of a document, one below the other, as a standalone SVG. One open variable: a curve with its interval and the band for
 * all points at once (levels: dots with bars). Two: a panel per value of the variable with fewer values, or colours where both have more
 * than six. Stretches without records are greyed. What the question holds fixed stands in the title. Pure text, no ids.
 */
export function answersFunctionSvg(document: AnswersDocument, options: FunctionSvgOptions = {}): string {
  const fontSize = options.fontSize ?? 14;
  const blocks = document.answers.flatMap((answer) =>
    answer.function === undefined ? [] : [{ answer, block: blockOf(answer, answer.function, fontSize) }],
  );
  const body: string[] = [];
  let top = margin;
  for (const { block } of blocks) {
    body.push(`<g transform="translate(0 ${n(top)})">`, ...block.body, '</g>');
    top += block.height + fontSize * 2;
  }
  const width = Math.ceil(Math.max(200, ...blocks.map(({ block }) => block.width)));
  const height = Math.ceil(top - fontSize * 2 + margin * 0.7);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="doable-function" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans', sans-serif" font-size="${fontSize}" fill="none" stroke="currentColor" stroke-width="1.5">`,
    `<title>${escapeXml(blocks.map(({ answer }) => answer.question).join('; '))}</title>`,
    `<desc>${escapeXml(blocks.map(({ block }) => block.says).join(' '))}</desc>`,
    ...(options.ink === 'inherit' ? [] : [`<style>${style}</style>`]),
    ...body,
    '</svg>\n',
  ].join('\n');
}

function blockOf(answer: Answer, f: MeanFunction, fontSize: number): Block {
  const values = f.points.flatMap(({ value }) => value ?? []);
  const range = values.length === 0 ? 'no value' : `${shortNumber(Math.min(...values))} to ${shortNumber(Math.max(...values))}`;
  const says = `${functionSentence(answer, f)}: ${count(f.points.length, 'point')}, ${range}.`;
  const head = headOf(answer, f, fontSize);
  const [first, second] = f.axes;
  const heat =
    f.axes.length === 2 &&
    first !== undefined &&
    second !== undefined &&
    [first, second].every((axis) => isReal(axis) && (axis.values?.length ?? 0) > mostCurves);
  const drawn = heat ? heatBlock(answer, f, [first, second], head.height, fontSize) : panelsBlock(answer, f, head.height, fontSize);
  return { body: [...head.body, ...drawn.body], width: Math.max(head.width, drawn.width), height: head.height + drawn.height, says };
}

/** The question, and in words what the function is of and what is held. */
function headOf(answer: Answer, f: MeanFunction, fontSize: number): { body: string[]; width: number; height: number } {
  const held = f.held.map(({ name, part, value }) => `${name} = ${settingText(value)} (${part === 'set' ? 'set' : 'watched'})`);
  const caption = [
    ...(held.length === 0 ? [] : [`held: ${held.join(', ')}`]),
    ...(f.log === true ? [`log scale${logReading(answer) === undefined ? '' : `; right: exp(), the ${logReading(answer)}`}`] : []),
  ].join('; ');
  const lines = caption === '' ? 1 : 2;
  return {
    body: [
      textAt(margin, fontSize, answer.question, 'font-weight="600"'),
      ...(caption === '' ? [] : [textAt(margin, fontSize * 2.35, caption, `font-size="${n(fontSize * 0.93)}" fill-opacity="0.8"`)]),
    ],
    width: 2 * margin + 1.1 * Math.max(textWidth(answer.question, fontSize), textWidth(caption, fontSize * 0.93)),
    height: fontSize * (lines === 1 ? 1.5 : 2.8),
  };
}

type Drawn = { readonly body: string[]; readonly width: number; readonly height: number };

function panelsBlock(answer: Answer, f: MeanFunction, top: number, fontSize: number): Drawn {
  const { along, panels, levels, loose, left: undrawn = 0 } = panelsOf(f);
  const log = logReading(answer) !== undefined;
  const shown = panels.slice(0, mostPanels);
  const points = shown.flatMap((panel) => panel.points);
  const xs = points.map(({ x }) => x);
  const y = scaleOf(...drawnRange(points), shown.length === 1 ? 6 : 4);
  const titled = shown.some(({ title }) => title !== undefined);
  const columns = shown.length === 4 ? 2 : Math.min(3, shown.length);
  const [width, height] = shown.length === 1 ? [470, 270] : [columns === 2 ? 290 : 220, 170];
  const range = [Math.min(...xs), Math.max(...xs)] as const;
  const pad = loose || range[0] === range[1] ? 0.05 * (range[1] - range[0] || 1) : 0;
  const panelStyle: PanelStyle = {
    x:
      levels === undefined
        ? scaleOf(range[0] - pad, range[1] + pad, shown.length === 1 ? 8 : 4, false)
        : { ends: [-0.5, levels.length - 0.5], ticks: levels.map((_, i) => i) },
    y,
    exponentiate: log,
    width,
    height,
    fontSize,
    ...(levels === undefined ? {} : { levels }),
    ...(loose ? { loose } : {}),
  };
  const widest = (texts: readonly string[]): number => Math.max(...texts.map((text) => textWidth(text, fontSize * 0.86)));
  const left = margin + widest(y.ticks.map((tick) => shortNumber(tick))) + 10;
  const right = log ? widest(y.ticks.map(exponentiated)) + 12 : 0;
  const [gapX, gapY] = [fontSize * 2.2, fontSize * (titled ? 4.4 : 3)];
  const first = top + fontSize * (titled ? 3.9 : 2.1);
  const body = [textAt(left, top + fontSize * 0.95, figureName(answer, f), `font-size="${n(fontSize * 0.86)}" fill-opacity="0.78"`)];
  shown.forEach((panel, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const last = column === columns - 1 || i === shown.length - 1;
    body.push(
      panelSvg(panel, panelStyle, {
        left: left + column * (width + gapX),
        top: first + row * (height + gapY),
        labels: [column === 0, last],
      }),
    );
  });
  const rows = Math.ceil(shown.length / columns);
  const bottom = first + rows * height + (rows - 1) * gapY;
  const full = columns * width + (columns - 1) * gapX;
  const axis = along === undefined ? f.axes.map(({ name }) => name).join(', ') : withUnit(along.name, along.unit);
  body.push(
    textAt(
      left + full / 2,
      bottom + fontSize * 2.75,
      `${axis}${along === undefined ? '' : along.part === 'set' ? ', set' : ', watched'}`,
      `text-anchor="middle" font-size="${n(fontSize * 0.93)}"`,
    ),
  );
  const legend = legendOf(answer, f, points, {
    left,
    top: bottom + fontSize * 4.2,
    fontSize,
    curve: levels === undefined && !loose,
    width: full + right,
  });
  const end = bottom + fontSize * (4.7 + 1.6 * legend.rows);
  const note = panels.length - shown.length + undrawn;
  if (note > 0)
    body.push(
      textAt(
        left,
        end + fontSize * 1.2,
        `and ${count(note, undrawn > 0 ? 'more point' : 'more panel')}`,
        `font-size="${n(fontSize * 0.86)}" fill-opacity="0.8"`,
      ),
    );
  body.push(...legend.body);
  return { body, width: left + full + right + margin, height: end - top + fontSize * (note > 0 ? 1.5 : 0) };
}

interface Panels {
  /** The variable along the axis; undefined: points are counted. */
  readonly along?: FunctionAxis;
  readonly panels: readonly Panel[];
  readonly levels?: readonly string[];
  readonly loose: boolean;
  /** Points that are not drawn. */
  readonly left?: number;
}

/** The variable with the most values runs along the axis, a real one first; the others make panels. */
function panelsOf(f: MeanFunction): Panels {
  const grid = f.axes.every(({ values }) => values !== undefined);
  const [only] = f.axes;
  if (!grid) {
    const real = f.axes.length === 1 && only !== undefined && f.points.every(({ at }) => typeof at[only.name] === 'number');
    if (real) {
      const points = f.points.map((point) => ({ ...point, x: point.at[only.name] as number })).sort((a, b) => a.x - b.x);
      return { along: only, panels: [{ points }], loose: true };
    }
    const shown = f.points.slice(0, mostPanels);
    return {
      left: f.points.length - shown.length,
      panels: [{ points: shown.map((point, x) => ({ ...point, x })) }],
      levels: shown.map(({ at }) => f.axes.map(({ name }) => settingText(at[name])).join(', ')),
      loose: true,
    };
  }
  const size = (axis: FunctionAxis): number => (isReal(axis) ? 1000 : 0) + (axis.values?.length ?? 0);
  const along = f.axes.reduce((best, axis) => (size(axis) > size(best) ? axis : best));
  const others = f.axes.filter((axis) => axis !== along);
  const groups = new Map<string, { title: string; points: PlacedPoint[] }>();
  for (const point of f.points) {
    const title = others.map(({ name }) => `${name} = ${settingText(point.at[name])}`).join(', ');
    const group = groups.get(title) ?? { title, points: [] };
    const value = point.at[along.name];
    group.points.push({ ...point, x: isReal(along) ? (value as number) : (along.values?.indexOf(value as string) ?? 0) });
    groups.set(title, group);
  }
  const panels = [...groups.values()].map(({ title, points }) => ({ points, ...(title === '' ? {} : { title }) }));
  return { along, panels, loose: false, ...(isReal(along) ? {} : { levels: along.values?.map(settingText) ?? [] }) };
}

function heatBlock(
  answer: Answer,
  f: MeanFunction,
  [down, across]: readonly [FunctionAxis, FunctionAxis],
  top: number,
  fontSize: number,
): Drawn {
  const values = f.points.flatMap(({ value }) => value ?? []);
  const range = scaleOf(Math.min(...values), Math.max(...values), 5);
  const scale = { ends: [Math.min(...values), Math.max(...values)] as const, ticks: range.ticks };
  const inside = {
    ends: scale.ends[0] === scale.ends[1] ? range.ends : scale.ends,
    ticks: scale.ticks.filter((tick) => tick >= scale.ends[0] && tick <= scale.ends[1]),
  };
  const rows = down.values ?? [];
  const columns = across.values ?? [];
  const left = margin + Math.max(...rows.map((value) => textWidth(settingText(value), fontSize * 0.86))) + 10;
  const [width, height] = [Math.min(560, Math.max(420, columns.length * 46)), Math.min(420, Math.max(260, rows.length * 30))];
  const first = top + fontSize * 2.1;
  const bottom = first + height;
  const legend = { left: left + width + 24, top: first, height, fontSize };
  const log = logReading(answer) !== undefined;
  const small = `font-size="${n(fontSize * 0.86)}" fill-opacity="0.78"`;
  const errors = f.points.flatMap(({ standardError }) => standardError ?? []);
  const short = (value: number): string => shortNumber(Number(value.toPrecision(2)));
  const notes = [
    ...(errors.length === 0 ? [] : [`standard errors ${short(Math.min(...errors))} to ${short(Math.max(...errors))}`]),
    ...(f.points.some(({ supported }) => supported === false) ? ['pale: no records near, an extrapolation'] : []),
  ].join('; ');
  const name = figureName(answer, f);
  return {
    body: [
      textAt(
        margin,
        top + fontSize * 0.95,
        `${withUnit(down.name, down.unit)}, ${down.part === 'set' ? 'set' : 'watched'}`,
        `font-size="${n(fontSize * 0.93)}"`,
      ),
      textAt(legend.left, top + fontSize * 0.95, name, small),
      heatSvg({ rows, columns, points: f.points, scale: inside }, { left, top: first, width, height, fontSize }),
      heatLegend(inside, { ...legend, ...(log ? { exponentiated } : {}) }),
      textAt(
        left + width / 2,
        bottom + fontSize * 2.75,
        `${withUnit(across.name, across.unit)}, ${across.part === 'set' ? 'set' : 'watched'}`,
        `text-anchor="middle" font-size="${n(fontSize * 0.93)}"`,
      ),
      ...(notes === '' ? [] : [textAt(left, bottom + fontSize * 4.3, notes, small)]),
    ],
    width: legend.left + Math.max(90, 1.05 * textWidth(name, fontSize * 0.86)) + margin,
    height: height + fontSize * (notes === '' ? 5 : 6.7),
  };
}

function legendOf(
  answer: Answer,
  f: MeanFunction,
  points: readonly FunctionPoint[],
  { left, top, fontSize, curve, width }: { left: number; top: number; fontSize: number; curve: boolean; width: number },
): { body: string[]; rows: number } {
  const percent = shortNumber(100 * (f.level ?? answer.uncertainty?.level ?? 0.95));
  let y = top;
  const swatch =
    (opacity: number) =>
    (x: number): string =>
      `<rect x="${n(x)}" y="${n(y - fontSize * 0.31)}" width="22" height="${n(fontSize * 0.62)}" fill="${ink}" fill-opacity="${opacity}" stroke="none"/>`;
  const line =
    (width: number, opacity: number) =>
    (x: number): string =>
      `<path d="M${n(x)} ${n(y)}h22" stroke="${ink}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-linecap="round"/>`;
  const has = (part: 'interval' | 'band'): boolean => points.some((point) => point[part] !== undefined);
  const entries: readonly (readonly [boolean, string, (x: number) => string])[] = [
    [has('interval'), `${percent} % interval at each point`, curve ? swatch(0.36) : line(5, 0.45)],
    [has('band'), `${percent} % band for all points at once`, curve ? swatch(0.14) : line(1.5, 0.55)],
    [
      points.some(({ supported }) => supported === false),
      'no records near: extrapolation',
      (x) =>
        `<rect x="${n(x)}" y="${n(y - fontSize * 0.4)}" width="22" height="${n(fontSize * 0.8)}" fill="currentColor" fill-opacity="0.1" stroke="none"/>`,
    ],
  ];
  let x = left;
  const body = entries
    .filter(([is]) => is)
    .map(([, says, draw]) => {
      const wide = 29 + 1.05 * textWidth(says, fontSize * 0.86);
      if (x > left && x + wide > left + width) {
        x = left;
        y += fontSize * 1.6;
      }
      const entry = `<g>${draw(x)}${textAt(x + 29, y + fontSize * 0.3, says, `font-size="${n(fontSize * 0.86)}" fill-opacity="0.8"`)}</g>`;
      x += wide + 20;
      return entry;
    });
  return { body, rows: Math.round((y - top) / (fontSize * 1.6)) };
}
