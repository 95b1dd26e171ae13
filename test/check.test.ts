import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { cleanEnv } from './e2e/harness.ts';
import { runProgram } from './support/programs.ts';

const ROOT = join(import.meta.dirname, '..');

/** The parts of `npm run check`. They run at the same time as the tests, which spend half of their time waiting. */
for (const part of ['lint', 'typecheck', 'unused', 'licences']) {
  test(`npm run ${part} finds nothing`, async () => {
    // Node's options and the measurement of coverage must not apply to these programs.
    const env = cleanEnv(process.env.HOME ?? ROOT);
    const { code, stdout, stderr } = await runProgram('npm', ['run', '--silent', part], { cwd: ROOT, env });
    assert.equal(code, 0, `${stdout}${stderr}`);
  });
}
