import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { steadyBody } from '../../../local/wire/idle-body.ts';

const tooSlow = () => new Error('too slow');
/** Resolves when a body is closed, without listening for its error. */
const closed = (body: Readable) => new Promise<void>((resolve) => void body.on('close', resolve));

test('fails only the reader of a body whose connection breaks', async () => {
  const body = new Readable({ read() {} });
  body.push('a');
  const reading = steadyBody(body, { tooSlow });
  assert.equal(String((await reading.next()).value), 'a');
  body.destroy(new Error('reset'));
  // The error exists before the body emits it.
  await assert.rejects(reading.next(), /reset/);
  await closed(body);
});

test('ignores a body that breaks after its reader has stopped', async () => {
  const body = new Readable({ read() {} });
  body.push('a');
  for await (const chunk of steadyBody(body, { tooSlow })) {
    assert.equal(String(chunk), 'a');
    break;
  }
  body.destroy(new Error('reset'));
  await closed(body);
});
