import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkHints } from '../../../cli/trust/check-hints.ts';
import { evaluateToken, unmetLines } from '../../../cli/trust/check-token.ts';
import { createIssuer } from '../../../cli/trust/create-issuer.ts';
import { readTrustRequest } from '../../../cli/trust/providers/read-trust-request.ts';
import { requireSafe } from '../../../cli/trust/safety.ts';
import type { EdgeConfig } from '../../../edge/config.ts';
import { signRs256 } from '../../support/keys/forge.ts';
import { rsaKeyPair } from '../../support/keys/rsa-keys.ts';
import { CLAIM_SETS, type ClaimSet, EDGE, WRONG } from './claim-sets.ts';
import { documentsOf } from './provider.ts';

const NOW = 1_800_000_000;
const PAIR = rsaKeyPair();
const OTHER = rsaKeyPair();
const KEYS = JSON.stringify({
  keys: [{ ...PAIR.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }],
});

async function edgeOf({ typed, flags = {} }: ClaimSet): Promise<EdgeConfig> {
  const request = await readTrustRequest(typed, documentsOf());
  const issuer = createIssuer(request, flags, { jwksUri: 'https://keys.example/jwks' });
  requireSafe({ userPool: false, trust: [issuer] });
  return { issuers: [{ ...issuer, keys: [] }], policy: {}, origins: [] };
}

function tokenOf(
  { claims }: ClaimSet,
  more: Readonly<Record<string, unknown>> = {},
  kid = 'k1',
  key = PAIR,
): string {
  return signRs256({ iat: NOW, nbf: NOW, exp: NOW + 300, ...claims, ...more }, kid, key.privateKey);
}

const judge = (token: string, config: EdgeConfig, download?: () => Promise<string>) =>
  evaluateToken(token, config, { domain: EDGE, now: NOW, download });

describe('S tokens from the documentation of their providers', () => {
  for (const [name, set] of Object.entries(CLAIM_SETS)) {
    it(`${name}: fits the rule`, async () => {
      const { refusal, permission, caller, verified } = await judge(tokenOf(set), await edgeOf(set));
      assert.equal(refusal, undefined);
      assert.deepEqual(permission?.prefixes, [set.writes]);
      assert.equal(caller?.sub, set.claims.sub);
      assert.equal(verified, false);
    });
  }

  for (const [name, problem, claims, code, message] of WRONG) {
    it(`${name}: refuses ${problem}`, async () => {
      const set = CLAIM_SETS[name];
      assert.ok(set);
      const config = await edgeOf(set);
      const { refusal, caller, ...known } = await judge(tokenOf(set, claims), config);
      assert.equal(refusal?.code, code);
      assert.match(refusal.message, message);
      if (refusal.code === 'forbidden_caller' && caller !== undefined) {
        assert.match(
          unmetLines(caller).join('\n'),
          /rule 1: the token's .+ (has|is) .+; the rule matches if .+/,
        );
      }
      assert.equal(Array.isArray(checkHints(refusal.code, known)), true);
    });
  }
});

describe('check of a token', () => {
  const set = CLAIM_SETS.keycloak as ClaimSet;

  it('checks the signature where keys are fetched', async () => {
    const config = await edgeOf(set);
    const fetched: string[] = [];
    const download = async (uri?: string) => {
      fetched.push(String(uri));
      return KEYS;
    };
    const good = await evaluateToken(tokenOf(set), config, { domain: EDGE, now: NOW, download });
    assert.deepEqual([good.verified, good.refusal], [true, undefined]);
    assert.deepEqual(fetched, ['https://keys.example/jwks']);
    const forged = await judge(tokenOf(set, {}, 'k1', OTHER), config, download);
    assert.match(forged.refusal?.message ?? '', /signature/);
    const unknown = await judge(tokenOf(set, {}, 'k2'), config, download);
    assert.match(unknown.refusal?.message ?? '', /not signed by a key/);
    const down = await judge(tokenOf(set), config, () => Promise.reject(new Error('down')));
    assert.equal(down.refusal?.code, 'keys_unavailable');
  });

  for (const [aud, domain, isAlike] of [
    ['https://localhost:8443', '127.0.0.1:8443', true],
    ['http://127.0.0.1:8443', 'localhost:8443', true],
    [['other', 'https://localhost:8443'], '127.0.0.1:8443', true],
    ['https://localhost:8444', '127.0.0.1:8443', false],
    [`https://${EDGE}/`, EDGE, true],
    [`http://${EDGE}`, EDGE, true],
    [`https://${EDGE}/path`, EDGE, false],
    ['https://other.example', EDGE, false],
    [undefined, EDGE, false],
    [7, EDGE, false],
  ] as const) {
    it(`${isAlike ? 'explains' : 'does not explain'} the audience ${aud} at ${domain}`, async () => {
      const config = await edgeOf(set);
      const { refusal, ...known } = await evaluateToken(tokenOf(set, { aud }), config, { domain, now: NOW });
      const hints = checkHints(refusal?.code ?? 'invalid_token', { ...known, domain }).join('\n');
      assert.equal(hints.includes(`Ask for a token for this audience:\n  https://${domain}`), isAlike, hints);
    });
  }

  for (const [problem, token, code] of [
    ['text', 'hello', 'invalid_token'],
    ['an opaque token', 'ya29.a0AfH6SMBx0123456789', 'opaque_token'],
    ['an encrypted token', 'aaaa.bbbb.cccc.dddd.eeee', 'opaque_token'],
    ['an expired token', tokenOf(set, { exp: NOW - 1 }), 'token_expired'],
    ['a token without an end', tokenOf(set, { exp: undefined }), 'missing_expiry'],
    ['a token for a year', tokenOf(set, { exp: NOW + 365 * 86_400 }), 'lifetime_too_long'],
    ['a token from the future', tokenOf(set, { nbf: NOW + 3600 }), 'token_not_yet_valid'],
  ] as const) {
    it(`refuses ${problem}, and never prints it`, async () => {
      const { refusal, ...known } = await judge(token, await edgeOf(set));
      assert.equal(refusal?.code, code);
      const said = [refusal.message, ...checkHints(refusal.code, { ...known, domain: EDGE })].join('\n');
      assert.equal(said.includes(token), false);
    });
  }
});
