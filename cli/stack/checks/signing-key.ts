import type { StackOptions } from '../../../infra/options.ts';
import { table } from '../../../protocol/fields.ts';
import type { HintLine } from '../../command-line.ts';
import type { UserError } from '../../errors.ts';
import { formatMinute } from '../../ui/format.ts';
import type { StackWork } from '../find-stack.ts';
import { describeKey } from '../kms-keys.ts';
import { readOptions } from '../options/deployed-options.ts';
import {
  isUnusable,
  kmsFailure,
  type SigningKey,
  signingKeyIds,
  unusableKey,
} from '../signing/signing-key.ts';
import type { Check, StackSnapshot } from './check.ts';

/** A signing key of the stack, as KMS describes it. */
export interface DescribedKey extends Pick<SigningKey, 'id' | 'keyId'> {
  /** State in KMS; `Missing` if the key was deleted, `Unknown` if the operator is not allowed to read it. */
  readonly state: string;
  /** When the key is deleted, if that is scheduled. */
  readonly deletedAt?: string;
  /** KMS's error if the operator is not allowed to read the state. */
  readonly denied?: UserError;
  /** When its last token expires. Absent for the newest key. */
  readonly until?: string;
}

/** Returns the signing keys of the stack with their states, newest first. */
export async function describeSigningKeys(
  work: StackWork,
  options: StackOptions,
  { resources }: Pick<StackSnapshot, 'resources'>,
): Promise<readonly DescribedKey[]> {
  const ends = new Map(options.signing?.keys.map(({ id, until }) => [id, until]));
  const ids = await signingKeyIds(options, resources);
  return Promise.all(
    ids.map(async (key) => {
      const until = ends.get(key.id);
      return {
        ...(await described(work, key)),
        ...(until !== undefined && { until: new Date(until * 1000).toISOString() }),
      };
    }),
  );
}

async function described(work: StackWork, key: Pick<SigningKey, 'id' | 'keyId'>): Promise<DescribedKey> {
  try {
    const { KeyState = 'Unknown', DeletionDate } = (await describeKey(work, key.keyId)) ?? {};
    return { ...key, state: KeyState, ...(DeletionDate && { deletedAt: DeletionDate.toISOString() }) };
  } catch (error) {
    const failure = kmsFailure(error, `Looking up the signing key ${key.id}`, key);
    if (failure.code === 'access_denied') return { ...key, state: 'Unknown', denied: failure };
    if (failure.code === 'stack_failed') return { ...key, state: 'Missing' };
    throw failure;
  }
}

const WORDS = table<string>({
  Enabled: 'enabled',
  Disabled: 'disabled',
  PendingDeletion: 'scheduled for deletion',
  Missing: 'deleted outside edge-upload',
  Unknown: 'not allowed to read its state (kms:DescribeKey)',
});

function keyWords({ id, keyId, state, deletedAt, until }: DescribedKey): string {
  const on = deletedAt === undefined ? '' : ` on ${formatMinute(deletedAt)} UTC`;
  const end = until === undefined ? '' : `, verifies until ${formatMinute(until)} UTC`;
  return `${id} (${keyId}): ${WORDS[state] ?? state}${on}${end}`;
}

/** Returns the error for the first key that cannot sign, or for one whose state the operator is not allowed to read. */
function problemOf(keys: readonly DescribedKey[], doing: string): UserError | undefined {
  const unusable = keys.flatMap((key) => (isUnusable(key.state) ? unusableKey(key, key.state, doing) : []));
  return unusable[0] ?? keys.find(({ denied }) => denied !== undefined)?.denied;
}

/** Returns a row of `status` for each key. */
export function signingKeyRows(keys: readonly DescribedKey[]): (readonly [string, string])[] {
  return keys.map((key) => ['signing key', keyWords(key)]);
}

/** Returns the next commands for keys that cannot sign. */
export function signingKeyHints(keys: readonly DescribedKey[]): readonly HintLine[] {
  return problemOf(keys, 'Signing')?.hintLines ?? [];
}

/** Checks that every signing key exists and is enabled. */
export function signingKeyCheck(work: StackWork, snapshot: StackSnapshot): Check {
  return {
    name: 'signing key',
    run: async () => {
      const template = await snapshot.template();
      if (template === undefined) return { skipped: 'there is no stack' };
      const keys = await describeSigningKeys(work, readOptions(template), snapshot);
      if (keys.length === 0) return { skipped: 'no link or key was created' };
      const problem = problemOf(keys, 'Checking the signing keys');
      if (problem?.code === 'access_denied') return { skipped: keys.map(keyWords).join('; ') };
      if (problem !== undefined) throw problem;
      return { found: keys.map(keyWords).join('; ') };
    },
  };
}
