import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Verified, VerifiedTokens } from '../../../edge/token/verified-tokens.ts';

test('remembered tokens are bounded in number and size; the oldest are dropped first', () => {
  const tokens = new VerifiedTokens();
  const one = {} as Verified;
  for (let at = 0; at < 300; at += 1) tokens.add(`token-${at}`, one);
  assert.equal(tokens.get('token-99'), undefined);
  assert.equal(tokens.get('token-100'), one);
  assert.equal(tokens.get('token-299'), one);
  tokens.add('token-299', one);
  assert.equal(tokens.get('token-100'), one, 'the same one again displaces none');
  tokens.add('x'.repeat(399_995), one);
  assert.equal(tokens.get('token-299'), undefined);
  tokens.add('x'.repeat(500_000), one);
  assert.equal(tokens.get('x'.repeat(500_000)), undefined, 'one that is larger than all room is not kept');
});

test('a token is recognised by its full text, not by its end', () => {
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
