import { beforeAll, describe, expect, test } from 'vitest';
import {
  branchesCertificate,
  type Certificate,
  type CertifiedSide,
  certificateOf,
  conflictCertificate,
  type LinearProof,
} from '../../src/bounds/certificate.ts';
import { targetValue } from '../../src/bounds/contract.ts';
import { loadSolver, type Solver } from '../../src/bounds/highs.ts';
import { type LinearBounds, linearBounds } from '../../src/bounds/linear-bounds.ts';
import { multilinearBounds } from '../../src/bounds/multilinear.ts';
import type { Form, LocalTable, Programme, Target } from '../../src/bounds/programme.ts';
import { verifyCertificate } from '../../src/bounds/verify.ts';
import { Random } from '../../src/math/random.ts';
import { blockOf, bow, bowData, chance, observed, planted, programme, states, targetOf, trial, when } from './linear-support.ts';

let solver: Solver;
beforeAll(async () => {
  solver = await loadSolver();
});

/** What a reader of the file sees. */
const written = (certificate: Certificate): Certificate => JSON.parse(JSON.stringify(certificate)) as Certificate;
async function solved(problem: Programme): Promise<LinearBounds> {
  const found = await linearBounds(solver, problem);
  if (found.kind !== 'bounds') throw new Error(JSON.stringify(found));
  return found;
}
const pns = chance([1, 0], [2, 1]);
interface Counts {
  /** Dead and alive, untreated and treated. */
  readonly joint: readonly (readonly [number, number])[];
  /** Arms: how many, and how many alive. */
  readonly arms: readonly (readonly [number, number])[];
}
/** Table 1 of Zaffalon et al. 2023 (counts of Mueller and Pearl 2022), gender summed out. */
const table1: Counts = {
  joint: [
    [360, 840],
    [1442, 1358],
  ],
  arms: [
    [2000, 420],
    [2000, 979],
  ],
};
const invented: Counts = {
  joint: [
    [300, 200],
    [100, 400],
  ],
  arms: [
    [20, 7],
    [40, 30],
  ],
};

function counted(target: Target, { joint, arms }: Counts = table1): Programme {
  const people = joint.flat();
  const total = people.reduce((a, b) => a + b, 0);
  const survey = observed(joint.map((row) => row.map((n) => n / total)));
  return programme(
    [bow],
    [
      { ...survey, cells: survey.cells.map((cell, i) => ({ ...cell, ratios: [[people[i] as number, total]] })) },
      ...trial(arms.map(([n, alive]) => alive / n)).map((arm, x) => ({
        ...arm,
        cells: arm.cells.map((cell, y) => {
          const [n, alive] = arms[x] as readonly [number, number];
          const k = y === 1 ? alive : n - alive;
          return { ...cell, target: k / n, ratios: [[k, n]] as const };
        }),
      })),
    ],
    target,
  );
}
const quotient = (above: Form, below: Form): Target => {
  const [numerator, denominator] = [targetOf(above).numerator, targetOf(below).numerator];
  return { numerator, denominator };
};
const pn = quotient(chance([0, 1], [2, 1], [1, 0]), chance([0, 1], [2, 1]));

describe('certificates of random programmes', () => {
  test('survive JSON and are accepted, in doubles and in fractions; every error at most 1e-9', async () => {
    let worst = 0;
    for (let seed = 100; seed < 140; seed++) {
      const { problem, form, support } = planted(seed, { sharp: seed % 3 === 0 });
      const bounds = await solved(problem);
      const verified = verifyCertificate(written(certificateOf(problem, bounds)), { exact: true });
      expect(verified.checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(verified.accepted).toBe(true);
      for (const { name, figure } of verified.checks) if (name !== 'strata') worst = Math.max(worst, figure ?? 0);
      const value = targetValue(targetOf(form), [{ groups: [{ digits: (problem.blocks[0]?.digits ?? []).map((_, d) => d), support }] }]);
      expect(verified.exact?.lower.outerNear).toBeLessThanOrEqual(value + 1e-9);
      expect(verified.exact?.upper.outerNear).toBeGreaterThanOrEqual(value - 1e-9);
    }
    expect(worst).toBeLessThan(1e-12);
  });
  test('counts are verified as fractions: PNS and PN of whole numbers of people', async () => {
    const problem = counted(targetOf(pns));
    const exact = verifyCertificate(written(certificateOf(problem, await solved(problem))), { exact: true });
    expect(exact.accepted).toBe(true);
    expect([exact.exact?.lower.outer, exact.exact?.lower.inner]).toEqual(['679/2000', '679/2000']);
    expect([exact.exact?.upper.outer, exact.exact?.upper.inner]).toEqual(['859/2000', '859/2000']);
    const given = counted(pn, invented);
    const conditional = verifyCertificate(written(certificateOf(given, await solved(given))), { exact: true });
    expect(conditional.accepted).toBe(true);
    // Tian and Pearl: (y - y0) / p11 = (0.6 - 0.35) / 0.4 and (1 - y0 - p00) / p11 = (0.65 - 0.3) / 0.4.
    expect([conditional.exact?.lower.inner, conditional.exact?.upper.inner]).toEqual(['5/8', '7/8']);
    expect(conditional.exact?.lower.outerNear).toBeCloseTo(5 / 8, 12);
    expect(conditional.exact?.upper.outerNear).toBeCloseTo(7 / 8, 12);
  });
  test('bounds proven in fractions stay bounds when the multipliers are disturbed', async () => {
    const problem = counted(targetOf(pns));
    const certificate = certificateOf(problem, await solved(problem));
    const random = new Random(4, 'disturbed');
    for (let round = 0; round < 30; round++) {
      const moved = (side: CertifiedSide | undefined): CertifiedSide => {
        if (side === undefined) throw new Error('no side');
        const proof = side.proof as LinearProof;
        const cells = problem.cells.map((_, i): [number, number] => [
          i,
          (proof.multipliers.cells.find(([at]) => at === i)?.[1] ?? 0) + random.normal(),
        ]);
        return { ...side, outer: side === certificate.lower ? -100 : 100, proof: { ...proof, multipliers: { cells, restrictions: [] } } };
      };
      const { accepted, exact } = verifyCertificate(
        written({ ...certificate, gap: 200, lower: moved(certificate.lower), upper: moved(certificate.upper) }),
        {
          exact: true,
        },
      );
      expect(accepted).toBe(true);
      expect(exact?.lower.outerNear).toBeLessThanOrEqual(0.3395);
      expect(exact?.upper.outerNear).toBeGreaterThanOrEqual(0.4295);
    }
  });
});

/** Broken in one way each; every one is rejected. */
describe('broken certificates', () => {
  const breakages: readonly (readonly [string, string, (draft: never) => void])[] = [
    [
      'a better lower value than is proven',
      'lower: proven',
      (d: Loose) => {
        d.lower.outer += 1e-6;
      },
    ],
    [
      'a worse lower value than is attained',
      'gap',
      (d: Loose) => {
        d.lower.outer -= 1e-6;
      },
    ],
    [
      'an inner value that the witness does not attain',
      'upper: attained',
      (d: Loose) => {
        d.upper.inner -= 1e-6;
      },
    ],
    [
      'mass moved between two states',
      'lower: fit',
      (d: Loose) => {
        const s = stateOf(d.lower, 0);
        const t = stateOf(d.lower, 1);
        s.weight += 1e-6;
        t.weight -= 1e-6;
      },
    ],
    [
      'a negative weight',
      'lower: witness',
      (d: Loose) => {
        const s = stateOf(d.lower, 0);
        const t = stateOf(d.lower, 1);
        t.weight += s.weight + 1e-8;
        s.weight = -1e-8;
      },
    ],
    [
      'weights that do not add up to 1',
      'upper: witness',
      (d: Loose) => {
        stateOf(d.upper, 0).weight += 1e-6;
      },
    ],
    [
      'a digit of a witness',
      'upper: fit',
      (d: Loose) => {
        const s = stateOf(d.upper, 0);
        s.values[1] = 1 - (s.values[1] ?? 0);
      },
    ],
    [
      'a value that the digit does not have',
      'upper: witness',
      (d: Loose) => {
        stateOf(d.upper, 0).values[1] = 2;
      },
    ],
    [
      'a digit left out of a witness',
      'lower: witness',
      (d: Loose) => {
        d.lower.witness[0]?.groups[0]?.digits.pop();
      },
    ],
    [
      'a multiplier',
      'lower: proven',
      (d: Loose) => {
        const m = d.lower.proof.multipliers.cells[0];
        if (m !== undefined) m[1] += 1e-6;
      },
    ],
    [
      'a multiplier left out',
      'lower: proven',
      (d: Loose) => {
        d.lower.proof.multipliers.cells.pop();
      },
    ],
    [
      'a multiplier of a cell that is not there',
      'proof',
      (d: Loose) => {
        d.lower.proof.multipliers.cells.push([99, 1]);
      },
    ],
    [
      'a target that its counts do not give',
      'targets',
      (d: Loose) => {
        const c = d.cells[0];
        if (c !== undefined) c.target = (c.target ?? 0) + 1e-6;
      },
    ],
    [
      'counts that do not give their target',
      'targets',
      (d: Loose) => {
        const r = d.cells[1]?.ratios?.[0];
        if (r !== undefined) r[0] += 1;
      },
    ],
    [
      'targets and counts changed together',
      'sums',
      (d: Loose) => {
        const c = d.cells[0];
        if (c !== undefined) {
          c.ratios = [[361, 4000]];
          c.target = 361 / 4000;
        }
      },
    ],
    [
      'a cell left out',
      'strata',
      (d: Loose) => {
        d.cells.pop();
      },
    ],
    [
      'a cell that says something else',
      'strata',
      (d: Loose) => {
        const l = d.cells[0]?.form[0]?.literals[0];
        if (l !== undefined) l.value = 1 - l.value;
      },
    ],
    [
      'sides swapped',
      'lower: proven',
      (d: Loose) => {
        [d.lower, d.upper] = [d.upper, d.lower];
      },
    ],
    [
      'a state that is forbidden',
      'lower: witness',
      (d: Loose) => {
        d.blocks[0]?.forbidden.push([
          { digit: 0, value: stateOf(d.lower, 0).values[0] ?? 0 },
          { digit: 1, value: stateOf(d.lower, 0).values[1] ?? 0 },
        ]);
      },
    ],
    [
      'a level fewer',
      'shape',
      (d: Loose) => {
        d.blocks[0]?.digits[2]?.levels.pop();
      },
    ],
    [
      'another question',
      'lower: attained',
      (d: Loose) => {
        const w = d.target.numerator[0];
        if (w !== undefined) w.weight = 2;
      },
    ],
    [
      'no upper side',
      'content',
      (d: Loose) => {
        delete (d as Partial<Loose>).upper;
      },
    ],
    [
      'another schema',
      'shape',
      (d: Loose) => {
        d.schema = 'doable/certificate@2';
      },
    ],
    [
      'a number that is none',
      'shape',
      (d: Loose) => {
        d.lower.outer = Number.NaN;
      },
    ],
  ];
  test.each(breakages)('%s', async (_, check, change) => {
    const problem = counted(targetOf(pns));
    const certificate = certificateOf(problem, await solved(problem));
    expect(verifyCertificate(written(certificate)).accepted).toBe(true);
    const verified = verifyCertificate(edited(certificate, change), { exact: true });
    expect(verified.accepted).toBe(false);
    expect(verified.exact).toBeUndefined();
    expect(verified.checks.find(({ passed }) => !passed)?.name).toBe(check);
  });
  test('a quotient whose denominator is not bounded, or bounded too well', async () => {
    const problem = counted(pn, invented);
    const certificate = certificateOf(problem, await solved(problem));
    const without = edited(certificate, (d) => {
      delete d.lower.proof.denominator;
    });
    expect(verifyCertificate(without).accepted).toBe(false);
    const claimed = edited(certificate, (d) => {
      d.lower.outer += 1e-6;
      d.lower.inner += 1e-6;
    });
    expect(verifyCertificate(claimed).accepted).toBe(false);
  });
  test('what is no certificate at all', () => {
    for (const given of [undefined, null, 3, 'certificate', [], {}, { schema: 'doable/certificate@1' }]) {
      const verified = verifyCertificate(given);
      expect(verified.accepted).toBe(false);
      expect(verified.checks[0]?.says.length).toBeGreaterThan(10);
    }
  });
});

describe('conflicts', () => {
  const conflicting = (): Programme =>
    programme(
      [bow],
      [
        observed([
          [0.25, 0.5],
          [0.125, 0.125],
        ]),
        ...trial([0.25, 0.5]),
      ],
      targetOf(pns),
    );
  test('are certified, in doubles and in fractions, and only while they are true', async () => {
    const problem = conflicting();
    const found = await linearBounds(solver, problem);
    if (found.kind !== 'infeasible') throw new Error(found.kind);
    const [first] = found.conflicts;
    if (first === undefined) throw new Error('no conflict');
    const certificate = written(conflictCertificate(problem, first));
    expect(verifyCertificate(certificate, { exact: true }).accepted).toBe(true);
    expect(certificate.conflict?.says).toBe('P(X=0, Y=1) = 0.5 in survey exceeds P(Y=1 | do(X=0)) = 0.25 in trial');
    const milder = {
      ...certificate,
      cells: certificate.cells.map((cell, i) => (i === 1 ? { ...cell, target: 0.25 } : i === 0 ? { ...cell, target: 0.5 } : cell)),
    };
    expect(verifyCertificate(milder).accepted).toBe(false);
    const reversed = { ...certificate, conflict: certificate.conflict && { ...certificate.conflict, left: 0.75 } };
    expect(verifyCertificate(reversed).accepted).toBe(false);
  });
  test('targets that disagree by a rounding error are none', async () => {
    const problem = programme(
      [bow],
      [
        observed([
          [0.3, 0.2],
          [0.1, 0.4],
        ]),
        ...trial([0.3, 0.6]),
      ],
      targetOf(pns),
    );
    const bounds = written(certificateOf(problem, await solved(problem)));
    expect(verifyCertificate(bounds).accepted).toBe(true);
    const { lower: _lower, upper: _upper, branches: _branches, ...statement } = bounds;
    for (const cells of [
      [0, 1, 2, 3],
      [4, 5],
      [6, 7],
    ])
      for (const multiplier of [1, -1, 1e6, -1e6, 1e17, -1e17]) {
        const claim = (left: number): Certificate => ({
          ...statement,
          conflict: { block: 0, multipliers: { cells: cells.map((i) => [i, multiplier]), restrictions: [] }, says: 'so', left, right: 0 },
        });
        const proven = verifyCertificate(claim(0)).checks.find(({ name }) => name === 'conflict')?.figure ?? 0;
        expect(verifyCertificate(claim(proven), { exact: true }).accepted, `${cells} x ${multiplier}: ${proven}`).toBe(false);
      }
  });
  test('nor do they prove a bound that a model above the true one happens to attain', async () => {
    const sides = async (target: Target, at?: number): Promise<Certificate> => {
      const data = programme(
        [bow],
        [
          observed([
            [0.3, 0.2],
            [0.1, 0.4],
          ]),
          ...trial([0.3, 0.6]),
        ],
        target,
        at === undefined ? [] : [{ block: 0, form: pns, relation: '=', target: at, says: 'so' }],
      );
      return written(certificateOf(data, await solved(data)));
    };
    const honest = await sides(targetOf(pns));
    const { lower: between } = await sides(targetOf(pns), 0.33);
    expect(honest.lower?.outer).toBeCloseTo(0.3, 9);
    const proof = honest.lower?.proof;
    if (between?.witness === undefined || proof?.kind !== 'linear') throw new Error('no linear proof');
    for (const off of [0, 5e-10])
      for (const multiplier of [1e6, 1e9, 1e10, 1e17])
        for (const sign of [1, -1])
          for (const own of [
            [0, 1, 2, 3],
            [4, 5],
            [6, 7],
          ]) {
            const cells = own.map((i): [number, number] => [i, sign * multiplier]);
            const forged: Certificate = {
              ...honest,
              cells: honest.cells.map((cell, i) => (i === own[0] ? { ...cell, target: (cell.target ?? 0) + sign * off } : cell)),
              lower: {
                outer: 0.33,
                inner: 0.33,
                witness: between.witness,
                proof: { ...proof, multipliers: { cells, restrictions: [] } },
              },
            };
            expect(verifyCertificate(forged, { exact: true }).accepted, `${own} x ${sign * multiplier}, off by ${off}`).toBe(false);
          }
  });
});

describe('several blocks', () => {
  /** G -> X <-> Y <- G, G a block of its own: digits G; X(g), Y(x, g). */
  const strata = (
    random: Random,
  ): {
    readonly problem: (target: Target) => Programme;
    readonly share: number;
    readonly joint: readonly (readonly (readonly number[])[])[];
  } => {
    const share = 0.2 + 0.6 * random.next();
    const data = [bowData(random), bowData(random)];
    const joint = data.map(({ joint: table }) => table);
    const gender = { study: 'survey', cells: [0, 1].map((g) => ({ form: chance([0, g]), target: g === 0 ? share : 1 - share })) };
    const stated = joint.map((table, g) => ({
      block: 1,
      study: 'survey',
      cells: [0, 1].flatMap((x) => [0, 1].map((y) => ({ form: chance([3 * g, x], [3 * g + 1 + x, y]), target: table[x]?.[y] as number }))),
    }));
    return { problem: (target) => programme([blockOf([2]), blockOf([2, 2, 2, 2, 2, 2])], [gender, ...stated], target), share, joint };
  };
  const overGender: LocalTable = { block: 0, axes: ['g'], sizes: [2], cells: [when([0, 0]), when([0, 1])] };
  test('a pinned covariate: PNS is the weighted sum of the strata; the certificate pins it', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const { problem, share, joint } = strata(new Random(seed, 'strata'));
      const responds: LocalTable = { block: 1, axes: ['g'], sizes: [2], cells: [when([1, 0], [2, 1]), when([4, 0], [5, 1])] };
      const asked = problem({ numerator: [{ weight: 1, tables: [overGender, responds] }] });
      const bounds = await solved(asked);
      const upper = [0, 1].reduce(
        (sum, g) => sum + (g === 0 ? share : 1 - share) * ((joint[g]?.[0]?.[0] ?? 0) + (joint[g]?.[1]?.[1] ?? 0)),
        0,
      );
      expect(bounds.lower.outer).toBeCloseTo(0, 10);
      expect(bounds.upper.outer).toBeCloseTo(upper, 10);
      expect(bounds.open).toBe(1);
      expect((bounds.upper.proof as LinearProof).pins.length).toBe(2);
      const certificate = certificateOf(asked, bounds);
      const verified = verifyCertificate(written(certificate), { exact: true });
      expect(verified.checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(verified.accepted).toBe(true);
      // The pins carry the proof: without them the coefficients may be anything in [0, 1].
      const loose = structuredClone(certificate) as unknown as Loose;
      loose.upper.proof.pins = [];
      expect(verifyCertificate(loose).accepted).toBe(false);
      const forged = structuredClone(certificate) as unknown as Loose;
      for (const pin of forged.upper.proof.pins) pin.upper = { cells: [[0, 0.5]], restrictions: [] };
      expect(verifyCertificate(forged).accepted).toBe(false);
    }
  });
  test('given women: a quotient over both blocks', async () => {
    const { problem, joint } = strata(new Random(3, 'strata'));
    const women: LocalTable = { block: 0, axes: [], sizes: [], cells: [when([0, 1])] };
    const killed: LocalTable = { block: 1, axes: [], sizes: [], cells: [when([3, 1], [4, 0], [5, 1])] };
    const case_: LocalTable = { block: 1, axes: [], sizes: [], cells: [when([3, 1], [5, 1])] };
    const asked = problem({ numerator: [{ weight: 1, tables: [women, killed] }], denominator: [{ weight: 1, tables: [women, case_] }] });
    const bounds = await solved(asked);
    expect(joint.length).toBe(2);
    expect([bounds.lower.outer, bounds.upper.outer]).toEqual([expect.closeTo(0, 10), expect.closeTo(1, 10)]);
    expect(bounds.denominatorCanVanish).toBe(false);
    expect(verifyCertificate(written(certificateOf(asked, bounds)), { exact: true }).accepted).toBe(true);
  });
  test('a value of a covariate that never occurs does not unpin what only it would reach', async () => {
    const { problem } = strata(new Random(8, 'strata'));
    // P(Y(1)=1) in each stratum, the covariate weighed by a third block in which g=1 has probability 0.
    const asked = problem({
      numerator: [
        {
          weight: 1,
          tables: [
            { block: 2, axes: ['g'], sizes: [2], cells: [when([0, 0]), when([0, 1])] },
            { block: 1, axes: ['g'], sizes: [2], cells: [when([2, 1]), when([5, 1])] },
            { block: 3, axes: ['g'], sizes: [2], cells: [when([0, 1]), when([1, 1])] },
          ],
        },
      ],
    });
    const extended: Programme = {
      ...asked,
      blocks: [...asked.blocks, blockOf([2]), blockOf([2, 2])],
      strata: [
        ...asked.strata,
        { block: 2, study: 'survey', says: 'g', exact: true },
        { block: 3, study: 'survey', says: 'g=0', exact: true },
      ],
      cells: [
        ...asked.cells,
        ...[0, 1].map((g) => ({ stratum: 3, form: chance([0, g]), says: `G=${g}`, count: 1 - g, target: 1 - g })),
        ...[0, 1].map((m) => ({ stratum: 4, form: chance([0, m]), says: `M=${m}`, count: 0.5, target: 0.5 })),
      ],
    };
    const bounds = await solved(extended);
    // Digit 1 of block 3 is free, but it stands behind g=1 only.
    expect(bounds.open).toBe(1);
    expect(bounds.upper.outer).toBeLessThanOrEqual(0.5 + 1e-12);
    expect(verifyCertificate(written(certificateOf(extended, bounds)), { exact: true }).accepted).toBe(true);
  });
  test('two blocks that are not pinned are not a linear programme', async () => {
    const open = (block: number): LocalTable => ({ block, axes: [], sizes: [], cells: [when([1, 0], [2, 1])] });
    const table = [
      [0.3, 0.2],
      [0.1, 0.4],
    ];
    const problem = programme([bow, bow], [observed(table), { ...observed(table), block: 1 }], {
      numerator: [{ weight: 1, tables: [open(0), open(1)] }],
    });
    expect(await linearBounds(solver, problem)).toEqual({ kind: 'multilinear', unpinned: [0, 1] });
  });
  test('a proof by boxes is checked, and only as it was made', async () => {
    const open = (block: number): LocalTable => ({ block, axes: [], sizes: [], cells: [when([1, 0], [2, 1])] });
    const table = [
      [0.3, 0.2],
      [0.1, 0.4],
    ];
    const problem = programme([bow, bow], [observed(table), { ...observed(table), block: 1 }], {
      numerator: [{ weight: 1, tables: [open(0), open(1)] }],
    });
    const found = await multilinearBounds(solver, problem);
    if (found.status !== 'bounds') throw new Error(found.status);
    const certificate = branchesCertificate(problem, found, 'both');
    const verified = verifyCertificate(written(certificate));
    expect(verified.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(verified.accepted).toBe(true);
    expect(certificate.lower?.outer).toBeCloseTo(0, 6);
    expect(certificate.upper?.outer).toBeCloseTo(0.49, 6);
    const rejectedBy = (change: (draft: Loose & { branches: { lower: unknown[]; upper: unknown[] } }) => void): string | undefined =>
      verifyCertificate(edited(certificate, change)).checks.find(({ passed }) => !passed)?.name;
    expect(
      rejectedBy((d) => {
        d.upper.outer -= 0.01;
      }),
    ).toBe('upper: proven');
    expect(
      rejectedBy((d) => {
        d.lower.outer -= 0.01;
      }),
    ).toBe('gap');
    expect(
      rejectedBy((d) => {
        d.branches.upper = [];
      }),
    ).toBe('proof');
    expect(
      rejectedBy((d) => {
        d.branches.upper = [null];
      }),
    ).toBe('upper: proven');
    expect(
      rejectedBy((d) => {
        delete (d as Partial<typeof d>).branches;
      }),
    ).toBe('proof');
    expect(
      rejectedBy((d) => {
        delete (d.upper as Partial<LooseSide>).witness;
      }),
    ).toBe('upper: witness');
    const bare = edited(certificate, (d: Loose) => {
      for (const side of [d.lower, d.upper]) {
        delete (side as Partial<LooseSide>).witness;
        delete (side as Partial<LooseSide>).inner;
      }
    });
    expect(verifyCertificate(bare)).toMatchObject({ accepted: true, outerOnly: true });
  });
  test('independent exogenous variables are left to others', async () => {
    const independent = { ...bow, independences: [{ a: [0], b: [1, 2] }] };
    const found = await linearBounds(
      solver,
      programme(
        [independent],
        [
          observed([
            [0.3, 0.2],
            [0.1, 0.4],
          ]),
        ],
        targetOf(pns),
      ),
    );
    expect(found).toEqual({ kind: 'several', blocks: [0], unpinned: [0] });
  });
  test('a condition without probability has no value', async () => {
    const problem = programme(
      [bow],
      [
        observed([
          [0.5, 0.5],
          [0, 0],
        ]),
      ],
      pn,
    );
    expect(await linearBounds(solver, problem)).toEqual({ kind: 'undefined' });
  });
  test('all pinned: a point, proven from both sides', async () => {
    const { problem, share, joint } = strata(new Random(5, 'strata'));
    const seen: LocalTable = { block: 1, axes: ['g'], sizes: [2], cells: [when([0, 1], [2, 1]), when([3, 1], [5, 1])] };
    const asked = problem({ numerator: [{ weight: 1, tables: [overGender, seen] }] });
    const bounds = await solved(asked);
    const truth = share * (joint[0]?.[1]?.[1] ?? 0) + (1 - share) * (joint[1]?.[1]?.[1] ?? 0);
    expect(bounds.open).toBeUndefined();
    for (const x of [bounds.lower.outer, bounds.lower.inner, bounds.upper.inner, bounds.upper.outer]) expect(x).toBeCloseTo(truth, 12);
    expect(verifyCertificate(written(certificateOf(asked, bounds))).accepted).toBe(true);
  });
  test('witnesses that break an independence are rejected', async () => {
    const table = [
      [0.3, 0.2],
      [0.1, 0.4],
    ];
    const problem = programme([bow], [observed(table)], targetOf(pns));
    const certificate = certificateOf(problem, await solved(problem));
    const stricter = { ...certificate, blocks: certificate.blocks.map((block) => ({ ...block, independences: [{ a: [0], b: [1, 2] }] })) };
    const verified = verifyCertificate(written(stricter));
    expect(verified.checks.find(({ passed }) => !passed)?.name).toMatch(/fit$/u);
    expect(states(bow).length).toBe(8);
  });
});

/** A copy with a change, as a reader of the file sees it. */
function edited<Draft extends Loose>(certificate: Certificate, change: (draft: Draft) => void): unknown {
  const draft = structuredClone(certificate) as unknown as Draft;
  change(draft);
  return JSON.parse(JSON.stringify(draft));
}

/** A certificate that can be written to. */
interface Loose {
  schema: string;
  blocks: { digits: { levels: string[] }[]; forbidden: { digit: number; value: number }[][] }[];
  cells: { target: number | null; ratios?: [number, number][]; form: { literals: { digit: number; value: number }[] }[] }[];
  target: { numerator: { weight: number }[] };
  lower: LooseSide;
  upper: LooseSide;
}
interface LooseSide {
  outer: number;
  inner: number;
  witness: { groups: { digits: number[]; support: { weight: number; values: number[] }[] }[] }[];
  proof: {
    pins: { upper: { cells: [number, number][]; restrictions: [number, number][] } }[];
    multipliers: { cells: [number, number][] };
    denominator?: unknown;
  };
}
function stateOf(side: LooseSide, i: number): { weight: number; values: number[] } {
  const found = side.witness[0]?.groups[0]?.support[i];
  if (found === undefined) throw new Error(`no state ${i}`);
  return found;
}
