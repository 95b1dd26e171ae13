import { command } from '../command-line.ts';
import { UserError } from '../errors.ts';

/** The tenant of all personal accounts: https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference */
export const PERSONAL_ACCOUNTS = '9188040d-6c67-4c5b-b112-36a304b66dad';

/** Sign-in hosts of Microsoft's clouds, including those in tokens of version 1. */
const HOST =
  /^https:\/\/(?:login\.(?:microsoftonline\.(?:com|us)|windows\.net|microsoft\.com|partner\.microsoftonline\.cn|chinacloudapi\.cn)|sts\.(?:windows\.net|chinacloudapi\.cn))\/([^/]+)/i;

/** Returns the tenant in an issuer of Entra ID, in lower case; `undefined` for other issuers. */
export function tenantOf(iss: string): string | undefined {
  return HOST.exec(iss)?.[1]?.toLowerCase();
}

/**
 * Whether a name stands for accounts of all tenants. The document of `common` names the issuer `{tenantid}`.
 * https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
 */
export function isEveryTenant(tenant: string): boolean {
  return /^(?:common|organizations|consumers|(?:\{|%7b)tenantid(?:\}|%7d))$/i.test(tenant);
}

/**
 * Refuses issuers of all tenants.
 * @throws {UserError} `usage`
 */
export function requireTenant(iss: readonly string[]): void {
  const every = iss.find((one) => isEveryTenant(tenantOf(one) ?? ''));
  if (every === undefined) return;
  throw new UserError('usage', `${every} covers the accounts of every tenant: anybody could upload.`, {
    hint: [
      'Name the tenant by its id or a domain:',
      command`edge-upload trust entra <tenant> --client-id <id>`,
    ],
  });
}
