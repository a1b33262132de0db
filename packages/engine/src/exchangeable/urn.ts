import { Random } from '../math/random.ts';
import type { ExchangeableModel } from './terms.ts';

/** Balls of one compartment. Black stands for 1. */
export interface Compartment {
  readonly white: number;
  readonly black: number;
}

/** do(X = x) or do(Y = y) at one step (1-based). */
export interface UrnAction {
  readonly step: number;
  readonly variable: 'X' | 'Y';
  readonly value: 0 | 1;
}

export interface UrnOptions {
  readonly seed: number;
  readonly steps: number;
  /** At the start; any positive amounts. */
  readonly left: Compartment;
  readonly right: Compartment;
  readonly set?: readonly UrnAction[];
  /**
   * `causal` (default): a set ball comes from no compartment and adds none to it, as Definition 3 and Theorem 1 have it. `literal`: the
   * observer of section 3.2 does not know of the intervention and adds balls as always, a ball of the colour of the set X_n on the left
   * (and, after do(Y_n), one of the colour X_n XOR Y_n on the right); then an intervention does change later positions, against Lemma 2.
   */
  readonly dynamics?: 'causal' | 'literal';
}

export interface UrnStep {
  readonly step: number;
  /** P(X = 1) and P(right ball black) by the compartments before the draw. */
  readonly chance: { readonly left: number; readonly right: number };
  /** The balls drawn, 1 for black. */
  readonly drawn: { readonly left: 0 | 1; readonly right: 0 | 1 };
  readonly x: 0 | 1;
  readonly y: 0 | 1;
  /** What was set in this step. */
  readonly set: readonly ('X' | 'Y')[];
  /** After the replacement. */
  readonly left: Compartment;
  readonly right: Compartment;
}

/**
 * The causal Polya urn of Guo et al. 2024, section 3.2: X_n is the colour of a ball from the left (1: black), Y_n = X_n XOR the colour of a
 * ball from the right. Both go back with one more ball: on the left of the colour X_n, on the right of the colour X_n XOR Y_n.
 * Draws at a step depend on the seed and the step alone, so that runs with and without interventions can be compared.
 */
export function drawUrn({ seed, steps, left: l, right: r, set = [], dynamics = 'causal' }: UrnOptions): UrnStep[] {
  const random = new Random(seed, 'urn');
  let [left, right] = [l, r];
  const taken: UrnStep[] = [];
  for (let step = 1; step <= steps; step++) {
    const chance = { left: left.black / (left.white + left.black), right: right.black / (right.white + right.black) };
    const drawn = { left: colour(random.next() < chance.left), right: colour(random.next() < chance.right) };
    const actions = set.filter((action) => action.step === step);
    const [doX, doY] = (['X', 'Y'] as const).map((variable) => actions.find((action) => action.variable === variable));
    const x = doX?.value ?? drawn.left;
    const y = doY?.value ?? colour(x !== drawn.right);
    if (doX === undefined || dynamics === 'literal') left = add(left, x);
    if (doY === undefined || dynamics === 'literal') right = add(right, colour(x !== y));
    taken.push({ step, chance, drawn, x, y, set: actions.map(({ variable }) => variable), left, right });
  }
  return taken;
}

/** The urn as a model: X = 1 has the prior Beta(black, white) of the left compartment, the noise of Y that of the right. */
export const urnModel = (left: Compartment, right: Compartment): ExchangeableModel => ({
  levels: new Map([
    ['X', ['0', '1']],
    ['Y', ['0', '1']],
  ]),
  mechanisms: [
    { kind: 'xor', variable: 'X', parents: [], beta: [left.black, left.white] },
    { kind: 'xor', variable: 'Y', parents: ['X'], beta: [right.black, right.white] },
  ],
});

const colour = (black: boolean): 0 | 1 => (black ? 1 : 0);
const add = ({ white, black }: Compartment, ball: 0 | 1): Compartment => ({ white: white + (1 - ball), black: black + ball });
