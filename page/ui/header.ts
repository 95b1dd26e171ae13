import type { PageSettings } from '../settings.ts';
import type { Texts } from '../texts/en.ts';
import { element } from './elements.ts';

/** Applies the operator's title and colour. */
export function applyBranding({ title = '', color }: PageSettings, texts: Texts): void {
  if (title !== '') document.title = `${title} · ${texts.title}`;
  if (color === undefined) return;
  const { style } = document.documentElement;
  const own = luminanceOf(color);
  style.setProperty('--accent', color);
  // Black or white, whichever has more contrast.
  style.setProperty('--on-accent', contrast(own, 1) > contrast(own, 0) ? '#fff' : '#000');
  // A colour without contrast in a colour scheme: buttons get a border there, and progress bars the text colour.
  const inBoth = (hidden: string, shown: string) =>
    TRACKS.map((track) => (contrast(own, luminanceOf(track)) < 3 ? hidden : shown)).join();
  style.setProperty('--edge', `light-dark(${inBoth('var(--soft)', 'transparent')})`);
  style.setProperty('--bar', `light-dark(${inBoth('var(--text)', color)})`);
}

/** `--track` in the light and the dark colour scheme. */
const TRACKS = ['#e6e9ee', '#2c3138'];

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
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
