import type { VerifiedAnswer } from '../verify-answer.ts';
import { count, pad, paragraph, type Rich, type TextOptions } from './layout.ts';

/** Certificates as they were checked: each accepted or rejected, each check with the largest error that it found. */
export function verifiedText(answers: readonly VerifiedAnswer[], options: TextOptions = {}): string {
  const blocks = answers.map((one) => answerLines(one, options).join('\n'));
  const rejected = answers.filter(({ accepted }) => !accepted).length;
  const paint = options.paint ?? ((_, text) => text);
  const total =
    rejected === 0
      ? paint('good', answers.length === 1 ? 'The certificate is accepted.' : `All ${count(answers.length, 'certificate')} are accepted.`)
      : paint('bad', `${rejected} of ${count(answers.length, 'certificate')} rejected.`);
  const held = answers.some(({ against }) => against === true);
  const note: Rich = {
    tone: 'dim',
    text:
      held && rejected > 0
        ? 'Checked is whether the numbers follow from the programme in the file, and whether it is the programme of this problem: its graph, assumptions and studies.'
        : answers.every(({ against }) => against === true) && held
          ? 'Checked is that the numbers follow from the programme in the file, and that it is the programme of this problem: its graph, assumptions and studies.'
          : 'Checked is that the numbers follow from the programme in the file, and not that this is the programme of your graph and your studies: for that, doable verify ANSWERS PROBLEM.',
  };
  return [...blocks, [total, ...paragraph(note, options)].join('\n')].join('\n\n');
}

function answerLines({ question, accepted, checks, exact }: VerifiedAnswer, options: TextOptions): string[] {
  const widest = Math.max(0, ...checks.map(({ name }) => name.length));
  return [
    ...paragraph([{ tone: 'title', text: question ?? 'A certificate' }], options),
    ...paragraph({ tone: accepted ? 'good' : 'bad', text: accepted ? 'accepted' : 'REJECTED' }, options, '  '),
    ...checks.flatMap(({ name, passed, figure, says }) =>
      paragraph([says, ...(figure === undefined ? [] : [{ tone: 'dim' as const, text: ` (${figureText(name, figure)})` }])], options, [
        '  ',
        { tone: passed ? 'good' : 'bad', text: passed ? 'ok  ' : 'FAIL' },
        `  ${pad(name, widest)}  `,
      ]),
    ),
    ...(exact === undefined
      ? []
      : (['lower', 'upper'] as const).flatMap((end) => {
          const { outer, outerNear, inner } = exact[end];
          const attained = inner === undefined ? '' : inner === outer ? ', and attained' : `; attained: ${fraction(inner)}`;
          return paragraph(`proven exactly: ${fraction(outer)}${/\//u.test(outer) ? ` = ${outerNear}` : ''}${attained}`, options, [
            '  ',
            { tone: 'good', text: '=   ' },
            `  ${pad(end, widest)}  `,
          ]);
        })),
  ];
}

const figureText = (name: string, figure: number): string => {
  const size =
    figure === 0
      ? '0'
      : !Number.isFinite(figure)
        ? 'no bound'
        : figure < 1e-3
          ? figure.toExponential(1)
          : String(Number(figure.toPrecision(4)));
  return name.startsWith('conflict') ? `by ${size}` : `error ${size}`;
};

/** A fraction of numbers with hundreds of digits is told by their length. */
const fraction = (text: string): string => (text.length <= 60 ? text : `a fraction of ${text.replace(/\D/gu, '').length} digits`);
