import type { Batch, ColumnType, ColumnValues } from '../../generative/terms.ts';
import type { Random } from '../../math/random.ts';
import { type DiscreteModel, numberedLevels } from '../../model/mechanism.ts';
import type { Exemplars } from './exemplars.ts';
import { drawLabels, exactLaw, type LabelLaw, labelModel, mostly } from './label-model.ts';
import { colours, drawRecipe, type Recipe, renderRecipe, textures } from './render.ts';

/** The class and the colour are confounded, I1 shows both, I2 is I1 translated. */
export const auditGraph = 'Class -> I1; Colour -> I1; Class <-> Colour; I1 -> I2';

export const auditAttributes = ['class', 'colour', 'texture'] as const;
export const auditSizes = (classes: number): readonly number[] => [classes, colours.length, textures.length];

/** The class that the translator turns a class into: its neighbour in pairs. */
export const translatedClass = (garment: number, classes: number): number => (garment % 2 === 0 ? (garment + 1) % classes : garment - 1);
/** Two colours that go with a class in the observed data. */
const usual = (garment: number): readonly [number, number] => [(2 * garment) % colours.length, (2 * garment + 1) % colours.length];

/**
 * Labels of an attribute audit: which attributes does an image translator change that it was not asked to? Shaped like the CelebA example of
 * Rahman, Jordan and Kocaoglu (ID-GEN, NeurIPS 2024) with garments (or digits) in place of faces: a stand-in with made-up probabilities, whose
 * answers say nothing about faces or about the published translators. Hidden taste confounds class and colour. The translator turns a class
 * into its partner and, as one trained on confounded data would, often brings along the colours that usually go with the partner, and sometimes
 * stripes.
 */
export function auditLabels(classes: number = 10): DiscreteModel {
  const six = colours.length;
  const garments = numberedLevels(classes);
  const laws: LabelLaw[] = [
    { name: 'U_taste', levels: numberedLevels(3), inputs: [], hidden: true, law: () => mostly(3) },
    {
      name: 'Class',
      levels: garments,
      inputs: ['U_taste'],
      law: (taste) => {
        const own = garments.map((_, garment) => (garment % 3 === taste ? 1 : 0));
        const count = own.reduce((sum: number, one) => sum + one, 0);
        return count === 0 ? mostly(classes) : own.map((one) => (0.75 * one) / count + 0.25 / classes);
      },
    },
    { name: 'Colour', levels: colours, inputs: ['U_taste'], law: (taste) => mostly(six, [2 * taste, 0.4], [2 * taste + 1, 0.4]) },
    { name: 'I1_class', levels: garments, inputs: ['Class'], law: (garment) => mostly(classes, [garment, 1]) },
    { name: 'I1_colour', levels: colours, inputs: ['Colour'], law: (colour) => mostly(six, [colour, 0.95]) },
    { name: 'I1_texture', levels: textures, inputs: ['Class'], law: (garment) => mostly(2, [garment % 2, 0.3]) },
    {
      name: 'I2_class',
      levels: garments,
      inputs: ['I1_class'],
      law: (garment) => mostly(classes, [translatedClass(garment, classes), 0.9], [garment, 0.1]),
    },
    {
      name: 'I2_colour',
      levels: colours,
      inputs: ['I1_colour', 'I1_class'],
      law: (colour, garment) => {
        const [a, b] = usual(translatedClass(garment, classes));
        return mostly(six, [colour, 0.4], [a, 0.3], [b, 0.3]);
      },
    },
    {
      name: 'I2_texture',
      levels: textures,
      inputs: ['I1_texture', 'I1_colour'],
      law: (texture, colour) => (texture === 1 ? mostly(2, [1, 0.9]) : mostly(2, [0, colour < 3 ? 0.6 : 0.9], [1, colour < 3 ? 0.4 : 0.1])),
    },
  ];
  return labelModel(laws);
}

/** The exact audit of one class, over class x colour x texture of I2 (last fastest). */
export interface AuditTruth {
  readonly interventional: Float64Array;
  readonly conditional: Float64Array;
  /** P(attribute of I2 differs from that of I1), which the translator was not asked to change: under do(Class) and given Class. */
  readonly changed: Readonly<Record<'colour' | 'texture', { readonly interventional: number; readonly conditional: number }>>;
}

export function auditTruth(labels: DiscreteModel, garment: number): AuditTruth {
  const law = (of: readonly string[], doing: boolean): Float64Array =>
    exactLaw(labels, of, doing ? { set: { Class: garment } } : { given: { Class: garment } });
  const changed = (attribute: 'colour' | 'texture') => {
    const share = (doing: boolean): number => {
      const pairs = law([`I1_${attribute}`, `I2_${attribute}`], doing);
      const size = Math.round(Math.sqrt(pairs.length));
      return pairs.reduce((sum, p, cell) => sum + (Math.floor(cell / size) === cell % size ? 0 : p), 0);
    };
    return { interventional: share(true), conditional: share(false) };
  };
  const shown = auditAttributes.map((attribute) => `I2_${attribute}`);
  return {
    interventional: law(shown, true),
    conditional: law(shown, false),
    changed: { colour: changed('colour'), texture: changed('texture') },
  };
}

export interface AuditRows {
  readonly rows: number;
  /** Class, Colour and the attributes of both images as level indices. */
  readonly labels: ReadonlyMap<string, Int32Array>;
  readonly recipes: Readonly<Record<'I1' | 'I2', Recipe>>;
}

/** Rows of the audit; the two images of a row show different exemplars. `doing` sets the class. */
export function drawAudit(labels: DiscreteModel, exemplars: Exemplars, rows: number, random: Random, doing?: number): AuditRows {
  const drawn = drawLabels(labels, rows, random.split('labels'), doing === undefined ? {} : { set: { Class: doing } });
  const recipe = (image: 'I1' | 'I2'): Recipe => {
    const [garment, colour, texture] = auditAttributes.map((attribute) => drawn.get(`${image}_${attribute}`) as Int32Array) as [
      Int32Array,
      Int32Array,
      Int32Array,
    ];
    return drawRecipe(exemplars, { class: garment, colour, texture }, random.split(image));
  };
  return { rows, labels: drawn, recipes: { I1: recipe('I1'), I2: recipe('I2') } };
}

export function auditTypes(classes: number, side: number): ReadonlyMap<string, ColumnType> {
  const image: ColumnType = { kind: 'tensor', shape: [3, side, side], range: [0, 1] };
  return new Map<string, ColumnType>([
    ['Class', { kind: 'finite', levels: numberedLevels(classes) }],
    ['Colour', { kind: 'finite', levels: colours }],
    ['I1', image],
    ['I2', image],
  ]);
}

/** Rows `from` up to `to` as the four columns that a sampler sees. */
export function auditBatch(drawn: AuditRows, exemplars: Exemplars, from: number = 0, to: number = drawn.rows): Batch {
  const finite = (name: string): ColumnValues => ({ kind: 'finite', values: (drawn.labels.get(name) as Int32Array).slice(from, to) });
  return {
    rows: to - from,
    columns: new Map<string, ColumnValues>([
      ['Class', finite('Class')],
      ['Colour', finite('Colour')],
      ['I1', renderRecipe(exemplars, drawn.recipes.I1, from, to)],
      ['I2', renderRecipe(exemplars, drawn.recipes.I2, from, to)],
    ]),
  };
}
