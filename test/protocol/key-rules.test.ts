import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyProblem } from '../../protocol/key-rules.ts';

test('accepts keys that can be stored', () => {
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

test('refuses keys that cannot', () => {
  const cases: [string, RegExp][] = [
    ['', /empty/],
    ['/', /begins or ends/],
    ['/a', /begins or ends/],
    ['a/', /begins or ends/],
    ['a//b', /begins or ends/],
    ['.', /as a segment/],
    ['..', /as a segment/],
    ['a/../b', /as a segment/],
    ['a/./b', /as a segment/],
    ['a\0b', /control/],
    ['a\nb', /control/],
    ['a\u007f', /control/],
    ['\ud83e', /Unicode/],
    ['k'.repeat(1025), /1025 bytes/],
    [`${'é'.repeat(512)}k`, /1025 bytes/],
    ['.well-known', /reserved/],
    ['.well-known/edge-upload', /reserved/],
  ];
  for (const [key, problem] of cases) assert.match(keyProblem(key) ?? '', problem, JSON.stringify(key));
});
