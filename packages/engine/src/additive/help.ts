/** What help says of an assumption that a problem document can make. */
export interface AssumptionHelp {
  readonly name: string;
  readonly signature: string;
  readonly summary: string;
  /** Every spelling, with what it says; each is accepted by {@link parseAdditive}. */
  readonly forms: readonly (readonly [string, string])[];
  /** Questions that it answers. */
  readonly questions: readonly (readonly [string, string])[];
  readonly assumes: string;
  readonly reference: string;
  readonly remarks: readonly string[];
}

export const additiveHelp: AssumptionHelp = {
  name: 'additive',
  signature: '"assume": ["additive(Y; A1, A2)"], or --assume "additive(Y; A1, A2)"',
  summary:
    'The outcome is a sum with a part for each action: effects of actions that were never taken together are added up from studies that watched, or set one action each.',
  forms: [
    ['additive(Y; A1, A2, A3)', 'one part for each action; hidden causes of an action may act on its own part'],
    ['additive(Y; {A1, A2}, A3)', 'A1 and A2 may interact: one part for both'],
    ['additive(Y; A1 < A2 < A3)', 'and the actions are in causal order; about half the error where it is right. A graph says the same'],
    ['additive(log Y; A1, A2)', 'log Y is the sum: effects multiply. Figures are means of log Y, and exp() of one is a geometric mean'],
  ],
  questions: [
    ['E[Y | do(A1=1, A2=2)]', 'the mean with both set'],
    ['E[Y | do(A1=1), A2=2]', 'one set, the other watched'],
    ['E[Y | do(A1, A2=2)]', 'a function of A1; --at A1=0:10:0.5 says where, --format svg draws it'],
    ['E[Y | do(A1=1, A2=2)] - E[Y | do(A1=0, A2=0)]', 'an effect, with an error of its own'],
  ],
  assumes:
    'Y = f1(A1, C1) + f2(A2, C2) + ... + U with hidden causes C of each action that are independent of each other, and records of every study near the values asked for. Actions may cause each other.',
  reference:
    'Kekić, Garrido Mejia and Schölkopf, Learning joint interventional effects from single-variable interventions in additive models',
  remarks: [
    'Every action is either set or given in the question. --basis, --degree and --fit choose how means are fitted.',
    'It is false where one action changes what another does (drugs that block each other, a discount that matters only to those who saw the advertisement), and where one hidden cause drives two actions. Part of that can be tested without joint data: the checks of an answer say how.',
    'The watched records weigh most: with K actions and equal noise the best split is K - 1 watched records for each record of every experiment.',
  ],
};
