import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyWish, linkWish } from '../../../cli/links/wish.ts';
import { withCode } from '../transfer/helpers/uploading.ts';

const DAY = 86_400;

test('a link has a prefix of its own for 7 days, unless flags say otherwise', () => {
  assert.deepEqual(linkWish({}), { kind: 'link', lifetime: 7 * DAY });
  assert.deepEqual(linkWish({ as: '2026/q3.pdf', expires: '30m', maxSize: '2G', note: ' Q3 figures ' }), {
    kind: 'link',
    scope: { key: '2026/q3.pdf' },
    lifetime: 1800,
    maxSize: 2 * 1024 ** 3,
    note: 'Q3 figures',
  });
  assert.deepEqual(linkWish({ prefix: 'photos/', expires: '30d' }), {
    kind: 'link',
    scope: { prefix: 'photos/' },
    lifetime: 30 * DAY,
  });
  // An astral character counts once, as at the edge.
  assert.equal(linkWish({ note: '🦊'.repeat(200) }).note?.length, 400);
});

test('a key has its name in its prefix, for 90 days unless a flag says otherwise', () => {
  assert.deepEqual(keyWish({ name: 'roof-3', writeTo: 'sensors/{name}/' }), {
    kind: 'key',
    name: 'roof-3',
    scope: { prefix: 'sensors/roof-3/' },
    lifetime: 90 * DAY,
  });
  const all = { name: 'a', writeTo: 'a/b/', expires: '365d', maxSize: '1M', clobber: false };
  assert.deepEqual(keyWish(all), {
    kind: 'key',
    name: 'a',
    scope: { prefix: 'a/b/' },
    lifetime: 365 * DAY,
    maxSize: 1024 ** 2,
    noClobber: true,
  });
});

test('flags that the edge would refuse, or that mean nothing, are usage errors', () => {
  const key = { name: 'a', writeTo: 'a/' };
  for (const [wish, why] of [
    [() => linkWish({ as: 'a', prefix: 'b/' }), /contradict/],
    [() => linkWish({ as: 'a/' }), /begins or ends with “\/”/],
    [() => linkWish({ as: '../a' }), /as a segment/],
    [() => linkWish({ as: '.well-known/x' }), /reserved/],
    [() => linkWish({ as: 'a'.repeat(1025) }), /1025 bytes/],
    [() => linkWish({ prefix: 'photos' }), /does not end with “\/”/],
    [() => linkWish({ prefix: '' }), /is empty/],
    [() => linkWish({ prefix: '/' }), /begins or ends/],
    [() => linkWish({ prefix: 'a//' }), /contains “\/\/”/],
    [() => linkWish({ prefix: '.well-known/edge-upload/' }), /reserved/],
    [() => linkWish({ expires: '31d' }), /--expires: “31d”/],
    [() => linkWish({ expires: '721h' }), /--expires/],
    [() => linkWish({ expires: '0d' }), /--expires/],
    [() => linkWish({ expires: '1w' }), /--expires/],
    [() => linkWish({ expires: '' }), /--expires/],
    [() => linkWish({ maxSize: '0' }), /--max-size/],
    [() => linkWish({ note: '' }), /--note: it is empty/],
    [() => linkWish({ note: 'a\nb' }), /--note: it contains a line break/],
    [() => linkWish({ note: 'a\u001b[2J' }), /--note/],
    [() => linkWish({ note: 'a'.repeat(201) }), /more than 200 characters/],
    [() => keyWish({ ...key, name: 'Roof' }), /name of a key/],
    [() => keyWish({ ...key, name: '../a' }), /name of a key/],
    [() => keyWish({ ...key, name: 'a'.repeat(65) }), /name of a key/],
    [() => keyWish({ ...key, writeTo: 'a/{sub}/' }), /--write-to: “a\/\{sub\}\/”/],
    [() => keyWish({ ...key, writeTo: '{name}' }), /--write-to: “a” does not end/],
    [() => keyWish({ ...key, expires: '366d' }), /--expires/],
  ] as const) {
    assert.throws(wish, withCode('usage', why));
  }
});
