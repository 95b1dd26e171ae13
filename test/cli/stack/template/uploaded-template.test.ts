import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { interrupted, UserError } from '../../../../cli/errors.ts';
import { creating } from '../../../../cli/network/cancellation.ts';
import { withUploadedTemplate } from '../../../../cli/stack/template/uploaded-template.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { type Answer, workAgainst } from '../world.ts';

const LARGE = JSON.stringify({ Description: 'x'.repeat(60_000) });
const KEY = `.well-known/edge-upload/template/${createHash('sha256').update(LARGE).digest('hex')}.json`;

/** Records the requests for the template’s object as `PUT` and `DELETE <version>`. */
async function bucketAgainst(t: TestContext, answer: (method: string) => Answer = () => ({ body: '' })) {
  const asked: string[] = [];
  const world = await workAgainst(t, (_body, path, method) => {
    const { pathname, searchParams } = new URL(path, 'http://localhost');
    assert.equal(pathname, `/b/${KEY}`);
    asked.push(`${method} ${searchParams.get('versionId') ?? ''}`.trim());
    return answer(method);
  });
  return { ...world, asked };
}

const DENIED = {
  status: 403,
  type: 'application/xml',
  body: '<Error><Code>AccessDenied</Code><Message>no</Message></Error>',
};

test('needs a bucket for a large template', async (t) => {
  const { work, asked } = await bucketAgainst(t);
  const bucketless = withUploadedTemplate(work, LARGE, undefined, async () => assert.fail('no request'));
  await assert.rejects(bucketless, withCode('stack_failed', /60018 bytes/));
  assert.deepEqual(asked, []);
});

test('uploads a large template, passes its URL, and deletes it', async (t) => {
  const { work, asked } = await bucketAgainst(t);
  const source = await withUploadedTemplate(work, LARGE, 'b', async (source) => {
    asked.push('request');
    return source;
  });
  assert.deepEqual(source, { TemplateURL: `https://b.s3.us-east-1.amazonaws.com/${KEY}` });
  assert.deepEqual(asked, ['PUT', 'request', 'DELETE']);
});

test('deletes the version in a bucket with versions', async (t) => {
  const { work, asked } = await bucketAgainst(t, () => ({ headers: { 'x-amz-version-id': 'v7' }, body: '' }));
  await withUploadedTemplate(work, LARGE, 'b', async () => {});
  assert.deepEqual(asked, ['PUT', 'DELETE v7']);
});

test('deletes the template if the request fails or Ctrl-C ends it', async (t) => {
  const failures = [new UserError('access_denied', 'S3 error: Access Denied'), interrupted()];
  for (const failure of failures) {
    const { work, asked, interruption } = await bucketAgainst(t);
    const failed = withUploadedTemplate(work, LARGE, 'b', async () => {
      if (failure.code === 'interrupted') interruption.abort();
      throw failure;
    });
    await assert.rejects(failed, failure);
    assert.deepEqual(asked, ['PUT', 'DELETE']);
  }
});

test('deletes what S3 has stored if Ctrl-C ends the upload', async (t) => {
  const { work, asked, interruption } = await bucketAgainst(t, (method) => {
    if (method === 'PUT') interruption.abort();
    return { headers: { 'x-amz-version-id': 'v7' }, body: '' };
  });
  await assert.rejects(
    withUploadedTemplate(work, LARGE, 'b', () =>
      creating(work.context.signal, async () => assert.fail('no request')),
    ),
    withCode('interrupted', /Interrupted/),
  );
  assert.deepEqual(asked, ['PUT', 'DELETE v7']);
});

test('fails if the upload is refused, and warns if the deletion is', async (t) => {
  const refused = await bucketAgainst(t, () => DENIED);
  await assert.rejects(
    withUploadedTemplate(refused.work, LARGE, 'b', async () => assert.fail('no request')),
    withCode('access_denied', /Uploading the template to the bucket b failed/),
  );
  assert.deepEqual(refused.asked, ['PUT']);
  const { work, events } = await bucketAgainst(t, (method) => (method === 'PUT' ? { body: '' } : DENIED));
  assert.equal(await withUploadedTemplate(work, LARGE, 'b', async () => 'planned'), 'planned');
  const [warning] = events;
  assert.match(JSON.stringify(warning), new RegExp(`"warning".*aws s3 rm s3://b/${KEY}`));
});
