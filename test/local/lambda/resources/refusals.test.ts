import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRoom, returned } from '../support.ts';

/** A function that runs the given text, and returns the code of its error. */
const EVALUATE = `
  const probe = require;
  exports.handler = async ({ text }) => {
    try { return { value: await eval('(async () => ' + text + ')()') }; }
    catch (error) { return { error: error.code ?? error.cause?.code ?? error.name, message: error.message + ' / ' + error.cause?.message }; }
  };`;

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
  readonly message?: string;
}

const ALLOWED = [
  'crypto',
  'node:crypto',
  'url',
  'util',
  'buffer',
  'stream',
  'events',
  'zlib',
  'timers',
  'https',
  'node:https',
  'http',
  'process',
  'console',
];
const REFUSED = [
  'fs',
  'node:fs',
  'fs/promises',
  'child_process',
  'net',
  'tls',
  'dgram',
  'dns',
  'http2',
  'worker_threads',
  'cluster',
  'vm',
  'module',
  'inspector',
  'v8',
  'os',
  'repl',
  'wasi',
  'diagnostics_channel',
  'async_hooks',
  'assert',
  'path',
  'querystring',
  'stream/promises',
  'node:sqlite',
  'node:test',
];

test('loads harmless modules, and refuses the others by name', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(EVALUATE);
  const ask = async (text: string) => (await returned(room, arn, { text })) as Answer;
  const ways = (name: string) => [
    `typeof probe('${name}')`,
    `typeof (await import('${name}')).default`,
    `typeof (await new Function("return import('${name}')")()).default`,
    `typeof process.getBuiltinModule('${name}')`,
  ];
  for (const name of ALLOWED) {
    for (const text of ways(name)) {
      const { value } = await ask(text);
      assert.ok(value === 'object' || value === 'function', text);
    }
  }
  for (const name of REFUSED) {
    for (const text of ways(name)) {
      const { error, message } = await ask(text);
      // Modules that this version of Node does not have are unknown, not refused.
      assert.ok(error === 'ERR_ACCESS_DENIED' || error === 'MODULE_NOT_FOUND', `${text}: ${error}`);
      assert.match(String(message), new RegExp(name.replace('node:', '')), text);
    }
  }
  assert.equal((await ask(`probe('left-pad')`)).error, 'MODULE_NOT_FOUND');
  assert.equal((await ask(`probe('./other.js')`)).error, 'MODULE_NOT_FOUND');
});

test('shows the function a process that is not the real one', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(EVALUATE);
  const ask = async (text: string) => (await returned(room, arn, { text })) as Answer;
  for (const text of [
    'process.binding("fs")',
    '(await import("process")).binding("fs")',
    'process._linkedBinding("fs")',
    'process.dlopen({}, "/x.node")',
    'process.kill(1)',
    'process.chdir("/")',
    'process.loadEnvFile("/etc/passwd")',
  ]) {
    assert.equal((await ask(text)).error, 'ERR_ACCESS_DENIED', text);
  }
  assert.deepEqual(
    await ask(
      '[process.mainModule, process.send, process.channel, process.reallyExit, process.report, probe.main.constructor._load].map((x) => typeof x)',
    ),
    { value: Array(6).fill('undefined') },
  );
  assert.deepEqual(await ask('new Function("return this.process === process && this.process.pid")()'), {
    value: 1,
  });
});

test('leaks no files, commands or sockets through replaced prototype methods', async (t) => {
  const room = await openRoom(t);
  // Tries to get the real process from the events that Node emits on it.
  const arn = await room.publish(`
    const { EventEmitter } = require('events');
    const found = new Set();
    const emit = EventEmitter.prototype.emit;
    EventEmitter.prototype.emit = function (...args) { found.add(this); return emit.apply(this, args); };
    const attempts = {
      process: (it) => it.reallyExit !== undefined && it !== process,
      binding: (it) => { it.binding('fs'); return true; },
      socket: (it) => { it.connect({ port: 80, host: '127.0.0.1' }); return true; },
    };
    exports.handler = async () => {
      console.log('something, so that streams emit');
      await new Promise((done) => setTimeout(done, 20));
      const reached = [];
      for (const it of found) for (const [name, attempt] of Object.entries(attempts)) {
        try { if (attempt(it)) reached.push(name); } catch {}
      }
      return reached;
    };`);
  await returned(room, arn);
  assert.deepEqual(await returned(room, arn), []);
});

test('reads nothing of this computer', async (t) => {
  const room = await openRoom(t);
  const secret = join(room.dataDir, 'secret');
  writeFileSync(secret, 'hidden');
  process.env.EDGE_UPLOAD_TEST_SECRET = 'hidden';
  t.after(() => delete process.env.EDGE_UPLOAD_TEST_SECRET);
  const arn = await room.publish(EVALUATE, {
    FunctionName: 'named',
    Environment: { Variables: { COLOUR: 'blue' } },
  });
  const ask = async (text: string) => (await returned(room, arn, { text })) as Answer;
  const { value } = (await ask('process.env')) as { value: Record<string, string> };
  assert.deepEqual(
    { ...value },
    {
      COLOUR: 'blue',
      _HANDLER: 'index.handler',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_FUNCTION_NAME: 'named',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_FORMAT: 'Text',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/us-east-1.named',
      AWS_LAMBDA_LOG_STREAM_NAME: room.logged[0]?.stream,
      AWS_REGION: 'us-east-1',
      LAMBDA_RUNTIME_DIR: '/var/runtime',
      LAMBDA_TASK_ROOT: '/var/task',
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
    },
  );
  assert.equal((await ask(`process.loadEnvFile(${JSON.stringify(secret)})`)).error, 'ERR_ACCESS_DENIED');
  assert.equal((await ask(`import(${JSON.stringify(secret)})`)).error, 'MODULE_NOT_FOUND');
  assert.equal((await ask(`import('data:text/javascript,export default 1')`)).error, 'MODULE_NOT_FOUND');
  assert.deepEqual(await ask('[process.cwd(), process.argv, new Date(0).getTimezoneOffset()]'), {
    value: ['/var/task', ['/var/lang/bin/node', '/var/runtime/index.mjs'], 0],
  });
});

test('reaches no other host', async (t) => {
  const room = await openRoom(t);
  let connections = 0;
  const server = createServer(() => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const arn = await room.publish(EVALUATE);
  const ask = async (text: string) => (await returned(room, arn, { text })) as Answer;
  for (const host of [
    `127.0.0.1:${port}`,
    'example.com',
    'amazonaws.com.example.com',
    'xamazonaws.com',
    '169.254.169.254',
  ]) {
    for (const text of [
      `fetch('http://${host}/')`,
      `new Promise((done, fail) => probe('http').get('http://${host}/', done).on('error', fail))`,
      `new Promise((done, fail) => probe('https').get({ host: '${host}' }, done).on('error', fail))`,
    ]) {
      assert.equal((await ask(text)).error, 'ECONNREFUSED', text);
    }
  }
  assert.deepEqual(
    await ask('[typeof WebSocket, typeof EventSource, typeof BroadcastChannel, typeof localStorage]'),
    { value: Array(4).fill('undefined') },
  );
  assert.equal((await ask(`probe('http').createServer()`)).error, 'ERR_ACCESS_DENIED');
  assert.equal(connections, 0);
});
