import { beforeAll, describe } from 'vitest';
import { kindsCases, modelSuite } from '../../../engine/test/generative/models-suite.ts';
import { type OrtBackend, ortBackend } from '../../src/tensor/ort.ts';

let ort: OrtBackend;
beforeAll(async () => {
  const loaded = await ortBackend();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  ort = loaded.value;
});

describe('on ONNX Runtime', () => modelSuite(() => ort, kindsCases));
