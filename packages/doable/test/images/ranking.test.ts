import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AttributeDistance,
  attributeDistances,
  type ReaderErrors,
  readerErrors,
} from '../../../engine/src/generative/metrics/attributes.ts';
import { frechetReport } from '../../../engine/src/generative/metrics/frechet.ts';
import { totalVariation } from '../../../engine/src/generative/metrics/laws.ts';
import { mmdTest } from '../../../engine/src/generative/metrics/mmd.ts';
import { type Features, type Pictures, pickFeatures } from '../../../engine/src/generative/metrics/pictures.ts';
import { fitRidgeReader, type PictureReader } from '../../../engine/src/generative/metrics/reader.ts';
import { classifierTest } from '../../../engine/src/generative/metrics/two-sample.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { exactLaw } from '../../../engine/src/reproduce/images/label-model.ts';
import { attributeSizes, drawDigits, napkinLabels, napkinTruth } from '../../../engine/src/reproduce/images/napkin.ts';
import { palette, renderRecipe } from '../../../engine/src/reproduce/images/render.ts';
import { readOptdigits } from '../../src/images/collections.ts';

const axes = { names: ['digit', 'colour', 'thickness'], sizes: attributeSizes(10) };
const labels = napkinLabels();
const { interventional: exact, conditional } = napkinTruth(labels, { digit: 3, colour: 0, thickness: 1 });
/** Halfway to the baseline, and what is left when the pairs (x, y) are shuffled: the law of Y alone. */
const laws = {
  truth: exact,
  mild: exact.map((p, i) => (p + (conditional[i] as number)) / 2),
  conditional,
  shuffled: exactLaw(labels, ['Y_digit', 'Y_colour', 'Y_thickness'], {}),
};
type Kind = keyof typeof laws;
const kinds = Object.keys(laws) as Kind[];
const rows = 1500;

let reader: PictureReader;
let errors: ReaderErrors;
const pictures = new Map<Kind, Pictures>();
const features = new Map<Kind, Features>();
let real: Features;

beforeAll(async () => {
  const collection = await readOptdigits();
  if (!collection.ok) throw new Error(JSON.stringify(collection.issues));
  const { train, truth } = collection.value;
  const even = new Float64Array(exact.length).fill(1 / exact.length);
  const learn = drawDigits(even, train, 2500, new Random(1));
  reader = fitRidgeReader(
    renderRecipe(train, learn.recipe),
    new Map([
      ['digit', { levels: 10, values: learn.digit }],
      ['thickness', { levels: 2, values: learn.thickness }],
    ]),
    { random: new Random(2), units: 128, colour: { name: 'colour', palette } },
  );
  const held = drawDigits(even, truth, 6000, new Random(3));
  errors = await readerErrors(reader, renderRecipe(truth, held.recipe), [held.digit, held.colour, held.thickness], axes);
  for (const [i, kind] of kinds.entries()) {
    const drawn = renderRecipe(truth, drawDigits(laws[kind], truth, rows, new Random(10 + i)).recipe);
    pictures.set(kind, drawn);
    features.set(kind, await reader.features(drawn));
  }
  real = await reader.features(renderRecipe(truth, drawDigits(exact, truth, 2 * rows, new Random(4)).recipe));
});

const inOrder = (found: readonly number[]): void => {
  expect(found).toEqual([...found].sort((a, b) => a - b));
};
const of = (kind: Kind): Features => features.get(kind) as Features;

describe('the metrics rank truth < halfway < conditional < shuffled', () => {
  it('a reader learnt from some digits reads others', () => {
    expect(errors.accuracy[0]).toBeGreaterThan(0.9);
    expect(errors.accuracy[1]).toBe(1);
    expect(errors.accuracy[2]).toBeGreaterThan(0.99);
  });

  it('attributes: raw, corrected, with the floor and the exact baseline', async () => {
    const found = new Map<Kind, readonly AttributeDistance[]>();
    for (const kind of kinds)
      found.set(
        kind,
        await attributeDistances(pictures.get(kind) as Pictures, reader, errors, { exact, conditional }, axes, new Random(5)),
      );
    for (const index of [0, 1, 2, 3]) {
      const lines = kinds.map((kind) => found.get(kind)?.[index] as AttributeDistance);
      // The colours of Y alone are about even, as under do(X): only digit and strokes, and so the whole table, tell shuffled pairs.
      const ranked = index === 1 ? lines.slice(0, 3) : lines;
      inOrder(ranked.map((line) => line.raw));
      inOrder(ranked.map((line) => line.corrected));
      const [truth, , plain] = lines as [AttributeDistance, AttributeDistance, AttributeDistance];
      expect(Math.abs(plain.corrected - plain.conditional)).toBeLessThan(0.05);
      if (index < 3) expect(truth.corrected).toBeLessThan(2 * truth.floor.most + 0.01);
    }
    expect(found.get('truth')?.[3]?.conditional).toBeCloseTo(totalVariation(exact, conditional), 14);
  });

  it('Frechet distance of features, with the floor of real against real', () => {
    const reports = kinds.map((kind) => frechetReport(real, of(kind), new Random(6)));
    inOrder(reports.map((report) => report.distance));
    inOrder(reports.map((report) => report.extrapolated));
    expect(reports[0]?.distance).toBeLessThan(1.5 * (reports[0]?.floor as number));
    expect(reports[2]?.distance).toBeGreaterThan(3 * (reports[0]?.floor as number));
  });

  it('maximum mean discrepancy by both kernels', () => {
    const some = (features: Features): Features =>
      pickFeatures(
        features,
        Int32Array.from({ length: 400 }, (_, i) => i),
      );
    for (const kernel of [{ kind: 'rbf' }, { kind: 'cubic' }] as const) {
      const reports = kinds.map((kind) => mmdTest(some(real), some(of(kind)), { kernel, permutations: 49, random: new Random(7) }));
      inOrder(reports.map((report) => report.squared));
      expect(reports[0]?.p).toBeGreaterThan(0.05);
      expect(reports[2]?.p).toBe(1 / 50);
    }
  });

  it('a classifier between real and drawn', () => {
    const reports = kinds.map((kind) => classifierTest(real, of(kind), new Random(8)));
    inOrder(reports.map((report) => report.accuracy));
    expect(reports[0]?.interval[0]).toBeLessThan(0.5);
    expect(reports[2]?.interval[0]).toBeGreaterThan(0.53);
  });
});
