/** Password policy of the user pools that `deploy` creates. It is shown wherever a user chooses a password. */
export const PASSWORD_POLICY = {
  minLength: 12,
  requireDigits: true,
  requireLowercase: true,
  requireUppercase: true,
  requireSymbols: true,
} as const;

/** Path of the redirect URLs of the command line's sign-in. */
export const REDIRECT_PATH = '/callback';

/**
 * Ports for providers that compare redirect URLs including the port. They are outside the ephemeral port range of every
 * supported system.
 */
export const EXACT_PORTS = [21743, 25417, 28961] as const;

/**
 * Redirect URLs for a user pool's managed login, by the preset of its issuer. Cognito accepts plain http only for this
 * host name: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
 */
export const MANAGED_LOGIN = {
  preset: 'cognito',
  host: 'localhost',
  ports: EXACT_PORTS,
  /** Prefix of the login's host name; the last part of the stack's id follows. */
  domain: 'edge-upload',
} as const;

/** Returns the domain of a stack's managed login, which is unique in the region. */
export function managedLoginDomain(stackId: string): string {
  return `${MANAGED_LOGIN.domain}-${stackId.split('/')[2]}`;
}

/** Returns the origin of a stack's managed login. */
export function managedLoginOrigin(stackId: string): string {
  return `https://${managedLoginDomain(stackId)}.auth.us-east-1.amazoncognito.com`;
}
