import type { Answer, AnswersDocument } from '../interpret/answer.ts';
import { braces, listed } from './layout.ts';

/** One sentence for every rule, and whose result it is. */
const rules: Readonly<Record<string, { readonly says: string; readonly source?: string }>> = {
  measured: { says: 'A study measured exactly this.' },
  id: {
    says: 'It follows from what was observed, by the graph.',
    source: 'ID algorithm, Shpitser and Pearl (2006)',
  },
  idc: {
    says: 'It follows from what was observed, by the graph.',
    source: 'IDC algorithm, Shpitser and Pearl (2006)',
  },
  gid: {
    says: 'It follows from several regimes taken together, by the graph.',
    source: 'gID, Lee, Correa and Bareinboim (2019)',
  },
  counterfactual: {
    says: 'The worlds of the question can be brought together into quantities that were measured.',
    source: 'counterfactual factors, Correa, Lee and Bareinboim (2021)',
  },
  range: {
    says: 'The smallest and the largest value over all models that fit the studies and the graph were computed.',
    source: 'programmes over response functions, Balke and Pearl (1994)',
  },
  emcc: {
    says: 'Random starts of EM led to models that fit the studies and the graph; the smallest and the largest value among them is given.',
    source: 'EMCC, Zaffalon, Antonucci, Huber and Cabañas (2023)',
  },
  additive: {
    says: 'The outcome is assumed to be a sum with a part for each action, so means that were seen under fewer actions add up to this one.',
    source: 'Kekić, Garrido Mejia and Schölkopf (2025)',
  },
  exchangeable: {
    says: 'Rows come from independent mechanisms that are the same for all of them: each row tells of the mechanisms, except of those that were set in it.',
    source: 'Guo, Zhang, Mohan, Huszár and Schölkopf (2024)',
  },
  combine: { says: 'Each part is identified, and the parts are added up.', source: 'linearity' },
};

/** Which rule answered, in words: `id` or `id + measured`. */
export function ruleSentence(rule: string): string {
  const parts = rule.split(' + ');
  const known = parts.flatMap((part) => (rules[part] === undefined ? [] : [rules[part]]));
  if (known.length !== parts.length) return `Rule: ${rule}.`;
  return [...new Set(known.map(({ says, source }) => (source === undefined ? says : `${says} [${source}]`)))].join(' ');
}

export const rungWords: Readonly<Record<Answer['rung'], string>> = {
  seeing: 'seeing: what we expect when we look',
  doing: 'doing: what happens when we act',
  imagining: 'imagining: what would have been, for the same units',
};

/** The headline of an answer that is no number. */
export function headline(answer: Answer): { readonly text: string; readonly tone: 'good' | 'bad' | 'warn' } {
  switch (answer.status) {
    case 'identified':
      return { text: answer.kind === 'none' ? 'Yes: it can be computed.' : 'Answered.', tone: 'good' };
    case 'bounded':
      return { text: 'Bounded.', tone: 'good' };
    case 'not-identified':
      return { text: 'No: these studies and this graph do not determine it.', tone: 'bad' };
    case 'incompatible':
      return { text: 'No: the studies and the graph contradict each other.', tone: 'bad' };
    case 'undefined':
      return { text: 'Undefined: it conditions on something that does not happen.', tone: 'bad' };
    case 'unknown':
      return { text: 'Unknown: neither a yes nor a no.', tone: 'warn' };
    case 'refused':
      return { text: 'No answer.', tone: 'bad' };
  }
}

/** A hedge in words, one sentence per regime that it defeats. */
export function hedgeSentences(answer: Answer): string[] {
  const hedges = answer.hedges ?? (answer.hedge === undefined ? [] : [{ ...answer.hedge, regime: [] }]);
  const said = hedges.map(({ F, Fprime, regime }) => {
    const where = regime.length === 0 ? '' : ` under do(${regime.join(', ')})`;
    const inside = new Set(Fprime);
    const reached = F.filter((name) => !inside.has(name));
    const blurred =
      reached.length === 0
        ? ''
        : `: what ${listed(reached)} ${reached.length === 1 ? 'does' : 'do'} cannot be told from what those causes do`;
    return `F = ${braces(F)}, F' = ${braces(Fprime)}${where}. Hidden common causes join all of F${blurred}.`;
  });
  const sentences = [...new Set(said)];
  return sentences.length === 0 ? [] : [...sentences, 'So two models can agree on every study and yet differ in this answer.'];
}

/** What would turn a no into a yes; undefined where nothing was looked for. */
export function helpSentence(answer: Answer): string | undefined {
  if (answer.wouldHelpToMeasure !== undefined) return `Measuring ${listed(answer.wouldHelpToMeasure)} in the studies at hand.`;
  if (answer.beyondExperiments === true) return 'No experiment: not even all of them together would determine it.';
  if (answer.wouldHelp === undefined) return undefined;
  const sets = answer.wouldHelp;
  if (sets.length === 0) return 'No single experiment that sets up to three variables; several together would.';
  if (sets.some((set) => set.length === 0)) return 'One study that only watches, beside those at hand.';
  const shown = sets.slice(0, 6).map(braces);
  const more = sets.length > shown.length ? `, or on one of ${sets.length - shown.length} other sets` : '';
  return `One experiment on ${shown.join(', or on ')}${more}.`;
}

/** True where some study was measured just as asked, so that the graph was not needed. */
export const isDirect = (answer: Answer): boolean => (answer.rule ?? '').split(' + ').every((part) => part === 'measured');

/** True where the answer says no: the command then exits with 1. */
export const isNo = (answer: Answer): boolean => answer.status !== 'identified' && answer.status !== 'bounded';

/** What a document says that was stopped. */
export const stoppedSentence = ({ answers }: AnswersDocument): string =>
  answers.length === 0
    ? 'Interrupted before anything was known: no question is answered.'
    : 'Interrupted: these are the answers that were finished.';
