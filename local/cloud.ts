import { createServer } from 'node:http';
import { join } from 'node:path';
import { omitUndefined } from '../protocol/fields.ts';
import { type AccessKey, openAccessKey } from './auth/access-key.ts';
import { accountClient } from './auth/account-client.ts';
import { Identities } from './auth/identities.ts';
import { createCloudFormation } from './cloudformation/service.ts';
import { createCloudFront } from './cloudfront/service.ts';
import type { KeyPairs } from './cognito/keys.ts';
import { createCognito } from './cognito/service.ts';
import { createEvents } from './events/service.ts';
import { withLateWriter } from './faults/late-writer.ts';
import { conflictsOf, type ThrottledService, throttleOf } from './faults/throttling.ts';
import type { Faults } from './faults.ts';
import { withPermissionChecks } from './iam/permission-checks.ts';
import { operatorPermissions, sessionPermissions } from './iam/permissions.ts';
import { createIam } from './iam/service.ts';
import { RoleSessions } from './iam/sessions.ts';
import { createKms } from './kms/service.ts';
import { createLambda } from './lambda/service.ts';
import { createLogs } from './logs/service.ts';
import { bucketLogs, bucketOrigin } from './origin.ts';
import { pageRequests } from './page-requests.ts';
import { createS3 } from './s3/service.ts';
import { type ServiceName, serviceOf } from './service-of.ts';
import { createSns } from './sns/service.ts';
import { createSts } from './sts/service.ts';
import { openAuthority } from './tls/authority.ts';
import { listenBehindGate, refusePlainly } from './wire/gate.ts';
import type { HttpHandler } from './wire/http.ts';
import { bind, closeServer, nodeListener } from './wire/node-http.ts';

export interface CloudOptions {
  /** Folder of all state, objects, keys and certificates. One process at a time. */
  readonly dataDir: string;
  /** Loopback port of the AWS endpoint; 0 takes a free one. */
  readonly port: number;
  readonly now?: () => Date;
  /** Also accepts every key whose secret is the same word, such as `test`/`test`. */
  readonly wellKnownKeys?: boolean;
  readonly faults?: Faults;
  /** Generates the signing keys of a new user pool. */
  readonly newPoolKeys?: () => Promise<KeyPairs>;
  /** Called with defects of the cloud itself, never with refused requests. */
  readonly onDefect?: (error: unknown) => void;
  /** Answers requests below `/_edge-upload/`, which no AWS service uses. */
  readonly control?: HttpHandler;
}

export interface Cloud {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** The key that clients sign with. Created at the first start and stored in `keys.json`. */
  readonly accessKey: AccessKey;
  /** PEM file of the authority that signs the distributions' certificates. */
  readonly caFile: string;
  /** Folder of the e-mail and text messages that AWS would send, one file each. */
  readonly outboxDir: string;
  /** What isolates functions on this computer, in words. */
  isolation(): string;
  /** Resolves when no stack operation runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Longer than Node's 5 s, after which a busy client can meet a connection that is being closed. */
const KEEP_ALIVE_MS = 60_000;
/** Objects expire at midnight UTC, and the check can be late by minutes. */
const LIFECYCLE_EVERY_MS = 600_000;

/** Opens all embedded services: one account, one region, one endpoint, and a listener for each distribution. */
export async function openCloud(options: CloudOptions): Promise<Cloud> {
  const {
    now = () => new Date(),
    wellKnownKeys = false,
    faults = {},
    onDefect = () => {},
    control,
  } = options;
  const folder = (name: string) => join(options.dataDir, name);
  const accessKey = openAccessKey(folder('keys.json'));
  const identities = new Identities({ accessKey, wellKnownKeys });
  const sessions = new RoleSessions(identities);
  const permissions = sessionPermissions(
    sessions,
    (roleName) => iam.policiesOf(roleName),
    operatorPermissions(() => faults.operator?.denied),
  );
  const common = (name: string, service?: ThrottledService) => ({
    dataDir: folder(name),
    now,
    identities,
    permissions,
    ...(service !== undefined && { throttle: throttleOf(service, () => faults) }),
  });

  const authority = await openAuthority({ dir: folder('tls'), now });
  const s3 = createS3({
    ...common('s3', 's3'),
    events: (event) => {
      try {
        events.put(event);
      } catch (error) {
        onDefect(error);
      }
    },
    conflicts: conflictsOf(() => faults),
  });
  const cognito = createCognito({
    ...common('cognito', 'cognito-idp'),
    keyChange: () => faults.poolKeys,
    ...omitUndefined({ newKeys: options.newPoolKeys }),
  });
  let address = '';
  const sns = createSns({ ...common('sns', 'sns'), send: cognito.send, endpoint: () => address });
  const events = createEvents({
    ...common('events', 'events'),
    publish: (topicArn, message, sourceArn) =>
      sns.publish(topicArn, message, { service: 'events.amazonaws.com', sourceArn }),
  });
  const iam = createIam(common('iam', 'iam'));
  const kms = createKms(common('kms', 'kms'));
  const sts = createSts({
    identities,
    now,
    permissions,
    throttle: throttleOf('sts', () => faults),
    assume: { sessions, findRole: iam.findRole },
  });
  const logs = createLogs(common('logs', 'logs'));
  const lambda = createLambda({
    log: logs.write,
    ...common('lambda', 'lambda'),
    network: (request) => endpoint(request),
    keySetFault: (url) => faults.keySets?.[url],
    isReplicated: (versionArn) => cloudfront.isReplicated(versionArn),
    roleTrusts: iam.trustedServices,
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
    resources: [s3, cognito, iam, kms, logs, lambda, cloudfront, events, sns]
      .flatMap(({ resources }) => resources)
      .map((handler) => withPermissionChecks(handler, permissions)),
    faults,
    onDefect,
  });

  const handlers: Record<ServiceName, HttpHandler> = {
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
  const endpoint = sessions.within((request) => handlers[serviceOf(request)](request));

  await cloudfront.start();
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS });
  const pages = pageRequests(cloudfront.pageOrigins);
  const answer = nodeListener(pages.withCors(endpoint), onDefect);
  listenBehindGate(
    server,
    { scheme: 'http', refuse: refusePlainly, allowsPage: pages.allows },
    (request, response, expectsContinue) => {
      if (expectsContinue) response.writeContinue();
      answer(request, response);
    },
  );
  const port = await bind(server, options.port);
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
      await closeServer(server);
      await cloudformation.idle();
      await cloudfront.close();
      await lambda.close();
      logs.close();
    },
  };
}
