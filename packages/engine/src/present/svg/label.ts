/** Text that is safe between tags and in attributes; characters that XML does not know become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
    .replace(/[\n\r\t]/g, ' ')
    .replace(/[\p{Cc}\ufffe\uffff]|\p{Cs}/gu, '\ufffd');
}

const narrow = new Set("iljtfrI.,:;'|!()[]{}` ");
const wide = new Set('mwMW@%—…');

/** About how wide a text is in a sans-serif font of the size given; there is nothing to measure with. */
export function textWidth(text: string, fontSize: number): number {
  let em = 0;
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (/\p{M}/u.test(char)) continue;
    if (code > 0x2e7f) em += 1.05;
    else if (narrow.has(char)) em += 0.34;
    else if (wide.has(char)) em += 0.9;
    else em += /\p{Lu}/u.test(char) ? 0.7 : 0.58;
  }
  return em * fontSize;
}

/** A name in at most three lines of about `most` characters, broken at spaces, underscores and dots; the rest is cut. */
export function linesOf(name: string, most = 16): readonly string[] {
  const pieces = name.replace(/\s+/g, ' ').match(/[^ _.]*[ _.]*/g) ?? [];
  const lines: string[] = [];
  let line = '';
  const push = (): void => {
    if (line.trim() !== '') lines.push(line.trim());
    line = '';
  };
  for (const piece of pieces) {
    if ([...line, ...piece].length > most) push();
    let rest = [...piece];
    while (rest.length > most + 4) {
      lines.push(rest.slice(0, most).join(''));
      rest = rest.slice(most);
    }
    line += rest.join('');
  }
  push();
  if (lines.length <= 3) return lines.length === 0 ? [' '] : lines;
  return [...lines.slice(0, 2), `${[...(lines[2] as string)].slice(0, most - 1).join('')}…`];
}
