import type { EXIT } from '../../cli/errors.ts';

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
