import type { NetworkPlan, Result } from '@doable/engine';
import { type KindChoice, kindChoice } from '../sampling/kinds.ts';
import type { Arguments } from './parse.ts';

/** --models and --factor for the networks of one question; without them only how they are written is checked. Issues: `factor`. */
export const modelsArgument = (args: Arguments, plans?: readonly NetworkPlan[]): Result<KindChoice> =>
  kindChoice(args.text('models') ?? 'default', args.many('factor'), plans);
