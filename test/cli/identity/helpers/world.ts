import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { rootCertificates } from 'node:tls';
import { InUse } from '../../../../cli/command-line.ts';
import type { Context, Result } from '../../../../cli/context.ts';
import { isUserError, type UserError } from '../../../../cli/errors.ts';
import { createSentCredentials } from '../../../../cli/sent-credentials.ts';
import { rememberDeployment } from '../../../../cli/settings/deployments.ts';
import { cannotAsk, cannotConfirm } from '../../../../cli/ui/questions.ts';
import type { Question } from '../../../../cli/ui/ui.ts';
import type { UploadPolicy } from '../../../../edge/config.ts';
import { describeEdge } from '../../../../edge/description.ts';
import { poolIssuer } from '../../../../edge/issuers.ts';
import type { JsonObject } from '../../../../local/json.ts';
import { nodeListener } from '../../../../local/wire/node-http.ts';
import { omitUndefined } from '../../../../protocol/fields.ts';
import { type Setup, setUp } from '../../../local/cognito/harness.ts';
import { type FlatEvent, type FlatResult, flatEvents, flatResult } from '../../../support/flat.ts';
import { TOKEN_IN_TEXT } from '../../../support/keys/forge.ts';
import { listen } from '../../../support/serve.ts';

export const PASSWORD = 'Correct-horse-42!';
export const NEW_PASSWORD = 'Brand-new-horse-43!';

/** An answer, or a function that is called when the prompt appears. */
type Answer = string | (() => string);

/** The user's answers by the beginning of the prompt. Each prompt takes the next answer of a list. */
export type Person = Record<string, Answer | Answer[]>;

interface Seen {
  readonly events: FlatEvent[];
  readonly prompts: string[];
}

interface Substitute {
  readonly status: number;
  readonly body: unknown;
}

type Interceptor = (
  operation: string,
  body: string,
) => Substitute | undefined | Promise<Substitute | undefined> | Promise<void>;

/** Serves an edge. Like CloudFront, it accepts more than Node's 16 KiB of headers. */
const serve = (t: Pick<TestContext, 'after'>, listener: RequestListener) =>
  listen(t, createServer({ maxHeaderSize: 32 * 1024 }, listener));

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export interface World {
  readonly url: string;
  readonly cognitoUrl: string;
  readonly setup: Setup;
  readonly home: string;
  readonly env: Record<string, string>;
  /** Names of the operations that reached Cognito, in order. */
  readonly operations: string[];
  /** Token and body of each request to the edge. */
  readonly edgeRequests: { authorization?: string; body: string }[];
  /** Sees each request before Cognito does, and can respond instead. */
  intercept(interceptor: Interceptor): void;
  /** Executes the next request for an operation whose body contains the text, but loses the response. */
  lose(operation: string, text?: string): void;
  /** Changes the upload policy of the edge. */
  allow(policy: UploadPolicy): void;
  context(options?: { env?: Record<string, string>; person?: Person; stdin?: string }): Context & Seen;
  /** Adds texts that no output may contain. */
  secret(...texts: string[]): void;
  /** Adds text that a user could see. The end of the test checks it for secrets. */
  shown(text: string): void;
  /** Records the deployment as one in an embedded cloud that this computer operates. */
  operate(): Promise<void>;
  user(
    username: string,
    options?: { temporary?: boolean; attributes?: Record<string, string> },
  ): Promise<void>;
}

/** Opens an edge and the embedded Cognito on real sockets, and a separate computer for the user. */
export async function world(
  t: Pick<TestContext, 'after'>,
  options: { pool?: JsonObject; client?: JsonObject } = {},
): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), 'edge-upload-identity-'));
  const setup = await setUp(t, options);
  const operations: string[] = [];
  const edgeRequests: { authorization?: string; body: string }[] = [];
  const secrets = new Set<string>([PASSWORD, NEW_PASSWORD]);
  const shown: string[] = [];
  let interceptor: Interceptor = () => undefined;
  let lost: { readonly operation: string; readonly text: string } | undefined;
  let policy: UploadPolicy = {};

  const cognitoUrl = await serve(t, async (incoming, response) => {
    const body = await textOf(incoming);
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    operations.push(operation);
    const instead = await interceptor(operation, body);
    if (instead !== undefined) {
      response.writeHead(instead.status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(instead.body));
      return;
    }
    const handled = await setup.cognito().handle({
      method: incoming.method ?? 'POST',
      path: '/',
      query: '',
      headers: incoming.headers as Record<string, string>,
      body: Readable.from([Buffer.from(body)]),
    });
    if (lost?.operation === operation && body.includes(lost.text)) {
      lost = undefined;
      response.destroy();
      return;
    }
    nodeListener(
      async () => handled,
      (error) => {
        throw error;
      },
    )(incoming, response);
  });

  const url = await serve(t, async (incoming, response) => {
    const { authorization } = incoming.headers;
    edgeRequests.push({
      body: await textOf(incoming),
      ...omitUndefined({ authorization }),
    });
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (incoming.url !== '/.well-known/edge-upload')
      return answer(405, { error: 'method_not_allowed', message: '' });
    const identity = { userPoolId: setup.UserPoolId, clientId: setup.ClientId, jwks: { keys: [] } };
    const issuer = poolIssuer(identity, policy);
    const { maxSize, corsOrigins } = policy;
    const config = { issuers: [issuer], policy: omitUndefined({ maxSize, corsOrigins }), origins: [] };
    if (authorization === undefined) return answer(200, describeEdge(config));
    const verifier = await setup.verifier('access');
    try {
      const claims = await verifier.verify(authorization.replace(/^Bearer /, ''));
      const { sub, exp, username, 'cognito:groups': groups = [] } = claims;
      const tokenExpiresAt = new Date(exp * 1000);
      const caller = { issuer, name: String(username), sub, groups, claims: { ...claims }, tokenExpiresAt };
      answer(200, describeEdge(config, caller));
    } catch {
      answer(401, { error: 'token_expired', message: 'The token has expired.' });
    }
  });

  const env = {
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    EDGE_UPLOAD_KEYRING: 'off',
    AWS_ENDPOINT_URL: cognitoUrl,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };

  t.after(() => {
    rmSync(home, { recursive: true, force: true });
    for (const text of shown) {
      for (const secret of secrets)
        assert.ok(!text.includes(secret), `a secret is shown: ${text.slice(0, 200)}`);
      assert.doesNotMatch(text, TOKEN_IN_TEXT, 'a token is shown');
    }
  });

  return {
    url,
    cognitoUrl,
    setup,
    home,
    env,
    operations,
    edgeRequests,
    intercept(next) {
      interceptor = next;
    },
    lose(operation, text = '') {
      lost = { operation, text };
    },
    allow(next) {
      policy = next;
    },
    secret: (...texts) => {
      for (const text of texts) secrets.add(text);
    },
    shown: (text) => void shown.push(text),
    context({ env: more = {}, person, stdin } = {}) {
      const events: FlatEvent[] = [];
      const inUse = new InUse();
      const prompts: string[] = [];
      const left = Object.fromEntries(
        Object.entries(person ?? {}).map(([key, given]) => [key, Array.isArray(given) ? [...given] : given]),
      );
      const answer = ({ prompt, flag, secret, reject }: Question): string => {
        prompts.push(prompt);
        const key = Object.keys(left).find((one) => prompt.startsWith(one));
        const found = key === undefined ? undefined : left[key];
        const next = Array.isArray(found) ? found.shift() : found;
        const given = typeof next === 'function' ? next() : next;
        if (given === undefined) throw new Error(`nobody was to be asked for “${prompt}” (${flag})`);
        if (secret) secrets.add(given);
        const refusal = reject?.(given);
        return refusal === undefined
          ? given
          : answer({ prompt, flag, secret: secret ?? false, ...(reject && { reject }) });
      };
      return {
        // A terminal, or a pipe without a writer, yields nothing and does not end.
        stdin:
          stdin === undefined ? new PassThrough() : Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
        stdout: process.stdout,
        stderr: process.stderr,
        env: { ...env, ...more },
        platform: process.platform,
        cwd: home,
        home,
        execPath: process.execPath,
        sent: createSentCredentials(),
        now: setup.clock.now,
        options: { json: false, quiet: false, debug: true, color: false },
        signal: new AbortController().signal,
        inUse,
        ui: {
          interactive: person !== undefined,
          event: (event) => {
            events.push(...flatEvents(event, inUse));
            shown.push(JSON.stringify(event));
          },
          async ask(question) {
            if (person === undefined) throw cannotAsk(question.prompt, question.flag);
            return answer(question);
          },
          async confirm(prompt, flag) {
            if (person === undefined) throw cannotConfirm(prompt, flag);
            return answer({ prompt, flag }) === 'y';
          },
          close() {},
        },
        events,
        prompts,
      };
    },
    async operate() {
      const cloud = join(home, 'cloud');
      const caFile = join(cloud, 'tls', 'ca.pem');
      mkdirSync(join(cloud, 'tls'), { recursive: true });
      writeFileSync(caFile, rootCertificates[0] ?? '');
      writeFileSync(
        join(cloud, 'keys.json'),
        JSON.stringify({ accessKeyId: 'test', secretAccessKey: 'test' }),
      );
      const { UserPoolId: userPoolId, ClientId: clientId } = setup;
      await rememberDeployment(
        { env, platform: process.platform, home },
        {
          name: 'studio',
          url,
          region: 'us-east-1',
          userPoolId,
          clientId,
          bucket: 'studio-bucket',
          local: { endpoint: cognitoUrl, caFile },
        },
      );
    },
    async user(username, { temporary = false, attributes = {} } = {}) {
      const { sdk, UserPoolId } = setup;
      await sdk.adminCreateUser({
        UserPoolId,
        Username: username,
        MessageAction: 'SUPPRESS',
        TemporaryPassword: PASSWORD,
        UserAttributes: Object.entries({ email: `${username}@example.com`, ...attributes }).map(
          ([Name, Value]) => ({
            Name,
            Value,
          }),
        ),
      });
      if (!temporary) {
        await sdk.adminSetUserPassword({
          UserPoolId,
          Username: username,
          Password: PASSWORD,
          Permanent: true,
        });
      }
    },
  };
}

/** Runs a command, and checks that its output contains no secret. */
export async function run(
  here: World,
  command: Promise<Result>,
  { tokenOut = false } = {},
): Promise<FlatResult> {
  const result = flatResult(await command);
  if (!tokenOut) {
    here.shown(JSON.stringify(result.document));
    here.shown(result.text ?? '');
  }
  return result;
}

/** Returns the error of a command. `--debug` prints its causes, so none of them may contain a secret. */
export async function failure(
  here: World,
  command: Promise<unknown>,
  { hintless = false } = {},
): Promise<UserError> {
  const error = await command.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!isUserError(error)) throw error;
  here.shown(`${error.message}\n${error.hint ?? ''}`);
  for (let at: unknown = error; at instanceof Error; at = at.cause) here.shown(`${at.message}\n${at.stack}`);
  assert.ok(hintless || error.hint, 'it says what to do next');
  return error;
}

/** The stored tokens that tests read. */
export interface KeptFile {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAt: string;
  readonly username: string;
}
