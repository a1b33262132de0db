import type { Answer } from '../interpret/answer.ts';
import { count } from './layout.ts';
import { shortNumber, supportedPlaces } from './round.ts';

/** What an answer from environments rests on, and how much environments differ, in words, for every format. */
export function environmentSentences(answer: Answer): readonly { readonly label: string; readonly says: string }[] {
  const { environments: report } = answer;
  if (report === undefined) return [];
  const { environments, sizes, asked, factors, mechanisms, spread } = report;
  const [least, most] = sizes;
  const each = least === most ? `${count(least, 'row')} each` : `${count(least, 'row').replace(/ rows?$/, '')} to ${count(most, 'row')}`;
  const own = asked.map(({ label, records }) => `environment ${label}: ${count(records, 'row')}`).join('; ');
  return [
    { label: 'From', says: `${count(environments, 'environment')} of ${each}${own === '' ? '' : `; ${own}`}` },
    ...(factors === 'frequencies'
      ? [{ label: 'Mechanisms', says: 'Frequencies of tuples of rows of one environment; nothing is fitted.' }]
      : mechanisms.map(({ says }, i) => ({ label: i === 0 ? 'Mechanisms' : '', says }))),
    ...(spread === undefined ? [] : [{ label: 'Spread', says: spreadSentence(report, spread, answer) }]),
    ...(spread === undefined && asked.length > 0 && answer.uncertainty !== undefined
      ? [
          {
            label: 'Interval',
            says: 'It is about the named environment itself: what its rows and the pattern of all environments leave open.',
          },
        ]
      : []),
  ];
}

type Report = NonNullable<Answer['environments']>;

function spreadSentence({ asked }: Report, { deviation, interval, level }: NonNullable<Report['spread']>, { uncertainty }: Answer): string {
  const places = supportedPlaces(deviation, interval);
  const [low, high] = interval.map((end) => shortNumber(end, places)) as [string, string];
  const percent = shortNumber(100 * level);
  const sd = shortNumber(deviation, places);
  const beside = uncertainty?.interval !== undefined;
  const [one] = asked;
  if (one !== undefined)
    return `In environment ${one.label} itself the value lies between ${low} and ${high} with probability ${percent} % (standard deviation ${sd}), given its rows and how environments differ.`;
  if (deviation < 1e-9) return 'The value is the same in every environment, as far as the fitted mechanisms tell.';
  return `The value differs from one environment to the next (standard deviation ${sd}), and more data do not make that smaller: in a new one it lies between ${low} and ${high} with probability ${percent} %.${beside ? ' The interval beside the answer is about the mean over environments: how well that is known.' : ''}`;
}
