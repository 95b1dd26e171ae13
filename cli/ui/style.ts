import { styleText as nodeStyleText } from 'node:util';

export type Style = Parameters<typeof nodeStyleText>[0];

/** Text in a style, whatever Node thinks of the stream: whether there is colour was decided before. */
export function styleText(style: Style, text: string): string {
  return nodeStyleText(style, text, { validateStream: false });
}
