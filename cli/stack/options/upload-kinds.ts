import type { StackOptions } from '../../../infra/options.ts';
import { listValue, type OptionKind, type OptionName, onOffValue, textValue } from './option-kind.ts';
import { isEmailAddress, isKmsKeyArn } from './value-checks.ts';

/** Options for stored uploads: events, notices, scans, encryption. */
export const UPLOAD_KINDS = {
  events: {
    flag: '--events',
    summary: 'Send an event to EventBridge for each upload',
    details:
      'The events are `Object Created` of `aws.s3` on the default bus. `--notify` and `--scan` send them too.',
    takes: 'no value',
    ...onOffValue(),
  },
  notify: {
    flag: '--notify',
    argument: '<address>',
    summary: 'Send an e-mail to this address for each upload',
    details:
      'The text has the key, the size and the prefixes of uploaders. The owner of the address confirms it first, with the link in an e-mail from AWS.',
    takes: 'an e-mail address, up to 10 times',
    ...listValue(isEmailAddress, 10),
  },
  scan: {
    flag: '--scan',
    summary: 'Scan uploads for malware with GuardDuty; AWS only',
    details:
      'GuardDuty tags each object with `GuardDutyMalwareScanStatus`, and deletes none. With `--notify`, malware is reported by e-mail too.',
    takes: 'no value',
    awsOnly: 'the embedded cloud has no GuardDuty',
    ...onOffValue(),
  },
  kmsKeyArn: {
    flag: '--kms-key',
    argument: '<arn>',
    summary: 'Encrypt objects with this KMS key (us-east-1); AWS only',
    details:
      "The key is your own account's. `deploy` prints the statement that its key policy needs: without it, S3 refuses uploads. Existing objects keep their encryption.",
    takes: 'the ARN of a KMS key in us-east-1, not of an alias: arn:aws:kms:us-east-1:<account>:key/<id>',
    awsOnly: 'the embedded S3 encrypts nothing',
    ...textValue(isKmsKeyArn),
  },
} satisfies { readonly [Name in OptionName]?: OptionKind<NonNullable<StackOptions[Name]>> };
