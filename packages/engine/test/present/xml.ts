/** Reads the XML with a stack of tags; throws if it is not well formed. */
export function elements(xml: string): string[] {
  const stack: string[] = [];
  const seen: string[] = [];
  let rest = xml.trim();
  while (rest !== '') {
    const text = /^[^<]+/.exec(rest)?.[0] ?? '';
    if (/&(?!(amp|lt|gt|quot|#39);)/.test(text) || /[\p{Cc}\p{Cs}]/u.test(text.replace(/[\n\t]/g, '')))
      throw new Error(`Bad text: ${text}`);
    rest = rest.slice(text.length);
    if (rest === '') break;
    const tag = /^<(\/?)([a-z]+)((?:\s[a-zA-Z-]+="[^"<]*")*)\s*(\/?)>/.exec(rest);
    if (tag === null) throw new Error(`Bad tag: ${rest.slice(0, 80)}`);
    const [whole, closing, name = '', , empty] = tag;
    if (closing === '/') {
      if (stack.pop() !== name) throw new Error(`Unexpected </${name}>`);
    } else {
      seen.push(name);
      if (empty !== '/') stack.push(name);
    }
    rest = rest.slice(whole.length);
  }
  if (stack.length > 0) throw new Error(`Open: ${stack.join()}`);
  return seen;
}
