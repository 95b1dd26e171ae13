import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { test } from 'node:test';
import { JwtVerifier } from 'aws-jwt-verify';
import type { EdgeConfig, EdgeIssuer } from '../../../edge/config.ts';
import { Refusal, type RefusalCode } from '../../../edge/refusal.ts';
import { createVerify } from '../../../edge/token/verify.ts';
import type { Claims } from '../../support/keys/forge.ts';
import {
  configOf,
  DOMAIN,
  type IssuerKey,
  issuerKey,
  ORIGIN,
  outside,
  personal,
  SHARED_KEY,
  seconds,
  signed,
} from '../support/issuers.ts';

/** Returns the edge's result for a token: the caller's name, or code and message. */
async function judged(token: string, config: EdgeConfig): Promise<string> {
  const verify = createVerify(config, { download: async () => JSON.stringify({ keys: [SHARED_KEY.jwk] }) });
  try {
    return (await verify(token, DOMAIN)).name;
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    for (const part of token.split('.'))
      assert.ok(part.length < 10 || !error.message.includes(part), 'quotes the token');
    const { 'www-authenticate': challenge = '' } = error.headers;
    if (error.code !== 'keys_unavailable') {
      assert.match(challenge, /^Bearer error="invalid_token", error_description="[^"\\]+"$/);
      assert.match(challenge, /^[ -~]*$/);
    }
    return `${error.code}: ${error.message}`;
  }
}

type Row = readonly [
  name: string,
  issuer: Partial<EdgeIssuer>,
  claims: Claims,
  expected: string | RegExp,
  header?: Claims,
];

const code = (name: RefusalCode, text: string) => `${name}: ${text}`;
const API = ['api://uploads'];
const AUDIENCE = 'Accepted: api://uploads.';
const NOT_ACCESS = code(
  'wrong_token_kind',
  'The token is not an access token. Request one with a scope of your API.',
);
const NOT_ID = code('wrong_token_kind', 'The token is not an ID token. Send the ID token.');
const OTHER_CLIENT = code(
  'wrong_client',
  'The token was issued to another client. Sign in with edge-upload login.',
);
const invalid = (claim: string) =>
  code('invalid_claim', `The ${claim} claim of the token is missing or not valid.`);
const UNVERIFIED = code(
  'invalid_claim',
  'The e-mail address in the token is not verified. Verify it at the provider.',
);
const NOT_TRUSTED = 'This edge does not trust the issuer of the token.';
const DIRTY = JSON.parse('{"__proto__":{"sub":"eve"},"constructor":{"name":"eve"}}');

/** An issuer whose tokens are for the edge's own origins. */
const OWN_ORIGINS: Partial<EdgeIssuer> = {};

const ROWS: readonly Row[] = [
  ['as it should be', {}, {}, 'ada'],
  ['an issuer to the letter', {}, { iss: 'https://id.example.com' }, /^unknown_issuer: .*trailing slash/],
  ['another letter case', {}, { iss: 'https://ID.example.com/' }, code('unknown_issuer', NOT_TRUSTED)],
  ['a look-alike', {}, { iss: 'https://id.example.com.evil.example/' }, code('unknown_issuer', NOT_TRUSTED)],
  ['no issuer', {}, { iss: undefined }, code('unknown_issuer', NOT_TRUSTED)],
  ['an issuer that is a list', {}, { iss: ['https://id.example.com/'] }, code('unknown_issuer', NOT_TRUSTED)],
  ['alg none', {}, {}, /^unsupported_algorithm: .*not allowed/, { alg: 'none' }],
  ['HS256', {}, {}, /^unsupported_algorithm: .*not allowed/, { alg: 'HS256' }],
  ['PS256', {}, {}, /^unsupported_algorithm: .*not allowed/, { alg: 'PS256' }],
  ['an algorithm of Object', {}, {}, /^unsupported_algorithm: .*not allowed/, { alg: 'constructor' }],
  ['ES256 with an RSA key', {}, {}, /^unsupported_algorithm: .*not match/, { alg: 'ES256' }],
  ['EdDSA with an RSA key', {}, {}, /^unsupported_algorithm: .*not match/, { alg: 'EdDSA' }],
  ['RS512 said, RS256 signed', {}, {}, /^invalid_token: .*signature/, { alg: 'RS512' }],
  ['a crit header', {}, {}, /^unsupported_crit: /, { crit: ['exp'] }],
  ['an empty crit header', {}, {}, /^unsupported_crit: /, { crit: [] }],
  ['no kid', {}, {}, /^invalid_token: .*name its key/, { kid: undefined }],
  ['an unknown kid', {}, {}, /^invalid_token: .*not signed by a key of its issuer/, { kid: 'other' }],
  ['no exp', {}, { exp: undefined }, /^missing_expiry: /],
  ['exp as text', {}, { exp: '9999999999' }, invalid('exp')],
  ['exp in 25 hours', {}, { exp: seconds() + 90_000 }, /^lifetime_too_long: .*86400 seconds/],
  ['exp of the issuer in 25 hours', { maxAge: 100_000 }, { exp: seconds() + 90_000 }, 'ada'],
  ['exp of an hour where minutes are allowed', { maxAge: 600 }, {}, /^lifetime_too_long: .*600 seconds/],
  ['expired', {}, { exp: seconds() - 1 }, code('token_expired', 'The token has expired.')],
  ['nbf', {}, { nbf: seconds() + 600 }, code('token_not_yet_valid', 'The token is not valid yet.')],
  ['nbf within the difference of clocks', {}, { nbf: seconds() + 20 }, 'ada'],
  ['nbf as text', {}, { nbf: '0' }, invalid('nbf')],
  ['iat of tomorrow', {}, { iat: seconds() + 90_000 }, /^token_not_yet_valid: /],
  ['no aud', {}, { aud: undefined }, code('wrong_audience', `The token has no aud claim. ${AUDIENCE}`)],
  [
    'another aud',
    {},
    { aud: 'api://x' },
    code('wrong_audience', `The token is for another audience. ${AUDIENCE}`),
  ],
  ['the aud as a part', {}, { aud: 'api://uploads2' }, /^wrong_audience: /],
  ['an empty list of aud', {}, { aud: [] }, /^wrong_audience: /],
  ['aud as an object', {}, { aud: { 'api://uploads': true } }, invalid('aud')],
  ['aud with a number', {}, { aud: ['api://uploads', 7] }, invalid('aud')],
  ['one of several aud', {}, { aud: ['https://other', 'api://uploads'] }, 'ada'],
  ['the edge as aud', OWN_ORIGINS, { aud: ORIGIN }, 'ada'],
  ['the edge with a slash', OWN_ORIGINS, { aud: `${ORIGIN}/` }, /^wrong_audience: .*Accepted: https:\/\/d1/],
  ['another edge as aud', OWN_ORIGINS, { aud: 'https://evil.example' }, /^wrong_audience: /],
  ['another client', { clientId: 'cli' }, { azp: 'web' }, OTHER_CLIENT],
  ['another client of Okta', { clientId: 'cli' }, { cid: 'web' }, OTHER_CLIENT],
  ['another client of RFC 9068', { clientId: 'cli' }, { client_id: 'web' }, OTHER_CLIENT],
  ['another client of Entra v1', { clientId: 'cli' }, { appid: 'web' }, OTHER_CLIENT],
  ['a client that is a list', { clientId: 'cli' }, { azp: ['cli'] }, OTHER_CLIENT],
  ['the client', { clientId: 'cli' }, { azp: 'cli' }, 'ada'],
  ['no client named', { clientId: 'cli' }, {}, 'ada'],
  ['a client, where none is known', {}, { azp: 'web' }, 'ada'],
  ['an ID token by token_use', {}, { token_use: 'id' }, NOT_ACCESS],
  ['an ID token by at_hash', {}, { at_hash: 'x' }, NOT_ACCESS],
  ['an ID token by c_hash', {}, { c_hash: 'x' }, NOT_ACCESS],
  ['an ID token by nonce', {}, { nonce: 'x' }, NOT_ACCESS],
  ['an ID token by nonce, with scopes', {}, { nonce: 'x', scope: 'upload' }, NOT_ACCESS],
  ['an ID token of Keycloak', {}, { typ: 'ID' }, NOT_ACCESS],
  ['a token of two kinds', {}, { typ: 'ID' }, NOT_ACCESS, { typ: 'at+jwt' }],
  ['an access token by typ, with a nonce', {}, { nonce: 'x' }, 'ada', { typ: 'at+jwt' }],
  ['an access token of an older Keycloak', {}, { typ: 'Bearer', nonce: 'x' }, 'ada'],
  ['an access token of Entra, with a nonce', {}, { azpacr: '0', nonce: 'x' }, 'ada'],
  ['a refresh token of Keycloak', {}, { typ: 'Refresh' }, NOT_ACCESS],
  ['a logout token', {}, {}, NOT_ACCESS, { typ: 'logout+jwt' }],
  ['a logout token without typ', {}, { events: {} }, NOT_ACCESS],
  ['a proof of possession', {}, {}, NOT_ACCESS, { typ: 'dpop+jwt' }],
  ['an access token by typ', {}, {}, 'ada', { typ: 'at+jwt' }],
  ['an access token by typ in other letters', {}, {}, 'ada', { typ: 'application/AT+JWT' }],
  ['another typ in other letters', {}, {}, NOT_ACCESS, { typ: 'Logout+JWT' }],
  ['typ JWT in other letters', {}, {}, 'ada', { typ: 'Jwt' }],
  ['a typ that is not text', {}, {}, NOT_ACCESS, { typ: ['JWT'] }],
  ['an access token without typ', {}, {}, 'ada', { typ: undefined }],
  ['an access token of Keycloak', {}, { typ: 'Bearer' }, 'ada'],
  ['an access token for an ID token', { token: 'id' }, {}, NOT_ID, { typ: 'at+jwt' }],
  ['a token with scopes for an ID token', { token: 'id' }, { scp: 'upload' }, NOT_ID],
  ['a token with an empty scope for an ID token', { token: 'id' }, { scope: '' }, NOT_ID],
  ['a token with a nonce and scopes for an ID token', { token: 'id' }, { scp: 'x', nonce: 'x' }, NOT_ID],
  ['an app token of Entra for an ID token', { token: 'id' }, { idtyp: 'app' }, NOT_ID],
  ['an access token of Entra for an ID token', { token: 'id' }, { azpacr: '0', nonce: 'x' }, NOT_ID],
  ['one of version 1 for an ID token', { token: 'id' }, { appidacr: '0' }, NOT_ID],
  ['a token of two kinds for an ID token', { token: 'id' }, { typ: 'ID' }, NOT_ID, { typ: 'at+jwt' }],
  ['an ID token by nonce', { token: 'id' }, { nonce: 'x' }, 'ada'],
  ['a token that does not say its kind for an ID token', { token: 'id' }, {}, 'ada'],
  ['a logout token for an ID token', { token: 'id' }, { events: {} }, NOT_ID],
  ['an ID token', { token: 'id' }, { at_hash: 'x' }, 'ada'],
  [
    'several aud of an ID token without azp',
    { token: 'id', clientId: 'cli' },
    { aud: ['api://uploads', 'b'] },
    OTHER_CLIENT,
  ],
  ['one client for all: an ID token', { clientId: 'api://uploads' }, {}, NOT_ACCESS],
  ['one client for all: an access token', { clientId: 'api://uploads' }, { scope: 'upload' }, 'ada'],
  ['one client for all: no scopes', { clientId: 'api://uploads' }, { scope: ' ', scp: [''] }, NOT_ACCESS],
  ['one client for all: scopes of no type', { clientId: 'api://uploads' }, { scope: {} }, NOT_ACCESS],
  ['a list of scopes', {}, { scope: ['upload', 'read'], scp: ['upload'] }, 'ada'],
  ['scopes of no type', {}, { scope: 7 }, 'ada'],
  ['no sub', {}, { sub: undefined }, invalid('sub')],
  ['sub as a number', {}, { sub: 7 }, invalid('sub')],
  ['an empty sub', {}, { sub: '' }, invalid('sub')],
  ['half a letter in sub', {}, { sub: 'a\ud800' }, invalid('sub')],
  ['a control character in sub', {}, { sub: 'a\u0000' }, invalid('sub')],
  ['a sub that no metadata holds', {}, { sub: 'é'.repeat(300) }, invalid('sub')],
  ['a name', { name: ['email'] }, { email: 'ada@example.com' }, 'ada@example.com'],
  ['a verified name', { name: ['email'] }, { email: 'a@x', email_verified: true }, 'a@x'],
  ['an unverified name', { name: ['email'] }, { email: 'a@x', email_verified: false }, UNVERIFIED],
  ['an unverified name, in text', { name: ['email'] }, { email: 'a@x', email_verified: 'false' }, UNVERIFIED],
  ['an unverified address that is not the name', {}, { email: 'a@x', email_verified: false }, 'ada'],
  ['a number for a name', { name: ['uid'] }, { uid: 7 }, '7'],
  ['a nested name', { name: ['profile', 'nick name'] }, { profile: { 'nick name': 'Ada L.' } }, 'Ada L.'],
  ['no name', { name: ['profile', 'nick'] }, {}, invalid('profile.nick')],
  ['a list for a name', { name: ['email'] }, { email: ['ada'] }, invalid('email')],
  ['a name of Object', { name: ['constructor', 'name'] }, {}, invalid('constructor.name')],
  ['no groups', { groups: ['groups'] }, {}, 'ada'],
  ['groups as text', { groups: ['groups'] }, { groups: 'staff' }, invalid('groups')],
  ['groups with a number', { groups: ['groups'] }, { groups: ['staff', 7] }, invalid('groups')],
  ['nested groups', { groups: ['realm_access', 'roles'] }, { realm_access: { roles: ['staff'] } }, 'ada'],
  ['claims of Object', {}, DIRTY, 'ada'],
  ['odd claims', {}, { a: 1e308, b: [[[]]], c: null, '': '', 'https://x/y': {} }, 'ada'],
  ['a workload', { kind: 'workload', token: 'id' }, { scope: 'x', azp: 'anything' }, 'ada'],
];

test('refuses each invalid token with a code and a reason', async (t) => {
  for (const [name, issuer, claims, expected, header] of ROWS) {
    await t.test(name, async () => {
      const said = await judged(
        signed(SHARED_KEY, personal(claims), header),
        configOf(outside(issuer, issuer === OWN_ORIGINS ? undefined : API)),
      );
      if (typeof expected === 'string') assert.equal(said, expected);
      else assert.match(said, expected);
    });
  }
});

/** Returns a token whose parts are these bytes. */
function signedBytes(head: string | Buffer, payload: string | Buffer): string {
  const text = `${Buffer.from(head).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  return `${text}.${sign('sha256', Buffer.from(text), SHARED_KEY.privateKey).toString('base64url')}`;
}

test('requires one JSON object in UTF-8 as the signed payload', async (t) => {
  const head = JSON.stringify({ alg: 'RS256', kid: 'shared' });
  const claims = JSON.stringify(personal());
  /** Replaces `~` by a byte that is invalid in UTF-8. */
  const broken = (text: string) => Buffer.from(text, 'latin1').map((byte) => (byte === 0x7e ? 0xff : byte));
  const changed = (from: string | RegExp, to: string) => claims.replace(from, to);
  const malformed = 'invalid_token: The token is not a well-formed JWT.';
  const rows: readonly (readonly [string, string | Buffer, string | Buffer, string])[] = [
    ['as it should be', head, claims, 'ada'],
    ['blanks around', ` ${head}\n`, `\t${claims}\r\n`, 'ada'],
    ['a byte order mark', head, `\ufeff${claims}`, malformed],
    ['a byte order mark in the header', `\ufeff${head}`, claims, malformed],
    ['a name that is not UTF-8', head, Buffer.from(broken(changed('"ada"', '"a~"'))), malformed],
    ['a header that is not UTF-8', Buffer.from(broken(head.replace('{', '{"x":"~",'))), claims, malformed],
    ['UTF-16', head, Buffer.from(claims, 'utf16le'), malformed],
    ['a list', head, `[${claims}]`, malformed],
    ['null', head, 'null', malformed],
    ['two objects', head, claims + claims, malformed],
    ['a comma at the end', head, changed(/}$/, ',}'), malformed],
    ['a member twice: the last counts', head, changed('{', '{"sub":"eve",'), 'ada'],
    ['claims of the prototype', head, `{"__proto__":${claims}}`, `unknown_issuer: ${NOT_TRUSTED}`],
    [
      'a header of the prototype',
      `{"__proto__":${head}}`,
      claims,
      'unsupported_algorithm: The algorithm of the token is not allowed.',
    ],
    ['exp beyond all numbers', head, changed(/"exp":\d+/, '"exp":1e400'), invalid('exp')],
    ['exp below 0', head, changed(/"exp":\d+/, '"exp":-1'), invalid('exp')],
    ['exp as a list', head, changed(/"exp":(\d+)/, '"exp":[$1]'), invalid('exp')],
    ['exp with a fraction', head, changed(/"exp":(\d+)/, '"exp":$1.5'), 'ada'],
    ['iat as null', head, changed(/"iat":\d+/, '"iat":null'), invalid('iat')],
    [
      'a crit of null',
      head.replace('{', '{"crit":null,'),
      claims,
      'unsupported_crit: A crit header in a token is not supported.',
    ],
    [
      'a header with its own keys',
      head.replace('{', '{"jwk":{},"jku":"https://evil.example","x5c":["x"],'),
      claims,
      'ada',
    ],
    ['deep nesting', head, changed('{', `{"x":${'['.repeat(2000)}${']'.repeat(2000)},`), 'ada'],
  ];
  for (const [name, header, payload, expected] of rows) {
    await t.test(name, async () => {
      assert.equal(await judged(signedBytes(header, payload), configOf(outside({}, API))), expected);
    });
  }
});

test('refuses tokens that are not JWTs, and names opaque tokens', async () => {
  const config = configOf(
    outside({ preset: 'auth0' }, API),
    outside({ preset: 'google', iss: ['https://x/'] }),
  );
  const opaque =
    'opaque_token: The token is opaque or encrypted, not a signed JWT. At Auth0, sign in with an audience: the identifier of your API. Access tokens of Google are opaque. Send the ID token.';
  const rows: readonly (readonly [string, string])[] = [
    ['4_FyDJ0M8a1lXBCg2uKwEjYzQ5tVn7rS', opaque],
    ['ya29.a0AfB_byD-lorem-ipsum', opaque],
    ['eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..x.y.z', opaque],
    ['garbage', 'invalid_token: The token is not a well-formed JWT.'],
    ['a.b.c', 'invalid_token: The token is not a well-formed JWT.'],
    [`${'a'.repeat(30)}.b.c`, 'invalid_token: The token is not a well-formed JWT.'],
  ];
  for (const [token, expected] of rows) assert.equal(await judged(token, config), expected);
});

/** Returns the caller by AWS's own verifier, to compare. */
function witness(token: string, { alg, jwk }: IssuerKey): unknown {
  const [issuer = ''] = outside().iss;
  const verifier = JwtVerifier.create({
    issuer,
    audience: API[0] ?? '',
    jwksUri: 'https://id.example.com/keys',
  });
  verifier.cacheJwks({ keys: [{ ...jwk, alg }] });
  return verifier.verifySync(token).sub;
}

test('verifies each algorithm with a key of its type only', async () => {
  const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
  const keys = algorithms.map((alg) => issuerKey(alg));
  const config = configOf(outside({ keys: keys.map(({ jwk }) => jwk) }, API));
  for (const key of keys) {
    const token = signed(key, personal());
    assert.equal(await judged(token, config), 'ada', key.alg);
    assert.equal(witness(token, key), 'ada', key.alg);
    const at = token.length - 20;
    const flipped = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    assert.match(await judged(flipped, config), /^invalid_token: .*signature/, key.alg);
    for (const alg of algorithms.filter((one) => one !== key.alg)) {
      const said = await judged(signed(key, personal(), { alg }), config);
      assert.match(said, /^(?:unsupported_algorithm|invalid_token): /, `${key.alg} as ${alg}`);
    }
    const pinned = outside({ keys: [{ ...key.jwk, alg: key.alg === 'RS256' ? 'RS384' : key.alg }] }, API);
    const expected = key.alg === 'RS256' ? /^unsupported_algorithm/ : /^ada$/;
    assert.match(await judged(token, configOf(pinned)), expected, key.alg);
  }
  // A DER signature by the same key is another encoding.
  const [first] = keys.filter(({ alg }) => alg === 'ES256');
  assert.ok(first);
  const broken = outside({ keys: [{ ...first.jwk, x: 'A'.repeat(43) }] }, API);
  assert.match(await judged(signed(first, personal()), configOf(broken)), /^invalid_token: .*signature/);
});

test('accepts both names of EdDSA, for keys with and without an algorithm', async () => {
  const key = issuerKey('EdDSA', 'ed');
  const judgedAs = (alg: string, ofKey?: string) =>
    judged(
      signed(key, personal(), { alg }),
      configOf(outside({ keys: [{ ...key.jwk, ...(ofKey && { alg: ofKey }) }] }, API)),
    );
  for (const alg of ['EdDSA', 'Ed25519']) {
    assert.equal(await judgedAs(alg), 'ada');
    assert.equal(await judgedAs(alg, alg), 'ada');
  }
  for (const other of ['Ed448', 'ed25519', 'Ed25519 ']) {
    assert.match(await judgedAs(other), /^unsupported_algorithm: .*not allowed/, other);
  }
  assert.match(await judgedAs('Ed25519', 'EdDSA'), /^unsupported_algorithm: .*not match/);
  assert.match(await judgedAs('ES256'), /^unsupported_algorithm: .*not match/);
});

test('chooses the key that fits the algorithm from two with one ID', async () => {
  const [rsa, ec] = [SHARED_KEY, issuerKey('ES256', 'shared')];
  const config = configOf(outside({ keys: [rsa.jwk, ec.jwk] }, API));
  assert.equal(await judged(signed(rsa, personal()), config), 'ada');
  assert.equal(await judged(signed(ec, personal()), config), 'ada');
});
