import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, test } from 'node:test';
import { describeKeys, discoverIssuers } from '../../../cli/trust/discovery.ts';
import { openDocuments } from '../../../cli/trust/documents.ts';
import { testContext } from '../../support/context.ts';
import { withCode } from '../transfer/helpers/uploading.ts';
import { documentsOf, serveDocuments, serveIssuer } from './provider.ts';

const WELL_KNOWN = '/.well-known/openid-configuration';

describe('discovery of an issuer', () => {
  it('finds the key set, and the scopes that are known', async (t) => {
    const { issuer } = await serveIssuer(t);
    const documents = openDocuments(testContext(), true);
    const { jwksUri, scopesSupported } = await discoverIssuers([issuer], documents);
    assert.equal(jwksUri, `${issuer}/keys`);
    assert.equal(scopesSupported, undefined);
  });

  it('takes a key set at another host, and asks for the document below a path', async () => {
    const documents = documentsOf({
      'https://id.example.com/a/.well-known/openid-configuration': {
        issuer: 'https://id.example.com/a/',
        jwks_uri: 'https://keys.example.net/k',
        scopes_supported: ['openid', 7],
      },
    });
    assert.deepEqual(await discoverIssuers(['https://id.example.com/a/'], documents), {
      jwksUri: 'https://keys.example.net/k',
      scopesSupported: ['openid'],
    });
  });

  it('keeps the origin of a token endpoint at another host', async () => {
    const rows = [
      ['https://tokens.example.net/t?tenant=1', 'https://tokens.example.net'],
      ['https://id.example.com/token', undefined],
      ['https://id.example.com:8443/token', 'https://id.example.com:8443'],
      ['http://tokens.example.net/t', undefined],
      ['http://127.0.0.1:1/t', undefined],
      ['https://*.example.net/t', undefined],
      ['https://tokens.example.net;sandbox/t', undefined],
      ['data:text/plain,', undefined],
      ['no address', undefined],
      [7, undefined],
    ] as const;
    for (const [token_endpoint, origin] of rows) {
      const documents = documentsOf({
        [`https://id.example.com${WELL_KNOWN}`]: {
          issuer: 'https://id.example.com',
          jwks_uri: 'https://id.example.com/keys',
          token_endpoint,
        },
      });
      const { tokenOrigin } = await discoverIssuers(['https://id.example.com'], documents);
      assert.equal(tokenOrigin, origin, String(token_endpoint));
    }
  });

  it('refuses the issuer of all tenants of Entra ID without a request', async () => {
    const documents = documentsOf();
    const every = ['https://login.microsoftonline.com/common/v2.0'];
    await assert.rejects(discoverIssuers(every, documents), withCode('usage', /every tenant/, /trust entra/));
    assert.deepEqual(documents.asked, []);
  });

  it('adds the slash at the end of an Auth0 issuer', async () => {
    const documents = documentsOf({
      [`https://acme.eu.auth0.com${WELL_KNOWN}`]: {
        issuer: 'https://acme.eu.auth0.com/',
        jwks_uri: 'https://acme.eu.auth0.com/keys',
      },
    });
    await assert.rejects(
      discoverIssuers(['https://acme.eu.auth0.com'], documents),
      withCode('usage', /names “https:\/\/acme\.eu\.auth0\.com\/”/, /with or without the trailing slash/),
    );
  });

  type Hostile = readonly [
    name: string,
    answer: object | ((response: ServerResponse, origin: string) => void),
    code: string,
    message: RegExp,
  ];
  /** Responses of a hostile or broken provider for its discovery document or key set. */
  const HOSTILE: readonly Hostile[] = [
    [
      'another issuer',
      { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/keys' },
      'usage',
      /names “https:\/\/evil\.example”/,
    ],
    ['no issuer', { jwks_uri: 'https://evil.example/keys' }, 'usage', /names none/],
    [
      'a redirect',
      (response) => response.writeHead(302, { location: 'https://evil.example/x' }).end(),
      'unreachable',
      /a redirect to https:\/\/evil\.example\/x/,
    ],
    [
      'a page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
      'unreachable',
      /is not a JSON object/,
    ],
    ['a list', (response) => response.end('[]'), 'unreachable', /is not a JSON object/],
    [
      'a huge document',
      (response) => response.end(`{"x":"${'x'.repeat(300_000)}"}`),
      'unreachable',
      /more than 262144 bytes/,
    ],
    ['an error', (response) => response.writeHead(403).end('{}'), 'unreachable', /cannot be read: HTTP 403/],
    ...[429, 503].map(
      (status): Hostile => [
        `HTTP ${status}`,
        (response) => response.writeHead(status).end('{}'),
        'unreachable',
        new RegExp(`cannot respond at the moment: HTTP ${status}`),
      ],
    ),
    [
      'a document without an end',
      (response) => {
        const send = () =>
          response.write('x'.repeat(64 * 1024), () => !response.destroyed && setImmediate(send));
        send();
      },
      'unreachable',
      /more than 262144 bytes/,
    ],
    [
      'what is not HTTP',
      (response) => response.socket?.end('SSH-2.0-x\r\n'),
      'unreachable',
      /cannot be used|is unreachable/,
    ],
  ];
  for (const [name, answer, code, message] of HOSTILE) {
    it(`refuses ${name}`, async (t) => {
      const routes = new Map();
      const origin = await serveDocuments(t, routes);
      routes.set(
        WELL_KNOWN,
        typeof answer === 'function' ? (response: ServerResponse) => answer(response, origin) : answer,
      );
      await assert.rejects(
        discoverIssuers([origin], openDocuments(testContext(), true)),
        withCode(code, message),
      );
    });
  }

  it('refuses a document without a key set, or with one over plain http', async () => {
    const issuer = 'https://id.example.com';
    const discover = (document: object) =>
      discoverIssuers([issuer], documentsOf({ [`${issuer}${WELL_KNOWN}`]: { issuer, ...document } }));
    await assert.rejects(discover({}), withCode('usage', /names no key set/));
    for (const jwks_uri of [
      'http://id.example.com/keys',
      'http://127.0.0.1/keys',
      'file:///keys',
      'keys',
      ' https://id.example.com/keys',
      'https://id.exa\nmple.com/keys',
      'https:\\\\id.example.com\\keys',
      'https://id.example.com/\u001b[2J',
      7,
    ]) {
      await assert.rejects(discover({ jwks_uri }), withCode('usage', /key set/));
    }
  });

  const ADDRESSES = [
    'http://id.example.com',
    'ftp://id.example.com',
    'id.example.com',
    'https://not a url',
    'https://user:password@id.example.com',
    'https://id.example.com/?a=b',
    'https://id.example.com/#a',
    'https://*.example.com',
    'https://id.example.com;sandbox',
  ];
  for (const address of ADDRESSES) {
    it(`sends no request to ${address}`, async () => {
      const documents = { ...documentsOf(), plainLoopback: true };
      await assert.rejects(discoverIssuers([address], documents), withCode('usage'));
      assert.deepEqual(documents.asked, []);
    });
  }

  it('accepts plain http to this computer for the embedded cloud only', async (t) => {
    const { issuer } = await serveIssuer(t);
    await assert.rejects(
      discoverIssuers([issuer], openDocuments(testContext(), false)),
      withCode('usage', /only in the embedded cloud/),
    );
  });
});

test('lists keys by their algorithms', () => {
  const rsa = { kty: 'RSA', alg: 'RS256' };
  assert.equal(
    describeKeys([
      { ...rsa, kid: 'a' },
      { kty: 'EC', crv: 'P-256', kid: 'b' },
      { ...rsa, kid: 'c' },
      { kty: 'RSA', kid: 'd' },
    ]),
    'RS256: a, c; ES256: b; RS256/RS384/RS512: d',
  );
});
