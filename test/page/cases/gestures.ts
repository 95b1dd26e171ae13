import type { Tab } from '../tab.ts';

type DragStep = 'dragEnter' | 'dragOver' | 'drop';

async function drag({ page }: Tab, content: object, steps: readonly DragStep[]): Promise<void> {
  const session = await page.createCDPSession();
  const data = { items: [], files: [], dragOperationsMask: 1, ...content };
  for (const type of steps) await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  await session.detach();
}

/** Drops files and folders on the page, as a file manager does. */
export function drop(tab: Tab, ...files: string[]): Promise<void> {
  return drag(tab, { files }, ['dragEnter', 'dragOver', 'drop']);
}

/** Drags a link of another page over the page, and drops it if asked to. */
export function dragLink(tab: Tab, ...drops: readonly 'drop'[]): Promise<void> {
  const items = ['text/uri-list', 'text/plain'].map((mimeType) => ({
    mimeType,
    data: 'https://example.com/',
  }));
  return drag(tab, { items }, ['dragEnter', 'dragOver', ...drops]);
}

/** Leaves the page as if the browser put it into the back/forward cache. Returns the text of the cached page. */
export async function leave({ page }: Tab): Promise<string> {
  // Headless Chromium has no back/forward cache, so the test dispatches the events.
  return page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    return document.body.innerText.trim();
  });
}

/** Returns to the cached page. Resolves once it has loaded again. */
export async function comeBack({ page }: Tab): Promise<void> {
  const loaded = page.waitForNavigation();
  await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  });
  await loaded;
}

/**
 * Holds uploads until the returned function is called, except for the first `free` ones. Request interception could hold
 * them too, but Chromium would send each body to the test, in up to seven times as many bytes.
 */
export async function holdUploads({ page }: Pick<Tab, 'page'>, free = 0): Promise<() => Promise<void>> {
  await page.evaluate((unheld) => {
    const { open, send } = XMLHttpRequest.prototype;
    const uploads = new WeakSet<XMLHttpRequest>();
    let count = 0;
    const released = new Promise<void>((release) => Object.assign(globalThis, { release }));
    XMLHttpRequest.prototype.open = function (method: string, url: string | URL) {
      if (method === 'PUT') uploads.add(this);
      open.call(this, method, url, true);
    };
    XMLHttpRequest.prototype.send = function (body) {
      if (uploads.has(this)) count += 1;
      if (uploads.has(this) && count > unheld) void released.then(() => send.call(this, body));
      else send.call(this, body);
    };
  }, free);
  return async () => {
    await page.evaluate('release()');
  };
}
