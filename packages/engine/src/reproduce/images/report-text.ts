import type { Random } from '../../math/random.ts';
import { findings, type Report } from './report.ts';

/** How findings are put into words, by style and statement (a silent report leaves the finding out). */
const phrases: Readonly<Record<'terse' | 'wordy', Readonly<Record<'denied' | 'stated', readonly string[]>>>> = {
  terse: { denied: ['No #.', '#: none.', '#: no.'], stated: ['#.', '#: yes.', '#: seen.'] },
  wordy: {
    denied: ['There is no sign of #.', 'The film does not suggest #.', '# is not demonstrated on this film.'],
    stated: ['There are signs of #.', 'The film suggests #.', '# is demonstrated on this film.'],
  },
};

/** A report as text: one sentence for each finding that it speaks of, in random order and wording. Templates, not anybody's words. */
export function writeReport({ says, style }: Report, random: Random): string {
  const wording = phrases[style === 1 ? 'wordy' : 'terse'];
  const sentences = findings.flatMap((finding, k) => {
    if (says[k] === 1) return [];
    const choices = wording[says[k] === 2 ? 'stated' : 'denied'];
    const sentence = (choices[random.integer(choices.length)] as string).replace('#', finding);
    return [sentence[0]?.toUpperCase() + sentence.slice(1)];
  });
  const opening = style === 1 ? 'The film was reviewed in full.' : 'Film read.';
  return [opening, ...random.shuffle(sentences)].join(' ');
}

/** The discrete features of a text by its words: what it says of each finding, and its style. The inverse of {@link writeReport}. */
export function readReport(text: string): Report {
  const says: [number, number, number, number] = [1, 1, 1, 1];
  const sentences = text.toLowerCase().match(/[^.]+\./gu) ?? [];
  for (const sentence of sentences) {
    const words = new Set(sentence.match(/[a-z]+/gu) ?? []);
    const k = findings.findIndex((finding) => words.has(finding));
    if (k >= 0) says[k] = ['no', 'none', 'not'].some((word) => words.has(word)) ? 0 : 2;
  }
  return { says, style: /\bthe film\b/iu.test(text) ? 1 : 0 };
}
