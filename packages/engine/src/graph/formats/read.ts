import { type Result, success } from '../../run/issue.ts';
import type { Graph } from '../graph.ts';
import { parseBif } from './bif.ts';
import { parseDagitty } from './dagitty.ts';
import { parseDot } from './dot.ts';
import { parseJson } from './json.ts';
import { parseLavaan } from './lavaan.ts';

export type GraphFormat = 'dagitty' | 'dot' | 'lavaan' | 'json' | 'bif';

/** Reads a graph in whichever of the known notations it is written. Issues: as the reader of that notation. */
export function readGraph(text: string, file?: string): Result<Graph> {
  switch (formatOf(text)) {
    case 'json':
      return parseJson(text, file);
    case 'dot':
      return parseDot(text, file);
    case 'lavaan':
      return parseLavaan(text, file);
    case 'bif': {
      const network = parseBif(text, file);
      return network.ok ? success(network.value.graph, network.warnings) : network;
    }
    case 'dagitty':
      return parseDagitty(text, file);
  }
}

/** The notation a text is written in; dagitty if nothing speaks for another one. */
export function formatOf(text: string): GraphFormat {
  const bare = text
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""')
    .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|#[^\n]*/g, ' ')
    .trimStart();
  if (/^\{\s*(?:""\s*:|\})/.test(bare) || /^\[/.test(bare)) return 'json';
  if (/^(?:strict\s+)?digraph\b/i.test(bare) || /^(?:strict\s+)?graph\b[^{]*\{[^}]*--/i.test(bare)) return 'dot';
  if (/^network\b[^{]*\{/.test(bare) || /^variable\s+\S+\s*\{\s*type\b/.test(bare)) return 'bif';
  if (!/->|<-|→|←|↔/.test(bare) && /~/.test(bare.replace(/![^\n]*/g, ' '))) return 'lavaan';
  return 'dagitty';
}
