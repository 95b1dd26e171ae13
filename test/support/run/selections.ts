/** Test files, by the beginning of their path below `test/`, that do not run on a system, and why. */
interface Skipped {
  readonly path: string;
  readonly because: string;
}

/** Tests that open no socket and start no process, by the beginnings of their paths. In every run, `no-sockets.ts` enforces it. */
export const UNIT: readonly string[] = [
  'cli/identity/cognito-errors',
  'cli/settings/edge-url',
  'cli/settings/folders',
  'cli/stack/logs/',
  'cli/stack/operate/failure-hints',
  'cli/stack/operate/plan',
  'cli/stack/options/',
  'cli/stack/policy/',
  'cli/text',
  'cli/transfer/multipart/buffered-parts',
  'cli/transfer/integrity',
  'cli/transfer/object-headers',
  'cli/transfer/plan.',
  'cli/transfer/report',
  'cli/transfer/wire/retry',
  'cli/ui/',
  'docs.test',
  'edge/cors',
  'edge/decide',
  'edge/handler',
  'edge/request/',
  'local/auth/access-key',
  'local/auth/sigv4',
  'protocol/object-url',
  'protocol/prefix-rule',
  'protocol/signing-key',
  'protocol/upload-rule',
  'scripts/licences',
  'scripts/recording',
  'scripts/texts',
  'sources.test',
];

/** Tests that also run on macOS and Windows: unit tests, and those of the command line. */
export const PORTABLE: readonly string[] = [...UNIT, 'cli/', 'bin/'];

const POSIX = 'modes, owners or links of POSIX files';
const TERMINAL = 'a pseudo-terminal';
const SIGNALS = 'signals, named pipes or a shell';

/** Portable tests that Windows cannot run. */
export const NOT_ON_WINDOWS: readonly Skipped[] = [
  { path: 'bin/terminal', because: TERMINAL },
  { path: 'bin/main', because: SIGNALS },
  { path: 'bin/compile-cache', because: POSIX },
  { path: 'cli/identity/fuzz', because: POSIX },
  { path: 'cli/identity/tokens/', because: POSIX },
  { path: 'cli/identity/sign-in/terminal', because: TERMINAL },
  { path: 'cli/local-cloud/', because: POSIX },
  { path: 'cli/settings/own-files', because: POSIX },
  { path: 'cli/settings/records', because: POSIX },
  { path: 'cli/settings/lock', because: SIGNALS },
  { path: 'cli/settings/require-writable', because: POSIX },
  { path: 'cli/stack/download/', because: POSIX },
  { path: 'cli/transfer/crash', because: SIGNALS },
  { path: 'cli/transfer/embedded', because: SIGNALS },
  { path: 'cli/transfer/multipart/', because: SIGNALS },
  { path: 'cli/transfer/pacing/limits', because: POSIX },
  { path: 'cli/transfer/put-object', because: SIGNALS },
  { path: 'cli/transfer/remembered-limits', because: POSIX },
  { path: 'cli/transfer/sources/', because: SIGNALS },
  { path: 'cli/watch/changed', because: POSIX },
  { path: 'cli/watch/ledger', because: POSIX },
  { path: 'cli/watch/wake', because: 'folders that can be deleted while they are watched' },
  { path: 'cli/watch/watch.', because: POSIX },
  { path: 'local/auth/access-key', because: POSIX },
];
