import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { isUserError } from '../../../cli/errors.ts';
import { readLimits } from '../../../cli/transfer/limits.ts';
import { parseJournal } from '../../../cli/transfer/multipart/journal-entry.ts';
import { listParts, listUploads } from '../../../cli/transfer/multipart/listings.ts';
import { createUpload } from '../../../cli/transfer/multipart/requests.ts';
import { listedPaths } from '../../../cli/transfer/sources/files-from.ts';
import type { EdgeClient } from '../../../cli/transfer/wire/edge-client.ts';
import { failureOf } from '../../../cli/transfer/wire/refusals.ts';
import { isSuccess, TokenRejected } from '../../../cli/transfer/wire/responses.ts';
import { TransientFailure } from '../../../cli/transfer/wire/retry.ts';
import { keyProblem } from '../../../protocol/object-url.ts';
import { MAX_PARTS } from '../../../protocol/parts.ts';
import { seeded } from '../../support/random.ts';

/** Other seeds: FUZZ_SEED=7 npx tsx --test test/cli/transfer/fuzz.test.ts */
const SEED = Number(process.env.FUZZ_SEED ?? 20261128);
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 1500);

const ODD = [
  '\0',
  '\ufffd',
  '\ud800',
  '"',
  '<',
  '&',
  '&#0;',
  ']]>',
  '<!--',
  'null',
  '{}',
  '[',
  '1e999',
  '-1',
  '__proto__',
  '\n',
  '\r',
  '\u001b[2J',
  '<a>'.repeat(40),
  '9'.repeat(40),
  '',
];

/** Returns a text with a few changes: parts removed, doubled, swapped, or replaced by text that is hard to parse. */
function mutated(text: string, random: () => number): string {
  let mutant = text;
  const at = () => Math.floor(random() * (mutant.length + 1));
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes -= 1) {
    const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
    const odd = ODD[Math.floor(random() * ODD.length)] ?? '';
    const cut = mutant.slice(from, random() < 0.5 ? from + 3 : to);
    const ways = [
      () => mutant.slice(0, from) + mutant.slice(to),
      () => mutant.slice(0, from) + odd + mutant.slice(from),
      () => mutant.slice(0, from) + odd + mutant.slice(from + cut.length),
      () => mutant.slice(0, to) + cut + mutant.slice(to),
      () => mutant.slice(0, from),
    ];
    mutant = ways[Math.floor(random() * ways.length)]?.() ?? mutant;
  }
  return mutant;
}

const told = (error: unknown) =>
  isUserError(error) || error instanceof TransientFailure || error instanceof TokenRejected;

test('parses or rejects a journal with any content', () => {
  const entry = {
    format: 2,
    url: 'https://d1.cloudfront.net',
    key: 'a/b',
    path: '/a/b',
    partSize: 5,
    algorithm: 'crc32',
    size: 12,
    mtimeNs: '1',
    inode: '2',
    sample: 'aa',
    headers: 'bb',
    startedAt: '2026-11-28T00:00:00.000Z',
  };
  const part = { number: 1, size: 5, etag: 'abc', checksum: 'AAAA==' };
  const sound = [entry, { uploadId: 'id', unanswered: false }, part, { ...part, number: 2 }]
    .map((line) => JSON.stringify(line))
    .join('\n');
  assert.equal(parseJournal(sound, 'journal')?.parts.size, 2);
  const random = seeded(SEED);
  let read = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const text = mutated(sound, random);
    let journal: ReturnType<typeof parseJournal>;
    try {
      journal = parseJournal(text, 'journal');
    } catch (error) {
      assert.ok(isUserError(error), text);
    }
    if (journal === undefined) continue;
    read += 1;
    assert.equal(keyProblem(journal.entry.key), undefined, text);
    assert.ok(!Number.isNaN(Date.parse(journal.entry.startedAt)), text);
    assert.ok(Math.ceil(journal.entry.size / journal.entry.partSize) <= MAX_PARTS, text);
    if (journal.opened !== undefined) assert.match(journal.opened.uploadId, /^[!-~]+$/, text);
    for (const { number, etag } of journal.parts.values()) {
      assert.ok(number >= 1 && number <= MAX_PARTS, text);
      assert.match(etag, /^[\w.+/=:-]+$/, text);
    }
  }
  assert.ok(read > ROUNDS / 20, 'some are still journals');
});

test('reads any response as a value or as an error with a message', async () => {
  const random = seeded(SEED + 1);
  const documents = [
    '<?xml version="1.0" encoding="UTF-8"?>\n<InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>b</Bucket><Key>k</Key><UploadId>id.1_2-3</UploadId></InitiateMultipartUploadResult>',
    '<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><ETag>&quot;ab&quot;</ETag><Size>5</Size><ChecksumCRC32>AAAA==</ChecksumCRC32></Part></ListPartsResult>',
    '<ListMultipartUploadsResult><Upload><Key>k</Key><UploadId>id</UploadId><Initiated>2026-11-28T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>',
    '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
    '{"error":"forbidden_key","message":"You may write keys that begin with “ada/” only."}',
    '{"policy":{"maxSize":5,"writeTo":"{username}/"}}',
    '<!DOCTYPE html><html><body>Request blocked. Generated by cloudfront</body></html>',
  ];
  const statuses = [
    200, 200, 200, 204, 301, 307, 400, 401, 403, 404, 409, 412, 413, 414, 429, 494, 500, 503, 599,
  ];
  const types = ['application/xml', 'application/json', 'text/html', 'APPLICATION/JSON; charset=x', ''];
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  for (let round = 0; round < ROUNDS; round += 1) {
    const text = mutated(pick(documents), random);
    const headers = {
      'content-type': pick(types),
      'retry-after': mutated('120', random),
      location: mutated('https://a/b', random),
      date: mutated('Sat, 28 Nov 2026 00:00:00 GMT', random),
    };
    const response = { status: pick(statuses), headers, text };
    const edge: EdgeClient = {
      url: 'https://edge',
      async request(request, read) {
        if (!isSuccess(response)) throw failureOf(response, request.key, new Date(), request.refuse);
        return { value: await read(response), attempts: 1 };
      },
    };
    readLimits(text);
    for (const ask of [
      () => createUpload(edge, { key: 'k', headers: {} }, 'crc32'),
      () => listUploads(edge, 'k', () => new Date()),
      // Pages are followed as long as the next page differs.
      () => listParts(edge, { key: 'k', uploadId: 'id' }, 'crc32'),
    ]) {
      await ask().catch((error: unknown) => assert.ok(told(error), `${text}\n${error}`));
    }
  }
});

test('reads a list of any bytes as paths without NUL, or refuses it', async () => {
  const random = seeded(SEED + 2);
  const text = './a.txt\r\nsub/бумага.txt\nsub/報告\n\n"quoted name"\n';
  const encode = [
    (list: string) => Buffer.from(list),
    (list: string) => Buffer.from(`\ufeff${list}`, 'utf16le'),
    (list: string) => Buffer.from(list, 'utf16le'),
    (list: string) => Buffer.from(list, 'utf16le').swap16(),
    (list: string) => Buffer.from(list.replaceAll('\n', '\0')),
    (list: string) => Buffer.from(list, 'latin1'),
  ];
  const { signal } = new AbortController();
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = encode[round % encode.length]?.(mutated(text, random)) ?? Buffer.alloc(0);
    const cut = Math.floor(random() * bytes.length);
    const stdin = Readable.from([bytes.subarray(0, cut), bytes.subarray(cut)]);
    try {
      for await (const paths of listedPaths('-', stdin, { nul: random() < 0.3, signal })) {
        assert.ok(!paths.some((path) => path === '' || path.includes('\0')), bytes.toString('hex'));
      }
    } catch (error) {
      assert.ok(isUserError(error), `${bytes.toString('hex')}\n${error}`);
    }
  }
});
