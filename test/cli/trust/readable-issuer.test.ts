import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readIssuers } from '../../../cli/identity/edge-description.ts';
import { requireSafe } from '../../../cli/trust/safety.ts';
import { describeEdge } from '../../../edge/description.ts';
import type { TrustedIssuer } from '../../../infra/options.ts';
import { withCode } from '../transfer/helpers/uploading.ts';
import { issuer } from './provider.ts';

const corp = (settings: Partial<TrustedIssuer> = {}): TrustedIssuer =>
  issuer('corp', [{ writeTo: '{issuer}/{sub}/' }], settings);

/** Returns the issuers that a client reads from the edge's description. */
function described(trusted: TrustedIssuer) {
  const config = { issuers: [{ ...trusted, keys: [] }], policy: {}, origins: [] };
  return readIssuers(JSON.parse(JSON.stringify(describeEdge(config).issuers)));
}

const https = (rest: string): Partial<TrustedIssuer> => ({ iss: [`https://${rest}`] });

describe('an issuer that clients can read', () => {
  const readable: readonly Partial<TrustedIssuer>[] = [
    {},
    https('id.example.com/'),
    https('id.example.com:8443/realms/staff'),
    https('id_1.example.com/a%20b/'),
    https('[2001:db8::1]/x'),
    {
      clientId: 'https://app.example.com/client',
      audiences: ['api://x', 'an audience that is not described'],
    },
    { scopes: ['openid', 'https://api.example.com/.default'] },
  ];
  for (const settings of readable) {
    it(`is trusted: ${JSON.stringify(settings)}`, () => {
      requireSafe({ trust: [corp(settings)], userPool: false });
      assert.equal(described(corp(settings))?.length, 1);
    });
  }

  const unreadable: readonly (readonly [Partial<TrustedIssuer>, RegExp])[] = [
    [https('ID.example.com'), /Invalid issuer “https:\/\/ID/],
    [https('id.example.com:443/x'), /Invalid issuer/],
    [https('id.example.com/a/../b'), /Invalid issuer/],
    [https('id.example.com/bücher'), /Invalid issuer/],
    [https('bücher.example/'), /Invalid issuer/],
    [https('ada:secret@id.example.com/'), /Invalid issuer/],
    [https('id.example.com/?x'), /Invalid issuer/],
    [https(`id.example.com/${'x'.repeat(300)}`), /Invalid issuer/],
    // Each of these would be more than one host in a Content-Security-Policy.
    [https('*.example.com'), /Invalid issuer/],
    [https('id.example.com;sandbox'), /Invalid issuer/],
    [https("id.example.com,'unsafe-inline'"), /Invalid issuer/],
    [{ clientId: 'my client' }, /Invalid value “my client” for --client-id/],
    [{ clientId: 'client\u0000' }, /for --client-id/],
    [{ clientId: 'x'.repeat(300) }, /for --client-id/],
    [{ audiences: ['my api'] }, /Invalid value “my api” for --audience/],
    [{ scopes: ['two words'] }, /Invalid scopes of corp/],
    [{ scopes: ['a"b'] }, /Invalid scopes of corp/],
    [{ scopes: Array.from({ length: 21 }, (_, at) => `s${at}`) }, /Invalid scopes of corp/],
  ];
  for (const [settings, message] of unreadable) {
    it(`is refused, because no token would be accepted: ${JSON.stringify(settings).slice(0, 70)}`, () => {
      const options = { trust: [corp(settings)], userPool: false } as const;
      assert.throws(() => requireSafe(options), withCode('usage', message));
      assert.equal(described(corp(settings)), undefined, 'clients refuse the whole description');
    });
  }

  it('checks each address, and where the page gets tokens', () => {
    const second = { iss: ['https://id.example.com/', 'https://*.example.com'] };
    const options = (settings: Partial<TrustedIssuer>) => ({ trust: [corp(settings)], userPool: false });
    assert.throws(() => requireSafe(options(second)), withCode('usage', /Invalid issuer “https:\/\/\*/));
    for (const tokenOrigin of ['https://*.example.com', 'https://x;sandbox']) {
      assert.throws(() => requireSafe(options({ tokenOrigin })), withCode('usage', /token endpoint/));
    }
    requireSafe(options({ tokenOrigin: 'https://oauth2.example.com' }));
  });
});
