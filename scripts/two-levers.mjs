/**
 * Writes examples/data/two-levers-*-simulated.csv: weeks of a made-up shop that spends on television and on advertisements in the web.
 * `node scripts/two-levers.mjs --check` writes nothing and fails where a file differs. Needs a build.
 *
 *     sales = 40 + 20 (1 - e^(-tv / 4)) + (1.5 tv + 6) demand + 2.5 web - 0.15 web^2 + 0.8 web mood + 3 mood^2 + noise
 *     tv = 6 + 1.3 demand + 0.9 z1,   web = 2 + 0.3 tv + mood + 0.8 z2
 *
 * with demand, mood, z1 and z2 standard normal and noise of standard deviation 2; nobody records demand and mood. Hence
 * E[sales | do(tv, web)] = 43 + 20 (1 - e^(-tv / 4)) + 2.5 web - 0.15 web^2. Where tv is set it is uniform on [3, 9]; web, on [1.5, 6.5].
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Random } from '@doable/engine';

const folder = fileURLToPath(new URL('../examples/data/', import.meta.url));
const seed = 4;
const regimes = [
  { name: 'watched', weeks: 5000, set: [] },
  { name: 'tv', weeks: 3000, set: ['tv'] },
  { name: 'web', weeks: 3000, set: ['web'] },
];

function weeksOf({ name, weeks, set }) {
  const random = new Random(seed, 'two levers', name);
  const lines = ['tv,web,sales'];
  while (lines.length <= weeks) {
    const [demand, mood] = [random.normal(), random.normal()];
    const tv = set.includes('tv') ? 3 + 6 * random.next() : 6 + 1.3 * demand + 0.9 * random.normal();
    const web = set.includes('web') ? 1.5 + 5 * random.next() : 2 + 0.3 * tv + mood + 0.8 * random.normal();
    const sales =
      40 +
      20 * (1 - Math.exp(-tv / 4)) +
      (1.5 * tv + 6) * demand +
      2.5 * web -
      0.15 * web * web +
      0.8 * web * mood +
      3 * mood * mood +
      2 * random.normal();
    lines.push(`${tv.toFixed(2)},${web.toFixed(2)},${sales.toFixed(1)}`);
  }
  return `${lines.join('\n')}\n`;
}

for (const regime of regimes) {
  const file = `${folder}two-levers-${regime.name}-simulated.csv`;
  if (!process.argv.includes('--check')) writeFileSync(file, weeksOf(regime));
  else if (readFileSync(file, 'utf8') !== weeksOf(regime)) {
    console.error(`${file} is not what the script makes.`);
    process.exitCode = 1;
  }
}
