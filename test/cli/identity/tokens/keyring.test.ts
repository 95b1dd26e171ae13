import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { login } from '../../../../cli/commands/login.ts';
import { token } from '../../../../cli/commands/token.ts';
import { whoami } from '../../../../cli/commands/whoami.ts';
import type { Context } from '../../../../cli/context.ts';
import { type Keyring, systemKeyring } from '../../../../cli/identity/tokens/keyring.ts';
import { seal, unseal } from '../../../../cli/identity/tokens/seal.ts';
import { tokenSource } from '../../../../cli/identity/tokens/token-source.ts';
import { TOKEN_IN_TEXT } from '../../../support/keys/forge.ts';
import { runProgram } from '../../../support/programs.ts';
import { failure, PASSWORD, run, type World, world } from '../helpers/world.ts';

const HOUR = 3_600_000;

/** A keyring in memory, in place of the operating system's. */
function keyringOf() {
  const kept: { secret?: Buffer; broken?: string; reads: number } = { reads: 0 };
  const keyring: Keyring = {
    async read() {
      kept.reads += 1;
      if (kept.broken !== undefined) throw new Error(kept.broken);
      return kept.secret;
    },
    async write(secret) {
      if (kept.broken !== undefined) throw new Error(kept.broken);
      kept.secret = secret;
    },
  };
  return { kept, open: async () => keyring };
}

/** Signs a user in on a computer with a keyring. */
async function signedIn(t: TestContext) {
  const here = await world(t);
  const ring = keyringOf();
  await here.user('ada');
  await here.user('bob');
  const at = (more: Parameters<World['context']>[0] = {}) => ({
    ...here.context(more),
    keyring: ring.open,
  });
  const signIn = (context: Context, username = 'ada') =>
    run(here, login(context, { url: here.url, username }));
  const env = { EDGE_UPLOAD_PASSWORD: PASSWORD };
  const { document, text = '' } = await signIn(at({ env }));
  return { here, ring, at, env, signIn, file: String(document.tokens), document, text };
}

test('stores the key in the keyring and the encrypted tokens in a file', async (t) => {
  const { here, ring, at, file, document, text } = await signedIn(t);
  assert.equal(document.encrypted, true);
  assert.match(text, /encrypted with .*keyring/s);
  assert.equal(ring.kept.secret?.length, 32);
  const written = await readFile(file, 'utf8');
  const { sealed, ...clear } = JSON.parse(written);
  assert.deepEqual(clear, { version: 2, url: here.url }, 'the user name is not in the file');
  // Encrypted text looks random. Searches for a word that is too long to occur by chance.
  for (const text of [written, Buffer.from(sealed, 'base64').toString('latin1')]) {
    assert.doesNotMatch(text, TOKEN_IN_TEXT);
    assert.doesNotMatch(text, /refreshToken/);
  }
  assert.ok(ring.kept.secret && !written.includes(ring.kept.secret.toString('base64')));
  assert.equal((await stat(file)).mode & 0o777, 0o600);

  const shown = await run(here, whoami(at(), {}));
  assert.equal(shown.document.encrypted, true);
  assert.match(shown.text ?? '', /^tokens +encrypted with /m);
});

test('encrypts refreshed tokens with the same key', async (t) => {
  const { here, ring, at, file } = await signedIn(t);
  const { secret } = ring.kept;
  const before = await readFile(file, 'utf8');
  here.setup.advance(HOUR);
  await run(here, token(at(), {}), { tokenOut: true });
  const after = await readFile(file, 'utf8');
  assert.notEqual(after, before);
  assert.equal(JSON.parse(after).version, 2);
  assert.equal(ring.kept.secret, secret);
  await run(here, token(at(), {}), { tokenOut: true });
});

test('reads the keyring once for the expiry and the first token', async (t) => {
  const { here, ring, at } = await signedIn(t);
  const tokens = tokenSource(at(), { url: here.url });
  ring.kept.reads = 0;
  assert.equal(await tokens.endsAt?.(), undefined, 'the sign-in is renewed');
  const first = await tokens.current();
  assert.equal(ring.kept.reads, 1);
  assert.notEqual(await tokens.renew(first), first, 'the renewal reads the store again');
});

test('creates one key for simultaneous sign-ins', async (t) => {
  const { here, ring, at, env, signIn } = await signedIn(t);
  delete ring.kept.secret;
  await Promise.all([signIn(at({ env })), signIn(at({ env }), 'bob')]);
  for (const username of ['ada', 'bob']) {
    await run(here, token(at({ env: { EDGE_UPLOAD_USERNAME: username } }), {}), { tokenOut: true });
  }
});

test('moves a changed, truncated or foreign file aside with a warning', async (t) => {
  const { here, at, env, signIn, file } = await signedIn(t);
  const whole = await readFile(file, 'utf8');
  const { document: bob } = await signIn(at({ env }), 'bob');
  const { sealed, ...rest } = JSON.parse(whole);
  const flipped = Buffer.from(sealed, 'base64');
  flipped[40] = (flipped[40] ?? 0) ^ 1;
  const damages: (() => Promise<void>)[] = [
    () => writeFile(file, JSON.stringify({ ...rest, sealed: flipped.toString('base64') }), { mode: 0o600 }),
    () => writeFile(file, JSON.stringify({ ...rest, sealed: sealed.slice(0, 20) }), { mode: 0o600 }),
    () => writeFile(file, whole.slice(0, whole.length / 2), { mode: 0o600 }),
    () => copyFile(String(bob.tokens), file),
  ];
  const url = { EDGE_UPLOAD_URL: here.url, EDGE_UPLOAD_USERNAME: 'ada' };
  for (const damage of damages) {
    await damage();
    const context = at({ env: url });
    const error = await failure(here, token(context, {}));
    assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
    assert.match(JSON.stringify(context.events), /damaged. They were moved to /);
    assert.equal(existsSync(file), false);
    await rename(`${file}.damaged`, file);
  }
});

test('reports a locked keyring, and deletes nothing', async (t) => {
  const { here, ring, at, env, signIn, file } = await signedIn(t);
  ring.kept.broken = 'the collection is locked';
  const error = await failure(here, token(at(), {}));
  assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
  assert.match(error.message, /the collection is locked/);
  assert.match(error.hint ?? '', /Unlock the keyring, or sign in again/);
  assert.equal(existsSync(file), true);
  const away = { ...here.context() };
  assert.match((await failure(here, token(away, {}))).message, /no keyring/);

  const { document, text } = await signIn(at({ env }));
  assert.equal(document.encrypted, false);
  assert.match(text ?? '', /no keyring is available/);
  await run(here, token(away, {}), { tokenOut: true });
});

test('moves tokens aside whose key was removed from the keyring', async (t) => {
  const { here, ring, at, file } = await signedIn(t);
  delete ring.kept.secret;
  const error = await failure(here, token(at(), {}));
  assert.equal(error.code, 'not_signed_in');
  assert.deepEqual(await readdir(dirname(file)), [`${file.slice(dirname(file).length + 1)}.damaged`]);
});

test('reports without a keyring that only the file mode protects the tokens', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const { document, text } = await run(here, login(context, { url: here.url, username: 'ada' }));
  assert.equal(document.encrypted, false);
  assert.match(text ?? '', /no keyring is available/);
  assert.match((await run(here, whoami(here.context(), {}))).text ?? '', /no keyring is available/);
});

/** A program in place of Node that never responds, and whose child process keeps its pipes open. */
async function silentProgram(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-silent-'));
  t.after(() => rm(folder, { recursive: true }));
  const program = join(folder, 'node');
  await writeFile(program, '#!/bin/sh\nsleep 600 &\nwait\n', { mode: 0o755 });
  return program;
}

test('gives up on a keyring that does not respond, and lets the process end', {
  skip: process.platform === 'win32',
}, async (t) => {
  const silent = await silentProgram(t);
  const keyring = fileURLToPath(new URL('../../../../cli/identity/tokens/keyring.ts', import.meta.url));
  const code = `
    import { systemKeyring } from ${JSON.stringify(keyring)};
    const ring = systemKeyring({ env: {}, execPath: ${JSON.stringify(silent)}, timeoutMs: 50 });
    await ring.read().catch((error) => console.log(error.message));
  `;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
  const { stdout, code: status } = await runProgram(process.execPath, args, { env: process.env });
  assert.deepEqual([stdout, status], ['it did not respond within 0.05 s\n', 0]);
});

test('stops waiting for a keyring at Ctrl-C', { skip: process.platform === 'win32' }, async (t) => {
  const interruption = new AbortController();
  const ring = systemKeyring({ env: {}, execPath: await silentProgram(t), signal: interruption.signal });
  const read = ring?.read();
  interruption.abort();
  await assert.rejects(Promise.resolve(read), { code: 'interrupted' });
});

test('uses no keyring with EDGE_UPLOAD_KEYRING=off', async () => {
  const env = { EDGE_UPLOAD_KEYRING: 'off' };
  assert.equal(systemKeyring({ env, execPath: process.execPath }), undefined);
});

test('opens a sealed text only unchanged, with its key and for its place', () => {
  const key = Buffer.alloc(32, 7);
  const sealed = seal(key, 'a secret', 'here');
  assert.equal(unseal(key, sealed, 'here'), 'a secret');
  assert.notEqual(seal(key, 'a secret', 'here'), sealed, 'a nonce is used once');
  assert.equal(unseal(key, sealed, 'there'), undefined);
  assert.equal(unseal(Buffer.alloc(32, 8), sealed, 'here'), undefined);
  const bytes = Buffer.from(sealed, 'base64');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(unseal(key, changed.toString('base64'), 'here'), undefined, `byte ${at}`);
  }
});
