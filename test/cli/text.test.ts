import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareToken, decodeText, openText, withoutLineEnd } from '../../cli/text.ts';

const source = { name: 'paths.txt' } as const;
const text = 'räport.txt\r\n日本.txt\n';
const le = (value: string) => Buffer.from(value, 'utf16le');
const be = (value: string) => Buffer.from(value, 'utf16le').swap16();
const mark = '\uFEFF';

test('decodes text of any encoding without its byte order mark', () => {
  const cases: readonly (readonly [Buffer, string])[] = [
    [Buffer.from(text), text],
    [Buffer.from(mark + text), text],
    [le(mark + text), text],
    [be(mark + text), text],
    [le('report.txt\r\n'), 'report.txt\r\n'],
    [be('report.txt\n'), 'report.txt\n'],
    [Buffer.from(''), ''],
    [Buffer.from(mark), ''],
    [le(mark), ''],
    [Buffer.from('a'), 'a'],
    [Buffer.from('x\r'), 'x\r'],
    [Buffer.from('a\uFEFFb'), 'a\uFEFFb'],
  ];
  for (const [bytes, expected] of cases) {
    assert.equal(decodeText(bytes, source), expected);
    // The same text byte by byte, as from a slow pipe.
    const reader = openText(source);
    const pieces = [...bytes].map((byte) => reader.push(Uint8Array.of(byte)));
    assert.equal(pieces.join('') + reader.end(), expected);
  }
});

test('refuses bytes that are not text with the reason, and never repairs them', () => {
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [Buffer.from([0x61, 0xe4, 0x62, 0x0a]), /paths\.txt .*not valid UTF-8/],
    [Buffer.from('x\n\xc3', 'latin1'), /not valid UTF-8/],
    [Buffer.from('a\0bc\n'), /NUL/],
    [Buffer.from('abc\ndef\0'), /NUL/],
    [Buffer.concat([le(`${mark}ab`), Buffer.from([0x63])]), /not valid UTF-16/],
    [Buffer.concat([le(mark), Buffer.from([0x00, 0xd8, 0x61, 0x00])]), /not valid UTF-16/],
    [Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), /NUL/],
    [le('日a\r\n'), /not valid/],
  ];
  for (const [bytes, reason] of cases) {
    assert.throws(() => decodeText(bytes, source), { code: 'usage', message: reason, hint: /UTF-8/ });
  }
  assert.throws(() => decodeText(Buffer.from([0xff]), { name: 'x', code: 'settings' }), { code: 'settings' });
});

test('distinguishes UTF-16 from one-letter names separated by NUL', () => {
  const list = { ...source, nulSeparates: true };
  assert.equal(decodeText(Buffer.from('./a\0./b\0'), list), './a\0./b\0');
  assert.equal(decodeText(le('report.txt\r\n'), list), 'report.txt\r\n');
  assert.throws(() => decodeText(Buffer.from('a\0b\0'), list), /one-letter/);
});

test('returns a line as soon as its end arrives', () => {
  const reader = openText(source);
  assert.equal(reader.push(Buffer.from('secret')), '');
  assert.equal(reader.push(Buffer.from('\n')), 'secret\n');
  const wide = openText(source);
  assert.equal(wide.push(le('secret\r\n')), 'secret\r\n');
});

test('removes line ends, and keeps blanks', () => {
  assert.deepEqual(['a\r\n', ' b \n', '\n', 'c', 'd\r'].map(withoutLineEnd), ['a', ' b ', '', 'c', 'd']);
});

test('removes characters that copying adds to a token', () => {
  for (const copied of [
    'a.b.c',
    ' a.b.c\r\n',
    '\uFEFFa.b.c',
    '"a.b.c"\n',
    "'a.b.c'",
    'Bearer a.b.c',
    '" bearer a.b.c "',
  ]) {
    assert.equal(bareToken(copied), 'a.b.c');
  }
});
