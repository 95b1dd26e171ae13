import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeKey, encodeQuery } from '../../protocol/percent-encode.ts';

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
