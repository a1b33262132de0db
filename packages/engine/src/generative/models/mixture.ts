import { exp, log } from '../../math/elementary.ts';
import type { Tensor } from '../../tensor/backend.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import { dense, perceptron, zeros } from '../../tensor/layers.ts';
import type { Node } from '../../tensor/node.ts';
import type { ColumnValues } from '../terms.ts';
import type { NetworkDesign, NetworkSpec } from './design.ts';
import { encodeNumbers, isNumber } from './encoding.ts';
import { conditionFeatures, feedsOf } from './inputs.ts';
import { cellAbove } from './softmax.ts';

const halfLogTwoPi = 0.9189385332046728;
/** Logarithms of component deviations stay within (-6, 6), in standard deviations of the column. */
const span = 6;

interface Heads {
  /** [rows, components] each: log weights, means and log deviations, in standard units. */
  readonly weights: Node;
  readonly means: Node;
  readonly scales: Node;
}

/** The mixture of each column given the conditions and the columns before it. */
function headsOf(g: GraphBuilder, spec: NetworkSpec, rows: number): Heads[] {
  const k = spec.components ?? 8;
  const condition = conditionFeatures(g, spec.given, rows);
  const centres = g.constant(
    Float64Array.from({ length: k }, (_, i) => (k === 1 ? 0 : -1.5 + (3 * i) / (k - 1))),
    [1, k],
  );
  return spec.of.map((_, column) => {
    const x = column === 0 ? condition : g.concat([condition, g.slice(g.input('target', [rows, spec.of.length]), 1, 0, column)], 1);
    const name = `column${column}`;
    const out = g.add(
      perceptron(g, x, `${name}.net`, [...spec.widths, 3 * k], { last: zeros }),
      dense(g, x, `${name}.line`, 3 * k, { initial: zeros }),
    );
    return {
      weights: g.logSoftmax(g.slice(out, 1, 0, k)),
      means: g.add(g.slice(out, 1, k, 2 * k), centres),
      scales: g.multiply(g.tanh(g.multiply(g.subtract(g.slice(out, 1, 2 * k, 3 * k), k === 1 ? 0 : 0.7), 1 / span)), span),
    };
  });
}

/** Mixtures of normal laws, column after column; trained by maximum likelihood. */
export const mixtureDesign: NetworkDesign = {
  trainable(spec, data, weights) {
    const numbers = spec.of.filter(isNumber);
    return {
      rows: data.rows,
      ...(weights === undefined ? {} : { weights }),
      loss(g, rows) {
        const target = g.input('target', [rows, numbers.length]);
        const parts = headsOf(g, spec, rows).map(({ weights: own, means, scales }, i) => {
          const z = g.multiply(g.subtract(g.slice(target, 1, i, i + 1), means), g.exp(g.negate(scales)));
          return g.logSumExp(g.subtract(g.subtract(own, scales), g.multiply(g.square(z), 0.5)));
        });
        return g.add(g.negate(parts.reduce((sum, part) => g.add(sum, part))), halfLogTwoPi * numbers.length);
      },
      feeds: (rows) =>
        new Map([
          ...feedsOf('given', spec.given, data, rows),
          ['target', { shape: [rows.length, numbers.length], values: encodeNumbers(numbers, data, rows) }],
        ]),
    };
  },
  forward(g, spec) {
    return Object.fromEntries(
      headsOf(g, spec, spec.rows).flatMap(({ weights, means, scales }, i) => [
        [`weights${i}`, weights],
        [`means${i}`, means],
        [`scales${i}`, scales],
      ]),
    );
  },
  async draw(spec, forward, condition, used, random) {
    const [k, width] = [spec.components ?? 8, spec.of.length];
    const target = new Float32Array(spec.rows * width);
    const columns = spec.of.map(() => new Float64Array(used));
    for (const [i, code] of spec.of.entries()) {
      if (code.kind !== 'real') throw new Error(`${code.name} is not real.`);
      const out = await forward(new Map([...condition, ['target', { shape: [spec.rows, width], values: target.slice() }]]));
      const [weights, means, scales] = ['weights', 'means', 'scales'].map((part) => (out.get(`${part}${i}`) as Tensor).values);
      for (let row = 0; row < used; row++) {
        const at = row * k + cellAbove(weights as Float64Array, row * k, k, random.next());
        const value = ((means as Float64Array)[at] as number) + exp((scales as Float64Array)[at] as number) * random.normal();
        target[row * width + i] = value;
        (columns[i] as Float64Array)[row] = code.mean + code.deviation * value;
      }
    }
    return columns.map((values): ColumnValues => ({ kind: 'real', values }));
  },
  async score(spec, forward, condition, rows, chosen, used) {
    const numbers = spec.of.filter(isNumber);
    const [k, width] = [spec.components ?? 8, numbers.length];
    const target = encodeNumbers(numbers, rows, chosen);
    const out = await forward(new Map([...condition, ['target', { shape: [spec.rows, width], values: target }]]));
    const result = new Float64Array(used);
    for (const [i, code] of numbers.entries()) {
      if (code.kind !== 'real') throw new Error(`${code.name} is not real.`);
      const [weights, means, scales] = ['weights', 'means', 'scales'].map((part) => (out.get(`${part}${i}`) as Tensor).values);
      const unit = log(code.deviation) + halfLogTwoPi;
      for (let row = 0; row < used; row++) {
        const terms = Float64Array.from({ length: k }, (_, c) => {
          const [at, scale] = [row * k + c, (scales as Float64Array)[row * k + c] as number];
          const z = ((target[row * width + i] as number) - ((means as Float64Array)[at] as number)) / exp(scale);
          return ((weights as Float64Array)[at] as number) - scale - (z * z) / 2;
        });
        const top = terms.reduce((most, term) => Math.max(most, term), Number.NEGATIVE_INFINITY);
        const sum = terms.reduce((all, term) => all + exp(term - top), 0);
        result[row] = (result[row] as number) + top + log(sum) - unit;
      }
    }
    return result;
  },
};
