import type { Answer, AnswersDocument, DerivationLine, Diagnostic, Point } from '../interpret/answer.ts';
import { additiveSentences, geometricSentence, regimeTexts } from './additive.ts';
import { boundedTableLines, boundLines, isBoundedTable } from './bounded-text.ts';
import { boundSentences, certificateSentence, isBounded, isCertified } from './bounds.ts';
import { environmentSentences } from './environments.ts';
import { functionLines } from './function-text.ts';
import { boundsOf } from './interval.ts';
import { type Column, columnsOf, count, grid, pad, paragraph, type Rich, type TextOptions, type Tone } from './layout.ts';
import { axesOf, placesOf, shortNumber, supportedPlaces } from './round.ts';
import { summaryLines } from './sampler.ts';
import { headline, hedgeSentences, helpSentence, isDirect, isNo, ruleSentence, rungWords, stoppedSentence } from './words.ts';

export interface AnswerTextOptions extends TextOptions {
  /** The whole derivation and every refusal, instead of the key lines. */
  readonly why?: boolean;
  /** Rows of a distribution to print; default 40. */
  readonly rows?: number;
  /** Leaves out what stands at the end of the document: fingerprints, and that the estimand was checked. */
  readonly brief?: boolean;
  /** Says how the interval was made; default true. */
  readonly method?: boolean;
}

/** Labels stand in a column of this width. */
const labelWidth = 12;

/** The answers as a person reads them, one after another; what holds for all of them and makes them reproducible is said once, at the end. */
export function answersText(document: AnswersDocument, options: AnswerTextOptions = {}): string {
  const { answers } = document;
  const methods = new Set(
    answers.flatMap((answer) => (answer.uncertainty === undefined ? [] : [intervalsText(answer.uncertainty, intervalsOf(answer))])),
  );
  const common = methods.size === 1;
  const blocks = answers.map((answer) => answerText(answer, { ...options, brief: true, method: !common }));
  return [...blocks, footer(document, common ? [...methods] : [], options).join('\n')].join('\n\n');
}

const intervalsText = ({ level, method }: NonNullable<Answer['uncertainty']>, what: string): string =>
  `${shortNumber(100 * level)} % ${what}: ${method}`;
const intervalsOf = (answer: Answer): string => (isBounded(answer) ? 'regions of bounds' : 'intervals');

function footer(document: AnswersDocument, methods: readonly string[], options: AnswerTextOptions): string[] {
  const { answers, seed, version } = document;
  const note = (tone: Tone, text: string): string[] => paragraph({ tone, text }, options);
  const studies = new Map(answers.flatMap((answer) => answer.studies.map(({ name, fingerprint }) => [name, fingerprint] as const)));
  const prints = [...studies].map(([name, fingerprint]) => `${name} ${fingerprint}`).join(', ');
  const estimands = answers.filter((answer) => answer.estimand !== undefined);
  const checked = estimands.length > 0 && estimands.every(({ diagnostics }) => diagnostics.some(isSelfCheck));
  return [
    ...(document.partial === true ? note('warn', stoppedSentence(document)) : []),
    ...methods.flatMap((text) => note('dim', text)),
    ...(answers.some(isCertified) ? note('dim', certificateSentence) : []),
    ...(checked ? note('dim', 'every estimand agreed with the exact answer in random models of the graph') : []),
    ...(prints === '' ? [] : note('dim', `fingerprints: ${prints}`)),
    ...note('dim', `seed ${seed}, doable ${version}`),
  ];
}

const isSelfCheck = ({ name, level }: Diagnostic): boolean => name === 'self-check' && level === 'ok';

/** One answer: question, number, why, estimand, studies, assumptions, checks. */
export function answerText(answer: Answer, options: AnswerTextOptions = {}): string {
  const field = (label: string, rich: Rich, tone: Tone = 'dim'): string[] =>
    paragraph(rich, options, ['  ', { tone, text: pad(label, labelWidth) }]);
  const list = (label: string, items: readonly Rich[]): string[] => items.flatMap((item, i) => field(i === 0 ? label : '', item));
  const lines: string[] = [
    ...paragraph({ tone: 'title', text: answer.question }, options),
    ...paragraph({ tone: 'dim', text: answer.question === answer.terms || !isSugar(answer) ? '' : `= ${answer.terms}` }, options, '  '),
    ...paragraph({ tone: 'dim', text: rungWords[answer.rung] }, options, '  '),
  ].filter((line) => line !== '');
  lines.push('', ...valueLines(answer, options), '');
  const identified = answer.status === 'identified' || answer.identifiable === true;
  const bounded = isBounded(answer);
  if (bounded) lines.push(...boundSentences(answer, options).flatMap(({ label, says, tone }) => field(label, says, tone)));
  else if (answer.why !== undefined) lines.push(...field('Why', answer.why));
  if (!identified && bounded) {
    if (options.why === true) lines.push(...list('Hedge', hedgeSentences(answer)), ...list('Known', answer.explanations ?? []));
  } else if (!identified) {
    const other = options.why === true ? answer.refused.filter((one) => one.why !== answer.why) : [];
    lines.push(
      ...list(
        '',
        other.map(({ rule, why }) => [{ tone: 'dim', text: `${rule}: ` }, why]),
      ),
    );
    lines.push(...list('Hedge', hedgeSentences(answer)));
    const help = helpSentence(answer);
    if (help !== undefined) lines.push(...field('Would help', help, 'title'));
    lines.push(...list('Known', answer.explanations ?? []));
  } else if (answer.rule !== undefined && !bounded) {
    const known = isDirect(answer) && options.why !== true ? [] : (answer.explanations ?? []);
    lines.push(...list(isNo(answer) ? 'Identified' : 'Because', [ruleSentence(answer.rule), ...known]));
  }
  if (answer.estimand !== undefined && answer.rule !== 'range') lines.push(...field('Estimand', answer.estimand.text));
  const { additive } = answer;
  if (additive === undefined)
    lines.push(
      ...list(
        'Studies',
        answer.studies.map((study) => studyText(study, options)),
      ),
    );
  else {
    const prints = new Map(answer.studies.map(({ name, fingerprint }) => [name, fingerprint]));
    const named = (name: string): string =>
      options.brief === true || !prints.has(name) ? name : `${name} (fingerprint ${prints.get(name)})`;
    lines.push(
      ...list(
        'Regimes',
        regimeTexts(additive, named).map(([head, text]) => [head, { tone: 'dim', text }]),
      ),
    );
    lines.push(...additiveSentences(answer).flatMap(({ label, says }) => field(label, says)));
  }
  lines.push(...environmentSentences(answer).flatMap(({ label, says }) => field(label, says)));
  lines.push(...list('Assumes', answer.assumes));
  if (options.brief !== true && isCertified(answer)) lines.push(...field('Certificate', certificateSentence));
  const said = answer.diagnostics.filter(
    (one) =>
      (options.brief !== true || !isSelfCheck(one)) &&
      (answer.agreement === undefined || one.name !== 'compatibility') &&
      (answer.rule !== 'range' || one.name !== 'rows'),
  );
  lines.push(...list('Checks', ordered(said).map(diagnosticRich)));
  const derivation = answer.derivation ?? [];
  if (options.why === true && derivation.length > 0) lines.push('', ...derivationLines(derivation, options));
  if (options.why === true && (identified || bounded) && answer.refused.length > 0)
    lines.push(
      '',
      ...list(
        'Not by',
        answer.refused.map(({ rule, why }) => [{ tone: 'dim', text: `${rule}: ` }, why]),
      ),
    );
  return lines
    .join('\n')
    .replace(/\n{3,}/gu, '\n\n')
    .trimEnd();
}

/** A question that names a function (ATE, PNS, ...), or lives in several worlds, is told in core terms too. */
const isSugar = (answer: Answer): boolean => /(?:^|[^\p{L}\p{N}_.])[A-Z]{2,}\s*\(/u.test(answer.question);

function valueLines(answer: Answer, options: AnswerTextOptions): string[] {
  const { uncertainty } = answer;
  const percent = shortNumber(100 * (uncertainty?.level ?? 0.95));
  const ends = boundsOf(answer);
  if (answer.status === 'bounded' && ends !== undefined) return [...boundLines(answer, ends, options), ...methodLines(answer, options)];
  if (answer.status !== 'bounded' && answer.status !== 'identified' && ends !== undefined) {
    return [...headlineLines(answer, options), '', ...boundLines(answer, ends, options), ...methodLines(answer, options)];
  }
  if (answer.distribution !== undefined && isBoundedTable(answer.distribution))
    return [...boundedTableLines(answer, answer.distribution, percent, options.rows ?? 40, options), ...methodLines(answer, options)];
  if (answer.kind === 'distribution' && answer.distribution !== undefined) {
    const method =
      uncertainty === undefined || options.method === false
        ? []
        : ['', ...paragraph({ tone: 'dim', text: uncertainty.method }, options, '  ')];
    const refused = answer.status === 'incompatible' ? [...headlineLines(answer, options), ''] : [];
    return [...refused, ...distributionLines(answer.distribution, percent, options), ...method];
  }
  if (answer.function !== undefined) return [...functionLines(answer, answer.function, options), ...methodLines(answer, options)];
  if (answer.kind === 'point' && answer.value !== undefined) {
    const geometric = geometricSentence(answer);
    const scale = geometric === undefined ? [] : paragraph(geometric, options, '  ');
    const places = supportedPlaces(uncertainty?.standardError, uncertainty?.interval);
    const value: Rich = { tone: 'number', text: shortNumber(answer.value, places) };
    if (uncertainty?.interval === undefined) return [...paragraph(value, options, '  '), ...scale];
    const [low, high] = uncertainty.interval;
    const { standardError: error } = uncertainty;
    const deviation = error === undefined ? '' : `, standard error ${shortNumber(error, places)}`;
    const interval = ` (${percent} % interval ${shortNumber(low, places)} to ${shortNumber(high, places)}${deviation})`;
    const method = options.method === false ? [] : paragraph({ tone: 'dim', text: uncertainty.method }, options, '  ');
    return [...paragraph([value, interval], options, '  '), ...scale, ...method];
  }
  if (answer.sampler?.summaries !== undefined) return [...summaryLines(answer.sampler.summaries, options), ...methodLines(answer, options)];
  return headlineLines(answer, options);
}

const headlineLines = (answer: Answer, options: AnswerTextOptions): string[] => {
  const { text, tone } = headline(answer);
  return paragraph({ tone, text }, options, '  ');
};

const methodLines = ({ uncertainty }: Answer, options: AnswerTextOptions): string[] =>
  uncertainty === undefined || options.method === false ? [] : ['', ...paragraph({ tone: 'dim', text: uncertainty.method }, options, '  ')];

function distributionLines(points: readonly Point[], percent: string, options: AnswerTextOptions): string[] {
  const limit = options.rows ?? 40;
  const shown = points.length > limit ? points.slice(0, limit) : points;
  const places = placesOf(shown);
  const text = (value: number): string => shortNumber(value, places);
  const axes = axesOf(points);
  const hasInterval = shown.some((point) => point.interval !== undefined);
  const hasSpread = shown.some((point) => point.spread !== undefined);
  const bars = options.bars === true && points.every(({ value }) => value === null || (value >= 0 && value <= 1));
  const value = aligned(shown.map((point) => (point.value === null ? 'undefined' : text(point.value))));
  const low = aligned(shown.map(({ interval }) => (interval === undefined ? '' : text(interval[0]))));
  const high = aligned(shown.map(({ interval }) => (interval === undefined ? '' : text(interval[1]))));
  const columns: Column[] = [
    ...axes.map((head): Column => ({ head })),
    { head: 'value', tone: 'number' },
    ...(hasInterval ? [{ head: `${percent} % interval` }] : []),
    ...(hasSpread ? [{ head: 'in one environment' }] : []),
    ...(bars ? [{ head: '', tone: 'dim' as const }] : []),
  ];
  const rows = shown.map((point, i) => [
    ...axes.map((axis) => point.at[axis] ?? ''),
    value[i] as string,
    ...(hasInterval ? [point.interval === undefined ? '' : `${low[i]} to ${high[i]}`] : []),
    ...(hasSpread ? [point.spread === undefined ? '' : point.spread.interval.map(text).join(' to ')] : []),
    ...(bars ? [bar(point.value ?? 0)] : []),
  ]);
  const more = points.length - shown.length;
  const rest =
    more > 0 ? paragraph({ tone: 'dim', text: `and ${count(more, 'more row')} (--json or --format csv has all)` }, options, '  ') : [];
  return [...grid(columns, rows, options), ...rest];
}

/** Numbers padded so that their decimal points stand below each other. */
function aligned(texts: readonly string[]): string[] {
  const whole = (text: string): number => columnsOf(/^-?\d+/u.exec(text)?.[0] ?? text);
  const widest = Math.max(0, ...texts.filter((text) => /^-?\d/u.test(text)).map(whole));
  return texts.map((text) => (/^-?\d/u.test(text) ? ' '.repeat(widest - whole(text)) + text : text));
}

/** Sixteen columns stand for 1. */
function bar(value: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, value)) * 128);
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
}

const studyText = ({ name, rows, fingerprint }: Answer['studies'][number], { brief }: AnswerTextOptions): Rich => [
  name,
  {
    tone: 'dim',
    text: `, ${rows === null ? 'exact probabilities' : count(rows, 'record')}${brief === true ? '' : `, fingerprint ${fingerprint}`}`,
  },
];

const weight: Readonly<Record<Diagnostic['level'], number>> = { fail: 0, warn: 1, ok: 2 };
const ordered = (diagnostics: readonly Diagnostic[]): Diagnostic[] => diagnostics.toSorted((a, b) => weight[a.level] - weight[b.level]);

function diagnosticRich({ name, level, says }: Diagnostic): Rich {
  if (level === 'ok')
    return [
      { tone: 'good', text: 'note ' },
      { tone: 'dim', text: says },
    ];
  return [{ tone: level === 'fail' ? 'bad' : 'warn', text: `${level === 'fail' ? 'FAIL' : 'warning'} ` }, `${name}: ${says}`];
}

/** Numbered lines, indented by their depth; the theorem stands behind each. */
function derivationLines(derivation: readonly DerivationLine[], options: AnswerTextOptions): string[] {
  const paint = options.paint ?? ((_, text) => text);
  const digits = String(derivation.length).length;
  return [
    `  ${paint('dim', 'Derivation')}`,
    ...derivation.flatMap((line, i) => {
      const cited = `[${[line.theorem, line.source, ...(line.line === undefined ? [] : [line.line])].join(', ')}]`;
      const first: Rich = ['  ', { tone: 'dim', text: `${String(i + 1).padStart(digits)}. ` }, '  '.repeat(Math.min(line.depth, 8))];
      return paragraph([line.says, ' ', { tone: 'dim', text: cited }], options, first);
    }),
  ];
}
