import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeKey, encodeQuery, isLinkAddress, keyProblem } from '../../protocol/object-url.ts';

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

test('encodes keys except unreserved characters and slashes', () => {
  assert.equal(encodeKey("aZ0-._~/!'()*"), 'aZ0-._~/%21%27%28%29%2A');
  assert.equal(encodeKey('a b+c%2F?#é🦊'), 'a%20b%2Bc%252F%3F%23%C3%A9%F0%9F%A6%8A');
  assert.equal(encodeKey('e\u0301'), 'e%CC%81');
  for (const key of ['', 'aZ0-._~/', 'a/b_c.d']) assert.equal(encodeKey(key), key);
  for (let code = 0; code < 128; code += 1) {
    const sign = String.fromCharCode(code);
    const encoded = encodeKey(`a${sign}`);
    assert.equal(decodeURIComponent(encoded), `a${sign}`);
    assert.equal(encoded === `a${sign}`, /[A-Za-z0-9._~/-]/.test(sign), encoded);
  }
});

test('encodes query values, slashes too', () => {
  assert.equal(encodeQuery([]), '');
  assert.equal(
    encodeQuery(
      new Map([
        ['uploads', ''],
        ['prefix', "a/b's&c"],
      ]),
    ),
    'uploads=&prefix=a%2Fb%27s%26c',
  );
});

test('distinguishes the address of a link from a file name', () => {
  for (const word of [
    'https://d1.cloudfront.net/#eul_eyJh.eyJp.c2ln',
    'd1.cloudfront.net/#euk_eyJh',
    'https://d1.cloudfront.net/%23eul%5FeyJh.eyJp.c2ln',
    'https://d1.cloudfront.net/eul_eyJh.eyJp.c2ln',
    'eul_eyJh.eyJp.c2ln',
  ])
    assert.ok(isLinkAddress(word), word);
  for (const word of ['report#1.pdf', 'eul_1.txt', '#']) assert.ok(!isLinkAddress(word), word);
});
