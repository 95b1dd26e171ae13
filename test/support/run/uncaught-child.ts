import { setImmediate as turn } from 'node:timers/promises';
import { test } from './node-test.ts';

/* A test file with an error that no test catches: `thrown` or `rejected`. */

const [, , how] = process.argv;

test('passes', async () => {
  if (how === 'rejected') {
    void Promise.reject(new Error('rejected alone'));
  } else {
    setImmediate(() => {
      throw new Error('thrown late');
    });
  }
  await turn();
  await turn();
});
