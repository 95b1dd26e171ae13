import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../../local/json.ts';
import { LineCutter } from '../../../../local/lambda/logs/instance-log.ts';
import { openRoom, type Room } from '../support.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** Returns the log without the parts that differ each time. */
function story({ logged }: Room): string[] {
  return logged.map(({ message }) =>
    message
      .replace(UUID, 'ID')
      .replace(TIME, 'TIME')
      .replace(/\d+\.\d\d ms/g, '0.00 ms'),
  );
}

const REPORT = /^REPORT RequestId: ID\tDuration: 0\.00 ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t/;

test('logs each call’s output as one message between Lambda’s own lines', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    `exports.handler = async () => {
       console.log('one', { two: 3 }); console.error('four\\n  five'); process.stdout.write('six\\nsev');
       process.stdout.write('en');
     };`,
    { FunctionName: 'named' },
  );
  await room.invoke(arn, {});
  await room.invoke(arn, {});
  const told = story(room);
  assert.match(told[0] ?? '', /^INIT_START Runtime Version: nodejs24\.x/);
  assert.deepEqual(told.slice(1, 7), [
    'START RequestId: ID Version: 1\n',
    'TIME\tID\tINFO\tone { two: 3 }\n',
    'TIME\tID\tERROR\tfour\n  five\n',
    'six\n',
    'seven\n',
    'END RequestId: ID\n',
  ]);
  assert.match(told[7] ?? '', REPORT);
  assert.match(told[7] ?? '', /\tInit Duration: 0\.00 ms\t\n$/);
  assert.match(told[13] ?? '', /^END/);
  assert.doesNotMatch(told[14] ?? '', /Init Duration/);
  assert.equal(told.length, 15);
  const [{ group, stream } = { group: '', stream: '' }] = room.logged;
  assert.equal(group, '/aws/lambda/us-east-1.named');
  assert.match(stream, /^\d{4}\/\d\d\/\d\d\/\[1\][0-9a-f]{32}$/);
  assert.ok(room.logged.every((one) => one.group === group && one.stream === stream));
});

test('logs all output of an event before its end, in any amount', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    `exports.handler = async ({ lines }) => { for (let i = 0; i < lines; i += 1) console.log(i, 'x'.repeat(500)); };`,
  );
  await room.invoke(arn, { lines: 3000 });
  const told = story(room);
  assert.equal(told.length, 3004);
  assert.match(told.at(-3) ?? '', /INFO\t2999 x/);
  assert.match(told.at(-2) ?? '', /^END/);
});

test('logs failures as Lambda does', async (t) => {
  const room = await openRoom(t);
  const end = async (code: string, properties: JsonObject = {}) => {
    room.logged.length = 0;
    await room.invoke(await room.publish(code, properties), {});
    return story(room).slice(-3);
  };
  const [thrown, ended] = await end(`exports.handler = async () => { throw new TypeError('no'); };`);
  assert.equal(thrown, 'TIME\tID\tERROR\tInvoke Error \t{"errorType":"TypeError","errorMessage":"no"}\n');
  assert.equal(ended, 'END RequestId: ID\n');

  const loop = `exports.handler = () => { console.log('begun'); for (;;); };`;
  const [late, , report = ''] = await end(loop, { Timeout: 1 });
  assert.equal(late, 'TIME ID Task timed out after 1.00 seconds\n\n');
  assert.match(report, REPORT);
  assert.match(report, /\tStatus: timeout\t\n$/);

  const [exit] = await end(`exports.handler = async () => process.exit(3);`);
  assert.equal(exit, 'RequestId: ID Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n');

  const [, uncaught, init] = await end(`throw new RangeError('early');`);
  assert.match(uncaught ?? '', /^TIME\tundefined\tERROR\tUncaught Exception \t\{"errorType":"RangeError"/);
  assert.match(
    init ?? '',
    /^INIT_REPORT Init Duration: 0\.00 ms\tPhase: init\tStatus: error\tError Type: RangeError\n$/,
  );
});

test('joins pieces into lines, none longer than CloudWatch accepts', () => {
  const messages: string[] = [];
  const cutter = new LineCutter((message) => messages.push(message));
  for (const piece of ['a', 'b\nc', '\n\nd\re\n', 'end']) cutter.append(piece);
  assert.deepEqual(messages, ['ab\n', 'c\n', '\n', 'd\ne\n']);
  cutter.flush();
  cutter.flush();
  assert.deepEqual(messages.slice(4), ['end\n']);
  messages.length = 0;
  for (let piece = 0; piece < 20; piece += 1) cutter.append('x'.repeat(64 * 1024));
  cutter.flush();
  assert.ok(messages.length > 1);
  assert.ok(messages.every(({ length }) => length <= 256 * 1024));
  assert.equal(messages.join('').replaceAll('\n', '').length, 20 * 64 * 1024);
});

test('logs calls as JSON objects; both kinds of lines follow their levels', async (t) => {
  const room = await openRoom(t);
  const logged = async (code: string, LoggingConfig: JsonObject, more: JsonObject = {}) => {
    room.logged.length = 0;
    await room.invoke(await room.publish(code, { LoggingConfig, ...more }), {});
    return room.logged.map(({ message }) => JSON.parse(message));
  };
  const code = `exports.handler = async () => {
    console.debug('hidden'); console.log('one'); console.warn({ two: 3 });
    console.error('four', new RangeError('five'));
  };`;
  const all = await logged(code, { LogFormat: 'JSON', LogGroup: '/mine/edge' });
  assert.ok(room.logged.every(({ group }) => group === '/mine/edge'));
  assert.deepEqual(
    all.map(({ type, level }) => type ?? level),
    ['platform.initStart', 'platform.start', 'INFO', 'WARN', 'ERROR', 'platform.report'],
  );
  const [, start, one, two, error, report] = all;
  assert.deepEqual([one.message, two.message], ['one', { two: 3 }]);
  assert.equal(one.requestId, start.record.requestId);
  assert.deepEqual([error.errorType, error.errorMessage], ['RangeError', 'five']);
  assert.match(error.message, /^four RangeError: five/);
  assert.equal(report.record.status, 'success');
  assert.equal(report.record.metrics.memorySizeMB, 128);

  const few = await logged(code, { LogFormat: 'JSON', SystemLogLevel: 'WARN', ApplicationLogLevel: 'ERROR' });
  assert.deepEqual(
    few.map(({ level }) => level),
    ['ERROR'],
  );
  const failing = await logged(`exports.handler = async () => { throw new TypeError('no'); };`, {
    LogFormat: 'JSON',
    SystemLogLevel: 'WARN',
  });
  assert.deepEqual(
    failing.map(({ type, message, record }) => type ?? record ?? message),
    [{ errorType: 'TypeError', errorMessage: 'no' }, 'platform.runtimeDone', 'platform.report'],
  );
  const most = await logged(code, {
    LogFormat: 'JSON',
    SystemLogLevel: 'DEBUG',
    ApplicationLogLevel: 'DEBUG',
  });
  assert.ok(most.some(({ type }) => type === 'platform.runtimeDone'));
  assert.ok(most.some(({ message }) => message === 'hidden'));
  const late = await logged(
    `exports.handler = () => { for (;;); };`,
    { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
    { Timeout: 1 },
  );
  assert.deepEqual(
    late.map(({ record }) => record.status),
    ['timeout', 'timeout'],
  );
});

test('refuses log levels without JSON', async (t) => {
  const room = await openRoom(t);
  for (const LoggingConfig of [
    { SystemLogLevel: 'WARN' },
    { LogFormat: 'Text', ApplicationLogLevel: 'INFO' },
  ]) {
    await assert.rejects(room.publish('exports.handler = () => 1;', { LoggingConfig }), {
      code: 'InvalidParameterValueException',
    });
  }
});
