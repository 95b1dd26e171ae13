import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { Instance } from '../../../../local/lambda/instances/instance.ts';
import { instanceOptions, openRoom, returned } from '../support.ts';

const HOGS = {
  'an array that grows': 'const held = []; for (;;) held.push(new Array(1000).fill(0));',
  'one allocation past the heap': 'return new Array(3e7).fill(0.5).length;',
  'a map whose table doubles': 'const held = new Map(); for (let i = 0; ; i++) held.set(i, i);',
};

test('fails a function that fills its heap as out of memory, and continues', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    `const hogs = [${Object.values(HOGS).map((body) => `() => { ${body} }`)}];
     exports.handler = async ({ hog }) => hog === undefined ? 'well' : hogs[hog]();`,
  );
  for (const [hog, name] of Object.keys(HOGS).entries()) {
    await t.test(name, async () => {
      assert.deepEqual(await room.invoke(arn, { hog }), {
        outcome: 'failed',
        errorType: 'Runtime.OutOfMemory',
        message: 'Runtime exited with error: signal: killed',
      });
    });
  }
  assert.equal(await returned(room, arn), 'well');
});

test('counts memory outside the heap too', {
  skip: existsSync('/proc/self/status') ? false : 'only Linux tells how much memory a process holds',
}, async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    `exports.handler = async () => { const held = []; for (;;) {
         held.push(Buffer.alloc(4e6, 1)); await new Promise((done) => setTimeout(done, 5)); } };`,
  );
  const invocation = await room.invoke(arn, {});
  assert.equal(invocation.outcome === 'failed' && invocation.errorType, 'Runtime.OutOfMemory');
});

test('gives a function its configured memory', async (t) => {
  const room = await openRoom(t);
  const code =
    'exports.handler = async () => { const held = new Array(2e7).fill(0.5); return held.length; };';
  assert.equal(await returned(room, await room.publish(code, { MemorySize: 512 })), 2e7);
});

test('ends endless loops and unsettled promises at the timeout, then serves again', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    `exports.handler = async ({ what }) => {
       if (what === 'loop') for (;;);
       if (what === 'wait') await new Promise(() => {});
       return 'well';
     };`,
    { Timeout: 1 },
  );
  for (const what of ['loop', 'wait']) {
    assert.deepEqual(await room.invoke(arn, { what }), { outcome: 'timed-out', seconds: 1 });
    assert.equal(await returned(room, arn), 'well');
  }
});

test('ends code that never finishes loading at the timeout', async () => {
  const instance = new Instance(await instanceOptions('for (;;);'));
  assert.deepEqual(await instance.ready, { outcome: 'timed-out', seconds: 1 });
  assert.equal(instance.alive, false);
  await instance.gone();
});

test('reports a crashed process by its signal, not as out of memory', {
  skip: process.platform === 'win32' ? 'Windows has no signals' : false,
}, async () => {
  for (const [signal, words] of [
    ['SEGV', 'segmentation fault'],
    ['ABRT', 'aborted'],
  ]) {
    const within = ['/bin/sh', '-c', `kill -${signal} $$`, 'sh'];
    const instance = new Instance({ ...(await instanceOptions('')), within });
    assert.deepEqual(await instance.ready, {
      outcome: 'failed',
      errorType: 'Runtime.ExitError',
      message: `Runtime exited with error: signal: ${words}`,
    });
    await instance.gone();
  }
});

test('handles one event at a time in an instance, and reuses it', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    `let running = 0, served = 0;
     const id = Math.random();
     exports.handler = async () => {
       running += 1;
       const together = running;
       await new Promise((done) => setTimeout(done, 2));
       running -= 1;
       return { together, id, served: ++served };
     };`,
  );
  const results = (await Promise.all(Array.from({ length: 40 }, () => returned(room, arn)))) as {
    together: number;
    id: number;
    served: number;
  }[];
  assert.deepEqual(new Set(results.map(({ together }) => together)), new Set([1]));
  const instances = new Set(results.map(({ id }) => id));
  assert.ok(instances.size <= 4, `${instances.size} instances`);
  assert.ok(Math.max(...results.map(({ served }) => served)) >= 10);
});

test('ends only the instance at process.exit, and starts another', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    `exports.handler = async ({ exit }) => { if (exit !== undefined) process.exit(exit); return 'well'; };`,
  );
  assert.deepEqual(await room.invoke(arn, { exit: 3 }), {
    outcome: 'failed',
    errorType: 'Runtime.ExitError',
    message: 'Runtime exited with error: exit status 3',
  });
  const silent = await room.invoke(arn, { exit: 0 });
  assert.equal(silent.outcome === 'failed' && silent.message, 'Runtime exited without providing a reason');
  assert.equal(await returned(room, arn), 'well');
});

test('fails every event after close', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish('exports.handler = () => new Promise(() => {});');
  const pending = room.invoke(arn, {});
  await room.close();
  assert.equal((await pending).outcome, 'failed');
  assert.equal((await room.invoke(arn, {})).outcome, 'failed');
});
