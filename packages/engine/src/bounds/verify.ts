import { nearestDouble, spellFraction } from '../math/fraction.ts';
import { provenByBranches } from './branch-proof.ts';
import { type Certificate, type CertifiedSide, type LinearProof, type Multipliers, programmeOf } from './certificate.ts';
import { certificateSchema } from './certificate-schema.ts';
import { combined, expectation, probabilityOf, targetValue, valuesOf } from './contract.ts';
import { exactValue } from './exact-witness.ts';
import { doubleField, type Field, fractionField } from './field.ts';
import type { BlockPoint, Form, Literal, ModelPoint, Target } from './programme.ts';
import { BadProof, linearBound, targetOfCell, weakBound } from './proof.ts';
import { roundedTo } from './relax-programme.ts';

/** One thing that was checked. `figure`: the largest error found. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly figure?: number;
  readonly says: string;
}

export interface Verification {
  readonly accepted: boolean;
  readonly checks: readonly Check[];
  /** Proven bounds as fractions of whole numbers, and what the witnesses attain where their weights have an exact solution. */
  readonly exact?: { readonly lower: ExactSide; readonly upper: ExactSide };
  /** Sides without a witness: what they say is an outer bound only, of models that fit, if any does. */
  readonly outerOnly?: true;
}

export interface ExactSide {
  readonly outer: string;
  readonly outerNear: number;
  readonly inner?: string;
}

export interface VerifyOptions {
  /** Also in exact arithmetic. */
  readonly exact?: boolean;
  /** Largest error of anything that is checked; default 1e-9. */
  readonly tolerance?: number;
}

/**
 * Checks a certificate in plain arithmetic, without a solver and without the code that made it: that the witnesses are models, fit
 * every cell and attain the inner values; that the multipliers prove the outer values; that the two agree. Never throws.
 */
export function verifyCertificate(given: unknown, { exact = false, tolerance = 1e-9 }: VerifyOptions = {}): Verification {
  let parsed: ReturnType<typeof certificateSchema.safeParse>;
  try {
    parsed = certificateSchema.safeParse(given);
  } catch {
    // Trees deeper than the stack.
    return rejected('shape', 'not a certificate: nested too deeply');
  }
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    return rejected('shape', `not a certificate: ${first?.path.join('.') ?? ''} ${first?.message ?? ''}`);
  }
  const certificate = parsed.data;
  const broken = dangling(certificate);
  if (broken !== undefined) return rejected('shape', broken);
  const checks = [...statement(certificate, tolerance)];
  const { lower, upper, conflict } = certificate;
  try {
    if (conflict !== undefined) {
      checks.push(conflictCheck(certificate, doubleField, tolerance));
      if (exact) checks.push(conflictCheck(certificate, fractionField, tolerance));
    } else if (lower !== undefined && upper !== undefined && certificate.target !== undefined) {
      checks.push(...sideChecks(certificate, certificate.target, 'lower', lower, tolerance));
      checks.push(...sideChecks(certificate, certificate.target, 'upper', upper, tolerance));
      checks.push(order(certificate, lower, upper, tolerance));
    } else checks.push({ name: 'content', passed: false, says: 'neither both bounds nor a conflict' });
  } catch (error) {
    // A proof by boxes that does not fit its programme may fail anywhere.
    if (!(error instanceof BadProof) && certificate.branches === undefined) throw error;
    checks.push({ name: 'proof', passed: false, says: error instanceof Error ? error.message : 'the proof cannot be read' });
  }
  if (exact && (lower?.proof.kind === 'branches' || upper?.proof.kind === 'branches'))
    checks.push({ name: 'exact', passed: true, says: 'a proof by boxes is checked in doubles, rounding allowed for, not in fractions' });
  const accepted = checks.every(({ passed }) => passed);
  const inFractions = exact && accepted ? exactSides(certificate) : undefined;
  return {
    accepted,
    checks,
    ...(inFractions === undefined ? {} : { exact: inFractions }),
    ...(lower !== undefined && lower.witness === undefined ? { outerOnly: true } : {}),
  };
}

const rejected = (name: string, says: string): Verification => ({ accepted: false, checks: [{ name, passed: false, says }] });

/** Every number that points to something points to something, and no conjunction names a digit twice. */
function dangling({ blocks, strata, cells, restrictions, target, lower, upper, conflict }: Certificate): string | undefined {
  const conjunction = (block: number, literals: readonly Literal[]): boolean =>
    new Set(literals.map(({ digit }) => digit)).size === literals.length &&
    literals.every(({ digit, value }) => value < (blocks[block]?.digits[digit]?.levels.length ?? 0));
  const form = (block: number, terms: Form): boolean => terms.every(({ literals }) => conjunction(block, literals));
  for (const [i, block] of blocks.entries())
    if (!block.forbidden.every((literals) => literals.length > 0 && conjunction(i, literals)))
      return `block ${i} forbids what it does not have`;
  for (const { block } of strata) if (blocks[block] === undefined) return 'a stratum has no block';
  for (const { stratum, form: terms, says } of cells)
    if (!form(strata[stratum]?.block ?? -1, terms)) return `${says} names digits that its block does not have`;
  for (const { block, form: terms, says } of restrictions)
    if (!form(block, terms)) return `${says} names digits that its block does not have`;
  const networks: Target['numerator'] = [...(target?.numerator ?? []), ...(target?.denominator ?? [])];
  for (const { tables } of networks) {
    const sizes = new Map<string, number>();
    for (const table of tables) {
      const { block, axes, cells: list } = table;
      if (axes.length !== table.sizes.length || list.length !== table.sizes.reduce((a, b) => a * b, 1))
        return 'a table of the target has the wrong size';
      for (const [i, axis] of axes.entries()) {
        if ((sizes.get(axis) ?? table.sizes[i]) !== table.sizes[i]) return `the axis ${axis} has two sizes`;
        sizes.set(axis, table.sizes[i] as number);
      }
      if (!list.every((literals) => literals === null || conjunction(block, literals)))
        return 'the target names digits that its block does not have';
    }
    if (new Set(tables.map(({ block }) => block)).size !== tables.length) return 'a block stands twice in one network';
  }
  for (const side of [lower, upper])
    for (const { block, literals } of side?.proof.kind === 'linear' ? side.proof.pins : [])
      if (!conjunction(block, literals)) return 'a pin names digits that its block does not have';
  if (conflict !== undefined && blocks[conflict.block] === undefined) return 'the conflict has no block';
  return undefined;
}

/** The problem itself: counts give the targets, and the cells of a stratum are exhaustive. */
function* statement(certificate: Certificate, tolerance: number): Generator<Check> {
  const { blocks, strata, cells } = certificate;
  let worst = 0;
  for (const cell of cells) {
    const counted = targetOfCell(doubleField, cell);
    if (cell.target !== null && counted !== null) worst = Math.max(worst, Math.abs(counted - cell.target));
    if (cell.target !== null && !(cell.target >= -tolerance && cell.target <= 1 + tolerance)) worst = Infinity;
  }
  yield { name: 'targets', passed: worst <= tolerance, figure: worst, says: 'the counts give the targets' };
  let [loose, off] = [0, 0];
  for (const [s, { block, says }] of strata.entries()) {
    const own = cells.filter(({ stratum }) => stratum === s);
    const whole = own.flatMap(({ form }) => [...form]);
    const levels = blocks[block]?.digits.map(({ levels: list }) => list.length) ?? [];
    const forbidden = blocks[block]?.forbidden ?? [];
    const least = doubleField.least(levels, whole, forbidden);
    const most = doubleField.least(levels, combined([], -1, whole), forbidden);
    if (typeof least === 'number' && typeof most === 'number') loose = Math.max(loose, Math.abs(least - 1), Math.abs(-most - 1));
    else if (least === undefined || most === undefined)
      yield { name: 'strata', passed: false, says: `whether the cells under ${says} are exhaustive needs too much work` };
    const total = own.reduce((sum, { target }) => sum + (target ?? 0), 0);
    if (own.every(({ target }) => target !== null)) off = Math.max(off, Math.abs(total - 1));
    else if (total > 1) off = Math.max(off, total - 1);
  }
  yield { name: 'strata', passed: loose <= tolerance, figure: loose, says: 'the cells of each stratum are exhaustive and exclusive' };
  yield { name: 'sums', passed: off <= tolerance, figure: off, says: 'the targets of each stratum add up to 1' };
}

/** What the targets leave open may move a proven value by this much. */
const stable = 1e-6;
/** Without a witness, how far apart targets may be taken to be. */
const unfitted = 1e-10;

const totalOf = ({ cells, restrictions }: Multipliers): number =>
  [...cells, ...restrictions].reduce((sum, [, multiplier]) => sum + Math.abs(multiplier), 0);

/**
 * The sum of all multipliers of a proof. The witness fits targets near the stated ones exactly; for those the proven value falls
 * short of the computed one by at most this times the distance. So targets that contradict one another by a rounding error
 * prove nothing, whatever the multipliers.
 */
const sizeOf = ({ multipliers, denominator, pins }: LinearProof): number =>
  [multipliers, ...(denominator === undefined ? [] : [denominator]), ...pins.flatMap(({ lower, upper }) => [lower, upper])].reduce(
    (sum, one) => sum + totalOf(one),
    0,
  );

function* sideChecks(
  certificate: Certificate,
  target: Target,
  end: 'lower' | 'upper',
  side: CertifiedSide,
  tolerance: number,
): Generator<Check> {
  const { outer, inner, witness } = side;
  let open = unfitted;
  if (witness !== undefined && inner !== undefined) {
    const fault = modelFault(certificate, witness, tolerance);
    yield { name: `${end}: witness`, passed: fault === undefined, says: fault ?? 'is a distribution over allowed states' };
    if (fault !== undefined) return;
    const residual = misfit(certificate, witness);
    open = Math.max(residual, 2 ** -52);
    yield {
      name: `${end}: fit`,
      passed: residual <= tolerance,
      figure: residual,
      says: 'the witness gives every cell and keeps what was assumed',
    };
    const miss = Math.abs(targetValue(target, witness) - inner);
    yield { name: `${end}: attained`, passed: miss <= tolerance, figure: miss, says: 'the witness attains the inner value' };
    if (side.proof.kind === 'linear') {
      const condition = target.denominator === undefined ? 1 : valuesOf(target, witness).denominator;
      const figure = (sizeOf(side.proof) * open) / condition;
      yield {
        name: `${end}: rounding`,
        passed: figure <= stable,
        figure,
        says: 'the multipliers do not magnify what rounding leaves open',
      };
    }
  } else if (side.proof.kind === 'linear' && witness === undefined && inner === undefined) {
    // No model is shown to fit: the bound is one of the models that do, should there be any.
    const figure = sizeOf(side.proof) * open;
    yield { name: `${end}: rounding`, passed: figure <= stable, figure, says: 'the multipliers do not magnify what rounding leaves open' };
  } else if (witness !== undefined || inner !== undefined)
    yield { name: `${end}: witness`, passed: false, says: 'an inner value and a witness go together' };
  const { proven, says } = provenBy(certificate, end, side);
  const short = end === 'lower' ? outer - proven : proven - outer;
  yield { name: `${end}: proven`, passed: short <= tolerance, figure: Math.max(0, short), says };
  if (side.proof.kind === 'linear' || open <= roundedTo) return;
  const figure = Math.abs(provenBy(certificate, end, side, open).proven - proven);
  yield { name: `${end}: rounding`, passed: figure <= stable, figure, says: 'the multipliers do not magnify what rounding leaves open' };
}

/** What the proof of a side proves, whatever the side claims. */
function provenBy(
  certificate: Certificate,
  end: 'lower' | 'upper',
  { outer, proof }: CertifiedSide,
  accuracy = roundedTo,
): { readonly proven: number; readonly says: string } {
  if (proof.kind === 'linear')
    return { proven: linearBound(doubleField, certificate, proof, end, outer), says: 'the multipliers prove the outer value' };
  const { branches } = certificate;
  if (branches === undefined) throw new BadProof('there are no boxes');
  const found = provenByBranches(programmeOf(certificate), branches, accuracy);
  if (typeof found === 'string') throw new BadProof(found);
  const over = found.floorAssumed ? ` over models that give the condition at least ${found.floor}` : '';
  return { proven: found.outer[end === 'lower' ? 0 : 1], says: `the multipliers of all boxes prove the outer value${over}` };
}

function order({ gap = 0 }: Certificate, lower: CertifiedSide, upper: CertifiedSide, tolerance: number): Check {
  const [low, high] = [lower.inner ?? lower.outer, upper.inner ?? upper.outer];
  const figure = Math.max(low - lower.outer, upper.outer - high);
  const crossed = Math.max(lower.outer - low, high - upper.outer, lower.outer - upper.outer, low - high);
  return {
    name: 'gap',
    passed: figure <= gap + tolerance && crossed <= tolerance,
    figure: Math.max(figure, 0),
    says: 'what is attained and what is proven agree',
  };
}

/** What keeps a point from being a model. */
function modelFault({ blocks }: Certificate, witness: ModelPoint, tolerance: number): string | undefined {
  if (witness.length !== blocks.length) return `${witness.length} points for ${blocks.length} blocks`;
  for (const [b, { groups }] of witness.entries()) {
    const { digits, forbidden, groups: wanted } = blocks[b] as Certificate['blocks'][number];
    const listed = groups.flatMap((group) => group.digits);
    if (new Set(listed).size !== listed.length || listed.some((digit) => digit >= digits.length))
      return `block ${b}: a digit is listed twice, or there is no such digit`;
    // More groups than asked for only make the witness more special; a group may not join what must be independent.
    if (wanted !== undefined && groups.some((group) => !wanted.some((set) => group.digits.every((digit) => set.includes(digit)))))
      return `block ${b}: digits that must be independent are drawn together`;
    for (const { digits: own, support } of groups) {
      let total = 0;
      for (const { weight, values } of support) {
        if (!(weight >= 0)) return `block ${b}: a weight of ${weight}`;
        if (values.length !== own.length) return `block ${b}: a state of the wrong length`;
        if (values.some((value, i) => value >= (digits[own[i] as number]?.levels.length ?? 0)))
          return `block ${b}: a value that its digit does not have`;
        total += weight;
      }
      if (Math.abs(total - 1) > tolerance) return `block ${b}: the weights add up to ${total}`;
    }
    for (const literals of forbidden)
      if (probabilityOf(literals, { groups }) > 0) return `block ${b}: a state that is excluded by assumption`;
  }
  return undefined;
}

/** The largest difference between a witness and a cell, a restriction or an independence. */
function misfit({ blocks, strata, cells, restrictions }: Certificate, witness: ModelPoint): number {
  const at = (block: number): BlockPoint => witness[block] as BlockPoint;
  let worst = 0;
  for (const { stratum, form, target } of cells)
    if (target !== null) worst = Math.max(worst, Math.abs(expectation(form, at(strata[stratum]?.block ?? 0)) - target));
  for (const { block, form, relation, target } of restrictions) {
    const difference = expectation(form, at(block)) - target;
    worst = Math.max(worst, relation === '<=' ? difference : relation === '>=' ? -difference : Math.abs(difference));
  }
  for (const [b, { independences }] of blocks.entries())
    for (const { a, b: other } of independences) worst = Math.max(worst, dependence(at(b), a, other));
  return worst;
}

/** The largest difference between a joint probability of two sets of digits and the product of its margins. */
function dependence(point: BlockPoint, a: readonly number[], b: readonly number[]): number {
  const states = point.groups.reduce<{ weight: number; values: Map<number, number> }[]>(
    (all, { digits, support }) =>
      all.flatMap(({ weight, values }) =>
        support.map((state) => ({
          weight: weight * state.weight,
          values: new Map([...values, ...digits.map((digit, i): [number, number] => [digit, state.values[i] as number])]),
        })),
      ),
    [{ weight: 1, values: new Map() }],
  );
  const tally = (digits: readonly number[]): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const { weight, values } of states) {
      const key = digits.map((digit) => values.get(digit)).join(' ');
      sums.set(key, (sums.get(key) ?? 0) + weight);
    }
    return sums;
  };
  const [first, second, joint] = [tally(a), tally(b), tally([...a, ...b])];
  let worst = 0;
  for (const [i, p] of first) for (const [j, q] of second) worst = Math.max(worst, Math.abs((joint.get(`${i} ${j}`) ?? 0) - p * q));
  return worst;
}

/** Sum of multiplier x target is more than any model reaches: y b + least (-y A) > 0. */
function conflictCheck<T>(certificate: Certificate, field: Field<T>, tolerance: number): Check {
  const { conflict } = certificate;
  if (conflict === undefined) throw new BadProof('there is no conflict');
  const excess = field.near(weakBound(field, certificate, conflict.block, [], conflict.multipliers));
  const said = conflict.left - conflict.right;
  const scale = Math.max(1, Math.abs(conflict.left));
  return {
    name: field === (fractionField as unknown) ? 'conflict, exactly' : 'conflict',
    // Targets may be off by a rounding error: what that explains is no conflict.
    passed: excess > tolerance * totalOf(conflict.multipliers) && Math.abs(excess - said) <= 1e-9 * scale,
    figure: excess,
    says: `no model fits: ${conflict.says}`,
  };
}

function exactSides(certificate: Certificate): Verification['exact'] {
  const { lower, upper } = certificate;
  if (lower?.proof.kind !== 'linear' || upper?.proof.kind !== 'linear') return undefined;
  const sideOf = (end: 'lower' | 'upper', { outer, witness }: CertifiedSide, proof: LinearProof): ExactSide => {
    const proven = linearBound(fractionField, certificate, proof, end, fractionField.of(outer));
    const attained = witness === undefined ? undefined : exactValue(certificate, witness);
    return {
      outer: spellFraction(proven),
      outerNear: nearestDouble(proven),
      ...(attained === undefined ? {} : { inner: spellFraction(attained) }),
    };
  };
  return { lower: sideOf('lower', lower, lower.proof), upper: sideOf('upper', upper, upper.proof) };
}
