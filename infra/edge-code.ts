import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BakedConfig, EdgeIssuer } from '../edge/config.ts';
import { omitUndefined } from '../protocol/omit-undefined.ts';
import { signingKeysOf } from '../protocol/signing-key.ts';

/** Bytes. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html */
export const EDGE_CODE_LIMIT_BYTES = 4_000_000;

/** The built edge function, looked for upwards from here: this file runs from `infra/` and from `dist/` alike. */
function readBundle(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, 'dist', 'edge.cjs');
    if (existsSync(file)) return readFileSync(file, 'utf8');
    const above = dirname(folder);
    if (above === folder) throw new Error('dist/edge.cjs is missing; npm run build makes it');
    folder = above;
  }
}

/** JSON is JavaScript. Braces that CloudFormation would take for a dynamic reference are spelled so that it does not. */
function literal(config: BakedConfig): string {
  return JSON.stringify(config).replaceAll('{{', '{\\u007b');
}

const ISSUER_FIELDS = [
  'alias',
  'kind',
  'iss',
  'jwksUri',
  'token',
  'audiences',
  'clientId',
  'scopes',
  'preset',
  'name',
  'groups',
  'maxAge',
  'rules',
] as const satisfies readonly (keyof EdgeIssuer)[];

/** Copies each field by name, so that no other value becomes public code. */
function publicIssuer(issuer: EdgeIssuer): EdgeIssuer {
  const fields = ISSUER_FIELDS.filter((field) => issuer[field] !== undefined).map((field) => [
    field,
    issuer[field],
  ]);
  return { ...Object.fromEntries(fields), keys: signingKeysOf(issuer) };
}

/**
 * The code of the edge function: the built bundle with its configuration before it, as Lambda@Edge has no environment
 * variables.
 * @throws {Error} when the bundle was not built, or is larger than {@link EDGE_CODE_LIMIT_BYTES}.
 */
export function edgeCode({
  userPoolId,
  clientId,
  jwks,
  policy,
  issuers,
  origins,
  bakedAt,
}: BakedConfig): string {
  const config = omitUndefined({
    userPoolId,
    clientId,
    jwks: jwks && { keys: signingKeysOf(jwks) },
    policy,
    issuers: issuers?.map(publicIssuer),
    origins,
    bakedAt,
  });
  const code = `const EDGE_CONFIG=${literal(config)};\n${readBundle()}`;
  const bytes = Buffer.byteLength(code);
  if (bytes > EDGE_CODE_LIMIT_BYTES) {
    throw new Error(
      `the edge function with its configuration has ${bytes} bytes, more than ${EDGE_CODE_LIMIT_BYTES}`,
    );
  }
  return code;
}
