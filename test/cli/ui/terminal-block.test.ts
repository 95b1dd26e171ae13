import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeLines } from '../../../cli/ui/terminal-block.ts';

test('keeps every file name on one line', () => {
  const active = [{ name: 'a\n100%  forged', bytes: 5, size: 10 }];
  assert.deepEqual(activeLines({ type: 'transfer', bytes: 0, filesDone: 0, rate: 0, active }, 80, 4), [
    ' 50%  a\\x0a100%  forged',
  ]);
});
