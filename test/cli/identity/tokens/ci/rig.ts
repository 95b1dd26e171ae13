import assert from 'node:assert/strict';
import { createPublicKey, createVerify } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext as NodeTestContext } from 'node:test';
import { isUserError, type UserError } from '../../../../../cli/errors.ts';
import type { Jwk } from '../../../../../protocol/signing-key.ts';
import { type TestContext, testContext } from '../../../../support/context.ts';
import { claimsOf, signRs256 } from '../../../../support/keys/forge.ts';
import { rsaKeyPair } from '../../../../support/keys/rsa-keys.ts';
import { listen } from '../../../../support/serve.ts';
import { type CiName, PUBLISHED } from './published-claims.ts';

/** The bearer credential with which a job requests tokens from GitHub. */
export const REQUEST_TOKEN = 'the.request.token-of-this-job';

/** Responds instead of a token endpoint. Returns whether it has responded. */
type Mischief = (request: IncomingMessage, response: ServerResponse) => boolean;

/** An issuer in the edge's description. */
interface Named {
  readonly preset: string;
  readonly issuer: string;
  readonly kind?: string;
  readonly audience?: string;
  readonly clientId?: string;
}

export interface Rig {
  /** Origin of the edge. */
  readonly url: string;
  readonly home: string;
  /** Audiences of the requested tokens, in order. */
  readonly requested: (string | null)[];
  /** Token of each request to the edge; `undefined` without one. */
  readonly sent: (string | undefined)[];
  /** Lifetime of the next tokens in seconds. Default: the provider's. */
  lifetime: number | undefined;
  /** Moves the clock of the job, the token endpoints and the edge. */
  advance(seconds: number): void;
  readonly now: () => Date;
  /** Changes the issuers in the edge's description. */
  name(...issuers: readonly Named[]): void;
  /** Makes the edge refuse every token. */
  refuse(code: string, message: string, status?: number): void;
  /** Interferes with the token endpoints. */
  interfere(mischief: Mischief): void;
  /** Public half of the key that every provider here signs with. */
  readonly jwk: Jwk;
  /** Returns a token as the provider signs it. */
  sign(ci: CiName, over?: Record<string, unknown>): string;
  /** Returns the environment of a job of that provider. */
  job(ci: CiName): Record<string, string>;
  context(env?: Record<string, string>, over?: Partial<TestContext>): TestContext;
  /** Returns the error of `work`. Asserts that neither it nor any event contains a token or the request's credential. */
  failure(work: Promise<unknown>): Promise<UserError>;
}

/** Opens an edge that trusts every provider, and the providers' token endpoints, on real sockets. */
export async function rig(t: NodeTestContext): Promise<Rig> {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-ci-'));
  const { privateKey, publicKey } = rsaKeyPair();
  const requested: (string | null)[] = [];
  const sent: (string | undefined)[] = [];
  const signed = new Set<string>([REQUEST_TOKEN]);
  const shown: string[] = [];
  let skew = 0;
  let serial = 0;
  let mischief: Mischief = () => false;
  let refusal: { readonly status: number; readonly error: string; readonly message: string } | undefined;
  let named: readonly Named[] = Object.entries(PUBLISHED).map(([preset, { iss }]) => ({
    preset,
    issuer: iss,
  }));
  const now = () => new Date(Date.now() + skew);

  const sign = (ci: CiName, over: Record<string, unknown> = {}) => {
    const { iss, lifetime, claims } = PUBLISHED[ci];
    const iat = Math.floor(now().getTime() / 1000);
    serial += 1;
    const exp = iat + (here.lifetime ?? lifetime);
    const token = signRs256({ ...claims, iss, iat, nbf: iat - 5, exp, serial, ...over }, 'key-1', privateKey);
    signed.add(token);
    return token;
  };

  const edge = await listen(t, (request, response) => {
    const token = request.headers.authorization?.replace(/^Bearer /, '');
    sent.push(token);
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const issuers = named.map(({ kind = 'workload', ...one }) => ({
      alias: one.preset,
      kind,
      token: 'id',
      ...one,
    }));
    const description = { service: 'edge-upload', version: 2, policy: {}, issuers };
    if (token === undefined) return answer(200, description);
    if (refusal !== undefined) return answer(refusal.status, refusal);
    const problem = problemOf(token);
    if (problem !== undefined) return answer(401, { error: 'token_invalid', message: problem });
    const { sub, exp } = claimsOf(token);
    const tokenExpiresAt = new Date(Number(exp) * 1000).toISOString();
    const caller = { username: String(sub), sub: String(sub), groups: [], writeTo: ['ci/'], tokenExpiresAt };
    return answer(200, { ...description, caller });
  });

  const problemOf = (token: string): string | undefined => {
    const [head, payload, signature = ''] = token.split('.');
    const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
    const isSigned = createVerify('RSA-SHA256')
      .update(`${head}.${payload}`)
      .verify(key, signature, 'base64url');
    if (!isSigned) return 'The signature is wrong.';
    const { aud, exp } = claimsOf(token);
    if (![aud].flat().includes(edge)) return 'The audience is not this edge.';
    return Number(exp) * 1000 > now().getTime() ? undefined : 'The token has expired.';
  };

  /** Serves `/<provider>?audience=…` in each provider's response format. */
  const endpoint = await listen(t, (request, response) => {
    const url = new URL(request.url ?? '', 'http://endpoint');
    const isSts = request.method === 'POST';
    const respond = (body: string) => {
      const ci = (isSts ? 'aws' : url.pathname.split('/')[1]) as CiName | 'computeMetadata';
      const audience = isSts
        ? new URLSearchParams(body).get('Audience.member.1')
        : url.searchParams.get('audience');
      requested.push(audience);
      if (mischief(request, response)) return;
      if (ci === 'github') {
        assert.equal(request.headers.authorization, `Bearer ${REQUEST_TOKEN}`);
        assert.equal(url.searchParams.get('api-version'), '2.0');
        return void response.end(JSON.stringify({ value: sign('github', { aud: audience }) }));
      }
      if (ci === 'computeMetadata') {
        assert.equal(request.headers['metadata-flavor'], 'Google');
        assert.equal(url.searchParams.get('format'), 'full');
        response.setHeader('metadata-flavor', 'Google');
        return void response.end(sign('gcp', { aud: audience }));
      }
      if (ci === 'aws') return void response.end(stsAnswer(sign('aws', { aud: audience })));
      response.end(`${sign(ci, { aud: audience })}\n`);
    };
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => respond(body));
  });

  const bin = join(home, 'bin');
  await mkdir(bin);
  for (const [program, ci] of [
    ['buildkite-agent', 'buildkite'],
    ['circleci', 'circleci'],
  ]) {
    await writeFile(join(bin, program ?? ''), fakeProgram(`${endpoint}/${ci}`), { mode: 0o755 });
  }

  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const here: Rig = {
    url: edge,
    jwk: { kty: 'RSA', kid: 'key-1', alg: 'RS256', use: 'sig', n, e },
    home,
    requested,
    sent,
    lifetime: undefined,
    advance(seconds) {
      skew += seconds * 1000;
    },
    now,
    name(...issuers) {
      named = issuers;
    },
    refuse(error, message, status = 401) {
      refusal = { status, error, message };
    },
    interfere(next) {
      mischief = next;
    },
    sign,
    job(ci) {
      const jobs: Record<CiName, Record<string, string>> = {
        github: {
          GITHUB_ACTIONS: 'true',
          ACTIONS_ID_TOKEN_REQUEST_URL: `${endpoint}/github?api-version=2.0`,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
        },
        gitlab: { GITLAB_CI: 'true', EDGE_UPLOAD_ID_TOKEN: sign('gitlab', { aud: edge }) },
        circleci: { CIRCLECI: 'true', PATH: bin, CIRCLE_OIDC_TOKEN_V2: sign('circleci', { aud: 'org' }) },
        buildkite: { BUILDKITE: 'true', PATH: bin },
        bitbucket: {
          BITBUCKET_BUILD_NUMBER: '7',
          BITBUCKET_STEP_OIDC_TOKEN: sign('bitbucket', { aud: [edge] }),
        },
        kubernetes: { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
        aws: {
          AWS_LAMBDA_FUNCTION_NAME: 'uploader',
          AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'secret',
          AWS_ENDPOINT_URL_STS: `${endpoint}/aws`,
        },
        gcp: { K_SERVICE: 'uploader', GCE_METADATA_HOST: new URL(endpoint).host },
      };
      return jobs[ci];
    },
    context(env = {}, over = {}) {
      const context = testContext({ env, home, cwd: home, now, ...over });
      const { event } = context.ui;
      return {
        ...context,
        ui: {
          ...context.ui,
          event: (one) => {
            shown.push(JSON.stringify(one));
            event(one);
          },
        },
      };
    },
    async failure(work) {
      const error = await work.then(
        () => assert.fail('it did not fail'),
        (thrown: unknown) => thrown,
      );
      if (!isUserError(error)) throw error;
      shown.push(`${error.message}\n${error.hint ?? ''}`);
      for (let at: unknown = error; at instanceof Error; at = at.cause)
        shown.push(`${at.message}\n${at.stack}`);
      return error;
    },
  };

  t.after(async () => {
    await rm(home, { recursive: true, force: true });
    for (const text of shown) {
      for (const secret of signed)
        assert.ok(!text.includes(secret), `a token is shown: ${text.slice(0, 300)}`);
    }
  });
  return here;
}

function stsAnswer(token: string): string {
  return `<GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetWebIdentityTokenResult>
<WebIdentityToken>${token}</WebIdentityToken><Expiration>2030-01-01T00:00:00Z</Expiration>
</GetWebIdentityTokenResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetWebIdentityTokenResponse>`;
}

/** Returns a stand-in for a CI's program. It takes the same arguments, and requests tokens from the stand-in endpoint. */
function fakeProgram(address: string): string {
  return `#!${process.execPath}
const args = process.argv.slice(2);
const after = (flag) => args[args.indexOf(flag) + 1];
const known = args[0] === 'run' ? ['run', 'oidc', 'get'] : ['oidc', 'request-token'];
if (known.some((word, at) => args[at] !== word)) process.exit(64);
if (Object.keys(process.env).some((name) => name.startsWith('EDGE_UPLOAD_'))) process.exit(65);
const audience = args[0] === 'run' ? JSON.parse(after('--claims')).aud : after('--audience');
process.stderr.write('with debug options: Bearer ${REQUEST_TOKEN}');
fetch('${address}?audience=' + encodeURIComponent(audience) + '&args=' + encodeURIComponent(args.join(' ')))
  .then(async (answer) => {
    process.stdout.write(await answer.text());
    process.exitCode = answer.ok ? 0 : 1;
  });
`;
}
