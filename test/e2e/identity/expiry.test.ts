import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Ran } from '../../support/programs.ts';
import { awsClients } from '../aws-clients.ts';
import {
  type Computer,
  type DeployedStack,
  type LocalStatus,
  PASSWORD,
  signIn,
  withCloudProcess,
} from '../harness.ts';

/** Enough processes to collide each time. The other rounds need fewer. */
const MANY = 20;
const FEW = 6;
const REFRESH = 'GetTokensFromRefreshToken';

/** Starts a proxy to Cognito that records operations and can swallow a request. */
async function proxyTo(endpoint: string) {
  const asked: string[] = [];
  let swallow: (() => void) | undefined;
  const server = createServer(async (incoming, response) => {
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    const body = await buffer(incoming);
    asked.push(operation);
    if (operation === REFRESH && swallow !== undefined) {
      swallow();
      swallow = undefined;
      return;
    }
    const { method, url, headers } = incoming;
    // The cloud accepts only requests that are addressed to it.
    const host = new URL(endpoint).host;
    const onwards = request(endpoint + url, { method, headers: { ...headers, host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onwards.end(body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refreshes: () => asked.filter((operation) => operation === REFRESH).length,
    /** Swallows the next refresh. Resolves when it arrives. */
    swallowRefresh: () =>
      new Promise<void>((resolve) => {
        swallow = resolve;
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

interface Kept {
  readonly accessToken: string;
  readonly refreshToken: string;
}

const stateFolder = ({ home }: Computer) => join(home, '.local/state/edge-upload/tokens');

async function tokenFile(computer: Computer): Promise<string> {
  const [file = ''] = (await readdir(stateFolder(computer))).filter((name) => name.endsWith('.json'));
  return join(stateFolder(computer), file);
}

/** Makes the stored access token expire on this computer. */
async function expire(computer: Computer): Promise<Kept> {
  const file = await tokenFile(computer);
  const kept = JSON.parse(await readFile(file, 'utf8'));
  const past = { issuedAt: '2020-01-01T00:00:00.000Z', expiresAt: '2020-01-01T01:00:00.000Z' };
  await writeFile(file, JSON.stringify({ ...kept, ...past }), { mode: 0o600 });
  return kept;
}

/** Returns the process that holds the lock of the tokens, from the lock file. */
async function lockHolder(computer: Computer): Promise<number> {
  const { pid } = JSON.parse(await readFile(`${await tokenFile(computer)}.lock`, 'utf8'));
  return pid;
}

/** Runs `count` simultaneous uploads, each of a different file. */
function uploads(computer: Computer, round: string, count: number): Promise<Ran[]> {
  const names = Array.from({ length: count }, (_, at) => `${round}-${at}.txt`);
  return Promise.all(
    names.map(async (name) => {
      await writeFile(join(computer.home, name), name);
      return computer.built.run(['put', name, '--debug']);
    }),
  );
}

/** Returns all files of a computer except those that may contain secrets: the token store, and the cloud's outbox. */
async function otherFiles(computer: Computer): Promise<string[]> {
  const files = await readdir(computer.home, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath ?? file.path, file.name))
    .filter(
      (path) => !/state\/edge-upload\/tokens\/[^/]*\.json|\/outbox\//.test(relative(computer.home, path)),
    );
}

test('shares one refresh among uploads at the moment of expiry, and shows no secret', async (t) => {
  await withCloudProcess(async (computer: Computer, cloud: LocalStatus) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local']);
    await signIn(computer);
    const proxy = await proxyTo(cloud.endpoint);
    const known = join(computer.home, '.config/edge-upload/deployments.json');
    const deployments = await readFile(known, 'utf8');
    await writeFile(known, deployments.replaceAll(cloud.endpoint, proxy.url));

    const secrets = new Set<string>([PASSWORD]);
    const written: string[] = [];
    const round = async (name: string, count: number, prepare?: () => Promise<void>) => {
      const { accessToken, refreshToken } = await expire(computer);
      secrets.add(accessToken).add(refreshToken);
      const before = proxy.refreshes();
      const prepared = prepare?.();
      const running = uploads(computer, name, count);
      await prepared;
      // Everything that other users can see of a running program.
      written.push(spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout);
      const ran = await running;
      written.push(...ran.flatMap(({ stdout, stderr }) => [stdout, stderr]));
      const kept: Kept = JSON.parse(await readFile(await tokenFile(computer), 'utf8'));
      secrets.add(kept.accessToken).add(kept.refreshToken);
      return { ran, refreshes: proxy.refreshes() - before, renewed: kept.refreshToken !== refreshToken };
    };
    const allWell = (ran: readonly Ran[]) =>
      assert.deepEqual(
        ran.filter(({ code }) => code !== 0).map(({ stderr }) => stderr),
        [],
      );

    try {
      const { cognito } = awsClients(t, cloud);
      const { CognitoUserPoolId: UserPoolId, CognitoAppClientId: ClientId } = outputs;
      const client = { UserPoolId, ClientId };

      await t.test('without rotation, which was turned off outside edge-upload', async () => {
        await cognito.updateUserPoolClient({
          ...client,
          RefreshTokenRotation: { Feature: 'DISABLED' },
          ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
        });
        const { ran, refreshes, renewed } = await round('plain', FEW);
        allWell(ran);
        assert.deepEqual([refreshes, renewed], [1, false]);
      });

      await cognito.updateUserPoolClient({
        ...client,
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
        ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
      });

      await t.test('with rotation: each refresh token works once', async () => {
        const { ran, refreshes, renewed } = await round('rotating', MANY);
        allWell(ran);
        assert.deepEqual([refreshes, renewed], [1, true]);
      });

      await t.test('another process refreshes after the first is killed', async () => {
        const { ran, refreshes } = await round('killed', FEW, async () => {
          await proxy.swallowRefresh();
          process.kill(await lockHolder(computer), 'SIGKILL');
        });
        assert.equal(ran.filter(({ code }) => code === null).length, 1, 'one was killed');
        allWell(ran.filter(({ code }) => code !== null));
        assert.equal(refreshes, 2, 'one refresh was lost, and one succeeded');
      });

      await t.test('nobody is signed out', async () => {
        assert.equal((await computer.run(['token', '--quiet'])).code, 0);
      });

      await t.test('no output, file or process list contains a token or a password', async () => {
        for (const file of await otherFiles(computer)) written.push(await readFile(file, 'latin1'));
        const printed = 2 * (MANY + 2 * FEW);
        assert.ok(written.length > printed + MANY, 'the outputs, and the files that were uploaded');
        for (const secret of secrets) {
          const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
          for (const form of forms) assert.ok(!written.some((text) => text.includes(form)));
        }
        // No other token either, such as that of a lost refresh.
        for (const text of written) assert.doesNotMatch(text, /eyJ[\w-]{30,}\.eyJ[\w-]{30,}\./);
      });
    } finally {
      await writeFile(known, deployments);
      await proxy.close();
    }
  });
});
