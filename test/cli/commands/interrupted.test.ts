import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { listen } from '../../support/serve.ts';
import { typed } from '../../support/typed.ts';

const STACK = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName><StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/s/1</StackId><CreationTime>2026-11-23T00:00:00Z</CreationTime><Description>edge-upload: a test</Description><StackStatus>UPDATE_COMPLETE</StackStatus><Outputs><member><OutputKey>S3BucketName</OutputKey><OutputValue>s-bucket</OutputValue></member><member><OutputKey>EdgeFunctionName</OutputKey><OutputValue>s-EdgeFunction</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
const CALLER = `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:root</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`;

/** Serves an AWS that responds to the first requests for the caller and the stack, and to no others. */
async function silentAws(t: TestContext) {
  /** `amz-sdk-request`, with the number of the attempt, of each request without a response. */
  const held: unknown[] = [];
  let answers = 0;
  const arrivals = new EventEmitter();
  const endpoint = await listen(t, async (request, response) => {
    const body = await text(request);
    const known = body.includes('DescribeStacks') ? STACK : body.includes('GetCallerIdentity') ? CALLER : '';
    if (answers > 0 && known !== '') {
      answers -= 1;
      response.writeHead(200, { 'content-type': 'text/xml' }).end(known);
      return;
    }
    held.push(request.headers['amz-sdk-request']);
    arrivals.emit('held');
  });
  return {
    endpoint,
    held,
    /** Waits for the request that gets no response. */
    silent: async (after: number) => {
      answers = after;
      held.length = 0;
      await once(arrivals, 'held');
    },
  };
}

const READING = ['status', 'synth', 'ls', 'get a.txt', 'logs', 'doctor', 'policy'];

/** Commands that change the stack, and what they print if they are interrupted before. */
const CHANGING = new Map([
  ['deploy', 'Nothing was changed.'],
  ['trust remove acme', 'Nothing was changed.'],
  ['link create', 'No link was created.'],
  ['key create camera --write-to camera/', 'No key was created.'],
  ['link revoke AAAAAAAA', 'Nothing was changed.'],
  ['key revoke AAAAAAAA', 'Nothing was changed.'],
  ['key rotate', 'Nothing was changed.'],
  ['destroy', 'Nothing was removed.'],
]);

test('Ctrl-C ends every operator command during any request to AWS', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-interrupted-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const aws = await silentAws(t);
  const env = {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    EDGE_UPLOAD_KEYRING: 'off',
  };
  const before = { ...process.env };
  Object.assign(process.env, env);
  t.after(() => {
    process.env = before;
  });
  for (const command of [...READING, ...CHANGING.keys()]) {
    for (const answers of /^(policy|link|key)/.test(command) ? [0] : [0, 1, 2]) {
      await t.test(`${command}, after ${answers} responses`, async () => {
        const interruption = new AbortController();
        const { signal } = interruption;
        const silent = aws.silent(answers);
        const ended = typed([...command.split(' '), '--stack-name', 's'], { home, env, signal });
        // A command that ends before fails the test.
        await Promise.race([silent, ended]);
        interruption.abort();
        const { code, stdout, stderr } = await ended;
        assert.equal(code, 130, stderr);
        // A command can have several requests under way. Some arrive after the interruption.
        for (const tries of aws.held) assert.match(String(tries), /^attempt=1\b/, 'no request is retried');
        assert.doesNotMatch(stderr, /AbortError|warning/i);
        const hint = CHANGING.get(command);
        if (hint !== undefined) assert.ok(stderr.endsWith(`error: Interrupted.\n  ${hint}\n`), stderr);
        // doctor prints each check when it is done.
        assert.match(stdout, command === 'doctor' ? /^(ok .*\n)*$/ : /^$/);
      });
    }
  }
});
