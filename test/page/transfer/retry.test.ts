import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpResponse } from '../../../page/transfer/exchange.ts';
import {
  failureOf,
  TokenRejected,
  TransientFailure,
  UploadConflict,
  UploadGone,
} from '../../../page/transfer/refusals.ts';
import { type RetryEnvironment, retrying, type Waiting } from '../../../page/transfer/retry.ts';
import { UploadError, type UploadErrorCode } from '../../../page/transfer/upload-error.ts';

function answer(status: number, text = '', headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, text, header: (name) => headers[name] };
}

const edge = (status: number, error: string) => answer(status, JSON.stringify({ error, message: 'Why.' }));
const store = (status: number, code: string) =>
  answer(status, `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>Why.</Message></Error>`);
const PAGE = '<!DOCTYPE html><html><body>Sign in</body></html>';

function thrown(one: HttpResponse): unknown {
  try {
    failureOf(one);
  } catch (error) {
    return error;
  }
  return undefined;
}

test('gives each refusal a code, and retries only temporary ones', () => {
  const final: readonly (readonly [HttpResponse, UploadErrorCode])[] = [
    [store(412, 'PreconditionFailed'), 'exists'],
    [store(403, 'AccessDenied'), 'forbidden'],
    [edge(403, 'forbidden_key'), 'forbidden'],
    [edge(413, 'too_large'), 'too_large'],
    [store(400, 'EntityTooLarge'), 'too_large'],
    [edge(400, 'bad_key'), 'bad_key'],
    [edge(400, 'bad_header'), 'refused'],
    [answer(401, PAGE), 'token_refused'],
    [answer(403, PAGE), 'forbidden'],
    [answer(404, PAGE), 'not_an_edge'],
  ];
  for (const [one, code] of final) {
    const error = thrown(one);
    assert.ok(error instanceof UploadError, `${one.status} ${one.text}`);
    assert.equal(error.code, code);
  }
  const ofToken: readonly (readonly [HttpResponse, UploadErrorCode])[] = [
    [edge(401, 'token_revoked'), 'token_revoked'],
    [edge(401, 'token_expired'), 'token_expired'],
    [edge(401, 'invalid_token'), 'token_refused'],
    [edge(403, 'forbidden_group'), 'not_allowed'],
  ];
  for (const [one, code] of ofToken) {
    const error = thrown(one);
    assert.ok(error instanceof TokenRejected, one.text);
    assert.equal(error.error.code, code);
  }
  const passing: readonly (readonly [HttpResponse, UploadErrorCode])[] = [
    [store(503, 'SlowDown'), 'gave_up'],
    [store(500, 'InternalError'), 'gave_up'],
    [edge(503, 'keys_unavailable'), 'gave_up'],
    [answer(502, PAGE), 'gave_up'],
    [answer(429), 'gave_up'],
    [store(400, 'BadDigest'), 'bytes_differ'],
    [answer(200, PAGE), 'not_an_edge'],
  ];
  for (const [one, code] of passing) {
    const error = thrown(one);
    assert.ok(error instanceof TransientFailure, `${one.status} ${one.text}`);
    assert.equal(error.error.code, code);
  }
  assert.ok(thrown(store(404, 'NoSuchUpload')) instanceof UploadGone);
  assert.ok(thrown(store(409, 'ConditionalRequestConflict')) instanceof UploadConflict);
  assert.equal(thrown(answer(200)), undefined);
});

/** A clock that jumps, and a network that tests can turn off. */
function surroundings() {
  const waits: number[] = [];
  let time = 0;
  let offline = false;
  const all: RetryEnvironment = {
    now: () => time,
    async sleep(milliseconds) {
      waits.push(milliseconds);
      time += milliseconds;
    },
    random: () => 0.5,
    isOffline: () => offline,
    async online() {
      offline = false;
    },
  };
  return { all, waits, goOffline: () => (offline = true) };
}

const busy = (details = {}) => new TransientFailure(new UploadError('gave_up'), details);
const { signal } = new AbortController();

test('waits longer before each attempt, and reports the last failure after ten', async () => {
  const { all, waits } = surroundings();
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    throw busy();
  };
  await assert.rejects(retrying(attempt, { surroundings: all, signal, onWaiting: () => {} }), {
    code: 'gave_up',
  });
  assert.equal(tries, 10);
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test('honours Retry-After, and gives up if the wait exceeds fifteen minutes', async () => {
  const { all, waits } = surroundings();
  const attempt = async (number: number) => {
    if (number === 1) throw busy({ retryAfterMs: 60_000 });
    if (number === 2) throw busy({ retryAfterMs: 3_600_000 });
  };
  await assert.rejects(retrying(attempt, { surroundings: all, signal, onWaiting: () => {} }), {
    code: 'gave_up',
  });
  assert.deepEqual(waits, [60_000]);
  const error = thrown(answer(503, '', { 'retry-after': '7' }));
  assert.ok(error instanceof TransientFailure);
  assert.equal(error.details.retryAfterMs, 7000);
});

test('makes fewer attempts for failures with a lower limit', async () => {
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    throw busy({ limit: { kind: 'damaged', tries: 2 } });
  };
  await assert.rejects(retrying(attempt, { surroundings: surroundings().all, signal, onWaiting: () => {} }));
  assert.equal(tries, 2);
});

test('waits for the network without counting an attempt', async () => {
  const { all, waits, goOffline } = surroundings();
  const states: (Waiting | undefined)[] = [];
  const attempt = async (number: number) => {
    if (number <= 30) {
      goOffline();
      throw busy();
    }
    return 'sent';
  };
  assert.equal(
    await retrying(attempt, { surroundings: all, signal, onWaiting: (one) => states.push(one) }),
    'sent',
  );
  assert.deepEqual(waits, []);
  assert.deepEqual(states.slice(0, 3), [undefined, 'network', undefined]);
});

test('tries for an hour to reach an edge, and counts other failures separately', async () => {
  const { all } = surroundings();
  const options = { surroundings: all, signal, onWaiting: () => {} };
  const lost = new TransientFailure(new UploadError('unreachable'), { isLost: true });
  const until = async (end: number, and: () => string) => {
    const start = all.now();
    return retrying(async () => {
      if (all.now() - start < end) throw lost;
      return and();
    }, options);
  };
  assert.equal(await until(20 * 60_000, () => 'sent'), 'sent');
  await assert.rejects(
    until(61 * 60_000, () => 'sent'),
    { code: 'unreachable' },
  );
  let tries = 0;
  const refuse = () => {
    tries += 1;
    throw busy();
  };
  await assert.rejects(until(20 * 60_000, refuse), { code: 'gave_up' });
  assert.equal(tries, 10);
});

test('makes the same attempts over the same time if the device sleeps', async () => {
  const { all, waits } = surroundings();
  let time = 0;
  const asleep = {
    ...all,
    now: () => time,
    async sleep(milliseconds: number) {
      waits.push(milliseconds);
      // The laptop sleeps for eight hours during the second wait.
      time += milliseconds + (waits.length === 2 ? 8 * 3_600_000 : 0);
    },
  };
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    throw busy();
  };
  await assert.rejects(retrying(attempt, { surroundings: asleep, signal, onWaiting: () => {} }), {
    code: 'gave_up',
  });
  assert.equal(tries, 12);
  assert.deepEqual(waits.slice(0, 5), [250, 500, 250, 500, 1000]);
});

test('does not retry a stopped upload', async () => {
  const stop = new AbortController();
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    stop.abort();
    throw busy();
  };
  const options = { surroundings: surroundings().all, signal: stop.signal, onWaiting: () => {} };
  await assert.rejects(retrying(attempt, options), { code: 'stopped' });
  await assert.rejects(retrying(attempt, options), { code: 'stopped' });
  assert.equal(tries, 1);
});
