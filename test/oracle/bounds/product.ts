import { type Answer, ask, loadProblem } from '@doable/engine';
import type { BoundsCase } from './families.ts';
import { type Conjunction, type Query, type Regime, type System, tableOf, type Values } from './system.ts';

type Table = readonly { readonly at: Values; readonly probability: number }[];

/** The problem document that says the same as a case: graph text, levels, one study per regime. */
export interface ProductProblem {
  readonly graph: string;
  readonly levels: Readonly<Record<string, number>>;
  readonly studies: readonly { readonly regime: Regime; readonly table: Table; readonly counts?: readonly number[] }[];
  readonly question: string;
  readonly assume?: readonly string[];
}

export function problemOf({ system, planted, regimes, query }: Omit<BoundsCase, 'family'>): ProductProblem {
  return {
    graph: graphOf(system),
    levels: Object.fromEntries(system.variables.map(({ name, levels }) => [name, levels])),
    studies: regimes.map((regime) => ({ regime, table: tableOf(system, planted, regime) })),
    question: questionOf(query),
  };
}

/** Two children share an arc, more have a latent parent. */
export function graphOf({ variables, components }: System): string {
  const arrows = variables.flatMap(({ name, parents }) =>
    parents.length === 0 ? [name] : parents.map((parent) => `${parent} -> ${name}`),
  );
  const hidden = components.flatMap((children, c) => {
    if (children.length < 2) return [];
    return children.length === 2 ? [children.join(' <-> ')] : [`H${c} [latent]`, ...children.map((child) => `H${c} -> ${child}`)];
  });
  return [...arrows, ...hidden].join('; ');
}

export function questionOf({ terms, given }: Query): string {
  const condition = given === undefined ? '' : ` | ${eventsOf(given)}`;
  return terms
    .map(({ weight, events }, i) => {
      const sign = weight < 0 ? '- ' : i === 0 ? '' : '+ ';
      return `${sign}${Math.abs(weight) === 1 ? '' : `${Math.abs(weight)}*`}P(${eventsOf(events)}${condition})`;
    })
    .join(' ');
}

const eventsOf = (events: Conjunction): string =>
  events
    .flatMap(({ set, at }) => {
      const settings = Object.entries(set).map(([name, value]) => `${name}=${value}`);
      const world = settings.length === 0 ? '' : `[${settings.join(', ')}]`;
      return Object.entries(at).map(([name, value]) => `${name}${world}=${value}`);
    })
    .join(', ');

/** `size` draws from each arm of every study. */
export function sampled(draw: () => number, problem: ProductProblem, size: number): ProductProblem {
  return {
    ...problem,
    studies: problem.studies.map((study) => {
      const counts = study.table.map(() => 0);
      const armOf = ({ at }: Table[number]): string => study.regime.set.map((name) => at[name]).join();
      for (const arm of new Set(study.table.map(armOf))) {
        const cells = study.table.flatMap((cell, i) => (armOf(cell) === arm ? [i] : []));
        for (let n = 0; n < size; n++) {
          let left = draw();
          const drawn = cells.find((i) => {
            left -= study.table[i]?.probability as number;
            return left < 0;
          });
          const cell = drawn ?? (cells.at(-1) as number);
          counts[cell] = (counts[cell] as number) + 1;
        }
      }
      return { ...study, counts };
    }),
  };
}

export const documentOf = ({ graph, levels, studies, question, assume }: ProductProblem): object => ({
  graph,
  variables: Object.fromEntries(
    Object.entries(levels).map(([name, count]) => [name, { levels: Array.from({ length: count }, (_, level) => level) }]),
  ),
  studies: studies.map(({ regime, table, counts }, i) => ({
    name: `study ${i}`,
    ...(regime.set.length > 0 && { set: regime.fixed ?? regime.set }),
    ...(counts === undefined ? { probability: 'p' } : { count: 'n' }),
    data: table.map(({ at, probability }, cell) =>
      counts === undefined ? { ...at, p: probability } : { ...at, n: counts[cell] as number },
    ),
  })),
  ...(assume && { assume }),
  ask: [question],
});

/** The product's bounds through its own front door: document, language, `ask`. */
export async function boundsByProduct(problem: ProductProblem, options: Parameters<typeof ask>[2] = {}): Promise<Answer> {
  const loaded = await loadProblem(documentOf(problem));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  const answered = await ask(loaded.value, loaded.value.ask, { bounds: 'exact', ...options });
  if (!answered.ok) throw new Error(JSON.stringify(answered.issues));
  return answered.value.answers[0] as Answer;
}
