import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import * as sdk from '@aws-sdk/client-cognito-identity-provider';
import { Agent } from 'undici';
import { isUserError } from '../../../cli/errors.ts';
import { listUsers } from '../../../cli/identity/users/directory.ts';
import { callerIdentity } from '../../../cli/stack/aws-calls.ts';
import { bucketPolicy } from '../../../cli/stack/checks/bucket.ts';
import { tryWithoutToken } from '../../../cli/stack/checks/edge-probe.ts';
import { findStack, type StackWork, stackResources } from '../../../cli/stack/find-stack.ts';
import { listObjects } from '../../../cli/stack/listing/bucket-listing.ts';
import { edgeLogLines } from '../../../cli/stack/logs/edge-logs.ts';
import { measureBucket } from '../../../cli/stack/operate/bucket.ts';
import { planChange } from '../../../cli/stack/operate/change-set.ts';
import { deployedTemplate } from '../../../cli/stack/template/template.ts';
import { listen } from '../../support/serve.ts';
import { withCode } from '../transfer/helpers/uploading.ts';
import { workAgainst } from './world.ts';

const { signal } = new AbortController();

function floodingServer(t: TestContext, status: number): Promise<string> {
  return listen(t, (request, response) => {
    request.resume();
    response.writeHead(status);
    const flood = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', flood);
    };
    flood();
  });
}

test('does not wait for the end of an endless response when it probes an edge', async (t) => {
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  const url = await floodingServer(t, 401);
  assert.equal(await tryWithoutToken(url, { dispatcher, signal }), 401);
});

test('does not take a response without a stack for a missing stack', async () => {
  for (const answer of [{}, { Stacks: [] }, { Stacks: [{}] }, { Stacks: [{ StackName: 'a' }] }]) {
    const cloudformation = { send: async () => answer };
    const work = { clients: { cloudformation }, stackName: 'a' } as unknown as StackWork;
    await assert.rejects(findStack(work), withCode('aws', /describes no stack/, /AWS_ENDPOINT_URL/));
  }
});

test('does not take a response without an account for credentials without one', async (t) => {
  const answer = (content: string) =>
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${content}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
  for (const body of [
    '',
    '<html><body>Sign in</body></html>',
    answer(''),
    answer('<Account>123456789012</Account>'),
  ]) {
    const { work } = await workAgainst(t, () => ({ body }));
    await assert.rejects(
      callerIdentity(work),
      withCode('aws', /unexpected response from STS: it names no account/, /AWS_ENDPOINT_URL/),
      body,
    );
  }
});

test('does not take a web page or an empty response for one without members', async (t) => {
  const page = {
    ...{ type: 'text/html; charset=utf-8', body: '<html><body>Sign in</body></html>' },
    isForeign: true,
  };
  for (const [status, headers, code, message] of [
    [200, {}, 'unreachable', /its response is not from AWS/],
    [403, {}, 'unreachable', /its response is not from AWS/],
    [302, { location: 'http://portal.example/' }, 'aws', /HTTP 302 redirects to http:\/\/portal\.example/],
    // AWS's own, with an id.
    [200, { 'x-amzn-requestid': '1' }, 'aws', /unexpected response from STS/],
  ] as const) {
    const { work } = await workAgainst(t, () => ({ ...page, status, headers }));
    await assert.rejects(callerIdentity(work), withCode(code, message), `${status}`);
  }
  const empty = { headers: { 'content-length': '0' }, body: '', isForeign: true };
  const { work } = await workAgainst(t, () => empty);
  await assert.rejects(callerIdentity(work), withCode('unreachable', /its response is not from AWS/));
});

test('does not take a response without a template or resources for a stack without them', async (t) => {
  for (const body of ['<a></a>', '<ListStackResourcesResponse></ListStackResourcesResponse>']) {
    const { work } = await workAgainst(t, () => ({ body }));
    await assert.rejects(stackResources(work, 'arn:aws:s'), withCode('aws', /it lists no resources/));
    await assert.rejects(deployedTemplate(work, 'arn:aws:s'), withCode('aws', /it has no template/));
  }
  const { work } = await workAgainst(t, () => ({
    body: '<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries/></ListStackResourcesResult></ListStackResourcesResponse>',
  }));
  assert.deepEqual(await stackResources(work, 'arn:aws:s'), []);
});

test('does not take a response without a change set for a plan', async (t) => {
  const created =
    '<CreateChangeSetResponse><CreateChangeSetResult><Id>arn:aws:c</Id><StackId>arn:aws:s</StackId></CreateChangeSetResult></CreateChangeSetResponse>';
  for (const [answer, message] of [
    ['', /Planning the change .* unexpected response from CloudFormation: it has no id/],
    [created, /Reading the change set .* unexpected response from CloudFormation: it has no status/],
  ] as const) {
    const { work, events } = await workAgainst(t, (body) => ({ body: /Create/.test(body) ? answer : '' }));
    await assert.rejects(planChange(work, '{}', 'EXISTING'), withCode('aws', message, /AWS_ENDPOINT_URL/));
    assert.deepEqual(events, []);
  }
});

test('names a template or policy that is not JSON', async (t) => {
  const yaml = 'Resources:\n  A:\n    Type: AWS::SNS::Topic\n';
  const { work } = await workAgainst(t, () => ({
    body: `<GetTemplateResponse><GetTemplateResult><TemplateBody>${yaml}</TemplateBody></GetTemplateResult></GetTemplateResponse>`,
  }));
  await assert.rejects(
    deployedTemplate(work, 'arn:aws:s'),
    withCode('stack_foreign', /is not JSON: edge-upload did not deploy it/, /--stack-name/),
  );
  await assert.rejects(bucketPolicy(work, 'b'), withCode('aws', /from S3: a policy that is not JSON/));
});

test('refuses invalid users, and leaves out invalid dates', async () => {
  const list = async (user: unknown) => {
    const cognito = { send: async () => ({ Users: [user] }) } as unknown as CognitoIdentityProviderClient;
    const found = [];
    for await (const one of listUsers({ cognito, sdk, userPoolId: 'p', signal }, {})) found.push(one);
    return found;
  };
  for (const user of [
    {},
    { Username: 5 },
    { Username: 'ada', Attributes: [null] },
    { Username: 'ada', Attributes: 'x' },
    { Username: 'ada', Attributes: [{ Name: 'email', Value: {} }] },
  ]) {
    await assert.rejects(list(user), withCode('aws', /in place of Cognito/));
  }
  const [ada] = await list({ Username: 'ada', UserCreateDate: new Date(Number.NaN) });
  assert.equal(ada?.created, undefined);
});

async function keysOf(work: StackWork): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listObjects(work, 'b')) keys.push(key);
  return keys;
}

const listing = (contents: string, more = '<IsTruncated>false</IsTruncated>') =>
  `<ListBucketResult><Name>b</Name>${more}<Contents>${contents}</Contents></ListBucketResult>`;
const versions = (version: string, more = '<IsTruncated>false</IsTruncated>') =>
  `<ListVersionsResult><Name>b</Name>${more}<Version>${version}</Version></ListVersionsResult>`;
const VERSION = '<Key>a</Key><VersionId>1</VersionId><IsLatest>true</IsLatest><Size>1</Size>';
const isNotInternal = (error: unknown) => isUserError(error) && error.exitCode !== 1;
const OBJECT = '<Key>a</Key><LastModified>2026-11-28T00:00:00Z</LastModified><Size>1</Size>';

test('does not take an invalid list for an empty bucket', async (t) => {
  const good = await workAgainst(t, () => ({ body: listing(OBJECT) }));
  assert.deepEqual(await keysOf(good.work), ['a']);
  for (const body of [
    '',
    '<html><body>Sign in</body></html>',
    '<ListBucketResult/>',
    listing(OBJECT, '<IsTruncated>true</IsTruncated>'),
    listing(OBJECT.replace('<Size>1</Size>', '<Size>many</Size>')),
    listing(OBJECT.replace('<Size>1</Size>', '<Size>-1</Size>')),
    listing(OBJECT.replace('<Size>1</Size>', '<Size>1e400</Size>')),
    listing(OBJECT.replace('<Key>a</Key>', '')),
    listing(OBJECT.replace('2026-11-28T00:00:00Z', 'yesterday')),
  ]) {
    const { work } = await workAgainst(t, () => ({ body }));
    await assert.rejects(keysOf(work), isNotInternal, body);
  }
  const { work } = await workAgainst(t, () => ({ body: '' }));
  await assert.rejects(
    keysOf(work),
    withCode('aws', /Listing the bucket b failed: unexpected response from S3/, /AWS_ENDPOINT_URL/),
  );
});

test('does not take an invalid list of versions for an empty bucket', async (t) => {
  const good = await workAgainst(t, () => ({ body: versions(VERSION) }));
  assert.equal((await measureBucket(good.work, 'b')).bytes, 1);
  for (const body of [
    '',
    '<html><body>Sign in</body></html>',
    '<ListVersionsResult/>',
    versions(VERSION, '<IsTruncated>true</IsTruncated>'),
    versions(VERSION.replace('<Size>1</Size>', '<Size>many</Size>')),
    versions(VERSION.replace('<Size>1</Size>', '<Size>-1</Size>')),
    versions(VERSION.replace('<Key>a</Key>', '')),
  ]) {
    const { work } = await workAgainst(t, () => ({ body }));
    await assert.rejects(measureBucket(work, 'b'), isNotInternal, body);
  }
});

test('names the region of the bucket, or the target, when S3 redirects', async (t) => {
  const moved = '<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>';
  const region = { 'x-amz-bucket-region': 'eu-west-1' };
  for (const body of [moved, '']) {
    const { work } = await workAgainst(t, () => ({ status: 301, headers: region, body }));
    await assert.rejects(
      keysOf(work),
      withCode('aws', /is in the region eu-west-1, not in us-east-1/, /head-bucket/),
    );
  }
  const headers = { location: 'https://portal.example/sign-in' };
  const { work } = await workAgainst(t, () => ({ status: 307, headers, body: '<html>Sign in</html>' }));
  await assert.rejects(
    keysOf(work),
    withCode('aws', /HTTP 307 redirects to https:\/\/portal\.example\/sign-in/, /edge-upload doctor/),
  );
});

test('shows log lines with any text, and fails at a line without a time', async (t) => {
  const messages = [
    '{"edge":"refused"',
    '{"edge":"refused","status":{},"code":[],"method":null}',
    'null',
    '[]',
    '\u001b[2Jtext',
  ];
  const event = (message: string, at: number) => ({ eventId: String(at), timestamp: at, message });
  const query = { functionName: 'f', regions: ['us-east-1'], since: new Date(0) };
  const lines = async (events: readonly object[]) => {
    const { work } = await workAgainst(t, () => ({
      type: 'application/x-amz-json-1.1',
      body: JSON.stringify({ events }),
    }));
    const found: string[] = [];
    for await (const { text } of edgeLogLines(work, query)) found.push(text);
    return found;
  };
  assert.deepEqual(await lines(messages.map(event)), messages);
  for (const timestamp of [undefined, 1e17])
    await assert.rejects(
      lines([{ eventId: '1', timestamp, message: 'x' }]),
      withCode('aws', /a line without a time/),
    );
});
