import { type Certificate, certifiedProblem } from './bounds/certificate.ts';
import { BlockLikelihood } from './bounds/fit.ts';
import { prepare } from './bounds/prepare.ts';
import type { Programme } from './bounds/programme.ts';
import type { BoundsProblem } from './bounds/structure.ts';
import type { Check } from './bounds/verify.ts';
import type { Graph } from './graph/graph.ts';
import { log } from './math/elementary.ts';
import { compileQuestion } from './query/bind.ts';
import type { RunOptions } from './run/progress.ts';

export interface ProgrammeOptions extends RunOptions {
  /** Largest error of anything that is compared; default 1e-9. */
  readonly tolerance?: number;
}

/**
 * Whether the programme that a certificate is about is that of a problem: its graph, its assumptions, its studies as they are read
 * now, and the question. The programme is made anew; targets that are no table's are accepted where they are the most likely ones.
 * The certificate must have passed `verifyCertificate`.
 */
export async function verifyProgramme(
  certificate: Certificate,
  problem: Omit<BoundsProblem, 'graph'> & { readonly graph?: Graph },
  options: ProgrammeOptions = {},
): Promise<readonly Check[]> {
  const { tolerance = 1e-9, ...run } = options;
  const fail = (name: string, says: string): readonly Check[] => [{ name, passed: false, says }];
  const { graph } = problem;
  if (graph === undefined) return fail('graph', 'the problem has no graph');
  if (certificate.question === undefined) return fail('question', 'the certificate does not say what it is about');
  const question = compileQuestion(certificate.question, { graph, domains: problem.domains });
  if (!question.ok) return fail('question', `${certificate.question} is no question of this problem: ${question.issues[0]?.message ?? ''}`);
  const prepared = await prepare({ ...problem, graph }, question.value, run);
  if (!prepared.ok) return fail('programme', `the problem gives no programme: ${prepared.issues[0]?.message ?? ''}`);
  const made = [prepared.value, prepared.value.apart ?? prepared.value].map(({ programme }) => ({
    programme,
    own: certifiedProblem(programme),
  }));
  const fits = made.find(({ own: { blocks } }) => same(certificate.blocks, blocks, tolerance));
  const { programme, own } = fits ?? (made[0] as (typeof made)[number]);
  const check = (name: string, passed: boolean, says: string, figure?: number): Check => ({
    name,
    passed,
    says,
    ...(figure === undefined ? {} : { figure }),
  });
  const asks = certificate.conflict !== undefined || same(certificate.target, own.target, tolerance);
  const checks = [
    check('graph', same(certificate.blocks, own.blocks, tolerance), 'its components and response functions are those of the graph'),
    check('assumptions', same(certificate.restrictions, own.restrictions, tolerance), 'its restrictions are those that are assumed'),
    check('question', asks, 'its target is what the question asks'),
    check(
      'studies',
      same(certificate.strata, own.strata, tolerance) && same(certificate.cells.map(meaning), own.cells.map(meaning), tolerance),
      'its cells are those that the studies show',
    ),
  ];
  return checks.some(({ passed }) => !passed) ? checks : [...checks, targetsOf(certificate, programme, tolerance)];
}

const meaning = ({ stratum, form, says }: Certificate['cells'][number]): unknown => ({ stratum, form, says });

/** Targets are the tables, or what the most likely model makes of them. */
function targetsOf({ cells }: Certificate, programme: Programme, tolerance: number): Check {
  let worst = 0;
  let gap = 0;
  let missing = false;
  for (const [i, { target, count, ratios }] of programme.cells.entries()) {
    const given = cells[i]?.target ?? Number.NaN;
    const counted = cells[i]?.ratios;
    if (counted !== undefined && !same(counted, ratios, 0))
      return { name: 'tables', passed: false, says: 'its counts are not those of the studies' };
    if (Number.isNaN(given)) {
      missing ||= count > 0 && !Number.isNaN(target);
      continue;
    }
    if (Number.isNaN(target)) return { name: 'tables', passed: false, says: 'a cell has a target that no study gives' };
    worst = Math.max(worst, Math.abs(given - target));
    if (count > 0) gap += count * (log(target) - log(given));
  }
  if (missing) return { name: 'tables', passed: false, says: 'cells that the studies show have no target' };
  if (worst <= tolerance) return { name: 'tables', passed: true, figure: worst, says: 'its targets are the tables of the studies' };
  const blocks = new Set(programme.strata.map(({ block }) => block));
  let least = 0;
  for (const block of blocks) {
    const likelihood = new BlockLikelihood(programme, block);
    const { fitted } = likelihood.fit();
    likelihood.cells.forEach((cell, i) => {
      const { count, target } = programme.cells[cell] as Programme['cells'][number];
      if (count > 0) least += count * (log(target) - log(fitted[i] as number));
    });
  }
  const excess = gap - least;
  return {
    name: 'tables',
    passed: Math.abs(excess) <= 1e-5 * Math.max(1, least),
    figure: Math.abs(excess),
    says: `its targets are the tables as the most likely model has them (${Number(gap.toPrecision(3))} nats from the tables)`,
  };
}

/** Equal as plain data; numbers to the tolerance, absent fields as undefined ones. */
function same(a: unknown, b: unknown, tolerance: number): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a === b || Math.abs(a - b) <= tolerance;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  if (Array.isArray(a) && a.length !== (b as readonly unknown[]).length) return false;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => same(left[key], right[key], tolerance));
}
