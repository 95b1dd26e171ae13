import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cleanEnv } from './e2e/harness.ts';
import { runProgram } from './support/programs.ts';
import { test as limitedTest, TEST_LIMIT_MS, withLimit } from './support/run/time-limit.ts';

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
    // Every test file gets the arguments of this process.
    const env = { ...cleanEnv(folder), NODE_TEST_CONTEXT: undefined };
    const { code, stdout } = await runProgram(process.execPath, [...process.execArgv, file], { env });
    assert.equal(code, 1, stdout);
    assert.match(stdout, message);
  }
});

test('a test that hangs fails under its own name, after the limit of its options or of all tests', () => {
  const registered: unknown[][] = [];
  const register = Object.assign((...args: unknown[]) => void registered.push(args), { skip: 'kept' });
  const timed = withLimit(register as unknown as typeof test, TEST_LIMIT_MS);
  const work = () => {};
  void timed('plain', work);
  void timed('with options', { skip: 'no witness', timeout: 5 }, work);
  void timed(work);
  assert.deepEqual(registered, [
    ['plain', { timeout: TEST_LIMIT_MS }, work],
    ['with options', { timeout: 5, skip: 'no witness' }, work],
    [{ timeout: TEST_LIMIT_MS }, work],
  ]);
  assert.equal(timed.skip, 'kept');
  assert.equal(test, limitedTest);
});
