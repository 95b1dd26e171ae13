import { App } from 'aws-cdk-lib/core';
import type { PoolIdentity } from '../edge/config.ts';
import { omitUndefined } from '../protocol/fields.ts';
import { signingKeysOf } from '../protocol/signing-key.ts';
import type { EdgeKeys } from './edge-code.ts';
import type { StackOptions } from './options.ts';
import { UploadStack } from './upload-stack.ts';

/*
 * The stack as an app for the CDK's command line, in a clone after `npm run build`. `edge-upload deploy` does not use it.
 * The edge function's code contains the user pool's identity, so a first deploy by hand takes two steps:
 *
 *   npx cdk deploy
 *   npx cdk deploy -c userPoolId=… -c clientId=… \
 *     -c jwks="$(curl -s https://cognito-idp.us-east-1.amazonaws.com/<user pool id>/.well-known/jwks.json)"
 *
 * Every later deploy needs the same values; without them, it deletes the distribution. Other context values:
 *
 * - `stackName`
 * - `options`, as JSON: see StackOptions in infra/options.ts
 * - `keySets` and `bakedAt`, if the options trust issuers: their key sets by alias, as JSON, and the seconds since 1970 of
 *   their download: -c keySets="{\"corp\":$(curl -s https://…/jwks)}" -c bakedAt=…
 * - `managedLogin`, for a page and a pool with an identity provider: the origin of its managed login, https://…
 * - `signingKeys`, if the options have signing keys: the public keys as a key set, "{\"keys\":[…]}"
 */
const app = new App({ analyticsReporting: false });

function text(name: string): string | undefined {
  const value: unknown = app.node.tryGetContext(name);
  return value === undefined ? undefined : String(value);
}

/** Returns a context value that is an object: JSON on the command line, JSON or an object in cdk.json. */
function object(name: string): object | undefined {
  const value: unknown = app.node.tryGetContext(name);
  const read: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  if (read === undefined || (typeof read === 'object' && read !== null)) return read;
  throw new Error(`the context value “${name}” must be a JSON object`);
}

function readIdentity(): PoolIdentity | undefined {
  const userPoolId = text('userPoolId');
  const clientId = text('clientId');
  const jwks = object('jwks');
  if (userPoolId === undefined && clientId === undefined && jwks === undefined) return undefined;
  if (userPoolId === undefined || clientId === undefined || jwks === undefined) {
    throw new Error('the context values userPoolId, clientId and jwks must be given together');
  }
  const managedLogin = text('managedLogin');
  return { userPoolId, clientId, jwks: { keys: signingKeysOf(jwks) }, ...omitUndefined({ managedLogin }) };
}

/** Returns the keys of the edge; `undefined` for the identity half. A stack without a user pool needs only key sets. */
function readEdge(): EdgeKeys | undefined {
  const pool = readIdentity();
  const documents = object('keySets');
  if (pool === undefined && documents === undefined) return undefined;
  const keySets = Object.entries(documents ?? {}).map(([alias, keySet]) => [alias, signingKeysOf(keySet)]);
  const seconds = text('bakedAt');
  if (keySets.length > 0 !== (seconds !== undefined)) {
    throw new Error('the context values keySets and bakedAt must be given together');
  }
  const bakedAt = seconds === undefined ? undefined : Number(seconds);
  const signingKeys = object('signingKeys');
  const signing = signingKeys && signingKeysOf(signingKeys);
  return { keySets: Object.fromEntries(keySets), ...omitUndefined({ pool, bakedAt, signing }) };
}

const edge = readEdge();
new UploadStack(app, 'UploadStack', {
  stackName: text('stackName') ?? 'edge-upload',
  options: (object('options') ?? {}) as StackOptions,
  ...omitUndefined({ edge }),
});
app.synth();
