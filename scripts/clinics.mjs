/**
 * Writes examples/data/clinics-simulated.csv: 400 made-up clinics, 15 patients each, counted. `node scripts/clinics.mjs --check` writes
 * nothing and fails where the file differs. Needs a build.
 *
 * Each clinic has shares of its own, independent of each other:
 *
 *     P(reminded) ~ Beta(1, 2)
 *     P(adheres | not reminded) ~ Beta(1, 3),    P(adheres | reminded) ~ Beta(4, 2)
 *     P(controlled | does not adhere) ~ Beta(1, 4),    P(controlled | adheres) ~ Beta(5, 2)
 *
 * Hence reminded -> adheres -> controlled, and in a new clinic P(controlled=yes | do(adheres=yes)) = 5/7, P(controlled=yes |
 * do(adheres=no)) = 1/5, P(controlled=yes | do(reminded=yes)) = 2/3 * 5/7 + 1/3 * 1/5 = 19/35.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Random } from '@doable/engine';

const file = fileURLToPath(new URL('../examples/data/clinics-simulated.csv', import.meta.url));
const [clinics, patients, seed] = [400, 15, 6];

function text() {
  const lines = ['clinic,reminded,adheres,controlled,n'];
  for (let clinic = 1; clinic <= clinics; clinic++) {
    const random = new Random(seed, 'clinics', clinic);
    const reminded = random.beta(1, 2);
    const adheres = [random.beta(1, 3), random.beta(4, 2)];
    const controlled = [random.beta(1, 4), random.beta(5, 2)];
    const counts = new Map();
    for (let patient = 0; patient < patients; patient++) {
      const r = random.next() < reminded ? 1 : 0;
      const a = random.next() < adheres[r] ? 1 : 0;
      const c = random.next() < controlled[a] ? 1 : 0;
      const cell = [r, a, c].map((one) => (one === 1 ? 'yes' : 'no')).join();
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    for (const cell of [...counts.keys()].sort()) lines.push(`${clinic},${cell},${counts.get(cell)}`);
  }
  return `${lines.join('\n')}\n`;
}

if (!process.argv.includes('--check')) writeFileSync(file, text());
else if (readFileSync(file, 'utf8') !== text()) {
  console.error(`${file} is not what the script makes.`);
  process.exitCode = 1;
}
