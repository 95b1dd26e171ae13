import assert from 'node:assert/strict';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findIsolation } from '../../../../local/lambda/instances/isolation.ts';
import { openRoom, returned } from '../support.ts';
import { CHANGING, escapeFunction, READING } from './escapes.ts';

/** Things on this computer that no function is allowed to reach. */
async function openPlaces(t: TestContext, folder: string) {
  let connections = 0;
  const listening = async (listen: (server: Server, ready: () => void) => void) => {
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((ready) => listen(server, ready));
    t.after(() => server.close());
    return server;
  };
  const unix = join(folder, 'agent.sock');
  await listening((server, ready) => server.listen(unix, ready));
  const tcp = await listening((server, ready) => server.listen(0, '127.0.0.1', ready));
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'hidden');
  process.env.EDGE_UPLOAD_TEST_SECRET = 'hidden';
  t.after(() => delete process.env.EDGE_UPLOAD_TEST_SECRET);
  return {
    places: { unix, tcp: String((tcp.address() as AddressInfo).port), secret, pid: String(process.pid) },
    connections: () => connections,
  };
}

test('keeps a function from files, environment, sockets, processes and memory of the host', async (t) => {
  assert.ok(READING.length + CHANGING.length >= 60);
  const room = await openRoom(t, { network: async () => ({ status: 200, body: 'answer' }) });
  const { places, connections } = await openPlaces(t, room.dataDir);
  for (const escapes of [READING, ...CHANGING.map((one) => [one])]) {
    const arn = await room.publish(escapeFunction(escapes, places));
    for (const [at, [name]] of escapes.entries()) {
      await t.test(name, async () => {
        const invocation = await room.invoke(arn, { at, some: ['event'] });
        // Code that breaks its own realm can fail.
        if (invocation.outcome === 'returned') assert.deepEqual(invocation.value ?? [], []);
        else assert.doesNotMatch(JSON.stringify(invocation), /SyntaxError|not defined|hidden/);
        assert.equal(connections(), 0);
      });
    }
  }
});

test('gives the process its own network if the kernel allows it', async (t) => {
  if (findIsolation().command.length === 0) {
    t.diagnostic('the kernel does not allow it here');
    return;
  }
  const room = await openRoom(t);
  await returned(room, await room.publish('exports.handler = async () => 1;'));
  const network = (pid: string) => readlinkSync(`/proc/${pid}/ns/net`);
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const sandboxes = children.filter((pid) =>
    /disallow-code/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
  );
  assert.ok(sandboxes.length > 0);
  for (const pid of sandboxes) assert.notEqual(network(pid), network('self'));
});

test('gives a function’s code only objects of its realm', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(`
    const modules = 'buffer console crypto events http https process stream timers url util zlib'.split(' ');
    exports.handler = async (event, context) => {
      const seen = new Set(), foreign = [];
      const waiting = [[globalThis, 'globalThis'], [require, 'require'], [module, 'module'], [event, 'event'], [context, 'context'], ...modules.map((name) => [require(name), name])];
      while (waiting.length > 0) {
        const [it, path] = waiting.pop();
        if ((typeof it !== 'object' && typeof it !== 'function') || it === null || seen.has(it)) continue;
        seen.add(it);
        let root = it;
        for (let next = it; next !== null; next = Object.getPrototypeOf(next)) root = next;
        if (root !== Object.prototype && Object.hasOwn(root, 'hasOwnProperty')) foreign.push(path);
        waiting.push([Object.getPrototypeOf(it), path + '.__proto__']);
        for (const key of Reflect.ownKeys(it)) {
          const { value, get, set } = Object.getOwnPropertyDescriptor(it, key);
          for (const one of [value, get, set]) waiting.push([one, path + '.' + String(key)]);
        }
      }
      return { foreign, many: seen.size > 1000 };
    };`);
  assert.deepEqual(await returned(room, arn), { foreign: [], many: true });
});

test('keeps code in its realm that ends the function around it', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    `}); globalThis.outer = [typeof process, typeof require, this === globalThis]; (function (exports, require, module) {
     exports.handler = async () => globalThis.outer;`,
  );
  const invocation = await room.invoke(arn, {});
  if (invocation.outcome === 'returned') {
    assert.deepEqual(invocation.value, ['object', 'undefined', true]);
  } else assert.notEqual(invocation.outcome, 'timed-out');
});

test('keeps changed built-ins of one function from another', async (t) => {
  const room = await openRoom(t);
  const spoiler = await room.publish(
    `Object.prototype.polluted = 'yes'; Array.prototype.map = () => 'spoiled'; JSON.parse = () => 'spoiled';
     exports.handler = async () => ({}).polluted;`,
  );
  const other = await room.publish(
    'exports.handler = async (event) => [({}).polluted ?? null, [1].map((x) => x), event];',
  );
  assert.equal(await returned(room, spoiler), 'yes');
  assert.deepEqual(await returned(room, other, { a: 1 }), [null, [1], { a: 1 }]);
  assert.equal(({} as { polluted?: string }).polluted, undefined);
  assert.deepEqual(
    [1].map((one) => one),
    [1],
  );
});

/** Ways to exhaust the computer's resources, with their results. `limits.test.ts` has the simple ones. */
const BOMBS: readonly (readonly [string, string, RegExp])[] = [
  [
    'an endless loop in a timer',
    'await new Promise((r) => setTimeout(() => { for (;;); }, 1));',
    /timed-out/,
  ],
  [
    'an endless chain of microtasks',
    'const spin = () => Promise.resolve().then(spin); await spin();',
    /timed-out|OutOfMemory/,
  ],
  [
    'full buffers',
    'const all = []; for (;;) { all.push(Buffer.alloc(1 << 24, 1)); await new Promise((r) => setTimeout(r, 1)); }',
    /OutOfMemory|RangeError|failed/,
  ],
  ['output without end', "const line = 'x'.repeat(1000); for (;;) console.log(line);", /timed-out/],
  [
    'one endless line',
    "const piece = 'x'.repeat(1 << 16); for (;;) process.stdout.write(piece);",
    /timed-out/,
  ],
  ['a stack without end', 'const f = () => f() + 1; return f();', /RangeError/],
  [
    'timers without end',
    'for (let i = 0; i < 1e5; i += 1) setInterval(() => {}, 1); await new Promise(() => {});',
    /timed-out|OutOfMemory/,
  ],
  [
    'requests without end',
    "await Promise.all(Array.from({ length: 500 }, () => fetch('https://x.amazonaws.com/').catch(() => {}))); return 'done';",
    /done/,
  ],
  [
    'a compressed bomb',
    "const z = require('zlib'); let b = Buffer.alloc(1 << 24); for (let i = 0; i < 2; i += 1) b = z.gzipSync(b); return z.gunzipSync(z.gunzipSync(b)).length > 1e9;",
    /false|OutOfMemory|RangeError/,
  ],
  ['a hard pattern', "return /^(a+)+$/.test('a'.repeat(40) + 'b');", /timed-out/],
  [
    'a result of forged messages',
    'JSON.stringify = () => \'x\\nended {"type":"returned","result":"1"}\\nready\'; return 1;',
    /failed|returned/,
  ],
];

test('keeps the cloud running after any function code', async (t) => {
  const room = await openRoom(t);
  const well = await room.publish('exports.handler = async () => "well";');
  await returned(room, well);
  for (const [name, code, outcome] of BOMBS) {
    await t.test(name, async () => {
      const limits = outcome.test('timed-out') ? { Timeout: 1 } : {};
      const arn = await room.publish(`exports.handler = async () => { ${code} };`, limits);
      const ended = room.invoke(arn, {});
      assert.equal(await returned(room, well), 'well');
      assert.match(JSON.stringify(await ended), outcome);
      assert.equal(await returned(room, well), 'well');
      room.logged.length = 0;
    });
  }
});
