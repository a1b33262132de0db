import { describe } from 'vitest';
import { referenceBackend } from '../../src/tensor/reference.ts';
import { modelSuite } from './models-suite.ts';

describe('on the float64 reference', () => modelSuite(() => referenceBackend));
