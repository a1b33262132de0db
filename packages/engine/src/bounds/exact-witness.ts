import type { Fraction } from '../math/fraction.ts';
import type { Certificate } from './certificate.ts';
import { fractionField as field } from './field.ts';
import type { Form, Literal, ModelPoint, Network } from './programme.ts';
import { targetOfCell } from './proof.ts';

/** Weights of a block's states as fractions. */
interface ExactPoint {
  readonly digits: readonly number[];
  readonly values: readonly (readonly number[])[];
  readonly weights: readonly Fraction[];
}

/**
 * The target in the model that has the witness's states and gives every cell exactly: weights from the cells by Gaussian elimination
 * in fractions (weights that the cells leave free keep their doubles). Undefined: the weights have no such solution, one would be
 * negative, a restriction fails, a target is no count (rounded numbers contradict one another), or the witness is not of that kind.
 */
export function exactValue(certificate: Certificate, witness: ModelPoint): Fraction | undefined {
  const { target } = certificate;
  if (target === undefined) return undefined;
  const points: ExactPoint[] = [];
  for (const [block, { groups }] of witness.entries()) {
    const [group, ...others] = groups;
    if (group === undefined || others.length > 0) return undefined;
    if ((certificate.blocks[block]?.independences.length ?? 0) > 0) return undefined;
    if (
      !certificate.cells.every(
        (cell) => cell.target === null || cell.ratios !== undefined || certificate.strata[cell.stratum]?.block !== block,
      )
    )
      return undefined;
    const values = group.support.map((state) => state.values);
    const weights = solve(
      certificate,
      block,
      group.digits,
      values,
      group.support.map(({ weight }) => weight),
    );
    if (weights === undefined) return undefined;
    points.push({ digits: group.digits, values, weights });
  }
  const above = networksExactly(target.numerator, points);
  if (target.denominator === undefined) return above;
  const below = networksExactly(target.denominator, points);
  return field.less(field.zero, below) ? field.over(above, below) : undefined;
}

const holds = (digits: readonly number[], values: readonly number[], literals: readonly Literal[]): boolean =>
  literals.every(({ digit, value }) => values[digits.indexOf(digit)] === value);

const formAt = (form: Form, digits: readonly number[], values: readonly number[]): Fraction =>
  field.sum(form.filter(({ literals }) => holds(digits, values, literals)).map(({ coefficient }) => field.of(coefficient)));

function solve(
  { strata, cells, restrictions }: Certificate,
  block: number,
  digits: readonly number[],
  values: readonly (readonly number[])[],
  doubles: readonly number[],
): Fraction[] | undefined {
  const rows: Fraction[][] = [[...values.map(() => field.one), field.one]];
  for (const cell of cells) {
    if (strata[cell.stratum]?.block !== block) continue;
    const target = targetOfCell(field, cell);
    if (target !== null) rows.push([...values.map((state) => formAt(cell.form, digits, state)), target]);
  }
  const own = restrictions.filter((restriction) => restriction.block === block);
  for (const { form, relation, target } of own)
    if (relation === '=') rows.push([...values.map((state) => formAt(form, digits, state)), field.of(target)]);
  const pivots = reduce(rows, values.length);
  if (rows.slice(pivots.length).some((row) => (row.at(-1) as Fraction).above !== 0n)) return undefined;
  const weights = doubles.map((weight) => field.of(weight));
  for (const [i, column] of pivots.entries()) {
    const row = rows[i] as Fraction[];
    const rest = weights.map((weight, j) => (pivots.includes(j) ? field.zero : field.negative(field.times(row[j] as Fraction, weight))));
    weights[column] = field.sum([row.at(-1) as Fraction, ...rest]);
  }
  if (weights.some((weight) => weight.above < 0n)) return undefined;
  const value = (form: Form): Fraction => field.sum(weights.map((weight, i) => field.times(weight, formAt(form, digits, values[i] ?? []))));
  for (const { form, relation, target } of own) {
    const difference = field.sum([value(form), field.negative(field.of(target))]).above;
    if ((relation === '<=' && difference > 0n) || (relation === '>=' && difference < 0n)) return undefined;
  }
  return weights;
}

/** Reduced row echelon form in place; the pivot column of each leading row. */
function reduce(rows: Fraction[][], columns: number): number[] {
  const pivots: number[] = [];
  for (let column = 0; column < columns && pivots.length < rows.length; column++) {
    const top = pivots.length;
    const found = rows.findIndex((row, i) => i >= top && (row[column] as Fraction).above !== 0n);
    if (found < 0) continue;
    [rows[top], rows[found]] = [rows[found] as Fraction[], rows[top] as Fraction[]];
    const pivot = (rows[top] as Fraction[])[column] as Fraction;
    const lead = (rows[top] as Fraction[]).map((entry) => field.over(entry, pivot));
    rows[top] = lead;
    for (const [i, row] of rows.entries()) {
      const factor = row[column] as Fraction;
      if (i === top || factor.above === 0n) continue;
      rows[i] = row.map((entry, j) => {
        const step = lead[j] as Fraction;
        return step.above === 0n ? entry : field.sum([entry, field.negative(field.times(factor, step))]);
      });
    }
    pivots.push(column);
  }
  return pivots;
}

/** By elimination of nothing: every configuration of the axes, tables first to rule most out. */
function networksExactly(networks: readonly Network[], points: readonly ExactPoint[]): Fraction {
  const total: Fraction[] = [];
  for (const { weight, tables } of networks) {
    const numbers = tables.map(({ block, cells }) => {
      const point = points[block] as ExactPoint;
      return cells.map((literals) =>
        literals === null ? field.zero : field.sum(point.weights.filter((_, i) => holds(point.digits, point.values[i] ?? [], literals))),
      );
    });
    const at = new Map<string, number>();
    const visit = (t: number, product: Fraction): void => {
      const table = tables[t];
      if (table === undefined) {
        total.push(field.times(field.of(weight), product));
        return;
      }
      for (const [cell, number] of (numbers[t] as Fraction[]).entries()) {
        if (number.above === 0n) continue;
        let rest = cell;
        const fresh: string[] = [];
        let fits = true;
        for (let i = table.axes.length - 1; i >= 0; i--) {
          const [axis, size] = [table.axes[i] as string, table.sizes[i] as number];
          const value = rest % size;
          rest = Math.floor(rest / size);
          const known = at.get(axis);
          if (known === undefined) {
            at.set(axis, value);
            fresh.push(axis);
          } else if (known !== value) fits = false;
        }
        if (fits) visit(t + 1, field.times(product, number));
        for (const axis of fresh) at.delete(axis);
      }
    };
    visit(0, field.one);
  }
  return field.sum(total);
}
