import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { awsClients } from './aws-clients.ts';
import { type DeployedStack, PASSWORD, signIn, withCloudProcess } from './harness.ts';

const PICTURE = join(import.meta.dirname, '../../assets/dawn.png');

interface Listing {
  readonly objects: readonly { key: string; bytes: number }[];
}

interface Got {
  readonly file: string;
  readonly bytes: number;
  readonly verified: string;
}

test('deploys, uploads and destroys in an empty account', async (t) => {
  await withCloudProcess(async ({ built: computer }, cloud) => {
    const deployed = await computer.json<DeployedStack>(['deploy', '--local']);
    const { url } = deployed;

    await t.test('deploy prints the edge; a second one changes nothing and names the next step', async () => {
      assert.equal(deployed.outcome, 'changed');
      assert.equal(url, `https://${deployed.outputs.CloudFrontDistributionUrl}`);
      const again = await computer.run(['deploy', '--local']);
      assert.equal(again.code, 0);
      assert.match(again.stdout, /nothing to change/);
      assert.match(again.stdout, /Next, create a user and sign in:\n {2}edge-upload login --create/);
    });
    const username = await signIn(computer);

    await t.test('deploy names no next step once there is a user', async () => {
      const later = await computer.run(['deploy', '--local']);
      assert.equal(later.code, 0);
      assert.doesNotMatch(later.stdout, /Next/, 'there is a user');
      const who = await computer.json<{ username: string; url: string }>(['whoami']);
      assert.deepEqual([who.username, who.url], [username, url]);
    });

    await t.test('put stores a file, ls lists it, get downloads and compares it', async () => {
      await copyFile(PICTURE, join(computer.home, 'image.png'));
      const put = await computer.run(['put', './image.png', '--json']);
      assert.equal(put.code, 0, put.stderr);
      const lines = put.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        lines.map(({ type }) => type),
        ['file', 'summary'],
      );
      assert.deepEqual([lines[0].key, lines[0].bytes], ['image.png', 129_036]);

      const { objects } = await computer.json<Listing>(['ls']);
      assert.deepEqual(
        objects.map(({ key, bytes }) => [key, bytes]),
        [['image.png', 129_036]],
      );

      const got = await computer.json<Got>(['get', 'image.png', '--as', 'copy.png']);
      assert.deepEqual([basename(got.file), got.bytes, got.verified], ['copy.png', 129_036, 'CRC-32']);
      assert.ok((await readFile(join(computer.home, 'copy.png'))).equals(await readFile(PICTURE)));
      const clash = await computer.run(['get', 'image.png']);
      assert.equal(clash.code, 6, 'the file that was uploaded is not replaced');
      const absent = await computer.run(['get', 'nowhere/image.jpg']);
      assert.equal(absent.code, 3, absent.stderr);
    });

    await t.test('the object is a plain file with the uploader’s name', async () => {
      await writeFile(join(computer.home, 'notes.txt'), 'plain words\n');
      assert.equal((await computer.run(['put', 'notes.txt', '--as', 'deep/er/notes.txt'])).code, 0);
      const files = await readdir(cloud.dataDir, { recursive: true });
      const stored = files.find((file) => file.endsWith('deep/er/notes.txt'));
      assert.ok(stored !== undefined, 'the key is the path');
      assert.equal(await readFile(join(cloud.dataDir, stored), 'utf8'), 'plain words\n');

      const { s3 } = awsClients(t, cloud);
      const { bucket } = await computer.json<{ bucket: string }>(['ls']);
      const head = await s3.headObject({ Bucket: bucket, Key: 'deep/er/notes.txt' });
      assert.equal(head.ContentType, 'text/plain');
      assert.equal(head.Metadata?.['uploaded-by'], encodeURIComponent(username));
    });

    await t.test('scripts need no disk: URL, user and password from the environment', async () => {
      await writeFile(join(computer.home, 'a.txt'), 'a');
      const elsewhere = join(computer.home, 'elsewhere');
      const env = {
        HOME: elsewhere,
        EDGE_UPLOAD_URL: url,
        EDGE_UPLOAD_USERNAME: username,
        EDGE_UPLOAD_PASSWORD: PASSWORD,
        AWS_ENDPOINT_URL: cloud.endpoint,
        NODE_EXTRA_CA_CERTS: cloud.caFile,
      };
      const put = await computer.run(['put', join(computer.home, 'a.txt')], { env });
      assert.equal(put.code, 0, put.stderr);
      assert.equal(existsSync(elsewhere), false, 'nothing was written');

      const token = (await computer.run(['token'])).stdout.trim();
      const { EDGE_UPLOAD_PASSWORD: _password, ...withoutPassword } = env;
      const byToken = await computer.run(['put', join(computer.home, 'a.txt'), '--as', 'b.txt'], {
        env: { ...withoutPassword, EDGE_UPLOAD_TOKEN: token },
      });
      assert.equal(byToken.code, 0, byToken.stderr);
      assert.equal(existsSync(elsewhere), false);
    });

    await t.test('only their owner can read the tokens', async () => {
      const state = join(computer.home, '.local/state/edge-upload');
      for (const file of await readdir(state, { recursive: true, withFileTypes: true })) {
        const { mode } = await stat(join(file.parentPath ?? file.path, file.name));
        assert.equal(mode & 0o077, 0, file.name);
      }
    });

    await t.test('the embedded cloud stops, and starts again with everything it stored', async () => {
      await computer.run(['local', 'stop']);
      const down = await computer.run(['put', 'a.txt']);
      assert.equal(down.code, 5);
      assert.match(down.stderr, /edge-upload local start/);
      await computer.json(['local', 'start']);
      assert.equal((await computer.run(['put', 'a.txt'])).code, 0);
      assert.equal((await computer.json<{ url: string }>(['whoami'])).url, url);
    });

    await t.test('destroy asks for confirmation, and leaves nothing', async () => {
      const unasked = await computer.run(['destroy']);
      assert.equal(unasked.code, 2, 'without a terminal and without --yes nothing is destroyed');
      assert.match(
        unasked.stderr,
        /4 objects, [\s\S]*1 user[\s\S]*needs confirmation[\s\S]*\n +edge-upload destroy .*--yes/,
      );
      const destroyed = await computer.run(['destroy', '--yes']);
      assert.equal(destroyed.code, 0, destroyed.stderr);
      assert.match(destroyed.stdout, /nothing of it is left/);
      const nothing = await computer.json<{ outcome: string }>(['destroy', '--yes']);
      assert.equal(nothing.outcome, 'nothing', 'a second destroy finds nothing to do');
      assert.equal((await computer.run(['whoami'])).code, 2, 'the deployment is forgotten');
    });

    await t.test('reset forgets the deployments of the cloud', async () => {
      await computer.json(['deploy', '--local']);
      await computer.json(['local', 'reset', '--yes']);
      assert.equal((await computer.json<{ running: boolean }>(['local', 'status'])).running, false);
      assert.equal((await computer.run(['whoami'])).code, 2);
    });
  });
});
