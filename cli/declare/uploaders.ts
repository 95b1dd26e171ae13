import type { Command as Commander } from '@commander-js/extra-typings';
import { omitUndefined } from '../../protocol/fields.ts';
import { FACTOR_WORDS } from '../identity/second-factors.ts';
import {
  type Act,
  type CommandGroup,
  define,
  everywhere,
  option,
  profile,
  suggesting,
  verbose,
} from '../program.ts';
import { declarePut } from './put.ts';
import { filled, keyText, nameValues, portNumber, several } from './values.ts';

function declareLogin(root: Commander, act: Act): void {
  const login = define(root, 'login [url]', 'Sign in to an edge and store the tokens', [
    'edge-upload login https://d111111abcdef8.cloudfront.net --username ada',
    'edge-upload login --issuer corp --device',
    'edge-upload login --create --email ada@example.com',
    'edge-upload login --username ada --password-stdin < password.txt',
  ])
    .option('--issuer <alias>', 'Issuer to sign in at, if the edge has several')
    .option('--accept-issuer', 'Accept a changed issuer, and tokens for its client')
    .optionsGroup('With user name and password:')
    .option('-u, --username <name>', 'User name (or EDGE_UPLOAD_USERNAME)')
    .option('--password-stdin', 'Read the password from the first line of standard input')
    .option('--new-password-stdin', 'Read a new password from the second line')
    .option('--code-stdin', 'Read a code, if one is needed, from the next line')
    .addOption(option('--mfa <factor>', 'Second factor to use, if there are several').choices(FACTOR_WORDS))
    .option('--attribute <name=value>', 'Required attribute (repeatable)', nameValues)
    .option('--create', 'Operators: create the user first (needs --email)')
    .option('--email <address>', "The new user's e-mail address")
    .addOption(profile())
    .optionsGroup("With a company's identity provider:")
    .addOption(option('--device', 'Sign in with a code that is typed on any device'))
    .addOption(option('--browser', 'Open the browser of this computer, even in a remote session'))
    .addOption(option('--no-browser', 'Use a browser elsewhere; paste its last address'))
    .addOption(option('--callback-port <port>', 'Port that the browser returns to').argParser(portNumber))
    .option('--audience <value>', "Also accept this audience, not only the edge's")
    .optionsGroup('Options:');
  everywhere(login).action((url, { attribute, mfa, ...given }) => {
    const args = {
      ...given,
      ...omitUndefined({ url }),
      ...(attribute && { attributes: attribute }),
      ...(mfa && { factor: mfa }),
    };
    return act(async () => (await import('../commands/login.ts')).login, args);
  });
}

function declareWatch(root: Commander, act: Act): void {
  const watch = define(root, 'watch <folder>', 'Upload the files of a folder as they arrive', [
    'edge-upload watch inbox/ --prefix scans/ --after move',
    'edge-upload watch exports/ --include "*.csv" --after delete --json',
  ])
    .option('--prefix <prefix>', 'Prefix of every key', keyText)
    .option('--include <glob>', 'Only files that match (repeatable)', several)
    .option('--exclude <glob>', 'Skip files and folders that match (repeatable)', several)
    .addOption(
      suggesting(option('--after <action>', 'Keep, move or delete each stored file (keep)'), [
        'keep',
        'move',
        'delete',
      ]),
    )
    .option('--move-to <folder>', 'For --after move (.edge-upload-stored in the folder)', filled)
    .option('--settle <seconds>', 'Upload a file after it is unchanged for this long (2)')
    .option('--interval <seconds>', 'Scan all files this often (5)')
    .option('--concurrency <number>', 'Maximum concurrent requests (32)')
    .option('--limit-rate <size>', 'Maximum bytes per second, such as 5M');
  everywhere(watch).action((folder, given) =>
    act(async () => (await import('../commands/watch/watch.ts')).watch, { ...given, folder }),
  );
}

function declareUploads(root: Commander, act: Act): void {
  const uploads = define(root, 'uploads', 'List or abort unfinished uploads').helpCommand(false);
  everywhere(
    define(uploads, 'list', 'List unfinished uploads').addOption(verbose('Show whole ids and addresses')),
  ).action((given) => act(async () => (await import('../commands/uploads.ts')).list, given));
  everywhere(
    define(uploads, 'abort [id...]', 'Abort uploads and delete their stored parts')
      .option('--all', 'Abort all unfinished uploads')
      .option('--forget', 'Only forget them here, for an edge that no longer exists'),
  ).action((ids, given) =>
    act(async () => (await import('../commands/uploads.ts')).abort, { ...given, ids }),
  );
}

function declarePassword(root: Commander, act: Act): void {
  const password = define(root, 'password', 'Change a password or reset a forgotten one').helpCommand(false);
  const load = () => import('../commands/password.ts');
  everywhere(
    define(password, 'change', 'Change the password of the signed-in user')
      .option('--password-stdin', 'Read the old password from the first line of standard input')
      .option('--new-password-stdin', 'Read the new password from the next line'),
  ).action((given) => act(async () => (await load()).change, given));
  everywhere(
    define(password, 'reset [url]', 'Have a code sent, and choose a new password with it')
      .option('-u, --username <name>', 'User name (or EDGE_UPLOAD_USERNAME)')
      .option('--have-code', 'Use the code that was already sent')
      .option('--new-password-stdin', 'Read the new password from the first line of standard input')
      .option('--code-stdin', 'Read the code from the next line, which may come later'),
  ).action((url, given) => {
    const args = { ...given, ...omitUndefined({ url }) };
    return act(async () => (await load()).reset, args);
  });
}

function declareDeployments(root: Commander, act: Act): void {
  const deployments = define(root, 'deployments', 'List, choose or forget deployments').helpCommand(false);
  const load = () => import('../commands/deployments.ts');
  everywhere(
    define(deployments, 'list', 'List the deployments of this computer, and who is signed in'),
  ).action((given) => act(async () => (await load()).list, given));
  everywhere(define(deployments, 'use <name>', 'Choose the deployment that commands use')).action(
    (name, given) => act(async () => (await load()).use, { ...given, name }),
  );
  everywhere(
    define(deployments, 'forget <name>', 'Sign out of a deployment and forget it; nothing is deleted there'),
  ).action((name, given) => act(async () => (await load()).forget, { ...given, name }));
}

function declareWhoami(root: Commander, act: Act): void {
  everywhere(define(root, 'whoami', 'Show who is signed in, where, and for how long')).action((given) =>
    act(async () => (await import('../commands/whoami.ts')).whoami, given),
  );
}

function declareToken(root: Commander, act: Act): void {
  everywhere(
    define(root, 'token', 'Print a valid access token, for curl and other tools', [
      'echo "Authorization: $(edge-upload token)" | curl -T a.jpg -H @- <url>/',
    ]),
  ).action((given) => act(async () => (await import('../commands/token.ts')).token, given));
}

function declareLogout(root: Commander, act: Act): void {
  everywhere(
    define(root, 'logout', 'Sign out: revoke and delete the tokens').option(
      '--everywhere',
      'Sign the user out on every computer',
    ),
  ).action((given) => act(async () => (await import('../commands/logout.ts')).logout, given));
}

/** The commands of those who upload. */
export const UPLOADERS: CommandGroup = {
  heading: 'For uploaders:',
  commands: {
    login: declareLogin,
    put: declarePut,
    watch: declareWatch,
    uploads: declareUploads,
    whoami: declareWhoami,
    token: declareToken,
    logout: declareLogout,
    password: declarePassword,
    deployments: declareDeployments,
  },
};
