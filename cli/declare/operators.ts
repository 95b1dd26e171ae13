import type { Command as Commander } from '@commander-js/extra-typings';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { declareDeploy } from './deploy.ts';
import { type Act, define, everywhere, operated, profile, several, verbose } from './shared.ts';
import { declareTrust } from './trust.ts';
import { declareUsers } from './users.ts';

/** The commands of those who run a deployment. */
export function declareOperators(root: Commander, act: Act): void {
  root.commandsGroup('For operators:');
  declareDeploy(root, act);
  operated(
    define(root, 'status', 'show what is deployed, and what is left of what was').addOption(
      verbose('also name the options that nobody has set'),
    ),
  ).action((given) => act(async () => (await import('../commands/status.ts')).status, given));
  operated(
    define(
      root,
      'doctor',
      'check credentials, stack, edge, clock and sign-in; say how to fix each that fails',
    ),
  ).action((given) => act(async () => (await import('../commands/doctor.ts')).doctor, given));
  operated(
    define(root, 'logs', 'show what the edge refused and why, from all regions', [
      'edge-upload logs --since 30m --follow',
    ])
      .option('--since <time>', 'how long ago, or a time (1h)')
      .option('-f, --follow', 'go on with what comes')
      .option('--all', "Lambda's own lines about each call, too")
      .option('--region <name>', 'look in this region, too', several)
      .addOption(verbose('whole request ids')),
  ).action((given) => act(async () => (await import('../commands/logs.ts')).logs, given));
  operated(define(root, 'ls [prefix]', 'list what is stored')).action((prefix, given) => {
    const args = { ...given, ...omitUndefined({ prefix }) };
    return act(async () => (await import('../commands/ls.ts')).ls, args);
  });
  operated(
    define(root, 'get <key>', 'download an object that was uploaded', [
      'edge-upload get 2026/report.pdf',
      'edge-upload get photos.tar --as - | tar t',
    ])
      .option('--as <path>', 'the file or folder to write to; - for standard output')
      .option('-f, --force', 'replace a file that is there')
      .option('--version-id <id>', 'an earlier version, where the bucket keeps them'),
  ).action((key, given) => act(async () => (await import('../commands/get.ts')).get, { ...given, key }));
  declareUsers(root, act);
  declareTrust(root, act);
  everywhere(
    define(root, 'policy', 'print the IAM policy that an operator needs', [
      'edge-upload policy --account 123456789012 > policy.json',
      'aws iam create-policy --policy-name edge-upload --policy-document file://policy.json',
    ])
      .option('--deploy-only', 'for deploy, status and doctor alone: not for destroy, ls, get and user')
      .option('--account <id>', 'the AWS account (that of the credentials)')
      .option('--bucket-name <name>', 'a bucket that the stack adopts, beside those of its own')
      .addOption(profile()),
  ).action((given) => act(async () => (await import('../commands/policy.ts')).policy, given));
  operated(
    define(root, 'destroy', 'take everything down: objects, users, stack, edge function')
      .option('-y, --yes', 'do not ask')
      .option('--keep-data', 'leave the bucket with its objects')
      .option('--delete-kept', 'delete what an earlier --keep-data left, too')
      .option('--no-wait', 'leave what CloudFront still holds copies of to the next run'),
  ).action((given) => act(async () => (await import('../commands/destroy.ts')).destroy, given));
}
