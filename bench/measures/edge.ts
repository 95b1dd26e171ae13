import { sign, verify } from 'node:crypto';
import { compileFunction } from 'node:vm';
import type { EdgeConfig } from '../../edge/config.ts';
import { poolIssuer } from '../../edge/pool-issuer.ts';
import { edgeCode } from '../../infra/edge-code.ts';
import { viewerRequestEvent } from '../../local/cloudfront/data-plane/function/viewer-event.ts';
import { rsaKeyPair } from '../../test/support/rsa-keys.ts';
import type { Measure } from '../measure.ts';
import { inRounds, pairedRatio } from '../pairs.ts';
import { bounds } from '../table.ts';

/** Requests of one round. */
const REQUESTS = 1_000;

const POOL = { userPoolId: 'us-east-1_Ab1Cd2Ef3', clientId: '1h57kf5cpq17m0eml12EXAMPLE' };

type Handler = (event: unknown) => Promise<{ readonly status?: string }>;

/** The function as Lambda runs it. */
function start(config: EdgeConfig): Handler {
  const module = { exports: {} as { handler: Handler } };
  const run = compileFunction(edgeCode(config), ['exports', 'require', 'module', 'console']);
  run.call(module.exports, module.exports, process.getBuiltinModule, module, { log: () => {} });
  return module.exports.handler;
}

/** Seconds of this process, whatever else the machine does. */
async function processorTime(work: () => Promise<void>): Promise<number> {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

function eventOf(token: string | undefined): string {
  const headers = [
    'Host',
    'd111111abcdef8.cloudfront.net',
    'User-Agent',
    'edge-upload',
    'Content-Length',
    '3',
  ];
  const viewer = {
    method: 'PUT',
    path: '/photo.jpg',
    query: '',
    rawHeaders: token === undefined ? headers : [...headers, 'Authorization', `Bearer ${token}`],
    clientIp: '203.0.113.178',
  };
  return JSON.stringify(
    viewerRequestEvent(viewer, { id: 'E', domainName: 'd111111abcdef8.cloudfront.net' }, 'r'),
  );
}

/** What the edge function needs to decide on a request, against the check of an RS256 signature alone. */
export const edge: Measure = async ({ rounds = 15, onValue }) => {
  const { privateKey, publicKey } = rsaKeyPair();
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const jwk = { kty: 'RSA', n, e, kid: 'k'.repeat(44), alg: 'RS256', use: 'sig' };
  const config = { issuers: [poolIssuer({ ...POOL, jwks: { keys: [jwk] } }, {})], policy: {}, origins: [] };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const tokens = Array.from({ length: REQUESTS }, (_, at) => {
    const claims = {
      sub: '7a3f5a7e-7b8d-4d5f-9d52-0d9c7f0c7f11',
      iss: config.issuers[0]?.iss[0],
      client_id: POOL.clientId,
      origin_jti: '7a3f5a7e-7b8d-4d5f-9d52-0d9c7f0c7f11',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      auth_time: now,
      iat: now,
      exp: now + 3600,
      jti: String(at),
      username: 'ada',
    };
    const text = `${part({ kid: jwk.kid, alg: 'RS256' })}.${part(claims)}`;
    return { text, signature: sign('sha256', Buffer.from(text), privateKey) };
  });
  const news = tokens.map(({ text, signature }) => eventOf(`${text}.${signature.toString('base64url')}`));
  const [seen = ''] = news;
  const none = eventOf(undefined);

  const handle = start(config);
  /** Seconds for each event. The function gets parsed events, as on Lambda, and remembers fewer tokens than come by. */
  const decide = async (texts: readonly string[], isRefused: boolean) => {
    const events = texts.map((text) => JSON.parse(text) as unknown);
    let refused = 0;
    const seconds = await processorTime(async () => {
      for (const event of events) if ((await handle(event)).status !== undefined) refused += 1;
    });
    if (refused !== (isRefused ? REQUESTS : 0)) throw new Error(`${refused} requests were refused`);
    return seconds / REQUESTS;
  };
  const [bare, ...decisions] = await inRounds(
    rounds,
    {
      async 'the signature check alone'() {
        const seconds = await processorTime(async () => {
          for (const { text, signature } of tokens) {
            if (!verify('sha256', Buffer.from(text), publicKey, signature)) throw new Error('not signed');
          }
        });
        return seconds / REQUESTS;
      },
      'a new token': () => decide(news, false),
      'a token seen before': () => decide(Array(REQUESTS).fill(seen), false),
      'no token': () => decide(Array(REQUESTS).fill(none), true),
    },
    onValue,
  );
  if (bare === undefined) throw new Error('nothing was measured');
  const asked = [1.8, 0.5, 0.5];
  return bounds(
    [bare, ...decisions].map((one, at) => {
      const ratio = pairedRatio(one, bare);
      const most = asked[at - 1];
      const value = `${(one.median * 1e6).toFixed(0)} µs, ${ratio.toFixed(2)} ×`;
      return {
        name: one.name,
        value,
        asked: most === undefined ? '' : `≤ ${most} ×`,
        held: most === undefined || ratio <= most,
      };
    }),
  );
};
