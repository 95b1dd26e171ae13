import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Log } from '../../../local/lambda/log.ts';

test('a log grows, is set aside when long, and is never world-readable', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'logs', 'name.log');
  new Log(path).append('one\n');
  const log = new Log(path);
  log.append('two\n');
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
  assert.equal(statSync(path).mode & 0o077, 0);
  const block = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 20; i += 1) log.append(block);
  assert.ok(statSync(path).size <= 6 * block.length);
  assert.ok(statSync(`${path}.1`).size <= 6 * block.length);
});
