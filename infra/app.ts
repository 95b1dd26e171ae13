import { App } from 'aws-cdk-lib/core';
import type { PoolIdentity } from '../edge/config.ts';
import { omitUndefined } from '../protocol/omit-undefined.ts';
import { signingKeysOf } from '../protocol/signing-key.ts';
import type { EdgeKeys } from './edge-code.ts';
import type { StackOptions } from './options.ts';
import { UploadStack } from './upload-stack.ts';

/*
 * The stack for the CDK's own command line, from a clone and after `npm run build`; `edge-upload deploy` does without.
 * The edge function has the user pool's identity baked in, so a first deploy by hand takes two steps:
 *
 *   npx cdk deploy
 *   npx cdk deploy -c userPoolId=… -c clientId=… \
 *     -c jwks="$(curl -s https://cognito-idp.us-east-1.amazonaws.com/<user pool id>/.well-known/jwks.json)"
 *
 * Every later deploy takes the same values: without them, the distribution would be deleted.
 * More context: stackName, options as JSON (see StackOptions in infra/options.ts), and for their trusted issuers the key
 * sets by alias as JSON with the seconds since 1970: -c keySets="{\"corp\":$(curl -s https://…/jwks)}" -c bakedAt=…
 * For a page with a provider behind the pool, the origin of its managed login: -c managedLogin=https://…
 * For their signing keys, the public halves as a key set: -c signingKeys="{\"keys\":[…]}"
 */
const app = new App({ analyticsReporting: false });

function text(name: string): string | undefined {
  const value: unknown = app.node.tryGetContext(name);
  return value === undefined ? undefined : String(value);
}

/** A context value from the command line is text; one from cdk.json can be an object. */
function object(name: string): object | undefined {
  const value: unknown = app.node.tryGetContext(name);
  const read: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  if (read === undefined || (typeof read === 'object' && read !== null)) return read;
  throw new Error(`the context value “${name}” is to be a JSON object`);
}

function readIdentity(): PoolIdentity | undefined {
  const userPoolId = text('userPoolId');
  const clientId = text('clientId');
  const jwks = object('jwks');
  if (userPoolId === undefined && clientId === undefined && jwks === undefined) return undefined;
  if (userPoolId === undefined || clientId === undefined || jwks === undefined) {
    throw new Error('the context values userPoolId, clientId and jwks go together');
  }
  const managedLogin = text('managedLogin');
  return { userPoolId, clientId, jwks: { keys: signingKeysOf(jwks) }, ...omitUndefined({ managedLogin }) };
}

/** Without a user pool, key sets are enough for the whole stack. */
function readEdge(): EdgeKeys | undefined {
  const pool = readIdentity();
  const documents = object('keySets');
  if (pool === undefined && documents === undefined) return undefined;
  const keySets = Object.entries(documents ?? {}).map(([alias, keySet]) => [alias, signingKeysOf(keySet)]);
  const seconds = text('bakedAt');
  if (keySets.length > 0 !== (seconds !== undefined)) {
    throw new Error('the context values keySets and bakedAt go together');
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
