import { createBuilder } from '../estimand/builder.ts';
import type { Because, Estimand, Place as Placed } from '../estimand/estimand.ts';
import type { Name } from '../graph/variable.ts';
import { type Result, success } from '../run/issue.ts';
import { componentsOf, factorsOf } from './components.ts';
import { paper } from './lemmas.ts';
import type { Cell, CellQuery, ExchangeableModel } from './terms.ts';
import { role, unrollQuery } from './unrolled.ts';

/** The name of a cell as a variable of the unrolled data: `X@2`. */
export const cellName = ({ variable, position }: Cell): Name => `${variable}@${position}`;

/**
 * Theorem 1 as an estimand over cells: for each mechanism one leaf P(its cells | their parents), joint over all positions where its variable
 * was not set, each as the observational `studies` of whole environments show it; set cells at their values; summed over what is neither
 * asked nor known, divided by the same for the condition. Positions and cells that do not matter are left out. Its value is
 * P(target | given; do(set)), a function of the values of `open` cells. Issues: those of {@link unrollQuery}.
 */
export function exchangeableEstimand(
  model: ExchangeableModel,
  query: CellQuery,
  studies: readonly Name[],
  open: readonly Cell[] = [],
): Result<Estimand> {
  const left = new Set(open.map(cellName));
  const unrolled = unrollQuery(model, query);
  if (!unrolled.ok) return unrolled;
  const { layout, places, contradicts } = unrolled.value;
  const builder = createBuilder();
  const because: Because = { theorem: 'Theorem 1', source: paper };
  if (contradicts === 'target') return success(builder.constant(0, because));
  const relevant = new Set(componentsOf(unrolled.value).flatMap(({ factors, hasTarget }) => (hasTarget ? [...factors] : [])));
  const at: Record<Name, Placed> = {};
  const known: Record<Name, Placed> = {};
  const [of, given]: [Name[], Name[]] = [[], []];
  const factors = layout.names.flatMap((variable, i) => {
    const own = places.filter((place) => factorsOf(layout, place, i).some((factor) => relevant.has(factor)));
    if (own.length === 0) return [];
    const parents = (layout.parents[i] as readonly number[]).map((parent) => layout.names[parent] as string);
    for (const place of own)
      for (const name of [variable, ...parents]) {
        const j = layout.numbers.get(name) as number;
        const cell = cellName({ variable: name, position: place.position });
        const value = model.levels.get(name)?.[place.values[j] as number];
        const as = place.roles[j];
        if (value === undefined) continue;
        if (as === role.set) at[cell] = { value };
        else if (!left.has(cell)) known[cell] = { value };
        if (as === role.target && !of.includes(cell)) of.push(cell);
        if (as === role.given && !given.includes(cell)) given.push(cell);
      }
    const cells = (name: Name): Name[] => own.map(({ position }) => cellName({ variable: name, position }));
    return [builder.measured({ of: cells(variable), given: parents.flatMap(cells), regime: { set: [] }, studies, because })];
  });
  if (of.length === 0) return success(builder.constant(1, because));
  const body = builder.place(at, builder.product(factors, because));
  const free = builder.axesOf(body).filter((name) => !of.includes(name) && !given.includes(name));
  const summed = builder.sum(free, body, { theorem: 'Marginalisation', source: paper });
  const ratio = given.length === 0 ? summed : builder.condition(of, given, summed, { theorem: 'Conditional probability', source: paper });
  return success(builder.place(known, ratio));
}
