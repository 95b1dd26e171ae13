import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Agent, request } from 'undici';
import { applyOptions } from '../../../cli/commands/deploy.ts';
import type { TrustedIssuer } from '../../../infra/options.ts';
import { type ServedIssuer, serveIssuer } from '../../cli/trust/provider.ts';
import { testContext } from '../../support/context.ts';
import { awsClients } from '../aws-clients.ts';
import { type Computer, type DeployedStack, signIn, withCloud } from '../harness.ts';

/** The seven operations on a key, as methods and queries for an upload id. */
const OPERATIONS: readonly (readonly [name: string, method: string, query: (id: string) => string])[] = [
  ['put', 'PUT', () => ''],
  ['create', 'POST', () => '?uploads'],
  ['list uploads', 'GET', () => '?uploads'],
  ['send a part', 'PUT', (id) => `?partNumber=1&uploadId=${id}`],
  ['list parts', 'GET', (id) => `?uploadId=${id}`],
  ['complete', 'POST', (id) => `?uploadId=${id}`],
  ['abort', 'DELETE', (id) => `?uploadId=${id}`],
];

/** Operations whose query has an upload id. */
const ON_UPLOAD = OPERATIONS.filter(([, , query]) => query('x').includes('uploadId'));

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly etag: string;
}

type Edge = (method: string, target: string, token: string, body?: string) => Promise<Answer>;

/** Returns a function that sends requests to an edge over TLS, unchanged. */
function edgeAt(url: string, dispatcher: Agent): Edge {
  return async (method, target, token, body = method === 'PUT' ? 'taken over' : undefined) => {
    const {
      statusCode,
      headers,
      body: answer,
    } = await request(url + target, {
      method: method as 'PUT',
      dispatcher,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
    });
    return { status: statusCode, body: await answer.text(), etag: String(headers.etag) };
  };
}

const completed = (etag: string) =>
  `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;

function trusted(alias: string, { issuer }: ServedIssuer, more: Partial<TrustedIssuer> = {}): TrustedIssuer {
  return {
    alias,
    kind: 'people',
    iss: [issuer],
    jwksUri: `${issuer}/keys`,
    token: 'access',
    name: ['sub'],
    rules: [{ writeTo: '{issuer}/{sub}/' }],
    ...more,
  };
}

async function trust({ env, home }: Computer, issuers: readonly TrustedIssuer[]): Promise<void> {
  const options = { json: true, quiet: true, debug: false, color: false };
  const context = testContext({ env, home, cwd: home, options });
  await applyOptions(context, { yes: true }, (kept) => ({ options: { ...kept, trust: issuers } }));
}

/** A caller with a stored object and an unfinished upload of one part. */
interface Uploader {
  readonly name: string;
  readonly token: string;
  /** Prefix of its keys. */
  readonly folder: string;
  readonly stamp: string;
  readonly uploadId: string;
  readonly partTag: string;
}

async function begin(edge: Edge, caller: Omit<Uploader, 'uploadId' | 'partTag'>): Promise<Uploader> {
  const { name, token, folder } = caller;
  const stored = await edge('PUT', `/${folder}/stored`, token, `stored by ${name}`);
  assert.equal(stored.status, 200, `${name}: ${stored.body}`);
  const created = await edge('POST', `/${folder}/k?uploads`, token);
  const [, uploadId = ''] = /<UploadId>(.*)<\/UploadId>/.exec(created.body) ?? [];
  const target = `/${folder}/k?partNumber=1&uploadId=${uploadId}`;
  const { status, etag } = await edge('PUT', target, token, `part of ${name}`);
  assert.equal(status, 200, name);
  return { ...caller, uploadId, partTag: etag };
}

test('separates uploads of namesakes at several issuers, an attacker’s among them', async (t) => {
  const [left, right, evil] = [await serveIssuer(t), await serveIssuer(t), await serveIssuer(t)];
  await withCloud(async (computer, cloud) => {
    const { url, outputs } = await computer.json<DeployedStack>([
      ...['deploy', '--local', '--write-to', 'home/{username}/'],
    ]);
    const username = await signIn(computer);
    await trust(computer, [
      trusted('left', left, { audiences: ['api://left'] }),
      // Jobs of the same provider.
      trusted('jobs', left, { kind: 'workload', token: 'id' }),
      trusted('right', right),
    ]);
    const dispatcher = new Agent({ connect: { ca: readFileSync(cloud.caFile) } });
    t.after(() => dispatcher.close());
    const edge = edgeAt(url, dispatcher);

    // All callers have the same sub and name.
    const ada = { sub: username, aud: url };
    const tokens = {
      left: left.sign({ ...ada, aud: 'api://left' }),
      jobs: left.sign(ada, { typ: 'JWT' }),
      right: right.sign(ada),
      pool: (await computer.json<{ token: string }>(['token'])).token,
    };
    const uploaders: Uploader[] = [];
    for (const [name, token] of Object.entries(tokens)) {
      const folder = `${name === 'pool' ? 'home' : name}/${username}`;
      const stamp = name === 'pool' ? username : `${name}:${username}`;
      uploaders.push(await begin(edge, { name, token, folder, stamp }));
    }

    const kid = JSON.parse(Buffer.from(tokens.left.split('.')[0] ?? '', 'base64url').toString()).kid;
    const ofLeft = { ...ada, iss: left.issuer, aud: 'api://left' };
    const strangers: readonly (readonly [name: string, token: string, status: number])[] = [
      ['an issuer that is not trusted', evil.sign(ada), 401],
      ['a forged issuer', evil.sign(ofLeft), 401],
      ['a forged issuer and key id', evil.sign(ofLeft, { kid }), 401],
      ['a key set of its own', evil.sign(ofLeft, { kid, jku: `${evil.issuer}/keys` }), 401],
      ['another issuer’s signature', right.sign(ofLeft, { kid }), 401],
      ['an issuer with a slash more', left.sign({ ...ofLeft, iss: `${left.issuer}/` }), 401],
      ['an audience of two issuers', left.sign({ ...ada, aud: [url, 'api://left'] }, { typ: 'JWT' }), 401],
      ['a sub that climbs', right.sign({ ...ada, sub: `../left/${username}` }), 403],
      ['a sub that is a path', right.sign({ ...ada, sub: `${username}/../../left/${username}` }), 403],
    ];

    for (const { name, folder, uploadId } of uploaders) {
      const others = uploaders.filter((other) => other.name !== name);
      const callers = [...others.map((other) => [other.name, other.token, 403] as const), ...strangers];
      for (const [caller, token, status] of callers) {
        for (const [operation, method, query] of OPERATIONS) {
          const answer = await edge(method, `/${folder}/k${query(uploadId)}`, token);
          const what = `${caller}: ${operation} of ${name}: ${answer.body}`;
          assert.equal(answer.status, status, what);
          assert.equal(answer.body.includes(uploadId), false, what);
        }
      }
      // With the upload id of another caller, but under their own key.
      for (const other of others) {
        for (const [operation, method, query] of ON_UPLOAD) {
          const body = operation === 'complete' ? completed('"0"') : undefined;
          const target = `/${other.folder}/k${query(uploadId)}`;
          const { status } = await edge(method, target, other.token, body);
          assert.equal(status, 404, `${other.name}: ${operation} by the id of ${name}`);
        }
        const list = await edge('GET', `/${other.folder}/k?uploads`, other.token);
        assert.ok(list.body.includes(other.uploadId) && !list.body.includes(uploadId), name);
      }
    }

    // Nothing has changed, and the uploads can continue.
    const { s3 } = awsClients(t, cloud);
    const Bucket = outputs.S3BucketName;
    for (const { name, token, folder, stamp, uploadId, partTag } of uploaders) {
      const parts = await edge('GET', `/${folder}/k?uploadId=${uploadId}`, token);
      assert.equal(parts.body.match(/<Part>/g)?.length, 1, parts.body);
      const done = await edge('POST', `/${folder}/k?uploadId=${uploadId}`, token, completed(partTag));
      assert.equal(done.status, 200, done.body);
      for (const [key, content] of [
        [`${folder}/stored`, `stored by ${name}`],
        [`${folder}/k`, `part of ${name}`],
      ] as const) {
        const { Body, Metadata } = await s3.getObject({ Bucket, Key: key });
        assert.equal(await Body?.transformToString(), content);
        assert.equal(Metadata?.['uploaded-by'], encodeURIComponent(stamp).replace('%3A', ':'));
      }
    }
    const { Contents = [] } = await s3.listObjectsV2({ Bucket });
    assert.equal(Contents.length, 2 * uploaders.length);
    assert.deepEqual((await s3.listMultipartUploads({ Bucket })).Uploads ?? [], []);
  });
});
