import type { Batch, ColumnType, ColumnValues } from '../../generative/terms.ts';
import type { Random } from '../../math/random.ts';
import { type DiscreteModel, numberedLevels } from '../../model/mechanism.ts';
import type { Exemplars } from './exemplars.ts';
import { drawCells, drawLabels, exactLaw, type LabelLaw, labelModel, mostly } from './label-model.ts';
import { colours, drawRecipe, type Recipe, renderRecipe, thicknesses } from './render.ts';

/** What a coloured digit shows; each a level index. */
export interface DigitAttributes {
  readonly digit: number;
  readonly colour: number;
  readonly thickness: number;
}

/** The causal graph of the pictures: W1, X and Y are images, W2 is a digit with a colour. */
export const napkinGraph = 'W1 -> W2_digit; W1 -> W2_colour; W2_digit -> X; W2_colour -> X; X -> Y; W1 <-> X; W1 <-> Y';

/** Red, green and blue against cyan, magenta and yellow. */
const groups = 2;
const groupSize = colours.length / groups;
const groupOf = (colour: number): number => Math.floor(colour / groupSize);
const inGroup = (group: number, place: number): number => group * groupSize + place;

/**
 * The labels of coloured digits on the napkin graph, after Napkin-MNIST of Rahman, Jordan and Kocaoglu (ID-GEN, NeurIPS 2024); the
 * probabilities are ours, the paper does not print its own. The hidden colour leans on the colours of W1 and X; the hidden
 * thickness shows in the strokes of W1 and decides which half of the colours Y takes. W2 reads off W1 a digit and a colour, of the half
 * that the strokes of W1 stand for. So a red X mostly means that Y is red, green or blue, while do(red X) leaves both halves even. All
 * probabilities are positive. `digits`: how many classes are in play (default 10).
 */
export function napkinLabels(digits: number = 10): DiscreteModel {
  const digit = numberedLevels(digits);
  const six = colours.length;
  const laws: LabelLaw[] = [
    { name: 'U_colour', levels: colours, inputs: [], hidden: true, law: () => mostly(six) },
    { name: 'U_thickness', levels: thicknesses, inputs: [], hidden: true, law: () => mostly(2) },
    { name: 'W1_digit', levels: digit, inputs: [], law: () => mostly(digits) },
    { name: 'W1_colour', levels: colours, inputs: ['U_colour'], law: (u) => mostly(six, [u, 0.8]) },
    { name: 'W1_thickness', levels: thicknesses, inputs: ['U_thickness'], law: (u) => mostly(2, [u, 0.9]) },
    { name: 'W2_digit', levels: digit, inputs: ['W1_digit'], law: (d) => mostly(digits, [d, 0.85]) },
    {
      name: 'W2_colour',
      levels: colours,
      inputs: ['W1_colour', 'W1_thickness'],
      // Thick strokes: the primaries.
      law: (colour, thick) => mostlyInGroup(1 - thick, colour % groupSize, { place: 0.5, group: 0.35 }),
    },
    { name: 'X_digit', levels: digit, inputs: ['W2_digit'], law: (d) => mostly(digits, [d, 0.85]) },
    { name: 'X_colour', levels: colours, inputs: ['W2_colour', 'U_colour'], law: (w2, u) => mostly(six, [w2, 0.8], [u, 0.1]) },
    { name: 'X_thickness', levels: thicknesses, inputs: ['U_colour'], law: (u) => mostly(2, [groupOf(u), 0.4]) },
    {
      name: 'Y_digit',
      levels: digit,
      inputs: ['X_digit', 'U_thickness'],
      law: (d, thick) => mostly(digits, [d, 0.55], [(d + (thick === 1 ? 1 : digits - 1)) % digits, 0.35]),
    },
    {
      name: 'Y_colour',
      levels: colours,
      inputs: ['X_colour', 'U_thickness'],
      law: (colour, thick) => mostlyInGroup(1 - thick, colour % groupSize, { place: 0.15, group: 0.8 }),
    },
    { name: 'Y_thickness', levels: thicknesses, inputs: ['X_thickness', 'U_thickness'], law: (x, u) => mostly(2, [x, 0.5], [u, 0.3]) },
  ];
  return labelModel(laws);
}

/** One colour of a group, any colour of the group, or any colour at all, with the shares given. */
function mostlyInGroup(group: number, place: number, shares: { readonly place: number; readonly group: number }): Float64Array {
  const members = Array.from({ length: groupSize }, (_, i) => [inGroup(group, i), shares.group / groupSize] as const);
  return mostly(colours.length, [inGroup(group, place), shares.place], ...members);
}

const partsOf = (image: 'W1' | 'X' | 'Y'): [string, string, string] => [`${image}_digit`, `${image}_colour`, `${image}_thickness`];
const settingOf = ({ digit, colour, thickness }: DigitAttributes): Readonly<Record<string, number>> => ({
  X_digit: digit,
  X_colour: colour,
  X_thickness: thickness,
});

/** Sizes of the attribute table of Y: digits, colours, thicknesses (last fastest). */
export const attributeSizes = (digits: number): readonly [number, number, number] => [digits, colours.length, thicknesses.length];

/** The exact laws of the attributes of Y, over digit x colour x thickness (last fastest). */
export interface NapkinTruth {
  /** P(attributes of Y | do(X = x)). Equal to the law under do(an image with the attributes x): Y depends on X through them alone. */
  readonly interventional: Float64Array;
  /** P(attributes of Y | X = x), what a model of the plain conditional samples. */
  readonly conditional: Float64Array;
}

export function napkinTruth(labels: DiscreteModel, x: DigitAttributes): NapkinTruth {
  return {
    interventional: exactLaw(labels, partsOf('Y'), { set: settingOf(x) }),
    conditional: exactLaw(labels, partsOf('Y'), { given: settingOf(x) }),
  };
}

/** Rows as labels and recipes: pictures are made when asked for, since many rows of them fill a memory. */
export interface NapkinRows {
  readonly rows: number;
  /** Level indices of W1_digit, ..., Y_thickness. */
  readonly labels: ReadonlyMap<string, Int32Array>;
  readonly recipes: Readonly<Record<'W1' | 'X' | 'Y', Recipe>>;
}

/** Rows of the napkin process; `doing` cuts X off from its causes and sets its attributes (its exemplar and jitter stay random). */
export function drawNapkin(labels: DiscreteModel, exemplars: Exemplars, rows: number, random: Random, doing?: DigitAttributes): NapkinRows {
  const drawn = drawLabels(labels, rows, random.split('labels'), doing === undefined ? {} : { set: settingOf(doing) });
  const recipe = (image: 'W1' | 'X' | 'Y'): Recipe => {
    const [digit, colour, thickness] = partsOf(image).map((name) => drawn.get(name) as Int32Array) as [Int32Array, Int32Array, Int32Array];
    return drawRecipe(exemplars, { class: digit, colour, thickness }, random.split(image));
  };
  return { rows, labels: drawn, recipes: { W1: recipe('W1'), X: recipe('X'), Y: recipe('Y') } };
}

/** Pictures of digits whose attributes follow a law over digit x colour x thickness. */
export function drawDigits(law: ArrayLike<number>, exemplars: Exemplars, rows: number, random: Random): DigitPictures {
  const sizes = attributeSizes(law.length / (colours.length * thicknesses.length));
  const [digit, colour, thickness] = drawCells(law, sizes, rows, random.split('attributes')) as [Int32Array, Int32Array, Int32Array];
  return { recipe: drawRecipe(exemplars, { class: digit, colour, thickness }, random.split('pictures')), digit, colour, thickness };
}

export interface DigitPictures {
  readonly recipe: Recipe;
  readonly digit: Int32Array;
  readonly colour: Int32Array;
  readonly thickness: Int32Array;
}

/** The types of the four columns that a sampler sees. */
export function napkinTypes(digits: number, side: number): ReadonlyMap<string, ColumnType> {
  const image: ColumnType = { kind: 'tensor', shape: [3, side, side], range: [0, 1] };
  return new Map<string, ColumnType>([
    ['W1', image],
    ['W2_digit', { kind: 'finite', levels: numberedLevels(digits) }],
    ['W2_colour', { kind: 'finite', levels: colours }],
    ['X', image],
    ['Y', image],
  ]);
}

/** Rows `from` up to `to` as the four columns that a sampler sees. */
export function napkinBatch(drawn: NapkinRows, exemplars: Exemplars, from: number = 0, to: number = drawn.rows): Batch {
  const w2 = (name: 'W2_digit' | 'W2_colour'): ColumnValues => ({
    kind: 'finite',
    values: (drawn.labels.get(name) as Int32Array).subarray(from, to),
  });
  return {
    rows: to - from,
    columns: new Map<string, ColumnValues>([
      ['W1', renderRecipe(exemplars, drawn.recipes.W1, from, to)],
      ['W2_digit', w2('W2_digit')],
      ['W2_colour', w2('W2_colour')],
      ['X', renderRecipe(exemplars, drawn.recipes.X, from, to)],
      ['Y', renderRecipe(exemplars, drawn.recipes.Y, from, to)],
    ]),
  };
}
