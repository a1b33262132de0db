import fc from 'fast-check';
import type { Edge, Graph } from '../../src/graph/graph.ts';
import type { Domain, Variable } from '../../src/graph/variable.ts';
import { must } from './support.ts';

const strange = [
  'X',
  'Y1',
  'a.b',
  '_',
  '1st',
  '0.5',
  'dag',
  'digraph',
  'Graph',
  'node',
  'edge',
  'subgraph',
  'strict',
  'bb',
  'network',
  'latent',
  'X-ray',
  'blood pressure',
  ' lead',
  'trail ',
  '"',
  'a"b',
  '\\',
  'a\\',
  '\\"',
  '\\n',
  'two\nlines',
  'tab\there',
  '<->',
  '->',
  '# no comment',
  '// no comment',
  '/* no */',
  '{A B}',
  '[latent]',
  ';',
  ',',
  '~',
  '=',
  'größe',
  'Ωmega',
  'e\u0301',
  '变量',
  '🩺',
  'a🩺b',
  '__proto__',
  'constructor',
  'toString',
  '2',
  '10',
  '-1',
  '<b>bold</b>',
  '&amp;',
  "it's",
  '\u2028',
  '\u0000',
  '\r',
  '$x_1$',
  '100%',
  '\ud800',
];

export const anyName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...strange),
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.]{0,6}$/),
);

const number = fc.double({ noDefaultInfinity: true, noNaN: true }).map((x) => x + 0);
const level = fc.oneof(
  fc.constantFrom('no', 'yes', '0', '1', '', ' ', 'a,b', '\\', '\\e', ' pad ', 'a\\ ', '<5', '"', '\n', '🩺 '),
  fc.string({ maxLength: 5 }),
);
const levels = fc.oneof(
  fc.uniqueArray(level, { minLength: 1, maxLength: 4 }),
  fc.integer({ min: 1, max: 5 }).map((count) => Array.from({ length: count }, (_, i) => String(i))),
);
const domain: fc.Arbitrary<Domain> = fc.oneof(
  levels.map((list): Domain => ({ kind: 'finite', levels: list })),
  fc.constant<Domain>({ kind: 'real' }),
  anyName.map((unit): Domain => ({ kind: 'real', unit })),
  fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 3 }).map((shape): Domain => ({ kind: 'tensor', shape })),
);
const traits = fc.record(
  {
    latent: fc.constant(true as const),
    role: fc.constantFrom('exposure' as const, 'outcome' as const, 'adjusted' as const, 'selection' as const),
    domain,
    position: fc.record({ x: number, y: number }),
  },
  { requiredKeys: [] },
);

function graphWith(trait: fc.Arbitrary<Omit<Variable, 'name'>>, arcs = true): fc.Arbitrary<Graph> {
  return fc.uniqueArray(anyName, { maxLength: 7 }).chain((names) => {
    const size = names.length;
    const slots = (size * (size - 1)) / 2;
    const bits = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: slots, maxLength: slots });
    return fc
      .tuple(fc.array(trait, { minLength: size, maxLength: size }), bits, bits, fc.shuffledSubarray(names, { minLength: size }))
      .map(([given, arrowBits, arcBits, declared]) => {
        const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b): Edge => [a, b]));
        return must({
          variables: declared.map((name, i) => ({ name, ...given[i] })),
          arrows: pairs.filter((_, i) => (arrowBits[i] ?? 0) > 3),
          arcs: arcs ? pairs.filter((_, i) => (arcBits[i] ?? 0) > 4) : [],
        });
      });
  });
}

/** Every trait that a variable can have. */
export const anyGraph = graphWith(traits);
/** Names, edges and latent marks only. */
export const bareGraph = graphWith(fc.record({ latent: fc.constant(true as const) }, { requiredKeys: [] }));
/** Finite variables, no arcs. */
export const finiteGraph = graphWith(
  levels.map((list) => ({ domain: { kind: 'finite' as const, levels: list } })),
  false,
);
