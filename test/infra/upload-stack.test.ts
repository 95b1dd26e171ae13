import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EDGE, halfTemplate, IDENTITY, ISSUER, keysFor, only, wholeTemplate } from './support.ts';

const whole = wholeTemplate();

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Principal: unknown;
  readonly Condition?: unknown;
}

function bucketStatements(template = whole): readonly Statement[] {
  const { PolicyDocument } = only(template, 'AWS::S3::BucketPolicy').Properties;
  return (PolicyDocument as { Statement: readonly Statement[] }).Statement;
}

test('lets one distribution put, abort and list, and nobody read', () => {
  const allowed = bucketStatements().filter(({ Effect }) => Effect === 'Allow');
  assert.deepEqual(allowed.flatMap(({ Action }) => Action).sort(), [
    's3:AbortMultipartUpload',
    's3:ListBucketMultipartUploads',
    's3:ListMultipartUploadParts',
    's3:PutObject',
  ]);
  const distribution = only(whole, 'AWS::CloudFront::Distribution').id;
  const arn = [
    'arn:',
    { Ref: 'AWS::Partition' },
    ':cloudfront::',
    { Ref: 'AWS::AccountId' },
    ':distribution/',
    { Ref: distribution },
  ];
  for (const { Principal, Condition } of allowed) {
    assert.deepEqual(Principal, { Service: 'cloudfront.amazonaws.com' });
    assert.deepEqual(Condition, { StringEquals: { 'AWS:SourceArn': { 'Fn::Join': ['', arn] } } });
  }
  const denied = bucketStatements().filter(({ Effect }) => Effect === 'Deny');
  assert.deepEqual(
    denied.map(({ Action, Principal, Condition }) => ({ Action, Principal, Condition })),
    [
      {
        Action: 's3:*',
        Principal: { AWS: '*' },
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  );
});

test('makes the bucket private, and aborts unfinished uploads', () => {
  const { Properties } = only(whole, 'AWS::S3::Bucket');
  assert.deepEqual(Properties, {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    LifecycleConfiguration: {
      Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Status: 'Enabled' }],
    },
  });
});

test('accepts https only, caches nothing, and calls the function first', () => {
  const { DistributionConfig } = only(whole, 'AWS::CloudFront::Distribution').Properties as {
    DistributionConfig: Record<string, unknown> & {
      Origins: Record<string, unknown>[];
      DefaultCacheBehavior: Record<string, unknown>;
    };
  };
  const { Origins, DefaultCacheBehavior, ...rest } = DistributionConfig;
  assert.deepEqual(rest, {
    Comment: 'edge-upload',
    CustomErrorResponses: [400, 403, 404, 500, 502, 503, 504].map((ErrorCode) => ({
      ErrorCachingMinTTL: 0,
      ErrorCode,
    })),
    Enabled: true,
    HttpVersion: 'http2and3',
    IPV6Enabled: true,
  });
  const { AllowedMethods, TargetOriginId, ...behavior } = DefaultCacheBehavior;
  assert.equal((AllowedMethods as string[]).length, 7);
  assert.deepEqual(behavior, {
    // Managed-CachingDisabled and Managed-AllViewerExceptHostHeader.
    CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
    OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
    ViewerProtocolPolicy: 'https-only',
    Compress: false,
    LambdaFunctionAssociations: [
      {
        EventType: 'viewer-request',
        IncludeBody: false,
        LambdaFunctionARN: { Ref: only(whole, 'AWS::Lambda::Version').id },
      },
    ],
  });
  const control = only(whole, 'AWS::CloudFront::OriginAccessControl');
  assert.deepEqual(Origins, [
    {
      Id: TargetOriginId,
      DomainName: { 'Fn::GetAtt': [only(whole, 'AWS::S3::Bucket').id, 'RegionalDomainName'] },
      OriginAccessControlId: { 'Fn::GetAtt': [control.id, 'Id'] },
      S3OriginConfig: { OriginAccessIdentity: '', OriginReadTimeout: 120 },
    },
  ]);
  const { Name: _name, ...signing } = control.Properties.OriginAccessControlConfig as Record<string, unknown>;
  assert.deepEqual(signing, {
    OriginAccessControlOriginType: 's3',
    SigningBehavior: 'always',
    SigningProtocol: 'sigv4',
  });
});

test('creates a function that Lambda@Edge accepts and that can only write logs', () => {
  const { Code, Role, ...properties } = only(whole, 'AWS::Lambda::Function').Properties;
  assert.equal(
    typeof (Code as { ZipFile: unknown }).ZipFile,
    'string',
    'the code is inline, neither a reference nor an asset',
  );
  const role = only(whole, 'AWS::IAM::Role');
  assert.deepEqual(Role, { 'Fn::GetAtt': [role.id, 'Arn'] });
  assert.deepEqual(properties, {
    Description: 'edge-upload: checks each request before it reaches S3',
    Handler: 'index.handler',
    LoggingConfig: { ApplicationLogLevel: 'INFO', LogFormat: 'JSON', SystemLogLevel: 'WARN' },
    MemorySize: 128,
    Runtime: 'nodejs24.x',
    Timeout: 5,
  });
  const { AssumeRolePolicyDocument, Policies, ...nothingElse } = role.Properties;
  assert.deepEqual(nothingElse, {});
  const trusted = (AssumeRolePolicyDocument as { Statement: { Principal: unknown }[] }).Statement;
  assert.deepEqual(
    trusted.map(({ Principal }) => Principal),
    [{ Service: 'lambda.amazonaws.com' }, { Service: 'edgelambda.amazonaws.com' }],
  );
  const [policy] = Policies as [{ PolicyDocument: { Statement: Statement[] } }];
  assert.deepEqual(
    policy.PolicyDocument.Statement.flatMap(({ Action }) => Action),
    ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  );
});

test('invites users, who sign in by SRP without a client secret', () => {
  const pool = only(whole, 'AWS::Cognito::UserPool').Properties;
  assert.deepEqual(pool.AdminCreateUserConfig, { AllowAdminCreateUserOnly: true });
  assert.deepEqual(pool.AccountRecoverySetting, {
    RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }],
  });
  assert.equal(
    (pool.Policies as { PasswordPolicy: { MinimumLength: number } }).PasswordPolicy.MinimumLength,
    12,
  );
  const { UserPoolId: _pool, ...client } = only(whole, 'AWS::Cognito::UserPoolClient').Properties;
  assert.deepEqual(client, {
    ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH'],
    GenerateSecret: false,
    AllowedOAuthFlowsUserPoolClient: false,
    PreventUserExistenceErrors: 'ENABLED',
    EnableTokenRevocation: true,
    AuthSessionValidity: 15,
    AccessTokenValidity: 60,
    IdTokenValidity: 60,
    RefreshTokenValidity: 43_200,
    TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
    RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 60 },
    SupportedIdentityProviders: ['COGNITO'],
    WriteAttributes: ['family_name', 'given_name', 'locale', 'name', 'zoneinfo'],
  });
});

test('keeps function and versions after the stack, and deletes everything else', () => {
  for (const [id, { Type, DeletionPolicy, UpdateReplacePolicy }] of Object.entries(whole.Resources)) {
    const kept = Type === 'AWS::Lambda::Function' || Type === 'AWS::Lambda::Version';
    const policies = [DeletionPolicy ?? 'Delete', UpdateReplacePolicy ?? 'Delete'];
    assert.deepEqual(policies, kept ? ['RetainExceptOnCreate', 'Retain'] : ['Delete', 'Delete'], id);
  }
});

test('names the outputs like the pattern, and adds one', () => {
  const ref = (type: string) => ({ Value: { Ref: only(whole, type).id } });
  assert.deepEqual(whole.Outputs, {
    CognitoUserPoolId: ref('AWS::Cognito::UserPool'),
    CognitoAppClientId: ref('AWS::Cognito::UserPoolClient'),
    S3BucketName: ref('AWS::S3::Bucket'),
    CloudFrontDistributionUrl: {
      Value: { 'Fn::GetAtt': [only(whole, 'AWS::CloudFront::Distribution').id, 'DomainName'] },
    },
    EdgeFunctionName: ref('AWS::Lambda::Function'),
  });
});

test('keeps the identity half in the whole template', () => {
  const half = halfTemplate();
  const { Resources, Outputs, ...rest } = half;
  const { Resources: allResources, Outputs: allOutputs, ...wholeRest } = whole;
  assert.deepEqual(rest, wholeRest);
  for (const [id, resource] of Object.entries(Resources)) {
    if (resource.Type !== 'AWS::S3::BucketPolicy') assert.deepEqual(resource, allResources[id], id);
  }
  const statements = bucketStatements(half);
  assert.deepEqual(bucketStatements().slice(0, statements.length), statements, 'the policy is only added to');
  for (const [id, output] of Object.entries(Outputs)) assert.deepEqual(output, allOutputs[id]);
  assert.deepEqual(Object.keys(Outputs), ['CognitoUserPoolId', 'CognitoAppClientId', 'S3BucketName']);
  assert.equal(Object.keys(Resources).length, 4);
});

test('publishes a version for a new identity or policy only', () => {
  const version = (...args: Parameters<typeof wholeTemplate>) =>
    only(wholeTemplate(...args), 'AWS::Lambda::Version').id;
  const trusting = { trust: [ISSUER] };
  const ids = [
    version(),
    version({ ...EDGE, pool: { ...IDENTITY, userPoolId: 'us-east-1_Zz9Yy8Xx7' } }),
    version({ ...EDGE, pool: { ...IDENTITY, clientId: 'another' } }),
    version({ ...EDGE, pool: { ...IDENTITY, jwks: { keys: IDENTITY.jwks.keys.slice(1) } } }),
    version(EDGE, { maxSize: 1 }),
    version(keysFor(trusting), trusting),
    version({ ...keysFor(trusting), bakedAt: 1 }, trusting),
  ];
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(version(), ids[0]);
  const others = (template: typeof whole) =>
    Object.keys(template.Resources).filter((id) => template.Resources[id]?.Type !== 'AWS::Lambda::Version');
  assert.deepEqual(others(wholeTemplate(EDGE, { maxSize: 1 })), others(whole));
});
