import type { GraphBuilder } from '../../tensor/builder.ts';
import { unet } from '../../tensor/layers.ts';
import type { Node } from '../../tensor/node.ts';
import type { NetworkDesign, NetworkSpec } from './design.ts';
import { decodeTensor, encodeTensor, isTensor, tensorSize } from './encoding.ts';
import { integrate, keepInput, pathFeeds, velocityLoss } from './flow.ts';
import { conditionFeatures, feedsOf, oneSize, pictureShape, tensorInput } from './inputs.ts';

/** Channels, height and width of all pictures that are drawn, put on top of each other. */
export function canvasOf(spec: NetworkSpec): readonly [number, number, number] {
  if (!oneSize(spec.of)) throw new Error(`${spec.of.map(({ name }) => name).join(', ')} are not pictures of one size.`);
  const shapes = spec.of.filter(isTensor).map((code) => pictureShape(code) ?? [0, 0, 0]);
  const [[, height, width] = [0, 0, 0]] = shapes;
  return [shapes.reduce((sum, [channels]) => sum + channels, 0), height, width];
}

function velocityOf(g: GraphBuilder, spec: NetworkSpec, rows: number): Node {
  const [channels, height, width] = canvasOf(spec);
  const { pictures = 'both' } = spec;
  const point = g.input('point', [rows, channels, height, width]);
  const keep = keepInput(g, spec, rows);
  const beside = spec.given.filter(isTensor).filter((code) => {
    const shape = pictureShape(code);
    return pictures !== 'code' && shape?.[1] === height && shape[2] === width;
  });
  const coded = spec.given.filter((code) => !isTensor(code) || pictures !== 'channels' || !beside.includes(code));
  const layers = beside.map((code) => {
    const layer = g.reshape(tensorInput(g, code, rows), [rows, ...(pictureShape(code) as readonly [number, number, number])]);
    return keep === undefined ? layer : g.multiply(layer, g.reshape(keep, [rows, 1, 1, 1]));
  });
  return unet(
    g,
    g.concat([point, ...layers], 1),
    'unet',
    { time: g.input('time', [rows]), ...(coded.length > 0 && { condition: conditionFeatures(g, coded, rows, keep) }) },
    { channels: spec.widths, out: channels },
  );
}

/** A velocity field over pictures, a small U-Net, trained by flow matching. */
export const unetDesign: NetworkDesign = {
  trainable(spec, data, weights) {
    const canvas = canvasOf(spec);
    const size = canvas[0] * canvas[1] * canvas[2];
    return {
      rows: data.rows,
      ...(weights === undefined ? {} : { weights }),
      loss: (g, rows) => velocityLoss(g, velocityOf(g, spec, rows)),
      feeds(rows, noise) {
        const pixels = new Float32Array(rows.length * size);
        let offset = 0;
        for (const code of spec.of.filter(isTensor)) {
          encodeTensor(code, data, rows, pixels, offset, size);
          offset += tensorSize(code);
        }
        return new Map([...feedsOf('given', spec.given, data, rows), ...pathFeeds(spec, pixels, [rows.length, ...canvas], noise)]);
      },
    };
  },
  forward: (g, spec) => ({ velocity: velocityOf(g, spec, spec.rows) }),
  async draw(spec, forward, condition, used, random, options) {
    const canvas = canvasOf(spec);
    const size = canvas[0] * canvas[1] * canvas[2];
    const pixels = await integrate(spec, forward, condition, [spec.rows, ...canvas], used, random, options);
    let offset = 0;
    return spec.of.filter(isTensor).map((code) => {
      offset += tensorSize(code);
      return decodeTensor(code, pixels, used, offset - tensorSize(code), size);
    });
  },
};
