import type { Name, Value } from '../graph/variable.ts';
import { canonical, intervalOf, levelReader, numberOf } from './level.ts';
import type { Regime } from './regime.ts';
import type { Schema } from './source.ts';

/** The code of a cell's text: its level, or the interval its number falls in. -1: none. */
export function codeReader(levels: readonly Value[], cuts: readonly number[] | undefined): (text: string) => number {
  const named = levelReader(levels);
  if (cuts === undefined) return named;
  return (text) => {
    const value = numberOf(text);
    return Number.isNaN(value) ? named(text) : intervalOf(value, cuts);
  };
}

/** The regime with its fixed values in canonical form. */
export function fixedRegime(regime: Regime, schema: Schema): { regime: Regime; constants: ReadonlyMap<Name, Value> } {
  const constants = new Map(
    Object.entries(regime.fixed ?? {}).map(([name, value]) => {
      const domain = schema.domains.get(name);
      if (domain?.kind !== 'finite') return [name, canonical(value)] as const;
      return [name, domain.levels[codeReader(domain.levels, schema.cuts.get(name))(value)] ?? value] as const;
    }),
  );
  return { regime: { ...regime, ...(regime.fixed && { fixed: Object.fromEntries(constants) }) }, constants };
}
