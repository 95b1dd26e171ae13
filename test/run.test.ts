import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from './support/programs.ts';
import { test as limitedTest, TEST_LIMIT_MS, withLimit } from './support/run/node-test.ts';
import { workerArgs } from './support/run/worker.ts';

test('an error that no test catches fails its file, with its message and stack', async () => {
  for (const [how, message] of [
    ['thrown', 'thrown late'],
    ['rejected', 'rejected alone'],
  ] as const) {
    const args = workerArgs('test/support/run/uncaught-child', how);
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const { code, stdout, stderr } = await runProgram(process.execPath, args, { env });
    assert.equal(code, 1, stdout);
    assert.match(stdout, new RegExp(message));
    assert.match(stderr, new RegExp(`Error: ${message}\\n +at .*uncaught-child\\.ts`));
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
  // With coverage, each source runs separately, with Node's own `test`.
  if (process.env.COMPILED_TESTS !== undefined) assert.equal(test, limitedTest);
});
