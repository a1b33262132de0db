import { Interrupted, type ProgressEvent } from '../run/progress.ts';
import type { Steps } from '../run/steps.ts';
import type { AskedTest, Tester } from './tester.ts';

/** At most as many variables in a blanket: they are conditioned on together. */
const largestBlanket = 6;

/**
 * For each of `count` variables those on which it depends directly within a record: grown by the smallest p, shrunk by the largest
 * (Margaritis and Thrun 1999). A variable joins and stays at `level`; a pair counts if either found the other.
 */
export function* blanketsOf(count: number, tester: Tester, level: number): Steps<number[][]> {
  const found: number[][] = [];
  for (let v = 0; v < count; v++) {
    found.push(blanketOf(v, count, tester, level));
    const progress: ProgressEvent = { task: 'neighbours', done: v + 1, total: count };
    if (yield progress) throw new Interrupted();
  }
  return found.map((own, v) => found.map((_, k) => k).filter((k) => own.includes(k) || found[k]?.includes(v) === true));
}

function blanketOf(v: number, count: number, tester: Tester, level: number): number[] {
  const blanket: number[] = [];
  const sorted = (): number[] => [...blanket].sort((a, b) => a - b);
  while (blanket.length < largestBlanket) {
    const given = sorted();
    let best: AskedTest | undefined;
    for (let k = 0; k < count; k++) {
      if (k === v || blanket.includes(k)) continue;
      const test = tester.within(k, v, given);
      if (best === undefined || test.p < best.p || (test.p === best.p && test.statistic > best.statistic)) best = test;
    }
    if (best === undefined || best.p > level) break;
    blanket.push(best.a);
  }
  for (;;) {
    let weakest: AskedTest | undefined;
    for (const k of sorted()) {
      const test = tester.within(
        k,
        v,
        sorted().filter((other) => other !== k),
      );
      if (weakest === undefined || test.p > weakest.p) weakest = test;
    }
    if (weakest === undefined || weakest.p <= level) return blanket;
    blanket.splice(blanket.indexOf(weakest.a), 1);
  }
}
