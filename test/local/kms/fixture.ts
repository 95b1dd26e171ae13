import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { Identities } from '../../../local/auth/identities.ts';
import { operatorPermissions } from '../../../local/iam/permissions.ts';
import type { JsonObject } from '../../../local/json.ts';
import { createKms } from '../../../local/kms/service.ts';
import { clientOptions, serve } from '../../support/serve.ts';

export const DAY_MS = 86_400_000;

/** Opens the service on a real socket. The test sets the denied actions. */
export async function setUp(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'kms-'));
  const identities = new Identities({ wellKnownKeys: true });
  const world: { denied?: readonly string[] } = {};
  const open = () =>
    createKms({
      dataDir,
      identities,
      now: () => new Date(),
      permissions: operatorPermissions(() => world.denied),
    });
  let service = open();
  const endpoint = await serve(t, (request) => service.handle(request));
  const kms = new KMS({ ...clientOptions(endpoint), disableClockSkewCorrection: true });
  t.after(() => {
    kms.destroy();
    rmSync(dataDir, { recursive: true });
  });
  return {
    dataDir,
    endpoint,
    kms,
    world,
    /** Returns the handler of keys in templates. */
    resource() {
      const [handler] = service.resources;
      if (handler === undefined) throw new Error('no handler');
      return handler;
    },
    /** Advances the clocks of service and client. */
    advance(milliseconds: number) {
      const to = Date.now() + milliseconds;
      t.mock.timers.reset();
      t.mock.timers.enable({ apis: ['Date'], now: to });
    },
    /** Opens the folder again, like a new process. */
    reopen: () => {
      service = open();
    },
    /** Creates a key. Returns its id. */
    async create(parameters: object = {}): Promise<string> {
      const { KeyMetadata } = await kms.createKey({ ...ED25519, ...parameters });
      return KeyMetadata?.KeyId ?? '';
    },
  };
}

export const ED25519 = { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' } as const;

export const ARN = (id: string) => `arn:aws:kms:us-east-1:000000000000:key/${id}`;

export const keyPolicy = (...statements: JsonObject[]): JsonObject => ({
  Version: '2012-10-17',
  Statement: [...statements],
});

export const statement = (Action: string | string[], more: JsonObject = {}): JsonObject => ({
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::000000000000:root' },
  Action,
  Resource: '*',
  ...more,
});
