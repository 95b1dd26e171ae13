import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cleanEnv } from './e2e/harness.ts';
import { runProgram } from './support/programs.ts';

test('an error that no test catches fails its file, with its message', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-run-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'uncaught.mjs');
  for (const [how, message] of [
    ["setImmediate(() => { throw new Error('thrown late'); })", /thrown late/],
    ["void Promise.reject(new Error('rejected alone'))", /rejected alone/],
  ] as const) {
    await writeFile(
      file,
      `import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
test('passes', async () => { ${how}; await turn(); await turn(); });
`,
    );
    // The arguments of this process are those of every test file.
    const env = { ...cleanEnv(folder), NODE_TEST_CONTEXT: undefined };
    const { code, stdout } = await runProgram(process.execPath, [...process.execArgv, file], { env });
    assert.equal(code, 1, stdout);
    assert.match(stdout, message);
  }
});
