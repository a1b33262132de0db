import type { Name } from '../graph/variable.ts';
import type { StudyTable } from './studies.ts';

/** Dense margins of a table, each made once. */
export class Margins {
  private readonly known = new Map<string, Float64Array>();
  private readonly table: StudyTable;

  constructor(table: StudyTable) {
    this.table = table;
  }

  /** Weights over `names`, row-major. */
  over(names: readonly Name[]): Float64Array {
    const key = JSON.stringify(names);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const { axes, levels, codes, weight } = this.table;
    const places = names.map((name) => axes.indexOf(name));
    const sizes = places.map((place) => levels[place]?.length ?? 1);
    const sums = new Float64Array(sizes.reduce((product, size) => product * size, 1));
    for (let cell = 0; cell < weight.length; cell++) {
      let at = 0;
      for (const [i, place] of places.entries()) at = at * (sizes[i] as number) + (codes[cell * axes.length + place] as number);
      sums[at] = (sums[at] as number) + (weight[cell] as number);
    }
    this.known.set(key, sums);
    return sums;
  }

  /** The weight of all records with these level indices. */
  at(names: readonly Name[], values: ReadonlyMap<Name, number>): number {
    const place = names.reduce(
      (sum, name) => sum * (this.table.levels[this.table.axes.indexOf(name)]?.length ?? 1) + (values.get(name) ?? 0),
      0,
    );
    return this.over(names)[place] as number;
  }
}
