import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireKnown } from '../../../../cli/stack/options/deployed-options.ts';
import { mergeOptions } from '../../../../cli/stack/options/merge-options.ts';
import {
  createsSigningKey,
  isTokenId,
  keepSigningKey,
  revokeToken,
  rotateSigningKey,
  withoutEnded,
  withSigningKey,
} from '../../../../cli/stack/signing/signing-options.ts';
import type { RevokedToken, StackSigning } from '../../../../infra/options.ts';

const at = (seconds: number) => new Date(seconds * 1000);
const token = (id: string, until: number): RevokedToken => ({ id, until });

test('numbers the first signing key 1, and keeps it', () => {
  const first = withSigningKey({ maxSize: 5 });
  assert.deepEqual(first, { maxSize: 5, signing: { keys: [{ id: '1' }] } });
  assert.equal(withSigningKey(first), first);
});

test('creates the signing keys that the deployment lacks', () => {
  const first = withSigningKey({});
  const second = rotateSigningKey(first, 5000);
  assert.ok(createsSigningKey({}, first) && createsSigningKey(first, second));
  for (const [before, after] of [
    [{}, {}],
    [first, first],
    [second, second],
    [second, first],
    [first, {}],
  ] as const)
    assert.ok(!createsSigningKey(before, after));
});

test('keeps earlier keys until their last token expires, or drops them with all revocations', () => {
  const revoked = revokeToken(withSigningKey({}), 'abcdefgh', 2000);
  const second = rotateSigningKey(revoked, 5000);
  assert.deepEqual(second.signing, {
    keys: [{ id: '2' }, { id: '1', until: 5000 }],
    revoked: [token('abcdefgh', 2000)],
  });
  const third = rotateSigningKey(second, 9000);
  assert.deepEqual(third.signing?.keys, [{ id: '3' }, { id: '2', until: 9000 }, { id: '1', until: 5000 }]);
  assert.deepEqual(rotateSigningKey(third).signing, { keys: [{ id: '4' }] });
  assert.deepEqual(rotateSigningKey({}).signing, { keys: [{ id: '1' }] });
});

test('revokes a token once, and only if there is a signing key', () => {
  const once = revokeToken(withSigningKey({}), 'abcdefgh', 2000);
  assert.equal(revokeToken(once, 'abcdefgh', 3000), once);
  assert.deepEqual(revokeToken({}, 'abcdefgh', 2000), {});
});

test('drops keys and revoked tokens an hour after they expired', () => {
  const signing = {
    keys: [{ id: '2' }, { id: '1', until: 5000 }],
    revoked: [token('aaaaaaaa', 1000), token('bbbbbbbb', 9000)],
  };
  assert.deepEqual(withoutEnded({ signing }, at(1000 + 3599)), { signing });
  assert.deepEqual(withoutEnded({ signing }, at(1000 + 3600)).signing?.revoked, [token('bbbbbbbb', 9000)]);
  assert.deepEqual(withoutEnded({ signing }, at(99_999)), { signing: { keys: [{ id: '2' }] } });
  assert.deepEqual(withoutEnded({ maxSize: 1 }, at(99_999)), { maxSize: 1 });
});

test('keeps the signing keys at every other deploy', () => {
  const { signing } = withSigningKey({});
  assert.deepEqual(mergeOptions({ signing: signing as StackSigning }, { maxSize: 5 }), {
    maxSize: 5,
    signing,
  });
});

const KEY = { id: '1' };

test('refuses signing keys that this version does not know', () => {
  const refused: readonly unknown[] = [
    null,
    [],
    {},
    { keys: [] },
    { keys: [KEY], more: 1 },
    { keys: [{ id: '0' }] },
    { keys: [{ id: 1 }] },
    { keys: [{ id: '1', alg: 'EdDSA' }] },
    { keys: [{ id: '1', until: 5 }] },
    { keys: [{ id: '2' }, KEY] },
    { keys: [KEY, { id: '2', until: 5 }] },
    { keys: [KEY, { id: '1', until: 5 }] },
    { keys: [{ id: '2' }, { id: '1', until: 1e15 }] },
    { keys: [KEY], revoked: [{ id: 'short', until: 5 }] },
    { keys: [KEY], revoked: [{ id: 'abcdefgh' }] },
    { keys: [KEY], revoked: [{ id: 'abcdefgh', until: -1 }] },
    { keys: [KEY], revoked: [token('abcdefgh', 1), token('abcdefgh', 2)] },
  ];
  for (const signing of refused) {
    const options = { signing: signing as StackSigning };
    assert.throws(() => requireKnown(options), /a value of “signing”/, JSON.stringify(signing));
  }
  requireKnown({ signing: { keys: [{ id: '12' }, { id: '3', until: 5 }], revoked: [token('a-b_cdef', 1)] } });
});

test('creates IDs of six bytes in base64url', () => {
  assert.ok(isTokenId('a-b_cdef'));
  for (const other of ['abcdefg', 'abcdefghi', 'abc efgh', 'abcdefg=', 8]) assert.ok(!isTokenId(other));
});

test('prolongs a replaced key, never shortens it; the newest never expires', () => {
  const options = { signing: { keys: [{ id: '2' }, { id: '1', until: 100 }] } };
  const keys = (id: string, until: number) => keepSigningKey(options, id, until).signing?.keys;
  assert.deepEqual(keys('1', 200), [{ id: '2' }, { id: '1', until: 200 }]);
  for (const [id, until] of [
    ['1', 50],
    ['2', 200],
    ['3', 200],
  ] as const)
    assert.deepEqual(keys(id, until), options.signing.keys);
  assert.deepEqual(keepSigningKey({}, '1', 5), {});
});
