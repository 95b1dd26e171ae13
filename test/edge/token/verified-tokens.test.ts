import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Verified, VerifiedTokens } from '../../../edge/token/verified-tokens.ts';

test('limits cached tokens in number and size, and drops the oldest first', () => {
  const tokens = new VerifiedTokens();
  const one = {} as Verified;
  const remembered = () =>
    Array.from({ length: 300 }, (_, at) => at).filter((at) => tokens.get(`token-${at}`) === one);
  for (let at = 0; at < 300; at += 1) tokens.add(`token-${at}`, one);
  assert.deepEqual([remembered().at(0), remembered().length], [100, 200]);
  tokens.add('x'.repeat(200_000), one);
  assert.deepEqual([remembered().at(0), remembered().length], [200, 100]);
  assert.equal(tokens.get('x'.repeat(200_000)), one);
  tokens.add('y'.repeat(200_000), one);
  assert.deepEqual(remembered(), []);
  tokens.add('z'.repeat(200_001), one);
  assert.equal(tokens.get('z'.repeat(200_001)), undefined, 'a token larger than the cache is not kept');
  assert.equal(tokens.get('x'.repeat(200_000)), one, 'and removes no other token');
});

test('returns the newest result of a token', () => {
  const tokens = new VerifiedTokens();
  const [first, second] = [{} as Verified, {} as Verified];
  tokens.add('token', first);
  for (let at = 0; at < 100; at += 1) tokens.add(`token-${at}`, first);
  tokens.add('token', second);
  assert.equal(tokens.get('token'), second);
});

test('recognises a token by its full text, not by its end', () => {
  const tokens = new VerifiedTokens();
  const [one, other] = [{} as Verified, {} as Verified];
  const end = 'x'.repeat(50);
  tokens.add(`a${end}`, one);
  assert.equal(tokens.get(`b${end}`), undefined);
  assert.equal(tokens.get(end), undefined);
  tokens.add(`b${end}`, other);
  assert.equal(tokens.get(`b${end}`), other);
  assert.equal(tokens.get(`a${end}`), undefined);
});
