import { once } from 'node:events';
import { tokenSource } from '../../../../cli/identity/tokens/token-source.ts';
import { testContext } from '../../../support/context.ts';

/** One of many simultaneous commands: reports that it is ready, waits for a line, then reports its result without the token. */
const [, , url = ''] = process.argv;
const { REJECTED: rejected } = process.env;
const context = testContext({ env: process.env, home: process.env.HOME ?? '/' });
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.destroy();
const source = tokenSource(context, { url });
try {
  const token = rejected === undefined ? await source.current() : await source.renew(rejected);
  const { createHash } = await import('node:crypto');
  process.stdout.write(`${createHash('sha256').update(token).digest('hex')}\n`);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
}
