import { counterfactualRule } from './identify/counterfactual.ts';
import { gidRule, idRule } from './identify/interventional.ts';
import { measuredRule } from './identify/measured.ts';
import type { Rule } from './identify/rule.ts';

/** In order of strength: the first that identifies answers, the refusals of those before it are kept. */
export const rules: readonly Rule[] = [measuredRule, idRule, gidRule, counterfactualRule];
