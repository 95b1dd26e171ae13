import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { metadataUrl } from '../discovery.ts';
import type { Documents } from '../documents.ts';
import { isEveryTenant, PERSONAL_ACCOUNTS } from '../entra-tenants.ts';
import { condition, httpsAddress, isUuid, type TrustRequest } from './trust-request.ts';

const WHERE_TENANT_ID = 'The overview page of Microsoft Entra ID has the tenant id and its domains:';
const ENTRA_EXAMPLE = command`edge-upload trust entra contoso.onmicrosoft.com --client-id <id>`;
const ENTRA = 'https://login.microsoftonline.com';

const isForEverybody = (tenant: string) => isEveryTenant(tenant) || tenant === PERSONAL_ACCOUNTS;

/**
 * Returns the issuers of a tenant. Which of the two a token contains depends on the API's registration. A domain can
 * pass to another tenant, so the tenant's id is looked up.
 * https://learn.microsoft.com/entra/identity-platform/access-tokens
 */
export async function entra(typed: string, documents: Documents): Promise<TrustRequest> {
  const tenant = typed.trim().toLowerCase();
  if (isForEverybody(tenant)) {
    throw new UserError('usage', `“${typed}” covers the accounts of every tenant: anybody could upload.`, {
      hint: ['Name your tenant by its id or a domain:', ENTRA_EXAMPLE],
    });
  }
  const id = isUuid(tenant) ? tenant : await entraTenant(tenant, documents);
  return { preset: 'entra', iss: [`${ENTRA}/${id}/v2.0`, `https://sts.windows.net/${id}/`], when: [] };
}

async function entraTenant(domain: string, documents: Documents): Promise<string> {
  if (!/^[a-z\d-]+(?:\.[a-z\d-]+)+$/.test(domain)) {
    throw new UserError('usage', `“${domain}” is neither a tenant id nor a domain.`, {
      hint: [WHERE_TENANT_ID, ENTRA_EXAMPLE],
    });
  }
  const fetched = await documents.fetch(metadataUrl(`${ENTRA}/${domain}/v2.0`));
  const issuer = 'fields' in fetched ? fetched.fields.issuer : undefined;
  const [, id = ''] = /^https:\/\/login\.microsoftonline\.com\/([^/]+)\/v2\.0$/.exec(String(issuer)) ?? [];
  if (isUuid(id) && !isForEverybody(id.toLowerCase())) return id;
  throw new UserError('usage', `There is no tenant “${domain}”.`, {
    hint: [WHERE_TENANT_ID, ENTRA_EXAMPLE],
  });
}

/**
 * Returns the issuer of an authorization server. Access tokens of the org server are for Okta only, so its ID tokens
 * are accepted instead.
 * https://developer.okta.com/docs/concepts/auth-servers/
 */
export function okta(typed: string): TrustRequest {
  const issuer = httpsAddress(typed);
  const isOrg = /^[a-z]+:\/\/[^/]*$/i.test(issuer);
  return { preset: 'okta', iss: [issuer], when: [], ...(isOrg ? { token: 'id' as const } : {}) };
}

/** Returns the issuer of a domain. It ends with a slash. */
export function auth0(typed: string): TrustRequest {
  return { preset: 'auth0', iss: [`${httpsAddress(typed)}/`], when: [] };
}

export function keycloak(typed: string): TrustRequest {
  const issuer = httpsAddress(typed);
  if (!/\/realms\/[^/]+$/.test(issuer)) {
    throw new UserError('usage', `“${typed}” is not the address of a realm.`, {
      hint: 'It looks like https://sso.example.com/realms/staff',
    });
  }
  return { preset: 'keycloak', iss: [issuer], when: [] };
}

/** Domains of Google's public mail, where anyone can have an account. */
const PUBLIC_MAIL = ['gmail.com', 'googlemail.com'];

/** Returns Google's issuer, which is the same for everyone, with a condition on the domain. */
export function google(typed: string): TrustRequest {
  const domain = typed.trim().toLowerCase();
  if (!/^[a-z\d-]+(?:\.[a-z\d-]+)+$/.test(domain) || PUBLIC_MAIL.includes(domain)) {
    throw new UserError('usage', `“${typed}” is not a Workspace domain of one organisation.`, {
      hint: [
        'Everybody has a Google account. Name the domain of your Workspace:',
        command`edge-upload trust google example.com`,
      ],
    });
  }
  return { preset: 'google', iss: ['https://accounts.google.com'], when: [condition('hd', domain)] };
}

/** Returns an issuer exactly as typed. With and without a trailing slash are different issuers. */
export function oidc(typed: string): TrustRequest {
  return { preset: 'oidc', iss: [typed.trim()], when: [] };
}
