import { readTemplate, type Template } from './parse.ts';

/** Templates read last, by their text: describing a stack reads its template every time. */
const known = new Map<string, Template>();
const KNOWN = 16;

/** As `readTemplate`, but each text only once in a while. */
export function parseTemplate(body: string): Template {
  const found = known.get(body);
  if (found !== undefined) return found;
  const template = readTemplate(body);
  const [oldest] = known.keys();
  if (known.size >= KNOWN && oldest !== undefined) known.delete(oldest);
  known.set(body, template);
  return template;
}
