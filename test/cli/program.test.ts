import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { typed } from '../support/typed.ts';

let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'edge-upload-program-'));
});
after(() => rm(home, { recursive: true, force: true }));

const type = (line: string, env: Record<string, string> = {}) =>
  typed(line === '' ? [] : line.split(' '), { home, env });

test('prints the version of the package with --version', async () => {
  assert.match((await type('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('suggests the right command after a typing error', async () => {
  const { code, stdout, stderr } = await type('depoly');
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /depoly.*\n?.*deploy/);
});

test('shows help without a command, as a usage error', async () => {
  for (const group of ['', 'uploads', 'local', 'user', 'password', 'deployments']) {
    const { code, stdout, stderr } = await type(group);
    assert.equal(code, 2, group);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`^Usage: edge-upload ${group}[\\s\\S]*Commands:`), group);
    const asked = await type(`${group} --help`.trim());
    assert.equal(stderr, asked.stdout, 'as --help has it');
  }
});

test('names a missing argument and an unknown option', async () => {
  assert.match((await type('put')).stderr, /no file.*\n {2}Name it:\n +edge-upload put/i);
  const { code, stderr } = await type('put x --colour');
  assert.equal(code, 2);
  assert.match(stderr, /--colour/);
});

test('points from a usage error to the help of the typed command', async () => {
  for (const [line, help] of [
    ['link revoke', 'link revoke --help'],
    ['key create roof --bogus', 'key create --help'],
    ['link bogus', 'link --help'],
    ['bogus link', '--help'],
    ['put link --bogus', 'put --help'],
  ] as const) {
    const { code, stderr } = await type(line);
    assert.equal(code, 2);
    assert.ok(stderr.endsWith(`\n  See:\n    edge-upload ${help}\n`), stderr);
  }
});

/** Paths, of which an empty one would be the current folder, and names. */
const EMPTY = [
  'put --files-from=',
  'watch in --after move --move-to=',
  'get key --as=',
  'get key --version-id=',
  'deploy --file=',
  'trust --file=',
  'logs --region=',
  'user list --group=',
  'user add ada --group=',
  'user groups ada --add=',
  'user groups ada --remove=',
];

test('refuses invalid values of all options in the same words', async () => {
  for (const [line, shown] of [
    ['put f --metadata x', 'Invalid value for --metadata: “x”.\n  Use name=value.'],
    ['put f --concurrency x', 'Invalid value for --concurrency: “x”.\n  Use a whole number from 1 to 256.'],
    ['local start --port 70000', 'Invalid value for --port: “70000”.\n  Use a port number, up to 65535.'],
    ['login --mfa x', 'Invalid value for --mfa: “x”.\n  Use one of: app, sms, email'],
    ['logs --region x', 'Invalid value for --region: “x”.\n  Use the name of a region, such as ap-east-1.'],
    ...EMPTY.map(
      (line) =>
        [
          line,
          `Invalid value for ${line.split(' ').at(-1)?.slice(0, -1)}: “”.\n  It is empty. A shell variable may be unset.`,
        ] as const,
    ),
    ['login -u', '--username needs a value: --username <name>'],
    ['deploy --max-size', '--max-size needs a value: --max-size <size>'],
    ['whoami x', 'Too many arguments for whoami. Expected 0 arguments but got 1.'],
    ['get', 'The argument <key> is missing.'],
    ['putt', 'Unknown command “putt”. Did you mean put?'],
    ['put --stal-timeout 3', 'Unknown option “--stal-timeout”. Did you mean --stall-timeout?'],
    ['deploy --revert', 'Unknown option “--revert”. Did you mean --revert-drift?'],
    ['put f --dry', 'Unknown option “--dry”. Did you mean --dry-run?'],
    ['dest', 'Unknown command “dest”. Did you mean destroy?'],
    ['key rot', 'Unknown command “rot”. Did you mean rotate?'],
    ['user create ada', 'Unknown command “create”. Did you mean add?'],
    ['link new', 'Unknown command “new”. Did you mean create?'],
    ['key delete x', 'Unknown command “delete”. Did you mean revoke?'],
    ['upload f', 'Unknown command “upload”. Did you mean put?'],
    ['user nonsense', 'Unknown command “nonsense”.'],
    // Options of other tools.
    ['put f --jobs=4', 'Unknown option “--jobs”. Did you mean --concurrency?'],
    ['put f --bwlimit 1M', 'Unknown option “--bwlimit”. Did you mean --limit-rate?'],
    ['destroy --force', 'Unknown option “--force”. Did you mean --yes?'],
    ['user list --force', 'Unknown option “--force”.\n  See:\n    edge-upload user list --help'],
    [
      'put f --url https://e.example',
      'Unknown option “--url”.\n  The address is an argument of login:\n    edge-upload login <url>',
    ],
    [
      'deploy --region eu-west-1',
      'Unknown option “--region”.\n  Every stack is in us-east-1, where Lambda@Edge functions are created.',
    ],
    ['key create camera', 'The option --write-to <prefix> is missing.'],
    ['put f --verbose', 'Unknown option “--verbose”. Did you mean --debug?'],
    ['put f -R', 'Unknown option “-R”. Did you mean -r?'],
    ['put f --json=yes', '--json takes no value.'],
    ['-v', 'Unknown option “-v”. Did you mean --version?'],
    ['version', 'Unknown command “version”. Did you mean --version?'],
    ['user version', 'Unknown command “version”.'],
    // No flag is similar.
    [
      'put f --bucket b',
      'Unknown option “--bucket”.\n  For a file of that name:\n    edge-upload put ./--bucket',
    ],
    ['put --version', 'Unknown option “--version”.\n  Use it without a command:\n    edge-upload --version'],
    [
      'deploy --local --port 4700',
      'Unknown option “--port”.\n  Start the embedded cloud on a port first:\n    edge-upload local start --port <number>',
    ],
    [
      'demo --port=4700',
      'Unknown option “--port”.\n  Start the embedded cloud on a port first:\n    edge-upload local start --port <number>',
    ],
  ] as const) {
    const { code, stderr } = await type(line);
    assert.equal(code, 2, line);
    assert.ok(stderr.startsWith(`error: ${shown}\n`), stderr);
  }
});

test('keeps misplaced tokens of issuers and passwords of addresses out of errors', async () => {
  for (const word of [
    'eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl',
    'https://ada:hunter2@d1.cloudfront.net',
    'https://ada:hunter2@d1.cloudfront.net/%0a',
    'https%3A//ada%3Ahunter2%40d1.cloudfront.net',
  ]) {
    for (const line of [
      `deployments use ${word}`,
      `put x --stack-name ${word}`,
      `link revoke ${word}`,
      word,
    ]) {
      for (const json of ['', ' --json', ' --debug']) {
        const { code, stdout, stderr } = await type(line + json);
        assert.notEqual(code, 0, line);
        assert.doesNotMatch(stdout + stderr, /hunter2|eyJpc|c2ln/, line);
      }
    }
  }
});

test('quotes names that only begin like a token', async () => {
  const { stderr } = await type('deployments use eyjafjallajokull.jpg');
  assert.match(stderr, /“eyjafjallajokull\.jpg”/);
});

test('shows no value of an unknown option, which can be a password', async () => {
  for (const line of [
    'login --password=hunter2',
    'put f --token=hunter2',
    '--token=hunter2 put f',
    '--token=hunter2',
    'login -p=hunter2',
    'user add ada --password=hunter2\nhunter2',
  ]) {
    const { code, stdout, stderr } = await type(line);
    assert.equal(code, 2, line);
    assert.match(stderr, /Unknown option “--?\w+”\./, line);
    assert.doesNotMatch(`${stdout}${stderr}`, /hunter2/, line);
  }
});

test('shows where an option belongs that precedes the command', async () => {
  for (const [line, hint] of [
    ['--json put f', 'put --json'],
    ['-q user list', 'user list -q'],
    ['--stack-name studio put f', 'put --stack-name studio'],
    ['-q --stack-name=studio user list', 'user list -q --stack-name=studio'],
  ] as const) {
    const { code, stdout, stderr } = await type(line);
    assert.equal(code, 2);
    assert.ok(`${stdout}${stderr}`.includes(`  edge-upload ${hint}`), stderr);
  }
});

test('shows help for a full command name only', async () => {
  for (const line of ['help user add', 'user add --help', 'user add -h']) {
    const { code, stdout } = await type(line);
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: edge-upload user add /);
  }
  for (const line of ['help', '--help'])
    assert.match((await type(line)).stdout, /^Usage: edge-upload \[options/);
  for (const [line, shown] of [
    ['help stauts', 'Unknown command “stauts”. Did you mean status?'],
    ['nonsense --help', 'Unknown command “nonsense”.'],
    ['help user adding', 'Unknown command “adding”. Did you mean add?'],
  ] as const) {
    const { code, stderr } = await type(line);
    assert.equal(code, 2);
    assert.ok(stderr.startsWith(`error: ${shown}\n`), stderr);
  }
});

test('names the argument that is given two values', async () => {
  const { code, stderr } = await type('put f --dry-run --metadata b=1 --metadata c=1 --metadata b=2');
  assert.equal(code, 2);
  assert.match(stderr, /error: Invalid value for --metadata: “b=2”\.\n {2}“b” is given twice\.\n/);
  const elsewise = await type('put f --dry-run --metadata b=1 --metadata B=2', {
    EDGE_UPLOAD_URL: 'https://edge.example',
  });
  assert.equal(elsewise.code, 2);
  assert.match(elsewise.stderr, /error: The metadata “b” is given twice/);
});

test('prints even usage errors with --json as one document on stdout', async () => {
  const { code, stdout, stderr } = await type('put --json');
  assert.equal(code, 2);
  assert.equal(JSON.parse(stdout).error.code, 'usage');
  assert.equal(stderr, '');
});

test('prints what to type first without a known deployment', async () => {
  for (const command of ['put x', 'token', 'whoami']) {
    const { code, stderr } = await type(command);
    assert.equal(code, 2, command);
    assert.match(stderr, /edge-upload login <url>/, command);
  }
  for (const command of ['password reset', 'password reset --stack-name x']) {
    const { stderr } = await type(command);
    assert.match(stderr, /edge-upload password reset <url>/, command);
    assert.doesNotMatch(stderr, /login/, command);
  }
});

test('names an unknown stack', async () => {
  for (const line of ['token --stack-name nowhere', 'token']) {
    const { code, stderr } = await type(line, line.endsWith('token') ? { EDGE_UPLOAD_STACK: 'nowhere' } : {});
    assert.equal(code, 2);
    assert.match(stderr, /“nowhere”/);
  }
});

test('refuses an edge over plain http before anything is sent', async () => {
  const { code, stderr } = await type('token', {
    EDGE_UPLOAD_URL: 'http://example.com',
    EDGE_UPLOAD_TOKEN: 'a.b.c',
  });
  assert.equal(code, 2);
  assert.match(stderr, /not an https address/);
  assert.doesNotMatch(stderr, /a\.b\.c/);
});

test('names the flag that confirms without a terminal', async () => {
  const { code, stderr } = await type('local reset');
  assert.equal(code, 2);
  assert.match(stderr, /--yes/);
});

test('keeps the token of a misplaced link out of errors', async () => {
  const link = 'https://d1.cloudfront.net/#eul_eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl';
  const encoded = link.replace('#eul_', '#%65ul%5F').replace(/\.(eyJ|c2)/g, '%2E$1');
  const lines = [link, encoded].flatMap((typed) => [
    `put --lnk=${typed}`,
    `put ${typed} --debug`,
    `put x --as ${typed}`,
    typed,
    `get ${typed}`,
    `link revoke ${typed}`,
  ]);
  for (const line of lines) {
    for (const json of ['', ' --json']) {
      const { code, stdout, stderr } = await type(line + json);
      assert.notEqual(code, 0, line);
      assert.doesNotMatch(stdout + stderr, /eyJ|c2ln/, line);
    }
  }
});
