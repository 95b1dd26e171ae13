import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkToken } from '../../../page/link.ts';
import { nextName, placeFiles } from '../../../page/transfer/keys.ts';

const file = new File(['x'], 'a.jpg');
const pick = (...paths: readonly string[]) => paths.map((path) => ({ file, path }));
const codes = (placed: ReturnType<typeof placeFiles>) => placed.map(({ key, error }) => error?.code ?? key);

test('builds a key of the prefix and the path with its folders', () => {
  const caller = { writeTo: ['in/'] };
  const placed = placeFiles(pick('a.jpg', '/photos/2026/./b.jpg', 'ü.txt'), {
    caller,
    prefix: 'in/',
    taken: [],
  });
  assert.deepEqual(codes(placed), ['in/a.jpg', 'in/photos/2026/b.jpg', 'in/ü.txt']);
});

test('refuses invalid keys, keys of other users and duplicates before anything is sent', () => {
  const options = { caller: { writeTo: ['in/'] }, prefix: 'in/', taken: ['in/taken.txt'] };
  assert.deepEqual(
    codes(placeFiles(pick('../a', 'tab\t', 'x'.repeat(1025), 'taken.txt', 'b', 'b'), options)),
    ['bad_key', 'bad_key', 'bad_key', 'clash', 'in/b', 'clash'],
  );
  const elsewhere = { ...options, prefix: 'out/' };
  assert.deepEqual(codes(placeFiles(pick('a'), elsewhere)), ['forbidden']);
  const reserved = { ...options, caller: { writeTo: [''] }, prefix: '' };
  assert.deepEqual(codes(placeFiles(pick('.well-known/a'), reserved)), ['bad_key']);
});

test('gives one file of any name the key of a link', () => {
  const caller = { writeTo: ['report.pdf'], key: 'report.pdf' };
  const placed = placeFiles(pick('a.jpg', 'b.jpg'), { caller, prefix: '', taken: [] });
  assert.deepEqual(codes(placed), ['report.pdf', 'clash']);
});

test('numbers a name before its extension', () => {
  for (const [name, next] of [
    ['image.jpg', 'image (2).jpg'],
    ['image (2).jpg', 'image (3).jpg'],
    ['image (9)', 'image (10)'],
    ['archive.tar.gz', 'archive.tar (2).gz'],
    ['.profile', '.profile (2)'],
    ['photos.2026/README', 'photos.2026/README (2)'],
    ['photos/.env', 'photos/.env (2)'],
    ['a()', 'a() (2)'],
    ['(1)', '(1) (2)'],
    ['a.', 'a. (2)'],
  ] as const) {
    assert.equal(nextName(name), next);
  }
});

test('takes the token from the beginning of a link’s fragment, and ignores what follows it', () => {
  assert.equal(linkToken('#eul_a.b-_.c'), 'eul_a.b-_.c');
  for (const after of ['.', '>', ')', '%20', '?utm_source=x', '&x=eul_a.b.c', '\u201d']) {
    assert.equal(linkToken(`#eul_a.b.c${after}`), 'eul_a.b.c', after);
  }
  for (const fragment of ['', '#', '#eul_a.b', '#eul_a.b.', '#euk_a.b.c', '#x=eul_a.b.c']) {
    assert.equal(linkToken(fragment), undefined, fragment);
  }
});
