import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatcher } from 'undici';
import { createWire, type HttpRequest } from '../../../../cli/transfer/wire/exchange.ts';
import { CLOCK } from '../../../../cli/transfer/wire/retry.ts';

const STALL_MS = 1000;
/** Number of bytes for which the store gets 10 s more. */
const SEALING = 500_000_000;

const bytes = Buffer.alloc(100);
const BODIES: Readonly<Record<string, HttpRequest['body']>> = {
  'without a body': undefined,
  'with bytes in memory': { length: bytes.length, bytes, open: () => [bytes] },
  'with a body in pieces': { length: bytes.length, open: () => [bytes] },
};

for (const [kind, body] of Object.entries(BODIES)) {
  test(`gives the store time to assemble an object after a request ${kind}`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let onSent = () => {};
    const sent = new Promise<void>((resolve) => {
      onSent = resolve;
    });
    const dispatcher = {
      dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
        const take = async () => {
          const given = options.body as unknown as AsyncIterable<Buffer> | Buffer | null;
          if (given !== null && !Buffer.isBuffer(given)) for await (const _ of given);
          onSent();
        };
        let ended = false;
        const abort = (reason: Error) => {
          if (!ended) handler.onResponseError?.(controller, reason);
          ended = true;
        };
        const controller = { abort } as Dispatcher.DispatchController;
        handler.onRequestStart?.(controller, {});
        void take();
        return true;
      },
    } as unknown as Dispatcher;
    const wire = createWire({
      url: 'https://d1.example',
      dispatcher,
      stallMs: STALL_MS,
      clock: CLOCK,
      signal: new AbortController().signal,
    });
    let failed = false;
    const response = wire({
      method: 'POST',
      path: '/k',
      headers: {},
      sealing: SEALING,
      ...(body && { body }),
    });
    response.catch(() => {
      failed = true;
    });
    await sent;
    t.mock.timers.tick(10_000);
    await new Promise(setImmediate);
    assert.equal(failed, false, 'no failure before the time limit');
    t.mock.timers.tick(1_001);
    await assert.rejects(response);
  });
}
