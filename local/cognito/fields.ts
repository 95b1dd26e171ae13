import { list, oneOf, optional, required, structure, text } from '../shape.ts';
import { MAX_PASSWORD_LENGTH, PASSWORD_PATTERN } from './password.ts';

/*
 * Constraints of the members that many operations share, from the user pool API's own model
 * (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/).
 */
export const poolId = text({ min: 1, max: 55, pattern: /[\w-]+_[0-9a-zA-Z]+/ });
export const clientId = text({ min: 1, max: 128, pattern: /[\w+]+/ });
export const username = text({ min: 1, max: 128, pattern: /[\p{L}\p{M}\p{S}\p{N}\p{P}]+/u });
/** The password of every operation. What the pool's policy asks for beyond is judged by `checkPassword`. */
export const password = text({ max: MAX_PASSWORD_LENGTH, pattern: PASSWORD_PATTERN });
export const token = text({ pattern: /[A-Za-z0-9-_=.]+/ });
export const session = text({ min: 20, max: 2048 });
export const groupName = text({ min: 1, max: 128, pattern: /[\p{L}\p{M}\p{S}\p{N}\p{P}]+/u });
export const secretHash = text({ min: 1, max: 128, pattern: /[\w+=/]+/ });
export const pageToken = text({ min: 1, max: 131072, pattern: /[\S]+/ });
export const attributeName = text({ min: 1, max: 32, pattern: /[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+/u });
export const deliveryMedium = oneOf(['SMS', 'EMAIL']);

export const attributes = list(
  structure({ Name: required(attributeName), Value: optional(text({ max: 2048 })) }),
);

export const userOfPool = { UserPoolId: required(poolId), Username: required(username) };
