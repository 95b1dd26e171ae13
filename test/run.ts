import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** `npm test` after lint, types and build: every `*.test.ts` below test/, or those whose path holds a given word. */
// The SDK says this once for each test file on Node 20; the floor is ours to choose.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const words = process.argv.slice(2);
const root = import.meta.dirname;
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(
    (file) => file.endsWith('.test.ts') && (words.length === 0 || words.some((word) => file.includes(word))),
  )
  // The long ones first, so that no core waits for them alone at the end.
  .sort(
    (one, other) =>
      Number(other.startsWith('e2e')) - Number(one.startsWith('e2e')) || one.localeCompare(other),
  )
  .map((file) => join(root, file));

if (files.length === 0) throw new Error(`no test file matches ${words.join(' ')}`);
// Half of what the tests do is waiting: for processes to start, and for each other.
const stream = run({ files, concurrency: 2 * availableParallelism() });
stream.on('test:fail', ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1;
});
await pipeline(stream, new spec(), process.stdout, { end: false });
