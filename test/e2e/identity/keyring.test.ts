import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { TOKEN_IN_TEXT } from '../../support/keys/forge.ts';
import { missing, runProgram } from '../../support/programs.ts';
import { CLI, PASSWORD, withCloud } from '../harness.ts';

const SESSION = `
printf 'unlock\\n' | gnome-keyring-daemon --unlock --components=secrets > /dev/null
edge_upload() { "$NODE" "$CLI" "$@"; }
edge_upload login --create --email ada@example.com --json
unset EDGE_UPLOAD_NEW_PASSWORD
edge_upload whoami --json
edge_upload put file.txt --json
`;

test('keeps the key in the Secret Service of a Linux desktop, and encrypts the tokens', {
  skip: missing('dbus-run-session') || missing('gnome-keyring-daemon'),
}, async () => {
  await withCloud(async (computer) => {
    await computer.json(['deploy', '--local']);
    await writeFile(join(computer.home, 'file.txt'), 'bytes');
    const { EDGE_UPLOAD_KEYRING: _off, ...withKeyring } = computer.env;
    const env = { ...withKeyring, NODE: process.execPath, CLI, EDGE_UPLOAD_NEW_PASSWORD: PASSWORD };
    const { stdout, stderr, code } = await runProgram('dbus-run-session', ['--', 'sh', '-ec', SESSION], {
      env,
      cwd: computer.home,
    });
    assert.equal(code, 0, stdout + stderr);
    const [login, whoami, ...put] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([login.encrypted, whoami.encrypted], [true, true]);
    assert.equal(put.at(-1).type, 'summary');
    const folder = join(computer.home, '.local/state/edge-upload/tokens');
    for (const file of await readdir(folder)) {
      const kept = await readFile(join(folder, file), 'utf8');
      assert.doesNotMatch(kept, TOKEN_IN_TEXT);
      assert.doesNotMatch(kept, /ada@example/);
    }

    const away = await computer.run(['whoami', '--json']);
    assert.equal(away.code, 4);
    assert.equal(JSON.parse(away.stdout).error.code, 'not_signed_in');
  });
});
