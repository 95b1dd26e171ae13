import assert from 'node:assert/strict';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { whoami } from '../../../../cli/commands/whoami.ts';
import { tokenSource } from '../../../../cli/identity/tokens/token-source.ts';
import { runProgram } from '../../../support/programs.ts';
import { failure, run, type World, world } from '../helpers/world.ts';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Returns a token that expires this many seconds after the time of the test's clock. */
function tokenFor(here: World, seconds: number, name = 'one'): string {
  const exp = Math.floor(here.setup.clock.now().getTime() / 1000) + seconds;
  const token = `${part({ alg: 'RS256' })}.${part({ exp, name })}.c2lnbmVk`;
  here.secret(token);
  return token;
}

function source(here: World, path: string, env: Record<string, string> = {}) {
  const all = { EDGE_UPLOAD_URL: here.url, EDGE_UPLOAD_TOKEN_FILE: path, ...env };
  return tokenSource(here.context({ env: all }), { url: here.url });
}

test('reads a token file in every encoding, with quotes, blanks and line ends', async (t) => {
  const here = await world(t);
  const path = join(here.home, 'token');
  const token = tokenFor(here, 300);
  for (const content of [
    token,
    `${token}\n`,
    `\uFEFF${token}\r\n`,
    `"${token}"\n`,
    `Bearer ${token}`,
    `  ${token}  `,
    Buffer.from(`\uFEFF${token}\r\n`, 'utf16le'),
    `euk_${token}`,
    `eul_${token}\n`,
  ]) {
    await writeFile(path, content);
    const expected = /eu[kl]_/.exec(String(content))?.[0] ?? '';
    assert.equal(await source(here, path).current(), `${expected}${token}`);
  }
  // A relative path is below the current folder.
  await writeFile(path, token);
  assert.equal(await source(here, 'token').current(), token);
});

test('reads a token file again before the token expires, and after a refusal', async (t) => {
  const here = await world(t);
  // Like a kubelet: switches a link to another folder, with files that everybody can read.
  for (const name of ['1', '2', '3']) await mkdir(join(here.home, name));
  const path = join(here.home, '..data', 'token');
  const turnTo = async (name: string, token: string) => {
    await writeFile(join(here.home, name, 'token'), token, { mode: 0o644 });
    await symlink(name, join(here.home, '..next'));
    await rename(join(here.home, '..next'), join(here.home, '..data'));
  };
  const first = tokenFor(here, 600, 'first');
  await turnTo('1', first);
  const tokens = source(here, path);
  assert.equal(await tokens.current(), first);
  const second = tokenFor(here, 1200, 'second');
  await turnTo('2', second);
  assert.equal(await tokens.current(), first, 'the current token is valid for some minutes more');
  here.setup.advance(550_000);
  assert.equal(await tokens.current(), second);
  const third = tokenFor(here, 600, 'third');
  await turnTo('3', third);
  const renewed = await Promise.all([tokens.renew(second), tokens.renew(second)]);
  assert.deepEqual(renewed, [third, third]);
  const error = await failure(here, tokens.renew(third, 'The issuer is unknown.'));
  assert.deepEqual([error.code, error.exitCode], ['token_refused', 4]);
  assert.match(error.message, /EDGE_UPLOAD_TOKEN_FILE \(.*token\): The issuer is unknown\.$/);
  // The edge uses its own clock.
  here.setup.advance(3_600_000);
  assert.equal(await tokens.current(), third);
});

test('names the variable and the file if the content or the path is invalid', async (t) => {
  const here = await world(t);
  here.secret('not a token at all');
  const path = join(here.home, 'token');
  for (const content of [
    '',
    '\n',
    'not a token at all',
    'a.b',
    'a.b.c.d',
    '\u0000\u0001',
    `a.b.${'c'.repeat(65_536)}`,
  ]) {
    await writeFile(path, content);
    const error = await failure(here, source(here, path).current());
    assert.equal(error.code, 'usage');
    assert.match(error.message, /EDGE_UPLOAD_TOKEN_FILE \(.*token\)/);
  }
  const codes = async (name: string) => (await failure(here, source(here, name).current())).code;
  assert.equal(await codes('missing'), 'file_missing');
  assert.equal(await codes(join(path, 'below')), 'file_missing');
  assert.equal(await codes(here.home), 'file_is_folder');
  if (process.platform === 'win32') return;
  await runProgram('mkfifo', [join(here.home, 'pipe')]);
  // The pipe has no writer. The command does not wait for one.
  assert.equal(await codes('pipe'), 'file_special');
});

test('uses a token file for one edge, after EDGE_UPLOAD_TOKEN; whoami names it', async (t) => {
  const here = await world(t);
  const path = join(here.home, 'token');
  await writeFile(path, tokenFor(here, 300));
  const elsewhere = source(here, path, { EDGE_UPLOAD_URL: 'https://other.example' });
  assert.equal((await failure(here, elsewhere.current())).code, 'not_signed_in');
  here.secret('aaaa.bbbb.cccc');
  assert.equal(await source(here, path, { EDGE_UPLOAD_TOKEN: 'aaaa.bbbb.cccc' }).current(), 'aaaa.bbbb.cccc');

  await here.user('ada');
  const password = { EDGE_UPLOAD_USERNAME: 'ada', EDGE_UPLOAD_PASSWORD: 'Correct-horse-42!' };
  const context = here.context({ env: { ...password, EDGE_UPLOAD_URL: here.url } });
  const ofAda = await tokenSource(context, { url: here.url }).current();
  await writeFile(path, ofAda);
  const env = { EDGE_UPLOAD_URL: here.url, EDGE_UPLOAD_TOKEN_FILE: path, ...password };
  here.operations.length = 0;
  const { document, text } = await run(here, whoami(here.context({ env }), {}));
  assert.deepEqual([document.username, document.tokens, document.renewed], ['ada', 'file', true]);
  assert.match(String(text), new RegExp(`read from ${path}`));
  assert.deepEqual(here.operations, [], 'the password is not used');
});
