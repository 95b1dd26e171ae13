import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  creatorOf,
  curlLine,
  describeScope,
  exampleFile,
  inPowerShell,
  limitNotes,
  uploadAddress,
} from '../../../cli/links/describe-token.ts';
import type { TokenEntry } from '../../../cli/links/token-entry.ts';

const EDGE = {
  ...{ bucket: 'b', audience: 'https://d1.cloudfront.net', url: 'https://up.example.com' },
  ...{ hasPage: false, kids: new Set<string>(), revoked: new Set<string>() },
};

const entry = (more: Partial<TokenEntry>): TokenEntry =>
  ({
    ...{ id: 'AAAAAAA1', kind: 'link', createdAt: '2026-11-28T12:00:00Z', expiresAt: '2026-12-05T12:00:00Z' },
    ...{ createdBy: 'arn:aws:sts::123456789012:assumed-role/Admin/ada', kid: 'k' },
    ...more,
  }) as TokenEntry;

test('prints a curl line that a shell accepts with any key and authority path', () => {
  const token = 'eul_a.b.c';
  assert.equal(
    curlLine(EDGE, entry({ prefix: 'in box/ä/' }), token),
    "echo 'Authorization: Bearer eul_a.b.c' | curl -g -T report.pdf -H @- https://up.example.com/in%20box/%C3%A4/",
  );
  assert.equal(
    curlLine(EDGE, entry({ key: "q3/it's; rm -rf.pdf" }), token, '/home/a b/ca.pem'),
    `echo 'Authorization: Bearer eul_a.b.c' | curl --cacert '/home/a b/ca.pem' -g -T 'it'\\''s; rm -rf.pdf' -H @- https://up.example.com/q3/it%27s%3B%20rm%20-rf.pdf`,
  );
  assert.equal(exampleFile(entry({ key: 'a/-rf' })), './-rf');
  assert.equal(uploadAddress(EDGE, entry({ key: 'a?b#c' })), 'https://up.example.com/a%3Fb%23c');
});

test('prints a command for PowerShell, with quotes where it needs them', () => {
  for (const [key, file] of [
    ['q3/report.pdf', 'report.pdf'],
    ["it's.pdf", '"it\'s.pdf"'],
    ['$1.pdf', "'$1.pdf'"],
    ['a,b.pdf', '"a,b.pdf"'],
    ['@home', '"@home"'],
  ] as const) {
    assert.equal(
      inPowerShell({ EDGE_UPLOAD_TOKEN: 'eul_a' }, entry({ key })),
      `$env:EDGE_UPLOAD_TOKEN = 'eul_a'; edge-upload put ${file}`,
    );
  }
});

test('describes scope and creator', () => {
  const gib = 1024 ** 3;
  for (const [given, words] of [
    [entry({ key: 'q3.pdf', maxSize: 2 * gib }), 'one file, stored as “q3.pdf”, up to 2 GiB'],
    [entry({ prefix: 'drop/', noClobber: true }), 'keys that begin with “drop/”'],
    [entry({ kind: 'key', prefix: 'a/', noClobber: true }), 'keys that begin with “a/”, without overwriting'],
  ] as const) {
    assert.equal(describeScope(given), words);
  }
  assert.equal(creatorOf(entry({ prefix: 'a/' })), 'assumed-role/Admin/ada');
  assert.equal(creatorOf(entry({ prefix: 'a/', createdBy: 'somebody' })), 'somebody');
});

test('notes what the deployment limits, if it does', () => {
  const day = 86_400;
  for (const [edge, request, expected] of [
    [{}, { lifetime: 30 * day, maxSize: 5000 }, []],
    [{ maxSize: 5000, expireAfterDays: 7 }, { lifetime: 7 * day, maxSize: 5000 }, []],
    [{ maxSize: 1024 }, { lifetime: day, maxSize: 5000 }, [/accepts objects of up to 1 KiB/]],
    [{ expireAfterDays: 7 }, { lifetime: 7 * day + 1 }, [/after 7 days .*record of this link.*--force/]],
  ] as const) {
    const notes = limitNotes(edge, { kind: 'link', ...request }).map((lines) => lines.join(' '));
    assert.equal(notes.length, expected.length, notes.join());
    for (const [at, pattern] of expected.entries()) assert.match(notes[at] ?? '', pattern);
  }
});
