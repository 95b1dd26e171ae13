import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onAws, rawPages } from '../../../cli/stack/aws-calls.ts';
import { withCode } from '../transfer/helpers/uploading.ts';

interface Page {
  readonly items?: readonly string[];
  readonly next?: string | { readonly key: string };
}

function read(answers: (asked: number) => Page, signal = new AbortController().signal) {
  let asked = 0;
  const listed = rawPages({
    doing: 'Listing',
    signal,
    ask: async () => answers(asked++),
    next: ({ next }) => next,
  });
  return { listed, asked: () => asked };
}

test('reads all pages', async () => {
  const { listed } = read((at) => (at < 3 ? { next: `page ${at}` } : {}));
  const seen: Page[] = [];
  for await (const page of listed) seen.push(page);
  assert.equal(seen.length, 4);
});

test('fails at a page that points to itself', async () => {
  for (const next of ['same', { key: 'same' }]) {
    const { listed, asked } = read(() => ({ next: structuredClone(next) }));
    await assert.rejects(
      async () => {
        for await (const _ of listed);
      },
      withCode('aws', /^Listing failed: .*same page again/, /AWS_ENDPOINT_URL/),
    );
    assert.equal(asked(), 2);
  }
});

test('fails at a list that repeats pages or stays empty', async () => {
  const rounds = (at: number): Page => ({ next: at % 2 === 0 ? 'there' : 'back', items: [`${at}`] });
  const repeated = (at: number): Page => ({ next: `${at}`, items: ['ada'] });
  const empty = (at: number): Page => ({ next: `${at}` });
  for (const [answers, why, atMost] of [
    [rounds, /same page again/, 4],
    [repeated, /same page again/, 2],
    [empty, /2000 empty pages in a row/, 2000],
  ] as const) {
    const { listed, asked } = read(answers);
    await assert.rejects(
      async () => {
        for await (const _ of listed);
      },
      withCode('aws', why),
    );
    assert.ok(asked() <= atMost, `${asked()} pages`);
  }
});

test('stops an endless list between two pages at Ctrl-C', async () => {
  const abort = new AbortController();
  const { listed, asked } = read((at) => ({ next: String(at) }), abort.signal);
  await assert.rejects(async () => {
    for await (const _ of listed) if (asked() === 5) abort.abort();
  }, withCode('interrupted'));
  assert.equal(asked(), 5);
});

test('recognizes how services throttle, and refuse a wrong clock', async () => {
  const wrongClock = ['clock', /Set this computer's clock/] as const;
  const throttled = ['throttled', /throttles this account/] as const;
  const wrongKey = ['credentials', /Check the access key/] as const;
  const expired = 'Signature expired: 20261129T101504Z is now earlier than 20261130T101004Z';
  const early = 'Signature not yet current: 20261201T101504Z is still later than 20261130T102004Z';
  for (const [name, message, [code, hint]] of [
    ['RequestLimitExceeded', 'Request limit exceeded.', throttled],
    ['RequestThrottled', 'Request was throttled.', throttled],
    ['RequestThrottledException', 'Request was throttled.', throttled],
    ['Throttling', 'Rate exceeded', throttled],
    ['ThrottledException', 'Rate exceeded', throttled],
    ['TooManyRequestsException', 'Rate exceeded', throttled],
    ['RequestTimeTooSkewed', 'The difference is too large.', wrongClock],
    ['RequestInTheFuture', 'The request is in the future.', wrongClock],
    ['SignatureDoesNotMatch', expired, wrongClock],
    ['InvalidSignatureException', early, wrongClock],
    ['SignatureDoesNotMatch', 'The request signature we calculated does not match.', wrongKey],
  ] as const) {
    const refused = onAws('Reading', () => Promise.reject(Object.assign(new Error(message), { name })));
    await assert.rejects(refused, withCode(code, /^Reading failed: /, hint), name);
  }
});
