import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { computerAt, PASSWORD, withCloud } from '../harness.ts';

interface Invitation {
  readonly username: string;
  readonly url: string;
  readonly temporaryPassword: string;
  readonly command: string;
  readonly environment: NodeJS.ProcessEnv;
}

test('signs in and uploads on another computer with an invitation only', async () => {
  await withCloud(async (operator, cloud) => {
    await operator.json(['deploy', '--local']);
    const invite = (...args: string[]) => operator.json<Invitation>(['user', ...args]);
    const { username, url, temporaryPassword, command, environment } = await invite('add', 'ada');
    assert.equal(command, `edge-upload login ${url} --username ${username}`);

    const home = join(operator.home, 'another computer');
    await mkdir(home);
    // The invitation contains the addresses that replace AWS's, and no AWS credentials.
    assert.deepEqual(environment, {
      AWS_ENDPOINT_URL: cloud.endpoint,
      NODE_EXTRA_CA_CERTS: cloud.caFile,
    });
    const uploader = computerAt(home, environment);
    const [, ...typed] = command.split(' ');
    const login = (password: string, next: string) =>
      uploader.run(typed, { env: { EDGE_UPLOAD_PASSWORD: password, EDGE_UPLOAD_NEW_PASSWORD: next } });
    assert.equal((await login(temporaryPassword, PASSWORD)).code, 0);
    await writeFile(join(home, 'file.txt'), 'bytes');
    assert.equal((await uploader.run(['put', 'file.txt'])).code, 0);

    const shown = await operator.run(['user', 'reset', username]);
    assert.match(shown.stdout, /^ {2}export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/m);
    assert.match(shown.stdout, /^ {2}export NODE_EXTRA_CA_CERTS=\S+ca\.pem$/m);
    const again = await invite('reset', username);
    assert.notEqual(again.temporaryPassword, temporaryPassword);
    assert.equal((await login(again.temporaryPassword, `${PASSWORD}2`)).code, 0);

    await operator.json(['user', 'disable', username]);
    const refused = await uploader.run(['password', 'change', '--json'], {
      env: { EDGE_UPLOAD_PASSWORD: `${PASSWORD}2`, EDGE_UPLOAD_NEW_PASSWORD: PASSWORD },
    });
    assert.equal(refused.code, 4, refused.stdout);
    await operator.json(['user', 'remove', username, '--yes']);
    assert.deepEqual((await operator.json<{ users: unknown[] }>(['user', 'list'])).users, []);
  });
});
