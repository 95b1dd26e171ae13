import { AwsError } from '../wire/errors.ts';

/** Lambda's own errors, https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html and each operation's page. */
export const functionNotFound = (arn: string) =>
  new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);

export const invalidParameter = (message: string) => new AwsError('InvalidParameterValueException', message);

export const replicated = (versionArn: string) =>
  invalidParameter(
    `Lambda was unable to delete ${versionArn} because it is a replicated function. ` +
      'Please see our documentation for Deleting Lambda@Edge Functions and Replicas.',
  );
