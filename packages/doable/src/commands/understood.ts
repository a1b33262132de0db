import type { Problem } from '@doable/engine';
import { listed } from '@doable/engine/present';

const most = 12;

/** What was understood of a problem, in a few lines, so that a wrong reading is seen. */
export function understood({ title, notes, graph }: Problem): string {
  const shown = notes.slice(0, most);
  const more = notes.length - shown.length;
  const latent = [...(graph?.variables.values() ?? [])].filter((variable) => variable.latent === true).map(({ name }) => name);
  return [
    ...(title === undefined ? [] : [title]),
    ...shown.map((note) => `  ${note}`),
    ...(more > 0 ? [`  and ${more} more (doable check shows all)`] : []),
    ...(latent.length > 0 ? [`  not measured: ${listed(latent)}`] : []),
  ].join('\n');
}
