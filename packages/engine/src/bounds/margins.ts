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
    const { axes, codes, weight } = this.table;
    const places = names.map((name) => axes.indexOf(name));
    const sizes = names.map((name) => this.sizeOf(name));
    const sums = new Float64Array(sizes.reduce((product, size) => product * size, 1));
    for (let cell = 0; cell < weight.length; cell++) {
      let at = 0;
      for (let i = 0; i < places.length; i++)
        at = at * (sizes[i] as number) + (codes[cell * axes.length + (places[i] as number)] as number);
      sums[at] = (sums[at] as number) + (weight[cell] as number);
    }
    this.known.set(key, sums);
    return sums;
  }

  /** Looks up the weight over `names` by the level indices of `all`, in their order. */
  reader(names: readonly Name[], all: readonly Name[]): (values: readonly number[]) => number {
    const weights = this.over(names);
    const places = names.map((name) => all.indexOf(name));
    const sizes = names.map((name) => this.sizeOf(name));
    return (values) => {
      let at = 0;
      for (let i = 0; i < places.length; i++) at = at * (sizes[i] as number) + (values[places[i] as number] as number);
      return weights[at] as number;
    };
  }

  private sizeOf(name: Name): number {
    return this.table.levels[this.table.axes.indexOf(name)]?.length ?? 1;
  }
}
