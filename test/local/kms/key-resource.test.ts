import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../local/json.ts';
import { createRequest } from '../create-request.ts';
import { ARN, DAY_MS, ED25519, keyPolicy, setUp, statement } from './fixture.ts';

const PROPERTIES: JsonObject = { ...ED25519, PendingWindowInDays: 7 };

const request = (properties: JsonObject, logicalId = 'Key') => createRequest(properties, logicalId);

test('creates a template’s key once, changes it in place, and schedules its deletion', async (t) => {
  const { kms, resource, advance } = await setUp(t);
  const properties = { ...PROPERTIES, Description: 'links', Tags: [{ Key: 'a', Value: 'b' }] };
  const state = await resource().create(request(properties));
  const KeyId = state.physicalId;
  assert.deepEqual(state.attributes, { Arn: ARN(KeyId), KeyId });
  const { PublicKey } = await kms.getPublicKey({ KeyId });
  assert.deepEqual(await resource().create(request(properties)), state, 'repeated after a crash');
  assert.notEqual((await resource().create(request(properties, 'Other'))).physicalId, KeyId);

  await resource().update({
    physicalId: KeyId,
    previous: properties,
    properties: { ...PROPERTIES, Description: 'links and keys', Enabled: false },
  });
  const { KeyMetadata } = await kms.describeKey({ KeyId });
  assert.deepEqual([KeyMetadata?.Description, KeyMetadata?.KeyState], ['links and keys', 'Disabled']);
  assert.deepEqual((await kms.listResourceTags({ KeyId })).Tags, []);
  await kms.enableKey({ KeyId });
  assert.deepEqual((await kms.getPublicKey({ KeyId })).PublicKey, PublicKey);

  const before = Date.now();
  await resource().delete(KeyId, PROPERTIES);
  await resource().delete(KeyId, PROPERTIES);
  const deleted = (await kms.describeKey({ KeyId })).KeyMetadata;
  assert.ok((deleted?.DeletionDate?.getTime() ?? 0) >= before + 7 * DAY_MS);
  advance(8 * DAY_MS);
  await resource().delete(KeyId, PROPERTIES);
});

test('keeps the type of a key, and refuses unsupported properties by name', async (t) => {
  const { resource } = await setUp(t);
  const { physicalId } = await resource().create(request(PROPERTIES));
  await assert.rejects(
    resource().update({ physicalId, previous: PROPERTIES, properties: { ...PROPERTIES, Origin: 'AWS_KMS' } }),
    { code: 'NotUpdatable', message: /Origin/ },
  );
  const { KeySpec: _, ...symmetric } = PROPERTIES;
  const { KeyUsage: __, ...unused } = PROPERTIES;
  for (const [properties, message] of [
    [symmetric, /KeySpec with the value SYMMETRIC_DEFAULT/],
    [unused, /must specify a KeyUsage/],
    [{ ...PROPERTIES, KeySpec: 'RSA_2048' }, /#\/KeySpec with the value RSA_2048/],
    [{ ...PROPERTIES, EnableKeyRotation: true }, /#\/EnableKeyRotation with the value true/],
    [{ ...PROPERTIES, MultiRegion: true }, /#\/MultiRegion with the value true/],
    [{ ...PROPERTIES, RotationPeriodInDays: 90 }, /#\/RotationPeriodInDays/],
    [{ ...PROPERTIES, PendingWindowInDays: 6 }, /#\/PendingWindowInDays: 6 is not greater or equal to 7/],
    [{ ...PROPERTIES, PendingWindowInDays: 31 }, /#\/PendingWindowInDays/],
    [{ ...PROPERTIES, KeyPolicy: keyPolicy(statement('kms:Sign')) }, /will not allow you to update/],
    [{ ...PROPERTIES, Colour: 'red' }, /extraneous key \[Colour\]/],
  ] as const) {
    await assert.rejects(
      resource().create(request(properties, 'Other')),
      { message },
      JSON.stringify(properties),
    );
  }
  await assert.rejects(
    resource().update({
      physicalId: physicalId.replace(/....$/, '0000'),
      previous: PROPERTIES,
      properties: PROPERTIES,
    }),
    { code: 'NotFoundException' },
  );
});
