import type { Command as Commander } from '@commander-js/extra-typings';
import { omitUndefined } from '../../protocol/fields.ts';
import { type Act, type CommandGroup, define, everywhere, operated, profile, verbose } from '../program.ts';
import { declareDeploy, declareSynth } from './deploy.ts';
import { declareKey, declareLink } from './links.ts';
import { declareTrust } from './trust.ts';
import { declareUser } from './users.ts';
import { filled, severalRegions } from './values.ts';

function declareStatus(root: Commander, act: Act): void {
  operated(
    define(root, 'status', 'Show what is deployed and what is left over', [
      'edge-upload status --yaml > edge-upload.yaml',
    ])
      .option('--yaml', 'Print a file for deploy --file')
      .addOption(verbose('Also list the options with their defaults')),
  ).action((given) => act(async () => (await import('../commands/status.ts')).status, given));
}

export function declareDoctor(root: Commander, act: Act): void {
  operated(define(root, 'doctor', 'Check credentials, stack, edge, clock and sign-in')).action((given) =>
    act(async () => (await import('../commands/doctor.ts')).doctor, given),
  );
}

function declareLogs(root: Commander, act: Act): void {
  operated(
    define(root, 'logs', 'Show what the edge refused and why, from all regions', [
      'edge-upload logs --since 30m --follow',
    ])
      .option('--since <time>', 'How long ago, or a time (1h)')
      .option('-f, --follow', 'Wait for new lines and print them')
      .option('--all', "Also print Lambda's own lines about each invocation")
      .option('--region <name>', 'Also look in this region (repeatable)', severalRegions)
      .addOption(verbose('Show whole request ids')),
  ).action((given) => act(async () => (await import('../commands/logs.ts')).logs, given));
}

function declareLs(root: Commander, act: Act): void {
  operated(define(root, 'ls [prefix]', 'List stored objects')).action((prefix, given) => {
    const args = { ...given, ...omitUndefined({ prefix }) };
    return act(async () => (await import('../commands/ls.ts')).ls, args);
  });
}

function declareGet(root: Commander, act: Act): void {
  operated(
    define(root, 'get <key>', 'Download an object', [
      'edge-upload get 2026/report.pdf',
      'edge-upload get photos.tar --as - | tar t',
    ])
      .option('--as <path>', 'File or folder to write to; - for standard output', filled)
      .option('-f, --force', 'Replace an existing file')
      .option('--version-id <id>', 'Version to download, if the bucket keeps versions', filled),
  ).action((key, given) => act(async () => (await import('../commands/get.ts')).get, { ...given, key }));
}

function declarePolicy(root: Commander, act: Act): void {
  everywhere(
    define(root, 'policy', 'Print the IAM policy that an operator needs', [
      'edge-upload policy --account 123456789012 > policy.json',
      'aws iam create-policy --policy-name edge-upload --policy-document file://policy.json',
    ])
      .option('--deploy-only', 'Only for deploy, status and doctor; not for destroy, ls, get, user')
      .option('--extras', 'The second policy: for links and keys, --idp, --notify, --scan, --kms-key')
      .option('--account <id>', 'AWS account (default: that of the credentials)')
      .option('--bucket-name <name>', 'Bucket that the stack adopts, besides its own')
      .addOption(profile()),
  ).action((given) => act(async () => (await import('../commands/policy.ts')).policy, given));
}

function declareDestroy(root: Commander, act: Act): void {
  operated(
    define(root, 'destroy', 'Delete objects, users, stack and edge function')
      .option('-y, --yes', 'Do not ask')
      .option('--keep-data', 'Keep the bucket with its objects')
      .option('--delete-kept', 'Also delete what an earlier --keep-data kept')
      .option('--no-wait', 'Do not wait for CloudFront to delete its replicas of the function'),
  ).action((given) => act(async () => (await import('../commands/destroy.ts')).destroy, given));
}

/** The commands of those who run a deployment. */
export const OPERATORS: CommandGroup = {
  heading: 'For operators:',
  commands: {
    deploy: declareDeploy,
    synth: declareSynth,
    status: declareStatus,
    doctor: declareDoctor,
    logs: declareLogs,
    ls: declareLs,
    get: declareGet,
    user: declareUser,
    trust: declareTrust,
    link: declareLink,
    key: declareKey,
    policy: declarePolicy,
    destroy: declareDestroy,
  },
};
