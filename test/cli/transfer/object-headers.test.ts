import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentType, objectHeaders } from '../../../cli/transfer/put-object.ts';
import { withCode } from './helpers/uploading.ts';

test('derives the content type from the extension', () => {
  assert.equal(contentType('a/image.JPG'), 'image/jpeg');
  assert.equal(contentType('report', 'draft.pdf'), 'application/pdf');
  for (const name of ['css', '.css', 'folder.css/file', 'x.unknown-extension', '']) {
    assert.equal(contentType(name), 'application/octet-stream', name);
  }
});

test('sends headers and metadata in a form that S3 accepts', () => {
  assert.deepEqual(
    objectHeaders({
      contentType: 'text/plain; charset=utf-8',
      cacheControl: 'max-age=60',
      contentDisposition: 'attachment; filename="a b.txt"',
      contentEncoding: 'gzip',
      contentLanguage: 'de, en',
      metadata: { Camera: 'X100 V', place: 'Zürich' },
    }),
    {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'max-age=60',
      'content-disposition': 'attachment; filename="a b.txt"',
      'content-encoding': 'gzip',
      'content-language': 'de, en',
      'x-amz-meta-camera': 'X100 V',
      'x-amz-meta-place': '=?UTF-8?B?WsO8cmljaA==?=',
    },
  );
  assert.deepEqual(objectHeaders({}), {});
});

test('encodes long non-ASCII text in words of 75 characters, never inside a character', () => {
  const value = objectHeaders({ metadata: { m: '€🦊'.repeat(40) } })['x-amz-meta-m'] ?? '';
  const words = value.split(' ');
  assert.ok(words.length > 1 && words.every((word) => word.length <= 75));
  const decoded = words.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString('utf8')).join('');
  assert.equal(decoded, '€🦊'.repeat(40));
});

test('refuses invalid headers, or too many bytes of them, as a usage error', () => {
  for (const options of [
    { contentType: 'image' },
    { contentType: 'text/plain\r\nx: y' },
    { cacheControl: 'a\nb' },
    { cacheControl: '' },
    { contentDisposition: 'attachment; filename="é"' },
    { cacheControl: 'no-store ' },
    { metadata: { 'a b': 'c' } },
    { metadata: { a: ' b' } },
    { metadata: { a: 'b ' } },
    { metadata: { 'uploaded-by': 'me' } },
    { metadata: { A: '1', a: '2' } },
    { metadata: { a: 'x'.repeat(2048) } },
  ]) {
    assert.throws(() => objectHeaders(options), withCode('usage'), JSON.stringify(options));
  }
  assert.throws(
    () => objectHeaders({ metadata: { Place: ' x' } }),
    withCode('usage', /“place” begins or ends with a space/),
  );
  assert.ok(objectHeaders({ metadata: { a: 'x'.repeat(2047) } }));
});

test('encodes metadata with consecutive spaces, which signatures reduce to one', () => {
  const headers = objectHeaders({ metadata: { plain: 'one two', runs: 'one  two   three' } });
  assert.equal(headers['x-amz-meta-plain'], 'one two');
  const encoded = /^=\?UTF-8\?B\?(.*)\?=$/.exec(headers['x-amz-meta-runs'] ?? '')?.[1] ?? '';
  assert.equal(Buffer.from(encoded, 'base64').toString(), 'one  two   three');
});
