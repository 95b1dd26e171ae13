import type { TrustedIssuer } from '../../infra/options.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import type { JsonValue } from '../json-value.ts';
import { formatClaimName } from './claim-name.ts';

/** An issuer in a file. Discovery finds its addresses. */
export type FiledIssuer = Omit<TrustedIssuer, 'jwksUri' | 'tokenOrigin'>;

const HEADER = ` Who is allowed to upload besides the users of the pool. To apply it: edge-upload trust --file trust.yaml
 It is the whole list: issuers that are not in it are removed.`;

const oneOrList = (texts: readonly string[]): JsonValue =>
  texts.length === 1 ? (texts[0] ?? '') : [...texts];

function ruleDocument({ when, ...rest }: Rule): JsonValue {
  return {
    ...(when === undefined
      ? {}
      : { when: Object.fromEntries(when.map(({ claim, is }) => [formatClaimName(claim), oneOrList(is)])) }),
    ...rest,
  };
}

/** Returns an issuer in the form of trust files and of JSON results. */
export function issuerDocument(issuer: FiledIssuer): { readonly [name: string]: JsonValue } {
  const {
    alias,
    preset = 'oidc',
    kind,
    iss,
    token,
    audiences,
    clientId,
    clientSecretPublic,
    scopes,
    name,
    groups,
    maxAge,
    rules,
  } = issuer;
  return JSON.parse(
    JSON.stringify({
      alias,
      provider: preset,
      kind,
      issuer: oneOrList(iss),
      token,
      audience: audiences && oneOrList(audiences),
      clientId,
      clientSecretPublic,
      scopes,
      name: formatClaimName(name),
      groups: groups && formatClaimName(groups),
      maxAge,
      rules: rules.map(ruleDocument),
    }),
  ) as { readonly [name: string]: JsonValue };
}

/** Returns the issuers as the text of a trust file. */
export async function writeTrustFile(issuers: readonly FiledIssuer[]): Promise<string> {
  const { Document } = await import('yaml');
  const document = new Document({ issuers: issuers.map(issuerDocument) });
  document.commentBefore = HEADER;
  return document.toString({ lineWidth: 0 });
}
