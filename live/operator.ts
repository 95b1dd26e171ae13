import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { type Credentials, EXPIRES_TAG, REGION, STACK_PREFIX } from './account.ts';
import { type CommandLine, document } from './command-line.ts';
import { DeniedCall, type Verdict } from './probe.ts';

/** Path of the roles that runs create. */
export const ROLE_PATH = '/edge-upload-live/';

/** Name of the verdict about the policy. */
export const POLICY_VERDICT = 'operator-policy';

/** Names of a role's policies: what `edge-upload policy` prints, and what it prints with `--extras`. */
const POLICIES = { operator: [], extras: ['--extras'] } as const;

/** Milliseconds in which IAM distributes a new role. A later refusal is final. */
const SETTLED_MS = 60_000;
const AGAIN_MS = 2_000;
/**
 * Age in milliseconds from which credentials are replaced before a command. They are valid for an hour, and no command
 * takes longer than 45 minutes.
 */
const FRESH_MS = 10 * 60_000;

const ACTION = '([a-z][a-z0-9-]+:[A-Z][A-Za-z]+)';
/** Refusals as AWS and the command line phrase them. */
const REFUSALS = [
  new RegExp(`not authorized to perform: ${ACTION}(?: on resource: ([^\\s"',()]+))?`),
  new RegExp(`(?:not allowed|does not have the permissions|den(?:y|ies|ied))\\b[^.\\n]*?${ACTION}`),
];

/** Returns the first call that a text reports as denied. */
export function deniedIn(text: string): string | undefined {
  for (const refusal of REFUSALS) {
    const [, action, resource] = refusal.exec(text) ?? [];
    if (action !== undefined) return resource === undefined ? action : `${action} on ${resource}`;
  }
  return undefined;
}

interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly { readonly Sid: string }[];
}

/** A role with the operator's policy and nothing else. */
export interface Operator {
  /** Runs the command line as the operator. Throws `DeniedCall` for a denied call, even if the command succeeds. */
  readonly run: CommandLine;
  /** Returns the role's credentials. They are valid for longer than a command takes. */
  credentials(): Promise<Credentials>;
  /** Returns the secrets of all the role's credentials, for the redactor. */
  secrets(): Readonly<Record<string, string>>;
  /** Deletes the role. */
  close(): Promise<void>;
}

export interface OperatorOptions {
  readonly account: string;
  readonly stackName: string;
  readonly expires: Date;
  /** Statements to leave out, by `Sid`. */
  readonly without: readonly string[];
}

type NamedPolicy = readonly [name: string, policy: PolicyDocument];

/** Returns the policies that `edge-upload policy` prints, without the statements to leave out. */
async function readPolicies(
  run: CommandLine,
  { account, stackName, without }: OperatorOptions,
): Promise<readonly NamedPolicy[]> {
  const named = ['--stack-name', stackName, '--account', account];
  const policies = await Promise.all(
    Object.entries(POLICIES).map(async ([name, flags]) => {
      const policy = await document<PolicyDocument>(run, ['policy', ...named, ...flags]);
      return [name, policy] as const;
    }),
  );
  const sids = policies.flatMap(([, { Statement }]) => Statement.map(({ Sid }) => Sid));
  const unknown = without.find((sid) => !sids.includes(sid));
  if (unknown !== undefined) throw new Error(`The operator's policy has no statement “${unknown}”.`);
  return policies.map(([name, { Version, Statement }]) => {
    const kept = Statement.filter(({ Sid }) => !without.includes(Sid));
    return [name, { Version, Statement: kept }] as const;
  });
}

/** Creates a role with policies, and waits until they are in effect. */
async function createRole(
  iam: IAMClient,
  RoleName: string,
  { account, expires }: OperatorOptions,
  policies: readonly NamedPolicy[],
): Promise<{ readonly roleArn: string; readonly credentials: Credentials }> {
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' },
    ],
  };
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName,
      Path: ROLE_PATH,
      AssumeRolePolicyDocument: JSON.stringify(trust),
      Tags: [{ Key: EXPIRES_TAG, Value: expires.toISOString() }],
    }),
  );
  const roleArn = Role?.Arn ?? '';
  try {
    for (const [PolicyName, policy] of policies) {
      const PolicyDocument = JSON.stringify(policy);
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
    }
    return { roleArn, credentials: await settledSession(roleArn, RoleName) };
  } catch (error) {
    await deleteRole(iam, RoleName);
    throw error;
  }
}

/** Creates a role that is the operator of one stack, with the policies that `edge-upload policy` prints. */
export async function openOperator(run: CommandLine, options: OperatorOptions): Promise<Operator> {
  // The policy lets an operator change roles whose names start with the stack's, which must not include this one.
  const RoleName = `${STACK_PREFIX}operator-${options.stackName.slice(STACK_PREFIX.length)}`;
  const policies = await readPolicies(run, options);
  const iam = new IAMClient({ region: REGION });
  const created = await createRole(iam, RoleName, options, policies);
  let { credentials } = created;
  let since = Date.now();
  const issued = [credentials];
  const fresh = async () => {
    if (Date.now() - since > FRESH_MS) {
      credentials = await session(created.roleArn);
      issued.push(credentials);
      since = Date.now();
    }
    return credentials;
  };
  return {
    credentials: fresh,
    async run(args, given = {}) {
      const own = environmentOf(await fresh());
      const ran = await run(args, { ...given, env: { ...given.env, ...own } });
      const denied = deniedIn(`${ran.stdout}\n${ran.stderr}`);
      if (denied !== undefined) throw new DeniedCall(denied);
      return ran;
    },
    secrets: () =>
      Object.fromEntries(
        issued.flatMap(({ secretAccessKey, sessionToken }, at) => [
          [`secret key ${at}`, secretAccessKey],
          [`session token ${at}`, sessionToken],
        ]),
      ),
    async close() {
      await deleteRole(iam, RoleName);
      iam.destroy();
    },
  };
}

/** Returns the verdict of a run about the policy. */
export function policyVerdict(denied: DeniedCall | undefined, isWhole: boolean): Verdict {
  const judged = {
    name: POLICY_VERDICT,
    claim:
      'The policies that edge-upload policy prints, with and without --extras, allow all calls of an operator.',
    expected: { denied: null },
  } as const;
  if (denied !== undefined) return { ...judged, verdict: 'differs', seen: { denied: denied.call } };
  if (isWhole) return { ...judged, verdict: 'confirmed', seen: { denied: null } };
  return { ...judged, verdict: 'not run', reason: 'not all probes were run' };
}

/** Deletes a role that a run created. */
export async function deleteRole(iam: IAMClient, RoleName: string): Promise<void> {
  for (const PolicyName of Object.keys(POLICIES)) {
    try {
      await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
    } catch (error) {
      // An interrupted run may not have attached the policy.
      if (!(error instanceof Error) || error.name !== 'NoSuchEntityException') throw error;
    }
  }
  await iam.send(new DeleteRoleCommand({ RoleName }));
}

async function session(RoleArn: string): Promise<Credentials> {
  const sts = new STSClient({ region: REGION });
  try {
    const assumed = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'live' }));
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = assumed.Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  } finally {
    sts.destroy();
  }
}

/** Assumes a new role, and waits until its policy is in effect. */
async function settledSession(roleArn: string, RoleName: string): Promise<Credentials> {
  const end = Date.now() + SETTLED_MS;
  for (;;) {
    try {
      const credentials = await session(roleArn);
      const iam = new IAMClient({ region: REGION, credentials });
      try {
        await iam.send(new GetRoleCommand({ RoleName }));
      } finally {
        iam.destroy();
      }
      return credentials;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const denied = deniedIn(message);
      if (denied === undefined) throw error;
      if (Date.now() > end) throw new DeniedCall(denied);
      await sleep(AGAIN_MS);
    }
  }
}

function environmentOf({ accessKeyId, secretAccessKey, sessionToken }: Credentials): NodeJS.ProcessEnv {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    // A profile would take precedence.
    AWS_PROFILE: undefined,
  };
}
