import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { FoundStack, StackWork } from '../../../../cli/stack/find-stack.ts';
import {
  publicJwk,
  signingKeys,
  usableSigningKey,
  verifyingKeys,
} from '../../../../cli/stack/signing/signing-key.ts';
import { deployedTemplate } from '../../../../cli/stack/template/template.ts';
import type { StackOptions } from '../../../../infra/options.ts';

const STACK = { id: 'arn:stack', status: 'UPDATE_COMPLETE', outputs: {}, drifted: false, isProtected: false };
const [NEW, OLD] = [0, 1].map(() =>
  generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }),
) as [Buffer, Buffer];
const options: StackOptions = { signing: { keys: [{ id: '2' }, { id: '1', until: 5000 }] } };

interface World {
  /** Public keys by KMS key id, or KMS's error. */
  readonly kms: Readonly<Record<string, Buffer | string>>;
  /** KMS key ids by logical id. */
  readonly resources?: Readonly<Record<string, string>>;
  readonly baked?: readonly Buffer[];
  readonly kept?: StackOptions;
}

const BOTH = { SigningKey2: 'two', SigningKey1: 'one' };

function workOf({ kms, resources = BOTH, baked = [], kept = options }: World): StackWork {
  const config = JSON.stringify({ policy: {}, signing: { keys: baked.map(publicJwk) } });
  const template = JSON.stringify({
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket', Metadata: { 'edge-upload': { options: kept } } },
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: { Code: { ZipFile: `const EDGE_CONFIG=${config};\n` } },
      },
    },
  });
  const StackResourceSummaries = Object.entries(resources).map(([LogicalResourceId, PhysicalResourceId]) => ({
    LogicalResourceId,
    PhysicalResourceId,
    ResourceType: 'AWS::KMS::Key',
    ResourceStatus: 'CREATE_COMPLETE',
  }));
  const cloudformation = { send: async () => ({ TemplateBody: template, StackResourceSummaries }) };
  const send = async ({ input: { KeyId } }: { input: { KeyId: string } }) => {
    const PublicKey = kms[KeyId] ?? 'NotFoundException';
    if (typeof PublicKey !== 'string') return { PublicKey };
    throw Object.assign(new Error('from KMS'), { name: PublicKey });
  };
  return {
    stackName: 'edge-upload',
    context: { signal: new AbortController().signal },
    clients: { cloudformation, kms: async () => ({ send }) },
  } as unknown as StackWork;
}

test('reads the keys of the stack, newest first', async () => {
  const kms = { two: NEW, one: OLD };
  const keys = await signingKeys(workOf({ kms }), options, STACK as FoundStack);
  assert.deepEqual(keys, [
    { id: '2', keyId: 'two', jwk: publicJwk(NEW) },
    { id: '1', keyId: 'one', jwk: publicJwk(OLD) },
  ]);
  const first = workOf({ kms, resources: { SigningKey1: 'one' } });
  assert.deepEqual(
    (await signingKeys(first, options, STACK as FoundStack)).map(({ id }) => id),
    ['1'],
    'the next key does not exist yet',
  );
  assert.deepEqual(await signingKeys(first, {}, STACK as FoundStack), []);
  assert.deepEqual(await signingKeys(first, options, undefined), []);
});

test('names an unavailable key and the next command', async () => {
  for (const [error, why, hint] of [
    ['NotFoundException', /KMS has no signing key 2 \(two\)/, /^ {2}edge-upload key rotate --drop$/m],
    [
      'DisabledException',
      /it is disabled \(two\)/,
      /^ {2}aws kms enable-key --key-id two --region us-east-1$/m,
    ],
    [
      'KMSInvalidStateException',
      /it is scheduled for deletion \(two\)/,
      /^ {2}aws kms cancel-key-deletion --key-id two /m,
    ],
    ['AccessDeniedException', /Reading the signing key 2 failed/, /Ask the administrator/],
  ] as const) {
    const work = workOf({ kms: { two: error, one: OLD } });
    await assert.rejects(
      signingKeys(work, options, STACK as FoundStack),
      (failure: Error & { hint: string }) => {
        assert.match(failure.message, why);
        assert.match(failure.hint, hint);
        return true;
      },
    );
  }
});

test('bakes the deployed public key if KMS does not return it', async () => {
  const stack = STACK as FoundStack;
  for (const error of ['NotFoundException', 'DisabledException', 'KMSInvalidStateException']) {
    const kms = { two: error, one: OLD };
    const { signing, unusable } = await verifyingKeys(workOf({ kms, baked: [NEW, OLD] }), options, stack);
    assert.deepEqual(signing, [NEW, OLD].map(publicJwk), error);
    assert.deepEqual(
      unusable.map(({ code }) => code),
      ['stack_failed'],
    );
    // The edge does not have the newest key yet. The other keys are the same as in the options.
    await assert.rejects(verifyingKeys(workOf({ kms, baked: [OLD] }), options, stack), /signing key 2|it is/);
    const old = await verifyingKeys(workOf({ kms: { two: NEW, one: error }, baked: [OLD] }), options, stack);
    assert.deepEqual(old.signing, [NEW, OLD].map(publicJwk), error);
    const odd = workOf({ kms, baked: [NEW, OLD, NEW] });
    await assert.rejects(verifyingKeys(odd, options, stack), /signing key 2|it is/);
  }
  const denied = workOf({ kms: { two: 'AccessDeniedException', one: OLD }, baked: [NEW, OLD] });
  await assert.rejects(verifyingKeys(denied, options, stack), /Reading the signing key 2 failed/);
  assert.deepEqual(await verifyingKeys(workOf({ kms: {} }), {}, stack), { unusable: [] });
});

test('refuses a key of another type', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kms = { two: publicKey.export({ format: 'der', type: 'spki' }), one: OLD };
  await assert.rejects(signingKeys(workOf({ kms }), options, STACK as FoundStack), /not an Ed25519 key/);
});

test('waits until the deployed edge verifies the newest key', async () => {
  const kms = { two: NEW, one: OLD };
  const usable = async (world: Omit<World, 'kms'>) => {
    const work = workOf({ kms, ...world });
    const deployed = { stack: STACK as FoundStack, template: await deployedTemplate(work, STACK.id) };
    return (await usableSigningKey(work, deployed))?.id;
  };
  assert.equal(await usable({ baked: [NEW, OLD] }), '2');
  assert.equal(await usable({ baked: [OLD] }), undefined);
  assert.equal(await usable({ baked: [OLD], resources: { SigningKey1: 'one' } }), undefined);
  assert.equal(await usable({ kept: {} }), undefined);
});
