import type { Because } from '../estimand/estimand.ts';
import type { Name } from '../graph/variable.ts';
import { list } from './figures.ts';
import type { AdditiveAssumption, AdditiveColumn } from './terms.ts';

export const paper = 'Kekić, Garrido Mejia and Schölkopf 2025';
export const span: Because = { theorem: 'row span of the regimes', source: `${paper}, theorem 1, generalised` };
export const selection: Because = { theorem: 'm-separation from the regime', source: 'Bareinboim and Pearl 2016' };

export const writeBlock = (block: readonly Name[]): string => (block.length === 1 ? `${block[0]}` : `{${block.join(', ')}}`);

export function writePart({ blocks }: AdditiveAssumption, { block, set }: AdditiveColumn): string {
  const own = blocks[block] as readonly Name[];
  const all = own.every((name) => set.includes(name)) && set.length === own.length;
  return all ? `${writeBlock(own)} when set` : `${writeBlock(own)} when ${list(set)} ${set.length === 1 ? 'is' : 'are'} set`;
}
