import { UserError } from '../errors.ts';

/** The stack's bucket was deleted by other hands; CloudFormation does not notice, and makes no new one. */
export function bucketGone(bucket: string, cause?: unknown): UserError {
  return new UserError(
    'stack_failed',
    `The bucket ${bucket} is gone: something else than edge-upload deleted it. Uploads fail until there is another.`,
    {
      hint: [
        'Give the stack a bucket of another name; users and address stay as they are:',
        '  edge-upload deploy --bucket-name <name>',
        'Or take the rest down:',
        '  edge-upload destroy',
      ].join('\n'),
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
