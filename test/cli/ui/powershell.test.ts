import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentInvitation } from '../../../cli/commands/user/invitation.ts';
import type { OperatedPool } from '../../../cli/commands/user/pool.ts';
import { isPortable, windowsWord } from '../../../cli/ui/powershell.ts';

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
