import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withTokenEnd } from '../../../cli/commands/put.ts';
import { tokenSource } from '../../../cli/identity/tokens/token-source.ts';
import type { Trouble } from '../../../cli/transfer/wire/edge-client.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { rig } from '../identity/tokens/ci/rig.ts';

const MIB = 1024 ** 2;

test('prints when the last part can start without renewal, and warns of a low rate', async (t) => {
  const here = await rig(t);
  const context = here.context(here.job('gitlab'));
  const ui = await withTokenEnd(context, tokenSource(context, { url: here.url }));
  const texts = (wanted: 'note' | 'warning') =>
    context.events.flatMap((event) => (event.type === wanted ? [String(event.text)] : []));
  const notes = () => texts('note');
  const warnings = () => texts('warning');
  assert.match(
    notes().at(-1) ?? '',
    /^GitLab CI\/CD does not renew the token: .* until .* UTC, for (1h 00m|59m)/,
  );
  const send = (bytes: number, rate: number, totalBytes?: number, trouble?: Trouble) =>
    ui.event({
      type: 'transfer',
      bytes,
      rate,
      filesDone: 0,
      active: [],
      ...omitUndefined({ totalBytes, trouble }),
    });
  const total = 8_000 * MIB;
  // It would take two hours at this rate, but the first seconds are not representative.
  send(0, MIB, total);
  here.advance(9);
  send(MIB, MIB, total);
  assert.deepEqual(warnings(), []);
  here.advance(2);
  send(MIB, MIB);
  send(MIB, 0, total);
  send(MIB, 4 * MIB, total);
  assert.deepEqual(warnings(), [], 'no total, no rate, or a rate that is enough');
  // While requests wait for the network, the rate says nothing.
  send(MIB, 1, total, { count: 1, noun: 'file' });
  send(MIB, MIB, total);
  assert.deepEqual(warnings(), []);
  here.advance(11);
  send(2 * MIB, MIB, total);
  send(3 * MIB, MIB, total);
  assert.equal(warnings().length, 1);
  assert.match(warnings()[0] ?? '', /takes 2h 13m more, but its token expires in 59m/);
  assert.equal(context.events.filter(({ type }) => type === 'transfer').length, 9, 'events are passed on');
});

test('prints nothing with a renewable token, or one of the environment', async (t) => {
  const here = await rig(t);
  const github = here.context(here.job('github'));
  assert.equal(await withTokenEnd(github, tokenSource(github, { url: here.url })), github.ui);
  const given = here.context({
    EDGE_UPLOAD_TOKEN: here.sign('gitlab', { aud: here.url }),
    EDGE_UPLOAD_URL: here.url,
  });
  assert.notEqual(await withTokenEnd(given, tokenSource(given, { url: here.url })), given.ui);
  assert.ok(given.events.every(({ type }) => type === 'debug'));
});
