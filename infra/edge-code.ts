import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type {
  BakedConfig,
  EdgeIssuer,
  EdgePage,
  PageSettings,
  PoolIdentity,
  Signing,
  UploadPolicy,
} from '../edge/config.ts';
import { omitUndefined } from '../protocol/fields.ts';
import { algorithmsOf, signingKeysOf } from '../protocol/signing-key.ts';
import type { StackOptions } from './options.ts';

/** The keys of the issuers beside the user pool, the deployment's own issuer included. */
export interface TrustedKeys {
  /** By alias; one entry for each issuer in the options. */
  readonly keySets: Readonly<Record<string, EdgeIssuer['keys']>>;
  /** Seconds since 1970 when they were fetched. Absent without such issuers. */
  readonly bakedAt?: number;
  /** Public signing keys, newest first. Absent if there is none: links and keys are then refused. */
  readonly signing?: Signing['keys'];
}

/** Values in the edge function's code, besides the options. */
export interface EdgeKeys extends TrustedKeys {
  /** Absent without a user pool, and until a new one exists. */
  readonly pool?: PoolIdentity;
}

/**
 * Returns the content of a built file. Searches the parent folders, because this code runs from `infra/` and from
 * `dist/`.
 * @throws {Error} if the file has not been built
 */
function builtFile(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, 'dist', name);
    if (existsSync(file)) return readFileSync(file, 'utf8');
    const above = dirname(folder);
    if (above === folder) throw new Error(`dist/${name} is missing; create it with: npm run build`);
    folder = above;
  }
}

/**
 * Returns the part of the options that the edge publishes: limits of all callers, and the policy of the pool's users.
 */
export function policyOf({
  maxSize,
  writeTo,
  allowGroups,
  corsOrigins,
  userPool = true,
}: StackOptions): UploadPolicy {
  return omitUndefined(userPool ? { maxSize, writeTo, allowGroups, corsOrigins } : { maxSize, corsOrigins });
}

/** Returns the edge's settings for the upload page; `undefined` without a page. */
function pageSettings({
  page = false,
  pageTitle: title,
  pageNote: note,
  pageColor: color,
  pageLogo,
}: StackOptions): PageSettings | undefined {
  if (!page) return undefined;
  return omitUndefined({ title, note, color, logo: pageLogo === undefined ? undefined : (true as const) });
}

/** Returns the configuration of an edge, for {@link edgeCode}. */
export function configOf(options: StackOptions, { pool, keySets, bakedAt, signing }: EdgeKeys): BakedConfig {
  const { domain, trust, idp, userPool = true, signing: { revoked } = {} } = options;
  return {
    ...pool,
    policy: policyOf(options),
    ...omitUndefined({
      issuers: trust?.map((issuer) => ({ ...issuer, keys: keySets[issuer.alias] ?? [] })),
      page: pageSettings(options),
      idp: userPool && idp !== undefined ? true : undefined,
      origins: domain === undefined ? undefined : [`https://${domain}`],
      bakedAt,
      signing: signing && { keys: signing, ...omitUndefined({ revoked: revoked?.map(({ id }) => id) }) },
    }),
  };
}

/** Returns the built files of the upload page, with the operator's logo; `undefined` without a page. */
export function pageFiles({ page = false, pageLogo }: StackOptions): EdgePage | undefined {
  if (!page) return undefined;
  const files = JSON.parse(builtFile('page.json')) as EdgePage;
  if (pageLogo === undefined) return files;
  const gzip = gzipSync(pageLogo, { level: 9 }).toString('base64');
  return { ...files, 'logo.svg': { type: 'image/svg+xml', gzip } };
}

/**
 * Limit of inline code, in bytes:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
 */
export const EDGE_CODE_LIMIT_BYTES = 4_000_000;

/** Returns a value as a JavaScript literal. Escapes braces that CloudFormation would read as a dynamic reference. */
function literal(value: object): string {
  return JSON.stringify(value).replaceAll('{{', '{\\u007b');
}

/** The fields of each object in the code, which is public, in their order there. */
const CONFIG_FIELDS = {
  userPoolId: true,
  clientId: true,
  jwks: true,
  userPoolEndpoint: true,
  managedLogin: true,
  policy: true,
  issuers: true,
  signing: true,
  page: true,
  idp: true,
  origins: true,
  bakedAt: true,
} as const satisfies Record<keyof BakedConfig, true>;

const PAGE_FIELDS = { title: true, note: true, color: true, logo: true } as const satisfies Record<
  keyof PageSettings,
  true
>;

const ISSUER_FIELDS = {
  alias: true,
  kind: true,
  iss: true,
  jwksUri: true,
  tokenOrigin: true,
  token: true,
  audiences: true,
  clientId: true,
  clientSecretPublic: true,
  scopes: true,
  preset: true,
  name: true,
  groups: true,
  maxAge: true,
  rules: true,
} as const satisfies Record<Exclude<keyof EdgeIssuer, 'keys'>, true>;

/** Copies fields by name, so that no other value gets into the public code. */
function copy<T extends object>(from: T, fields: Readonly<Partial<Record<keyof T, true>>>): object {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, from[name as keyof T]]));
}

/**
 * Copies the public fields of the signing keys.
 * @throws {Error} for a key that the edge cannot use, because it would refuse every link and key
 */
function publicSigning(signing: Signing): Signing {
  const keys = signingKeysOf(signing).filter((key) => algorithmsOf(key).includes('EdDSA'));
  if (keys.length === 0 || keys.length < signing.keys.length) {
    throw new Error('the signing keys of links and keys must be Ed25519 public keys');
  }
  return { keys, ...omitUndefined({ revoked: signing.revoked }) };
}

/**
 * Maximum characters of a file in base64. A response of Lambda@Edge is limited to 40 KB, of which the headers take 1 KB
 * and 100 bytes for each issuer.
 */
const FILE_LIMIT = 36_000;

/**
 * Copies the fields of the page's files.
 * @throws {Error} for a file that is too large for a response of the edge
 */
function publicPage(page: EdgePage): EdgePage {
  const files = Object.entries(page).map(([name, { type, gzip }]) => [name, { type, gzip }] as const);
  const large = files.find(([, { gzip }]) => gzip.length > FILE_LIMIT);
  if (large === undefined) return Object.fromEntries(files);
  const [name, { gzip }] = large;
  throw new Error(
    `the file “${name}” of the upload page has ${gzip.length} bytes; the limit is ${FILE_LIMIT}`,
  );
}

/**
 * Returns the code of the edge function: configuration and upload page as literals, then the built bundle. Lambda@Edge
 * has no environment variables.
 * @param page Files of the upload page, if the configuration has a page.
 * @throws {Error} if the bundle has not been built, or the code is larger than {@link EDGE_CODE_LIMIT_BYTES}
 */
export function edgeCode(baked: BakedConfig, page?: EdgePage): string {
  const { jwks, issuers, signing, page: settings } = baked;
  // JSON omits undefined members.
  const config = {
    ...copy(baked, CONFIG_FIELDS),
    jwks: jwks && { keys: signingKeysOf(jwks) },
    issuers: issuers?.map((one) => ({ ...copy(one, ISSUER_FIELDS), keys: signingKeysOf(one) })),
    signing: signing && publicSigning(signing),
    page: settings && copy(settings, PAGE_FIELDS),
  };
  const files = page === undefined ? '' : `const EDGE_PAGE=${literal(publicPage(page))};\n`;
  const bundle = builtFile(page === undefined ? 'edge.cjs' : 'edge-page.cjs');
  const code = `const EDGE_CONFIG=${literal(config)};\n${files}${bundle}`;
  const bytes = Buffer.byteLength(code);
  if (bytes > EDGE_CODE_LIMIT_BYTES) {
    throw new Error(
      `the edge function with its configuration has ${bytes} bytes; the limit is ${EDGE_CODE_LIMIT_BYTES}`,
    );
  }
  return code;
}
