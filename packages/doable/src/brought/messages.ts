import type { Issue } from '@doable/engine';
import type { Tensor } from '@doable/engine/tensor';
import type { ModelValue } from '../tensor/ort.ts';

/** What the process that runs somebody's model is told, and what it answers; arrays travel as they are. */
export type Request =
  | { readonly id: number; readonly do: 'load'; readonly model: Uint8Array; readonly megabytes: number }
  | { readonly id: number; readonly do: 'run'; readonly feeds: readonly (readonly [string, Tensor])[] };

export type Reply =
  | { readonly id: number; readonly loaded: { readonly inputs: Values; readonly outputs: Values } }
  | { readonly id: number; readonly tensors: readonly (readonly [string, Tensor])[] }
  | { readonly id: number; readonly issues: readonly Issue[] };

export type Values = readonly (readonly [string, ModelValue])[];
