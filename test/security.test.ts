import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');

/** Returns the list items that guarantee something. */
async function promises(): Promise<string[]> {
  const text = await readFile(join(ROOT, 'SECURITY.md'), 'utf8');
  const [promised = ''] = text.split('## What only a live account can prove');
  return promised.split(/\n(?=- |\n)/).filter((part) => part.startsWith('- **'));
}

test('each promise of SECURITY.md names a test that holds it', async () => {
  const all = await promises();
  assert.ok(all.length >= 15, `${all.length} promises`);
  for (const promise of all) {
    const files = [...promise.matchAll(/`((?:test\/[\w/-]+\/)?[\w-]+\.test\.ts)`/g)].map(
      ([, file = '']) => file,
    );
    assert.ok(files.length > 0, `no test is named: ${promise.slice(0, 80)}`);
    let folder = '';
    for (const file of files) {
      const path = file.includes('/') ? file : join(folder, file);
      assert.ok(existsSync(join(ROOT, path)), `${path} is not there: ${promise.slice(0, 80)}`);
      folder = dirname(path);
    }
  }
});
