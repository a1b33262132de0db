/**
 * The whole of Figure 2 of the paper on joint effects, end to end: 100 models, 7 regimes of 100,000 records each (records drawn, moments, fit,
 * errors on the held-out fifth), in two processes; and peak memory of one model with a hundred times as many records, in processes of their own.
 * Predicted: at most two minutes on two idle cores; memory flat in the number of records.
 *
 *     node bench/dist/joint.js [models = 100] [records = 1e5]
 */
import { execFile, execFileSync } from 'node:child_process';
import { argv, execPath, resourceUsage } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Average, estimators, type FigureModel, type FigureSettings, inlinePool, summariseFigure } from '@doable/engine';
import { taskKinds } from '@doable/engine/tasks';

const settings = (records: number): FigureSettings => ({
  seed: 0,
  models: { noise: 'log-scale', arrows: 'code' },
  records: { observational: records, single: records, joint: records },
});
const text = ({ mean, standardError }: Average): string => `${mean.toFixed(4)} +- ${standardError.toFixed(4)}`;

const itself = fileURLToPath(import.meta.url);

interface Share {
  readonly models: readonly FigureModel[];
  readonly processor: number;
  readonly megabytes: number;
}

/** Every other model. */
async function share(first: number, models: number, records: number): Promise<Share> {
  const indices = Array.from({ length: models }, (_, index) => index).filter((index) => index % 2 === first);
  const found = await inlinePool(taskKinds).map<FigureSettings, number, FigureModel>('joint', settings(records), indices);
  const { userCPUTime, systemCPUTime, maxRSS } = resourceUsage();
  return {
    models: found.filter((one) => one !== undefined),
    processor: (userCPUTime + systemCPUTime) / 1e6,
    megabytes: maxRSS / 1024,
  };
}

const shareOf = (first: number, models: number, records: number): Share =>
  JSON.parse(execFileSync(execPath, [itself, 'share', String(first), String(models), String(records)], { encoding: 'utf8' })) as Share;

async function main(): Promise<void> {
  const [, , ...words] = argv;
  if (words[0] === 'share') {
    const [first, models, records] = words.slice(1).map(Number) as [number, number, number];
    console.log(JSON.stringify(await share(first, models, records)));
    return;
  }
  const [models = 100, records = 1e5] = words.map(Number);
  const start = performance.now();
  const shares = await Promise.all(
    [0, 1].map(async (first) => {
      const { stdout } = await promisify(execFile)(execPath, [itself, 'share', String(first), String(models), String(records)], {
        maxBuffer: 2 ** 28,
      });
      return JSON.parse(stdout) as Share;
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const found = shares.flatMap((one) => one.models);
  const processor = shares.reduce((sum, one) => sum + one.processor, 0);
  const megabytes = Math.max(...shares.map((one) => one.megabytes));
  const { estimators: errors, checks } = summariseFigure(found);
  console.log(
    `${models} models x 7 regimes x ${records} records: ${seconds.toFixed(1)} s in two processes (predicted: at most 120 s on two idle cores)`,
  );
  console.log(`processor time ${processor.toFixed(1)} s, peak RSS ${Math.round(megabytes)} MB of each`);
  for (const name of estimators) console.log(`${name.padEnd(14)} noisy ${text(errors[name].noisy)}   truth ${text(errors[name].truth)}`);
  for (const { what, ratio, most, met } of checks) console.log(`${what}: ${ratio.toFixed(4)} (at most ${most}) ${met ? 'met' : 'MISSED'}`);
  const [small, large] = [1e4, 1e6].map((rows) => shareOf(0, 1, rows).megabytes) as [number, number];
  console.log(`peak RSS of one model: ${Math.round(small)} MB at 1e4 records a regime, ${Math.round(large)} MB at 1e6`);
  if (checks.some(({ met }) => !met) || large > small + 40) process.exitCode = 1;
}

await main();
