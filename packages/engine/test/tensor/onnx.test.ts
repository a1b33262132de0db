import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/math/random.ts';
import { GraphBuilder } from '../../src/tensor/builder.ts';
import { frozen, graphOf } from '../../src/tensor/graph.ts';
import { perceptron } from '../../src/tensor/layers.ts';
import { inspectOnnx } from '../../src/tensor/onnx-read.ts';
import { writeOnnx } from '../../src/tensor/onnx-write.ts';
import { initialState, trainStep } from '../../src/tensor/train.ts';
import { BinaryWriter, WireType } from '../../src/tensor/wire.ts';

function network(): Uint8Array {
  const g = new GraphBuilder();
  const y = perceptron(g, g.input('x', [4, 3]), 'net', [5, 2]);
  const values = initialState(trainStep(g, g.reduceSum(y)), new Random(1)).parameters;
  return writeOnnx(frozen({ y }, g.parameters, values), { metadata: { target: 'y', kind: 'logits' } });
}

/** A message as a list of fields: numbers are varints, texts and lists of fields are delimited. */
type Field = readonly [number, number | string | Uint8Array | readonly Field[]];
function encode(fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [field, value] of fields) {
    if (typeof value === 'number') writer.tag(field, WireType.Varint).int64(value);
    else if (typeof value === 'string') writer.tag(field, WireType.LengthDelimited).string(value);
    else writer.tag(field, WireType.LengthDelimited).bytes(value instanceof Uint8Array ? value : encode(value));
  }
  return writer.finish();
}
const model = (...graph: readonly Field[]): Uint8Array =>
  encode([
    [1, 8],
    [7, graph],
    [8, [[2, 18]]],
  ]);
const code = (file: Uint8Array, limits = {}): string | undefined => {
  const read = inspectOnnx(file, limits);
  return read.ok ? undefined : read.issues[0]?.code;
};

test('what we write is read back: inputs, outputs, operators, sizes, properties', () => {
  const read = inspectOnnx(network());
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  const { format, producer, operatorSets, inputs, outputs, operators, initialisers, elements, bytes, random, metadata } = read.value;
  expect({ format, producer, operatorSets: [...operatorSets] }).toEqual({ format: 8, producer: 'doable', operatorSets: [['', 18]] });
  expect(inputs).toEqual([{ name: 'x', type: 'float32', shape: [4, 3] }]);
  expect(outputs).toEqual([{ name: 'y', type: 'float32', shape: [4, 2] }]);
  expect([...operators]).toEqual([
    ['Add', 2],
    ['Gemm', 2],
    ['Mul', 1],
    ['Sigmoid', 1],
  ]);
  expect(initialisers.map(({ shape, type }) => [type, ...shape])).toEqual([
    ['float32', 3, 5],
    ['float32', 5],
    ['float32', 5, 2],
    ['float32', 2],
  ]);
  expect([elements, bytes, random]).toEqual([32, 128, []]);
  expect([...metadata]).toEqual([
    ['target', 'y'],
    ['kind', 'logits'],
  ]);
  expect(network()).toEqual(network());
});

test('names that would meet our own are refused by the writer', () => {
  const g = new GraphBuilder();
  expect(() => writeOnnx(graphOf({ '~1': g.exp(g.input('x', [1])) }))).toThrow("'~1' cannot name");
});

describe('hostile and unusual models', () => {
  const tensor = (...fields: readonly Field[]): Field => [5, fields];
  const good: readonly Field[] = [
    [1, 2],
    [2, 1],
    [8, 'w'],
    [9, new Uint8Array(8)],
  ];
  const nested = (depth: number): Field => [
    1,
    [
      [4, 'If'],
      [
        5,
        [
          [1, 'then_branch'],
          [6, depth === 0 ? [tensor(...good)] : [nested(depth - 1)]],
        ],
      ],
    ],
  ];

  test('plain ones pass: raw and typed values, packed or not, open axes, inner graphs, old lists of initialisers among the inputs', () => {
    const values: Field = [
      11,
      [
        [1, 'x'],
        [
          2,
          [
            [
              1,
              [
                [1, 1],
                [
                  2,
                  [
                    [1, [[2, 'batch']]],
                    [1, []],
                    [1, [[1, 3]]],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ];
    const typed = tensor([1, 3], [2, 7], [7, 1], [7, 300], [7, -1]);
    const texts = tensor([1, 2], [2, 8], [6, 'one'], [6, 'two']);
    const read = inspectOnnx(
      model(
        tensor(...good),
        typed,
        texts,
        tensor([1, Uint8Array.of(2, 1)], [2, 1], [4, new Uint8Array(8)]),
        values,
        [11, [[1, 'w']]],
        nested(3),
      ),
    );
    if (!read.ok) throw new Error(JSON.stringify(read.issues));
    expect(read.value.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['batch', undefined, 3] }]);
    expect(read.value.initialisers.map(({ shape }) => shape)).toEqual([[2], [3], [2], [2, 1]]);
    expect([...read.value.operators]).toEqual([['If', 4]]);
    expect(read.value.elements).toBe(11);
  });

  test('what draws its own noise is told', () => {
    const read = inspectOnnx(model([1, [[4, 'RandomNormalLike']]], [1, [[4, 'Add']]]));
    expect(read.ok && read.value.random).toEqual(['RandomNormalLike']);
  });

  const refused: readonly (readonly [string, string, Uint8Array])[] = [
    [
      'data in another file',
      'onnx-external-data',
      model(
        tensor(
          [1, 2],
          [2, 1],
          [
            13,
            [
              [1, 'location'],
              [2, '/etc/passwd'],
            ],
          ],
          [14, 1],
        ),
      ),
    ],
    ['data in another file, by its mark alone', 'onnx-external-data', model(tensor([1, 0], [2, 1], [14, 1]))],
    ['a tensor that says more than it holds', 'onnx-tensor', model(tensor([1, 1000], [2, 1], [9, new Uint8Array(8)]))],
    ['a tensor that says nothing of its 8 bytes', 'onnx-tensor', model(tensor([1, 1], [2, 1], [9, new Uint8Array(8)]))],
    [
      'sizes whose product overflows',
      'onnx-too-large',
      model(tensor([1, 2 ** 40], [1, 2 ** 40], [1, 2 ** 40], [2, 1], [9, new Uint8Array(0)])),
    ],
    ['a negative size', 'onnx-tensor', model(tensor([1, -2], [1, -1], [2, 1], [9, new Uint8Array(8)]))],
    [
      'a huge tensor hidden in an attribute of an inner graph',
      'onnx-too-large',
      model([
        1,
        [
          [
            5,
            [
              [
                6,
                [
                  [
                    1,
                    [
                      [
                        5,
                        [
                          [
                            5,
                            [
                              [1, 2 ** 33],
                              [2, 1],
                            ],
                          ],
                        ],
                      ],
                    ],
                  ],
                ],
              ],
            ],
          ],
        ],
      ]),
    ],
    ['an unknown element type', 'onnx-tensor', model(tensor([1, 2], [2, 99], [9, new Uint8Array(8)]))],
    [
      'operators of somebody else',
      'onnx-domain',
      model([
        1,
        [
          [4, 'Own'],
          [7, 'com.example'],
        ],
      ]),
    ],
    [
      'the same in an inner graph',
      'onnx-domain',
      model([
        1,
        [
          [4, 'If'],
          [
            5,
            [
              [
                6,
                [
                  [
                    1,
                    [
                      [4, 'Own'],
                      [7, 'com.example'],
                    ],
                  ],
                ],
              ],
            ],
          ],
        ],
      ]),
    ],
    [
      'functions',
      'onnx-functions',
      encode([
        [1, 8],
        [7, []],
        [25, [[1, 'f']]],
      ]),
    ],
    [
      'training steps',
      'onnx-training',
      encode([
        [1, 8],
        [7, []],
        [20, []],
      ]),
    ],
    ['sparse tensors', 'onnx-sparse', model([15, []])],
    ['graphs nested without end', 'onnx-too-deep', model(nested(40))],
    ['no graph', 'onnx-malformed', encode([[1, 8]])],
    [
      'two graphs',
      'onnx-malformed',
      encode([
        [1, 8],
        [7, []],
        [7, []],
      ]),
    ],
    ['nothing', 'onnx-malformed', new Uint8Array(0)],
    ['a text', 'onnx-malformed', Uint8Array.from('{"ir_version": 8}', (c) => c.charCodeAt(0))],
  ];
  test.each(refused)('%s: %s', (_, expected, file) => expect(code(file)).toBe(expected));

  test('limits', () => {
    const file = network();
    expect(code(file, { bytes: file.length - 1 })).toBe('onnx-too-large');
    expect(code(file, { nodes: 3 })).toBe('onnx-too-large');
    expect(code(file, { elements: 14 })).toBe('onnx-too-large');
    expect(code(file, { nodes: 6, elements: 15, bytes: file.length })).toBeUndefined();
    expect(
      code(
        model([
          1,
          [
            [4, 'Own'],
            [7, 'com.microsoft'],
          ],
        ]),
        { domains: ['com.microsoft'] },
      ),
    ).toBeUndefined();
  });

  test('every truncation of a model is refused or still whole messages; none throws', () => {
    const file = network();
    for (let length = 0; length < file.length; length++) {
      const read = inspectOnnx(file.subarray(0, length));
      if (read.ok) expect(read.value.operatorSets.size + read.value.metadata.size).toBeLessThan(3);
    }
  });

  test('random bytes and altered models never throw', () => {
    const file = network();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        inspectOnnx(bytes);
      }),
      { numRuns: 2000, seed: 1 },
    );
    const edit = fc.record({ at: fc.nat(file.length - 1), value: fc.integer({ min: 0, max: 255 }), cut: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        let bytes = [...file];
        for (const { at, value, cut } of edits) {
          bytes[at % bytes.length] = value;
          if (cut === 1) bytes = bytes.filter((_, i) => i !== at);
          if (cut === 2) bytes.splice(at, 0, value, value);
        }
        const read = inspectOnnx(Uint8Array.from(bytes));
        if (!read.ok) expect(read.issues[0]?.code).toMatch(/^onnx-/u);
      }),
      { numRuns: 3000, seed: 2 },
    );
  });
});
