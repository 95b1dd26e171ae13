import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import type { StackRecord } from '../stack/model.ts';
import { optionalText } from '../wire/query.ts';

/** A request that begins an operation, as the stack remembers it. */
export interface Request {
  readonly action: string;
  readonly token: string | undefined;
}

/** @throws AwsError `ValidationError` for a token that is none */
export function requestOf(action: string, query: JsonObject): Request {
  const token = optionalText(query, 'ClientRequestToken');
  if (token === undefined || /^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$/.test(token)) return { action, token };
  throw new AwsError('ValidationError', `ClientRequestToken ${token} is not valid`);
}

/**
 * Whether a request is one that was already answered, sent again by a client that did not hear the answer.
 *
 * @throws AwsError `TokenAlreadyExistsException` where another action had the token
 */
export function isRepeated(stack: StackRecord | undefined, { action, token }: Request): boolean {
  const last = stack?.lastRequest;
  if (token === undefined || last?.token !== token) return false;
  if (last.action === action) return true;
  throw new AwsError(
    'TokenAlreadyExistsException',
    `The token ${token} was already used to request ${last.action}`,
  );
}
