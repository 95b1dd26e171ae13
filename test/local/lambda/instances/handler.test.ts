import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionProperties, openRoom, returned } from '../support.ts';

const FAILURES: Record<
  string,
  { code: string; errorType: string; message: RegExp; properties?: Record<string, string> }
> = {
  throws: {
    code: `exports.handler = () => { throw new TypeError('bad'); }`,
    errorType: 'TypeError',
    message: /^bad$/,
  },
  rejects: {
    code: `exports.handler = async () => { throw new RangeError('far'); }`,
    errorType: 'RangeError',
    message: /^far$/,
  },
  'rejects with a string': {
    code: `exports.handler = () => Promise.reject('why')`,
    errorType: 'string',
    message: /^why$/,
  },
  'throws while loading': { code: `throw new Error('early')`, errorType: 'Error', message: /^early$/ },
  'does not parse': {
    code: `exports.handler = (`,
    errorType: 'Runtime.UserCodeSyntaxError',
    message: /SyntaxError/,
  },
  'needs a package': {
    code: `require('left-pad')`,
    errorType: 'Runtime.ImportModuleError',
    message: /Cannot find module 'left-pad'/,
  },
  'exports nothing': {
    code: ``.padEnd(1),
    errorType: 'Runtime.HandlerNotFound',
    message: /^index.handler is undefined or not exported$/,
  },
  'exports a text': {
    code: `exports.handler = 'x'`,
    errorType: 'Runtime.HandlerNotFound',
    message: /^index.handler is not a function$/,
  },
  'names another file': {
    code: `exports.handler = async () => 1`,
    errorType: 'Runtime.ImportModuleError',
    message: /'app'/,
    properties: { Handler: 'app.handler' },
  },
  'names no export': {
    code: `exports.handler = async () => 1`,
    errorType: 'Runtime.MalformedHandlerName',
    message: /^Bad handler$/,
    properties: { Handler: 'index' },
  },
  'takes a callback on nodejs24.x': {
    code: `exports.handler = async (event, context, callback) => 1`,
    errorType: 'Runtime.CallbackHandlerDeprecated',
    message: /removed support for callback-based/,
  },
  'returns what JSON cannot hold': {
    code: `exports.handler = async () => 1n`,
    errorType: 'Error',
    message: /^Unable to stringify response body$/,
  },
  'returns a circle': {
    code: `exports.handler = async () => { const a = {}; a.a = a; return a; }`,
    errorType: 'Error',
    message: /^Unable to stringify/,
  },
  'returns too much': {
    code: `exports.handler = async () => 'x'.repeat(6291555)`,
    errorType: 'Function.ResponseSizeTooLarge',
    message: /6291557 bytes/,
  },
  'leaves a rejection unhandled': {
    code: `exports.handler = () => new Promise(() => { Promise.reject(new Error('lost')); })`,
    errorType: 'Runtime.UnhandledPromiseRejection',
    message: /^lost$/,
  },
  'throws in a timer': {
    code: `exports.handler = () => new Promise(() => { setTimeout(() => { throw new Error('late'); }); })`,
    errorType: 'Error',
    message: /^late$/,
  },
};

test('names failures as Lambda does', async (t) => {
  const room = await openRoom(t);
  for (const [name, { code, errorType, message, properties }] of Object.entries(FAILURES)) {
    await t.test(name, async () => {
      const arn = await room.publish(code, properties);
      for (const _ of ['once', 'and again']) {
        const invocation = await room.invoke(arn, {});
        assert.equal(invocation.outcome, 'failed');
        if (invocation.outcome !== 'failed') return;
        assert.equal(invocation.errorType, errorType);
        assert.match(invocation.message, message);
      }
    });
  }
});

test('accepts callbacks up to nodejs22.x; returns null without promise or callback', async (t) => {
  const room = await openRoom(t);
  const callback = `exports.handler = (event, context, callback) => { setTimeout(() => callback(event.error, 'called')); };`;
  for (const Runtime of ['nodejs20.x', 'nodejs22.x']) {
    const arn = await room.publish(callback, { Runtime });
    assert.equal(await returned(room, arn), 'called');
    const failed = await room.invoke(arn, { error: 'no' });
    assert.equal(failed.outcome === 'failed' && failed.message, 'no');
    assert.equal(
      await returned(room, await room.publish(`exports.handler = () => 'dropped'`, { Runtime })),
      null,
    );
  }
  assert.equal(await returned(room, await room.publish(`exports.handler = () => 'kept'`)), 'kept');
});

test('copies the event and the result', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    `exports.handler = async (event) => { event.seen = true; return { ...event, when: new Date(0), nothing: undefined }; };`,
  );
  const event = { uri: '/ü\u2028', deep: [{ key: 'x' }] };
  assert.deepEqual(await returned(room, arn, event), {
    ...event,
    seen: true,
    when: '1970-01-01T00:00:00.000Z',
  });
  assert.equal('seen' in event, false);
  assert.equal(await returned(room, await room.publish('exports.handler = async () => {}')), null);
});

test('describes the running function in the context', async (t) => {
  const room = await openRoom(t);
  const code = `exports.handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis() });`;
  const arn = await room.publish(code, { FunctionName: 'named', MemorySize: 256, Timeout: 7 });
  const { awsRequestId, left, logStreamName, ...context } = (await returned(room, arn)) as Record<
    string,
    unknown
  >;
  assert.match(String(awsRequestId), /^[0-9a-f-]{36}$/);
  assert.ok(Number(left) > 0 && Number(left) <= 7000);
  assert.deepEqual(context, {
    callbackWaitsForEmptyEventLoop: true,
    functionName: 'named',
    functionVersion: '1',
    invokedFunctionArn: arn,
    memoryLimitInMB: '256',
    logGroupName: '/aws/lambda/us-east-1.named',
  });
  assert.match(String(logStreamName), /^\d{4}\/\d\d\/\d\d\/\[1\][0-9a-f]{32}$/);
});

test('runs a version with the code that it was published with', async (t) => {
  const room = await openRoom(t);
  const first = await room.publish(`exports.handler = async () => 'first'`);
  const name = first.split(':')[6] ?? '';
  const update = room.resources.find(({ type }) => type === 'AWS::Lambda::Function');
  const version = room.resources.find(({ type }) => type === 'AWS::Lambda::Version');
  const previous = functionProperties(`exports.handler = async () => 'first'`);
  const properties = functionProperties(`exports.handler = async () => 'second'`);
  await update?.update({ physicalId: name, properties, previous });
  const second = await version?.create({
    stackName: 'stack',
    logicalId: 'Second',
    suffix: 'abcdefghijklmnopqrst',
    properties: { FunctionName: name },
  });
  assert.equal(second?.physicalId, first.replace(/1$/, '2'));
  assert.equal(await returned(room, second?.physicalId ?? ''), 'second');
  assert.equal(await returned(room, first), 'first');
});

test('runs published versions only', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish('exports.handler = async () => 1');
  for (const wrong of [
    arn.replace(/1$/, '9'),
    arn.replace(/:1$/, ''),
    arn.replace(/1$/, '$LATEST'),
    'nonsense',
  ]) {
    assert.deepEqual(await room.invoke(wrong, {}), {
      outcome: 'failed',
      errorType: 'ResourceNotFoundException',
      message: `Function not found: ${wrong}`,
    });
  }
});
