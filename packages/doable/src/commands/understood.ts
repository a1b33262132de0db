import type { Problem } from '@doable/engine';
import { listed } from '@doable/engine/present';

const most = 12;

/** What was understood of a problem, in a few lines, so that a wrong reading is seen. */
export function understood({ title, notes, graph, studies }: Problem): string {
  const shown = notes.slice(0, most);
  const more = notes.length - shown.length;
  const measured = new Set(studies.flatMap((study) => study.measured));
  const latent = [...(graph?.variables.values() ?? [])].flatMap(({ name, latent: hidden }) =>
    hidden === true && !measured.has(name) ? [name] : [],
  );
  return [
    ...(title === undefined ? [] : [title]),
    ...shown.map((note) => `  ${note}`),
    ...(more > 0 ? [`  and ${more} more (doable check shows all)`] : []),
    ...(latent.length > 0 ? [`  not measured: ${listed(latent)}`] : []),
  ].join('\n');
}
