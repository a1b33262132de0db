/** Longest text for which a suggestion is looked for; longer ones are no slips of the finger. */
const longest = 64;

/**
 * Edit distance between two texts: insertions, deletions, substitutions and swaps of neighbours, each 1, by code unit.
 * Optimal string alignment (the restricted Damerau-Levenshtein distance: no text between swapped letters is edited again).
 * O(|a| |b|) time, O(|b|) memory.
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] as number) + 1);
      row.push(best);
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}

/**
 * The candidate that `word` was most likely meant to be, or undefined when none is close: at most one edit in three
 * characters (one in words of up to five), case ignored, and at least one character kept. A longer candidate that begins with
 * the word (three characters or more) is close too. Ties: fewer edits with case counted, then the earlier candidate.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const folded = word.toLowerCase();
  if (folded.length === 0 || folded.length > longest) return undefined;
  const allowed = Math.max(1, Math.floor(folded.length / 3));
  let best: { readonly candidate: string; readonly edits: number; readonly exact: number } | undefined;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    if (candidate === word || other.length > longest) continue;
    const begins = folded.length >= 3 && other.startsWith(folded);
    if (!begins && Math.abs(other.length - folded.length) > allowed) continue;
    const edits = begins ? Math.min(allowed, other.length - folded.length) : editDistance(folded, other);
    if (edits > allowed || edits >= Math.max(folded.length, other.length)) continue;
    const exact = editDistance(word, candidate);
    if (best === undefined || edits < best.edits || (edits === best.edits && exact < best.exact)) best = { candidate, edits, exact };
  }
  return best?.candidate;
}

/** The sentence `Did you mean 'drug'?`, or undefined. `write` spells the candidate. */
export function didYouMean(
  word: string,
  candidates: Iterable<string>,
  write: (candidate: string) => string = (candidate) => `'${candidate}'`,
): string | undefined {
  const found = nearest(word, candidates);
  return found === undefined ? undefined : `Did you mean ${write(found)}?`;
}
