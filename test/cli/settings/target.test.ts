import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { login } from '../../../cli/commands/login.ts';
import { resolveTarget } from '../../../cli/settings/target.ts';
import { testContext } from '../../support/context.ts';
import { ownFolder } from '../transfer/helpers/uploading.ts';

const EDGE = 'https://d111111abcdef8.cloudfront.net';

/** What can exist in place of the list of deployments. */
const DAMAGED: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  'text that is not JSON': (file) => writeFile(file, '{"version": 1, "depl', { mode: 0o600 }),
  'bytes that are no text': (file) => writeFile(file, Buffer.alloc(64, 0xff), { mode: 0o600 }),
  'a newer version': (file) => writeFile(file, '{"version": 2}', { mode: 0o600 }),
  'a folder': (file) => mkdir(file),
  'a file of 100 MB': (file) => writeFile(file, Buffer.alloc(100_000_000, ' '), { mode: 0o600 }),
};

async function homes(t: TestContext): Promise<readonly (readonly [string, string])[]> {
  return Promise.all(
    Object.entries(DAMAGED).map(async ([what, write]) => {
      const home = await ownFolder(t);
      const file = join(home, '.config/edge-upload/deployments.json');
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await write(file);
      return [what, home] as const;
    }),
  );
}

test('uses an address without the list of deployments, with a note', async (t) => {
  for (const [what, home] of await homes(t)) {
    const context = testContext({ home, env: { EDGE_UPLOAD_URL: EDGE } });
    assert.deepEqual(await resolveTarget(context), { url: EDGE }, what);
    const notes = context.events.flatMap((event) => (event.type === 'note' ? [String(event.text)] : []));
    assert.equal(notes.length, 1, what);
    assert.match(notes[0] ?? '', /^The settings for https:\S+ are not used: /, what);
  }
});

test('refuses to sign in without the list, which would reveal a changed issuer', async (t) => {
  for (const [what, home] of await homes(t)) {
    const context = testContext({ home });
    const code = await login(context, { url: EDGE }).then(
      () => 'signed in',
      (error) => error.code,
    );
    assert.match(code, /^(?:settings|disk)$/, what);
    await rm(home, { recursive: true });
  }
});
