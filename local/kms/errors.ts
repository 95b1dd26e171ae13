import { AwsError } from '../wire/errors.ts';

/** Errors of the KMS API. All have status 400. */
export const validation = (message: string) => new AwsError('ValidationException', message);

export const notFound = (message: string) => new AwsError('NotFoundException', message);

export const invalidState = (message: string) => new AwsError('KMSInvalidStateException', message);

export const malformedPolicy = (message: string) => new AwsError('MalformedPolicyDocumentException', message);
