import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ACCOUNT_ID } from '../../local/account.ts';
import { sha256 } from '../../local/auth/canonical.ts';
import { sign } from '../../local/auth/sigv4.ts';
import { flattenHeaders, splitTarget } from '../../local/wire/node-http.ts';
import type { LocalStatus } from './harness.ts';

/** A proxy between a command and the AWS endpoint that records the calls. */
export interface Recorder {
  readonly endpoint: string;
  /** The IAM actions of all signed calls so far, sorted. */
  actions(): string[];
  /** The calls with their resources, each once. */
  calls(): Call[];
  close(): Promise<void>;
}

/** A call as IAM sees it. */
export interface Call {
  readonly action: string;
  /** An ARN. Only for S3 and KMS. */
  readonly resource?: string;
}

const TARGETS: Readonly<Record<string, string>> = {
  AWSCognitoIdentityProviderService: 'cognito-idp',
  Logs_20140328: 'logs',
  TrentService: 'kms',
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
function s3Actions(method: string, url: URL): string[] {
  const asked = (name: string) => url.searchParams.has(name);
  const isBucket = url.pathname.split('/').filter(Boolean).length < 2;
  if (method === 'POST' && asked('delete')) return ['s3:DeleteObject', 's3:DeleteObjectVersion'];
  if (method === 'GET' && asked('versions')) return ['s3:ListBucketVersions'];
  if (method === 'GET' && asked('versioning')) return ['s3:GetBucketVersioning'];
  if (method === 'GET' && asked('object-lock')) return ['s3:GetBucketObjectLockConfiguration'];
  if (method === 'GET' && asked('policy')) return ['s3:GetBucketPolicy'];
  if (method === 'GET' && asked('uploads')) return ['s3:ListBucketMultipartUploads'];
  if (method === 'DELETE' && asked('uploadId')) return ['s3:AbortMultipartUpload'];
  if (method === 'DELETE' && isBucket) return ['s3:DeleteBucket'];
  if (['GET', 'HEAD'].includes(method) && isBucket) return ['s3:ListBucket'];
  if (method === 'GET' || method === 'HEAD') return ['s3:GetObject'];
  if (method === 'PUT' && !isBucket) return ['s3:PutObject'];
  if (method === 'DELETE') return [asked('versionId') ? 's3:DeleteObjectVersion' : 's3:DeleteObject'];
  throw new Error(`no IAM action is known for ${method} ${url.pathname}${url.search}`);
}

function lambdaActions(method: string, url: string): string[] {
  if (method === 'GET' && url.includes('/account-settings')) return ['lambda:GetAccountSettings'];
  if (method === 'GET') return ['lambda:GetFunction'];
  if (method === 'DELETE') return ['lambda:DeleteFunction'];
  throw new Error(`no IAM action is known for ${method} of Lambda`);
}

/** Returns the region and service that a request is signed for; `undefined` for an unsigned request. */
function scopeOf({ headers }: IncomingMessage): { region: string; service: string } | undefined {
  const found = /Credential=[^/]+\/\d+\/([\w-]+)\/([\w-]+)\//.exec(headers.authorization ?? '');
  return found === null ? undefined : { region: found[1] ?? '', service: found[2] ?? '' };
}

/** Returns headers with which the cloud accepts a request that was signed for the recorder's host. */
function forwardedHeaders(
  request: IncomingMessage,
  body: Buffer,
  host: string,
  { accessKeyId, secretAccessKey: secret }: LocalStatus,
): Record<string, string> {
  const { authorization: _, ...rest } = flattenHeaders(request.headers);
  const headers: Record<string, string> = { ...rest, host };
  const scope = scopeOf(request);
  if (scope === undefined) return headers;
  const { method = 'GET', url = '/' } = request;
  const signing = { accessKeyId, secret, ...scope, now: new Date(), payloadHash: sha256(body) };
  return { ...headers, ...sign({ method, ...splitTarget(url), headers }, signing) };
}

function actionsOf(request: IncomingMessage, body: Buffer): string[] {
  const { method = '', url = '/', headers } = request;
  const service = scopeOf(request)?.service;
  // Unsigned requests need no permission: sign-ins, and the pool's public keys.
  if (service === undefined) return [];
  const [targetService = '', operation = ''] = String(headers['x-amz-target'] ?? '').split('.');
  const prefix = TARGETS[targetService];
  if (prefix !== undefined) return [`${prefix}:${operation}`];
  if (service === 's3') return s3Actions(method, new URL(url, 'http://s3'));
  if (service === 'lambda') return lambdaActions(method, url);
  return [`${service}:${new URLSearchParams(body.toString('utf8')).get('Action')}`];
}

const keyArn = (id: string) => (id.startsWith('arn:') ? id : `arn:aws:kms:us-east-1:${ACCOUNT_ID}:key/${id}`);

function callsOf(request: IncomingMessage, body: Buffer): Call[] {
  const actions = actionsOf(request, body);
  const [first = ''] = actions;
  if (first.startsWith('kms:')) {
    const { KeyId } = JSON.parse(body.toString('utf8')) as { KeyId?: string };
    return actions.map((action) => ({ action, resource: KeyId === undefined ? '*' : keyArn(KeyId) }));
  }
  if (!first.startsWith('s3:')) return actions.map((action) => ({ action }));
  const { pathname } = new URL(request.url ?? '/', 'http://s3');
  const path = decodeURIComponent(pathname).replace(/^\/|\/$/g, '');
  const listed = [...body.toString('utf8').matchAll(/<Key>([^<]*)<\/Key>/g)].map(
    ([, key]) => `${path}/${key}`,
  );
  const isDeletion = actions.includes('s3:DeleteObject') && request.method === 'POST';
  return (isDeletion ? listed : [path]).flatMap((at) =>
    actions.map((action) => ({ action, resource: `arn:aws:s3:::${at}` })),
  );
}

interface Refusal {
  /** Error code of most services. Services with JSON append `Exception`. */
  readonly code: 'AccessDenied' | 'ExpiredToken';
  readonly message: string;
}

const denial = (action: string): Refusal => ({
  code: 'AccessDenied',
  message: `User: arn:aws:iam::123456789012:user/ada is not authorized to perform: ${action}`,
});

const EXPIRED: Refusal = {
  code: 'ExpiredToken',
  message: 'The security token included in the request is expired',
};

/** Refuses a call like AWS, in the protocol of the service. */
function refuse(
  response: ServerResponse,
  { headers }: IncomingMessage,
  action: string,
  { code, message }: Refusal,
): void {
  if (headers['x-amz-target'] !== undefined || action.startsWith('lambda:')) {
    response.writeHead(400, { 'x-amzn-errortype': `${code}Exception` });
    response.end(JSON.stringify({ __type: `${code}Exception`, message }));
    return;
  }
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(403, { 'content-type': 'text/xml' });
  response.end(action.startsWith('s3:') ? error : `<ErrorResponse>${error}</ErrorResponse>`);
}

/**
 * Starts a recorder in front of a cloud's endpoint. The caller closes it.
 * @param before Awaited before a call is forwarded.
 * @param denied Actions to refuse with AccessDenied. Can be changed while the recorder runs.
 * @param isExpired Returns whether the caller's session has expired. Called for each action.
 */
export async function startRecorder(
  cloud: LocalStatus,
  before: (action: string) => Promise<void> = async () => {},
  denied: ReadonlySet<string> = new Set(),
  isExpired: (action: string) => boolean = () => false,
): Promise<Recorder> {
  const recorded = new Map<string, Call>();
  const target = new URL(cloud.endpoint);
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    for (const call of callsOf(request, body)) {
      const { action, resource = '' } = call;
      recorded.set(`${action} ${resource}`, call);
      await before(action);
      if (isExpired(action)) return refuse(response, request, action, EXPIRED);
      if (denied.has(action)) return refuse(response, request, action, denial(action));
    }
    const passed = send(
      {
        host: target.hostname,
        port: target.port,
        method: request.method,
        path: request.url,
        headers: forwardedHeaders(request, body, target.host, cloud),
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on('error', () => response.destroy());
    passed.end(body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    actions: () => [...new Set([...recorded.values()].map(({ action }) => action))].sort(),
    calls: () => [...recorded.values()],
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
