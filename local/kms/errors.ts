import { AwsError } from '../wire/errors.ts';

/** The KMS API's errors; all are HTTP 400. */
export const validation = (message: string) => new AwsError('ValidationException', message);

export const notFound = (message: string) => new AwsError('NotFoundException', message);

export const invalidState = (message: string) => new AwsError('KMSInvalidStateException', message);

export const malformedPolicy = (message: string) => new AwsError('MalformedPolicyDocumentException', message);
