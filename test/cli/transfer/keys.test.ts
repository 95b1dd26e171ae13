import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeKey, keyProblem } from '../../../cli/transfer/keys.ts';

test('keys that can be stored', () => {
  for (const key of [
    'a',
    'a/b.c/d',
    ' ',
    '.hidden',
    '...',
    'a..b',
    'x/.well-known/y',
    '.well-knownish',
    'e\u0301 and é',
    'archive \ufffd',
    '#?%+&=;:@!$,\\"<>',
    '🦊/🐢',
    'k'.repeat(1024),
    'é'.repeat(512),
  ]) {
    assert.equal(keyProblem(key), undefined, key);
  }
});

test('keys that cannot', () => {
  const cases: [string, RegExp][] = [
    ['', /empty/],
    ['/', /begins or ends/],
    ['/a', /begins or ends/],
    ['a/', /begins or ends/],
    ['a//b', /begins or ends/],
    ['.', /as a folder/],
    ['..', /as a folder/],
    ['a/../b', /as a folder/],
    ['a/./b', /as a folder/],
    ['a\0b', /control/],
    ['a\nb', /control/],
    ['a\u007f', /control/],
    ['\ud83e', /UTF-8/],
    ['k'.repeat(1025), /1025 bytes/],
    [`${'é'.repeat(512)}k`, /1025 bytes/],
    ['.well-known', /own/],
    ['.well-known/edge-upload', /own/],
  ];
  for (const [key, problem] of cases) assert.match(keyProblem(key) ?? '', problem, JSON.stringify(key));
});

test('every byte but the unreserved ones is percent-encoded, in upper case', () => {
  assert.equal(encodeKey("aZ0-._~/!'()*"), 'aZ0-._~/%21%27%28%29%2A');
  assert.equal(encodeKey('a b+c%2F?#é🦊'), 'a%20b%2Bc%252F%3F%23%C3%A9%F0%9F%A6%8A');
  assert.equal(encodeKey('e\u0301'), 'e%CC%81');
});
