import { createHmac } from 'node:crypto';
import { notAuthorized } from '../errors.ts';
import { equal } from '../srp.ts';
import type { ClientRecord } from '../store/model.ts';

/**
 * A client with a secret has to prove that it knows it, for every user name that it sends,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
 */
export function checkSecretHash(
  client: ClientRecord,
  names: readonly string[],
  given: string | undefined,
): void {
  const { id, secret } = client;
  if (secret === undefined) {
    if (given === undefined) return;
    throw notAuthorized(`Client ${id} is not configured for secret but secret was received`);
  }
  if (given === undefined) {
    throw notAuthorized(`Client ${id} is configured with secret but SECRET_HASH was not received`);
  }
  const matches = names.some((name) => {
    const expected = createHmac('sha256', secret).update(`${name}${id}`).digest();
    return equal(expected, Buffer.from(given, 'base64'));
  });
  if (!matches) throw notAuthorized(`SecretHash does not match for the client: ${id}`);
}

/** The same for the operations that take the secret itself. */
export function checkSecret(client: ClientRecord, given: string | undefined): void {
  if (client.secret === undefined && given === undefined) return;
  const matches =
    client.secret !== undefined &&
    given !== undefined &&
    equal(Buffer.from(client.secret), Buffer.from(given));
  if (!matches) throw notAuthorized(`Client secret does not match for the client: ${client.id}`);
}
