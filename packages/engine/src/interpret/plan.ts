import { type Estimand, variableOf } from '../estimand/estimand.ts';
import { childrenOf, createAxes, type Leaf, stepsOf } from '../estimand/fold.ts';
import type { Assignment, Domain, Name, Value } from '../graph/variable.ts';
import { defaultCellLimit, type Factor, type TooLarge } from '../math/factor.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import {
  combineOperation,
  conditionOperation,
  constantOperation,
  type Input,
  meanOperation,
  type Operation,
  productOperation,
  quotientOperation,
  sliceOperation,
  tableOperation,
} from './operations.ts';

/**
 * A table that a plan needs: the leaf with the axes in `at` fixed at values. `axes`: the other axes of the leaf. A real-valued
 * variable Y of the leaf has an axis of size 2: [P(of without Y | given), E[Y; of without Y | given]] (moments 0 and 1).
 */
export interface TableRequest {
  readonly leaf: Leaf;
  readonly at: Assignment;
  readonly axes: readonly Name[];
  readonly sizes: readonly number[];
  readonly moment?: Name;
}

export interface PlanAxis {
  readonly symbol: Name;
  readonly variable: Name;
  readonly levels: readonly Value[];
}

/** An estimand ready to be evaluated on any tables; made once by {@link compile}. */
export interface Plan {
  readonly requests: readonly TableRequest[];
  /** Axes of the result, in order: the open ones, then the free ones. */
  readonly axes: readonly PlanAxis[];
  /** How many of `axes` are open. */
  readonly open: number;
  /** Free axes beyond the cap, and the value each is held at. */
  readonly pinned: Assignment;
  /** Cells of the largest table that will be built. */
  readonly largest: number;
  /** `tables`: one per request, over its axes. The result is over `axes`; NaN: undefined. */
  run(tables: readonly Factor[]): Factor;
  /** The result, and for each request the derivative of `sum(weights * result)` by the cells of its table (reverse mode). */
  gradient(tables: readonly Factor[], weights: (result: Factor) => Float64Array): { result: Factor; changes: readonly Factor[] } | TooLarge;
}

export interface CompileOptions {
  /** Free symbols of the estimand that stay open, in the order wanted; default: all. The others are free. */
  readonly open?: readonly Name[];
  /** Largest table, in cells. */
  readonly limit?: number;
  /** At most this many combinations of free axes are evaluated (default 64); axes beyond are pinned at their first level. */
  readonly freeLimit?: number;
}

type Domains = ReadonlyMap<Name, Domain>;

/** A product of tables, everything outside `axes` summed out. Names that are summed here are used nowhere else. */
interface Nest {
  readonly inputs: readonly Input[];
  readonly axes: readonly Name[];
}

/** Shared nests with tables up to this size are evaluated once instead of being written into every place of use. */
const smallTable = 4096;
const mostInputs = 4096;

/** Carries an issue out of the recursion; never leaves this file. */
class Refused extends Error {
  readonly issue: Issue;
  constructor(issue: Issue) {
    super(issue.message);
    this.issue = issue;
  }
}

/**
 * Turns an estimand into a plan: product and sum nests become one sum-product each (variable elimination over all of it),
 * constants travel down to the leaves, every shared step is evaluated once.
 * Issues: `real-condition`, `real-open`, `not-finite`, `not-a-number`, `too-large`, `unknown-variable`, `unknown-level`.
 */
export function compile(estimand: Estimand, domains: Domains, options: CompileOptions = {}): Result<Plan> {
  try {
    return success(new Compiler(domains, options.limit ?? defaultCellLimit).plan(estimand, options));
  } catch (error) {
    if (error instanceof Refused) return failure(error.issue);
    throw error;
  }
}

class Compiler {
  private readonly domains: Domains;
  private readonly limit: number;
  private readonly axesOf = createAxes();
  private readonly operations: Operation[] = [];
  private readonly requests: TableRequest[] = [];
  private readonly requestSlots: number[] = [];
  private readonly sizes = new Map<Name, number>();
  private readonly memo = new Map<Estimand, Map<string, Nest>>();
  private readonly uses = new Map<Estimand, number>();
  private readonly slices = new Map<string, number>();
  private largest = 1;
  private fresh = 0;

  constructor(domains: Domains, limit: number) {
    this.domains = domains;
    this.limit = limit;
  }

  plan(estimand: Estimand, options: CompileOptions): Plan {
    for (const step of stepsOf(estimand)) for (const child of childrenOf(step)) this.uses.set(child, (this.uses.get(child) ?? 0) + 1);
    const { all } = this.axesOf(estimand);
    const open = (options.open ?? all).filter((axis) => all.includes(axis));
    const free = all.filter((axis) => !open.includes(axis));
    for (const axis of all)
      if (this.isReal(axis))
        throw new Refused({
          code: 'real-open',
          message: `${axis} is real-valued, so its probabilities cannot be listed.`,
          hint: `Ask for the mean E[${variableOf(axis)} | ...], or cut ${variableOf(axis)} into intervals.`,
        });
    const pinned: Record<Name, Value> = {};
    const evaluated: Name[] = [];
    let combinations = 1;
    for (const axis of free) {
      const levels = this.levelsOf(axis);
      if (combinations * levels.length <= (options.freeLimit ?? 64)) {
        combinations *= levels.length;
        evaluated.push(axis);
      } else pinned[axis] = levels[0] as Value;
    }
    const order = [...open, ...evaluated];
    const root = this.slotOf(this.nest(estimand, pinned), order);
    const { operations, requests, requestSlots } = this;
    const forward = (tables: readonly Factor[]): Factor[] => {
      const slots: Factor[] = [];
      for (const operation of operations) slots.push(operation.run(slots, tables));
      return slots;
    };
    return {
      requests,
      axes: order.map((symbol) => ({ symbol, variable: variableOf(symbol), levels: this.levelsOf(symbol) })),
      open: open.length,
      pinned,
      largest: this.largest,
      run: (tables) => forward(tables)[root] as Factor,
      gradient: (tables, weights) => {
        const slots = forward(tables);
        const result = slots[root] as Factor;
        const changes: (Factor | undefined)[] = [];
        changes[root] = { ...result, values: weights(result) };
        for (let slot = root; slot >= 0; slot -= 1) {
          const change = changes[slot];
          if (change === undefined) continue;
          const failed = operations[slot]?.pull(change, slots, (to, more) => {
            const before = changes[to];
            changes[to] =
              before === undefined ? more : { ...before, values: before.values.map((value, i) => value + (more.values[i] as number)) };
          });
          if (failed !== undefined) return failed;
        }
        const none = (slot: number): Factor => {
          const { axes, sizes } = operations[slot] as Operation;
          return { axes, sizes, values: new Float64Array(sizes.reduce((product, size) => product * size, 1)) };
        };
        return { result, changes: requestSlots.map((slot) => changes[slot] ?? none(slot)) };
      },
    };
  }

  private domainOf(axis: Name): Domain {
    const variable = variableOf(axis);
    const domain = this.domains.get(variable);
    if (domain === undefined) throw new Refused({ code: 'unknown-variable', message: `No study says which values ${variable} has.` });
    if (domain.kind === 'tensor')
      throw new Refused({
        code: 'not-finite',
        message: `${variable} is a tensor; numbers need finite or real variables.`,
        hint: 'Ask for a sampler instead.',
      });
    return domain;
  }

  private isReal(axis: Name): boolean {
    return this.domainOf(axis).kind === 'real';
  }

  private levelsOf(axis: Name): readonly Value[] {
    const domain = this.domainOf(axis);
    return domain.kind === 'finite' ? domain.levels : [];
  }

  private sizeOf(axis: Name): number {
    const known = this.sizes.get(axis);
    if (known !== undefined) return known;
    const size = this.isReal(axis) ? 2 : this.levelsOf(axis).length;
    this.sizes.set(axis, size);
    return size;
  }

  /** `at`: values for some axes of the step. */
  private nest(step: Estimand, at: Assignment): Nest {
    const axes = this.axesOf(step).all;
    const own = Object.fromEntries(
      Object.entries(at)
        .filter(([axis]) => axes.includes(axis))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    for (const [axis, value] of Object.entries(own)) this.checkValue(axis, value);
    const key = JSON.stringify(own);
    const known = this.memo.get(step) ?? new Map<string, Nest>();
    this.memo.set(step, known);
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = this.make(
      step,
      own,
      axes.filter((axis) => !Object.hasOwn(own, axis)),
    );
    known.set(key, made);
    return made;
  }

  private checkValue(axis: Name, value: Value): void {
    if (this.isReal(axis)) throw realCondition(variableOf(axis));
    const levels = this.levelsOf(axis);
    if (!levels.includes(value))
      throw new Refused({ code: 'unknown-level', message: `${variableOf(axis)} has no level ${value}; it has ${levels.join(', ')}.` });
  }

  private make(step: Estimand, at: Assignment, axes: readonly Name[]): Nest {
    switch (step.step) {
      case 'measured':
        return this.single(this.tableSlot(step, at, axes));
      case 'constant':
        return this.single(this.push(constantOperation(step.value)));
      case 'product':
        return this.product(step.factors, at, axes);
      case 'sum':
        return this.sum(step.over, this.nest(step.body, at), axes);
      case 'condition':
        return this.condition(step, at, axes);
      case 'quotient': {
        const [top, bottom] = [this.nest(step.numerator, at), this.nest(step.denominator, at)].map((nest) => this.inputOf(nest));
        this.checkReal([top as Input, bottom as Input]);
        return this.single(this.push(quotientOperation(top as Input, bottom as Input, this.sizes)));
      }
      case 'place': {
        const names = new Map<Name, Name>();
        const below: Record<Name, Value> = {};
        for (const axis of this.axesOf(step.body).all) {
          const place = Object.hasOwn(step.at, axis) ? step.at[axis] : undefined;
          if (place !== undefined && 'value' in place) below[axis] = place.value;
          else {
            const symbol = place === undefined ? axis : place.symbol;
            if (Object.hasOwn(at, symbol)) below[axis] = at[symbol] as Value;
            else if (symbol !== axis) names.set(axis, symbol);
          }
        }
        const body = this.renamed(this.nest(step.body, below), names);
        for (const input of body.inputs)
          for (const name of input.names)
            if (this.isMoment(name) && input.names.filter((n) => n === name).length > 1) throw realTwice(name);
        return body;
      }
      case 'mean':
        return this.mean(step.of, this.nest(step.body, at));
      case 'combine': {
        const terms = step.terms.map(({ weight, of }) => ({ weight, of: this.inputOf(this.nest(of, at)) }));
        return this.single(this.push(combineOperation(terms, this.sizes)));
      }
    }
  }

  /** Names with a number are summed; a real axis never is (its slice 0 is taken instead). */
  private isMoment(name: Name): boolean {
    return !name.includes('#') && this.isReal(name);
  }

  private tableSlot(leaf: Leaf, at: Assignment, axes: readonly Name[]): number {
    const { fixed = {} } = leaf.regime;
    for (const name of [...leaf.given, ...leaf.regime.set]) if (!Object.hasOwn(fixed, name) && this.isReal(name)) throw realCondition(name);
    const reals = leaf.of.filter((name) => this.isReal(name));
    if (reals.length > 1)
      throw new Refused({
        code: 'real-condition',
        message: `${reals.join(' and ')} are both real-valued and are needed together.`,
        hint: `Cut all but one of them into intervals ("${reals[1]}": { "cut": [...] }).`,
      });
    const sizes = axes.map((axis) => this.sizeOf(axis));
    const cells = sizes.reduce((product, size) => product * size, 1);
    if (cells > this.limit) throw tooLarge({ tooLarge: cells, axes });
    this.largest = Math.max(this.largest, cells);
    const [moment] = reals;
    const slot = this.push(tableOperation(axes, sizes, this.requests.length));
    this.requests.push({ leaf, at, axes, sizes, ...(moment === undefined ? {} : { moment }) });
    this.requestSlots.push(slot);
    return slot;
  }

  private product(factors: readonly Estimand[], at: Assignment, axes: readonly Name[]): Nest {
    const inputs: Input[] = [];
    for (const factor of factors) {
      const nest = this.nest(factor, at);
      const cells = nest.axes.reduce((product, axis) => product * this.sizeOf(axis), 1);
      const shared = (this.uses.get(factor) ?? 0) > 1 && cells <= smallTable;
      if (nest.inputs.length === 1 || (!shared && inputs.length + nest.inputs.length <= mostInputs))
        inputs.push(...this.freshened(nest).inputs);
      else inputs.push(this.inputOf(nest));
    }
    this.checkReal(inputs);
    return { inputs, axes };
  }

  /** A real variable stands for its moments, and moments do not multiply. */
  private checkReal(inputs: readonly Input[]): void {
    const seen = new Set<Name>();
    for (const input of inputs)
      for (const name of new Set(input.names)) {
        if (!this.isMoment(name)) continue;
        if (seen.has(name)) throw realTwice(name);
        seen.add(name);
      }
  }

  private sum(over: readonly Name[], body: Nest, axes: readonly Name[]): Nest {
    const gone = over.filter((name) => body.axes.includes(name));
    const names = new Map(gone.map((name) => [name, this.freshName(name)]));
    const inputs = body.inputs.map((input) => {
      const moment = input.names.findIndex((name) => gone.includes(name) && this.isMoment(name));
      return moment < 0 ? input : this.slice(input, moment, 0);
    });
    return this.renamed({ inputs, axes }, names);
  }

  private condition(step: Extract<Estimand, { step: 'condition' }>, at: Assignment, axes: readonly Name[]): Nest {
    const later = step.of.filter((name) => Object.hasOwn(at, name));
    const body = this.nest(step.body, Object.fromEntries(Object.entries(at).filter(([name]) => !later.includes(name))));
    const { random } = this.axesOf(step.body);
    for (const name of body.axes)
      if (this.isReal(name) && !step.of.includes(name) && (step.given.includes(name) || !random.includes(name)))
        throw realCondition(variableOf(name));
    const over = body.axes.filter((name) => random.includes(name) && !step.of.includes(name) && !step.given.includes(name));
    const keep = [...later, ...axes];
    let slot = this.slotOf(this.sum(over, body, keep), keep);
    const of = step.of.filter((name) => body.axes.includes(name));
    const moments = of.filter((name) => this.isReal(name));
    if (moments.length > 1) throw realTwice(moments[1] as Name);
    slot = this.push(
      conditionOperation(
        slot,
        this.operations[slot] as Operation,
        of.filter((name) => !this.isReal(name)),
        moments[0],
      ),
    );
    for (const name of later) {
      const index = this.levelsOf(name).indexOf(at[name] as Value);
      slot = this.push(sliceOperation(slot, this.operations[slot] as Operation, name, index));
    }
    return this.single(slot);
  }

  private mean(of: Name, body: Nest): Nest {
    if (!body.axes.includes(of)) throw new Error(`mean of ${of}, which is no axis of its body`);
    const slot = this.slotOf(body, body.axes);
    const operation = this.operations[slot] as Operation;
    if (this.isReal(of)) return this.single(this.push(sliceOperation(slot, operation, of, 1, 0)));
    const levels = this.levelsOf(of);
    const values = Float64Array.from(levels, (level) => (level.trim() === '' ? Number.NaN : Number(level)));
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new Refused({
        code: 'not-a-number',
        message: `The mean of ${variableOf(of)} needs numbers, and its level ${levels[bad]} is none.`,
        hint: `Ask for P(${variableOf(of)} | ...), or give ${variableOf(of)} numeric levels.`,
      });
    return this.single(this.push(meanOperation(slot, operation, of, values)));
  }

  private single(slot: number): Nest {
    const { axes } = this.operations[slot] as Operation;
    return { inputs: [{ slot, names: axes }], axes };
  }

  private renamed(nest: Nest, names: ReadonlyMap<Name, Name>): Nest {
    if (names.size === 0) return nest;
    const to = (name: Name): Name => names.get(name) ?? name;
    for (const [from, name] of names) this.sizes.set(name, this.sizeOf(from));
    return {
      inputs: nest.inputs.map((input) => ({ slot: input.slot, names: input.names.map(to) })),
      axes: [...new Set(nest.axes.map(to))],
    };
  }

  /** A copy whose summed names occur nowhere else. */
  private freshened(nest: Nest): Nest {
    const bound = new Set(nest.inputs.flatMap((input) => input.names));
    for (const axis of nest.axes) bound.delete(axis);
    return this.renamed(nest, new Map([...bound].map((name) => [name, this.freshName(name)])));
  }

  private freshName(name: Name): Name {
    this.fresh += 1;
    return `${name.replace(/#\d+$/u, '')}#${this.fresh}`;
  }

  private slice(input: Input, at: number, index: number): Input {
    const operation = this.operations[input.slot] as Operation;
    const axis = operation.axes[at] as Name;
    const key = JSON.stringify([input.slot, axis, index]);
    const slot = this.slices.get(key) ?? this.push(sliceOperation(input.slot, operation, axis, index));
    this.slices.set(key, slot);
    return { slot, names: input.names.toSpliced(at, 1) };
  }

  private inputOf(nest: Nest): Input {
    const [only] = nest.inputs;
    if (only !== undefined && nest.inputs.length === 1 && only.names.every((name) => nest.axes.includes(name))) return only;
    return { slot: this.slotOf(nest, nest.axes), names: nest.axes };
  }

  /** The table of a nest over `order`. */
  private slotOf(nest: Nest, order: readonly Name[]): number {
    const [only] = nest.inputs;
    if (only !== undefined && nest.inputs.length === 1) {
      const { axes } = this.operations[only.slot] as Operation;
      const same = (names: readonly Name[]): boolean => names.length === order.length && names.every((name, i) => name === order[i]);
      if (same(only.names) && same(axes)) return only.slot;
    }
    for (const name of [...order, ...nest.inputs.flatMap((input) => input.names)]) this.sizeOf(name);
    const operation = productOperation(nest.inputs, order, this.sizes, this.limit);
    if ('tooLarge' in operation) throw tooLarge(operation);
    this.largest = Math.max(this.largest, operation.largest);
    return this.push(operation);
  }

  private push(operation: Operation): number {
    for (const axis of operation.axes) this.sizeOf(axis);
    this.operations.push(operation);
    return this.operations.length - 1;
  }
}

const realCondition = (name: Name): Refused =>
  new Refused({
    code: 'real-condition',
    message: `The estimand needs probabilities given ${name}, which is real-valued.`,
    hint: `Cut ${name} into intervals ("${name}": { "cut": [...] }).`,
  });

const realTwice = (name: Name): Refused =>
  new Refused({
    code: 'real-condition',
    message: `The estimand needs the joint behaviour of ${variableOf(name)} in two places, and its mean is not enough.`,
    hint: `Cut ${variableOf(name)} into intervals ("${variableOf(name)}": { "cut": [...] }).`,
  });

const tooLarge = ({ tooLarge: cells, axes }: TooLarge): Refused =>
  new Refused({
    code: 'too-large',
    message: `A table of ${cells.toExponential(2)} cells over ${axes.map((axis) => variableOf(axis.replace(/#\d+$/u, ''))).join(', ')} would be needed.`,
    hint: 'State values for more of the variables, cut variables into fewer levels, or drop the least important adjustment variables.',
  });
