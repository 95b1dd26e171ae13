import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { isUserError } from '../../../cli/errors.ts';
import { edgeUrl } from '../../../cli/settings/edge-url.ts';
import { isLoopback } from '../../../protocol/object-url.ts';
import { seeded } from '../../support/random.ts';

test('accepts a bare domain and a whole URL as the same edge', () => {
  for (const typed of [
    'd1.cloudfront.net',
    'https://d1.cloudfront.net',
    'https://d1.cloudfront.net/',
    'HTTPS://D1.cloudfront.net',
  ]) {
    assert.equal(edgeUrl(typed), 'https://d1.cloudfront.net');
  }
  assert.equal(edgeUrl('127.0.0.1:4443'), 'https://127.0.0.1:4443');
});

test('accepts plain http for loopback only', () => {
  assert.equal(edgeUrl('http://127.0.0.1:8080'), 'http://127.0.0.1:8080');
  assert.equal(edgeUrl('http://localhost:8080'), 'http://localhost:8080');
  for (const typed of [
    'http://example.com',
    'http://127.0.0.1.example.com',
    'http://10.0.0.1',
    'ftp://example.com',
  ]) {
    assert.throws(() => edgeUrl(typed), isUsage, typed);
  }
});

test('refuses anything beyond a host, passwords above all', () => {
  for (const typed of [
    'https://ada:secret@example.com',
    'https://example.com/path',
    'https://example.com/?a=b',
    'https://',
    '',
  ]) {
    assert.throws(() => edgeUrl(typed), isUsage, typed);
  }
});

test('refuses the address of a link as an edge to sign in to', () => {
  assert.throws(() => edgeUrl('https://d1.cloudfront.net/#eul_a.b.c'), {
    code: 'usage',
    message: /address of a link/,
    hint: /put <file> --link/,
  });
});

test('quotes nothing in an error that can be a password or a token', () => {
  for (const typed of [
    'https://ada:secret@example.com',
    'https://ada:secret@exa mple.com',
    'https://ada:sec@ret@exa mple.com/',
    'ada:secret@exa mple.com',
    'ftp://example.com?token=secret',
    'https://exa mple.com/?token=secret',
    'https://example.com/?token=secret',
    'https://example.com/#eul_secret',
    'example.com#eul_secret',
    'https://exa mple.com/#a\nsecret',
    'eyJsecret.eyJsecret.secret',
    'https://eyJsecret.eyJsecret.secret:443/',
    'https://EUK_eyJsecret.eyJsecret.secret',
    'https://example.com/eyJsecret.eyJsecret.secret',
    'https://example.com:eyJsecret.eyJsecret.secret',
    'https://example.com/%65ul_eyJsecret.eyJsecret.secret/x',
    'https://exa mple.com/eul_secret',
    'https://exa mple.com/eul%5Fsecret',
    'https://example.com/%65yJsecret%2eeyJsecret.secret',
  ]) {
    assert.throws(
      () => edgeUrl(typed),
      (error: unknown) => isUsage(error) && !inspect(error, { depth: null }).includes('secret'),
      typed,
    );
  }
});

test('accepts a host name that begins like a token', () => {
  for (const host of ['https://eyjafjalla.example', 'https://eyj.cloudfront.net']) {
    assert.equal(edgeUrl(host), host);
  }
});

test('recognises loopback by the whole host name', () => {
  assert.deepEqual(['127.0.0.1', '127.8.8.8', 'localhost', '[::1]'].map(isLoopback), [
    true,
    true,
    true,
    true,
  ]);
  assert.deepEqual(['127.0.0.1.evil.com', 'localhost.evil.com', '[::2]', '128.0.0.1'].map(isLoopback), [
    false,
    false,
    false,
    false,
  ]);
});

test('reads any text as an edge’s address, or refuses it as a usage error', () => {
  const random = seeded(3);
  const parts = [
    'https://',
    'http://',
    'd1.cloudfront.net',
    '127.0.0.1',
    '[::1]',
    ':',
    '443',
    '99999',
    '/',
    '@',
    '?',
    '#',
  ];
  parts.push(
    '\u0000',
    '\u001b[2J',
    '\u202e',
    '\ud800',
    ' ',
    '\n',
    '%',
    '\\',
    'xn--',
    'é',
    '..',
    'ftp:',
    'file:///',
    '💥',
  );
  for (let round = 0; round < 3_000; round += 1) {
    const typed = Array.from(
      { length: 1 + Math.floor(random() * 5) },
      () => parts[Math.floor(random() * parts.length)],
    ).join('');
    try {
      const url = new URL(edgeUrl(typed));
      assert.ok(url.protocol === 'https:' || isLoopback(url.hostname), typed);
      assert.equal(edgeUrl(url.origin), url.origin);
    } catch (error) {
      assert.ok(isUsage(error), `${JSON.stringify(typed)}: ${error}`);
    }
  }
});

function isUsage(error: unknown): boolean {
  return isUserError(error) && error.code === 'usage' && error.hint !== undefined;
}
