import type { Assignment, Name } from '../graph/variable.ts';

/**
 * What the investigators did. `set`: variables whose values they chose, by randomisation (values are in the data) or to the
 * constants in `fixed`. An empty `set` is observation. `environment` names the column that tells environments apart.
 */
export interface Regime {
  readonly set: readonly Name[];
  readonly fixed?: Assignment;
  readonly environment?: Name;
}

export const observation: Regime = { set: [] };
