import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { awsCli } from '../../support/aws-cli.ts';
import { missing } from '../../support/programs.ts';
import { ARN, DAY_MS, ED25519, keyPolicy, setUp, statement } from './fixture.ts';

const Message = Buffer.from('eyJhbGciOiJFZERTQSJ9.e30');
const SIGN = { Message, SigningAlgorithm: 'ED25519_SHA_512' } as const;

test('signs with Ed25519 and verifies with the public key, also after a restart', async (t) => {
  const { kms, create, reopen, dataDir } = await setUp(t);
  const KeyId = await create({ Description: 'for links', Tags: [{ TagKey: 'a', TagValue: 'b' }] });
  const { PublicKey = new Uint8Array(), ...described } = await kms.getPublicKey({ KeyId });
  assert.deepEqual(
    [described.KeyId, described.KeySpec, described.KeyUsage],
    [ARN(KeyId), ...Object.values(ED25519)],
  );
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  assert.equal(key.asymmetricKeyType, 'ed25519');
  reopen();
  for (const name of [KeyId, ARN(KeyId)]) {
    const { Signature = new Uint8Array(), SigningAlgorithm } = await kms.sign({ ...SIGN, KeyId: name });
    assert.equal(SigningAlgorithm, 'ED25519_SHA_512');
    assert.ok(verify(null, Message, key, Signature));
    assert.equal((await kms.verify({ ...SIGN, KeyId, Signature })).SignatureValid, true);
    await assert.rejects(kms.verify({ ...SIGN, KeyId, Signature: Buffer.alloc(64) }), {
      name: 'KMSInvalidSignatureException',
    });
  }
  const { KeyMetadata = {} } = await kms.describeKey({ KeyId });
  assert.deepEqual(
    { ...KeyMetadata, CreationDate: undefined },
    {
      AWSAccountId: '000000000000',
      KeyId,
      Arn: ARN(KeyId),
      CreationDate: undefined,
      Enabled: true,
      Description: 'for links',
      ...ED25519,
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: ED25519.KeySpec,
      SigningAlgorithms: ['ED25519_SHA_512'],
      MultiRegion: false,
    },
  );
  assert.deepEqual((await kms.listResourceTags({ KeyId })).Tags, [{ TagKey: 'a', TagValue: 'b' }]);
  const [file = ''] = readdirSync(join(dataDir, 'keys'));
  assert.equal(statSync(join(dataDir, 'keys', file)).mode & 0o777, 0o600);
  assert.match(readFileSync(join(dataDir, 'keys', file), 'utf8'), /PRIVATE KEY/);
});

test('refuses invalid requests to Sign like KMS', async (t) => {
  const { kms, create } = await setUp(t);
  const KeyId = await create();
  for (const [more, name, message] of [
    [{ MessageType: 'DIGEST' }, 'ValidationException', /Message type DIGEST is incompatible/],
    [{ MessageType: 'EXTERNAL_MU' }, 'ValidationException', /EXTERNAL_MU is incompatible/],
    [{ Message: Buffer.alloc(4097) }, 'ValidationException', /'message' .* less than or equal to 4096$/],
    [{ Message: Buffer.alloc(9000) }, 'ValidationException', /'message' .* less than or equal to/],
    [{ Message: Buffer.alloc(0) }, 'ValidationException', /'message' .* greater than or equal to 1$/],
    [
      { SigningAlgorithm: 'ECDSA_SHA_256' },
      'InvalidKeyUsageException',
      /incompatible with key spec ECC_NIST_EDW/,
    ],
    [{ SigningAlgorithm: 'ED25519_PH_SHA_512' }, 'ValidationException', /embedded cloud does not support/],
    [{ SigningAlgorithm: 'none' }, 'ValidationException', /Member must satisfy enum value set/],
    [{ GrantTokens: ['x'] }, 'ValidationException', /does not support the parameter GrantTokens/],
    [{ DryRun: true }, 'DryRunOperationException', /DryRun/],
    [{ KeyId: 'nothing' }, 'NotFoundException', /Invalid keyId 'nothing'/],
    [{ KeyId: 'alias/mine' }, 'NotFoundException', /Alias alias\/mine is not found/],
    [{ KeyId: '../keys.json' }, 'NotFoundException', /Invalid keyId/],
    [
      { KeyId: `${KeyId.slice(0, -1)}${KeyId.endsWith('0') ? '1' : '0'}` },
      'NotFoundException',
      /^Key 'arn:aws:kms:.*' does not exist$/,
    ],
    [{ KeyId: ARN(KeyId).replace('us-east-1', 'eu-west-1') }, 'NotFoundException', /Invalid arn/],
  ] as const) {
    await assert.rejects(
      kms.sign({ ...SIGN, KeyId, ...more } as never),
      { name, message },
      JSON.stringify(more),
    );
  }
  const { Signature } = await kms.sign({ ...SIGN, KeyId, Message: Buffer.alloc(4096) });
  assert.equal(Signature?.length, 64);
});

test('refuses keys of other types, and malformed ones', async (t) => {
  const { kms } = await setUp(t);
  for (const [parameters, message] of [
    [{}, /does not support the parameter KeySpec with the value SYMMETRIC_DEFAULT/],
    [
      { ...ED25519, KeySpec: 'ECC_NIST_P256' },
      /does not support the parameter KeySpec with the value ECC_NIST_P256/,
    ],
    [{ KeySpec: ED25519.KeySpec }, /must specify a KeyUsage/],
    [{ ...ED25519, KeyUsage: 'KEY_AGREEMENT' }, /does not support the parameter KeyUsage/],
    [{ ...ED25519, MultiRegion: true }, /does not support the parameter MultiRegion/],
    [{ ...ED25519, Origin: 'EXTERNAL' }, /does not support the parameter Origin/],
    [{ ...ED25519, Description: 'x'.repeat(8193) }, /'description' .* less than or equal to 8192/],
  ] as const) {
    await assert.rejects(kms.createKey(parameters as never), { name: 'ValidationException', message });
  }
  await assert.rejects(kms.listAliases({}), { name: 'UnknownOperationException' });
});

test('refuses everything with a disabled key; cancels a scheduled deletion until its day', async (t) => {
  const { kms, create, advance } = await setUp(t);
  const KeyId = await create();
  const signs = () => kms.sign({ ...SIGN, KeyId });
  await kms.disableKey({ KeyId });
  for (const use of [signs, () => kms.getPublicKey({ KeyId })]) {
    await assert.rejects(use(), { name: 'DisabledException', message: `${ARN(KeyId)} is disabled.` });
  }
  await kms.enableKey({ KeyId });
  await signs();
  for (const PendingWindowInDays of [6, 31]) {
    await assert.rejects(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays }), {
      name: 'ValidationException',
    });
  }
  const before = Date.now();
  const scheduled = await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  assert.deepEqual(
    [scheduled.KeyId, scheduled.KeyState, scheduled.PendingWindowInDays],
    [ARN(KeyId), 'PendingDeletion', 7],
  );
  assert.ok((scheduled.DeletionDate?.getTime() ?? 0) >= before + 7 * DAY_MS);
  const pending = { name: 'KMSInvalidStateException', message: `${ARN(KeyId)} is pending deletion.` };
  const Policy = JSON.stringify(keyPolicy(statement('kms:*')));
  for (const use of [
    signs,
    () => kms.getPublicKey({ KeyId }),
    () => kms.enableKey({ KeyId }),
    () => kms.putKeyPolicy({ KeyId, Policy }),
    () => kms.scheduleKeyDeletion({ KeyId }),
  ]) {
    await assert.rejects(use(), pending);
  }
  const { KeyMetadata } = await kms.describeKey({ KeyId });
  assert.deepEqual([KeyMetadata?.KeyState, KeyMetadata?.Enabled], ['PendingDeletion', false]);
  assert.equal((await kms.cancelKeyDeletion({ KeyId })).KeyId, ARN(KeyId));
  await assert.rejects(kms.cancelKeyDeletion({ KeyId }), { message: /is not pending deletion/ });
  await assert.rejects(signs(), { name: 'DisabledException' });
  await kms.enableKey({ KeyId });
  await signs();

  await kms.scheduleKeyDeletion({ KeyId });
  advance(29 * DAY_MS);
  await kms.describeKey({ KeyId });
  advance(DAY_MS);
  await assert.rejects(kms.describeKey({ KeyId }), { name: 'NotFoundException' });
  assert.deepEqual((await kms.listKeys({})).Keys, []);
});

test('lists keys page by page', async (t) => {
  const { kms, create } = await setUp(t);
  const ids = [await create(), await create(), await create()].sort();
  const first = await kms.listKeys({ Limit: 2 });
  assert.equal(first.Truncated, true);
  const rest = await kms.listKeys({ Limit: 2, Marker: first.NextMarker ?? '' });
  assert.equal(rest.Truncated, false);
  const listed = [...(first.Keys ?? []), ...(rest.Keys ?? [])];
  assert.deepEqual(
    listed,
    ids.map((KeyId) => ({ KeyId, KeyArn: ARN(KeyId) })),
  );
  await assert.rejects(kms.listKeys({ Marker: '!' }), { name: 'InvalidMarkerException' });
});

test('requires both the key policy and IAM to allow an action', async (t) => {
  const { kms, create, world } = await setUp(t);
  const KeyId = await create();
  const policyOf = async () => JSON.parse((await kms.getKeyPolicy({ KeyId })).Policy ?? '');
  assert.deepEqual((await policyOf()).Statement[0].Principal, { AWS: 'arn:aws:iam::000000000000:root' });
  const put = (...statements: Parameters<typeof keyPolicy>) =>
    kms.putKeyPolicy({ KeyId, Policy: JSON.stringify(keyPolicy(...statements)) });
  const sign = () => kms.sign({ ...SIGN, KeyId });
  const denied = (message: RegExp) => ({ name: 'AccessDeniedException', message });

  world.denied = ['kms:Sign'];
  await assert.rejects(
    sign(),
    denied(/^User: arn:aws:iam::\d+:user\/operator is not authorized to perform: kms:Sign /),
  );
  await kms.getPublicKey({ KeyId });
  world.denied = [];
  await sign();

  await put(statement(['kms:PutKeyPolicy', 'kms:Get*']));
  await assert.rejects(
    sign(),
    denied(/kms:Sign on resource: arn:.* because no resource-based policy allows/),
  );
  await kms.getPublicKey({ KeyId });
  await put(statement('kms:*'), statement('kms:Sign', { Effect: 'Deny' }));
  await assert.rejects(sign(), denied(/kms:Sign/));
  const user = { Principal: { AWS: 'arn:aws:iam::000000000000:user/operator' } };
  await put(statement('kms:*', user), statement('kms:Sign', { Resource: `${ARN('')}*` }));
  await sign();
  delete world.denied;
  await assert.rejects(kms.getPublicKey({ KeyId }), denied(/User: arn:aws:iam::\d+:root /));
});

test('refuses a key policy that KMS rejects, or that cannot be evaluated', async (t) => {
  const { kms, create } = await setUp(t);
  const KeyId = await create();
  const malformed = 'MalformedPolicyDocumentException';
  for (const [Policy, name, message] of [
    ['{', malformed, /not valid JSON/],
    ['[]', malformed, /not a JSON object/],
    ['{"Version":"2012-10-17"}', malformed, /Missing required field Statement/],
    [
      keyPolicy(statement('kms:Sign')),
      malformed,
      /will not allow you to update the key policy in the future/,
    ],
    [keyPolicy(statement('s3:GetObject')), malformed, /invalid action/],
    [keyPolicy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }), malformed, /Principal/],
    [
      keyPolicy(statement('kms:*', { Condition: { Bool: {} } })),
      'InvalidRequest',
      /support Condition in a key policy/,
    ],
    [
      keyPolicy(statement('kms:*', { Principal: { AWS: '111111111111' } })),
      'InvalidRequest',
      /principal 1111/,
    ],
    [
      keyPolicy(statement('kms:*'), statement(['kms:Sign'], { Sid: 'x'.repeat(40_000) })),
      'LimitExceededException',
      /larger/,
    ],
  ] as const) {
    const text = typeof Policy === 'string' ? Policy : JSON.stringify(Policy);
    await assert.rejects(kms.putKeyPolicy({ KeyId, Policy: text }), { name, message }, text.slice(0, 100));
  }
  const locked = JSON.stringify(keyPolicy(statement('kms:DescribeKey')));
  await kms.putKeyPolicy({ KeyId, Policy: locked, BypassPolicyLockoutSafetyCheck: true });
});

test('the AWS CLI creates, uses and deletes a key', { skip: missing('aws') }, async (t) => {
  const { endpoint } = await setUp(t);
  const aws = awsCli(endpoint, 'kms');
  const created = await aws('create-key', '--key-spec', ED25519.KeySpec, '--key-usage', ED25519.KeyUsage);
  const { KeyId } = created.KeyMetadata;
  const on = (command: string, ...more: string[]) => aws(command, '--key-id', KeyId, ...more);
  const message = Buffer.from('header.claims').toString('base64');
  const signed = await on(
    'sign',
    ...['--message', message, '--message-type', 'RAW', '--signing-algorithm', 'ED25519_SHA_512'],
  );
  const { PublicKey } = await on('get-public-key');
  const key = createPublicKey({ key: Buffer.from(PublicKey, 'base64'), format: 'der', type: 'spki' });
  // Version 1 of the CLI sends the text itself, version 2 decodes it first.
  const sent = [message, 'header.claims'].map((text) => Buffer.from(text));
  assert.ok(sent.some((bytes) => verify(null, bytes, key, Buffer.from(signed.Signature, 'base64'))));
  assert.match(
    (await on('get-key-policy', '--policy-name', 'default')).Policy,
    /Enable IAM User Permissions/,
  );
  assert.equal((await aws('list-keys')).Keys[0].KeyId, KeyId);
  assert.equal(
    (await on('schedule-key-deletion', '--pending-window-in-days', '7')).KeyState,
    'PendingDeletion',
  );
  assert.equal((await on('describe-key')).KeyMetadata.KeyState, 'PendingDeletion');
  await assert.rejects(on('get-public-key'), { stderr: /KMSInvalidStateException/ });
});
