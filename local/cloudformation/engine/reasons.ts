import { randomUUID } from 'node:crypto';
import { own } from '../../json.ts';
import type { AwsError } from '../../wire/errors.ts';
import type { Resources } from '../stack/model.ts';

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html */
const HANDLER_ERROR_CODES = [
  'NotUpdatable',
  'InvalidRequest',
  'AccessDenied',
  'InvalidCredentials',
  'AlreadyExists',
  'NotFound',
  'ResourceConflict',
  'Throttling',
  'ServiceLimitExceeded',
  'NotStabilized',
  'GeneralServiceException',
  'ServiceInternalError',
  'NetworkFailure',
  'InternalFailure',
];

/** Patterns of the services' own error codes. The first match counts. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/AlreadyExists|AlreadyOwnedByYou|Duplicate/, 'AlreadyExists'],
  [/NotFound|^NoSuch|DoesNotExist/, 'NotFound'],
  [/AccessDenied/, 'AccessDenied'],
  [/LimitExceeded|^TooMany/, 'ServiceLimitExceeded'],
  [/Conflict|InUse/, 'ResourceConflict'],
  [/Invalid|Validation|Malformed/, 'InvalidRequest'],
];

function handlerErrorCode(code: string): string {
  if (HANDLER_ERROR_CODES.includes(code)) return code;
  return KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? 'GeneralServiceException';
}

/** Returns the reason of an event for a handler's refusal. */
export function handlerReason({ code, message }: AwsError): string {
  return `Resource handler returned message: "${message}" (RequestToken: ${randomUUID()}, HandlerErrorCode: ${handlerErrorCode(code)})`;
}

/** Returns the stack's reason for a failed operation, such as `The following resource(s) failed to create: [A, B]. `. */
export function failureReason(resources: Resources, failed: readonly string[]): string {
  return ['create', 'update', 'delete']
    .map((verb) => {
      const status = `${verb.toUpperCase()}_FAILED`;
      const names = failed.filter((id) => own(resources, id)?.status === status);
      return names.length === 0 ? '' : `The following resource(s) failed to ${verb}: [${names.join(', ')}]. `;
    })
    .join('');
}
