import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentInvitation } from '../../../cli/commands/user/invitation.ts';
import type { OperatedPool } from '../../../cli/commands/user/pool.ts';
import { isPortable, shellWord, windowsWord } from '../../../cli/ui/shell-words.ts';

test('quotes all words that a shell could interpret, and no others', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['https://d111111abcdef8.cloudfront.net', 'https://d111111abcdef8.cloudfront.net'],
    ['ada+test@acme.com', 'ada+test@acme.com'],
    ['team/2026-01_b,c:d=e%20', 'team/2026-01_b,c:d=e%20'],
    ['', "''"],
    ['a b', "'a b'"],
    ['x;$(curl,evil)|sh&', "'x;$(curl,evil)|sh&'"],
    ['`id`$HOME', "'`id`$HOME'"],
    ["it's", String.raw`'it'\''s'`],
    ['a\nb', String.raw`"$(printf 'a\012b')"`],
    [String.raw`a\b`, String.raw`"$(printf 'a\134b')"`],
    ['http://[::1]:8443', "'http://[::1]:8443'"],
    ['*.jpg', "'*.jpg'"],
    ['größe', "'größe'"],
    // zsh would replace it by the path of a command.
    ['=ls', "'=ls'"],
  ];
  for (const [word, expected] of cases) assert.equal(shellWord(word), expected);
});

test('knows which words sh, PowerShell and cmd read alike, and in which quotes', () => {
  for (const [name, typed] of [
    ['ada', 'ada'],
    ['ada+test@example.com', 'ada+test@example.com'],
    ['Ada Lovelace', '"Ada Lovelace"'],
    ["O'Neil", '"O\'Neil"'],
    ['a;b&c|d', '"a;b&c|d"'],
    ['@home', '"@home"'],
    ['=ls', '"=ls"'],
    ['a,b', '"a,b"'],
    ['x#y', '"x#y"'],
    ['größe', '"größe"'],
    ['', '""'],
  ] as const) {
    assert.deepEqual([windowsWord(name), isPortable(name)], [typed, true], name);
  }
  for (const name of ['$HOME', '%PATH%', '100%', 'wow!', '`id`', 'a"b', 'a\\b', 'a\nb', '“x”']) {
    assert.equal(isPortable(name), false, name);
  }
});

test('an invitation asks for a user name that shells read in different ways', () => {
  const invited = (username: string) =>
    sentInvitation({ platform: 'linux' }, { url: 'https://d1.cloudfront.net' } as OperatedPool, username);
  assert.match(invited('ada').join('\n'), /login https:\/\/d1\.cloudfront\.net --username ada$/m);
  assert.match(invited("O'Neil").join('\n'), /login https:\/\/d1\.cloudfront\.net --username "O'Neil"$/m);
  for (const name of ['$HOME', '%PATH%', 'wow!', '`id`']) {
    assert.match(invited(name).join('\n'), /edge-upload login https:\/\/d1\.cloudfront\.net$/m, name);
  }
});
