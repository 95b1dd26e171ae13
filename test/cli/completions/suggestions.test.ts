import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { typed } from '../../support/typed.ts';
import { ID, KEY, ODD_NAME, seedHome } from './home.ts';

let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'edge-upload-suggestions-'));
  await seedHome(home);
});
after(() => rm(home, { recursive: true, force: true }));

async function suggestions(words: readonly string[], at = home) {
  const { code, stdout, stderr } = await typed(['complete', '--', ...words], { home: at });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  const lines = stdout.trimEnd().split('\n');
  const values = lines.slice(0, -1).map((line) => line.split('\t')[0]);
  return { values, directive: lines.at(-1), stdout };
}

const [FILES, NOTHING] = [':0', ':4'];

/** Words of a command line, and what is suggested for the last one. */
const CASES: readonly (readonly [words: readonly string[], values: readonly string[], directive: string])[] =
  [
    [['lo'], ['login', 'logout', 'logs', 'local'], NOTHING],
    [['--ver'], ['--version'], NOTHING],
    [['uploads', ''], ['list', 'abort'], NOTHING],
    [['uploads', 'abort', ''], [ID], NOTHING],
    [['uploads', 'abort', '--all', '--', ''], [ID], NOTHING],
    [['deploy', '--mfa', ''], ['off', 'optional', 'required'], NOTHING],
    [['deploy', '--price-class=2'], ['200'], NOTHING],
    [['deploy', '--unset', 'page-t'], ['page-title'], NOTHING],
    [['deploy', '--file', ''], [], FILES],
    [['deploy', '--page-logo', ''], [], FILES],
    [['synth', '--min-tls', ''], ['1.2', '1.3'], NOTHING],
    [['watch', 'in', '--after', 'm'], ['move'], NOTHING],
    [['trust', 'okta', 'https://a.example', '--token', ''], ['access', 'id'], NOTHING],
    [['put', ''], [], FILES],
    [['put', '--files-from', ''], [], FILES],
    [['put', 'a', '--', '--no'], [], FILES],
    [['put', '-rn', 'a', '--multi'], ['--multipart'], NOTHING],
    [['put', '--multipart', ''], ['auto', 'never', 'always'], NOTHING],
    [['put', '--multipart=n'], ['never'], NOTHING],
    [['put', '--as', ''], [KEY], NOTHING],
    [['put', '--prefix', ''], [], NOTHING],
    [['get', 'key', '--as', ''], [], FILES],
    [['deployments', 'use', ''], ['edge-upload', ODD_NAME], NOTHING],
    [['deployments', 'use', 'edge-upload', ''], [], NOTHING],
    [['login', '--stack-name', 'edge-upload', '--issuer', ''], ['corp'], NOTHING],
    [['login', '--stack-name', 'unknown', '--issuer', ''], [], NOTHING],
    [['login', 'https://d111111abcdef8.cloudfront.net', '--issuer', ''], ['corp'], NOTHING],
    [['completion', ''], ['bash', 'zsh', 'fish', 'powershell'], NOTHING],
    [['nonsense', '--what', ''], [], NOTHING],
  ];

test('suggests what fits the word under the cursor', async () => {
  for (const [words, values, directive] of CASES) {
    const found = await suggestions(words);
    assert.deepEqual([found.values, found.directive], [values, directive], words.join(' '));
  }
});

test('suggests no control characters except the TAB before a description', async () => {
  const { stdout } = await suggestions(['']);
  assert.doesNotMatch(stdout.replaceAll(/[\t\n]/g, ''), /\p{Cc}/u);
  assert.ok(!stdout.includes('complete\t'), 'hidden commands are not suggested');
});

test('suggests nothing from damaged or missing settings, without an error', async () => {
  const damaged = await mkdtemp(join(tmpdir(), 'edge-upload-suggestions-'));
  await seedHome(damaged);
  await writeFile(join(damaged, '.config/edge-upload/deployments.json'), '{');
  for (const at of [damaged, '/dev/null/home']) {
    const found = await suggestions(['whoami', '--stack-name', ''], at);
    assert.deepEqual(found.values, []);
  }
  await rm(damaged, { recursive: true });
});
