import fc from 'fast-check';
import { printTerm } from '../../src/query/print.ts';
import {
  type ConditionNode,
  type EndNode,
  type EventNode,
  mediated,
  type NameNode,
  namedFunctions,
  type QueryNode,
  type SettingNode,
  type SyntaxTree,
  type ValueNode,
} from '../../src/query/syntax.ts';
import type { Query, Question, Setting, Term } from '../../src/query/terms.ts';

const span = { start: 0, end: 0 };
const odd = [
  'do',
  'vs',
  'P',
  'E',
  'PNS',
  'Y_',
  'Y_x',
  'X',
  'Größe',
  '体重',
  'blood pressure',
  'a"b',
  'a\\',
  '1st',
  "it's",
  'Y-X',
  '→',
  ' ',
  '-',
  '=',
  'a,b',
  '\n',
  '😀',
  '.x',
  '_',
  'Y_{X=1}',
];
const anyName = fc.oneof(
  fc.constantFrom('X', 'Y', 'Z', 'M', 'W1', 'a.b'),
  fc.constantFrom(...odd),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
);
const anyText = fc.oneof(
  fc.constantFrom(
    '0',
    '1',
    'drug',
    'no drug',
    'a-b',
    '1.0',
    '-1',
    '1e5',
    '1e+21',
    '30-45',
    'vs',
    'a vs b',
    'vs.',
    '',
    ' ',
    'no  drug',
    'a ',
    'Infinity',
    '٣',
    '-x',
    '+1',
    '1-2',
    '.',
    '1.',
    '1e-3',
    'x-1e-3',
    '1e-3x',
    '2 1e-3 b',
  ),
  fc.constantFrom(...odd),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const position = fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined, freq: 2 });
const optional = <K extends string, T>(key: K, value: T | undefined): { [key in K]?: T } =>
  value === undefined ? {} : ({ [key]: value } as { [key in K]: T });

const name: fc.Arbitrary<NameNode> = anyName.map((text) => ({ text, span }));
const number = fc.oneof(fc.constantFrom('0', '1', '1.0', '-1', '.5', '2.', '1e9', '-1.5e-3', '1E+4', '007'), fc.nat().map(String));
const value: fc.Arbitrary<ValueNode> = fc.oneof(
  number.map((text): ValueNode => ({ kind: 'number', text, span })),
  anyText.map((text): ValueNode => ({ kind: 'text', text, span })),
);

const nested = (depth: number): fc.Arbitrary<EventNode> =>
  fc
    .tuple(name, world(depth), position)
    .map(([name, world, position]) => ({ kind: 'event', name, world, ...optional('position', position), span }));
const settings = (depth: number): fc.Arbitrary<SettingNode[]> =>
  fc.array(
    fc
      .tuple(
        name,
        position,
        fc.option(depth > 0 ? fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: nested(depth - 1) }) : value, {
          nil: undefined,
        }),
      )
      .map(([name, position, value]) => ({ name, ...optional('position', position), ...optional('value', value), span })),
    { minLength: 1, maxLength: 3 },
  );
const world = (depth: number): fc.Arbitrary<SettingNode[]> => fc.oneof(fc.constant<SettingNode[]>([]), settings(depth));
const event: fc.Arbitrary<EventNode> = fc
  .tuple(name, world(2), position, fc.option(value, { nil: undefined }))
  .map(([name, world, position, value]) => ({
    kind: 'event',
    name,
    world,
    ...optional('position', position),
    ...optional('value', value),
    span,
  }));
const condition: fc.Arbitrary<ConditionNode> = fc.oneof(
  event,
  settings(1).map((settings): ConditionNode => ({ kind: 'do', settings, span })),
);
const given = fc.array(condition, { maxLength: 3 });
const end = (bare: boolean): fc.Arbitrary<EndNode> =>
  fc
    .tuple(name, position, fc.option(value, { nil: undefined }), fc.option(value, { nil: undefined }))
    .map(([name, position, value, versus]) => ({
      name,
      ...optional('position', position),
      ...(bare ? {} : optional('value', value)),
      ...(bare || value === undefined ? {} : optional('versus', versus)),
      span,
    }));
const query: fc.Arbitrary<QueryNode> = fc.oneof(
  fc
    .tuple(fc.array(event, { minLength: 1, maxLength: 3 }), given)
    .map(([of, given]): QueryNode => ({ kind: 'probability', of, given, span })),
  fc.tuple(event, given).map(([{ value: _, ...of }, given]): QueryNode => ({ kind: 'mean', of: [of], given, span })),
  fc.tuple(fc.constantFrom(...namedFunctions), end(false), end(true), end(false), given).map(
    ([name, cause, through, effect, given]): QueryNode => ({
      kind: 'named',
      name,
      cause,
      ...(mediated.includes(name) ? { through } : {}),
      effect,
      given,
      span,
    }),
  ),
);
const weight = fc.oneof(
  fc.constantFrom(1, -1, 2, -0.5, 0, 1e21, 1e-9),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
);

export const syntaxTrees: fc.Arbitrary<SyntaxTree> = fc
  .array(fc.tuple(weight, query), { minLength: 1, maxLength: 3 })
  .map((parts) => ({ text: '', parts: parts.map(([weight, query]) => ({ weight, query, span })) }));

/** The tree without spans and source text: what printing must keep. */
export const meaning = (tree: SyntaxTree): unknown =>
  JSON.parse(JSON.stringify(tree.parts, (key, part) => (key === 'span' ? undefined : part)));

/** Levels as the engine holds them: numbers in canonical spelling (any other spelling of a number is a text). */
const level = fc.oneof(
  anyText,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => String(x + 0)),
);
const coreName = anyName.filter((text) => !/_/u.test(text));
const coreWorld = (depth: number, at: number | undefined): fc.Arbitrary<Setting[]> =>
  fc
    .uniqueArray(
      coreName.chain((variable) => {
        const plain = fc.option(level, { nil: undefined });
        const term = (): fc.Arbitrary<Term> => coreWorld(depth - 1, at).map((world) => ({ variable, world, ...optional('position', at) }));
        return (depth > 0 ? fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: term() }) : plain).map(
          (value): Setting => ({ variable, ...optional('position', at), ...optional('value', value) }),
        );
      }),
      { maxLength: 3, selector: ({ variable }) => variable },
    )
    .map((world) => world.sort((a, b) => (a.variable < b.variable ? -1 : 1)));
const coreTerm = (at: number | undefined, valued: boolean): fc.Arbitrary<Term> =>
  fc
    .tuple(coreName, coreWorld(2, at), fc.option(level, { nil: undefined }))
    .map(([variable, world, value]) => ({ variable, world, ...optional('position', at), ...(valued ? optional('value', value) : {}) }));
const coreQuery: fc.Arbitrary<Query> = position.chain((at) => {
  const terms = (minLength: number, maxLength: number, valued = true) =>
    fc.uniqueArray(coreTerm(at, valued), { minLength, maxLength, selector: printTerm });
  return fc.oneof(
    fc.record({ take: fc.constant('probability' as const), of: terms(1, 3), given: terms(0, 3) }),
    fc.record({ take: fc.constant('mean' as const), of: terms(1, 1, false), given: terms(0, 3) }),
    // One world for all terms, which the do() style prints apart.
    fc.tuple(coreWorld(0, at), terms(1, 3), terms(0, 2)).map(([world, of, given]): Query => {
      const move = (list: readonly Term[]): Term[] => [
        ...new Map(list.map((term) => ({ ...term, world })).map((term) => [printTerm(term), term])).values(),
      ];
      return { take: 'probability', of: move(of), given: move(given) };
    }),
  );
});
export const questions: fc.Arbitrary<Question> = fc
  .array(fc.record({ weight, query: coreQuery }), { minLength: 1, maxLength: 3 })
  .map((parts) => ({ text: '', parts }));
