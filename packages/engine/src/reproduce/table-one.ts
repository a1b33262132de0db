import type { Solver } from '../bounds/highs.ts';
import { linearBounds } from '../bounds/linear-bounds.ts';
import { prepare } from '../bounds/prepare.ts';
import { countsStudy } from '../data/records.ts';
import type { Study } from '../data/study.ts';
import { createGraph, type Graph } from '../graph/graph.ts';
import type { Domain, Name } from '../graph/variable.ts';
import { compileQuestion } from '../query/bind.ts';
import type { RunOptions } from '../run/progress.ts';
import { allData, type Data, type Interval } from './summary.ts';

/** Whose probability of necessity and sufficiency a row is about. */
export type Whom = 'everybody' | 'women' | 'men';

/** One row: a published interval, the one that follows from Table 1 by arithmetic, and the one that the engine computes. */
export interface TableOneRow {
  readonly whom: Whom;
  /** The paper's model with 64 states, or the one with gender summed out, with 8. */
  readonly gender: 'in the model' | 'summed out';
  readonly data: Data;
  /** As printed, to two digits; by whom. Absent: not printed. */
  readonly printed?: { readonly interval: Interval; readonly by: 'EMCC' | 'Mueller and Pearl' };
  /** From the closed forms of Tian and Pearl 2000, for each gender and mixed. */
  readonly known: Interval;
  readonly computed: Interval;
  /** Computed and known to 1e-6. */
  readonly agrees: boolean;
  /** The printed digits are those of the computed interval, rounded. */
  readonly rounds?: boolean;
}

/** Table 1 of Zaffalon et al. 2023 (from Mueller and Pearl 2022): counts by treatment, gender and survival. */
export const tableOneCounts: Readonly<Record<'records' | 'trial', readonly number[]>> = {
  // no drug: women dead, survived, men dead, survived; drug: the same
  records: [180, 420, 180, 420, 1022, 378, 420, 980],
  trial: [790, 210, 790, 210, 511, 489, 510, 490],
};

const axes: readonly (readonly [Name, readonly string[]])[] = [
  ['treatment', ['no drug', 'drug']],
  ['gender', ['female', 'male']],
  ['survival', ['dead', 'survived']],
];
const domains: ReadonlyMap<Name, Domain> = new Map(axes.map(([name, levels]) => [name, { kind: 'finite', levels: [...levels] }]));

const printedRows: Readonly<Record<string, TableOneRow['printed']>> = {
  'everybody in the model O': { interval: [0, 0.43], by: 'EMCC' },
  'everybody in the model O+I': { interval: [0.34, 0.43], by: 'EMCC' },
  'women in the model O': { interval: [0, 0.28], by: 'EMCC' },
  'women in the model O+I': { interval: [0.28, 0.28], by: 'EMCC' },
  'men in the model O': { interval: [0, 0.58], by: 'EMCC' },
  'men in the model O+I': { interval: [0.49, 0.49], by: 'EMCC' },
  'everybody summed out I': { interval: [0.28, 0.49], by: 'Mueller and Pearl' },
  'everybody summed out O+I': { interval: [0.34, 0.43], by: 'Mueller and Pearl' },
};

const knownRows: readonly (readonly [Whom, TableOneRow['gender'], Readonly<Record<Data, Interval>>])[] = [
  ['everybody', 'in the model', { O: [0, 0.4295], I: [0.2795, 0.4895], 'O+I': [0.3845, 0.3845] }],
  ['women', 'in the model', { O: [0, 0.279], I: [0.279, 0.489], 'O+I': [0.279, 0.279] }],
  ['men', 'in the model', { O: [0, 0.58], I: [0.28, 0.49], 'O+I': [0.49, 0.49] }],
  ['everybody', 'summed out', { O: [0, 0.4295], I: [0.2795, 0.4895], 'O+I': [0.3395, 0.4295] }],
];

const questions: Readonly<Record<Whom, string>> = {
  everybody: 'PNS(treatment -> survival)',
  women: 'PNS(treatment -> survival | gender=female)',
  men: 'PNS(treatment -> survival | gender=male)',
};

/** All twelve rows, each by a linear programme of its own. */
export async function tableOne(solver: Solver, options: RunOptions = {}): Promise<readonly TableOneRow[]> {
  const graphs = { 'in the model': graphOf(true), 'summed out': graphOf(false) };
  const records = studyOf('records', []);
  const trial = studyOf('trial', ['treatment']);
  const studies: Readonly<Record<Data, readonly Study[]>> = { O: [records], I: [trial], 'O+I': [records, trial] };
  const rows: TableOneRow[] = [];
  for (const [whom, gender, known] of knownRows) {
    for (const data of allData) {
      const graph = graphs[gender];
      const question = compileQuestion(questions[whom], { graph, domains, positions: false });
      if (!question.ok) throw new Error(question.issues[0]?.message);
      const made = await prepare({ graph, domains, studies: studies[data] }, question.value, options);
      if (!made.ok) throw new Error(made.issues[0]?.message);
      const found = await linearBounds(solver, made.value.programme, options);
      if (found.kind !== 'bounds') throw new Error(`Table 1, ${whom}, gender ${gender}, ${data}: ${found.kind}`);
      rows.push(rowOf(whom, gender, data, known[data], [found.lower.inner ?? Number.NaN, found.upper.inner ?? Number.NaN]));
    }
  }
  return rows;
}

function rowOf(whom: Whom, gender: TableOneRow['gender'], data: Data, known: Interval, computed: Interval): TableOneRow {
  const printed = printedRows[`${whom} ${gender} ${data}`];
  const agrees = computed.every((end, i) => Math.abs(end - (known[i] as number)) <= 1e-6);
  // Ends such as 0.4295 may be rounded either way.
  const rounds = printed?.interval.every((end, i) => Math.abs(end - (computed[i] as number)) <= 0.005 + 1e-6);
  return {
    whom,
    gender,
    data,
    known,
    computed,
    agrees,
    ...(printed === undefined ? {} : { printed }),
    ...(rounds === undefined ? {} : { rounds }),
  };
}

/** One exogenous variable of all that is observed. */
function graphOf(gender: boolean): Graph {
  const names = gender ? ['gender', 'treatment', 'survival'] : ['treatment', 'survival'];
  const made = createGraph({
    variables: [{ name: 'U', latent: true }, ...names.map((name) => ({ name, domain: domains.get(name) as Domain }))],
    arrows: [
      ...names.map((name) => ['U', name] as const),
      ...names.filter((name) => name !== 'survival').map((name) => [name, 'survival'] as const),
    ],
    arcs: [],
  });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  return made.value;
}

function studyOf(name: 'records' | 'trial', set: readonly Name[]): Study {
  const counts = tableOneCounts[name];
  return countsStudy(
    name,
    {
      axes: axes.map(([axis]) => axis),
      levels: axes.map(([, levels]) => [...levels]),
      codes: Int32Array.from(counts.flatMap((_, cell) => [cell >> 2, (cell >> 1) & 1, cell & 1])),
      weight: Float64Array.from(counts),
      total: counts.reduce((sum, count) => sum + count, 0),
      exact: false,
    },
    { set },
  );
}
