import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { typed } from '../../support/typed.ts';
import { ownFolder } from '../transfer/helpers/uploading.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../docs/watch.md'), 'utf8');

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\n([^\`]+)\`\`\``).exec(guide)?.[1] ?? assert.fail(language);
}

test('systemd accepts the unit of the guide', async (t) => {
  const unit = join(await ownFolder(t), 'edge-upload-watch.service');
  await writeFile(unit, block('ini'));
  assert.match(block('ini'), /^SuccessExitStatus=130$/m);
  const { error, stdout, stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
    encoding: 'utf8',
  });
  // Some computers have no systemd.
  if (error !== undefined) return t.diagnostic('systemd-analyze is not installed');
  assert.doesNotMatch(stdout + stderr, /edge-upload-watch\.service/);
  assert.equal(status, 0, stderr);
});

test('both services run valid commands', async () => {
  const [, line = ''] = /^ExecStart=\/usr\/bin\/env edge-upload (.+)$/m.exec(block('ini')) ?? [];
  const [, list = ''] = /<array>([\s\S]*?)<\/array>/.exec(block('xml')) ?? [];
  const [program, ...words] = [...list.matchAll(/<string>(.*?)<\/string>/g)].map(([, text = '']) => text);
  assert.match(program ?? '', /\/edge-upload$/);
  const home = import.meta.dirname;
  for (const command of [line.split(' '), words]) {
    // The folders of the guide are not here.
    const { code, stderr } = await typed(command, { home, env: { EDGE_UPLOAD_URL: 'http://127.0.0.1:1' } });
    assert.equal(code, 3, stderr);
    assert.match(stderr, /does not exist/);
  }
});
