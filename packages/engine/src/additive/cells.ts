import { levelNumbers } from '../data/features.ts';
import { canonical } from '../data/level.ts';
import type { Study } from '../data/study.ts';
import type { Value } from '../graph/variable.ts';
import { log } from '../math/elementary.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import type { Setting } from './gather.ts';

/** Count, mean and sum of squared deviations. */
export interface Tally {
  records: number;
  mean: number;
  squares: number;
}

/** All records of a regime with the same values of all actions. */
export interface Cell {
  /** By action. */
  readonly values: readonly (number | Value)[];
  readonly raw: Tally;
  /** Of logarithms; NaN where some outcome is not positive. */
  readonly log: Tally;
}

/** More cells than this are no design but a continuum. */
const most = 2000;

/** The cells of regime r; undefined where nearly every record is a cell of its own among many. */
export async function cellsOf(setting: Setting, r: number, { signal, pause }: RunOptions): Promise<Cell[] | undefined> {
  const { actions, outcome, domains } = setting;
  const cells = new Map<string, Cell>();
  let rows = 0;
  for (const study of setting.studies[r] as readonly Study[]) {
    const unit = await unitOf(study);
    for await (const { length, numbers, codes, weights } of study.columns([...actions, outcome])) {
      const spelled = levelNumbers(domains.get(outcome));
      const y = (record: number): number =>
        spelled ? (spelled[codes.get(outcome)?.[record] as number] as number) : (numbers.get(outcome)?.[record] as number);
      for (let record = 0; record < length; record++) {
        const values = actions.map((name): number | Value => {
          const domain = domains.get(name);
          return domain?.kind === 'finite'
            ? (domain.levels[codes.get(name)?.[record] as number] as Value)
            : (numbers.get(name)?.[record] as number);
        });
        const key = JSON.stringify(values);
        let cell = cells.get(key);
        if (cell === undefined) {
          cell = { values, raw: { records: 0, mean: 0, squares: 0 }, log: { records: 0, mean: 0, squares: 0 } };
          cells.set(key, cell);
        }
        const weight = unit * (weights ? (weights[record] as number) : 1);
        const own = y(record);
        count(cell.raw, own, weight);
        count(cell.log, own > 0 ? log(own) : Number.NaN, weight);
      }
      rows += length;
      if (cells.size > most || (rows > 400 && cells.size > 0.8 * rows)) return undefined;
      if (signal?.aborted) throw new Interrupted();
      await pause?.();
    }
  }
  return [...cells.values()];
}

/** What a weight counts in records. */
async function unitOf(study: Study): Promise<number> {
  if (!Number.isFinite(study.size)) return 1;
  const { total } = await study.counts([]);
  return study.effectiveSize / total;
}

function count(tally: Tally, value: number, weight: number): void {
  tally.records += weight;
  const gap = value - tally.mean;
  tally.mean += (weight / tally.records) * gap;
  tally.squares += weight * gap * (value - tally.mean);
}

const none = ['0', 'none', 'no', 'control', 'placebo', 'false', 'off', 'untreated', 'vehicle'];

/** Per action the value that stands for no treatment: 0 or a word like it, else the least, else the first level. */
export function controlOf({ actions, domains }: Setting, cells: readonly Cell[]): (number | Value)[] {
  return actions.map((name, k) => {
    const domain = domains.get(name);
    const seen = new Set(cells.map(({ values }) => values[k] as number | Value));
    if (domain?.kind !== 'finite') return seen.has(0) ? 0 : Math.min(...[...seen].map(Number));
    const levels = domain.levels.filter((level) => seen.has(level));
    return levels.find((level) => none.includes(canonical(level).toLowerCase())) ?? (levels[0] as Value);
  });
}
