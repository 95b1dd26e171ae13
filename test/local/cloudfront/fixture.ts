import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { Identities } from '../../../local/auth/identities.ts';
import type { FunctionVersion } from '../../../local/cloudfront/resources/lambda-association.ts';
import { type CloudFront, createCloudFront } from '../../../local/cloudfront/service.ts';
import type { Faults } from '../../../local/faults.ts';
import type { JsonObject } from '../../../local/json.ts';
import type { Invocation } from '../../../local/lambda/messages.ts';
import type { ResourceHandler, ResourceState } from '../../../local/resource.ts';
import { type Authority, openAuthority } from '../../../local/tls/authority.ts';
import type { HttpHandler, HttpRequest } from '../../../local/wire/http.ts';

export const VERSION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:edge:1';
export const BUCKET_HOST = 'uploads.s3.us-east-1.amazonaws.com';
export const LOG_HOST = 'logs.s3.us-east-1.amazonaws.com';
const ROLE_ARN = 'arn:aws:iam::000000000000:role/edge';
export const SUFFIX = 'abcdefghij0123456789';

export interface Fixture {
  cloudfront: CloudFront;
  readonly identities: Identities;
  readonly authority: Authority;
  readonly dataDir: string;
  /** Requests to the origin, without bodies. */
  readonly asked: HttpRequest[];
  /** Events that the function received. */
  readonly events: unknown[];
  /** Defects that the service reported. */
  readonly defects: unknown[];
  /** Log files that were delivered to {@link LOG_HOST}, by key. */
  readonly delivered: Map<string, Buffer>;
  faults: Faults;
  now: Date;
  origin: HttpHandler;
  invoke: (event: ViewerEvent) => Promise<Invocation>;
  version: FunctionVersion | undefined;
  trusted: readonly string[] | undefined;
  resource(type: string): ResourceHandler;
  /** Opens the folder again, like a restart. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface ViewerEvent {
  Records: [
    {
      cf: {
        config: Record<string, string>;
        request: {
          clientIp: string;
          headers: Record<string, { key?: string; value: string }[]>;
          method: string;
          querystring: string;
          uri: string;
        };
      };
    },
  ];
}

/** Opens a CloudFront with a fake origin and a fake function, which forwards every request. */
export async function openFixture(): Promise<Fixture> {
  const root = mkdtempSync(join(tmpdir(), 'edge-upload-cloudfront-'));
  const dataDir = join(root, 'cloudfront');
  const identities = new Identities({ wellKnownKeys: true });
  const authority = await openAuthority({ dir: join(root, 'tls'), now: () => new Date() });
  const create = () =>
    createCloudFront({
      dataDir,
      identities,
      authority,
      now: () => fixture.now,
      faults: () => fixture.faults,
      onDefect: (error) => fixture.defects.push(error),
      origins: (hostname) =>
        hostname === BUCKET_HOST
          ? {
              pathPrefix: '/uploads',
              host: hostname,
              handle: (request) => {
                fixture.asked.push(request);
                return fixture.origin(request);
              },
            }
          : undefined,
      logs: {
        problem: (host) => (host === LOG_HOST ? undefined : `no logs to ${host}`),
        deliver: (_host, key, body) => fixture.delivered.set(key, body),
      },
      invoke: async (_, event) => {
        fixture.events.push(event);
        return fixture.invoke(event as ViewerEvent);
      },
      describeVersion: (arn) => (arn === VERSION_ARN ? fixture.version : undefined),
      trustedServices: () => fixture.trusted,
    });
  const fixture: Fixture = {
    cloudfront: undefined as never,
    identities,
    authority,
    dataDir,
    asked: [],
    events: [],
    defects: [],
    delivered: new Map(),
    faults: {},
    now: new Date('2026-11-23T12:00:00Z'),
    origin: async (request) => {
      for await (const _ of request.body);
      return { status: 200, headers: { etag: '"stored"' } };
    },
    invoke: async (event) => ({ outcome: 'returned', value: event.Records[0].cf.request }),
    version: {
      runtime: 'nodejs24.x',
      memorySize: 128,
      timeout: 5,
      roleArn: ROLE_ARN,
      codeSize: 9_000,
      environment: undefined,
    },
    trusted: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'],
    resource(type) {
      const handler = fixture.cloudfront.resources.find(
        (resource) => resource.type === `AWS::CloudFront::${type}`,
      );
      if (handler === undefined) throw new Error(`no resource ${type}`);
      return handler;
    },
    async restart() {
      await fixture.cloudfront.close();
      fixture.cloudfront = create();
      await fixture.cloudfront.start();
    },
    async close() {
      await fixture.cloudfront.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
  fixture.cloudfront = create();
  return fixture;
}

/** The distribution as CDK 2.276 synthesizes it for the stack of DESIGN section 3. */
export function distributionProperties(accessControlId: string, change: JsonObject = {}): JsonObject {
  return {
    DistributionConfig: {
      Comment: 'uploads',
      DefaultCacheBehavior: {
        AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        Compress: true,
        LambdaFunctionAssociations: [{ EventType: 'viewer-request', LambdaFunctionARN: VERSION_ARN }],
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        TargetOriginId: 'bucket',
        ViewerProtocolPolicy: 'https-only',
      },
      Enabled: true,
      HttpVersion: 'http2and3',
      IPV6Enabled: true,
      Origins: [
        {
          DomainName: BUCKET_HOST,
          Id: 'bucket',
          OriginAccessControlId: accessControlId,
          S3OriginConfig: { OriginAccessIdentity: '', OriginReadTimeout: 120 },
        },
      ],
      PriceClass: 'PriceClass_All',
      ...change,
    },
  };
}

/** Returns the properties with changes to the default behavior and the only origin. */
export function withBehavior(properties: JsonObject, change: JsonObject): JsonObject {
  const config = properties.DistributionConfig as JsonObject;
  return {
    DistributionConfig: {
      ...config,
      DefaultCacheBehavior: { ...(config.DefaultCacheBehavior as JsonObject), ...change },
    },
  };
}

export function withOrigin(properties: JsonObject, change: JsonObject): JsonObject {
  const config = properties.DistributionConfig as JsonObject;
  const [origin] = config.Origins as JsonObject[];
  return { DistributionConfig: { ...config, Origins: [{ ...origin, ...change }] } };
}

export const ACCESS_CONTROL: JsonObject = {
  OriginAccessControlConfig: {
    Name: 'uploads-oac',
    OriginAccessControlOriginType: 's3',
    SigningBehavior: 'always',
    SigningProtocol: 'sigv4',
  },
};

/** Opens a fixture that is closed after the test. */
export async function fixtureOf(t: TestContext): Promise<Fixture> {
  const fixture = await openFixture();
  t.after(() => fixture.close());
  return fixture;
}

export interface Deployed extends ResourceState {
  readonly url: string;
  readonly accessControlId: string;
}

/** Creates access control and distribution. `shape` first changes the distribution's properties. */
export async function deploy(
  fixture: Fixture,
  shape: (properties: JsonObject) => JsonObject = (properties) => properties,
): Promise<Deployed> {
  const request = { stackName: 'stack', logicalId: 'Oac', suffix: SUFFIX };
  const control = await fixture
    .resource('OriginAccessControl')
    .create({ ...request, properties: ACCESS_CONTROL });
  const state = await fixture.resource('Distribution').create({
    ...request,
    logicalId: 'Distribution',
    properties: shape(distributionProperties(control.physicalId)),
  });
  return {
    ...state,
    accessControlId: control.physicalId,
    url: `https://${state.attributes.DomainName}`,
  };
}

export const run = promisify(execFile);
