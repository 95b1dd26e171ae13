import type { Command as Commander } from '@commander-js/extra-typings';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { FACTOR_WORDS } from '../identity/second-factors.ts';
import { type Act, define, everywhere, option, pairs, profile, several, verbose } from './shared.ts';

/** The commands of those who upload. */
export function declareUploaders(root: Commander, act: Act): void {
  root.commandsGroup('For uploaders:');
  declareLogin(root, act);
  declarePut(root, act);
  declareUploads(root, act);
  everywhere(define(root, 'whoami', 'show who is signed in, where, and for how long')).action((given) =>
    act(async () => (await import('../commands/whoami.ts')).whoami, given),
  );
  everywhere(
    define(root, 'token', 'print a fresh access token, for curl', [
      'echo "Authorization: $(edge-upload token)" | curl -T a.jpg -H @- <url>/',
    ]),
  ).action((given) => act(async () => (await import('../commands/token.ts')).token, given));
  everywhere(
    define(root, 'logout', 'revoke and forget the tokens').option(
      '--everywhere',
      "end the user's sign-ins on every computer",
    ),
  ).action((given) => act(async () => (await import('../commands/logout.ts')).logout, given));
  declarePassword(root, act);
  declareDeployments(root, act);
}

function declareLogin(root: Commander, act: Act): void {
  everywhere(
    define(root, 'login [url]', 'sign in to an edge and keep the tokens', [
      'edge-upload login https://d111111abcdef8.cloudfront.net --username ada',
      'edge-upload login --create --email ada@example.com',
      'edge-upload login --username ada --password-stdin < password.txt',
    ])
      .option('-u, --username <name>', 'who signs in (as EDGE_UPLOAD_USERNAME)')
      .option('--password-stdin', 'the password is the first line of standard input')
      .option('--new-password-stdin', 'a new password is its second line')
      .option('--code-stdin', 'a code, once one is asked for, is the line after them')
      .addOption(option('--mfa <factor>', 'the second factor to use, of several').choices(FACTOR_WORDS))
      .option('--attribute <name=value>', 'a required attribute; may be repeated', pairs)
      .option('--create', 'operators: create the user first (needs --email)')
      .option('--email <address>', "the new user's e-mail address")
      .addOption(profile()),
  ).action((url, { attribute, mfa, ...given }) => {
    const args = {
      ...given,
      ...omitUndefined({ url }),
      ...(attribute && { attributes: attribute }),
      ...(mfa && { factor: mfa }),
    };
    return act(async () => (await import('../commands/login.ts')).login, args);
  });
}

function declarePut(root: Commander, act: Act): void {
  const put = define(root, 'put [file...]', 'upload files, folders, or standard input (-)', [
    'edge-upload put ./image.jpg',
    'edge-upload put report.pdf --as 2026/report.pdf',
    'edge-upload put -r photos/ --include "*.jpg" --prefix 2026/',
    'pg_dump shop | edge-upload put - --as backups/shop.sql --json',
  ]);
  put.optionsGroup('What to upload, and where:');
  put
    .option('--as <key>', 'the key to store one file under, instead of its name')
    .option('--prefix <prefix>', 'put in front of every key')
    .option('-r, --recursive', 'folders with all that is below them')
    .option('--include <glob>', 'only files that match; may be repeated', several)
    .option('--exclude <glob>', 'no file or folder that matches; may be repeated', several)
    .option('--files-from <list>', 'a file with a path a line; - is standard input')
    .option('-0, --null', 'NUL separates the paths of the list, as find -print0 writes it')
    .option('-n, --dry-run', 'show what would go where, and send nothing')
    .option('--no-clobber', 'never overwrite: exit 6 where the key exists');
  put.optionsGroup('What is stored with it:');
  put
    .option('--content-type <type>', 'instead of the one that the extension tells')
    .option('--cache-control <value>', 'how long readers may keep it')
    .option('--content-disposition <value>', 'such as attachment')
    .option('--content-encoding <value>', 'such as gzip, for a file that is compressed')
    .option('--content-language <value>', 'such as en')
    .option('--metadata <name=value>', 'metadata of your own; may be repeated', pairs)
    .option('--checksum <algorithm>', 'crc32, crc32c, crc64nvme or sha256, kept by S3');
  put.optionsGroup('How it is sent:');
  put
    .option('--multipart <when>', 'in parts: auto (past one part), never, always')
    .option('--part-size <size>', 'such as 64M')
    .option('--concurrency <number>', 'most requests at once (32; standard input: 4)')
    .option('--limit-rate <size>', 'bytes a second in all, such as 5M')
    .option('--stall-timeout <seconds>', 'cut an attempt that moves nothing (30)');
  put.optionsGroup('Options:');
  everywhere(put).action((files, given) =>
    act(async () => (await import('../commands/put.ts')).put, { ...given, files }),
  );
}

function declareUploads(root: Commander, act: Act): void {
  const uploads = define(root, 'uploads', 'unfinished uploads, which the next put resumes').helpCommand(
    false,
  );
  everywhere(define(uploads, 'list', 'list them').addOption(verbose('whole ids and addresses'))).action(
    (given) => act(async () => (await import('../commands/uploads.ts')).list, given),
  );
  everywhere(
    define(uploads, 'abort [id...]', 'abort uploads, and delete their stored parts')
      .option('--all', 'all of them')
      .option('--forget', 'only forget them here, where the edge is gone'),
  ).action((ids, given) =>
    act(async () => (await import('../commands/uploads.ts')).abort, { ...given, ids }),
  );
}

function declarePassword(root: Commander, act: Act): void {
  const password = define(root, 'password', 'change a password, or reset a forgotten one').helpCommand(false);
  const load = () => import('../commands/password.ts');
  everywhere(
    define(password, 'change', 'a new password for who is signed in')
      .option('--password-stdin', 'the old password is the first line of standard input')
      .option('--new-password-stdin', 'the new password is the next line'),
  ).action((given) => act(async () => (await load()).change, given));
  everywhere(
    define(password, 'reset [url]', 'have a code sent, and choose a new password with it')
      .option('-u, --username <name>', 'whose password (as EDGE_UPLOAD_USERNAME)')
      .option('--have-code', 'a code was sent already: send no other')
      .option('--new-password-stdin', 'the new password is the first line of standard input')
      .option('--code-stdin', 'the code is the next line, which may come late'),
  ).action((url, given) => {
    const args = { ...given, ...omitUndefined({ url }) };
    return act(async () => (await load()).reset, args);
  });
}

function declareDeployments(root: Commander, act: Act): void {
  const deployments = define(root, 'deployments', 'those that this computer knows').helpCommand(false);
  const load = () => import('../commands/deployments.ts');
  everywhere(define(deployments, 'list', 'list them, and who is signed in')).action((given) =>
    act(async () => (await load()).list, given),
  );
  everywhere(define(deployments, 'use <name>', 'use it where none is named')).action((name, given) =>
    act(async () => (await load()).use, { ...given, name }),
  );
  everywhere(define(deployments, 'forget <name>', 'sign out of it, and forget it; it stays')).action(
    (name, given) => act(async () => (await load()).forget, { ...given, name }),
  );
}
