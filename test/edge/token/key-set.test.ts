import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../../edge/refusal.ts';
import type { Download } from '../../../edge/token/download.ts';
import { createVerify } from '../../../edge/token/verify.ts';
import type { Claims } from '../../support/keys/forge.ts';
import { configOf, DOMAIN, type IssuerKey, issuerKey, ORIGIN, outside, signed } from '../support/issuers.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const OLD = issuerKey('ES256', 'old');
const NEW = issuerKey('ES256', 'new');

const setOf = (...keys: readonly IssuerKey[]) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
const hang: Download = () => Promise.reject(new Error('timed out'));

/** An edge on the test's clock that trusts one issuer. Its key `OLD` is baked at the start. */
function edge(config: { readonly bakedAgo?: number } = {}) {
  const start = 1_800_000_000;
  let now = start;
  let answer: Download = hang;
  let asked = 0;
  const { bakedAgo = 0 } = config;
  const issuers = [outside({ keys: [OLD.jwk] })];
  const verify = createVerify(
    { ...configOf(...issuers), bakedAt: start - bakedAgo },
    {
      now: () => now * 1000,
      download: (uri) => {
        assert.equal(uri, 'https://id.example.com/keys');
        asked += 1;
        return answer(uri);
      },
    },
  );
  const tokenOf = (key: IssuerKey, claims: Claims = {}) =>
    signed(key, { iss: 'https://id.example.com/', sub: 'ada', aud: ORIGIN, exp: now + HOUR, ...claims });
  return {
    tokenOf,
    serve: (next: Download | string) => {
      answer = typeof next === 'string' ? async () => next : next;
    },
    wait: (seconds: number) => {
      now += seconds;
    },
    asked: () => asked,
    /** The name of the caller, or the code of the refusal. */
    say: async (token: string) => {
      try {
        return (await verify(token, DOMAIN)).name;
      } catch (error) {
        assert.ok(error instanceof Refusal, String(error));
        if (error.code === 'keys_unavailable') assert.equal(error.headers['retry-after'], '10');
        return error.code;
      }
    },
  };
}

test('downloads a rotated key once; distrusts a withdrawn one, also for cached tokens', async () => {
  const { say, tokenOf, serve, asked } = edge();
  const before = tokenOf(OLD);
  assert.equal(await say(before), 'ada');
  serve(setOf(OLD, NEW));
  assert.equal(await say(tokenOf(NEW)), 'ada');
  assert.equal(await say(before), 'ada');
  assert.equal(asked(), 1);
  const third = issuerKey('ES256', 'third');
  const { say: sayLater, tokenOf: later, serve: serveLater, wait } = edge();
  const seen = later(OLD);
  assert.equal(await sayLater(seen), 'ada');
  serveLater(setOf(third));
  assert.equal(await sayLater(later(third)), 'ada');
  assert.equal(await sayLater(seen), 'invalid_token');
  wait(11);
  assert.equal(await sayLater(later(OLD, { jti: '2' })), 'invalid_token');
});

test('downloads a key set again after a day, and distrusts it after a week', async () => {
  const { say, tokenOf, serve, wait, asked } = edge();
  wait(DAY);
  assert.equal(await say(tokenOf(OLD)), 'ada');
  assert.equal(asked(), 0, 'the set is not older than a day');
  wait(1);
  assert.equal(await say(tokenOf(OLD)), 'ada');
  assert.equal(asked(), 1, 'after a failed download, the old set is used');
  assert.equal(await say(tokenOf(OLD)), 'ada');
  assert.equal(asked(), 1, 'no further download within ten seconds');
  wait(10);
  serve('<html>');
  assert.equal(await say(tokenOf(OLD)), 'ada');
  assert.equal(asked(), 2);
  wait(6 * DAY);
  const seen = tokenOf(OLD);
  assert.equal(await say(seen), 'keys_unavailable');
  serve(setOf(OLD));
  assert.equal(await say(seen), 'keys_unavailable', 'backing off');
  wait(10);
  assert.equal(await say(seen), 'ada');
  const downloads = asked();
  wait(DAY - 20);
  assert.equal(await say(tokenOf(OLD)), 'ada');
  assert.equal(asked(), downloads, 'the clock runs from the last success');
});

test('counts the age of a key set from the deploy, also for cached tokens', async () => {
  const old = edge({ bakedAgo: 8 * DAY });
  assert.equal(await old.say(old.tokenOf(OLD)), 'keys_unavailable');
  assert.equal(old.asked(), 1);
  const { say, tokenOf, wait, serve, asked } = edge({ bakedAgo: DAY - 60 });
  const seen = tokenOf(OLD, { exp: 1_800_000_000 + HOUR });
  assert.equal(await say(seen), 'ada');
  wait(120);
  serve(setOf(NEW));
  assert.equal(await say(seen), 'invalid_token', 'withdrawn at the provider');
  assert.equal(asked(), 1);
});

test('uses only keys of a downloaded set that verify tokens', async () => {
  const { say, tokenOf, serve, wait } = edge();
  const odd = [null, 7, {}, { kty: 'RSA' }, { ...NEW.jwk, kid: 'enc', use: 'enc' }, { ...NEW.jwk, crv: 'X' }];
  serve(JSON.stringify({ keys: [...odd, { ...NEW.jwk, x5c: ['MII'] }] }));
  assert.equal(await say(tokenOf(NEW)), 'ada');
  for (const document of ['', '<html>', 'null', '[]', '{}', '{"error":"busy"}', '{"keys":{}}']) {
    wait(11);
    serve(document);
    assert.equal(await say(tokenOf(OLD)), 'keys_unavailable', document);
    assert.equal(await say(tokenOf(NEW)), 'ada', 'the keys stay as they are');
  }
});

test('takes a key set without usable keys as a withdrawal of all', async () => {
  const unusable = JSON.stringify({ keys: [{ ...NEW.jwk, use: 'enc' }, null] });
  for (const document of ['{"keys":[]}', unusable]) {
    const { say, tokenOf, serve, wait } = edge();
    const seen = tokenOf(OLD, { exp: 1_800_000_000 + DAY + HOUR / 2 });
    wait(DAY - HOUR);
    assert.equal(await say(seen), 'ada');
    wait(HOUR + 1);
    serve(document);
    assert.equal(await say(seen), 'invalid_token', document);
    assert.equal(await say(tokenOf(OLD)), 'invalid_token', document);
    wait(11);
    serve(setOf(NEW));
    assert.equal(await say(tokenOf(NEW)), 'ada', 'new keys are downloaded');
  }
});

test('shares a download among waiting requests', async () => {
  const { say, tokenOf, serve, asked } = edge({ bakedAgo: 2 * DAY });
  serve(setOf(OLD, NEW));
  assert.deepEqual(await Promise.all([OLD, NEW, OLD].map((key) => say(tokenOf(key)))), ['ada', 'ada', 'ada']);
  assert.equal(asked(), 1);
});

test('checks times and edge of a cached token again', async () => {
  const { say, tokenOf, wait } = edge();
  const seen = tokenOf(OLD);
  assert.equal(await say(seen), 'ada');
  const forged = `${seen.slice(0, -2)}${seen.endsWith('AA') ? 'BB' : 'AA'}`;
  assert.equal(await say(forged), 'invalid_token');
  wait(HOUR - 1);
  assert.equal(await say(seen), 'ada');
  wait(1);
  assert.equal(await say(seen), 'token_expired');
  const key = issuerKey('ES256', 'k');
  const verify = createVerify(configOf(outside({ keys: [key.jwk] })));
  const now = Math.floor(Date.now() / 1000);
  const token = signed(key, { iss: 'https://id.example.com/', sub: 'ada', aud: ORIGIN, exp: now + 60 });
  assert.equal((await verify(token, DOMAIN)).name, 'ada');
  await assert.rejects(
    verify(token, 'd222.cloudfront.net'),
    (error) => (error as Refusal).code === 'wrong_audience',
  );
  assert.equal((await verify(token, DOMAIN)).name, 'ada');
});
