import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSentCredentials } from '../../cli/sent-credentials.ts';

const part = (letter: string) => letter.repeat(40);
const TOKEN = [part('a'), part('b'), part('c')].join('.');

test('prints a sent token where the user asked for it, whole and in parts', () => {
  const sent = createSentCredentials();
  sent.note(TOKEN, 'a-password');
  assert.equal(sent.removedFrom(`${TOKEN} ${part('c')} a-password`), '… … …');
  sent.mayBePrinted(TOKEN);
  assert.equal(sent.removedFrom(`${TOKEN} ${part('c')} a-password`), `${TOKEN} ${part('c')} …`);
});

test('removes credentials from all texts of a value, names included, but from no other objects', () => {
  const sent = createSentCredentials();
  const at = new Date();
  const value = { at, list: [`Not ${TOKEN}`, { [TOKEN]: 1, none: undefined, nothing: null }] };
  assert.equal(sent.removedFrom(value), value);
  sent.noteAuthorization(`Bearer ${TOKEN}`);
  const cleaned = sent.removedFrom(value);
  assert.deepEqual(cleaned, { at, list: ['Not …', { '…': 1, none: undefined, nothing: null }] });
  assert.equal(cleaned.at, at);
});

test('keeps the newest 200 credentials', () => {
  const sent = createSentCredentials();
  for (let at = 0; at < 1000; at += 1) sent.note(`password-${at}`);
  const kept = Array.from({ length: 1000 }, (_, at) => sent.removedFrom(`<password-${at}>`) === '<…>');
  assert.deepEqual([kept.filter(Boolean).length, kept.lastIndexOf(false)], [200, 799]);
});
