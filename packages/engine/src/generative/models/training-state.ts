import { failure, type Result, success } from '../../run/issue.ts';
import type { TrainState } from '../../tensor/train.ts';
import { digestOf } from './digest.ts';

/** All that training carries along: training that goes on from it gives the same digits as training that was never interrupted. Noise and order of rows depend on the seed and the step alone. */
export interface TrainingState extends TrainState {
  /** What is trained on what: a state goes on only where this agrees. */
  readonly key: string;
  /** Mean loss over each stretch of steps between two looks at held-out rows. */
  readonly losses: Float64Array;
  /** Losses of the stretch that is not finished. */
  readonly stretch: { readonly sum: number; readonly steps: number };
  /** Held-out loss at each look; empty without held-out rows. */
  readonly heldOut: Float64Array;
  /** The parameters with the least held-out loss. */
  readonly best?: { readonly step: number; readonly loss: number; readonly parameters: Float32Array };
}

const magic = 'doable training';
const version = 1;

/** A state as bytes: a line of JSON, the numbers (little-endian), all under a digest. */
export function encodeTrainingState(state: TrainingState): Uint8Array {
  const { parameters, first, second, average, losses, heldOut, best } = state;
  const header = JSON.stringify({
    magic,
    version,
    key: state.key,
    step: state.step,
    size: parameters.length,
    losses: losses.length,
    heldOut: heldOut.length,
    average: average !== undefined,
    ...(best === undefined ? {} : { best: best.step }),
  });
  const doubles = Float64Array.of(...losses, ...heldOut, state.stretch.sum, state.stretch.steps, best?.loss ?? 0);
  const parts = [
    doubles,
    parameters,
    first,
    second,
    ...(average === undefined ? [] : [average]),
    ...(best === undefined ? [] : [best.parameters]),
  ];
  const text = `${digestOf(header, ...parts)}\n${header}\n`;
  const out = new Uint8Array(text.length + parts.reduce((sum, part) => sum + part.byteLength, 0));
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  let at = text.length;
  for (const part of parts) {
    out.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return out;
}

/** Reads what {@link encodeTrainingState} wrote. Issues: `bad-checkpoint` for bytes that are anything else, be it by one bit. */
export function decodeTrainingState(bytes: Uint8Array): Result<TrainingState> {
  const bad = (why: string): Result<never> =>
    failure({
      code: 'bad-checkpoint',
      message: `This is no checkpoint of training, or a damaged one: ${why}.`,
      hint: 'Delete it to train from the start.',
    });
  const first = bytes.indexOf(10);
  const second = first < 0 ? -1 : bytes.indexOf(10, first + 1);
  if (first !== 32 || second < 0 || second > 4096) return bad('it has no heading');
  const line = (from: number, to: number): string => bytes.subarray(from, to).reduce((text, byte) => text + String.fromCharCode(byte), '');
  const heading = line(first + 1, second);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(heading) as Record<string, unknown>;
  } catch {
    return bad('its heading cannot be read');
  }
  if (typeof header !== 'object' || header === null || header.magic !== magic) return bad('it has another heading');
  if (header.version !== version) return bad(`its version is ${String(header.version)}, not ${version}`);
  const { key, step, size, losses: lossCount, heldOut: heldOutCount, average, best } = header;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof key !== 'string' || !whole(step) || !whole(size) || !whole(lossCount) || !whole(heldOutCount))
    return bad('its heading is not complete');
  if (best !== undefined && !whole(best)) return bad('its heading is not complete');
  const vectors = 3 + (average === true ? 1 : 0) + (best === undefined ? 0 : 1);
  const doubleCount = lossCount + heldOutCount + 3;
  if (bytes.length !== second + 1 + 8 * doubleCount + 4 * size * vectors) return bad('it is not as long as it says');
  // A copy with a buffer of its own, also of a Node Buffer, whose slice is a view.
  const body = new Uint8Array(bytes.subarray(second + 1)).buffer;
  const doubles = new Float64Array(body, 0, doubleCount);
  let at = 8 * doubleCount;
  const vector = (): Float32Array => {
    at += 4 * size;
    return new Float32Array(body, at - 4 * size, size);
  };
  const state = { parameters: vector(), first: vector(), second: vector(), ...(average === true && { average: vector() }) };
  const bestParameters = best === undefined ? undefined : vector();
  const parts = [doubles, state.parameters, state.first, state.second, ...(state.average === undefined ? [] : [state.average])];
  if (digestOf(heading, ...parts, ...(bestParameters === undefined ? [] : [bestParameters])) !== line(0, first))
    return bad('its digest does not fit');
  return success({
    key,
    step,
    ...state,
    losses: doubles.slice(0, lossCount),
    heldOut: doubles.slice(lossCount, lossCount + heldOutCount),
    stretch: { sum: doubles[doubleCount - 3] as number, steps: doubles[doubleCount - 2] as number },
    ...(best !== undefined &&
      bestParameters !== undefined && { best: { step: best, loss: doubles[doubleCount - 1] as number, parameters: bestParameters } }),
  });
}
