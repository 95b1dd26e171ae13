import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type AccessKey, openAccessKey } from './auth/access-key.ts';
import { accountClient } from './auth/account-client.ts';
import { Identities } from './auth/identities.ts';
import { createCloudFormation } from './cloudformation/service.ts';
import { createCloudFront } from './cloudfront/service.ts';
import { createCognito } from './cognito/service.ts';
import { createEvents } from './events/service.ts';
import { withLateWriter } from './faults/late-writer.ts';
import { conflictsOf, throttleOf } from './faults/throttling.ts';
import type { Faults } from './faults.ts';
import { operatorPermissions } from './iam/permissions.ts';
import { createIam } from './iam/service.ts';
import { createKms } from './kms/service.ts';
import { createLambda } from './lambda/service.ts';
import { createLogs } from './logs/service.ts';
import { bucketLogs, bucketOrigin } from './origin.ts';
import { pageRequests } from './page-requests.ts';
import { createS3 } from './s3/service.ts';
import { createSns } from './sns/service.ts';
import { createSts } from './sts/service.ts';
import { openAuthority } from './tls/authority.ts';
import { listenBehindGate, refusePlainly } from './wire/gate.ts';
import type { HttpHandler, HttpRequest } from './wire/http.ts';
import { nodeListener } from './wire/node-http.ts';

type ServiceName =
  | 's3'
  | 'cognito-idp'
  | 'cloudformation'
  | 'lambda'
  | 'logs'
  | 'sts'
  | 'iam'
  | 'events'
  | 'kms'
  | 'sns'
  | 'control';

const CREDENTIAL_SCOPE = /Credential=[^/,\s]+\/\d{8}\/[^/,\s]+\/([a-z0-9-]+)\/aws4_request/;
const SIGNED_FOR = new Set<string>([
  's3',
  'cognito-idp',
  'cloudformation',
  'lambda',
  'logs',
  'sts',
  'iam',
  'events',
  'kms',
  'sns',
]);

/** Links in mails, which carry no signature. */
const SNS_LINK = /(?:^|&)Action=(?:ConfirmSubscription|Unsubscribe)(?:&|$)/;

/**
 * Returns the service of a request. AWS decides by the host name; here it is the service that the client signed for,
 * or else a form that only one service has. S3 gets the rest.
 */
function serviceOf({ method, path, query, headers }: HttpRequest): ServiceName {
  if (path.startsWith('/_edge-upload/')) return 'control';
  const signedFor = CREDENTIAL_SCOPE.exec(headers.authorization ?? '')?.[1];
  if (signedFor !== undefined && SIGNED_FOR.has(signedFor)) return signedFor as ServiceName;
  if (headers['x-amz-target']?.startsWith('AWSCognitoIdentityProviderService.')) return 'cognito-idp';
  if (/^\/[a-z0-9-]+_[A-Za-z0-9]+\/\.well-known\//.test(path)) return 'cognito-idp';
  if (/^\/(2015-03-31\/functions|2016-08-19\/account-settings)/.test(path)) return 'lambda';
  if (method === 'GET' && path === '/' && SNS_LINK.test(query)) return 'sns';
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return form && path === '/' ? 'cloudformation' : 's3';
}

export interface CloudOptions {
  /** Folder of all state, objects, keys and certificates. One process at a time. */
  readonly dataDir: string;
  /** Loopback port of the AWS endpoint; 0 takes a free one. */
  readonly port: number;
  readonly now?: () => Date;
  /** Also accepts every key whose secret is the same word, such as `test`/`test`. */
  readonly wellKnownKeys?: boolean;
  readonly faults?: Faults;
  /** Called with defects of the cloud itself, never with refused requests. */
  readonly onDefect?: (error: unknown) => void;
  /** Answers requests below `/_edge-upload/`, which no AWS service uses. */
  readonly control?: HttpHandler;
}

export interface Cloud {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** What clients sign with; created when the cloud is first started, and kept in `keys.json`. */
  readonly accessKey: AccessKey;
  /** PEM file of the authority that signs the distributions' certificates. */
  readonly caFile: string;
  /** Folder of the e-mail and text messages that AWS would send, a file each. */
  readonly outboxDir: string;
  /** What isolates functions on this computer, in words. */
  isolation(): string;
  /** Resolves when no stack operation is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Longer than Node's 5 s: a busy client would reuse a connection while it is being closed. */
const KEEP_ALIVE_MS = 60_000;
/** Objects expire at midnight UTC, and the check can be late by minutes. */
const LIFECYCLE_EVERY_MS = 600_000;

/** Puts the embedded services together as AWS does: one account, one region, one endpoint, a listener a distribution. */
export async function openCloud(options: CloudOptions): Promise<Cloud> {
  const {
    now = () => new Date(),
    wellKnownKeys = false,
    faults = {},
    onDefect = () => {},
    control,
  } = options;
  const folder = (name: string) => join(options.dataDir, name);
  const permissions = operatorPermissions(() => faults.operator?.denied);
  const accessKey = openAccessKey(folder('keys.json'));
  const identities = new Identities({ accessKey, wellKnownKeys });
  const common = (name: string) => ({ dataDir: folder(name), now, identities, permissions });

  const authority = await openAuthority({ dir: folder('tls'), now });
  const s3 = createS3({
    ...common('s3'),
    events: (event) => {
      try {
        events.put(event);
      } catch (error) {
        onDefect(error);
      }
    },
    throttle: throttleOf('s3', () => faults),
    conflicts: conflictsOf(() => faults),
  });
  const cognito = createCognito({ ...common('cognito'), keyChange: () => faults.poolKeys });
  let address = '';
  const sns = createSns({ ...common('sns'), send: cognito.send, endpoint: () => address });
  const events = createEvents({
    ...common('events'),
    publish: (topicArn, message, sourceArn) =>
      sns.publish(topicArn, message, { service: 'events.amazonaws.com', sourceArn }),
  });
  const iam = createIam(common('iam'));
  const kms = createKms(common('kms'));
  const sts = createSts({ identities, now, permissions });
  const logs = createLogs(common('logs'));
  const lambda = createLambda({
    log: logs.write,
    ...common('lambda'),
    network: (request) => endpoint(request),
    keySetFault: (url) => faults.keySets?.[url],
    isReplicated: (versionArn) => cloudfront.isReplicated(versionArn),
    roleTrusts: iam.trustedServices,
    throttle: throttleOf('lambda', () => faults),
    concurrency: () => faults.lambdaConcurrency ?? 1000,
  });
  const cloudfront = createCloudFront({
    ...common('cloudfront'),
    origins: bucketOrigin(s3.handle),
    logs: bucketLogs(s3.logs),
    invoke: lambda.invoke,
    describeVersion: lambda.describeVersion,
    trustedServices: iam.trustedServices,
    authority,
    faults: () => faults,
    onDefect,
  });
  const asAccount = accountClient(s3.handle, identities, now);
  const cloudformation = createCloudFormation({
    ...common('cloudformation'),
    getObject: ({ bucket, key, versionId }) =>
      asAccount({
        method: 'GET',
        path: `/${bucket}/${key}`,
        query: versionId === undefined ? '' : `versionId=${encodeURIComponent(versionId)}`,
      }),
    resources: [s3, cognito, iam, kms, logs, lambda, cloudfront, events, sns].flatMap(
      ({ resources }) => resources,
    ),
    faults,
    onDefect,
  });

  const handlers: Record<ReturnType<typeof serviceOf>, HttpHandler> = {
    s3: withLateWriter(s3.handle, asAccount, () => faults),
    'cognito-idp': cognito.handle,
    cloudformation: cloudformation.handle,
    lambda: lambda.handle,
    logs: logs.handle,
    sts: sts.handle,
    iam: iam.handle,
    events: events.handle,
    sns: sns.handle,
    kms: kms.handle,
    control: control ?? s3.handle,
  };
  const endpoint: HttpHandler = (request) => handlers[serviceOf(request)](request);

  await cloudfront.start();
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS });
  const pages = pageRequests(cloudfront.pageOrigins);
  const answer = nodeListener(pages.answer(endpoint), onDefect);
  listenBehindGate(
    server,
    { scheme: 'http', refuse: refusePlainly, allowsPage: pages.allows },
    (request, response, expectsContinue) => {
      if (expectsContinue) response.writeContinue();
      answer(request, response);
    },
  );
  const port = await listen(server, options.port);
  address = `http://127.0.0.1:${port}`;
  await cloudformation.resume();
  const applyLifecycles = () => void s3.applyLifecycles().catch(onDefect);
  applyLifecycles();
  const lifecycles = setInterval(applyLifecycles, LIFECYCLE_EVERY_MS).unref();

  return {
    endpoint: address,
    accessKey,
    caFile: authority.caFile,
    outboxDir: cognito.outboxDir,
    isolation: lambda.isolation,
    idle: () => cloudformation.idle(),
    async close() {
      clearInterval(lifecycles);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await cloudformation.idle();
      await cloudfront.close();
      await lambda.close();
      logs.close();
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
