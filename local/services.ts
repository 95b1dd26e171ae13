import { join } from 'node:path';
import { omitUndefined } from '../protocol/fields.ts';
import { accountClient } from './auth/account-client.ts';
import type { Identities } from './auth/identities.ts';
import { type CloudFormation, createCloudFormation } from './cloudformation/service.ts';
import { type CloudFront, createCloudFront } from './cloudfront/service.ts';
import type { KeyPairs } from './cognito/keys.ts';
import { type Cognito, createCognito } from './cognito/service.ts';
import { createEvents } from './events/service.ts';
import { malwareProtectionPlan, withInertProperties } from './faults/aws-only.ts';
import { withLateWriter } from './faults/late-writer.ts';
import { conflictsOf, type ThrottledService, throttleOf } from './faults/throttling.ts';
import type { Faults } from './faults.ts';
import { withPermissionChecks } from './iam/permission-checks.ts';
import { operatorPermissions, type Permissions, sessionPermissions } from './iam/permissions.ts';
import { createIam, type Iam } from './iam/service.ts';
import { RoleSessions } from './iam/sessions.ts';
import { createKms } from './kms/service.ts';
import { createLambda, type Lambda } from './lambda/service.ts';
import { createLogs, type Logs } from './logs/service.ts';
import { bucketLogs, bucketOrigin } from './origin.ts';
import { createS3, type S3 } from './s3/service.ts';
import type { ServiceOptions } from './service.ts';
import { refuseService, type ServiceName, serviceOf } from './service-of.ts';
import { createSns } from './sns/service.ts';
import { createSts } from './sts/service.ts';
import type { Authority } from './tls/authority.ts';
import type { HttpHandler } from './wire/http.ts';

export interface ServicesOptions {
  readonly dataDir: string;
  readonly now: () => Date;
  readonly identities: Identities;
  readonly authority: Authority;
  readonly faults: Faults;
  readonly newPoolKeys: (() => Promise<KeyPairs>) | undefined;
  readonly onDefect: (error: unknown) => void;
  readonly control: HttpHandler | undefined;
  /** Returns the URL of the cloud, which is known once it listens. */
  readonly endpoint: () => string;
}

export interface Services {
  /** Handles a request to any of the services. */
  readonly handle: HttpHandler;
  readonly s3: S3;
  readonly cognito: Cognito;
  readonly logs: Logs;
  readonly lambda: Lambda;
  readonly cloudfront: CloudFront;
  readonly cloudformation: CloudFormation;
}

/** Returns the options of a service, by the name of its folder. */
type OptionsOf = (folder: string, throttled?: ThrottledService) => ServiceOptions;

/** Creates all services of one account and connects them. */
export function createServices(options: ServicesOptions): Services {
  const { now, identities, faults } = options;
  const sessions = new RoleSessions(identities);
  const permissions = sessionPermissions(
    sessions,
    (roleName) => iam.policiesOf(roleName),
    operatorPermissions(() => faults.operator?.denied),
  );
  const optionsOf = commonOptions(options, permissions);
  const iam = createIam(optionsOf('iam', 'iam'));
  const sts = createSts({ ...optionsOf('sts', 'sts'), assume: { sessions, findRole: iam.findRole } });
  const kms = createKms(optionsOf('kms', 'kms'));
  const logs = createLogs(optionsOf('logs', 'logs'));
  const cognito = createCognito({
    ...optionsOf('cognito', 'cognito-idp'),
    keyChange: () => faults.poolKeys,
    ...omitUndefined({ newKeys: options.newPoolKeys, federation: faults.federation }),
  });
  const { s3, sns, events } = createStorage(options, optionsOf, cognito);
  const handle = sessions.within((request) => handlers[serviceOf(request)](request));
  const { lambda, cloudfront } = createEdge(options, optionsOf, { s3, iam, logs, network: handle });
  const asAccount = accountClient(s3.handle, identities, now);
  const cloudformation = createCloudFormation({
    ...optionsOf('cloudformation'),
    getObject: ({ bucket, key, versionId }) =>
      asAccount({
        method: 'GET',
        path: `/${bucket}/${key}`,
        query: versionId === undefined ? '' : `versionId=${encodeURIComponent(versionId)}`,
      }),
    resources: [s3, cognito, iam, kms, logs, lambda, cloudfront, events, sns]
      .flatMap(({ resources }) => resources)
      .map((handler) => (faults.awsOnly ? withInertProperties(handler) : handler))
      .concat(faults.awsOnly ? malwareProtectionPlan(iam.trustedServices) : [])
      .map((handler) => withPermissionChecks(handler, permissions)),
    faults,
    onDefect: options.onDefect,
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
    control: options.control ?? s3.handle,
    unsupported: refuseService,
  };
  return { handle, s3, cognito, logs, lambda, cloudfront, cloudformation };
}

function commonOptions(
  { dataDir, now, identities, faults }: ServicesOptions,
  permissions: Permissions,
): OptionsOf {
  return (folder, throttled) => ({
    dataDir: join(dataDir, folder),
    now,
    identities,
    permissions,
    ...(throttled !== undefined && { throttle: throttleOf(throttled, () => faults) }),
  });
}

/** Creates S3, EventBridge and SNS: a new object is an event, and rules publish events to topics. */
function createStorage(
  { faults, onDefect, endpoint }: ServicesOptions,
  optionsOf: OptionsOf,
  { send }: Cognito,
) {
  const sns = createSns({ ...optionsOf('sns', 'sns'), send, endpoint });
  const events = createEvents({
    ...optionsOf('events', 'events'),
    publish: (topicArn, message, sourceArn) =>
      sns.publish(topicArn, message, { service: 'events.amazonaws.com', sourceArn }),
  });
  const s3 = createS3({
    ...optionsOf('s3', 's3'),
    events: (event) => {
      try {
        events.put(event);
      } catch (error) {
        onDefect(error);
      }
    },
    conflicts: conflictsOf(() => faults),
  });
  return { s3, sns, events };
}

interface EdgeOptions {
  readonly s3: S3;
  readonly iam: Iam;
  readonly logs: Logs;
  /** Handles the requests of functions to services. */
  readonly network: HttpHandler;
}

/** Creates Lambda and CloudFront, which runs its functions. */
function createEdge(
  { authority, faults, onDefect }: ServicesOptions,
  optionsOf: OptionsOf,
  { s3, iam, logs, network }: EdgeOptions,
) {
  const lambda = createLambda({
    ...optionsOf('lambda', 'lambda'),
    log: logs.write,
    network,
    keySetFault: (url) => faults.keySets?.[url],
    isReplicated: (versionArn) => cloudfront.isReplicated(versionArn),
    roleTrusts: iam.trustedServices,
    concurrency: () => faults.lambdaConcurrency ?? 1000,
  });
  const cloudfront = createCloudFront({
    ...optionsOf('cloudfront'),
    origins: bucketOrigin(s3.handle),
    logs: bucketLogs(s3.logs),
    invoke: lambda.invoke,
    describeVersion: lambda.describeVersion,
    trustedServices: iam.trustedServices,
    authority,
    faults: () => faults,
    onDefect,
  });
  return { lambda, cloudfront };
}
