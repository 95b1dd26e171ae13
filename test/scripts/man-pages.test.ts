import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing, runProgram } from '../support/programs.ts';

const PAGES = join(import.meta.dirname, '../../dist/man');
const pages = () => readdirSync(PAGES).map((name) => join(PAGES, name));

test('writes a manual page for each command, with its flags and examples', () => {
  const help = readFileSync(join(import.meta.dirname, '../cli/help.txt'), 'utf8');
  const named = [...help.matchAll(/^\$ edge-upload ([a-z]+) --help$/gm)].map(
    ([, name]) => `edge-upload-${name}.1`,
  );
  assert.deepEqual(readdirSync(PAGES).sort(), [...named, 'edge-upload.1'].sort());
  const put = readFileSync(join(PAGES, 'edge-upload-put.1'), 'utf8').replaceAll('\\-', '-');
  for (const expected of ['--no-clobber', 'pg_dump shop | edge-upload put -', '.SH "HOW IT IS SENT"']) {
    assert.ok(put.includes(expected), expected);
  }
});

test('package.json lists every manual page, so that npm installs them from a tarball', () => {
  const { man } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  assert.deepEqual(
    [...man].sort(),
    readdirSync(PAGES)
      .map((name) => `dist/man/${name}`)
      .sort(),
  );
});

test('mandoc finds nothing to warn about', {
  skip: missing('mandoc', '/dev/null'),
}, async () => {
  const { stdout, stderr } = await runProgram('mandoc', ['-Tlint', '-Wwarning', ...pages()], {
    env: process.env,
  });
  assert.equal(stdout + stderr, '');
});
