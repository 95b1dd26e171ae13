import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../../edge/refusal.ts';
import { readKey } from '../../../edge/request/key.ts';
import { encodeKey } from '../../../protocol/object-url.ts';

const ACCEPTED: readonly (readonly [uri: string, key: string, canonical?: string])[] = [
  ['/a', 'a'],
  ['/a/b/c.jpg', 'a/b/c.jpg'],
  ['/a+b', 'a+b', '/a%2Bb'],
  ['/a%20b', 'a b'],
  ['/%61', 'a', '/a'],
  ['/a%2fb', 'a/b', '/a/b'],
  ['/caf%c3%a9', 'café', '/caf%C3%A9'],
  ["/it's(1)!*", "it's(1)!*", '/it%27s%281%29%21%2A'],
  ['/100%25', '100%'],
  // Encoded twice: decoded once, as S3 does.
  ['/%252e%252e/x', '%2e%2e/x'],
  ['/...', '...'],
  ['/.hidden', '.hidden'],
  ['/a/.well-known/x', 'a/.well-known/x'],
  ['/.well-known/edge-upload', '.well-known/edge-upload'],
  ['/~-._', '~-._'],
  [`/${'k'.repeat(1024)}`, 'k'.repeat(1024)],
  [`/${'%C3%A9'.repeat(512)}`, 'é'.repeat(512)],
];

test('decodes the path once; each key has exactly one path', () => {
  for (const [uri, key, canonical = uri] of ACCEPTED) {
    assert.equal(readKey(uri), key);
    assert.equal(`/${encodeKey(key)}`, canonical, key);
    assert.equal(readKey(canonical), key);
  }
});

const REFUSED = [
  '',
  '/',
  'a',
  '//a',
  '/a/',
  '/a//b',
  '/%2f',
  '/a%2f',
  '/a%2F%2Fb',
  '/.',
  '/..',
  '/a/../b',
  '/a/./b',
  '/%2e%2e/b',
  '/%2E./b',
  '/a%2f..%2fb',
  '/a%2f%2e%2e',
  '/a%00b',
  '/a%0d%0ab',
  '/a%7f',
  '/%c2%80',
  '/%c2%9f',
  '/%',
  '/%4',
  '/%zz',
  '/%ff',
  '/%c3%28',
  '/%c0%af',
  '/%ed%a0%80',
  '/é',
  '/\u00ff',
  '/\ud800',
  '/.well-known',
  '/.well-known/x',
  '/.well-known/edge-upload/x',
  '/%2ewell-known/x',
  '/.well-known%2fx',
  `/${'k'.repeat(1025)}`,
  `/${'%C3%A9'.repeat(513)}`,
];

test('refuses a key that cannot be stored or would differ from the checked one', () => {
  for (const uri of REFUSED) {
    assert.throws(
      () => readKey(uri),
      (error) => error instanceof Refusal && error.code === 'bad_key',
      JSON.stringify(uri),
    );
  }
});
