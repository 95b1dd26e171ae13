import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abort, list } from '../../../cli/commands/uploads.ts';
import { journalFolder } from '../../../cli/settings/folders.ts';
import { withJournal } from '../../../cli/transfer/multipart/journal.ts';
import { streamEntry } from '../../../cli/transfer/multipart/journal-entry.ts';
import { testContext } from '../../support/context.ts';
import { ownFolder, withCode } from '../transfer/helpers/uploading.ts';

/** More than the digits of an id, so that two ids begin with the same one. */
const UPLOADS = 17;

test('finds unfinished uploads by the beginning of their ids, and forgets them without a request', async (t) => {
  const home = await ownFolder(t);
  const context = testContext({ home });
  for (let number = 0; number < UPLOADS; number += 1) {
    const target = { url: 'https://edge.test', key: `k${number}` };
    const entry = { ...streamEntry({ ...target, partSize: 5, algorithm: 'crc32' }), startedAt: '2026-11-30' };
    await withJournal(journalFolder(context), entry, context.signal, ({ begin }) => begin(entry));
  }
  const ids = async () => {
    const { document } = await list(context);
    return (document.uploads as { readonly id: string }[]).map(({ id }) => id);
  };
  const all = await ids();
  assert.equal(all.length, UPLOADS);
  const firsts = all.map((id) => id.charAt(0));
  const shared = firsts.find((first, at) => firsts.indexOf(first) !== at) ?? '';
  for (const [given, code, message] of [
    [[], 'usage', /id of an upload is missing/],
    [[''], 'usage', /id of an upload is missing/],
    [['xyz'], 'not_found', /no unfinished upload “xyz”/],
    [[shared], 'usage', /is the beginning of \d+ ids/],
    [[all[0] ?? '', shared], 'usage', /is the beginning of/],
  ] as const) {
    await assert.rejects(abort(context, { ids: given, forget: true }), withCode(code, message));
  }
  const [first = '', ...others] = all;
  const forgotten = await abort(context, { ids: [first.toUpperCase(), first], forget: true });
  assert.deepEqual(forgotten.document.aborted, [first]);
  assert.deepEqual(await ids(), others);
  await abort(context, { ids: [], all: true, forget: true });
  assert.deepEqual(await ids(), []);
});
