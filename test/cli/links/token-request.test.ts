import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyRequest, linkRequest } from '../../../cli/links/token-request.ts';
import { withCode } from '../transfer/helpers/uploading.ts';

const DAY = 86_400;

test('gives a link its own prefix for 7 days by default', () => {
  assert.deepEqual(linkRequest({}), { kind: 'link', lifetime: 7 * DAY });
  assert.deepEqual(linkRequest({ as: '2026/q3.pdf', expires: '30m', maxSize: '2G', note: ' Q3 figures ' }), {
    kind: 'link',
    scope: { key: '2026/q3.pdf' },
    lifetime: 1800,
    maxSize: 2 * 1024 ** 3,
    note: 'Q3 figures',
  });
  assert.deepEqual(linkRequest({ prefix: 'photos/', expires: '30d' }), {
    kind: 'link',
    scope: { prefix: 'photos/' },
    lifetime: 30 * DAY,
  });
  // An astral character counts once, as at the edge.
  assert.equal(linkRequest({ note: '🦊'.repeat(200) }).note?.length, 400);
});

test('gives a key its name as prefix for 90 days by default', () => {
  assert.deepEqual(keyRequest({ name: 'roof-3', writeTo: 'sensors/{name}/' }), {
    kind: 'key',
    name: 'roof-3',
    scope: { prefix: 'sensors/roof-3/' },
    lifetime: 90 * DAY,
  });
  const all = { name: 'a', writeTo: 'a/b/', expires: '365d', maxSize: '1M', clobber: false };
  assert.deepEqual(keyRequest(all), {
    kind: 'key',
    name: 'a',
    scope: { prefix: 'a/b/' },
    lifetime: 365 * DAY,
    maxSize: 1024 ** 2,
    noClobber: true,
  });
});

test('refuses flags that the edge would refuse, and flags without effect', () => {
  const key = { name: 'a', writeTo: 'a/' };
  for (const [request, why] of [
    [() => linkRequest({ as: 'a', prefix: 'b/' }), /contradict/],
    [() => linkRequest({ as: 'a/' }), /ends with “\/”/],
    [() => linkRequest({ as: '/a' }), /begins or ends with “\/”/],
    [() => linkRequest({ as: '../a' }), /as a segment/],
    [() => linkRequest({ as: '.well-known/x' }), /reserved/],
    [() => linkRequest({ as: 'a'.repeat(1025) }), /1025 bytes/],
    [() => linkRequest({ prefix: 'photos' }), /does not end with “\/”/],
    [() => linkRequest({ prefix: '' }), /is empty/],
    [() => linkRequest({ prefix: '/' }), /begins or ends/],
    [() => linkRequest({ prefix: 'a//' }), /contains “\/\/”/],
    [() => linkRequest({ prefix: '.well-known/edge-upload/' }), /reserved/],
    [() => linkRequest({ expires: '31d' }), /--expires: “31d”/],
    [() => linkRequest({ expires: '721h' }), /--expires/],
    [() => linkRequest({ expires: '0d' }), /--expires/],
    [() => linkRequest({ expires: '1w' }), /--expires/],
    [() => linkRequest({ expires: '' }), /--expires/],
    [() => linkRequest({ maxSize: '0' }), /--max-size/],
    [() => linkRequest({ note: '' }), /--note: it is empty/],
    [() => linkRequest({ note: 'a\nb' }), /--note: it contains a line break/],
    [() => linkRequest({ note: 'a\u001b[2J' }), /--note/],
    [() => linkRequest({ note: 'a'.repeat(201) }), /more than 200 characters/],
    [() => keyRequest({ ...key, name: 'Roof' }), /name of a key/],
    [() => keyRequest({ ...key, name: '../a' }), /name of a key/],
    [() => keyRequest({ ...key, name: 'a'.repeat(65) }), /name of a key/],
    [() => keyRequest({ ...key, writeTo: 'a/{sub}/' }), /--write-to: “a\/\{sub\}\/”/],
    [() => keyRequest({ ...key, writeTo: '{name}' }), /--write-to: “a” does not end/],
    [() => keyRequest({ ...key, expires: '366d' }), /--expires/],
  ] as const) {
    assert.throws(request, withCode('usage', why));
  }
});
