import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext as NodeTestContext, test } from 'node:test';
import { put } from '../../../../../cli/commands/put.ts';
import type { EdgeConfig } from '../../../../../edge/config.ts';
import { createHandler } from '../../../../../edge/handler.ts';
import type { EdgeRequest } from '../../../../../edge/request/viewer-request.ts';
import type { GeneratedResponse } from '../../../../../edge/response.ts';
import { createVerify } from '../../../../../edge/token/verify.ts';
import { viewerRequestEvent } from '../../../../../local/cloudfront/data-plane/function/viewer-event.ts';
import { plainHeaders } from '../../../../edge/support/viewer.ts';
import { flatResult } from '../../../../support/flat.ts';
import { claimsOf } from '../../../../support/keys/forge.ts';
import { listen } from '../../../../support/serve.ts';
import { multipartStore } from '../../../transfer/helpers/multipart-store.ts';
import { PUBLISHED } from './published-claims.ts';
import { type Rig, rig } from './rig.ts';

const MIB = 1024 ** 2;
const PARTS = 15;

const issuer = (jwk: Rig['jwk']): EdgeConfig['issuers'][number] => ({
  alias: 'github',
  kind: 'workload',
  preset: 'github',
  iss: [PUBLISHED.github.iss],
  jwksUri: `${PUBLISHED.github.iss}/.well-known/jwks`,
  keys: [jwk],
  token: 'id',
  name: ['repository'],
  rules: [
    {
      when: [
        { claim: ['repository_id'], is: ['67890'] },
        { claim: ['repository_owner_id'], is: ['12345'] },
        { claim: ['ref'], is: ['refs/heads/main'] },
      ],
      writeTo: 'ci/{repository}/',
    },
  ],
});

/** Serves the real edge function in front of a store, on the test's clock. Each part takes a minute. */
async function edgeOf(t: NodeTestContext, here: Rig) {
  const stored = new Map<string, Buffer>();
  const store = multipartStore(stored);
  const tokens: string[] = [];
  const refused: string[] = [];
  let skew = 0;
  let handle: ReturnType<typeof createHandler> | undefined;
  const url = await listen(t, async (request, response) => {
    const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(request.url ?? '') ?? [];
    const { method = '', rawHeaders } = request;
    const event = viewerRequestEvent(
      { method, path, query, rawHeaders, clientIp: '127.0.0.1' },
      { id: 'EDFDVBD6EXAMPLE', domainName: new URL(url).host },
      'request-1',
    );
    const token = request.headers.authorization?.replace('Bearer ', '');
    if (token !== undefined) tokens.push(token);
    const body = await buffer(request);
    // For this request the edge's clock is ahead, so the job cannot know that its token has expired.
    skew = query.includes('partNumber=8') && refused.length === 0 ? 3_600_000 : 0;
    const decision = await handle?.(event);
    // Tokens are checked when a request starts.
    if (query.includes('partNumber')) here.advance(60);
    if (decision === undefined) return void response.destroy();
    if ('status' in decision) {
      const { status, headers, body: text = '' } = decision as GeneratedResponse;
      if (status === '401') refused.push(token ?? '');
      response.writeHead(Number(status), plainHeaders(headers));
      return void response.end(text);
    }
    const { uri, querystring, headers } = decision as EdgeRequest;
    const onwards = { method, url: `${uri}?${querystring}`, headers: plainHeaders(headers) };
    store.answer(onwards as unknown as IncomingMessage, response, body);
  });
  const config: EdgeConfig = {
    issuers: [issuer(here.jwk)],
    policy: {},
    origins: [url],
    bakedAt: Math.floor(here.now().getTime() / 1000),
  };
  const verify = createVerify(config, { now: () => here.now().getTime() + skew });
  handle = createHandler({ config, verify, log: () => {} });
  return { url, stored, tokens, refused };
}

test('uploads for 15 minutes from a GitHub job with tokens of 5 minutes', async (t) => {
  const here = await rig(t);
  const edge = await edgeOf(t, here);
  const content = randomBytes(PARTS * 5 * MIB);
  await writeFile(join(here.home, 'image.bin'), content);
  const context = here.context({ ...here.job('github'), EDGE_UPLOAD_URL: edge.url });
  const began = here.now().getTime();
  const args = { files: ['image.bin'], partSize: '5M', concurrency: '1' };
  const { exitCode, document, text } = flatResult(await put(context, args));
  assert.equal(exitCode, undefined, `${text}${JSON.stringify(context.events)}`);
  assert.ok(here.now().getTime() - began >= PARTS * 60_000);

  assert.equal(document.stored, 1);
  assert.deepEqual([...edge.stored.keys()], ['/ci/acme/app/image.bin']);
  assert.ok(edge.stored.get('/ci/acme/app/image.bin')?.equals(content));
  const row = JSON.stringify(context.events.find(({ type }) => type === 'row'));
  assert.match(row, /"checksum":\{"crc32":"/);

  // The refused token was replaced once, and all others shortly before they expired.
  assert.equal(edge.refused.length, 1);
  assert.ok(here.requested.length >= 4, `${here.requested.length} tokens`);
  assert.deepEqual(new Set(here.requested), new Set([edge.url]));
  assert.equal(new Set(edge.tokens).size, here.requested.length);
  assert.ok(edge.tokens.every((token) => claimsOf(token).aud === edge.url));
});

test('refuses a job of another branch before it sends a byte, with the relevant claims', async (t) => {
  const here = await rig(t);
  const edge = await edgeOf(t, here);
  await writeFile(join(here.home, 'a.txt'), 'a');
  here.interfere((_request, response) => {
    const token = here.sign('github', {
      aud: edge.url,
      ref: 'refs/pull/7/merge',
      event_name: 'pull_request',
    });
    return Boolean(response.end(JSON.stringify({ value: token })));
  });
  const context = here.context({ ...here.job('github'), EDGE_UPLOAD_URL: edge.url });
  const error = await here.failure(put(context, { files: ['a.txt'] }));
  assert.deepEqual([error.code, error.exitCode], ['forbidden', 4]);
  assert.match(error.message, /No rule matches the token\. Claims that differ: ref/);
  assert.match(error.hint ?? '', /ref=refs\/pull\/7\/merge, event_name=pull_request/);
  assert.match(error.hint ?? '', /edge-upload trust check$/);
  assert.equal(edge.stored.size, 0);
});
