import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listen } from '../support/serve.ts';
import { computerAt } from './harness.ts';

/* Errors for responses that are not AWS's, and for arguments that look like options. */

async function printedFor(t: TestContext, status: number, headers = {}): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-answers-'));
  t.after(() => rm(home, { recursive: true }));
  const url = await listen(t, (_request, response) => void response.writeHead(status, headers).end());
  const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
  const computer = computerAt(home, { ...keys, AWS_ENDPOINT_URL: url });
  const { code, stderr } = await computer.run(['status', '--stack-name', 'studio']);
  assert.equal(code, 8, stderr);
  return stderr;
}

test('reports a response without a reason by its status', async (t) => {
  const missing = await printedFor(t, 404);
  assert.match(missing, /failed: HTTP 404 without a reason\./);
  assert.match(missing, /Check AWS_ENDPOINT_URL/);
  assert.match(await printedFor(t, 403), /failed: HTTP 403 without a reason\.[\s\S]*edge-upload policy/);
});

test('follows no 304, and reports a 302 as a redirect', async (t) => {
  assert.match(await printedFor(t, 304), /failed: HTTP 304 without a reason\./);
  const elsewhere = { location: 'https://login.example/' };
  assert.match(await printedFor(t, 302, elsewhere), /HTTP 302 redirects to https:\/\/login\.example\//);
});

test('doctor blames an edge only for an upload that it accepts without a token', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-answers-'));
  t.after(() => rm(home, { recursive: true }));
  for (const [status, said] of [
    [200, /refused probe +The edge does not protect the bucket: .* status 200, not 401/],
    [302, /refused probe +Another server responds in place of the edge: .* status 302, not 401/],
    [503, /refused probe +The edge cannot respond at the moment: .* status 503, not 401/],
    [511, /refused probe +Another server responds in place of the edge: .* status 511, not 401/],
  ] as const) {
    const url = await listen(t, (_request, response) => void response.writeHead(status).end());
    const { code, stdout } = await computerAt(home, { EDGE_UPLOAD_URL: url }).run(['doctor']);
    assert.notEqual(code, 0);
    assert.match(stdout, said);
    assert.equal(/does not protect/.test(stdout), status === 200);
  }
});

test('explains a name that begins with a hyphen, for every kind of argument', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-hyphen-'));
  t.after(() => rm(home, { recursive: true }));
  const computer = computerAt(home);
  const hints: readonly (readonly [args: readonly string[], hint: RegExp])[] = [
    [['put', '-a.jpg'], /For a file of that name:\n {4}edge-upload put \.\/-a\.jpg\n/],
    [['watch', '-inbox'], /For a folder of that name:\n {4}edge-upload watch \.\/-inbox\n/],
    [['get', '-a.jpg'], /For a key that begins with a hyphen:\n {4}edge-upload get -- -a\.jpg\n/],
    [['user', 'add', '-ada'], /For a \w+ that begins with a hyphen:\n {4}edge-upload user add -- -ada\n/],
    [['trust', 'show', '-corp'], /\n {4}edge-upload trust show -- -corp\n/],
  ];
  for (const [args, hint] of hints) {
    const { code, stderr } = await computer.run(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, hint);
  }
});
