import type { EXIT } from '../../cli/errors.ts';

/** What each exit code means, for the manual and the guides. A code without an entry does not compile. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'Done.',
  other: 'Another error.',
  usage: 'A wrong or missing argument, or a missing answer.',
  input:
    'What the command names is missing: a file, user, group, link, key, issuer or unfinished upload. Or a file is unreadable, or changed while it was read.',
  auth: 'Not signed in, or refused.',
  network: 'The network failed, after all retries.',
  policy: 'Refused by policy: exists already, too large, or not an acceptable key.',
  integrity: 'The bytes stored are not those that were sent.',
  aws: 'AWS or the stack failed.',
  interrupted: 'Interrupted.',
};
