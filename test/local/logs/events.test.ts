import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GROUP, refusal, STREAM, setUp } from './fixture.ts';

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}\n`);
const texts = (events: readonly { message?: string | undefined }[] = []) =>
  events.map(({ message = '' }) => message.trimEnd());

test('finds events by an inclusive time range, page by page, each once', async (t) => {
  const { client, write } = await setUp(t);
  const begun = write(lines(10));
  const logs = client();
  const found: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs.filterLogEvents({
      logGroupName: GROUP,
      startTime: begun + 2000,
      endTime: begun + 8000,
      limit: 3,
      nextToken,
    });
    assert.ok((page.events ?? []).length <= 3);
    found.push(...texts(page.events));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.deepEqual(
    found,
    lines(9)
      .slice(2)
      .map((line) => line.trimEnd()),
  );
  await assert.rejects(
    logs.filterLogEvents({ logGroupName: GROUP, nextToken: 'x' }),
    refusal('InvalidParameterException', 'The specified nextToken is invalid.'),
  );
});

test('keeps an event’s ID and position while more are written', async (t) => {
  const { client, write, reopen } = await setUp(t);
  write(['same\n', 'same\n', 'last\n']);
  const logs = client();
  const first = await logs.filterLogEvents({ logGroupName: GROUP, limit: 2 });
  reopen();
  write(['late\n'], { stream: 'other' });
  const ids = first.events?.map(({ eventId }) => eventId) ?? [];
  assert.equal(new Set(ids).size, 2);
  assert.ok(ids.every((id) => /^\d{56}$/.test(id ?? '')));
  const second = await logs.filterLogEvents({ logGroupName: GROUP, nextToken: first.nextToken });
  assert.deepEqual(texts(second.events), ['last']);
  const all = await logs.filterLogEvents({ logGroupName: GROUP });
  assert.equal(all.events?.length, 4);
  assert.ok(ids.every((id) => all.events?.some(({ eventId }) => eventId === id)));
});

test('merges events of all or some streams by time', async (t) => {
  const { client, write } = await setUp(t);
  write(['a0\n', 'a1\n'], { stream: 'a' });
  write(['b0\n', 'b1\n'], { stream: 'b' });
  const find = async (more: object) => {
    const { events = [] } = await client().filterLogEvents({ logGroupName: GROUP, ...more });
    return events.map(({ logStreamName, message = '' }) => `${logStreamName}: ${message.trimEnd()}`);
  };
  assert.deepEqual((await find({})).sort(), ['a: a0', 'a: a1', 'b: b0', 'b: b1']);
  const times = (await client().filterLogEvents({ logGroupName: GROUP })).events?.map(
    ({ timestamp = 0 }) => timestamp,
  );
  assert.deepEqual(
    times,
    times?.toSorted((one, other) => one - other),
  );
  assert.deepEqual(await find({ logStreamNames: ['b'] }), ['b: b0', 'b: b1']);
  assert.deepEqual(await find({ logStreamNamePrefix: 'a' }), ['a: a0', 'a: a1']);
  await assert.rejects(
    find({ logStreamNames: ['b'], logStreamNamePrefix: 'a' }),
    refusal('InvalidParameterException'),
  );
});

test('filters by patterns of terms, and refuses other patterns by name', async (t) => {
  const { client, write } = await setUp(t);
  write(['{"status":401,"code":"no_token"}\n', '{"status":403,"code":"not allowed"}\n', 'START x\n']);
  const find = async (filterPattern: string) =>
    (await client().filterLogEvents({ logGroupName: GROUP, filterPattern })).events?.length;
  assert.equal(await find('status'), 2);
  assert.equal(await find('status 403'), 1);
  assert.equal(await find('"not allowed"'), 1);
  assert.equal(await find('"\\"code\\":\\"no_token\\""'), 1);
  assert.equal(await find('?401 ?START'), 2);
  assert.equal(await find('status -403'), 1);
  assert.equal(await find('start'), 0);
  for (const pattern of ['{ $.status = 401 }', '[a, b]', '%40[13]%', '?a b']) {
    await assert.rejects(
      find(pattern),
      refusal('InvalidParameterException', /The embedded cloud does not support/),
    );
  }
});

test('pages GetLogEvents both ways, and marks both ends', async (t) => {
  const { client, write } = await setUp(t);
  const begun = write(lines(5));
  const get = (more: object) =>
    client().getLogEvents({ logGroupName: GROUP, logStreamName: STREAM, limit: 2, ...more });
  const newest = await get({});
  assert.deepEqual(texts(newest.events), ['line 3', 'line 4']);
  const before = await get({ nextToken: newest.nextBackwardToken });
  assert.deepEqual(texts(before.events), ['line 1', 'line 2']);
  const forth = await get({ nextToken: before.nextForwardToken });
  assert.deepEqual(texts(forth.events), ['line 3', 'line 4']);
  const end = await get({ nextToken: forth.nextForwardToken });
  assert.deepEqual([texts(end.events), end.nextForwardToken], [[], forth.nextForwardToken]);
  assert.deepEqual(texts((await get({ startFromHead: true })).events), ['line 0', 'line 1']);
  // The end of the range is exclusive.
  const ranged = await get({ startTime: begun + 1000, endTime: begun + 3000 });
  assert.deepEqual(texts(ranged.events), ['line 1', 'line 2']);
  await assert.rejects(
    client().getLogEvents({ logGroupName: GROUP, logStreamName: 'none' }),
    refusal('ResourceNotFoundException', 'The specified log stream does not exist.'),
  );
  await assert.rejects(get({ nextToken: 'x' }), refusal('InvalidParameterException'));
});
