/**
 * Writes examples/data/digits-simulated.csv: 1,500 digits of optdigits (8 x 8 pixels, ink from 0 to 16), written as a made-up rule says.
 * `node scripts/digits.mjs --check` writes nothing and fails where the file differs. Needs a build.
 *
 *     P(Pen = pencil) = 1/2
 *     P(Label is even | pencil) = 4/5,    P(Label is even | ink) = 1/5;    evenly among the five digits of its kind
 *     Scan: a picture of optdigits of that label, each as likely; a pencil leaves half of the ink, rounded
 *
 * Hence Pen -> Label -> Scan, Pen -> Scan. Of the 4s that are seen, 4 in 5 are in pencil; of those of P(Scan | do(Label=4)), half are.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Random } from '@doable/engine';

const place = (path) => fileURLToPath(new URL(path, import.meta.url));
const file = place('../examples/data/digits-simulated.csv');
const [rows, seed, pixels] = [1500, 8, 64];
const unpacked = (part, header) => gunzipSync(readFileSync(place(`../packages/doable/data/optdigits-train-${part}.gz`))).subarray(header);

function text() {
  const [images, labels] = [unpacked('images', 16), unpacked('labels', 8)];
  const of = Array.from({ length: 10 }, (_, digit) => [...labels.keys()].filter((i) => labels[i] === digit));
  const random = new Random(seed, 'digits');
  const lines = [['Pen', 'Label', ...Array.from({ length: pixels }, (_, i) => `Scan.${i}`)].join(',')];
  for (let row = 0; row < rows; row++) {
    const pencil = random.next() < 0.5;
    const even = random.next() < (pencil ? 0.8 : 0.2);
    const label = 2 * random.integer(5) + (even ? 0 : 1);
    const picture = of[label][random.integer(of[label].length)];
    const ink = [...images.subarray(picture * pixels, (picture + 1) * pixels)];
    lines.push([pencil ? 'pencil' : 'ink', label, ...ink.map((value) => (pencil ? Math.round(value / 2) : value))].join(','));
  }
  return `${lines.join('\n')}\n`;
}

const made = text();
if (!process.argv.includes('--check')) writeFileSync(file, made);
else if (readFileSync(file, 'utf8') !== made) {
  process.stderr.write(`${file} is not what this script writes.\n`);
  process.exitCode = 1;
}
