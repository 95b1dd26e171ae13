import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBePrinted, noteSent, withoutSent, withoutSentJson } from '../../cli/sent-credentials.ts';

const part = (letter: string) => letter.repeat(40);
const TOKEN = [part('a'), part('b'), part('c')].join('.');

test('a token that was sent is printed where the user asked for it, whole and in parts', () => {
  noteSent(TOKEN, 'a-password');
  assert.equal(withoutSent(`${TOKEN} ${part('c')} a-password`), '… … …');
  mayBePrinted(TOKEN);
  assert.equal(withoutSent(`${TOKEN} ${part('c')} a-password`), `${TOKEN} ${part('c')} …`);
  assert.equal(withoutSentJson(JSON.stringify([TOKEN, 'a-password'])), `["${TOKEN}","…"]`);
});
