import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FunctionRecord } from '../../../local/lambda/model.ts';
import { FunctionStore } from '../../../local/lambda/store.ts';

test('deletes at its start what could not be deleted before: unused code, and code without a record', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'functions-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const store = new FunctionStore(folder);
  const codeSha256 = store.saveCode('a', 'used');
  store.save({ name: 'a', latest: { codeSha256 }, versions: [] } as unknown as FunctionRecord);
  const kept = readdirSync(join(folder, 'a'));
  writeFileSync(join(folder, 'a', 'unused.js'), '');
  mkdirSync(join(folder, 'b'));
  writeFileSync(join(folder, 'b', 'unused.js'), '');
  const again = new FunctionStore(folder);
  assert.deepEqual(readdirSync(folder), ['a']);
  assert.deepEqual(readdirSync(join(folder, 'a')), kept);
  assert.equal(again.code('a', codeSha256), 'used');
});
