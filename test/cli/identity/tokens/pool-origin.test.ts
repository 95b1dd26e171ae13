import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { logout } from '../../../../cli/commands/logout.ts';
import { change, reset } from '../../../../cli/commands/password.ts';
import { token } from '../../../../cli/commands/token.ts';
import { storeSession } from '../../../../cli/identity/tokens/token-store.ts';
import { rememberDeployment } from '../../../../cli/settings/deployments.ts';
import { listen } from '../../../support/serve.ts';
import { NEW_PASSWORD, PASSWORD, world } from '../helpers/world.ts';

const URL_OF_EDGE = 'https://d111111abcdef8.cloudfront.net';
const POOL = { kind: 'pool', userPoolId: 'eu-west-1_AbCdEf123', clientId: 'client' } as const;

test('sends credentials of a real pool to AWS only, despite AWS_ENDPOINT_URL', async (t) => {
  const here = await world(t);
  const asked: string[] = [];
  // A proxy that never connects records the destinations of the requests.
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.on('error', () => {}).end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const env = {
    HTTPS_PROXY: await listen(t, proxy),
    EDGE_UPLOAD_URL: URL_OF_EDGE,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: here.cognitoUrl,
  };
  const context = (more: Record<string, string> = {}) => here.context({ env: { ...env, ...more } });
  await rememberDeployment(context(), { name: 'real', url: URL_OF_EDGE, region: 'eu-west-1', ...POOL });
  const keep = (expiresAt: Date) =>
    storeSession(context(), {
      url: URL_OF_EDGE,
      ...POOL,
      username: 'ada',
      signedInAs: 'ada',
      signedInAt: new Date(0),
      issuedAt: new Date(0),
      accessToken: 'access',
      refreshToken: 'refresh',
      expiresAt,
    });
  const password = { EDGE_UPLOAD_PASSWORD: PASSWORD, EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD };
  const script = { EDGE_UPLOAD_USERNAME: 'bob', EDGE_UPLOAD_PASSWORD: PASSWORD };
  const hour = new Date(here.setup.clock.now().getTime() + 3_600_000);
  const calls = {
    refresh: async () => keep(new Date(0)).then(() => token(context(), {})),
    'change of password': async () => keep(hour).then(() => change(context(password), {})),
    'sign-out everywhere': async () => logout(context(), { everywhere: true }),
    revocation: async () => logout(context()),
    'sign-in of a script': async () => token(context(script), {}),
    'reset of a password': async () => reset(context(password), { username: 'ada', codeStdin: true }),
  };
  for (const [name, call] of Object.entries(calls)) {
    await call().catch(() => {});
    assert.deepEqual([...new Set(asked.splice(0))], ['cognito-idp.eu-west-1.amazonaws.com:443'], name);
  }
  assert.deepEqual(here.operations, [], 'the other host was sent nothing');
});
