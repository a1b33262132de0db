import { BroughtFailure, type Issue, type Result, type SamplerFunction } from '@doable/engine';

export interface HttpOptions {
  /** Hosts (`host` or `host:port`) beside this machine that rows may be sent to. */
  readonly allow?: readonly string[];
  /** Seconds that an answer may take; 120 unless given. */
  readonly seconds?: number;
}

const here = new Set(['127.0.0.1', '[::1]', 'localhost']);
/** Longest answer, in bytes. */
const longest = 2 ** 28;

/**
 * A sampler behind HTTP: `POST {"n": 2, "given": {"X": [0, 1]}, "noise": [...]}` (all row-major), answered by
 * `{"samples": [...]}`. Only addresses of this machine unless the host is allowed: the conditions of every row drawn are sent there.
 * Redirects are not followed. Issues: `brought-url`, `brought-remote`; a warning `brought-sends-data` for hosts beyond this machine.
 */
export function httpSampler(address: string, { allow = [], seconds = 120 }: HttpOptions = {}): Result<SamplerFunction> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return refused({
      code: 'brought-url',
      message: `url is no HTTP address: ${address}.`,
      hint: 'For example http://127.0.0.1:8000/sample.',
    });
  const local = here.has(url.hostname);
  if (!local && !allow.includes(url.host) && !allow.includes(url.hostname))
    return refused({
      code: 'brought-remote',
      message: `url is at ${url.host}: the conditions of every row, which are your data, would leave this machine.`,
      hint: `If that is what you want, allow the host ${url.host} by name.`,
    });
  const sampler: SamplerFunction = async (given, noise, n) => {
    const body = JSON.stringify({
      n,
      given: Object.fromEntries(Object.entries(given).map(([name, values]) => [name, Array.from(values)])),
      noise: Array.from(noise),
    });
    let text: string;
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(seconds * 1000),
      });
      if (!response.ok) throw new Error(`it answers ${response.status}`);
      text = await limited(response);
    } catch (error) {
      if (error instanceof BroughtFailure) throw error;
      const why =
        error instanceof Error && error.name === 'TimeoutError' ? `no answer within ${seconds} seconds` : (error as Error).message;
      throw new BroughtFailure('brought-http', `The sampler at ${url.host} failed: ${why}.`, 'Is it running?');
    }
    const samples = samplesIn(text);
    if (samples === undefined)
      throw new BroughtFailure(
        'brought-http',
        `The sampler at ${url.host} gave no {"samples": [numbers]}.`,
        'Answer with one number per value, row by row.',
      );
    return samples;
  };
  return {
    ok: true,
    value: sampler,
    ...(!local && {
      warnings: [{ code: 'brought-sends-data', message: `The conditions of every row drawn are sent to ${url.host}, as you allowed.` }],
    }),
  };
}

async function limited(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  if (response.body === null) return '';
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > longest) throw new BroughtFailure('brought-http', `The sampler's answer is longer than ${longest / 2 ** 20} MiB.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function samplesIn(text: string): number[] | undefined {
  try {
    const { samples } = JSON.parse(text) as { readonly samples?: unknown };
    if (!Array.isArray(samples)) return undefined;
    const flat = samples.flat(8) as unknown[];
    return flat.every((value) => typeof value === 'number') ? (flat as number[]) : undefined;
  } catch {
    return undefined;
  }
}

const refused = (issue: Issue): Result<never> => ({ ok: false, issues: [issue] });
