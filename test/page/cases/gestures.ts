import type { Tab } from '../tab.ts';

/** Drops files and folders on the page, as a file manager does. */
export async function drop({ page }: Tab, ...files: string[]): Promise<void> {
  const session = await page.createCDPSession();
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  }
  await session.detach();
}

/** Has the browser keep the page that is left, as its back/forward cache does. Returns what the kept page shows. */
export async function leave({ page }: Tab): Promise<string> {
  // Headless Chromium keeps no page, so the events are the test's.
  return page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    return document.body.innerText.trim();
  });
}

/** Has the browser show the page again that it kept. Resolves once it has loaded again. */
export async function comeBack({ page }: Tab): Promise<void> {
  const loaded = page.waitForNavigation();
  await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  });
  await loaded;
}

/** Holds uploads back, those after the first few if a number is given, until the returned function is called. */
export async function holdUploads({ page }: Tab, free = 0): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let uploads = 0;
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    if (request.method() === 'PUT') uploads += 1;
    const isHeld = request.method() === 'PUT' && uploads > free;
    void (isHeld ? released : Promise.resolve()).then(() => request.continue());
  });
  return release;
}
