import type { Diagnostic } from '../interpret/answer.ts';
import { number, probability } from './figures.ts';
import type { HoldOut, Score } from './hold-out.ts';
import type { AdditiveAssumption } from './terms.ts';
import { writeBlock } from './words.ts';

type Level = Diagnostic['level'];

export interface Verdict {
  readonly diagnostics: readonly Diagnostic[];
  /** One sentence where measured combinations leave nothing of additivity. */
  readonly refusal?: string;
}

interface Judged {
  readonly level: Level;
  /** Additivity misses at least half of what there was to predict. */
  readonly hopeless: boolean;
  /** What is missed beyond sampling error, as a share of what there was to predict. */
  readonly share: number;
  /** The smallest of the p values, corrected for their number; undefined: no repeated measurements. */
  readonly p: number | undefined;
}

const [small, large, half] = [0.15, 0.25, 0.5];

function judge({ rmse, noise, effect, tests }: Score): Judged {
  const p = tests.length === 0 ? undefined : Math.min(1, tests.length * Math.min(...tests.map((test) => test.p)));
  const missed = Math.sqrt(Math.max(0, rmse * rmse - noise));
  const share = missed === 0 ? 0 : missed / effect;
  if (p !== undefined && p >= 0.05) return { level: rmse < half * effect ? 'ok' : 'warn', hopeless: false, share, p };
  const level = share < (p === undefined ? small : small / 3) ? 'ok' : share < large ? 'warn' : 'fail';
  return { level, hopeless: level === 'fail' && share >= half && (p === undefined || p < 0.01), share, p };
}

/** What the combinations that were measured say of additivity, and on which scale effects add up. */
export function judgeHoldOut({ outcome, log, text, blocks, ordered }: AdditiveAssumption, { what, points, ...scores }: HoldOut): Verdict {
  const [assumed, other] = log ? [scores.log, scores.raw] : [scores.raw, scores.log];
  if (assumed === undefined) return { diagnostics: [] };
  const [mine, theirs] = [judge(assumed), other && judge(other)];
  const { rmse, deviation, effect } = assumed;
  const far = `${number(rmse)} (root mean square; on average ${number(Math.abs(deviation))} too ${deviation < 0 ? 'low' : 'high'}), where the effects themselves are about ${number(effect)}`;
  const proof = mine.p === undefined ? 'no repeated measurements to test it with' : probability(mine.p);
  const verdict =
    mine.level === 'ok'
      ? 'Additivity holds up'
      : mine.level === 'fail'
        ? 'Additivity fails'
        : mine.p !== undefined && mine.p >= 0.05
          ? 'Additivity predicts badly, though the records are too few to prove it wrong'
          : 'Additivity is inaccurate';
  const diagnostics: Diagnostic[] = [
    {
      name: 'hold-out',
      level: mine.level,
      figure: rmse,
      says: `${verdict}: it predicts ${what} (${points} ${points === 1 ? 'point' : 'points'}), and misses what was measured by ${far} (${proof}).`,
    },
  ];
  const both = [`${outcome} itself`, `the logarithm of ${outcome}`] as const;
  const [here, there] = log ? [both[1], both[0]] : both;
  const better = theirs !== undefined && theirs.level !== 'fail' && theirs.share < 0.6 * mine.share && mine.level !== 'ok';
  const rewritten = `additive(${log ? '' : 'log '}${outcome}; ${blocks.map(writeBlock).join(ordered ? ' < ' : ', ')})`;
  const advice = other === undefined ? '' : `effects add up to ${there}, which misses by ${number(other.rmse)} instead of ${number(rmse)}`;
  if (better)
    diagnostics.push({ name: 'scale', level: 'warn', figure: other?.rmse ?? 0, says: `${capital(advice)}. Assume ${rewritten}.` });
  else if (other !== undefined && theirs?.level === 'fail' && mine.level === 'fail')
    diagnostics.push({
      name: 'scale',
      level: 'fail',
      figure: other.rmse,
      says: `Effects add up on no scale: ${here} misses by ${number(rmse)}, ${there} by ${number(other.rmse)}.`,
    });
  if (!mine.hopeless) return { diagnostics };
  return {
    diagnostics,
    refusal: `The studies contradict ${text || 'additivity'}: it predicts ${what}, and misses what was measured by ${far}. ${
      better ? `${capital(advice)}: assume ${rewritten}.` : 'Drop the assumption and ask for a combination that was measured.'
    }`,
  };
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
