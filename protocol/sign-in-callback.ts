/** The path of every redirect address of the command line's sign-in. */
export const REDIRECT_PATH = '/callback';

/** For providers that compare redirect addresses with their ports. Outside the ephemeral ports of every system. */
export const EXACT_PORTS = [21743, 25417, 28961] as const;

/**
 * The redirect addresses at a user pool's managed login, as its issuer's preset names them. Cognito accepts plain http
 * for this host name alone: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
 */
export const MANAGED_LOGIN = {
  preset: 'cognito',
  host: 'localhost',
  ports: EXACT_PORTS,
  /** Of its host name; the last part of the stack's id follows. */
  domain: 'edge-upload',
} as const;

/** Returns the origin of the managed login of a stack, by the stack's id. */
export function managedLoginOrigin(stackId: string): string {
  return `https://${MANAGED_LOGIN.domain}-${stackId.split('/')[2]}.auth.us-east-1.amazoncognito.com`;
}
