import type { Manifest } from './manifest.ts';

/** One denoising step: what the model is told as time, and the shares of signal before and after. */
export interface DenoisingStep {
  readonly time: number;
  readonly now: number;
  readonly next: number;
}

/**
 * Shares of signal (cumulative products of 1 - beta) per step of training. linear: Ho, Jain and Abbeel 2020; scaled-linear: the
 * square roots of the betas are evenly spaced (Rombach et al. 2022); cosine: Nichol and Dhariwal 2021, betas cut at 0.999.
 */
export function signalShares({
  alphasCumulative,
  betas,
  from = 1e-4,
  to = 0.02,
  length = 1000,
}: NonNullable<Manifest['schedule']>): readonly number[] {
  if (alphasCumulative !== undefined) return alphasCumulative;
  const shares: number[] = [];
  const cosine = (t: number): number => Math.cos(((t / length + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  let product = 1;
  for (let i = 0; i < length; i++) {
    const share = length === 1 ? 0 : i / (length - 1);
    const beta =
      betas === 'cosine'
        ? Math.min(0.999, 1 - cosine(i + 1) / cosine(i))
        : betas === 'scaled-linear'
          ? (Math.sqrt(from) + share * (Math.sqrt(to) - Math.sqrt(from))) ** 2
          : from + share * (to - from);
    product *= 1 - beta;
    shares.push(product);
  }
  return shares;
}

/** Evenly spaced steps from the noisiest of the training to none (DDIM, Song, Meng and Ermon 2021). */
export function denoisingSteps(schedule: NonNullable<Manifest['schedule']>, wanted = 50): readonly DenoisingStep[] {
  const shares = signalShares(schedule);
  const last = shares.length - 1;
  const count = Math.min(wanted, shares.length);
  const indices = Array.from({ length: count }, (_, i) => (count === 1 ? last : Math.round((last * (count - 1 - i)) / (count - 1))));
  return indices.map((index, i) => ({
    time: schedule.time === 'fraction' ? index / Math.max(1, last) : index,
    now: shares[index] as number,
    next: i + 1 < count ? (shares[indices[i + 1] as number] as number) : 1,
  }));
}
