import type { CheckReport, StudyTable } from '../check.ts';
import { type AgreementWords, agreementWords } from './bounds.ts';
import { columnsOf, count, listed, pad, paragraph, type Rich, type TextOptions } from './layout.ts';
import { shortNumber } from './round.ts';

/** A check report as a person reads it: tables, what the questions lack, independences; violations first. */
export function checkText(report: CheckReport, options: TextOptions = {}): string {
  const paint = options.paint ?? ((_, text) => text);
  const heading = (text: string): string[] => ['', paint('title', text)];
  const marked = (tone: 'good' | 'warn' | 'bad', label: string, says: Rich): string[] =>
    paragraph(says, options, ['  ', { tone, text: label }, ' '.repeat(Math.max(1, 10 - label.length))]);
  const lines = report.tables.flatMap((table) => ['', ...tableLines(table, options)]);

  if (report.overlap.length > 0) lines.push(...heading('What the questions need'));
  for (const { question, status, bounded, diagnostics } of report.overlap) {
    const found = diagnostics.filter(({ level }) => level !== 'ok');
    if (found.length === 0 && status === 'identified') lines.push(...marked('good', 'ok', [question, ': every condition has records.']));
    else if (found.length === 0)
      lines.push(
        ...marked(
          'warn',
          'no',
          `${question}: ${noWords[status] ?? status}${bounded === true ? '; models that fit bound it (doable ask says where)' : ''}.`,
        ),
      );
    for (const { level, says } of found)
      lines.push(...marked(level === 'fail' ? 'bad' : 'warn', level === 'fail' ? 'FAIL' : 'warning', `${question}: ${says}`));
  }

  const tests = report.independences;
  const violated = tests.filter(({ verdict }) => verdict === 'violated');
  lines.push(...heading('What the graph implies'));
  for (const test of violated)
    lines.push(
      ...marked('bad', 'FAIL', `${test.study}: the graph says that ${claimText(test)}; the data say otherwise (${figuresText(test)}).`),
    );
  const holds = tests.filter(({ verdict }) => verdict === 'holds').length;
  const other = tests.filter(({ verdict }) => verdict === 'too-sparse' || verdict === 'not-tested');
  if (holds > 0) lines.push(...marked('good', 'ok', `${count(holds, 'independence')} not contradicted by the data.`));
  for (const [why, some] of grouped(other))
    lines.push(
      ...marked(
        'warn',
        'untested',
        `${count(some.length, 'independence')}: ${why}, for example ${claimText(some[0] as (typeof some)[number])}.`,
      ),
    );
  if (tests.length === 0) lines.push(...paragraph('No independence that these studies could contradict.', options, '  '));
  else
    lines.push(
      ...paragraph(
        { tone: 'dim', text: `Holm's correction over all tests, family-wise error rate ${shortNumber(report.level)}.` },
        options,
        '  ',
      ),
    );
  if (report.agreement !== undefined) lines.push(...heading('Do the studies agree?'));
  for (const { block, agreement, conflict } of report.agreement ?? []) {
    const { verdict, says } = agreementWords(agreement, {
      studies: report.tables.length,
      conflict,
      exact: report.tables.every(({ rows }) => rows === null),
    });
    const [tone, label] = agreementMarks[verdict];
    lines.push(...marked(tone, label, `${block}: ${says}`));
  }
  if (report.agreement?.length === 0)
    lines.push(...paragraph('No two of these studies speak of the same thing, so they cannot disagree.', options, '  '));
  lines.push(
    '',
    paint(report.ok ? 'good' : 'bad', report.ok ? 'Nothing speaks against this problem.' : 'Something is wrong: see FAIL above.'),
  );
  return lines.slice(1).join('\n');
}

const noWords: Readonly<Record<string, string>> = {
  'not-identified': 'these studies and this graph do not determine it',
  undefined: 'it conditions on something that does not happen',
  unknown: 'neither a yes nor a no',
  refused: 'it cannot be answered',
};

const agreementMarks: Readonly<Record<AgreementWords['verdict'], readonly ['good' | 'warn' | 'bad', string]>> = {
  agree: ['good', 'ok'],
  noise: ['good', 'ok'],
  strained: ['warn', 'warning'],
  conflict: ['bad', 'FAIL'],
  unknown: ['warn', 'untested'],
};

type Test = CheckReport['independences'][number];

const claimText = ({ a, b, given }: Test): string => `${a} and ${b} are independent${given.length === 0 ? '' : ` given ${listed(given)}`}`;
const figuresText = ({ method, statistic, degrees, p, adjusted }: Test): string =>
  [
    ...(method === undefined ? [] : [method]),
    ...(statistic === undefined
      ? []
      : [`${shortNumber(Number(statistic.toPrecision(3)))}${degrees === undefined ? '' : ` on ${degrees}`}`]),
    ...(p === undefined ? [] : [`p = ${smallText(p)}`]),
    ...(adjusted === undefined ? [] : [`corrected ${smallText(adjusted)}`]),
  ].join(', ');

const smallText = (p: number): string => (p < 1e-300 ? '0' : p < 1e-3 ? p.toExponential(1) : shortNumber(Number(p.toPrecision(2))));

function grouped(tests: readonly Test[]): Map<string, Test[]> {
  const groups = new Map<string, Test[]>();
  for (const test of tests) {
    const why = test.why ?? 'too few records';
    groups.set(why, [...(groups.get(why) ?? []), test]);
  }
  return groups;
}

/** Levels that are printed of one variable. */
const most = 10;

function tableLines({ name, regime, rows, effectiveSize, fingerprint, variables }: StudyTable, options: TextOptions): string[] {
  const paint = options.paint ?? ((_, text) => text);
  const fixed = regime.fixed ?? {};
  const set = regime.set.map((one) => (Object.hasOwn(fixed, one) ? `${one} = ${fixed[one]}` : one));
  const size = rows === null ? 'exact probabilities' : count(rows, 'record');
  const effective =
    effectiveSize !== null && rows !== null && effectiveSize < rows * 0.999 ? `, worth ${shortNumber(effectiveSize)} unweighted ones` : '';
  const did = set.length === 0 ? 'watched' : `set by the investigators: ${set.join(', ')}`;
  const sites = regime.environment === undefined ? '' : `, environments by ${regime.environment}`;
  const body = variables.map(({ name: variable, domain, levels = [] }) => {
    const shares = levels.slice(0, most).map(({ value, share }) => `${value} ${percentText(share)}`);
    const more = levels.length > most ? [`and ${levels.length - most} more`] : [];
    const kind =
      domain.kind === 'real'
        ? `real${domain.unit === undefined ? '' : `, ${domain.unit}`}`
        : domain.kind === 'tensor'
          ? domain.shape.join(' x ')
          : '';
    return { variable, text: domain.kind === 'finite' ? [...shares, ...more].join(', ') : kind };
  });
  const widest = Math.max(0, ...body.map(({ variable }) => columnsOf(variable)));
  return [
    ...paragraph([{ tone: 'title', text: name }, `, ${size}${effective}, ${did}${sites}`], options),
    `  ${paint('dim', `fingerprint ${fingerprint}`)}`,
    ...body.flatMap(({ variable, text }) => paragraph(text, options, `  ${pad(variable, Math.min(widest, 24))}  `)),
  ];
}

const percentText = (share: number): string =>
  `${share > 0 && share < 0.0005 ? '<0.1' : shortNumber(100 * share, share < 0.0995 ? 1 : 0)} %`;
