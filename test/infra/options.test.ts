import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StackOptions } from '../../infra/options.ts';
import { synthesize } from '../../infra/upload-stack.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import {
  ALL_OPTIONS,
  EACH_OPTION,
  EDGE,
  edgeConfig,
  halfTemplate,
  ISSUER,
  keysFor,
  only,
  PROVIDERS,
  type Resource,
  type Template,
  wholeTemplate,
} from './support.ts';

const withOptions = (options: StackOptions) => wholeTemplate(keysFor(options), options);

interface Behavior {
  readonly ResponseHeadersPolicyId?: unknown;
}

function distribution(template: Template) {
  const { DistributionConfig } = only(template, 'AWS::CloudFront::Distribution').Properties;
  return DistributionConfig as Record<string, unknown> & { readonly DefaultCacheBehavior: Behavior };
}

function uploads(template: Template) {
  const [bucket] = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::S3::Bucket');
  assert.ok(bucket !== undefined);
  return bucket;
}

function uploadsId({ Resources }: Template): string {
  return Object.keys(Resources).find((id) => Resources[id]?.Type === 'AWS::S3::Bucket') ?? '';
}

/** The resources without the role of the edge function. */
function withoutEdge({ Resources }: Template): Template['Resources'] {
  return Object.fromEntries(Object.entries(Resources).filter(([id]) => !id.startsWith('EdgeRole')));
}

test('gives the edge the options that it enforces, and no others', () => {
  const { maxSize, writeTo, allowGroups, corsOrigins, domain } = ALL_OPTIONS;
  const { policy, origins, issuers, ...rest } = edgeConfig(withOptions(ALL_OPTIONS));
  assert.deepEqual(policy, { maxSize, corsOrigins });
  assert.deepEqual(origins, [`https://${domain}`]);
  assert.deepEqual(
    issuers.map(({ rules }) => rules),
    [[{ when: [{ claim: ['cognito:groups'], is: allowGroups }], writeTo }]],
  );
  assert.deepEqual(rest, {});
  assert.deepEqual(edgeConfig(withOptions({})).policy, {});
});

test('adds trusted issuers to the pool with their keys, or without a pool', () => {
  for (const userPool of [true, false]) {
    const options = { trust: [ISSUER], ...(userPool ? {} : { userPool }) };
    const { bakedAt, keySets } = keysFor(options);
    const template = withOptions(options);
    const config = edgeConfig(template);
    assert.deepEqual(
      config.issuers.map(({ alias }) => alias),
      userPool ? ['cognito', 'corp'] : ['corp'],
    );
    assert.deepEqual(config.issuers.at(-1), { ...ISSUER, keys: keySets.corp });
    assert.equal(config.bakedAt, bakedAt);
    const edgeFunction = only(template, 'AWS::Lambda::Function');
    assert.deepEqual(edgeFunction.Metadata, { 'edge-upload': { keySets: [ISSUER.jwksUri] } });
    const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
    assert.equal(types.has('AWS::Cognito::UserPool'), userPool);
    assert.equal(types.has('AWS::Cognito::UserPoolClient'), userPool);
    assert.equal(template.Outputs.CognitoUserPoolId !== undefined, userPool);
    assert.equal(template.Outputs.CognitoAppClientId !== undefined, userPool);
  }
  assert.equal(only(withOptions({}), 'AWS::Lambda::Function').Metadata, undefined);
});

test('gives the function every public field of an issuer, and no other', () => {
  const issuer = {
    ...ISSUER,
    preset: 'google',
    clientSecretPublic: 'GOCSPX-public',
    scopes: ['openid', 'email'],
    audiences: ['edge-upload'],
    groups: ['groups'],
    maxAge: 3600,
  };
  const options = { trust: [issuer] };
  const { keySets } = keysFor(options);
  const more = { trust: [{ ...issuer, clientSecret: 'private' }] };
  const [, baked] = edgeConfig(wholeTemplate(keysFor(options), more)).issuers;
  assert.deepEqual(baked, { ...issuer, keys: keySets.corp });
});

test('stores the options on the bucket, in the first half already', () => {
  for (const template of [withOptions(ALL_OPTIONS), halfTemplate(ALL_OPTIONS)]) {
    assert.deepEqual(uploads(template).Metadata, { 'edge-upload': { options: ALL_OPTIONS } });
  }
  assert.deepEqual(uploads(withOptions({})).Metadata, { 'edge-upload': { options: {} } });
});

test('keeps the identity half in the whole template, with any options', () => {
  for (const options of [...EACH_OPTION, ALL_OPTIONS]) {
    const whole = withOptions(options);
    for (const [id, resource] of Object.entries(halfTemplate(options).Resources)) {
      if (resource.Type !== 'AWS::S3::BucketPolicy') {
        assert.deepEqual(resource, whole.Resources[id], `${id} ${JSON.stringify(options)}`);
      }
    }
  }
});

test('changes the stack with each option, and not with the same options', () => {
  const texts = [{}, ...EACH_OPTION].map((options) => JSON.stringify(withOptions(options)));
  assert.equal(new Set(texts).size, texts.length);
});

test('deletes expired objects with their earlier versions', () => {
  const rules = (options: StackOptions) =>
    (uploads(withOptions(options)).Properties.LifecycleConfiguration as { Rules: object[] }).Rules;
  assert.equal(rules({}).length, 1);
  assert.deepEqual(rules({ expireAfterDays: 30 }).slice(1), [
    { ExpirationInDays: 30, NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: 'Enabled' },
    // Not in the rule above, because S3 accepts it only with a number of days.
    { ExpiredObjectDeleteMarker: true, Status: 'Enabled' },
  ]);
});

test('turns versioning on, or suspends it if it was on', () => {
  const status = (options: StackOptions) => uploads(withOptions(options)).Properties.VersioningConfiguration;
  assert.deepEqual(status({ versioning: true }), { Status: 'Enabled' });
  assert.deepEqual(status({ versioning: false }), { Status: 'Suspended' });
  assert.equal(status({}), undefined);
});

test('gives a domain its certificate, and at least TLS 1.2 or 1.3', () => {
  const { domain, certificateArn } = ALL_OPTIONS;
  const { Aliases, ViewerCertificate } = distribution(
    withOptions({ domain, certificateArn } as StackOptions),
  );
  assert.deepEqual(Aliases, [domain]);
  assert.deepEqual(ViewerCertificate, {
    AcmCertificateArn: certificateArn,
    MinimumProtocolVersion: 'TLSv1.2_2025',
    SslSupportMethod: 'sni-only',
  });
  const strict = distribution(withOptions({ domain, certificateArn, minTls: '1.3' } as StackOptions));
  assert.equal(
    (strict.ViewerCertificate as { MinimumProtocolVersion: string }).MinimumProtocolVersion,
    'TLSv1.3_2025',
  );
  assert.equal(distribution(withOptions({})).ViewerCertificate, undefined);
});

test('sets web ACL and price class on the distribution', () => {
  const { webAclArn } = ALL_OPTIONS;
  assert.equal(distribution(withOptions({ webAclArn } as StackOptions)).WebACLId, webAclArn);
  for (const [priceClass, expected] of [
    ['100', 'PriceClass_100'],
    ['200', 'PriceClass_200'],
    ['all', 'PriceClass_All'],
  ] as const) {
    assert.equal(distribution(withOptions({ priceClass })).PriceClass, expected);
  }
});

test('adds CORS headers to S3’s responses by a policy with the stack’s name', () => {
  const corsOrigins = ['https://app.example.com', 'http://localhost:3000'];
  const template = withOptions({ corsOrigins });
  const policy = only(template, 'AWS::CloudFront::ResponseHeadersPolicy');
  assert.deepEqual(distribution(template).DefaultCacheBehavior.ResponseHeadersPolicyId, { Ref: policy.id });
  const { CorsConfig, Name } = policy.Properties.ResponseHeadersPolicyConfig as {
    CorsConfig: Record<string, { Items?: string[] }>;
    Name: string;
  };
  assert.equal(Name, 'edge-upload');
  assert.deepEqual(CorsConfig.AccessControlAllowOrigins?.Items, corsOrigins);
  assert.deepEqual(CorsConfig.AccessControlAllowMethods?.Items, ['GET', 'PUT', 'POST', 'DELETE']);
  const allowed = CorsConfig.AccessControlAllowHeaders?.Items ?? [];
  for (const header of [
    'authorization',
    'content-type',
    'if-none-match',
    'x-amz-checksum-*',
    'x-amz-meta-*',
  ]) {
    assert.ok(allowed.includes(header), header);
  }
  assert.equal(allowed.includes('*'), false, 'a wildcard does not include authorization');
  const exposed = CorsConfig.AccessControlExposeHeaders?.Items ?? [];
  for (const header of ['ETag', 'x-amz-checksum-crc32', 'Retry-After', 'WWW-Authenticate', 'Allow']) {
    assert.ok(exposed.includes(header), header);
  }
  assert.equal(CorsConfig.AccessControlAllowCredentials, false);
  assert.equal(CorsConfig.OriginOverride, true);
});

test('puts access logs into their own bucket, which outlives the option', () => {
  const logsOf = (options: StackOptions) => {
    const template = withOptions(options);
    const buckets = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::S3::Bucket');
    return { buckets, logging: distribution(template).Logging };
  };
  const on = logsOf({ accessLogs: true });
  const [, [id, bucket] = ['', undefined]] = on.buckets;
  assert.deepEqual(on.logging, { Bucket: { 'Fn::GetAtt': [id, 'RegionalDomainName'] } });
  // CloudFront grants itself access with an ACL.
  assert.deepEqual(bucket?.Properties.OwnershipControls, {
    Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' }],
  });
  const off = logsOf({ accessLogs: false });
  assert.deepEqual(off.buckets[1], on.buckets[1]);
  assert.equal(off.logging, undefined);
  assert.equal(logsOf({}).buckets.length, 1);
});

test('retains data after the stack, but not after a failed creation', () => {
  const data = ['AWS::S3::Bucket', 'AWS::Cognito::UserPool'];
  const template = withOptions({ retainData: true, accessLogs: true });
  for (const { Type, DeletionPolicy, UpdateReplacePolicy } of Object.values(template.Resources)) {
    if (data.includes(Type)) {
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['RetainExceptOnCreate', 'Retain'], Type);
    }
  }
});

test('changes the pool too with --retain-data, because a deletion policy alone is no change', () => {
  const metadata = (options: StackOptions) => only(halfTemplate(options), 'AWS::Cognito::UserPool').Metadata;
  assert.deepEqual(metadata({ retainData: true }), { 'edge-upload': { retained: true } });
  assert.equal(metadata({}), undefined);
});

test('issues tokens for the chosen time', () => {
  const client = (options: StackOptions) =>
    only(withOptions(options), 'AWS::Cognito::UserPoolClient').Properties;
  const { AccessTokenValidity, IdTokenValidity, TokenValidityUnits } = client({ tokenValidityMinutes: 5 });
  assert.deepEqual([AccessTokenValidity, IdTokenValidity], [5, 5]);
  assert.equal((TokenValidityUnits as { AccessToken: string }).AccessToken, 'minutes');
  assert.equal(client({ tokenValidityMinutes: 24 * 60 }).AccessTokenValidity, 1440);
});

test('offers an authenticator app as the second factor', () => {
  const factors = (mfa: StackOptions['mfa']) => {
    const options = omitUndefined({ mfa });
    const { MfaConfiguration, EnabledMfas } = only(withOptions(options), 'AWS::Cognito::UserPool').Properties;
    return [MfaConfiguration, EnabledMfas];
  };
  assert.deepEqual(factors('required'), ['ON', ['SOFTWARE_TOKEN_MFA']]);
  assert.deepEqual(factors('optional'), ['OPTIONAL', ['SOFTWARE_TOKEN_MFA']]);
  // Set explicitly, so that it is turned off if it was on.
  assert.deepEqual(factors('off'), ['OFF', undefined]);
  assert.deepEqual(factors(undefined), ['OFF', undefined]);
});

test('leaves the feature plan to Cognito unless one is named', () => {
  const tier = (options: StackOptions) =>
    only(halfTemplate(options), 'AWS::Cognito::UserPool').Properties.UserPoolTier;
  assert.equal(tier({ cognitoTier: 'lite' }), 'LITE');
  assert.equal(tier({ cognitoTier: 'essentials' }), 'ESSENTIALS');
  assert.equal(tier({}), undefined);
});

test('signs people of a provider behind the pool in by managed login', () => {
  const [saml = {}, oidc = {}] = PROVIDERS;
  const template = halfTemplate(saml);
  const pool = { Ref: only(template, 'AWS::Cognito::UserPool').id };
  const provider = only(template, 'AWS::Cognito::UserPoolIdentityProvider');
  assert.deepEqual(provider.Properties, {
    UserPoolId: pool,
    ProviderName: 'idp',
    ProviderType: 'SAML',
    ProviderDetails: { MetadataURL: 'https://login.example.com/metadata.xml' },
  });
  assert.deepEqual(only(template, 'AWS::Cognito::UserPoolDomain').Properties, {
    UserPoolId: pool,
    Domain: {
      'Fn::Join': [
        '-',
        ['edge-upload', { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }],
      ],
    },
  });
  const client = only(template, 'AWS::Cognito::UserPoolClient') as Resource & { DependsOn?: unknown };
  assert.deepEqual(client.DependsOn, [provider.id], 'the client is created after its provider');
  const { Properties } = client;
  assert.deepEqual(
    [
      Properties.GenerateSecret,
      Properties.AllowedOAuthFlowsUserPoolClient,
      Properties.AllowedOAuthFlows,
      Properties.AllowedOAuthScopes,
      Properties.SupportedIdentityProviders,
      Properties.CallbackURLs,
    ],
    [
      false,
      true,
      ['code'],
      ['openid'],
      ['idp'],
      [21743, 25417, 28961].map((port) => `http://localhost:${port}/callback`),
    ],
  );
  assert.deepEqual(only(halfTemplate(oidc), 'AWS::Cognito::UserPoolIdentityProvider').Properties, {
    UserPoolId: pool,
    ProviderName: 'idp',
    ProviderType: 'OIDC',
    ProviderDetails: {
      oidc_issuer: 'https://login.example.com/realm',
      client_id: 'edge-upload',
      client_secret: '{{resolve:secretsmanager:edge-upload/idp}}',
      authorize_scopes: 'openid',
      attributes_request_method: 'GET',
    },
  });
  assert.equal(edgeConfig(withOptions(saml)).idp, true);
  const page = withOptions({
    ...saml,
    page: true,
    domain: ALL_OPTIONS.domain,
    certificateArn: ALL_OPTIONS.certificateArn,
  });
  const edge = { 'Fn::GetAtt': [only(page, 'AWS::CloudFront::Distribution').id, 'DomainName'] };
  const back = [
    ...(Properties.CallbackURLs as unknown[]),
    { 'Fn::Join': ['', ['https://', edge, '/']] },
    `https://${ALL_OPTIONS.domain}/`,
  ];
  assert.deepEqual(only(page, 'AWS::Cognito::UserPoolClient').Properties.CallbackURLs, back);
  const without = withOptions({ ...saml, userPool: false, trust: [ISSUER] });
  assert.equal(edgeConfig(without).idp, undefined);
  const plain = only(halfTemplate(), 'AWS::Cognito::UserPoolClient').Properties;
  assert.equal(plain.AllowedOAuthFlowsUserPoolClient, false, 'the flows are turned off explicitly');
});

const { kmsKeyArn } = ALL_OPTIONS;

test('sends events of the bucket only if an option needs them', () => {
  const configuration = (options: StackOptions) =>
    uploads(halfTemplate(options)).Properties.NotificationConfiguration;
  const on = { EventBridgeConfiguration: { EventBridgeEnabled: true } };
  for (const options of [{ events: true }, { notify: ['ops@example.com'] }, { scan: true }]) {
    assert.deepEqual(configuration(options), on, JSON.stringify(options));
  }
  assert.equal(configuration({}), undefined);
});

const ofType = ({ Resources }: Template, type: string) =>
  Object.entries(Resources).flatMap(([id, resource]) => (resource.Type === type ? { id, ...resource } : []));

interface Target {
  readonly Arn: unknown;
  readonly InputTransformer: {
    readonly InputPathsMap: Record<string, string>;
    readonly InputTemplate: string;
  };
}

test('mails every upload to each address, except below the reserved prefix', () => {
  const notify = ['ops@example.com', 'media@example.com'];
  const options = { notify, writeTo: 'in/{username}/', trust: [ISSUER] };
  const template = withOptions(options);
  const topic = only(template, 'AWS::SNS::Topic');
  assert.deepEqual(
    ofType(template, 'AWS::SNS::Subscription').map(({ Properties }) => Properties),
    notify.map((Endpoint) => ({ Protocol: 'email', Endpoint, TopicArn: { Ref: topic.id } })),
  );
  const rule = only(template, 'AWS::Events::Rule');
  assert.deepEqual(rule.Properties.EventPattern, {
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    detail: {
      bucket: { name: [{ Ref: only(halfTemplate(), 'AWS::S3::Bucket').id }] },
      object: { key: [{ 'anything-but': { prefix: '.well-known/' } }] },
    },
  });
  const [target, ...more] = rule.Properties.Targets as Target[];
  assert.ok(target !== undefined && more.length === 0);
  assert.deepEqual(target.Arn, { Ref: topic.id });
  const { InputPathsMap, InputTemplate } = target.InputTransformer;
  const filled = InputTemplate.replace(/<([^>]+)>/g, (_, name) => String(InputPathsMap[name]));
  // EventBridge requires a JSON string in each line.
  assert.deepEqual(
    filled.split('\n').map((line) => JSON.parse(line)),
    [
      'A file was uploaded.',
      'Key: $.detail.object.key',
      'Size: $.detail.object.size bytes',
      'Bucket: $.detail.bucket.name',
      'Time: $.time',
      'Keys begin with: in/{username}/, {issuer}/{sub}/',
    ],
  );
  const policy = only(template, 'AWS::SNS::TopicPolicy').Properties;
  assert.deepEqual(policy.Topics, [{ Ref: topic.id }]);
  const { Statement } = policy.PolicyDocument as { Statement: Record<string, unknown>[] };
  assert.deepEqual(
    Statement.filter(({ Effect }) => Effect === 'Allow').map(({ Sid: _, ...statement }) => statement),
    [
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: { Ref: topic.id },
        Condition: { ArnEquals: { 'aws:SourceArn': [{ 'Fn::GetAtt': [rule.id, 'Arn'] }] } },
      },
    ],
  );
});

test('keeps the subscription of an address while others change', () => {
  const idOf = (...notify: string[]) =>
    ofType(withOptions({ notify }), 'AWS::SNS::Subscription').find(
      ({ Properties }) => Properties.Endpoint === 'b@example.com',
    )?.id;
  assert.equal(idOf('a@example.com', 'b@example.com'), idOf('b@example.com'));
  const none = withOptions({ writeTo: 'a<b>/', notify: ['b@example.com'] });
  assert.doesNotMatch(JSON.stringify(only(none, 'AWS::Events::Rule').Properties), /Keys begin/);
});

test('scans the bucket with GuardDuty in the documented role, and mails malware', () => {
  const template = withOptions({ scan: true });
  const role = only({ ...template, Resources: withoutEdge(template) }, 'AWS::IAM::Role');
  const bucket = { Ref: uploadsId(template) };
  assert.deepEqual(only(template, 'AWS::GuardDuty::MalwareProtectionPlan').Properties, {
    Role: { 'Fn::GetAtt': [role.id, 'Arn'] },
    ProtectedResource: { S3Bucket: { BucketName: bucket } },
    Actions: { Tagging: { Status: 'ENABLED' } },
  });
  assert.match(
    JSON.stringify(role.Properties.AssumeRolePolicyDocument),
    /"Service":"malware-protection-plan\.guardduty\.amazonaws\.com"/,
  );
  const allowed = JSON.stringify(role.Properties.Policies);
  for (const action of [
    'events:PutRule',
    'events:DescribeRule',
    's3:GetObject',
    's3:GetObjectVersion',
    's3:ListBucket',
    's3:PutBucketNotification',
    's3:PutObject',
    's3:PutObjectTagging',
  ]) {
    assert.ok(allowed.includes(`"${action}"`), action);
  }
  assert.doesNotMatch(allowed, /"kms:|s3:DeleteObject/);
  assert.equal(ofType(template, 'AWS::Events::Rule').length, 0);
  const both = withOptions({ scan: true, kmsKeyArn, notify: ['ops@example.com'] });
  const rules = ofType(both, 'AWS::Events::Rule').map(({ Properties }) => JSON.stringify(Properties));
  assert.equal(rules.length, 2);
  assert.ok(rules.some((rule) => rule.includes('THREATS_FOUND') && rule.includes('threats[0].name')));
  assert.match(
    JSON.stringify(ofType(both, 'AWS::IAM::Role')),
    /"kms:Decrypt","kms:GenerateDataKey".*"kms:ViaService":"s3\.us-east-1\.amazonaws\.com".*key\/12345678/,
  );
});

test('encrypts objects with the key through a bucket key', () => {
  const encryption = (options: StackOptions) => uploads(halfTemplate(options)).Properties.BucketEncryption;
  assert.deepEqual(encryption({ kmsKeyArn }), {
    ServerSideEncryptionConfiguration: [
      {
        BucketKeyEnabled: true,
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: kmsKeyArn },
      },
    ],
  });
});

test('sets no encryption without the key, so that a deploy keeps what was set by hand', () => {
  for (const options of [{ accessLogs: true }, { bucketName: 'kept' }])
    for (const { Properties } of ofType(wholeTemplate(EDGE, options), 'AWS::S3::Bucket'))
      assert.equal(Properties.BucketEncryption, undefined);
});

test('is small enough with all options at once', () => {
  const bytesWith = (options: StackOptions) =>
    synthesize({ stackName: 'edge-upload', edge: EDGE, options }).bytes;
  const { events: _events, notify: _notify, scan: _scan, kmsKeyArn: _key, ...others } = ALL_OPTIONS;
  const [most, all] = [bytesWith(others), bytesWith(ALL_OPTIONS)];
  assert.ok(most < 45_500, `${most} bytes`);
  // CloudFormation's limit for inline templates.
  assert.ok(all < 51_200, `${all} bytes`);
});
