import type { Cell } from '../../src/data/memory.ts';
import { memoryStudy } from '../../src/data/memory.ts';
import type { Declared, StudySpec } from '../../src/data/source.ts';
import type { Study } from '../../src/data/study.ts';
import type { Estimand } from '../../src/estimand/estimand.ts';
import type { Domain, Name } from '../../src/graph/variable.ts';
import { type CompileOptions, compile, type Plan } from '../../src/interpret/plan.ts';
import { countTables, type LeafTables, type TableOptions } from '../../src/interpret/tables.ts';
import { unwrap } from './support.ts';

export type Row = Readonly<Record<string, Cell>>;

export async function studyOf(rows: readonly Row[], spec: Partial<StudySpec> = {}, declared: Record<Name, Declared> = {}): Promise<Study> {
  return unwrap(await memoryStudy({ name: 'study', regime: { set: [] }, ...spec }, { rows }, new Map(Object.entries(declared))));
}

export async function measure(
  estimand: Estimand,
  studies: readonly Study[],
  options: CompileOptions & TableOptions = {},
): Promise<{ plan: Plan; tables: LeafTables; domains: ReadonlyMap<Name, Domain> }> {
  const domains = new Map(studies.flatMap((study) => [...study.domains]));
  const plan = unwrap(compile(estimand, domains, options));
  return { plan, domains, tables: unwrap(await countTables(plan, studies, domains, options)) };
}
