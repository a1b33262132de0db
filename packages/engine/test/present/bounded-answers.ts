import type { Answer, AnswersDocument } from '../../src/interpret/answer.ts';

/** Bounded answers as the engine makes them, with the published figures that they stand for. */

const base = { refused: [], assumes: [], diagnostics: [] } as const;

export const documentOf = (...answers: readonly Answer[]): AnswersDocument => ({
  schema: 'doable/answers@1',
  seed: 5,
  version: '0.1.0',
  elapsedMs: 1,
  answers,
});

/** Mueller and Pearl's drug with gender summed out: records and trial together. */
export const drug: Answer = {
  ...base,
  question: 'PNS(Treatment -> Survival)',
  terms: 'P(Survival[Treatment=drug]=survived, Survival[Treatment="no drug"]=dead)',
  rung: 'imagining',
  status: 'bounded',
  kind: 'bounds',
  lower: 0.33949999999999997,
  upper: 0.4295,
  tightness: 'exact',
  inner: [0.33949999999999997, 0.4295],
  outer: [0.33949999999999997, 0.4295],
  emcc: { runs: 30, converged: 28, worstCertificate: 8.2e-7, interval: [0.3443, 0.4261], widened: [0.3396, 0.4294], credible: 0.8674 },
  agreement: { gap: 0.312, gapAtLeast: 0.3119, strict: false, pValue: 0.4, draws: 200 },
  projected: true,
  nextStudies: [
    { set: ['Survival'], expectedWidth: 0.09, least: 0.09, most: 0.09 },
    { set: ['Treatment'], expectedWidth: 0.03, least: 0.001, most: 0.06 },
    { set: [], expectedWidth: 0.081, least: 0.07, most: 0.09 },
  ],
  certificate: { schema: 'doable/certificate@1' },
  uncertainty: { level: 0.95, interval: [0.3012, 0.4571], method: 'parametric bootstrap of the tables, 1000 draws' },
  identifiable: false,
  rule: 'range',
  why: 'Two worlds of the same units were never seen together.',
  hedge: { F: ['Survival', 'Treatment'], Fprime: ['Survival'] },
  refused: [{ rule: 'counterfactual', why: 'Two worlds of the same units were never seen together.' }],
  wouldHelp: [['Treatment']],
  assumes: ['Treatment <-> Survival have any hidden common causes.'],
  studies: [
    { name: 'records', rows: 4000, fingerprint: 'abc' },
    { name: 'trial', rows: 4000, fingerprint: 'def' },
  ],
};

/** Polio: bounds far narrower than [0, 1]. */
export const polio: Answer = {
  ...base,
  question: 'PNS(Vaccine -> Polio)',
  terms: 'P(Polio[Vaccine=1]=1, Polio[Vaccine=0]=0)',
  rung: 'imagining',
  status: 'bounded',
  kind: 'bounds',
  lower: 0.00042173,
  upper: 0.00070568,
  tightness: 'exact',
  agreement: { gap: 0, gapAtLeast: 0, strict: true },
  studies: [{ name: 'trial', rows: null, fingerprint: 'abc' }],
};

/** Vitamin A: a contrast, on [-1, 1]. */
export const vitamin: Answer = {
  ...polio,
  question: 'ATE(Vitamin -> Death)',
  terms: 'E[Death[Vitamin=1]] - E[Death[Vitamin=0]]',
  rung: 'doing',
  lower: -0.1946,
  upper: 0.0054,
};

/** Closed on neither side: models on the inside, a relaxation on the outside. */
export const gap: Answer = {
  ...polio,
  question: 'P(Y[X=1]=1, M[X=0]=0)',
  terms: 'P(Y[X=1]=1, M[X=0]=0)',
  lower: 0.2,
  upper: 0.5,
  tightness: 'outer',
  inner: [0.27, 0.41],
  outer: [0.2, 0.5],
};

/** Lalonde's trial beside the composite controls of the PSID. */
export const conflict: Answer = {
  ...base,
  question: 'PNS(X -> Y)',
  terms: 'P(Y[X=1]=1, Y[X=0]=0)',
  rung: 'imagining',
  status: 'incompatible',
  kind: 'none',
  agreement: {
    gap: 143.2,
    gapAtLeast: 143.1,
    strict: false,
    pValue: 0,
    draws: 200,
    violated: {
      says: 'P(X=0, Y=1) = 0.8239 in PSID exceeds P(Y=1 | do(X=0)) = 0.6462 in NSW',
      left: 0.8239,
      right: 0.6462,
      studies: ['PSID', 'NSW'],
    },
  },
  why: 'The studies contradict each other.',
  studies: [
    { name: 'NSW', rows: 445, fingerprint: 'abc' },
    { name: 'PSID', rows: 2675, fingerprint: 'def' },
  ],
};

/** A distribution of which one value is identified, one bounded, one bounded on the outside only, one undefined. */
export const table: Answer = {
  ...base,
  studies: polio.studies,
  question: 'P(Y | do(X=1))',
  terms: 'P(Y[X=1])',
  rung: 'doing',
  status: 'bounded',
  kind: 'distribution',
  distribution: [
    { at: { Y: 'low' }, value: 0.25, interval: [0.2, 0.3] },
    { at: { Y: 'middle' }, value: null, lower: 0.1, upper: 0.3333333, tightness: 'exact', interval: [0.07, 0.37] },
    { at: { Y: 'high' }, value: null, lower: 0.4, upper: 0.65, tightness: 'outer' },
    { at: { Y: 'never' }, value: null },
  ],
  uncertainty: { level: 0.95, method: 'bootstrap' },
};
