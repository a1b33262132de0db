import {
  type Because,
  type Counts,
  compile,
  countsStudy,
  countTables,
  createBuilder,
  type DiscreteModel,
  type Domain,
  type Estimand,
  exactDistribution,
  type Factor,
  Random,
  randomModel,
  readGraph,
  uncertaintyOf,
} from '@doable/engine';

// Coverage of 95 % intervals for P(Y=1 | do(X=1)): studies drawn from one random model per question; target 93 to 97 %.
const simulations = Number(process.argv[2] ?? 1000);
const draws = 1000;

const because: Because = { theorem: 'written by hand', source: 'textbook' };
const b = createBuilder();
const p = (of: string, given = ''): Estimand =>
  b.measured({ of: of.split(' '), given: given.split(' ').filter(Boolean), regime: { set: [] }, studies: ['study'], because });
const times = (...factors: Estimand[]): Estimand => b.product(factors, because);

const questions: readonly (readonly [string, string, Estimand])[] = [
  ['back-door', 'Z -> X; Z -> Y; X -> Y', b.sum(['Z'], times(p('Y', 'X Z'), p('Z')), because)],
  ['front-door', 'X -> M; M -> Y; X <-> Y', b.sum(['M'], times(p('M', 'X'), b.sum(['X'], times(p('Y', 'M X'), p('X')), because)), because)],
  ['napkin', 'W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y', b.condition(['Y'], ['X'], times(p('W'), p('X', 'W Z'), p('Y', 'W Z X')), because)],
];

function table(factor: Factor | { readonly tooLarge: number }): Factor {
  if ('tooLarge' in factor) throw new Error('too large');
  return factor;
}

function drawn(model: DiscreteModel, joint: Factor, rows: number, random: Random): Counts {
  const weight: number[] = [];
  const codes: number[] = [];
  random.multinomial(rows, joint.values).forEach((count, cell) => {
    if (count === 0) return;
    weight.push(count);
    const digits: number[] = [];
    let rest = cell;
    for (const size of [...joint.sizes].reverse()) {
      digits.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    codes.push(...digits);
  });
  const levels = joint.axes.map((axis) => model.levels.get(axis) ?? []);
  return { axes: joint.axes, levels, codes: Int32Array.from(codes), weight: Float64Array.from(weight), total: rows, exact: false };
}

async function cover(name: string, text: string, estimand: Estimand, rows: number): Promise<void> {
  const graph = readGraph(text);
  if (!graph.ok) throw new Error(text);
  const model = randomModel(graph.value, { seed: 1 });
  if ('tooLarge' in model) throw new Error('too large');
  const domains = new Map<string, Domain>([...model.levels].map(([variable, levels]) => [variable, { kind: 'finite', levels }]));
  const truth = table(exactDistribution(model, { of: ['Y'], set: ['X'] })).values[3] as number;
  const joint = table(exactDistribution(model, { of: model.observed }));
  const plan = compile(b.place({ X: { value: '1' }, Y: { value: '1' } }, estimand), domains, { open: [] });
  if (!plan.ok) throw new Error(plan.issues[0]?.message);
  const found = { bootstrap: 0, delta: 0 };
  let width = 0;
  const started = performance.now();
  for (let seed = 0; seed < simulations; seed++) {
    const counts = drawn(model, joint, rows, new Random(seed, 'coverage', name, rows));
    const tables = await countTables(plan.value, [countsStudy('study', counts)], domains);
    if (!tables.ok) throw new Error(tables.issues[0]?.message);
    for (const method of ['bootstrap', 'delta'] as const) {
      const made = await uncertaintyOf(plan.value, tables.value, { seed, draws, method });
      const [low, high] = ('none' in made ? undefined : made.intervals[0]) ?? [Number.NaN, Number.NaN];
      if (low <= truth && truth <= high) found[method] += 1;
      if (method === 'bootstrap') width += (high - low) / simulations;
    }
  }
  const share = (hits: number): string => `${((100 * hits) / simulations).toFixed(1)} %`;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${name.padEnd(11)} ${String(rows).padStart(5)} rows   bootstrap ${share(found.bootstrap)}   delta ${share(found.delta)}   mean width ${width.toFixed(3)}   ${seconds} s`,
  );
}

console.log(`Coverage of 95 % intervals, ${simulations} simulated studies each, ${draws} draws`);
for (const [name, text, estimand] of questions) for (const rows of [300, 1000, 5000]) await cover(name, text, estimand, rows);
