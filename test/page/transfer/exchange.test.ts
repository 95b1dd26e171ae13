import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createExchange, NetworkFailure } from '../../../page/transfer/exchange.ts';
import { UploadError } from '../../../page/transfer/upload-error.ts';

type Listener = ((event: { loaded: number }) => void) | null;

/** The part of `XMLHttpRequest` that the page uses. The test acts as the server. */
class FakeRequest {
  static last: FakeRequest;
  readonly upload: { onprogress: Listener; onload: Listener } = { onprogress: null, onload: null };
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onprogress: Listener = null;
  aborted = false;
  readonly status = 200;
  readonly responseText = 'answer';

  constructor() {
    FakeRequest.last = this;
  }

  open() {}
  send() {}
  setRequestHeader() {}
  getResponseHeader() {
    return null;
  }
  abort() {
    this.aborted = true;
  }
}

const STALL_MS = 1_000;

/** Starts a request on a clock that the test advances. */
function start(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const browser = globalThis as { XMLHttpRequest?: unknown };
  const before = browser.XMLHttpRequest;
  browser.XMLHttpRequest = FakeRequest;
  t.after(() => {
    browser.XMLHttpRequest = before;
  });
  const abort = new AbortController();
  const exchange = createExchange('https://d1.cloudfront.net', STALL_MS);
  const answer = exchange({ method: 'GET', path: '/x', headers: {} }, abort.signal);
  return { answer, abort, request: FakeRequest.last };
}

test('cuts an endless response that arrives byte by byte', async (t) => {
  const { answer, request } = start(t);
  for (let loaded = 1; !request.aborted && loaded < 100; loaded += 1) {
    request.onprogress?.({ loaded });
    t.mock.timers.tick(STALL_MS / 2);
  }
  await assert.rejects(answer, (error) => error instanceof NetworkFailure && /not end/.test(error.message));
});

test('cuts a response that is too long, stalls or is cancelled', async (t) => {
  for (const [end, expected] of [
    [
      ({ request }: ReturnType<typeof start>) => request.onprogress?.({ loaded: 3 * 1024 ** 2 }),
      NetworkFailure,
    ],
    [() => t.mock.timers.runAll(), NetworkFailure],
    [({ request }: ReturnType<typeof start>) => request.onerror?.(), NetworkFailure],
    [({ abort }: ReturnType<typeof start>) => abort.abort(), UploadError],
  ] as const) {
    const started = start(t);
    end(started);
    await assert.rejects(started.answer, expected);
    assert.ok(started.request.aborted);
    t.mock.timers.reset();
  }
});

test('returns a slow response that ends in time, and leaves no timer', async (t) => {
  const { answer, request } = start(t);
  for (const loaded of [1, 2, 3]) {
    request.onprogress?.({ loaded });
    t.mock.timers.tick(STALL_MS - 1);
  }
  request.onload?.();
  assert.equal((await answer).text, 'answer');
  t.mock.timers.runAll();
  assert.equal(request.aborted, false);
});
