import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseUnusableKey } from '../../../../cli/stack/checks/kms-key.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAgainst } from '../world.ts';

const ACCOUNT = '123456789012';
const kmsKeyArn = `arn:aws:kms:us-east-1:${ACCOUNT}:key/12345678-90ab-cdef-1234-567890abcdef`;

const USABLE = {
  KeyState: 'Enabled',
  KeySpec: 'SYMMETRIC_DEFAULT',
  KeyUsage: 'ENCRYPT_DECRYPT',
  KeyManager: 'CUSTOMER',
};

/** An account whose KMS returns a key, or an error of this name. */
const aws = (answer: object | string) => (body: string) => {
  if (body.includes('GetCallerIdentity')) {
    return {
      body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${ACCOUNT}</Account><Arn>arn:aws:iam::${ACCOUNT}:root</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    };
  }
  const type = 'application/x-amz-json-1.1';
  return typeof answer === 'string'
    ? { status: 400, type, body: JSON.stringify({ __type: answer, message: 'from KMS' }) }
    : { type, body: JSON.stringify({ KeyMetadata: { KeyId: 'x', ...answer } }) };
};

test('accepts a key that S3 can encrypt with', async (t) => {
  const { work, events } = await workAgainst(t, aws(USABLE));
  await refuseUnusableKey(work, kmsKeyArn);
  assert.deepEqual(events, []);
});

test('refuses a key of another account', async (t) => {
  const { work } = await workAgainst(t, aws(USABLE));
  await assert.rejects(refuseUnusableKey(work, kmsKeyArn.replace(ACCOUNT, '210987654321')), {
    code: 'usage',
    message: /belongs to the account 210987654321.*in the account 123456789012/,
  });
});

test('refuses a key with which uploads would fail, with the command that helps', async (t) => {
  for (const [answer, why, hint] of [
    ['NotFoundException', /There is no KMS key arn:/, /aws kms list-keys/],
    [
      { ...USABLE, KeyState: 'Disabled' },
      /is disabled\. Nothing was changed\./,
      /aws kms enable-key --key-id arn:/,
    ],
    [{ ...USABLE, KeyState: 'PendingDeletion' }, /is scheduled for deletion/, /aws kms cancel-key-deletion /],
    [{ ...USABLE, KeyState: 'PendingImport' }, /is PendingImport/, /aws kms list-keys/],
    [{ ...USABLE, KeyManager: 'AWS' }, /is managed by AWS/, /aws kms list-keys/],
    [{ ...USABLE, KeySpec: 'RSA_2048' }, /has the spec RSA_2048/, /aws kms list-keys/],
    [
      { ...USABLE, KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
      /has the spec HMAC_256/,
      /list-keys/,
    ],
  ] as const) {
    const { work } = await workAgainst(t, aws(answer));
    await assert.rejects(refuseUnusableKey(work, kmsKeyArn), withCode('usage', why, hint));
  }
});

test('accepts a key that the caller is not allowed to look up, with a note', async (t) => {
  const { work, events } = await workAgainst(t, aws('AccessDeniedException'));
  await refuseUnusableKey(work, kmsKeyArn);
  assert.equal(events.length, 1);
  assert.match(JSON.stringify(events), /"note".*was not checked: kms:DescribeKey is not allowed/);
});
