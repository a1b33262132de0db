import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Network, parseBif, printBif } from '../../src/graph/formats/bif.ts';
import { parseDagitty, printDagitty } from '../../src/graph/formats/dagitty.ts';
import { parseDot, printDot } from '../../src/graph/formats/dot.ts';
import { parseJson, printJson } from '../../src/graph/formats/json.ts';
import { parseLavaan } from '../../src/graph/formats/lavaan.ts';
import { formatOf, readGraph } from '../../src/graph/formats/read.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { factorOf } from '../../src/math/factor.ts';
import type { Issue, Result } from '../../src/run/issue.ts';
import { anyGraph, bareGraph, finiteGraph } from './arbitrary.ts';
import { dice, edgeSet } from './support.ts';

const parts = (graph: Graph): unknown => [[...graph.variables.values()], graph.arrows, graph.arcs, graph.index.names];
function good(result: Result<Graph>): Graph {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
const issues = (result: Result<unknown>): readonly Issue[] => (result.ok ? [] : result.issues);
const marked = (text: string, issue: Issue | undefined): string => text.slice(issue?.where?.start, issue?.where?.end);
const shape = (graph: Graph): unknown => [[...edgeSet(graph.arrows, true)].sort(), [...edgeSet(graph.arcs, false)].sort()];

describe('round trips', () => {
  it('dagitty, wrapped and on one line', () => {
    fc.assert(
      fc.property(anyGraph, fc.boolean(), (graph, compact) => {
        const text = printDagitty(graph, { compact });
        expect(parts(good(parseDagitty(text)))).toEqual(parts(graph));
        if (compact) expect(text).not.toContain('\n');
        expect(printDagitty(good(parseDagitty(text)), { compact })).toBe(text);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it('JSON', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        expect(parts(good(parseJson(printJson(graph))))).toEqual(parts(graph));
        expect(parts(good(readGraph(printJson(graph, { indent: 2 }))))).toEqual(parts(graph));
      }),
      { numRuns: 2000, seed: 2 },
    );
  });

  it('DOT, arcs and latent marks included', () => {
    fc.assert(
      fc.property(bareGraph, (graph) => {
        expect(parts(good(parseDot(printDot(graph))))).toEqual(parts(graph));
        expect(formatOf(printDot(graph))).toBe('dot');
      }),
      { numRuns: 2000, seed: 3 },
    );
  });

  it('BIF, with its tables to the last digit', () => {
    fc.assert(
      fc.property(finiteGraph, fc.integer(), (graph, seed) => {
        const network = randomNetwork(graph, seed);
        const read = parseBif(printBif(network));
        if (!read.ok) throw new Error(JSON.stringify(read.issues));
        expect([...read.value.graph.variables.values()]).toEqual([...graph.variables.values()]);
        expect(edgeSet(read.value.graph.arrows, true)).toEqual(edgeSet(graph.arrows, true));
        const again = parseBif(printBif(read.value));
        if (!again.ok) throw new Error(JSON.stringify(again.issues));
        for (const [name, table] of read.value.tables) {
          const before = network.tables.get(name);
          expect(table.axes).toEqual(before?.axes);
          table.values.forEach((value, i) => {
            expect(Math.abs(value - (before?.values[i] as number))).toBeLessThan(1e-15);
          });
          expect(again.value.tables.get(name)?.values).toEqual(table.values);
        }
      }),
      { numRuns: 500, seed: 4 },
    );
  });
});

function randomNetwork(graph: Graph, seed: number): Network {
  const random = dice(seed);
  const size = (name: string): number => {
    const domain = graph.variables.get(name)?.domain;
    return domain?.kind === 'finite' ? domain.levels.length : 0;
  };
  const tables = new Map(
    [...graph.variables.keys()].map((name) => {
      const axes = [...graph.arrows.filter(([, to]) => to === name).map(([from]) => from), name];
      const sizes = axes.map(size);
      const values = Array.from({ length: sizes.reduce((p, q) => p * q, 1) }, () => 0.01 + random.next());
      const own = size(name);
      for (let row = 0; row < values.length; row += own) {
        const total = values.slice(row, row + own).reduce((p, q) => p + q, 0);
        for (let i = row; i < row + own; i++) values[i] = (values[i] as number) / total;
      }
      return [name, factorOf(axes, sizes, values)] as const;
    }),
  );
  return { name: 'made up', graph, tables };
}

describe('dagitty text', () => {
  const read = (text: string): Graph => good(parseDagitty(text));

  it('takes what people type', () => {
    const same = [
      'X -> Y <- Z; X <-> Y',
      'dag { X -> Y <- Z\n X <-> Y }',
      'dag "my graph" {\nbb="0,0,1,1"\nX [exposure,pos="-0.5,1e-3"]\nX -> Y [pos="1,2"]\nZ -> Y\nY <-> X\n}',
      '{X Z} -> Y # comment\n// another\nX <-> Y',
      'X→Y; Z → Y; X ↔ Y',
      'X -> Y <- Z X <-> Y',
      'X ->\nY\n<- Z\n/* arcs\n below */ X <-> Y;',
      '{X, Z} -> {Y}; {X} <-> {Y}',
      'dag {\r\nX -> Y\r\nZ -> Y\r\nX <-> Y\r\n}\r\n',
    ];
    for (const text of same) expect(shape(read(text)), text).toEqual([['X Y', 'Z Y'], ['X Y']]);
  });

  it('expands groups, also nested ones', () => {
    expect(shape(read('A -> {B C} -> D'))).toEqual([['A B', 'A C', 'B D', 'C D'], []]);
    expect(shape(read('X -> {Z <-> {Y W}}'))).toEqual([
      ['X W', 'X Y', 'X Z'],
      ['W Z', 'Y Z'],
    ]);
  });

  it('merges statements about one node', () => {
    const graph = read(
      'U [latent]; U -> X; X [exposure]; X [domain="no drug, drug", pos="1,2"]; U; Y [card=3]; R [real="mg"]; S [tensor="28,28,3"]',
    );
    expect([...graph.variables.values()]).toEqual([
      { name: 'U', latent: true },
      { name: 'X', role: 'exposure', domain: { kind: 'finite', levels: ['no drug', 'drug'] }, position: { x: 1, y: 2 } },
      { name: 'Y', domain: { kind: 'finite', levels: ['0', '1', '2'] } },
      { name: 'R', domain: { kind: 'real', unit: 'mg' } },
      { name: 'S', domain: { kind: 'tensor', shape: [28, 28, 3] } },
    ]);
    const clash = parseDagitty('X [exposure]; X [outcome]; Y [card=2]; Y [card=3]');
    expect(issues(clash).map((issue) => issue.code)).toEqual(['conflict', 'conflict']);
  });

  it('names place, reason and remedy', () => {
    const cases: [text: string, marks: string, message: RegExp, hint: RegExp][] = [
      ['X --> Y', '-->', /not an edge/, /-> \?/],
      ['X => Y', '=>', /not an edge/, /-> \?/],
      ['X <--> Y', '<-->', /not an edge/, /<-> \?/],
      ['X = 1', '=', /not an edge/, /brackets/],
      ['X -- Y', '--', /not an edge/, /->, <- and <->/],
      ['X-ray -> Y', '-', /not an edge/, /quotes/],
      ['X -> ', '', /missing at the end/, /quotes/],
      ['U [latnet]; U -> X', 'latnet', /no attribute/, /“latent”/],
      ['X -> Y [latent]', 'latent', /about the edge/, /Y \[latent\]/],
      ['X [latent', '[', /\] is missing/, /latent/],
      ['X [card=0]', 'card=0', /1 to/, /card=3/],
      ['X [pos="1"]', 'pos="1"', /two numbers/, /pos=/],
      ['X [domain="a,a"]', 'domain="a,a"', /twice/, /own name/],
      ['X -> "Y', '"Y', /quote is missing/, /"/],
      ["'X' -> Y", "'", /not “'”/, /"/],
      ['X -> Y, Z', ',', /not “,”/, /\{ A B \}/],
      ['dag { X -> Y', 'dag {', /closing \}/, /Add \}/],
      ['X -> {A B', '{', /closing \}/, /Add \}/],
      ['pdag { X -- Y }', 'pdag', /pdag/, /dag/],
      ['X -> X', 'X -> X', /itself/, /Remove/],
      ['A -> B; B -> C -> A', 'C -> A', /A -> B -> C -> A|B -> C -> A -> B|C -> A -> B -> C/, /turn around/],
      ['A -> B; B -> A', 'B -> A', /cycle/, /A <-> B|B <-> A/],
    ];
    for (const [text, marks, message, hint] of cases) {
      const [first] = issues(parseDagitty(text));
      expect(first?.message, text).toMatch(message);
      expect(first?.hint, text).toMatch(hint);
      expect(marked(text, first), text).toBe(marks);
    }
  });

  it('lists several issues together, each at its place', () => {
    const text = 'A -> B\nC => D\nE [latnet]\nF -> F\nG -> H';
    const found = issues(parseDagitty(text, 'graph.txt'));
    expect(found.map((issue) => marked(text, issue))).toEqual(['=>', 'latnet', 'F -> F']);
    expect(found[0]?.where).toEqual({ file: 'graph.txt', start: 9, end: 11 });
  });

  it('warns about attributes that it ignores and takes names verbatim', () => {
    const result = parseDagitty('Größe [label="size"] -> tar; Tar');
    expect(result.ok && result.warnings?.map((issue) => issue.code)).toEqual(['ignored-attribute']);
    expect([...good(result).variables.keys()]).toEqual(['Größe', 'tar', 'Tar']);
  });

  it('survives what is deep and what is wide', () => {
    expect(issues(parseDagitty('{'.repeat(50_000)))[0]?.code).toBe('too-deep');
    expect(issues(parseDot(`digraph ${'{'.repeat(50_000)}`))[0]?.code).toBe('too-deep');
    const many = Array.from({ length: 750 }, (_, i) => `a${i}`).join(' ');
    expect(issues(parseDagitty(`{${many}} -> {${many.replaceAll('a', 'b')}}`))[0]?.code).toBe('too-many-edges');
    expect(good(parseDagitty(' '.repeat(2_000_000))).variables.size).toBe(0);
    expect(good(parseDagitty(Array.from({ length: 30_000 }, (_, i) => `v${i} -> v${i + 1}`).join('\n'))).arrows.length).toBe(30_000);
  });
});

describe('DOT', () => {
  it('takes graphviz files', () => {
    const text = `/* c */ strict digraph "G 1" {
      rankdir = LR; graph [bgcolor="#fff"]; node [shape=box]
      # a line
      U [label=<<b>hidden</b>>, observed="no"];
      subgraph cluster_0 { label="c"; A -> B -> C [weight=2][color=red] }
      A:n -> {D "E" + " F"};  U -> {A; B}
      edge [dir=both, style="dashed"]; B -> D;
      C -> A [dir=back, style=solid]
      Q -> R [dir=forward]
    }`;
    const graph = good(parseDot(text));
    expect(shape(graph)).toEqual([['A B', 'A C', 'A D', 'A E F', 'B C', 'Q R', 'U A', 'U B'], ['B D']]);
    expect(graph.variables.get('U')).toEqual({ name: 'U', latent: true });
  });

  it('refuses what has no clear direction and says what to write', () => {
    const cases: [string, string, RegExp][] = [
      ['digraph { X -> Y; Y -> X }', 'opposite-arrows', /dir=both, style=dashed/],
      ['digraph { X -> Y [dir=both] }', 'two-headed', /style=dashed/],
      ['digraph { X -> Y [dir=none] }', 'undirected', /forward/],
      ['graph { X -- Y }', 'undirected', /digraph/],
      ['digraph { X -- Y }', 'undirected', /->/],
      ['digraph { X <-> Y }', 'syntax', /dashed/],
      ['digraph { X -> Y', 'syntax', /\}/],
      ['digraph { X -> "Y }', 'syntax', /"/],
      ['digraph { X [a', 'syntax', /dir=both/],
    ];
    for (const [text, code, hint] of cases) {
      const [first] = issues(readGraph(text));
      expect([text, first?.code]).toEqual([text, code]);
      expect(first?.hint).toMatch(hint);
    }
    const text = 'digraph { X -> Y; Y -> X }';
    expect(marked(text, issues(parseDot(text))[0])).toBe('Y -> X');
  });
});

describe('lavaan', () => {
  it('reads regressions, covariances and factors', () => {
    const text = `# model
      Y ~ b1*X + 0.5*Z +
          W   ! goes on
      X ~~ Z; X ~~ X
      X ~~ 0*W
      Y ~ 1
      F =~ a + 1*b
      ind := b1*b2
      M1 + M2 ~ X`;
    const graph = good(parseLavaan(text));
    expect(shape(graph)).toEqual([['F a', 'F b', 'W Y', 'X M1', 'X M2', 'X Y', 'Z Y'], ['X Z']]);
    expect(graph.variables.get('F')?.latent).toBe(true);
    expect(formatOf(text)).toBe('lavaan');
  });

  it('says where it stumbles', () => {
    const text = 'Y ~ X +\n + Z\nA B\nW ~ X-1';
    const found = issues(parseLavaan(text));
    expect(found.map((issue) => marked(text, issue))).toEqual(['', 'A B', 'X-1']);
    const loop = 'Y ~ X\nX ~ Y';
    expect(issues(parseLavaan(loop))[0]?.code).toBe('cycle');
    expect(marked(loop, issues(parseLavaan(loop))[0])).toBe('X ~ Y');
  });
});

describe('JSON', () => {
  it('names the path of every fault', () => {
    const text = '{"arows": [], "arcs": [["X"]], "latent": "U", "variables": {"X": {"levels": [], "rol": 1}, "Y": {"levels": ["a", "a"]}}}';
    const found = issues(parseJson(text)).map((issue) => `${issue.message} ${issue.hint ?? ''}`);
    expect(found.join('\n')).toMatch(/“arows”.*“arrows”/);
    expect(found.join('\n')).toMatch(/arcs\[0\]/);
    expect(found.join('\n')).toMatch(/variables\.X\.levels/);
    expect(found.join('\n')).toMatch(/“rol”.*“role”/);
    expect(found.join('\n')).toMatch(/variables\.Y\.levels has “a” twice/);
    expect(issues(parseJson('{"arrows": [}'))[0]?.code).toBe('json');
    expect(issues(parseJson('[]'))[0]?.code).toBe('shape');
  });

  it('makes levels text and keeps names that objects treat oddly', () => {
    const graph = good(parseJson('{"variables": {"__proto__": {"levels": [0, true, "a"]}}, "arrows": [["__proto__", "constructor"]]}'));
    expect(graph.variables.get('__proto__')?.domain).toEqual({ kind: 'finite', levels: ['0', 'true', 'a'] });
    expect([...graph.variables.keys()]).toEqual(['__proto__', 'constructor']);
  });
});

describe('readGraph', () => {
  it('knows the notation', () => {
    const same = [
      'X -> Y; X <-> Y',
      'dag{X->Y X<->Y}',
      'digraph { X -> Y; X -> Y [dir=both, style=dashed] }',
      '// DOT\ndigraph{X->Y X->Y[dir=both style=dashed]}',
      'Y ~ X\nX ~~ Y',
      ' {"arrows": [["X","Y"]], "arcs": [["Y","X"]]}',
    ];
    for (const text of same) expect(shape(good(readGraph(text))), text).toEqual([['X Y'], ['X Y']]);
    expect(formatOf('{ "A b" C } -> D')).toBe('dagitty');
    expect(formatOf('{}')).toBe('json');
    expect(formatOf('X -> "a ~ b"')).toBe('dagitty');
    expect(good(readGraph('')).variables.size).toBe(0);
  });
});

describe('fuzz: no text makes a reader throw', () => {
  const pieces = [
    ...'{}[]();,=~"\'\\<>-|+*#/!:. \n\r\t0123456789XYZU'.split(''),
    '->',
    '<-',
    '<->',
    '-->',
    'dag',
    'digraph',
    'graph',
    'strict',
    'subgraph',
    'node',
    'edge',
    'network',
    'variable',
    'probability',
    'table',
    'default',
    'type',
    'discrete',
    'property',
    'latent',
    'domain',
    'card=',
    'pos=',
    'dir=both',
    'style=dashed',
    '=~',
    '~~',
    ':=',
    '/*',
    '*/',
    '//',
    '"arrows":',
    'é',
    '变',
    '🩺',
    '\ud83e',
    '\u2028',
    '\u0000',
    '→',
    'dag {',
    'variable X { type discrete [ 2 ] { a, b }; }',
    'probability ( X ) { table 0.5, 0.5; }',
    '[["X","Y"]]',
    '1e999',
    '__proto__',
  ];
  const seeds = [
    'dag {\n  X [exposure, domain="a,b", pos="1,2"]\n  U [latent]\n  X -> {Y Z} <-> W\n}',
    'digraph { a -> b [dir=both, style=dashed]; subgraph s { c; d } -> e; }',
    'Y ~ b*X + Z\nX ~~ Z\nF =~ a + b',
    '{"nodes":["X"],"arrows":[["X","Y"]],"latent":["U"],"variables":{"X":{"levels":["a","b"]}}}',
    'network n {\n}\nvariable X {\n type discrete [ 2 ] { a, b };\n}\nprobability ( X | Y ) {\n (a) 0.5, 0.5;\n}',
  ];
  const readers: [string, (text: string) => Result<unknown>][] = [
    ['dagitty', parseDagitty],
    ['dot', parseDot],
    ['lavaan', parseLavaan],
    ['json', parseJson],
    ['bif', parseBif],
    ['readGraph', readGraph],
  ];
  it.each(readers)('%s, 100,000 texts', (_, parse) => {
    const random = dice(2026);
    for (let run = 0; run < 100_000; run++) {
      let text = random.next() < 0.4 ? random.pick(seeds) : '';
      for (let i = random.below(text === '' ? 20 : 5); i >= 0; i--) {
        const at = random.below(text.length + 1);
        const cut = text === '' || random.next() < 0.5 ? 0 : random.below(4);
        text = text.slice(0, at) + (random.next() < 0.8 ? random.pick(pieces) : '') + text.slice(at + cut);
      }
      const result = parse(text);
      if (result.ok) continue;
      if (result.issues.length === 0 || result.issues.length > 20)
        throw new Error(`${result.issues.length} issues: ${JSON.stringify(text)}`);
      for (const { where, message } of result.issues) {
        const [start, end] = [where?.start ?? 0, where?.end ?? 0];
        if (message === '' || start < 0 || end < start || end > text.length)
          throw new Error(`Bad place ${start}-${end}: ${JSON.stringify(text)}`);
      }
    }
  });
});
