import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { dropEntry, existingKeys, findRecord, readLedger, writeEntry } from '../../../cli/links/ledger.ts';
import type { TokenEntry } from '../../../cli/links/token-entry.ts';
import { stateOf, tokenStates } from '../../../cli/links/token-states.ts';
import { emptyBucket } from '../../../cli/stack/operate/bucket.ts';
import { workAgainst } from '../stack/world.ts';
import { withCode } from '../transfer/helpers/uploading.ts';
import { BUCKET, workOnS3 } from './helpers.ts';

const FOLDER = '.well-known/edge-upload/tokens';

const ENTRY: TokenEntry = {
  id: 'AAAAAAA1',
  kind: 'link',
  prefix: 'inbox/AAAAAAA1/',
  note: 'Q3 figures',
  maxSize: 1000,
  createdAt: '2026-11-28T12:00:00Z',
  expiresAt: '2999-12-05T12:00:00Z',
  createdBy: 'arn:aws:iam::123456789012:user/ada',
  kid: 'kid-1',
};
const EDGE = {
  bucket: BUCKET,
  audience: 'https://d1.cloudfront.net',
  url: 'https://d1.cloudfront.net',
  hasPage: false,
  kids: new Set(['kid-1']),
  revoked: new Set(['AAAAAAA4']),
};

test('writes entries once, and finds them by id', async (t) => {
  const { work } = await workOnS3(t);
  const key: TokenEntry = {
    ...{ id: 'AAAAAAA2', kind: 'key', name: 'roof', prefix: 'sensors/roof/', noClobber: true },
    ...{ createdAt: '2026-11-29T12:00:00Z', expiresAt: '2999-01-01T00:00:00Z', createdBy: 'x', kid: 'kid-1' },
  };
  assert.equal(await writeEntry(work, BUCKET, ENTRY), true);
  assert.equal(await writeEntry(work, BUCKET, { ...ENTRY, note: 'another' }), false);
  assert.equal(await writeEntry(work, BUCKET, key), true);
  assert.deepEqual(await readLedger(work, BUCKET, 'link'), { entries: [ENTRY], odd: [], omitted: 0 });
  assert.deepEqual(await readLedger(work, BUCKET, 'key'), { entries: [key], odd: [], omitted: 0 });
  assert.deepEqual(await findRecord(work, BUCKET, 'AAAAAAA2'), { kind: 'key', id: 'AAAAAAA2', entry: key });
  assert.equal(await findRecord(work, BUCKET, 'AAAAAAA3'), undefined);
  await dropEntry(work, BUCKET, ENTRY);
  assert.deepEqual((await readLedger(work, BUCKET, 'link')).entries, []);
});

for (const [how, cuts, stored] of [
  ['recognizes its own entry after a response was lost', 1, true],
  ['deletes an entry whose every response was lost', Number.POSITIVE_INFINITY, false],
] as const) {
  test(how, async (t) => {
    let puts = 0;
    const { work, s3, context } = await workOnS3(t, ({ method }) => {
      if (method === 'PUT') puts += 1;
      return method === 'PUT' && puts <= cuts;
    });
    const written = writeEntry(work, BUCKET, ENTRY);
    if (stored) assert.equal(await written, true);
    else await assert.rejects(written, { name: 'UserError' });
    assert.ok(puts > 1, 'the request was repeated');
    const { KeyCount } = await s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    assert.equal(KeyCount, stored ? 1 : 0);
    assert.deepEqual(
      context.events.filter(({ type }) => type === 'warning'),
      [],
    );
  });
}

test('takes no success of a proxy for one of S3', async (t) => {
  for (const type of ['text/html', 'application/xml', 'text/plain']) {
    const methods: string[] = [];
    const { work, events } = await workAgainst(t, (_body, _path, method) => {
      methods.push(method);
      return { type, body: '<r>Sign in</r>', isForeign: true };
    });
    for (const [ask, asked] of [
      // What S3 may have stored is deleted, and that is not proved either.
      [() => writeEntry(work, BUCKET, ENTRY), ['PUT', 'DELETE']],
      [() => findRecord(work, BUCKET, ENTRY.id), ['GET']],
      [() => existingKeys(work, BUCKET, ['a']), ['HEAD']],
      [() => emptyBucket(work, BUCKET), ['GET']],
    ] as const) {
      methods.length = 0;
      await assert.rejects(
        ask(),
        withCode('unreachable', /its response is not from AWS/),
        `${type} ${asked}`,
      );
      assert.deepEqual(methods, asked);
    }
    assert.match(JSON.stringify(events), /may show the link AAAAAAA1, which nobody has/);
  }
});

test('deletes an entry that S3 may still be storing, but none that S3 refuses', async (t) => {
  for (const [status, code, expected] of [
    [409, 'ConditionalRequestConflict', ['PUT', 'DELETE']],
    [403, 'AccessDenied', ['PUT']],
    [404, 'NoSuchBucket', ['PUT']],
  ] as const) {
    const methods: string[] = [];
    const { work } = await workAgainst(t, (_body, _path, method) => {
      methods.push(method);
      if (method === 'DELETE') return { status: 204, body: '' };
      return { status, body: `<Error><Code>${code}</Code><Message>m</Message></Error>` };
    });
    await assert.rejects(writeEntry(work, BUCKET, ENTRY), { name: 'UserError' });
    assert.deepEqual(methods, expected, code);
  }
});

test('deletes an entry that was stored when Ctrl-C left its response no time', async (t) => {
  const { work, s3, context } = await workOnS3(t, ({ method }) => {
    if (method === 'PUT') context.abort.abort();
    return method === 'PUT';
  });
  await assert.rejects(writeEntry(work, BUCKET, ENTRY), { code: 'interrupted' });
  const { KeyCount } = await s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.equal(KeyCount, 0);
});

test('deletes an entry of a token that nobody received after Ctrl-C, or warns of it', async (t) => {
  const { work, s3, context } = await workOnS3(t);
  await writeEntry(work, BUCKET, ENTRY);
  context.abort.abort();
  await dropEntry(work, BUCKET, ENTRY);
  const { Contents } = await s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.deepEqual([Contents, context.events], [undefined, []]);
  await dropEntry(work, 'no-such-bucket', ENTRY);
  assert.match(
    JSON.stringify(context.events),
    /"warning".*“link list” may show the link AAAAAAA1, which nobody has/,
  );
});

test('names objects that are not entries, and still lists all entries', async (t) => {
  const { work, s3 } = await workOnS3(t);
  await writeEntry(work, BUCKET, ENTRY);
  const put = (name: string, body: string) =>
    s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${FOLDER}/link/${name}`, Body: body }));
  const wrong = {
    'BBBBBBB0.json': '',
    'BBBBBBB1.json': '{',
    'BBBBBBB2.json': JSON.stringify(ENTRY),
    'BBBBBBB3.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBB3', key: 'both' }),
    'BBBBBBB4.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBB4', kind: 'key' }),
    'BBBBBBB5.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBB5', maxSize: 'large' }),
    'BBBBBBB6.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBB6', expiresAt: 'soon' }),
    'BBBBBBB7.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBB7', prefix: '../' }),
    'BBBBBBB8.json': `${JSON.stringify({ ...ENTRY, id: 'BBBBBBB8' })}${' '.repeat(20_000)}`,
    // Expiries that a deployment could not store.
    'BBBBBBB9.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBB9', expiresAt: '2999-12-05T12:00:00.500Z' }),
    'BBBBBBBA.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBBA', expiresAt: '+200000-01-01T00:00:00Z' }),
    'BBBBBBBB.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBBB', expiresAt: 'Sun Dec 6 2026' }),
    'BBBBBBBC.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBBC', createdAt: '2999-13-41T25:61:61Z' }),
    'BBBBBBBD.json': '['.repeat(16_000),
    'BBBBBBBE.json': JSON.stringify({ ...ENTRY, id: 'BBBBBBBE', prefix: '.well-known/edge-upload/' }),
    'BBBBBBBF.json': JSON.stringify({ __proto__: null, id: 'BBBBBBBF', constructor: ENTRY }),
    'notes.txt': 'foreign',
  };
  for (const [name, body] of Object.entries(wrong)) await put(name, body);
  const { entries, odd } = await readLedger(work, BUCKET, 'link');
  assert.deepEqual(entries, [ENTRY]);
  assert.deepEqual(
    odd.map(({ key }) => key),
    Object.keys(wrong).map((name) => `${FOLDER}/link/${name}`),
  );
  assert.deepEqual(odd.at(-1), { key: `${FOLDER}/link/notes.txt` });
  // It can still be revoked.
  assert.deepEqual(await findRecord(work, BUCKET, 'BBBBBBB1'), { kind: 'link', id: 'BBBBBBB1' });
  assert.deepEqual(await findRecord(work, BUCKET, 'BBBBBBB8'), { kind: 'link', id: 'BBBBBBB8' });
});

test('derives active, used, expired and revoked from clock, edge and bucket', async (t) => {
  const { work, s3 } = await workOnS3(t);
  const one = (id: string, key: string): TokenEntry => {
    const { prefix: _, ...entry } = ENTRY;
    return { ...entry, id, key };
  };
  for (const Key of ['stored.pdf', 'expired.pdf']) {
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
  }
  const entries: readonly TokenEntry[] = [
    ENTRY,
    one('AAAAAAA2', 'stored.pdf'),
    one('AAAAAAA3', 'new.pdf'),
    { ...ENTRY, id: 'AAAAAAA4' },
    { ...ENTRY, id: 'AAAAAAA5', kid: 'dropped' },
    { ...one('AAAAAAA6', 'expired.pdf'), expiresAt: '2026-11-28T12:00:01Z' },
  ];
  assert.deepEqual(
    (await tokenStates(work, EDGE, entries)).map(({ state }) => state),
    ['active', 'used', 'active', 'revoked', 'revoked', 'expired'],
  );
  assert.equal(stateOf(ENTRY, EDGE, new Date(ENTRY.expiresAt)), 'expired');
  // Names of members that every object inherits.
  assert.equal(stateOf({ ...ENTRY, id: '__proto_', kid: '__proto__' }, EDGE, new Date(0)), 'revoked');
  assert.equal(stateOf({ ...ENTRY, kid: 'constructor' }, EDGE, new Date(0)), 'revoked');
});
