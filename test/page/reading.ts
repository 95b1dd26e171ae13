import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';

/** Reading conditions: a narrow screen (or a zoom of 400 %), text of twice the size, and wider spaces. */
const READINGS = [
  // https://www.w3.org/TR/WCAG22/#reflow
  { how: 'in a width of 320', width: 320, css: '' },
  // https://www.w3.org/TR/WCAG22/#resize-text
  { how: 'with text of 200 %', width: 640, css: ':root { font-size: 200% !important; }' },
  // https://www.w3.org/TR/WCAG22/#text-spacing
  {
    how: 'with wider spaces',
    width: 320,
    css: '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }',
  },
];

/** Returns elements that are wider than their container or than the screen. */
function findCut(css: string): string[] {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
  // A menu shows its texts whole when it is open.
  const wide = [...document.querySelectorAll('main, main :not(select)')].filter(
    (one) => one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1,
  );
  const over = document.documentElement.scrollWidth - innerWidth;
  document.adoptedStyleSheets = [];
  return [...wide.map(({ outerHTML }) => outerHTML.slice(0, 120)), ...(over > 0 ? [`${over} px`] : [])];
}

/** Returns controls that are hidden when focused, or too small for a finger. Restores the focus. */
function findHidden(): string[] {
  const before = document.activeElement;
  const controls = document.querySelectorAll<HTMLElement>('main :is(button, input, select, a, summary, pre)');
  const hidden = [...controls].filter((control) => {
    if (!control.checkVisibility()) return false;
    control.focus();
    // The label of a file input replaces it, and the label of a checkbox belongs to it.
    const label = (control as HTMLInputElement).labels?.[0];
    const seen = control.matches('[type=file]') && label ? label : control;
    seen.scrollIntoView({ block: 'nearest' });
    const { left, top, width, height } = seen.getBoundingClientRect();
    const at = document.elementFromPoint(left + width / 2, top + Math.min(height, innerHeight) / 2);
    const isSmall = height < 24 && label === undefined;
    // https://www.w3.org/TR/WCAG22/#focus-not-obscured-minimum, #target-size-minimum
    return document.activeElement !== control || isSmall || !(seen.contains(at) || at?.contains(seen));
  });
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  if (before instanceof HTMLElement) before.focus();
  scrollTo(0, 0);
  return hidden.map(({ outerHTML }) => outerHTML.slice(0, 120));
}

/** Asserts that the screen can be read and used with any size of window and text. */
export async function assertReadable(page: Page, name: string): Promise<void> {
  const viewport = page.viewport();
  for (const { how, width, css } of READINGS) {
    await page.setViewport({ width, height: 640 });
    assert.deepEqual(await page.evaluate(findCut, css), [], `${name} is cut ${how}`);
  }
  await page.setViewport({ width: 320, height: 256 });
  assert.deepEqual(await page.evaluate(findHidden), [], `${name} hides the focus, or has small targets`);
  await page.setViewport(viewport);
}
