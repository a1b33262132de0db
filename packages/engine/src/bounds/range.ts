import type { DerivationLine, Diagnostic } from '../interpret/answer.ts';
import type { Issue } from '../run/issue.ts';
import type { RunOptions } from '../run/progress.ts';
import { branchesCertificate, type Certificate } from './certificate.ts';
import type { Solver } from './highs.ts';
import type { Cut } from './island.ts';
import { certificateOf, type LinearBounds, linearBounds } from './linear-bounds.ts';
import { multilinearBounds } from './multilinear.ts';
import type { ModelPoint, Network, Programme } from './programme.ts';

export interface RangeOptions extends RunOptions {
  readonly seed?: number;
  /** Linear programmes to spend on each side of a multilinear programme. */
  readonly work?: number;
  /** The ends of a multilinear programme need not be known better than this. */
  readonly gap?: number;
  /** A multilinear programme: whether much is done for models that attain its ends (default), or only for its outer bounds. */
  readonly models?: boolean;
}

/** The range of a programme's target. */
export interface Range {
  readonly status: 'bounds';
  readonly inner?: readonly [number, number];
  readonly outer: readonly [number, number];
  /** Inner and outer bounds meet, and the programme says all that the model says. */
  readonly closed: boolean;
  readonly certificate?: Certificate;
  /** Models that attain the inner ends. */
  readonly points: readonly ModelPoint[];
  readonly derivation: readonly DerivationLine[];
  readonly diagnostics: readonly Diagnostic[];
  /** The search ended early, or was told to stop. */
  readonly cut?: Cut;
  /** Such a range takes long. */
  readonly long: boolean;
  /** What a multilinear programme took, in linear programmes of 2000 entries. */
  readonly work?: number;
}

/** Ends that differ by less count as met. */
const meets = 1e-6;

/**
 * The range by a linear programme where one suffices, else by a multilinear one. `undefined`: the condition has probability 0 in
 * every model. Issues: `bounds`.
 */
export async function rangeOf(
  solver: Solver,
  programme: Programme,
  options: RangeOptions = {},
  question?: string,
): Promise<Range | { readonly status: 'undefined' } | { readonly issue: Issue }> {
  if (programme.blocks.length === 0) return certain(programme);
  const linear = await linearBounds(solver, programme, options);
  switch (linear.kind) {
    case 'bounds':
      return byLine(programme, linear, question);
    case 'undefined':
      return { status: 'undefined' };
    case 'infeasible':
      return { issue: { code: 'bounds', message: `No model fits the studies: ${linear.conflicts[0]?.violated.says ?? ''}.` } };
    case 'failed':
      return { issue: { code: 'bounds', message: `The linear programme was not solved: ${linear.says}.` } };
    default:
      return byProducts(solver, programme, options, question);
  }
}

/** No factor is left: the question has one value in every model. */
function certain({ target }: Programme): Range | { readonly status: 'undefined' } {
  const total = (networks: readonly Network[]): number => networks.reduce((sum, { weight }) => sum + weight, 0);
  const value = total(target.numerator) / (target.denominator === undefined ? 1 : total(target.denominator));
  if (Number.isNaN(value)) return { status: 'undefined' };
  return {
    status: 'bounds',
    inner: [value, value],
    outer: [value, value],
    closed: true,
    long: false,
    points: [],
    derivation: [],
    diagnostics: [],
  };
}

function byLine(programme: Programme, linear: LinearBounds, question: string | undefined): Range {
  const { lower, upper, open, denominatorCanVanish, cut } = linear;
  const inner = lower.inner === undefined || upper.inner === undefined ? undefined : ([lower.inner, upper.inner] as const);
  const outer = [lower.outer, upper.outer] as const;
  const name = open === undefined ? undefined : programme.blocks[open]?.name;
  const closed = inner !== undefined && Math.max(inner[0] - outer[0], outer[1] - inner[1]) <= meets;
  const certificate = certificateOf(programme, linear, question);
  const early: Diagnostic[] = closed ? [] : [{ name: cut === 'stopped' ? 'interrupted' : 'search', level: 'warn', says: earlyWords(cut) }];
  const vanishes: Diagnostic[] = denominatorCanVanish
    ? [
        {
          name: 'condition',
          level: 'warn',
          says: 'In some models that fit the condition never happens; there the question has no value. The bounds are over the others.',
        },
      ]
    : [];
  return {
    status: 'bounds',
    ...(inner === undefined ? {} : { inner }),
    outer,
    closed,
    certificate,
    points: [lower.witness, upper.witness].filter((point) => point !== undefined),
    derivation: [
      {
        depth: 0,
        says:
          name === undefined
            ? 'Every factor of the question is the same in all models that fit.'
            : `All other factors are the same in every model that fits, so the question is linear in the response functions of {${name}}: two linear programmes.`,
        theorem: 'linear programming duality',
        source: 'Balke and Pearl 1994',
      },
    ],
    diagnostics: [...early, ...vanishes],
    long: linear.generated,
    ...(cut === undefined ? {} : { cut }),
  };
}

const earlyWords = (cut: Cut | undefined): string =>
  `${cut === 'stopped' ? 'Stopped' : 'The search for states of the response functions ended'} before the ends were found: nothing lies outside the bounds, but they may be wider than need be.`;

async function byProducts(
  solver: Solver,
  programme: Programme,
  { seed, work, gap, models = true, signal, onProgress, pause }: RangeOptions,
  question: string | undefined,
): Promise<Range | { readonly issue: Issue }> {
  const found = await multilinearBounds(solver, programme, {
    ...(seed === undefined ? {} : { seed }),
    ...(work === undefined ? {} : { work }),
    ...(gap === undefined ? {} : { gap }),
    ...(models ? {} : { starts: 2, vertices: 0 }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(pause === undefined ? {} : { pause }),
  });
  if (found.status === 'too-large') return { issue: { code: 'too-large', message: found.says } };
  if (found.status === 'infeasible')
    return { issue: { code: 'bounds', message: `No model fits what the studies say of ${programme.blocks[found.block]?.name ?? ''}.` } };
  const { inner, outer, closed, complete, lowerPoint, upperPoint } = found;
  const diagnostics: Diagnostic[] = [];
  if (!complete)
    diagnostics.push({
      name: 'several hidden causes',
      level: 'warn',
      says: 'Several hidden causes meet in one component, and what is known of them is not all used: nothing lies outside the bounds, but they may be wider than need be.',
    });
  if (found.stopped) diagnostics.push({ name: 'interrupted', level: 'warn', says: earlyWords('stopped') });
  else if (complete && !closed)
    diagnostics.push({
      name: 'search',
      level: 'warn',
      figure: outer[1] - outer[0],
      says: 'The search stopped before the values that models attain met the proven bounds.',
    });
  if (found.floorAssumed)
    diagnostics.push({
      name: 'condition',
      level: 'warn',
      figure: found.floor,
      says: `The condition may be very rare in some models that fit; the bounds are over those that give it at least ${found.floor}.`,
    });
  return {
    status: 'bounds',
    ...(inner === undefined ? {} : { inner }),
    outer,
    closed: closed && complete,
    long: true,
    work: found.work,
    ...(found.stopped ? { cut: 'stopped' as const } : {}),
    certificate: branchesCertificate(programme, found, question),
    points: [lowerPoint, upperPoint].filter((point) => point !== undefined),
    derivation: [
      {
        depth: 0,
        says: 'Several factors of the question vary among the models that fit: a multilinear programme, by products of vertices or descent from inside, by relaxation and branching from outside.',
        theorem: 'reformulation-linearisation',
        source: 'Sherali and Adams 1990',
      },
    ],
    diagnostics,
  };
}
