import type { BakedConfig, EdgeConfig, PoolIdentity } from '../../edge/config.ts';
import { configOf } from '../../edge/issuers.ts';
import type { EdgeKeys } from '../../infra/edge-code.ts';
import type { StackOptions, TrustedIssuer } from '../../infra/options.ts';
import { synthesize } from '../../infra/upload-stack.ts';

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly [section: string]: unknown;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly Metadata?: unknown;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

const key = (kid: string) => ({ kty: 'RSA', kid, alg: 'RS256', use: 'sig', n: 'n'.repeat(342), e: 'AQAB' });

/** Keys of the maximum size and number: a pool has two. */
export const IDENTITY: PoolIdentity = {
  userPoolId: 'us-east-1_Ab1Cd2Ef3',
  clientId: '1h57kf5cpq17m0eml12EXAMPLE',
  jwks: { keys: [key('a'.repeat(44)), key('b'.repeat(44))] },
};

/** Returns the complete template of a stack whose only issuer is its pool. */
export const EDGE: EdgeKeys = { pool: IDENTITY, keySets: {} };

/** An issuer of people, trusted in addition to the pool or alone. */
export const ISSUER: TrustedIssuer = {
  alias: 'corp',
  kind: 'people',
  iss: ['https://corp.example.com'],
  jwksUri: 'https://corp.example.com/keys',
  token: 'access',
  clientId: 'edge-upload',
  name: ['sub'],
  rules: [{ when: [{ claim: ['roles'], is: ['uploader'] }], writeTo: '{issuer}/{sub}/', maxSize: 7 }],
};

/** Every option of the user pool and the edge, with values of a usual size. */
export const ALL_OPTIONS = {
  maxSize: 5 * 1024 ** 3,
  writeTo: 'incoming/{group}/{username}/',
  allowGroups: ['editors', 'photographers', 'partners'],
  expireAfterDays: 30,
  versioning: true,
  domain: 'uploads.example.com',
  certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012',
  webAclArn:
    'arn:aws:wafv2:us-east-1:123456789012:global/webacl/uploads/0c1d2e3f-1234-1234-1234-123456789012',
  minTls: '1.3',
  priceClass: '100',
  corsOrigins: ['https://app.example.com', 'https://www.example.com', 'http://localhost:3000'],
  accessLogs: true,
  tags: { team: 'media', environment: 'production', 'cost-centre': '4711' },
  retainData: true,
  tokenValidityMinutes: 30,
  mfa: 'required',
  cognitoTier: 'essentials',
  events: true,
  notify: ['ops@example.com', 'media@example.com'],
  scan: true,
  kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012',
  signing: {
    keys: [{ id: '2' }, { id: '1', until: 1_767_225_600 }],
    revoked: [{ id: 'Ab1Cd2Ef', until: 1_767_225_600 }],
  },
} as const satisfies StackOptions;

/** One provider of each kind behind the user pool. */
export const PROVIDERS: readonly StackOptions[] = [
  { idp: 'saml:https://login.example.com/metadata.xml' },
  { idp: 'oidc:https://login.example.com/realm', idpClientId: 'edge-upload', idpSecret: 'edge-upload/idp' },
];

/** Each option alone, or with an option that it requires. */
export const EACH_OPTION: readonly StackOptions[] = [
  ...Object.entries(ALL_OPTIONS)
    .filter(([name]) => !['domain', 'certificateArn', 'minTls'].includes(name))
    .map(([name, value]) => ({ [name]: value })),
  { domain: ALL_OPTIONS.domain, certificateArn: ALL_OPTIONS.certificateArn },
  ...PROVIDERS,
  { trust: [ISSUER] },
  { userPool: false, trust: [ISSUER] },
];

/** Returns the keys that options require: those of the pool, if there is one, and of each trusted issuer. */
export function keysFor({ userPool = true, trust = [] }: StackOptions): EdgeKeys {
  const keySets = trust.map(({ alias }) => [alias, [key(`${alias}-1`), key(`${alias}-2`)]]);
  return {
    keySets: Object.fromEntries(keySets),
    ...(userPool ? { pool: IDENTITY } : {}),
    ...(trust.length > 0 ? { bakedAt: 1_764_000_000 } : {}),
  };
}

/** Returns the configuration that is baked into the function of a complete template. */
export function bakedConfig(template: Template): BakedConfig {
  const { Code } = only(template, 'AWS::Lambda::Function').Properties;
  const [first = ''] = (Code as { ZipFile: string }).ZipFile.split('\n');
  return JSON.parse(first.slice('const EDGE_CONFIG='.length, -1)) as BakedConfig;
}

/** Returns the configuration that the function of a complete template derives from the baked one. */
export function edgeConfig(template: Template): EdgeConfig {
  return configOf(bakedConfig(template));
}

export function wholeTemplate(edge = EDGE, options: StackOptions = {}): Template {
  return JSON.parse(synthesize({ stackName: 'edge-upload', edge, options }).template) as Template;
}

export function halfTemplate(options: StackOptions = {}): Template {
  return JSON.parse(synthesize({ stackName: 'edge-upload', options }).template) as Template;
}

/** Returns logical id and properties of the only resource of a type. */
export function only({ Resources }: Template, type: string): Resource & { readonly id: string } {
  const [found, ...more] = Object.entries(Resources).filter(([, resource]) => resource.Type === type);
  if (found === undefined || more.length > 0)
    throw new Error(`not one ${type} but ${found ? more.length + 1 : 0}`);
  const [id, resource] = found;
  return { id, ...resource };
}
