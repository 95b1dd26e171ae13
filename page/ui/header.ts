import type { PageSettings } from '../settings.ts';
import type { Texts } from '../texts/en.ts';
import { element } from './elements.ts';

/** Gives the page the operator's title and color. */
export function dress({ title = '', color }: PageSettings, texts: Texts): void {
  if (title !== '') document.title = `${title} · ${texts.title}`;
  if (color === undefined) return;
  const { style } = document.documentElement;
  style.setProperty('--accent', color);
  style.setProperty('--on-accent', textOn(color));
}

/** Returns black or white, whichever contrasts more. https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function textOn(color: string): '#000' | '#fff' {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? '#000' : '#fff';
}

export function createHeader({ title, note, logo }: PageSettings, texts: Texts): HTMLElement {
  const picture = element('img', { src: '/.well-known/edge-upload/page/logo.svg', alt: '', class: 'logo' });
  return element(
    'header',
    {},
    ...(logo ? [picture] : []),
    element('h1', {}, title ?? texts.title),
    ...(note === undefined ? [] : [element('p', { class: 'note' }, note)]),
  );
}
