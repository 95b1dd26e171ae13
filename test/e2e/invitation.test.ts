import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { computerAt, PASSWORD, withCloud } from './harness.ts';

interface Invitation {
  readonly username: string;
  readonly url: string;
  readonly temporaryPassword: string;
  readonly command: string;
}

test('an invitation is all that an uploader on another computer needs', async () => {
  await withCloud(async (operator, cloud) => {
    await operator.json(['deploy', '--local']);
    const invite = (...args: string[]) => operator.json<Invitation>(['user', ...args]);
    const { username, url, temporaryPassword, command } = await invite('add', 'ada');
    assert.equal(command, `edge-upload login ${url} --username ${username}`);

    const home = join(operator.home, 'another computer');
    await mkdir(home);
    // Two addresses that are those of AWS elsewhere; no AWS credentials.
    const uploader = computerAt(home, {
      AWS_ENDPOINT_URL: cloud.endpoint,
      NODE_EXTRA_CA_CERTS: cloud.caFile,
    });
    const [, ...typed] = command.split(' ');
    const login = (password: string, next: string) =>
      uploader.run(typed, { env: { EDGE_UPLOAD_PASSWORD: password, EDGE_UPLOAD_NEW_PASSWORD: next } });
    assert.equal((await login(temporaryPassword, PASSWORD)).code, 0);
    await writeFile(join(home, 'file.txt'), 'bytes');
    assert.equal((await uploader.run(['put', 'file.txt'])).code, 0);

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
