import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUserError } from '../../../cli/errors.ts';
import { readLink } from '../../../cli/links/link-address.ts';
import { linkToken } from '../../../page/link.ts';

const TOKEN = 'eul_eyJh.eyJp.c2ln';

test('reads edge and token from an address copied from a mail or a file', () => {
  for (const [typed, url] of [
    [`https://d1.cloudfront.net/#${TOKEN}`, 'https://d1.cloudfront.net'],
    [`  "https://D1.cloudfront.net#${TOKEN}"\n`, 'https://d1.cloudfront.net'],
    [`d1.cloudfront.net/#${TOKEN}`, 'https://d1.cloudfront.net'],
    [`http://127.0.0.1:8080/#${TOKEN}`, 'http://127.0.0.1:8080'],
    // As some mail programs encode it.
    [
      `https://d1.cloudfront.net/#${TOKEN.replace('_', '%5F').replaceAll('.', '%2e')}`,
      'https://d1.cloudfront.net',
    ],
  ] as const) {
    assert.deepEqual(readLink(typed, '--link'), { url, token: TOKEN });
  }
  assert.equal(readLink(`d1.cloudfront.net/#euk_eyJh.eyJp.c2ln`, '--link').token, 'euk_eyJh.eyJp.c2ln');
});

test('ignores text after the address, as the page does', () => {
  for (const after of [
    '.',
    '>',
    ' valid until Friday',
    '\nThanks!',
    '%20',
    `#${TOKEN}`,
    '.eyJp',
    '&utm_source=mail',
  ]) {
    const link = { url: 'https://d1.cloudfront.net', token: TOKEN };
    assert.deepEqual(readLink(`https://d1.cloudfront.net/#${TOKEN}${after}`, '--link'), link, after);
    assert.equal(linkToken(`#${TOKEN}${after}`), TOKEN, after);
  }
});

test('refuses any other text without quoting a token', () => {
  for (const [typed, why] of [
    ['', /^--link is empty\.$/],
    [' ', /^--link is empty\.$/],
    [TOKEN, /the token is not after a “#”/],
    [`https://d1.cloudfront.net/${TOKEN}`, /the token is not after a “#”/],
    [`https://d1.cloudfront.net/?${TOKEN}#x`, /the token is not after a “#”/],
    [`https://d1.cloudfront.net/${TOKEN.slice(4)}/#${TOKEN}`, /the token is not after a “#”/],
    [`https://d1.cloudfront.net/%65ul_${TOKEN.slice(4)}/#${TOKEN}`, /the token is not after a “#”/],
    [`https://d1.cloudfront.net/${TOKEN.toUpperCase()}#${TOKEN}`, /the token is not after a “#”/],
    [`https://d1.cloudfront.net:${TOKEN.slice(4)}/#${TOKEN}`, /the token is not after a “#”/],
    [`https://${TOKEN.slice(4)}/#${TOKEN}`, /the token is not after a “#”/],
    [`https://${TOKEN}@d1.cloudfront.net/#${TOKEN}`, /the token is not after a “#”/],
    [`https://d1.cloudfront.net/%23${TOKEN}`, /the token is not after a “#”/],
    [`https://d1.cloudfront.net/${TOKEN.replace('_', '%5f')}`, /the token is not after a “#”/],
    [`https://d1.cloudfront.net/${TOKEN.slice(4).replaceAll('.', '%2E')}#x`, /the token is not after a “#”/],
    [`#${TOKEN}`, /nothing is before the “#”/],
    [`https://d1.cloudfront.net/#https://evil.example/#${TOKEN}`, /cut off or changed/],
    [`https://d1.cloudfront.net/#${TOKEN.toUpperCase()}`, /cut off or changed/],
    [`https://d1.cloudfront.net/# ${TOKEN}`, /cut off or changed/],
    [`https://d1.cloudfront.net\\@evil.example/#${TOKEN}`, /more than a host name/],
    [`https://d1.cloudfront.net:443@evil.example/#${TOKEN}`, /must not contain a user name/],
    [`https://d1.cloudfront.net%2f.evil.example/#${TOKEN}`, /is not a URL/],
    [`http://localhost.evil.example/#${TOKEN}`, /not an https address/],
    [`https://d1.cloudfront.net:99999/#${TOKEN}`, /is not a URL/],
    ['https://d1.cloudfront.net/', /nothing follows a “#”/],
    ['https://d1.cloudfront.net/#', /nothing follows a “#”/],
    [`https://d1.cloudfront.net/#${TOKEN.slice(0, 12)}`, /cut off or changed/],
    ['https://d1.cloudfront.net/#eyJh.eyJp.c2ln', /cut off or changed/],
    [`http://d1.cloudfront.net/#${TOKEN}`, /not an https address/],
    [`https://d1.cloudfront.net/x/#${TOKEN}`, /more than a host name/],
    [`https://ada:secret@d1.cloudfront.net/#${TOKEN}`, /must not contain a user name/],
  ] as const) {
    assert.throws(
      () => readLink(typed, '--link'),
      (error) => {
        assert.ok(isUserError(error) && error.code === 'usage', typed);
        assert.match(error.message, why);
        assert.doesNotMatch(`${error.message} ${error.hint}`, /eyJ/i);
        return true;
      },
    );
  }
});
