import type { Command as Commander } from '@commander-js/extra-typings';
import { type Act, define, operated, verbose } from '../program.ts';
import { keyText } from './values.ts';

/** The commands that links and keys have in common. */
function declareIssued(parent: Commander, kind: 'link' | 'key', act: Act): void {
  operated(
    define(parent, 'list', `List ${kind}s with their state`).addOption(verbose('Show complete values')),
  ).action((given) => act(async () => (await import('../commands/link/list.ts')).list, { ...given, kind }));
  operated(
    define(parent, 'revoke <id>', `Revoke a ${kind}: deploys an edge that refuses it`)
      .option('-f, --force', 'Even if its record is missing or says that it is inactive')
      .option('-y, --yes', 'Do not ask'),
  ).action((id, given) =>
    act(async () => (await import('../commands/link/revoke.ts')).revoke, { ...given, id, kind }),
  );
}

/** `link`: uploads of people without an account. */
export function declareLink(root: Commander, act: Act): void {
  const link = define(root, 'link', 'Let somebody upload without an account').helpCommand(false);
  operated(
    define(link, 'create', 'Create a link: for one file, or for files below a prefix', [
      "edge-upload link create --note 'Q3 figures'",
      'edge-upload link create --as 2026/q3.pdf --expires 2d --max-size 2G',
      'edge-upload link create --prefix photos/wedding/ --expires 30d --qr',
    ])
      .option('--as <key>', 'Key of the only file that it stores', keyText)
      .option('--prefix <prefix>', 'Prefix of its keys (inbox/<id>/)', keyText)
      .option('--expires <time>', 'Such as 30m, 12h or 30d, at most (7d)')
      .option('--max-size <size>', 'Refuse larger files, such as 500M or 2G')
      .option('--note <text>', 'Text for the uploader, shown on the page')
      .option('--qr', 'Also print the address as a QR code')
      .option('-y, --yes', 'Do not ask'),
  ).action((given) => act(async () => (await import('../commands/link/create.ts')).createLink, given));
  declareIssued(link, 'link', act);
}

/** `key`: uploads of devices and services without an account. */
export function declareKey(root: Commander, act: Act): void {
  const key = define(root, 'key', 'Let a device or service upload without an account').helpCommand(false);
  operated(
    define(key, 'create <name>', 'Create a key, which is shown once', [
      "edge-upload key create roof-3 --write-to 'sensors/{name}/' --expires 365d",
    ])
      .requiredOption('--write-to <prefix>', 'Prefix of its keys; {name} is its name', keyText)
      .option('--expires <time>', 'Such as 12h, 30d or 365d, at most (90d)')
      .option('--max-size <size>', 'Refuse larger objects, such as 500M or 5G')
      .option('--no-clobber', 'Never overwrite an object')
      .option('-y, --yes', 'Do not ask'),
  ).action((name, given) =>
    act(async () => (await import('../commands/key/create.ts')).createKey, { ...given, name }),
  );
  declareIssued(key, 'key', act);
  operated(
    define(key, 'rotate', 'Replace the signing key of all links and keys')
      .option('--drop', 'Revoke all links and keys at once')
      .option('-y, --yes', 'Do not ask'),
  ).action((given) => act(async () => (await import('../commands/key/rotate.ts')).rotate, given));
}
