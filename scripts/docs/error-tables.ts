import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_EXIT, type ErrorCode, EXIT } from '../../cli/errors.ts';
import { EXIT_MEANINGS } from './exit-meanings.ts';
import { withTable } from './page-table.ts';

/* Writes the tables of error codes and exit codes into the guides: `npm run docs:errors`. */

interface Advice {
  readonly means: string;
  readonly fix: string;
}

/** The meaning of each code and what to do. A missing code does not compile. */
const ADVICE: Readonly<Record<ErrorCode, Advice>> = {
  unexpected: {
    means: 'Something that edge-upload does not expect, such as too little memory.',
    fix: 'Run the command again with `--debug`. If it fails again, file a bug with the output.',
  },
  disk: {
    means: 'A file or folder on this computer cannot be written: full, read-only, or not permitted.',
    fix: 'Free the space or the permission that the message names.',
  },
  settings: {
    means: 'A setting, an environment variable or a file of edge-upload cannot be used.',
    fix: 'Correct what the message names. A file that edge-upload moved aside can be deleted.',
  },
  busy: {
    means: 'Another edge-upload on this computer works on the same thing.',
    fix: 'Wait until it ends, and run the command again.',
  },
  usage: { means: 'An argument is wrong or missing.', fix: 'See `edge-upload <command> --help`.' },
  no_deployment: {
    means: 'No deployment is chosen, or this computer does not know it.',
    fix: 'Run `edge-upload login <url>`, or choose one with `edge-upload deployments use <name>`.',
  },
  not_found: {
    means: 'There is no such user, group, link, key, issuer or unfinished upload.',
    fix: 'List what is there with the command that the message prints.',
  },
  file_missing: { means: 'There is no such file.', fix: 'Check the path and the current folder.' },
  file_unreadable: {
    means: 'The file cannot be read.',
    fix: 'Check its permissions, and whether its disk is still there.',
  },
  file_is_folder: {
    means: 'The path is a folder.',
    fix: 'Add `-r` to upload what is in it.',
  },
  file_special: {
    means: 'The path is a pipe, a socket, a device, or another file without a fixed size.',
    fix: 'Pipe its content into `edge-upload put - --as <key>`.',
  },
  file_changed: {
    means: 'The file changed while it was uploaded. Nothing was stored as if it were whole.',
    fix: 'Wait until nothing writes to it, and run the command again.',
  },
  not_signed_in: {
    means: 'Nobody is signed in to this edge, and the job has no identity that it trusts.',
    fix: 'Run `edge-upload login`. For jobs of a CI, see [CI jobs and cloud workloads](ci.md).',
  },
  sign_in_refused: {
    means: 'User name, password or code are wrong, expired, or the user is disabled.',
    fix: 'Try again, or ask the operator for `edge-upload user reset <name>`.',
  },
  password_rejected: {
    means: 'The new password does not follow the rules of the user pool.',
    fix: 'Choose one that follows the rules in the message.',
  },
  challenge_unsupported: {
    means: 'The user pool asks for something that this command cannot answer.',
    fix: 'Ask the operator to change the user pool, or sign in with another factor.',
  },
  token_refused: {
    means: 'The edge does not accept the access token.',
    fix: 'Run `edge-upload login` again. With `EDGE_UPLOAD_TOKEN` or `EDGE_UPLOAD_TOKEN_FILE`, get a new token for this edge.',
  },
  forbidden: {
    means: 'You are signed in, but not allowed to do this.',
    fix: 'Run `edge-upload whoami` to see where you are allowed to write.',
  },
  not_an_edge: {
    means: 'What answers at this address is not an edge of edge-upload, or guards the bucket badly.',
    fix: 'Check the address. A proxy or a captive portal may answer in its place.',
  },
  unreachable: {
    means: 'No connection to the host.',
    fix: 'Check network, proxy and address with `edge-upload doctor`.',
  },
  tls: {
    means: "The host's certificate is not trusted.",
    fix: 'Set `NODE_EXTRA_CA_CERTS` to the certificate authority of your company or proxy.',
  },
  gave_up: {
    means: 'All retries failed.',
    fix: 'Run the command again: it resumes. On slow links, try fewer requests at once with `--concurrency`.',
  },
  exists: {
    means: 'The key exists, and `--no-clobber` never overwrites.',
    fix: 'Choose another key, or leave `--no-clobber` out.',
  },
  too_large: {
    means: 'The file is larger than the deployment or S3 accepts.',
    fix: 'Ask the operator for a larger `--max-size`.',
  },
  bad_key: {
    means: 'S3 or the edge does not accept this key.',
    fix: 'Choose another key with `--as`; the message says what is wrong.',
  },
  refused_by_edge: {
    means: 'The edge refuses the request for another reason.',
    fix: 'The message has the reason. If the deployment is older than your edge-upload, ask the operator to deploy again.',
  },
  refused_by_store: {
    means: 'S3 refuses the request.',
    fix: 'The message has the reason of S3. Run the command again if the upload had expired.',
  },
  bytes_differ: {
    means: 'What arrived is not what was sent. The object is not reported as stored.',
    fix: 'Run the command again. If it happens again, check the memory and the network of the computer.',
  },
  credentials: {
    means:
      'No AWS credentials, or they have expired. A profile that is named is not replaced by another source.',
    fix: 'Run the command of the hint, such as `aws sso login` or `aws configure`, or name a profile with `--profile`.',
  },
  access_denied: {
    means: 'The AWS credentials lack a permission.',
    fix: 'Ask for the policy that `edge-upload policy` prints.',
  },
  clock: {
    means: "This computer's clock is wrong, so AWS refuses its signatures.",
    fix: 'Set the clock.',
  },
  throttled: { means: 'AWS answers too many requests.', fix: 'Wait a minute, and run the command again.' },
  aws: { means: 'AWS refuses a call for another reason.', fix: 'The message has the reason of AWS.' },
  stack_missing: {
    means: 'There is no such stack in this account.',
    fix: 'Check `--stack-name` and `--profile`, or run `edge-upload deploy`.',
  },
  stack_foreign: {
    means: 'The stack belongs to another tool. Nothing was changed.',
    fix: 'Choose another name with `--stack-name`.',
  },
  stack_protected: {
    means: 'The stack or its data are protected against what you asked for. Nothing was changed.',
    fix: 'Run the command that the message prints, if you want to remove the protection.',
  },
  stack_busy: {
    means: 'Another operation is changing the stack.',
    fix: 'Wait, and run the command again: it joins or continues.',
  },
  stack_failed: {
    means: 'CloudFormation could not make the change.',
    fix: 'The message names the resource and the reason. Then run `edge-upload deploy` again.',
  },
  replicas: {
    means: 'CloudFront still has copies of the edge function.',
    fix: 'Run `edge-upload destroy` again in an hour.',
  },
  local_cloud: {
    means: 'The embedded cloud does not run or cannot start.',
    fix: 'Run `edge-upload local start`; its log is where `edge-upload local status` says.',
  },
  interrupted: { means: 'You pressed Ctrl-C.', fix: 'The same command resumes.' },
};

/** Returns the page about errors with its table renewed. */
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

/** Returns the page for scripts with its table of exit codes renewed. */
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
