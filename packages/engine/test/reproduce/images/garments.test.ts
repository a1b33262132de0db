import { describe, expect, it } from 'vitest';
import { sharesOf, totalVariation } from '../../../src/generative/metrics/laws.ts';
import { factorOf, isTooLarge } from '../../../src/math/factor.ts';
import { Random } from '../../../src/math/random.ts';
import { exactDistribution } from '../../../src/model/exact.ts';
import { exemplarsOf } from '../../../src/reproduce/images/exemplars.ts';
import {
  auditAttributes,
  auditBatch,
  auditGraph,
  auditLabels,
  auditSizes,
  auditTruth,
  auditTypes,
  drawAudit,
  translatedClass,
} from '../../../src/reproduce/images/garments.ts';
import { identifiedFrom } from './second-route.ts';

describe('the attribute audit', () => {
  it('identification from graph and observed joint gives the enumerated truth', () => {
    const classes = 4;
    const model = auditLabels(classes);
    const image = (name: string): string[] => auditAttributes.map((attribute) => `${name}_${attribute}`);
    const fine = exactDistribution(model, { of: ['Class', 'Colour', ...image('I1'), ...image('I2')] });
    if (isTooLarge(fine)) throw new Error('too large');
    const size = classes * 12;
    const joint = factorOf(['Class', 'Colour', 'I1', 'I2'], [classes, 6, size, size], fine.values);
    // Given an image of zero probability under a class, factors are undefined; where they are weighed by zero they do not count.
    const found = identifiedFrom(joint, auditGraph, 'P(I2 | do(Class))', ['I2', 'Class']);
    for (let garment = 0; garment < classes; garment++) {
      const truth = auditTruth(model, garment);
      truth.interventional.forEach((p, cell) => {
        expect(Math.abs((found.values[cell * classes + garment] as number) - p)).toBeLessThan(1e-12);
      });
      expect(totalVariation(truth.interventional, truth.conditional)).toBeGreaterThan(0.1);
    }
  });

  it('shares of changed attributes: what the rows show, and the confounded share is another', () => {
    const model = auditLabels();
    const side = 4;
    const exemplars = exemplarsOf(
      new Uint8Array(10 * 16).fill(200),
      Uint8Array.from({ length: 10 }, (_, i) => i),
      side,
      255,
      10,
    );
    const rows = 20_000;
    const garment = 4;
    const truth = auditTruth(model, garment);
    const drawn = drawAudit(model, exemplars, rows, new Random(3), garment);
    const column = (name: string): Int32Array => drawn.labels.get(name) as Int32Array;
    for (const attribute of ['colour', 'texture'] as const) {
      const [before, after] = [column(`I1_${attribute}`), column(`I2_${attribute}`)];
      const share = before.reduce((sum, level, row) => sum + (after[row] === level ? 0 : 1 / rows), 0);
      expect(Math.abs(share - truth.changed[attribute].interventional)).toBeLessThan(0.015);
    }
    expect(Math.abs(truth.changed.colour.interventional - truth.changed.colour.conditional)).toBeGreaterThan(0.05);
    const shares = sharesOf(
      auditAttributes.map((attribute) => column(`I2_${attribute}`)),
      auditSizes(10),
    );
    expect(totalVariation(shares, truth.interventional)).toBeLessThan(0.03);
    expect(
      truth.interventional.slice(12 * translatedClass(garment, 10), 12 * translatedClass(garment, 10) + 12).reduce((a, b) => a + b, 0),
    ).toBeCloseTo(0.9, 12);
    const batch = auditBatch(drawn, exemplars, 10, 15);
    expect([...batch.columns.keys()]).toEqual([...auditTypes(10, side).keys()]);
    const image = batch.columns.get('I2');
    expect(image?.kind === 'tensor' && image.values.length).toBe(5 * 3 * 16);
  });
});
