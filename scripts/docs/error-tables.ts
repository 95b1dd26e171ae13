import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_EXIT, type ErrorCode, EXIT } from '../../cli/errors.ts';
import { withTable } from './page-table.ts';

/* Writes the tables of error codes and exit codes into the guides: `npm run docs:errors`. */

/** Meaning of each exit code, for the manual pages and guides. A code without an entry does not compile. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'Done.',
  other: 'Another error.',
  usage: 'A wrong or missing argument, or a missing answer.',
  input:
    'A file, user, group, link, key, issuer or unfinished upload is missing; or a file is unreadable, or changed while it was read.',
  auth: 'Not signed in, or refused.',
  network: 'The network failed, after all retries.',
  policy: 'Refused by policy: the object exists, is too large, or its key is not accepted.',
  integrity: 'The stored bytes differ from the bytes sent.',
  aws: 'AWS or the stack failed.',
  interrupted: 'Interrupted.',
};

interface Advice {
  readonly means: string;
  readonly fix: string;
}

/** The meaning of each code and its fix. A code without an entry does not compile. */
const ADVICE: Readonly<Record<ErrorCode, Advice>> = {
  unexpected: {
    means: 'An unexpected error, such as too little memory.',
    fix: 'Run the command again with `--debug`. If it fails again, file a bug with the output.',
  },
  disk: {
    means:
      'A file or folder on this computer cannot be written: the disk is full or read-only, or you lack permission.',
    fix: 'Free the space or grant the permission that the message names.',
  },
  settings: {
    means: "A setting, an environment variable or one of edge-upload's own files is invalid.",
    fix: 'Correct what the message names. You can delete a file that edge-upload moved aside.',
  },
  busy: {
    means: 'Another edge-upload on this computer is working on the same file or deployment.',
    fix: 'Wait until it ends, then run the command again.',
  },
  usage: { means: 'An argument is wrong or missing.', fix: 'See `edge-upload <command> --help`.' },
  no_deployment: {
    means: 'No deployment is chosen, or this computer has no record of it.',
    fix: 'Run `edge-upload login <url>`, or choose one with `edge-upload deployments use <name>`.',
  },
  not_found: {
    means: 'The user, group, link, key, issuer or unfinished upload does not exist.',
    fix: 'List what exists with the command in the message.',
  },
  file_missing: { means: 'The file does not exist.', fix: 'Check the path and the current folder.' },
  file_unreadable: {
    means: 'The file cannot be read.',
    fix: 'Check its permissions, and whether its disk is still connected.',
  },
  file_is_folder: {
    means: 'The path is a folder.',
    fix: 'Add `-r` to upload its files.',
  },
  file_special: {
    means: 'The path is a pipe, a socket, a device, or another file without a fixed size.',
    fix: 'Pipe its content into `edge-upload put - --as <key>`.',
  },
  file_changed: {
    means: 'The file changed during the upload. The object is not reported as stored.',
    fix: 'Wait until no program writes to it, then run the command again.',
  },
  not_signed_in: {
    means: 'You are not signed in to this edge, or the CI job has no identity that the edge trusts.',
    fix: 'Run `edge-upload login`. For CI jobs, see [CI jobs and cloud workloads](ci.md).',
  },
  sign_in_refused: {
    means: 'The user name, password or code is wrong or expired, or the user is disabled.',
    fix: 'Try again, or ask the operator for `edge-upload user reset <name>`.',
  },
  password_rejected: {
    means: 'The new password does not follow the rules of the user pool.',
    fix: 'Choose one that follows the rules in the message.',
  },
  challenge_unsupported: {
    means: 'The user pool requires a step that this command does not support.',
    fix: 'Ask the operator to change the user pool, or sign in with another factor.',
  },
  token_refused: {
    means: 'The edge refuses the access token.',
    fix: 'Run `edge-upload login` again. With `EDGE_UPLOAD_TOKEN` or `EDGE_UPLOAD_TOKEN_FILE`, get a new token for this edge.',
  },
  forbidden: {
    means: 'You are signed in, but not allowed to do this.',
    fix: 'Run `edge-upload whoami` to see where you are allowed to write.',
  },
  not_an_edge: {
    means: 'The server at this address is not an edge of edge-upload, or it does not protect its bucket.',
    fix: 'Check the address. A proxy or captive portal may be in between.',
  },
  unreachable: {
    means: 'The host is unreachable.',
    fix: 'Check the network, the proxy and the address with `edge-upload doctor`.',
  },
  tls: {
    means: "The host's certificate is not trusted, or TLS was not negotiated.",
    fix: 'Set `NODE_EXTRA_CA_CERTS` to the certificate authority of your company or proxy.',
  },
  gave_up: {
    means: 'All retries failed.',
    fix: 'Run the command again: it resumes. On a slow connection, lower `--concurrency`.',
  },
  exists: {
    means: 'The key exists, and `--no-clobber` never overwrites.',
    fix: 'Choose another key, or omit `--no-clobber`.',
  },
  too_large: {
    means: 'The file is larger than the deployment or S3 accepts.',
    fix: 'Ask the operator for a larger `--max-size`.',
  },
  bad_key: {
    means: 'S3 or the edge does not accept this key.',
    fix: 'Choose another key with `--as`. The message has the reason.',
  },
  refused_by_edge: {
    means: 'The edge refuses the request for another reason.',
    fix: 'The message has the reason. If the deployment is older than your edge-upload, ask the operator to deploy again.',
  },
  refused_by_store: {
    means: 'S3 refuses the request.',
    fix: "The message has S3's reason. If the upload had expired, run the command again.",
  },
  bytes_differ: {
    means: 'The stored bytes differ from the bytes sent. The object is not reported as stored.',
    fix: "Run the command again. If it fails again, check the computer's memory and network.",
  },
  credentials: {
    means:
      'There are no AWS credentials, or they have expired. A named profile is not replaced by another source.',
    fix: 'Run the command in the hint, such as `aws sso login` or `aws configure`, or name a profile with `--profile`.',
  },
  access_denied: {
    means: 'The AWS credentials lack a permission.',
    fix: 'Ask your AWS administrator for the policy that `edge-upload policy` prints.',
  },
  clock: {
    means: "This computer's clock is wrong, so AWS refuses its signatures.",
    fix: 'Set the clock.',
  },
  throttled: {
    means: 'AWS throttled the requests and their retries for a minute.',
    fix: 'Wait a minute, then run the command again.',
  },
  aws: { means: 'AWS refuses a call for another reason.', fix: "The message has AWS's reason." },
  stack_missing: {
    means: 'The stack does not exist in this account.',
    fix: 'Check `--stack-name` and `--profile`, or run `edge-upload deploy`.',
  },
  stack_foreign: {
    means: 'The stack belongs to another tool. Nothing was changed.',
    fix: 'Choose another name with `--stack-name`.',
  },
  stack_protected: {
    means: 'The stack or its data is protected against this change. Nothing was changed.',
    fix: 'To remove the protection, run the command in the message.',
  },
  stack_busy: {
    means: 'Another operation is changing the stack.',
    fix: 'Run the command again: it waits for the operation, or continues afterwards.',
  },
  stack_failed: {
    means: 'CloudFormation could not make the change.',
    fix: 'Fix the reason that the message names, then run `edge-upload deploy` again.',
  },
  replicas: {
    means: 'CloudFront still has replicas of the edge function.',
    fix: 'Run `edge-upload destroy` again in an hour.',
  },
  local_cloud: {
    means: 'The embedded cloud is not running, cannot start, or does not respond.',
    fix: 'Run `edge-upload local start`. `edge-upload local status` prints the path of its log.',
  },
  interrupted: { means: 'You pressed Ctrl-C.', fix: 'The same command resumes.' },
};

/** Returns the page about errors with its table updated. */
export function withErrorTable(page: string): string {
  const rows = Object.entries(ADVICE).map(
    ([code, { means, fix }]) => `| \`${code}\` | ${ERROR_EXIT[code as ErrorCode]} | ${means} | ${fix} |`,
  );
  return withTable(page, 'errors', [
    '| code | exit | meaning | what to do |',
    '| --- | --: | --- | --- |',
    ...rows,
  ]);
}

/** Returns the page for scripts with its table of exit codes updated. */
export function withExitTable(page: string): string {
  const rows = Object.entries(EXIT).map(
    ([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`,
  );
  return withTable(page, 'exits', ['| exit code | meaning |', '| --- | --- |', ...rows]);
}

const PAGES = { 'troubleshooting.md': withErrorTable, 'scripts-and-ci.md': withExitTable };

if (process.argv[1] === import.meta.filename) {
  for (const [name, renewed] of Object.entries(PAGES)) {
    const page = join(import.meta.dirname, '../../docs', name);
    writeFileSync(page, renewed(readFileSync(page, 'utf8')));
  }
}
