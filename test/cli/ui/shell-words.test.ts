import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command, InUse } from '../../../cli/command-line.ts';
import { shellWord } from '../../../cli/ui/shell-words.ts';

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
    // zsh would put the path of a command in its place.
    ['=ls', "'=ls'"],
  ];
  for (const [word, expected] of cases) assert.equal(shellWord(word), expected);
});

test('quotes for a computer that is not known in a form that sh, PowerShell and cmd share', () => {
  const anywhere = new InUse({}, [], { platform: 'any' });
  for (const [name, typed] of [
    ['ada', 'ada'],
    ['ada+test@example.com', 'ada+test@example.com'],
    ['Ada Lovelace', '"Ada Lovelace"'],
    ["O'Neil", '"O\'Neil"'],
    ['a;b&c|d', '"a;b&c|d"'],
    ['@home', '"@home"'],
    ['a,b', '"a,b"'],
    ['x#y', '"x#y"'],
    // A shell replaces something in double quotes: POSIX shells alone read these.
    ['$HOME', "'$HOME'"],
    ['100%', '100%'],
  ] as const) {
    const text = anywhere.text(command`edge-upload login https://d1.cloudfront.net --username ${name}`);
    assert.equal(text, `edge-upload login https://d1.cloudfront.net --username ${typed}`);
  }
});
