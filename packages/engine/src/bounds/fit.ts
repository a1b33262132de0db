import { atOnce, type Steps } from '../run/steps.ts';
import { couple } from './couple.ts';
import type { IslandRow } from './fit-columns.ts';
import { IslandFit, type IslandResult } from './fit-island.ts';
import type { Cut } from './island.ts';
import type { BlockPoint, Cell, Form, Programme, Stratum } from './programme.ts';
import { islandsOf, type Row } from './states.ts';

export interface FitOptions {
  /** One count per cell of the programme; absent: those of the cells. Exact cells are conditions, their counts are not read. */
  readonly counts?: ArrayLike<number>;
  /** Maximise the log-likelihood less the sum of price times extra form. */
  readonly prices?: ArrayLike<number>;
  /** Upper limits of the extra forms (Infinity: none). */
  readonly limits?: ArrayLike<number>;
  /**
   * With a centre q (one number per cell) and a factor k: the model's cell probabilities are drawn towards q, to
   * q + (A theta - q) / k. A room around q that is near a wall looks as if it were at the wall.
   */
  readonly contracted?: { readonly centre: ArrayLike<number>; readonly factor: number };
  /** Stop as soon as this holds of the log-likelihood reached and the most that can be missing. */
  readonly until?: (logLikelihood: number, gap: number) => boolean;
}

export interface BlockFit {
  /** The probability of each cell of the block, in the order of {@link BlockLikelihood.cells}; NaN: the cell has no form. */
  readonly fitted: Float64Array;
  /** Values of the extra forms. */
  readonly extras: Float64Array;
  /** sum over sampled cells of count x log(fitted). -Infinity: a record lies in a cell that no model allows. */
  readonly logLikelihood: number;
  /** The sum of price times extra form is part of the objective; nothing exceeds `logLikelihood - cost + gap`. */
  readonly gap: number;
  /** Exact cells, restrictions and limits are met to 1e-8, and `gap` is small. */
  readonly converged: boolean;
  /** The search for states ended early: what is fitted has a model, but not the most likely one. */
  readonly cut?: Cut;
  /** One multiplier per cell of the block (0 where it was not read): the certificate of the gap, see `MixtureFit.gap`. */
  readonly multipliers: Float64Array;
  readonly point: () => BlockPoint;
}

export interface LikelihoodOptions {
  /** Forms that classes of states are to tell apart, to be priced or limited. */
  readonly extras?: readonly Form[];
  /** Exact cells count as records, as many as their probability says, instead of being conditions. */
  readonly loose?: boolean;
  /** Most states of a group that are enumerated; above it columns are generated (default 50,000). */
  readonly states?: number;
}

/**
 * The likelihood of one block, ready to be maximised for any counts in its cells. The log-likelihood is concave in the
 * distribution over the states and strictly concave in the probabilities of the cells with records, which are therefore unique.
 * Blocks with several independent exogenous variables are treated as if they had one: what comes out is an upper bound then.
 */
export class BlockLikelihood {
  /** Positions in the cells of the programme. */
  readonly cells: readonly number[];
  readonly relaxed: boolean;
  readonly block: number;
  private readonly programme: Programme;
  private readonly extras: number;
  private readonly digits: number;
  private readonly islands: readonly IslandFit[];
  private readonly rows: readonly IslandRow[];

  constructor(programme: Programme, block: number, options: LikelihoodOptions = {}) {
    this.programme = programme;
    this.block = block;
    const description = programme.blocks[block];
    if (description === undefined) throw new Error(`There is no block ${block}.`);
    this.relaxed = description.groups !== undefined || description.independences.length > 0 || !description.complete;
    this.cells = programme.cells.flatMap(({ stratum }, i) => (programme.strata[stratum]?.block === block ? [i] : []));
    const extras = options.extras ?? [];
    this.extras = extras.length;
    const rows: (IslandRow & { readonly form: Form })[] = [];
    for (const [position, i] of this.cells.entries()) {
      const { form, stratum, target } = programme.cells[i] as Cell;
      if (form.length === 0) continue;
      const exact = (programme.strata[stratum] as Stratum).exact && options.loose !== true;
      if (exact && Number.isFinite(target)) rows.push({ kind: 'equal', form, target, cell: position });
      else rows.push({ kind: 'sampled', form, target: 0, cell: position, ...(exact && { unread: true }) });
    }
    for (const { block: of, form, relation, target } of programme.restrictions)
      if (of === block)
        rows.push(
          relation === '='
            ? { kind: 'equal', form, target }
            : relation === '<='
              ? { kind: 'atMost', form, target }
              : { kind: 'atMost', form: form.map((term) => ({ ...term, coefficient: -term.coefficient })), target: -target },
        );
    for (const [extra, form] of extras.entries()) if (form.length > 0) rows.push({ kind: 'extra', form, target: 0, extra });
    const asked = rows.map(({ form, target }, i): Row => ({ source: { cell: i }, form, relation: '=', target, says: '' }));
    this.rows = rows;
    this.islands = islandsOf(description, asked).map((island) => new IslandFit(description, island, rows, options.states ?? 50_000));
    this.digits = description.digits.length;
  }

  /** Roughly the additions and multiplications of one fit. */
  get work(): number {
    return this.islands.reduce((sum, island) => sum + island.work, 0);
  }

  /** Deterministic. About twice the log of the precision in steps, each quadratic in the cells of a column and cubic in the rows. */
  fit(options: FitOptions = {}): BlockFit {
    return atOnce(this.fitting(options));
  }

  /** {@link fit}, with pauses where states are found dearly. */
  *fitting(options: FitOptions = {}): Steps<BlockFit> {
    const { programme, cells } = this;
    const counts = cells.map((cell) => options.counts?.[cell] ?? (programme.cells[cell] as Cell).count);
    const centre = options.contracted === undefined ? undefined : cells.map((cell) => options.contracted?.centre[cell] as number);
    const fitted = new Float64Array(cells.length).fill(Number.NaN);
    const multipliers = new Float64Array(cells.length);
    const extras = new Float64Array(this.extras);
    const parts: IslandResult[] = [];
    for (const island of this.islands)
      parts.push(
        yield* island.fit({
          counts,
          prices: options.prices,
          limits: options.limits,
          ...(centre && { centre, factor: options.contracted?.factor as number }),
          ...(this.islands.length === 1 && options.until && { until: options.until }),
        }),
      );
    let logLikelihood = 0;
    let gap = 0;
    let converged = true;
    const cut = parts.find((part) => part.cut !== undefined)?.cut;
    for (const part of parts) {
      logLikelihood += part.logLikelihood;
      gap += part.gap;
      converged &&= part.converged;
      for (const [row, value] of part.values) {
        const { cell, extra } = this.rows[row] as IslandRow;
        if (cell !== undefined) fitted[cell] = value;
        if (extra !== undefined) extras[extra] = value;
      }
      for (const [row, value] of part.multipliers) {
        const { cell } = this.rows[row] as IslandRow;
        if (cell !== undefined) multipliers[cell] = value;
      }
    }
    return {
      fitted,
      extras,
      logLikelihood,
      gap,
      converged,
      ...(cut === undefined ? {} : { cut }),
      multipliers,
      point: () =>
        couple(
          parts.flatMap((part) => part.groups()),
          this.digits,
        ),
    };
  }
}

/** The maximum-likelihood cell probabilities of one block. */
export const fitBlock = (programme: Programme, block: number, options: LikelihoodOptions & FitOptions = {}): BlockFit =>
  new BlockLikelihood(programme, block, options).fit(options);
