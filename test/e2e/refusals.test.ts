import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPublicKey, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { accessKey, claimsOf, flipBit, signHs256, signRs256, unsigned } from '../support/keys/forge.ts';
import { rsaKeyPair } from '../support/keys/rsa-keys.ts';
import { awsClients } from './aws-clients.ts';
import {
  CLI,
  type DeployedStack,
  firstPart,
  PASSWORD,
  signIn,
  withCloud,
  withCloudProcess,
} from './harness.ts';

interface Answer {
  readonly status: number;
  readonly error?: string;
  readonly head: string;
}

/** Sends a request exactly as written, without a client that normalizes path or headers. */
async function send(
  url: string,
  ca: string,
  method: string,
  target: string,
  headers: readonly string[] = [],
  body = '',
): Promise<Answer> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ca });
  await once(socket, 'secureConnect');
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers];
  if (method !== 'GET' && method !== 'HEAD') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  const answer = await text(socket);
  const [head = '', document = ''] = answer.split(/\r\n\r\n(.*)/s);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const error = document.startsWith('{') ? (JSON.parse(document) as { error?: string }).error : undefined;
  return error === undefined ? { status, head } : { status, error, head };
}

/** Returns every file of the bucket with its bytes. */
async function stored(dataDir: string): Promise<Record<string, string>> {
  const folder = join(dataDir, 's3');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const read = files.map(async (entry) => {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    return [path, await readFile(path, 'base64')] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

test('a refused request never changes the bucket', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { url, outputs } = await computer.json<DeployedStack>(['deploy', '--local']);
    await signIn(computer);
    const { token } = await computer.json<{ token: string }>(['token']);
    const ca = await readFile(cloud.caFile, 'utf8');
    const bearer = [`Authorization: Bearer ${token}`];
    const accepted = await send(url, ca, 'PUT', '/kept.txt', bearer, 'kept');
    assert.equal(accepted.status, 200, 'the edge accepts the original token');

    const withToken = (forged: string) =>
      send(url, ca, 'PUT', '/new.txt', [`Authorization: Bearer ${forged}`], 'new');

    const claims = claimsOf(token);
    const key = await accessKey(cloud.dataDir, outputs.CognitoUserPoolId);
    const now = Math.floor(Date.now() / 1000);
    assert.equal(
      (await withToken(signRs256(claims, key.kid, key.privateKey))).status,
      200,
      'a token signed here with the key of the pool is accepted',
    );
    const before = await stored(cloud.dataDir);

    const refused = async (
      name: string,
      status: number,
      error: string | undefined,
      answer: Promise<Answer>,
    ) => {
      await t.test(name, async () => {
        const got = await answer;
        assert.deepEqual([got.status, got.error], [status, error], got.head);
        assert.deepEqual(await stored(cloud.dataDir), before, 'the bucket is as it was');
      });
    };
    await refused('no token', 401, 'missing_token', send(url, ca, 'PUT', '/new.txt', [], 'new'));
    await refused(
      'two tokens',
      401,
      'invalid_token',
      send(url, ca, 'PUT', '/new.txt', [...bearer, ...bearer], 'new'),
    );
    await refused(
      'Bearer with nothing',
      401,
      'missing_token',
      send(url, ca, 'PUT', '/new.txt', ['Authorization: Bearer '], 'new'),
    );
    await refused('garbage', 401, 'invalid_token', withToken('garbage'));
    await refused(
      'expired',
      401,
      'token_expired',
      withToken(signRs256({ ...claims, exp: now - 5, iat: now - 99 }, key.kid, key.privateKey)),
    );
    await refused(
      'not yet valid',
      401,
      'token_not_yet_valid',
      withToken(signRs256({ ...claims, nbf: now + 600 }, key.kid, key.privateKey)),
    );
    await refused(
      'another issuer',
      401,
      'unknown_issuer',
      withToken(
        signRs256(
          { ...claims, iss: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_someOther' },
          key.kid,
          key.privateKey,
        ),
      ),
    );
    const stranger = rsaKeyPair();
    await refused(
      "another pool's key with the same kid",
      401,
      'invalid_token',
      withToken(signRs256(claims, key.kid, stranger.privateKey)),
    );
    await refused(
      'another client',
      401,
      'wrong_client',
      withToken(signRs256({ ...claims, client_id: 'other' }, key.kid, key.privateKey)),
    );
    await refused(
      'an ID token',
      401,
      'wrong_token_kind',
      withToken(
        signRs256({ ...claims, token_use: 'id', aud: outputs.CognitoAppClientId }, key.kid, key.privateKey),
      ),
    );
    await refused('alg none', 401, 'invalid_token', withToken(unsigned(claims, key.kid)));
    const publicPem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' }).toString();
    await refused(
      'HS256 signed with the public key',
      401,
      'unsupported_algorithm',
      withToken(signHs256(claims, key.kid, publicPem)),
    );
    for (const which of [0, 2] as const) {
      await refused(
        `one flipped bit in part ${which + 1}`,
        401,
        'invalid_token',
        withToken(flipBit(token, which)),
      );
    }
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = send(url, ca, method, '/kept.txt', bearer);
      await refused(
        `${method} of an object`,
        405,
        method === 'HEAD' ? undefined : 'method_not_allowed',
        answer,
      );
    }
    for (const query of ['acl', 'policy', 'tagging', 'delete']) {
      for (const method of ['PUT', 'POST', 'GET', 'DELETE']) {
        await t.test(`${method} ?${query}`, async () => {
          const got = await send(url, ca, method, `/kept.txt?${query}`, bearer, method === 'GET' ? '' : 'x');
          assert.ok([400, 405].includes(got.status) && got.error !== undefined, got.head);
          assert.deepEqual(await stored(cloud.dataDir), before);
        });
      }
    }
    for (const path of [
      '/a/../b',
      '/..',
      '/a/%2e%2e/b',
      '/%2E%2e/b',
      '/a/./b',
      '/a%00b',
      '/a//b',
      '//b',
      '/',
      '/a/%2f/b',
      '/%ff',
      '/%c3%28',
      '/%zz',
      '/%',
      `/${'k'.repeat(1025)}`,
      '/.well-known/x',
      '/%2ewell-known/x',
    ]) {
      await t.test(`key ${path.slice(0, 40)}`, async () => {
        const got = await send(url, ca, 'PUT', path, bearer, 'x');
        assert.equal(got.status, 400, got.head);
        assert.ok(got.error !== undefined);
        assert.deepEqual(await stored(cloud.dataDir), before);
      });
    }
    await t.test('a direct PUT to the store without credentials', async () => {
      const answer = await fetch(`${cloud.endpoint}/${outputs.S3BucketName}/new.txt`, {
        method: 'PUT',
        body: 'new',
      });
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /<Code>AccessDenied<\/Code>/);
      assert.deepEqual(await stored(cloud.dataDir), before);
    });
  });
});

interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

test('ends each failure with its exit code and the next command', async (t) => {
  await withCloudProcess(async (computer, cloud) => {
    const { url, outputs } = await computer.json<DeployedStack>(['deploy', '--local']);
    const username = await signIn(computer);
    const { cognito } = awsClients(t, cloud);
    const invite = (name: string) =>
      cognito.adminCreateUser({
        UserPoolId: outputs.CognitoUserPoolId,
        Username: name,
        TemporaryPassword: PASSWORD,
        MessageAction: 'SUPPRESS',
      });
    const fails = async (
      name: string,
      code: number,
      args: string[],
      more: Record<string, string>,
      said: RegExp,
    ) => {
      await t.test(name, async () => {
        const json = await computer.run([...args, '--json'], { env: more });
        assert.equal(json.code, code, json.stdout + json.stderr);
        // `put` prints a line for each file, and a summary.
        const { error } = JSON.parse(json.stdout.split('\n')[0] ?? '') as Failure;
        assert.match(error.message, said);
        assert.ok(error.hint.length > 0, 'it says what to do next');
        const plain = await computer.run(args, { env: more });
        assert.equal(plain.code, code);
        assert.equal(plain.stdout, '');
        assert.ok(plain.stderr.includes(error.message));
        // Each line of the hint is a separate line.
        for (const line of error.hint.split('\n')) assert.ok(plain.stderr.includes(line.trim()), line);
        for (const shown of [json.stdout, json.stderr, plain.stderr]) assert.ok(!shown.includes(PASSWORD));
      });
    };
    const login = ['login', url, '--username'];
    await fails(
      'a wrong password',
      4,
      [...login, username],
      { EDGE_UPLOAD_PASSWORD: 'Wrong-horse-42!' },
      /Incorrect username or password/,
    );
    await fails(
      'an unknown user',
      4,
      [...login, 'nobody'],
      { EDGE_UPLOAD_PASSWORD: PASSWORD },
      /Incorrect username or password/,
    );
    const weak = `weak-${randomUUID()}`;
    await invite(weak);
    await fails(
      'a weak new password',
      4,
      [...login, weak],
      { EDGE_UPLOAD_PASSWORD: PASSWORD, EDGE_UPLOAD_NEW_PASSWORD: 'short' },
      /policy|long/i,
    );
    await fails(
      'a stack that does not exist',
      8,
      ['ls', '--stack-name', 'nowhere'],
      {
        AWS_ENDPOINT_URL: cloud.endpoint,
        AWS_ACCESS_KEY_ID: cloud.accessKeyId,
        AWS_SECRET_ACCESS_KEY: cloud.secretAccessKey,
      },
      /“nowhere”/,
    );
    await fails(
      'an unreachable edge',
      5,
      ['login', 'https://127.0.0.1:1', '--username', 'ada'],
      { EDGE_UPLOAD_PASSWORD: PASSWORD },
      /127\.0\.0\.1:1/,
    );
    await fails('a file that is a folder', 3, ['put', '.local'], {}, /\.local/);
    await fails('a file that is missing', 3, ['put', 'missing.jpg'], {}, /missing\.jpg/);

    await t.test('a file that shrinks while it is read', async () => {
      const path = join(computer.home, 'shrinking.bin');
      // At 4 MiB a second, the file is still being read when a busy machine truncates it.
      await writeFile(path, Buffer.alloc(128 * 1024 ** 2));
      const child = spawn(
        process.execPath,
        [CLI, 'put', path, '--part-size', '5M', '--limit-rate', '4M', '--json'],
        {
          env: computer.env,
        },
      );
      const ended = Promise.all([text(child.stdout), once(child, 'close')]);
      await firstPart(computer, child);
      await truncate(path, 1024);
      const [stdout, [code]] = await ended;
      assert.equal(code, 3, stdout);
      assert.equal((JSON.parse(stdout.split('\n')[0] ?? '') as Failure).error.code, 'file_changed');
      const { objects } = await computer.json<{ objects: unknown[] }>(['ls', 'shrinking']);
      assert.deepEqual(objects, [], 'no truncated object was stored');
    });

    await invite('late');
    await computer.run(['local', 'stop']);
    await backdate(cloud.dataDir, outputs.CognitoUserPoolId);
    await computer.run(['local', 'start']);
    const expired = { EDGE_UPLOAD_PASSWORD: PASSWORD, EDGE_UPLOAD_NEW_PASSWORD: `${PASSWORD}new` };
    await fails('an expired temporary password', 4, [...login, 'late'], expired, /expired/);
  });
});

/** Makes every password of a pool a month old, because the built cloud's clock cannot be set. */
async function backdate(dataDir: string, userPoolId: string): Promise<void> {
  const folder = join(dataDir, 'cognito');
  const old = new Date(Date.now() - 30 * 24 * 3600 * 1000).toISOString();
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.includes(userPoolId) || !name.endsWith('.json')) continue;
    const file = join(folder, name);
    const before = await readFile(file, 'utf8');
    await writeFile(file, before.replace(/("set":)"[^"]*"/g, `$1"${old}"`));
  }
}
