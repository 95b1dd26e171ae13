import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';

const FOLDER = join(import.meta.dirname, '../../protocol');

interface Protocol {
  readonly keyProblem: (key: string) => string | undefined;
  readonly encodeKey: (key: string) => string;
  readonly prefixesOf: (rule: string, uploader: object) => readonly string[];
  readonly combineCrcs: (algorithm: string, parts: readonly object[]) => Uint8Array;
}

test('runs in a browser, without globals or modules of Node', async () => {
  const contents = readdirSync(FOLDER)
    .map((file) => `export * from './${file}';`)
    .join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: FOLDER },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'protocol',
  });
  const code = `${outputFiles[0]?.text}; protocol`;
  const protocol = runInNewContext(code, { TextEncoder }) as Protocol;
  assert.equal(protocol.keyProblem('é'.repeat(513)), 'has 1026 bytes; the limit is 1024');
  assert.equal(protocol.encodeKey('a b/é'), 'a%20b/%C3%A9');
  assert.deepEqual([...protocol.prefixesOf('home/{username}', { name: 'a/b', claims: {} })], ['home/a%2Fb/']);
  const one = { size: 1, digest: Uint8Array.of(0xe8, 0xb7, 0xbe, 0x43) };
  assert.deepEqual([...protocol.combineCrcs('crc32', [one, one])], [0x07, 0x8a, 0x19, 0xd7]);
});
