import { describe, expect, test } from 'vitest';
import { memorySource } from '../src/data/memory.ts';
import type { SourceHost } from '../src/data/source.ts';
import { loadProblem, type Problem } from '../src/problem.ts';
import { problemJsonSchema, readDocument } from '../src/problem-schema.ts';
import { failure, type Issue, success } from '../src/run/issue.ts';

const files: Record<string, string> = {
  'records.csv':
    'Treatment,Survival,Gender,n\ndrug,survived,female,1400\ndrug,dead,female,0\nno drug,survived,female,420\nno drug,dead,female,180\n',
  'trial.csv': 'Treatment,outcome,count\ndrug,survived,489\ndrug,dead,511\nno drug,survived,210\nno drug,dead,790\n',
  'iv.csv':
    'z,x,y,p\n0,0,0,0.83\n0,0,1,0.05\n0,1,0,0.11\n0,1,1,0.01\n1,0,0,0.88\n1,0,1,0.06\n1,1,0,0.05\n1,1,1,0.01\n2,0,0,0.72\n2,0,1,0.05\n2,1,0,0.2\n2,1,1,0.03\n',
};
const host: SourceHost = {
  openSource: (spec, data) => {
    const csv = files[data];
    return csv === undefined
      ? failure({ code: 'no-file', message: `no ${data}` })
      : success(memorySource(spec, { csv, options: { file: data } }));
  },
};
const load = async (document: unknown): Promise<Problem> => {
  const made = await loadProblem(document, host);
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.value;
};
const refuse = async (document: unknown): Promise<readonly Issue[]> => {
  const made = await loadProblem(document, host);
  return made.ok ? [] : made.issues;
};
const codes = (issues: readonly Issue[]): string[] => issues.map(({ code }) => code);

describe('loadProblem', () => {
  test('a document with a graph, two studies and an arm: domains over all studies, one offer per study', async () => {
    const problem = await load({
      schema: 'doable/problem@1',
      title: 'Did the drug save them?',
      graph: 'Treatment -> Survival; Gender -> Treatment; Gender -> Survival; Treatment <-> Survival; U [latent]; U -> Survival',
      variables: { Treatment: { levels: ['no drug', 'drug'] } },
      studies: [
        { data: 'records.csv', count: 'n' },
        { name: 'trial', data: 'trial.csv', count: 'count', set: ['Treatment'], columns: { Survival: 'outcome' } },
        { name: 'arm', data: [{ Survival: 'vanished', n: 12 }], count: 'n', set: { Treatment: 'drug' } },
      ],
      assume: ['monotone(Treatment -> Survival)'],
      ask: ['PNS(Treatment -> Survival)'],
    });
    expect(problem.title).toBe('Did the drug save them?');
    expect(problem.domains.get('Treatment')).toEqual({ kind: 'finite', levels: ['no drug', 'drug'] });
    expect(problem.domains.get('Survival')).toEqual({ kind: 'finite', levels: ['dead', 'survived', 'vanished'] });
    expect(problem.catalogue.offers).toEqual([
      { regime: { set: [] }, measured: ['Treatment', 'Survival', 'Gender'], studies: ['records'], size: 2000 },
      { regime: { set: ['Treatment'] }, measured: ['Survival', 'Treatment'], studies: ['trial'], size: 2000 },
      { regime: { set: ['Treatment'], fixed: { Treatment: 'drug' } }, measured: ['Survival', 'Treatment'], studies: ['arm'], size: 12 },
    ]);
    expect(problem.studies.map(({ name, size }) => [name, size])).toEqual([
      ['records', 2000],
      ['trial', 2000],
      ['arm', 12],
    ]);
    const both = await problem.studies[1]?.counts(['Treatment', 'Survival']);
    expect(both?.levels[1]).toEqual(['dead', 'survived', 'vanished']);
    expect([...(both?.weight ?? [])]).toEqual([790, 210, 511, 489]);
    expect(problem.ask).toEqual(['PNS(Treatment -> Survival)']);
    expect(problem.assume).toHaveLength(1);
    expect(problem.notes.join('\n')).toContain('Gender: female (inferred)');
    expect(problem.notes.join('\n')).toContain('study trial: 2000 records in 4 rows, set Treatment');
  });

  test('a picture whose channels stand last is warned of, with the shape to declare', async () => {
    const warned = async (tensor: readonly number[]): Promise<readonly Issue[]> => {
      const made = await loadProblem({ graph: 'A -> Scan', variables: { Scan: { tensor } } });
      if (!made.ok) throw new Error(JSON.stringify(made.issues));
      return made.warnings ?? [];
    };
    for (const [written, remedy] of [
      [[28, 20, 3], '[3, 28, 20]'],
      [[8, 8, 1], '[1, 8, 8]'],
      [[2, 6, 4], '[4, 2, 6]'],
    ] as const) {
      const [warning, ...more] = await warned(written);
      expect(more).toEqual([]);
      expect(warning).toMatchObject({ code: 'channels-last', message: expect.stringMatching(/^Scan is declared as \d+ x \d+ x \d:/u) });
      expect(warning?.hint).toContain(`Declare ${remedy};`);
    }
    // Channels first, grey, channels first though the last axis could be channels, no picture at all.
    for (const shape of [[3, 28, 20], [28, 28], [3, 28, 3], [1, 8, 1], [5, 6, 7], [12], [28, 28, 3, 1]])
      expect(await warned(shape)).toEqual([]);
  });

  test('P(x, y given z) of a randomised z, as published for three genotypes', async () => {
    const problem = await load({ graph: 'z -> x; x -> y; x <-> y', studies: [{ data: 'iv.csv', probability: 'p', set: ['z'] }] });
    const study = problem.studies[0];
    expect(study?.size).toBe(Number.POSITIVE_INFINITY);
    const counts = await study?.counts(['z', 'x', 'y']);
    expect(counts?.weight.map((weight) => Math.round(weight * 3 * 1e9) / 1e9)).toEqual(
      Float64Array.of(0.83, 0.05, 0.11, 0.01, 0.88, 0.06, 0.05, 0.01, 0.72, 0.05, 0.2, 0.03),
    );
    expect(problem.notes.join()).toContain('3 arms');
    expect(codes(await refuse({ studies: [{ data: 'iv.csv', probability: 'p' }] }))).toEqual(['probability-sum']);
  });

  test('no graph: every column is a variable; no studies: a graph alone; nothing at all', async () => {
    const bare = await load({ studies: [{ data: 'records.csv', count: 'n' }] });
    expect(bare.graph).toBeUndefined();
    expect(bare.catalogue.offers[0]?.measured).toEqual(['Treatment', 'Survival', 'Gender']);
    const drawn = await load({ graph: { arrows: [['X', 'Y']], arcs: [['X', 'Y']], latent: ['U'] } });
    expect([...(drawn.graph?.variables.keys() ?? [])].sort()).toEqual(['U', 'X', 'Y']);
    expect(drawn.catalogue.offers).toEqual([]);
    expect((await load({})).studies).toEqual([]);
  });

  test('levels and kinds that the graph declares hold; the document overrules them', async () => {
    const graph = { arrows: [['X', 'Y']], variables: { X: { levels: ['b', 'a'] }, Y: { real: true } } };
    const studies = [
      {
        data: [
          { X: 'a', Y: 1 },
          { X: 'b', Y: 2 },
        ],
      },
    ];
    const kept = await load({ graph, studies });
    expect(kept.domains.get('X')).toEqual({ kind: 'finite', levels: ['b', 'a'] });
    expect(kept.domains.get('Y')).toEqual({ kind: 'real' });
    const changed = await load({ graph, studies, variables: { X: { levels: ['a', 'b'] }, Y: { cut: [1.5] } } });
    expect(changed.domains.get('X')).toEqual({ kind: 'finite', levels: ['a', 'b'] });
    expect(changed.domains.get('Y')).toEqual({ kind: 'finite', levels: ['<1.5', '>=1.5'] });
    expect(changed.cuts.get('Y')).toEqual([1.5]);
  });

  test('an environment column is measured but offered only where the graph has it', async () => {
    const studies = [
      {
        data: [
          { site: 'n', X: 1 },
          { site: 's', X: 0 },
        ],
        environment: 'site',
      },
    ];
    const without = await load({ graph: 'X -> Y', studies });
    expect(without.studies[0]?.measured).toEqual(['site', 'X']);
    expect(without.catalogue.offers[0]?.measured).toEqual(['X']);
    expect((await load({ graph: 'site -> X', studies })).catalogue.offers[0]?.measured).toEqual(['site', 'X']);
  });

  test('numbers that are levels: one form over all studies', async () => {
    const problem = await load({
      variables: { X: { levels: [1, 0] } },
      studies: [
        { data: [{ X: '1.0', Y: 1 }] },
        {
          data: [
            { X: 0, Y: 2 },
            { X: true, Y: 3 },
          ].slice(0, 1),
          set: { Y: 2 },
        },
      ],
    });
    expect(problem.domains.get('X')).toEqual({ kind: 'finite', levels: ['1', '0'] });
    expect(problem.domains.get('Y')).toEqual({ kind: 'finite', levels: ['1', '2'] });
    expect(problem.studies.map(({ name }) => name)).toEqual(['study 1', 'study 2']);
  });

  test('a graph variable that no study measures is noted, with the column it may be', async () => {
    const problem = await load({ graph: 'Treatment -> Survival; Gendre -> Survival', studies: [{ data: 'records.csv', count: 'n' }] });
    expect(problem.notes.join('\n')).toMatch(/Gendre is measured by no study; study records has a column “Gender”/u);
  });
});

describe('what is wrong, listed together', () => {
  test('keys and shapes, with paths and the nearest field', async () => {
    const issues = await refuse({
      schema: 'doable/problem@2',
      grahp: 'X -> Y',
      studies: [{ data: 3, cuont: 'n', set: [1] }],
      variables: { X: { level: ['a'] }, Y: { levels: [] } },
      ask: 'P(Y)',
    });
    const said = issues.map(({ code, message, hint }) => `${code}: ${message} ${hint ?? ''}`);
    expect(said.join('\n')).toContain('unknown-key: The document has no field “grahp”. Did you mean “graph”?');
    expect(said.join('\n')).toContain('unknown-key: studies[0] has no field “cuont”. Did you mean “count”?');
    expect(said.join('\n')).toContain('unknown-key: variables.X has no field “level”. Did you mean “levels”?');
    for (const path of [
      'schema must be',
      'studies[0].data must be',
      'studies[0].set[0] must be a name',
      'variables.Y.levels',
      'ask must be',
    ])
      expect(said.join('\n')).toContain(path);
    expect(codes(await refuse([]))).toEqual(['shape']);
    expect(codes(await refuse(null))).toEqual(['shape']);
    expect(codes(await refuse({ graph: { arow: [] } }))).toEqual(['unknown-key']);
  });

  test('graph, studies and declarations in one go', async () => {
    const issues = await refuse({
      graph: 'X -> Y; Y -> X',
      variables: { X: { levels: ['1', 1.0], real: true }, Y: { cut: [3, 2] } },
      studies: [
        { name: 's', data: 'nowhere.csv' },
        { name: 's', data: 'records.csv', count: 'N', size: 3 },
        { name: 't', data: [{ X: 1, n: -1 }], count: 'n' },
      ],
    });
    expect(codes(issues)).toEqual([
      'cycle',
      'conflict',
      'duplicate-level',
      'cut-order',
      'duplicate-study',
      'size',
      'no-file',
      'unknown-column',
      'negative-count',
    ]);
  });

  test('names that nothing else knows', async () => {
    const studies = [{ data: 'records.csv', count: 'n', set: ['Treatmnt'] }];
    expect(codes(await refuse({ graph: 'Treatment -> Survival', studies }))).toContain('unknown-variable');
    const [declared] = await refuse({ graph: 'Treatment -> Survival', variables: { Survial: { levels: ['dead', 'survived'] } } });
    expect(declared).toMatchObject({ code: 'unknown-variable', hint: 'Did you mean “Survival”?' });
  });

  test('levels of the data that are not declared, per study', async () => {
    const issues = await refuse({
      variables: { X: { levels: ['yes', 'no'] } },
      studies: [
        { name: 'a', data: [{ X: 'Yes' }] },
        { name: 'b', data: [{ X: 'no' }, { X: 'maybe' }] },
      ],
    });
    expect(issues.map(({ code, message }) => [code, message.slice(0, 7)])).toEqual([
      ['unknown-level', 'Study a'],
      ['unknown-level', 'Study b'],
    ]);
  });

  test('paths without a host', async () => {
    const made = await loadProblem({ studies: [{ data: 'records.csv' }] });
    expect(made.ok ? [] : codes(made.issues)).toEqual(['no-files']);
  });
});

describe('the schema', () => {
  test('JSON Schema says what the validator says', () => {
    const schema = problemJsonSchema() as {
      properties: Record<string, { items?: { properties?: Record<string, unknown>; required?: string[]; additionalProperties?: boolean } }>;
      additionalProperties: boolean;
    };
    expect(Object.keys(schema.properties).sort()).toEqual(['ask', 'assume', 'graph', 'model', 'schema', 'studies', 'title', 'variables']);
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.studies?.items?.required).toEqual(['data']);
    expect(Object.keys(schema.properties.studies?.items?.properties ?? {})).toContain('environment');
    expect(() => JSON.stringify(schema)).not.toThrow();
  });

  test('models are kept as they are', () => {
    const model = { exchangeable: { X: { dirichlet: { '': [3, 1] } } }, exogenous: { U: { children: ['X', 'Y'], states: 8 } } };
    const made = readDocument({ model });
    expect(made.ok && made.value.model).toEqual(model);
  });
});
