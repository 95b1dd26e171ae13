/** A test file, by a word in its path, that does not run on a system, and why. */
interface Skipped {
  readonly word: string;
  readonly because: string;
}

/** Tests that open no socket and start no process: words in their paths. `no-sockets.ts` holds them to it. */
export const UNIT: readonly string[] = [
  'cli/identity/cognito-errors',
  'cli/network/aws.',
  'cli/settings/edge-url',
  'cli/settings/folders',
  'cli/stack/logs/',
  'cli/stack/operate/failure-hints',
  'cli/stack/operate/plan-words',
  'cli/stack/options/',
  'cli/stack/pages',
  'cli/stack/policy/',
  'cli/text',
  'cli/transfer/multipart/buffered-parts',
  'cli/transfer/object-headers',
  'cli/transfer/plan.',
  'cli/transfer/proof/',
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
  'protocol/key-rules',
  'protocol/percent-encode',
  'scripts/',
  'sources.test',
];

/** What runs on macOS and Windows too: unit tests, and the command line's own. */
export const PORTABLE: readonly string[] = [...UNIT, 'cli/', 'bin/'];

const POSIX = 'modes, owners or links of POSIX files';
const TERMINAL = 'a pseudo-terminal';
const SIGNALS = 'signals, named pipes or a shell';

/** Of those, what Windows cannot run. */
export const NOT_ON_WINDOWS: readonly Skipped[] = [
  { word: 'bin/terminal', because: TERMINAL },
  { word: 'bin/main', because: SIGNALS },
  { word: 'cli/identity/fuzz', because: POSIX },
  { word: 'cli/identity/tokens/', because: POSIX },
  { word: 'cli/identity/terminal', because: TERMINAL },
  { word: 'cli/local-cloud/', because: POSIX },
  { word: 'cli/settings/files', because: POSIX },
  { word: 'cli/settings/documents', because: POSIX },
  { word: 'cli/settings/lock', because: SIGNALS },
  { word: 'cli/stack/download/', because: POSIX },
  { word: 'cli/transfer/crash', because: SIGNALS },
  { word: 'cli/transfer/embedded', because: SIGNALS },
  { word: 'cli/transfer/multipart/', because: SIGNALS },
  { word: 'cli/transfer/pacing/limits', because: POSIX },
  { word: 'cli/transfer/put-object', because: SIGNALS },
  { word: 'cli/transfer/remembered-limits', because: POSIX },
  { word: 'cli/transfer/sources/', because: SIGNALS },
];
